"""What is known of each crossing, from where, and between which bounds?

The street that is crossed gives speed, lanes, width and traffic; the crossing's own tags, official
layers and surveys give the rest.  What the tags mean lies in ``data/rules/crossing_tags.toml``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from analyses.streets.official import survey_values
from analyses.streets.readings import (
    SOURCES,
    YES_NO,
    Reading,
    filled,
    nothing,
    number_columns,
    read_as,
    source_column,
    word_column,
    word_columns,
)
from geo.bundled import load_toml
from geo.osm import carries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from geo.arrays import Flags, Floats, Ints, Objects
    from geo.sides import Sides
    from geo.walk import WalkNetwork

    Layers = Mapping[str, gpd.GeoDataFrame]


class Tags(NamedTuple):
    """Tags of the node of each crossing, and of the way walked over it."""

    node: pd.DataFrame
    path: pd.DataFrame

    def carry(self, wanted: Mapping[str, Sequence[str]]) -> Flags:
        """Say which crossings carry one of some tags."""
        found = np.zeros(len(self.node), dtype=bool)
        for tag, values in wanted.items():
            found |= carries(self.node, tag, values) | carries(self.path, tag, values)
        return found


def facilities() -> tuple[str, ...]:
    """Return the facilities from the safest to the most dangerous."""
    return tuple(rules()["facility"]["order"])


def rules() -> dict[str, Any]:
    """Return ``data/rules/crossing_tags.toml``."""
    return load_toml("rules/crossing_tags.toml")


def tags_of(network: WalkNetwork, crossings: gpd.GeoDataFrame) -> Tags:
    """Return the tags of crossings (rows of ``Sides.crossings``)."""
    at_node = network.node_tags.index.get_indexer(pd.Index(crossings["node"]))
    return Tags(
        node=_rows(network.node_tags, at_node),
        path=_rows(network.edges, crossings["path"].to_numpy(dtype=np.int64)),
    )


def facility(
    crossings: gpd.GeoDataFrame, tags: Tags, *, ids: pd.Index[Any], layers: Layers
) -> Reading:
    """Say what helps across at each crossing, as its place in `facilities`.

    A survey settles it, then the tags; where these leave a signal open, an official signal or one
    drawn near the crossing is taken for it (``continuity``, with what else is admissible as the
    upper bound), and what is left is assumed.
    """
    names = facilities()
    surveyed = survey_values(layers, ids, "facility", words=names)
    tagged, settled = _tagged(crossings, tags)
    assumed = _assumed(crossings)
    signal = float(names.index("signal"))
    official = (
        near_points(crossings, layers.get("signal_timings"), rules()["signal"]["near_m"]) >= 0
    )
    official &= ~settled
    walkable = (crossings["where"] != "informal").to_numpy()
    drawn = (crossings["signal_m"] <= rules()["signal"]["near_m"]).to_numpy() & walkable & ~settled
    without = filled(tagged, assumed)
    by_nearness = read_as(
        "continuity",
        np.where(drawn, signal, np.nan),
        low=np.where(drawn, np.fmin(without.low, signal), np.nan),
        high=np.where(drawn, without.high, np.nan),
    )
    result = read_as("survey", surveyed)
    result = filled(result, read_as("official", np.where(official, signal, np.nan)))
    return filled(filled(result, by_nearness), without)


def near_points(
    crossings: gpd.GeoDataFrame, frame: gpd.GeoDataFrame | None, within_m: float
) -> NDArray[np.int64]:
    """Return the nearest row of a layer for each crossing, -1 where none is within the distance."""
    result = np.full(len(crossings), -1)
    if frame is None or frame.empty or crossings.empty:
        return result
    tree = shapely.STRtree(frame.geometry.to_numpy())
    (at, row), away_m = tree.query_nearest(
        crossings.geometry.to_numpy(), max_distance=within_m + 1.0, return_distance=True
    )
    order = np.lexsort((row, at))
    order = order[away_m[order] <= within_m]
    at, first = np.unique(at[order], return_index=True)
    result[at] = row[order][first]
    return result


def _tagged(crossings: gpd.GeoDataFrame, tags: Tags) -> tuple[Reading, Flags]:
    """Return what the tags say, and where they say also whether there is a signal."""
    names = facilities()
    value = np.full(len(crossings), np.nan)
    settled = np.zeros(len(crossings), dtype=bool)
    drawn = crossings["mapped"].to_numpy(dtype=bool) | crossings["forbidden"].to_numpy(dtype=bool)
    value[crossings["forbidden"].to_numpy(dtype=bool)] = names.index("forbidden")
    arms = (crossings["where"] != "informal").to_numpy()
    for rule in rules()["facility"]["tag"]:
        where = arms if rule.get("arms", False) else drawn
        here = where & np.isnan(value) & tags.carry(rule["tags"])
        value[here] = names.index(rule["facility"])
        settled |= here & rule["settled"]
    settled |= tags.carry(rules()["facility"]["no_signal"]["tags"])
    settled |= value == names.index("forbidden")
    return read_as("tag", value), settled


def _assumed(crossings: gpd.GeoDataFrame) -> Reading:
    """Return what is assumed where nothing is known."""
    names, table = facilities(), rules()["facility"]["assumed"]
    kind = np.where(crossings["mapped"], "mapped", "arm")
    kind = np.where(crossings["where"] == "informal", "informal", kind)
    result = nothing(len(crossings))
    for name, bounds in table.items():
        codes = [np.where(kind == name, float(names.index(word)), np.nan) for word in bounds]
        result = filled(result, read_as("default", codes[0], low=codes[1], high=codes[2]))
    return result


def _rows(tags: pd.DataFrame, at: NDArray[np.int64]) -> pd.DataFrame:
    """Take rows of a table of tags, empty ones for -1."""
    return tags.reset_index(drop=True).reindex(at).reset_index(drop=True)


_NUMBERS = ("lanes", "width_m", "speed_kmh", "traffic_day")


def crossing_attributes(
    network: WalkNetwork, sides: Sides, streets: pd.DataFrame, *, layers: Layers
) -> gpd.GeoDataFrame:
    """Say what is known of each crossing.

    Parameters
    ----------
    network
        The streets as drawn.
    sides
        The streets with both sides (`geo.sides.build.expand`).
    streets
        From `analyses.streets.attributes.street_attributes`.
    layers
        Canonical layers in the network's CRS.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per row of ``sides.crossings``, the columns of ``Scene.crossings``
        (`analyses.streets.scene`).  ``crossing_id`` names the way walked or the street crossed, and
        the node, by their OSM ids, so that it stays the same from run to run.
    """
    crossings = sides.crossings
    ids = crossing_ids(network, crossings)
    tags, index = tags_of(network, crossings), pd.Index(ids)
    street = crossings["street"].to_numpy(dtype=np.int64)
    found = facility(crossings, tags, ids=index, layers=layers)
    data: dict[str, Any] = {
        "crossing_id": pd.Series(ids, dtype=object),
        "street_name": pd.Series(streets["name"].to_numpy(dtype=object)[street], dtype=object),
        "road_class": streets["road_class"].to_numpy(dtype=object)[street],
        "facility": word_column(found.value, facilities()),
        "facility_low": word_column(found.low, facilities()),
        "facility_high": word_column(found.high, facilities()),
        "facility_source": source_column(found),
    }
    for name in _NUMBERS:
        own = read_as("survey", survey_values(layers, index, name))
        crossed = column_reading(streets, name).take(street)
        data |= number_columns(name, filled(own, crossed))
    speed = data["speed_kmh"]
    for name, reading in _words(
        crossings, tags, streets=streets, layers=layers, speed=speed
    ).items():
        own = read_as("survey", survey_values(layers, index, name, words=YES_NO))
        data |= word_columns(name, filled(own, reading), YES_NO)
    data["green_s"] = _green(crossings, index, layers=layers)
    columns = pd.DataFrame(data).set_axis(crossings.index, axis=0)
    return gpd.GeoDataFrame(
        pd.concat([crossings.drop(columns="geometry"), columns], axis=1),
        geometry=crossings.geometry.to_numpy(),
        crs=crossings.crs,
    )


def crossing_ids(network: WalkNetwork, crossings: gpd.GeoDataFrame) -> Objects:
    """Name crossings so that they keep their names from run to run.

    ``n<node>`` for a crossing drawn as a node, ``n<node>:w<way>`` for one walked on a way of its
    own, ``n<node>:w<way>:<arm>`` for the arm of a junction; a name that occurs again gets ``#2``.
    """
    node = network.node_id[crossings["node"].to_numpy(dtype=np.int64)]
    ways = network.edges["way_id"].to_numpy(dtype=np.int64)
    path = crossings["path"].to_numpy(dtype=np.int64)
    way = ways[np.where(path >= 0, path, crossings["street"].to_numpy(dtype=np.int64))]
    arm = crossings["arm"].to_numpy(dtype=np.int64)
    at_node = pd.Series([f"n{n}" for n in node], dtype=object)
    on_way = at_node + pd.Series([f":w{w}" for w in way], dtype=object)
    on_arm = on_way + pd.Series([f":{a}" for a in arm], dtype=object)
    alone = ((crossings["where"] == "midblock") & crossings["mapped"]).to_numpy()
    ids = pd.Series(np.select([path >= 0, alone], [on_way, at_node], on_arm), dtype=object)
    again = ids.groupby(ids).cumcount()
    return np.where(again > 0, ids + "#" + (again + 1).astype(str), ids).astype(object)


def column_reading(frame: pd.DataFrame, name: str) -> Reading:
    """Return a number of a table of attributes as a reading."""
    source = pd.Index(SOURCES).get_indexer(pd.Index(frame[f"{name}_source"])).astype(np.int8)
    value, low, high = (
        frame[c].to_numpy(dtype=np.float64) for c in (name, f"{name}_low", f"{name}_high")
    )
    return Reading(value, low, high, source)


def _words(
    crossings: gpd.GeoDataFrame,
    tags: Tags,
    *,
    streets: pd.DataFrame,
    layers: Layers,
    speed: Floats,
) -> dict[str, Reading]:
    """Put together the words: the crossing's own tags first, then layers and its street."""
    street = crossings["street"].to_numpy(dtype=np.int64)
    drawn = crossings["mapped"].to_numpy(dtype=bool)
    result = {}
    for name, rule in rules()["word"].items():
        no = drawn & tags.carry(rule.get("no", {}))
        yes = drawn & tags.carry(rule.get("yes", {}))
        result[name] = read_as("tag", np.where(yes, 1.0, np.where(no, 0.0, np.nan)))
    lamp = near_points(crossings, layers.get("street_lights"), rules()["lamp"]["near_m"])
    lit = _of_layer(layers.get("street_lights"), lamp)
    result["lit"] = filled(filled(result["lit"], lit), _word_reading(streets, "lit").take(street))
    kerb = layers.get("parking")
    kerb = None if kerb is None else kerb[kerb["kind"] == "kerb"]
    cars = _of_layer(kerb, _cars_near(crossings, kerb, speed))
    along = _word_reading(streets, "parking").take(street)
    result["parked"] = filled(filled(result["parked"], cars), along)
    return result


