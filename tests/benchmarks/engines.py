"""The same question put to ours and to other engines: how far is each node from a facility?

An engine is a function that takes a network and returns a function of (facility nodes, limit in
metres) -> metres for every node, ``inf`` beyond the limit.  What it prepares before counts as
set-up.  The engines under AGPL and GPL licences serve for comparison here and nowhere else.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from geo.walk.network import WalkNetwork

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Search = Callable[[Ints, float], Floats]
    Engine = Callable[[WalkNetwork], Search]


def ours(network: WalkNetwork) -> Search:
    from geo.walk.distances import nearest_of_nodes
    from geo.walk.snapping import at_nodes

    def search(nodes: Ints, limit_m: float) -> Floats:
        return nearest_of_nodes(network, at_nodes(network, nodes), limit_m=limit_m).distance_m

    search(np.zeros(1, dtype=np.int64), 0.0)  # loads the compiled code
    return search


def scipy(network: WalkNetwork) -> Search:
    from scipy.sparse.csgraph import dijkstra

    matrix = csr(network)

    def search(nodes: Ints, limit_m: float) -> Floats:
        return dijkstra(matrix, indices=nodes, min_only=True, limit=limit_m * 1000) / 1000

    return search


def csr(network: WalkNetwork) -> Any:
    """Return scipy's matrix (int32 indices, the shortest of parallel edges, no loops)."""
    from scipy.sparse import csr_array

    tail, head, mm = simple_arcs(network)
    indptr = np.searchsorted(tail, np.arange(len(network.node_xy) + 1)).astype(np.int32)
    size = (len(network.node_xy),) * 2
    return csr_array((mm.astype(np.float64), head.astype(np.int32), indptr), shape=size)


def simple_arcs(network: WalkNetwork) -> tuple[Ints, Ints, Ints]:
    """Return tail, head and mm of the arcs, the shortest of parallel ones, without loops."""
    tail = np.repeat(np.arange(len(network.node_xy)), np.diff(network.indptr))
    head = network.neighbour.astype(np.int64)
    mm = network.arc_length_mm.astype(np.int64)
    order = np.lexsort((mm, head, tail))
    tail, head, mm = tail[order], head[order], mm[order]
    first = np.ones(len(tail), dtype=bool)
    first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    first &= tail != head
    return tail[first], head[first], mm[first]


def edges(network: WalkNetwork) -> tuple[Ints, Ints, Floats]:
    """Return first node, last node and metres of the simple edges."""
    tail, head, mm = simple_arcs(network)
    once = tail < head
    return tail[once], head[once], mm[once] / 1000


def filled(network: WalkNetwork, metres: dict[int, float]) -> Floats:
    """Return a dictionary by node as an array."""
    result = np.full(len(network.node_xy), math.inf)
    result[np.fromiter(metres, dtype=np.int64)] = np.fromiter(metres.values(), dtype=float)
    return result


def within(metres: Floats, limit_m: float) -> Floats:
    """Apply the limit for engines that know none."""
    return np.where(metres <= limit_m, metres, math.inf)


def networkx(network: WalkNetwork) -> Search:
    import networkx as nx

    graph = nx.Graph()
    graph.add_weighted_edges_from(zip(*(a.tolist() for a in edges(network)), strict=True))

    def search(nodes: Ints, limit_m: float) -> Floats:
        cutoff = None if math.isinf(limit_m) else limit_m + 1e-9
        found = nx.multi_source_dijkstra_path_length(graph, nodes.tolist(), cutoff=cutoff)
        return filled(network, found)

    return search


def networkit(network: WalkNetwork) -> Search:
    import networkit as nk

    tail, head, metres = edges(network)
    count = len(network.node_xy)
    graph = nk.GraphFromCoo((metres, (tail, head)), n=count + 1, weighted=True, directed=False)

    def search(nodes: Ints, limit_m: float) -> Floats:
        for node in nodes.tolist():
            graph.addEdge(count, node, 0.0)
        run = nk.distance.Dijkstra(graph, count, storePaths=False)
        run.run()
        for node in nodes.tolist():
            graph.removeEdge(count, node)
        return within(np.array(run.getDistances())[:count], limit_m)

    return search


