"""Which part of a run may everybody see?

Only the roles and columns listed in ``data/rules/publish.toml``; counts of children rounded, in
groups that are large enough, tried by the attacker and held against every earlier release.
Whatever is not named there (homes, ways, entrances, notes of officers, file names) stays at home.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from analyses.privacy import rounding
from analyses.privacy.ledger import Release, clashes, earlier_numbers
from analyses.privacy.partition import band, parts_told
from analyses.privacy.release import Told, Unit, protect
from analyses.public_units import counts_of, grouped, units_of
from analyses.result import Shown
from analyses.treatments import bodies, treatments
from geo.bundled import load_toml
from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analyses.result import Role
    from analyses.run import Run

Frame = gpd.GeoDataFrame | pd.DataFrame
_DECIMALS = 2


@dataclass(frozen=True)
class Edition:
    """What a public edition holds.

    Attributes
    ----------
    shown
        Roles for the map, with the listed columns only.
    areas
        Merged areas: ``area_id, name, town, settlement, children`` and their shapes.
    values
        A row for each unit and rule: ``unit_id, level, name, town, rule_id, children, covered,
        share_low, share_high`` (whole percent)``, told`` (full | few_covered | few_uncovered |
        concerned | none).
    schools
        ``school_id`` (a running number)``, name, kind, children``.
    hazards
        Hazards of the ledger that this run found, without what officers wrote.
    units
        What is told of.
    withheld
        How many numbers were withdrawn because they would have given a small one away.
    release
        For the ledger of releases.
    """

    shown: tuple[Shown, ...]
    areas: gpd.GeoDataFrame
    values: pd.DataFrame
    schools: pd.DataFrame
    hazards: pd.DataFrame
    units: tuple[Unit, ...]
    withheld: int
    release: Release


def public_edition(run: Run, earlier: Sequence[Release] = ()) -> Edition:
    """Return what of a run may be published.

    Parameters
    ----------
    run
        From `analyses.run.run_study`.
    earlier
        The releases of the ledger.

    Raises
    ------
    InputRefused
        ``PUBLISH_TOO_FEW``; ``PUBLISH_PINNED`` and the clashes with earlier releases
        (`analyses.privacy.ledger`), each naming its cell.
    """
    k, date = run.study.publish.k, run.study.study.date
    counts = counts_of(run)
    if counts.children.sum() < rounding.least_to_split(k):
        detail = {"least": rounding.least_to_split(k)}
        raise InputRefused(Finding("PUBLISH_TOO_FEW", "study.toml", detail=detail))
    areas = grouped(run, counts, k=k, before=[r.groups for r in earlier])
    units = units_of(areas, district=run.study.study.name)
    before = earlier_numbers(earlier, date=date)
    told, pinned = protect(counts, units, k=k, earlier=before)
    release = Release(date, k, dict(zip(areas["area_id"], areas["group"], strict=True)), tuple(told))
    refused = [
        Finding(c.code, "study.toml", detail={"where": c.where, "what": c.what, "k": k})
        for c in clashes(release, earlier, counts.children)
    ]
    refused += [
        Finding(
            "PUBLISH_PINNED",
            "study.toml",
            detail={
                "where": p.unit.name, "what": f"{p.what} {p.rule}", "k": k,
                "low": f"{p.low:.1f}", "high": f"{p.high:.1f}",
            },
        )
        for p in pinned
    ]  # fmt: skip
    if refused:
        raise InputRefused(*refused)
    values = _values(units, told, rules=[str(r) for r in counts.concerned], k=k)
    shapes = _shapes(areas, units, told)
    return Edition(
        shown=_shown(run, shapes, values, k=k),
        areas=shapes,
        values=values,
        schools=_schools(run, k=k),
        hazards=_hazards(run, k=k),
        units=units,
        withheld=int((values["told"] == "none").sum()),
        release=release,
    )


def _values(
    units: Sequence[Unit], told: Sequence[Told], *, rules: Sequence[str], k: int
) -> pd.DataFrame:
    """Return a row for each unit and rule with what is told of it."""
    known = {t.key: t for t in told}
    rows = []
    for unit in units:
        for rule in rules:
            concerned = known.get((unit.areas, "concerned", rule))
            whole = concerned.value if concerned is not None else None
            row = {"unit_id": unit.id, "level": unit.level, "name": unit.name, "town": unit.town,
                   "rule_id": rule, "children": whole, **_nothing(whole)}  # fmt: skip
            side = next(
                (t for s in ("covered", "uncovered") if (t := known.get((unit.areas, s, rule)))),
                None,
            )
            if side is not None and whole is not None:
                row |= _sides(side, whole, k=k)
            rows.append(row)
    table = pd.DataFrame(rows)
    whole_numbers = ["children", "covered", "share_low", "share_high"]
    return table.astype(dict.fromkeys(whole_numbers, "Int64"))


def _nothing(whole: int | None) -> dict[str, Any]:
    told = "none" if whole is None else "concerned"
    return {"covered": None, "share_low": None, "share_high": None, "told": told}


def _sides(side: Told, whole: int, *, k: int) -> dict[str, Any]:
    """Return the share of covered children, or its bound where one side is below k."""
    if side.value is not None:
        percent = rounding.share(side.value, whole)
        return {"covered": side.value, "share_low": percent, "share_high": percent, "told": "full"}
    if side.statistic == "covered":
        most = rounding.share_at_most(whole, k=k)
        return {"share_low": None, "share_high": most, "told": "few_covered"}
    return {
        "share_low": rounding.share_at_least(whole, k=k),
        "share_high": None,
        "told": "few_uncovered",
    }


def _shapes(
    areas: gpd.GeoDataFrame, units: Sequence[Unit], told: Sequence[Told]
) -> gpd.GeoDataFrame:
    """Return the merged areas with their rounded children."""
    known = {t.areas: t.value for t in told if t.statistic == "children"}
    rows = []
    for unit in (u for u in units if u.level == "area"):
        mine = areas[areas["area_id"].isin(unit.areas)]
        kinds = sorted(set(mine["settlement"].astype(str)))
        rows.append({
            "area_id": unit.id, "name": unit.name, "town": unit.town,
            "settlement": kinds[0] if len(kinds) == 1 else "unknown",
            "children": known.get(unit.areas), "geometry": mine.geometry.union_all(),
        })  # fmt: skip
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=areas.crs)
    return frame.astype({"children": "Int64"})


def _shown(run: Run, areas: gpd.GeoDataFrame, values: pd.DataFrame, *, k: int) -> tuple[Shown, ...]:
    """Return the map's roles: those listed, with the columns listed."""
    layers: dict[str, Any] = load_toml("rules/publish.toml")["layers"]
    made: Mapping[str, Frame] = {
        "area": areas,
        "area_value": _area_values(values),
        "school": _schools(run, k=k),
        "hazard": _hazards(run, k=k),
    }
    found = []
    for item in run.result.shown:
        if item.role not in layers:
            continue
        rows = made.get(item.role, item.rows)
        if item.role == "facility":
            rows = _facilities(rows)
        if item.role == "crossing":
            rows = rows.assign(children=_bands(rows, k=k))
        found.append(Shown(item.role, _listed(rows, layers[item.role]), item.zh, item.en))
    return tuple(found)


