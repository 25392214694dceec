"""What stands on the parcels of the synthetic town: schools, kindergartens, small parks, shops?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from town.drawing import Line, Rect, Site, Way, dm, outline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from town.drawing import Axis, Point, Sheet, Side, Tags

_OPPOSITE: dict[Side, Side] = {"N": "S", "S": "N", "E": "W", "W": "E"}


class Parcel(NamedTuple):
    """A piece of a strip: its ground, the side towards the street and the street's place."""

    rect: Rect
    side: Side
    street: int


def draw_parcels(sheet: Sheet, rng: np.random.Generator, parcels: list[Parcel]) -> list[Parcel]:
    """Give the parcels to schools, kindergartens and parks, far from one another; shops next."""
    counts = sheet.plan["counts"]
    kinds = [kind for kind, n in counts["town_schools"].items() for _ in range(n)]
    free = list(parcels)
    for k in rng.permutation(len(kinds)):
        _draw_school(sheet, rng, _farthest(sheet, rng, free), kind=kinds[int(k)])
    for _ in range(counts["street_kindergartens"]):
        parcel = _farthest(sheet, rng, free, kind="kindergarten")
        _draw_street_kindergarten(sheet, parcel)
    for _ in range(counts["pocket_parks"]):
        _draw_pocket_park(sheet, rng, _farthest(sheet, rng, free, kind="park"))
    for parcel in free:
        shop = parcel.rect.inset(dm(float(rng.uniform(12, 24))))
        draw_building(sheet, shop, {"building": "commercial"})
    return free


def site_name(sheet: Sheet, kind: str) -> str:
    """Return the next name of a kind, e.g. 示例小学-07; a tile continues the one before."""
    here = sum(site.kind == kind for site in sheet.sites)
    number = sheet.tile * kind_count(sheet.plan, kind) + here + 1
    return str(sheet.plan["kind"][kind]["name"]).format(number=f"{number:02d}")


def kind_count(plan: dict[str, Any], kind: str) -> int:
    """Return how many facilities of a kind one town has."""
    counts = plan["counts"]
    schools = ("town_schools", 1), ("seat_schools", 2), ("village_schools", 1)
    places = ("urban_places", 1), ("village_places", 1)
    total = sum(counts[key].get(kind, 0) * times for key, times in (*schools, *places))
    if kind == "children_home":
        areas = counts["communities"] + counts["villages"]
        without = counts["villages_without_anything"] + counts["communities_without_children_home"]
        return int(areas - without)
    endings = {"kindergarten": "_kindergartens", "park": "_parks"}
    if kind in endings:
        total += sum(value for key, value in counts.items() if key.endswith(endings[kind]))
    return int(total)


def cut(rect: Rect, side: Side, *, width: int, gap: int = 0) -> tuple[Rect, Rect]:
    """Cut a strip of a width from one side; return the strip and the rest behind a gap."""
    x0, y0, x1, y1 = rect
    if side == "W":
        return Rect(x0, y0, x0 + width, y1), Rect(x0 + width + gap, y0, x1, y1)
    if side == "E":
        return Rect(x1 - width, y0, x1, y1), Rect(x0, y0, x1 - width - gap, y1)
    if side == "S":
        return Rect(x0, y0, x1, y0 + width), Rect(x0, y0 + width + gap, x1, y1)
    return Rect(x0, y1 - width, x1, y1), Rect(x0, y0, x1, y1 - width - gap)


def draw_entrance(
    sheet: Sheet, gate: tuple[Axis, int, int], run: tuple[int, int], *, tags: Tags | None = None
) -> Point:
    """Draw a way through a wall (its axis, its place, the place along it); return the gate."""
    wall_axis, wall, place = gate
    across: Axis = "h" if wall_axis == "v" else "v"
    highway = tags or {"highway": "service", "service": "driveway"}
    sheet.lines.append(Line(across, place, min(run), max(run), highway))
    point = (wall, place) if wall_axis == "v" else (place, wall)
    sheet.nodes[point] = {"barrier": "gate"}
    return point


def draw_building(sheet: Sheet, rect: Rect, tags: Tags) -> None:
    """Draw a small area by its four corners."""
    x0, y0, x1, y1 = rect
    ring = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)], dtype=np.int64)
    sheet.ways.append(Way(ring, tags))


def draw_area(sheet: Sheet, rect: Rect, tags: Tags, *, stops: Sequence[Point] = ()) -> Way:
    """Draw an area with a vertex at each of the stops on its outline; return it."""
    way = Way(outline(rect, stops=stops, every=dm(sheet.plan["place"]["vertex_every_m"])), tags)
    sheet.ways.append(way)
    return way


