"""How does a result become one GeoPackage that QGIS opens with its styles?"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import TYPE_CHECKING, Any, TypeVar
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from analyses.schema import roles
from maps.files.workbook import header
from maps.style import palette, role_colour

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from analyses.result import Shown
    from geo.words import Lang

_FIXED_DATE = "2000-01-01T00:00:00.000Z"
"""Fixed, so that the same tables give the same bytes."""
_STYLE_TABLE = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
  f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
  styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
  owner TEXT(30), ui TEXT(30), update_time DATETIME DEFAULT CURRENT_TIMESTAMP)
"""
_SYMBOLS = {"Point": ("marker", "SimpleMarker"), "Line": ("line", "SimpleLine")}
Frame = TypeVar("Frame", bound=pd.DataFrame)
Layers = dict[str, gpd.GeoDataFrame | pd.DataFrame]


def write_geopackage(
    path: Path,
    shown: Sequence[Shown],
    *,
    tables: Mapping[str, pd.DataFrame],
    lang: Lang = "zh",
) -> dict[str, int]:
    """Write the layers that may be shown, and the plain tables, with QGIS styles.

    Parameters
    ----------
    path
        File to write; must not exist.
    shown
        What the analysis offers (see `analyses.result`).
    tables
        Further tables without geometry; one that is called like a layer is left out.
    lang
        Language of the aliases that QGIS shows for the columns.

    Returns
    -------
    dict
        Layer -> rows, as counted in the written file.

    Examples
    --------
    >>> import tempfile, yimi
    >>> from pathlib import Path
    >>> run = yimi.run(yimi.demo)
    >>> areas = [item for item in run.result.shown if item.role == "area"]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_geopackage(Path(folder, "a.gpkg"), areas, tables={})
    {'areas': 60}
    """
    layers = _layers(shown)
    layers |= {name: _storable(table) for name, table in tables.items() if name not in layers}
    with _fixed_time():
        for name, frame in layers.items():
            if isinstance(frame, gpd.GeoDataFrame):
                title = roles()[_role_of(name)].title[lang]
                # One multi-type per layer, or the driver warns about mixed geometry.
                frame.to_file(
                    path, layer=name, driver="GPKG", promote_to_multi=True, DESCRIPTION=title
                )
            else:
                pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG")
    _write_styles(path, layers, shown, lang=lang)
    written = {name: int(pyogrio.read_info(path, layer=name)["features"]) for name in layers}
    short = [name for name, rows in written.items() if rows != len(layers[name])]
    if short:
        raise OSError(28, "rows are missing after writing", ", ".join(short))
    return written


@contextlib.contextmanager
def _fixed_time() -> Iterator[None]:
    """Let GDAL write a fixed date instead of now, and put its setting back afterwards."""
    key = "OGR_CURRENT_DATE"
    before = pyogrio.get_gdal_config_option(key)
    pyogrio.set_gdal_config_options({key: os.environ.get(key, _FIXED_DATE)})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({key: before})


def _layers(shown: Sequence[Shown]) -> Layers:
    """Return the layers by name; points and polygons of one role lie apart."""
    rows = {item.role: item.rows for item in shown}
    layers: Layers = {}
    for item in shown:
        one = roles()[item.role]
        if one.layer is None:
            continue
        frame = item.rows
        if item.role == "area":
            frame = _with_shares(frame, rows.get("area_value"))
        if one.geometry != "any":
            layers[one.layer] = frame
            continue
        points = frame.geometry.geom_type == "Point"
        layers[one.layer] = frame[points]
        layers[_areas_of(one.layer)] = frame[~points]
    return {name: _storable(frame) for name, frame in layers.items() if len(frame)}


def _areas_of(layer: str) -> str:
    """Return the layer of the polygons of a role whose points have a layer."""
    return f"{layer.removesuffix('_points')}_areas"


def _role_of(layer: str) -> str:
    """Return the role that a layer holds."""
    layers = {one.layer: one.name for one in roles().values() if one.layer}
    layers |= {_areas_of(name): role for name, role in layers.items()}
    return layers[layer]


def _with_shares(areas: pd.DataFrame, values: pd.DataFrame | None) -> pd.DataFrame:
    """Put the walk share of each rule beside its area, one column a rule."""
    if values is None or values.empty:
        return areas
    wide = values.pivot_table(index="area_id", columns="rule_id", values="share_walk", sort=True)
    wide.columns = pd.Index([f"share_walk:{rule}" for rule in wide.columns])
    return areas.merge(wide, how="left", left_on="area_id", right_index=True)


def _storable(frame: Frame) -> Frame:
    """Return a copy with column names that every GIS takes and no infinite numbers."""
    copy = frame.rename(columns=lambda c: str(c).replace(":", "_").replace("-", "_"))
    for column in copy.columns:
        if column != "geometry" and pd.api.types.is_float_dtype(copy[column]):
            copy[column] = copy[column].replace([np.inf, -np.inf], np.nan)
        elif isinstance(copy[column].dtype, pd.CategoricalDtype):
            copy[column] = copy[column].astype(object)
    return copy


