"""How far is it along the streets, and what lies within a limit?

The door to the searches of `geo.walk.search`: places on edges go in, metres come out (``inf`` where
nothing is reached).  Inside, all lengths are whole millimetres; every limit is tested with ``<=``.
Two places on one edge are also measured along that edge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from geo.arrays import MM_PER_M, ranges
from geo.walk.cutting import cut

if TYPE_CHECKING:
    from geo.arrays import Floats, Ints
    from geo.walk.network import WalkNetwork
    from geo.walk.reach import Reached
    from geo.walk.snapping import Snapped


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest source of each target.

    Attributes
    ----------
    distance_m
        Metres along the streets, inf where no source is within the limit.
    source
        Row of the source, -1 where there is none; of sources equally near the first row.
    """

    distance_m: Floats
    source: Ints


@dataclass(frozen=True, eq=False)
class Pairs:
    """Groups of sources and targets within the limit of each other, sorted by group and target.

    Attributes
    ----------
    group
        Number of the group, as given.
    target
        Row of the target.
    distance_m
        Metres from the nearest source of the group.

    Examples
    --------
    >>> import yimi
    >>> streets = yimi.load(yimi.demo).city.on_streets
    >>> pairs = pairs_within(
    ...     streets.network, streets.entrances, streets.facility, streets.demand, limit_m=300
    ... )
    >>> isinstance(pairs, Pairs), bool((pairs.distance_m <= 300).all())
    (True, True)
    """

    group: Ints
    target: Ints
    distance_m: Floats


def nearest(
    network: WalkNetwork,
    sources: Snapped,
    targets: Snapped,
    *,
    limit_m: float = math.inf,
    source_legs: bool = False,
) -> Nearest:
    """Find the nearest source of each target with one search from all sources at once.

    Parameters
    ----------
    network
        The streets.
    sources, targets
        Places on the streets; those that were not snapped neither reach nor are reached.
    limit_m
        Greatest distance (``<=``) in metres.
    source_legs
        Let each source start with its access leg; the targets' legs are never added.

    Returns
    -------
    Nearest
        Aligned with the targets.

    Examples
    --------
    A school at the end of a street of 1,000 m and one in its middle:

    >>> import geopandas as gpd, shapely, yimi
    >>> line = shapely.LineString([(500_000, 4_310_000), (501_000, 4_310_000)])
    >>> network = yimi.streets(gpd.GeoDataFrame(geometry=[line], crs=4548))
    >>> from geo.walk.snapping import snap
    >>> schools = snap(network, np.array([[501_000, 4_310_000], [500_500, 4_310_000]]), max_m=10)
    >>> homes = snap(network, np.array([[500_100, 4_310_000], [500_800, 4_310_000]]), max_m=10)
    >>> found = nearest(network, schools, homes)
    >>> found.distance_m.round().tolist(), found.source.tolist()
    ([400.0, 200.0], [1, 0])
    """
    from geo.walk import reach  # noqa: PLC0415 - loads the compiler

    reached = reach.from_sources(network, sources, limit_m=limit_m, legs=source_legs)
    return Nearest(*reach.at_places(network, reached, targets))


def nearest_of_nodes(
    network: WalkNetwork,
    sources: Snapped,
    *,
    limit_m: float = math.inf,
    source_legs: bool = False,
) -> Nearest:
    """Find the nearest source of each node of the network; see `nearest`.

    Examples
    --------
    >>> import geopandas as gpd, shapely, yimi
    >>> line = shapely.LineString([(500_000, 4_310_000), (501_000, 4_310_000)])
    >>> network = yimi.streets(gpd.GeoDataFrame(geometry=[line], crs=4548))
    >>> from geo.walk.snapping import snap
    >>> school = snap(network, np.array([[500_300, 4_310_000]]), max_m=10)
    >>> sorted(nearest_of_nodes(network, school).distance_m.round().tolist())
    [300.0, 700.0]
    """
    from geo.walk import reach  # noqa: PLC0415 - loads the compiler

    reached = reach.from_sources(network, sources, limit_m=limit_m, legs=source_legs)
    return Nearest(*reach.at_nodes(reached))


def pairs_within(  # noqa: PLR0917 - who, in which groups, to whom
    network: WalkNetwork,
    sources: Snapped,
    source_group: Ints,
    targets: Snapped,
    *,
    limit_m: float,
    legs: bool = False,
) -> Pairs:
    """List all pairs of a group and a target within a limit of each other.

    Each group costs one search of what lies within the limit, whatever the size of the city.

    Parameters
    ----------
    network
        The streets.
    sources
        Places to start from, e.g. the entrances of the facilities.
    source_group
        Number of the group of each source, e.g. the row of its facility.
    targets
        Places to reach.
    limit_m
        Greatest distance (``<=``) in metres.
    legs
        Add the access legs of the source and of the target.

    Examples
    --------
    One school with two gates is one group, and counts from the nearer gate:

    >>> import geopandas as gpd, shapely, yimi
    >>> line = shapely.LineString([(500_000, 4_310_000), (501_000, 4_310_000)])
    >>> network = yimi.streets(gpd.GeoDataFrame(geometry=[line], crs=4548))
    >>> from geo.walk.snapping import snap
    >>> gates = snap(network, np.array([[500_400, 4_310_000], [500_600, 4_310_000]]), max_m=10)
    >>> home = snap(network, np.array([[500_900, 4_310_000]]), max_m=10)
    >>> pairs = pairs_within(network, gates, np.array([0, 0]), home, limit_m=500)
    >>> pairs.group.tolist(), pairs.target.tolist(), pairs.distance_m.round().tolist()
    ([0], [0], [300.0])
    """
    from geo.walk import reach  # noqa: PLC0415 - loads the compiler

    groups, work = reach.pair_search(
        network, (sources, source_group), targets, limit_m=limit_m, legs=legs
    )
    hits, target, distance_m = reach.pairs(work)
    return Pairs(np.repeat(groups, hits), target, distance_m)


