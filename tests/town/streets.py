"""What are the bones of the synthetic town: its streets, railway, canal, roads and blocks?"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from town.drawing import Line, Rect, Way, dm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from town.drawing import Point, Sheet, Side, Tags

_BRIDGE = {"bridge": "yes", "layer": "1"}
_TUNNEL = {"tunnel": "yes", "layer": "-1"}


class Column(NamedTuple):
    """A north-south street of the town."""

    x: int
    highway: str
    rail: str
    trunk: bool
    oneway: str


class Row(NamedTuple):
    """A west-east street of the town."""

    y: int
    highway: str
    bridge: bool
    signals: bool


class Block(NamedTuple):
    """What lies between four lines of the grid.

    `rect` runs along the middle of the streets, the canal bank or the railway; `streets` are the
    sides along which one can walk; `column` and `row` count the blocks from the south-west.
    """

    rect: Rect
    streets: tuple[Side, ...]
    column: int
    row: int


@dataclass(frozen=True)
class Grid:
    """The grid of the town after its streets have been shifted."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    trunk_y: int
    rail_y: int
    canal_x: int


def shifted_grid(rng: np.random.Generator | None, streets: Mapping[str, Any]) -> Grid:
    """Return the grid of a town: the recipe's, with free streets moved a little if `rng`."""
    reach = streets["shift_m"]

    def place(row: Mapping[str, Any], key: str) -> int:
        move = rng.integers(-reach, reach + 1) if rng else 0
        return dm(row[key]) + (0 if row.get("fixed") else dm(int(move)))

    columns = tuple(
        Column(place(c, "x_m"), c["highway"], c["rail"], c["trunk"], c.get("oneway", ""))
        for c in streets["columns"]
    )
    rows = tuple(
        Row(place(r, "y_m"), r["highway"], r["bridge"], r["signals"]) for r in streets["rows"]
    )
    trunk_y, rail_y = dm(streets["trunk_y_m"]), dm(streets["rail_y_m"])
    return Grid(columns, rows, trunk_y, rail_y, dm(streets["canal"]["x_m"]))


def street_tags(sheet: Sheet, rng: np.random.Generator, highway: str, **more: str) -> Tags:
    """Return the tags of a piece of street: what it is, and what somebody has surveyed of it."""
    tags = {"highway": highway, **more}
    known = sheet.plan["known"]
    for key, values in sheet.plan["highway"].get(highway, {}).items():
        drawn, pick = rng.random(), rng.integers(len(values))
        if drawn < known[key]:
            tags[key] = values[pick]
    return tags


def draw_streets(sheet: Sheet, rng: np.random.Generator, grid: Grid) -> None:
    """Draw the grid, the roads around it, the railway, the canal and what is no street."""
    _draw_columns(sheet, rng, grid)
    _draw_rows(sheet, rng, grid)
    _draw_frame(sheet, rng, grid)
    _draw_trunk_and_rail(sheet, rng, grid)
    _draw_arterial_crossings(sheet)
    _draw_canal(sheet)
    _draw_motorway_and_island(sheet)
    _mark_junctions(sheet, rng, grid)


def canal_x(streets: Mapping[str, Any], y: int) -> int:
    """Return where the middle of the canal lies at a `y`; it sways less in the town."""
    canal = streets["canal"]
    outside = min(max((abs(y) - dm(2100)) / dm(900), 0.0), 1.0)
    sway = canal["sway_town_m"] + (canal["sway_m"] - canal["sway_town_m"]) * outside
    return dm(canal["x_m"] + sway * float(np.sin(2 * np.pi * y / dm(canal["wave_m"]))))


def blocks(grid: Grid) -> list[Block]:
    """Return the blocks, column after column from the south-west."""
    southern = [grid.trunk_y, *(row.y for row in grid.rows)]
    edges = sorted([*southern, grid.rail_y])
    found = []
    for i, (west, east) in enumerate(_column_pairs(grid)):
        for j, (south, north) in enumerate(itertools.pairwise(edges)):
            is_street: dict[Side, bool] = {
                "S": south != grid.rail_y,
                "N": north != grid.rail_y,
                "W": _runs(grid, west, south),
                "E": _runs(grid, east, south),
            }
            sides: tuple[Side, ...] = tuple(side for side, there in is_street.items() if there)
            found.append(Block(Rect(west.x, south, east.x, north), sides, i, j))
    return found


def _column_pairs(grid: Grid) -> list[tuple[Column, Column]]:
    """Neighbouring columns with houses between: not the arterial's middle, not the canal."""
    pairs = itertools.pairwise(grid.columns)
    return [
        (a, b) for a, b in pairs if not (a.oneway and b.oneway) and not a.x < grid.canal_x < b.x
    ]


