"""Which part of a run may everybody see?

Only the roles and columns listed in ``data/rules/publish.toml``; counts of children rounded, in
groups that are large enough, tried by the attacker and held against every earlier release.
Whatever is not named there (homes, ways, entrances, notes of officers, file names) stays at home.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from analyses.publish import rounding
from analyses.publish.ledger import Release, clashes, earlier_numbers
from analyses.publish.release import attack, told_numbers
from analyses.publish.schools import (
    bands,
    public_audit,
    public_hazards,
    public_schools,
    pupils_told,
)
from analyses.publish.units import counts_of, grouped, units_of
from analyses.publish.values import told_units, told_values
from analyses.result import Shown
from analyses.schema import role, spread
from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analyses.publish.release import Counts, Unit
    from analyses.run import Run


VALUE_COLUMNS = (
    "unit_id", "level", "name", "town", "rule_id", "children_low", "children_high", "covered_low",
    "covered_high", "share_low", "share_high",
)  # fmt: skip


@dataclass(frozen=True)
class Edition:
    """What a public edition holds.

    Attributes
    ----------
    shown
        Roles for the map, with the listed columns only.
    units
        What is told of: ``unit_id, level`` (district | town | area)``, name, town, children_low,
        children_high``; equal bounds are one number, other bounds tell that part of it is below k.
    shares
        A row for each unit and rule: `VALUE_COLUMNS`; shares in whole percent, no value where
        nothing is told.
    areas
        Merged areas: ``area_id, name, town, settlement, children`` and their shapes.
    schools
        ``school_id`` (a running number)``, name, kind, children`` and how many checks ended how.
    audit
        Failed and open checks of each school, without what was measured.
    hazards
        Hazards of the ledger that this run found, without what officers wrote.
    left_out
        Rules of which nothing is told: whom they concern is not counted as such.
    release
        For the ledger of releases; None where no children are known.
    attacked
        How many numbers the attacker tried to open.

    Examples
    --------
    No number of a public edition is below ten, or no multiple of five:

    >>> import yimi
    >>> edition = public_edition(yimi.run(yimi.demo))
    >>> children = edition.areas["children"].dropna()
    >>> bool((children >= 10).all()), bool((children % 5 == 0).all())
    (True, True)
    """

    shown: tuple[Shown, ...]
    units: pd.DataFrame
    shares: pd.DataFrame
    areas: gpd.GeoDataFrame
    schools: gpd.GeoDataFrame
    audit: pd.DataFrame
    hazards: pd.DataFrame
    left_out: tuple[str, ...]
    release: Release | None
    attacked: int


def public_edition(run: Run, earlier: Sequence[Release] = ()) -> Edition:
    """Return what of a run may be published.

    Parameters
    ----------
    run
        From `analyses.run.order.run_study`.
    earlier
        The releases of the ledger.

    Raises
    ------
    InputRefused
        ``PUBLISH_TOO_FEW``; ``PUBLISH_PINNED`` and the clashes with earlier releases
        (`analyses.publish.ledger`), each naming its cell.

    Examples
    --------
    >>> import yimi
    >>> run = yimi.run(yimi.demo)
    >>> edition = public_edition(run)
    >>> len(edition.areas) <= len(run.inputs.communities), edition.attacked > 0
    (True, True)
    """
    if run.inputs.unit != "children":
        return _without_children(run)
    k, date = run.study.publish.k, run.study.study.date
    counts = counts_of(run)
    if counts.children.sum() < rounding.least_to_split(k):
        detail = {"least": rounding.least_to_split(k)}
        raise InputRefused(Finding("PUBLISH_TOO_FEW", "study.toml", detail=detail))
    areas = grouped(run, counts, k=k, before=[r.groups for r in earlier])
    units = units_of(areas, district=run.study.study.name)
    towns = {
        u.areas: [a.areas for a in units if a.level == "area" and a.areas <= u.areas]
        for u in units
        if u.level == "town"
    }
    told = told_numbers(counts, towns, k=k)
    schools = public_schools(run, k=k)
    numbers = (*told, *pupils_told(schools, k=k))
    grouping = dict(zip(areas["area_id"], areas["group"], strict=True))
    release = Release(date, k, grouping, numbers)
    _refuse(release, earlier, counts, units=units)
    values = told_values(units, counts, told, k=k)
    table = told_units(units, counts, told, k=k)
    shapes = _shapes(areas, units, table)
    return Edition(
        shown=_shown(run, (shapes, values, schools), k=k),
        units=table,
        shares=values,
        areas=shapes,
        schools=schools,
        audit=public_audit(run),
        hazards=public_hazards(run, k=k),
        left_out=tuple(sorted(set(run.result.tables["by_area"]["rule_id"]) - set(counts.concerns))),
        release=release,
        attacked=len(numbers),
    )


def _without_children(run: Run) -> Edition:
    """Return the edition of a study that knows no children: places, checks, hazards, no counts."""
    areas = run.inputs.communities[["area_id", "name", "town", "settlement", "geometry"]].copy()
    areas["area_id"] = [f"A{n:03d}" for n in range(1, len(areas) + 1)]
    areas["children"] = pd.array([None] * len(areas), dtype="Int64")
    schools = public_schools(run, k=run.study.publish.k).assign(children=None)
    values = pd.DataFrame(columns=list(VALUE_COLUMNS))
    units = pd.DataFrame(
        [("district", "district", run.study.study.name, "", pd.NA, pd.NA)],
        columns=["unit_id", "level", "name", "town", "children_low", "children_high"],
    )
    return Edition(
        shown=tuple(
            replace(s, rows=s.rows.assign(children=np.nan)) if "children" in s.rows else s
            for s in _shown(run, (areas, values, schools), k=run.study.publish.k)
        ),
        units=units,
        shares=values,
        areas=areas,
        schools=schools,
        audit=public_audit(run),
        hazards=public_hazards(run, k=run.study.publish.k),
        left_out=tuple(sorted(set(run.result.tables["by_area"]["rule_id"]))),
        release=None,
        attacked=0,
    )


def _refuse(
    release: Release, earlier: Sequence[Release], counts: Counts, *, units: Sequence[Unit]
) -> None:
    """Refuse a release that gives a small count away, alone or beside the earlier ones."""
    names = {u.areas: u.name for u in units}
    refused = [
        Finding(c.code, "study.toml", detail={"where": c.where, "what": c.what, "k": release.k})
        for c in clashes(release, earlier, counts.children)
    ]
    before = earlier_numbers(earlier, date=release.date)
    together = list(dict.fromkeys([*release.numbers, *before]))
    refused += [
        Finding(
            "PUBLISH_PINNED",
            "study.toml",
            detail={
                "where": names.get(p.areas, ", ".join(sorted(p.areas))),
                "what": f"{p.what} ({p.rule})", "k": release.k,
                "low": f"{p.low:.1f}", "high": f"{p.high:.1f}",
            },
        )
        for p in attack(counts, together, k=release.k)
    ]  # fmt: skip
    if refused:
        raise InputRefused(*refused)


def _shapes(
    areas: gpd.GeoDataFrame, units: Sequence[Unit], table: pd.DataFrame
) -> gpd.GeoDataFrame:
    """Return the merged areas with their rounded children, where they are one number."""
    known, by_id = table.set_index("unit_id"), areas.set_index("area_id")
    rows = []
    for unit in (u for u in units if u.level == "area"):
        mine = by_id.loc[sorted(unit.areas)]
        kinds = sorted(set(mine["settlement"].astype(str)))
        low, high = known.loc[unit.id, ["children_low", "children_high"]]
        rows.append({
            "area_id": unit.id, "name": unit.name, "town": unit.town,
            "settlement": kinds[0] if len(kinds) == 1 else "unknown",
            "children": low if low == high else None, "geometry": mine.geometry.union_all(),
        })  # fmt: skip
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=areas.crs)
    return frame.astype({"children": "Int64"})


def _shown(
    run: Run, parts: tuple[gpd.GeoDataFrame, pd.DataFrame, gpd.GeoDataFrame], *, k: int
) -> tuple[Shown, ...]:
    """Return the map's roles: those listed, with the columns listed."""
    areas, values, schools = parts
    made: Mapping[str, pd.DataFrame] = {
        "area": areas,
        "area_value": _area_values(values),
        "school": schools,
        "hazard": public_hazards(run, k=k),
    }
    found = []
    for item in run.result.shown:
        public = role(item.role).public
        if public is None:
            continue
        rows = made.get(item.role, item.rows)
        if item.role == "facility":
            rows = _facilities(rows)
        if item.role == "crossing":
            # That anybody passes is told only where enough do.
            rows = rows.assign(children=bands(rows, k=k)).dropna(subset="children")
        found.append(Shown(item.role, _listed(rows, spread(public)), item.title))
    return tuple(found)