def _write_styles(path: Path, layers: Layers, shown: Sequence[Shown], *, lang: Lang) -> None:
    kinds = next((s.rows for s in shown if s.role == "kind"), None)
    with contextlib.closing(sqlite3.connect(path)) as base, base:
        base.execute(_STYLE_TABLE)
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change)"
            " VALUES ('layer_styles', 'attributes', 'layer_styles', ?)",
            (_FIXED_DATE,),
        )
        for name, frame in layers.items():
            if isinstance(frame, gpd.GeoDataFrame):
                base.execute(
                    "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name,"
                    " f_geometry_column, styleName, styleQML, useAsDefault, description,"
                    " owner, update_time) VALUES ('', '', ?, 'geom', ?, ?, 1, '', '', ?)",
                    (name, name, _qml(name, frame, kinds=kinds, lang=lang), _FIXED_DATE),
                )


def _qml(name: str, frame: gpd.GeoDataFrame, *, kinds: pd.DataFrame | None, lang: Lang) -> str:
    """Return the QGIS style of a layer: its classes and the words for its columns."""
    column, classes = _classes(name, frame, kinds=kinds, lang=lang)
    shape = _shape(frame)
    root = ET.Element("qgis", {"styleCategories": "Symbology|Fields", "version": "3.28"})
    is_range = bool(classes) and isinstance(classes[0][0], tuple)
    kind = "graduatedSymbol" if is_range else "categorizedSymbol"
    renderer = ET.SubElement(root, "renderer-v2", {"type": kind, "attr": column})
    holder = ET.SubElement(renderer, "ranges" if is_range else "categories")
    symbols = ET.SubElement(renderer, "symbols")
    for number, (value, label, colour) in enumerate(classes):
        facts = {"symbol": str(number), "label": label, "render": "true"}
        if isinstance(value, tuple):
            ET.SubElement(holder, "range", {"lower": value[0], "upper": value[1], **facts})
        else:
            ET.SubElement(holder, "category", {"value": value, **facts})
        _symbol(symbols, number, shape=shape, colour=colour)
    aliases = ET.SubElement(root, "aliases")
    for number, field in enumerate(c for c in frame.columns if c != "geometry"):
        words = {"field": field, "index": str(number), "name": header(field, lang)}
        ET.SubElement(aliases, "alias", words)
    return ET.tostring(root, encoding="unicode")


def _classes(
    name: str, frame: gpd.GeoDataFrame, *, kinds: pd.DataFrame | None, lang: Lang
) -> tuple[str, list[tuple[Any, str, str]]]:
    """Return the column that is classed, and for each class (value or range, label, colour)."""
    one = roles()[_role_of(name)]
    if one.name == "facility" and kinds is not None:
        rows = kinds[["kind", f"title_{lang}", "colour"]].itertuples(index=False)
        return "kind", [(str(k), str(words), str(colour)) for k, words, colour in rows]
    shares = [c for c in frame.columns if c.startswith("share_walk_")]
    if one.name == "area" and shares:
        return shares[0], [
            ((f"{c['from']:g}", f"{c['to']:g}"), str(c[lang]), str(c["colour"]))
            for c in palette()["share"]
        ]
    statuses = [c for c in frame.columns if c.startswith("status_")]
    if one.name == "demand" and statuses:
        return statuses[0], [
            (str(c["value"]), str(c[lang]), str(c["colour"])) for c in palette()["status"]
        ]
    if one.classes is not None:
        column, of = one.classes
        return column, [(str(c["id"]), str(c[lang]), str(c["colour"])) for c in palette()[of]]
    return "", [("", one.title[lang], role_colour(one.name))]


def _shape(frame: gpd.GeoDataFrame) -> str:
    first = str(frame.geom_type.iloc[0])
    return next((s for s in ("Point", "Line") if s in first), "Polygon")


def _symbol(symbols: ET.Element, number: int, *, shape: str, colour: str) -> None:
    """Append one QGIS symbol of the colour."""
    kind, layer_class = _SYMBOLS.get(shape, ("fill", "SimpleFill"))
    symbol = ET.SubElement(symbols, "symbol", {"name": str(number), "type": kind, "alpha": "1"})
    layer = ET.SubElement(symbol, "layer", {"class": layer_class, "enabled": "1", "pass": "0"})
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    rgba = f"{red},{green},{blue},255"
    options = {
        "Point": {"color": rgba, "name": "circle", "size": "2.2", "outline_color": "60,60,60,255"},
        "Line": {"line_color": rgba, "line_width": "0.7"},
    }.get(shape, {"color": f"{red},{green},{blue},170", "outline_color": "90,90,90,255"})
    for key, value in options.items():
        ET.SubElement(layer, "prop", {"k": key, "v": value})
