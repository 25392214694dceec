"""Which streets do other lines run along, and on which side?

A sidewalk drawn as a line of its own, a row of trees or a guard rail belongs to the nearest street
that runs in about the same direction; what crosses a street or lies nearer to another one does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from geo.arrays import ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.arrays import Flags, Floats, Ints
    from geo.walk.network import WalkNetwork


_LINES = (1, 2, 5)  # shapely's numbers of LineString, LinearRing, MultiLineString


class _Pieces(NamedTuple):
    """Straight pieces of lines: both ends, and what each is a piece of."""

    start: Floats
    end: Floats
    of: Ints


def runs_beside(
    network: WalkNetwork,
    shapes: NDArray[np.object_],
    *,
    edges: Flags,
    within_m: float | Floats,
    turn_max_deg: float,
    step_m: float = 10.0,
) -> pd.DataFrame:
    """Say along how many metres each line runs beside each street.

    Parameters
    ----------
    network
        The streets.
    shapes
        Lines or areas (their outlines) in the network's CRS; other shapes run beside nothing.
    edges
        (m,) edges of the network that may be run along.
    within_m
        Farthest distance from the middle of a piece of a line to the drawn street (``<=``); one
        for all streets or (m,) one for each.
    turn_max_deg
        Greatest angle between the two (``<=``).
    step_m
        Lines are judged piece by piece; this is the greatest length of a piece.

    Returns
    -------
    pandas.DataFrame
        ``edge``, ``shape`` (position in `shapes`), ``side`` (-1 left of the drawn direction, +1
        right), ``length_m``; sorted by edge, shape, side.  Each piece counts for one street only:
        the nearest one, of equally near ones that with the lowest number.

    Examples
    --------
    A pavement 5 m north of a street drawn to the east: on its left, all along.

    >>> import geopandas as gpd, yimi
    >>> x, y = 500_000, 4_310_000
    >>> street = shapely.LineString([(x, y), (x + 100, y)])
    >>> network = yimi.streets(gpd.GeoDataFrame(geometry=[street], crs=4548))
    >>> pavement = np.array([shapely.LineString([(x, y + 5), (x + 100, y + 5)])])
    >>> beside = runs_beside(
    ...     network, pavement, edges=np.array([True]), within_m=10, turn_max_deg=20
    ... )
    >>> beside["side"].tolist(), beside["length_m"].round().tolist()
    ([-1], [100.0])
    """
    lines = _pieces(shapes, step_m=step_m)
    streets = _street_pieces(network, edges)
    middle = (lines.start + lines.end) / 2
    ends = np.stack([streets.start, streets.end], axis=1)
    tree = shapely.STRtree(np.asarray(shapely.linestrings(ends), dtype=object))
    line, street = tree.query(
        shapely.points(middle), predicate="dwithin", distance=np.max(within_m)
    )
    along, across = _along_and_across(lines, streets, pairs=(line, street))
    away_m = shapely.distance(shapely.points(middle[line]), tree.geometries[street])
    limit_m = np.broadcast_to(within_m, len(edges))[streets.of[street]]
    fits = (along >= np.cos(np.radians(turn_max_deg))) & (away_m <= limit_m)
    line, street, across, away_m = line[fits], street[fits], across[fits], away_m[fits]
    order = np.lexsort((streets.of[street], away_m, line))
    first = order[np.unique(line[order], return_index=True)[1]]
    found = pd.DataFrame(
        {
            "edge": streets.of[street[first]],
            "shape": lines.of[line[first]],
            "side": np.where(across[first] > 0, -1, 1),
            "length_m": np.hypot(*(lines.end - lines.start)[line[first]].T),
        }
    )
    return found.groupby(["edge", "shape", "side"], as_index=False)[["length_m"]].sum()


def _pieces(shapes: NDArray[np.object_], *, step_m: float) -> _Pieces:
    """Cut lines and outlines of areas into straight pieces of at most `step_m`."""
    outlines = np.where(shapely.get_dimensions(shapes) > 1, shapely.boundary(shapes), shapes)
    drawn = np.flatnonzero(np.isin(shapely.get_type_id(outlines), _LINES))
    lines, of = shapely.get_parts(outlines[drawn], return_index=True)
    xy, line = shapely.get_coordinates(shapely.segmentize(lines, step_m), return_index=True)
    same = line[1:] == line[:-1]
    return _Pieces(xy[:-1][same], xy[1:][same], drawn[of[line[1:][same]]])


def _street_pieces(network: WalkNetwork, edges: Flags) -> _Pieces:
    """Return the straight pieces of some edges."""
    chosen = np.flatnonzero(edges)
    count = np.diff(network.edge_start)[chosen] - 1
    at = ranges(network.edge_start[chosen], count)
    return _Pieces(network.vertex_xy[at], network.vertex_xy[at + 1], np.repeat(chosen, count))


def _along_and_across(
    lines: _Pieces, streets: _Pieces, *, pairs: tuple[Ints, Ints]
) -> tuple[Floats, Floats]:
    """Return the cosine of the angle between two pieces, and > 0 where the line lies left."""
    line, street = pairs
    way = (streets.end - streets.start)[street]
    own = (lines.end - lines.start)[line]
    apart = (lines.start + lines.end)[line] / 2 - streets.start[street]
    size = np.hypot(*way.T) * np.hypot(*own.T)
    cosine = np.abs((way * own).sum(axis=1)) / np.where(size > 0, size, np.inf)
    return cosine, way[:, 0] * apart[:, 1] - way[:, 1] * apart[:, 0]
