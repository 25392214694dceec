"""Array tools do what a loop would do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.arrays import components, merged, morton, numbered, ranges

SETTINGS = settings(derandomize=True, deadline=None, max_examples=40)
PAIRS = st.lists(st.tuples(*[st.integers(0, 7)] * 2), max_size=10)


@pytest.mark.parametrize(
    ("first", "count", "expected"),
    [([], [], []), ([5], [0], []), ([5, 9, 1], [2, 0, 3], [5, 6, 1, 2, 3])],
)
def test_ranges(first: list[int], count: list[int], expected: list[int]) -> None:
    numbers = ranges(np.array(first, dtype=np.int64), np.array(count, dtype=np.int64))
    assert numbers.tolist() == expected


@SETTINGS
@given(st.lists(st.integers(0, 9), max_size=12))
def test_numbered_is_unique_with_its_inverse(things: list[int]) -> None:
    given_things = np.array(things, dtype=np.int64)
    expected = np.unique(given_things, return_inverse=True)
    values, inverse = numbered(given_things, count=10)
    assert [values.tolist(), inverse.tolist()] == [part.tolist() for part in expected]


@SETTINGS
@given(PAIRS)
def test_what_is_tied_has_one_component_and_its_smallest_member(
    pairs: list[tuple[int, int]],
) -> None:
    first, second = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    together = [{i} for i in range(8)]
    for one, other in pairs:
        union = together[one] | together[other]
        for member in union:
            together[member] = union
    assert merged(first, second, count=8).tolist() == [min(group) for group in together]
    label = components(first, second, count=8)
    assert all((label[i] == label[j]) == (j in together[i]) for i in range(8) for j in range(8))


def test_morton_interleaves_the_bits_of_millimetres() -> None:
    corners = np.array([[0, 0], [1, 0], [0, 1], [1, 1], [2, 0], [3, 5]]) / 1000
    # 3 = 0b011 and 5 = 0b101 make 0b 10 01 11: y2 x2 y1 x1 y0 x0
    assert morton(corners).tolist() == [0, 1, 2, 3, 4, 0b100111]
    far = np.array([[0.0, 0.0], [4_000_000.0, 4_000_000.0]])
    assert morton(far)[1] == sum(3 << 2 * b for b in range(32) if 4_000_000_000 >> b & 1)
