"""What do the layers about safety say, whoever drew them and whatever the columns are called?

The layers, their columns, the headers and words of offices and the tags of OSM lie in
``data/rules/safety_layers.toml``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.bundled import load_toml
from geo.osm import speed_kmh
from geo.read import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from geo.osm import Wanted

_OSM_PREFIX = "safety:"
_NUMBER = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*\D{0,8}", re.ASCII)
_DIGITS = re.compile(r"\d{1,4}", re.ASCII)
_LEAST_CONTAINED = 2
# Attributes of a survey that stand for two columns.
_BOTH_SIDES = {"sidewalk": ("sidewalk_left", "sidewalk_right")}


def layer_names() -> tuple[str, ...]:
    """Return the names of all layers.

    Examples
    --------
    >>> {"traffic_counts", "crashes"} <= set(layer_names())
    True
    """
    return tuple(_rules()["layer"])


def osm_wanted() -> Wanted:
    """Return what `geo.osm.features.features_from_osm` should look for.

    The names of the layers have a prefix, so that they may be asked for together with others.

    Examples
    --------
    >>> len(osm_wanted()) > 0, all(isinstance(filters, list) for filters in osm_wanted().values())
    (True, True)
    """
    return {
        f"{_OSM_PREFIX}{name}": [rule["when"] for rule in layer["osm"]]
        for name, layer in _rules()["layer"].items()
        if "osm" in layer
    }


def layers_from_osm(features: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers that OSM knows something of, with canonical columns.

    Parameters
    ----------
    features
        From `features_from_osm` with `osm_wanted` (other layers are left alone), in any CRS.

    Returns
    -------
    dict
        Name -> `canonical` layer.  A layer of which OSM shows no object is absent: that nothing is
        drawn is no proof that there is nothing.

    Examples
    --------
    >>> from geo.bundled import DEMO
    >>> from geo.osm import features_from_osm
    >>> layers = layers_from_osm(features_from_osm(DEMO / "streets.osm.pbf", osm_wanted()))
    >>> set(layers) <= set(layer_names()), len(layers) > 0
    (True, True)
    """
    rows = features["layer"].astype(str)
    found = {name: features[rows == f"{_OSM_PREFIX}{name}"] for name in layer_names()}
    return {name: canonical(name, frame) for name, frame in found.items() if len(frame)}


