"""Where do lines cross and touch that have no vertex in common?

Lines are taken as straight pieces between numbered places in whole millimetres, so whether two of
them cross is decided exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from geo.arrays import MM_PER_M, merged, numbered

if TYPE_CHECKING:
    from geo.arrays import Flags, Floats, Ints
    from geo.osm import Streets


class Pieces(NamedTuple):
    """Straight pieces of lines, line after line in their drawn order.

    Attributes
    ----------
    xy
        (k, 2) places in whole millimetres.
    ends
        (m, 2) places where each piece begins and ends.
    line
        (m,) row of the line that each is a piece of.
    """

    xy: Ints
    ends: Ints
    line: Ints

    @property
    def step(self) -> Ints:
        """(m, 2) millimetres from the beginning to the end of each piece."""
        step: Ints = self.xy[self.ends[:, 1]] - self.xy[self.ends[:, 0]]
        return step

    def tree(self) -> shapely.STRtree:
        """Return an index over the pieces, in metres."""
        lines = shapely.linestrings(self.xy[self.ends] / MM_PER_M)
        return shapely.STRtree(np.asarray(lines, dtype=object))


class Cuts(NamedTuple):
    """Places at which pieces are to be cut: piece, share of its length, place."""

    piece: Ints
    share: Floats
    place: Ints


class Touches(NamedTuple):
    """Ends of pieces that lie on other pieces.

    Attributes
    ----------
    piece, share
        The piece that is touched, and where along it.
    place, of
        The end that touches it, and a piece that ends there.
    away_m
        How far it lies beside.
    """

    piece: Ints
    share: Floats
    place: Ints
    of: Ints
    away_m: Floats

    def at(self, rows: Flags) -> Touches:
        """Return some rows."""
        return Touches(
            self.piece[rows], self.share[rows], self.place[rows], self.of[rows], self.away_m[rows]
        )


class Crossings(NamedTuple):
    """Pairs of pieces that cross: (x, 2) pieces, shares of their lengths, places in mm."""

    piece: Ints
    share: Floats
    xy: Ints

    def at(self, rows: Flags) -> Crossings:
        """Return some rows."""
        return Crossings(self.piece[rows], self.share[rows], self.xy[rows])


class Twins(NamedTuple):
    """Pieces that were drawn twice: (t, 2) places, the line left out and the one that stays."""

    ends: Ints
    line: Ints
    stays: Ints


def pieces_of(streets: Streets, xy_m: Floats) -> Pieces:
    """Take ways apart; `xy_m` are the places of ``streets.lonlat`` in metres."""
    way = np.repeat(np.arange(len(streets.ways)), np.diff(streets.way_start))
    vertex = streets.way_vertices.astype(np.int64)
    inside = way[1:] == way[:-1]
    ends = np.column_stack([vertex[:-1], vertex[1:]])[inside]
    return Pieces(np.rint(xy_m * MM_PER_M).astype(np.int64), ends, way[1:][inside])


def line_ends(pieces: Pieces) -> Flags:
    """Say which places are the first or the last of a line."""
    begins = np.diff(pieces.line, prepend=-1) != 0
    stops = np.diff(pieces.line, append=-1) != 0
    is_end = np.zeros(len(pieces.xy), dtype=bool)
    is_end[pieces.ends[begins, 0]] = True
    is_end[pieces.ends[stops, 1]] = True
    return is_end


def neighbours(pieces: Pieces, *, within_m: float) -> tuple[Ints, Ints]:
    """Return pairs of pieces whose boxes come so near each other, each pair once."""
    at = pieces.xy[pieces.ends] / MM_PER_M
    low, high = at.min(axis=1) - within_m, at.max(axis=1) + within_m
    boxes = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    one, other = pieces.tree().query(boxes)
    once = one < other
    return one[once], other[once]


def touches(pieces: Pieces, one: Ints, other: Ints, *, within_m: float) -> tuple[Touches, Flags]:
    """Find ends of pieces that lie on other pieces, away from their ends.

    Also returns which of the given pairs touch in this way.
    """
    within_mm = within_m * MM_PER_M
    length = np.hypot(*pieces.step.T)
    parts, touching = [], np.zeros(len(one), dtype=bool)
    for own, base in ((one, other), (other, one)):
        for end in (0, 1):
            place = pieces.ends[own, end]
            share, away_mm = projected(pieces, base, pieces.xy[place])
            along = share * length[base]
            inner = (along > within_mm) & (length[base] - along > within_mm)
            hit = (away_mm <= within_mm) & inner & (pieces.ends[base] != place[:, None]).all(axis=1)
            touching |= hit
            away_m = away_mm[hit] / MM_PER_M
            parts.append(Touches(base[hit], share[hit], place[hit], own[hit], away_m))
    return Touches(*(np.concatenate(columns) for columns in zip(*parts, strict=True))), touching


def projected(pieces: Pieces, piece: Ints, xy: Ints) -> tuple[Floats, Floats]:
    """Return the share of a piece's length where it comes nearest to a place, and how near (mm)."""
    start, step = pieces.xy[pieces.ends[piece, 0]], pieces.step[piece]
    apart = xy - start
    square = (step * step).sum(axis=1)
    share = np.clip((apart * step).sum(axis=1) / np.maximum(square, 1), 0.0, 1.0)
    return share, np.hypot(*(apart - share[:, None] * step).T)


