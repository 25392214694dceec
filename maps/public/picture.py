"""How is the district sketched on a public page: merged areas, their shares, the schools?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from markupsafe import Markup

from maps.school import shape_data, svg_path, svg_text
from maps.style import palette

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

_WIDE = 1000.0
"""Width in units of the picture."""
_MARGIN = 12
_SIMPLE = 0.8
"""Corners that the eye does not see at this size are left out."""
_LETTERS, _LARGE = 13, 22
_MANY = 20


def areas_svg(
    areas: gpd.GeoDataFrame, labels: Mapping[str, tuple[float | None, str]], *, title: str
) -> Markup | None:
    """Return the areas coloured by share, each with its number written in it.

    Parameters
    ----------
    areas
        ``area_id`` and polygons in a metric CRS.
    labels
        Area -> share (0-1, None where nothing is told), text to write.
    title
        What the picture shows, for those who do not see it.
    """
    if areas.empty:
        return None
    shapes = _scaled(areas.geometry.to_numpy())
    height = float(shapely.total_bounds(shapes)[3]) + 2 * _MARGIN
    plain = palette()["plain"]
    size = _LETTERS if len(areas) > _MANY else _LARGE
    drawn, written = Markup(""), Markup("")
    for area, shape in zip(areas["area_id"].astype(str), shapes, strict=True):
        share, text = labels.get(area, (None, ""))
        data = shape_data(np.array([shape]), west=-_MARGIN, north=height - _MARGIN, closed=True)
        drawn += svg_path(
            data, fill=_colour(share), stroke=plain["outline"], stroke_width=12,
            fill_rule="evenodd",
        )  # fmt: skip
        at = shapely.point_on_surface(shape)
        place = ((at.x + _MARGIN) * 10, (height - _MARGIN - at.y) * 10 + size * 4)
        if text and shape.area > (size * 2) ** 2:
            written += svg_text(
                text, place, size * 10, text_anchor="middle", fill=plain["ink"],
                stroke=plain["halo"], stroke_width=30, paint_order="stroke",
            )  # fmt: skip
    box = f"0 0 {round((_WIDE + 2 * _MARGIN) * 10)} {round(height * 10)}"
    return Markup('<svg viewBox="{}" role="img" aria-label="{}">{}{}</svg>').format(
        box, title, drawn, written
    )


def _scaled(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the shapes in units of the picture, from its lower left corner."""
    west, south, east, north = shapely.total_bounds(shapes)
    scale = _WIDE / max(east - west, (north - south), 1.0)
    moved = shapely.transform(shapes, lambda xy: (xy - (west, south)) * scale)
    return np.asarray(shapely.simplify(moved, _SIMPLE), dtype=object)


def _colour(share: float | None) -> str:
    """Return the colour of a class of shares."""
    if share is None or share != share:  # noqa: PLR0124 - NaN
        return str(palette()["plain"]["none"])
    classes = palette()["share"]
    return str(next((c["colour"] for c in classes if share < c["to"]), classes[-1]["colour"]))
