"""What stands on the blocks of the synthetic town: walled compounds, old streets, schools, parks?

A compound can be entered at its gates only; that is what makes a school behind the wall far on
foot.  A strip along one side of a block holds what serves the public.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from town.drawing import SIDES, Home, Line, Rect, dm
from town.parcels import (
    Parcel,
    cut,
    draw_area,
    draw_building,
    draw_entrance,
    draw_kindergarten,
    draw_parcels,
    draw_park,
)
from town.streets import blocks, canal_x

if TYPE_CHECKING:
    from town.drawing import Point, Sheet, Side, Tags
    from town.streets import Block, Grid

_WALL = {"barrier": "wall"}
_FENCE = {"barrier": "fence"}
_HOMES = ("compound", "old")


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
    lived_in: set[tuple[int, int]] = set()
    for block in town:
        use = _use(sheet, rng, block, rows=max(b.row for b in town))
        if (block.column, block.row) in parks:
            use = "park"
        elif block.column % 2 and (block.column - 1, block.row) not in lived_in:
            use = use if use in _HOMES else "compound"  # a community is two blocks wide
        if use in _HOMES:
            lived_in.add((block.column, block.row))
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
            draw_area(sheet, ground.rect, {"landuse": "grass"})
    _draw_canal_parks(sheet, grid)
    return draw_parcels(sheet, rng, parcels)


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
    order: list[Side] = [block.streets[int(k)] for k in rng.permutation(len(block.streets))]
    width = dm(float(rng.uniform(*plan["strip_m"])))
    wanted = rng.random() < plan["strip_share"] or use == "park"
    sides: list[Side] = [s for s in order if not (s == "S" and block.row == 0)]
    fits = min(rect.x1 - rect.x0, rect.y1 - rect.y0) > 2 * width
    if not (wanted and fits and len(sides) > 1) or use in ("industrial", "vacant"):
        return Ground(rect, block.streets, block, use), []
    side, gap = sides[0], dm(plan["gap_m"])
    strip, rest = cut(rect, side, width=width, gap=gap)
    left: tuple[Side, ...] = tuple(s for s in block.streets if s != side)
    return Ground(rest, left, block, use), _parcels(sheet, strip, side=side, block=block)


def _inside(sheet: Sheet, block: Block) -> Rect:
    """Return a block without the streets around it."""
    plan = sheet.plan["blocks"]

    def inset(side: Side) -> int:
        if side not in block.streets:
            return dm(plan["inset_rail_m" if side in "NS" else "inset_none_m"])
        return dm(plan["inset_trunk_m" if side == "S" and block.row == 0 else "inset_m"])

    x0, y0, x1, y1 = block.rect
    return Rect(x0 + inset("W"), y0 + inset("S"), x1 - inset("E"), y1 - inset("N"))


def _parcels(sheet: Sheet, strip: Rect, *, side: Side, block: Block) -> list[Parcel]:
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
        draw_area(sheet, ground.rect, {"landuse": "residential", "name": name})


def _draw_compound(
    sheet: Sheet, rng: np.random.Generator, ground: Ground, *, kindergarten: bool
) -> None:
    plan = sheet.plan["blocks"]
    weights = np.cumsum([style["weight"] for style in plan["style"]])
    style = plan["style"][int(np.searchsorted(weights, rng.random() * weights[-1], side="right"))]
    ring = ground.rect.inset(dm(plan["ring_m"]))
    pitch = dm(style["pitch_m"])
    rows = list(range(ring.y0 + pitch, ring.y1 - pitch // 2, pitch))
    _draw_around(sheet, ground.rect, _WALL)
    _draw_around(sheet, ring, {"highway": "living_street"})
    for y in rows:
        sheet.lines.append(Line("h", y, ring.x0, ring.x1, {"highway": "footway"}))
    count = int(rng.choice(plan["gates"]))
    _draw_gates(sheet, rng, ground, ring=ring, rows=rows, count=count)
    levels = str(rng.choice(style["levels"]))
    known = bool(rng.random() < plan["levels_known_share"])
    spots = _slabs(rng, ring, [ring.y0, *rows], style=style)
    if kindergarten:
        middle = spots.pop(len(spots) // 2)
        draw_kindergarten(sheet, middle)
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
    sides: list[Side] = [s for s in ground.sides if not (s == "S" and ground.block.row == 0)]
    sides = sides or list(ground.sides)
    picked: list[Side] = [sides[int(k)] for k in rng.permutation(len(sides))[:count]]
    gates = []
    for side in picked:
        axis, wall, lo, hi = ground.rect.side(side)
        margin = dm(sheet.plan["blocks"]["gate_from_corner_m"])
        if axis == "v" and rows:
            place = rows[int(rng.integers(len(rows)))]
        else:
            place = int(rng.integers(lo + margin, hi - margin))
        street, inner = ground.block.rect.side(side)[1], ring.side(side)[1]
        gates.append(draw_entrance(sheet, (axis, wall, place), (street, inner), tags=tags))
    return gates


def _draw_around(sheet: Sheet, rect: Rect, tags: Tags) -> None:
    """Draw four lines around a rectangle: a wall, or a ring path."""
    for side in SIDES:
        axis, at, lo, hi = rect.side(side)
        sheet.lines.append(Line(axis, at, lo, hi, tags))


def _draw_home(
    sheet: Sheet, rect: Rect, tags: Tags, *, levels: str, known: bool, kind: str
) -> None:
    """Draw a residential building; its storeys are tagged only where somebody counted them."""
    more = {"building:levels": levels} if known else {}
    draw_building(sheet, rect, {**tags, **more})
    square_m = (rect.x1 - rect.x0) * (rect.y1 - rect.y0) / dm(1) ** 2
    sheet.homes.append(Home(*rect.middle, square_m * int(levels), kind))


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
    inner: dict[Side, int] = {"W": xs[0], "E": xs[-1], "S": ys[0], "N": ys[-1]}
    outer = {side: ground.block.rect.side(side)[1] for side in ground.sides}
    ends = inner | outer
    tags = {"highway": "residential"}
    for k, y in enumerate(ys if ends["W"] < ends["E"] else []):
        more = {"highway": "living_street"} if k % 2 else tags
        sheet.lines.append(Line("h", y, ends["W"], ends["E"], more))
    if ends["S"] < ends["N"]:
        sheet.lines += [Line("v", x, ends["S"], ends["N"], tags) for x in xs]
    draw_area(sheet, rect, {"landuse": "residential"})
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
    _draw_around(sheet, ground.rect, _WALL)
    _draw_around(sheet, ring, private)
    _draw_gates(sheet, rng, ground, ring=ring, rows=[], count=1, tags=private)
    draw_area(sheet, ground.rect, {"landuse": "industrial"})
    yard = ring.inset(dm(15))
    half = (yard.y0 + yard.y1) // 2
    for south, north in ((yard.y0, half - dm(10)), (half + dm(10), yard.y1)):
        hall = Rect(yard.x0, south, yard.x1, north)
        draw_building(sheet, hall, {"building": "industrial"})


def _draw_big_park(sheet: Sheet, rng: np.random.Generator, ground: Ground) -> None:
    """Draw a fenced park of several hectares with a gate on each side that has a street."""
    rect = ground.rect.inset(dm(10))
    ring = rect.inset(dm(25))
    path = {"highway": "footway"}
    _draw_around(sheet, rect, _FENCE)
    _draw_around(sheet, ring, path)
    x, y = ring.middle
    sheet.lines.append(Line("h", y, ring.x0, ring.x1, path))
    sheet.lines.append(Line("v", x, ring.y0, ring.y1, path))
    fenced = ground._replace(rect=rect)
    count = len(ground.sides)
    gates = _draw_gates(sheet, rng, fenced, ring=ring, rows=[y], count=count, tags=path)
    draw_park(sheet, rect, gates)


def _draw_canal_parks(sheet: Sheet, grid: Grid) -> None:
    """Draw the green along the west bank: each piece is reached from the bank street."""
    streets = sheet.plan["streets"]
    bank = max(c.x for c in grid.columns if c.x < grid.canal_x)
    edges = [row.y for row in grid.rows if row.y < grid.rail_y]
    reaches = list(itertools.pairwise(edges))
    wanted = sheet.plan["counts"]["canal_parks"]
    for k in range(wanted):
        south, north = reaches[k * len(reaches) // wanted]
        near = min(canal_x(streets, y) for y in range(south, north + 1, dm(10)))
        east = near - dm(streets["canal"]["half_width_m"] + 4)
        rect = Rect(bank + dm(6), south + dm(20), east, north - dm(20))
        x, y = rect.middle
        sheet.lines.append(Line("v", x, rect.y0 + dm(5), rect.y1 - dm(5), {"highway": "footway"}))
        sheet.lines.append(Line("h", y, bank, x, {"highway": "footway"}))
        draw_park(sheet, rect, [(rect.x0, y)])
