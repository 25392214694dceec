"""Which walls, waters and railways does a study's map hold, and which streets does one step on to?

The lists stand in ``data/rules/walls.toml``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.bundled import load_toml
from geo.osm import has_tag
from geo.walk import Walls, open_walls

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.arrays import Flags, Floats, Objects
    from geo.walk import WalkNetwork

_GATE, _COMPOUND, _BARRIER = "wall:gate", "wall:compound", "wall:barrier"
_AREA = 2
_POINT, _LINE = 0, 1
_TRIANGLE = 3


def walls_osm_wanted() -> dict[str, Any]:
    """Return what to take from the streets' OSM file, for `features_from_osm`.

    Examples
    --------
    >>> all(isinstance(filters, list) for filters in walls_osm_wanted().values())
    True
    """
    rules = load_toml("rules/walls.toml")
    own = {f"wall:{name}": row["osm"] for name, row in rules["wall"].items() if "osm" in row}
    return {**own, _GATE: rules["gate"]["osm"], _COMPOUND: rules["compound"]["osm"]}


def walls_of(
    features: gpd.GeoDataFrame,
    official: Mapping[str, gpd.GeoDataFrame],
    *,
    gates: gpd.GeoDataFrame | None = None,
    roads: gpd.GeoDataFrame | None = None,
    buildings: gpd.GeoDataFrame | None = None,
    compounds: gpd.GeoDataFrame | None = None,
    network: WalkNetwork | None = None,
) -> Walls:
    """Put together what no way to a door crosses.

    Parameters
    ----------
    features
        What `walls_osm_wanted` and `analyses.links.obstacles_osm_wanted` found (columns ``layer,
        tags``), metric CRS; may be empty.
    official
        Official layers of ``data/rules/safety_layers.toml`` by name, same CRS.
    gates
        Given gates: walls are open there, too.
    roads
        The road layer, with a column ``highway`` or ``fclass``, where streets are no OSM file.
    buildings
        Buildings of a file of their own.
    compounds, network
        Given compounds; they are open where one of the streets crosses their outline.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> tags = [{"barrier": "wall"}]
    >>> wall = [shapely.LineString([(0, 0), (100, 0)])]
    >>> columns = {"layer": ["wall:barrier"], "tags": tags}
    >>> features = gpd.GeoDataFrame(columns, geometry=wall, crs=4548)
    >>> walls_of(features, {}).kind.tolist()
    ['barrier']
    """
    rules = load_toml("rules/walls.toml")
    shapes: list[Objects] = []
    kinds: list[str] = []
    for name, row in rules["wall"].items():
        parts = [features[features["layer"] == row.get("feature", f"wall:{name}")]]
        if roads is not None and "highway" in row.get("osm", [{}])[0]:
            parts.append(_of_roads(roads, row))
        if row.get("layer") in official:
            parts.append(_of_layer(official[row["layer"]], row))
        if name == "building" and buildings is not None:
            parts.append(buildings)
        for part in parts:
            found = _shapes(part[_there(part, row, rules)], measured=row["measured"])
            shapes.append(found)
            kinds += [name] * len(found)
    mapped = features[features["layer"] == _GATE]
    places = [_places(mapped[~_has(mapped, rules["gate"]["closed"])])]
    if gates is not None:
        places.append(_places(gates))
    if compounds is not None:
        outlines = _shapes(compounds, measured="line")
        shapes.append(outlines)
        kinds += [_COMPOUND.partition(":")[2]] * len(outlines)
        places += _openings(outlines, gates, network, within_m=rules["compound_gate_max"]["value"])
    kind = np.array(kinds, dtype=object)
    soft = np.array([bool(rules["wall"].get(k, {}).get("soft")) for k in kinds], dtype=bool)
    return open_walls(
        np.concatenate(shapes),
        kind=kind,
        soft=soft,
        gates=np.concatenate(places),
        gate_max_m=rules["gate_max"]["value"],
        gate_width_m=rules["gate_width"]["value"],
        touch_m=rules["touch"]["value"],
    )


def compounds_of(features: gpd.GeoDataFrame, layer: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Return the areas of housing: given ones, mapped ones, and what closed walls enclose.

    Parameters
    ----------
    features
        See `walls_of`.
    layer
        The layer of compounds, or None.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> ring = shapely.LineString([(0, 0), (100, 0), (100, 100), (0, 0)])
    >>> columns = {"layer": ["wall:barrier"], "tags": [{"barrier": "wall"}]}
    >>> compounds_of(gpd.GeoDataFrame(columns, geometry=[ring], crs=4548), None).area.tolist()
    [5000.0]
    """
    areas = [np.asarray(features.geometry.to_numpy()[features["layer"] == _COMPOUND], dtype=object)]
    if layer is not None:
        areas.append(np.asarray(layer.geometry.array, dtype=object))
    drawn = np.asarray(features.geometry.to_numpy()[features["layer"] == _BARRIER], dtype=object)
    closed = drawn[shapely.is_closed(drawn) & (shapely.get_type_id(drawn) == _LINE)]
    closed = closed[shapely.get_num_coordinates(closed) > _TRIANGLE]
    if len(closed):
        xy, of = shapely.get_coordinates(closed, return_index=True)
        rings: Any = shapely.polygons(shapely.linearrings(xy, indices=of))
        areas.append(np.asarray(rings, dtype=object))
    whole = np.concatenate(areas)
    whole = whole[shapely.get_dimensions(whole) == _AREA]
    return gpd.GeoDataFrame(geometry=shapely.make_valid(whole), crs=features.crs)


