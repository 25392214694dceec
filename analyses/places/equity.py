"""How evenly is a good (a distance, a score, places for each child) spread over the children?

Every measure is of people: a row counts as many times as it has children.  All functions take
arrays of one length; rows with no children, or whose value is NaN, are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyses.rules import children_of, in_scope, one_test_each, parts_of, within
from geo.arrays import MM_PER_M
from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from analyses.rules import Rule
    from geo.arrays import Floats


_STEPS_PER_LIMIT, _LIMITS = 20, 3
"""How finely, and to how many times its limit, a curve of distances is drawn."""
_LORENZ_STEPS = 50
_DISTANCE_COLUMNS = ("rule_id", "times_limit", "walk_m", "children", "share")
_LORENZ_COLUMNS = ("stage", "share_children", "share_places")


def walk_distances(
    points: pd.DataFrame,
    demand: pd.DataFrame,
    rules: Sequence[Rule],
    *,
    walking_speed_m_s: float | None = None,
) -> pd.DataFrame:
    """Return which share of the children has the nearest facility within each distance.

    Parameters
    ----------
    points
        Table ``points`` of `analyses.coverage.analysis.coverage`.
    demand
        The demand points that it was made from (same rows): ``settlement`` and the age groups.
    rules
        Rules in metres or minutes, those with both split; others are left out.
    walking_speed_m_s
        As in `analyses.coverage.analysis.coverage`.

    Returns
    -------
    pandas.DataFrame
        ``rule_id, times_limit`` (1 = at the limit)``, walk_m`` (door to door; NaN where ages walk
        at different speeds and so have different limits)``, children, share``.  At 1 the share is
        that of table ``total``.  A rule that concerns nobody has no rows.

    Examples
    --------
    >>> import yimi
    >>> city, rule = yimi.load(yimi.demo).city, yimi.rule("幼儿园", metres=300)
    >>> tables = yimi.coverage(city, [rule]).tables
    >>> curve = walk_distances(tables["points"], city.demand, [rule])
    >>> at_limit = curve.loc[curve["times_limit"] == 1, "share"].iloc[0]
    >>> bool(abs(at_limit - tables["total"]["share_walk"].iloc[0]) < 1e-9)
    True
    """
    settlement = demand["settlement"].to_numpy(dtype=object)
    rows: list[tuple[str, float, float, float, float]] = []
    for rule in one_test_each(rules):
        if f"walk_m:{rule.id}" not in points or "containment" in rule.tests:
            continue
        walk_m = points[f"walk_m:{rule.id}"].to_numpy(dtype=np.float64)
        parts = [
            (np.where(in_scope(rule, settlement), np.nan_to_num(children_of(p, demand)), 0.0), p)
            for p in parts_of(rule, walking_speed=walking_speed_m_s)
        ]
        total = float(sum(children.sum() for children, _ in parts))
        limits_mm = {part.limit_mm for _, part in parts}
        for step in range(_STEPS_PER_LIMIT * _LIMITS + 1 if total > 0 else 0):
            times = step / _STEPS_PER_LIMIT
            reached = sum(float(c[within(walk_m, p.limit_mm * times)].sum()) for c, p in parts)
            metres = min(limits_mm) * times / MM_PER_M if len(limits_mm) == 1 else np.nan
            rows.append((rule.id, times, metres, reached, reached / total))
    return pd.DataFrame(rows, columns=list(_DISTANCE_COLUMNS))


def lorenz_table(stage: str, availability: Floats, children: Floats) -> pd.DataFrame:
    """Return the Lorenz curve of places per child of a stage, at even steps of the children.

    Parameters
    ----------
    stage
        Id of the stage.
    availability
        Places per child at each demand point, NaN where not known.
    children
        Children of the stage there.

    Returns
    -------
    pandas.DataFrame
        ``stage, share_children`` (the worst off first)``, share_places``, both from 0 to 1; no
        rows where there are no places at all.
    """
    if not np.nansum(availability * children) > 0:
        return pd.DataFrame({name: [] for name in _LORENZ_COLUMNS})
    people, places = lorenz(availability, children)
    even = np.linspace(0.0, 1.0, _LORENZ_STEPS + 1)
    return pd.DataFrame(
        {"stage": stage, "share_children": even, "share_places": np.interp(even, people, places)}
    )[list(_LORENZ_COLUMNS)]


_TOP, _BOTTOM = 0.9, 0.4
"""The Palma ratio compares the top 10 % with the bottom 40 % (Palma 2011)."""
_ERREYGERS = 4.0
"""Erreygers 2009: 4 mean / (greatest - least possible value) times the concentration index."""


@dataclass(frozen=True)
class Theil:
    """Theil's T and its two parts: ``total == between + within`` of the groups."""

    total: float
    between: float
    within: float


@dataclass(frozen=True)
class Shortfall:
    """How many children are beyond a standard distance, how far, and how unequally.

    The measures of Foster, Greer and Thorbecke (1984), with the distance above the standard in
    place of the income below the line.

    Attributes
    ----------
    headcount
        Share of the children beyond the standard (FGT 0), those without any way included.
    depth
        Mean of ``(distance - standard) / standard``, 0 within the standard (FGT 1).
    severity
        Mean of its square (FGT 2).
    unreached
        Children without any way; they are in `headcount`, and cannot be in the other two.
    """

    headcount: float
    depth: float
    severity: float
    unreached: float


