"""What lies below a map on paper: water, green, railways and streets, drawn once as a picture?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import numpy as np
import pandas as pd
import shapely

from maps.paper.figure import MM_PER_INCH, figure
from maps.style import palette, street_classes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from maps.paper.paper import Box


class AreaStyle(TypedDict, total=False):
    """How areas are drawn, in the words of matplotlib's patches."""

    facecolor: str
    edgecolor: str
    linewidth: float
    hatch: str | None
    alpha: float
    zorder: float


_DPI = 200
_STREET_PT = {"major": (1.5, 0.8), "minor": (0.7, 0.5), "rest": (0.5, 0.0)}
"""Width of a street in points, and of its kerbs on both sides together."""
_WATER_PT = 0.8


def ground(roles: Mapping[str, pd.DataFrame], box: Box, *, width_mm: float) -> NDArray[np.uint8]:
    """Return the ground of a frame as an RGB picture; several maps share it.

    Parameters
    ----------
    roles
        Frames by role: ``street, water, green, railway``; each may be missing.
    box
        West, south, east, north of the frame in metres.
    width_mm
        Width of the frame on paper.
    """
    height_mm = width_mm * (box[3] - box[1]) / (box[2] - box[0])
    made = figure(width_mm, height_mm)
    made.set_dpi(_DPI)
    axes = made.add_axes((0, 0, 1, 1))
    axes.set(xlim=(box[0], box[2]), ylim=(box[1], box[3]))
    axes.set_axis_off()
    made.set_facecolor(palette()["plain"]["land"])
    frame = shapely.box(*box)
    near = {name: _near(roles[name], frame) for name in ("green", "water", "railway", "street")
            if name in roles}  # fmt: skip
    plain = palette()["plain"]
    for name in ("green", "water"):
        if name in near:
            areas(axes, near[name], facecolor=plain[name], edgecolor="none")
            if name == "water":
                lines(axes, near[name], colour=plain["water"], width_pt=_WATER_PT)
    if "railway" in near:
        lines(axes, near["railway"], colour=plain["railway"], width_pt=0.7)
    if "street" in near:
        _streets(axes, near["street"])
    canvas: Any = made.canvas
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def lay(axes: Axes, picture: NDArray[np.uint8], box: Box) -> None:
    """Put the ground below a map."""
    axes.imshow(
        picture, extent=(box[0], box[2], box[1], box[3]), interpolation="nearest", aspect="auto",
        zorder=0,
    )  # fmt: skip
    axes.set(xlim=(box[0], box[2]), ylim=(box[1], box[3]))


def mm_across(axes: Axes) -> float:
    """Return the width of a frame on paper."""
    made = axes.figure
    width: float = axes.get_position().width * made.get_size_inches()[0] * MM_PER_INCH  # type: ignore[union-attr]
    return width


def areas(axes: Axes, frame: pd.DataFrame, **style: Unpack[AreaStyle]) -> None:
    """Draw polygons, with their holes, as one shape."""
    from matplotlib.patches import PathPatch  # noqa: PLC0415
    from matplotlib.path import Path  # noqa: PLC0415

    parts = shapely.get_parts(np.asarray(frame["geometry"], dtype=object))
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    if not len(parts):
        return
    rings = shapely.get_rings(shapely.orient_polygons(parts))
    counts = shapely.get_num_coordinates(rings)
    codes = np.full(counts.sum(), Path.LINETO, dtype=np.uint8)
    ends = np.cumsum(counts)
    codes[np.r_[0, ends[:-1]]] = Path.MOVETO
    codes[ends - 1] = Path.CLOSEPOLY
    axes.add_patch(PathPatch(Path(shapely.get_coordinates(rings), codes), **style))


def lines(axes: Axes, frame: pd.DataFrame, *, colour: str, width_pt: float) -> None:
    """Draw lines of one colour and width."""
    from matplotlib.collections import LineCollection  # noqa: PLC0415

    parts = shapely.get_parts(np.asarray(frame["geometry"], dtype=object))
    parts = parts[shapely.get_dimensions(parts) == 1]
    if len(parts):
        counts = shapely.get_num_coordinates(parts)
        pieces = np.split(shapely.get_coordinates(parts), np.cumsum(counts)[:-1])
        axes.add_collection(
            LineCollection(pieces, colors=colour, linewidths=width_pt, capstyle="round"),
            autolim=False,
        )


def _streets(axes: Axes, frame: pd.DataFrame) -> None:
    classes = palette()["street"]
    highway = pd.Series(frame["highway"], dtype=object)
    of_class = street_classes(highway)
    for kerbs in (True, False):
        for number in reversed(range(len(classes))):
            row, rows = classes[number], frame[of_class == number]
            width, casing = _STREET_PT[row["id"]]
            if not kerbs:
                lines(axes, rows, colour=row["colour"], width_pt=width)
            elif row["casing"]:
                lines(axes, rows, colour=row["casing"], width_pt=width + casing)


def _near(frame: pd.DataFrame, box: shapely.Polygon) -> pd.DataFrame:
    shapes = np.asarray(frame["geometry"], dtype=object)
    table = pd.DataFrame(frame)
    return table[shapely.intersects(shapes, box)].reset_index(drop=True)
