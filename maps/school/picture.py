"""How does the zone around a school's gates look on paper, as one SVG that Python draws?

Widths on paper are given in millimetres and turned into decimetres of the ground.
"""

from __future__ import annotations

import math
from bisect import bisect
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from markupsafe import Markup

from maps.school import svg
from maps.school.sketch import (
    Sheet,
    column,
    ground,
    halo,
    names,
    railways,
    scale_and_north,
    streets,
    stroke,
    zones,
)  # fmt: skip
from maps.style import class_of, palette, risk_classes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo.arrays import Flags
    from geo.words import Lang
    from maps.school.surroundings import Place, Rows

_RING = [(math.cos(k * math.pi / 4), -math.sin(k * math.pi / 4)) for k in range(1, 9)]


def zone_svg(
    place: Place, *, numbers: Sequence[str], words: Mapping[str, str], lang: Lang, alt: str
) -> Markup:
    """Return the picture of a school's surroundings.

    Parameters
    ----------
    place
        From `maps.school.surroundings.places`.
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
    sheet = Sheet(west, north, round((east - west) * 10), round((north - south) * 10))
    layers = place.layers
    gates = [sheet.at(point) for point in layers.get("entrance", {}).get("geometry", ())]
    drawn = [
        ground(sheet, layers),
        streets(sheet, layers.get("street", {})),
        railways(sheet, layers.get("railway", {})),
        zones(sheet, layers.get("zone", {})),
        _routes(sheet, layers.get("route", {})),
        names(sheet, layers),
        _crossings(sheet, layers.get("crossing", {})),
        _hazards(sheet, layers.get("hazard", {}), numbers, clear_of=gates),
        _gates(sheet, layers.get("entrance", {}), words["gate"]),
        scale_and_north(sheet, words["north"], lang),
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
        grades = {grade_of(g)["id"] for g in column(layers["hazard"], "grade")}
        rows += [(svg.key(svg.circle((0, 0), 16, fill=g["colour"])),
                  words["hazard"].replace("{grade}", g[lang]))
                 for g in palette()["grade"] if g["id"] in grades]  # fmt: skip
    return rows


def hazard_key(number: int, grade: object, label: str) -> Markup:
    """Return the sign of a hazard with its number, for the list beside the picture."""
    return svg.key(_hazard((0, 0), 19, number=str(number), grade=grade), label=label)


def grade_of(grade: object) -> dict[str, Any]:
    """Return the palette's row of a grade; the last one where the grade is open.

    Examples
    --------
    >>> grade_of("A")["colour"] != grade_of("C")["colour"], grade_of(None) == grade_of("?")
    (True, True)
    """
    rows: list[dict[str, Any]] = palette()["grade"]
    return next((row for row in rows if row["id"] == grade), rows[-1])


# ---- ways and crossings --------------------------------------------------------------------------


def _routes(sheet: Sheet, rows: Rows) -> Markup:
    """Draw each line once for each choice, as wide as all its children ask for."""
    if "geometry" not in rows:
        return Markup("")
    safest, shortest = (_children_of(rows, choice) for choice in ("safest", "shortest"))
    drawn = Markup("")
    colours = palette()["route"]
    for number, load in enumerate(palette()["load"]):
        mine = [row for row, children in safest.values() if _load(children) == number]
        drawn += stroke(sheet.data(rows["geometry"][mine]), colours["safest"],
                        load["width_mm"] * sheet.mm)  # fmt: skip
    others = [row for row, _ in shortest.values()]
    dash = f"{round(1.2 * sheet.mm)} {round(1.2 * sheet.mm)}"
    return drawn + stroke(sheet.data(rows["geometry"][others]), colours["shortest"],
                          0.5 * sheet.mm, dash=dash, cap="butt")  # fmt: skip


def _children_of(rows: Rows, choice: str) -> dict[bytes, tuple[int, float]]:
    """Return each line of a choice with its first row and the children of all its rows."""
    found: dict[bytes, tuple[int, float]] = {}
    children = np.nan_to_num(np.asarray(column(rows, "children"), dtype=np.float64))
    lines = shapely.to_wkb(rows["geometry"])
    for row in np.flatnonzero(rows["choice"] == choice).tolist():
        first, before = found.get(lines[row], (row, 0.0))
        found[lines[row]] = first, before + float(children[row])
    return found


def _load(children: float) -> int:
    return max(bisect([load["children"] for load in palette()["load"]], children) - 1, 0)


def _crossings(sheet: Sheet, rows: Rows) -> Markup:
    if "geometry" not in rows:
        return Markup("")
    classes, hollow = _crossing_classes(rows), _hollow(rows)
    worst_last, points = np.argsort(classes, kind="stable").tolist(), rows["geometry"].tolist()
    return Markup("").join(
        _crossing(
            sheet.at(points[row]), 1.25 * sheet.mm,
            of=risk_classes()[classes[row]], hollow=bool(hollow[row]),
        )
        for row in worst_last
    )  # fmt: skip


def _crossing(at: svg.XY, radius: float, *, of: dict[str, Any], hollow: bool) -> Markup:
    fill, line = ("#fff", of["colour"]) if hollow else (of["colour"], "#fff")
    return svg.sign(of["sign"], at, radius, fill=fill, stroke=line,
                    stroke_width=round(radius * (0.42 if hollow else 0.22)))  # fmt: skip


def _crossing_classes(rows: Rows) -> list[int]:
    return [class_of(risk, "crossing") for risk in column(rows, "risk")]


def _hollow(rows: Rows) -> Flags:
    known = pd.to_numeric(pd.Series(column(rows, "known_share")), errors="coerce").to_numpy()
    no_number = np.array(_crossing_classes(rows)) < 0
    hollow: Flags = (known < palette()["unsure"]["known_share"]) | no_number
    return hollow


# ---- gates and hazards ---------------------------------------------------------------------------


def _gates(sheet: Sheet, rows: Rows, word: str) -> Markup:
    drawn = Markup("")
    for number, known in enumerate(_gate_known(rows), 1):
        x, y = sheet.at(rows["geometry"][number - 1])
        size = 1.7 * sheet.mm
        drawn += _gate((x, y), size, known=known)
        drawn += svg.text(
            f"{word}{number}", (x + 1.35 * size, y + 0.45 * size), 3.0 * sheet.mm,
            fill=palette()["route"]["gate"], font_weight="bold", **halo(sheet),
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
    return [rule in ("gate", "mapped") for rule in column(rows, "rule")]


def _hazards(
    sheet: Sheet, rows: Rows, numbers: Sequence[str], *, clear_of: Sequence[svg.XY]
) -> Markup:
    """Draw the hazards of the list with their numbers, moved apart; the others as dots below."""
    if "geometry" not in rows:
        return Markup("")
    place_of = {id_: n for n, id_ in enumerate(numbers)}
    listed = sorted(
        (place_of.get(str(id_), len(numbers)), row) for row, id_ in enumerate(rows["id"])
    )
    grades, radius = column(rows, "grade"), 2.1 * sheet.mm
    below, above = Markup(""), Markup("")
    taken = list(clear_of)
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
            below += stroke(leader, palette()["plain"]["ink"], 0.35 * sheet.mm)
        above += _hazard(to, radius, number=str(place + 1), grade=grades[row])
    return below + above


def _free(at: svg.XY, taken: list[svg.XY], *, sheet: Sheet, radius: float) -> svg.XY:
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


def _line_key(data: str, colour: str, width: int, *, dash: str = "") -> Markup:
    return svg.key(stroke(data, colour, width, dash=dash, cap="butt" if dash else "round"))
