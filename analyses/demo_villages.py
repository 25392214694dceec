"""How do the villages around the synthetic town look: irregular lanes, houses, roads to the town?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from analyses.demo_blocks import site_name
from analyses.demo_drawing import Home, Line, Site, Way, dm
from analyses.demo_streets import street_tags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from analyses.demo_drawing import Point, Sheet, Tags
    from analyses.demo_streets import Grid


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


def draw_villages(sheet: Sheet, rng: np.random.Generator, grid: Grid) -> list[Village]:
    """Draw all villages with their lanes, houses, schools and roads; seats of towns first."""
    places = _places(sheet, rng, grid)
    seats = _seats(sheet, places)
    order = [*seats, *(k for k in range(len(places)) if k not in seats)]
    planned = [_planned(sheet, rng, places[k], is_seat=k in seats) for k in order]
    roads = _roads(sheet, rng, planned)
    reserved, joints = _draw_sites(sheet, rng, planned)
    for village in planned:
        _draw_lanes(sheet, rng, village, joints=joints)
    _draw_houses(sheet, rng, planned, blocked=[*roads, *reserved])
    _draw_ponds(sheet, rng, planned)
    return planned


def _places(sheet: Sheet, rng: np.random.Generator, grid: Grid) -> list[Point]:
    """Choose the middles of the villages: a loose grid, away from town, roads and water."""
    plan, counts = sheet.plan["villages"], sheet.plan["counts"]
    end = dm(sheet.plan["place"]["tile_m"]) // 2 - dm(plan["from_border_m"])
    steps = np.arange(-end, end + 1, dm(plan["pitch_m"]))
    x, y = (part.ravel() for part in np.meshgrid(steps, steps))
    spots = np.column_stack([x, y])
    reach = dm(plan["jitter_m"])
    best: NDArray[np.int64] = spots
    clear = np.full(len(spots), -1)
    for _ in range(6):
        moved = spots + rng.integers(-reach, reach + 1, spots.shape)
        room = np.array([_room(sheet, grid, (int(a), int(b))) for a, b in moved])
        best = np.where((room > clear)[:, None], moved, best)
        clear = np.maximum(room, clear)
    good = np.flatnonzero(clear >= dm(plan["from_line_m"]))
    wanted = counts["villages"] + counts["communities"]
    wanted -= counts["urban_columns"] * counts["urban_rows"]
    picked = _spread(best[good], rng, wanted)
    return [(int(a), int(b)) for a, b in best[good][picked]]


def _room(sheet: Sheet, grid: Grid, spot: Point) -> int:
    """Return the distance of a spot to the nearest line, or -1 in the town and at the rim."""
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
    return min(_gap(line, spot) for line in _barriers(sheet))


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


def _planned(
    sheet: Sheet, rng: np.random.Generator, middle: Point, *, is_seat: bool
) -> Village:
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
            sides = ((a, a + 1), (a, a + columns), (a + 1, a + 1 + columns))
            sides += ((a + columns, a + columns + 1),)
            lane = next((side for side in sides if side in kept), None)
            if lane is not None:
                found.append(Cell(corners[list(around)], lane))
    return tuple(found)


def _roads(
    sheet: Sheet, rng: np.random.Generator, villages: Sequence[Village]
) -> list[shapely.Geometry]:
    """Join every village to the nearest road, and some to a neighbour; return what was drawn."""
    plan = sheet.plan["villages"]
    hulls = [shapely.MultiPoint(v.corners).convex_hull.buffer(dm(18)) for v in villages]
    fixed = [_line_shape(line) for line in _barriers(sheet)]
    drawn: list[shapely.Geometry] = []
    for k, village in enumerate(villages):
        others = [*hulls[:k], *hulls[k + 1 :], *drawn]
        road = _way_out(sheet, rng, village, blocked=others)
        if road is not None:
            drawn.append(road)
    for k, village in enumerate(villages):
        spots = np.array([v.middle for v in villages]) - np.array(village.middle)
        gaps = np.hypot(*spots.astype(float).T)
        near = int(np.argsort(gaps, kind="stable")[1])
        if gaps[near] > dm(plan["link_m"]) or rng.random() > plan["link_share"]:
            continue
        others = [h for n, h in enumerate(hulls) if n not in (k, near)]
        ends = _facing(village, villages[near])
        path = _winding(rng, *ends)
        shape = shapely.LineString(path)
        if not shapely.intersects(shape, [*fixed, *others, *drawn]).any():
            sheet.ways.append(Way(path, street_tags(sheet, rng, "unclassified")))
            drawn.append(shape)
    return drawn


def _line_shape(line: Line) -> shapely.Geometry:
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
        side = _corner_towards(village, line)
        along = side[0] if line.axis == "h" else side[1]
        if line.lo <= along <= line.hi:
            target = (along, line.at) if line.axis == "h" else (line.at, along)
            options.append((abs(side[0] - target[0]) + abs(side[1] - target[1]), side, target))
    for gap, start, target in sorted(options):
        if gap > dm(sheet.plan["villages"]["reach_m"]):
            break
        path = _winding(rng, start, target)
        shape = shapely.LineString(path)
        crossed = [b for b in barriers if _gap(b, target) != 0]
        shapes = [*(_line_shape(b) for b in crossed), *blocked]
        if not shapely.intersects(shape, shapes).any():
            sheet.ways.append(Way(path, street_tags(sheet, rng, "unclassified")))
            sheet.stops.append(target)
            return shape
    return None


def _corner_towards(village: Village, line: Line) -> Point:
    """Return the lane corner of a village that lies nearest to a line."""
    across = village.corners[:, 1 if line.axis == "h" else 0]
    x, y = village.corners[int(np.argmin(np.abs(across - line.at)))]
    return int(x), int(y)


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
    return np.round(a + (b - a) * share + normal * sway).astype(np.int64)


def _draw_sites(
    sheet: Sheet, rng: np.random.Generator, villages: Sequence[Village]
) -> tuple[list[shapely.Geometry], dict[tuple[Point, Point], Point]]:
    """Draw the schools, kindergartens and squares of the villages.

    Returns
    -------
    tuple
        The ground taken, and for the lanes that lead there the point where one turns in.
    """
    joints: dict[tuple[Point, Point], Point] = {}
    taken: list[shapely.Geometry] = []
    free = {k: [village.cells[int(c)] for c in rng.permutation(len(village.cells))]
            for k, village in enumerate(villages)}  # fmt: skip
    for kind, k in _wishes(sheet, villages):
        cell = next(c for c in free[k] if _key(villages[k], c.lane) not in joints)
        free[k] = [c for c in free[k] if c is not cell]
        joints[_key(villages[k], cell.lane)] = _lane_middle(villages[k], cell.lane)
        taken.append(_draw_site(sheet, villages[k], cell, kind=kind))
    return taken, joints


def _wishes(sheet: Sheet, villages: Sequence[Village]) -> list[tuple[str, int]]:
    """Return which village gets what; the last ones get nothing at all."""
    counts = sheet.plan["counts"]
    seats = [k for k, village in enumerate(villages) if village.is_seat]
    served = range(len(seats), len(villages) - counts["villages_without_anything"])
    wishes = [(kind, k) for k in seats for kind in counts["seat_schools"]]
    wishes += [("kindergarten", k) for k in seats for _ in range(2)]
    wishes += [
        (kind, served[n]) for kind, count in counts["village_schools"].items() for n in range(count)
    ]
    rest = counts["village_kindergartens"] - 2 * len(seats)
    wishes += [("kindergarten", served[n]) for n in range(rest)]
    squares = [*seats, *served[::2], *served[1::2]]
    return [*wishes, *(("park", k) for k in squares[: counts["village_parks"]])]


def _key(village: Village, lane: tuple[int, int]) -> tuple[Point, Point]:
    (ax, ay), (bx, by) = village.corners[list(lane)].tolist()
    return (ax, ay), (bx, by)


def _lane_middle(village: Village, lane: tuple[int, int]) -> Point:
    x, y = village.corners[list(lane)].sum(axis=0) // 2
    return int(x), int(y)


def _draw_site(sheet: Sheet, village: Village, cell: Cell, *, kind: str) -> shapely.Geometry:
    """Draw one facility on a cell: its ground, its gate, the path from the lane."""
    share = sheet.plan["villages"]["parcel_share"]
    middle = cell.corners.mean(axis=0)
    ring = np.round(middle + (cell.corners - middle) * share).astype(np.int64)
    lane = _lane_middle(village, cell.lane)
    sides = [(n, (n + 1) % 4) for n in range(4)]
    ends = [(ring[a] + ring[b]) // 2 for a, b in sides]
    near = int(np.argmin([np.hypot(*(end - np.array(lane)).astype(float)) for end in ends]))
    gate = (int(ends[near][0]), int(ends[near][1]))
    inner = np.round(np.array(gate) * 0.6 + middle * 0.4).astype(np.int64)
    way = np.array([lane, gate, inner], dtype=np.int64)
    sheet.ways.append(Way(way, {"highway": "footway"}))
    closed = np.concatenate([ring[: near + 1], [gate], ring[near + 1 :], ring[:1]])
    name, point = site_name(sheet, kind), (round(middle[0]), round(middle[1]))
    tags, gates = _site_tags(kind, name)
    if gates:
        sheet.nodes[gate] = {"barrier": "gate"}
    sheet.ways.append(Way(closed, tags))
    area = closed if kind != "kindergarten" else None
    sheet.sites.append(Site(kind, name, point, area, (gate,) if gates else (), rural=True))
    return shapely.Polygon(closed)


def _site_tags(kind: str, name: str) -> tuple[Tags, bool]:
    """Return the tags of a facility's ground, and whether it has a wall and a gate."""
    if kind == "park":
        return {"leisure": "park", "name": name}, False
    if kind == "kindergarten":
        return {"amenity": "kindergarten", "barrier": "fence", "name": name}, True
    level = {"primary_school": "1", "junior_school": "2"}[kind]
    return {"amenity": "school", "isced:level": level, "barrier": "wall", "name": name}, True


