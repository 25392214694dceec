"""Graphs go to networkx and come back the same."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
import pytest
import shapely
import worlds

from geo.findings import InputRefused
from geo.walk.interchange import from_networkx, to_networkx
from geo.walk.network import WalkNetwork, build_network

WORLDS = {
    "grid": lambda: worlds.grid(4, 3, 61.237),
    "ring": lambda: worlds.ring(250.0),
    "parallel": lambda: worlds.network_of([[(0, 0), (9, 9), (40, 0)], [(0, 0), (40, 0)]] * 2),
    "there and back": lambda: worlds.network_of([[(0, 0), (40, 0)], [(40, 0), (0, 0)]]),
    "islands": lambda: worlds.network_of([[(0, 0), (40, 0)], [(90, 0), (90, 7)]]),
}


def streets(network: WalkNetwork) -> list[tuple[object, ...]]:
    """Return all that matters about the edges, independent of order and direction."""
    ends = np.sort(network.node_id[network.edge_nodes], axis=1).tolist()
    shapes = shapely.to_wkt(shapely.normalize(network.tree.geometries), rounding_precision=9)
    rows = zip(ends, network.edge_length_mm.tolist(), shapes, network.edges.to_dict("records"))  # noqa: B905
    return sorted((*pair, mm, str(shape), tuple(tags.items())) for pair, mm, shape, tags in rows)


@pytest.mark.parametrize("world", WORLDS)
def test_there_and_back_again(world: str) -> None:
    network = WORLDS[world]()
    again = from_networkx(to_networkx(network), crs=network.crs)
    assert streets(again) == streets(network)
    np.testing.assert_array_equal(again.node_xy, network.node_xy)


def test_a_graph_is_as_osmnx_has_it() -> None:
    bent = worlds.network_of([[(0, 0), (30, 40), (60, 0)], [(60, 0), (99, 0)]])
    graph = to_networkx(bent)
    assert graph.graph["crs"] == worlds.CRS
    assert all({"x", "y"} <= data.keys() for _, data in graph.nodes(data=True))
    there, back = (data for _, _, data in graph.edges(data=True) if "geometry" in data)
    assert there["length"] == back["length"] == 100.0
    assert there["geometry"].coords[0] == back["geometry"].coords[-1]
    assert graph.number_of_edges() == 4


def test_tags_of_nodes_travel() -> None:
    lines = [[(0, 0), (30, 0), (100, 0)]]
    network = build_network(worlds.streets_of(lines, tagged=[(30, 0)]), crs=worlds.CRS)
    again = from_networkx(to_networkx(network), crs=worlds.CRS)
    assert again.node_tags.to_dict() == {"highway": {network.node_tags.index[0]: "crossing"}}


def osmnx_like() -> nx.MultiDiGraph:
    """Return a graph in degrees: a two-way street, a one-way street, lists as OSMnx makes them."""
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    for node, x in ((1, 117.0), (2, 117.001), (3, 117.002), (9, 117.5)):
        graph.add_node(node, x=x, y=38.9, street_count=2)
    common = {"osmid": [7, 8], "highway": ["path", "steps"], "length": 86.7, "lanes": None}
    graph.add_edge(1, 2, **common, oneway=False, reversed=False)
    graph.add_edge(2, 1, **common, oneway=False, reversed=True)
    graph.add_edge(2, 3, osmid=9, oneway=True, highway="footway")
    return graph


def test_streets_of_osmnx_are_walked_both_ways_and_kept_once() -> None:
    network = from_networkx(osmnx_like(), crs=worlds.CRS)
    assert network.edges["way_id"].tolist() == [7, 9]
    assert network.edges["highway"].tolist() == ["path;steps", "footway"]
    assert "lanes" not in network.edges
    assert network.edge_length_mm[0] == 86_700
    # 0.001 degrees on the ellipsoid's parallel of 38.9 N
    parallel_m = math.radians(0.001) * 6378137 * math.cos(math.radians(38.9)) / math.sqrt(
        1 - 0.00669438 * math.sin(math.radians(38.9)) ** 2)  # fmt: skip
    assert network.edge_length_mm[1] / 1000 == pytest.approx(parallel_m, rel=1e-5)
    assert network.node_id.tolist() == [1, 2, 3]


def test_undirected_graphs_keep_every_edge() -> None:
    graph = nx.MultiGraph(crs=worlds.CRS)
    graph.add_nodes_from(
        [("a", {"x": 500_000, "y": 4_310_000}), ("b", {"x": 500_030, "y": 4_310_040})]
    )
    graph.add_edges_from([("a", "b"), ("b", "a")])
    assert from_networkx(graph, crs=worlds.CRS).edge_length_mm.tolist() == [50_000, 50_000]


@pytest.mark.parametrize("length", [-1.0, math.nan, math.inf, "long", None])
def test_a_length_that_is_none_sets_the_edge_aside(length: object) -> None:
    graph = osmnx_like()
    graph.add_edge(1, 3, osmid=5, length=length)
    network = from_networkx(graph, crs=worlds.CRS)
    assert len(network.edges) == (3 if length is None else 2)
    aside = [f for f in network.findings if f.code == "EDGE_LENGTH"]
    assert bool(aside) == (length is not None)
    assert aside == list(network.findings[:1])[: len(aside)]
    assert network.dropped["ways"].tolist() == ([] if length is None else [1])


def test_incomplete_graphs_are_refused() -> None:
    no_crs, no_place, empty = osmnx_like(), osmnx_like(), nx.MultiDiGraph(crs=worlds.CRS)
    del no_crs.graph["crs"]
    del no_place.nodes[1]["x"]
    for graph, code in ((no_crs, "GRAPH_INC"), (no_place, "GRAPH_INC"), (empty, "NETWORK_EMPTY")):
        with pytest.raises(InputRefused, match=code):
            from_networkx(graph)


def test_a_graph_without_crs_is_read_in_the_one_that_is_given() -> None:
    graph = nx.MultiDiGraph()
    graph.add_node(1, x=117.0, y=39.0)
    graph.add_node(2, x=117.001, y=39.0)
    graph.add_edge(1, 2)
    network = from_networkx(graph, crs="EPSG:4326")
    assert network.crs == "EPSG:4548"
    # A thousandth of a degree at 39 N: 111,320 m x cos 39 / 1000 = 86.5 m (86.6 on the ellipsoid)
    assert network.edge_length_mm.tolist() == pytest.approx([86_600], abs=50)
    with pytest.raises(InputRefused, match="GRAPH_INC"):
        from_networkx(graph, crs="EPSG:4548")  # degrees are no metres
    graph.graph["crs"] = "EPSG:4326"
    assert from_networkx(graph).edge_length_mm.tolist() == network.edge_length_mm.tolist()
