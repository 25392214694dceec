"""Which placemarks does a KML hold?

GDAL's readers lose attributes with Chinese names and return one folder of several, so the few
elements that carry places are read here: every ``Placemark`` of every folder is a row.  Network
links, styles and overlays are not looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pandas as pd

from geo.findings import Finding, InputRefused
from geo.read.features import build_all, raw_table
from geo.read.xmlguard import check_xml, utf8_xml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geo.read.raw import RawTable

_SINGLE = ("Point", "LineString", "LinearRing", "Polygon")
_PLAIN = ("name", "address", "description", "phoneNumber")
_HOLDERS = ("kml", "Document", "Folder")
_FOLDER = "folder"


def read_kml(data: bytes, *, name: str) -> RawTable:
    """Read all placemarks of a KML document (EPSG:4326 by definition of the format).

    Returns
    -------
    RawTable
        Columns: ``name, address, description, phoneNumber`` where they occur, the extended data
        under their own names, and ``folder`` where there are several.

    Raises
    ------
    InputRefused
        ``EMPTY``, and those of `geo.read.xmlguard.check_xml`.
    """
    data = utf8_xml(data, file=name)
    check_xml(data, file=name, roots=("kml",))
    # Safe after the check: no entities, bounded depth.
    root = ET.fromstring(data)  # noqa: S314
    rows: list[dict[str, str | None]] = []
    places: list[dict[str, Any] | None] = []
    folders: dict[str, None] = {}
    for folder, placemark in _placemarks(root, ""):
        rows.append({**_attributes(placemark), _FOLDER: folder or None})
        places.append(_place(placemark))
        folders.setdefault(folder)
    if not rows:
        raise InputRefused(Finding("EMPTY", name))
    index = pd.RangeIndex(1, len(rows) + 1)
    columns = dict.fromkeys(key for row in rows for key in row)
    data_of = {c: pd.Series([r.get(c) for r in rows], index=index, dtype=object) for c in columns}
    cells = pd.DataFrame(data_of, index=index)
    findings = []
    if len(folders) > 1:
        detail = {"count": len(folders), "layers": tuple(f or "-" for f in folders)}
        findings.append(Finding("LAYERS_JOINED", name, detail=detail))
    else:
        cells = cells.drop(columns=_FOLDER)
    geometry, flags = build_all(places)
    return raw_table(name, cells, geometry, crs="EPSG:4326", flags=flags, findings=findings)


def _tag(element: ET.Element) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _placemarks(holder: ET.Element, folder: str) -> Iterator[tuple[str, ET.Element]]:
    """Yield the placemarks of a document and its folders with the path of folders."""
    for child in holder:
        tag = _tag(child)
        if tag == "Placemark":
            yield folder, child
        elif tag == "Folder":
            own = _text(child, "name") or "-"
            yield from _placemarks(child, f"{folder}/{own}" if folder else own)
        elif tag in _HOLDERS:
            yield from _placemarks(child, folder)


def _text(element: ET.Element, tag: str) -> str | None:
    child = next((c for c in element if _tag(c) == tag), None)
    return None if child is None or child.text is None else child.text.strip() or None


def _attributes(placemark: ET.Element) -> dict[str, str | None]:
    """Return name, address, description and the extended data of a placemark."""
    row = {tag: text for tag in _PLAIN if (text := _text(placemark, tag)) is not None}
    found: dict[str, str | None] = {"name": None, **row}
    for element in placemark.iter():
        tag = _tag(element)
        key = (element.get("name") or "").strip()
        if not key:
            continue
        if tag == "Data":
            found[key] = _text(element, "value")
        elif tag == "SimpleData":
            found[key] = (element.text or "").strip() or None
    return found


def _place(placemark: ET.Element) -> dict[str, Any] | None:
    """Return the geometry of a placemark as GeoJSON has it: several of one kind as one with parts.

    What cannot be read keeps its text, and then fails to be built.
    """
    singles = list(_geometries(placemark))
    if not singles:
        return None
    try:
        parts = [_coordinates(e) for e in singles]
    except ValueError:
        return {"type": "Point", "coordinates": "?"}
    kinds = {kind for kind, _ in parts}
    members = [{"type": kind, "coordinates": coordinates} for kind, coordinates in parts]
    if len(parts) == 1:
        return members[0]
    if len(kinds) == 1:
        return {"type": f"Multi{kinds.pop()}", "coordinates": [xy for _, xy in parts]}
    return {"type": "GeometryCollection", "geometries": members}


def _geometries(element: ET.Element) -> Iterator[ET.Element]:
    for child in element:
        tag = _tag(child)
        if tag in _SINGLE:
            yield child
        elif tag == "MultiGeometry":
            yield from _geometries(child)


def _coordinates(element: ET.Element) -> tuple[str, Any]:
    """Return GeoJSON's type and coordinates of a KML geometry."""
    tag = _tag(element)
    if tag == "Polygon":
        outer = [_tuples(ring) for e in element if _tag(e) == "outerBoundaryIs" for ring in e]
        inner = [_tuples(ring) for e in element if _tag(e) == "innerBoundaryIs" for ring in e]
        return "Polygon", [*outer, *inner]
    tuples = _tuples(element)
    if tag == "Point":
        if len(tuples) > 1:
            raise ValueError
        return "Point", tuples[0] if tuples else []
    return "LineString", tuples


def _tuples(element: ET.Element) -> list[list[float]]:
    """Parse ``lon,lat,height lon,lat,height``; blanks after commas are forgiven."""
    text = _text(element, "coordinates") or ""
    joined = ",".join(part.strip() for part in text.split(","))
    return [[float(v) for v in position.split(",") if v] for position in joined.split()]