def _listed(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return only the listed columns, and the shapes if there are any."""
    shape = [rows.geometry.name] if isinstance(rows, gpd.GeoDataFrame) else []
    return rows[[c for c in rows if c in shape or c in columns]].reset_index(drop=True)


def _area_values(values: pd.DataFrame) -> pd.DataFrame:
    """Return the values as the map wants them: the middle of what bounds are told of.

    An area without a share of its own has that of its town, where somebody is concerned.
    """
    table = values.astype({c: "Float64" for c in values if str(c).endswith(("_low", "_high"))})
    share = (table["share_low"] + table["share_high"]) / 200
    towns = table["level"] == "town"
    of_town = pd.Series(
        share[towns].to_numpy(),
        index=pd.MultiIndex.from_frame(table.loc[towns, ["town", "rule_id"]]),
    )
    own = pd.MultiIndex.from_frame(table[["town", "rule_id"]])
    filled = share.fillna(pd.Series(of_town.reindex(own).to_numpy(), index=table.index))
    share = filled.where((table["level"] == "area") & table["children_high"].notna(), share)
    columns = {
        "children": (table["children_low"] + table["children_high"]) / 2,
        "covered_walk": (table["covered_low"] + table["covered_high"]) / 2,
        "share_walk": share,
    }
    found = pd.DataFrame({
        "area_id": table["unit_id"].where(table["level"] == "area", None).astype(object),
        "rule_id": table["rule_id"],
        **{n: c.to_numpy(np.float64, na_value=np.nan) for n, c in columns.items()},
    })  # fmt: skip
    return found[~towns].reset_index(drop=True)


def _facilities(rows: pd.DataFrame) -> pd.DataFrame:
    """Give the facilities new numbers: an id of the user's file may say anything."""
    return rows.assign(facility_id=[f"F{n:05d}" for n in range(1, len(rows) + 1)])
