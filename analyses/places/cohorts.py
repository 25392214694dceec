"""In which year will places run short (学位预警)?

Children are rolled forward a year at a time, each cohort ageing where it lives; births and moves
are factors with an interval (``data/rules/cohorts.toml``).  Within an age group the years count
evenly today, which is an assumption: counts by single year are better and are taken as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from analyses.rules import age_groups
from geo.bundled import load_toml
from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.arrays import Floats


_OLDEST = 17
Course = Literal["low", "central", "high"]
_COURSES: tuple[Course, ...] = ("low", "central", "high")


@dataclass(frozen=True)
class Change:
    """Factors of a course: births of the mean of today's 0 to 2, a cohort a year later."""

    births: float
    migration: float


def courses() -> dict[Course, Change]:
    """Return the low, the central and the high course of ``data/rules/cohorts.toml``."""
    rules = load_toml("rules/cohorts.toml")
    return {c: Change(rules["births"][c], rules["migration"][c]) for c in _COURSES}


def by_year_of_age(children: pd.DataFrame) -> Floats:
    """Return children by area (rows) and age 0 to 17 (columns).

    Parameters
    ----------
    children
        Columns of `data/age_groups.toml` (``age_0_2`` …), or ``age_0`` to ``age_17``.
    """
    ages = np.zeros((len(children), _OLDEST + 1))
    for age in range(_OLDEST + 1):
        if f"age_{age}" in children:
            ages[:, age] = children[f"age_{age}"]
    for name, group in age_groups().items():
        if name in children and not any(f"age_{year}" in children for year in group.years):
            ages[:, list(group.years)] = children[[name]].to_numpy() / len(group.years)
    return ages


def roll_forward(ages: Floats, change: Change, *, years: int) -> Floats:
    """Return children by year (0 = today), area and age.

    Examples
    --------
    Three children of each of the ages 0, 1 and 2; after a year the eldest are 3.

    >>> today = np.zeros((1, 18)); today[0, :3] = 3
    >>> roll_forward(today, Change(births=1, migration=1), years=1)[1, 0, :5].tolist()
    [3.0, 3.0, 3.0, 3.0, 0.0]
    """
    births = ages[:, :3].mean(axis=1) * change.births
    every = [ages]
    for _ in range(years):
        older = np.roll(every[-1], 1, axis=1) * change.migration
        older[:, 0] = births
        every.append(older)
    return np.stack(every)


def outlook(
    children: pd.DataFrame,
    places: pd.DataFrame,
    *,
    stage: str,
    first_year: int,
    years: int = 12,
) -> pd.DataFrame:
    """Return children and places of each catchment in each year, with the interval.

    Parameters
    ----------
    children
        One row per catchment: ``area_id`` and ages (see `by_year_of_age`).
    places
        ``area_id, places`` and, for places that open or close later, ``year`` (from then on
        they count, negative ones close); a missing year counts from the start.
    stage
        Row of ``[stages]``.
    first_year
        The year of the counts.
    years
        How far to look.

    Returns
    -------
    DataFrame
        ``area_id, year, children, children_low, children_high, places, short, short_low,
        short_high`` (missing places, never negative).

    Raises
    ------
    InputRefused
        ``COHORT_STAGE``; ``COHORT_PLACES`` for a missing number of places.
    """
    stages = load_toml("rules/cohorts.toml")["stages"]
    if stage not in stages:
        detail = {"known": ", ".join(stages)}
        raise InputRefused(Finding("COHORT_STAGE", "stage", value=stage, detail=detail))
    if places["places"].isna().any():
        row = int(places["places"].isna().to_numpy().argmax())
        raise InputRefused(Finding("COHORT_PLACES", "places", row=row + 1))
    first, last = stages[stage]
    ages = by_year_of_age(children)
    wanted = {
        course: roll_forward(ages, change, years=years)[:, :, first : last + 1].sum(axis=2)
        for course, change in courses().items()
    }
    calendar = np.arange(first_year, first_year + years + 1)
    given = _places(children["area_id"], places, calendar)
    table = pd.DataFrame(
        {
            "area_id": np.tile(children["area_id"].to_numpy(), len(calendar)),
            "year": np.repeat(calendar, len(children)),
            "children": wanted["central"].ravel(),
            "children_low": wanted["low"].ravel(),
            "children_high": wanted["high"].ravel(),
            "places": given.ravel(),
        }
    )
    for end in ("", "_low", "_high"):
        table[f"short{end}"] = (table[f"children{end}"] - table["places"]).clip(lower=0.0)
    return table.sort_values(["area_id", "year"], kind="stable", ignore_index=True)


def first_shortage(years: pd.DataFrame) -> pd.DataFrame:
    """Return for each catchment the year in which places run short, with the interval.

    Returns
    -------
    DataFrame
        ``area_id, year`` (central course)``, year_earliest`` (high)``, year_latest`` (low)
        ``, short_most`` (missing places in the worst year, central); no year where it never does.
    """
    found = pd.DataFrame({"area_id": years["area_id"].unique()})
    for name, end in (("year", ""), ("year_earliest", "_high"), ("year_latest", "_low")):
        short = years[years[f"short{end}"] > 0].groupby("area_id")["year"].min()
        found[name] = found["area_id"].map(short).astype("Int64")
    most = years.groupby("area_id")["short"].max()
    return found.assign(short_most=found["area_id"].map(most))


def _places(area_ids: pd.Series, places: pd.DataFrame, calendar: NDArray[np.int64]) -> Floats:
    """Return places by year and area: what is open by then."""
    row = places["area_id"].map({area: n for n, area in enumerate(area_ids)})
    year = places["year"] if "year" in places else pd.Series(np.nan, index=places.index)
    opens = year.fillna(calendar[0]).to_numpy(dtype=float)
    given = np.zeros((len(calendar), len(area_ids)))
    for number, now in enumerate(calendar):
        counts = ((opens <= now) & row.notna()).to_numpy()
        where = row[counts].to_numpy(dtype=np.int64)
        np.add.at(given[number], where, places["places"].to_numpy(dtype=float)[counts])
    return given
