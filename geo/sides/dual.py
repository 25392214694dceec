"""Which crossings are two stages of one, over the two carriageways of a road?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from geo.sides.arms import rule

if TYPE_CHECKING:
    from geo.arrays import Flags, Floats, Ints
    from geo.sides.arms import Arms


_JUNCTION = 3


class Stages(NamedTuple):
    """How crossings belong together.

    Attributes
    ----------
    group
        (r,) the same number for the stages of one crossing.
    stages
        (r,) 2 where one can wait between the carriageways, else 1.
    links
        (., 2) corners between the carriageways that the stages have to be joined at.
    """

    group: Ints
    stages: Ints
    links: Ints


def stages_of(arms: Arms, roads: pd.DataFrame, *, found: pd.DataFrame, xy: Floats) -> Stages:
    """Pair the crossings of opposite one-way streets of one name and class.

    Parameters
    ----------
    arms, roads
        The drawn streets.
    found
        Crossings as `geo.sides.crossings.crossings_of` lists them.
    xy
        (r, 2) middle of each crossing.
    """
    group = np.arange(len(found))
    stages = np.ones(len(found), dtype=np.int64)
    one, other, gap_m = _pairs(arms, roads, found=found, xy=xy)
    group[other] = group[one]
    stages[one] = stages[other] = np.where(gap_m >= rule("refuge_gap_min"), 2, 1)
    arm = found["arm"].to_numpy()
    loose = (arms.count[arms.node[arm[one]]] < _JUNCTION) | (
        arms.count[arms.node[arm[other]]] < _JUNCTION
    )
    one, other = one[loose], other[loose]
    between = xy[other] - xy[one]
    corners = [_facing(arms, arm[one], between), _facing(arms, arm[other], -between)]
    return Stages(group, stages, np.column_stack(corners))


def _pairs(
    arms: Arms, roads: pd.DataFrame, *, found: pd.DataFrame, xy: Floats
) -> tuple[Ints, Ints, Floats]:
    """Return crossings that are each other's nearest over the other carriageway, and the gap."""
    from scipy.spatial import KDTree  # noqa: PLC0415 - slow to load

    street = found["street"].to_numpy()
    width = arms.half_width_m[street]
    way = np.asarray(roads["oneway"], dtype=object).astype(np.int64)[street]
    travel = arms.direction[2 * street] * way[:, None]
    at_end = (found["arm"].to_numpy() & 1) == 1
    travel[at_end] = -arms.direction[2 * street[at_end] + 1] * way[at_end, None]
    rows = np.flatnonzero(way)
    if not len(rows):
        return rows, rows, np.empty(0)
    widest = rule("dual_gap_max") + 2 * float(width[rows].max())
    near = KDTree(xy[rows]).query_pairs(np.hypot(widest, widest), output_type="ndarray")
    one, other = rows[near].reshape(-1, 2).T
    step = xy[other] - xy[one]
    along = np.abs((step * travel[one]).sum(axis=1))
    across = np.abs(step[:, 0] * travel[one, 1] - step[:, 1] * travel[one, 0])
    opposite = (travel[one] * travel[other]).sum(axis=1)
    gap_m = across - width[one] - width[other]
    road = _road_numbers(arms.network.edges)[street]
    fits = (
        (road[one] == road[other])
        & (opposite <= -np.cos(np.radians(rule("dual_angle_max"))))
        & (along <= across)
        & (gap_m <= rule("dual_gap_max"))
    )
    one, other, gap_m = one[fits], other[fits], gap_m[fits]
    mutual = _mutual(one, other, np.hypot(along, across)[fits], count=len(found))
    return one[mutual], other[mutual], gap_m[mutual]


def _road_numbers(ways: pd.DataFrame) -> Ints:
    """Give ways of the same name and class the same number."""
    keys = [
        pd.factorize(ways[tag])[0] if tag in ways else np.zeros(len(ways), dtype=np.int64)
        for tag in ("name", "highway")
    ]
    return np.asarray(keys[0] * (keys[1].max(initial=0) + 2) + keys[1], dtype=np.int64)


def _mutual(one: Ints, other: Ints, distance: Floats, *, count: int) -> Flags:
    """Return which pairs are nearest for both; of equally near ones the lowest row."""
    here, there = np.concatenate([one, other]), np.concatenate([other, one])
    order = np.lexsort((there, np.tile(distance, 2), here))
    first = order[np.diff(here[order], prepend=-1) != 0]
    best = np.full(count, -1)
    best[here[first]] = there[first]
    return np.asarray((best[one] == other) & (best[other] == one))


def _facing(arms: Arms, arm: Ints, to: Floats) -> Ints:
    """Return the corner of each arm that lies on the hand of a direction."""
    ahead = arms.direction[arm]
    on_left = ahead[:, 0] * to[:, 1] - ahead[:, 1] * to[:, 0] > 0
    return np.where(on_left, arms.left[arm], arms.right[arm])
