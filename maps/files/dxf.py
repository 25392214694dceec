"""How do the layers come into CAD: as one DXF in the metric CRS, a layer for each role?

Texts are single lines with CAD's control codes taken out of their meaning, in a style whose font
has Chinese.  Coordinates are those of the study's CRS; its name stands in the layer ``YIMI_NOTE``.
"""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING

import numpy as np
import shapely

from analyses.schema import roles
from geo.text import one_line
from maps.style import palette, role_colour

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import geopandas as gpd
    from ezdxf.document import Drawing
    from ezdxf.layouts.layout import Modelspace

_VERSION = "R2010"
"""The oldest that is written in UTF-8 and that all offices read."""
_STYLE, _FONT = "YIMI_CJK", "simsun.ttc"
_TEXT_M = 12.0
_METRES = 6
_PREFIX = "YIMI_"
_NAMED = ("areas", "facilities", "facilities_areas", "schools", "sites")
_COLOURS = {
    "streets": "railway", "water": "water_line", "green": "green", "railways": "railway",
    "areas": "outline", "facilities_areas": "facilities", "schools": "ink", "stretches": "railway",
    "crossings": "railway", "sites": "service",
}  # fmt: skip
"""Layer -> entry of the palette, where CAD takes another colour than the role's."""


def write_dxf(path: Path, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Write layers into one DXF.

    Parameters
    ----------
    path
        File to write.  The same layers give the same bytes.
    layers
        Name -> rows in one metric CRS, from `maps.files.exports.export_layers`.
    """
    from ezdxf.filemanagement import new  # noqa: PLC0415  (only where asked)

    with _fixed_metadata():
        drawing = new(_VERSION)
        drawing.header["$INSUNITS"] = _METRES
        drawing.styles.add(_STYLE, font=_FONT)
        space = drawing.modelspace()
        for name, frame in layers.items():
            layer = _PREFIX + name.upper()
            drawing.layers.add(layer, true_color=_colour(name))
            for shape in frame.geometry:
                _draw(space, shape, layer)
            if name in _NAMED and "name" in frame:
                _names(space, frame, layer)
        _note(space, drawing, layers)
        out = io.StringIO()
        drawing.write(out)
    path.write_text(out.getvalue(), encoding="utf-8", newline="\n")


@contextlib.contextmanager
def _fixed_metadata() -> Iterator[None]:
    """Let ezdxf write fixed dates and ids, and put its setting back afterwards."""
    from ezdxf._options import options  # noqa: PLC0415

    before = options.write_fixed_meta_data_for_testing
    options.write_fixed_meta_data_for_testing = True
    try:
        yield
    finally:
        options.write_fixed_meta_data_for_testing = before


def _draw(space: Modelspace, shape: shapely.Geometry, layer: str) -> None:
    """Draw points, lines and the rings of areas."""
    style = {"layer": layer}
    for part in shapely.get_parts(shape):
        if part.geom_type == "Point":
            space.add_point((part.x, part.y), dxfattribs=style)
            continue
        lines = [part] if part.geom_type == "LineString" else shapely.get_rings(part)
        for line in np.atleast_1d(lines):
            xy = shapely.get_coordinates(line)
            closed = part.geom_type != "LineString"
            space.add_lwpolyline(xy[:-1] if closed else xy, close=closed, dxfattribs=style)


def _names(space: Modelspace, frame: gpd.GeoDataFrame, layer: str) -> None:
    places = shapely.point_on_surface(frame.geometry.to_numpy())
    for name, place in zip(frame["name"], places, strict=True):
        if isinstance(name, str) and name:
            _text(space, name, (place.x, place.y), layer=layer)


def _note(space: Modelspace, drawing: Drawing, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Say which CRS the coordinates are in, at the lower left."""
    if layers:
        corner = np.min([frame.total_bounds[:2] for frame in layers.values()], axis=0)
        drawing.layers.add(f"{_PREFIX}NOTE")
        crs = str(next(iter(layers.values())).crs)
        below = (float(corner[0]), float(corner[1]) - 3 * _TEXT_M)
        _text(space, crs, below, layer=f"{_PREFIX}NOTE")


def _text(space: Modelspace, said: str, at: tuple[float, float], *, layer: str) -> None:
    style = {"layer": layer, "style": _STYLE, "height": _TEXT_M, "insert": at}
    space.add_text(cad_text(said), dxfattribs=style)


def cad_text(said: object) -> str:
    """Return a text as CAD shows it: ``%%`` begins a code there, ``%%%`` is one per cent sign.

    Examples
    --------
    >>> cad_text("100%%d"), cad_text("50%")
    ('100%%%%%%d', '50%')
    """
    return one_line(said).replace("%%", "%%%%%%")


def _colour(name: str) -> int:
    if name in _COLOURS:
        return int(str(palette()["plain"][_COLOURS[name]])[1:], 16)
    role = next((one.name for one in roles().values() if one.export == name), "facility")
    return int(role_colour(role)[1:], 16)
