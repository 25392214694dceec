"""How do the features of a file become shapely geometries and rows, none of them lost?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from shapely.errors import GEOSException

from geo.read.flags import Flag, findings_of, in_use, positions, rejects_of
from geo.read.raw import RawTable
from geo.words import texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geo.arrays import Floats
    from geo.findings import Finding


GEOMETRY = "geometry"
_PLANE, _SPACE = 2, 3
_RING_CORNERS = 3


@dataclass(frozen=True)
class Built:
    """One geometry that was built.

    Attributes
    ----------
    geometry
        None where there is none (that is no fault here) or where it could not be built.
    fault
        Why not: a key of the texts about geometries, or None.
    closed
        Whether a ring had to be closed.
    """

    geometry: shapely.Geometry | None
    fault: str | None = None
    closed: bool = False


class _OpenRings:
    """Remembers whether a ring had to be closed while one geometry is built."""

    def __init__(self) -> None:
        self.any = False


def reason(key: str) -> str:
    """Return what is wrong with a geometry, in both languages: the message around it has one.

    Parameters
    ----------
    key
        Key of the texts ``messages/geometry``, or an explanation of GEOS that begins with one.
    """
    words = texts("messages/geometry")
    plain = key.partition("[")[0].strip()
    entry = words.get(plain, words["other"])
    english = entry["en"] if plain in words else plain
    return f"{entry['zh']} {english}"


def build(kind: object, coordinates: object, parts: object = None) -> Built:
    """Build the geometry that a GeoJSON type and its coordinates describe.

    Parameters
    ----------
    kind
        ``Point``, ``MultiPolygon`` and so on.
    coordinates
        Nested lists of numbers.
    parts
        The geometries of a ``GeometryCollection``: objects with ``type`` and ``coordinates``.
    """
    rings = _OpenRings()
    try:
        geometry = _build(kind, coordinates, parts, rings=rings)
    except (ValueError, TypeError, OverflowError, KeyError, AttributeError, GEOSException):
        return Built(None, "coordinates" if kind in (*_BUILDERS, "GeometryCollection") else "type")
    return Built(geometry, None, rings.any)


def raw_table(
    name: str,
    cells: pd.DataFrame,
    geometry: NDArray[np.object_],
    *,
    crs: str | None,
    flags: Sequence[Flag] = (),
    findings: Sequence[Finding] = (),
) -> RawTable:
    """Part the features into those that go on and those that are set aside."""
    keep = positions(in_use(flags, len(cells)))
    rejected = rejects_of(flags, cells, file=name) if len(keep) < len(cells) else pd.DataFrame()
    return RawTable(
        name=name,
        cells=cells.iloc[keep],
        geometry=geometry[keep],
        crs=crs,
        rows_in=len(cells),
        rejected=rejected,
        findings=(*findings, *findings_of(flags, cells, file=name)),
    )


def build_all(members: Sequence[object]) -> tuple[NDArray[np.object_], list[Flag]]:
    """Build the geometries of all features.

    Parameters
    ----------
    members
        For each feature the ``geometry`` of GeoJSON: a dictionary, None, or whatever stands there.

    Returns
    -------
    geometry
        Aligned with `members`, None where there is none.
    flags
        ``GEOM_INVALID`` of what could not be built, ``GEOM_REPAIRED`` of rings that were closed.
    """
    geometry = geometry_array([None] * len(members))
    plain = [_plain_point(member) for member in members]
    simple = positions([xy is not None for xy in plain])
    # A million points one by one would take a minute.
    xy = np.array([xy for xy in plain if xy is not None], np.float64).reshape(-1, _PLANE)
    geometry[simple] = shapely.points(xy)
    faults: dict[str, list[int]] = {}
    for row in np.setdiff1d(np.arange(len(members)), simple).tolist():
        built = _built(members[row])
        geometry[row] = built.geometry
        if built.fault or built.closed:
            faults.setdefault(built.fault or "unclosed", []).append(row)
    closed = np.array(faults.pop("unclosed", []), np.int64)
    flags = [
        Flag("GEOM_INVALID", np.array(rows, np.int64), GEOMETRY, detail={"reason": reason(fault)})
        for fault, rows in sorted(faults.items())
    ]
    detail = {"reason": reason("unclosed"), "before": "-", "after": "-"}
    return geometry, [*flags, Flag("GEOM_REPAIRED", closed, GEOMETRY, detail=detail)]


def _plain_point(member: object) -> list[float] | None:
    """Return the position of a point with two decimal numbers, as nearly all points are."""
    if type(member) is not dict or member.get("type") != "Point":
        return None
    xy = member.get("coordinates")
    plain = type(xy) is list and len(xy) == _PLANE and type(xy[0]) is type(xy[1]) is float
    return xy if plain else None


def _built(member: object) -> Built:
    if member is None:
        return Built(None)
    if not isinstance(member, dict):
        return Built(None, "type")
    return build(member.get("type"), member.get("coordinates"), member.get("geometries"))


def geometry_array(geometries: Sequence[Any]) -> NDArray[np.object_]:
    """Return geometries as an object array (NumPy would take collections apart)."""
    array = np.empty(len(geometries), object)
    array[:] = geometries
    return array


def _build(
    kind: object, coordinates: object, parts: object, *, rings: _OpenRings
) -> shapely.Geometry | None:
    if kind == "GeometryCollection":
        if not isinstance(parts, list):
            raise TypeError
        members = [
            _build(part["type"], part.get("coordinates"), None, rings=rings) for part in parts
        ]
        return shapely.GeometryCollection([m for m in members if m is not None])
    if not isinstance(kind, str) or not isinstance(coordinates, list):
        raise TypeError
    builder = _BUILDERS[kind]
    geometry: shapely.Geometry | None = builder(coordinates, rings) if coordinates else None
    return geometry


def _filled(coordinates: object) -> list[object]:
    """Return the parts of a geometry that hold anything."""
    if not isinstance(coordinates, list):
        raise TypeError
    return [part for part in coordinates if part]


def _vertices(coordinates: object) -> Floats:
    """Return a list of positions as an array with two or three columns."""
    if not isinstance(coordinates, list):
        raise TypeError
    if any(
        not isinstance(position, list)
        or len(position) < _PLANE
        or any(isinstance(v, (str, bool, list, dict)) or v is None for v in position[:_SPACE])
        for position in coordinates
    ):
        raise ValueError
    columns = min((len(position) for position in coordinates), default=_PLANE)
    columns = min(columns, _SPACE)
    rows = [position[:columns] for position in coordinates]
    return np.asarray(rows, np.float64).reshape(-1, columns)


def _point(coordinates: object, _: _OpenRings) -> shapely.Point:
    return shapely.Point(_vertices([coordinates])[0])


def _line(coordinates: object, _: _OpenRings) -> shapely.LineString:
    return shapely.LineString(_vertices(coordinates))


def _ring(coordinates: object, rings: _OpenRings) -> shapely.LinearRing:
    xy = _vertices(coordinates)
    if len(xy) < _RING_CORNERS:
        raise ValueError
    if not np.array_equal(xy[0], xy[-1], equal_nan=True):
        rings.any = True
        xy = np.concatenate([xy, xy[:1]])
    return shapely.LinearRing(xy)


def _polygon(coordinates: object, rings: _OpenRings) -> shapely.Polygon:
    shell, *holes = [_ring(ring, rings) for ring in _filled(coordinates)]
    return shapely.Polygon(shell, holes)


def _points(coordinates: object, rings: _OpenRings) -> shapely.MultiPoint:
    return shapely.MultiPoint([_point(part, rings) for part in _filled(coordinates)])


def _lines(coordinates: object, rings: _OpenRings) -> shapely.MultiLineString:
    return shapely.MultiLineString([_line(part, rings) for part in _filled(coordinates)])


def _polygons(coordinates: object, rings: _OpenRings) -> shapely.MultiPolygon:
    return shapely.MultiPolygon([_polygon(part, rings) for part in _filled(coordinates)])


_BUILDERS = {
    "Point": _point,
    "LineString": _line,
    "Polygon": _polygon,
    "MultiPoint": _points,
    "MultiLineString": _lines,
    "MultiPolygon": _polygons,
}
