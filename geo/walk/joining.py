"""How do the lines of a road layer become streets that meet?

Ways of OSM share their nodes; lines drawn in a GIS often only cross, touch, or end just short of
one another.  Here lines are given common vertices where they cross or touch, unless one passes over
the other; ends are led on to the line that they come towards, up to a tolerance that fits the
layer; what is drawn twice stays once.  Nothing is moved: lengths stay as drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geo.arrays import MM_PER_M, numbered
from geo.osm import levels
from geo.walk.gaps import Gaps, gaps, joining_rules, own_tolerance_m
from geo.walk.joints import frame_of, joining_findings, of_crossings, of_gaps, of_touches, of_twins
from geo.walk.network import projection
from geo.walk.pieces import (
    Crossings,
    Cuts,
    Pieces,
    Touches,
    Twins,
    crossings,
    line_ends,
    neighbours,
    pieces_of,
    touches,
    with_cuts,
    with_places,
    with_same_places,
    without_twins,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    from pyproj import Transformer

    from geo.arrays import Flags, Ints
    from geo.osm import Streets


@dataclass(frozen=True, eq=False)
class Joined:
    """Streets that meet, and how they came to.

    Attributes
    ----------
    streets
        The ways with common vertices.  A way that lost a part to its twin is several rows.
    apart
        The same, where lines of which nobody knows whether they meet do not; None where all is
        known.
    joints
        A point for each joint, in the metric CRS: ``joint`` (its kind, see `join_lines`),
        ``length_m``, ``way_id``, ``other_way_id``.
    tolerance_m
        How wide gaps were closed.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from geo.osm import streets_from_frame
    >>> line = shapely.LineString([(117, 39), (117.01, 39)])
    >>> roads = streets_from_frame(gpd.GeoDataFrame(geometry=[line], crs=4326), name="roads")
    >>> len(join_lines(roads, crs="EPSG:4548", name="roads").joints)
    0
    """

    streets: Streets
    apart: Streets | None
    joints: gpd.GeoDataFrame
    tolerance_m: float


def join_lines(streets: Streets, *, crs: str, name: str) -> Joined:
    """Join the lines of a road layer.

    Parameters
    ----------
    streets
        From `geo.osm.streets_from_frame`.
    crs
        Metric CRS to work in.
    name
        How messages call the layer.

    Returns
    -------
    Joined
        The joints are: ``crossing`` (lines crossed), ``unsure`` (they crossed in a layer that says
        nothing of levels), ``over`` (not joined: they pass on different levels), ``touch`` (an end
        or a vertex lies on another line), ``gap`` (an end was led on), ``twin`` (drawn twice, once
        left out, so many metres), ``near`` (not joined: an end a little farther away than the
        tolerance).  Findings are added to those of the streets.

    Examples
    --------
    Two streets that cross, and one that ends 0.8 m short of the first:

    >>> import geopandas as gpd
    >>> import shapely
    >>> from geo.osm import streets_from_frame
    >>> x, y = 500_000, 4_200_000
    >>> lines = [[(0, 0), (90, 0)], [(30, -50), (30, 50)], [(70, 0.8), (70, 60)]]
    >>> drawn = [shapely.LineString([(x + a, y + b) for a, b in line]) for line in lines]
    >>> roads = gpd.GeoDataFrame(geometry=drawn, crs=4548).to_crs(4326)
    >>> made = join_lines(streets_from_frame(roads, name="roads"), crs="EPSG:4548", name="roads")
    >>> made.joints["joint"].tolist(), made.joints["length_m"].round(1).tolist()
    (['unsure', 'gap'], [0.0, 0.8])
    """
    to_plane = projection(crs)
    xy_m = np.column_stack(to_plane.transform(streets.lonlat[:, 0], streets.lonlat[:, 1]))
    level, known = levels(streets.ways)
    drawn = with_same_places(pieces_of(streets, xy_m), within_m=joining_rules()["touch_m"])
    lines = _Lines(drawn, level, _rank(streets))
    touched, crossed = _meetings(lines)
    over = np.diff(level[drawn.line[crossed.piece]], axis=1)[:, 0] != 0
    meet = crossed.at(~over)
    made = _joined(lines, touched, meet, tolerance_m=None)
    unsure = ~_by_an_end(drawn, meet, within_m=made.tolerance_m) & (not known)
    apart = None
    if unsure.any():
        sure = _joined(lines, touched, meet.at(~unsure), tolerance_m=made.tolerance_m)
        apart = _streets_of(sure.pieces, streets, to_plane)
    parts = {
        "crossing": of_crossings(drawn, meet.at(~unsure)),
        "unsure": of_crossings(drawn, meet.at(unsure)),
        "over": of_crossings(drawn, crossed.at(over)),
        "touch": of_touches(drawn, touched),
        "gap": of_gaps(made.pieces, *made.closed),
        "twin": of_twins(made.pieces, made.twins),
        "near": of_gaps(made.pieces, made.near),
    }
    joints = frame_of(parts, streets.ways["way_id"].to_numpy(dtype=np.int64), crs=crs)
    findings = joining_findings(joints, made.tolerance_m, name=name)
    if apart is not None:
        apart = replace(apart, findings=(*streets.findings, *findings))
    joined = replace(
        _streets_of(made.pieces, streets, to_plane), findings=(*streets.findings, *findings)
    )
    return Joined(joined, apart, joints, made.tolerance_m)


class _Lines(NamedTuple):
    """Lines as drawn: pieces; of each line its level, and which of two twins stays (the lower)."""

    pieces: Pieces
    level: Ints
    rank: Ints


class _Made(NamedTuple):
    """Pieces that meet, and what was done: twins left out, gaps closed and gaps that stay."""

    pieces: Pieces
    twins: Twins
    closed: tuple[Gaps, ...]
    near: Gaps
    tolerance_m: float


def _rank(streets: Streets) -> Ints:
    """Return the order of lines in which twins stay: what has more tags first, then the first."""
    tagged = streets.ways.drop(columns="way_id").notna().sum(axis=1).to_numpy()
    rank = np.empty(len(tagged), dtype=np.int64)
    rank[np.argsort(-tagged, kind="stable")] = np.arange(len(tagged))
    return rank


def _meetings(lines: _Lines) -> tuple[Touches, Crossings]:
    """Find where lines touch and cross.

    The end of a line meets what it lies on at any level; a vertex in its middle only what lies on
    its own level, and not its own line.
    """
    pieces = lines.pieces
    touch_m = joining_rules()["touch_m"]
    one, other = neighbours(pieces, within_m=touch_m)
    touched, touching = touches(pieces, one, other, within_m=touch_m)
    line, base = pieces.line[touched.of], pieces.line[touched.piece]
    inner = (line != base) & (lines.level[line] == lines.level[base])
    touched = touched.at(line_ends(pieces)[touched.place] | inner)
    return touched, crossings(pieces, one[~touching], other[~touching])


def _joined(
    lines: _Lines, touched: Touches, meet: Crossings, *, tolerance_m: float | None
) -> _Made:
    """Cut the lines where they meet and lead ends on; the tolerance may be the layer's own."""
    pieces, place = with_places(lines.pieces, meet.xy)
    is_end = np.zeros(len(pieces.xy), dtype=bool)
    is_end[: len(lines.pieces.xy)] = line_ends(lines.pieces)
    both = Cuts(meet.piece.ravel(), meet.share.ravel(), np.repeat(place, 2))
    at = Cuts(touched.piece, touched.share, touched.place)
    pieces, twins = without_twins(with_cuts(pieces, _together([at, both])), lines.rank)
    near = gaps(pieces, is_end, within_m=joining_rules()["near_m"])
    tolerance_m = own_tolerance_m(near.gap_m) if tolerance_m is None else tolerance_m
    alone = np.bincount(pieces.ends.ravel(), minlength=len(is_end)) == 1
    closed = gaps(pieces, is_end & alone, within_m=tolerance_m)
    made = _led_on(pieces, closed)
    others = np.append(is_end & ~alone, np.zeros(len(made.xy) - len(is_end), dtype=bool))
    corners = gaps(made, others, within_m=tolerance_m)  # what dead ends have joined stays as it is
    near = near.at(alone[near.place] & ~np.isin(near.place, closed.place))
    return _Made(_led_on(made, corners), twins, (closed, corners), near, tolerance_m)


