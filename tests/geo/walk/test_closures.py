"""Ways around closed stretches of street, by arithmetic."""

from __future__ import annotations

import numpy as np
import pytest

from geo.walk.closures import closed, walk_m
from geo.walk.network import WalkNetwork
from geo.walk.snapping import Snapped
from tests import worlds


def walk(
    network: WalkNetwork,
    home: tuple[float, float],
    gate: tuple[float, float],
    *,
    limit_m: float = np.inf,
    **stretch: dict[int, float],
) -> float:
    """Return the metres with the edges that `stretch` names closed there."""
    edges = len(network.edge_length_mm)
    shut = np.zeros(edges, dtype=bool)
    given = {}
    for name, share in stretch.items():
        given[name] = np.zeros(edges)
        shut[list(share)], given[name][list(share)] = True, list(share.values())
    places = [worlds.put(network, [point]) for point in (gate, home)]
    return float(walk_m(closed(network, shut, **given), *places, limit_m=limit_m)[0])


def edge_at(network: WalkNetwork, point: tuple[float, float]) -> int:
    return int(worlds.put(network, [point]).edge[0])


def block() -> WalkNetwork:
    """Return a square of 100 m."""
    return worlds.grid(2, 2, 100.0)


def test_a_closed_edge_is_walked_around() -> None:
    south = edge_at(block(), (50, 0))
    assert walk(block(), (0, 10), (100, 10)) == 10 + 100 + 10
    assert (
        walk(block(), (0, 10), (100, 10), from_share={south: 0}, to_share={south: 1})
        == 90 + 100 + 90
    )


@pytest.mark.parametrize(("x", "metres"), [(30, 30 + 10), (70, 30 + 100 + 100 + 90)])
def test_a_home_beside_the_closed_place_walks_away_from_it(x: float, metres: float) -> None:
    south = edge_at(block(), (50, 0))
    first = float(block().node_xy[block().edge_nodes[south, 0], 0] - worlds.ORIGIN[0])
    assert first in (0, 100)
    assert walk(block(), (x, 0), (0, 10), from_share={south: 0.5}, to_share={south: 0.5}) == metres


def test_a_home_inside_the_closed_stretch_has_no_way() -> None:
    south = edge_at(block(), (50, 0))
    assert walk(block(), (50, 0), (0, 10), from_share={south: 0.4}, to_share={south: 0.6}) == np.inf


def test_home_and_gate_on_the_same_side_of_a_closed_place() -> None:
    road = worlds.long_edge(1000.0)
    stretch = {"from_share": {0: 0.5}, "to_share": {0: 0.5}}
    assert walk(road, (100, 0), (400, 0), **stretch) == 300
    assert walk(road, (100, 0), (600, 0), **stretch) == np.inf
    assert walk(road, (100, 5), (100, 7), from_share={0: 0.0}, to_share={0: 1.0}) == 5 + 7


def test_legs_count_and_the_limit_is_of_the_whole_network_way() -> None:
    assert walk(block(), (-8, 10), (108, 10)) == 8 + 10 + 100 + 10 + 8
    assert walk(block(), (0, 10), (100, 10), limit_m=119.9) == np.inf


def test_places_that_are_not_snapped_stay_so() -> None:
    network = block()
    nowhere = Snapped(np.array([-1]), np.array([0]), np.array([9.0]), np.full((1, 2), np.nan))
    shut = np.ones(4, dtype=bool)
    assert closed(network, shut).open_ends(nowhere).edge.tolist() == [-1]
    assert (
        walk_m(closed(network, ~shut), nowhere, worlds.put(network, [(0, 0)]), limit_m=9)[0]
        == np.inf
    )
