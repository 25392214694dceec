"""Which neighbours are put together until every area holds enough children to be told of?

Hiding single areas would leave a map full of holes that can be filled by subtraction; areas are
merged instead, as few as will do, with neighbours of the same town.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from geo.arrays import Floats, Objects


_TOUCH_M = 1.0
"""Neighbours drawn by hand may miss each other by so much."""


def merged(
    areas: gpd.GeoDataFrame, counts: Floats, *, least: float, empty_passes: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Put areas together until every group has enough of everything that is counted.

    The group with the fewest children goes first, to the neighbour of its town that has the fewest
    itself (so that few areas lose their own number), then the one with the longest common border.
    A group without a neighbour in its town goes to the nearest one there.  What a whole town has
    too little of cannot be cured by merging and is left out of the test there.

    Parameters
    ----------
    areas
        Polygons in a metric CRS with ``area_id`` (unique) and ``town``.
    counts
        (areas, things counted); the first column decides who is small.
    least
        What every group must have of every column.
    empty_passes
        For each column: whether a group may have none at all (a rule that does not apply there).

    Returns
    -------
    array
        For each area the position of the first area (by id) of its group.
    """
    towns = areas["town"].fillna("").astype(str).to_numpy()
    ids = areas["area_id"].astype(str).to_numpy()
    group = np.arange(len(areas))
    for town in sorted(set(towns)):
        rows = np.flatnonzero(towns == town)
        rows = rows[np.argsort(ids[rows], kind="stable")]
        tested = counts[rows].sum(axis=0) >= least
        shapes = areas.geometry.to_numpy()[rows]
        group[rows] = rows[
            _within_town(shapes, counts[rows][:, tested], (least, empty_passes[tested]))
        ]
    return group


def _within_town(
    shapes: Objects, counts: Floats, needed: tuple[float, NDArray[np.bool_]]
) -> NDArray[np.int64]:
    """Return the group of each area of one town: the position of its first area."""
    least, empty_passes = needed
    group = np.arange(len(shapes))
    border = _borders(shapes)
    sums = counts.copy()
    alive = np.ones(len(shapes), dtype=bool)
    while alive.sum() > 1 and counts.shape[1]:
        short = (sums < least) & ~((sums == 0) & empty_passes)
        failing = np.flatnonzero(alive & short.any(axis=1))
        if not len(failing):
            break
        small = failing[np.argmin(sums[failing, 0])]
        other = _neighbour(small, sums[:, 0], (border, alive, shapes, group))
        keep, gone = sorted((int(small), int(other)))
        group[group == gone] = keep
        sums[keep] += sums[gone]
        border[keep] += border[gone]
        border[:, keep] += border[:, gone]
        border[keep, keep] = 0.0
        alive[gone] = False
    return group


def _neighbour(small: int, sizes: Floats, state: tuple[Any, ...]) -> int:
    """Return the group that a small one joins."""
    border, alive, shapes, group = state
    beside = np.flatnonzero(alive & (border[small] > 0))
    if len(beside):
        return int(beside[np.lexsort((beside, -border[small, beside], sizes[beside]))[0]])
    others = np.flatnonzero(alive & (np.arange(len(alive)) != small))
    own = shapely.union_all(shapes[group == small])
    away = [shapely.distance(own, shapely.union_all(shapes[group == n])) for n in others]
    return int(others[np.argmin(away)])


def _borders(shapes: Objects) -> Floats:
    """Return the length of the common border of each pair of areas, metres."""
    lengths = np.zeros((len(shapes), len(shapes)))
    first, second = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=_TOUCH_M)
    for a, b in zip(first, second, strict=True):
        if a < b:
            # Corner to corner is no common border; a border has about its length in this strip.
            strip = shapely.intersection(shapely.buffer(shapes[a], _TOUCH_M), shapes[b])
            length = shapely.area(strip) / _TOUCH_M
            lengths[a, b] = lengths[b, a] = length if length > 2 * _TOUCH_M else 0.0
    return lengths
