"""What does each attribute of a street or crossing contribute to the risk, and how surely?

Every factor comes as the value at what is assumed and the bounds over everything admissible.  All
factors are monotone in each attribute, so the bounds are reached and not only estimated.  The
numbers, their conditions and sources are rows of ``data/rules/risk.toml``.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray  # noqa: TC002 - a field of a generic tuple

from analyses.risk.child_facts import severity
from analyses.streets import SOURCES
from geo.bundled import load_toml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geo.arrays import Flags, Floats, Ints


Model = Literal["along", "crossing"]
OBSERVED = SOURCES[:3]
UNKNOWN = SOURCES.index("unknown")
NO_YES = ("no", "yes")


Number = TypeVar("Number", np.float64, np.int64, np.bool_)


class Bounds(NamedTuple, Generic[Number]):
    """A value as assumed, and at best and at worst of what is admissible."""

    value: NDArray[Number]
    low: NDArray[Number]
    high: NDArray[Number]


class Factor(NamedTuple):
    """A factor of the risk for many places.

    `level` is the row of `levels` that is assumed (-1 where the factor is no table), `source` the
    place in `analyses.streets.scene.SOURCES` of the least sure attribute behind it.
    """

    bounds: Bounds[np.float64]
    level: Ints
    source: Ints


@cache
def levels(model: Model, factor: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the rows of a factor by level, in the order of ``risk.toml``."""
    rows = load_toml("rules/risk.toml")["level"]
    return {r["level"]: r for r in rows if r["model"] == model and r["factor"] == factor}


def constant(name: str) -> float:
    """Return a single number of ``risk.toml``."""
    return float(load_toml("rules/risk.toml")[name]["value"])


def classes(values: Floats, rule: Mapping[str, Any]) -> Ints:
    """Return the class of each number: 0 up to the first end, and so on.

    Parameters
    ----------
    values
        Numbers; NaN falls into the last class.
    rule
        ``up_to``: ends that belong to the class before them, ``below``: ends that belong to the
        class after them.

    Examples
    --------
    >>> classes(np.array([239.0, 240.0, 600.0]), {"below": [240.0], "up_to": [600.0]}).tolist()
    [0, 1, 1]
    """
    ends = [np.nextafter(end, -np.inf) for end in rule.get("below", ())]
    found: Ints = np.searchsorted(sorted([*ends, *rule.get("up_to", ())]), values, side="left")
    return found


def numbers(frame: pd.DataFrame, name: str, *, unknown: str | None = None) -> Bounds[np.float64]:
    """Return a number with its bounds; what is NaN is filled from a row of ``risk.toml``.

    Parameters
    ----------
    frame
        Columns ``name``, ``name_low``, ``name_high``.
    unknown
        Row with ``value, low, high``; without it NaN stays.

    Examples
    --------
    >>> import pandas as pd
    >>> speed = pd.DataFrame({"speed": [30.0], "speed_low": [20.0], "speed_high": [50.0]})
    >>> found = numbers(speed, "speed")
    >>> found.low.tolist(), found.high.tolist()
    ([20.0], [50.0])
    """
    value, low, high = (
        frame[column].to_numpy(dtype=np.float64) for column in (name, f"{name}_low", f"{name}_high")
    )
    if unknown is not None:
        row = load_toml("rules/risk.toml")[unknown]
        low = np.where(np.isnan(low), row["low"], low)
        high = np.where(np.isnan(high), row["high"], high)
        value = np.clip(np.where(np.isnan(value), row["value"], value), low, high)
    return Bounds(value, low, high)


def sources(frame: pd.DataFrame, name: str) -> Ints:
    """Return the source of an attribute; a word without a source column is taken as drawn."""
    column = f"{name}_source"
    if column not in frame:
        return np.where(frame[name].isna(), UNKNOWN, 0)
    said = codes(frame[column], SOURCES)
    return np.where(said < 0, UNKNOWN, said)


def observed(source: Ints) -> Flags:
    """Say where a source is a tag, an official layer or a survey."""
    seen: Flags = source < len(OBSERVED)
    return seen


def speed_factor(frame: pd.DataFrame) -> Factor:
    """Return how much deadlier the speed is than 30 km/h."""
    speed = numbers(frame, "speed_kmh", unknown="unknown_speed")
    least = constant("severity_least")
    bounds = Bounds(*(np.maximum(severity(part), least) for part in speed))
    return Factor(bounds, no_level(frame), sources(frame, "speed_kmh"))


def traffic_factor(frame: pd.DataFrame, *, model: Model) -> Factor:
    """Return the factor of the traffic: of the day along, of the peak hour at crossings."""
    rows = levels(model, "traffic")
    per_day = constant("days_hours") if model == "crossing" else 1.0
    ends = {
        key: [row[key] * per_day for row in rows.values() if row.get(key, np.inf) < np.inf]
        for key in ("below", "up_to")
    }
    traffic = numbers(frame, "traffic_day", unknown="unknown_traffic")
    place = Bounds(*(classes(part, ends) for part in traffic))
    return of_levels(place, values_of(rows), sources(frame, "traffic_day"))


def word_factor(
    frame: pd.DataFrame, name: str, *, rows: Mapping[str, Mapping[str, Any]], words: Sequence[str]
) -> Factor:
    """Return a factor that one word decides; a word that is not observed may be any.

    Parameters
    ----------
    frame
        Columns ``name`` and ``name_source``.
    rows
        `levels` of the factor, with a level ``unknown``.
    words
        The levels of the words no and yes.
    """
    said = codes(frame[name], NO_YES)
    source = np.where(said < 0, UNKNOWN, sources(frame, name))
    order = list(rows)
    place = np.array([order.index(level) for level in (*words, "unknown")])[said]
    value = values_of(rows)
    low, high = sorted(value[order.index(level)] for level in words)
    fixed = observed(source)
    least, most = (np.where(fixed, value[place], end) for end in (low, high))
    return Factor(Bounds(value[place], least, most), place, source)


def product(factors: Iterable[Factor], *, base: float) -> Bounds[np.float64]:
    """Multiply factors; the product of their bounds is exact since none depends on another."""
    value, low, high = (
        np.multiply.reduce(parts) for parts in zip(*(f.bounds for f in factors), strict=True)
    )
    return Bounds(value * base, low * base, high * base)


def at_least(first: Factor, second: Factor) -> Factor:
    """Return the worse of two factors of one table, place by place."""
    worse = second.bounds.value > first.bounds.value
    pairs = zip(first.bounds, second.bounds, strict=True)
    return Factor(
        Bounds(*(np.maximum(a, b) for a, b in pairs)),
        np.where(worse, second.level, first.level),
        np.where(worse, second.source, np.maximum(first.source, second.source)),
    )


def codes(column: pd.Series[Any], words: Sequence[str]) -> Ints:
    """Return the place of each cell among `words`, -1 for what is none of them."""
    place = {word: number for number, word in enumerate(words)}
    number, said = pd.factorize(column)
    found = np.array([*(place.get(word, -1) for word in said), -1], dtype=np.int64)
    return found[number]


def no_level(frame: pd.DataFrame) -> Ints:
    """Return the levels of a factor that is computed and not read from a table."""
    return np.full(len(frame), -1)


def of_levels(place: Bounds[np.int64], value: Floats, source: Ints) -> Factor:
    """Return the factor of rows of a table, given by their places."""
    return Factor(Bounds(*(value[part] for part in place)), place.value, source)


def values_of(rows: Mapping[str, Mapping[str, Any]]) -> Floats:
    """Return the values of a factor's rows in order."""
    return np.array([row["value"] for row in rows.values()], dtype=np.float64)
