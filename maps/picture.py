"""How does the zone around a school's gates look on paper, as one SVG that Python draws?

Widths on paper are given in millimetres and turned into decimetres of the ground.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from markupsafe import Markup

from maps import svg
from maps.style import class_of, palette, risk_classes, street_classes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo.findings import Lang
    from maps.surroundings import Place, Rows

WIDTH_MM = 118.0
"""Width on paper that the signs are drawn for."""
_BAR_M = 50
_NAMES = 12
_SHORTEST_NAMED_M = 60.0
_RING = [(math.cos(k * math.pi / 4), -math.sin(k * math.pi / 4)) for k in range(1, 9)]


@dataclass(frozen=True)
class _Sheet:
    """A corner and a scale: what turns metres into units of the picture."""

    west: float
    north: float
    width: int
    height: int

    @property
    def mm(self) -> float:
        """Return the units of one millimetre on paper."""
        return self.width / WIDTH_MM

    def at(self, point: Any) -> tuple[float, float]:  # noqa: ANN401  (a shapely point)
        return (point.x - self.west) * 10, (self.north - point.y) * 10

    def data(self, shapes: Any, *, closed: bool = False) -> str:  # noqa: ANN401  (array of shapes)
        return svg.shape_data(shapes, west=self.west, north=self.north, closed=closed)


def zone_svg(
    place: Place, *, numbers: Sequence[str], words: Mapping[str, str], lang: Lang, alt: str
) -> Markup:
    """Return the picture of a school's surroundings.

    Parameters
    ----------
    place
        From `maps.surroundings.places`.
    numbers
        Ids of the hazards that carry a number, the first one 1.
    words
        ``gate`` and ``north`` in the language of the page.
    lang
        Language of the page.
    alt
        What a reader who does not see the picture is told.
    """
    west, south, east, north = place.box
    sheet = _Sheet(west, north, round((east - west) * 10), round((north - south) * 10))
    layers = place.layers
    drawn = [
        _ground(sheet, layers),
        _streets(sheet, layers.get("street", {})),
        _railways(sheet, layers.get("railway", {})),
        _zones(sheet, layers.get("zone", {})),
        _routes(sheet, layers.get("route", {})),
        _names(sheet, layers),
        _crossings(sheet, layers.get("crossing", {})),
        _gates(sheet, layers.get("entrance", {}), words["gate"]),
        _hazards(sheet, layers.get("hazard", {}), numbers),
        _scale_and_north(sheet, words["north"], lang),
    ]
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" role="img"'
        ' aria-label="{alt}"><rect width="{w}" height="{h}" fill="{land}"/>{drawn}</svg>'
    ).format(
        w=sheet.width,
        h=sheet.height,
        alt=alt,
        land=palette()["plain"]["land"],
        drawn=Markup("").join(drawn),
    )


def legend(place: Place, words: Mapping[str, str], lang: Lang) -> list[tuple[Markup, str]]:
    """Return the signs that stand in a picture with their words; what is not there is left out."""
    layers, colours = place.layers, palette()["route"]
    rows: list[tuple[Markup, str]] = []
    wave = "M-20 6C-8 -14 8 14 20 -6"
    if "zone" in layers:
        rows.append((_line_key(wave, colours["zone"], 3, dash="6 5"), words["zone"]))
    choices = set(layers.get("route", {}).get("choice", ()))
    if "safest" in choices:
        rows.append((_line_key(wave, colours["safest"], 8), words["safest"]))
    if "shortest" in choices:
        rows.append((_line_key(wave, colours["shortest"], 4, dash="8 6"), words["shortest"]))
    if "entrance" in layers:
        known = set(_gate_known(layers["entrance"]))
        rows += [(svg.key(_gate((0, 0), 14, known=k)), words["gate_known" if k else "gate_assumed"])
                 for k in (True, False) if k in known]  # fmt: skip
    if "crossing" in layers:
        found = set(_crossing_classes(layers["crossing"]))
        rows += [(svg.key(_crossing((0, 0), 14, of=of, hollow=False)),
                  words["crossing"].replace("{risk}", of[lang]))
                 for n, of in enumerate(palette()["risk"]) if n in found]  # fmt: skip
        if _hollow(layers["crossing"]).any():
            unsure = palette()["unsure"]
            rows.append((svg.key(_crossing((0, 0), 14, of=unsure, hollow=True)), unsure[lang]))
    if "hazard" in layers:
        grades = {grade_of(g)["id"] for g in _column(layers["hazard"], "grade")}
        rows += [(svg.key(svg.circle((0, 0), 16, fill=g["colour"])),
                  words["hazard"].replace("{grade}", g[lang]))
                 for g in palette()["grade"] if g["id"] in grades]  # fmt: skip
    return rows


def hazard_key(number: int, grade: object, label: str) -> Markup:
    """Return the sign of a hazard with its number, for the list beside the picture."""
    return svg.key(_hazard((0, 0), 19, number=str(number), grade=grade), label=label)


def grade_of(grade: object) -> dict[str, Any]:
    """Return the palette's row of a grade; the last one where the grade is open."""
    rows: list[dict[str, Any]] = palette()["grade"]
    return next((row for row in rows if row["id"] == grade), rows[-1])


