"""Which charts go into a report: towns side by side, distances, Lorenz curve, all rules at once?

Every number drawn stands in a table of the result.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from geo.words import Text
from maps.paper.figure import figure
from maps.paper.fonts import drawable
from maps.paper.imprint import word
from maps.paper.maps import Drawn, draw_communities, draw_homes
from maps.paper.paper import wrapped
from maps.style import palette

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from geo.words import Lang
    from maps.paper.maps import Scene

MEASURES = ("straight", "network", "walk")
_WIDTH_MM = 170.0
_COLUMNS = 3
_MOST_TOWNS = 12
_TITLE_COLUMNS = 34
_HEAD_MM, _FOOT_MM = 9.0, 8.0
_TICKS = 0.05
"""Left margin from which on panels have room for words at their axes."""
_OVERVIEW_ROW_MM, _CURVE_ROW_MM, _BAR_MM = 58.0, 42.0, 3.8


def overview(scene: Scene) -> Drawn | None:
    """Draw one small map for each rule: communities by share, homes where there are none.

    None where there is neither.

    Examples
    --------
    >>> import yimi
    >>> from maps.paper import Scene, drawing, imprint_of
    >>> run = yimi.run(yimi.demo)
    >>> imprint = imprint_of(run.study, crs=run.inputs.crs, lang="en")
    >>> with drawing() as family:
    ...     chart = overview(Scene(run.result.shown, run.result.tables, imprint, "a4", family))
    >>> chart.name
    'overview'
    """
    lang = scene.imprint.lang
    shares = _shares(scene)
    rules = [rule for rule in _rules(scene) if str(rule["rule_id"]) in shares]
    by_area = len(scene.roles.get("area", ())) > 1 and "area_value" in scene.roles
    if not by_area:
        rules = [r for r in rules if f"status:{r['rule_id']}" in scene.roles.get("demand", ())]
    if not rules:
        return None
    title = word("report/picture/overview", lang)
    made, panels = _panels(len(rules), row_mm=_OVERVIEW_ROW_MM, title=title, scene=scene,
                           left=0.03)  # fmt: skip
    handles: dict[str, Any] = {}
    for rule, axes in zip(rules, panels, strict=True):
        rule_id = str(rule["rule_id"])
        if by_area:
            drawn = draw_communities(axes, scene, rule_id)
            shapes = scene.roles["area"]["geometry"]
        else:
            drawn = draw_homes(axes, scene.roles["demand"], rule_id, lang=lang, scale=0.3)
            shapes = scene.roles["demand"]["geometry"]
        handles |= {handle.get_label(): handle for handle in drawn}
        west, south, east, north = shapely.total_bounds(shapes.to_numpy()).tolist()
        more = 0.03 * max(east - west, north - south)
        axes.set(xlim=(west - more, east + more), ylim=(south - more, north + more))
        axes.set_aspect("equal")
        axes.axis("off")
        said = f"{_title(rule, scene)}\n{_percent(shares[rule_id])}"
        axes.set_title(said, fontsize=7, pad=3)
    made.legend(handles=_in_order(handles), loc="lower center", ncols=4, fontsize=7,
                handlelength=1.6, columnspacing=1.4, borderaxespad=0.2)  # fmt: skip
    return Drawn("overview", title, made, scene.family)


def towns(scene: Scene) -> Drawn | None:
    """Draw the share of children covered by town in three measures, a panel for each rule.

    Examples
    --------
    >>> import yimi
    >>> from maps.paper import Scene, drawing, imprint_of
    >>> run = yimi.run(yimi.demo)
    >>> imprint = imprint_of(run.study, crs=run.inputs.crs, lang="en")
    >>> with drawing() as family:
    ...     chart = towns(Scene(run.result.shown, run.result.tables, imprint, "a4", family))
    >>> chart.name
    'towns'
    """
    if "by_town" not in scene.tables:
        return None
    lang = scene.imprint.lang
    table = scene.tables["by_town"]
    table = table[table["share_walk"].notna()]
    parts = [(r, table[table["rule_id"] == r["rule_id"]]) for r in _rules(scene)]
    parts = [(rule, rows) for rule, rows in parts if len(rows) > 1]
    if not parts:
        return None
    cut = max(len(rows) for _, rows in parts) > _MOST_TOWNS
    title = word("report/picture/towns", lang)
    highest = min(max(len(rows) for _, rows in parts), _MOST_TOWNS)
    made, panels = _panels(len(parts), row_mm=14 + highest * _BAR_MM, title=title, scene=scene)
    styles = _measure_styles()
    for (rule, rows), axes in zip(parts, panels, strict=True):
        low = rows.sort_values(["share_walk", "town"]).head(_MOST_TOWNS)[::-1]
        place = np.arange(len(low))
        for number, measure in enumerate(reversed(MEASURES)):
            axes.barh(place + (number - 1) * 0.27, low[f"share_{measure}"], height=0.27,
                      **styles[measure])  # fmt: skip
        axes.set(xlim=(0, 1), ylim=(-0.6, len(low) - 0.4))
        axes.set_yticks(place, [_short(drawable(t, scene.family)) for t in low["town"]])
        axes.set_xticks([0, 0.5, 1], ["0%", "50%", "100%"])
        axes.tick_params(length=2, labelsize=6)
        axes.grid(axis="x", color="#e6eaed", linewidth=0.5)
        axes.set_axisbelow(True)
        axes.set_title(_title(rule, scene), fontsize=7)
    made.legend(handles=_measure_keys(lang), loc="lower right", ncols=3, fontsize=7)
    if cut:
        note = word("report/picture/towns_worst", lang, number=_MOST_TOWNS)
        made.text(0.01, 0.008, note, fontsize=6.5, va="bottom")
    return Drawn("towns", title, made, scene.family)


def distances(scene: Scene) -> Drawn | None:
    """Draw which share of the children has a facility within each distance, with the limit.

    Examples
    --------
    >>> import yimi
    >>> from maps.paper import Scene, drawing, imprint_of
    >>> run = yimi.run(yimi.demo)
    >>> imprint = imprint_of(run.study, crs=run.inputs.crs, lang="en")
    >>> with drawing() as family:
    ...     chart = distances(Scene(run.result.shown, run.result.tables, imprint, "a4", family))
    >>> chart.name
    'distances'
    """
    table = scene.tables.get("walk_distances", pd.DataFrame())
    if table.empty:
        return None
    lang = scene.imprint.lang
    curves = {str(rule_id): rows for rule_id, rows in table.groupby("rule_id", sort=False)}
    rules = [r for r in _rules(scene) if r["rule_id"] in curves]
    title = word("report/picture/distances", lang)
    made, panels = _panels(len(rules), row_mm=_CURVE_ROW_MM, title=title, scene=scene)
    for rule, axes in zip(rules, panels, strict=True):
        rows = curves[str(rule["rule_id"])]
        in_metres = rows["walk_m"].notna().all()
        x = rows["walk_m"] if in_metres else rows["times_limit"]
        at_limit = rows["times_limit"] == 1
        limit, share = float(x[at_limit].iloc[0]), float(rows["share"][at_limit].iloc[0])
        axes.plot(x, rows["share"], color="#0072b2", linewidth=1.3)
        axes.axvline(limit, color="#d55e00", linewidth=1.0, linestyle="--")
        key, slots = ("limit", {"number": f"{limit:,.0f}"}) if in_metres else ("limit_times", {})
        said = f"{word(f'report/picture/{key}', lang, **slots)}  {_percent(share)}"
        axes.text(limit, 1.02, said, fontsize=6, color="#9c4400", ha="center", va="bottom")
        axes.plot([limit], [share], marker="o", markersize=3, color="#d55e00")
        axes.set(xlim=(0, float(x.iloc[-1])), ylim=(0, 1))
        axes.set_yticks([0, 0.5, 1], ["0%", "50%", "100%"])
        axes.tick_params(length=2, labelsize=6)
        axes.grid(color="#e6eaed", linewidth=0.5)
        axes.set_xlabel(word("report/picture/distances_x", lang) if in_metres
                        else word("report/picture/times_x", lang),
                        fontsize=6, labelpad=1)  # fmt: skip
        axes.set_title(_title(rule, scene), fontsize=7,
                       pad=10)  # fmt: skip
    made.text(0.01, 0.008, word("report/picture/distances_y", lang), fontsize=6.5, va="bottom")
    return Drawn("distances", title, made, scene.family)


def lorenz(scene: Scene, stages: Mapping[str, str]) -> Drawn | None:
    """Draw the Lorenz curve of places for each stage.

    Parameters
    ----------
    scene
        Tables ``lorenz`` and, for the numbers in the legend, ``equity``.
    stages
        Id of a stage -> its name in the language of the report.

    Examples
    --------
    >>> import yimi
    >>> from maps.paper import Scene, drawing, imprint_of
    >>> run = yimi.run(yimi.demo)
    >>> imprint = imprint_of(run.study, crs=run.inputs.crs, lang="en")
    >>> with drawing() as family:
    ...     scene = Scene(run.result.shown, run.result.tables, imprint, "a4", family)
    ...     chart = lorenz(scene, {"kindergarten": "Kindergarten"})
    >>> chart.name
    'lorenz'
    """
    table = scene.tables.get("lorenz", pd.DataFrame())
    if table.empty:
        return None
    lang = scene.imprint.lang
    title = word("report/picture/lorenz", lang)
    made = figure(_WIDTH_MM, 88.0)
    axes = made.add_axes((0.1, 0.14, 0.45, 0.72))
    _heading(made, title, scene)
    axes.plot([0, 1], [0, 1], color="#8a8f94", linewidth=0.8, linestyle=":",
              label=word("report/picture/lorenz_even", lang))  # fmt: skip
    lines = zip(_LINES, table.groupby("stage", sort=False), strict=False)
    ginis = _ginis(scene)
    for (colour, dash, marker), (stage, rows) in lines:
        said = stages.get(str(stage), str(stage))
        if str(stage) in ginis:
            number = f"{ginis[str(stage)]:.2f}"
            said = word("report/picture/lorenz_stage", lang, stage=said, number=number)
        axes.plot(rows["share_children"], rows["share_places"], color=colour, linestyle=dash,
                  marker=marker, markevery=10, markersize=3.5, linewidth=1.3,
                  label=drawable(said, scene.family))  # fmt: skip
    axes.set(xlim=(0, 1), ylim=(0, 1))
    ticks = [0, 0.25, 0.5, 0.75, 1]
    axes.set_xticks(ticks, [f"{t:.0%}" for t in ticks])
    axes.set_yticks(ticks, [f"{t:.0%}" for t in ticks])
    axes.grid(color="#e6eaed", linewidth=0.5)
    axes.set_xlabel(word("report/picture/lorenz_x", lang), fontsize=7)
    axes.set_ylabel(word("report/picture/lorenz_y", lang), fontsize=7)
    made.legend(loc="center left", bbox_to_anchor=(0.58, 0.5), fontsize=7.5, labelspacing=0.8)
    return Drawn("lorenz", title, made, scene.family)


_LINES = [
    ("#0072b2", "-", "o"), ("#d55e00", "--", "s"), ("#009e73", "-.", "^"), ("#cc79a7", "-", "D"),
    ("#5b3a8c", "--", "v"), ("#8a4b08", "-.", "P"),
]  # fmt: skip
"""Colour, line and sign of each curve: no two differ by colour alone."""


def _ginis(scene: Scene) -> dict[str, float]:
    table = scene.tables.get("equity", pd.DataFrame(columns=["measure", "stage", "value"]))
    rows = table[table["measure"] == "gini"]
    return dict(zip(rows["stage"].astype(str), rows["value"].astype(float), strict=True))


def _shares(scene: Scene) -> dict[str, float]:
    """Return the share of each rule that concerns anybody."""
    total = scene.tables.get("total", pd.DataFrame(columns=["rule_id", "share_walk"]))
    known = total[total["share_walk"].notna()]
    return dict(zip(known["rule_id"].astype(str), known["share_walk"].astype(float), strict=True))


def _title(rule: Mapping[str, Any], scene: Scene) -> str:
    """Return a rule's name; of two of one name, with its id."""
    name = rule[f"title_{scene.imprint.lang}"]
    twins = sum(other[f"title_{scene.imprint.lang}"] == name for other in _rules(scene)) > 1
    said = f"{name} [{rule['rule_id']}]" if twins else str(name)
    return wrapped(drawable(said, scene.family), _TITLE_COLUMNS)


