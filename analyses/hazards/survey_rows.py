"""What should be looked at on the spot first, and how do the answers come back?

What is not known makes risks uncertain.  An attribute is worth a visit when many children pass and
the interval of the risk would become much narrower: children x width.  The form is filled in and
read back as the layer ``survey`` (``data/rules/safety_layers.toml``).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import shapely

from analyses.gates import gate_rules
from analyses.risk import numbers
from analyses.streets import SOURCES
from geo.bundled import load_toml
from geo.crs import to_wgs84
from geo.sides import EdgeKind
from geo.words import text, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from analyses.risk import Risk
    from analyses.streets import Scene
    from geo.arrays import Floats, Ints
    from geo.words import Lang


COLUMNS = (
    "rank", "school_id", "kind", "object_id", "place", "x", "y", "attribute", "assumed", "source",
    "children", "low", "high", "width", "worth",
)  # fmt: skip
FORM = (
    "rank", "school_id", "kind", "object_id", "place", "lon", "lat", "attribute", "question",
    "answer", "assumed", "value", "why", "children", "width", "worth",
)  # fmt: skip
_ASSUMED = SOURCES[3:]
_WHOLE_FROM = 100.0
_DIGITS = {"children": 1, "width": 1, "worth": 0}
FELT = "felt"
"""Attribute of the tasks that come from marks of children and parents (`analyses.marks.model`)."""
Part = Literal["crossings", "streets"]
_NAMED = {"crossings": ("crossing_id", "street_name"), "streets": ("street_id", "name")}


class _Answer(NamedTuple):
    """One possible answer: to all rows of a part of the scene where the attribute is not known."""

    part: Part
    attribute: str
    value: Any
    """A word, or a number for each row."""


def survey(
    scene: Scene,
    *,
    risk: Callable[[Scene], Risk],
    walked: pd.DataFrame,
    audit: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Rank what is not known by children x width of the interval that an answer would remove.

    Parameters
    ----------
    scene
        Streets, crossings and what is known of them.
    risk
        The risk of each edge in a scene: `analyses.risk.edges.edge_risk` of an age profile.
    walked
        ``school_id, edge, children`` (`analyses.hazards.evidence.walked_edges`).
    audit
        Gate audit: checks that could not be decided come last, by their children.

    Returns
    -------
    DataFrame
        ``rank`` (1 = first); ``school_id`` (with the most children there); ``kind`` (crossing |
        street | gate); ``object_id`` (of gates the gate); ``place`` (street name or None); ``x,
        y`` (metric); ``attribute`` (of gates the check); ``assumed`` (text); ``source``;
        ``children``; ``low, high`` (points: the widest interval on a used side); ``width`` (how
        much of it an answer removes: the mean over the possible answers and over the children;
        NaN for gates); ``worth`` = children x width.

    Examples
    --------
    >>> import yimi
    >>> tasks = yimi.run(yimi.demo).result.tables["survey"]
    >>> tasks["rank"].tolist() == list(range(1, len(tasks) + 1))
    True
    """
    now = risk(scene)
    removed = _removed(scene, risk, now)
    parts = [_tasks(scene, answer, removed[answer], now=now, walked=walked) for answer in removed]
    parts.append(_gate_tasks(audit))
    rows = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    rows = rows[(rows["children"] > 0) & (rows["width"].isna() | (rows["width"] > 0))]
    order = rows.assign(first=-rows["worth"], most=-rows["children"])
    by = ["first", "most", "object_id", "attribute"]
    rows = rows.loc[order.sort_values(by, kind="stable", na_position="last").index]
    return rows.assign(rank=np.arange(1, len(rows) + 1))[list(COLUMNS)].reset_index(drop=True)


