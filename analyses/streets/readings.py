"""What is known of many things, from where, and between which bounds?

A reading holds one attribute of all streets or crossings.  Words are held as codes (their place in
a list), so that numbers and words are put together in one way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from geo.arrays import Flags, Floats, Ints


SOURCES = ("tag", "official", "survey", "continuity", "default", "unknown")
"""Where a value comes from.  The first three are observed, the next two assumed."""

OBSERVED = SOURCES[:3]
_CODE = {source: code for code, source in enumerate(SOURCES)}
_UNKNOWN = _CODE["unknown"]
YES_NO = ("no", "yes")


@dataclass(frozen=True, eq=False)
class Reading:
    """One attribute of n things.

    Attributes
    ----------
    value
        (n,) the value assumed, NaN = unknown.
    low, high
        (n,) the admissible values; NaN where nothing can be said.
    source
        (n,) position in `SOURCES`.
    """

    value: Floats
    low: Floats
    high: Floats
    source: NDArray[np.int8]

    @property
    def observed(self) -> Flags:
        """Say which were observed."""
        return self.source < len(OBSERVED)

    def where(self, wanted: Flags) -> Reading:
        """Return the reading with nothing known of the things that are not wanted."""
        value, low, high = (np.where(wanted, n, np.nan) for n in (self.value, self.low, self.high))
        source = np.where(wanted, self.source, _UNKNOWN).astype(np.int8)
        return Reading(value, low, high, source)

    def take(self, rows: Ints) -> Reading:
        """Return the reading of some things, in their order."""
        return Reading(self.value[rows], self.low[rows], self.high[rows], self.source[rows])


def read_as(
    source: str, value: Floats, *, low: Floats | None = None, high: Floats | None = None
) -> Reading:
    """Return values of one source; what is NaN is unknown.

    Bounds that are not given are the value itself.  A bound without a value is kept: it narrows
    what may be assumed (`filled`).
    """
    low = value if low is None else np.where(np.isnan(low), value, low)
    high = value if high is None else np.where(np.isnan(high), value, high)
    code = np.where(np.isnan(value), _UNKNOWN, _CODE[source]).astype(np.int8)
    return Reading(value, low, high, code)


def nothing(count: int) -> Reading:
    """Return a reading that knows nothing."""
    return read_as("unknown", np.full(count, np.nan))


def filled(first: Reading, second: Reading) -> Reading:
    """Return the first reading, where it has no value the second.

    Bounds that the first has without a value widen those of the second.
    """
    gap = np.isnan(first.value)
    return Reading(
        value=np.where(gap, second.value, first.value),
        low=np.where(gap, np.fmin(first.low, second.low), first.low),
        high=np.where(gap, np.fmax(first.high, second.high), first.high),
        source=np.where(gap, second.source, first.source).astype(np.int8),
    )


def first_of(readings: Mapping[str, Reading], order: Sequence[str]) -> Reading:
    """Return for each thing what the first source of `order` says that says anything.

    Where the readings that come after it in `order` were observed too and differ, the bounds span
    them all, except after a survey: who went there has settled it.
    """
    survey = _CODE["survey"]
    result = nothing(len(next(iter(readings.values())).value))
    for name in order:
        if name not in readings:
            continue
        later = readings[name]
        doubted = ~np.isnan(result.value) & (result.source != survey) & later.observed
        result = filled(result, later)
        result = Reading(
            result.value,
            np.where(doubted, np.fmin(result.low, later.low), result.low),
            np.where(doubted, np.fmax(result.high, later.high), result.high),
            result.source,
        )
    return result


def number_columns(name: str, reading: Reading) -> dict[str, Any]:
    """Return the columns of a number: value, bounds and source."""
    return {
        name: reading.value,
        f"{name}_low": reading.low,
        f"{name}_high": reading.high,
        f"{name}_source": source_column(reading),
    }


def word_columns(name: str, reading: Reading, words: Sequence[str]) -> dict[str, Any]:
    """Return the columns of a word: the word (None = unknown) and its source."""
    return {name: word_column(reading.value, words), f"{name}_source": source_column(reading)}


def word_column(codes: Floats, words: Sequence[str]) -> pd.Series[Any]:
    """Return words for codes, None for NaN."""
    at = np.where(np.isnan(codes), len(words), codes).astype(np.int64)
    return pd.Series(np.array([*words, None], dtype=object)[at], dtype=object)


def source_column(reading: Reading) -> pd.Series[Any]:
    """Return the source of each value."""
    return pd.Series(np.array(SOURCES, dtype=object)[reading.source], dtype=object)