def _of_layer(frame: gpd.GeoDataFrame | None, row: Ints) -> Reading:
    """Say yes, from the source of the row of a layer that is near each crossing (-1 = none)."""
    if frame is None or frame.empty:
        return nothing(len(row))
    code = pd.Index(SOURCES).get_indexer(pd.Index(frame["source"]))[row].astype(np.int8)
    yes = np.where(row >= 0, 1.0, np.nan)
    return Reading(yes, yes, yes, np.where(row >= 0, code, nothing(1).source).astype(np.int8))


def _cars_near(crossings: gpd.GeoDataFrame, kerb: gpd.GeoDataFrame | None, speed: Floats) -> Ints:
    """Return the kerb parking within the length that must be clear at the street's speed."""
    rule = rules()["parked"]
    near = near_points(crossings, kerb, float(np.hypot(max(rule["clear_m"]), rule["aside_m"])))
    if kerb is None or kerb.empty:
        return near
    clear_m = np.interp(np.nan_to_num(speed), rule["speed_kmh"], rule["clear_m"])
    away_m = shapely.distance(crossings.geometry.to_numpy(), kerb.geometry.to_numpy()[near])
    return np.where(away_m <= np.hypot(clear_m, rule["aside_m"]), near, -1)


def _green(crossings: gpd.GeoDataFrame, ids: pd.Index[Any], *, layers: Layers) -> Floats:
    """Return the seconds of green for those who walk: survey, else the nearest official timing."""
    surveyed = survey_values(layers, ids, "green_s")
    timings = layers.get("signal_timings")
    row = near_points(crossings, timings, rules()["signal"]["near_m"])
    if timings is None or timings.empty:
        return surveyed
    official = np.where(row >= 0, timings["green_s"].to_numpy(dtype=np.float64)[row], np.nan)
    return np.where(np.isnan(surveyed), official, surveyed)


def _word_reading(streets: pd.DataFrame, name: str) -> Reading:
    """Return a yes-or-no column of the streets as a reading."""
    code = pd.Index(YES_NO).get_indexer(pd.Index(streets[name], dtype=object)).astype(np.float64)
    code[code < 0] = np.nan
    source = pd.Index(SOURCES).get_indexer(pd.Index(streets[f"{name}_source"])).astype(np.int8)
    return Reading(code, code, code, source)
