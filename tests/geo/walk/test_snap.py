"""Points meet the nearest street, exactly."""

from __future__ import annotations

import numpy as np
import pytest
import worlds
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.walk.snapping import at_nodes, snap

BENT = [(0, 0), (300, 0), (300, 400)]


@pytest.mark.parametrize(
    ("point", "offset_mm", "access_m", "place"),
    [
        ((120, 35), 120_000, 35, (120, 0)),
        ((120, 0), 120_000, 0, (120, 0)),
        ((-30, -40), 0, 50, (0, 0)),
        ((310, 250), 550_000, 10, (300, 250)),
        ((303, 404), 700_000, 5, (300, 400)),
    ],
)
def test_a_point_meets_the_street_at_its_foot(
    point: tuple[float, float], offset_mm: int, access_m: float, place: tuple[float, float]
) -> None:
    found = worlds.put(worlds.network_of([BENT]), [point])
    assert (found.edge[0], found.offset_mm[0]) == (0, offset_mm)
    assert found.access_m[0] == pytest.approx(access_m)
    np.testing.assert_allclose(found.xy, worlds.place([place]), atol=1e-6)


@pytest.mark.parametrize(("max_m", "edge"), [(99.999, -1), (100.0, 0), (100.001, 0)])
def test_a_point_too_far_keeps_its_distance(max_m: float, edge: int) -> None:
    found = worlds.put(worlds.long_edge(500.0), [(200, 100)], max_m=max_m)
    assert (found.edge[0], found.access_m[0]) == (edge, 100.0)
    assert np.isnan(found.xy).all() == (edge < 0)


def test_of_streets_equally_near_the_first_is_taken() -> None:
    grid = worlds.grid(3, 3, 100.0)
    centre = np.flatnonzero((grid.node_xy == worlds.place([(100, 100)])).all(axis=1))[0]
    around = grid.arc_edge[grid.indptr[centre] : grid.indptr[centre + 1]]
    assert worlds.put(grid, [(100, 100)]).edge[0] == around.min()


def test_no_points() -> None:
    assert len(snap(worlds.long_edge(9.0), np.empty((0, 2)), max_m=1.0)) == 0


def test_a_point_that_is_nowhere_is_not_snapped() -> None:
    found = worlds.put(worlds.long_edge(500.0), [(200, 1), (np.nan, 0), (np.inf, 0)])
    assert found.edge.tolist() == [0, -1, -1]
    assert found.access_m.tolist() == [1, np.inf, np.inf]


@settings(derandomize=True, deadline=None, max_examples=30)
@given(st.lists(st.tuples(*[st.floats(-50, 250)] * 2), min_size=1, max_size=8))
def test_no_street_is_nearer(points: list[tuple[float, float]]) -> None:
    grid = worlds.grid(3, 3, 100.0)
    found = worlds.put(grid, points)
    xy = worlds.place(points)
    np.testing.assert_allclose(np.hypot(*(xy - found.xy).T), found.access_m, atol=1e-6)
    nearest = [min(street_distance(x, y)) for x, y in points]
    np.testing.assert_allclose(found.access_m, nearest, atol=1e-6)


def street_distance(x: float, y: float) -> list[float]:
    """Return the distance to each of the six streets of the grid, all 200 m long."""
    beyond_x, beyond_y = (max(-v, 0.0, v - 200.0) for v in (x, y))
    return [np.hypot(x - 100 * i, beyond_y) for i in range(3)] + [
        np.hypot(y - 100 * j, beyond_x) for j in range(3)]  # fmt: skip


def test_places_at_nodes_are_the_nodes() -> None:
    grid = worlds.grid(4, 3, 50.0)
    found = at_nodes(grid, np.arange(12))
    end = (found.offset_mm > 0).astype(int)
    assert grid.edge_nodes[found.edge, end].tolist() == list(range(12))
    np.testing.assert_array_equal(found.xy, grid.node_xy)
