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
from analyses.coverage.near import nearest_facility
from analyses.coverage.notes import (
    coverage_findings,
    coverage_notes,
    indicators_of,
    special_findings,
)
from analyses.coverage.outcomes import Task, outcomes, service_lines
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
from geo.words import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analyses.city import City
    from analyses.coverage.outcomes import Outcome
    from analyses.rules import Rule
    from geo.arrays import Ints


def coverage(
    city: City, rules: Sequence[Rule], *, walking_speed_m_s: float | None = None
) -> Result:
    """Test each rule at each demand point.

    A rule applies to the children of its ages where its scope says so; an urban rule also where
    it is not known whether a place is urban (which is said).  Where the ages cut an age group its
    years count evenly.  A rule in minutes is tested at the walking speed of each age group, and
    the status of a point is that of its slowest children.

    Parameters
    ----------
    city
        Streets, facilities, children and communities.
    rules
        Rules in metres, minutes or of containment.  Those with two tests are split, those for
        reference only shown.
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
        `RULES_NONE`.

    Examples
    --------
    Nearer by the crow than by street, and to the street than to the door:

    >>> import yimi
    >>> from analyses.rules import standards
    >>> total = coverage(yimi.load(yimi.demo).city, [standards()["KG"]]).tables["total"].iloc[0]
    >>> bool(total["covered_straight"] >= total["covered_network"] >= total["covered_walk"])
    True
    """
    facilities, demand = city.facilities, city.demand
    tasks = _tasks(rules, facilities, walking_speed=walking_speed_m_s)
    found = outcomes(city, [t for t in tasks if "containment" not in t.rule.tests])
    contained: dict[str, pd.DataFrame] = {}
    for task in tasks:
        if "containment" in task.rule.tests:
            own = facilities.iloc[list(task.rows)]
            contained[task.rule.id] = containment(city.communities, own)
            found[task.rule.id] = containment_outcome(
                task,
                contained[task.rule.id],
                demand,
                parts=parts_of(task.rule, walking_speed=walking_speed_m_s),
                nearest=nearest_facility(city, np.array(task.rows, dtype=np.int64)),
            )
    ordered = [found[task.rule.id] for task in tasks]
    tables = _tables(city, ordered, contained, rules=rules)
    service = service_lines(city, [t for t in tasks if t.parts])
    return Result(
        name="coverage",
        tables=tables,
        indicators=indicators_of(ordered, tables["total"], contained),
        findings=(*coverage_findings(city, ordered), *special_findings(contained)),
        shown=tuple(_shown(city, tables, service, rules=[t.rule for t in tasks])),
        notes=tuple(coverage_notes(city, ordered, contained)),
    )


def _tasks(
    rules: Sequence[Rule], facilities: gpd.GeoDataFrame, *, walking_speed: float | None
) -> list[Task]:
    """Return the rules that can be tested, each with the facilities that may meet it."""
    tasks = []
    for rule in one_test_each(rule for rule in rules if rule.computable):
        fitting = facilities_for(rule, facilities)
        contained = "containment" in rule.tests
        parts = () if contained else parts_of(rule, walking_speed=walking_speed)
        tasks.append(Task(rule, parts, fitting.rows, fitting.area_unknown, fitting.undecided))
    if not tasks:
        raise InputRefused(Finding("RULES_NONE", "study.toml"))
    return tasks


def _tables(
    city: City,
    ordered: Sequence[Outcome],
    contained: Mapping[str, pd.DataFrame],
    *,
    rules: Sequence[Rule],
) -> dict[str, pd.DataFrame]:
    demand, communities = city.demand, city.communities
    outside = text("coverage/place/outside")["zh"]
    areas = by_area(ordered, demand, communities, outside=outside)
    tables = {
        "total": total(ordered, demand),
        "by_town": by_town(ordered, demand),
        "by_area": areas,
        "gaps": gaps(
            ordered, demand, communities, areas=areas, contained=contained, outside=outside
        ),
        "facilities": facility_table(ordered, _entrances(city), city.facilities),
        "rules": rule_table(one_test_each(rules)),
        "points": _points(city, ordered),
    }
    if contained:
        tables["containment"] = pd.concat(
            [table.assign(rule_id=rule_id) for rule_id, table in contained.items()],
            ignore_index=True,
        )
    return tables


def _entrances(city: City) -> Ints:
    """Return the number of each facility's entrances on the streets."""
    entrances, of = city.on_streets.entrances_of(np.arange(len(city.facilities)))
    return np.bincount(of[entrances.edge >= 0], minlength=len(city.facilities))


def _points(city: City, ordered: Sequence[Outcome]) -> gpd.GeoDataFrame:
    """Return the demand points with what each rule says of them."""
    demand = city.demand
    groups = [group for group in age_groups() if group in demand]
    columns: dict[str, object] = {
        "area_id": demand["area_id"],
        "town": demand["town"],
        "method": demand["method"],
        "children": demand[groups].sum(axis=1, min_count=1),
        "access_m": city.on_streets.demand.access_m,
    }
    ids = np.array([*city.facilities["facility_id"], None], dtype=object)  # -1 is the last one
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
    city: City,
    tables: Mapping[str, pd.DataFrame],
    service: gpd.GeoDataFrame,
    *,
    rules: Sequence[Rule],
) -> list[Shown]:
    """Return what may be shown, by role."""
    facilities, communities = city.facilities, city.communities
    children = tables["points"].groupby("area_id")["children"].sum(min_count=1)
    kinds = [*facilities["kind"].unique(), *(kind for rule in rules for kind in rule.kinds)]
    rows: dict[str, pd.DataFrame] = {
        "area": communities.assign(
            children=children.reindex(communities["area_id"], fill_value=0.0).to_numpy()
        ),
        # The row without an area is the total: a map must not add up what it shows.
        "area_value": pd.concat(
            [tables["by_area"], tables["total"].assign(area_id=None)], ignore_index=True
        ),
        "service": service,
        "facility": facilities.reindex(
            columns=["facility_id", "name", "kind", "capacity", "source", "geometry"]
        ),
        "entrance": city.entrances,
        "demand": tables["points"],
        "gap": tables["gaps"],
        "rule": rule_table(rules),
        "kind": kind_table(kinds),
    }
    return [Shown(role, frame) for role, frame in rows.items()]
