"""Where does one step on to the street from a door, without crossing a wall, a river or a railway?

The leg goes straight to the nearest place of a street that can be reached so, past the corners of
walls and buildings; else through a gate.  Buildings are gone round where that is possible.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.arrays import MM_PER_M
from geo.walk.around_doors import Pieces
from geo.walk.snapping import Snapped, snap

if TYPE_CHECKING:
    from geo.arrays import Flags, Floats, Ints, Objects
    from geo.walk.network import WalkNetwork
    from geo.walk.walls import Walls

_WIDENING = (0.25, 0.5, 1.0)
"""Shares of the greatest distance within which a way round is looked for, one after the other."""
_ASIDE_M = 0.25
"""How far from the end of a wall one walks past it: half the width of a child with a bag."""


def join(
    network: WalkNetwork,
    points_xy: Floats,
    *,
    max_m: float,
    walls: Walls | None = None,
    edges: Flags | None = None,
) -> Snapped:
    """Put doors on the streets, each at the nearest place that it can be left by.

    Parameters
    ----------
    network
        The streets.
    points_xy
        (p, 2) metres in the network's CRS; a point that is not finite is not joined.
    max_m
        Greatest length of the leg (``<=``); through a gate, of each of its two parts.
    walls
        What no leg crosses.  Soft ones are crossed where there is no other way.
    edges
        (m,) streets that may be stepped on; default: all.

    Returns
    -------
    Snapped
        Aligned with the points; ``access_m`` is the length of the leg.  Where the leg is blocked
        whichever way one goes, ``edge`` is -1 and ``access_m`` inf; where no street is near
        enough, ``access_m`` is the distance to the nearest one, as `snap` says.

    Examples
    --------
    >>> import yimi
    >>> city = yimi.load(yimi.demo).city
    >>> home = join(city.streets, city.demand_xy[:1], max_m=200)
    >>> bool(home.access_m[0] <= 200)
    True
    """
    xy = np.asarray(points_xy, dtype=np.float64).reshape(-1, 2)
    streets = _streets(network, edges)
    straight = _straight(network, xy, streets, max_m=max_m, walls=walls)
    shut = np.flatnonzero((straight.edge < 0) & np.isinf(straight.access_m))
    shut = shut[np.isfinite(xy[shut]).all(axis=1)]
    if walls is None or not len(walls.gates) or not len(shut):
        return straight
    gates = _straight(network, walls.gates, streets, max_m=max_m, walls=walls)
    door, by_gate = _through(xy[shut], gates, walls, max_m=max_m)
    return straight.with_rows(shut[door], by_gate, access_m=by_gate.access_m)


def _streets(network: WalkNetwork, edges: Flags | None) -> tuple[Ints, shapely.STRtree]:
    """Return the edges that may be stepped on, and their spatial index."""
    if edges is None or edges.all():
        return np.arange(len(network.edge_nodes)), network.tree
    chosen = np.flatnonzero(edges)
    return chosen, shapely.STRtree(network.tree.geometries[chosen])


def _straight(
    network: WalkNetwork,
    xy: Floats,
    streets: tuple[Ints, shapely.STRtree],
    *,
    max_m: float,
    walls: Walls | None,
) -> Snapped:
    """Join doors by one straight leg each."""
    nearest = snap(network, xy, max_m=max_m, among=streets)
    if walls is None or not len(walls.shapes):
        return nearest
    near = np.flatnonzero(nearest.edge >= 0)
    blocked = near[~walls.free(xy[near], nearest.xy[near])]
    edge, end, access_m = nearest.edge.copy(), nearest.xy.copy(), nearest.access_m.copy()
    edge[blocked], end[blocked], access_m[blocked] = -1, np.nan, np.inf
    for soft in (True, False):
        for radius_m in (share * max_m for share in _WIDENING):
            open_ = blocked[(edge[blocked] < 0) & (nearest.access_m[blocked] <= radius_m)]
            line, place, away_m = _in_sight(
                network, xy[open_], streets, walls=walls, radius_m=radius_m, soft=soft
            )
            seen = line >= 0
            rows = open_[seen]
            edge[rows], end[rows], access_m[rows] = line[seen], place[seen], away_m[seen]
    moved = blocked[edge[blocked] >= 0]
    offset_mm = nearest.offset_mm.copy()
    offset_mm[blocked] = 0
    along_m = shapely.line_locate_point(network.tree.geometries[edge[moved]], _points(end[moved]))
    longest_mm = network.edge_length_mm[edge[moved]]
    offset_mm[moved] = np.minimum(np.rint(along_m * MM_PER_M), longest_mm)
    return Snapped(edge, offset_mm, access_m, end)


def _in_sight(
    network: WalkNetwork,
    xy: Floats,
    streets: tuple[Ints, shapely.STRtree],
    *,
    walls: Walls,
    radius_m: float,
    soft: bool,
) -> tuple[Ints, Floats, Floats]:
    """Return the edge (-1: none), place and distance of the nearest street past the walls."""
    if not len(xy):
        return np.empty(0, dtype=np.int64), np.empty((0, 2)), np.empty(0)
    from geo.walk.sight import nearest_in_sight  # noqa: PLC0415 - loads the compiler

    chosen, tree = streets
    door, row = tree.query(_points(xy), predicate="dwithin", distance=radius_m)
    away_m = shapely.distance(tree.geometries[row], _points(xy)[door])
    order = np.lexsort((row, away_m, door))  # once a place is in sight, farther streets are passed
    start = np.concatenate([[0], np.cumsum(np.bincount(door, minlength=len(xy)))])
    lines = Pieces(network.vertex_xy, network.edge_start, start, chosen[row[order]])
    around = walls.around(xy, within_m=radius_m, soft=soft)
    return nearest_in_sight(xy, lines, around, walls.touch_m, _ASIDE_M, radius_m)


def _through(xy: Floats, gates: Snapped, walls: Walls, *, max_m: float) -> tuple[Ints, Snapped]:
    """Return which doors are left by a gate, and where: by that with the shortest leg."""
    points = np.asarray(shapely.points(xy), dtype=object)
    tree = shapely.STRtree(_points(walls.gates))
    door, gate = tree.query(points, predicate="dwithin", distance=max_m)
    usable = gates.edge[gate] >= 0
    door, gate = door[usable], gate[usable]
    free = walls.free(xy[door], walls.gates[gate], soft=False)
    door, gate = door[free], gate[free]
    length_m = np.hypot(*(walls.gates[gate] - xy[door]).T) + gates.access_m[gate]
    order = np.lexsort((gate, length_m, door))
    first = order[np.unique(door[order], return_index=True)[1]]
    return door[first], replace(gates.take(gate[first]), access_m=length_m[first])


def _points(xy: Floats) -> Objects:
    return np.asarray(shapely.points(xy), dtype=object)
