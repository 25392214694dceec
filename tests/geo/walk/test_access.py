"""Doors meet the nearest street that they can be left to without crossing a wall."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
import worlds
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geo.walk import Walls, join, open_walls

if TYPE_CHECKING:
    from collections.abc import Sequence

Place = tuple[float, float]
NEAR, FAR = [(-500, 0), (500, 0)], [(-500, -150), (500, -150)]
STREETS = worlds.network_of([NEAR, FAR, [(500, 0), (500, -150)]])


def walls(
    lines: Sequence[Sequence[Place]] = (),
    *,
    areas: Sequence[Sequence[Place]] = (),
    houses: Sequence[Sequence[Place]] = (),
    gates: Sequence[Place] = (),
) -> Walls:
    shapes = [shapely.LineString(worlds.place(line)) for line in lines]
    shapes += [shapely.Polygon(worlds.place(ring)) for ring in (*areas, *houses)]
    soft = np.arange(len(shapes)) >= len(lines) + len(areas)
    return open_walls(
        np.array(shapes, dtype=object),
        kind=np.where(soft, "building", "wall").astype(object),
        soft=soft,
        gates=worlds.place(gates) if gates else np.empty((0, 2)),
        gate_max_m=5.0,
        gate_width_m=4.0,
        touch_m=0.05,
    )


def leg(door: Place, around: Walls, *, max_m: float = 200.0) -> tuple[float, Place]:
    found = join(STREETS, worlds.place([door]), max_m=max_m, walls=around)
    x, y = (found.xy - worlds.place([(0, 0)]))[0].round(3)
    return round(float(found.access_m[0]), 3), (float(x), float(y))


def box(x: float, y: float, width: float, height: float) -> list[Place]:
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]


def test_without_a_wall_the_leg_is_the_nearest() -> None:
    assert leg((0, -45), walls([[(-500, 20), (500, 20)]])) == (45.0, (0, 0))


def test_behind_a_fence_the_next_street_is_taken() -> None:
    assert leg((0, -45), walls([[(-500, -20), (500, -20)]])) == (105.0, (0, -150))


def test_the_end_of_a_fence_is_passed_a_quarter_of_a_metre_aside() -> None:
    # It ends at x = 30; past (30.25, -20) the leg from (0, -45) comes down at x = 30.25 * 45 / 25.
    metres, place = leg((0, -45), walls([[(-500, -20), (30, -20)]]))
    assert place == (pytest.approx(54.45, abs=0.001), 0)
    assert metres == pytest.approx(np.hypot(54.45, 45), abs=0.001)


def test_a_gap_in_a_wall_is_a_way_through() -> None:
    around = walls([[(-500, -20), (-1, -20)], [(1, -20), (500, -20)]])
    assert leg((0, -45), around) == (45.0, (0, 0))


def test_an_area_counts_like_its_inside_and_one_s_own_pond_does_not() -> None:
    pond = box(-500, -30, 1000, 20)
    assert leg((0, -45), walls(areas=[pond])) == (105.0, (0, -150))
    assert leg((0, -20), walls(areas=[pond])) == (20.0, (0, 0))


def test_an_enclosed_door_is_not_joined_and_one_by_a_gate_is() -> None:
    ring = box(-50, -100, 100, 80)
    found = join(STREETS, worlds.place([(0, -60)]), max_m=200, walls=walls([ring]))
    assert (found.edge[0], found.access_m[0], found.walled[0]) == (-1, np.inf, True)
    # From (20, -60) straight through the gate (20, -20): the gate's width shows the street.
    assert leg((20, -60), walls([ring], gates=[(20, -20)])) == (60.0, (20, 0))
    # From (0, -90) to the gate in the side, 50 and 30 m away, and on to the street above it: 60 m.
    metres, place = leg((0, -90), walls([ring], gates=[(50, -60)]), max_m=70.0)
    assert metres == pytest.approx(np.hypot(50, 30) + 60, abs=0.01)
    assert place == (pytest.approx(50, abs=0.5), 0)  # not along the wall itself


def test_a_gate_drawn_a_few_metres_beside_the_wall_opens_it() -> None:
    assert leg((0, -45), walls([[(-500, -20), (500, -20)]], gates=[(0, -16)])) == (45.0, (0, 0))
    beside = walls([[(-500, -20), (500, -20)]], gates=[(0, -14)])
    assert leg((0, -45), beside) == (105.0, (0, -150))


def test_a_row_of_houses_is_gone_round_where_it_can_be() -> None:
    row = box(-120, -30, 240, 10)
    assert leg((0, -45), walls(houses=[row])) == (105.0, (0, -150))
    own = box(-5, -50, 10, 10)
    assert leg((0, -45), walls(houses=[own])) == (45.0, (0, 0))
    ends = [box(-120, -60, 9, 30), box(111, -60, 9, 30)]
    closed = walls(houses=[row, box(-120, -70, 240, 10), *ends])
    assert leg((0, -45), closed) == (45.0, (0, 0))  # a way between the houses is not drawn


def test_a_door_on_the_wall_is_left_on_both_sides() -> None:
    assert leg((0, -20), walls([[(-500, -20), (500, -20)]])) == (20.0, (0, 0))


def test_streets_that_may_not_be_stepped_on_are_passed_over() -> None:
    flags = STREETS.tree.geometries == STREETS.tree.geometries
    near = shapely.distance(STREETS.tree.geometries, shapely.points(worlds.place([(0, 0)]))[0]) < 1
    found = join(STREETS, worlds.place([(0, -45)]), max_m=200, edges=flags & ~near)
    assert found.access_m[0] == 105


NUMBER = st.integers(-60, 60)
PLACE = st.tuples(NUMBER, NUMBER)


@given(
    streets=st.lists(st.lists(PLACE, min_size=2, max_size=4, unique=True), min_size=1, max_size=4),
    fences=st.lists(st.lists(PLACE, min_size=2, max_size=4, unique=True), min_size=1, max_size=4),
    door=PLACE,
)
@settings(max_examples=30, deadline=None)
def test_no_place_tried_out_is_nearer_than_the_one_in_sight(
    streets: list[list[Place]], fences: list[list[Place]], door: Place
) -> None:
    around, network = walls(fences), worlds.network_of(streets)
    xy = worlds.place([door])
    assume(shapely.distance(around.shapes, shapely.points(xy)[0]).min() > 0.5)
    found = join(network, xy, max_m=200, walls=around)
    joined = found.edge >= 0
    assert around.free(xy[joined], found.xy[joined]).all()
    # Places every half metre, seen past fences that are 0.3 m longer at either end of each piece.
    tried = shapely.get_coordinates(shapely.segmentize(network.tree.geometries, 0.5))
    longer = walls([longer_by(0.3, a, b) for fence in fences for a, b in pairwise(fence)])
    free = longer.free(np.repeat(xy, len(tried), axis=0), tried)
    best = np.hypot(*(tried - xy).T)[free].min(initial=np.inf)
    assert np.where(joined, found.access_m, np.inf)[0] <= best + 1e-6


def longer_by(metres: float, a: Place, b: Place) -> list[Place]:
    dx, dy = np.array(b) - np.array(a)
    share = metres / np.hypot(dx, dy)
    return [(a[0] - share * dx, a[1] - share * dy), (b[0] + share * dx, b[1] + share * dy)]
