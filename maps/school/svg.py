"""How are signs, lines and texts written as SVG?

Texts of the data go through `Markup.format`, which escapes them; nothing here points anywhere.
Coordinates are whole numbers (decimetres of the ground in a picture, tenths of a millimetre in a
sign of its own), so that the same input gives the same text.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import shapely
from markupsafe import Markup, escape

from maps.style import palette

if TYPE_CHECKING:
    from numpy.typing import NDArray

_KEY = 44
"""Height of a sign of its own, in its units."""
_OUTLINES = {
    "square": ((-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)),
    "diamond": ((0, -1.22), (1.22, 0), (0, 1.22), (-1.22, 0)),
    "triangle": ((0, -1.2), (1.12, 0.85), (-1.12, 0.85)),
}
_STROKES = {
    "tick": "M{a} {o}L{b} {d}L{c} {e}",
    "cross": "M{e} {e}L{d} {d}M{d} {e}L{e} {d}",
    "dash": "M{e} {o}L{d} {o}",
}


XY = tuple[float, float]


def text(value: object, at: XY, size: float, **attributes: object) -> Markup:
    """Return a text; attributes are written with dashes for underscores.

    Examples
    --------
    >>> "&lt;School&gt;" in text("<School>", (1, 2), 12)
    True
    """
    more = Markup("").join(
        Markup(' {}="{}"').format(name.replace("_", "-"), said) for name, said in attributes.items()
    )
    return Markup('<text x="{}" y="{}" font-size="{}" font-family="{}"{}>{}</text>').format(
        round(at[0]), round(at[1]), round(size), _fonts(), more, str(value)
    )


def path(data: str, **attributes: object) -> Markup:
    """Return a path; without data there is none.

    Examples
    --------
    >>> path("M0 0h9", stroke_width=2)
    Markup('<path d="M0 0h9" stroke-width="2"/>')
    """
    if not data:
        return Markup("")
    said = "".join(
        f' {name.replace("_", "-")}="{escape(str(value))}"'
        for name, value in attributes.items()
        if value not in (None, "")
    )
    return Markup(f'<path d="{escape(data)}"{said}/>')  # noqa: S704  (escaped one by one: faster)


def shape_data(
    shapes: NDArray[np.object_], *, west: float, north: float, closed: bool = False
) -> str:
    """Return lines, or the rings of areas, as path data in decimetres from a corner.

    Examples
    --------
    >>> import numpy as np, shapely
    >>> line = np.array([shapely.LineString([(0, 10), (3, 6)])], dtype=object)
    >>> shape_data(line, west=0, north=10)
    'M0 0 30 40'
    """
    parts = shapely.get_parts(shapes)
    parts = parts[shapely.get_dimensions(parts) == (2 if closed else 1)]
    if closed:
        parts = shapely.get_rings(parts)
    if not len(parts):
        return ""
    xy = np.rint((shapely.get_coordinates(parts) - (west, north)) * (10, -10)).astype(np.int64)
    said = [f"{x} {y}" for x, y in xy.tolist()]
    ends = np.cumsum(shapely.get_num_coordinates(parts)).tolist()
    close = "Z" if closed else ""
    return "".join(
        f"M{' '.join(said[a:b])}{close}" for a, b in zip([0, *ends[:-1]], ends, strict=True)
    )


def sign(name: str, at: XY, radius: float, **attributes: object) -> Markup:
    """Return a sign of the palette at a place: circle, square, diamond or triangle."""
    if name not in _OUTLINES:
        return circle(at, radius, **attributes)
    x, y = at
    corners = " ".join(
        f"{round(x + radius * a)} {round(y + radius * b)}" for a, b in _OUTLINES[name]
    )
    return path(f"M{corners}Z", **attributes)


@cache
def _fonts() -> str:
    return ", ".join([*palette()["print"]["fonts"], "sans-serif"])


def circle(at: XY, radius: float, **attributes: object) -> Markup:
    """Return a circle, written as a path: one element fewer to style."""
    x, y, r = round(at[0]), round(at[1]), round(radius)
    half = f"a{r} {r} 0 1 0 {{}} 0"
    return path(f"M{x - r} {y}{half.format(2 * r)}{half.format(-2 * r)}Z", **attributes)


def key(drawn: Markup, *, label: str = "", width: int = _KEY) -> Markup:
    """Return a sign of its own, for legends and tables; the middle is the origin."""
    described = Markup('aria-hidden="true"')
    if label:
        described = Markup('role="img" aria-label="{}"').format(label)
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="{} {} {} {}" width="{}" height="{}" {}>'
        "{}</svg>"
    ).format(
        -width // 2, -_KEY // 2, width, _KEY, round(width * 0.4), round(_KEY * 0.4),
        described, drawn,
    )  # fmt: skip


def verdict_key(verdict: dict[str, str], *, label: str = "") -> Markup:
    """Return the light of a check: a disc in the verdict's colour with its sign in white."""
    disc = circle((0, 0), 19, fill=verdict["colour"])
    if verdict["sign"] == "question":
        inner = text("?", (0, 11), 31, fill="#fff", text_anchor="middle", font_weight="bold")
    else:
        data = _STROKES[verdict["sign"]].format(a=-10, b=-3, c=10, o=0, d=8, e=-8)
        inner = path(data, fill="none", stroke="#fff", stroke_width=5, stroke_linecap="round")
    return key(disc + inner, label=label)
