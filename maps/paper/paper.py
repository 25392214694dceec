"""How does a map stand on an A4 or A3 sheet: frame, title, scale, north, legend, imprint?

The map is drawn by Python to a true scale: one millimetre on paper is as many metres everywhere in
the frame as the sheet says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from maps.paper.figure import MM_PER_INCH, figure
from maps.paper.fonts import drawable
from maps.paper.imprint import word
from maps.style import palette

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from geo.words import Lang
    from maps.paper.imprint import Imprint

Paper = Literal["a4", "a3"]
Box = tuple[float, float, float, float]
_SIZE_MM: dict[Paper, tuple[float, float]] = {"a4": (210.0, 297.0), "a3": (297.0, 420.0)}
_MARGIN_MM, _TITLE_MM, _FOOT_MM, _GAP_MM = 9.0, 14.0, 11.0, 3.0
_LEGEND_MM = {"beside": 56.0, "below": 42.0}
_PADDING = 0.03
_NICE = (1.0, 2.0, 5.0)
_SCALES = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.5, 8.0, 10.0)
_BAR_SHARE = 0.28
"""Greatest part of the frame's width that the scale bar takes."""
_M_PER_KM = 1000
_CLOSING = "，。、；：！？）》〉」』\u201d\u2019…%"
"""Never begins a line."""
_LANDSCAPE = 1.15
"""Width over height of the ground from which on a sheet lies across."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """A sheet with an empty map frame.

    Attributes
    ----------
    figure
        The whole sheet.
    axes
        The frame, its limits in metres of the CRS.
    legend
        Empty axes for the legend.
    box
        West, south, east, north of the frame in metres.
    scale
        Denominator: metres of the ground for each metre on paper.
    family
        Font of the sheet.
    """

    figure: Figure
    axes: Axes
    legend: Axes
    box: Box
    scale: float
    family: str


def sheet(extent: Box, *, paper: Paper, title: str, imprint: Imprint, family: str) -> Sheet:
    """Return a sheet for an extent, with all that stands around a map.

    Parameters
    ----------
    extent
        West, south, east, north in metres; the frame holds all of it.
    paper
        Size; it lies across where the extent is wider than high.
    title
        What the map shows.
    imprint
        Name, date, sources, 审图号, whether the data are made up.
    family
        Font, from `maps.paper.figure.drawing`.
    """
    short, long = _SIZE_MM[paper]
    across = (extent[2] - extent[0]) >= _LANDSCAPE * (extent[3] - extent[1])
    width, height = (long, short) if across else (short, long)
    frame, side = _boxes(width, height, beside=across)
    box, scale = _fitted(extent, frame)
    made = figure(width, height)
    axes = made.add_axes(_relative(frame, width, height))
    axes.set(xlim=(box[0], box[2]), ylim=(box[1], box[3]), xticks=[], yticks=[])
    axes.set_facecolor(palette()["plain"]["land"])
    legend = made.add_axes(_relative(side, width, height))
    legend.set_axis_off()
    found = Sheet(made, axes, legend, box, scale, family)
    _head_and_foot(found, title, imprint, size=(width, height))
    scale_bar(axes, box, lang=imprint.lang)
    north_arrow(axes, box, word("report/sheet/north", imprint.lang))
    said = word("report/sheet/scale", imprint.lang, number=f"{scale:,.0f}", paper=paper.upper())
    axes.text(box[0] + 0.025 * (box[2] - box[0]), box[1] + 0.008 * (box[3] - box[1]), said,
              fontsize=7, zorder=20, **halo())  # fmt: skip
    return found


def explain(on: Sheet, handles: Sequence[Any], *, title: str, notes: Sequence[str]) -> None:
    """Put the legend on a sheet: signs with their words, and remarks below."""
    beside = on.legend.get_position().width < on.legend.get_position().height
    on.legend.legend(
        handles=list(handles), loc="upper left", title=title, alignment="left", fontsize=8,
        title_fontproperties={"size": 9, "weight": "bold"}, borderaxespad=0, handlelength=2.2,
        ncols=1 if beside else 4, labelspacing=0.75, columnspacing=1.6,
    )  # fmt: skip
    said = "\n".join(wrapped(drawable(note, on.family), 24 if beside else 70) for note in notes)
    on.legend.text(0, 0, said, transform=on.legend.transAxes, va="bottom", fontsize=7,
                   linespacing=1.35)  # fmt: skip


def scale_bar(axes: Axes, box: Box, *, lang: Lang) -> float:
    """Draw a bar of a round length in the lower left of a map, and return its metres."""
    width, height = box[2] - box[0], box[3] - box[1]
    metres = bar_metres(width)
    x, y, high = box[0] + 0.025 * width, box[1] + 0.028 * height, 0.008 * height
    ink = palette()["plain"]["ink"]
    for part, colour in enumerate((ink, "white", ink, "white")):
        axes.fill(
            [x + part * metres / 4 + a * metres / 4 for a in (0, 1, 1, 0)],
            [y + b * high for b in (0, 0, 1, 1)],
            facecolor=colour, edgecolor=ink, linewidth=0.5, zorder=20,
        )  # fmt: skip
    unit, number = ("kilometres", metres / _M_PER_KM) if metres >= _M_PER_KM else ("metres", metres)
    for at, said in (
        (0.0, "0"),
        (metres, word(f"report/sheet/{unit}", lang, number=f"{number:g}")),
    ):
        axes.text(x + at, y + 1.6 * high, said, fontsize=7, ha="center", zorder=20, **halo())
    return metres


def bar_metres(width_m: float) -> float:
    """Return the longest round length that takes no more than a good quarter of a width.

    Examples
    --------
    >>> bar_metres(10_000.0), bar_metres(3_000.0)
    (2000.0, 500.0)
    """
    most = width_m * _BAR_SHARE
    power = 10.0 ** math.floor(math.log10(most))
    return max(nice * power for nice in _NICE if nice * power <= most)


def north_arrow(axes: Axes, box: Box, said: str) -> None:
    """Draw an arrow to grid north in the upper right of a map."""
    size = 0.018 * max(box[2] - box[0], box[3] - box[1])
    x, y = box[2] - 1.6 * size, box[3] - 3.9 * size
    ink = palette()["plain"]["ink"]
    for side, colour in ((-1, ink), (1, "white")):
        axes.fill([x, x + side * 0.7 * size, x], [y + 2.4 * size, y, y + 0.6 * size],
                  facecolor=colour, edgecolor=ink, linewidth=0.6, zorder=20)  # fmt: skip
    axes.text(x, y + 2.6 * size, said, fontsize=8, ha="center", va="bottom", weight="bold",
              zorder=20, **halo())  # fmt: skip


def halo() -> dict[str, Any]:
    """Return what makes a text stand out from a map."""
    from matplotlib.patheffects import withStroke  # noqa: PLC0415

    return {"path_effects": [withStroke(linewidth=2, foreground="white")]}


def wrapped(text: str, width: int) -> str:
    r"""Break a text into lines of a width (a 汉字 is two wide), between words where it has any.

    Examples
    --------
    >>> wrapped("甲乙丙丁", 4), wrapped("one two three", 8)
    ('甲乙\n丙丁', 'one two\nthree')
    """
    lines, line, used = [], "", 0
    for piece in _pieces(text):
        size = _columns(piece)
        if line and used + size > width:
            lines.append(line.rstrip())
            line, used = "", 0
            piece = piece.lstrip()  # noqa: PLW2901  (no blank begins a line)
            size = _columns(piece)
        line, used = line + piece, used + size
    return "\n".join([*lines, line.rstrip()])


def _pieces(text: str) -> list[str]:
    """Return what must stay together: a 汉字, or a word with the blank before it."""
    pieces: list[str] = []
    for character in text:
        latin = character != " " and _columns(character) == 1
        if pieces and (character in _CLOSING or (latin and _columns(pieces[-1][-1]) == 1)):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def _columns(text: str) -> int:
    return sum(2 if c >= "\u2e80" else 1 for c in text)


def _boxes(width: float, height: float, *, beside: bool) -> tuple[Box, Box]:
    """Return frame and legend in millimetres: left, bottom, width, height."""
    left, low = _MARGIN_MM, _MARGIN_MM + _FOOT_MM
    whole_w, whole_h = width - 2 * _MARGIN_MM, height - 2 * _MARGIN_MM - _TITLE_MM - _FOOT_MM
    if beside:
        frame_w = whole_w - _LEGEND_MM["beside"] - _GAP_MM
        side = (left + frame_w + _GAP_MM, low, _LEGEND_MM["beside"], whole_h)
        return (left, low, frame_w, whole_h), side
    taken = _LEGEND_MM["below"] + _GAP_MM
    return (left, low + taken, whole_w, whole_h - taken), (left, low, whole_w, _LEGEND_MM["below"])


def _fitted(extent: Box, frame: Box) -> tuple[Box, float]:
    """Return the frame's ground and its scale: all of the extent and a margin, in the middle."""
    west, south, east, north = extent
    metres_per_mm = max(
        max(east - west, 1.0) / frame[2], max(north - south, 1.0) / frame[3]
    ) * (1 + 2 * _PADDING)  # fmt: skip
    scale = round_scale(metres_per_mm * 1000)
    half_w, half_h = frame[2] * scale / 2000, frame[3] * scale / 2000
    x, y = (west + east) / 2, (south + north) / 2
    return (x - half_w, y - half_h, x + half_w, y + half_h), scale


