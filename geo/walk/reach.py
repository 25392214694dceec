"""What does a search over the network find?  Starts the kernels and gives them their memory.

`geo.walk.distances` is the door; it loads this module, and with it the compiler, for the first
search.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geo.arrays import MM_PER_M
from geo.walk import search

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.arrays import Floats, Ints
    from geo.walk.network import WalkNetwork
    from geo.walk.snapping import Snapped


_KEY_BITS = 64
_MOST_BUCKETS = 2**16
_LIMIT_SLACK_MM = 1e-6  # so that 1.001 m, which is stored as a little less, is 1001 mm


class Reached(NamedTuple):
    """What one search from all sources has found; see `geo.walk.search` for keys and label bits."""

    graph: search.Graph
    starts: search.Places
    keys: NDArray[np.uint64]
    nodes: NDArray[np.uint32]
    limit_mm: int
    unreached: np.uint64
    label_bits: np.uint64


class PairSearch(NamedTuple):
    """Groups of sources, targets in bins by edge, and how far to look."""

    graph: search.Graph
    starts: search.Places
    goals: search.Places
    limit_mm: int
    lengths_mm: tuple[int, int, int]
    target_count: int


def from_sources(
    network: WalkNetwork,
    sources: Snapped,
    *,
    limit_m: float,
    legs: bool,
    capacity: int | None = None,
) -> Reached:
    """Search from all sources at once.

    Parameters
    ----------
    network, sources
        The streets, and places on them.
    limit_m
        Greatest distance (``<=``) in metres.
    legs
        Let each source start with its access leg.
    capacity
        Room in the queue at first; it is doubled as long as it is too small.
    """
    use = np.flatnonzero(sources.edge >= 0)
    starts = _places(network, sources, use, legs=legs)
    longest_leg = _longest(starts.leg_mm)
    limit_mm = _limit_mm(network, limit_m, longest_leg)
    mean_mm, longest_mm, _ = network.lengths_mm
    bits = max(len(sources) - 1, 1).bit_length()
    if (limit_mm + longest_mm + longest_leg + 2).bit_length() + bits > _KEY_BITS:
        message = f"{len(sources)} sources are too many for streets of this length"
        raise ValueError(message)
    label_bits, unreached = np.uint64(bits), np.uint64((limit_mm + 1) << bits)
    graph = graph_of(network)
    span_mm = min(longest_mm + longest_leg, limit_mm)
    touched = np.empty(len(network.node_xy), dtype=np.uint32)
    room = capacity or graph.neighbour.size + 2 * len(use)
    while True:
        keys = np.full(len(network.node_xy), unreached)
        queue = _new_queue(mean_mm=mean_mm, span_mm=span_mm, capacity=room)
        count = search.from_all(graph, queue, starts, keys, unreached, label_bits, touched)
        if count != search.QUEUE_FULL:
            return Reached(graph, starts, keys, touched[:count], limit_mm, unreached, label_bits)
        room *= 2


def at_nodes(reached: Reached) -> tuple[Floats, Ints]:
    """Return distance (m) and row of the nearest source of each node; inf, -1 where none."""
    return search.unpack(reached.keys, reached.unreached, reached.label_bits)


def at_places(network: WalkNetwork, reached: Reached, targets: Snapped) -> tuple[Floats, Ints]:
    """Return distance (m) and row of the nearest source of each place; inf, -1 where none."""
    rows = np.flatnonzero(targets.edge >= 0)
    goals = _places(network, targets, rows, legs=False)
    along = np.lexsort((reached.starts.offset_mm, reached.starts.edge))
    keys = search.read(
        reached.graph,
        reached.keys,
        search.beside(reached.starts, along, reached.graph.edge_mm, reached.label_bits),
        goals,
        reached.unreached,
        reached.label_bits,
    )
    distance_m = np.full(len(targets), math.inf)
    source = np.full(len(targets), -1, dtype=np.int64)
    found = search.unpack(keys, reached.unreached, reached.label_bits)
    distance_m[rows], source[rows] = found
    return distance_m, source


def pair_search(
    network: WalkNetwork,
    sources: tuple[Snapped, Ints],
    targets: Snapped,
    *,
    limit_m: float,
    legs: bool,
) -> tuple[Ints, PairSearch]:
    """Sort sources by group and targets by edge; return the groups' numbers and the search."""
    snapped, group_of = sources
    use = np.flatnonzero(snapped.edge >= 0)
    use = use[np.argsort(group_of[use], kind="stable")]
    groups, begin = np.unique(group_of[use], return_index=True)
    starts = _places(network, snapped, use, legs=legs, start=np.append(begin, len(use)))
    there = np.flatnonzero(targets.edge >= 0)
    there = there[np.argsort(targets.edge[there], kind="stable")]
    on_edge = np.bincount(targets.edge[there], minlength=len(network.edge_length_mm))
    start = np.concatenate([[0], np.cumsum(on_edge)])
    goals = _places(network, targets, there, legs=legs, start=start)
    return groups.astype(np.int64), PairSearch(
        graph=graph_of(network),
        starts=starts,
        goals=goals,
        limit_mm=_limit_mm(network, limit_m, _longest(starts.leg_mm) + _longest(goals.leg_mm)),
        lengths_mm=network.lengths_mm,
        target_count=len(targets),
    )