def _together(parts: Iterable[Cuts]) -> Cuts:
    return Cuts(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _led_on(pieces: Pieces, closed: Gaps) -> Pieces:
    """Lead ends straight on to the lines that they come towards, which are cut there."""
    inner = (closed.share > 0) & (closed.share < 1)
    ends = pieces.ends[closed.piece, (closed.share > 0).astype(np.int64)]
    start, step = pieces.xy[pieces.ends[closed.piece, 0]], pieces.step[closed.piece]
    xy = start + np.rint(closed.share[:, None] * step).astype(np.int64)
    pieces, place = with_places(pieces, xy[inner])
    target = ends.copy()
    target[inner] = place
    line = pieces.line[closed.own]
    cut = with_cuts(pieces, Cuts(closed.piece[inner], closed.share[inner], place))
    led = np.column_stack([closed.place, target])
    new = led[:, 0] != led[:, 1]
    _, first = np.unique(np.sort(led, axis=1), axis=0, return_index=True)
    once = np.zeros(len(led), dtype=bool)
    once[first] = True
    return Pieces(
        cut.xy,
        np.concatenate([cut.ends, led[new & once]]),
        np.concatenate([cut.line, line[new & once]]),
    )


def _by_an_end(pieces: Pieces, meet: Crossings, *, within_m: float) -> Flags:
    """Say which crossings lie so near the end of a line that it was meant to end there."""
    is_end = line_ends(pieces)
    near = np.zeros(len(meet.xy), dtype=bool)
    for side in (0, 1):
        for end in (0, 1):
            place = pieces.ends[meet.piece[:, side], end]
            away_mm = np.hypot(*(pieces.xy[place] - meet.xy).T)
            near |= is_end[place] & (away_mm <= within_m * MM_PER_M)
    return near


def _streets_of(pieces: Pieces, streets: Streets, to_plane: Transformer) -> Streets:
    """Put pieces together to ways: a row for each part of a line in one piece."""
    used, place = numbered(pieces.ends.ravel(), count=len(pieces.xy))
    ends = place.reshape(-1, 2)
    old, new = used[used < len(streets.lonlat)], used[used >= len(streets.lonlat)]
    x_m, y_m = (pieces.xy[new] / MM_PER_M).T
    lonlat = np.column_stack(to_plane.transform(x_m, y_m, direction="INVERSE"))
    known_ids = [s.vertex_id.max(initial=0) for s in (streets, streets.inner) if s is not None]
    first_id = int(max(known_ids)) + 1
    begins = np.append(True, (np.diff(pieces.line) != 0) | (ends[1:, 0] != ends[:-1, 1]))
    start = np.flatnonzero(begins)
    size = np.diff(np.append(start, len(ends)))
    vertex = np.insert(ends[:, 1], start, ends[start, 0])
    tags = streets.vertex_tags
    known = tags[np.isin(tags.index.to_numpy(), old)]
    return replace(
        streets,
        lonlat=np.concatenate([streets.lonlat[old], lonlat]),
        vertex_id=np.concatenate([streets.vertex_id[old], first_id + np.arange(len(new))]),
        vertex_tags=known.set_axis(np.searchsorted(old, known.index.to_numpy()), axis=0),
        way_start=np.concatenate([[0], np.cumsum(size + 1)]),
        way_vertices=vertex.astype(np.int32),
        ways=streets.ways.take(pieces.line[start]).reset_index(drop=True),
    )