def round_scale(least: float) -> float:
    """Return the next round denominator of a scale.

    Examples
    --------
    >>> round_scale(56_493.0), round_scale(100_000.0), round_scale(9_100.0)
    (60000.0, 100000.0, 10000.0)
    """
    power = 10.0 ** math.floor(math.log10(least))
    return min(nice * power for nice in _SCALES if nice * power >= least)


def _relative(box: Box, width: float, height: float) -> Box:
    return box[0] / width, box[1] / height, box[2] / width, box[3] / height


def _head_and_foot(on: Sheet, title: str, imprint: Imprint, *, size: tuple[float, float]) -> None:
    """Write name and title above the map, the imprint below it."""
    width, height = size
    left, right, top = _MARGIN_MM / width, 1 - _MARGIN_MM / width, 1 - _MARGIN_MM / height
    said = (drawable(text, on.family) for text in (title, imprint.name))
    heading, name = said
    room = (width - 2 * _MARGIN_MM) / MM_PER_INCH * 72
    size_pt = min(15.0, room * 0.72 / max(_columns(heading), 1) * 2)
    on.figure.text(left, top - 1 / height, heading, fontsize=size_pt, weight="bold", va="top")
    on.figure.text(left, top - 8.2 / height, name, fontsize=8.5, va="top", color="#55636f")
    if imprint.mark:
        on.figure.text(
            right, top - 8.2 / height, imprint.mark, fontsize=8.5, va="top", ha="right",
            color="#6f3d05", weight="bold",
            bbox={"boxstyle": "square,pad=0.3", "facecolor": "#fdf3df", "edgecolor": "#c98a2b"},
        )  # fmt: skip
    foot = drawable("  ·  ".join([imprint.map_number, *imprint.lines]), on.family)
    lines = wrapped(foot, round((width - 2 * _MARGIN_MM) / 1.25))
    on.figure.text(left, (_MARGIN_MM - 2) / height, lines, fontsize=6.8, va="bottom",
                   color="#55636f", linespacing=1.3)  # fmt: skip