def joinable(network: WalkNetwork) -> Flags:
    """Say which edges a home or a door may be put on: streets on the ground, no motorways.

    Examples
    --------
    >>> import yimi
    >>> streets = yimi.load(yimi.demo).city.streets
    >>> bool(joinable(streets).any())
    True
    """
    rules = load_toml("rules/walls.toml")
    row, no = rules["street"], rules["tags"]["no"]
    edges = network.edges
    off = np.zeros(len(edges), dtype=bool)
    for tag in row["off_ground"]:
        off |= has_tag(edges, [tag], no=[*no, *row["on_ground"][tag]])
    off |= _levels(edges) != 0
    if "highway" in edges:
        off |= edges["highway"].isin(row["never"]).to_numpy(dtype=bool)
    return ~off


def _there(frame: gpd.GeoDataFrame, row: Mapping[str, Any], rules: Mapping[str, Any]) -> Flags:
    """Say which rows are there, on the ground, and cannot be passed."""
    passed, no = rules["passed"], rules["tags"]["no"]
    gone = _has(frame, passed["values"])
    for tag in passed["tags"]:
        values = pd.Series(_tag(frame, tag), dtype=object)
        gone |= (values.notna() & ~values.isin(no)).to_numpy(dtype=bool)
    if "levels" in row:
        level = _levels(pd.DataFrame({"layer": _tag(frame, "layer")}))
        gone |= (level > 0) if row["levels"] == "above" else (level != 0)
    return ~gone


def _has(frame: gpd.GeoDataFrame, values: Mapping[str, list[str]]) -> Flags:
    """Say which rows have one of some values of a tag."""
    found = np.zeros(len(frame), dtype=bool)
    for tag, wanted in values.items():
        found |= pd.Series(_tag(frame, tag), dtype=object).isin(wanted).to_numpy(dtype=bool)
    return found


def _tag(frame: gpd.GeoDataFrame, tag: str) -> Objects:
    """Return a tag of features of OSM, or a column; None where it is absent."""
    if "tags" in frame:
        return np.array([tags.get(tag) for tags in frame["tags"]], dtype=object)
    nothing = np.full(len(frame), None, dtype=object)
    return frame[tag].to_numpy(dtype=object) if tag in frame else nothing


def _levels(edges: pd.DataFrame) -> Floats:
    """Return the number of the tag ``layer``, 0 where there is none."""
    if "layer" not in edges:
        return np.zeros(len(edges))
    texts = edges["layer"].astype(object)
    return pd.to_numeric(texts, errors="coerce").fillna(0.0).to_numpy(dtype=np.float64)


def _of_layer(frame: gpd.GeoDataFrame, row: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """Return the rows of an official layer that count."""
    keep = np.ones(len(frame), dtype=bool)
    for column, values in row.get("only", {}).items():
        keep &= frame[column].isin(values).to_numpy(dtype=bool)
    return frame[keep]


def _of_roads(roads: gpd.GeoDataFrame, row: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """Return the roads of a layer that count."""
    column = "highway" if "highway" in roads else "fclass"
    if column not in roads:
        return roads.iloc[:0]
    return roads[roads[column].isin(row["osm"][0]["highway"]).to_numpy(dtype=bool)]


def _shapes(frame: gpd.GeoDataFrame, *, measured: str) -> Objects:
    """Return lines and areas; of areas that are measured as lines the boundary."""
    shapes = np.asarray(frame.geometry.array, dtype=object)
    shapes = shapes[~shapely.is_missing(shapes)]
    shapes = np.where(shapely.is_valid(shapes), shapes, shapely.make_valid(shapes))
    dimensions = shapely.get_dimensions(shapes)
    if measured == "line":
        shapes = np.where(dimensions == _AREA, shapely.boundary(shapes), shapes)
    return np.asarray(shapes[dimensions > _POINT], dtype=object)


def _openings(
    outlines: Objects,
    gates: gpd.GeoDataFrame | None,
    network: WalkNetwork | None,
    *,
    within_m: float,
) -> list[Floats]:
    """Return where the outlines of given compounds are open: at gates, and where streets cross."""
    found: list[Floats] = []
    if gates is not None and len(gates):
        points = np.asarray(shapely.points(_places(gates)), dtype=object)
        gate, outline = shapely.STRtree(outlines).query(
            points, predicate="dwithin", distance=within_m
        )
        foot = shapely.get_point(shapely.shortest_line(outlines[outline], points[gate]), 0)
        found.append(shapely.get_coordinates(foot).reshape(-1, 2))
    if network is not None:
        outline, street = network.tree.query(outlines, predicate="intersects")
        met = shapely.intersection(network.tree.geometries[street], outlines[outline])
        found.append(shapely.get_coordinates(met).reshape(-1, 2))
    return found


def _places(frame: gpd.GeoDataFrame) -> Floats:
    """Return the (n, 2) metres of points."""
    points = frame.geometry.array[np.asarray(frame.geom_type == "Point")]
    return shapely.get_coordinates(np.asarray(points, dtype=object)).reshape(-1, 2)