def draw_park(sheet: Sheet, rect: Rect, gates: Sequence[Point]) -> None:
    """Draw a park that is entered at the gates."""
    name = site_name(sheet, "park")
    way = draw_area(sheet, rect, {"leisure": "park", "name": name}, stops=gates)
    sheet.sites.append(Site("park", name, rect.middle, way.points))


def draw_kindergarten(sheet: Sheet, rect: Rect) -> None:
    """Draw a kindergarten by its building."""
    name = site_name(sheet, "kindergarten")
    draw_building(
        sheet, rect, {"building": "kindergarten", "amenity": "kindergarten", "name": name}
    )
    sheet.sites.append(Site("kindergarten", name, rect.middle))


def _farthest(
    sheet: Sheet, rng: np.random.Generator, free: list[Parcel], *, kind: str | None = None
) -> Parcel:
    """Take the free parcel that lies farthest from its like, with some chance in it."""
    spots = np.array([parcel.rect.middle for parcel in free])
    like = [s.point for s in sheet.sites if kind in (None, s.kind)]
    if kind is None:
        like = [s.point for s in sheet.sites if s.kind.endswith("school")]
    if like:
        gaps = spots[:, None, :] - np.array(like)[None, :, :]
        nearest = np.hypot(gaps[..., 0], gaps[..., 1]).min(axis=1)
    else:
        nearest = np.ones(len(spots))
    best = int(np.argmax(nearest * rng.uniform(0.5, 1.0, len(spots))))
    return free.pop(best)


def _front(parcel: Parcel, share: float) -> tuple[Axis, int, int]:
    """Return the place on the street side of a parcel, at a share of its length."""
    axis, at, lo, hi = parcel.rect.side(parcel.side)
    return axis, at, lo + round((hi - lo) * share)


def _depth(parcel: Parcel, metres: float) -> int:
    """Return the place so many metres behind the street side of a parcel."""
    at = parcel.rect.side(parcel.side)[1]
    return at + dm(metres) * (1 if parcel.side in "WS" else -1)


def _draw_school(sheet: Sheet, rng: np.random.Generator, parcel: Parcel, *, kind: str) -> None:
    """Draw a walled school with one or two gates towards its street, a house and a yard."""
    two = rng.random() < sheet.plan["blocks"]["two_gates_share"]
    shares = (0.3, 0.7) if two else (0.4,)
    run = (parcel.street, _depth(parcel, 14))
    tags = {"highway": "footway"}
    gates = [draw_entrance(sheet, _front(parcel, s), run, tags=tags) for s in shares]
    name = site_name(sheet, kind)
    level = {"primary_school": "1", "junior_school": "2", "nine_year_school": "1;2"}[kind]
    grounds = {"amenity": "school", "name": name, "isced:level": level, "barrier": "wall"}
    way = draw_area(sheet, parcel.rect, grounds, stops=gates)
    yard, house = cut(parcel.rect.inset(dm(8)), _OPPOSITE[parcel.side], width=dm(26), gap=dm(10))
    draw_building(sheet, yard, {"building": "school"})
    draw_building(sheet, house.inset(dm(12)), {"leisure": "pitch"})
    sheet.sites.append(Site(kind, name, parcel.rect.middle, way.points, tuple(gates)))


def _draw_street_kindergarten(sheet: Sheet, parcel: Parcel) -> None:
    axis, _, place = _front(parcel, 0.5)
    across: Axis = "h" if axis == "v" else "v"
    run = (parcel.street, _depth(parcel, 16))
    sheet.lines.append(Line(across, place, min(run), max(run), {"highway": "footway"}))
    draw_kindergarten(sheet, parcel.rect.inset(dm(24)))


def _draw_pocket_park(sheet: Sheet, rng: np.random.Generator, parcel: Parcel) -> None:
    """Draw a small open park; its path begins on the street."""
    rect = parcel.rect
    plan = sheet.plan["blocks"]
    if rng.random() < plan["small_park_share"]:
        rect = cut(rect, parcel.side, width=dm(float(rng.uniform(*plan["small_park_m"]))))[0]
    small = parcel._replace(rect=rect)
    axis, at, place = _front(small, 0.5)
    across: Axis = "h" if axis == "v" else "v"
    run = (parcel.street, _depth(small, 24))
    sheet.lines.append(Line(across, place, min(run), max(run), {"highway": "footway"}))
    draw_park(sheet, rect, [(at, place) if axis == "v" else (place, at)])