def crossings(pieces: Pieces, one: Ints, other: Ints) -> Crossings:
    """Return those of some pairs of pieces that cross between their ends."""
    sides = _sides(pieces, one, other)
    pair = np.flatnonzero(_opposite(sides))
    first, last, own_first, own_last = (side[pair] for side in sides)
    share = np.column_stack([own_first / (own_first - own_last), first / (first - last)])
    both = np.column_stack([one[pair], other[pair]])
    xy = pieces.xy[pieces.ends[both[:, 0], 0]] + share[:, :1] * pieces.step[both[:, 0]]
    return Crossings(both, share, np.rint(xy).astype(np.int64))


def cross(pieces: Pieces, one: Ints, other: Ints) -> Flags:
    """Say which pairs of pieces cross between their ends."""
    return _opposite(_sides(pieces, one, other))


def _sides(pieces: Pieces, one: Ints, other: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Say on which side of each piece the ends of the other one lie: exact up to 2,000 km."""
    a, b = pieces.step[one], pieces.step[other]
    start = pieces.xy[pieces.ends[other, 0]] - pieces.xy[pieces.ends[one, 0]]
    return _turn(a, start), _turn(a, start + b), _turn(start, b), _turn(start - a, b)


def _opposite(sides: tuple[Ints, Ints, Ints, Ints]) -> Flags:
    first, last, own_first, own_last = map(np.sign, sides)
    opposite: Flags = (first * last < 0) & (own_first * own_last < 0)
    return opposite


def _turn(a: Ints, b: Ints) -> Ints:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]


def with_cuts(pieces: Pieces, cuts: Cuts) -> Pieces:
    """Cut pieces at places; a piece without length is left out."""
    count = len(pieces.ends)
    piece = np.concatenate([np.arange(count), cuts.piece])
    share = np.concatenate([np.zeros(count), cuts.share])
    place = np.concatenate([pieces.ends[:, 0], cuts.place])
    order = np.lexsort((share, piece))
    piece, start = piece[order], place[order]
    stop = np.append(start[1:], -1)
    last = np.append(piece[1:] != piece[:-1], True)
    stop[last] = pieces.ends[piece[last], 1]
    real = start != stop
    return Pieces(pieces.xy, np.column_stack([start, stop])[real], pieces.line[piece[real]])


def without_twins(pieces: Pieces, rank: Ints) -> tuple[Pieces, Twins]:
    """Leave one of several pieces between the same two places: the one whose line ranks first."""
    low, high = pieces.ends.min(axis=1), pieces.ends.max(axis=1)
    order = np.lexsort((rank[pieces.line], high, low))
    again = (np.diff(low[order], prepend=-1) == 0) & (np.diff(high[order], prepend=-1) == 0)
    first = np.maximum.accumulate(np.where(again, 0, np.arange(len(order))))
    out, stays = order[again], order[first[again]]
    kept = np.ones(len(low), dtype=bool)
    kept[out] = False
    twins = Twins(pieces.ends[out], pieces.line[out], pieces.line[stays])
    return Pieces(pieces.xy, pieces.ends[kept], pieces.line[kept]), twins


def with_places(pieces: Pieces, xy: Ints) -> tuple[Pieces, Ints]:
    """Add places, each millimetre once; return the number of each given one."""
    low = xy.min(axis=0, initial=0)
    _, first, same = np.unique(
        (xy[:, 0] - low[0] << 32) + (xy[:, 1] - low[1]), return_index=True, return_inverse=True
    )
    known = len(pieces.xy)
    return pieces._replace(xy=np.concatenate([pieces.xy, xy[first]])), known + same


def with_same_places(pieces: Pieces, *, within_m: float) -> Pieces:
    """Make ends of lines and the places beside them one, and so vertices of different lines.

    A vertex in the middle of a line is made one only with a vertex of another line, if each is the
    other's nearest: a line with many vertices never shrinks.
    """
    from scipy.spatial import KDTree  # noqa: PLC0415 - slow to load

    at = pieces.ends.ravel()
    used, place = numbered(at, count=len(pieces.xy))
    pair = KDTree(pieces.xy[used] / MM_PER_M).query_pairs(within_m, output_type="ndarray")
    if not len(pair):
        return pieces
    is_end = line_ends(pieces)[used]
    line = np.full(len(used), -1)
    line[place] = np.repeat(pieces.line, 2)  # of a place of several lines the last one
    both = np.concatenate([pair, pair[:, ::-1]])
    apart = (line[both[:, 0]] != line[both[:, 1]]) | is_end[both].all(axis=1)
    both = both[apart]
    away = np.hypot(*(pieces.xy[used[both[:, 0]]] - pieces.xy[used[both[:, 1]]]).T)
    order = np.lexsort((both[:, 1], away, both[:, 0]))
    one, first = np.unique(both[order, 0], return_index=True)
    nearest = np.full(len(used), -1)
    nearest[one] = both[order[first], 1]
    mutual = nearest[nearest[one]] == one
    tied = one[mutual | is_end[one]]
    same = used[merged(tied, nearest[tied], count=len(used))]
    ends = same[place].reshape(-1, 2)
    real = ends[:, 0] != ends[:, 1]
    return Pieces(pieces.xy, ends[real], pieces.line[real])
