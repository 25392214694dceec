"""Distances equal arithmetic in small worlds, and networkx and scipy in random ones."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pytest
import shapely
import worlds
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.walk import reach
from geo.walk.distances import nearest, nearest_of_nodes, pairs_within, reached_edges
from geo.walk.snapping import Snapped, at_nodes

if TYPE_CHECKING:
    from geo.walk.network import WalkNetwork

SETTINGS = settings(derandomize=True, deadline=None, max_examples=60)


def far(network: WalkNetwork, source: tuple[float, float], target: tuple[float, float]) -> float:
    """Return the distance between two points of a world."""
    found = nearest(network, worlds.put(network, [source]), worlds.put(network, [target]))
    return float(found.distance_m[0])


# Worlds


@pytest.mark.parametrize(
    ("source", "target", "metres"),
    [
        ((0, 0), (400, 300), 400 + 300),
        ((150, 0), (250, 100), 50 + 50 + 100),
        ((150, 0), (150, 100), 50 + 100 + 50),  # both ways round the block are equal
        ((120, 0), (180, 0), 60),  # along the edge
        ((130, 0), (130, 0), 0),
    ],
)
def test_grid(source: tuple[float, float], target: tuple[float, float], metres: float) -> None:
    assert far(worlds.grid(5, 4, 100.0), source, target) == metres


@pytest.mark.parametrize(("x", "metres"), [(10, 10), (500, 500), (1000, 1000)])
def test_ring_is_walked_the_shorter_way(x: float, metres: float) -> None:
    ring = worlds.ring(1000.0)
    assert far(ring, (0, 0), (x, 0)) == metres
    assert far(ring, (0, 100), (x, 0)) == 100 + metres
    assert far(ring, (1000, 900), (0, 900)) == 100 + 1000 + 100  # through the north, not the corner


def test_star() -> None:
    star = worlds.star([300.0, 200.0, 100.0])
    assert far(star, (300, 0), (0, 200)) == 300 + 200
    assert far(star, (-50, 0), (120, 0)) == 50 + 120


def test_comb_has_no_short_cut_between_its_teeth() -> None:
    assert far(worlds.comb(5, 40.0, 500.0), (0, 500), (40, 500)) == 500 + 40 + 500


def test_two_towns_meet_on_the_bridge_only() -> None:
    towns = worlds.two_towns(4, 100.0, 1200.0)
    assert far(towns, (0, 300), (1500 + 300, 300)) == (300 + 300) + 1200 + (300 + 300)


def test_one_long_edge() -> None:
    road = worlds.long_edge(40_000.0)
    places = worlds.put(road, [(1_000, 30), (39_000, -20), (20_500, 0)])
    assert nearest(road, places, places).distance_m.tolist() == [0, 0, 0]
    only = nearest(
        road, worlds.put(road, [(1_000, 0), (39_000, 0)]), worlds.put(road, [(20_500, 0)])
    )
    assert (only.distance_m[0], only.source[0]) == (39_000 - 20_500, 1)


# Limits, legs, ties and what is not there


@pytest.mark.parametrize(
    ("limit_m", "metres"), [(499.999, math.inf), (500.0, 500.0), (500.001, 500.0), (0.0, math.inf)]
)
def test_the_limit_itself_is_within(limit_m: float, metres: float) -> None:
    road = worlds.long_edge(1_000.0)
    place, goal = worlds.put(road, [(0, 0)]), worlds.put(road, [(500, 0)])
    assert nearest(road, place, goal, limit_m=limit_m).distance_m[0] == metres
    pairs = pairs_within(road, place, np.array([0]), goal, limit_m=limit_m)
    assert pairs.distance_m.tolist() == [m for m in [metres] if m < math.inf]


@pytest.mark.parametrize("limit_m", [-1.0, math.nan])
def test_a_limit_that_is_none_is_an_error(limit_m: float) -> None:
    road = worlds.long_edge(1_000.0)
    place = worlds.put(road, [(0, 0)])
    with pytest.raises(ValueError, match="limit_m"):
        nearest(road, place, place, limit_m=limit_m)


def test_of_sources_equally_near_the_first_wins() -> None:
    road = worlds.long_edge(1_000.0)
    middle = worlds.put(road, [(500, 0)])
    for points in ([(200, 0), (800, 0), (200, 0)], [(800, 0), (200, 0), (800, 0)]):
        assert nearest(road, worlds.put(road, points), middle).source[0] == 0
    corners = worlds.put(worlds.grid(3, 3, 100.0), [(0, 0), (200, 200), (0, 200), (200, 0)])
    assert nearest_of_nodes(worlds.grid(3, 3, 100.0), corners).source.min() == 0


def test_access_legs_count_only_where_asked() -> None:
    road = worlds.long_edge(1_000.0)
    gates, homes = worlds.put(road, [(100, 40), (300, 5)]), worlds.put(road, [(190, 20)])
    assert nearest(road, gates, homes).distance_m[0] == 90
    found = nearest(road, gates, homes, source_legs=True)
    assert (found.distance_m[0], found.source[0]) == (110 + 5, 1)
    pairs = pairs_within(road, gates, np.array([0, 1]), homes, limit_m=150.0, legs=True)
    assert pairs.distance_m.tolist() == [40 + 90 + 20, 5 + 110 + 20]


def test_a_facility_is_as_near_as_its_nearest_entrance() -> None:
    road = worlds.long_edge(1_000.0)
    gates = worlds.put(road, [(900, 0), (0, 0), (600, 0)])
    homes = worlds.put(road, [(500, 0), (950, 0)])
    pairs = pairs_within(road, gates, np.array([7, 3, 7]), homes, limit_m=700.0)
    assert list(zip(pairs.group, pairs.target, pairs.distance_m, strict=True)) == [
        (3, 0, 500), (7, 0, 100), (7, 1, 50)]  # fmt: skip


def test_places_off_the_streets_neither_reach_nor_are_reached() -> None:
    road = worlds.long_edge(1_000.0)
    places = worlds.put(road, [(0, 900), (100, 0)], max_m=500.0)
    found = nearest(road, places, places)
    assert found.distance_m.tolist() == [math.inf, 0]
    assert found.source.tolist() == [-1, 1]
    assert pairs_within(road, places, np.array([0, 1]), places, limit_m=1e4).target.tolist() == [1]


def test_nothing_to_search_gives_nothing() -> None:
    road = worlds.long_edge(1_000.0)
    none, some = worlds.put(road, []), worlds.put(road, [(5, 0)])
    assert nearest(road, none, some).distance_m.tolist() == [math.inf]
    assert nearest(road, some, none).distance_m.tolist() == []
    assert pairs_within(road, none, np.array([]), some, limit_m=9).group.tolist() == []
    assert pairs_within(road, some, np.array([1]), none, limit_m=9).group.tolist() == []
    assert len(reached_edges(road, none, limit_m=9)) == 0


@pytest.mark.parametrize(("edge", "offset_mm"), [(1, 0), (0, 1_000_001), (0, -1)])
def test_places_of_another_network_are_an_error(edge: int, offset_mm: int) -> None:
    road = worlds.long_edge(1_000.0)
    place = Snapped(np.array([edge]), np.array([offset_mm]), np.zeros(1), np.zeros((1, 2)))
    with pytest.raises(ValueError, match=r"another network|beyond the end"):
        nearest(road, place, place)


# What is reached, drawn


@pytest.mark.parametrize(
    ("limit_m", "parts"),
    [
        (0.0, []),
        (100.0, [(100, 300)]),
        (250.0, [(0, 450)]),
        (2_000.0, [(0, 1000)]),
        (math.inf, [(0, 1000)]),
    ],
)
def test_a_street_is_cut_where_the_limit_ends(
    limit_m: float, parts: list[tuple[float, float]]
) -> None:
    road = worlds.network_of([[(0, 0), (600, 0), (600, 400)]])
    lines = reached_edges(road, worlds.put(road, [(200, 0)]), limit_m=limit_m)
    assert list(zip(lines["from_m"], lines["to_m"], strict=True)) == parts
    np.testing.assert_allclose(lines.length, lines["to_m"] - lines["from_m"], atol=1e-9)


def test_an_edge_reached_from_both_ends_has_a_gap() -> None:
    square = worlds.network_of([[(0, 0), (0, 300), (300, 300), (300, 0)], [(0, 0), (300, 0)]])
    lines = reached_edges(square, worlds.put(square, [(150, 0)]), limit_m=250.0)
    assert sorted(zip(lines["from_m"], lines["to_m"], strict=True)) == [
        (0, 100), (0, 300), (800, 900)]  # fmt: skip
    ends = shapely.MultiPoint(worlds.place([(0, 100), (300, 100)]))
    assert all(any(line.distance(end) < 1e-9 for line in lines.geometry) for end in ends.geoms)


def test_a_whole_edge_keeps_its_very_vertices() -> None:
    bent = worlds.network_of([[(0, 0), (33.3, 44.4), (71.7, 12.1)]])
    lines = reached_edges(bent, worlds.put(bent, [(0, 0)]), limit_m=1e6)
    assert lines.geometry[0].equals_exact(bent.tree.geometries[0], 0.0)


def test_reach_in_a_grid_is_a_diamond() -> None:
    grid = worlds.grid(21, 21, 100.0)
    lines = reached_edges(grid, worlds.put(grid, [(1000, 1000)]), limit_m=350.0)
    # 4 arms of 350; on the k-th line beside them (k = 1, 2, 3) 2 x (350 - 100 k), 4 such lines
    assert lines.length.sum() == pytest.approx(4 * 350 + 4 * 2 * (250 + 150 + 50))
    beyond = np.abs(shapely.get_coordinates(lines.geometry.array) - worlds.place([(1000, 1000)]))
    assert beyond.sum(axis=1).max() == pytest.approx(350.0)


# Random worlds


@st.composite
def random_network(draw: st.DrawFn) -> WalkNetwork:
    """Draw some nodes and edges between them: with 1 mm edges, parallels, loops and islands."""
    nodes = draw(st.integers(2, 9))
    ends = st.tuples(st.integers(0, nodes - 1), st.integers(0, nodes - 1))
    edges = draw(st.lists(ends, min_size=1, max_size=16))
    length = st.sampled_from([1, 2, 3, 500, 1_000, 60_000, 61_234, 4_000_000])
    lengths = draw(st.lists(length, min_size=len(edges), max_size=len(edges)))
    corners = [(float(i), float(i * i)) for i in range(nodes)]
    lines = [[corners[a], (a + 0.5, -1.0 - k), corners[b]] for k, (a, b) in enumerate(edges)]
    return worlds.network_of(lines, lengths_mm=lengths)


@st.composite
def network_and_places(draw: st.DrawFn) -> tuple[WalkNetwork, Snapped, Snapped]:
    """Draw a network with sources and targets on its edges, some off the streets."""
    network = draw(random_network())
    edge = st.integers(-1, len(network.edges) - 1)
    offset = st.sampled_from([0, 1, 2, 250, 999, 30_000, 61_000, 10**7])
    rows = st.lists(st.tuples(edge, offset), min_size=1, max_size=6)
    sources, targets = (worlds.places_at(network, *zip(*draw(rows), strict=True)) for _ in range(2))
    return network, sources, targets


LIMITS = st.sampled_from([0.0, 0.001, 0.5, 60.0, 61.0, 4_000.0, math.inf])


def oracle(network: WalkNetwork, sources: Snapped, targets: Snapped, *, source: int) -> list[float]:
    """Return the distances (m) from one source by networkx on the split graph."""
    graph = worlds.split_graph(network, sources, targets)
    if sources.edge[source] < 0:
        return [math.inf] * len(targets)
    mm = nx.single_source_dijkstra_path_length(graph, ("place", 0, source), weight="mm")
    return [mm.get(("place", 1, row), math.inf) / 1000 for row in range(len(targets))]


@SETTINGS
@given(network_and_places(), LIMITS)
def test_nearest_equals_networkx(
    world: tuple[WalkNetwork, Snapped, Snapped], limit_m: float
) -> None:
    network, sources, targets = world
    metres = np.array([oracle(network, sources, targets, source=i) for i in range(len(sources))])
    metres[metres > limit_m] = math.inf
    found = nearest(network, sources, targets, limit_m=limit_m)
    assert found.distance_m.tolist() == metres.min(axis=0).tolist()
    first = np.where(np.isinf(metres).all(axis=0), -1, metres.argmin(axis=0))
    assert found.source.tolist() == first.tolist()


@SETTINGS
@given(network_and_places(), LIMITS, st.data())
def test_pairs_equal_networkx(
    world: tuple[WalkNetwork, Snapped, Snapped], limit_m: float, data: st.DataObject
) -> None:
    network, sources, targets = world
    count = len(sources)
    group = np.array(data.draw(st.lists(st.integers(0, 3), min_size=count, max_size=count)))
    metres = np.array([oracle(network, sources, targets, source=i) for i in range(count)])
    expected = [
        (g, t, metres[group == g, t].min())
        for g in sorted(set(group.tolist()))
        for t in range(len(targets))
        if metres[group == g, t].min() <= min(limit_m, 1e12)
    ]
    found = pairs_within(network, sources, group, targets, limit_m=limit_m)
    assert list(zip(found.group, found.target, found.distance_m, strict=True)) == expected


@SETTINGS
@given(network_and_places(), LIMITS)
def test_reached_parts_hold_just_the_places_within_the_limit(
    world: tuple[WalkNetwork, Snapped, Snapped], limit_m: float
) -> None:
    network, sources, targets = world
    parts = reached_edges(network, sources, limit_m=limit_m)
    distance_m = nearest(network, sources, targets, limit_m=limit_m).distance_m
    # just at the limit a part may end, or be a mere point
    rows = np.flatnonzero((targets.edge >= 0) & (distance_m != limit_m))
    drawn = []
    for row in rows:
        here = parts[parts["edge"] == targets.edge[row]]
        offset_m = targets.offset_mm[row] / 1000
        drawn.append(((here["from_m"] <= offset_m) & (offset_m <= here["to_m"])).any())
    assert drawn == (distance_m[rows] < math.inf).tolist()
    assert (parts["to_m"] > parts["from_m"]).all()


@SETTINGS
@given(network_and_places())
def test_there_is_as_far_as_back(world: tuple[WalkNetwork, Snapped, Snapped]) -> None:
    network, sources, targets = world
    options = {"limit_m": math.inf}
    there = pairs_within(network, sources, np.arange(len(sources)), targets, **options)
    back = pairs_within(network, targets, np.arange(len(targets)), sources, **options)
    forth = list(zip(there.group, there.target, there.distance_m, strict=True))
    assert forth == sorted(zip(back.target, back.group, back.distance_m, strict=True))


@SETTINGS
@given(network_and_places())
def test_one_more_source_never_makes_a_way_longer(
    world: tuple[WalkNetwork, Snapped, Snapped],
) -> None:
    network, sources, targets = world
    fewer = Snapped(
        sources.edge[:-1], sources.offset_mm[:-1], sources.access_m[:-1], sources.xy[:-1]
    )
    all_of_them = nearest(network, sources, targets).distance_m
    assert (all_of_them <= nearest(network, fewer, targets).distance_m).all()


@SETTINGS
@given(st.integers(0, 10_000), st.sampled_from([300.0, 900.0, math.inf]))
def test_nodes_equal_scipy_in_a_random_city(seed: int, limit_m: float) -> None:
    network, rng = random_city(seed), np.random.default_rng(seed)
    nodes = rng.choice(len(network.node_xy), 5, replace=False)
    found = nearest_of_nodes(network, at_nodes(network, nodes), limit_m=limit_m)
    matrix = csr_array(
        (network.arc_length_mm.astype(float), network.neighbour, network.indptr),
        shape=(len(network.node_xy),) * 2,
    )
    expected = dijkstra(matrix, indices=nodes, min_only=True, limit=limit_m * 1000) / 1000
    np.testing.assert_array_equal(found.distance_m, expected)


def random_city(seed: int) -> WalkNetwork:
    """Return a grid of 12 x 12 with jittered junctions, a fifth of its streets missing."""
    rng = np.random.default_rng(seed)
    shift = rng.uniform(-20, 20, (12, 12, 2))
    lines = [
        [(x + shift[int(x // 60), int(y // 60), 0], y + shift[int(x // 60), int(y // 60), 1])
         for x, y in line]
        for line in worlds.grid_lines(12, 12, 60.0)
        if rng.random() < 0.8
    ]  # fmt: skip
    return worlds.network_of(lines)


@pytest.mark.parametrize("seed", range(3))
def test_splitting_every_edge_changes_no_distance(seed: int) -> None:
    city = random_city(seed)
    points = np.random.default_rng(seed).uniform(0, 660, (40, 2)).tolist()
    lines = [shapely.get_coordinates(line) - worlds.ORIGIN for line in city.tree.geometries]
    halves = [
        half
        for first, last in (map(tuple, line) for line in lines)
        for middle in [((first[0] + last[0]) / 2, (first[1] + last[1]) / 2)]
        for half in ([first, middle], [middle, last])
    ]
    split = worlds.network_of(halves)
    whole, parts = (
        nearest(network, worlds.put(network, points[:4]), worlds.put(network, points)).distance_m
        for network in (city, split)
    )
    reached = np.isfinite(whole)
    assert (reached == np.isfinite(parts)).all()
    edges_on_the_way = 40  # each may be rounded once more
    np.testing.assert_allclose(whole[reached], parts[reached], atol=0.001 * edges_on_the_way)


# Memory that is too small at first


@pytest.mark.parametrize("capacity", [1, 2, 7, 100])
def test_a_full_queue_is_made_bigger(capacity: int) -> None:
    city = random_city(5)
    sources = at_nodes(city, np.arange(0, len(city.node_xy), 9))
    usual = reach.from_sources(city, sources, limit_m=900.0, legs=False)
    small = reach.from_sources(city, sources, limit_m=900.0, legs=False, capacity=capacity)
    np.testing.assert_array_equal(usual.keys, small.keys)


@pytest.mark.parametrize(
    ("pairs_at_once", "capacity"), [(1, None), (200, None), (1, 4), (2**20, 4)]
)
def test_pairs_do_not_depend_on_the_room(pairs_at_once: int, capacity: int | None) -> None:
    city = random_city(6)
    places = at_nodes(city, np.arange(len(city.node_xy)))
    _, work = reach.pair_search(
        city, (places, np.arange(len(places)) // 2), places, limit_m=400.0, legs=False
    )
    usual = reach.pairs(work)
    small = reach.pairs(work, pairs_at_once=pairs_at_once, capacity=capacity)
    for one, other in zip(usual, small, strict=True):
        np.testing.assert_array_equal(one, other)


def test_more_sources_than_a_key_can_tell_apart_are_an_error() -> None:
    road = worlds.network_of([[(0, 0), (1000 * i, 10)] for i in range(1, 40)],
                             lengths_mm=[2**32 - 1] * 39)  # fmt: skip
    count = 2**27
    many = Snapped(*(np.broadcast_to(np.array(v), count) for v in (-1, 0, 0.0)), np.empty((0, 2)))
    with pytest.raises(ValueError, match="too many"):
        reach.from_sources(road, many, limit_m=math.inf, legs=False)
