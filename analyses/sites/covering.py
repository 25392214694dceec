"""Which few sites cover all rows?  Exact reductions of set covering, then HiGHS on what is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from analyses.sites.cover_search import fewer
from analyses.sites.highs import PROOF, Effort, Rows, TimeUpError, rows_of, size_of, solve
from geo.arrays import components

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from analyses.sites.problem import Problem, Reach
    from geo.arrays import Flags, Floats, Ints


_MOST_PRODUCTS = 40_000_000  # beyond, comparing all rows would take longer than it saves
_SLACK = 1e-6
_ANY = 1e6  # a gap that every solution keeps


@dataclass(frozen=True, eq=False)
class Cover:
    """Groups of demand points that the same candidates cover, and no existing site.

    Attributes
    ----------
    matrix
        A row for each group, a column for each site; 1 where the site covers the group.
    children
        Children of each group.
    """

    matrix: csr_array
    children: Floats


@dataclass(frozen=True, eq=False)
class Core:
    """What is left of a covering problem: chosen sites, open rows, columns still of use."""

    chosen: Ints
    matrix: csr_array
    columns: Ints


def cover_of(problem: Problem, near: Reach) -> Cover:
    """Group the demand points of `near` by the candidates that cover them.

    Points with an existing site in reach are covered already and left out.
    """
    done = np.zeros(near.demands, dtype=bool)
    done[near.demand[problem.existing[near.site]]] = True
    left = near.only(~done[near.demand])
    shape = (near.demands, near.sites)
    pairs = sparse.csr_array((np.ones(len(left.site)), (left.demand, left.site)), shape=shape)
    wanted = np.flatnonzero(np.diff(pairs.indptr))
    group, first = _same_rows(pairs, wanted)
    people = np.bincount(group, weights=problem.children[wanted], minlength=len(first))
    return Cover(pairs[wanted[first]], people.astype(np.float64))


def fewest(matrix: csr_array, *, effort: Effort = PROOF) -> tuple[Ints, int]:
    """Return the fewest columns that cover all rows, and the proven least number.

    Parts of the problem that share no column are solved each for itself.
    """
    core = core_of(matrix, np.ones(size_of(matrix)[1]))
    chosen, bound = [core.chosen], len(core.chosen)
    for rows in _parts(core.matrix):
        part = core.matrix[rows]
        columns = np.unique(part.indices)
        found = _least(part[:, columns], np.ones(len(columns)), effort=effort)
        chosen.append(core.columns[columns[found[0]]])
        bound += int(np.ceil(found[1] - _SLACK))
    return np.sort(np.concatenate(chosen)), bound


def affordable(
    matrix: csr_array, price: Floats, most: float, *, effort: Effort = PROOF, prove: bool = True
) -> tuple[Ints | None, bool]:
    """Find columns of total `price` at most `most` that cover all rows.

    Parameters
    ----------
    matrix, price, most
        Rows to be covered by columns, the columns' prices, and what they may cost together.
    effort
        When to stop.
    prove
        Go on to the exact programme where the bounds leave the answer open.

    Returns
    -------
    tuple
        The columns, or None; and whether that is certain (a time limit leaves it open, and so does
        a search without proof).
    """
    core = core_of(matrix, price)
    left = most - price[core.chosen].sum()
    own = price[core.columns]
    if left < 0:
        return None, True
    found = greedy_cover(core.matrix, own)
    if own[found].sum() > left:
        if _relaxed(core.matrix, own) > left + _SLACK * max(1.0, most):
            return None, True
        some = fewer(core.matrix, found, int(left)) if (own == 1).all() else None
        if some is None and prove:
            try:
                some = _any(core.matrix, own, left, effort=effort)
            except TimeUpError:
                return None, False
        if some is None:
            return None, prove
        found = some
    return np.sort(np.concatenate([core.chosen, core.columns[found]])), True


def core_of(matrix: csr_array, price: Floats) -> Core:
    """Shrink a covering problem without losing its optimum.

    A row with one column decides that column; a column whose rows another one of no higher price
    also covers is never needed; a row that is covered whenever another one is needs no care.
    """
    chosen: list[Ints] = []
    columns = np.arange(size_of(matrix)[1])
    while True:
        before = size_of(matrix)
        single = np.flatnonzero(np.diff(matrix.indptr) == 1)
        if len(single):
            needed = np.unique(matrix.indices[matrix.indptr[single]])
            chosen.append(columns[needed])
            matrix = matrix[matrix[:, needed].sum(axis=1) == 0]
        keep = _useful_columns(matrix, price[columns])
        matrix, columns = matrix[:, keep], columns[keep]
        matrix = matrix[_deciding_rows(matrix)]
        if size_of(matrix) == before or not size_of(matrix)[0]:
            none = np.zeros(0, dtype=np.int64)
            return Core(np.concatenate([none, *chosen]), matrix, columns)


def greedy_cover(matrix: csr_array, price: Floats) -> Ints:
    """Return columns that cover all rows: always the one with most new rows for its price."""
    by_column = matrix.tocsc()
    open_rows = np.ones(size_of(matrix)[0])
    chosen: list[int] = []
    while open_rows.any():
        worth = (by_column.T @ open_rows) / np.maximum(price, _SLACK)
        best = int(np.argmax(worth))
        chosen.append(best)
        open_rows[by_column.indices[by_column.indptr[best] : by_column.indptr[best + 1]]] = 0.0
    return np.array(chosen, dtype=np.int64)


def _useful_columns(matrix: csr_array, price: Floats) -> Flags:
    size = np.asarray(matrix.sum(axis=0)).ravel()
    common = (matrix.T @ matrix).tocoo()
    small, large = common.coords
    inside = (common.data == size[small]) & (price[large] <= price[small]) & (small != large)
    same = (size[small] == size[large]) & (price[small] == price[large])
    lost = inside & (~same | (large < small))
    keep = size > 0
    keep[small[lost]] = False
    return keep


def _deciding_rows(matrix: csr_array) -> Flags:
    keep = np.ones(size_of(matrix)[0], dtype=bool)
    if np.sum(np.asarray(matrix.sum(axis=0)) ** 2) > _MOST_PRODUCTS:
        keep[:] = False
        keep[_same_rows(matrix, np.arange(size_of(matrix)[0]))[1]] = True
        return keep
    size = np.diff(matrix.indptr)
    common = (matrix @ matrix.T).tocoo()
    small, large = common.coords
    inside = (common.data == size[small]) & (small != large)
    lost = inside & ((size[small] < size[large]) | (small < large))
    keep[large[lost]] = False
    return keep


def _same_rows(matrix: csr_array, rows: Ints) -> tuple[Ints, Ints]:
    """Return each row's group of rows with the same columns, and each group's first place."""
    sorted_matrix = matrix.sorted_indices()
    start, column = sorted_matrix.indptr, sorted_matrix.indices
    known: dict[bytes, int] = {}
    keys = (column[start[row] : start[row + 1]].tobytes() for row in rows.tolist())
    group = np.array([known.setdefault(key, len(known)) for key in keys], dtype=np.int64)
    return group, np.unique(group, return_index=True)[1]


def _parts(matrix: csr_array) -> list[Ints]:
    """Return the rows of each part that shares no column with the others."""
    if not size_of(matrix)[0]:
        return []
    row, column = matrix.tocoo().coords
    rows, columns = size_of(matrix)
    ends = (row.astype(np.int64), rows + column.astype(np.int64))
    label = components(*ends, count=rows + columns)[:rows]
    return [np.flatnonzero(label == part) for part in np.unique(label)]


def _rows(matrix: csr_array) -> Rows:
    count = size_of(matrix)[0]
    return Rows(matrix, np.ones(count), np.full(count, np.inf))


def _least(matrix: csr_array, price: Floats, *, effort: Effort) -> tuple[Ints, float]:
    """Return the cheapest columns that cover all rows, and the proven bound of their price."""
    ones = np.ones(len(price))
    found = solve(price, [_rows(matrix)], whole=ones > 0, upper=ones, effort=effort)
    if found is None:
        message = "a row without a column cannot be covered"
        raise ValueError(message)
    return np.flatnonzero(found.value), found.bound


def _any(matrix: csr_array, price: Floats, most: float, *, effort: Effort) -> Ints | None:
    """Return columns of at most this price that cover all rows: the first that are found."""
    ones = np.ones(len(price))
    columns = np.arange(len(price))
    limit = rows_of([(np.zeros_like(columns), columns, price)], (1, len(price)), high=most)
    found = solve(
        np.zeros(len(price)),  # a proof that there is none is sooner found without an objective
        [_rows(matrix), limit],
        whole=ones > 0,
        upper=ones,
        effort=Effort(effort.time_limit_s, gap_share=_ANY),
    )
    return None if found is None else np.flatnonzero(found.value)


def _relaxed(matrix: csr_array, price: Floats) -> float:
    """Return the price of covering all rows if sites could be built in part: a lower bound."""
    ones = np.ones(len(price))
    found = solve(price, [_rows(matrix)], whole=ones < 0, upper=ones)
    return np.inf if found is None else found.bound
