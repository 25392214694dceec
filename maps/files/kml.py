"""How do places, schools, hazards and sites come onto a phone: as one KML in WGS 84?

The XML writer escapes every text; no placemark has a description, which viewers would read as HTML,
and nothing points to another host.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry, BaseMultipartGeometry

from analyses.schema import language_of
from geo.text import one_line
from maps.files.workbook import header
from maps.style import role_colour, safe_colour

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd

    from analyses.result import Shown
    from geo.words import Lang

_NAMESPACE = "http://www.opengis.net/kml/2.2"
_LAYERS = {
    "areas": "area", "facilities_areas": "facility", "facilities": "facility",
    "schools": "school", "hazards": "hazard", "sites": "site",
}  # fmt: skip
"""Layer -> role.  Homes, streets and ways are left out: too many for a phone."""
_DIGITS = 7
_WGS84 = 4326
_FILL, _LINE = "59", "ff"
"""Opacity of areas and lines, as KML writes it."""


def write_kml(
    path: Path, shown: Sequence[Shown], layers: Mapping[str, gpd.GeoDataFrame], *, lang: Lang
) -> None:
    """Write the layers for phones into one KML, a folder each.

    Parameters
    ----------
    path
        File to write.
    shown
        For titles and the colours of kinds.
    layers
        Name -> rows, from `maps.files.exports.export_layers`.
    lang
        Language of titles and names of columns.
    """
    titles = {item.role: item.title[lang] for item in shown}
    kinds: Any = next((item.rows for item in shown if item.role == "kind"), pd.DataFrame())
    colours = {str(k["kind"]): safe_colour(k["colour"]) for k in kinds.to_dict("records")}
    folders = [
        _folder(layers[layer], role, title=titles.get(role, layer), colours=colours, lang=lang)
        for layer, role in _LAYERS.items() if layer in layers
    ]  # fmt: skip
    root = ET.Element("kml", {"xmlns": _NAMESPACE})
    document = ET.SubElement(root, "Document")
    links = (link.text or "" for folder in folders for link in folder.iter("styleUrl"))
    for style in dict.fromkeys(links):
        _style(document, style.removeprefix("#"))
    document.extend(folders)
    ET.indent(root, " ")
    path.write_bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _folder(
    frame: gpd.GeoDataFrame, role: str, *, title: str, colours: Mapping[str, str], lang: Lang
) -> ET.Element:
    folder = ET.Element("Folder")
    ET.SubElement(folder, "name").text = one_line(title)
    columns = [c for c in frame.columns if c != "geometry" and language_of(c) in (None, lang)]
    fallback = role_colour(role)
    shapes = frame.to_crs(_WGS84).geometry
    for row, shape in zip(frame.to_dict("records"), shapes, strict=True):
        mark = ET.SubElement(folder, "Placemark")
        ET.SubElement(mark, "name").text = _name(row, lang)
        colour = colours.get(str(row.get("kind")), fallback)
        ET.SubElement(mark, "styleUrl").text = f"#c{colour.removeprefix('#')}"
        data = ET.SubElement(mark, "ExtendedData")
        for column in columns:
            if (said := _as_text(row[column])) is not None:
                cell = ET.SubElement(data, "Data", {"name": header(column, lang)})
                ET.SubElement(cell, "value").text = said
        _geometry(mark, shape)
    return folder


def _name(row: Mapping[Any, Any], lang: Lang) -> str:
    """Return what stands beside a sign: its name, or what a hazard is."""
    for column in ("name", f"description_{lang}"):
        if (said := _as_text(row.get(column))) is not None:
            return said
    return ""


def _as_text(value: object) -> str | None:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    return f"{value:.6g}" if isinstance(value, float) else one_line(value)


def _style(document: ET.Element, name: str) -> None:
    """Append a style; KML writes opacity, blue, green, red."""
    red, green, blue = (name[i : i + 2] for i in (1, 3, 5))
    style = ET.SubElement(document, "Style", {"id": name})
    for part, opacity in (("IconStyle", _LINE), ("LineStyle", _LINE), ("PolyStyle", _FILL)):
        colour = ET.SubElement(ET.SubElement(style, part), "color")
        colour.text = f"{opacity}{blue}{green}{red}"


def _geometry(parent: ET.Element, shape: BaseGeometry) -> None:
    """Append a shape; a multi-part one as its parts."""
    if isinstance(shape, BaseMultipartGeometry):
        parent = ET.SubElement(parent, "MultiGeometry")
        for part in shape.geoms:
            _geometry(parent, part)
        return
    made = ET.SubElement(parent, shape.geom_type)
    if not isinstance(shape, shapely.Polygon):
        _coordinates(made, shape)
        return
    sides = {"outerBoundaryIs": [shape.exterior], "innerBoundaryIs": shape.interiors}
    for side, rings in sides.items():
        for ring in rings:
            _coordinates(ET.SubElement(ET.SubElement(made, side), "LinearRing"), ring)


def _coordinates(parent: ET.Element, shape: shapely.Geometry) -> None:
    xy = shapely.get_coordinates(shape).round(_DIGITS).tolist()
    ET.SubElement(parent, "coordinates").text = " ".join(f"{x:.7f},{y:.7f}" for x, y in xy)
