"""Assignment and its proofs: by hand, against networkx, and by laws."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses.places.access import Reach
from analyses.places.assignment import assign
from analyses.places.gap import place_gap


def reach_of(distance_m, children, places):
    table = np.array(distance_m, dtype=float)
    point, facility = np.nonzero(np.isfinite(table))
    metres = table[point, facility]
    numbers = (np.array(children, dtype=float), np.array(places, dtype=float))
    return Reach(point, facility, metres, np.ones(len(metres)), *numbers)


@st.composite
def worlds(draw):
    points, sites = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    numbers = np.random.default_rng(draw(st.integers(0, 10**6)))
    distance = numbers.integers(1, 500, (points, sites)).astype(float)
    distance[numbers.random((points, sites)) < 0.4] = np.inf
    return reach_of(distance, numbers.integers(0, 30, points), numbers.integers(0, 40, sites))


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_as_many_placed_and_as_few_metres_as_networkx_finds(reach):
    graph = nx.DiGraph()
    for row, children in enumerate(reach.children):
        graph.add_edge("home", f"p{row}", capacity=int(children), weight=0)
    for row, places in enumerate(reach.places):
        graph.add_edge(f"f{row}", "school", capacity=int(places), weight=0)
    for i, j, metres in zip(reach.point, reach.facility, reach.distance_m, strict=True):
        graph.add_edge(f"p{i}", f"f{j}", weight=int(metres))
    best = nx.max_flow_min_cost(graph, "home", "school") if "school" in graph else {}
    found = assign(reach)
    assert found.children.sum() == pytest.approx(sum(best.get("home", {}).values()), abs=1e-5)
    assert found.metres == pytest.approx(nx.cost_of_flow(graph, best) if best else 0, abs=1e-2)


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_the_short_groups_prove_what_is_missing(reach):
    found = assign(reach)
    linked = np.isin(np.arange(len(reach.children)), reach.point)
    assert sum(g.short for g in found.short_groups) == pytest.approx(
        found.unplaced[linked].sum(), abs=1e-5
    )
    into = [set(reach.facility[np.isin(reach.point, g.points)]) for g in found.short_groups]
    assert into == [set(group.facilities) for group in found.short_groups]


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_one_more_place_does_what_it_says(reach):
    found = assign(reach)
    after = [assign(replace(reach, places=reach.places + one)) for one in np.eye(len(reach.places))]
    more = np.array([a.children.sum() for a in after]) - found.children.sum()
    saved_m = found.metres - np.array([a.metres for a in after])
    alike = ~np.asarray(found.one_more_places, dtype=bool)  # as many placed: fewer metres
    np.testing.assert_allclose(more, np.asarray(found.one_more_places, float), rtol=1e-6, atol=1e-5)
    np.testing.assert_allclose(
        saved_m[alike], np.asarray(found.one_more_saves_m)[alike], rtol=1e-6, atol=1e-2
    )


def test_priority_decides_who_but_not_how_many():
    reach = reach_of([[100], [10]], [5, 5], [5])
    assert assign(reach).unplaced.tolist() == [5, 0]
    assert assign(reach, priority=np.array([0, 1])).unplaced.tolist() == [0, 5]


def test_preference_comes_before_metres():
    reach = reach_of([[10, 90]], [4], [9, 9])
    assert assign(reach, preference=np.array([1, 0])).filled.tolist() == [0, 4]


def test_without_limits_everyone_goes_to_the_nearest():
    reach = reach_of([[30, 10], [20, 50]], [4, 6], [1e6, 1e6])
    assert assign(reach).filled.tolist() == [6, 4]


def test_nobody_in_reach_of_anything():
    found = assign(reach_of([[np.inf]], [7], [3]))
    assert found.unplaced.tolist() == [7]
    assert found.short_groups == ()


def test_three_causes_of_ten_children_each():
    reach = reach_of([[np.inf], [100], [200]], [10, 10, 10], [4])
    gap = place_gap(reach, safe=np.array([False, True]))
    assert gap.points.to_numpy().tolist() == [[10, 0, 0, 0], [0, 10, 0, 0], [0, 0, 6, 4]]
    assert gap.safety_without_places == 10


@settings(max_examples=40, deadline=None)
@given(worlds(), st.integers(0, 99))
def test_every_child_is_counted_once(reach, seed):
    safe = np.random.default_rng(seed).random(len(reach.point)) < 0.6
    points = place_gap(reach, safe=safe).points
    assert points.sum(axis=1).to_numpy() == pytest.approx(reach.children)
    assert (points >= 0).all(axis=None)
