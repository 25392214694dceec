"""From where to where could a link lead: which places of streets are near each other?

A link starts at an end of a street or at even steps along one, where children without a facility
in reach live near, and leads to the nearest place of another street, or to an end of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from analyses.links.obstacles import levels
from geo.arrays import MM_PER_M, ranges
from geo.bundled import load_toml
from geo.walk import Snapped, at_nodes, closed, nearest, pairs_within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.arrays import Flags, Floats, Ints
    from geo.walk import WalkNetwork


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
        return Links(self.start.take(chosen), self.end.take(chosen), self.length_mm[chosen])

    def lines(self) -> NDArray[np.object_]:
        """Return the links as LineStrings."""
        pairs = np.stack([self.start.xy, self.end.xy], axis=1)
        return np.asarray(shapely.linestrings(pairs), dtype=object)


@dataclass(frozen=True, eq=False)
class Nearby:
    """What is near what, whoever lives there: the same for all facilities and children.

    Attributes
    ----------
    network
        The streets, without the arcs of those that may not be used.
    starts
        Places on the streets.
    start, edge, offset_mm
        Pairs of a place (row of `starts`) and a place on an edge near it.
    node
        Of each pair: the node where the second place is, or -1.
    gap_m
        Of each pair: straight metres from the first place, perhaps less to a place on an edge.
    """

    network: WalkNetwork
    starts: Snapped
    start: Ints
    edge: Ints
    offset_mm: Ints
    node: Ints
    gap_m: Floats


def stations(network: WalkNetwork, edges: Flags, *, spacing_m: float) -> Snapped:
    """Return places on some edges: their nodes, and even steps of at most `spacing_m` between."""
    on = np.flatnonzero(edges)
    nodes = np.unique(network.edge_nodes[on].astype(np.int64))
    length_mm = network.edge_length_mm[on].astype(np.int64)
    steps = -(-length_mm // round(spacing_m * MM_PER_M))
    edge = np.repeat(on, steps - 1)
    number = ranges(np.ones(len(on), dtype=np.int64), steps - 1)
    offset_mm = number * np.repeat(length_mm, steps - 1) // np.repeat(steps, steps - 1)
    return Snapped.concat([at_nodes(network, nodes), on_edges(network, edge, offset_mm)])


def on_edges(network: WalkNetwork, edge: Ints, offset_mm: Ints) -> Snapped:
    """Return places on edges, with no way to the street."""
    points = shapely.line_interpolate_point(network.tree.geometries[edge], offset_mm / MM_PER_M)
    return Snapped(edge, offset_mm, np.zeros(len(edge)), shapely.get_coordinates(points))


def near_places(network: WalkNetwork, banned: Flags | None = None) -> Nearby:
    """Find which places of the streets are near enough to each other for a link.

    Much of the work of `missing_links`, and the same for all rules.

    Parameters
    ----------
    network, banned
        The streets, and the edges that may not be used.

    Examples
    --------
    >>> import yimi
    >>> near = near_places(yimi.load(yimi.demo).city.streets)
    >>> bool((near.gap_m >= 0).all()), len(near.start) == len(near.edge) == len(near.gap_m)
    (True, True)
    """
    usable = levels(network) == 0
    if banned is not None and banned.any():
        network, usable = closed(network, banned).network, usable & ~banned
    return nearby(
        network,
        usable,
        spacing_m=number("spacing"),
        most_m=longest_m(),
    )


def nearby(network: WalkNetwork, usable: Flags, *, spacing_m: float, most_m: float) -> Nearby:
    """Return places on the usable edges, and the nearest place and the ends of each edge near them.

    Parameters
    ----------
    network
        The streets, without the arcs of those that may not be used.
    usable
        (m,) edges where a link may start or end.
    spacing_m
        Greatest step between the places along an edge.
    most_m
        Longest link (``<=``).
    """
    starts = stations(network, usable, spacing_m=spacing_m)
    points = np.asarray(shapely.points(starts.xy), dtype=object)
    on = np.flatnonzero(usable)
    lines = network.tree.geometries[on]
    hit, start = shapely.STRtree(points).query(lines, predicate="dwithin", distance=most_m)
    order = np.argsort(start * np.int64(len(on) + 1) + hit)
    start, edge = start[order].astype(np.int64), on[hit[order]]
    along_m = shapely.line_locate_point(network.tree.geometries[edge], points[start])
    whole_mm = network.edge_length_mm[edge].astype(np.int64)
    offset_mm = np.minimum(np.rint(along_m * MM_PER_M).astype(np.int64), whole_mm)
    first, node, end_m = _ends_near(network, usable, starts, most_m=most_m)
    inner = (offset_mm > 0) & (offset_mm < whole_mm)
    start, edge, offset_mm = start[inner], edge[inner], offset_mm[inner]
    gap_m = shapely.distance(network.tree.geometries[edge], points[start])
    ends = at_nodes(network, node)
    return Nearby(
        network,
        starts,
        start=np.concatenate([start, first]),
        edge=np.concatenate([edge, ends.edge]),
        offset_mm=np.concatenate([offset_mm, ends.offset_mm]),
        node=np.concatenate([np.full(len(start), -1), node]),
        gap_m=np.concatenate([gap_m, end_m]),
    )


def possible(near: Nearby, wanted: Ints, *, least_m: float, most_m: float) -> Links:
    """Join places in a straight line.

    Parameters
    ----------
    near
        Places that are near each other.
    wanted
        Rows of the pairs to be joined, ascending.
    least_m, most_m
        Shortest and longest link (``<=``).
    """
    node, edge, offset_mm = near.node[wanted], near.edge[wanted], near.offset_mm[wanted]
    inner = node < 0  # the first rows
    between = on_edges(near.network, edge[inner], offset_mm[inner])
    end = Snapped.concat([between, at_nodes(near.network, node[~inner])])
    begin = near.starts.take(near.start[wanted])
    length_mm = np.rint(np.hypot(*(end.xy - begin.xy).T) * MM_PER_M).astype(np.int64)
    fits = (length_mm >= least_m * MM_PER_M) & (length_mm <= most_m * MM_PER_M)
    return Links(begin, end, length_mm).only(fits)


def _ends_near(
    network: WalkNetwork, usable: Flags, starts: Snapped, *, most_m: float
) -> tuple[Ints, Ints, Floats]:
    """Return pairs of a place and an end of a usable edge near it, and the metres between them."""
    from scipy.spatial import KDTree  # noqa: PLC0415  (loads the whole of scipy.spatial)

    nodes = np.unique(network.edge_nodes[usable].astype(np.int64))
    found = KDTree(starts.xy).sparse_distance_matrix(
        KDTree(network.node_xy[nodes]), most_m + 1.0 / MM_PER_M, output_type="ndarray"
    )
    found = found[np.argsort(found["i"] * np.int64(len(nodes) + 1) + found["j"])]
    return found["i"].astype(np.int64), nodes[found["j"]], found["v"]


def without_short_ways(network: WalkNetwork, links: Links, *, detour_min: float) -> Links:
    """Return the links whose ends are `detour_min` times as far apart on foot, or unconnected."""
    longest_m = float(links.length_mm.max(initial=0)) * detour_min / MM_PER_M
    starts, ends = (_numbered(network, p) for p in (links.start, links.end))
    pairs = pairs_within(
        network,
        links.start.take(starts[0]),
        np.arange(len(starts[0])),
        links.end.take(ends[0]),
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


def _numbered(network: WalkNetwork, places: Snapped) -> tuple[Ints, Ints]:
    """Return the rows of different places, and the number of each row's place among them."""
    keys = places.edge * (network.lengths_mm[1] + 1) + places.offset_mm
    _, first, number = np.unique(keys, return_index=True, return_inverse=True)
    return first, number.astype(np.int64)


def longest_m() -> float:
    """Return how long a link may be, whatever it is."""
    return max(number("bridge_max"), number("link_max"))


def number(name: str) -> float:
    """Return a number of ``data/rules/links.toml``."""
    return float(load_toml("rules/links.toml")[name]["value"])