def survey_form(tasks: pd.DataFrame, lang: Lang, *, crs: str) -> pd.DataFrame:
    """Return the form to fill in: a page of tasks for each school, with an empty ``value``.

    Parameters
    ----------
    tasks
        From `survey`.
    lang
        Language of the words; ids, attributes and answers are the same in both.
    crs
        CRS of the tasks' places.

    Returns
    -------
    DataFrame
        `FORM`; ``lon, lat`` in degrees, WGS 84.  School after school in the order of their first
        task, at most ``per_school_max`` rows of ``data/rules/survey.toml`` each.

    Examples
    --------
    >>> import yimi
    >>> run = yimi.run(yimi.demo)
    >>> form = survey_form(run.result.tables["survey"].head(9), "en", crs=run.inputs.crs)
    >>> bool(form["lon"].between(116, 118).all()), bool(form["lat"].between(37, 39).all())
    (True, True)
    """
    most = int(load_toml("rules/survey.toml")["form"]["per_school_max"]["value"])
    by_school = tasks.groupby("school_id", sort=False, dropna=False)
    first = by_school["rank"].transform("min")
    page = tasks.assign(first=first)[by_school.cumcount() < most]
    tasks = page.sort_values(["first", "rank"], kind="stable").drop(columns="first")
    lon, lat = to_wgs84(tasks["x"].to_numpy(), tasks["y"].to_numpy(), crs)
    asked, objects = load_toml("ledger.toml")["attribute"], texts("ledger/object")
    form = tasks.assign(
        kind=[objects[kind][lang] for kind in tasks["kind"]],
        place=tasks["place"].fillna(text("ledger/text/unnamed")[lang]),
        lon=np.round(lon, 6),
        lat=np.round(lat, 6),
        question=[_question(a, lang) for a in tasks["attribute"]],
        answer=[asked[a]["answer"] if a in asked else "pass | fail" for a in tasks["attribute"]],
        value=pd.Series([None] * len(tasks), index=tasks.index, dtype=object),
        why=[
            _why(_Open(*row), lang)
            for row in tasks[list(_Open._fields)].itertuples(index=False, name=None)
        ],
    )
    return form[list(FORM)].round(_DIGITS)


def _removed(
    scene: Scene, risk: Callable[[Scene], Risk], now: Risk
) -> dict[tuple[Part, str], Floats]:
    """Return how much narrower the interval of each edge becomes when one attribute is known.

    All rows are answered at once, a street attribute together with a crossing attribute: no row's
    risk depends on another row, nor a crossing's on what is known along the streets.
    """
    width = now.high - now.low
    over = scene.sides.crossing >= 0
    total: dict[tuple[Part, str], list[Floats]] = {}
    for pair in zip_longest(_answers(scene, "crossings"), _answers(scene, "streets")):
        tried = [answer for answer in pair if answer is not None]
        after = risk(_answered(scene, tried))
        gain = np.maximum(width - (after.high - after.low), 0.0)
        for answer in tried:
            mine = over if answer.part == "crossings" else ~over
            key = (answer.part, answer.attribute)
            total.setdefault(key, []).append(np.where(mine, gain, 0.0))
    return {key: np.mean(gains, axis=0) for key, gains in total.items()}


def _answers(scene: Scene, part: Part) -> Iterator[_Answer]:
    """Yield the answers to try: two words, or both ends of what is admissible."""
    frame: pd.DataFrame = getattr(scene, part)
    for attribute, row in load_toml("rules/survey.toml")[part].items():
        if f"{attribute}_source" not in frame or not _open(frame, attribute).any():
            continue
        if "answers" in row:
            values: list[Any] = list(row["answers"])
        elif pd.api.types.is_numeric_dtype(frame[attribute]):
            bounds = numbers(frame, attribute, unknown=row.get("unknown"))
            values = [bounds.low, bounds.high]
        else:
            values = [frame[f"{attribute}_{end}"] for end in ("low", "high")]
        yield from (_Answer(part, attribute, value) for value in values)


def _answered(scene: Scene, answers: list[_Answer]) -> Scene:
    """Return the scene as if the answers had been found on the spot."""
    for part, attribute, value in answers:
        frame = getattr(scene, part)
        unknown = _open(frame, attribute)
        changed = {
            column: frame[column].mask(unknown, value)
            for column in (attribute, f"{attribute}_low", f"{attribute}_high")
            if column in frame
        }
        source = frame[f"{attribute}_source"].astype(object).mask(unknown, "survey")
        frame = frame.assign(**changed, **{f"{attribute}_source": source})
        scene = replace(scene, **{part: frame})
    return scene


def _open(frame: pd.DataFrame, attribute: str) -> pd.Series[bool]:
    """Say where an attribute is assumed or unknown."""
    return frame[f"{attribute}_source"].isin(_ASSUMED)


