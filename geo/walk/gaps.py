"""Where do lines end beside others that they should meet?

A line that comes towards another one and ends just short of it was drawn without snapping, or lost
its joint when the other one was simplified.  One that runs along another one does not meet it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from geo.arrays import MM_PER_M, components, ranges
from geo.bundled import load_toml
from geo.walk.pieces import cross, projected

if TYPE_CHECKING:
    from geo.arrays import Flags, Floats, Ints
    from geo.walk.pieces import Pieces


class Gaps(NamedTuple):
    """Ends of lines near other lines: one row for each part of the streets beside an end.

    Attributes
    ----------
    place
        The end.
    own
        A piece that ends there.
    piece, share
        The piece it comes nearest to, and where along it.
    gap_m
        How far that is.
    lines
        (g, 2) rows of the two lines.
    """

    place: Ints
    own: Ints
    piece: Ints
    share: Floats
    gap_m: Floats
    lines: Ints

    def at(self, rows: Flags) -> Gaps:
        """Return some rows."""
        return Gaps(
            self.place[rows],
            self.own[rows],
            self.piece[rows],
            self.share[rows],
            self.gap_m[rows],
            self.lines[rows],
        )


class _Near(NamedTuple):
    """Pieces near ends: rows of `ends`, piece, share of its length, metres."""

    end: Ints
    piece: Ints
    share: Floats
    away_m: Floats


def gaps(pieces: Pieces, is_end: Flags, *, within_m: float) -> Gaps:
    """List the ends of lines that come towards a line that they do not meet within a distance.

    Parameters
    ----------
    pieces
        Lines that have been cut where they cross and touch.
    is_end
        (k,) places where a line began or ended when it was drawn.
    within_m
        What meets the end's own line nearer than this is no other line (``<=``).
    """
    ends = np.flatnonzero(is_end & (np.bincount(pieces.ends.ravel(), minlength=len(is_end)) > 0))
    near = _near(pieces, ends, within_m=within_m)
    rows = _of_other_parts(pieces, ends, near, within_m=within_m)
    row_of, own, back = _ways_back(pieces, ends[near.end[rows]])
    hit = _comes_towards(pieces, near, rows[row_of], back=back, place=ends[near.end[rows[row_of]]])
    hit &= ~_passes_over(pieces, own, near.piece[rows[row_of]], rows=row_of)
    of, first = np.unique(row_of[hit], return_index=True)
    rows = rows[of]
    own, piece = own[hit][first], near.piece[rows]
    lines = np.column_stack([pieces.line[own], pieces.line[piece]])
    return Gaps(ends[near.end[rows]], own, piece, near.share[rows], near.away_m[rows], lines)


def own_tolerance_m(gap_m: Floats) -> float:
    """Return how far apart this layer's lines lie where they should meet.

    Gaps of careless drawing or of simplifying crowd below a limit; real dead ends lie anywhere.
    The tolerance grows from its least value step by step as long as a step holds clearly more gaps
    than the steps beyond the greatest one do (``data/rules/joining.toml``).
    """
    rule = joining_rules()
    least, most, step = rule["gap_least_m"], rule["gap_most_m"], rule["gap_step_m"]
    beyond = np.count_nonzero((gap_m > most) & (gap_m <= most + rule["gap_beyond_m"]))
    usual = beyond * step / rule["gap_beyond_m"]
    tolerance = float(least)
    while tolerance < most:
        count = np.count_nonzero((gap_m > tolerance) & (gap_m <= tolerance + step))
        if count < max(rule["gap_least_count"], rule["gap_excess"] * usual):
            break
        tolerance += step
    return tolerance


def joining_rules() -> dict[str, Any]:
    """Return the rules by which lines are joined."""
    loaded: dict[str, Any] = load_toml("rules/joining.toml")
    return loaded


def _near(pieces: Pieces, ends: Ints, *, within_m: float) -> _Near:
    points = shapely.points(pieces.xy[ends] / MM_PER_M)
    end, piece = pieces.tree().query(points, predicate="dwithin", distance=within_m)
    share, away_mm = projected(pieces, piece, pieces.xy[ends[end]])
    return _Near(end, piece, share, away_mm / MM_PER_M)


def _of_other_parts(pieces: Pieces, ends: Ints, near: _Near, *, within_m: float) -> Ints:
    """Return the nearest row of each part of the streets near an end that does not hold the end.

    Two pieces are of one part if they meet within the distance, directly or by others that do: so
    it does not matter into how many pieces a street is drawn.
    """
    count = len(near.end)
    end, row = np.repeat(near.end, 2), np.repeat(np.arange(count), 2)
    place = pieces.ends[near.piece].ravel()
    away = pieces.xy[place] - pieces.xy[ends[end]]
    inside = np.hypot(*away.T) <= within_m * MM_PER_M
    end, row, place = end[inside], row[inside], place[inside]
    _, met = np.unique(end * len(pieces.xy) + place, return_inverse=True)
    whole = count + met.max(initial=-1) + 1
    label = components(row, count + met, count=whole) if whole else np.empty(0, dtype=np.int64)
    own = np.zeros(len(label), dtype=bool)
    own[label[row[place == ends[end]]]] = True
    others = np.flatnonzero(~own[label[:count]])
    order = others[np.lexsort((near.piece[others], near.away_m[others], label[others]))]
    first: Ints = order[np.unique(label[order], return_index=True)[1]]
    return first


def _ways_back(pieces: Pieces, places: Ints) -> tuple[Ints, Ints, Ints]:
    """Follow the lines back from places, as far as they run on alone.

    Returns for each line that ends at a place: the row of `places`, the piece that ends there, and
    where one stands after about ``back_m``.
    """
    count = len(pieces.xy)
    around = pieces.ends.ravel()
    arc = np.argsort(around, kind="stable")  # arc: 2 * piece + which of its ends
    start = np.concatenate([[0], np.cumsum(np.bincount(around, minlength=count))])
    degree = np.diff(start)
    row = np.repeat(np.arange(len(places)), degree[places])
    at_arc = arc[ranges(start[places], degree[places])]
    own = at_arc // 2
    length = np.hypot(*pieces.step.T)
    here, gone = pieces.ends[own, 1 - at_arc % 2], length[own]
    came, goes = own.copy(), np.ones(len(own), dtype=bool)
    back_mm = joining_rules()["back_m"] * MM_PER_M
    while True:
        goes &= (gone < back_mm) & (degree[here] == 2) & (here != places[row])  # noqa: PLR2004
        if not goes.any():
            return row, own, here
        walker = np.flatnonzero(goes)
        pair = arc[start[here[walker]][:, None] + np.array([0, 1])]
        follow = np.where(pair[:, 0] // 2 == came[walker], pair[:, 1], pair[:, 0])
        came[walker] = follow // 2
        here[walker] = pieces.ends[follow // 2, 1 - follow % 2]
        gone[walker] += length[follow // 2]


def _comes_towards(pieces: Pieces, near: _Near, rows: Ints, *, back: Ints, place: Ints) -> Flags:
    """Say whether lines come nearer to another one on their way to their end.

    What ends at another line's end always meets it.
    """
    step = pieces.step[near.piece[rows]]
    unit = step / np.hypot(*step.T)[:, None]
    way = pieces.xy[place] - pieces.xy[back]
    rise = np.abs(way[:, 0] * unit[:, 1] - way[:, 1] * unit[:, 0]) / MM_PER_M
    length_m = np.hypot(*way.T) / MM_PER_M
    wanted = np.minimum(near.away_m[rows], joining_rules()["least_slope"] * length_m)
    at_end = (near.share[rows] <= 0) | (near.share[rows] >= 1)
    degree = np.bincount(pieces.ends.ravel(), minlength=len(pieces.xy))
    nearest = pieces.ends[near.piece[rows], (near.share[rows] > 0).astype(np.int64)]
    towards: Flags = (rise >= wanted) | (at_end & (degree[nearest] == 1))
    return towards


def _passes_over(pieces: Pieces, own: Ints, piece: Ints, *, rows: Ints) -> Flags:
    """Say whether a line crosses the other one without meeting it: a bridge near its end."""
    over = np.zeros(rows.max(initial=-1) + 1, dtype=bool)
    over[rows[cross(pieces, own, piece)]] = True
    several = np.bincount(rows, minlength=len(over)) > 1
    passes: Flags = (over & several)[rows]
    return passes
