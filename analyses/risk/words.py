"""Why is a place risky, in one short sentence: which factors matter, and how is each known?

Factors are ranked by how much they may raise the risk over the least that they can be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analyses.risk.crossing import treated
from analyses.risk.factors import constant, levels, numbers, observed
from analyses.streets import SOURCES
from geo.words import Text, in_columns, text, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from analyses.risk.along import WalkedEdges
    from analyses.risk.factors import Factor, Model
    from geo.arrays import Flags, Floats, Objects
    from geo.words import Lang

SHOWN = 3


def along_words(places: WalkedEdges, factors: Mapping[str, Factor]) -> dict[str, Objects]:
    """Return why walking along is risky: a column in each language.

    Parameters
    ----------
    places, factors
        From `analyses.risk.along`.
    """
    return _why(places.streets, factors, model="along", only_first=places.away)


def crossing_words(frame: pd.DataFrame, factors: Mapping[str, Factor]) -> dict[str, Objects]:
    """Return why crossing is risky: a column in each language.

    Parameters
    ----------
    frame
        Rows of ``scene.crossings``.
    factors
        From `analyses.risk.crossing`, for these rows.
    """
    nowhere = np.zeros(len(frame), dtype=bool)
    return _why(frame, factors, model="crossing", only_first=nowhere)


def _why(
    frame: pd.DataFrame, factors: Mapping[str, Factor], *, model: Model, only_first: Flags
) -> dict[str, Objects]:
    """Join the phrases of the factors that matter most; of the first alone where it says all."""
    names = list(factors)
    weight = np.column_stack([_weight(factors[name], name, model) for name in names])
    weight[only_first] = 0.0
    order = np.argsort(-weight, axis=1, kind="stable")[:, :SHOWN]
    shown = np.take_along_axis(weight, order, axis=1) > 0
    shown[:, 0] = True

    def lines(lang: Lang) -> Objects:
        phrases = np.column_stack(
            [_phrases(frame, factors[name], name, model=model, lang=lang) for name in names]
        )
        picked = np.take_along_axis(phrases, order, axis=1)
        joint = text("risk/join")[lang]
        joined = [joint.join(row[keep]) for row, keep in zip(picked, shown, strict=True)]
        return np.array(joined, dtype=object)

    return in_columns("why", lines)


def _weight(factor: Factor, name: str, model: Model) -> Floats:
    """Return how much a factor may raise the risk, as a logarithm."""
    least = {
        "severity": constant("severity_least"),
        "treatment": constant("treatment_least"),
        "stage": constant("lane_width") / constant("stage_width"),
        "age": 1.0,
    }
    rows = levels(model, name).values()
    floor = least[name] if name in least else min(row["value"] for row in rows)
    weight: Floats = np.log(np.maximum(factor.bounds.high, floor) / floor)
    return weight


def _phrases(
    frame: pd.DataFrame, factor: Factor, name: str, *, model: Model, lang: Lang
) -> Objects:
    """Return what is to be said of one factor at every place."""
    if name == "severity":
        return _numbers(frame, factor, "speed_kmh", lang=lang)
    if name == "stage":
        return _numbers(frame, factor, "lanes", lang=lang)
    if name == "treatment":
        return _treatments(frame, factor, lang)
    if name == "age":
        shape = text("risk/age")[lang]
        keys = pd.DataFrame({"value": factor.bounds.value})
        return _each(keys, lambda value: shape.format(value=f"{value:g}"))
    rows = list(levels(model, name).values())
    keys = pd.DataFrame({"level": factor.level, "source": factor.source})
    return _each(keys, lambda level, source: _level(rows[level], source, name, lang=lang))


def _level(row: Mapping[str, Any], source: int, name: str, *, lang: Lang) -> str:
    """Return the condition of a level with its source; what is not known says so itself."""
    said = Text.of(row)[lang]
    if row["level"] == "unknown":
        return said
    if name == "facility" and not observed(np.array([source]))[0]:
        return text("risk/facility")[lang].format(text=said)
    return _sourced(said, source, lang)


def _numbers(frame: pd.DataFrame, factor: Factor, name: str, *, lang: Lang) -> Objects:
    """Return a number with its source, and its bounds where they differ."""
    value, low, high = numbers(frame, name)
    oneway = frame["oneway"] if "oneway" in frame else np.zeros(len(frame), dtype=bool)
    oneway = oneway | (frame["stages"] > 1) if "stages" in frame else oneway
    keys = pd.DataFrame(
        {"value": value, "low": low, "high": high, "source": factor.source, "oneway": oneway}
    )
    lanes, sources = texts("risk/lanes"), texts("risk/source")

    def said_of(*row: float) -> str:
        value, low, high, source, oneway = row
        shape = text("risk/severity")
        if name == "lanes":
            shape = lanes["unknown" if np.isnan(value) else "oneway" if oneway else "both"]
        said = shape[lang].format(value=f"{value:g}")
        if np.isnan(value):
            return said
        if low < high:
            named = sources[SOURCES[int(source)]][lang]
            bounds = {"low": f"{low:g}", "high": f"{high:g}"}
            return text("risk/bounded")[lang].format(text=said, source=named, **bounds)
        return _sourced(said, int(source), lang)

    return _each(keys, said_of)


def _treatments(frame: pd.DataFrame, factor: Factor, lang: Lang) -> Objects:
    """Return which treatments are there, that there is none, or that it is not known."""
    rows = levels("crossing", "treatment")
    keys = pd.DataFrame({name: treated(frame, name)[0].value for name in rows})
    keys["source"] = factor.source
    none, unknown = text("risk/treatment/none")[lang], text("risk/treatment/unknown")[lang]

    def said_of(*row: int) -> str:
        *has, source = row
        there = [Text.of(level)[lang] for level, one in zip(rows.values(), has, strict=True) if one]
        if there:
            return text("risk/list")[lang].join(there)
        return none if observed(np.array([source]))[0] else unknown

    return _each(keys, said_of)


def _sourced(said: str, source: int, lang: Lang) -> str:
    """Return a phrase with how it is known."""
    return text("risk/sourced")[lang].format(
        text=said, source=texts("risk/source")[SOURCES[source]][lang]
    )


def _each(keys: pd.DataFrame, said_of: Callable[..., str]) -> Objects:
    """Return a text of the cells of every row, written once for rows that are alike."""
    alike = keys.groupby(list(keys), sort=False, dropna=False).ngroup().to_numpy()
    first = np.unique(alike, return_index=True)[1]
    lines = [said_of(*row) for row in keys.iloc[first].itertuples(index=False, name=None)]
    return np.array(lines, dtype=object)[alike] if lines else np.empty(0, dtype=object)