def _tasks(
    scene: Scene,
    asked: tuple[Part, str],
    removed: Floats,
    *,
    now: Risk,
    walked: pd.DataFrame,
) -> pd.DataFrame:
    """Return a task for each row with children on it whose attribute is not known."""
    part, attribute = asked
    frame: pd.DataFrame = getattr(scene, part)
    walked = walked[removed[walked["edge"].to_numpy(dtype=np.int64)] > 0]
    edge = walked["edge"].to_numpy(dtype=np.int64)
    row = _rows(scene, part)[edge]
    used = walked.assign(row=row, worth=walked["children"] * removed[edge])
    used = used.assign(low=now.low[edge], high=now.high[edge], span=(now.high - now.low)[edge])
    used = used[(row >= 0) & _open(frame, attribute).to_numpy()[row]]
    sums = used.groupby("row")[["children", "worth"]].sum()
    rows = sums.index.to_numpy(dtype=np.int64)
    widest = used.sort_values("span", ascending=False, kind="stable").drop_duplicates("row")
    xy = _places(scene, part)[rows]
    object_id, place = _NAMED[part]
    return pd.DataFrame(
        {
            "school_id": _schools(used).reindex(rows).to_numpy(dtype=object),
            "kind": part.removesuffix("s"),
            "object_id": frame[object_id].to_numpy(dtype=object)[rows],
            "place": frame[place].to_numpy(dtype=object)[rows],
            "x": xy[:, 0],
            "y": xy[:, 1],
            "attribute": attribute,
            "assumed": [_shown(v) for v in frame[attribute].to_numpy()[rows]],
            "source": frame[f"{attribute}_source"].to_numpy(dtype=object)[rows],
            "children": sums["children"].to_numpy(),
            "low": widest.set_index("row")["low"].reindex(rows).to_numpy(),
            "high": widest.set_index("row")["high"].reindex(rows).to_numpy(),
            "width": (sums["worth"] / sums["children"]).to_numpy(),
            "worth": sums["worth"].to_numpy(),
        }
    )


def _rows(scene: Scene, part: Part) -> Ints:
    """Return the row of the part that each edge is about, -1 for none.

    A path is rated by the street beside it: what is open there is asked at that street.
    """
    sides = scene.sides
    if part == "crossings":
        return sides.crossing
    return np.where(sides.kind == EdgeKind.SIDE, sides.street, -1)


def _schools(used: pd.DataFrame) -> pd.Series[Any]:
    """Return the school with the most children on each row."""
    sums = used.groupby(["row", "school_id"])["children"].sum().reset_index()
    by = ["children", "school_id"]
    most = sums.sort_values(by, ascending=[False, True], kind="stable").drop_duplicates("row")
    schools: pd.Series[Any] = most.set_index("row")["school_id"]
    return schools


def _places(scene: Scene, part: Part) -> Floats:
    """Return where each row is: a crossing's point, the middle of a street."""
    if part == "crossings":
        return shapely.get_coordinates(scene.crossings.geometry.to_numpy()).reshape(-1, 2)
    lines = scene.network.tree.geometries
    return shapely.get_coordinates(shapely.line_interpolate_point(lines, 0.5, normalized=True))


def _gate_tasks(audit: pd.DataFrame | None) -> pd.DataFrame:
    """Return a task for each check of a gate that could not be decided."""
    if audit is None:
        return pd.DataFrame(columns=COLUMNS)
    open_ = audit[audit["verdict"].eq("unknown")].reset_index(drop=True)
    nothing = pd.Series([None] * len(open_), dtype=object)
    return pd.DataFrame(
        {
            "school_id": open_["school_id"],
            "kind": "gate",
            "object_id": open_["gate_id"].where(open_["gate_id"].notna(), open_["school_id"]),
            "place": nothing,
            "x": open_["x"],
            "y": open_["y"],
            "attribute": open_["check"],
            "assumed": nothing,
            "source": SOURCES[-1],
            "children": open_["children"].astype(float),
            "low": np.nan,
            "high": np.nan,
            "width": np.nan,
            "worth": np.nan,
        }
    )


class _Open(NamedTuple):
    """What is open about a task: columns of `COLUMNS`."""

    kind: str
    attribute: str
    source: str
    children: float
    low: float
    high: float


def _why(row: _Open, lang: Lang) -> str:
    if row.kind == "gate":
        why = text("ledger/why/check").format(check=row.attribute)
    elif row.attribute == FELT:
        why = text("ledger/why/felt").format(people=f"{row.children:.0f}")
    else:
        why = text("ledger/why/risk").format(
            attribute=texts("ledger/attribute")[row.attribute],
            state=texts("ledger/source")[row.source],
            low=_points(row.low),
            high=_points(row.high),
        )
    return why[lang]


def _question(attribute: str, lang: Lang) -> str:
    """Return what is asked for: an attribute, or a check of the gate by its title."""
    questions = texts("ledger/attribute")
    if attribute in questions:
        return questions[attribute][lang]
    check = gate_rules().get(attribute)
    return attribute if check is None else f"{attribute} {check.title[lang]}"


def _points(risk: float) -> str:
    """Return points with three digits, and whole ones from a hundred on."""
    return f"{risk:,.0f}" if risk >= _WHOLE_FROM else f"{risk:.3g}"


def _shown(value: object) -> str | None:
    if isinstance(value, str):
        return value
    return f"{value:g}" if isinstance(value, float) and np.isfinite(value) else None
