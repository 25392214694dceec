"""Which ways are short and which are safe: the compiled search for both at once.

`geo.walk.bicriteria` is the door.  A *label* is one way from a source to a node: its length, its
risk and the label that it continues.  Labels leave the heap in the order (length, risk, number);
one whose risk is not below that of every earlier label at its node is dominated and dropped.  What
is left is exact: every way that no other one beats in both respects, not only those that some
weighting of length and risk would find.  Nothing is rounded but the risk of a part of an edge.

Tables that grow are rows of one array: labels, the heap, and the ways found.
"""
# ruff: noqa: PLR0917 - compiled functions know no keyword-only parameters

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geo.walk.kernels import compiled

if TYPE_CHECKING:
    from geo.arrays import Ints
    from geo.walk.search import Graph

    Whole = Any  # int or np.int64: the same for the compiler

_ENDLESS = 2**62
_ROOM = 1024

LENGTH, RISK, LABEL, PART = 0, 1, 2, 3
"""Columns of a way to a target: the label at the end of its edge, the part of the edge walked."""
_NODE, PARENT, EDGE, _NEXT = 2, 3, 4, 5
_HEAP_COLUMNS, _WAY_COLUMNS, _LABEL_COLUMNS = 3, 4, 6


class Spots(NamedTuple):
    """Places on edges, each with its way to the street."""

    edge: Ints
    offset_mm: Ints
    leg_mm: Ints


class Tree(NamedTuple):
    """All labels, and for each node the list of those that are not dominated.

    A label's columns are length, risk, node, parent (the label continued, or ``-1 - i`` for the end
    ``i % 2`` of the edge of source ``i // 2``), the edge walked last, and the next label of the
    node's list.  Lists begin at `first`, -1 ends them; lengths rise along them and risks fall.
    """

    label: Ints
    first: Ints


@compiled
def _longer(table: Ints) -> Ints:
    """Return a copy with room for twice the rows."""
    copy = np.empty((2 * table.shape[0], table.shape[1]), np.int64)
    copy[: table.shape[0]] = table
    return copy


