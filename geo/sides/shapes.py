"""What do the sides of a street look like?  Polylines beside polylines, from corner to corner."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from geo.arrays import ranges
from geo.sides.arms import rule, to_left
from geo.sides.model import EdgeKind
from geo.walk import cut, millimetres, polylines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geo.arrays import Floats, Ints
    from geo.sides.arms import Arms
    from geo.walk import WalkNetwork


_NAME = "sides"


class Pieces(NamedTuple):
    """Edges of the expanded network in the making; the fields are those of `geo.sides.model.Sides`.

    `nodes` are corners; the polyline of piece ``i`` is ``vertex_xy[start[i]:start[i + 1]]``.
    """

    nodes: Ints
    vertex_xy: Floats
    start: Ints
    length_mm: Ints
    kind: Ints
    street: Ints
    side: Ints
    crossing: Ints

    def lines(self) -> NDArray[np.object_]:
        """Return the polylines."""
        return polylines(self.vertex_xy, self.start)


def side_pieces(arms: Arms, corner_xy: Floats) -> Pieces:
    """Return both sides of each road, and each path from corner to corner."""
    road = np.flatnonzero(arms.sided[::2])
    path = np.flatnonzero(~arms.sided[::2])
    street = np.concatenate([road, road, path])
    side = np.repeat([-1, 1, 0], [len(road), len(road), len(path)])
    first = np.where(side < 0, arms.left[2 * street], arms.right[2 * street])
    last = np.where(side < 0, arms.right[2 * street + 1], arms.left[2 * street + 1])
    nodes = np.column_stack([first, last])
    shift_m = -side * np.where(side, arms.half_width_m[street], 0.0)
    vertex_xy, start = _shifted(arms, street, shift_m, ends_xy=corner_xy[nodes])
    return Pieces(
        nodes=nodes,
        vertex_xy=vertex_xy,
        start=start,
        length_mm=_length_mm(vertex_xy, start),
        kind=np.where(side, EdgeKind.SIDE, EdgeKind.PATH),
        street=street,
        side=side,
        crossing=np.full(len(street), -1),
    )


def straight_pieces(
    nodes: Ints,
    ends_xy: Floats,
    *,
    kind: Ints,
    street: Ints,
    crossing: Ints,
    least_m: Floats,
) -> Pieces:
    """Return straight pieces between corners, each at least `least_m` long."""
    length_m = np.hypot(*(ends_xy[:, 1] - ends_xy[:, 0]).T)
    return Pieces(
        nodes=nodes,
        vertex_xy=ends_xy.reshape(-1, 2),
        start=2 * np.arange(len(nodes) + 1),
        length_mm=millimetres(np.maximum(length_m, least_m), name=_NAME),
        kind=kind,
        street=street,
        side=np.zeros(len(nodes), dtype=np.int64),
        crossing=crossing,
    )


def together(parts: Sequence[Pieces]) -> Pieces:
    """Put pieces behind one another."""
    counts = np.concatenate([np.diff(part.start) for part in parts])
    columns = zip(*parts, strict=True)
    joined = Pieces(*(np.concatenate(column) for column in columns))
    return joined._replace(start=np.concatenate([[0], np.cumsum(counts)]))


def taken(pieces: Pieces, chosen: Ints) -> Pieces:
    """Return some of the pieces."""
    count = np.diff(pieces.start)[chosen]
    return Pieces(
        nodes=pieces.nodes[chosen],
        vertex_xy=pieces.vertex_xy[ranges(pieces.start[chosen], count)],
        start=np.concatenate([[0], np.cumsum(count)]),
        length_mm=pieces.length_mm[chosen],
        kind=pieces.kind[chosen],
        street=pieces.street[chosen],
        side=pieces.side[chosen],
        crossing=pieces.crossing[chosen],
    )


def split(pieces: Pieces, piece: Ints, along_mm: Ints, *, first_node: int) -> Pieces:
    """Divide pieces at places inside them; place ``i`` becomes node ``first_node + i``.

    The places are given in the order of (piece, along_mm), none of them twice.  Pieces that are
    not divided stay in their order, the parts follow them.
    """
    if not len(piece):
        return pieces
    whole = np.ones(len(pieces.nodes), dtype=bool)
    whole[piece] = False
    share = along_mm / pieces.length_mm[piece]
    begins = np.concatenate([[True], piece[1:] != piece[:-1]])
    ends = np.concatenate([piece[1:] != piece[:-1], [True]])
    node = first_node + np.arange(len(piece))
    of = np.concatenate([piece, piece[ends]])
    low = np.concatenate([np.where(begins, 0.0, np.roll(share, 1)), share[ends]])
    high = np.concatenate([share, np.ones(int(ends.sum()))])
    tail = np.where(begins, pieces.nodes[piece, 0], np.roll(node, 1))
    tail = np.concatenate([tail, node[ends]])
    head = np.concatenate([node, pieces.nodes[piece[ends], 1]])
    lines = cut(pieces.vertex_xy, pieces.start, of, shares=(low, high))
    start = np.concatenate([[0], np.cumsum(shapely.get_num_points(lines))])
    vertex_xy = shapely.get_coordinates(lines)
    parts = Pieces(
        nodes=np.column_stack([tail, head]),
        vertex_xy=vertex_xy,
        start=start,
        length_mm=_length_mm(vertex_xy, start),
        kind=pieces.kind[of],
        street=pieces.street[of],
        side=pieces.side[of],
        crossing=pieces.crossing[of],
    )
    return together([taken(pieces, np.flatnonzero(whole)), parts])


def _shifted(arms: Arms, street: Ints, shift_m: Floats, *, ends_xy: Floats) -> tuple[Floats, Ints]:
    """Shift drawn polylines to the left and lead them from corner to corner.

    Vertices that lie behind a corner are left out.  Beside a dead end the side goes on to the end
    of the street before it turns to its only corner.
    """
    network = arms.network
    count = np.diff(network.edge_start)[street]
    vertex = ranges(network.edge_start[street], count)
    line = np.repeat(np.arange(len(street)), count)
    normal, along_m, length_m = _along(network)
    xy = network.vertex_xy[vertex] + shift_m[line, None] * normal[vertex]
    arm = np.column_stack([2 * street, 2 * street + 1])
    reach = ends_xy - network.node_xy[arms.node[arm]]
    ahead = np.maximum((reach * arms.direction[arm]).sum(axis=2), 0.0)
    here = along_m[vertex]
    inside = (here > ahead[line, 0]) & (here < (length_m[street] - ahead[:, 1])[line])
    last = np.cumsum(count) - 1
    for place, end in ((last - count + 1, 0), (last, 1)):
        inside[place] = (arms.count[arms.node[arm[:, end]]] == 1) & (shift_m != 0)
    size = np.bincount(line[inside], minlength=len(street)) + 2
    start = np.concatenate([[0], np.cumsum(size)])
    out = np.empty((int(start[-1]), 2))
    out[start[:-1]], out[start[1:] - 1] = ends_xy[:, 0], ends_xy[:, 1]
    out[ranges(start[:-1] + 1, size - 2)] = xy[inside]
    return out, start


def _along(network: WalkNetwork) -> tuple[Floats, Floats, Floats]:
    """Return where the vertices of the drawn streets lie.

    That is for each vertex the shift that leads one metre to the left of both its segments, and
    how far along the street it lies; and the length of each street.
    """
    first, last = network.edge_start[:-1], network.edge_start[1:] - 1
    step = np.diff(network.vertex_xy, axis=0, append=network.vertex_xy[-1:])
    step[last] = 0.0
    length = np.hypot(step[:, 0], step[:, 1])
    total = np.cumsum(length) - length
    along = total - np.repeat(total[first], np.diff(network.edge_start))
    after = to_left(step / np.maximum(length, 1e-9)[:, None])
    after[last] = after[last - 1]
    before = np.roll(after, 1, axis=0)
    before[first] = after[first]
    straightness = 1.0 + (before * after).sum(axis=1)
    least = 2.0 / rule("mitre_max") ** 2
    normal = (before + after) / np.maximum(straightness, least)[:, None]
    return normal, along, along[last]


def _length_mm(vertex_xy: Floats, start: Ints) -> Ints:
    step = np.hypot(*np.diff(vertex_xy, axis=0, append=vertex_xy[-1:]).T)
    step[start[1:] - 1] = 0.0
    return millimetres(np.add.reduceat(step, start[:-1]), name=_NAME)
