"""Which ways to a gate are both short and safe?  All of them, exactly, for all homes at once.

For each home the *front* holds the ways that no other way dominates: each is safer than every
shorter one.  Lengths are whole millimetres and count the access legs of both ends; risks are whole
thousandths of a point and belong to the streets walked, a part of an edge having its share.

A label may be dropped early only where that loses nothing.  Pruning by ``length <= cap * shortest
way to this node`` does lose something, because a detour may lie near the school.  Here a node's
bound is the greatest length with which some home can still be reached within that home's own limit:
one search backwards from all homes gives it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geo.arrays import MM_PER_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.arrays import Floats, Ints
    from geo.walk.labels import Spots, Tree
    from geo.walk.network import WalkNetwork
    from geo.walk.snapping import Snapped


RISK_UNITS = 1000
"""Units of risk in one point."""


@dataclass(frozen=True, eq=False)
class Fronts:
    """The ways to each home that no other way dominates.

    Attributes
    ----------
    start
        (p + 1,) the front of home ``h`` has the rows ``start[h]`` to ``start[h + 1]``: from the
        shortest way (of equally short ones the safest) to the safest within the home's limit.
        A home that is not reached has none.
    length_mm, risk
        Length with both legs, and risk in thousandths of a point.
    truncated
        There were more labels than allowed: the shortest ways are exact, safer ones may be missing.
    labels
        Number of labels that were made.
    """

    start: Ints
    length_mm: Ints
    risk: Ints
    truncated: bool
    labels: int
    _tree: Tree
    _ways: Ints
    _gates: Spots
    _gate_row: Ints
    _home_edge: Ints


@dataclass(frozen=True, eq=False)
class Ways:
    """Ways from homes to gates, piece by piece.

    Attributes
    ----------
    start
        Way ``w`` has the pieces ``start[w]`` to ``start[w + 1]``, from the home to the gate.
    edge, walked_mm
        Edge of each piece and how much of it is walked, more than 0.
    gate
        (w,) row of the gate.

    Examples
    --------
    >>> import geopandas as gpd, shapely, yimi
    >>> line = shapely.LineString([(500_000, 4_310_000), (501_000, 4_310_000)])
    >>> network = yimi.streets(gpd.GeoDataFrame(geometry=[line], crs=4548))
    >>> from geo.walk.snapping import snap
    >>> gate = snap(network, np.array([[500_900, 4_310_000]]), max_m=10)
    >>> home = snap(network, np.array([[500_100, 4_310_000]]), max_m=10)
    >>> front = fronts(
    ...     network, gate, home, risk=np.array([1000]), limit_mm=np.array([900_000]), labels_max=99
    ... )
    >>> way = ways(network, front, np.array([0]))
    >>> way.edge.tolist(), (way.walked_mm / 1000).round().tolist(), way.gate.tolist()
    ([0], [800.0], [0])
    """

    start: Ints
    edge: Ints
    walked_mm: Ints
    gate: Ints


def risk_units(points: Floats) -> Ints:
    """Return risks in whole thousandths of a point.

    Raises
    ------
    ValueError
        When a risk is negative or not finite.

    Examples
    --------
    >>> risk_units(np.array([0.5, 2.0])).tolist()
    [500, 2000]
    """
    if not (np.isfinite(points) & (points >= 0)).all():
        raise ValueError("a risk must be a number of 0 or more")
    return np.rint(points * RISK_UNITS).astype(np.int64)


def limits_mm(shortest_mm: Ints, *, detour_cap: float) -> Ints:
    """Return how long ways may be at most, in whole millimetres; the cap counts in thousandths.

    Examples
    --------
    >>> limits_mm(np.array([1_000_000, 333]), detour_cap=1.3).tolist()
    [1300000, 432]
    """
    return shortest_mm * round(detour_cap * 1000) // 1000


def fronts(
    network: WalkNetwork,
    gates: Snapped,
    homes: Snapped,
    *,
    risk: Ints,
    limit_mm: Ints,
    labels_max: int,
    banned: NDArray[np.bool_] | None = None,
) -> Fronts:
    """Find the front of each home.

    Parameters
    ----------
    network
        The streets.
    gates
        Gates of one school: a way may lead to any of them.
    homes
        Places to reach.
    risk
        (m,) risk of each edge in thousandths of a point (`risk_units`), 0 or more.
    limit_mm
        (p,) greatest length (``<=``) of each home's ways, both legs counted; negative = none.
    labels_max
        Number of labels at which the search gives up all but the shortest ways.
    banned
        (m,) edges that no way may use.

    Returns
    -------
    Fronts
        Aligned with the homes.

    Notes
    -----
    Label setting in the order of length (Hansen 1980; Martins 1984), which also finds the ways
    that no weighted sum of length and risk would choose.

    Examples
    --------
    A straight road of 100 m with a risk of 9 points, and a way round it of 141 m with 1 point: each
    is better in something, so both are on the front.

    >>> import geopandas as gpd, shapely, yimi
    >>> x, y = 500_000, 4_310_000
    >>> road = shapely.LineString([(x, y), (x + 100, y)])
    >>> detour = shapely.LineString([(x, y), (x + 50, y + 50), (x + 100, y)])
    >>> network = yimi.streets(gpd.GeoDataFrame(geometry=[road, detour], crs=4548))
    >>> from geo.walk.snapping import at_nodes
    >>> risk = risk_units(np.where(network.edge_length_mm < 120_000, 9.0, 1.0))
    >>> ends = at_nodes(network, np.array([0, 1]))
    >>> asked = {"risk": risk, "limit_mm": np.array([150_000]), "labels_max": 99}
    >>> front = fronts(network, ends.take([0]), ends.take([1]), **asked)
    >>> (front.length_mm / 1000).round().tolist(), (front.risk / RISK_UNITS).tolist()
    ([100.0, 141.0], [9.0, 1.0])
    """
    from geo.walk import labels, reach  # noqa: PLC0415  (numba is loaded by the first search)
    from geo.walk.closures import closed  # noqa: PLC0415

    if banned is not None:
        closure = closed(network, banned)
        network = closure.network
        gates, homes = closure.open_ends(gates), closure.open_ends(homes)
    graph = reach.graph_of(network)
    gate_row = np.flatnonzero(gates.edge >= 0)
    sources = labels.Spots(*(column[gate_row] for column in _spots(gates)))
    targets = labels.Spots(*_spots(homes))
    bound_mm = _bounds(network, homes, limit_mm=limit_mm)
    tree, count, truncated = labels.grow(graph, risk, sources, bound_mm, labels_max)
    start, ways = labels.collect(graph, risk, tree, sources, targets, limit_mm)
    return Fronts(
        start=start,
        length_mm=ways[:, labels.LENGTH],
        risk=ways[:, labels.RISK],
        truncated=truncated,
        labels=count,
        _tree=tree,
        _ways=ways,
        _gates=sources,
        _gate_row=gate_row,
        _home_edge=homes.edge,
    )


def ways(network: WalkNetwork, found: Fronts, rows: Ints) -> Ways:
    """Unpack ways of the fronts.

    Parameters
    ----------
    network
        The streets that the fronts were searched on.
    found
        The fronts.
    rows
        Rows of the fronts, e.g. ``found.start[:-1]`` for the shortest ways when each home has one.

    Examples
    --------
    >>> import geopandas as gpd, shapely, yimi
    >>> line = shapely.LineString([(500_000, 4_310_000), (501_000, 4_310_000)])
    >>> network = yimi.streets(gpd.GeoDataFrame(geometry=[line], crs=4548))
    >>> from geo.walk.snapping import at_nodes
    >>> ends = at_nodes(network, np.array([0, 1]))
    >>> asked = {"risk": np.array([0]), "limit_mm": np.array([2_000_000]), "labels_max": 99}
    >>> front = fronts(network, ends.take([0]), ends.take([1]), **asked)
    >>> (ways(network, front, front.start[:-1]).walked_mm / 1000).round().tolist()
    [1000.0]
    """
    from geo.walk import labels, reach  # noqa: PLC0415  (numba is loaded by the first search)

    home = np.searchsorted(found.start, rows, side="right") - 1
    start, pieces, source = labels.trace(
        reach.graph_of(network),
        found._tree,  # noqa: SLF001
        found._gates,  # noqa: SLF001
        found._ways[rows],  # noqa: SLF001
        found._home_edge[home],  # noqa: SLF001
    )
    gate = found._gate_row[source]  # noqa: SLF001
    return Ways(start=start, edge=pieces[:, 0], walked_mm=pieces[:, 1], gate=gate)


def _spots(places: Snapped) -> tuple[Ints, Ints, Ints]:
    """Return edge, offset and access leg (mm, 0 where not snapped)."""
    leg_m = np.where(places.edge >= 0, places.access_m, 0.0)
    leg_mm = np.rint(leg_m * MM_PER_M).astype(np.int64)
    return places.edge, places.offset_mm, leg_mm


def _bounds(network: WalkNetwork, homes: Snapped, *, limit_mm: Ints) -> Ints:
    """Return the greatest length at each node with which some home is still within its limit.

    That is the greatest of ``limit - leg - way to the home``.  Each home starts with what its limit
    lacks to the greatest one, so that a search for the least finds it.  -1 where there is none.
    """
    from geo.walk import reach  # noqa: PLC0415 - loads the compiler

    bound_mm = np.full(len(network.node_xy), -1, dtype=np.int64)
    edge = np.where(limit_mm >= 0, homes.edge, -1)
    if not (edge >= 0).any():
        return bound_mm
    most = int(limit_mm[edge >= 0].max())
    late = replace(homes, edge=edge, access_m=homes.access_m + (most - limit_mm) / MM_PER_M)
    found = reach.from_sources(network, late, limit_m=most / MM_PER_M, legs=True)
    lacking = (found.keys[found.nodes] >> found.label_bits).astype(np.int64)
    bound_mm[found.nodes] = most - lacking
    return bound_mm
