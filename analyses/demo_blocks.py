"""What stands on the blocks of the synthetic town: walled compounds, old streets, schools, parks?

A compound can be entered at its gates only; that is what makes a school behind the wall far on
foot.  A strip along one side of a block holds what serves the public.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from analyses.demo_drawing import Home, Line, Rect, Site, Way, dm, outline
from analyses.demo_streets import blocks, canal_x

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyses.demo_drawing import Axis, Point, Sheet, Side, Tags
    from analyses.demo_streets import Block, Grid

_OPPOSITE: dict[Side, Side] = {"N": "S", "S": "N", "E": "W", "W": "E"}
_WALL = {"barrier": "wall"}
_FENCE = {"barrier": "fence"}


class Parcel(NamedTuple):
    """A piece of a strip: its ground, the side towards the street and the street's place."""

    rect: Rect
    side: Side
    street: int


class Ground(NamedTuple):
    """The part of a block behind its strip, and the sides along which it meets a street."""

    rect: Rect
    sides: tuple[Side, ...]
    block: Block
    use: str


def draw_blocks(sheet: Sheet, rng: np.random.Generator, grid: Grid) -> list[Parcel]:
    """Draw all blocks; return the parcels that are still free for shops and offices."""
    town = blocks(grid)
    parks = [tuple(place) for place in sheet.plan["blocks"]["big_parks"]]
    grounds: list[Ground] = []
    parcels: list[Parcel] = []
    for block in town:
        use = _use(sheet, rng, block, rows=max(b.row for b in town))
        use = "park" if (block.column, block.row) in parks else use
        ground, strip = _divided(sheet, rng, block, use=use)
        grounds.append(ground)
        parcels += strip
    _draw_compounds(sheet, rng, [g for g in grounds if g.use == "compound"])
    for ground in grounds:
        if ground.use == "old":
            _draw_old(sheet, rng, ground)
        elif ground.use == "industrial":
            _draw_works(sheet, rng, ground)
        elif ground.use == "park":
            _draw_big_park(sheet, rng, ground)
        elif ground.use == "vacant":
            _outline(sheet, ground.rect, {"landuse": "grass"})
    _draw_canal_parks(sheet, grid)
    return _draw_parcels(sheet, rng, parcels)


def _use(sheet: Sheet, rng: np.random.Generator, block: Block, *, rows: int) -> str:
    """Decide what stands on a block, by where it lies."""
    plan = sheet.plan["blocks"]
    x, y = block.rect.middle
    (west, east), (south, north) = (plan["centre"][key] for key in ("x_m", "y_m"))
    if dm(west) <= x <= dm(east) and dm(south) <= y <= dm(north):
        shares = plan["uses_centre"]
    elif block.row in (0, rows - 2, rows - 1):
        shares = plan["uses_edge"]
    else:
        shares = plan["uses_other"]
    drawn = np.searchsorted(np.cumsum(list(shares.values())), rng.random(), side="right")
    return str(list(shares)[int(drawn)])


def _divided(
    sheet: Sheet, rng: np.random.Generator, block: Block, *, use: str
) -> tuple[Ground, list[Parcel]]:
    """Set a block off its streets and cut a strip of parcels from one side."""
    plan = sheet.plan["blocks"]
    rect = _inside(sheet, block)
    order: list[Side] = list(block.streets)
    rng.shuffle(order)  # type: ignore[arg-type]
    width = dm(float(rng.uniform(*plan["strip_m"])))
    wanted = rng.random() < plan["strip_share"] or use == "park"
    sides = [s for s in order if not (s == "S" and block.row == 0)]
    fits = min(rect.x1 - rect.x0, rect.y1 - rect.y0) > 2 * width
    if not (wanted and fits and len(sides) > 1) or use in ("industrial", "vacant"):
        return Ground(rect, block.streets, block, use), []
    side, gap = sides[0], dm(plan["gap_m"])
    strip, rest = _cut(rect, side, width, gap=gap)
    left = tuple(s for s in block.streets if s != side)
    return Ground(rest, left, block, use), _parcels(sheet, strip, side, block)


