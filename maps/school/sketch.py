"""What lies below the signs of a school's picture: ground, streets, names, scale and north?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from geo.words import text
from maps.school import svg
from maps.style import palette, street_classes

if TYPE_CHECKING:
    from collections.abc import Mapping

    import shapely

    from geo.arrays import Objects
    from geo.words import Lang
    from maps.school.surroundings import Rows

WIDTH_MM = 118.0
"""Width on paper that widths and signs are drawn for."""
_NO_SHAPES = np.empty(0, dtype=object)
_BAR_M = 50
_NAMES = 12
_SHORTEST_NAMED_M = 60.0
_LABEL = 24


@dataclass(frozen=True)
class Sheet:
    """A corner and a scale: what turns metres into units of the picture (decimetres)."""

    west: float
    north: float
    width: int
    height: int

    @property
    def mm(self) -> float:
        """Return the units of one millimetre on paper."""
        return self.width / WIDTH_MM

    def at(self, point: shapely.Point) -> svg.XY:
        """Return a point in the picture's units."""
        return (point.x - self.west) * 10, (self.north - point.y) * 10

    def data(self, shapes: Objects, *, closed: bool = False) -> str:
        """Return lines, or the rings of areas, as path data."""
        return svg.shape_data(shapes, west=self.west, north=self.north, closed=closed)


def ground(sheet: Sheet, layers: Mapping[str, Rows]) -> Markup:
    """Draw green, water, the campus and buildings."""
    plain, own = palette()["plain"], palette()["route"]
    drawn = Markup("")
    for role in ("green", "water", "building"):
        shapes = layers.get(role, {}).get("geometry", _NO_SHAPES)
        line = {"water": plain["water_line"], "building": plain["building_line"]}.get(role)
        drawn += svg.path(
            sheet.data(shapes, closed=True), fill=plain[role], fill_rule="evenodd",
            stroke=line, stroke_width=line and round(0.15 * sheet.mm),
        )  # fmt: skip
        if role == "water":
            drawn += svg.path(sheet.data(shapes), fill="none", stroke=plain["water"],
                              stroke_width=round(1.2 * sheet.mm))  # fmt: skip
            drawn += svg.path(
                sheet.data(layers.get("facility", {}).get("geometry", _NO_SHAPES), closed=True),
                fill=own["campus"], fill_rule="evenodd", fill_opacity=0.75,
                stroke=own["campus_line"], stroke_width=round(0.25 * sheet.mm),
            )  # fmt: skip
    return drawn


def streets(sheet: Sheet, rows: Rows) -> Markup:
    """Draw streets to scale with their kerbs."""
    if "geometry" not in rows:
        return Markup("")
    classes = palette()["street"]
    highway = pd.Series(column(rows, "highway"), dtype=object)
    of_class = street_classes(highway)
    data = [sheet.data(rows["geometry"][of_class == n]) for n in range(len(classes))]
    drawn = Markup("")
    for kerbs in (True, False):
        for line, street in reversed(list(zip(data, classes, strict=True))):
            width = max(street["width_m"] * 10, 0.3 * sheet.mm)
            if not kerbs:
                drawn += stroke(line, street["colour"], width)
            elif street["casing"]:
                drawn += stroke(line, street["casing"], width + 0.5 * sheet.mm)
    return drawn


def railways(sheet: Sheet, rows: Rows) -> Markup:
    """Draw railways."""
    data = sheet.data(rows.get("geometry", _NO_SHAPES))
    colour = palette()["plain"]["railway"]
    return stroke(data, colour, 0.9 * sheet.mm) + stroke(
        data,
        "#fff",
        0.5 * sheet.mm,
        dash=f"{round(2 * sheet.mm)} {round(2 * sheet.mm)}",
        cap="butt",
    )


def zones(sheet: Sheet, rows: Rows) -> Markup:
    """Draw what is audited around the gates."""
    if "geometry" not in rows:
        return Markup("")
    dash = f"{round(1.6 * sheet.mm)} {round(1.1 * sheet.mm)}"
    return svg.path(
        sheet.data(rows["geometry"], closed=True), fill=palette()["route"]["zone"],
        fill_opacity=0.06, fill_rule="evenodd", stroke=palette()["route"]["zone"],
        stroke_width=round(0.4 * sheet.mm), stroke_dasharray=dash,
    )  # fmt: skip