def canonical(name: str, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give a layer its canonical columns.

    Parameters
    ----------
    name
        Name of the layer in ``data/rules/safety_layers.toml``.
    frame
        Features of OSM (with a column ``tags``) or a checked layer of an office.

    Returns
    -------
    geopandas.GeoDataFrame
        Index and geometry of `frame`; ``id`` and ``name`` (text or None), the layer's own columns
        (numbers NaN, words and texts None where they are absent or cannot be read), of OSM the
        tags that the layer keeps, and ``source`` (tag | official; survey for the layer of that
        name).

    Raises
    ------
    KeyError
        If there is no layer of this name.

    Examples
    --------
    >>> import shapely
    >>> point = [shapely.Point(0, 0)]
    >>> counts = gpd.GeoDataFrame({"vehicles_day": ["9000"]}, geometry=point, crs=4548)
    >>> canonical("traffic_counts", counts)[["vehicles_day", "source"]].to_numpy().tolist()
    [[9000.0, 'official']]
    """
    layer = _rules()["layer"][name]
    columns = layer.get("column", {})
    from_osm = "tags" in frame.columns
    values = _of_tags(layer, frame) if from_osm else _of_headers(columns, frame)
    source = "tag" if from_osm else "survey" if name == "survey" else "official"
    data: dict[str, Any] = {
        "id": _texts(frame, "osm_id" if from_osm else "id"),
        "name": _texts(frame, "name"),
        **values,
        "source": source,
    }
    cells = pd.DataFrame(data, index=frame.index)
    return gpd.GeoDataFrame(cells, geometry=frame.geometry.to_numpy(), crs=frame.crs)


def unread(name: str, frame: gpd.GeoDataFrame) -> dict[str, list[str]]:
    """Return the cells of an office's layer that hold something which cannot be read, by header.

    Examples
    --------
    >>> import shapely
    >>> points = [shapely.Point(0, 0)] * 2
    >>> counts = gpd.GeoDataFrame({"vehicles_day": ["9000", "many"]}, geometry=points, crs=4548)
    >>> unread("traffic_counts", counts)
    {'vehicles_day': ['many']}
    """
    lost: dict[str, list[str]] = {}
    for spec in _rules()["layer"][name].get("column", {}).values():
        header = _header(spec, frame)
        if header is None or spec["type"] == "text":
            continue
        read = _read(spec, frame[header])
        cells = frame[header].astype(object)[read.isna() & frame[header].notna()]
        texts = sorted({text for text in cells.map(str) if text.strip()})
        if texts:
            lost[header] = texts
    return lost


def word_of(text: object, words: Mapping[str, Sequence[str]]) -> str | None:
    """Return the canonical word that a text means, or None.

    Examples
    --------
    >>> words = {"kerb": ["路内停车"], "lot": ["停车场"]}
    >>> word_of("路内停车（黄线）", words), word_of("停车场", words), word_of("停车", words)
    ('kerb', 'lot', None)
    """
    asked = plain(str(text))
    known = [(plain(form), word) for word, forms in words.items() for form in forms]
    for form, word in known:
        if form == asked:
            return word
    held = [(len(form), word) for form, word in known if form in asked]
    longest = max(held, default=(0, None), key=lambda one: one[0])
    return longest[1] if longest[0] >= _LEAST_CONTAINED else None


def number_of(text: object) -> float | None:
    """Return a number with or without a unit behind it, or None.

    Examples
    --------
    >>> number_of("1,200 辆/日"), number_of(35), number_of("约500"), number_of("20-30")
    (1200.0, 35.0, None, None)
    """
    found = _NUMBER.fullmatch(str(text).replace(",", "").replace("，", "").strip())
    return None if found is None else float(found[1])


def survey_values(
    layers: Mapping[str, gpd.GeoDataFrame],
    object_id: pd.Index[Any],
    attribute: str,
    *,
    words: Sequence[str] = (),
) -> NDArray[np.float64]:
    """Return what the survey says of one attribute of each object, NaN where nothing.

    A word is returned as its place in `words`; of several rows for one object the newest counts
    (``date``, then the order of the rows).
    """
    values = np.full(len(object_id), np.nan)
    if "survey" not in layers:
        return values
    survey = layers["survey"]
    asked = {attribute} | {k for k, both in _BOTH_SIDES.items() if attribute in both}
    rows = survey[survey["attribute"].isin(list(asked))]
    days = [_day(date) for date in rows["date"]]
    rows = rows.iloc[sorted(range(len(rows)), key=days.__getitem__)]
    place = object_id.get_indexer(pd.Index(rows["object_id"], dtype=object))
    read = [_survey_value(attribute, text, words=words) for text in rows["value"]]
    for at, value in zip(place.tolist(), read, strict=True):
        if at >= 0 and value is not None:
            values[at] = value
    return values


def _survey_value(attribute: str, text: object, *, words: Sequence[str]) -> float | None:
    """Read one value of a survey: a number, or the place of a word in its list."""
    if not words:
        return speed_kmh(str(text)) if attribute == "speed_kmh" else number_of(text)
    word = word_of(text, _rules()["words"][_rules()["survey_value"][attribute]])
    return None if word is None else float(words.index(word))


def _day(text: object) -> tuple[int, ...]:
    """Return a date such as 2026-03-01 or 2026年3月1日 so that it can be sorted."""
    return tuple(int(number) for number in _DIGITS.findall(str(text))[:3])


def _rules() -> dict[str, Any]:
    return load_toml("rules/safety_layers.toml")


def _of_tags(layer: Mapping[str, Any], frame: gpd.GeoDataFrame) -> dict[str, pd.Series[Any]]:
    """Take the columns from the tags: the first rule that matches gives them."""
    rules = layer["osm"]
    first: list[dict[str, Any]] = [
        next((rule for rule in rules if _holds(tags, rule["when"])), {}) for tags in frame["tags"]
    ]
    cells = {c: [rule.get(c) for rule in first] for c in layer.get("column", {})}
    cells |= {tag: [tags.get(tag) for tags in frame["tags"]] for tag in layer.get("tags", [])}
    return {c: pd.Series(texts, index=frame.index, dtype=object) for c, texts in cells.items()}


def _holds(tags: Mapping[str, str], when: Mapping[str, Any]) -> bool:
    return all(tags.get(k) in ([v] if isinstance(v, str) else v) for k, v in when.items())


def _of_headers(
    columns: Mapping[str, Any], frame: gpd.GeoDataFrame
) -> dict[str, pd.Series[Any] | float | None]:
    """Take the columns from the headers of an office's layer."""
    found: dict[str, pd.Series[Any] | float | None] = {}
    for column, spec in columns.items():
        header = _header(spec, frame)
        empty = np.nan if spec["type"] in ("number", "speed") else None
        found[column] = empty if header is None else _read(spec, frame[header])
    return found


def _header(spec: Mapping[str, Any], frame: gpd.GeoDataFrame) -> str | None:
    """Return the header of a column: the first of its words that the layer has."""
    headers = {plain(str(header)): str(header) for header in reversed(frame.columns)}
    return next((headers[w] for h in spec["headers"] if (w := plain(h)) in headers), None)


def _read(spec: Mapping[str, Any], cells: pd.Series[Any]) -> pd.Series[Any]:
    """Read a column, each different value once."""
    values = cells.astype(object).where(cells.notna(), None)
    table = {value: _cell(spec, value) for value in set(values) if value is not None}
    read = [table.get(value) for value in values]
    number = spec["type"] in ("number", "speed")
    return pd.Series(read, index=cells.index, dtype=np.float64 if number else object)


def _cell(spec: Mapping[str, Any], value: object) -> object:
    """Read one value as its column's type says."""
    if spec["type"] == "text":
        return str(value).strip() or None
    if spec["type"] == "word":
        word = word_of(value, _rules()["words"][spec["words"]])
        return str(value).strip() if word is None and spec.get("keep", False) else word
    if spec["type"] == "speed":
        return speed_kmh(str(value))
    number = number_of(value)
    inside = number is not None and spec["minimum"] <= number <= spec["maximum"]
    return number if inside else None


def _texts(frame: gpd.GeoDataFrame, column: str) -> pd.Series[Any]:
    """Return a column as text, None where it is absent."""
    if column not in frame.columns:
        return pd.Series([None] * len(frame), index=frame.index, dtype=object)
    texts = [None if pd.isna(cell) else str(cell) for cell in frame[column]]
    return pd.Series(texts, index=frame.index, dtype=object)


def hazards_osm_wanted() -> dict[str, Any]:
    """Return what to take from the streets' OSM file, for `features_from_osm`.

    Examples
    --------
    >>> all(isinstance(filters, list) for filters in hazards_osm_wanted().values())
    True
    """
    return {
        name: row["osm"]
        for name, row in load_toml("rules/siting.toml")["hazard"].items()
        if "osm" in row
    }
