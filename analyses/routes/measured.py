"""What does a way to school lead over: how much of it is known, which crossings, how many children?

Works on many ways at once: those of one school and profile, first the shortest way of each pupil
row, then the recommended ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geo.sides import EdgeKind

if TYPE_CHECKING:
    from analyses.risk import Risk
    from geo.arrays import Floats, Ints
    from geo.sides import Sides
    from geo.walk import Ways


CHOICES = ("shortest", "safest")


class Along(NamedTuple):
    """What each edge of the walking network adds to a way; aligned with the edges.

    ``group`` is the crossing that an edge of kind CROSSING is a stage of, -1 for all other edges.
    """

    risk: Risk
    length_mm: Ints
    group: Ints
    crossing: Ints


class Use(NamedTuple):
    """Children on the edges that ways of one choice use, sorted by edge."""

    edge: Ints
    children: Floats


class Measured(NamedTuple):
    """Sums along the ways, aligned with the pupils, and the children on the edges.

    See `analyses.routes.analysis.Routes` for the columns.
    """

    low: Floats
    high: Floats
    known_share: Floats
    crossings: Ints
    avoided: Ints
    avoided_count: Ints
    use: dict[str, Use]


class _Pieces(NamedTuple):
    """Edges of ways, one row for each way and edge, with the share (0-1) of the edge walked."""

    way: Ints
    edge: Ints
    share: Floats


def new_along(sides: Sides, risk: Risk) -> Along:
    """Prepare what `along_ways` reads."""
    group = np.append(sides.crossings["group"].to_numpy(dtype=np.int64), -1)
    needed = sides.kind == EdgeKind.CROSSING
    return Along(
        risk=risk,
        length_mm=sides.walk.edge_length_mm.astype(np.int64),
        group=np.where(needed, group[sides.crossing], -1),
        crossing=sides.crossing,
    )


def along_ways(along: Along, ways: Ways, children: Floats) -> Measured:
    """Measure the ways of some pupils.

    Parameters
    ----------
    along
        From `new_along`.
    ways
        The shortest ways of all pupils, then the recommended ones.
    children
        Children of each pupil row.
    """
    count = len(children)
    pieces = _pieces(along, ways)
    first = np.searchsorted(pieces.way, count)
    shortest = _Pieces(pieces.way[:first], pieces.edge[:first], pieces.share[:first])
    safest = _Pieces(pieces.way[first:] - count, pieces.edge[first:], pieces.share[first:])
    avoided, avoided_count = _avoided(along, shortest, safest, count=count)
    walked = safest.share * along.length_mm[safest.edge]
    known = along.risk.known[safest.edge]
    length = sums(safest.way, walked, count=count)
    with np.errstate(invalid="ignore"):
        share = sums(safest.way, walked * known, count=count) / length
    return Measured(
        low=sums(safest.way, safest.share * along.risk.low[safest.edge], count=count),
        high=sums(safest.way, safest.share * along.risk.high[safest.edge], count=count),
        known_share=share,
        crossings=_crossings(along, safest, count=count),
        avoided=avoided,
        avoided_count=avoided_count,
        use={
            choice: _use(some, children)
            for choice, some in zip(CHOICES, (shortest, safest), strict=True)
        },
    )


def _pieces(along: Along, ways: Ways) -> _Pieces:
    """Return the pieces, an edge that a way uses at both its ends counting once."""
    way = np.repeat(np.arange(len(ways.gate)), np.diff(ways.start))
    share = ways.walked_mm / along.length_mm[ways.edge]
    order = np.lexsort((ways.edge, way))
    way, edge, share = way[order], ways.edge[order], share[order]
    new = np.ones(len(way), dtype=bool)
    new[1:] = (way[1:] != way[:-1]) | (edge[1:] != edge[:-1])
    row = np.cumsum(new) - 1
    return _Pieces(way[new], edge[new], sums(row, share, count=int(new.sum())))


def sums(of: Ints, amount: Floats, *, count: int) -> Floats:
    """Return the sum of the amounts of each of `count` things."""
    return np.bincount(of, weights=amount, minlength=count).astype(np.float64)


def _crossings(along: Along, pieces: _Pieces, *, count: int) -> Ints:
    """Return how many crossings each way has; the stages of one crossing are one."""
    group = along.group[pieces.edge]
    over = group >= 0
    pairs = np.unique(np.column_stack([pieces.way[over], group[over]]), axis=0)
    return np.bincount(pairs[:, 0], minlength=count).astype(np.int64)


def _avoided(along: Along, shortest: _Pieces, safest: _Pieces, *, count: int) -> tuple[Ints, Ints]:
    """Return the riskiest crossing that only the shortest way uses (row, -1), and how many."""
    edges = len(along.length_mm)
    used = safest.way * edges + safest.edge
    over = along.group[shortest.edge] >= 0
    over &= ~np.isin(shortest.way * edges + shortest.edge, used)
    way, edge = shortest.way[over], shortest.edge[over]
    groups = np.unique(np.column_stack([way, along.group[edge]]), axis=0)[:, 0]
    order = np.lexsort((edge, -along.risk.value[edge], way))
    found, first = np.unique(way[order], return_index=True)
    worst = np.full(count, -1, dtype=np.int64)
    worst[found] = along.crossing[edge[order][first]]
    return worst, np.bincount(groups, minlength=count).astype(np.int64)


def _use(pieces: _Pieces, children: Floats) -> Use:
    """Add up the children on each edge."""
    edge, row = np.unique(pieces.edge, return_inverse=True)
    return Use(edge, sums(row, children[pieces.way], count=len(edge)))
