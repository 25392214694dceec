"""Parts of polylines begin and end exactly where they should."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.walk.cutting import cut

VERTICES = np.array([[0, 0], [30, 0], [30, 0], [30, 40], [5, 5], [5, 15.0]])
START = np.array([0, 4, 6])  # 70 m with a doubled vertex, and 10 m


@pytest.mark.parametrize(
    ("line", "begin", "end", "expected"),
    [
        (0, 0.0, 1.0, VERTICES[:4]),
        (0, 0.0, 3 / 7, [(0, 0), (30, 0)]),
        (0, 3 / 7, 1.0, [(30, 0), (30, 40)]),
        (0, 1 / 7, 5 / 7, [(10, 0), (30, 0), (30, 0), (30, 20)]),
        (0, 0.5, 0.6, [(30, 5), (30, 12)]),
        (1, 0.25, 0.75, [(5, 7.5), (5, 12.5)]),
    ],
)
def test_cut(line: int, begin: float, end: float, expected: list[tuple[float, float]]) -> None:
    (part,) = cut(VERTICES, START, np.array([line]), shares=(np.array([begin]), np.array([end])))
    np.testing.assert_allclose(
        shapely.get_coordinates(shapely.remove_repeated_points(part, 1e-9)),
        shapely.get_coordinates(shapely.remove_repeated_points(shapely.LineString(expected))),
        atol=1e-12,
    )


def test_nothing_to_cut() -> None:
    none = np.array([])
    assert len(cut(VERTICES, START, none.astype(int), shares=(none, none))) == 0


@settings(derandomize=True, deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 1), st.floats(0, 0.99), st.floats(0.001, 1)), min_size=1))
def test_parts_have_their_share_of_the_length(parts: list[tuple[int, float, float]]) -> None:
    line, begin, more = (np.array(column) for column in zip(*parts, strict=True))
    end = begin + more * (1 - begin)
    pieces = cut(VERTICES, START, line, shares=(begin, end))
    whole = np.array([70.0, 10.0])[line]
    np.testing.assert_allclose(shapely.length(pieces), (end - begin) * whole, atol=1e-9)