def lorenz(value: ArrayLike, children: ArrayLike) -> tuple[Floats, Floats]:
    """Return the Lorenz curve: share of the children, share of the good, both from 0 to 1."""
    good, people = _people(value, children)
    order = np.argsort(good, kind="stable")
    shares = (np.cumsum(part[order]) for part in (people, good * people))
    people_share, good_share = (np.concatenate([[0.0], s / s[-1]]) for s in shares)
    return people_share, good_share


def gini(value: ArrayLike, children: ArrayLike) -> float:
    """Return the Gini coefficient: 0 all alike, towards 1 everything with one child.

    Examples
    --------
    Three children with nothing and one with all: 3/4.

    >>> gini([0.0, 8.0], [3, 1])
    0.75
    """
    people, good = lorenz(value, children)
    return float(1.0 - np.sum(np.diff(people) * (good[1:] + good[:-1])))


def theil(value: ArrayLike, children: ArrayLike, group: ArrayLike | None = None) -> Theil:
    """Return Theil's T, with its parts between and within groups (towns, or town and country)."""
    kept, people = _people(value, children)
    names = np.zeros(len(kept)) if group is None else np.asarray(group)[_used(value, children)]
    _, number = np.unique(names.astype(str), return_inverse=True)
    mean = np.average(kept, weights=people)
    group_people = np.bincount(number, weights=people).astype(float)
    group_mean = np.bincount(number, weights=people * kept) / group_people
    total = _entropy(kept / mean, people)
    between = _entropy(group_mean / mean, group_people)
    return Theil(total, between, total - between)


def palma(value: ArrayLike, children: ArrayLike, rank: ArrayLike | None = None) -> float:
    """Return what the top 10 % of the children have over what the bottom 40 % have.

    `rank` orders the children (income, deprivation); without it the good itself does.  A row that
    lies across a limit counts on both sides in proportion.
    """
    good, people = _people(value, children)
    by = good if rank is None else np.asarray(rank, dtype=float)[_used(value, children)]
    order = np.argsort(by, kind="stable")
    people_share = np.concatenate([[0.0], np.cumsum(people[order]) / people.sum()])
    good_share = np.concatenate([[0.0], np.cumsum((good * people)[order])])
    bottom, top = np.interp([_BOTTOM, _TOP], people_share, good_share)
    return float((good_share[-1] - top) / bottom) if bottom > 0 else np.inf


def concentration_index(
    value: ArrayLike,
    children: ArrayLike,
    rank: ArrayLike,
    *,
    bounds: tuple[float, float] | None = None,
) -> float:
    """Return whether the good goes to the children of high rank (> 0) or low rank (< 0).

    Kakwani, Wagstaff and van Doorslaer (1997), with fractional ranks of people; rows of one rank
    share it.  With `bounds` (least and greatest possible value) Erreygers' correction.
    """
    good, people = _people(value, children)
    by = np.asarray(rank, dtype=float)[_used(value, children)]
    _, tied = np.unique(by, return_inverse=True)
    size = np.bincount(tied, weights=people)
    place = ((np.cumsum(size) - size / 2) / size.sum())[tied]
    mean = np.average(good, weights=people)
    covariance = np.average((good - mean) * (place - 0.5), weights=people)
    index = 2.0 * covariance / mean
    if bounds is None:
        return float(index)
    return float(_ERREYGERS * mean / (bounds[1] - bounds[0]) * index)


def shortfall(distance_m: ArrayLike, children: ArrayLike, *, standard_m: float) -> Shortfall:
    """Return FGT 0, 1 and 2 of the children against a standard distance.

    A child exactly at the standard is within it.  A distance of inf means that there is no way.
    """
    distance, people = _people(distance_m, children)
    beyond = ~within(distance, standard_m * MM_PER_M)
    reached = np.isfinite(distance)
    excess = np.where(beyond & reached, distance / standard_m - 1.0, 0.0)[reached]
    some = people[reached].sum() > 0
    mean, square = (
        float(np.average(excess**power, weights=people[reached])) if some else np.nan
        for power in (1, 2)
    )
    headcount = float(np.average(beyond, weights=people))
    return Shortfall(headcount, mean, square, float(people[~reached].sum()))


def _entropy(ratio: Floats, people: Floats) -> float:
    """Return the mean of r ln r, which is 0 at r = 0."""
    logs = np.log(ratio, out=np.zeros_like(ratio), where=ratio > 0)
    return float(np.average(ratio * logs, weights=people))


def _used(value: ArrayLike, children: ArrayLike) -> NDArray[np.bool_]:
    people = np.asarray(children, dtype=float)
    if (people < 0).any():
        raise InputRefused(Finding("EQUITY_NEGATIVE", "children", value=f"{people.min():g}"))
    used: NDArray[np.bool_] = (people > 0) & ~np.isnan(np.asarray(value, dtype=float))
    if not used.any():
        raise InputRefused(Finding("EQUITY_NOBODY", "children"))
    return used


def _people(value: ArrayLike, children: ArrayLike) -> tuple[Floats, Floats]:
    used = _used(value, children)
    return np.asarray(value, dtype=float)[used], np.asarray(children, dtype=float)[used]