def _rules(scene: Scene) -> list[dict[str, Any]]:
    if "rule" not in scene.roles:
        return []
    return [{str(k): v for k, v in r.items()} for r in scene.roles["rule"].to_dict("records")]


def _panels(
    count: int, *, row_mm: float, title: str, scene: Scene, left: float = 0.085
) -> tuple[Figure, Sequence[Axes]]:
    """Return a figure with so many panels in rows of three, below a heading."""
    rows = math.ceil(count / _COLUMNS)
    height = _HEAD_MM + rows * row_mm + _FOOT_MM
    made = figure(_WIDTH_MM, height)
    grid: Any = made.subplots(rows, _COLUMNS, squeeze=False)
    made.subplots_adjust(
        left=left, right=0.97, top=1 - (_HEAD_MM + 7) / height, bottom=(_FOOT_MM + 5) / height,
        hspace=16 / max(row_mm - 16, 1), wspace=0.1 if left < _TICKS else 0.32,
    )  # fmt: skip
    flat = list(grid.flat)
    for empty in flat[count:]:
        empty.axis("off")
    _heading(made, title, scene)
    return made, flat[:count]


def _heading(made: Figure, title: str, scene: Scene) -> None:
    """Write the title, and that the data are made up where they are."""
    height = made.get_size_inches()[1] * 25.4
    made.text(0.01, 1 - 1.5 / height, drawable(title, scene.family), fontsize=9.5, weight="bold",
              va="top")  # fmt: skip
    if scene.imprint.mark:
        made.text(0.99, 1 - 1.5 / height, scene.imprint.mark, fontsize=7, weight="bold", va="top",
                  ha="right", color="#6f3d05")  # fmt: skip


