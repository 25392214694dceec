"""How is the synthetic town drawn: on a plane of whole decimetres, joined exactly, then bent?

Everything is planned with streets along two axes, in integers, so that two ways meet exactly or
not at all.  Waves then bend the plane (all of it in the same way, so nothing that meets comes
apart), and only the last step turns it into degrees.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    Points = NDArray[np.int64]

Axis = Literal["h", "v"]
Side = Literal["N", "E", "S", "W"]
Tags = dict[str, str]
Point = tuple[int, int]
SIDES: tuple[Side, ...] = ("S", "E", "N", "W")
_DM_PER_M = 10


class Rect(NamedTuple):
    """A rectangle of the plane, decimetres."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def middle(self) -> Point:
        """The middle, rounded down."""
        return (self.x0 + self.x1) // 2, (self.y0 + self.y1) // 2

    def inset(self, by: int) -> Rect:
        """Return the rectangle without a rim of `by` decimetres."""
        return Rect(self.x0 + by, self.y0 + by, self.x1 - by, self.y1 - by)

    def side(self, side: Side) -> tuple[Axis, int, int, int]:
        """Return axis, place, from and to of a side."""
        if side in "NS":
            return "h", self.y1 if side == "N" else self.y0, self.x0, self.x1
        return "v", self.x1 if side == "E" else self.x0, self.y0, self.y1


class Line(NamedTuple):
    """A straight way along an axis: ``h`` has a fixed y, ``v`` a fixed x.

    Lines of one level are joined wherever they touch; those of different levels are not.
    """

    axis: Axis
    at: int
    lo: int
    hi: int
    tags: Tags
    level: int = 0


class Way(NamedTuple):
    """A way or, where first and last vertex are the same, an outline; decimetres."""

    points: Points
    tags: Tags


class Home(NamedTuple):
    """A residential building: its middle, its floors and what kind of place it stands in."""

    x: int
    y: int
    floor_m2: float
    kind: str


class Site(NamedTuple):
    """A facility as it stands in the plane; `ring` for areas, `gates` where it has some."""

    kind: str
    name: str
    point: Point
    ring: Points | None = None
    gates: tuple[Point, ...] = ()
    rural: bool = False


@dataclass
class Sheet:
    """What has been drawn of one town so far."""

    plan: dict[str, Any]
    tile: int
    lines: list[Line] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    nodes: dict[Point, Tags] = field(default_factory=dict)
    stops: list[Point] = field(default_factory=list)
    homes: list[Home] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)


def dm(metres: float) -> int:
    """Return whole decimetres."""
    return round(metres * _DM_PER_M)


def outline(rect: Rect, *, stops: Iterable[Point] = (), every: int) -> Points:
    """Return the closed outline of a rectangle with a vertex at each stop on it.

    Parameters
    ----------
    stops
        Points that lie on the sides, e.g. gates.
    every
        Longest side piece in decimetres.
    """
    corners = [(rect.x0, rect.y0), (rect.x1, rect.y0), (rect.x1, rect.y1), (rect.x0, rect.y1)]
    stops = list(stops)
    ring: list[Point] = []
    for (ax, ay), (bx, by) in zip(corners, [*corners[1:], corners[0]], strict=True):
        axis = 0 if ay == by else 1
        fixed = (ay, ax)[axis]
        start, end = (ax, ay)[axis], (bx, by)[axis]
        on = [s[axis] for s in stops if s[1 - axis] == fixed]
        run = _spaced([start, end, *on], every=every, backwards=end < start)[:-1]
        ring.extend((place, fixed) if axis == 0 else (fixed, place) for place in run)
    return np.array([*ring, ring[0]], dtype=np.int64)


def joined(lines: Sequence[Line], *, stops: Iterable[Point], every: int) -> list[Way]:
    """Give every line a vertex where another line of its level touches it, and at the stops on it.

    Returns
    -------
    list
        A way for each line, in the order of the lines.
    """
    level = np.array([line.level for line in lines])
    at = np.array([line.at for line in lines])
    lo = np.array([line.lo for line in lines])
    hi = np.array([line.hi for line in lines])
    lies_flat = np.array([line.axis == "h" for line in lines])
    flat, upright = np.flatnonzero(lies_flat), np.flatnonzero(~lies_flat)
    touch = level[flat, None] == level[None, upright]
    touch &= (at[flat, None] >= lo[upright]) & (at[flat, None] <= hi[upright])
    touch &= (at[upright] >= lo[flat, None]) & (at[upright] <= hi[flat, None])
    places: list[list[int]] = [[line.lo, line.hi] for line in lines]
    for f, u in zip(*np.nonzero(touch), strict=True):
        places[flat[f]].append(int(at[upright[u]]))
        places[upright[u]].append(int(at[flat[f]]))
    for x, y in sorted(set(stops)):
        across, along = np.where(lies_flat, y, x), np.where(lies_flat, x, y)
        for i in np.flatnonzero((at == across) & (lo <= along) & (along <= hi)):
            places[i].append(int(along[i]))
    ways = []
    for line, on in zip(lines, places, strict=True):
        run = np.array(_spaced(on, every=every), dtype=np.int64)
        fixed = np.full_like(run, line.at)
        pair = (run, fixed) if line.axis == "h" else (fixed, run)
        ways.append(Way(np.column_stack(pair), line.tags))
    return ways


def bent(points: NDArray[np.float64], place: Mapping[str, Any]) -> NDArray[np.float64]:
    """Bend points of the plane (metres, over all tiles) by the waves of the recipe.

    Returns
    -------
    ndarray
        (n, 2) metres, to the centimetre so that no last bit of a sine gets into the files.
    """
    x, y = points[:, 0], points[:, 1]
    moved = points.copy()
    for wave in place["bends"]:
        angle = np.full(len(points), float(wave["phase"]))
        for length, along in ((wave["wave_x_m"], x), (wave["wave_y_m"], y)):
            if length:
                angle += 2 * np.pi * along / length
        moved[:, "xy".index(wave["axis"])] += wave["amplitude_m"] * np.sin(angle)
    rounded: NDArray[np.float64] = np.round(moved, 2)
    return rounded


def degrees(metres: NDArray[np.float64], place: Mapping[str, float]) -> NDArray[np.float64]:
    """Return longitude and latitude, 7 decimals (OSM's own precision), of bent points."""
    scale = np.array([place["metres_per_degree_east"], place["metres_per_degree_north"]])
    origin = np.array([place["longitude"], place["latitude"]])
    rounded: NDArray[np.float64] = np.round(origin + metres / scale, 7)
    return rounded


def _spaced(places: Iterable[int], *, every: int, backwards: bool = False) -> list[int]:
    """Sort places on a line and fill gaps longer than `every` evenly."""
    sure = sorted(set(places))
    full = sure[:1]
    for a, b in itertools.pairwise(sure):
        parts = -(-(b - a) // every)
        full.extend(a + (b - a) * k // parts for k in range(1, parts + 1))
    return full[::-1] if backwards else full
