"""Fronts equal arithmetic in small worlds and all simple ways in random ones."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
import worlds
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.walk.bicriteria import fronts, risk_units, ways
from geo.walk.network import WalkNetwork
from geo.walk.snapping import Snapped, at_nodes

SETTINGS = settings(derandomize=True, deadline=None, max_examples=150)
MANY = 10**6
ENDLESS = 10**12

Front = list[tuple[int, int]]


def search(
    network: WalkNetwork, gates: Snapped, homes: Snapped, risk: list[int], **options: object
) -> list[Front]:
    """Return the front of each home as (mm, risk)."""
    limit = np.broadcast_to(np.asarray(options.pop("limit_mm", ENDLESS)), len(homes)).astype(int)
    options = {"labels_max": MANY, **options}
    found = fronts(network, gates, homes, risk=np.array(risk), limit_mm=limit, **options)
    rows = list(zip(found.length_mm.tolist(), found.risk.tolist(), strict=True))
    return [rows[a:b] for a, b in zip(found.start[:-1], found.start[1:], strict=True)]


def at(edge: list[int], offset_mm: list[int], leg_m: list[float] | None = None) -> Snapped:
    """Return places on edges."""
    legs = np.zeros(len(edge)) if leg_m is None else np.array(leg_m)
    numbers = (np.array(column, dtype=np.int64) for column in (edge, offset_mm))
    return Snapped(*numbers, legs, np.zeros((len(edge), 2)))


def parallel(*lengths_mm: int) -> WalkNetwork:
    """Several streets between two junctions 100 m apart, in the order of their length."""
    lines = [[(0, 0), (50, 10 * i), (100, 0)] for i in range(len(lengths_mm))]
    return worlds.network_of(lines, lengths_mm=lengths_mm)


# Worlds


def test_a_front_has_the_ways_that_no_weighting_would_choose() -> None:
    network = parallel(100_000, 110_000, 120_000)
    # (110 m, 9) lies above the line from (100 m, 10) to (120 m, 0): unsupported
    found = search(network, at_nodes(network, [0]), at_nodes(network, [1]), [10, 9, 0])
    assert found == [[(100_000, 10), (110_000, 9), (120_000, 0)]]


@pytest.mark.parametrize(("limit_mm", "ways_left"), [(119_999, 2), (120_000, 3), (99_999, 0)])
def test_a_way_as_long_as_the_limit_is_within_it(limit_mm: int, ways_left: int) -> None:
    network = parallel(100_000, 110_000, 120_000)
    gates, homes = at_nodes(network, [0]), at_nodes(network, [1])
    assert len(search(network, gates, homes, [10, 9, 0], limit_mm=limit_mm)[0]) == ways_left


def test_of_equal_ways_the_safer_one_and_of_equally_safe_ones_the_shorter_one() -> None:
    network = parallel(100_000, 100_000, 130_000)
    gates, homes = at_nodes(network, [0]), at_nodes(network, [1])
    assert search(network, gates, homes, [7, 5, 5]) == [[(100_000, 5)]]


def test_a_part_of_an_edge_has_its_share_of_the_risk() -> None:
    road = worlds.long_edge(100.0)
    gates, homes = at([0], [20_000], [3.0]), at([0, 0], [60_000, 20_000], [2.0, 0.0])
    # 40 m of 100 m: 0.4 x 1000; legs have no risk
    assert search(road, gates, homes, [1000]) == [[(3000 + 40_000 + 2000, 400)], [(3000, 0)]]


def test_two_places_on_one_edge_may_also_be_joined_round_the_block() -> None:
    network = parallel(100_000, 100_000)
    gates, homes = at([0], [30_000]), at([0], [70_000])
    # along: 40 m with 40 of 100; round: 30 + 100 + 30 m with 30 + 0 + 30: longer and riskier
    assert search(network, gates, homes, [100, 0]) == [[(40_000, 40)]]
    gates, homes = at([0], [10_000]), at([0], [90_000])
    # along: 80 m with 80; round: 10 + 100 + 10 m with 20
    assert search(network, gates, homes, [100, 0]) == [[(80_000, 80), (120_000, 20)]]


def test_a_detour_near_the_school_is_kept() -> None:
    # home -900 m- a, then 100 m over the arterial (risk 100) or 300 m round it (risk 1)
    lines = [[(0, 0), (900, 0)], [(900, 0), (1000, 0)], [(900, 0), (950, 100), (1000, 0)]]
    network = worlds.network_of(lines, lengths_mm=[900_000, 100_000, 300_000])
    home, school = (int(np.argmin(abs(network.node_xy[:, 0] - 5e5 - x))) for x in (0, 1000))
    risk = [{900_000: 9, 100_000: 100, 300_000: 1}[int(mm)] for mm in network.edge_length_mm]
    gates, homes = at_nodes(network, [school]), at_nodes(network, [home])
    found = search(network, gates, homes, risk, limit_mm=1_300_000)
    assert found == [[(1_000_000, 109), (1_200_000, 10)]]  # at a the detour is 3 x the shortest


def test_banned_edges_are_not_used() -> None:
    network = parallel(100_000, 110_000, 120_000)
    gates, homes = at_nodes(network, [0]), at_nodes(network, [1])
    banned = np.array([True, False, True])
    assert search(network, gates, homes, [10, 9, 0], banned=banned) == [[(110_000, 9)]]


def test_ways_lead_from_the_home_to_the_gate() -> None:
    comb = worlds.comb(3, 40.0, 100.0)
    gates, homes = worlds.put(comb, [(0, 60)]), worlds.put(comb, [(40, 30), (400, 400)], max_m=1)
    risk = np.ones(len(comb.edge_length_mm), dtype=np.int64)
    limit = np.full(2, ENDLESS)
    found = fronts(comb, gates, homes, risk=risk, limit_mm=limit, labels_max=MANY)
    assert found.start.tolist() == [0, 1, 1]  # the second home is not on a street
    way = ways(comb, found, found.start[:1])
    assert way.walked_mm.tolist() == [30_000, 40_000, 60_000]
    assert (way.edge[0], way.edge[2], way.gate.tolist()) == (homes.edge[0], gates.edge[0], [0])


def test_no_homes_and_no_gates() -> None:
    network, nowhere = worlds.grid(3, 3, 10.0), at([-1], [0])
    risk = [1] * len(network.edge_length_mm)
    assert search(network, nowhere, at_nodes(network, [0]), risk) == [[]]
    assert search(network, at_nodes(network, [0]), nowhere, risk) == [[]]
    assert search(network, at_nodes(network, [0]), at([], []), risk) == []


def test_too_many_labels_are_said_and_shortest_ways_stay_exact() -> None:
    network = worlds.grid(12, 12, 10.0)
    rng = np.random.default_rng(0)
    risk = rng.integers(1, 10**6, len(network.edge_length_mm))
    gates, homes = at_nodes(network, [0]), at_nodes(network, np.arange(144))
    limit = np.full(144, ENDLESS)
    full, cut = (
        fronts(network, gates, homes, risk=risk, limit_mm=limit, labels_max=most)
        for most in (MANY, 200)
    )
    assert (full.truncated, cut.truncated) == (False, True)
    first = [f.length_mm[f.start[:-1]] for f in (full, cut)]
    np.testing.assert_array_equal(*first)
    assert len(cut.risk) < len(full.risk)


@pytest.mark.parametrize("points", [-0.001, np.nan, np.inf])
def test_a_risk_is_a_number_of_0_or_more(points: float) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        risk_units(np.array([1.0, points]))
    assert risk_units(np.array([0.0004, 0.0006, 5.8])).tolist() == [0, 1, 5800]


# Random graphs against all simple ways


@st.composite
def graphs(draw: st.DrawFn) -> tuple[WalkNetwork, list[int], Snapped, Snapped]:
    """Draw a small connected graph with parallel streets, risks, gates and homes on its edges."""
    size = draw(st.integers(2, 6))
    number = st.integers(0, size - 1)
    pairs = [(draw(st.integers(0, i - 1)), i) for i in range(1, size)]
    pairs += draw(st.lists(st.tuples(number, number).filter(lambda p: p[0] != p[1]), max_size=6))
    corner = [(100.0 * (i % 3), 90.0 * (i // 3) + 7 * i) for i in range(size)]
    lengths = draw(st.lists(st.integers(1, 6), min_size=len(pairs), max_size=len(pairs)))
    network = worlds.network_of(
        [[corner[a], corner[b]] for a, b in pairs], lengths_mm=[n * 10 for n in lengths]
    )
    count = len(network.edge_length_mm)
    risk = draw(st.lists(st.integers(0, 6), min_size=count, max_size=count))
    places = [
        draw(
            st.lists(st.tuples(st.integers(0, count - 1), st.floats(0, 1)), min_size=1, max_size=3)
        )
        for _ in range(2)
    ]
    return (
        network,
        risk,
        *(
            at(
                [edge for edge, _ in some],
                [round(share * int(network.edge_length_mm[edge])) for edge, share in some],
                [0.001 * (i % 3) for i in range(len(some))],
            )
            for some in places
        ),
    )


def share(network: WalkNetwork, risk: list[int], edge: int, part_mm: int) -> int:
    length_mm = int(network.edge_length_mm[edge])
    return (risk[edge] * part_mm + length_mm // 2) // length_mm


def leave(
    network: WalkNetwork, risk: list[int], places: Snapped, i: int
) -> list[tuple[int, int, int]]:
    """Return the ends of a place's edge with length and risk of the way there."""
    edge, offset = int(places.edge[i]), int(places.offset_mm[i])
    parts = (offset, int(network.edge_length_mm[edge]) - offset)
    ends = network.edge_nodes[edge].tolist()
    return [(n, mm, share(network, risk, edge, mm)) for n, mm in zip(ends, parts, strict=True)]