@compiled
def _share(risk: Whole, part_mm: Whole, edge_mm: Whole) -> Whole:
    """Return the risk of a part of an edge, rounded half up."""
    return (risk * part_mm + edge_mm // 2) // edge_mm


@compiled
def _before(heap: Ints, one: int, other: int) -> bool:
    """Say whether one row of the heap comes before another."""
    for column in range(_HEAP_COLUMNS):
        if heap[one, column] != heap[other, column]:
            return bool(heap[one, column] < heap[other, column])
    return False


@compiled
def _swap(heap: Ints, one: int, other: int) -> None:
    """Let two rows of the heap change places."""
    for column in range(_HEAP_COLUMNS):
        kept = heap[one, column]
        heap[one, column] = heap[other, column]
        heap[other, column] = kept


@compiled
def _push(heap: Ints, size: int, length_mm: Whole, risk: Whole, label: Whole) -> Ints:
    """Put a row into a heap of some size; return the heap, which may have got more room."""
    if size == heap.shape[0]:
        heap = _longer(heap)
    heap[size, LENGTH], heap[size, RISK], heap[size, LABEL] = length_mm, risk, label
    place = size
    while place > 0 and _before(heap, place, (place - 1) >> 1):
        _swap(heap, place, (place - 1) >> 1)
        place = (place - 1) >> 1
    return heap


@compiled
def _remove_first(heap: Ints, size: int) -> None:
    """Take the first row out of a heap of some size."""
    heap[0] = heap[size - 1]
    place, size = 0, size - 1
    while 2 * place + 1 < size:
        below = 2 * place + 1
        if below + 1 < size and _before(heap, below + 1, below):
            below += 1
        if not _before(heap, below, place):
            return
        _swap(heap, place, below)
        place = below


@compiled
def _starts(graph: Graph, edge_risk: Ints, sources: Spots) -> Ints:
    """Return a label for each end of each source's edge."""
    label = np.empty((2 * sources.edge.size, _LABEL_COLUMNS), np.int64)
    for i in range(2 * sources.edge.size):
        edge, offset = sources.edge[i >> 1], sources.offset_mm[i >> 1]
        edge_mm = np.int64(graph.edge_mm[edge])
        part = offset if i & 1 == 0 else edge_mm - offset
        label[i, LENGTH] = sources.leg_mm[i >> 1] + part
        label[i, RISK] = _share(edge_risk[edge], part, edge_mm)
        label[i, _NODE] = graph.edge_nodes[edge, i & 1]
        label[i, PARENT] = -1 - i
        label[i, EDGE] = edge
    return label


@compiled
def grow(  # noqa: C901 - one hot loop; in parts it is slower
    graph: Graph, edge_risk: Ints, sources: Spots, bound_mm: Ints, most_labels: int
) -> tuple[Tree, int, bool]:
    """Make the labels of all ways from the sources; return them and how many they are.

    A label longer than its node's `bound_mm` is of no use to any target and is dropped.  From
    `most_labels` on, only nodes without a label get one: shortest ways stay exact, other
    fronts may lack members, and True is returned.
    """
    least = np.full(bound_mm.size, _ENDLESS)
    first = np.full(bound_mm.size, -1)
    last = np.full(bound_mm.size, -1)
    label = _starts(graph, edge_risk, sources)
    heap = np.empty((_ROOM, _HEAP_COLUMNS), np.int64)
    count, waiting, cut = label.shape[0], 0, False
    for i in range(count):
        if label[i, LENGTH] <= bound_mm[label[i, _NODE]]:
            heap = _push(heap, waiting, label[i, LENGTH], label[i, RISK], i)
            waiting += 1
    while waiting > 0:
        length, risk, here = heap[0, LENGTH], heap[0, RISK], heap[0, LABEL]
        _remove_first(heap, waiting)
        waiting -= 1
        node = label[here, _NODE]
        if risk >= least[node]:
            continue
        least[node] = risk
        label[here, _NEXT] = -1
        if first[node] < 0:
            first[node] = here
        else:
            label[last[node], _NEXT] = here
        last[node] = here
        for arc in range(np.int64(graph.indptr[node]), np.int64(graph.indptr[node + 1])):
            other = graph.neighbour[arc]
            longer = length + np.int64(graph.arc_mm[arc])
            riskier = risk + edge_risk[graph.arc_edge[arc]]
            if longer > bound_mm[other] or riskier >= least[other]:
                continue
            if count >= most_labels:
                cut = True
                if first[other] >= 0:
                    continue
            if count == label.shape[0]:
                label = _longer(label)
            label[count, LENGTH], label[count, RISK] = longer, riskier
            label[count, _NODE], label[count, PARENT] = other, here
            label[count, EDGE] = graph.arc_edge[arc]
            heap = _push(heap, waiting, longer, riskier, count)
            waiting += 1
            count += 1
    return Tree(label, first), count, cut


@compiled
def _add(table: Ints, count: int, way: tuple[Whole, Whole, Whole, Whole]) -> Ints:
    """Write a way into row `count`; return the table, which may have got more room."""
    if count == table.shape[0]:
        table = _longer(table)
    table[count, LENGTH], table[count, RISK], table[count, LABEL], table[count, PART] = way
    return table


@compiled
def _candidates(
    graph: Graph, edge_risk: Ints, tree: Tree, sources: Spots, target: tuple[int, int, int, int]
) -> Ints:
    """List the ways to one target (edge, offset, leg, limit): from both ends and along its edge."""
    edge, offset, leg, limit = target
    edge_mm, edge_points = np.int64(graph.edge_mm[edge]), edge_risk[edge]
    table = np.empty((16, _WAY_COLUMNS), np.int64)
    count = 0
    for end in range(2):
        part = offset if end == 0 else edge_mm - offset
        risk = _share(edge_points, part, edge_mm)
        here = tree.first[graph.edge_nodes[edge, end]]
        while here >= 0 and tree.label[here, LENGTH] + part + leg <= limit:
            length = tree.label[here, LENGTH] + part + leg
            table = _add(table, count, (length, tree.label[here, RISK] + risk, here, part))
            count += 1
            here = tree.label[here, _NEXT]
    for source in range(sources.edge.size):
        part = abs(offset - sources.offset_mm[source])
        length = sources.leg_mm[source] + part + leg
        if sources.edge[source] == edge and length <= limit:
            risk = _share(edge_points, part, edge_mm)
            table = _add(table, count, (length, risk, -1 - source, part))
            count += 1
    return table[:count]


@compiled
def collect(
    graph: Graph, edge_risk: Ints, tree: Tree, sources: Spots, targets: Spots, limit_mm: Ints
) -> tuple[Ints, Ints]:
    """Return the ways to each target within its limit that no other way dominates.

    The ways of target ``t`` are the rows ``start[t]`` to ``start[t + 1]``; a label of ``-1 - s``
    stands for the way along the edge from source ``s``.
    """
    start = np.zeros(targets.edge.size + 1, np.int64)
    ways = np.empty((_ROOM, _WAY_COLUMNS), np.int64)
    count = 0
    for t in range(targets.edge.size):
        begin = count
        if targets.edge[t] >= 0:
            target = (targets.edge[t], targets.offset_mm[t], targets.leg_mm[t], limit_mm[t])
            found = _candidates(graph, edge_risk, tree, sources, target)
            for i in np.argsort(found[:, LENGTH], kind="mergesort"):
                length, risk = found[i, LENGTH], found[i, RISK]
                if count > begin and risk >= ways[count - 1, RISK]:
                    continue
                if count > begin and length == ways[count - 1, LENGTH]:
                    count -= 1  # that one is as long and riskier
                ways = _add(ways, count, (length, risk, found[i, LABEL], found[i, PART]))
                count += 1
        start[t + 1] = count
    return start, ways[:count]


@compiled
def trace(
    graph: Graph, tree: Tree, sources: Spots, ways: Ints, edge_of: Ints
) -> tuple[Ints, Ints, Ints]:
    """Unpack ways from their targets (on edges `edge_of`) to their sources.

    Returns where the pieces of each way begin, edge and millimetres walked of each piece, and the
    source of each way.
    """
    start = np.zeros(edge_of.size + 1, np.int64)
    pieces = np.empty((_ROOM, 2), np.int64)
    source = np.empty(edge_of.size, np.int64)
    count = 0
    for way in range(edge_of.size):
        edge, part, here = edge_of[way], ways[way, PART], ways[way, LABEL]
        source[way] = -1 - here
        while True:
            if part > 0:
                if count == pieces.shape[0]:
                    pieces = _longer(pieces)
                pieces[count, 0], pieces[count, 1] = edge, part
                count += 1
            if here < 0:
                break
            edge, here = tree.label[here, EDGE], tree.label[here, PARENT]
            part = np.int64(graph.edge_mm[edge])
            if here < 0:
                source[way] = (-1 - here) >> 1
                offset = sources.offset_mm[source[way]]
                part = offset if (-1 - here) & 1 == 0 else part - offset
        start[way + 1] = count
    return start, pieces[:count], source
