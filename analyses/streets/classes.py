"""Which class is a street of, and what is assumed of that class?

Classes and their defaults lie in ``data/rules/street_defaults.toml``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from analyses.streets import tags as street_tags
from analyses.streets.readings import Reading, read_as
from geo.bundled import load_toml
from geo.osm import carries, texts, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from geo.arrays import Flags, Floats, Ints, Objects
    from geo.walk import WalkNetwork


_SETTLEMENTS = ("urban", "rural")


def settlement_of_edges(network: WalkNetwork, communities: gpd.GeoDataFrame) -> Objects:
    """Say for each street whether it lies in an urban or a rural community.

    Parameters
    ----------
    network
        The streets.
    communities
        Areas in the network's CRS with ``settlement`` (urban | rural | unknown).

    Returns
    -------
    numpy.ndarray
        (m,) the settlement of the first community that holds the middle of the edge, ``unknown``
        where none does.

    Examples
    --------
    >>> import geopandas as gpd, shapely, yimi
    >>> line = shapely.LineString([(500_000, 4_310_000), (500_100, 4_310_000)])
    >>> network = yimi.streets(gpd.GeoDataFrame(geometry=[line], crs=4548))
    >>> town = shapely.box(499_000, 4_309_000, 501_000, 4_311_000)
    >>> urban = gpd.GeoDataFrame({"settlement": ["urban"]}, geometry=[town], crs=4548)
    >>> settlement_of_edges(network, urban).tolist()
    ['urban']
    """
    middle = shapely.line_interpolate_point(network.tree.geometries, 0.5, normalized=True)
    shapes = communities.geometry.to_numpy()
    edge, community = shapely.STRtree(shapes).query(middle, predicate="intersects")
    order = np.lexsort((community, edge))
    edge, community = edge[order], community[order]
    edge, first = np.unique(edge, return_index=True)
    result = np.full(len(middle), "unknown", dtype=object)
    result[edge] = communities["settlement"].to_numpy(dtype=object)[community[first]]
    return result


def street_base(network: WalkNetwork, settlement: Objects) -> pd.DataFrame:
    """Return what needs no judgement.

    Columns: ``highway, road_class, sided, oneway, crossable, name, settlement, street_id`` of
    ``Scene.streets``; the name is the reference (G104) where there is no name.
    """
    rule, edges = rules(), network.edges
    classes = [*rule["class"], "path"]
    code = {highway: i for i, own in enumerate(rule["class"].values()) for highway in own}
    found = words(edges, "highway", code)
    untyped = ~carries(edges, "highway")
    found[np.isnan(found)] = classes.index("path")
    found[untyped] = classes.index(rule["kind"]["untyped"])
    name, ref = texts(edges, "name"), texts(edges, "ref")
    barred = carries(edges, "highway", rule["kind"]["not_crossable"])
    barred |= carries(edges, "motorroad", street_tags.rules()["motorroad"]["values"])
    road_class = np.array(classes, dtype=object)[found.astype(np.int64)]
    columns = {
        "highway": texts(edges, "highway"),
        "road_class": road_class,
        "sided": road_class != "path",
        "oneway": street_tags.one_way(edges),
        "crossable": ~barred,
        "name": np.where(pd.isna(name), ref, name),
        "settlement": np.asarray(settlement, dtype=object),
        "street_id": _street_ids(network),
    }
    return pd.DataFrame({k: pd.Series(v, dtype=v.dtype) for k, v in columns.items()})


def _street_ids(network: WalkNetwork) -> Objects:
    """Return ids that stay the same from run to run: way and both ends, numbered if drawn twice."""
    ends = network.node_id[network.edge_nodes.astype(np.int64)]
    way = network.edges["way_id"].to_numpy(dtype=np.int64)
    ids = pd.Series([f"w{w}:{a}-{b}" for w, (a, b) in zip(way, ends.tolist(), strict=True)])
    again = ids.groupby(ids).cumcount()
    return np.where(again > 0, ids + "#" + (again + 1).astype(str), ids).astype(object)


def road_key(base: pd.DataFrame) -> Ints:
    """Give each road (same name, class and one-way) a number, -1 where it has no name."""
    key = base.groupby(["name", "road_class", "oneway"], sort=False).ngroup().to_numpy()
    return np.where(base["sided"] & base["name"].notna(), key, -1).astype(np.int64)


def default_numbers(base: pd.DataFrame) -> dict[str, Reading]:
    """Return the class defaults of speed, lanes and traffic."""
    settlement = base["settlement"].to_numpy()
    urban, rural = (_class_table(base, f"speed_{place}") for place in _SETTLEMENTS)
    in_town = (settlement == "urban")[:, None]
    unclear = ~np.isin(settlement.astype(str), _SETTLEMENTS)
    speed = np.where(in_town | unclear[:, None], urban, rural)
    speed[unclear, 1] = np.fmin(urban, rural)[unclear, 1]
    speed[unclear, 2] = np.fmax(urban, rural)[unclear, 2]
    lanes = _class_table(base, "lanes")
    lanes[base["oneway"]] = np.ceil(lanes[base["oneway"]] / 2)
    link = base["highway"].astype(str).str.endswith("_link").to_numpy()
    lanes[link] = rules()["link"]["lanes"]
    return {
        name: read_as("default", table[:, 0], low=table[:, 1], high=table[:, 2])
        for name, table in (
            ("speed_kmh", speed),
            ("lanes", lanes),
            ("traffic_day", _class_table(base, "traffic")),
        )
    }


def _class_table(base: pd.DataFrame, key: str) -> Floats:
    """Return (m, 3): value, low and high of each street's class, NaN for paths."""
    classes, default = _default_class(base), rules()["default"]
    rows = [*(default[name][key] for name in default), [np.nan] * 3]
    at = [*default].index
    codes, values = pd.factorize(classes)
    place = np.array([at(value) if value in default else len(default) for value in values])
    table: Floats = np.array(rows, dtype=np.float64)[place[codes]]
    return table


