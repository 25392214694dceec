"""Which places of the network can be reached, and how far are they: the compiled searches.

Everything here works on arrays and whole millimetres, so results are exact and do not depend on
the order of the work; `geo.walk.distances` is the door that people use.

A node's state is one unsigned 64-bit *key*: its distance in the upper bits and the number of the
source that reached it in the lower ``label_bits``.  Comparing keys compares distances and, where
these are equal, sources: the smaller number wins.  "Not reached" is the first key beyond the limit,
so that the one comparison ``new < old`` also holds the search within its limit.

The queue is a ring of buckets (distance divided by a power of two near the mean edge), each a
linked list through one pool of slots.  The ring needs as many buckets as the longest edge is wide,
a bucket has no capacity of its own, and slots are used again at once: neither a long rural edge
nor a big city makes a search pay for what it does not reach.  When the pool is full a kernel
says so and its caller starts it again with a bigger one.

Counters and indices are unsigned 64-bit throughout: mixed with signed ones they would become
floats, and signed indices would be tested for the wrap-around of negative ones.
"""
# ruff: noqa: PLR0917 - compiled functions know no keyword-only parameters

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geo.walk.kernels import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    U32 = NDArray[np.uint32]
    U64 = NDArray[np.uint64]

_ZERO = np.uint64(0)
_ONE = np.uint64(1)
FAR = np.uint64(2**64 - 1)
NONE = np.uint32(2**32 - 1)
_HALF = np.uint64(32)
_LOWER = np.uint64(2**32 - 1)
QUEUE_FULL = np.int64(-1)


class Graph(NamedTuple):
    """The arcs and edges of a network as the kernels read them."""

    indptr: U64
    neighbour: U32
    arc_mm: U32
    arc_edge: U32
    edge_nodes: U32
    edge_mm: U32


class Queue(NamedTuple):
    """Buckets of nodes that wait, and the pool of slots that the buckets' lists run through.

    A slot holds its node in the lower half and the next slot of its list in the upper half.
    """

    head: U32
    slots: U64
    width_bits: np.uint64


class Places(NamedTuple):
    """Places on edges: those of bin ``b`` are numbers ``start[b]`` to ``start[b + 1]``.

    ``number`` is the place's own number, ``leg_mm`` its way to the street.
    """

    start: U64
    number: U64
    edge: U64
    offset_mm: U64
    leg_mm: U64


class Beside(NamedTuple):
    """Sources in the order of their places along the edges, for places on the same edge.

    ``place`` is edge and offset in one number.  ``back`` is the least key among the sources of the
    edge up to this one, seen from the far end of the edge; ``ahead`` the least among those
    from this one on, seen from the near end.
    """

    place: U64
    back: U64
    ahead: U64


@compiled
def spread(  # noqa: C901, PLR0912, PLR0915 - one hot loop; in parts it is slower
    graph: Graph,
    queue: Queue,
    seed_node: U32,
    seed_key: U64,
    keys: U64,
    unreached: np.uint64,
    label_bits: np.uint64,
    touched: U32,
) -> np.int64:
    """Lower `keys` to the least key over all ways from the seeds.

    Returns the number of nodes reached, which are listed in `touched`, or `QUEUE_FULL` (then keys
    and queue are left unfinished).
    """
    head, slots = queue.head, queue.slots
    indptr, neighbour, arc_mm = graph.indptr, graph.neighbour, graph.arc_mm
    bits = label_bits + queue.width_bits
    ring = np.uint64(head.size) - _ONE
    capacity = np.uint32(slots.size)
    used = np.uint32(0)
    free = NONE
    waiting = _ZERO
    count = _ZERO
    bucket = FAR
    for i in range(np.uint64(seed_node.size)):
        node = np.uint64(seed_node[i])
        key = seed_key[i]
        if key < keys[node]:
            if keys[node] == unreached:
                touched[count] = seed_node[i]
                count += _ONE
            if used >= capacity:
                return QUEUE_FULL
            keys[node] = key
            bucket = min(bucket, key >> bits)
            place = (key >> bits) & ring
            slots[used] = (np.uint64(head[place]) << _HALF) | node
            head[place] = used
            used += np.uint32(1)
            waiting += _ONE
    while waiting > _ZERO:
        here = bucket & ring
        while head[here] != NONE:
            following = head[here]
            head[here] = NONE  # nodes that come into this bucket meanwhile make a new list
            while following != NONE:
                slot = following
                node = slots[slot] & _LOWER
                following = np.uint32(slots[slot] >> _HALF)
                slots[slot] = np.uint64(free) << _HALF
                free = slot
                waiting -= _ONE
                key = keys[node]
                if key >> bits != bucket:
                    continue  # it was done when a shorter way had been found
                for arc in range(indptr[node], indptr[node + _ONE]):
                    other = np.uint64(neighbour[arc])
                    longer = key + (np.uint64(arc_mm[arc]) << label_bits)
                    old = keys[other]
                    if longer < old:
                        if old == unreached:
                            touched[count] = neighbour[arc]
                            count += _ONE
                        keys[other] = longer
                        if free != NONE:
                            slot = free
                            free = np.uint32(slots[slot] >> _HALF)
                        else:
                            if used >= capacity:
                                return QUEUE_FULL
                            slot = used
                            used += np.uint32(1)
                        place = (longer >> bits) & ring
                        slots[slot] = (np.uint64(head[place]) << _HALF) | other
                        head[place] = slot
                        waiting += _ONE
        bucket += _ONE
    return np.int64(count)


