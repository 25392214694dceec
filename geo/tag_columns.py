"""What do the tags of many ways or nodes say, each value read once?

Tags are columns of text, mostly categories, with few different values; a column that is not there
is a tag that nothing carries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

LIST_MARK = ";"


def numbers(tags: pd.DataFrame, tag: str, read: Callable[[str], float | None]) -> Floats:
    """Read a tag as numbers, NaN where it is absent or `read` returns None.

    Examples
    --------
    >>> numbers(pd.DataFrame({"width": ["3", None, "wide"]}), "width", lambda t: len(t))
    array([ 1., nan,  4.])
    """
    codes, values = _coded(tags, tag)
    found = [read(value) for value in values]
    table = np.array([*(np.nan if one is None else one for one in found), np.nan])
    return table[codes]


def words(tags: pd.DataFrame, tag: str, meaning: Mapping[str, int]) -> Floats:
    """Read a tag as codes: of a list (``zebra;uncontrolled``) the first part that has a meaning."""

    def read(value: str) -> float | None:
        parts = (part.strip().casefold() for part in value.split(LIST_MARK))
        return next((meaning[part] for part in parts if part in meaning), None)

    return numbers(tags, tag, read)


def carries(tags: pd.DataFrame, tag: str, values: Collection[str] | None = None) -> Flags:
    """Say which carry a tag with one of some values (also within a list), or with any value."""
    if values is None:
        return _coded(tags, tag)[0] >= 0
    return ~np.isnan(words(tags, tag, dict.fromkeys(values, 1)))


def texts(tags: pd.DataFrame, tag: str) -> NDArray[np.object_]:
    """Return a tag as text, None where it is absent."""
    codes, values = _coded(tags, tag)
    return np.array([*values, None], dtype=object)[codes]


def _coded(tags: pd.DataFrame, tag: str) -> tuple[NDArray[np.int64], list[str]]:
    """Return the position of each row's value in the list of values, -1 where there is none."""
    if tag not in tags.columns:
        return np.full(len(tags), -1), []
    column = tags[tag]
    if isinstance(column.dtype, pd.CategoricalDtype):
        of_each = np.asarray(column.cat.codes, dtype=np.int64)
        return of_each, [str(one) for one in column.cat.categories]
    codes, values = pd.factorize(column.to_numpy(dtype=object))
    return codes.astype(np.int64), [str(one) for one in values]
