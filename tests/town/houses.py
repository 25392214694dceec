"""What stands in the villages around the synthetic town: lanes, houses, schools, squares, ponds?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from town.drawing import Home, Site, Way, dm
from town.parcels import site_name
from town.streets import street_tags
from town.villages import draw_roads, line_shape, planned_villages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from town.drawing import Point, Sheet, Tags
    from town.streets import Grid
    from town.villages import Cell, Village


def draw_villages(sheet: Sheet, rng: np.random.Generator, grid: Grid) -> list[Village]:
    """Draw all villages with their lanes, houses, schools and roads; seats of towns first."""
    planned = planned_villages(sheet, rng, grid)
    roads = draw_roads(sheet, rng, planned)
    reserved, joints = _draw_sites(sheet, rng, planned)
    for village in planned:
        _draw_lanes(sheet, rng, village, joints=joints)
    _draw_houses(sheet, rng, planned, blocked=[*roads, *reserved])
    _draw_ponds(sheet, rng, planned)
    return planned


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
    houses = np.asarray(shapely.polygons(rings))
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
        + [line_shape(line) for line in sheet.lines]
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