# ---- the ground ----------------------------------------------------------------------------------


def _ground(sheet: _Sheet, layers: Mapping[str, Rows]) -> Markup:
    plain, own = palette()["plain"], palette()["route"]
    drawn = Markup("")
    for role in ("green", "water", "building"):
        shapes = layers.get(role, {}).get("geometry", ())
        line = {"water": plain["water_line"], "building": plain["building_line"]}.get(role)
        drawn += svg.path(
            sheet.data(shapes, closed=True), fill=plain[role], fill_rule="evenodd",
            stroke=line, stroke_width=line and round(0.15 * sheet.mm),
        )  # fmt: skip
        if role == "water":
            drawn += svg.path(sheet.data(shapes), fill="none", stroke=plain["water"],
                              stroke_width=round(1.2 * sheet.mm))  # fmt: skip
            drawn += svg.path(
                sheet.data(layers.get("facility", {}).get("geometry", ()), closed=True),
                fill=own["campus"], fill_rule="evenodd", fill_opacity=0.75,
                stroke=own["campus_line"], stroke_width=round(0.25 * sheet.mm),
            )  # fmt: skip
    return drawn


def _streets(sheet: _Sheet, rows: Rows) -> Markup:
    if "geometry" not in rows:
        return Markup("")
    classes = palette()["street"]
    highway = pd.Series(_column(rows, "highway"), dtype=object)
    of_class = street_classes(highway)
    data = [sheet.data(rows["geometry"][of_class == n]) for n in range(len(classes))]
    drawn = Markup("")
    for kerbs in (True, False):
        for line, street in reversed(list(zip(data, classes, strict=True))):
            width = max(street["width_m"] * 10, 0.3 * sheet.mm)
            if not kerbs:
                drawn += _stroke(line, street["colour"], width)
            elif street["casing"]:
                drawn += _stroke(line, street["casing"], width + 0.5 * sheet.mm)
    return drawn


def _railways(sheet: _Sheet, rows: Rows) -> Markup:
    data = sheet.data(rows.get("geometry", ()))
    colour = palette()["plain"]["railway"]
    return _stroke(data, colour, 0.9 * sheet.mm) + _stroke(
        data,
        "#fff",
        0.5 * sheet.mm,
        dash=f"{round(2 * sheet.mm)} {round(2 * sheet.mm)}",
        cap="butt",
    )


def _zones(sheet: _Sheet, rows: Rows) -> Markup:
    if "geometry" not in rows:
        return Markup("")
    dash = f"{round(1.6 * sheet.mm)} {round(1.1 * sheet.mm)}"
    return svg.path(
        sheet.data(rows["geometry"], closed=True), fill=palette()["route"]["zone"],
        fill_opacity=0.06, fill_rule="evenodd", stroke=palette()["route"]["zone"],
        stroke_width=round(0.4 * sheet.mm), stroke_dasharray=dash,
    )  # fmt: skip


# ---- ways and crossings --------------------------------------------------------------------------


