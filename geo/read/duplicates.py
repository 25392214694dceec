"""Which rows stand for a place that the layer already has?

Exact copies are taken out; the same name within a few steps is set aside for review, with both
rows named; another name at the same place is only noted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.bundled import load_toml
from geo.read.cells import keys as cells_keys
from geo.read.flags import Flag, reason_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from geo.arrays import Floats, Ints

    Table = tuple[Ints, Sequence[str | None] | None]

    from geo.findings import Outcome

_PLAIN = {str, int, float, bool, type(None)}
_DEGREE_M = 111_320.0  # one degree of latitude; good to 0.6 %, enough for "within 50 m"


def exact_copies(
    cells: pd.DataFrame,
    rows: Ints,
    geometry: Sequence[str] | None,
    *,
    labels: Sequence[str | None] | None,
) -> list[Flag]:
    """Find rows whose cells (and geometry, as WKB in hex) all repeat an earlier row's.

    Without ids and names two equal rows may be two things (population points): they are only noted.

    Parameters
    ----------
    cells
        Original cells of the whole table.
    rows
        Positions of the rows that are in use.
    labels
        Ids or names of the whole table, None where it has neither.
    """
    used = cells.iloc[rows]
    if geometry is not None:
        used = used.assign(**{"\0geometry": list(geometry)})
    some = _cheap_suspects(used)
    if not some.any():
        return []
    at = np.flatnonzero(some)
    texts = used.iloc[at].astype(str)
    codes, _ = pd.factorize(pd.MultiIndex.from_frame(texts))
    first = pd.Series(at).groupby(codes).transform("first").to_numpy()
    copy = first != at
    becomes: Outcome = "note" if labels is None else "quarantine"
    why = reason_of("same_row" if labels is None else "exact_copy")
    table = (cells.index.to_numpy(), labels)
    return [_flag(rows[at[copy]], rows[first[copy]], table, reason=why, becomes=becomes)]


def near_copies(
    names: Sequence[str | None],
    lon: Floats,
    lat: Floats,
    *,
    rows: Ints,
    table: Table,
) -> list[Flag]:
    """Find rows with the name of an earlier row less than 50 m away, and twins at one place.

    Parameters
    ----------
    names, lon, lat
        Of the whole table (EPSG:4326).
    rows
        Positions of the rows that are in use.
    table
        Row numbers and labels of the whole table, to name the other row.
    """
    limit_m = float(load_toml("rules/limits.toml")["places"]["same_place_m"])
    keys = pd.Series(cells_keys([names[i] or "" for i in rows]), dtype=object)
    x = lon[rows] * _DEGREE_M * np.cos(np.radians(lat[rows]))
    y = lat[rows] * _DEGREE_M
    named = keys.duplicated(keep=False).to_numpy() & (keys != "").to_numpy()
    flags = []
    at = np.flatnonzero(named)
    if len(at):
        codes = pd.factorize(keys.to_numpy()[at])[0]
        first = _earlier_within(x[at], y[at], codes, limit_m=limit_m)
        near = first >= 0
        reason = reason_of("same_name", metres=f"{limit_m:.0f}")
        flags.append(_flag(rows[at[near]], rows[at[first[near]]], table, reason=reason))
    return [*flags, *_same_spot(keys, x, y, rows=rows, table=table)]


def _earlier_within(
    x: Floats, y: Floats, codes: NDArray[np.int64], *, limit_m: float
) -> NDArray[np.int64]:
    """Return for each point an earlier point of its code within the limit, or -1.

    Points are first gathered in squares whose diagonal is the limit, so that a heap of copies at
    one place costs no more than one of them.
    """
    from scipy.spatial import KDTree  # noqa: PLC0415 - only where names repeat

    side = limit_m / np.sqrt(2) * 0.999
    squares = pd.DataFrame({"c": codes, "i": x // side, "j": y // side})
    first = squares.groupby(["c", "i", "j"]).ngroup()
    head = pd.Series(np.arange(len(x))).groupby(first.to_numpy()).transform("min").to_numpy()
    earlier = np.where(head < np.arange(len(x)), head, -1)
    heads = np.flatnonzero(earlier < 0)
    apart = codes[heads].astype(float) * 1e9  # one name's points never meet another's
    tree = KDTree(np.column_stack([x[heads], y[heads], apart]))
    pairs = tree.query_pairs(limit_m, output_type="ndarray")
    if len(pairs):
        low, high = np.sort(heads[pairs], axis=1).T
        order = np.lexsort((low, high))
        found, index = np.unique(high[order], return_index=True)
        earlier[found] = low[order][index]
    return earlier


def _same_spot(
    keys: pd.Series[str], x: Floats, y: Floats, *, rows: Ints, table: Table
) -> list[Flag]:
    """Note rows that lie exactly where a row of another name lies."""
    spots = pd.DataFrame({"x": x.round(2), "y": y.round(2)})
    same = spots.duplicated(keep=False).to_numpy()
    at = np.flatnonzero(same)
    if len(at) == 0:
        return []
    group = spots.iloc[at].groupby(["x", "y"]).ngroup().to_numpy()
    first = pd.Series(at).groupby(group).transform("min").to_numpy()
    names = keys.to_numpy()
    other = (first != at) & (names[at] != names[first])
    why = reason_of("same_place")
    return [_flag(rows[at[other]], rows[first[other]], table, reason=why, becomes="note")]


def _cheap_suspects(used: pd.DataFrame) -> NDArray[np.bool_]:
    """Say which rows may repeat another: column after column, only those that still can."""
    left = np.arange(len(used))
    group = np.zeros(len(used), np.int64)
    for header in used.columns:
        values = _hashable(used[header])[left]
        codes = pd.factorize(values, use_na_sentinel=False)[0]
        group = pd.factorize(group * (codes.max(initial=0) + 1) + codes)[0]
        repeated = pd.Series(group).duplicated(keep=False).to_numpy()
        left, group = left[repeated], group[repeated]
        if len(left) == 0:
            break
    mask = np.zeros(len(used), bool)
    mask[left] = True
    return mask


def _hashable(column: pd.Series[str]) -> NDArray[np.object_]:
    """Return the values of a column; lists and objects of a stranger's JSON become text."""
    plain = column.dtype.kind in "iufb" or set(map(type, column.tolist())) <= _PLAIN
    return column.to_numpy() if plain else column.astype(str).to_numpy()


def _flag(
    rows: Ints,
    others: Ints,
    table: Table,
    *,
    reason: Mapping[str, object],
    becomes: Outcome = "quarantine",
) -> Flag:
    """Flag rows, each with the other row that it repeats."""
    numbers, labels = table
    each: dict[str, Sequence[object]] = {
        "id": _labels(rows, numbers, labels),
        "other": _labels(others, numbers, labels),
        "other_row": [int(numbers[i]) for i in others],
    }
    return Flag("DUPLICATE", rows, None, becomes, reason, each)


def _labels(rows: Ints, numbers: Ints, labels: Sequence[str | None] | None) -> list[str]:
    """Return what a row is called: its id or name, else its number."""
    return [(labels[i] if labels is not None else None) or f"#{numbers[i]}" for i in rows.tolist()]
