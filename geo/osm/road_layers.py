"""Which streets does a road layer hold that was drawn in a GIS?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geo.bundled import load_toml
from geo.osm.streets import RawWays, Streets, Tagged, coded, select_walkable, take

if TYPE_CHECKING:
    import geopandas as gpd

    from geo.arrays import Flags, Floats, Ints


_PER_DEGREE = 1e7
_PAIR = re.compile(r'"([^"\\]+)"=>"((?:[^"\\]|\\.)*)"')


def streets_from_frame(frame: gpd.GeoDataFrame, *, name: str) -> Streets:
    """Take the streets of a road layer.

    Parameters
    ----------
    frame
        Lines in EPSG:4326; the index becomes ``way_id`` if it is made of whole numbers. Columns
        called like OSM tags are kept; a line without a ``highway`` value counts as walkable, unless
        it says what else it is (``waterway``, ``railway``, ``barrier``, ...).
        Vertices at the same place (to 1e-7 degrees) become one.
    name
        How messages call the layer.

    Raises
    ------
    ValueError
        If the frame is not in EPSG:4326.
    InputRefused
        ``NETWORK_EMPTY`` if no line is left.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> line = shapely.LineString([(117, 39), (117.01, 39)])
    >>> roads = gpd.GeoDataFrame({"highway": ["residential"]}, geometry=[line], crs=4326)
    >>> streets_from_frame(roads, name="roads").ways["highway"].tolist()
    ['residential']
    """
    if frame.crs is None or not frame.crs.equals("EPSG:4326", ignore_axis_order=True):
        raise ValueError(f"{name}: the road layer must be in EPSG:4326, it is in {frame.crs}")
    lines, row = shapely.get_parts(frame.geometry.to_numpy(), return_index=True)
    good = np.isin(shapely.get_type_id(lines), [1, 2])  # LineString, LinearRing
    lonlat, line_of = shapely.get_coordinates(lines, return_index=True)
    off_earth = ~(np.abs(lonlat) <= [180.0, 90.0]).all(axis=1)  # NaN too
    good[line_of[off_earth]] = False
    good &= ~shapely.is_empty(lines)
    tagged = _tags_of_frame(frame)
    other = _other_things(frame, tagged)
    good &= ~other[row]
    lonlat, line_of = shapely.get_coordinates(lines[good], return_index=True)
    lonlat, vertex = _by_place(lonlat)
    raw = RawWays(
        ways=take(tagged, row[good]),
        size=np.bincount(line_of, minlength=int(good.sum())).astype(np.int64),
        vertex=vertex,
        lonlat=lonlat,
    )
    unused = len(frame) - int(np.count_nonzero(other)) - np.unique(row[good]).size
    dropped = {"not_a_line": (unused, 0.0), "not_street": (int(np.count_nonzero(other)), 0.0)}
    return select_walkable(raw, name=name, dropped=dropped)


def _by_place(lonlat: Floats) -> tuple[Floats, Ints]:
    """Round to 1e-7 degrees and number the places (0, 1, ... in the order of their occurrence)."""
    whole = np.rint(lonlat * _PER_DEGREE).astype(np.int64)
    key = (whole[:, 0] << 32) + whole[:, 1]
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    rank = np.empty(first.size, dtype=np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(first.size)
    return whole / _PER_DEGREE, rank[place]


def _tags_of_frame(frame: gpd.GeoDataFrame) -> Tagged:
    """Take the columns called like OSM tags (or like a known alias) as text."""
    rule = load_toml("rules/streets.toml")
    wanted, of_frame = rule["way"]["tags"], rule["frame"]
    columns = {str(name).strip().casefold(): name for name in frame.columns}
    source = {tag: columns[tag] for tag in wanted if tag in columns}
    for alias, tag in of_frame["aliases"].items():
        if alias in columns:
            source.setdefault(tag, columns[alias])
    numbered = pd.api.types.is_integer_dtype(frame.index.dtype)
    way_id = frame.index.to_numpy(np.int64) if numbered else np.arange(1, len(frame) + 1)
    plain = {tag: dict.fromkeys(of_frame["yes"], "yes") | dict.fromkeys(of_frame["no"], "no")
             for tag in of_frame["yes_or_no"]}  # fmt: skip
    rows: dict[tuple[str, str], list[int]] = {}
    for tag, column in source.items():
        for i, value in enumerate(frame[column].to_list()):
            text = "" if pd.isna(value) else str(value).strip()
            text = plain.get(tag, {}).get(text.casefold(), text)
            if text:
                rows.setdefault((tag, text), []).append(i)
    if of_frame["other_tags"] in columns:
        for i, value in enumerate(frame[columns[of_frame["other_tags"]]].to_list()):
            for tag, text in _PAIR.findall("" if pd.isna(value) else str(value)):
                if tag in wanted and tag not in source:
                    rows.setdefault((tag, text), []).append(i)
    return coded(way_id, wanted, rows)


def _other_things(frame: gpd.GeoDataFrame, tagged: Tagged) -> Flags:
    """Say which lines are marked as something else than a street, and not as a street."""
    other = np.zeros(len(frame), dtype=bool)
    for tag in load_toml("rules/streets.toml")["frame"]["not_streets"]:
        if tag in frame.columns:
            text = frame[tag].astype(object)
            other |= (text.notna() & (text.astype(str).str.strip() != "")).to_numpy(dtype=bool)
    if {load_toml("rules/streets.toml")["frame"]["other_tags"], "highway"} <= set(frame.columns):
        other[:] = True  # all lines of an OSM file: those without highway are no streets
    return other & (tagged.codes["highway"] < 0)