def reached_edges(
    network: WalkNetwork, sources: Snapped, *, limit_m: float, source_legs: bool = False
) -> gpd.GeoDataFrame:
    """Return the parts of the streets that lie within a limit of the nearest source.

    An edge that is reached from both ends with a gap between gives two rows.

    Parameters
    ----------
    network, sources, source_legs
        As for `nearest`.
    limit_m
        Greatest distance (``<=``) in metres; the lines end exactly there.

    Returns
    -------
    geopandas.GeoDataFrame
        Lines in the network's CRS, sorted by edge: ``edge``, ``from_m``, ``to_m`` (along the edge).

    Examples
    --------
    >>> import geopandas as gpd, shapely, yimi
    >>> line = shapely.LineString([(500_000, 4_310_000), (501_000, 4_310_000)])
    >>> network = yimi.streets(gpd.GeoDataFrame(geometry=[line], crs=4548))
    >>> from geo.walk.snapping import snap
    >>> school = snap(network, np.array([[500_300, 4_310_000]]), max_m=10)
    >>> reached_edges(network, school, limit_m=100).length.round().tolist()
    [200.0]
    """
    from geo.walk import reach  # noqa: PLC0415 - loads the compiler

    reached = reach.from_sources(network, sources, limit_m=limit_m, legs=source_legs)
    edge, low, high = _merged(*_intervals(network, reached))
    length_mm = network.edge_length_mm[edge]
    shares = (low / length_mm, high / length_mm)
    lines = cut(network.vertex_xy, network.edge_start, edge, shares=shares)
    columns = {"edge": edge, "from_m": low / MM_PER_M, "to_m": high / MM_PER_M}
    return gpd.GeoDataFrame(columns, geometry=lines, crs=network.crs)


def _intervals(network: WalkNetwork, reached: Reached) -> tuple[Ints, Ints, Ints]:
    """Return edge, begin and end (mm) of what is reached from each node and each source."""
    # nodes: (reached,); from edge on (arcs,); starts: (sources,); all lengths whole mm
    nodes, starts = reached.nodes.astype(np.int64), reached.starts
    left_mm = reached.limit_mm - (reached.keys[nodes] >> reached.label_bits).astype(np.int64)
    degree = network.indptr[nodes + 1] - network.indptr[nodes]
    edge = network.arc_edge[ranges(network.indptr[nodes], degree)].astype(np.int64)
    node, left_mm = np.repeat(nodes, degree), np.repeat(left_mm, degree)
    length_mm = network.edge_length_mm[edge].astype(np.int64)
    first, last = (network.edge_nodes[edge, side] == node for side in (0, 1))
    on_edge = starts.edge.astype(np.int64)
    offset_mm = starts.offset_mm.astype(np.int64)
    reach_mm = reached.limit_mm - starts.leg_mm.astype(np.int64)
    low = [
        np.zeros(np.count_nonzero(first), dtype=np.int64),
        np.maximum(length_mm - left_mm, 0)[last],
        np.maximum(offset_mm - reach_mm, 0),
    ]
    high = [
        np.minimum(length_mm, left_mm)[first],
        length_mm[last],
        np.minimum(offset_mm + reach_mm, network.edge_length_mm[on_edge]),
    ]
    return (
        np.concatenate([edge[first], edge[last], on_edge]),
        np.concatenate(low),
        np.concatenate(high),
    )


def _merged(edge: Ints, low: Ints, high: Ints) -> tuple[Ints, Ints, Ints]:
    """Unite what overlaps or touches on the same edge; sorted by edge and place."""
    # edge, low, high: (intervals,); begin, end: (united,), rows of the first and last of each
    not_empty = high > low
    edge, low, high = edge[not_empty], low[not_empty], high[not_empty]
    order = np.lexsort((low, edge))
    edge, low, high = edge[order], low[order], high[order]
    far = int(high.max(initial=0)) + 1  # edges one after the other on one line
    until = np.maximum.accumulate(edge * far + high)
    opens = np.ones(len(edge), dtype=bool)
    opens[1:] = (edge * far + low)[1:] > until[:-1]
    begin = np.flatnonzero(opens)
    end = np.append(begin[1:], len(edge))[: len(begin)] - 1
    return edge[begin], low[begin], until[end] - edge[begin] * far