def _routes(sheet: _Sheet, rows: Rows) -> Markup:
    """Draw each line once for each choice, as wide as all its children ask for."""
    if "geometry" not in rows:
        return Markup("")
    table = pd.DataFrame({
        "choice": rows["choice"], "line": shapely.to_wkb(rows["geometry"]),
        "children": pd.to_numeric(pd.Series(_column(rows, "children")), errors="coerce").fillna(0),
        "row": np.arange(len(rows["geometry"])),
    })  # fmt: skip
    lines = table.groupby(["choice", "line"], sort=False).agg(
        children=("children", "sum"), row=("row", "min")
    )
    lines = lines.sort_values("row").reset_index()
    drawn = Markup("")
    loads, colours = palette()["load"], palette()["route"]
    for number, load in enumerate(loads):
        mine = lines[
            (lines["choice"] == "safest") & (_load(lines["children"].to_numpy()) == number)
        ]
        drawn += _stroke(sheet.data(rows["geometry"][mine["row"]]), colours["safest"],
                         load["width_mm"] * sheet.mm)  # fmt: skip
    shortest = lines.loc[lines["choice"] == "shortest", "row"]
    dash = f"{round(1.2 * sheet.mm)} {round(1.2 * sheet.mm)}"
    return drawn + _stroke(sheet.data(rows["geometry"][shortest]), colours["shortest"],
                           0.5 * sheet.mm, dash=dash, cap="butt")  # fmt: skip


def _load(children: Any) -> Any:  # noqa: ANN401  (arrays)
    bounds = [load["children"] for load in palette()["load"]]
    return np.maximum(np.searchsorted(bounds, children, side="right") - 1, 0)


def _crossings(sheet: _Sheet, rows: Rows) -> Markup:
    if "geometry" not in rows:
        return Markup("")
    classes, hollow = _crossing_classes(rows), _hollow(rows)
    worst_last = np.argsort(classes, kind="stable")
    return Markup("").join(
        _crossing(
            sheet.at(rows["geometry"][row]), 1.25 * sheet.mm,
            of=risk_classes()[classes[row]], hollow=bool(hollow[row]),
        )
        for row in worst_last
    )  # fmt: skip


def _crossing(at: svg.XY, radius: float, *, of: dict[str, Any], hollow: bool) -> Markup:
    fill, line = ("#fff", of["colour"]) if hollow else (of["colour"], "#fff")
    return svg.sign(of["sign"], at, radius, fill=fill, stroke=line,
                    stroke_width=round(radius * (0.42 if hollow else 0.22)))  # fmt: skip


def _crossing_classes(rows: Rows) -> list[int]:
    return [class_of(risk, "crossing") for risk in _column(rows, "risk")]


def _hollow(rows: Rows) -> Any:  # noqa: ANN401  (array of bool)
    known = pd.to_numeric(pd.Series(_column(rows, "known_share")), errors="coerce").to_numpy()
    no_number = np.array(_crossing_classes(rows)) < 0
    return (known < palette()["unsure"]["known_share"]) | no_number


# ---- gates and hazards ---------------------------------------------------------------------------


def _gates(sheet: _Sheet, rows: Rows, word: str) -> Markup:
    drawn = Markup("")
    for number, known in enumerate(_gate_known(rows), 1):
        x, y = sheet.at(rows["geometry"][number - 1])
        size = 1.7 * sheet.mm
        drawn += _gate((x, y), size, known=known)
        drawn += svg.text(
            f"{word}{number}", (x + 1.35 * size, y + 0.45 * size), 3.0 * sheet.mm,
            fill=palette()["route"]["gate"], font_weight="bold", **_halo(sheet),
        )  # fmt: skip
    return drawn


def _gate(at: svg.XY, size: float, *, known: bool) -> Markup:
    x, y = at
    colour = palette()["route"]["gate"]
    s = round(size)
    house = f"M{round(x) - s} {round(y) + s}v{-s}l{s} {-s}l{s} {s}v{s}z"
    return svg.path(house, fill=colour if known else "#fff", stroke="#fff" if known else colour,
                    stroke_width=round(size * (0.2 if known else 0.34)))  # fmt: skip


def _gate_known(rows: Rows) -> list[bool]:
    return [rule in ("gate", "mapped") for rule in _column(rows, "rule")]


