"""Which ways lead from one school to the homes of its pupils?  One task per school and profile.

The compiled searches let go of the interpreter's lock, so that tasks run side by side; results come
in the order of the tasks.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from analyses.placed import some
from analyses.severance import reached, severed
from analyses.way_measures import along_ways
from geo.bicriteria import RISK_UNITS, fronts, limits_mm, ways
from geo.network import MM_PER_M

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from analyses.placed import Placed
    from analyses.severance import Barriers
    from analyses.way_measures import Along, Measured
    from geo.closures import Closure

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Ints = NDArray[np.int64]


class Walkers(NamedTuple):
    """What the searches of one profile read."""

    risk: Ints
    alone: Closure
    along: Along


class Work(NamedTuple):
    """What the searches of all schools share."""

    placed: Placed
    barriers: Barriers
    walkers: Mapping[str, Walkers]
    detour_cap: float
    labels_max: int


class Found(NamedTuple):
    """Ways of one school and profile, aligned with its pupils."""

    rows: Ints
    front_start: Ints
    front_m: Floats
    front_risk: Floats
    gate: Ints
    measured: Measured
    alone: Flags
    severed: Flags
    barrier: NDArray[np.object_]
    truncated: bool


def search_all(work: Work, rows: pd.DataFrame) -> list[Found]:
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

    def search(task: tuple[int, str, Ints]) -> Found:
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
) -> Found:
    """Find the ways of the children of one profile to one school."""
    school, profile, rows = task
    walkers, placed = work.walkers[profile], work.placed
    own_gates = placed.gates_of(school)
    gates, homes = some(placed.gates, own_gates), some(placed.homes, points)
    limit_mm = limits_mm(shortest_mm, detour_cap=work.detour_cap)
    found = fronts(
        placed.network,
        gates,
        homes,
        risk=walkers.risk,
        limit_mm=limit_mm,
        labels_max=work.labels_max,
    )
    chosen = np.concatenate([found.start[:-1], found.start[1:] - 1])
    way = ways(placed.network, found, chosen)
    limit_m = limit_mm / MM_PER_M
    cut, barrier = severed(work.barriers, gates, homes, limit_m=limit_m)
    alone = np.ones(len(rows), dtype=bool)
    if walkers.alone.closed.any():
        alone = reached(walkers.alone, gates, homes, limit_m=limit_m)
    return Found(
        rows=rows,
        front_start=found.start,
        front_m=found.length_mm / MM_PER_M,
        front_risk=found.risk / RISK_UNITS,
        gate=own_gates[way.gate[len(rows) :]],
        measured=along_ways(walkers.along, way, children),
        alone=alone,
        severed=cut,
        barrier=barrier,
        truncated=found.truncated,
    )