def _runs(grid: Grid, column: Column, south: int) -> bool:
    """Whether a column is a street along the blocks that begin at `south`."""
    if south == grid.trunk_y:
        return column.trunk
    if south in (grid.rail_y, max(row.y for row in grid.rows if row.y < grid.rail_y)):
        return column.rail != "none"
    return True


def _draw_columns(sheet: Sheet, rng: np.random.Generator, grid: Grid) -> None:
    half = dm(sheet.plan["streets"]["underpass_m"])
    edges = [grid.trunk_y, *(row.y for row in grid.rows)]
    for number, column in enumerate(grid.columns, 1):
        name = _word(sheet, "column", number=number)
        if column.oneway:
            name = _word(sheet, "arterial")
        for south, north in itertools.pairwise(edges):
            if not _runs(grid, column, south):
                continue
            tags = street_tags(sheet, rng, column.highway, name=name)
            if column.oneway:
                tags["oneway"] = "-1" if column.oneway == "south" else "yes"
            if south < grid.rail_y < north and column.rail == "under":
                cuts = [south, grid.rail_y - half, grid.rail_y + half, north]
            else:
                cuts = [south, north]
            for k, (lo, hi) in enumerate(itertools.pairwise(cuts)):
                below = k == 1
                sheet.lines.append(
                    Line("v", column.x, lo, hi, {**tags, **(_TUNNEL if below else {})}, -below)
                )


def _draw_rows(sheet: Sheet, rng: np.random.Generator, grid: Grid) -> None:
    for number, row in enumerate(grid.rows, 1):
        for west, east in itertools.pairwise(grid.columns):
            tags = street_tags(sheet, rng, row.highway, name=_word(sheet, "row", number=number))
            if west.oneway and east.oneway:
                if row.signals:
                    sheet.lines.append(Line("h", row.y, west.x, east.x, tags))
            elif west.x < grid.canal_x < east.x:
                if row.bridge:
                    _over_canal(sheet, (row.y, west.x, east.x), tags)
            else:
                sheet.lines.append(Line("h", row.y, west.x, east.x, tags))


def _over_canal(sheet: Sheet, run: tuple[int, int, int], tags: Tags) -> None:
    """Draw a west-east line (y, from, to) that crosses the canal on a bridge."""
    y, lo, hi = run
    streets = sheet.plan["streets"]
    middle, half = canal_x(streets, y), dm(streets["canal"]["bridge_half_m"])
    west, east = max(lo, middle - half), min(hi, middle + half)
    for a, b, on_bridge in ((lo, west, False), (west, east, True), (east, hi, False)):
        if a < b:
            more = _BRIDGE if on_bridge else {}
            sheet.lines.append(Line("h", y, a, b, {**tags, **more}, int(on_bridge)))


def _draw_frame(sheet: Sheet, rng: np.random.Generator, grid: Grid) -> None:
    """Draw the country roads: a frame around the town, and what leads there and out."""
    streets = sheet.plan["streets"]
    xs = [dm(c["x_m"]) for c in streets["frame_columns"]]
    ys = [dm(r["y_m"]) for r in streets["frame_rows"]]
    for column, x in zip(streets["frame_columns"], xs, strict=True):
        tags = street_tags(sheet, rng, column["highway"])
        sheet.lines.append(Line("v", x, min(ys), max(ys), tags))
    for row, y in zip(streets["frame_rows"], ys, strict=True):
        _over_canal(sheet, (y, min(xs), max(xs)), street_tags(sheet, rng, row["highway"]))
    west, east = grid.columns[0].x, grid.columns[-1].x
    y = dm(streets["main_street_y_m"])
    for lo, hi in ((min(xs), west), (east, max(xs))):
        sheet.lines.append(Line("h", y, lo, hi, street_tags(sheet, rng, "secondary")))
    x, end = dm(streets["arterial_x_m"]), dm(sheet.plan["place"]["tile_m"]) // 2
    for lo, hi in ((-end, grid.trunk_y), (grid.rows[-1].y, end)):
        tags = street_tags(sheet, rng, "secondary", name=_word(sheet, "arterial"))
        sheet.lines.append(Line("v", x, lo, hi, tags))


def _draw_trunk_and_rail(sheet: Sheet, rng: np.random.Generator, grid: Grid) -> None:
    end = dm(sheet.plan["place"]["tile_m"]) // 2
    trunk = street_tags(sheet, rng, "trunk", name=_word(sheet, "trunk"))
    _over_canal(sheet, (grid.trunk_y, -end, end), trunk)
    rail = {"railway": "rail", "name": _word(sheet, "railway"), "gauge": "1435"}
    _over_canal(sheet, (grid.rail_y, -end, end), rail)


