"""Which ways lead from one school to the homes of its pupils?  One task per school and profile.

The compiled searches let go of the interpreter's lock, so that tasks run side by side; results come
in the order of the tasks.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from analyses.routes.measured import along_ways
from analyses.routes.severance import reached, severed, severed_bounds
from geo.arrays import MM_PER_M
from geo.walk import RISK_UNITS, fronts, limits_mm, ways

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from analyses.city import SnappedCity
    from analyses.routes.measured import Along, Measured
    from analyses.routes.severance import Barriers
    from geo.arrays import Flags, Floats, Ints
    from geo.walk import Closure, Snapped


class Walkers(NamedTuple):
    """What the searches of one profile read.

    The streets without what is not for this age alone: as assumed, without what may not be for it
    (who has a way there walks alone for sure), and only without what is surely not for it.
    """

    risk: Ints
    alone: Closure
    alone_sure: Closure
    alone_possible: Closure
    along: Along


class Work(NamedTuple):
    """What the searches of all schools share."""

    snapped: SnappedCity
    barriers: Barriers
    walkers: Mapping[str, Walkers]
    detour_cap: float
    labels_max: int


class SchoolRoutes(NamedTuple):
    """Ways of one school and profile, aligned with its pupils."""

    rows: Ints
    front_start: Ints
    front_m: Floats
    front_risk: Floats
    gate: Ints
    measured: Measured
    alone: Flags
    alone_sure: Flags
    alone_possible: Flags
    severed: Flags
    severed_sure: Flags
    severed_possible: Flags
    barrier: NDArray[np.object_]
    truncated: bool


def search_all(work: Work, rows: pd.DataFrame) -> list[SchoolRoutes]:
    """Search from each school for each profile; the order of the results is that of the rows."""
    walking = rows[rows["reason"].isna()]
    own = walking.groupby(["school", "profile"], sort=False)
    tasks = [
        (int(rows["school"].iloc[0]), str(rows["profile"].iloc[0]), rows.index.to_numpy())
        for _, rows in own
    ]
    point = rows["point"].to_numpy(dtype=np.int64)
    shortest_mm = np.rint(rows["distance_m"].to_numpy() * MM_PER_M)
    children = rows["children"].to_numpy(dtype=np.float64)

    def search(task: tuple[int, str, Ints]) -> SchoolRoutes:
        school, profile, own = task
        return _search(
            work,
            (school, profile, own),
            points=point[own],
            shortest_mm=shortest_mm[own].astype(np.int64),
            children=children[own],
        )

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(search, tasks))


def _search(
    work: Work,
    task: tuple[int, str, Ints],
    *,
    points: Ints,
    shortest_mm: Ints,
    children: Floats,
) -> SchoolRoutes:
    """Find the ways of the children of one profile to one school."""
    school, profile, rows = task
    walkers, snapped = work.walkers[profile], work.snapped
    own_gates = snapped.entrance_rows(school)
    gates, homes = snapped.entrances.take(own_gates), snapped.demand.take(points)
    limit_mm = limits_mm(shortest_mm, detour_cap=work.detour_cap)
    found = fronts(
        snapped.network,
        gates,
        homes,
        risk=walkers.risk,
        limit_mm=limit_mm,
        labels_max=work.labels_max,
    )
    chosen = np.concatenate([found.start[:-1], found.start[1:] - 1])
    way = ways(snapped.network, found, chosen)
    limit_m = limit_mm / MM_PER_M
    cut, barrier = severed(work.barriers, gates, homes, limit_m=limit_m)
    cut_sure, cut_possible = severed_bounds(work.barriers, gates, homes, cut=cut, limit_m=limit_m)
    alone = _open(walkers.alone, gates, homes, limit_m=limit_m, asked=np.ones(len(rows), bool))
    sure = _open(walkers.alone_sure, gates, homes, limit_m=limit_m, asked=alone)
    possible = _open(walkers.alone_possible, gates, homes, limit_m=limit_m, asked=~alone)
    return SchoolRoutes(
        rows=rows,
        front_start=found.start,
        front_m=found.length_mm / MM_PER_M,
        front_risk=found.risk / RISK_UNITS,
        gate=own_gates[way.gate[len(rows) :]],
        measured=along_ways(walkers.along, way, children),
        alone=alone,
        alone_sure=sure,
        alone_possible=alone | possible,
        severed=cut,
        severed_sure=cut_sure,
        severed_possible=cut_possible,
        barrier=barrier,
        truncated=found.truncated,
    )


def _open(
    closure: Closure, gates: Snapped, homes: Snapped, *, limit_m: Floats, asked: Flags
) -> Flags:
    """Say which of the homes asked for have a way within their limit outside what is closed."""
    found = asked.copy()
    rows = np.flatnonzero(asked)
    if len(rows) and closure.closed.any():
        found[rows] = reached(closure, gates, homes.take(rows), limit_m=limit_m[rows])
    return found
