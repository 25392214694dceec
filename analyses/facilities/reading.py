"""Which facilities are there, from any layer or an OSM file?

Columns of a frame of facilities (the index is a plain range):

``facility_id``
    the file's own id, ``osm:`` and OSM's, or kind and a short hash of name and place
``name``, ``kind``, ``source``
    text; `kind` is an id of ``data/facility_types.toml`` or "" where the word is unknown
``capacity``, ``area_m2``
    places and site area, NaN = unknown
``row``
    row or feature number as the user sees it
``kind_word``
    the kind as it was written
``kind_from``
    how the kind is known: a code of ``facilities/kind_from`` (column, setting, name, header, file,
    tags, capacity); all but the first two are inferred
``place_from``, ``doubt_m``
    how a place without coordinates was found (``facilities/place_from``; "" = it has coordinates),
    and about how far the true place may be, metres
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from analyses.facilities.kinds import inferred, level_of
from analyses.facilities.merging import merge_facilities
from analyses.facilities.types import (
    facility_types,
    kind_of,
    osm_kind,
    osm_wanted,
)
from geo.findings import Finding
from geo.words import texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


__all__ = [
    "COLUMNS", "facilities_from_layer", "facilities_from_osm", "inferred",
    "merge_facilities", "osm_findings", "osm_wanted",
]  # fmt: skip

COLUMNS = (
    "facility_id", "name", "kind", "source", "capacity", "area_m2", "row", "kind_word",
    "kind_from", "place_from", "doubt_m", "geometry",
)  # fmt: skip
OSM_SOURCE = "OpenStreetMap"
_HASH_DIGITS = 8
_PLACE_DIGITS = 6


def facilities_from_layer(
    layer_frame: gpd.GeoDataFrame, *, kind: str | None, source: str
) -> gpd.GeoDataFrame:
    """Return the facilities of a checked layer.

    Parameters
    ----------
    layer_frame
        With canonical columns (``geo.read.columns``), of which only the geometry is needed; the
        index is the row number as the user sees it.
    kind
        Kind (id or word) of the rows whose own column says nothing or only, say, 学校; None where
        the column has it.
    source
        Name of the file, shown with every facility.

    Returns
    -------
    GeoDataFrame
        One row for each row of the layer, columns as in the module's head, in the layer's CRS.
        A row of unknown kind keeps ``kind = ""``; `merge_facilities` sets it aside.

    Examples
    --------
    >>> import yimi
    >>> schools = yimi.read(yimi.demo / "schools.csv")
    >>> places = facilities_from_layer(schools.frame, kind=None, source=schools.name)
    >>> places.loc[0, ["facility_id", "kind", "kind_word"]].tolist()
    ['S001', 'primary_school', '小学']
    """
    words = _texts(layer_frame, "kind")
    kinds = _kinds(words, kind)
    by_column = [kind_of(word) == own for word, own in zip(words, kinds, strict=True)]
    how = ["column" if own else "setting" for own in by_column]
    names = _texts(layer_frame, "name")
    ids = _texts(layer_frame, "id" if "id" in layer_frame else "facility_id")
    geometry = layer_frame.geometry.to_numpy()
    made = _made_ids(kinds, names, geometry)
    return gpd.GeoDataFrame(
        {
            "facility_id": [own or new for own, new in zip(ids, made, strict=True)],
            "name": names,
            "kind": kinds,
            "source": source,
            "capacity": _numbers(layer_frame, "capacity"),
            "area_m2": _numbers(layer_frame, "area_m2"),
            "row": layer_frame.index.to_numpy(),
            "kind_word": words,
            "kind_from": _texts(layer_frame, "kind_from") if "kind_from" in layer_frame else how,
            "place_from": [_way(text) for text in _texts(layer_frame, "place_from")],
            "doubt_m": np.nan_to_num(_numbers(layer_frame, "doubt_m")),
        },
        geometry=geometry,
        crs=layer_frame.crs,
    )


def facilities_from_osm(features: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the facilities among OSM features.

    Parameters
    ----------
    features
        Columns ``osm_id, name, tags`` (a dict each) and the geometry; a feature that was taken for
        several kinds may stand there several times.  The kind is found anew from tags and name,
        the level of a school that has none in its kind from its tags, name or places.

    Returns
    -------
    GeoDataFrame
        Points and polygons of a known kind, each feature once; columns as in the module's head,
        capacity from the tag ``capacity``, in the CRS of `features`.

    Examples
    --------
    >>> import shapely
    >>> tags = {"amenity": "kindergarten", "capacity": "90"}
    >>> feature = {"osm_id": "n1", "name": "", "tags": tags}
    >>> features = gpd.GeoDataFrame([feature], geometry=[shapely.Point(117, 39)], crs=4326)
    >>> facilities_from_osm(features)[["facility_id", "kind", "capacity"]].values.tolist()
    [['osm:n1', 'kindergarten', 90.0]]
    """
    once = features.drop_duplicates("osm_id")
    names = _texts(once, "name")
    tags: list[Mapping[str, str]] = list(once["tags"])
    capacity = np.array([_capacity(t) for t in tags])
    found, how = [], []
    for own, name, places in zip(tags, names, capacity, strict=True):
        kind = osm_kind(own, name)
        level = level_of(kind, own, name=name, capacity=places) if kind else ("", "column")
        found.append(level[0])
        how.append(level[1])
    types = facility_types()
    is_place = np.array([k != "" and types[k].use == "facility" for k in found], dtype=bool)
    is_place &= ~np.isin(shapely.get_type_id(once.geometry.to_numpy()), (1, 2, 5, 7))
    rows = np.flatnonzero(is_place)
    return gpd.GeoDataFrame(
        {
            "facility_id": [f"osm:{osm_id}" for osm_id in once["osm_id"].iloc[rows]],
            "name": [names[i] for i in rows],
            "kind": [found[i] for i in rows],
            "source": OSM_SOURCE,
            "capacity": capacity[rows],
            "area_m2": np.full(len(rows), np.nan),
            "row": -1,
            "kind_word": [found[i] for i in rows],
            "kind_from": [how[i] for i in rows],
            "place_from": "",
            "doubt_m": 0.0,
        },
        geometry=once.geometry.to_numpy()[rows],
        crs=features.crs,
    )


