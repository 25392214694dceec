"""Which straight legs would cross a wall, a river or a railway?

A leg that only begins or ends at a wall crosses nothing, nor does one that leaves the building or
the pond in which it begins.  At its gates a wall is open.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.arrays import ranges
from geo.walk.around_doors import Pieces

if TYPE_CHECKING:
    from geo.arrays import Flags, Floats, Ints, Objects

_AREA = 2
_AT_DOOR = 20
"""A leg from a door in a wall may cross that wall so many times the touch away, at a low angle."""
_CIRCLE = 8
"""Corners of a quarter of the circle that is cut out of a wall at a gate."""


@dataclass(frozen=True, eq=False)
class Walls:
    """What the way from a door to its street goes round.

    Attributes
    ----------
    shapes
        (w,) lines, and areas whose inside counts; open at their gates.
    kind
        (w,) what each is, a word.
    soft
        (w,) only gone round where there is a way round (buildings).
    gates
        (g, 2) metres, where walls are open.
    touch_m
        A leg may begin or end this near to a wall without crossing it.

    Examples
    --------
    >>> import yimi
    >>> walls = yimi.load(yimi.demo).city.walls
    >>> len(walls.shapes) == len(walls.kind) == len(walls.soft)
    True
    """

    shapes: Objects
    kind: Objects
    soft: Flags
    gates: Floats
    touch_m: float

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Spatial index over the shapes."""
        return shapely.STRtree(self.shapes)

    @cached_property
    def outlines(self) -> tuple[Floats, Ints, Ints]:
        """All vertices, where those of each line begin, and where the lines of each shape begin.

        An area is drawn by its rings.
        """
        drawn = np.where(
            shapely.get_dimensions(self.shapes) == _AREA, shapely.boundary(self.shapes), self.shapes
        )
        lines, of = shapely.get_parts(drawn, return_index=True)
        xy, line = shapely.get_coordinates(lines, return_index=True)
        return xy, _starts(line, len(lines)), _starts(of, len(self.shapes))

    def met(self, start: Floats, end: Floats, *, soft: bool = True) -> tuple[Ints, Ints]:
        """Return which legs cross which shapes, in pairs.

        Parameters
        ----------
        start, end
            (n, 2) metres.
        soft
            Whether soft shapes count.
        """
        whole = np.stack([start, end], axis=1)
        lines = np.asarray(shapely.linestrings(_shortened(whole, self.touch_m)), dtype=object)
        leg, shape = self.tree.query(lines, predicate="intersects")
        long = np.hypot(*(end - start)[leg].T) > self.touch_m
        leg, shape = leg[long], shape[long]
        if not soft:
            leg, shape = leg[~self.soft[shape]], shape[~self.soft[shape]]
        inside = shapely.get_dimensions(self.shapes[shape]) == _AREA
        own = np.zeros(len(leg), dtype=bool)
        own[inside] = shapely.intersects(
            self.shapes[shape[inside]], shapely.points(start[leg[inside]])
        )
        leg, shape, inside = leg[~own], shape[~own], inside[~own]
        common = shapely.intersection(lines[leg[inside]], self.shapes[shape[inside]])
        crossed = np.ones(len(leg), dtype=bool)
        crossed[inside] = shapely.length(common) > self.touch_m
        door = np.asarray(shapely.points(start[leg]), dtype=object)
        at_door = ~inside & (shapely.distance(door, self.shapes[shape]) <= self.touch_m)
        crossed[at_door] = self._beyond(lines[leg[at_door]], shape[at_door], door[at_door])
        return leg[crossed], shape[crossed]

    def _beyond(self, lines: Objects, shape: Ints, door: Objects) -> Flags:
        """Say which legs meet the wall in which their door stands again, farther away."""
        met = shapely.intersection(lines, self.shapes[shape])
        place, of = shapely.get_coordinates(met, return_index=True)
        away_m = np.hypot(*(place - shapely.get_coordinates(door)[of]).T)
        beyond = np.zeros(len(lines), dtype=bool)
        beyond[of[away_m > _AT_DOOR * self.touch_m]] = True
        return beyond

    def free(self, start: Floats, end: Floats, *, soft: bool = True) -> Flags:
        """Say which legs cross nothing; see `met`."""
        free = np.ones(len(start), dtype=bool)
        free[self.met(start, end, soft=soft)[0]] = False
        return free

    def around(self, xy: Floats, *, within_m: float, soft: bool) -> Pieces:
        """Return the outlines around places, but for areas in which a place lies."""
        points = np.asarray(shapely.points(xy), dtype=object)
        place, shape = self.tree.query(points, predicate="dwithin", distance=within_m)
        keep = soft | ~self.soft[shape]
        inside = np.flatnonzero(shapely.get_dimensions(self.shapes[shape]) == _AREA)
        keep[inside] &= ~shapely.intersects(self.shapes[shape[inside]], points[place[inside]])
        place, shape = place[keep], shape[keep]
        vertex_xy, first, line_first = self.outlines
        count = line_first[shape + 1] - line_first[shape]
        start = _starts(np.repeat(place, count), len(xy))
        return Pieces(vertex_xy, first, start, ranges(line_first[shape], count))


