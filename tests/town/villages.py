"""Where are the villages around the synthetic town, and how do their roads lead there?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from town.drawing import Line, Way, dm
from town.streets import street_tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from town.drawing import Point, Sheet
    from town.streets import Grid


class Cell(NamedTuple):
    """A piece of ground between four lanes; `lane` is one that exists, `corners` go around."""

    corners: NDArray[np.int64]
    lane: tuple[int, int]


@dataclass(frozen=True)
class Village:
    """A village as planned: its middle, lattice of lane corners, lanes and ground for others."""

    middle: Point
    is_seat: bool
    shape: tuple[int, int]
    corners: NDArray[np.int64]
    lanes: tuple[tuple[int, int], ...]
    cells: tuple[Cell, ...]


def planned_villages(sheet: Sheet, rng: np.random.Generator, grid: Grid) -> list[Village]:
    """Return the villages of a town, the seats of the market towns first."""
    places = _places(sheet, rng, grid)
    seats = _seats(sheet, places)
    order = [*seats, *(k for k in range(len(places)) if k not in seats)]
    return [_planned(sheet, rng, places[k], is_seat=k in seats) for k in order]


def _places(sheet: Sheet, rng: np.random.Generator, grid: Grid) -> list[Point]:
    """Choose the middles of the villages: a loose grid, away from town, roads and water."""
    plan, counts = sheet.plan["villages"], sheet.plan["counts"]
    end = dm(sheet.plan["place"]["tile_m"]) // 2 - dm(plan["from_border_m"])
    steps = np.arange(-end, end + 1, dm(plan["pitch_m"]))
    x, y = (part.ravel() for part in np.meshgrid(steps, steps))
    spots = np.column_stack([x, y])
    reach = dm(plan["jitter_m"])
    lines = _barriers(sheet)
    best: NDArray[np.int64] = spots
    clear = np.full(len(spots), -1)
    for _ in range(6):
        moved = spots + rng.integers(-reach, reach + 1, spots.shape)
        room = np.array([_room(sheet, grid, spot, barriers=lines) for spot in _points(moved)])
        best = np.where((room > clear)[:, None], moved, best)
        clear = np.maximum(room, clear)
    good = np.flatnonzero(clear >= dm(plan["from_line_m"]))
    wanted = counts["villages"] + counts["communities"]
    wanted -= counts["urban_columns"] * counts["urban_rows"]
    picked = _spread(best[good], rng, wanted)
    return _points(best[good][picked])


def _points(array: NDArray[np.int64]) -> list[Point]:
    return [(int(x), int(y)) for x, y in array.tolist()]


def _room(sheet: Sheet, grid: Grid, spot: Point, *, barriers: Sequence[Line]) -> int:
    """Return the distance of a spot to the nearest barrier, or -1 in the town and at the rim."""
    x, y = spot
    plan, streets = sheet.plan["villages"], sheet.plan["streets"]
    away = dm(plan["from_town_m"])
    if (
        grid.columns[0].x - away < x < grid.columns[-1].x + away
        and grid.trunk_y - away < y < grid.rows[-1].y + away
    ):
        return -1
    end = dm(sheet.plan["place"]["tile_m"]) // 2 - dm(plan["from_border_m"])
    motorway = streets["motorway"]
    if max(abs(x), abs(y)) > end or (
        x > dm(motorway["x_m"][0] - 300) and y > dm(motorway["from_y_m"] - 300)
    ):
        return -1
    return min(_gap(line, spot) for line in barriers)


def _barriers(sheet: Sheet) -> list[Line]:
    """Return the long lines of the country: roads, railway and, as a straight line, the canal."""
    end = dm(sheet.plan["place"]["tile_m"]) // 2
    canal = dm(sheet.plan["streets"]["canal"]["x_m"])
    long = [line for line in sheet.lines if line.hi - line.lo > dm(1000)]
    return [*long, Line("v", canal, -end, end, {"waterway": "canal"})]


def _gap(line: Line, spot: Point) -> int:
    """Return the larger of the two axis distances between a spot and a line."""
    across, along = (spot[1], spot[0]) if line.axis == "h" else (spot[0], spot[1])
    return max(abs(across - line.at), line.lo - along, along - line.hi)


def _spread(spots: NDArray[np.int64], rng: np.random.Generator, wanted: int) -> list[int]:
    """Choose spots one after another, each far from those before, with some chance in it."""
    picked = [int(rng.integers(len(spots)))]
    nearest = np.full(len(spots), np.inf)
    while len(picked) < min(wanted, len(spots)):
        gap = (spots - spots[picked[-1]]).astype(float)
        nearest = np.minimum(nearest, np.hypot(gap[:, 0], gap[:, 1]))
        score = np.where(nearest > 0, nearest * rng.uniform(0.55, 1.0, len(spots)), -1)
        picked.append(int(np.argmax(score)))
    return picked


def _seats(sheet: Sheet, places: list[Point]) -> list[int]:
    """Return the places nearest to the corners where the seats of the towns lie."""
    spots = np.array(places)
    found: list[int] = []
    for corner in sheet.plan["villages"]["seat_corners_m"]:
        gap = (spots - np.array([dm(v) for v in corner])).astype(float)
        order = np.argsort(np.hypot(gap[:, 0], gap[:, 1]), kind="stable")
        found.append(next(int(k) for k in order if int(k) not in found))
    return found


def _planned(sheet: Sheet, rng: np.random.Generator, middle: Point, *, is_seat: bool) -> Village:
    """Plan the lanes of a village: a shaken lattice that has lost some of its lanes."""
    plan = sheet.plan["villages"]
    rows = int(rng.integers(plan["rows"][0], plan["rows"][1] + 1))
    columns = int(rng.integers(plan["columns"][0], plan["columns"][1] + 1))
    if is_seat:
        rows, columns = plan["seat_rows"], plan["seat_columns"]
    pitch = float(rng.uniform(*plan["lane_m"]))
    turn = np.radians(rng.uniform(-1, 1) * plan["turn_degrees"])
    j, i = np.mgrid[0:rows, 0:columns]
    flat = np.column_stack([i.ravel() - (columns - 1) / 2, j.ravel() - (rows - 1) / 2]) * pitch
    flat += rng.uniform(-1, 1, flat.shape) * plan["lane_jitter_m"]
    turned = flat @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    corners = np.round(turned * dm(1)).astype(np.int64) + np.array(middle)
    lanes = _lanes(rng, (rows, columns), extra=plan["extra_lanes_share"])
    return Village(
        middle, is_seat, (rows, columns), corners, lanes, _cells((rows, columns), corners, lanes)
    )


def _lanes(
    rng: np.random.Generator, shape: tuple[int, int], *, extra: float
) -> tuple[tuple[int, int], ...]:
    """Return the lanes kept: enough to reach every corner, and a share of the others."""
    rows, columns = shape
    number = np.arange(rows * columns).reshape(shape)
    pairs = np.concatenate(
        [
            np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()]),
            np.column_stack([number[:-1].ravel(), number[1:].ravel()]),
        ]
    )
    part = list(range(rows * columns))
    kept = []
    for k in rng.permutation(len(pairs)):
        a, b = (int(v) for v in pairs[k])
        drawn = rng.random()
        if part[a] != part[b] or drawn < extra:
            kept.append((a, b))
            old, new = part[b], part[a]
            part = [new if p == old else p for p in part]
    return tuple(sorted(kept))


def _cells(
    shape: tuple[int, int], corners: NDArray[np.int64], lanes: Sequence[tuple[int, int]]
) -> tuple[Cell, ...]:
    """Return the ground between lanes, each with one lane that leads past it."""
    rows, columns = shape
    kept = set(lanes)
    found = []
    for j in range(rows - 1):
        for i in range(columns - 1):
            a = j * columns + i
            around = (a, a + 1, a + 1 + columns, a + columns)
            sides = [(a, a + 1), (a, a + columns), (a + 1, a + 1 + columns)]
            sides.append((a + columns, a + columns + 1))
            lane = next((side for side in sides if side in kept), None)
            if lane is not None:
                found.append(Cell(corners[list(around)], lane))
    return tuple(found)


def draw_roads(
    sheet: Sheet, rng: np.random.Generator, villages: Sequence[Village]
) -> list[shapely.Geometry]:
    """Join every village to the nearest road, and some to a neighbour; return what was drawn."""
    hulls = [shapely.MultiPoint(v.corners).convex_hull.buffer(dm(18)) for v in villages]
    drawn: list[shapely.Geometry] = []
    cut_off = []
    for k, village in enumerate(villages):
        others = [*hulls[:k], *hulls[k + 1 :], *drawn]
        road = _way_out(sheet, rng, village, blocked=others)
        if road is None:
            cut_off.append(k)
        else:
            drawn.append(road)
    plan = sheet.plan["villages"]
    for k in range(len(villages)):
        gaps = _neighbours(villages, k)
        wished = rng.random() <= plan["link_share"]
        near = [n for n, gap in gaps.items() if gap <= dm(plan["link_m"])][:1]
        order = list(gaps) if k in cut_off else near if wished else []
        ends = [(villages[k], villages[n]) for n in order]
        between = [[h for m, h in enumerate(hulls) if m not in (k, n)] for n in order]
        link = _link(sheet, rng, zip(ends, between, strict=True), blocked=drawn)
        if link is not None:
            drawn.append(link)
    return drawn


def _neighbours(villages: Sequence[Village], k: int) -> dict[int, float]:
    """Return the other villages with their distance, the nearest first."""
    spots = np.array([v.middle for v in villages]) - np.array(villages[k].middle)
    gaps = np.hypot(spots[:, 0].astype(float), spots[:, 1].astype(float))
    return {int(n): float(gaps[n]) for n in np.argsort(gaps, kind="stable")[1:]}


def _link(
    sheet: Sheet,
    rng: np.random.Generator,
    wishes: Iterable[tuple[tuple[Village, Village], Sequence[shapely.Geometry]]],
    *,
    blocked: Sequence[shapely.Geometry],
) -> shapely.Geometry | None:
    """Draw the first road of the wishes (two villages, what lies between) that meets nothing."""
    fixed = [line_shape(line) for line in _barriers(sheet)]
    for (one, other), between in wishes:
        path = _winding(rng, *_facing(one, other))
        shape = shapely.LineString(path)
        if not shapely.intersects(shape, [*fixed, *between, *blocked]).any():
            sheet.ways.append(Way(path, street_tags(sheet, rng, "unclassified")))
            return shape
    return None


def line_shape(line: Line) -> shapely.Geometry:
    """Return a line as a shape; upright ones with a little width."""
    if line.axis == "h":
        return shapely.LineString([(line.lo, line.at), (line.hi, line.at)])
    return shapely.LineString([(line.at, line.lo), (line.at, line.hi)]).buffer(dm(2))


def _way_out(
    sheet: Sheet,
    rng: np.random.Generator,
    village: Village,
    *,
    blocked: Sequence[shapely.Geometry],
) -> shapely.Geometry | None:
    """Draw the road from a village to the nearest road that it can reach; None if walled in."""
    barriers = _barriers(sheet)
    walkable = [b for b in barriers if "highway" in b.tags and "motorway" not in b.tags["highway"]]
    options = []
    for line in walkable:
        start, target = _towards(village, line)
        gap = abs(start[0] - target[0]) + abs(start[1] - target[1])
        options.append((gap, start, target))
    for gap, start, target in sorted(options):
        if gap > dm(sheet.plan["villages"]["reach_m"]):
            break
        path = _winding(rng, start, target)
        shape = shapely.LineString(path)
        crossed = [b for b in barriers if _gap(b, target) != 0]
        shapes = [*(line_shape(b) for b in crossed), *blocked]
        if not shapely.intersects(shape, shapes).any():
            sheet.ways.append(Way(path, street_tags(sheet, rng, "unclassified")))
            sheet.stops.append(target)
            return shape
    return None


def _towards(village: Village, line: Line) -> tuple[Point, Point]:
    """Return the lane corner of a village nearest to a line, and the place on the line."""
    across, along = (1, 0) if line.axis == "h" else (0, 1)
    inside = np.clip(village.corners[:, along], line.lo, line.hi)
    gap = np.abs(village.corners[:, across] - line.at)
    gap += np.abs(village.corners[:, along] - inside)
    best = int(np.argmin(gap))
    x, y = village.corners[best].tolist()
    place = int(inside[best])
    return (x, y), (place, line.at) if line.axis == "h" else (line.at, place)


def _facing(one: Village, other: Village) -> tuple[Point, Point]:
    """Return the two lane corners of two villages that are nearest to each other."""
    gap = (one.corners[:, None, :] - other.corners[None, :, :]).astype(float)
    a, b = np.unravel_index(int(np.argmin(np.hypot(gap[..., 0], gap[..., 1]))), gap.shape[:2])
    (ax, ay), (bx, by) = one.corners[a].tolist(), other.corners[b].tolist()
    return (ax, ay), (bx, by)


def _winding(rng: np.random.Generator, start: Point, target: Point) -> NDArray[np.int64]:
    """Return a country road between two points: bends of a few metres, exact ends."""
    a, b = np.array(start, dtype=float), np.array(target, dtype=float)
    length = float(np.hypot(*(b - a)))
    count = max(1, int(length // dm(110)))
    share = np.linspace(0, 1, count + 1)[:, None]
    normal = np.array([a[1] - b[1], b[0] - a[0]]) / max(length, 1.0)
    sway = rng.uniform(-1, 1, (count + 1, 1)) * dm(9)
    sway[[0, -1]] = 0
    path: NDArray[np.int64] = np.round(a + (b - a) * share + normal * sway).astype(np.int64)
    return path