def simple_ways(network: WalkNetwork, risk: list[int], a: int, b: int) -> list[tuple[int, int]]:
    """Return length and risk of all ways between two nodes that visit no node twice."""
    if a == b:
        return [(0, 0)]
    graph = nx.MultiGraph()
    for edge, (first, last) in enumerate(network.edge_nodes.tolist()):
        graph.add_edge(first, last, edge)
    found = [[e for _, _, e in way] for way in nx.all_simple_edge_paths(graph, a, b)]
    return [(int(network.edge_length_mm[w].sum()), sum(risk[e] for e in w)) for w in found]


def every_way(
    network: WalkNetwork, risk: list[int], gates: Snapped, homes: Snapped, h: int
) -> list[tuple[int, int]]:
    """Return length and risk of all simple ways from a home to a gate."""
    every = []
    for g in range(len(gates)):
        legs = round(1000 * homes.access_m[h]) + round(1000 * gates.access_m[g])
        for a, mm_a, risk_a in leave(network, risk, gates, g):
            for b, mm_b, risk_b in leave(network, risk, homes, h):
                between = simple_ways(network, risk, a, b)
                every += [(n + mm_a + mm_b + legs, r + risk_a + risk_b) for n, r in between]
        if gates.edge[g] == homes.edge[h]:
            part = abs(int(gates.offset_mm[g] - homes.offset_mm[h]))
            every.append((part + legs, share(network, risk, int(gates.edge[g]), part)))
    return every