def _listed(rows: Frame, columns: Sequence[str]) -> Frame:
    """Return only the listed columns, and the shapes if there are any."""
    kept = [c for c in columns if c in rows]
    if isinstance(rows, gpd.GeoDataFrame):
        return rows[[*kept, rows.geometry.name]].reset_index(drop=True)
    return rows[kept].reset_index(drop=True)


def _area_values(values: pd.DataFrame) -> pd.DataFrame:
    """Return the values as the map wants them: a share where only its bound is told is the bound."""
    rows = values[values["level"] != "town"]
    low, high = (rows[c].astype("Float64") for c in ("share_low", "share_high"))
    share = low.fillna(high) / 100
    return pd.DataFrame({
        "area_id": rows["unit_id"].where(rows["level"] == "area", None).astype(object),
        "rule_id": rows["rule_id"],
        "children": rows["children"].astype("Float64").to_numpy(np.float64, na_value=np.nan),
        "covered_walk": rows["covered"].astype("Float64").to_numpy(np.float64, na_value=np.nan),
        "share_walk": share.to_numpy(np.float64, na_value=np.nan),
    })  # fmt: skip


def _facilities(rows: Frame) -> Frame:
    """Number the facilities anew: an id of the user's file may say anything."""
    return rows.assign(facility_id=[f"F{n:05d}" for n in range(1, len(rows) + 1)])


def _schools(run: Run, *, k: int) -> Frame:
    """Return the schools with rounded pupils where there are enough."""
    rows = next((s.rows for s in run.result.shown if s.role == "school"), None)
    if rows is None or rows.empty:
        return pd.DataFrame(columns=["school_id", "name", "kind", "children"])
    told = pd.Series(index=rows.index, dtype="Int64")
    if "children" in rows:
        for _, of_kind in rows.groupby("kind", sort=True):
            values = parts_told(of_kind["children"].tolist(), k=k)
            told[of_kind.index] = pd.array(values, dtype="Int64")
    return rows[["name", "kind", rows.geometry.name]].assign(
        school_id=_school_ids(rows).to_numpy(), children=told
    )


def _school_ids(rows: pd.DataFrame) -> pd.Series:
    """Return running numbers for the schools, by their own id."""
    numbers = [f"S{n:04d}" for n in range(1, len(rows) + 1)]
    return pd.Series(numbers, index=rows["school_id"].astype(str))


def _hazards(run: Run, *, k: int) -> Frame:
    """Return the hazards that this run found: what is written by hand is left out."""
    shown = {s.role: s.rows for s in run.result.shown}
    rows = shown.get("hazard")
    if rows is None or rows.empty or "school" not in shown:
        return pd.DataFrame(columns=["school_id", "grade", "children"])
    if "change" in rows:
        rows = rows[rows["change"].isin(load_toml("rules/publish.toml")["hazards"]["changes"])]
    numbers = _school_ids(shown["school"])
    named = rows.assign(
        school_id=rows["school_id"].astype(str).map(numbers), children=_bands(rows, k=k)
    )
    for column, words in (("treatment", treatments()), ("body", bodies())):
        if column in named:
            named[column] = named[column].where(named[column].isin(list(words)), None)
    return _listed(named, load_toml("rules/publish.toml")["layers"]["hazard"])


def _bands(rows: pd.DataFrame, *, k: int) -> pd.Series:
    """Return the bands that the children on crossings or hazards lie in."""
    values = [band(float(n), k=k) if n == n else None for n in rows["children"]]  # noqa: PLR0124
    return pd.Series(pd.array(values, dtype="Int64"), index=rows.index)
