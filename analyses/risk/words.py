"""Why is a place risky, in one short sentence: which factors matter, and how is each known?

Factors are ranked by how much they may raise the risk over the least that they can be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from analyses.risk.crossing import treated
from analyses.risk.factors import constant, levels, numbers, observed
from analyses.streets import SOURCES
from geo.words import tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from analyses.risk.along import WalkedEdges
    from analyses.risk.factors import Factor, Model
    from geo.arrays import Flags, Floats, Objects


Language = Literal["zh", "en"]
SHOWN = 3


def along_words(places: WalkedEdges, factors: Mapping[str, Factor]) -> tuple[Objects, Objects]:
    """Return why walking along is risky, in Chinese and English.

    Parameters
    ----------
    places, factors
        From `analyses.risk.along`.
    """
    return _both(places.streets, factors, model="along", only_first=places.away)


def crossing_words(frame: pd.DataFrame, factors: Mapping[str, Factor]) -> tuple[Objects, Objects]:
    """Return why crossing is risky, in Chinese and English.

    Parameters
    ----------
    frame
        Rows of ``scene.crossings``.
    factors
        From `analyses.risk.crossing`, for these rows.
    """
    nowhere = np.zeros(len(frame), dtype=bool)
    return _both(frame, factors, model="crossing", only_first=nowhere)


def _both(
    frame: pd.DataFrame, factors: Mapping[str, Factor], *, model: Model, only_first: Flags
) -> tuple[Objects, Objects]:
    """Join the phrases of the factors that matter most; of the first alone where it says all."""
    names = list(factors)
    weight = np.column_stack([_weight(factors[name], name, model) for name in names])
    weight[only_first] = 0.0
    order = np.argsort(-weight, axis=1, kind="stable")[:, :SHOWN]
    shown = np.take_along_axis(weight, order, axis=1) > 0
    shown[:, 0] = True
    made: list[Objects] = []
    for language in ("zh", "en"):
        phrases = np.column_stack(
            [_phrases(frame, factors[name], name, model=model, language=language) for name in names]
        )
        picked = np.take_along_axis(phrases, order, axis=1)
        joint = _words()["join"][language]
        lines = [joint.join(row[keep]) for row, keep in zip(picked, shown, strict=True)]
        made.append(np.array(lines, dtype=object))
    return made[0], made[1]


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
    frame: pd.DataFrame, factor: Factor, name: str, *, model: Model, language: Language
) -> Objects:
    """Return what is to be said of one factor at every place."""
    if name == "severity":
        return _numbers(frame, factor, "speed_kmh", language=language)
    if name == "stage":
        return _numbers(frame, factor, "lanes", language=language)
    if name == "treatment":
        return _treatments(frame, factor, language)
    if name == "age":
        text = _words()["age"][language]
        keys = pd.DataFrame({"value": factor.bounds.value})
        return _each(keys, lambda row: str(text.format(value=f"{row.value:g}")))
    rows = list(levels(model, name).values())
    keys = pd.DataFrame({"level": factor.level, "source": factor.source})
    return _each(keys, lambda row: _level(rows[row.level], row.source, name, language=language))


def _level(row: Mapping[str, Any], source: int, name: str, *, language: Language) -> str:
    """Return the condition of a level with its source; what is not known says so itself."""
    text = row[language]
    if row["level"] == "unknown":
        return str(text)
    if name == "facility" and not observed(np.array([source]))[0]:
        return str(_words()["facility"][language].format(text=text))
    return _sourced(text, source, language)


def _numbers(frame: pd.DataFrame, factor: Factor, name: str, *, language: Language) -> Objects:
    """Return a number with its source, and its bounds where they differ."""
    value, low, high = numbers(frame, name)
    oneway = frame["oneway"] if "oneway" in frame else np.zeros(len(frame), dtype=bool)
    oneway = oneway | (frame["stages"] > 1) if "stages" in frame else oneway
    keys = pd.DataFrame(
        {"value": value, "low": low, "high": high, "source": factor.source, "oneway": oneway}
    )
    words = _words()

    def text(row: Any) -> str:  # noqa: ANN401 - a named tuple of pandas
        if name == "lanes":
            kind = "unknown" if np.isnan(row.value) else "oneway" if row.oneway else "both"
            shape = words["lanes"][kind][language]
        else:
            shape = words["severity"][language]
        said = shape.format(value=f"{row.value:g}")
        if np.isnan(row.value):
            return str(said)
        if row.low < row.high:
            source = words["source"][SOURCES[row.source]][language]
            bounds = {"low": f"{row.low:g}", "high": f"{row.high:g}"}
            return str(words["bounded"][language].format(text=said, source=source, **bounds))
        return _sourced(said, row.source, language)

    return _each(keys, text)


def _treatments(frame: pd.DataFrame, factor: Factor, language: Language) -> Objects:
    """Return which treatments are there, that there is none, or that it is not known."""
    rows = levels("crossing", "treatment")
    keys = pd.DataFrame({name: treated(frame, name)[0].value for name in rows})
    keys["source"] = factor.source
    words = _words()

    def text(row: Any) -> str:  # noqa: ANN401 - a named tuple of pandas
        there = [level[language] for name, level in rows.items() if getattr(row, name)]
        if there:
            return str(words["list"][language].join(there))
        known = observed(np.array([row.source]))[0]
        return str(words["treatment"]["none" if known else "unknown"][language])

    return _each(keys, text)


def _sourced(text: str, source: int, language: Language) -> str:
    words = _words()
    said = words["source"][SOURCES[source]][language]
    return str(words["sourced"][language].format(text=text, source=said))


def _each(keys: pd.DataFrame, text: Callable[[Any], str]) -> Objects:
    """Return a text for every row, written once for rows that are alike."""
    alike = keys.groupby(list(keys), sort=False, dropna=False).ngroup().to_numpy()
    first = np.unique(alike, return_index=True)[1]
    texts = [text(row) for row in keys.iloc[first].itertuples(index=False)]
    return np.array(texts, dtype=object)[alike] if texts else np.empty(0, dtype=object)


def _words() -> dict[str, Any]:
    return tree("risk")
