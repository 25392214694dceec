"""Do so few columns cover all rows?  A search that is quick to say yes and never says no.

Columns are taken out and put in one at a time; a row that stays open gains weight until some
column that covers it is worth keeping (weighting of rows after Gao, Weise and Li 2015).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from geo.arrays import Ints


_STEPS = 8000
_MOST_CELLS = 4_000_000  # beyond, a step takes too long to be worth while


def fewer(matrix: csr_array, start: Ints, most: int) -> Ints | None:
    """Find at most so many columns that cover all rows, None where the search finds none.

    Parameters
    ----------
    matrix
        Rows to be covered by columns.
    start
        Columns that cover all rows, without one twice.
    most
        How many columns are allowed.
    """
    if len(start) <= most:
        return start
    cells = np.prod(np.array(matrix.shape, dtype=np.int64))
    if most < 1 or cells > _MOST_CELLS:
        return None
    state = _State(matrix, start)
    for step in range(1, _STEPS + 1):
        while not state.open_rows.size:
            if len(state.chosen) <= most:
                return state.chosen
            state.leave(step)
        state.leave(step, but=state.last)
        state.enter(step)
    return None


class _State:
    """Chosen columns, how often each row is covered, and what each row weighs."""

    def __init__(self, matrix: csr_array, start: Ints) -> None:
        self.covers = matrix.toarray().astype(np.float32)
        self.columns_of = np.split(matrix.indices, matrix.indptr[1:-1])
        self.taken = np.zeros(self.covers.shape[1], dtype=bool)
        self.taken[start] = True
        self.times = self.covers[:, start].sum(axis=1)
        self.weight = np.ones(len(self.times), dtype=np.float32)
        self.since = np.zeros(self.covers.shape[1], dtype=np.int64)
        self.last = -1
        self.draw = np.random.default_rng(0)  # the same search in every run

    @property
    def chosen(self) -> Ints:
        """Return the chosen columns."""
        return np.flatnonzero(self.taken)

    @property
    def open_rows(self) -> Ints:
        """Return the rows that no chosen column covers."""
        return np.flatnonzero(self.times == 0)

    def leave(self, step: int, *, but: int = -1) -> None:
        """Take out the column that is missed least, of several the one that is in longest."""
        loss = (self.weight * (self.times == 1)) @ self.covers
        columns = self.chosen
        columns = columns[columns != but] if len(columns) > 1 else columns
        column = int(columns[np.lexsort((self.since[columns], loss[columns]))[0]])
        self.taken[column] = False
        self.times -= self.covers[:, column]
        self.since[column] = step

    def enter(self, step: int) -> None:
        """Put in the column that helps an open row and most others, not the one just taken out."""
        rows = self.open_rows
        columns = self.columns_of[int(self.draw.choice(rows))]
        older = columns[self.since[columns] < step]
        columns = older if len(older) else columns
        gain = self.weight[rows] @ self.covers[np.ix_(rows, columns)]
        column = int(columns[np.lexsort((self.since[columns], -gain))[0]])
        self.taken[column] = True
        self.times += self.covers[:, column]
        self.since[column] = step
        self.last = column
        self.weight[self.times == 0] += 1.0
