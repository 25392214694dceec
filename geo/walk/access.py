"""Where does one step on to the street from a door, without crossing a wall, a river or a railway?

The leg goes straight to the nearest place of a street that can be reached so, past the corners of
walls and buildings; else through a gate.  Buildings are gone round where that is possible.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from geo.arrays import MM_PER_M
from geo.walk.snapping import Snapped, snap

if TYPE_CHECKING:
    from geo.arrays import Flags, Floats, Ints, Objects
    from geo.walk.network import WalkNetwork
    from geo.walk.walls import Walls

_WIDENING = 4
"""How often the circle in which a way round is looked for is doubled."""
_TESTED = (4, 32, 1 << 30)
"""How many of the shortest legs of a door are tested at first, then, and at last."""
_PAST_M = 0.02
"""How far a leg passes a corner: more than the touch of a drawn line, less than a shoe."""


class _Legs(NamedTuple):
    """Legs that might be walked: row of the door, edge, end (k, 2) and metres."""

    door: Ints
    edge: Ints
    end: Floats
    length_m: Floats

    def take(self, rows: Ints | Flags) -> _Legs:
        return _Legs(self.door[rows], self.edge[rows], self.end[rows], self.length_m[rows])

    def and_also(self, other: _Legs) -> _Legs:
        return _Legs(
            np.concatenate([self.door, other.door]),
            np.concatenate([self.edge, other.edge]),
            np.concatenate([self.end, other.end]),
            np.concatenate([self.length_m, other.length_m]),
        )


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
    return _put(straight, shut[door], by_gate)


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
    chosen, tree = streets
    for soft in (True, False):
        for radius_m in max_m / 2.0 ** np.arange(_WIDENING, -1, -1):
            open_ = blocked[(edge[blocked] < 0) & (nearest.access_m[blocked] <= radius_m)]
            legs = _candidates(xy[open_], tree, walls, radius_m=radius_m, soft=soft)
            legs = _first_free(xy[open_], legs, walls, soft=soft)
            rows = open_[legs.door]
            edge[rows], end[rows], access_m[rows] = chosen[legs.edge], legs.end, legs.length_m
    moved = blocked[edge[blocked] >= 0]
    offset_mm = nearest.offset_mm.copy()
    offset_mm[blocked] = 0
    along_m = shapely.line_locate_point(network.tree.geometries[edge[moved]], _points(end[moved]))
    longest_mm = network.edge_length_mm[edge[moved]]
    offset_mm[moved] = np.minimum(np.rint(along_m * MM_PER_M), longest_mm)
    return Snapped(edge, offset_mm, access_m, end)


def _candidates(
    xy: Floats, tree: shapely.STRtree, walls: Walls, *, radius_m: float, soft: bool
) -> _Legs:
    """Return legs to the nearest place of each street around, and past each corner of a wall."""
    points = _points(xy)
    door, edge = tree.query(points, predicate="dwithin", distance=radius_m)
    foot = shapely.shortest_line(points[door], tree.geometries[edge])
    feet = shapely.get_coordinates(shapely.get_point(foot, -1)).reshape(-1, 2)
    to_foot = _Legs(door, edge, feet, np.hypot(*(feet - xy[door]).T))
    past = _past_corners(xy, tree, walls, radius_m=radius_m, soft=soft)
    return to_foot.and_also(past).take(np.append(to_foot.length_m, past.length_m) <= radius_m)


def _past_corners(
    xy: Floats, tree: shapely.STRtree, walls: Walls, *, radius_m: float, soft: bool
) -> _Legs:
    """Return legs that pass a corner of a wall close by, on either side, as far as each street."""
    door, corner = walls.corners_near(xy, within_m=radius_m, soft=soft)
    away = corner - xy[door]
    distance_m = np.hypot(*away.T)
    far = distance_m > _PAST_M
    door, away, distance_m = door[far], away[far], distance_m[far]
    turn = _PAST_M / distance_m
    ahead = away * (radius_m / distance_m)[:, None]
    aside = np.column_stack([-ahead[:, 1], ahead[:, 0]]) * turn[:, None]
    door = np.concatenate([door, door])
    start = xy[door]
    end = start + np.concatenate([ahead + aside, ahead - aside])
    rays = np.asarray(shapely.linestrings(np.stack([start, end], axis=1)), dtype=object)
    ray, edge = tree.query(rays, predicate="intersects")
    met = shapely.intersection(rays[ray], tree.geometries[edge])
    place, of = shapely.get_coordinates(met, return_index=True)
    door, edge = door[ray[of]], edge[of]
    return _Legs(door, edge, place, np.hypot(*(place - xy[door]).T))


def _first_free(xy: Floats, legs: _Legs, walls: Walls, *, soft: bool) -> _Legs:
    """Return the shortest leg of each door that crosses nothing, of the doors that have one."""
    order = np.lexsort((legs.edge, legs.length_m, legs.door))
    door, end = legs.door[order], legs.end[order]
    rank = np.arange(len(order)) - np.searchsorted(door, door)
    best = np.full(len(xy), len(order))
    first = 0
    for last in _TESTED:
        rows = np.flatnonzero((rank >= first) & (rank < last) & (best[door] == len(order)))
        free = rows[walls.free(xy[door[rows]], end[rows], soft=soft)]
        np.minimum.at(best, door[free], free)
        first = last
    taken = order[best[best < len(order)]]
    return legs.take(taken)


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


def _put(straight: Snapped, rows: Ints, gates: Snapped) -> Snapped:
    """Put some doors where the gates by which they are left meet their streets."""
    edge, offset_mm = straight.edge.copy(), straight.offset_mm.copy()
    access_m, xy = straight.access_m.copy(), straight.xy.copy()
    edge[rows], offset_mm[rows] = gates.edge, gates.offset_mm
    access_m[rows], xy[rows] = gates.access_m, gates.xy
    return Snapped(edge, offset_mm, access_m, xy)


def _points(xy: Floats) -> Objects:
    return np.asarray(shapely.points(xy), dtype=object)