def brute(network: WalkNetwork, risk: list[int], gates: Snapped, homes: Snapped) -> list[Front]:
    """Return the fronts from all simple ways."""
    result = []
    for home in range(len(homes)):
        front: Front = []
        for length, points in sorted(every_way(network, risk, gates, homes, home)):
            if not front or points < front[-1][1]:
                front.append((length, points))
        result.append(front)
    return result


@SETTINGS
@given(graphs(), st.integers(10, 30))
def test_fronts_equal_all_simple_ways(
    world: tuple[WalkNetwork, list[int], Snapped, Snapped], cap: int
) -> None:
    network, risk, gates, homes = world
    expected = brute(network, risk, gates, homes)
    assert search(network, gates, homes, risk) == expected
    limit = [front[0][0] * cap // 10 for front in expected]
    within = [[w for w in f if w[0] <= most] for f, most in zip(expected, limit, strict=True)]
    assert search(network, gates, homes, risk, limit_mm=limit) == within


@SETTINGS
@given(graphs())
def test_ways_have_the_length_and_risk_of_their_fronts(
    world: tuple[WalkNetwork, list[int], Snapped, Snapped],
) -> None:
    network, risk, gates, homes = world
    limit = np.full(len(homes), ENDLESS)
    found = fronts(network, gates, homes, risk=np.array(risk), limit_mm=limit, labels_max=MANY)
    rows = np.arange(len(found.risk))
    way = ways(network, found, rows)
    home = np.searchsorted(found.start, rows, side="right") - 1
    walked_mm, points_of = [], []
    for row in rows:
        piece = slice(way.start[row], way.start[row + 1])
        mm = network.edge_length_mm[way.edge[piece]].astype(np.int64)
        points = (np.array(risk)[way.edge[piece]] * way.walked_mm[piece] + mm // 2) // mm
        legs = homes.access_m[home[row]] + gates.access_m[way.gate[row]]
        walked_mm.append(way.walked_mm[piece].sum() + round(1000 * legs))
        points_of.append(points.sum())
    assert walked_mm == found.length_mm.tolist()
    assert points_of == found.risk.tolist()