def _inside(sheet: Sheet, block: Block) -> Rect:
    """Return a block without the streets around it."""
    plan = sheet.plan["blocks"]

    def inset(side: Side) -> int:
        if side not in block.streets:
            return dm(plan["inset_rail_m" if side in "NS" else "inset_none_m"])
        return dm(plan["inset_trunk_m" if side == "S" and block.row == 0 else "inset_m"])

    x0, y0, x1, y1 = block.rect
    return Rect(x0 + inset("W"), y0 + inset("S"), x1 - inset("E"), y1 - inset("N"))


def _cut(rect: Rect, side: Side, width: int, *, gap: int) -> tuple[Rect, Rect]:
    """Cut a strip of a width from one side; return the strip and the rest behind a gap."""
    x0, y0, x1, y1 = rect
    if side == "W":
        return Rect(x0, y0, x0 + width, y1), Rect(x0 + width + gap, y0, x1, y1)
    if side == "E":
        return Rect(x1 - width, y0, x1, y1), Rect(x0, y0, x1 - width - gap, y1)
    if side == "S":
        return Rect(x0, y0, x1, y0 + width), Rect(x0, y0 + width + gap, x1, y1)
    return Rect(x0, y1 - width, x1, y1), Rect(x0, y0, x1, y1 - width - gap)