def _draw_lanes(
    sheet: Sheet,
    rng: np.random.Generator,
    village: Village,
    *,
    joints: dict[tuple[Point, Point], Point],
) -> None:
    kinds = sheet.plan["villages"]["lane_highways"]
    for lane in village.lanes:
        start, end = _key(village, lane)
        joint = joints.get((start, end))
        points = [start, *([joint] if joint else []), end]
        highway = "residential" if village.is_seat else kinds[int(rng.integers(len(kinds)))]
        tags = street_tags(sheet, rng, highway)
        sheet.ways.append(Way(np.array(points, dtype=np.int64), tags))
    hull = shapely.get_coordinates(shapely.MultiPoint(village.corners).convex_hull)
    middle = village.corners.mean(axis=0)
    ring = np.round(middle + (hull - middle) * 1.15).astype(np.int64)
    sheet.ways.append(Way(ring, {"landuse": "residential"}))


def _draw_houses(
    sheet: Sheet,
    rng: np.random.Generator,
    villages: Sequence[Village],
    *,
    blocked: Sequence[shapely.Geometry],
) -> None:
    """Draw houses along the lanes, without those that would stand on a lane or another house."""
    plan = sheet.plan["villages"]
    lanes = np.concatenate([v.corners[np.array(v.lanes)] for v in villages])
    middles, angles = _house_places(plan, lanes)
    count = len(middles)
    low, high = plan["house_m"]
    size = rng.uniform(low, high, (count, 2)) * dm(1)
    levels = rng.choice(plan["levels"], count)
    known = rng.random(count) < plan["levels_known_share"]
    rings = _turned(middles, size, angles)
    houses = shapely.polygons(rings)
    clear = _clear(houses, [shapely.buffer(shapely.linestrings(lanes), dm(3)), blocked])
    for k in np.flatnonzero(clear):
        more = {"building:levels": str(levels[k])} if known[k] else {}
        sheet.ways.append(Way(rings[k], {"building": "house", **more}))
        floor = float(shapely.area(houses[k])) / dm(1) ** 2 * int(levels[k])
        x, y = np.round(middles[k]).astype(int).tolist()
        sheet.homes.append(Home(x, y, floor, "village"))