@compiled
def _seeds(
    graph: Graph,
    sources: Places,
    begin: np.uint64,
    end: np.uint64,
    label_bits: np.uint64,
    seed_node: U32,
    seed_key: U64,
) -> np.uint64:
    """List both ends of the edges of sources with their keys; return how many they are."""
    labels = (_ONE << label_bits) - _ONE
    seeds = _ZERO
    for i in range(begin, end):
        edge, offset, leg = sources.edge[i], sources.offset_mm[i], sources.leg_mm[i]
        rest = np.uint64(graph.edge_mm[edge]) - offset
        seed_node[seeds] = graph.edge_nodes[edge, _ZERO]
        seed_key[seeds] = ((leg + offset) << label_bits) | (sources.number[i] & labels)
        seed_node[seeds + _ONE] = graph.edge_nodes[edge, _ONE]
        seed_key[seeds + _ONE] = ((leg + rest) << label_bits) | (sources.number[i] & labels)
        seeds += _ONE + _ONE
    return seeds


@compiled
def from_all(
    graph: Graph,
    queue: Queue,
    starts: Places,
    keys: U64,
    unreached: np.uint64,
    label_bits: np.uint64,
    touched: U32,
) -> np.int64:
    """Search from both ends of the edges of all sources; see `spread`."""
    seed_node = np.empty(2 * starts.edge.size, np.uint32)
    seed_key = np.empty(2 * starts.edge.size, np.uint64)
    count = np.uint64(starts.edge.size)
    _seeds(graph, starts, _ZERO, count, label_bits, seed_node, seed_key)
    return spread(graph, queue, seed_node, seed_key, keys, unreached, label_bits, touched)


@compiled
def beside(
    sources: Places, along: NDArray[np.int64], edge_mm: U32, label_bits: np.uint64
) -> Beside:
    """Prepare sources for `read`; `along` sorts them by edge and offset."""
    count = np.uint64(along.size)
    place = np.empty(count, np.uint64)
    back = np.empty(count, np.uint64)
    ahead = np.empty(count, np.uint64)
    for i in range(count):
        row = np.uint64(along[i])
        edge, offset, leg = sources.edge[row], sources.offset_mm[row], sources.leg_mm[row]
        rest = np.uint64(edge_mm[edge]) - offset
        place[i] = (edge << _HALF) | offset
        back[i] = ((leg + rest) << label_bits) | sources.number[row]
        ahead[i] = ((leg + offset) << label_bits) | sources.number[row]
        if i > _ZERO and place[i - _ONE] >> _HALF == edge:
            back[i] = min(back[i], back[i - _ONE])
    for j in range(count):
        this = count - _ONE - j
        if j > _ZERO and (place[this + _ONE] ^ place[this]) >> _HALF == _ZERO:
            ahead[this] = min(ahead[this], ahead[this + _ONE])
    return Beside(place, back, ahead)


@compiled
def read(
    graph: Graph,
    keys: U64,
    near: Beside,
    places: Places,
    unreached: np.uint64,
    label_bits: np.uint64,
) -> U64:
    """Return the least key of places on edges: from either end, or from a source on the edge."""
    found = np.full(places.edge.size, unreached, np.uint64)
    count = np.uint64(near.place.size)
    for i in range(np.uint64(places.edge.size)):
        e = places.edge[i]
        offset = places.offset_mm[i] << label_bits
        rest = (np.uint64(graph.edge_mm[e]) << label_bits) - offset
        first = np.uint64(graph.edge_nodes[e, _ZERO])
        last = np.uint64(graph.edge_nodes[e, _ONE])
        key = min(keys[first] + offset, keys[last] + rest)
        place = (e << _HALF) | places.offset_mm[i]
        low, high = _ZERO, count
        while low < high:
            middle = (low + high) >> _ONE
            if near.place[middle] <= place:
                low = middle + _ONE
            else:
                high = middle
        if low > _ZERO and near.place[low - _ONE] >> _HALF == e:
            key = min(key, near.back[low - _ONE] - rest)
        if low < count and near.place[low] >> _HALF == e:
            key = min(key, near.ahead[low] - offset)
        found[i] = min(key, unreached)
    return found