def _measure_styles() -> dict[str, dict[str, Any]]:
    colours = {row["id"]: row["colour"] for row in palette()["status"]}
    edge = {"edgecolor": "white", "linewidth": 0.3}
    return {
        "straight": {"facecolor": colours["straight_only"], "hatch": "....", **edge},
        "network": {"facecolor": colours["without_legs"], "hatch": "////", **edge},
        "walk": {"facecolor": colours["covered"], **edge},
    }


def _measure_keys(lang: Lang) -> list[Any]:
    from matplotlib.patches import Patch  # noqa: PLC0415

    return [
        Patch(label=word(f"report/picture/{m}", lang), **s) for m, s in _measure_styles().items()
    ]


def _in_order(handles: Mapping[str, Any]) -> list[Any]:
    """Return keys in the order of the palette."""
    names = [name for part in ("share", "status") for row in palette()[part]
             for name in Text.of(row).values()]  # fmt: skip
    place = {name: number for number, name in enumerate(names)}

    def order(label: str) -> int:
        return next((place[n] for n in place if label.startswith(n)), len(place))

    return [handles[label] for label in sorted(handles, key=order)]


def _short(text: str) -> str:
    return text if len(text) <= 8 else text[:7] + "…"  # noqa: PLR2004  (room beside a bar)


def _percent(share: float) -> str:
    return "—" if np.isnan(share) else f"{share:.1%}"