def names(sheet: Sheet, layers: Mapping[str, Rows]) -> Markup:
    """Write each street's name once, along its longest piece."""
    longest: dict[str, tuple[float, Any]] = {}
    for role in ("exposure", "street"):
        rows = layers.get(role, {})
        for name, line in zip(rows.get("name", ()), rows.get("geometry", ()), strict=False):
            if isinstance(name, str) and name and line.length > longest.get(name, (0.0,))[0]:
                longest[name] = (line.length, line)
    best = sorted(longest.items(), key=lambda item: (-item[1][0], item[0]))[:_NAMES]
    return Markup("").join(
        _name(sheet, name, line) for name, (length, line) in best if length >= _SHORTEST_NAMED_M
    )


def _name(sheet: Sheet, name: str, line: shapely.LineString) -> Markup:
    before, middle, after = (
        sheet.at(line.interpolate(share, normalized=True)) for share in (0.4, 0.5, 0.6)
    )
    angle = math.degrees(math.atan2(after[1] - before[1], after[0] - before[0]))
    upright = (angle + 90) % 180 - 90
    x, y = round(middle[0]), round(middle[1])
    return svg.text(
        name if len(name) <= _LABEL else name[: _LABEL - 1] + "…",
        (x, y + 0.9 * sheet.mm), 2.5 * sheet.mm, fill=palette()["plain"]["ink"],
        text_anchor="middle", transform=f"rotate({round(upright)} {x} {y})", **halo(sheet),
    )  # fmt: skip


def scale_and_north(sheet: Sheet, north: str, lang: Lang) -> Markup:
    """Draw a scale bar and an arrow to the north."""
    mm, ink = sheet.mm, palette()["plain"]["ink"]
    left, low = 3 * mm, sheet.height - 3.5 * mm
    bar = _BAR_M * 10
    back = svg.path(
        f"M{round(left - 1.5 * mm)} {round(low - 5.2 * mm)}h{round(bar + 9 * mm)}v{round(7 * mm)}"
        f"h{-round(bar + 9 * mm)}z", fill="#fff", fill_opacity=0.85,
    )  # fmt: skip
    half = bar // 2
    drawn = back + svg.path(f"M{round(left)} {round(low)}h{bar}v{round(mm)}h{-bar}z", fill="#fff",
                            stroke=ink, stroke_width=round(0.2 * mm))  # fmt: skip
    drawn += svg.path(f"M{round(left)} {round(low)}h{half}v{round(mm)}h{-half}z", fill=ink)
    unit = text("messages/sign/metre")[lang]
    for at, said in ((0, "0"), (bar, f"{_BAR_M} {unit}")):
        drawn += svg.text(
            said, (left + at, low - 1.1 * mm), 2.7 * mm, fill=ink, text_anchor="middle"
        )
    x, y = sheet.width - 6 * mm, 4 * mm
    drawn += svg.circle((x, y + 3.2 * mm), 5.2 * mm, fill="#fff", fill_opacity=0.85)
    needle = f"M{round(x)} {round(y - mm)}l{round(1.9 * mm)} {round(5.4 * mm)}"
    drawn += svg.path(f"{needle}l{-round(1.9 * mm)} {-round(1.3 * mm)}"
                      f"l{-round(1.9 * mm)} {round(1.3 * mm)}z", fill=ink)  # fmt: skip
    return drawn + svg.text(north, (x, y + 7.6 * mm), 3 * mm, fill=ink, text_anchor="middle",
                            font_weight="bold")  # fmt: skip


def stroke(data: str, colour: str, width: float, *, dash: str = "", cap: str = "round") -> Markup:
    """Draw lines of one colour and width."""
    return svg.path(data, fill="none", stroke=colour, stroke_width=round(width),
                    stroke_linecap=cap, stroke_linejoin="round", stroke_dasharray=dash)  # fmt: skip


def halo(sheet: Sheet) -> dict[str, object]:
    """Return what makes a text stand out from the picture."""
    return {"stroke": "#fff", "stroke_width": round(0.7 * sheet.mm), "paint_order": "stroke",
            "stroke_linejoin": "round"}  # fmt: skip


def column(rows: Rows, name: str) -> list[Any]:
    """Return a column as a list; one that is not there as so many None."""
    if name in rows:
        return list(rows[name])
    return [None] * len(rows.get("geometry", ()))