def open_walls(
    shapes: Objects,
    *,
    kind: Objects,
    soft: Flags,
    gates: Floats,
    gate_max_m: float,
    gate_width_m: float,
    touch_m: float,
) -> Walls:
    """Open walls at their gates.

    Parameters
    ----------
    shapes, kind, soft
        See `Walls`.
    gates
        (g, 2) metres; one that is farther than `gate_max_m` from every line opens nothing.
    gate_max_m
        How far a gate may be drawn from the wall in which it stands (``<=``).
    gate_width_m
        How wide a wall is open at a gate.
    touch_m
        See `Walls`.

    Examples
    --------
    A wall of 100 m with a gate of 4 m in its middle:

    >>> import numpy as np, shapely
    >>> wall = np.array([shapely.LineString([(0, 0), (100, 0)])], dtype=object)
    >>> kind, soft = np.array(["wall"], dtype=object), np.array([False])
    >>> gate = np.array([[50.0, 1.0]])
    >>> metres = {"gate_max_m": 5, "gate_width_m": 4, "touch_m": 0.5}
    >>> walls = open_walls(wall, kind=kind, soft=soft, gates=gate, **metres)
    >>> round(shapely.length(walls.shapes).sum())
    96
    """
    lines = np.flatnonzero(~soft & (shapely.get_dimensions(shapes) < _AREA))
    tree = shapely.STRtree(shapes[lines])
    points = np.asarray(shapely.points(gates.reshape(-1, 2)), dtype=object)
    gate, line = tree.query(points, predicate="dwithin", distance=gate_max_m)
    leaf = shapely.get_point(shapely.shortest_line(shapes[lines[line]], points[gate]), 0)
    opened = shapes.copy()
    for wall in np.unique(line).tolist():
        hole = shapely.union_all(
            shapely.buffer(leaf[line == wall], gate_width_m / 2, quad_segs=_CIRCLE)
        )
        opened[lines[wall]] = shapely.difference(shapes[lines[wall]], hole)
    used = np.unique(shapely.get_coordinates(leaf), axis=0)
    return Walls(opened, kind, soft, used.reshape(-1, 2), touch_m)


def _starts(of: Ints, count: int) -> Ints:
    """Return where the rows of each of `count` things begin, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(np.bincount(of, minlength=count))])


def _shortened(legs: Floats, touch_m: float) -> Floats:
    """Take a little off both ends of straight legs; of a very short one only its middle is left."""
    step = legs[:, 1] - legs[:, 0]
    step *= (touch_m / np.maximum(np.hypot(*step.T), 2 * touch_m))[:, None]
    return np.stack([legs[:, 0] + step, legs[:, 1] - step], axis=1)