def _house_places(
    plan: dict[str, Any], lanes: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return middles and directions of houses on both sides of lanes (n, 2 ends, 2)."""
    every, offset = dm(plan["house_every_m"]), dm(plan["house_offset_m"])
    along = (lanes[:, 1] - lanes[:, 0]).astype(float)
    length = np.hypot(along[:, 0], along[:, 1])
    unit = along / length[:, None]
    counts = np.maximum((length // every).astype(int) - 1, 0)
    owner = np.repeat(np.arange(len(lanes)), counts)
    nth = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    reach = (nth + 1)[:, None] * every * unit[owner]
    normal = np.column_stack([-unit[:, 1], unit[:, 0]])[owner] * offset
    base = lanes[owner, 0] + reach
    angle = np.arctan2(unit[:, 1], unit[:, 0])[owner]
    return np.concatenate([base + normal, base - normal]), np.concatenate([angle, angle])


def _turned(
    middles: NDArray[np.float64], size: NDArray[np.float64], angles: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return closed rings (n, 5, 2) of rectangles of a size, turned by an angle."""
    unit = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5), (-0.5, -0.5)])
    flat = unit[None, :, :] * size[:, None, :]
    cos, sin = np.cos(angles)[:, None], np.sin(angles)[:, None]
    x = flat[..., 0] * cos - flat[..., 1] * sin
    y = flat[..., 0] * sin + flat[..., 1] * cos
    return np.round(np.stack([x, y], axis=-1) + middles[:, None, :]).astype(np.int64)


