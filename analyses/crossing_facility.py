"""What is there to help across the street: a bridge, a signal, a zebra, or nothing?

The tags that say it and what is assumed where they are silent lie in
``data/rules/crossing_tags.toml``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from analyses.streets.official import survey_values
from analyses.streets.readings import Reading, filled, nothing, read_as
from geo.bundled import load_toml
from geo.tag_columns import carries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from geo.walk.network import WalkNetwork

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
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
