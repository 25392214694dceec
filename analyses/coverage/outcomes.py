"""How do the demand points stand towards each rule: straight, by street, from door to gate?

Rules with the same facilities share one search for the nearest of them; rules that also share a
scope share one search for all pairs within the longest of their limits.  Whatever a rule then needs
is read from these pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import geopandas as gpd
import numpy as np
import pandas as pd

from analyses.coverage.near import near_pairs, nearest_facility
from analyses.result import Status
from analyses.rules import children_of, in_scope, within
from geo.arrays import MM_PER_M
from geo.walk import reached_edges

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from analyses.city import City
    from analyses.coverage.near import Near, Nearest
    from analyses.rules import Part, Rule
    from geo.arrays import Flags, Floats, Ints


Measure = Literal["straight", "network", "walk"]
MEASURES: tuple[Measure, ...] = get_args(Measure)


@dataclass(frozen=True)
class Task:
    """A rule to be tested.

    Attributes
    ----------
    rule
        A rule with one test.
    parts
        Its children by limit, the slowest first; without a limit where the test is containment.
    rows
        Facilities that may meet it.
    area_unknown
        Facilities left out because their site area is not known.
    undecided
        Facilities left out because their place is known less exactly than the limit.
    """

    rule: Rule
    parts: tuple[Part, ...]
    rows: tuple[int, ...]
    area_unknown: int
    undecided: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Outcome:
    """How the demand points stand towards one rule; arrays are aligned with the points.

    Attributes
    ----------
    rule
        The rule, with one test.
    in_scope
        Where it applies.
    children
        Children of the rule's ages, in its scope or not; NaN where not known.
    covered
        Measure -> children covered.
    reached
        Measure -> whether the slowest of the rule's children are covered.
    status, depth
        See `analyses.result.Status`; number of facilities that cover the slowest.
    nearest
        The shortest way, whatever its length.
    use
        Table: ``facility`` (row), ``within``, ``only`` (children that it covers, alone covers).
    task
        What was asked.
    """

    rule: Rule
    in_scope: Flags
    children: Floats
    covered: dict[Measure, Floats]
    reached: dict[Measure, Flags]
    status: NDArray[np.int8]
    depth: Ints
    nearest: Nearest
    use: pd.DataFrame
    task: Task


def outcomes(city: City, tasks: Sequence[Task]) -> dict[str, Outcome]:
    """Test the rules in metres and minutes.

    Parameters
    ----------
    city
        Facilities and demand points.
    tasks
        The rules with the facilities that may meet them.

    Returns
    -------
    dict
        Rule id -> outcome.
    """
    settlement = city.demand["settlement"].to_numpy(dtype=object)
    nearest_of: dict[tuple[int, ...], Nearest] = {}
    found: dict[str, Outcome] = {}
    for (rows, _), same in _by_search(tasks).items():
        facilities = np.array(rows, dtype=np.int64)
        if rows not in nearest_of:
            nearest_of[rows] = nearest_facility(city, facilities)
        applies = in_scope(same[0].rule, settlement)
        limit_mm = max(part.limit_mm for task in same for part in task.parts)
        near = near_pairs(city, facilities, np.flatnonzero(applies), limit_mm=limit_mm)
        for task in same:
            found[task.rule.id] = _outcome(
                task, near, city.demand, applies=applies, nearest=nearest_of[rows]
            )
    return found


def service_lines(city: City, tasks: Sequence[Task]) -> gpd.GeoDataFrame:
    """Return the street parts within each rule's limit of an entrance: ``rule_id``, lines.

    For a rule in minutes: as far as its slowest children get in that time.
    """
    drawn: dict[tuple[tuple[int, ...], int], gpd.GeoDataFrame] = {}
    parts = []
    for task in tasks:
        key = (task.rows, task.parts[0].limit_mm)
        if key not in drawn:
            doors, _ = city.on_streets.entrances_of(np.array(task.rows, dtype=np.int64))
            drawn[key] = reached_edges(city.streets, doors, limit_m=key[1] / MM_PER_M)
        lines = drawn[key].geometry
        parts.append(
            gpd.GeoDataFrame({"rule_id": np.full(len(lines), task.rule.id)}, geometry=lines.array)
        )
    if not parts:
        return gpd.GeoDataFrame({"rule_id": []}, geometry=[], crs=city.crs)
    return pd.concat(parts, ignore_index=True)


def _by_search(tasks: Sequence[Task]) -> dict[tuple[tuple[int, ...], str], list[Task]]:
    """Group the rules that can share their searches: same facilities, same scope."""
    groups: dict[tuple[tuple[int, ...], str], list[Task]] = {}
    for task in tasks:
        groups.setdefault((task.rows, task.rule.scope), []).append(task)
    return groups


def _outcome(
    task: Task, near: Near, demand: pd.DataFrame, *, applies: Flags, nearest: Nearest
) -> Outcome:
    """Read from the pairs how the demand points stand towards one rule."""
    count = len(demand)
    passed = [_passed(near, part.limit_mm) for part in task.parts]
    reached: list[dict[Measure, Flags]] = [
        {m: np.bincount(near.target[ok[m]], minlength=count) > 0 for m in MEASURES} for ok in passed
    ]
    children = [children_of(part, demand) for part in task.parts]
    slowest = passed[0]["walk"]
    depth = np.bincount(near.target[slowest], minlength=count)
    return Outcome(
        rule=task.rule,
        in_scope=applies,
        children=np.sum(children, axis=0),
        covered={
            m: np.sum([c * r[m] for c, r in zip(children, reached, strict=True)], axis=0)
            for m in MEASURES
        },
        reached=reached[0],
        status=status_of(reached[0], applies),
        depth=depth,
        nearest=nearest,
        use=_use(near, slowest, np.sum(children, axis=0), depth=depth),
        task=task,
    )


def status_of(reached: dict[Measure, Flags], applies: Flags) -> NDArray[np.int8]:
    """Return each point's `Status`: the best measure by which it is covered."""
    status = np.full(len(applies), Status.UNCOVERED, dtype=np.int8)
    status[reached["straight"]] = Status.STRAIGHT_ONLY
    status[reached["network"]] = Status.WITHOUT_LEGS
    status[reached["walk"]] = Status.COVERED
    status[~applies] = Status.NOT_APPLICABLE
    return status


