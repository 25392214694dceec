from __future__ import annotations

import numpy as np
import pytest
import shapely
from worlds import network_of, place

from geo.walk.beside import runs_beside

ALONG = [[(0, 0), (100, 0)]]


def beside(line: object, *streets: list[tuple[float, float]], within_m: object = 10.0) -> object:
    network = network_of(streets or ALONG)
    shapes = np.array([shapely.transform(line, place)], dtype=object)
    edges = np.ones(len(network.edges), dtype=bool)
    found = runs_beside(network, shapes, edges=edges, within_m=within_m, turn_max_deg=30.0)
    return [tuple(row) for row in found.round(6).itertuples(index=False)]


@pytest.mark.parametrize(
    ("y", "found"),
    [
        (5.0, [(0, 0, -1, 100.0)]),  # left of a street drawn to the east
        (-5.0, [(0, 0, 1, 100.0)]),
        (10.0, [(0, 0, -1, 100.0)]),
        (10.1, []),
    ],
)
def test_a_line_runs_beside_a_street_on_one_side(y: float, found: list[object]) -> None:
    assert beside(shapely.LineString([(0, y), (100, y)])) == found
    assert beside(shapely.LineString([(100, y), (0, y)])) == found


@pytest.mark.parametrize(("degrees", "runs"), [(29.9, True), (30.1, False), (90.0, False)])
def test_a_line_that_turns_away_does_not_run_beside(degrees: float, *, runs: bool) -> None:
    turn = np.radians(degrees)
    line = shapely.LineString([(50, 5), (50 + 4 * np.cos(turn), 5 + 4 * np.sin(turn))])
    assert bool(beside(line)) == runs


def test_a_line_belongs_to_the_nearer_of_two_streets() -> None:
    streets = [[(0, 0), (100, 0)], [(0, 20), (100, 20)], [(0, 0), (0, 20)]]
    (row,) = beside(shapely.LineString([(20, 12), (80, 12)]), *streets, within_m=25.0)
    network = network_of(streets)
    assert network.edges["way_id"][row[0]] == 1
    assert row[2:] == (1, 60.0)  # south of the northern street: its right


def test_the_outline_of_an_area_counts_on_its_near_and_far_side() -> None:
    rows = beside(shapely.box(20, 4, 60, 8))
    assert rows == [(0, 0, -1, 80.0)]


def test_each_street_may_have_its_own_distance() -> None:
    line = shapely.LineString([(0, 5), (100, 5)])
    assert beside(line, within_m=np.array([5.0])) == [(0, 0, -1, 100.0)]
    assert beside(line, within_m=np.array([4.9])) == []


@pytest.mark.parametrize("shape", [shapely.Point(50, 1), shapely.LineString()])
def test_other_shapes_run_beside_nothing(shape: object) -> None:
    assert beside(shape) == []