def _parcels(sheet: Sheet, strip: Rect, side: Side, block: Block) -> list[Parcel]:
    """Cut a strip into parcels that all face the street."""
    plan = sheet.plan["blocks"]
    upright = side in "WE"
    lo, hi = (strip.y0, strip.y1) if upright else (strip.x0, strip.x1)
    count, gap = max(1, (hi - lo) // dm(plan["parcel_m"])), dm(plan["gap_m"])
    street = block.rect.side(side)[1]
    found = []
    for k in range(count):
        a, b = lo + (hi - lo) * k // count, lo + (hi - lo) * (k + 1) // count - gap
        rect = strip._replace(y0=a, y1=b) if upright else strip._replace(x0=a, x1=b)
        found.append(Parcel(rect, side, street))
    return found


def _draw_compounds(sheet: Sheet, rng: np.random.Generator, grounds: list[Ground]) -> None:
    """Draw the walled compounds; some have a kindergarten inside."""
    wanted = sheet.plan["counts"]["compound_kindergartens"]
    with_kindergarten = set(rng.permutation(len(grounds))[:wanted].tolist())
    for number, ground in enumerate(grounds):
        _draw_compound(sheet, rng, ground, kindergarten=number in with_kindergarten)
        label = f"{sheet.tile + 1:02d}{number + 1:02d}"
        name = sheet.plan["words"]["compound"].format(number=label)
        _outline(sheet, ground.rect, {"landuse": "residential", "name": name})


def _draw_compound(
    sheet: Sheet, rng: np.random.Generator, ground: Ground, *, kindergarten: bool
) -> None:
    plan = sheet.plan["blocks"]
    weights = np.cumsum([style["weight"] for style in plan["style"]])
    style = plan["style"][int(np.searchsorted(weights, rng.random() * weights[-1], side="right"))]
    ring = ground.rect.inset(dm(plan["ring_m"]))
    pitch = dm(style["pitch_m"])
    rows = list(range(ring.y0 + pitch, ring.y1 - pitch // 2, pitch))
    _draw_walls(sheet, ground.rect, _WALL)
    _draw_ring(sheet, ring, {"highway": "living_street"})
    for y in rows:
        sheet.lines.append(Line("h", y, ring.x0, ring.x1, {"highway": "footway"}))
    count = int(rng.choice(plan["gates"]))
    _draw_gates(sheet, rng, ground, ring=ring, rows=rows, count=count)
    levels = str(rng.choice(style["levels"]))
    known = bool(rng.random() < plan["levels_known_share"])
    spots = _slabs(rng, ring, [ring.y0, *rows], style=style)
    if kindergarten:
        middle = spots.pop(len(spots) // 2)
        _draw_kindergarten(sheet, middle)
    for rect in spots:
        if rng.random() < plan["building_share"]:
            tags = {"building": "apartments"}
            _draw_home(sheet, rect, tags, levels=levels, known=known, kind="compound")


def _slabs(
    rng: np.random.Generator, ring: Rect, rows: list[int], *, style: dict[str, Any]
) -> list[Rect]:
    """Return the footprints between the paths of a compound, row after row."""
    length = dm(float(rng.uniform(*style["length_m"])))
    depth, gap, margin = dm(style["depth_m"]), dm(style["gap_m"]), dm(8)
    count = (ring.x1 - ring.x0 - 2 * margin + gap) // (length + gap)
    first = (ring.x0 + ring.x1 - count * length - (count - 1) * gap) // 2
    found = []
    for row, following in zip(rows, [*rows[1:], ring.y1], strict=True):
        south = (row + following - depth) // 2
        for k in range(count):
            west = first + k * (length + gap)
            found.append(Rect(west, south, west + length, south + depth))
    return found


def _draw_gates(
    sheet: Sheet,
    rng: np.random.Generator,
    ground: Ground,
    *,
    ring: Rect,
    rows: list[int],
    count: int,
    tags: Tags | None = None,
) -> list[Point]:
    """Draw gates in the wall, each with a way from the street to the inner ring."""
    sides = [s for s in ground.sides if not (s == "S" and ground.block.row == 0)]
    sides = sides or list(ground.sides)
    picked = [sides[int(k)] for k in rng.permutation(len(sides))[:count]]
    gates = []
    for side in picked:
        axis, wall, lo, hi = ground.rect.side(side)
        margin = dm(sheet.plan["blocks"]["gate_from_corner_m"])
        if axis == "v" and rows:
            place = rows[int(rng.integers(len(rows)))]
        else:
            place = int(rng.integers(lo + margin, hi - margin))
        street, inner = ground.block.rect.side(side)[1], ring.side(side)[1]
        gates.append(_draw_entrance(sheet, (axis, wall, place), (street, inner), tags=tags))
    return gates


def _draw_entrance(
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


def _draw_walls(sheet: Sheet, rect: Rect, tags: Tags) -> None:
    for side in ("S", "E", "N", "W"):
        axis, at, lo, hi = rect.side(side)  # type: ignore[arg-type]
        sheet.lines.append(Line(axis, at, lo, hi, tags))


_draw_ring = _draw_walls


def _draw_home(
    sheet: Sheet, rect: Rect, tags: Tags, *, levels: str, known: bool, kind: str
) -> None:
    """Draw a residential building; its storeys are tagged only where somebody counted them."""
    more = {"building:levels": levels} if known else {}
    _building(sheet, rect, {**tags, **more})
    square_m = (rect.x1 - rect.x0) * (rect.y1 - rect.y0) / dm(1) ** 2
    sheet.homes.append(Home(*rect.middle, square_m * int(levels), kind))


def _building(sheet: Sheet, rect: Rect, tags: Tags) -> None:
    x0, y0, x1, y1 = rect
    ring = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)], dtype=np.int64)
    sheet.ways.append(Way(ring, tags))


def _outline(sheet: Sheet, rect: Rect, tags: Tags, stops: Sequence[Point] = ()) -> Way:
    way = Way(outline(rect, stops=stops, every=dm(sheet.plan["place"]["vertex_every_m"])), tags)
    sheet.ways.append(way)
    return way


def _draw_kindergarten(sheet: Sheet, rect: Rect) -> None:
    name = site_name(sheet, "kindergarten")
    _building(sheet, rect, {"building": "kindergarten", "amenity": "kindergarten", "name": name})
    sheet.sites.append(Site("kindergarten", name, rect.middle))


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


def _draw_old(sheet: Sheet, rng: np.random.Generator, ground: Ground) -> None:
    """Draw open streets with small houses: lanes that run through to the streets around."""
    plan = sheet.plan["blocks"]["old"]
    rect, reach = ground.rect, dm(plan["jitter_m"])

    def lanes(lo: int, hi: int) -> list[int]:
        count = max(2, round((hi - lo) / dm(plan["lane_m"])))
        return [
            lo + (hi - lo) * k // count + int(rng.integers(-reach, reach + 1))
            for k in range(1, count)
        ]

    xs, ys = lanes(rect.x0, rect.x1), lanes(rect.y0, rect.y1)
    ends = {}
    for side, inner in (("W", xs[0]), ("E", xs[-1]), ("S", ys[0]), ("N", ys[-1])):
        open_side = side in ground.sides
        ends[side] = ground.block.rect.side(side)[1] if open_side else inner  # type: ignore[arg-type]
    tags = {"highway": "residential"}
    for k, y in enumerate(ys):
        more = {"highway": "living_street"} if k % 2 else tags
        sheet.lines.append(Line("h", y, ends["W"], ends["E"], more))
    sheet.lines += [Line("v", x, ends["S"], ends["N"], tags) for x in xs]
    _outline(sheet, rect, {"landuse": "residential"})
    for west, east in zip([rect.x0, *xs], [*xs, rect.x1], strict=True):
        for south, north in zip([rect.y0, *ys], [*ys, rect.y1], strict=True):
            _draw_small_houses(sheet, rng, Rect(west, south, east, north).inset(dm(5)))


def _draw_small_houses(sheet: Sheet, rng: np.random.Generator, rect: Rect) -> None:
    plan = sheet.plan["blocks"]["old"]
    length, depth = dm(plan["length_m"]), dm(plan["depth_m"])
    for y in range(rect.y0, rect.y1 - depth + 1, dm(plan["pitch_y_m"])):
        for x in range(rect.x0, rect.x1 - length + 1, dm(plan["pitch_x_m"])):
            drawn, known = rng.random(), bool(rng.random() < plan["levels_known_share"])
            levels = str(rng.choice(plan["levels"]))
            if drawn < plan["building_share"]:
                house = Rect(x, y, x + length, y + depth)
                tags = {"building": "residential"}
                _draw_home(sheet, house, tags, levels=levels, known=known, kind="old")


def _draw_works(sheet: Sheet, rng: np.random.Generator, ground: Ground) -> None:
    """Draw a walled works with private ways: nobody walks through."""
    ring = ground.rect.inset(dm(sheet.plan["blocks"]["ring_m"]))
    private = {"highway": "service", "access": "private"}
    _draw_walls(sheet, ground.rect, _WALL)
    _draw_ring(sheet, ring, private)
    _draw_gates(sheet, rng, ground, ring=ring, rows=[], count=1, tags=private)
    _outline(sheet, ground.rect, {"landuse": "industrial"})
    yard = ring.inset(dm(15))
    half = (yard.y0 + yard.y1) // 2
    for south, north in ((yard.y0, half - dm(10)), (half + dm(10), yard.y1)):
        hall = Rect(yard.x0, south, yard.x1, north)
        _building(sheet, hall, {"building": "industrial"})


def _draw_big_park(sheet: Sheet, rng: np.random.Generator, ground: Ground) -> None:
    """Draw a fenced park of several hectares with a gate on each side that has a street."""
    rect = ground.rect.inset(dm(10))
    ring = rect.inset(dm(25))
    path = {"highway": "footway"}
    _draw_walls(sheet, rect, _FENCE)
    _draw_ring(sheet, ring, path)
    x, y = ring.middle
    sheet.lines.append(Line("h", y, ring.x0, ring.x1, path))
    sheet.lines.append(Line("v", x, ring.y0, ring.y1, path))
    fenced = ground._replace(rect=rect)
    count = len(ground.sides)
    gates = _draw_gates(sheet, rng, fenced, ring=ring, rows=[y], count=count, tags=path)
    _park(sheet, rect, gates)


def _park(sheet: Sheet, rect: Rect, gates: Sequence[Point]) -> None:
    name = site_name(sheet, "park")
    way = _outline(sheet, rect, {"leisure": "park", "name": name}, stops=gates)
    sheet.sites.append(Site("park", name, rect.middle, way.points))


def _draw_canal_parks(sheet: Sheet, grid: Grid) -> None:
    """Draw the green along the west bank: each piece is reached from the bank street."""
    streets = sheet.plan["streets"]
    bank = max(c.x for c in grid.columns if c.x < grid.canal_x)
    edges = [row.y for row in grid.rows if row.y < grid.rail_y]
    chosen = list(zip(edges[:-1], edges[1:], strict=True))[1::2]
    for south, north in chosen[: sheet.plan["counts"]["canal_parks"]]:
        near = min(canal_x(streets, y) for y in range(south, north + 1, dm(10)))
        east = near - dm(streets["canal"]["half_width_m"] + 4)
        rect = Rect(bank + dm(6), south + dm(20), east, north - dm(20))
        x, y = rect.middle
        sheet.lines.append(Line("v", x, rect.y0 + dm(5), rect.y1 - dm(5), {"highway": "footway"}))
        sheet.lines.append(Line("h", y, bank, x, {"highway": "footway"}))
        _park(sheet, rect, [(rect.x0, y)])


def _draw_parcels(
    sheet: Sheet, rng: np.random.Generator, parcels: list[Parcel]
) -> list[Parcel]:
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
        _building(sheet, shop, {"building": "commercial"})
    return free


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


def _draw_school(
    sheet: Sheet, rng: np.random.Generator, parcel: Parcel, *, kind: str
) -> None:
    """Draw a walled school with one or two gates towards its street, a house and a yard."""
    shares = (0.3, 0.7) if rng.random() < 0.4 else (0.4,)
    run = (parcel.street, _depth(parcel, 14))
    tags = {"highway": "footway"}
    gates = [_draw_entrance(sheet, _front(parcel, s), run, tags=tags) for s in shares]
    name = site_name(sheet, kind)
    level = {"primary_school": "1", "junior_school": "2", "nine_year_school": "1;2"}[kind]
    grounds = {"amenity": "school", "name": name, "isced:level": level, **_WALL}
    way = _outline(sheet, parcel.rect, grounds, stops=gates)
    yard, house = _cut(parcel.rect.inset(dm(8)), _OPPOSITE[parcel.side], dm(26), gap=dm(10))
    _building(sheet, yard, {"building": "school"})
    _building(sheet, house.inset(dm(12)), {"leisure": "pitch"})
    sheet.sites.append(Site(kind, name, parcel.rect.middle, way.points, tuple(gates)))


def _draw_street_kindergarten(sheet: Sheet, parcel: Parcel) -> None:
    axis, at, place = _front(parcel, 0.5)
    across: Axis = "h" if axis == "v" else "v"
    run = (parcel.street, _depth(parcel, 16))
    sheet.lines.append(Line(across, place, min(run), max(run), {"highway": "footway"}))
    _draw_kindergarten(sheet, parcel.rect.inset(dm(24)))


def _draw_pocket_park(sheet: Sheet, rng: np.random.Generator, parcel: Parcel) -> None:
    """Draw a small open park; its path begins on the street."""
    rect = parcel.rect
    if rng.random() < 0.6:
        rect = _cut(rect, parcel.side, dm(float(rng.uniform(34, 60))), gap=0)[0]
    small = parcel._replace(rect=rect)
    axis, at, place = _front(small, 0.5)
    across: Axis = "h" if axis == "v" else "v"
    run = (parcel.street, _depth(small, 24))
    sheet.lines.append(Line(across, place, min(run), max(run), {"highway": "footway"}))
    _park(sheet, rect, [(at, place) if axis == "v" else (place, at)])