def pairs(
    work: PairSearch, *, pairs_at_once: int = 2**20, capacity: int | None = None
) -> tuple[Ints, Ints, Floats]:
    """Return the number of pairs of each group, and the target and distance (m) of each pair.

    Parameters
    ----------
    work
        What to search.
    pairs_at_once
        Pairs that one run of the kernel may collect before they are put aside.
    capacity
        Room in the queue at first; it is doubled as long as it is too small.
    """
    groups = work.starts.start.size - 1
    found = _new_found(groups=groups, targets=work.target_count, pairs_at_once=pairs_at_once)
    room = capacity or work.graph.neighbour.size + 2 * work.starts.edge.size
    queue, scratch = _memory(work, room)
    target, distance_m = [np.empty(0, dtype=np.int64)], [np.empty(0)]
    group = 0
    while group < groups:
        following, count, sound = search.reach(
            work.graph,
            queue,
            work.starts,
            work.goals,
            np.uint64(work.limit_mm),
            group,
            scratch,
            found,
        )
        done = np.arange(group, int(following), dtype=np.uint64)
        of_group = np.repeat(done, found.hits[done].astype(np.int64))
        order = np.argsort((of_group << np.uint64(32)) | found.target[:count], kind="stable")
        target.append(found.target[order].astype(np.int64))
        distance_m.append(found.distance_mm[order] / MM_PER_M)
        group = int(following)
        if not sound:
            room *= 2
            queue, scratch = _memory(work, room)
    return found.hits.astype(np.int64), np.concatenate(target), np.concatenate(distance_m)


def _memory(work: PairSearch, room: int) -> tuple[search.Queue, search.Scratch]:
    """Make an empty queue and clean working memory."""
    mean_mm, longest_mm, _ = work.lengths_mm
    span_mm = min(longest_mm + _longest(work.starts.leg_mm), work.limit_mm)
    scratch = _new_scratch(
        work.graph,
        targets=work.target_count,
        largest_group=int(np.diff(work.starts.start).max(initial=0)),
        unreached=work.limit_mm + 1,
    )
    return _new_queue(mean_mm=mean_mm, span_mm=span_mm, capacity=room), scratch


def _new_queue(*, mean_mm: int, span_mm: int, capacity: int) -> search.Queue:
    """Make an empty queue.

    The mean length of an edge sets the width of a bucket, the greatest step of the search (the
    longest edge or the farthest start) the number of buckets.  Memory is used for nodes that
    wait, not for the whole capacity.
    """
    bits = max(mean_mm.bit_length() - 1, 0)
    while (span_mm >> bits) + 2 > _MOST_BUCKETS:
        bits += 1
    buckets = 1 << ((span_mm >> bits) + 1).bit_length()
    return search.Queue(
        head=np.full(buckets, search.NONE, dtype=np.uint32),
        slots=np.empty(capacity, dtype=np.uint64),
        width_bits=np.uint64(bits),
    )


def _new_scratch(
    graph: search.Graph, *, targets: int, largest_group: int, unreached: int
) -> search.Scratch:
    """Make clean working memory for `reach`."""
    nodes = graph.indptr.size - 1
    return search.Scratch(
        keys=np.full(nodes, unreached, dtype=np.uint64),
        touched=np.empty(nodes, dtype=np.uint32),
        best_mm=np.full(targets, search.FAR, dtype=np.uint64),
        found=np.empty(targets, dtype=np.uint32),
        seed_node=np.empty(2 * largest_group, dtype=np.uint32),
        seed_key=np.empty(2 * largest_group, dtype=np.uint64),
    )


def _new_found(*, groups: int, targets: int, pairs_at_once: int) -> search.PairBuffer:
    """Make room for the pairs of one call of `reach`: at least for one whole group."""
    room = max(targets, pairs_at_once)
    return search.PairBuffer(
        hits=np.zeros(groups, dtype=np.uint64),
        target=np.empty(room, dtype=np.uint32),
        distance_mm=np.empty(room, dtype=np.uint64),
    )


def graph_of(network: WalkNetwork) -> search.Graph:
    """Hand the arrays of the network to the kernels, without copying."""
    return search.Graph(
        indptr=network.indptr.view(np.uint64),
        neighbour=network.neighbour,
        arc_mm=network.arc_length_mm,
        arc_edge=network.arc_edge,
        edge_nodes=network.edge_nodes,
        edge_mm=network.edge_length_mm,
    )


def _places(
    network: WalkNetwork, places: Snapped, rows: Ints, *, legs: bool, start: Ints | None = None
) -> search.Places:
    """Hand rows of snapped places to the kernels; bin ``b`` begins at ``start[b]``.

    Places that cannot be places of this network are an error: the kernels do not look.
    """
    edge = places.edge[rows]
    if edge.max(initial=-1) >= len(network.edge_length_mm):
        raise ValueError("the places were snapped to another network")
    offset_mm = places.offset_mm[rows].astype(np.uint64)  # what is negative becomes huge
    if (offset_mm > network.edge_length_mm[edge]).any():
        raise ValueError("a place lies beyond the end of its edge")
    leg_mm = np.rint(places.access_m[rows] * MM_PER_M) if legs else np.zeros(len(rows))
    return search.Places(
        start=np.empty(0, dtype=np.uint64) if start is None else start.astype(np.uint64),
        number=rows.astype(np.uint64),
        edge=edge.astype(np.uint64),
        offset_mm=offset_mm,
        leg_mm=leg_mm.astype(np.uint64),
    )


def _longest(leg_mm: NDArray[np.uint64]) -> int:
    """Return the greatest of some lengths, 0 when there are none."""
    return int(leg_mm.max(initial=0))


def _limit_mm(network: WalkNetwork, limit_m: float, legs_mm: int) -> int:
    """Return a limit in whole millimetres, no more than the longest way that there can be."""
    if not limit_m >= 0:
        message = f"limit_m must be 0 or more, not {limit_m}"
        raise ValueError(message)
    longest_mm = network.lengths_mm[2] + legs_mm
    if limit_m * MM_PER_M >= longest_mm:
        return longest_mm
    return math.floor(limit_m * MM_PER_M + _LIMIT_SLACK_MM)