def _clear(houses: NDArray[Any], others: Sequence[Any]) -> NDArray[np.bool_]:
    """Return which houses touch none of the others and no house before them."""
    clear = np.ones(len(houses), dtype=bool)
    tree = shapely.STRtree(houses)
    for shapes in others:
        if len(shapes):
            hit = tree.query(np.asarray(shapes, dtype=object), predicate="intersects")[1]
            clear[hit] = False
    first, second = tree.query(houses, predicate="intersects")
    later = clear[first] & clear[second] & (first < second)
    clear[second[later]] = False
    return clear


def _draw_ponds(sheet: Sheet, rng: np.random.Generator, villages: Sequence[Village]) -> None:
    """Draw fish ponds beside some villages, where nothing else is."""
    drawn = shapely.STRtree(
        [shapely.LineString(way.points) for way in sheet.ways]
        + [_line_shape(line) for line in sheet.lines]
    )
    for village in villages:
        turn, radius = rng.uniform(0, 2 * np.pi), float(rng.uniform(25, 55))
        away, wanted = float(rng.uniform(230, 300)), rng.random()
        angles = np.arange(9) % 8 * np.pi / 4
        reach = dm(radius) * (1 + 0.25 * np.sin(3 * angles + turn))
        middle = np.array(village.middle) + dm(away) * np.array([np.cos(turn), np.sin(turn)])
        edge = np.column_stack([np.cos(angles), np.sin(angles)]) * reach[:, None]
        ring = np.round(middle + edge).astype(np.int64)
        near = shapely.Polygon(ring).buffer(dm(15))
        if wanted < sheet.plan["villages"]["pond_share"] and not len(drawn.query(near)):
            sheet.ways.append(Way(ring, {"natural": "water", "water": "pond"}))


