"""From where to where could a link lead: which places of streets are near each other?

A link starts at an end of a street or at even steps along one, where children without a facility
in reach live near, and leads to the nearest place of another street, or to an end of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from analyses.pairs import taken
from geo.arrays import ranges
from geo.distances import nearest, pairs_within
from geo.network import MM_PER_M
from geo.snap import Snapped, at_nodes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.network import WalkNetwork

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Links:
    """Possible links, a row each.

    Attributes
    ----------
    start, end
        Places on the streets: where children without a facility in reach are near, and the other.
    length_mm
        Straight length, at least 1.
    """

    start: Snapped
    end: Snapped
    length_mm: Ints

    def __len__(self) -> int:
        """Return the number of links."""
        return len(self.length_mm)

    def only(self, rows: Ints | Flags) -> Links:
        """Return some of the links, by row or by a flag for each."""
        chosen = np.arange(len(self))[rows]
        return Links(taken(self.start, chosen), taken(self.end, chosen), self.length_mm[chosen])

    def lines(self) -> NDArray[np.object_]:
        """Return the links as LineStrings."""
        pairs = np.stack([self.start.xy, self.end.xy], axis=1)
        return np.asarray(shapely.linestrings(pairs), dtype=object)


def stations(network: WalkNetwork, edges: Flags, *, spacing_m: float) -> Snapped:
    """Return places on some edges: their nodes, and even steps of at most `spacing_m` between."""
    on = np.flatnonzero(edges)
    nodes = np.unique(network.edge_nodes[on].astype(np.int64))
    length_mm = network.edge_length_mm[on].astype(np.int64)
    steps = -(-length_mm // round(spacing_m * MM_PER_M))
    edge = np.repeat(on, steps - 1)
    number = ranges(np.ones(len(on), dtype=np.int64), steps - 1)
    offset_mm = number * np.repeat(length_mm, steps - 1) // np.repeat(steps, steps - 1)
    return joined(at_nodes(network, nodes), on_edges(network, edge, offset_mm))


def on_edges(network: WalkNetwork, edge: Ints, offset_mm: Ints) -> Snapped:
    """Return places on edges, with no way to the street."""
    points = shapely.line_interpolate_point(network.tree.geometries[edge], offset_mm / MM_PER_M)
    return Snapped(edge, offset_mm, np.zeros(len(edge)), shapely.get_coordinates(points))


def joined(first: Snapped, second: Snapped) -> Snapped:
    """Return the places of both."""
    return Snapped(
        np.concatenate([first.edge, second.edge]),
        np.concatenate([first.offset_mm, second.offset_mm]),
        np.concatenate([first.access_m, second.access_m]),
        np.concatenate([first.xy, second.xy]),
    )


def possible(
    network: WalkNetwork, starts: Snapped, ends: Flags, *, least_m: float, most_m: float
) -> Links:
    """Join each place with the streets near it in a straight line.

    Parameters
    ----------
    network
        The streets.
    starts
        Places to start from.
    ends
        (m,) edges where a link may end.
    least_m, most_m
        Shortest and longest link (``<=``).
    """
    edges = np.flatnonzero(ends)
    lines = network.tree.geometries[edges]
    points = np.asarray(shapely.points(starts.xy), dtype=object)
    start, hit = shapely.STRtree(lines).query(points, predicate="dwithin", distance=most_m)
    order = np.lexsort((hit, start))
    start, edge = start[order].astype(np.int64), edges[hit[order]]
    along_m = shapely.line_locate_point(network.tree.geometries[edge], points[start])
    whole_mm = network.edge_length_mm[edge].astype(np.int64)
    offset_mm = np.minimum(np.rint(along_m * MM_PER_M).astype(np.int64), whole_mm)
    inner = (offset_mm > 0) & (offset_mm < whole_mm)
    node = np.concatenate([network.edge_nodes[edge, side] for side in (0, 1)]).astype(np.int64)
    at_node = np.unique(np.column_stack([np.tile(start, 2), node]), axis=0)
    end = joined(on_edges(network, edge[inner], offset_mm[inner]), at_nodes(network, at_node[:, 1]))
    begin = taken(starts, np.concatenate([start[inner], at_node[:, 0]]))
    length_mm = np.rint(np.hypot(*(end.xy - begin.xy).T) * MM_PER_M).astype(np.int64)
    fits = (length_mm >= least_m * MM_PER_M) & (length_mm <= most_m * MM_PER_M)
    return Links(begin, end, length_mm).only(fits)


def without_short_ways(network: WalkNetwork, links: Links, *, detour_min: float) -> Links:
    """Return the links whose ends are `detour_min` times as far apart on foot, or unconnected."""
    longest_m = float(links.length_mm.max(initial=0)) * detour_min / MM_PER_M
    starts, ends = (_numbered(p) for p in (links.start, links.end))
    pairs = pairs_within(
        network,
        taken(links.start, starts[0]),
        np.arange(len(starts[0])),
        taken(links.end, ends[0]),
        limit_m=longest_m,
    )
    width = max(len(ends[0]), 1)
    known = pairs.group * width + pairs.target
    wanted = starts[1] * width + ends[1]
    at = np.minimum(np.searchsorted(known, wanted), max(len(known) - 1, 0))
    near = known[at] == wanted if len(known) else np.zeros(len(wanted), dtype=bool)
    way_mm = np.full(len(wanted), np.inf)
    way_mm[near] = np.rint(pairs.distance_m[at[near]] * MM_PER_M)
    return links.only(way_mm >= links.length_mm * detour_min)


def reaching(network: WalkNetwork, sources: Snapped, places: Snapped, *, limit_m: float) -> Floats:
    """Return the metres from the nearest source with its leg to each place; inf beyond."""
    found = nearest(network, sources, places, limit_m=limit_m, source_legs=True)
    return found.distance_m


def _numbered(places: Snapped) -> tuple[Ints, Ints]:
    """Return the rows of different places, and the number of each row's place among them."""
    keys = np.column_stack([places.edge, places.offset_mm])
    _, first, number = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return first, number.ravel().astype(np.int64)