def _draw_arterial_crossings(sheet: Sheet) -> None:
    """Draw the footbridge and the zebra between the signals of the dual carriageway."""
    streets = sheet.plan["streets"]
    west, east = (dm(c["x_m"]) for c in streets["columns"] if c.get("oneway"))
    y = dm(streets["footbridge_y_m"])
    sheet.lines.append(Line("h", y, west, east, {"highway": "footway", **_BRIDGE}, 1))
    sheet.stops += [(west, y), (east, y)]
    y = dm(streets["zebra_y_m"])
    tags = {"highway": "footway", "footway": "crossing", "crossing": "zebra"}
    sheet.lines.append(Line("h", y, west, east, tags))
    for x in (west, east):
        sheet.nodes[x, y] = {"highway": "crossing", "crossing": "uncontrolled"}


def _draw_canal(sheet: Sheet) -> None:
    streets = sheet.plan["streets"]
    end, step = dm(sheet.plan["place"]["tile_m"]) // 2, dm(streets["canal"]["step_m"])
    half = dm(streets["canal"]["half_width_m"])
    ys = range(-end, end + 1, step)
    middle = np.array([(canal_x(streets, y), y) for y in ys], dtype=np.int64)
    bank = np.array([half, 0])
    ring = np.concatenate([middle - bank, (middle + bank)[::-1], (middle - bank)[:1]])
    name = _word(sheet, "canal")
    sheet.ways.append(Way(middle, {"waterway": "canal", "name": name}))
    sheet.ways.append(Way(ring, {"natural": "water", "water": "canal", "name": name}))


def _draw_motorway_and_island(sheet: Sheet) -> None:
    """Draw what must not become a walking street: a motorway, and paths that lead nowhere."""
    streets = sheet.plan["streets"]
    motorway = streets["motorway"]
    (west, east), low = (dm(x) for x in motorway["x_m"]), dm(motorway["from_y_m"])
    for x, oneway in ((west, "-1"), (east, "yes")):
        tags = {"highway": "motorway", "oneway": oneway, "maxspeed": "120"}
        sheet.lines.append(Line("v", x, low, dm(motorway["to_y_m"]), tags))
    join = dm(streets["frame_columns"][-1]["x_m"])
    sheet.lines.append(Line("h", low, join, east, {"highway": "motorway_link"}))
    island = streets["island"]
    x, y, side = dm(island["x_m"]), dm(island["y_m"]), dm(island["side_m"])
    for dy in (0, side):
        sheet.lines.append(Line("h", y + dy, x, x + side, {"highway": "path"}))
    sheet.lines.append(Line("v", x, y, y + side, {"highway": "footway"}))


def _mark_junctions(sheet: Sheet, rng: np.random.Generator, grid: Grid) -> None:
    """Put signals and crossings where streets meet, and the level crossings."""
    streets = sheet.plan["streets"]
    pairs = {tuple(pair) for pair in streets["signal_pairs"]}
    rows = [(row.y, row.highway, row.signals) for row in grid.rows]
    rows.append((grid.trunk_y, "trunk", True))
    for column in grid.columns:
        for y, highway, signals in rows:
            drawn = rng.random()
            met = bool(column.oneway) <= signals and (y != grid.trunk_y or column.trunk)
            if met and {(column.highway, highway), (highway, column.highway)} & pairs:
                _mark_arms(sheet, (column.x, y), signals=True)
            elif met and drawn < streets["zebra_share"]:
                _mark_arms(sheet, (column.x, y), signals=False)
    crossings = [c.x for c in grid.columns if c.rail == "level"]
    crossings += [dm(c["x_m"]) for c in streets["frame_columns"]]
    for x in crossings:
        sheet.nodes[x, grid.rail_y] = {"railway": "level_crossing", "crossing:barrier": "yes"}


def _mark_arms(sheet: Sheet, junction: Point, *, signals: bool) -> None:
    """Put a crossing on each arm of a junction; arms that do not exist keep none."""
    x, y = junction
    away = dm(sheet.plan["streets"]["crossing_from_middle_m"])
    kind = "traffic_signals" if signals else "uncontrolled"
    if signals:
        sheet.nodes[junction] = {"highway": "traffic_signals"}
    for point in ((x - away, y), (x + away, y), (x, y - away), (x, y + away)):
        sheet.nodes.setdefault(point, {"highway": "crossing", "crossing": kind})
        sheet.stops.append(point)


def _word(sheet: Sheet, key: str, **slots: object) -> str:
    return str(sheet.plan["words"][key]).format(**slots)