def _default_class(base: pd.DataFrame) -> Objects:
    """Return the table of defaults for each street: its class, or ``any`` where that is open."""
    highway = base["highway"].fillna("").to_numpy(dtype=object)
    return np.where(np.isin(highway.astype(str), rules()["kind"]["any"]), "any", base["road_class"])


def width_of_lanes(lanes: Reading) -> Reading:
    """Assume the width of a carriageway from its lanes."""
    value, low, high = rules()["lane_width"]["value"]
    return read_as("default", lanes.value * value, low=lanes.low * low, high=lanes.high * high)


def default_sidewalk(base: pd.DataFrame) -> Reading:
    """Return what is assumed of sidewalks: ``shared`` or ``no`` for some classes, else unknown."""
    default, result = rules()["default"], np.full(len(base), np.nan)
    classes, settlement = _default_class(base), base["settlement"].to_numpy()
    for name, table in default.items():
        for where in _SETTLEMENTS:
            word = table.get(f"sidewalk_{where}")
            if word is not None:
                here = (classes == name) & (settlement == where)
                result[here] = street_tags.SIDEWALK.index(word)
    shared = base["highway"].isin(rules()["kind"]["shared"]) | ~base["sided"]
    result[shared] = street_tags.SIDEWALK.index("shared")
    return read_as("default", result)


def may_be_crossed_anywhere(base: pd.DataFrame, numbers: Mapping[str, Reading]) -> Flags:
    """Say which streets may be crossed anywhere: of a low class, not known to be fast or wide."""
    rule = rules()["kind"]
    low_class = base["road_class"].isin(rule["quiet"]).to_numpy()
    slow = numbers["speed_kmh"].value <= rule["quiet_max_kmh"]
    narrow = numbers["lanes"].value <= rule["quiet_max_lanes"]
    quiet: Flags = low_class & slow & narrow
    return quiet


def rules() -> dict[str, Any]:
    """Return ``data/rules/street_defaults.toml``."""
    return load_toml("rules/street_defaults.toml")
