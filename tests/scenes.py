"""Scenes made by hand: one road to the east, stretch after stretch, with what is known of each.

Every attribute has a sensible observed value, so that a test names only the one it is about.
A number may be given as ``50`` (observed), ``(50, 40, 60)`` (assumed, low, high) or None
(unknown); a word as ``"yes"`` (observed), ``("yes", "default")`` (with its source) or None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from worlds import CRS, network_of, place

from analyses.streets.scene import Scene
from geo.sides.model import EdgeKind, Sides

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Row = Mapping[str, Any]

HALF_M = 4.0
"""From the drawn line to each side: a crossing is 8 m long."""
PATH_M = 10.0
"""From the drawn line to a path beside it: a link is 6 m long."""

STREET_NUMBERS = {
    "speed_kmh": 30.0,
    "lanes": 2.0,
    "width_m": 7.0,
    "traffic_day": 3000.0,
    "sidewalk_width_m": 1.5,
    "buffer_m": 0.0,
}
STREET_WORDS = {
    "sidewalk_left": "yes",
    "sidewalk_right": "yes",
    "buffer": "none",
    "lit": "yes",
    "parking": "no",
    "calming": "no",
}
STREET_PLAIN = {
    "length_m": 100.0,
    "highway": "residential",
    "road_class": "residential",
    "sided": True,
    "quiet": False,
    "oneway": False,
    "name": None,
    "settlement": "urban",
    "footway": None,
}
CROSSING_NUMBERS = {"lanes": 2.0, "width_m": 7.0, "speed_kmh": 30.0, "traffic_day": 3000.0}
CROSSING_WORDS = {
    "refuge": "no",
    "raised": "no",
    "guard": "no",
    "daylight": "no",
    "parked": "no",
    "sight_met": "yes",
    "lit": "yes",
    "flashing": "no",
    "hybrid": "no",
}
CROSSING_PLAIN = {
    "street": 0,
    "end": 1,
    "where": "junction",
    "mapped": True,
    "forbidden": False,
    "path": -1,
    "group": None,
    "stages": 1,
    "signal_m": np.inf,
    "green_s": np.nan,
    "facility": "marked",
}
_SHARED = ("speed_kmh", "lanes", "width_m", "traffic_day")


def scene(streets: Sequence[Row] = ({},), crossings: Sequence[Row] = ()) -> Scene:
    """Make a scene of stretches of one road and of crossings at their ends.

    Parameters
    ----------
    streets
        From the west to the east; keys of `STREET_NUMBERS`, `STREET_WORDS`, `STREET_PLAIN`, and
        ``…_source``.  Row ``i`` of the result is stretch ``i``.  ``sided=False`` makes a path
        south of the road's right side, joined to it by a link at both ends.
    crossings
        Keys of the `CROSSING_` tables: over stretch ``street`` at its western (``end=0``) or
        eastern end.  What is not given is that of the stretch (numbers, road class).  ``facility``
        may be ``(assumed, safest, most dangerous)``.  Rows with one ``group`` are stages.

    Examples
    --------
    >>> made = scene([{}, {"speed_kmh": 60}], [{"street": 1}])
    >>> made.sides.kind.tolist().count(EdgeKind.SIDE), made.crossings["speed_kmh"].tolist()
    (4, [60.0])
    """
    frame, ends = _streets(streets)
    network, of_way = _ordered(_drawn(frame, ends))
    assert (np.diff(of_way) == 1).all(), "make the stretches longer: they must keep their order"
    network.edges["highway"] = frame["highway"].to_numpy()
    network.edges["footway"] = frame["footway"].to_numpy()
    crossed = _crossings(crossings, streets, frame, ends=ends)
    return Scene(
        network=network,
        sides=_sides(frame, crossed, ends=ends, network=network),
        streets=frame.drop(columns=["length_m", "footway"]),
        crossings=crossed,
        layers={},
    )


def _streets(rows: Sequence[Row]) -> tuple[pd.DataFrame, list[tuple[float, float]]]:
    """Return the frame of the stretches, and where each begins and ends."""
    table = [_row(r, STREET_NUMBERS, STREET_WORDS) | _plain(r, STREET_PLAIN) for r in rows]
    frame = pd.DataFrame(table)
    frame["street_id"] = [f"w{i}" for i in range(len(frame))]
    frame.loc[~frame["sided"], "road_class"] = "path"
    stops = np.concatenate([[0.0], frame["length_m"].cumsum()])
    return frame, list(zip(stops[:-1].tolist(), stops[1:].tolist(), strict=True))


def _drawn(frame: pd.DataFrame, ends: list[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    """Return the drawn lines: paths lie beside the road."""
    heights = np.where(frame["sided"], 0.0, -PATH_M).tolist()
    return [[(a, y), (b, y)] for (a, b), y in zip(ends, heights, strict=True)]


def _ordered(lines: list[list[tuple[float, float]]]) -> tuple[Any, Any]:
    """Return the network of the lines and the line of each of its edges."""
    network = network_of(lines)
    return network, network.edges["way_id"].to_numpy()


def _crossings(
    rows: Sequence[Row],
    streets: Sequence[Row],
    frame: pd.DataFrame,
    *,
    ends: list[tuple[float, float]],
) -> gpd.GeoDataFrame:
    """Return the frame of the crossings, with what the crossed stretch says where none is given."""
    table = []
    for number, given in enumerate(rows):
        stretch = streets[given.get("street", 0)]
        own = {key: stretch[key] for key in _SHARED if key in stretch} | dict(given)
        plain = _plain(own, CROSSING_PLAIN)
        group = number if plain["group"] is None else plain["group"]
        facility = plain.pop("facility")
        assumed, safest, worst = (facility,) * 3 if isinstance(facility, str) else facility
        source = "tag" if safest == worst else "default"
        table.append(
            _row(own, CROSSING_NUMBERS, CROSSING_WORDS)
            | plain
            | {
                "group": group,
                "facility": assumed,
                "facility_low": safest,
                "facility_high": worst,
                "facility_source": own.get("facility_source", source),
                "crossing_id": f"c{number}",
                "node": number,
                "arm": 0,
                "street_name": frame["name"][plain["street"]],
                "road_class": own.get("road_class", frame["road_class"][plain["street"]]),
            }
        )
    columns = [*_row({}, CROSSING_NUMBERS, CROSSING_WORDS), *CROSSING_PLAIN, "facility_low",
               "facility_high", "facility_source", "crossing_id", "node", "arm", "street_name",
               "road_class"]  # fmt: skip
    made = pd.DataFrame(table, columns=columns)
    floats = [c for name in CROSSING_NUMBERS for c in (name, f"{name}_low", f"{name}_high")]
    made = made.astype(dict.fromkeys([*floats, "signal_m", "green_s"], float))
    whole = ("street", "end", "path", "group", "stages", "node", "arm")
    made = made.astype(dict.fromkeys(whole, int)).astype({"mapped": bool, "forbidden": bool})
    spots = [(ends[s][e], 0.0) for s, e in zip(made["street"], made["end"], strict=True)]
    xy = place(spots)
    return gpd.GeoDataFrame(made, geometry=gpd.points_from_xy(xy[:, 0], xy[:, 1]), crs=CRS)


def _sides(
    frame: pd.DataFrame,
    crossings: gpd.GeoDataFrame,
    *,
    ends: list[tuple[float, float]],
    network: Any,
) -> Sides:
    """Return both sides of the stretches, the paths with their links, and the crossings."""
    parts: list[tuple[list[tuple[float, float]], EdgeKind, int, int, int]] = []
    for street, ((a, b), sided) in enumerate(zip(ends, frame["sided"], strict=True)):
        if sided:
            parts.append(([(a, HALF_M), (b, HALF_M)], EdgeKind.SIDE, street, -1, -1))
            parts.append(([(a, -HALF_M), (b, -HALF_M)], EdgeKind.SIDE, street, 1, -1))
            continue
        parts.append(([(a, -PATH_M), (b, -PATH_M)], EdgeKind.PATH, street, 0, -1))
        parts += [([(x, -HALF_M), (x, -PATH_M)], EdgeKind.LINK, -1, 0, -1) for x in (a, b)]
    for number, row in enumerate(crossings.itertuples()):
        x = ends[row.street][row.end]
        kind = EdgeKind.INFORMAL if row.where == "informal" else EdgeKind.CROSSING
        parts.append(([(x, HALF_M), (x, -HALF_M)], kind, row.street, 0, number))
    walk, of_part = _ordered([line for line, *_ in parts])
    kind, street, side, crossing = (
        np.array(c)[of_part] for c in list(zip(*parts, strict=True))[1:]
    )
    by_x = np.argsort(network.node_xy[:, 0], kind="stable")
    drawn = by_x[np.searchsorted(network.node_xy[by_x, 0], walk.node_xy[:, 0])]
    kept = ["node", "street", "arm", "where", "mapped", "forbidden", "path", "group", "stages",
            "signal_m", "geometry"]  # fmt: skip
    return Sides(
        walk=walk,
        kind=kind.astype(np.int8),
        street=street.astype(np.int64),
        side=side.astype(np.int8),
        crossing=crossing.astype(np.int64),
        node_street=drawn.astype(np.int64),
        crossings=crossings[kept],
    )


def _row(given: Row, numbers: Mapping[str, float], words: Mapping[str, str]) -> dict[str, Any]:
    """Return the cells of numbers and words with their bounds and sources."""
    cells: dict[str, Any] = {}
    for name, usual in numbers.items():
        cells |= _number(name, given.get(name, usual))
    for name, usual_word in words.items():
        cells |= _word(name, given.get(name, usual_word))
    sources = {key: value for key, value in given.items() if key.endswith("_source")}
    return cells | {key: value for key, value in sources.items() if key in cells}


def _number(name: str, given: Any) -> dict[str, Any]:
    if given is None:
        value, low, high, source = np.nan, np.nan, np.nan, "unknown"
    elif isinstance(given, tuple):
        (value, low, high), source = given, "default"
    else:
        value, low, high, source = given, given, given, "tag"
    return {
        name: float(value),
        f"{name}_low": float(low),
        f"{name}_high": float(high),
        f"{name}_source": source,
    }


def _word(name: str, given: Any) -> dict[str, Any]:
    if given is None:
        return {name: None, f"{name}_source": "unknown"}
    word, source = given if isinstance(given, tuple) else (given, "tag")
    return {name: word, f"{name}_source": source}


def _plain(given: Row, usual: Row) -> dict[str, Any]:
    return {key: given.get(key, value) for key, value in usual.items()}