def osm_findings(features: gpd.GeoDataFrame, *, file: str) -> tuple[Finding, ...]:
    """Say how many of the features that were looked at for facilities are of no kind.

    Examples
    --------
    >>> feature = {"osm_id": "n1", "name": "", "tags": {"amenity": "bench"}}
    >>> features = gpd.GeoDataFrame([feature])
    >>> [finding.code for finding in osm_findings(features, file="a.osm")]
    ['OSM_UNCLASSIFIED']
    """
    wanted = features[features["layer"].isin(osm_wanted())] if "layer" in features else features
    once = wanted.drop_duplicates("osm_id")
    names = _texts(once, "name")
    count = sum(osm_kind(t, n) is None for t, n in zip(once["tags"], names, strict=True))
    if count == 0:
        return ()
    return (Finding("OSM_UNCLASSIFIED", file, detail={"count": count}),)


def _kinds(words: Sequence[str], given: str | None) -> list[str]:
    """Return the kind of each row: its own word if it tells one, else the given kind."""
    types = facility_types()
    fallback = (kind_of(given) or "") if given else ""
    meaning = {word: kind_of(word) if word else None for word in set(words)}
    kinds = []
    for word in words:
        own = meaning[word] or ""
        plain = own == "" or types[own].vague
        kinds.append(fallback or own if plain else own)
    return kinds


def _made_ids(kinds: Sequence[str], names: Sequence[str], geometry: NDArray[Any]) -> list[str]:
    """Return ids that depend on nothing but kind, name and place of the facility itself."""
    points = shapely.point_on_surface(geometry)
    places = zip(shapely.get_x(points), shapely.get_y(points), strict=True)
    return [
        f"{kind or 'unknown'}-" + _digest(f"{name}|{x:.{_PLACE_DIGITS}f}|{y:.{_PLACE_DIGITS}f}")
        for kind, name, (x, y) in zip(kinds, names, places, strict=True)
    ]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]


def _texts(frame: pd.DataFrame, column: str) -> list[str]:
    """Return a column as texts, "" where it or a cell is missing."""
    if column not in frame:
        return [""] * len(frame)
    return ["" if pd.isna(cell) else str(cell).strip() for cell in frame[column]]


def _way(text: str) -> str:
    """Return the code of how a place was found, as a code or as a saved list says it."""
    ways = texts("facilities/place_from")
    known = {word: code for code, title in ways.items() for word in (code, *title.values())}
    return known.get(text, "")


def _numbers(frame: pd.DataFrame, column: str) -> NDArray[np.float64]:
    if column not in frame:
        return np.full(len(frame), np.nan)
    return frame[column].to_numpy(dtype=np.float64, na_value=np.nan)


def _capacity(tags: Mapping[str, str]) -> float:
    text = tags.get("capacity", "")
    return float(text) if text.isascii() and text.isdigit() else float("nan")
