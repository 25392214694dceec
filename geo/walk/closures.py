"""How far is it when some stretches of street may not be used?

A closed edge is closed over a stretch of it: all of it, or the place where it crosses something.
A place on such an edge, outside the stretch, may still be left towards its own end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geo.arrays import MM_PER_M
from geo.walk.distances import nearest

if TYPE_CHECKING:
    from geo.arrays import Flags, Floats, Ints
    from geo.walk.network import WalkNetwork
    from geo.walk.snapping import Snapped


@dataclass(frozen=True, eq=False)
class Closure:
    """Streets of which some are closed.

    Attributes
    ----------
    network
        The streets without the arcs of closed edges; edges and nodes keep their numbers.
    closed
        (m,) edges that cannot be walked from end to end.
    from_share, to_share
        (m,) the closed stretch, as shares (0-1) of the edge's length from its first node.

    Examples
    --------
    >>> import yimi
    >>> streets = yimi.load(yimi.demo).city.streets
    >>> closure = closed(streets, streets.edges["highway"].to_numpy() == "primary")
    >>> len(closure.network.edges) == len(streets.edges)
    True
    >>> len(closure.network.arc_edge) + 2 * int(closure.closed.sum()) == len(streets.arc_edge)
    True
    """

    network: WalkNetwork
    closed: Flags
    from_share: Floats
    to_share: Floats

    def open_ends(self, places: Snapped) -> Snapped:
        """Move places on closed edges to the end that they can walk to, that way being a leg.

        A place inside the closed stretch, or whose end has no open street, is not joined.
        """
        rows = np.flatnonzero((places.edge >= 0) & self.closed[places.edge])
        end = self._open_end(places, rows)
        network, on = self.network, places.edge[rows]
        node = network.edge_nodes[on, np.maximum(end, 0)].astype(np.int64)
        whole = network.edge_length_mm[on].astype(np.int64)
        along_mm = np.where(end == 1, whole - places.offset_mm[rows], places.offset_mm[rows])
        joined = (end >= 0) & (network.indptr[node + 1] > network.indptr[node])
        arc = network.indptr[node[joined]]
        edge, offset_mm = places.edge.copy(), places.offset_mm.copy()
        access_m = places.access_m.copy()
        edge[rows] = -1
        edge[rows[joined]] = network.arc_edge[arc]
        at_first = network.edge_nodes[edge[rows[joined]], 0] == node[joined]
        offset_mm[rows[joined]] = np.where(
            at_first, 0, network.edge_length_mm[edge[rows[joined]]].astype(np.int64)
        )
        access_m[rows] += along_mm / MM_PER_M
        return replace(places, edge=edge, offset_mm=offset_mm, access_m=access_m)

    def _open_end(self, places: Snapped, rows: Ints) -> Ints:
        """Return which end (0, 1) each of some places can walk to, -1 where none."""
        edge, offset_mm = places.edge[rows], places.offset_mm[rows]
        length_mm = self.network.edge_length_mm[edge]
        to_first = offset_mm <= np.rint(self.from_share[edge] * length_mm)
        to_last = offset_mm >= np.rint(self.to_share[edge] * length_mm)
        return np.where(to_first, 0, np.where(to_last, 1, -1))


def closed(
    network: WalkNetwork,
    edges: Flags,
    *,
    from_share: Floats | None = None,
    to_share: Floats | None = None,
) -> Closure:
    """Close some edges.

    Parameters
    ----------
    network
        The streets.
    edges
        (m,) edges to close.
    from_share, to_share
        (m,) the stretch that is closed; default: the whole edge.

    Examples
    --------
    Nobody walks along or over a closed street:

    >>> import geopandas as gpd, shapely, yimi
    >>> line = shapely.LineString([(500_000, 4_310_000), (501_000, 4_310_000)])
    >>> network = yimi.streets(gpd.GeoDataFrame(geometry=[line], crs=4548))
    >>> from geo.walk.snapping import snap
    >>> ends = snap(network, network.node_xy, max_m=1)
    >>> walk_m(closed(network, np.array([True])), ends.take([0]), ends.take([1]), limit_m=5_000)
    array([inf])
    """
    keep = ~edges[network.arc_edge]
    before = np.concatenate([[0], np.cumsum(keep)])
    fewer = replace(
        network,
        indptr=before[network.indptr].astype(np.int64),
        neighbour=network.neighbour[keep],
        arc_length_mm=network.arc_length_mm[keep],
        arc_edge=network.arc_edge[keep],
    )
    return Closure(
        network=fewer,
        closed=edges,
        from_share=np.zeros(len(edges)) if from_share is None else from_share,
        to_share=np.ones(len(edges)) if to_share is None else to_share,
    )


def walk_m(closure: Closure, gates: Snapped, homes: Snapped, *, limit_m: float) -> Floats:
    """Return the metres from each home to the nearest gate, both legs counted.

    Parameters
    ----------
    closure
        What may be used.
    gates, homes
        Places on the streets.
    limit_m
        Greatest distance (``<=``) without the home's leg.

    Returns
    -------
    numpy.ndarray
        inf where no gate is within the limit.

    Examples
    --------
    >>> import geopandas as gpd, shapely, yimi
    >>> line = shapely.LineString([(500_000, 4_310_000), (501_000, 4_310_000)])
    >>> network = yimi.streets(gpd.GeoDataFrame(geometry=[line], crs=4548))
    >>> from geo.walk.snapping import snap
    >>> school = snap(network, np.array([[500_900, 4_310_005]]), max_m=50)
    >>> home = snap(network, np.array([[500_100, 4_310_010]]), max_m=50)
    >>> walk_m(closed(network, np.array([False])), school, home, limit_m=5_000).round(1)
    array([815.])
    """
    open_gates, open_homes = closure.open_ends(gates), closure.open_ends(homes)
    found = nearest(closure.network, open_gates, open_homes, limit_m=limit_m, source_legs=True)
    legs_m = np.where(open_homes.edge >= 0, open_homes.access_m, np.inf)
    walk = np.rint((found.distance_m + legs_m) * MM_PER_M) / MM_PER_M
    return np.minimum(walk, _along_m(closure, gates, homes))


def _along_m(closure: Closure, gates: Snapped, homes: Snapped) -> Floats:
    """Return the metres along one closed edge, between places on the same side of its stretch."""
    least = np.full(len(homes), np.inf)
    for gate in np.flatnonzero((gates.edge >= 0) & closure.closed[gates.edge]):
        rows = np.flatnonzero(homes.edge == gates.edge[gate])
        here = closure._open_end(gates, np.array([gate]))[0]  # noqa: SLF001 - same module
        apart = np.abs(homes.offset_mm[rows] - gates.offset_mm[gate])
        same = (closure._open_end(homes, rows) == here) & (here >= 0)  # noqa: SLF001
        way = apart / MM_PER_M + homes.access_m[rows] + gates.access_m[gate]
        least[rows] = np.minimum(least[rows], np.where(same | (apart == 0), way, np.inf))
    return least
