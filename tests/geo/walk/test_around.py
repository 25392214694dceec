from __future__ import annotations

import numpy as np
import pytest
import shapely
from nonempty import each
from worlds import grid, network_of, put

from geo.walk.distances import reached_edges
from geo.walk.nearby import around


def test_both_directions_end_exactly_at_the_limit():
    network = network_of([[(0, 0), (1000, 0)]])
    found = around(network, put(network, [(500, 9)]), limit_m=150.0)
    assert (found.from_mm.tolist(), found.to_mm.tolist()) == ([350_000], [650_000])
    assert found.near_mm.tolist() == [0]


@pytest.mark.parametrize(("limit", "edges"), [(100.0, 1), (100.001, 2)])
def test_a_street_is_reached_only_beyond_its_end(limit, edges):
    network = network_of([[(0, 0), (100, 0)], [(100, 0), (300, 0)]])
    assert len(around(network, put(network, [(0, 0)]), limit_m=limit).edge) == edges


def test_each_place_has_what_a_search_of_its_own_finds():
    network = grid(6, 5, 70.0)
    points = [(20.0, 3.0), (150.0, 140.0), (333.0, 211.0)]
    found = around(network, put(network, points), limit_m=130.0)
    for place, point in each(enumerate(points)):
        alone = reached_edges(network, put(network, [point]), limit_m=130.0)
        rows = found.of(place)
        assert found.edge[rows].tolist() == alone["edge"].tolist()
        assert (found.from_mm[rows] / 1000).tolist() == alone["from_m"].tolist()
        assert (found.to_mm[rows] / 1000).tolist() == alone["to_m"].tolist()
        assert shapely.length(found.lines[rows]).sum() == pytest.approx(alone.length.sum())


def test_a_loop_reaches_the_far_part_of_the_own_street():
    # a street of 400 m whose ends are joined by 20 m: from 300 m both ends are within 150 m
    lines = [[(0, 0), (0, 190), (20, 190), (20, 0)], [(0, 0), (20, 0)]]
    network = network_of(lines)
    found = around(network, put(network, [(20, 100)]), limit_m=150.0)
    own = found.edge == found.edge[np.argmax(found.to_mm - found.from_mm)]
    assert sorted(zip(found.from_mm[own].tolist(), found.to_mm[own].tolist(), strict=True)) == [
        (0, 30_000), (150_000, 400_000)]  # fmt: skip


def test_what_was_not_snapped_reaches_nothing():
    network = grid(3, 3, 50.0)
    assert len(around(network, put(network, [(5000.0, 0.0)], max_m=10.0), limit_m=99.0).edge) == 0