def _hazards(sheet: _Sheet, rows: Rows, numbers: Sequence[str]) -> Markup:
    """Draw the hazards of the list with their numbers, moved apart; the others as dots below."""
    if "geometry" not in rows:
        return Markup("")
    place_of = {id_: n for n, id_ in enumerate(numbers)}
    listed = sorted(
        (place_of.get(str(id_), len(numbers)), row) for row, id_ in enumerate(rows["id"])
    )
    grades, radius = _column(rows, "grade"), 2.1 * sheet.mm
    below, above = Markup(""), Markup("")
    taken: list[tuple[float, float]] = []
    for place, row in listed:
        x, y = sheet.at(rows["geometry"][row])
        if place == len(numbers):
            below += svg.circle((x, y), 0.9 * sheet.mm, fill=grade_of(grades[row])["colour"],
                                stroke="#fff", stroke_width=round(0.2 * sheet.mm))  # fmt: skip
            continue
        to = _free((x, y), taken, sheet=sheet, radius=radius)
        taken.append(to)
        if to != (x, y):
            leader = f"M{round(x)} {round(y)}L{round(to[0])} {round(to[1])}"
            below += _stroke(leader, palette()["plain"]["ink"], 0.35 * sheet.mm)
        above += _hazard(to, radius, number=str(place + 1), grade=grades[row])
    return below + above


def _free(at: svg.XY, taken: list[svg.XY], *, sheet: _Sheet, radius: float) -> svg.XY:
    """Return a place for a number near its hazard that no other number stands on."""
    x, y = at
    rings = [(x + far * radius * a, y + far * radius * b) for far in (2.4, 4.0) for a, b in _RING]
    for to in [(x, y), *rings]:
        inside = radius < to[0] < sheet.width - radius and radius < to[1] < sheet.height - radius
        if inside and all(math.dist(to, other) >= 2.1 * radius for other in taken):
            return to
    return x, y


def _hazard(at: svg.XY, radius: float, *, number: str, grade: object) -> Markup:
    disc = svg.circle(at, radius, fill=grade_of(grade)["colour"], stroke="#fff",
                      stroke_width=round(radius * 0.16))  # fmt: skip
    return disc + svg.text(number, (at[0], at[1] + 0.42 * radius), 1.2 * radius, fill="#fff",
                           text_anchor="middle", font_weight="bold")  # fmt: skip


# ---- names, scale, small things ------------------------------------------------------------------


def _names(sheet: _Sheet, layers: Mapping[str, Rows]) -> Markup:
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


def _name(sheet: _Sheet, name: str, line: Any) -> Markup:  # noqa: ANN401  (a shapely line)
    before, middle, after = (
        sheet.at(line.interpolate(share, normalized=True)) for share in (0.4, 0.5, 0.6)
    )
    angle = math.degrees(math.atan2(after[1] - before[1], after[0] - before[0]))
    upright = (angle + 90) % 180 - 90
    x, y = round(middle[0]), round(middle[1])
    return svg.text(
        name if len(name) <= 24 else name[:23] + "…",  # noqa: PLR2004  (characters of a label)
        (x, y + 0.9 * sheet.mm), 2.5 * sheet.mm, fill=palette()["plain"]["ink"],
        text_anchor="middle", transform=f"rotate({round(upright)} {x} {y})", **_halo(sheet),
    )  # fmt: skip


def _scale_and_north(sheet: _Sheet, north: str, lang: Lang) -> Markup:
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
    unit = "米" if lang == "zh" else "m"
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


def _stroke(data: str, colour: str, width: float, *, dash: str = "", cap: str = "round") -> Markup:
    return svg.path(data, fill="none", stroke=colour, stroke_width=round(width),
                    stroke_linecap=cap, stroke_linejoin="round", stroke_dasharray=dash)  # fmt: skip


def _line_key(data: str, colour: str, width: int, *, dash: str = "") -> Markup:
    return svg.key(_stroke(data, colour, width, dash=dash, cap="butt" if dash else "round"))


def _halo(sheet: _Sheet) -> dict[str, object]:
    return {"stroke": "#fff", "stroke_width": round(0.7 * sheet.mm), "paint_order": "stroke",
            "stroke_linejoin": "round"}  # fmt: skip


def _column(rows: Rows, name: str) -> list[Any]:
    """Return a column as a list; one that is not there as so many None."""
    if name in rows:
        return list(rows[name])
    return [None] * len(rows.get("geometry", ()))
