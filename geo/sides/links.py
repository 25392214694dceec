"""Where do separate footways meet the roadside, though the map does not join them?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from geo.arrays import MM_PER_M
from geo.sides.crossings import has_value
from geo.sides.model import EdgeKind
from geo.sides.shapes import split, taken

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.arrays import Flags, Floats, Ints
    from geo.sides.arms import Arms
    from geo.sides.shapes import Pieces


class Joints(NamedTuple):
    """How footways are joined to roadsides.

    Attributes
    ----------
    corner
        Corner where the footway ends.
    piece
        Side that it is joined to.
    along_mm
        Where on the side: 0 or its length is a corner.
    """

    corner: Ints
    piece: Ints
    along_mm: Ints


def joints_of(arms: Arms, *, pieces: Pieces, corner_xy: Floats, max_m: float) -> Joints:
    """Join each loose end of a footway to the nearest corner, or roadside if no corner is near.

    Parameters
    ----------
    arms
        The drawn streets.
    pieces
        Sides and paths.
    corner_xy
        (c, 2) place of each corner.
    max_m
        Greatest distance (``<=``).

    Notes
    -----
    Only what lies on one level (``layer``, ``bridge``, ``tunnel``) is joined, and no joint leads
    over a carriageway of that level.
    """
    network = arms.network
    degree = np.bincount(arms.node, minlength=len(network.node_xy))
    loose = np.flatnonzero(~arms.sided & (degree[arms.node] == 1) & (arms.count[arms.node] == 0))
    corner = arms.left[loose]
    side = np.flatnonzero(pieces.kind == EdgeKind.SIDE)
    if not len(loose) or not len(side):
        return Joints(*(np.empty(0, dtype=np.int64) for _ in Joints._fields))
    lines = taken(pieces, side).lines()
    points = np.asarray(shapely.points(corner_xy[corner]), dtype=object)
    end, near = shapely.STRtree(lines).query(points, predicate="dwithin", distance=max_m)
    level = _levels(network.edges)
    same = level[loose[end] >> 1] == level[pieces.street[side[near]]]
    end, near = end[same], near[same]
    piece = side[near]
    along_mm, place, at_corner = _targets(
        points[end], lines[near], length_mm=pieces.length_mm[piece], max_m=max_m
    )
    ways = np.asarray(shapely.linestrings(np.stack([corner_xy[corner[end]], place], axis=1)))
    order = np.lexsort((piece, shapely.length(ways), ~at_corner, end))
    way_level = level[loose[end[order]] >> 1]
    order = order[~_blocked(arms, ways[order], way_level=way_level, level=level)]
    chosen = order[np.diff(end[order], prepend=-1) != 0]
    return Joints(corner[end[chosen]], piece[chosen], along_mm[chosen])


def joined(pieces: Pieces, joints: Joints, corner_xy: Floats) -> tuple[Pieces, Ints, Floats, Ints]:
    """Divide sides where footways are joined to them.

    Returns
    -------
    tuple
        The pieces; the two ends of each link; the places of all nodes, of the corners first; and
        the drawn edge beside which each new node lies.
    """
    length_mm = pieces.length_mm[joints.piece]
    inside = (joints.along_mm > 0) & (joints.along_mm < length_mm)
    at = np.column_stack([joints.piece, joints.along_mm])[inside]
    cuts, which = np.unique(at, axis=0, return_inverse=True)
    ends = pieces.nodes[joints.piece]
    target: Ints = np.where(joints.along_mm <= 0, ends[:, 0], ends[:, 1])
    target[inside] = len(corner_xy) + which.ravel()
    lines = taken(pieces, cuts[:, 0]).lines()
    xy = shapely.get_coordinates(shapely.line_interpolate_point(lines, cuts[:, 1] / MM_PER_M))
    parts = split(pieces, cuts[:, 0], cuts[:, 1], first_node=len(corner_xy))
    links = np.column_stack([joints.corner, target])
    return parts, links, np.concatenate([corner_xy, xy]), pieces.street[cuts[:, 0]]


def _levels(ways: pd.DataFrame) -> Ints:
    """Give ways on the same level the same number."""
    layer = (
        ways["layer"].astype(object).fillna("0") if "layer" in ways else pd.Series("0", ways.index)
    )
    number = pd.factorize(layer)[0]
    for tag in ("bridge", "tunnel"):
        number = 2 * number + has_value(ways, tag)
    return np.asarray(number, dtype=np.int64)


def _targets(
    points: NDArray[np.object_], lines: NDArray[np.object_], *, length_mm: Ints, max_m: float
) -> tuple[Ints, Floats, Flags]:
    """Return how far along its line each point is joined, where that is, and if at its end."""
    first, last = shapely.get_point(lines, 0), shapely.get_point(lines, -1)
    to_first, to_last = shapely.distance(points, first), shapely.distance(points, last)
    at_corner = np.minimum(to_first, to_last) <= max_m
    along_mm = np.rint(shapely.line_locate_point(lines, points) * MM_PER_M).astype(np.int64)
    corner_mm = np.where(to_first <= to_last, 0, length_mm)
    along_mm = np.where(at_corner, corner_mm, np.clip(along_mm, 0, length_mm))
    on_line = shapely.line_interpolate_point(lines, along_mm / MM_PER_M)
    place = np.where(along_mm == 0, first, np.where(along_mm == length_mm, last, on_line))
    return along_mm, shapely.get_coordinates(place), at_corner


def _blocked(arms: Arms, ways: NDArray[np.object_], *, way_level: Ints, level: Ints) -> Flags:
    """Return which ways lead over a carriageway of their level."""
    way, street = arms.network.tree.query(ways, predicate="crosses")
    over = arms.sided[2 * street] & (level[street] == way_level[way])
    return np.bincount(way[over], minlength=len(ways)) > 0
