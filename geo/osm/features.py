"""Which things with given tags does an OSM file hold: schools, buildings, water, boundaries?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import geopandas as gpd
import numpy as np
import osmium
import osmium.filter
import osmium.geom
import osmium.osm
import pandas as pd
import shapely

from geo.bundled import load_toml
from geo.osm.file import open_osm, osmium_reads

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.osm.file import OsmFile

Wanted = Mapping[str, Sequence[Mapping[str, Any]]]
"""Layer -> filters; a filter is key -> value, list of values, or True for any value."""

_Shaped: TypeAlias = osmium.osm.Node | osmium.osm.Way | osmium.osm.Area
_WITH_SHAPE = (osmium.osm.Node, osmium.osm.Way, osmium.osm.Area)
_ENDS = 2  # a line has two
_RING = 4  # vertices of the smallest closed line that is an area
_POLYGONAL = [3, 6]  # shapely's numbers of Polygon and MultiPolygon


@dataclass(frozen=True)
class _Collected:
    """Things that are wanted, in the order of the file (columns of equal length)."""

    layers: list[list[int]] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)
    number: list[int] = field(default_factory=list)
    tags: list[dict[str, str]] = field(default_factory=list)
    shape: list[str] = field(default_factory=list)
    """Hexadecimal WKB."""


def features_from_osm(path: Path, wanted: Wanted) -> gpd.GeoDataFrame:
    """Read the things of an OSM file whose tags match.

    Parameters
    ----------
    path
        ``.osm``, ``.osm.gz``, ``.osm.bz2`` or ``.osm.pbf``.
    wanted
        Layer -> filters. All keys of a filter must hold; one filter of a layer is enough.

    Returns
    -------
    geopandas.GeoDataFrame
        EPSG:4326, sorted by layer (as wanted), kind of object and id. Columns: ``layer``,
        ``osm_id`` ("n1", "w1", "r1"), ``name``, ``name:en``, ``tags`` (dict of str), geometry.
        Nodes are points, open ways lines; closed ways and multipolygon or boundary relations are
        areas. Of a thing that the extract cuts, it is the lines that the file still holds.
        A thing that matches several layers has a row in each.

    Raises
    ------
    InputRefused
        What `geo.osm.file.open_osm` refuses.

    Examples
    --------
    >>> from geo.bundled import DEMO
    >>> wanted = {"water": [{"natural": "water"}]}
    >>> features = features_from_osm(DEMO / "streets.osm.pbf", wanted)
    >>> sorted(set(features["layer"])), str(features.crs)
    (['water'], 'EPSG:4326')
    """
    file = open_osm(Path(path))
    with osmium_reads(file.name):
        found = _collect(file, wanted)
    return _frame(found, list(wanted))


def _collect(file: OsmFile, wanted: Wanted) -> _Collected:
    """Pass over the file; only things that have one of the wanted keys reach Python."""
    keys = sorted({key for filters in wanted.values() for one in filters for key in one})
    rules = _by_first_key(wanted)
    found, wkb = _Collected(), osmium.geom.WKBFactory()
    area_types = load_toml("rules/streets.toml")["features"]["area_relations"]
    relations: dict[int, tuple[list[int], dict[str, str], list[int]]] = {}
    if not keys:
        return found
    pass_keys = osmium.filter.KeyFilter(*keys)
    things = osmium.FileProcessor(file.source).with_areas(pass_keys).with_filter(pass_keys)
    for thing in things:
        if isinstance(thing, osmium.osm.Area) and thing.from_way():
            continue  # made of the way itself, which comes too
        tags = {tag.k: tag.v for tag in thing.tags}
        layers = sorted({i for key in tags for i, one in rules.get(key, ()) if _matches(tags, one)})
        if layers and isinstance(thing, osmium.osm.Relation) and tags.get("type") in area_types:
            ways = [member.ref for member in thing.members if member.type == "w"]
            relations[thing.id] = (layers, tags, ways)
        elif layers and isinstance(thing, _WITH_SHAPE):
            _add(found, _kind_and_number(thing), (layers, tags, _shape(thing, wkb)))
    whole = {n for n, kind in zip(found.number, found.kind, strict=True) if kind == "r"}
    cut = {number: parts for number, parts in relations.items() if number not in whole}
    lines = _lines(file, {way for *_, ways in cut.values() for way in ways})
    for number, (layers, tags, ways) in cut.items():
        parts = [lines[way] for way in ways if way in lines]
        shape = shapely.to_wkb(shapely.multilinestrings(parts), hex=True) if parts else None
        _add(found, ("r", number), (layers, tags, shape))
    return found


def _add(
    found: _Collected,
    thing: tuple[str, int],
    what: tuple[list[int], dict[str, str], str | None],
) -> None:
    """Keep a thing; of one without any place in the file nothing can be said."""
    layers, tags, shape = what
    if shape is not None:
        found.layers.append(layers)
        found.kind.append(thing[0])
        found.number.append(thing[1])
        found.tags.append(tags)
        found.shape.append(shape)


def _by_first_key(wanted: Wanted) -> dict[str, list[tuple[int, Mapping[str, Any]]]]:
    """Return the filters, with the numbers of their layers, under one key that each asks for."""
    rules: dict[str, list[tuple[int, Mapping[str, Any]]]] = {}
    for number, filters in enumerate(wanted.values()):
        for one in filters:
            rules.setdefault(next(iter(one)), []).append((number, one))
    return rules


def _matches(tags: Mapping[str, str], one: Mapping[str, Any]) -> bool:
    """Tell whether all keys of a filter hold."""
    for key, wanted in one.items():
        value = tags.get(key)
        if value is None:
            return False
        if wanted is not True and value not in ([wanted] if isinstance(wanted, str) else wanted):
            return False
    return True


def _kind_and_number(thing: _Shaped) -> tuple[str, int]:
    if isinstance(thing, osmium.osm.Area):
        return "r", thing.orig_id()
    return thing.type_str(), thing.id


def _shape(thing: _Shaped, wkb: osmium.geom.WKBFactory) -> str | None:
    """Return the hexadecimal WKB of a node, way or area, as far as the file holds it."""
    try:
        if isinstance(thing, osmium.osm.Node):
            return str(wkb.create_point(thing))
        if isinstance(thing, osmium.osm.Way):
            return str(wkb.create_linestring(thing))
        return str(wkb.create_multipolygon(thing))
    except (RuntimeError, osmium.InvalidLocationError):
        line = _longest_run(thing) if isinstance(thing, osmium.osm.Way) else None
        return None if line is None else str(shapely.to_wkb(line, hex=True))


def _longest_run(way: osmium.osm.Way) -> shapely.LineString | None:
    """Return the longest part of a way whose nodes are all in the file."""
    runs: list[list[tuple[float, float]]] = [[]]
    for node in way.nodes:
        if node.location.valid():
            runs[-1].append((node.lon, node.lat))
        else:
            runs.append([])
    longest = max(runs, key=len)
    return shapely.LineString(longest) if len(longest) >= _ENDS else None


def _lines(file: OsmFile, ways: set[int]) -> dict[int, shapely.LineString]:
    """Return the lines of some ways, as far as the file holds them."""
    if not ways:
        return {}
    only_ways = osmium.filter.EntityFilter(osmium.osm.WAY)
    reader = osmium.FileProcessor(file.source).with_locations().with_filter(only_ways)
    runs = (
        (way.id, _longest_run(way))
        for way in reader
        if isinstance(way, osmium.osm.Way) and way.id in ways
    )
    return {number: line for number, line in runs if line is not None}


def _frame(found: _Collected, names: Sequence[str]) -> gpd.GeoDataFrame:
    """Put the things in order, one row for each layer that they match."""
    shapes = _areas(
        np.asarray(shapely.from_wkb(np.array(found.shape, dtype=object)), dtype=object).reshape(-1),
        np.array([_is_area(tags) for tags in found.tags], dtype=bool),
    )
    rows = sorted(
        (layer, "nwr".index(found.kind[i]), found.number[i], i)
        for i, layers in enumerate(found.layers)
        for layer in layers
    )
    at = [row[-1] for row in rows]
    text = {
        "layer": [names[layer] for layer, *_ in rows],
        "osm_id": [f"{found.kind[i]}{found.number[i]}" for i in at],
        "name": [found.tags[i].get("name") for i in at],
        "name:en": [found.tags[i].get("name:en") for i in at],
    }
    frame = pd.DataFrame({key: pd.Series(values, dtype="str") for key, values in text.items()})
    frame["tags"] = pd.Series([found.tags[i] for i in at], dtype=object)
    return gpd.GeoDataFrame(frame, geometry=shapes[at], crs="EPSG:4326")


def _is_area(tags: Mapping[str, str]) -> bool:
    """Tell whether a closed way with these tags encloses something."""
    rule = load_toml("rules/streets.toml")["features"]
    if tags.get("area") in ("yes", "no"):
        return tags["area"] == "yes"
    drawn = [tags[key] for key in rule["line_keys"] if key in tags]
    others = any(key in tags for key in rule["area_keys"])
    return others or not drawn or any(value in rule["area_values"] for value in drawn)


def _areas(shapes: NDArray[np.object_], is_area: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Make areas of closed lines that enclose something, and valid areas of all areas."""
    shapes = shapes.copy()
    closed = is_area & shapely.is_closed(shapes) & (shapely.get_type_id(shapes) == 1)
    closed &= shapely.get_num_coordinates(shapes) >= _RING
    rings, ring_of = shapely.get_coordinates(shapes[closed], return_index=True)
    shapes[closed] = shapely.polygons(shapely.linearrings(rings, indices=ring_of))
    broken = ~shapely.is_valid(shapes)
    repaired = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    usable = np.isin(shapely.get_type_id(repaired), _POLYGONAL) & ~shapely.is_empty(repaired)
    shapes[broken] = np.where(usable, repaired, shapely.boundary(shapes[broken]))
    single = (shapely.get_type_id(shapes) == _POLYGONAL[1]) & (
        shapely.get_num_geometries(shapes) == 1
    )
    shapes[single] = shapely.get_geometry(shapes[single], 0)
    return shapes
