"""Which parts of the streets lie within a distance of each place, place by place?

`geo.walk.distances.reached_edges` asks what is near to any of many places; here each place has its
own answer, cut exactly at the limit.  It costs one bounded search for each place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from geo.arrays import MM_PER_M, ranges
from geo.walk.cutting import cut
from geo.walk.distances import pairs_within
from geo.walk.snapping import at_nodes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.arrays import Ints
    from geo.walk.distances import Pairs
    from geo.walk.network import WalkNetwork
    from geo.walk.snapping import Snapped


@dataclass(frozen=True, eq=False)
class Around:
    """What lies within a limit of each place.

    Attributes
    ----------
    network
        The streets.
    nodes
        Nodes within the limit: ``group`` is the row of the place, ``target`` the node.
    place, edge
        One row per part of a street, sorted by place and edge: whose it is and where.
    from_mm, to_mm
        Where the part begins and ends along its edge.
    near_mm
        Way from the place to the nearest point of the edge.
    limit_m
        As asked for.

    Examples
    --------
    >>> import yimi
    >>> city = yimi.load(yimi.demo).city
    >>> near = around(city.streets, city.on_streets.entrances, limit_m=100)
    >>> isinstance(near, Around), bool((near.near_mm <= 100_000).all())
    (True, True)
    """

    network: WalkNetwork
    nodes: Pairs
    place: Ints
    edge: Ints
    from_mm: Ints
    to_mm: Ints
    near_mm: Ints
    limit_m: float

    @cached_property
    def lines(self) -> NDArray[np.object_]:
        """The parts as LineStrings."""
        length_mm = self.network.edge_length_mm[self.edge]
        shares = (self.from_mm / length_mm, self.to_mm / length_mm)
        return cut(self.network.vertex_xy, self.network.edge_start, self.edge, shares=shares)

    def of(self, place: int) -> Ints:
        """Return the rows of one place."""
        first, last = np.searchsorted(self.place, (place, place + 1))
        return np.arange(first, last)


def around(network: WalkNetwork, places: Snapped, *, limit_m: float) -> Around:
    """Find what lies within a limit of each place, along the streets.

    Parameters
    ----------
    network
        The streets.
    places
        Places on them; the way from the point to the street is not counted.  What was not snapped
        reaches nothing.
    limit_m
        Greatest distance (``<=``) in metres; parts end exactly there.

    Examples
    --------
    On a street of 1,000 m, 100 m to either side of its middle:

    >>> import geopandas as gpd, shapely, yimi
    >>> line = shapely.LineString([(500_000, 4_310_000), (501_000, 4_310_000)])
    >>> network = yimi.streets(gpd.GeoDataFrame(geometry=[line], crs=4548))
    >>> from geo.walk.snapping import snap
    >>> middle = snap(network, np.array([[500_500, 4_310_000]]), max_m=10)
    >>> near = around(network, middle, limit_m=100)
    >>> ((near.to_mm - near.from_mm).sum() / 1000).round().item()
    200.0
    """
    everywhere = at_nodes(network, np.arange(len(network.node_xy)))
    groups = np.arange(len(places))
    nodes = pairs_within(network, places, groups, everywhere, limit_m=limit_m)
    limit_mm = round(limit_m * MM_PER_M)
    # place, edge, holds_place: (pairs,); left_mm: (pairs, 2), whole mm left at the edge's two ends
    place, edge, left_mm, holds_place = _ends(network, places, nodes, limit_mm=limit_mm)
    length_mm = network.edge_length_mm[edge].astype(np.int64)
    head = np.minimum(left_mm[:, 0], length_mm)
    tail = length_mm - np.minimum(left_mm[:, 1], length_mm)
    offset_mm = places.offset_mm[place]
    low = np.where(holds_place, np.maximum(offset_mm - limit_mm, 0), head)
    high = np.where(holds_place, np.minimum(offset_mm + limit_mm, length_mm), head)
    low, head = np.where(head >= low, 0, low), np.where(head >= low, 0, head)
    high, tail = np.where(high >= tail, length_mm, high), np.where(high >= tail, length_mm, tail)
    near_mm = np.where(holds_place, 0, limit_mm - left_mm.max(axis=1, initial=0))
    # begin, end: (pairs, 3) mm: the part at the head, the one around the place, the one at the tail
    begin = np.column_stack([np.zeros_like(head), low, tail])
    end = np.column_stack([head, high, length_mm])
    row, part = np.nonzero(end > begin)
    return Around(
        network=network,
        nodes=nodes,
        place=place[row],
        edge=edge[row],
        from_mm=begin[row, part],
        to_mm=end[row, part],
        near_mm=near_mm[row],
        limit_m=limit_m,
    )


def _ends(
    network: WalkNetwork, places: Snapped, nodes: Pairs, *, limit_mm: int
) -> tuple[Ints, Ints, Ints, NDArray[np.bool_]]:
    """Return each place and edge that belong together, and what is left of the limit at its ends.

    The last array tells the edges that the places themselves lie on.
    """
    # node, degree: (nodes in reach,); from arc on (arcs,), one for each street that leaves a node
    node = nodes.target
    degree = network.indptr[node + 1] - network.indptr[node]
    arc = ranges(network.indptr[node], degree)
    edge = network.arc_edge[arc].astype(np.int64)
    at, place = np.repeat(node, degree), np.repeat(nodes.group, degree)
    left_mm = np.repeat(limit_mm - np.rint(nodes.distance_m * MM_PER_M).astype(np.int64), degree)
    snapped = np.flatnonzero(places.edge >= 0)
    edges = len(network.edge_length_mm)
    own_key = snapped * edges + places.edge[snapped]
    key, row = np.unique(np.concatenate([place * edges + edge, own_key]), return_inverse=True)
    left = np.zeros((len(key), 2), dtype=np.int64)
    row = row[: len(edge)]
    for side in (0, 1):
        here = network.edge_nodes[edge, side] == at
        np.maximum.at(left[:, side], row[here], left_mm[here])
    return key // edges, key % edges, left, np.isin(key, own_key)
