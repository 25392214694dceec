"""Scores: what is conserved, small cases by hand, the equilibrium against its conditions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses.places.access import (
    Reach,
    balanced_catchment,
    cumulative,
    floating_catchment,
    gravity,
    spatial_availability,
    three_steps,
)
from analyses.places.crowding import rational_choice
from analyses.places.decay import DECAYS, decay
from geo.findings import InputRefused


def reach_of(distance_m, children, places, *, name="exponential", scale_m=500):
    table = np.array(distance_m, dtype=float)
    point, facility = np.nonzero(np.isfinite(table))
    metres = table[point, facility]
    weight = decay(metres, name, scale_m=scale_m)
    numbers = (np.array(children, float), np.array(places, float))
    return Reach(point, facility, metres, weight, *numbers)


@st.composite
def worlds(draw):
    points, sites = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    numbers = np.random.default_rng(draw(st.integers(0, 10**6)))
    distance = numbers.integers(10, 1000, (points, sites)).astype(float)
    children, places = numbers.integers(1, 60, points), numbers.integers(1, 200, sites)
    return reach_of(distance, children, places)


@settings(deadline=None)
@given(worlds())
@pytest.mark.parametrize("score", [floating_catchment, three_steps])
def test_all_places_are_handed_out(score, reach):
    assert reach.children @ score(reach) == pytest.approx(reach.places.sum())


@settings(deadline=None)
@given(worlds())
def test_the_balanced_catchment_keeps_the_levels_of_service(reach):
    by_point = reach.weight / reach.per_point(reach.weight)[reach.point]
    levels = reach.places / reach.per_facility(reach.children[reach.point] * by_point)
    assert balanced_catchment(reach).sum() == pytest.approx(levels.sum())


@settings(deadline=None)
@given(worlds())
def test_availability_adds_up_to_the_places(reach):
    assert spatial_availability(reach).sum() == pytest.approx(reach.places.sum())


def test_two_points_and_one_school_of_thirty():
    reach = reach_of([[100], [500]], [10, 20], [30], name="binary")
    assert floating_catchment(reach).tolist() == [1, 1]
    assert spatial_availability(reach) == pytest.approx([10, 20])
    assert cumulative(reach).tolist() == [30, 30]


def test_a_school_that_nobody_reaches_gives_nothing():
    reach = reach_of([[100, np.inf]], [10], [30, 99], name="binary")
    assert floating_catchment(reach).tolist() == [3]


def test_gravity_weighs_each_place():
    reach = reach_of([[250, 500]], [1], [8, 8], name="linear")
    assert gravity(reach).tolist() == [0.5 * 8]


@pytest.mark.parametrize("name", DECAYS)
def test_decays_begin_at_one_and_never_rise(name):
    weight = decay(np.linspace(0, 2000, 401), name, scale_m=500)
    assert weight[0] == pytest.approx(1)
    assert (np.diff(weight) <= 1e-12).all()
    assert (weight >= 0).all()


def test_unknown_decay_and_negative_places_are_refused():
    with pytest.raises(InputRefused, match="DECAY_UNKNOWN"):
        decay(np.zeros(1), "magic", scale_m=1)
    with pytest.raises(InputRefused, match="SCORE_NEGATIVE"):
        reach_of([[1]], [1], [-3])


@settings(max_examples=40, deadline=None)
@given(worlds())
def test_at_equilibrium_nobody_gains_by_moving(reach):
    found = rational_choice(reach, tau_m=300)
    load = reach.per_facility(found.assigned)
    rho = reach.children.sum() / reach.places.sum()
    price = load[reach.facility] / (rho * reach.places[reach.facility]) + reach.distance_m / 300
    assert reach.per_point(found.assigned) == pytest.approx(reach.children)
    used = found.assigned > 1e-6
    assert price[used] == pytest.approx(found.cost[reach.point[used]], rel=1e-5)
    assert found.gap <= 1e-12


def test_equilibrium_of_one_point_between_two_equal_schools():
    # 30 children, 15 places each, rho 1: X/15 + 0 = (30 - X)/15 + 0.4 -> X = 18
    found = rational_choice(reach_of([[0, 120]], [30], [15, 15]), tau_m=300)
    assert found.assigned == pytest.approx([18, 12])
    assert found.cost == pytest.approx([18 / 15])


@settings(deadline=None)
@given(worlds(), st.integers(2, 9))
def test_equilibrium_is_blind_to_the_scale_of_both_sides(reach, times):
    larger = Reach(
        reach.point, reach.facility, reach.distance_m, reach.weight,
        reach.children * times, reach.places * times,
    )  # fmt: skip
    both = [rational_choice(r, tau_m=300).cost for r in (reach, larger)]
    assert both[0] == pytest.approx(both[1], rel=1e-5)