def _passed(near: Near, limit_mm: int) -> dict[Measure, Flags]:
    """Say which pairs are within a limit.

    A way is never shorter than the straight line: where it seems to be (the gate is nearer than
    the facility's own point) the straight line decides, so each measure includes the next one.
    """
    straight = within(near.straight_m, limit_mm)
    network = straight & within(near.network_m, limit_mm)
    return {
        "straight": straight,
        "network": network,
        "walk": network & within(near.walk_m, limit_mm),
    }


def _use(near: Near, covers: Flags, children: Floats, *, depth: Ints) -> pd.DataFrame:
    """Count for each facility the children that it covers, and those that only it covers."""
    target = near.target[covers]
    facility, code = np.unique(near.facility[covers], return_inverse=True)
    only = np.where(depth[target] == 1, children[target], 0.0)
    return pd.DataFrame(
        {
            "facility": facility,
            "within": known_sum(children[target], code, count=len(facility)),
            "only": known_sum(only, code, count=len(facility)),
        }
    )


def known_sum(value: Floats, code: Ints, *, count: int) -> Floats:
    """Return the sum of what is known for each code; NaN where only unknown values are above 0.

    Examples
    --------
    >>> value = np.array([2.0, np.nan, np.nan, 0.0])
    >>> known_sum(value, np.array([0, 0, 1, 2]), count=4)
    array([ 2., nan,  0.,  0.])
    """
    total = np.bincount(code, weights=np.nan_to_num(value), minlength=count)
    unknown = np.bincount(code, weights=np.isnan(value), minlength=count) > 0
    return np.where(unknown & (total == 0), np.nan, total)
