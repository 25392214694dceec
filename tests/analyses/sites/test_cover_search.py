"""Covers by exchange: what greed misses is found, what cannot be is not."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from analyses.sites.cover_search import fewer
from analyses.sites.covering import greedy_cover

# The third column covers four rows at once, and then both others are needed all the same.
TRAP = sparse.csr_array(
    np.array([[1, 0, 1], [1, 0, 1], [1, 0, 0], [0, 1, 1], [0, 1, 1], [0, 1, 0]])
)


def test_two_columns_cover_what_greed_covers_with_three() -> None:
    greedy = greedy_cover(TRAP, np.ones(3))
    assert len(greedy) == 3
    found = fewer(TRAP, greedy, 2)
    assert found is not None
    assert sorted(found.tolist()) == [0, 1]


def test_no_column_covers_all_six_rows() -> None:
    assert fewer(TRAP, greedy_cover(TRAP, np.ones(3)), 1) is None