def rustworkx(network: WalkNetwork) -> Search:
    import rustworkx as rx

    graph = rx.PyGraph()
    count = len(network.node_xy)
    graph.add_nodes_from(range(count + 1))
    graph.add_edges_from(list(zip(*(a.tolist() for a in edges(network)), strict=True)))

    def search(nodes: Ints, limit_m: float) -> Floats:
        graph.add_edges_from([(count, node, 0.0) for node in nodes.tolist()])
        found = dict(rx.dijkstra_shortest_path_lengths(graph, count, float))
        graph.remove_edges_from([(count, node) for node in nodes.tolist()])
        found.pop(count, None)
        return within(filled(network, found), limit_m)

    return search


def igraph(network: WalkNetwork) -> Search:
    import igraph as ig

    tail, head, metres = edges(network)
    count = len(network.node_xy)
    graph = ig.Graph(n=count + 1, edges=np.column_stack([tail, head]).tolist())
    graph.es["m"] = metres.tolist()

    def search(nodes: Ints, limit_m: float) -> Floats:
        graph.add_edges([(count, node) for node in nodes.tolist()], {"m": [0.0] * len(nodes)})
        found = np.array(graph.distances(source=count, weights="m")[0][:count])
        graph.delete_edges(range(graph.ecount() - len(nodes), graph.ecount()))
        return within(found, limit_m)

    return search


def pandana(network: WalkNetwork) -> Search:
    import pandana as pdna
    import pandas as pd

    tail, head, metres = edges(network)
    x, y = (pd.Series(column) for column in network.node_xy.T)
    weights = pd.DataFrame({"m": metres})
    graph = pdna.Network(x, y, pd.Series(tail), pd.Series(head), weights)

    def search(nodes: Ints, limit_m: float) -> Floats:
        if math.isinf(limit_m):
            limit_m = 1e7
        graph.set_pois("layer", limit_m, 1, x[nodes], y[nodes])
        found = graph.nearest_pois(limit_m, "layer", num_pois=1, max_distance=-1.0)[1].to_numpy()
        return np.where(found < 0, math.inf, found)

    return search


def cityseer(network: WalkNetwork) -> Search:
    from cityseer import rustalgos

    graph = rustalgos.graph.NetworkStructure()
    for node, (x, y) in enumerate(network.node_xy.tolist()):
        graph.add_street_node(str(node), x, y, live=True, weight=1.0)
    shapes = shapely.to_wkt(network.tree.geometries, rounding_precision=-1)
    for edge, (first, last) in enumerate(network.edge_nodes.tolist()):
        if first != last:
            for one, other in ((first, last), (last, first)):
                graph.add_street_edge(one, other, edge, str(one), str(other), shapes[edge])

    def search(nodes: Ints, limit_m: float) -> Floats:
        seconds = 2**31 - 1 if math.isinf(limit_m) else math.ceil(limit_m)
        best = np.full(len(network.node_xy), math.inf)
        for node in nodes.tolist():  # it has no search from several nodes at once
            visited, states = graph.dijkstra_tree_shortest(node, seconds, 1.0)
            reached = np.array(visited, dtype=np.int64)
            metres = np.array([states[i].short_dist for i in visited])
            best[reached] = np.minimum(best[reached], metres)
        return within(best, limit_m)

    return search


ENGINES: dict[str, Engine] = {
    "ours": ours,
    "scipy": scipy,
    "networkx": networkx,
    "networkit": networkit,
    "rustworkx": rustworkx,
    "igraph": igraph,
    "pandana": pandana,
    "cityseer": cityseer,
}
