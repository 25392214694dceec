"""Which maps go on paper, and what stands on each: homes, communities, hazards, sites?"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from geo.words import language
from maps.paper import paper
from maps.paper.figure import MM_PER_INCH, POINTS_PER_INCH
from maps.paper.fonts import drawable
from maps.paper.ground import areas, ground, lay, mm_across
from maps.paper.imprint import word
from maps.style import palette, safe_colour

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from numpy.typing import NDArray

    from analyses.result import Shown
    from geo.arrays import Floats
    from geo.words import Lang
    from maps.paper.imprint import Imprint
    from maps.paper.paper import Box, Paper, Sheet

Tables = dict[str, pd.DataFrame]
_UNFIT = re.compile(r"[^A-Za-z0-9]+")
_SIGNS = {"circle": "o", "triangle": "^", "diamond": "D", "cross": "x", "ring": "o",
          "square": "s", "hexagon": "h", "pentagon": "p", "dash": "_"}  # fmt: skip
_GRADE_SIGNS = ("^", "s", "o", "o")
_GRADE_SIZES = (34.0, 22.0, 11.0, 9.0)
_SITE_SIGNS = {"chosen": ("*", 90.0), "possible": ("o", 14.0), "fails": ("x", 14.0)}
_HATCHES = {"hatch": "////", "dots": "...", "plain": ""}
_VECTORS_UP_TO = 3_000
"""Signs beyond this number become one picture inside an SVG."""
_POINT_AREA, _POINT_SIZES = 45_000.0, (2.0, 16.0)
_AROUND_PT = [
    (far * math.cos(turn * math.pi / 4), far * math.sin(turn * math.pi / 4))
    for far in (8.0, 16.0, 26.0, 38.0) for turn in (1, 7, 3, 5, 0, 4, 2, 6)
]  # fmt: skip
_NUMBER_PT = (12.0, 9.0)
"""Width and height that a number needs."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """A finished picture.

    Attributes
    ----------
    name
        File name without ending: ASCII.
    title
        What it shows, in the language of the report.
    figure, family
        The figure and its font.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> Drawn("towns", "Children by town", Figure(), "DejaVu Sans").name
    'towns'
    """

    name: str
    title: str
    figure: Figure
    family: str


@dataclass(frozen=True)
class Scene:
    """What maps on paper are drawn from.

    Attributes
    ----------
    shown
        What may be shown (`analyses.result`); any role may be missing.
    tables
        ``facilities``: which facilities meet which rule.  May be empty.
    imprint, paper, family
        What each sheet says of itself, its size and its font.

    Examples
    --------
    >>> import yimi
    >>> from maps.paper import imprint_of
    >>> run = yimi.run(yimi.demo)
    >>> imprint = imprint_of(run.study, crs=run.inputs.crs, lang="en")
    >>> scene = Scene(run.result.shown, run.result.tables, imprint, "a4", "DejaVu Sans")
    >>> scene.paper
    'a4'
    """

    shown: Sequence[Shown]
    tables: Mapping[str, pd.DataFrame]
    imprint: Imprint
    paper: Paper
    family: str

    @cached_property
    def roles(self) -> Tables:
        """Return the rows of each role; roles without rows are left out."""
        found: dict[str, list[pd.DataFrame]] = {}
        for item in self.shown:
            if len(item.rows):
                found.setdefault(item.role, []).append(pd.DataFrame(item.rows))
        return {role: pd.concat(parts, ignore_index=True) for role, parts in found.items()}

    def sheet(self, title: str, *around: str) -> Sheet:
        """Return a sheet around the rows of some roles, with the ground in its frame."""
        made = paper.sheet(
            self._extent(around), paper=self.paper, title=title, imprint=self.imprint,
            family=self.family,
        )  # fmt: skip
        if made.box not in self._grounds:
            self._grounds[made.box] = ground(self.roles, made.box, width_mm=mm_across(made.axes))
        lay(made.axes, self._grounds[made.box], made.box)
        return made

    def _extent(self, around: Sequence[str]) -> Box:
        shapes = [self.roles[role]["geometry"].to_numpy() for role in around if role in self.roles]
        west, south, east, north = shapely.total_bounds(np.concatenate(shapes)).tolist()
        return west, south, east, north

    @cached_property
    def _grounds(self) -> dict[Box, NDArray[np.uint8]]:
        return {}


def paper_maps(scene: Scene, *, hazards: int) -> Iterator[Drawn]:
    """Yield all maps: for each rule homes and communities, then hazards, then sites.

    Parameters
    ----------
    scene
        What they are drawn from; a map whose rows are missing is left out.
    hazards
        So many hazards carry a number: the first ones of the role ``hazard``.

    Examples
    --------
    >>> import yimi
    >>> from maps.paper import drawing, imprint_of
    >>> run = yimi.run(yimi.demo)
    >>> imprint = imprint_of(run.study, crs=run.inputs.crs, lang="en")
    >>> with drawing() as family:
    ...     scene = Scene(run.result.shown, run.result.tables, imprint, "a4", family)
    ...     first = next(paper_maps(scene, hazards=3))
    >>> first.name.isascii(), first.figure.get_size_inches().round(1).tolist()
    (True, [8.3, 11.7])
    """
    for number, rule in enumerate(_rows(scene, "rule"), 1):
        stem = f"{number:02d}-{_UNFIT.sub('-', str(rule['rule_id'])).strip('-')}"
        if f"status:{rule['rule_id']}" in scene.roles.get("demand", ()):
            yield homes_map(scene, rule, name=f"{stem}-homes")
        if len(scene.roles.get("area", ())) > 1 and "area_value" in scene.roles:
            yield communities_map(scene, rule, name=f"{stem}-communities")
    if "hazard" in scene.roles:
        yield hazards_map(scene, numbered=hazards)
    if "site" in scene.roles:
        yield sites_map(scene)


def homes_map(scene: Scene, rule: Mapping[str, Any], *, name: str) -> Drawn:
    """Draw each home as covered or not by a rule, with the facilities that count for it."""
    lang = scene.imprint.lang
    title = word("report/picture/points", lang, rule=rule[f"title_{lang}"])
    on = scene.sheet(title, "demand")
    _outlines(on.axes, scene)
    handles = draw_homes(on.axes, scene.roles["demand"], str(rule["rule_id"]), lang=lang)
    handles += _facilities(on, scene, str(rule["rule_id"]))
    notes = [f"{rule['rule_id']}  {rule[f'limit_{lang}']}", _clause(rule, lang),
             word("report/picture/points_note", lang)]  # fmt: skip
    paper.explain(on, [*handles, *_ground_keys(scene)], title=word("report/sheet/legend", lang),
                  notes=notes)  # fmt: skip
    return Drawn(name, title, on.figure, on.family)


def communities_map(scene: Scene, rule: Mapping[str, Any], *, name: str) -> Drawn:
    """Draw each community in the class of its share of children covered."""
    lang = scene.imprint.lang
    title = word("report/picture/areas", lang, rule=rule[f"title_{lang}"])
    on = scene.sheet(title, "area")
    handles = draw_communities(on.axes, scene, str(rule["rule_id"]), alpha=0.75)
    notes = [f"{rule['rule_id']}  {rule[f'limit_{lang}']}", _clause(rule, lang),
             word("report/picture/areas_note", lang)]  # fmt: skip
    handles += _facilities(on, scene, str(rule["rule_id"]))
    paper.explain(on, [*handles, *_ground_keys(scene)], title=word("report/sheet/legend", lang),
                  notes=notes)  # fmt: skip
    return Drawn(name, title, on.figure, on.family)


def hazards_map(scene: Scene, *, numbered: int, name: str = "hazards") -> Drawn:
    """Draw the hazards by grade; the first ones carry their number in the list."""
    lang = scene.imprint.lang
    title = word("report/picture/hazards", lang)
    on = scene.sheet(title, "hazard", "school")
    _outlines(on.axes, scene)
    rows = scene.roles["hazard"]
    x, y = _xy(rows)
    handles: list[Any] = []
    grades = palette()["grade"]
    grade = rows["grade"].where(rows["grade"].isin([g["id"] for g in grades]), grades[-1]["id"])
    for number, row in reversed(list(enumerate(grades))):
        mine = (grade == row["id"]).to_numpy()
        if mine.any():
            style = _sign(_GRADE_SIGNS[number], row["colour"], hollow=row["id"] == "?")
            _scatter(on.axes, x[mine], y[mine], size=_GRADE_SIZES[number], zorder=9 - number,
                     style=style)  # fmt: skip
            before, after = language(lang).brackets
            label = f"{row[lang]}{before}{mine.sum():,}{after}"
            handles.insert(0, _handle(style, label))
    _numbers(on, x[:numbered], y[:numbered])
    notes = [word("report/picture/hazards_note", lang)]
    paper.explain(on, [*handles, *_ground_keys(scene)], title=word("report/sheet/legend", lang),
                  notes=notes)  # fmt: skip
    return Drawn(name, title, on.figure, on.family)


def sites_map(scene: Scene, *, name: str = "sites") -> Drawn:
    """Draw candidate sites by verdict; those to be built carry their order."""
    lang = scene.imprint.lang
    title = word("report/picture/sites", lang)
    on = scene.sheet(title, "site", "demand")
    _outlines(on.axes, scene)
    rows = scene.roles["site"]
    x, y = _xy(rows)
    handles: list[Any] = []
    for verdict in palette()["site"]:
        mine = (rows["verdict"] == verdict["id"]).to_numpy()
        if mine.any():
            marker, size = _SITE_SIGNS.get(verdict["id"], ("o", 12.0))
            style = _sign(marker, verdict["colour"], hollow=False)
            _scatter(on.axes, x[mine], y[mine], size=size, zorder=8, style=style)
            handles.append(_handle(style, verdict[lang]))
    for number in np.flatnonzero(rows["rank"].notna().to_numpy()).tolist():
        on.axes.annotate(
            f"{rows['rank'].iloc[number]:.0f}", (x[number], y[number]), xytext=(5, 4),
            textcoords="offset points", fontsize=9, weight="bold", zorder=12, **paper.halo(),
        )  # fmt: skip
    notes = [word("report/picture/sites_note", lang)]
    paper.explain(on, [*handles, *_ground_keys(scene)], title=word("report/sheet/legend", lang),
                  notes=notes)  # fmt: skip
    return Drawn(name, title, on.figure, on.family)


def draw_homes(
    axes: Axes, rows: pd.DataFrame, rule_id: str, *, lang: str, scale: float = 1.0
) -> list[Any]:
    """Draw homes by their status towards a rule and return the keys for a legend."""
    x, y = _xy(rows)
    status = rows[f"status:{rule_id}"].to_numpy()
    size = float(np.clip(_POINT_AREA / max(len(rows), 1), *_POINT_SIZES)) * scale
    handles: list[Any] = []
    # What matters most comes last, on top; where no rule applies is below all.
    order = sorted(palette()["status"], key=lambda row: (row["value"] >= 0, -row["value"]))
    for number, row in enumerate(order):
        mine = status == row["value"]
        if mine.any():
            style = _sign(_SIGNS[row["sign"]], row["colour"], hollow=row["sign"] == "ring")
            _scatter(axes, x[mine], y[mine], size=size, zorder=4 + number * 0.1, style=style)
            handles.insert(0, _handle(style, row[lang]))
    return handles


def draw_communities(
    axes: Axes, scene: Scene, rule_id: str, *, alpha: float = 1.0, legend_all: bool = False
) -> list[Any]:
    """Draw communities by their share of children covered, and return the keys for a legend."""
    from matplotlib.patches import Patch  # noqa: PLC0415

    lang = scene.imprint.lang
    values = scene.roles["area_value"]
    mine = values[(values["rule_id"] == rule_id) & values["area_id"].notna()]
    share = scene.roles["area"]["area_id"].map(mine.set_index("area_id")["share_walk"]).to_numpy()
    line: dict[str, Any] = {"edgecolor": "#6d6963", "linewidth": 0.35}
    handles, drawn = [], np.zeros(len(share), dtype=bool)
    for row in palette()["share"]:
        last = row["to"] >= 1
        of_class = (share >= row["from"]) & ((share < row["to"]) | last)
        drawn |= of_class
        style: dict[str, Any] = {
            "facecolor": row["colour"],
            "hatch": _HATCHES[row["pattern"]],
            "alpha": alpha,
        }
        if of_class.any():
            areas(axes, scene.roles["area"][of_class], zorder=2, **style, **line)
        if of_class.any() or legend_all:
            said = f"{row[lang]} {row['from']:.0%}–{row['to']:.0%}"
            handles.append(Patch(label=said, **{**style, "alpha": 1.0}, **line))
    if not drawn.all():
        none: dict[str, Any] = {"facecolor": palette()["plain"]["none"], "alpha": alpha}
        areas(axes, scene.roles["area"][~drawn], zorder=2, **none, **line)
        handles.append(Patch(label=word("report/sheet/nobody", lang), **none, **line))
    return handles


def _numbers(on: Sheet, x: Floats, y: Floats) -> None:
    """Write 1, 2, 3 ... beside their places, each where no other number stands."""
    pt_m = on.scale * MM_PER_INCH / POINTS_PER_INCH / 1000
    taken: list[tuple[float, float]] = []
    for number, (east, north) in enumerate(zip(x, y, strict=True), 1):
        free = next(
            (
                (dx, dy) for dx, dy in _AROUND_PT
                if all(abs(east + dx * pt_m - a) > _NUMBER_PT[0] * pt_m
                       or abs(north + dy * pt_m - b) > _NUMBER_PT[1] * pt_m for a, b in taken)
            ),
            _AROUND_PT[0],
        )  # fmt: skip
        taken.append((east + free[0] * pt_m, north + free[1] * pt_m))
        on.axes.annotate(
            str(number), (east, north), xytext=free, textcoords="offset points", fontsize=7.5,
            weight="bold", ha="center", va="center", zorder=12, **paper.halo(),
            arrowprops={"arrowstyle": "-", "linewidth": 0.5, "shrinkA": 3, "shrinkB": 0},
        )  # fmt: skip


def _facilities(on: Sheet, scene: Scene, rule_id: str) -> list[Any]:
    """Draw the facilities that count for a rule, a sign a kind, and return their keys."""
    if not {"facility", "kind"} <= set(scene.roles):
        return []
    rows, lang = scene.roles["facility"], scene.imprint.lang
    if "facilities" in scene.tables:
        of_rule = scene.tables["facilities"]
        ids = of_rule.loc[of_rule["rule_id"] == rule_id, "facility_id"]
        rows = rows[rows["facility_id"].isin(ids)]
    else:
        rules = scene.roles["rule"].set_index("rule_id")
        rows = rows[rows["kind"] == rules.loc[rule_id, "kind"]]
    handles = []
    signs = palette()["kind"]["signs"]
    for number, kind in enumerate(scene.roles["kind"].to_dict("records")):
        mine = rows[rows["kind"] == kind["kind"]]
        if len(mine):
            style = _sign(_SIGNS[signs[number % len(signs)]], safe_colour(kind["colour"]),
                          hollow=False)  # fmt: skip
            style |= {"edgecolors": "#111111", "linewidths": 0.6}
            _scatter(on.axes, *_xy(mine), size=26.0, zorder=8, style=style)
            said = word(
                "report/sheet/facility", lang, kind=kind[f"title_{lang}"], number=f"{len(mine):,}"
            )
            handles.append(_handle(style, drawable(said, on.family)))
    return handles


def _outlines(axes: Axes, scene: Scene) -> None:
    if "area" in scene.roles:
        areas(axes, scene.roles["area"], facecolor="none", zorder=1,
              edgecolor=palette()["plain"]["outline"], linewidth=0.4)  # fmt: skip


def _ground_keys(scene: Scene) -> list[Any]:
    """Return the keys of what lies below."""
    from matplotlib.lines import Line2D  # noqa: PLC0415
    from matplotlib.patches import Patch  # noqa: PLC0415

    lang, plain = scene.imprint.lang, palette()["plain"]
    keys: list[Any] = [
        Patch(facecolor=plain[role], label=word(f"report/sheet/{role}", lang), edgecolor="none")
        for role in ("water", "green") if role in scene.roles
    ]  # fmt: skip
    if "railway" in scene.roles:
        keys.append(Line2D([], [], color=plain["railway"], linewidth=1.0,
                           label=word("report/sheet/railway", lang)))  # fmt: skip
    if len(scene.roles.get("area", ())) > 1:
        keys.append(Patch(facecolor="none", edgecolor=plain["outline"], linewidth=0.6,
                          label=word("report/sheet/area", lang)))  # fmt: skip
    return keys


def _sign(marker: str, colour: str, *, hollow: bool) -> dict[str, Any]:
    """Return the style of a sign."""
    if marker in ("x", "_"):
        return {"marker": marker, "c": colour, "linewidths": 0.9}
    face, edge = ("white", colour) if hollow else (colour, "white")
    return {"marker": marker, "c": face, "edgecolors": edge, "linewidths": 0.7 if hollow else 0.25}


def _scatter(
    axes: Axes,
    x: Floats,
    y: Floats,
    *,
    size: float,
    zorder: float,
    style: dict[str, Any],
) -> None:
    axes.scatter(x, y, s=size, zorder=zorder, rasterized=len(x) > _VECTORS_UP_TO, **style)


def _handle(style: Mapping[str, Any], label: str) -> Line2D:
    """Return a sign's key for a legend."""
    from matplotlib.lines import Line2D  # noqa: PLC0415

    edge = style.get("edgecolors", style["c"])
    return Line2D([], [], linestyle="none", marker=style["marker"], markersize=6, label=label,
                  markerfacecolor=style["c"], markeredgecolor=edge,
                  markeredgewidth=style["linewidths"])  # fmt: skip


def _xy(rows: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return the place of each row: of an area its middle."""
    shapes = np.asarray(rows["geometry"], dtype=object)
    points = np.where(shapely.get_dimensions(shapes) == 0, shapes, shapely.point_on_surface(shapes))
    points = np.where(shapely.get_type_id(points) == 0, points, shapely.centroid(points))
    return shapely.get_x(points), shapely.get_y(points)


def _rows(scene: Scene, role: str) -> list[dict[str, Any]]:
    if role not in scene.roles:
        return []
    return [{str(k): v for k, v in row.items()} for row in scene.roles[role].to_dict("records")]


def _clause(rule: Mapping[str, Any], lang: Lang) -> str:
    """Return standard, clause, strength and whether anybody has checked it."""
    said = [rule.get(n) for n in ("standard", "clause", f"strength_{lang}", f"verified_{lang}")]
    return " ".join(text for text in said if isinstance(text, str) and text)