@compiled
def unpack(
    keys: U64, unreached: np.uint64, label_bits: np.uint64
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return distances in metres and numbers of sources: inf and -1 where nothing was reached."""
    distance_m = np.full(keys.size, np.inf)
    source = np.full(keys.size, -1)
    labels = (_ONE << label_bits) - _ONE
    for i in range(np.uint64(keys.size)):
        if keys[i] < unreached:
            distance_m[i] = np.float64(keys[i] >> label_bits) / 1000.0
            source[i] = np.int64(keys[i] & labels)
    return distance_m, source


class Scratch(NamedTuple):
    """Working memory of `reach`: clean before and after each group, so none costs more."""

    keys: U64
    touched: U32
    best_mm: U64
    found: U32
    seed_node: U32
    seed_key: U64


class PairBuffer(NamedTuple):
    """Pairs of one call of `reach`, and how many each group done so far has."""

    hits: U64
    target: U32
    distance_mm: U64


@compiled
def reach(
    graph: Graph,
    queue: Queue,
    sources: Places,
    targets: Places,
    limit_mm: np.uint64,
    first_group: int,
    scratch: Scratch,
    found: PairBuffer,
) -> tuple[np.int64, np.int64, bool]:
    """List the targets (in bins by edge) within the limit of each group of sources, unsorted.

    Works through the groups from `first_group` on until `found` is full.  Returns the group to go
    on with, the number of pairs found, and False when the queue's pool was too small (queue and
    scratch are then spoilt, the pairs found are right).
    """
    count = _ZERO
    unreached = limit_mm + _ONE
    for group in range(np.uint64(first_group), np.uint64(found.hits.size)):
        hits = _on_same_edge(sources, targets, group, limit_mm, scratch)
        seeds = _seeds(
            graph,
            sources,
            sources.start[group],
            sources.start[group + _ONE],
            _ZERO,
            scratch.seed_node,
            scratch.seed_key,
        )
        nodes = spread(
            graph,
            queue,
            scratch.seed_node[:seeds],
            scratch.seed_key[:seeds],
            scratch.keys,
            unreached,
            _ZERO,
            scratch.touched,
        )
        if nodes < 0:
            return np.int64(group), np.int64(count), False
        reached = np.uint64(nodes)
        hits = _from_nodes(graph, targets, reached, hits, limit_mm, scratch)
        fits = count + hits <= np.uint64(found.target.size)
        if fits:
            for i in range(hits):
                place = np.uint64(scratch.found[i])
                found.target[count + i] = np.uint32(targets.number[place])
                found.distance_mm[count + i] = scratch.best_mm[place]
            count += hits
            found.hits[group] = hits
        for i in range(hits):
            scratch.best_mm[scratch.found[i]] = FAR
        for i in range(reached):
            scratch.keys[scratch.touched[i]] = unreached
        if not fits:
            return np.int64(group), np.int64(count), True
    return np.int64(found.hits.size), np.int64(count), True


@compiled
def _on_same_edge(
    sources: Places,
    targets: Places,
    group: int,
    limit_mm: np.uint64,
    scratch: Scratch,
) -> np.uint64:
    """Note the targets that lie on the edge of one of the group's sources, along the edge."""
    hits = _ZERO
    for i in range(sources.start[group], sources.start[group + _ONE]):
        edge, offset, leg = sources.edge[i], sources.offset_mm[i], sources.leg_mm[i]
        for j in range(targets.start[edge], targets.start[edge + _ONE]):
            there = targets.offset_mm[j]
            between = there - offset if there > offset else offset - there
            length = leg + between + targets.leg_mm[j]
            hits = _note(j, length, hits, limit_mm, scratch)
    return hits


@compiled
def _from_nodes(
    graph: Graph,
    targets: Places,
    reached: np.uint64,
    hits: np.uint64,
    limit_mm: np.uint64,
    scratch: Scratch,
) -> np.uint64:
    """Note the targets on all edges at the nodes reached."""
    keys = scratch.keys
    for i in range(reached):
        node = np.uint64(scratch.touched[i])
        for arc in range(graph.indptr[node], graph.indptr[node + _ONE]):
            edge = np.uint64(graph.arc_edge[arc])
            begin, end = targets.start[edge], targets.start[edge + _ONE]
            if begin == end:
                continue
            first_node = np.uint64(graph.edge_nodes[edge, _ZERO])
            last_node = np.uint64(graph.edge_nodes[edge, _ONE])
            first, last = keys[first_node], keys[last_node]
            if node == last_node and node != first_node and first <= limit_mm:
                continue  # it is looked at from its first node
            last += np.uint64(graph.edge_mm[edge])
            for j in range(begin, end):
                there = targets.offset_mm[j]
                length = min(first + there, last - there) + targets.leg_mm[j]
                hits = _note(j, length, hits, limit_mm, scratch)
    return hits


@compiled
def _note(
    place: int, length: np.uint64, hits: np.uint64, limit_mm: np.uint64, scratch: Scratch
) -> np.uint64:
    """Keep a target's least length, and list the target when it is met for the first time."""
    if length <= limit_mm and length < scratch.best_mm[place]:
        if scratch.best_mm[place] == FAR:
            scratch.found[hits] = np.uint32(place)
            hits += _ONE
        scratch.best_mm[place] = length
    return hits
