"""Who lives within the service radius of each kind of facility, and who does not?

Coverage is decided at demand points, by exact distances, in three measures side by side: the
straight line, the network, and the network with both access legs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from analyses.coverage.containment import containment, containment_outcome
from analyses.coverage.gaps import by_area, by_town, facility_table, gaps, total
from analyses.coverage.notes import (
    coverage_findings,
    coverage_notes,
    indicators_of,
    special_findings,
    words,
)
from analyses.coverage.outcomes import Task, outcomes, service_lines
from analyses.coverage.snapped import nearest_facility, place_all
from analyses.result import Result, Shown
from analyses.rules import (
    age_groups,
    facilities_for,
    kind_table,
    one_test_each,
    parts_of,
    rule_table,
)
from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analyses.coverage.outcomes import Outcome
    from analyses.coverage.snapped import Places
    from analyses.rules import Rule
    from geo.walk import WalkNetwork

_COLUMNS = {
    "facilities": ("facility_id", "name", "kind"),
    "entrances": ("facility_id", "rule"),
    "demand": ("area_id", "town", "settlement", "dwellings", "residential_m2", "method"),
    "communities": ("area_id", "name", "town", "settlement"),
}


def coverage(
    network: WalkNetwork,
    facilities: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    *,
    entrances: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    rules: Sequence[Rule],
    snap_max_m: float,
    walking_speed_m_s: float | None = None,
) -> Result:
    """Test each rule at each demand point.

    A rule applies to the children of its ages where its scope says so; an urban rule also where
    it is not known whether a place is urban (which is said).  Where the ages cut an age group its
    years count evenly.  A rule in minutes is tested at the walking speed of each age group, and
    the status of a point is that of its slowest children.

    Parameters
    ----------
    network
        The streets.  All frames are in its CRS.
    facilities
        Points or polygons: ``facility_id`` (unique text), ``name``, ``kind``; ``area_m2``,
        ``capacity``, ``source`` and ``area_id`` (code of its community) if there are.
    demand
        Points, RangeIndex: ``area_id`` (None: outside all communities), ``town``, ``settlement``
        (urban | rural | unknown), a column for each age group (children, NaN = unknown),
        ``dwellings``, ``residential_m2``, ``method``; see `geo.people.demand`.
    entrances
        Points: ``facility_id``, ``rule``; see `analyses.facilities.doors`.
    communities
        Polygons: ``area_id`` (unique text), ``name``, ``town``, ``settlement``.
    rules
        Rules in metres, minutes or of containment.  Those with two tests are split, those for
        reference only shown.
    snap_max_m
        Homes and entrances farther than this from every street are not joined to it.
    walking_speed_m_s
        One speed for all ages, instead of ``data/rules/walking.toml``.

    Returns
    -------
    Result
        Tables ``total``, ``by_town``, ``by_area`` (see `analyses.coverage.gaps`), ``gaps``
        (`analyses.coverage.gaps`), ``containment``, ``facilities``, ``rules`` and ``points``: the
        demand points with, for each rule, ``status:ID``, ``walk_m:ID`` (to the nearest, inf =
        none), ``walk_s:ID`` (rules in minutes), ``nearest:ID`` (facility id), ``depth:ID`` (how
        many cover it) and ``reason:ID`` (why there is none, see ``data/words/coverage.toml``).

    Raises
    ------
    InputRefused
        `ZONE_COLUMNS`, `CRS_DIFFERENT`, `FACILITY_ID_DOUBLE`, `ZONE_ID_DOUBLE`, `RULES_NONE`.
    """
    frames = {
        "facilities": facilities,
        "entrances": entrances,
        "demand": demand,
        "communities": communities,
    }
    _check(frames, crs=network.crs)
    tasks = _tasks(rules, facilities, walking_speed=walking_speed_m_s)
    places = place_all(network, facilities, demand, entrances=entrances, snap_max_m=snap_max_m)
    found = outcomes(places, [t for t in tasks if "containment" not in t.rule.tests], demand)
    contained: dict[str, pd.DataFrame] = {}
    for task in tasks:
        if "containment" in task.rule.tests:
            own = facilities.iloc[list(task.rows)]
            contained[task.rule.id] = containment(communities, own)
            found[task.rule.id] = containment_outcome(
                task,
                contained[task.rule.id],
                demand,
                parts=parts_of(task.rule, walking_speed=walking_speed_m_s),
                nearest=nearest_facility(places, np.array(task.rows, dtype=np.int64)),
            )
    ordered = [found[task.rule.id] for task in tasks]
    tables = _tables(ordered, places, frames, contained=contained, rules=rules)
    service = service_lines(places, [t for t in tasks if t.parts])
    return Result(
        name="coverage",
        tables=tables,
        indicators=indicators_of(ordered, tables["total"], contained),
        findings=(
            *coverage_findings(ordered, places, frames, snap_max_m=snap_max_m),
            *special_findings(contained),
        ),
        shown=tuple(_shown(tables, frames, service, rules=[t.rule for t in tasks])),
        notes=tuple(coverage_notes(ordered, frames, contained, snap_max_m=snap_max_m)),
    )


def _check(frames: Mapping[str, gpd.GeoDataFrame], *, crs: str) -> None:
    """Refuse frames that do not fit together."""
    for name, frame in frames.items():
        missing = [c for c in _COLUMNS[name] if c not in frame]
        if missing:
            detail = {"columns": ", ".join(missing)}
            raise InputRefused(Finding("ZONE_COLUMNS", name, detail=detail))
        if frame.crs != crs:
            detail = {"zones": crs, "other": str(frame.crs)}
            raise InputRefused(Finding("CRS_DIFFERENT", name, detail=detail))
    for name, column, code in (
        ("facilities", "facility_id", "FACILITY_ID_DOUBLE"),
        ("communities", "area_id", "ZONE_ID_DOUBLE"),
    ):
        ids = frames[name][column]
        if ids.duplicated().any():
            raise InputRefused(Finding(code, name, value=str(ids[ids.duplicated()].iloc[0])))


def _tasks(
    rules: Sequence[Rule], facilities: gpd.GeoDataFrame, *, walking_speed: float | None
) -> list[Task]:
    """Return the rules that can be tested, each with the facilities that may meet it."""
    tasks = []
    for rule in one_test_each(rule for rule in rules if rule.computable):
        fitting = facilities_for(rule, facilities)
        contained = "containment" in rule.tests
        parts = () if contained else parts_of(rule, walking_speed=walking_speed)
        tasks.append(Task(rule, parts, fitting.rows, fitting.area_unknown))
    if not tasks:
        raise InputRefused(Finding("RULES_NONE", "study.toml"))
    return tasks


def _tables(
    ordered: Sequence[Outcome],
    places: Places,
    frames: Mapping[str, gpd.GeoDataFrame],
    *,
    contained: Mapping[str, pd.DataFrame],
    rules: Sequence[Rule],
) -> dict[str, pd.DataFrame]:
    demand, communities = frames["demand"], frames["communities"]
    outside = words("place", "outside", "zh")
    areas = by_area(ordered, demand, communities, outside=outside)
    tables = {
        "total": total(ordered, demand),
        "by_town": by_town(ordered, demand),
        "by_area": areas,
        "gaps": gaps(
            ordered, demand, communities, areas=areas, contained=contained, outside=outside
        ),
        "facilities": facility_table(ordered, places, frames["facilities"]),
        "rules": rule_table(one_test_each(rules)),
        "points": _points(ordered, places, demand),
    }
    if contained:
        tables["containment"] = pd.concat(
            [table.assign(rule_id=rule_id) for rule_id, table in contained.items()],
            ignore_index=True,
        )
    return tables


def _points(
    ordered: Sequence[Outcome], places: Places, demand: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return the demand points with what each rule says of them."""
    groups = [group for group in age_groups() if group in demand]
    columns: dict[str, object] = {
        "area_id": demand["area_id"],
        "town": demand["town"],
        "method": demand["method"],
        "children": demand[groups].sum(axis=1),
        "access_m": places.demand.access_m,
    }
    ids = np.array([*places.facility_id, None], dtype=object)  # -1 is the last one
    for outcome in ordered:
        rule = outcome.rule.id
        columns[f"status:{rule}"] = outcome.status
        columns[f"walk_m:{rule}"] = outcome.nearest.walk_m
        if outcome.rule.minutes is not None:
            columns[f"walk_s:{rule}"] = outcome.nearest.walk_m / outcome.task.parts[0].speed_m_s
        columns[f"nearest:{rule}"] = ids[outcome.nearest.facility]
        columns[f"depth:{rule}"] = outcome.depth
        columns[f"reason:{rule}"] = outcome.nearest.reason
    return gpd.GeoDataFrame(columns, geometry=demand.geometry.array, crs=demand.crs)


def _shown(
    tables: Mapping[str, pd.DataFrame],
    frames: Mapping[str, gpd.GeoDataFrame],
    service: gpd.GeoDataFrame,
    *,
    rules: Sequence[Rule],
) -> list[Shown]:
    """Return what may be shown, by role."""
    facilities, communities = frames["facilities"], frames["communities"]
    children = tables["points"].groupby("area_id")["children"].sum()
    kinds = [*facilities["kind"].unique(), *(kind for rule in rules for kind in rule.kinds)]
    rows: dict[str, pd.DataFrame] = {
        "area": communities.assign(
            children=communities["area_id"].map(children).fillna(0.0).to_numpy()
        ),
        # The row without an area is the total: a map must not add up what it shows.
        "area_value": pd.concat(
            [tables["by_area"], tables["total"].assign(area_id=None)], ignore_index=True
        ),
        "service": service,
        "facility": facilities.reindex(
            columns=["facility_id", "name", "kind", "capacity", "source", "geometry"]
        ),
        "entrance": frames["entrances"],
        "demand": tables["points"],
        "gap": tables["gaps"],
        "rule": rule_table(rules),
        "kind": kind_table(kinds),
    }
    return [Shown(role, frame) for role, frame in rows.items()]
