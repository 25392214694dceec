"""Where do points meet the street network?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.arrays import MM_PER_M, morton

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geo.walk.network import WalkNetwork


@dataclass(frozen=True, eq=False)
class Snapped:
    """Places on the streets, one for each point.

    Attributes
    ----------
    edge
        Edge of the network, -1 where the point was not snapped.
    offset_mm
        Way along the edge from its first node, 0 where not snapped.
    access_m
        Straight distance to the nearest street, also where that is too far to be snapped; inf
        where the point is not finite.  `geo.walk.join`: length of the leg, inf where all legs are
        blocked.
    xy
        (p, 2) place on the street, nan where not snapped.

    Examples
    --------
    >>> import yimi
    >>> homes = yimi.load(yimi.demo).city.on_streets.demand
    >>> bool((homes.access_m[homes.edge >= 0] <= 200).all())
    True
    """

    edge: NDArray[np.int64]
    offset_mm: NDArray[np.int64]
    access_m: NDArray[np.float64]
    xy: NDArray[np.float64]

    @property
    def walled(self) -> NDArray[np.bool_]:
        """Which are not joined because walls stand in all ways to a street; see `geo.walk.join`."""
        return (self.edge < 0) & np.isinf(self.access_m)

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.edge)

    def take(self, rows: NDArray[np.int64]) -> Snapped:
        """Return some rows, in their order."""
        return Snapped(self.edge[rows], self.offset_mm[rows], self.access_m[rows], self.xy[rows])

    def with_rows(
        self, rows: NDArray[np.int64], other: Snapped, *, access_m: NDArray[np.float64]
    ) -> Snapped:
        """Return these places with some rows moved to other ones, at other distances."""
        edge, offset_mm, xy = self.edge.copy(), self.offset_mm.copy(), self.xy.copy()
        legs_m = self.access_m.copy()
        edge[rows], offset_mm[rows], xy[rows] = other.edge, other.offset_mm, other.xy
        legs_m[rows] = access_m
        return Snapped(edge, offset_mm, legs_m, xy)

    @staticmethod
    def concat(parts: Sequence[Snapped]) -> Snapped:
        """Return the rows of all parts, one after the other."""
        return Snapped(
            np.concatenate([part.edge for part in parts]),
            np.concatenate([part.offset_mm for part in parts]),
            np.concatenate([part.access_m for part in parts]),
            np.concatenate([part.xy for part in parts]),
        )


def snap(
    network: WalkNetwork,
    points_xy: NDArray[np.float64],
    *,
    max_m: float,
    among: tuple[NDArray[np.int64], shapely.STRtree] | None = None,
) -> Snapped:
    """Find the nearest place on a street for each point.

    Parameters
    ----------
    network
        The streets.
    points_xy
        (p, 2) metres in the network's CRS; a point that is not finite is not snapped.
    max_m
        A point farther than this from every street is not snapped (``<=`` is).
    among
        The edges that points may be snapped to, in their order, and the spatial index over their
        polylines; default: all.

    Returns
    -------
    Snapped
        Aligned with the points.  Of edges equally near the one with the lowest number is taken.

    Examples
    --------
    A home 30 m beside a street, one too far away:

    >>> import geopandas as gpd, shapely, yimi
    >>> line = shapely.LineString([(500_000, 4_310_000), (501_000, 4_310_000)])
    >>> network = yimi.streets(gpd.GeoDataFrame(geometry=[line], crs=4548))
    >>> homes = snap(network, np.array([[500_300, 4_310_030], [500_300, 4_310_900]]), max_m=200)
    >>> homes.edge.tolist(), homes.access_m.round(1).tolist()
    ([0, -1], [30.0, 900.0])
    """
    places = np.asarray(points_xy, dtype=np.float64).reshape(-1, 2)
    points = np.asarray(shapely.points(places), dtype=object)
    asked = np.flatnonzero(np.isfinite(places).all(axis=1))
    asked = asked[np.argsort(morton(places[asked]), kind="stable")]  # twice as fast in this order
    chosen, tree = (None, network.tree) if among is None else among
    (place, edge), distance_m = tree.query_nearest(points[asked], return_distance=True)
    order = np.lexsort((edge, place))
    _, first = np.unique(place, return_index=True)  # `place` is sorted already
    edge, distance_m = edge[order[first]], distance_m[order[first]]
    access_m = np.full(len(points), np.inf)
    access_m[asked] = distance_m
    near = distance_m <= max_m
    rows, edge = asked[near], edge[near]
    lines = tree.geometries[edge]
    along_m = shapely.line_locate_point(lines, points[rows])
    on_street = np.full((len(points), 2), np.nan)
    on_street[rows] = shapely.get_coordinates(shapely.line_interpolate_point(lines, along_m))
    edge = edge if chosen is None else chosen[edge]
    edges = np.full(len(points), -1, dtype=np.int64)
    edges[rows] = edge
    offset_mm = np.zeros(len(points), dtype=np.int64)
    offset_mm[rows] = np.minimum(np.rint(along_m * MM_PER_M), network.edge_length_mm[edge])
    return Snapped(edge=edges, offset_mm=offset_mm, access_m=access_m, xy=on_street)


def at_nodes(network: WalkNetwork, nodes: NDArray[np.int64]) -> Snapped:
    """Return places at nodes of the network, with no way to the street.

    Examples
    --------
    >>> import yimi
    >>> streets = yimi.load(yimi.demo).city.streets
    >>> corners = at_nodes(streets, np.array([0, 5]))
    >>> corners.access_m.tolist(), bool((corners.xy == streets.node_xy[[0, 5]]).all())
    ([0.0, 0.0], True)
    """
    nodes = np.asarray(nodes, dtype=np.int64)
    edge = network.arc_edge[network.indptr[nodes]].astype(np.int64)
    at_start = network.edge_nodes[edge, 0] == nodes
    offset_mm = np.where(at_start, 0, network.edge_length_mm[edge]).astype(np.int64)
    xy = network.node_xy[nodes]
    return Snapped(edge=edge, offset_mm=offset_mm, access_m=np.zeros(len(nodes)), xy=xy)
