"""Streets of a world with the tags that a test names, and layers to lay on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from worlds import CRS, network_of, place

from analyses.streets.attributes import street_attributes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo.walk.network import WalkNetwork

    Tags = Mapping[str, str]
    Line = Sequence[tuple[float, float]]


def tagged_streets(
    lines: Sequence[Line],
    tags: Sequence[Tags],
    *,
    nodes: Mapping[tuple[float, float], Tags] | None = None,
) -> WalkNetwork:
    """Make a network; line ``i`` has the tags ``i``, the node at a place has its own."""
    network = network_of(lines)
    table = pd.DataFrame([dict(one) for one in tags], dtype=object)
    of_edge = table.take(network.edges["way_id"].to_numpy()).reset_index(drop=True)
    del network.edges["highway"]
    for tag in table.columns:
        network.edges[tag] = of_edge[tag].astype("category")
    for spot, own in (nodes or {}).items():
        (at,) = np.flatnonzero((network.node_xy == place([spot])).all(axis=1))
        for tag, value in own.items():
            network.node_tags.loc[at, tag] = value
    return network


def attributes(
    lines: Sequence[Line],
    tags: Sequence[Tags],
    *,
    settlement: str = "urban",
    layers: Mapping[str, gpd.GeoDataFrame] | None = None,
) -> pd.DataFrame:
    """Return what is known of each line, row ``i`` for line ``i``."""
    network = tagged_streets(lines, tags)
    where = np.full(len(network.edges), settlement, dtype=object)
    found = street_attributes(network, settlement=where, layers=layers or {})
    return found.iloc[np.argsort(network.edges["way_id"].to_numpy())].reset_index(drop=True)


def street(settlement: str = "urban", **tags: str) -> pd.Series[Any]:
    """Return what is known of one street of 100 m; ``__`` in a keyword stands for a colon."""
    own = {key.replace("__", ":"): value for key, value in tags.items()}
    return attributes([[(0, 0), (100, 0)]], [own], settlement=settlement).iloc[0]


def layer(*shapes: Any, source: str = "official", **columns: Any) -> gpd.GeoDataFrame:
    """Return a canonical layer of shapes given in metres of the world."""
    moved = [None if s is None else shapely.transform(s, place) for s in shapes]
    data = {"id": None, "name": None, **columns, "source": source}
    index = range(len(moved))
    return gpd.GeoDataFrame(pd.DataFrame(data, index=index), geometry=moved, crs=CRS)


def survey(*rows: tuple[str, str, str], date: Sequence[str | None] = ()) -> gpd.GeoDataFrame:
    """Return a survey of (object, attribute, value)."""
    ids, asked, values = zip(*rows, strict=True)
    when = list(date) or [None] * len(rows)
    columns = {"object_id": ids, "attribute": asked, "value": values, "date": when}
    return layer(*[None] * len(rows), source="survey", **columns)
