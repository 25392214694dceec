"""How far is each school from each home on the same side of the roads that no child is to cross?

An island is what can be walked without crossing a listed road; a bridge or an underpass crosses
nothing.  Without the street sides (`analyses.streets.scene`) all streets are one island.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from geo.bundled import load_toml
from geo.walk import closed, pairs_within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyses.city import City
    from analyses.streets import Scene
    from geo.arrays import Flags, Floats, Ints
    from geo.walk import Closure, Pairs, Snapped, WalkNetwork


_BRIDGE = "grade_separated"


@dataclass(frozen=True, eq=False)
class Ways:
    """Ways from facilities (groups) to demand points (targets).

    Attributes
    ----------
    island
        Of each demand point; -1: not on a street.
    kept
        Pairs without crossing a listed road.
    across
        Pairs by any way.
    reach_m
        How far was looked.
    """

    island: Ints
    kept: Pairs
    across: Pairs
    reach_m: float

    def mean(
        self, points: Ints, block: Ints, *, weight: Floats, facilities: Ints
    ) -> tuple[Floats, Flags]:
        """Return the mean way (blocks, facilities) of the children, and which pairs exist.

        Children farther than `reach_m` count with it.
        """
        metres, share = _means(self.kept, points, block, weight=weight, facilities=facilities)
        there = share > 0
        return np.where(there, metres + (1 - share) * self.reach_m, np.inf), there

    def mean_across(self, points: Ints, block: Ints, *, weight: Floats, facilities: Ints) -> Floats:
        """Return the mean way (blocks, facilities) by any way, inf where nobody is in reach."""
        metres, share = _means(self.across, points, block, weight=weight, facilities=facilities)
        return np.where(share > 0, metres + (1 - share) * self.reach_m, np.inf)


def zone_ways(
    city: City, rows: Ints, *, sides: bool, never_cross: Sequence[str] | None = None
) -> Ways:
    """Find the ways between schools and homes, with and without crossing listed roads.

    Parameters
    ----------
    city
        Streets, facilities and demand points.
    rows
        Rows of the facilities concerned.
    sides
        Whether crossings are looked at; else no road divides anything.
    never_cross
        Road classes; None: those of ``data/rules/zones.toml``.

    Examples
    --------
    >>> import numpy as np, yimi
    >>> city = yimi.load(yimi.demo).city
    >>> schools = np.flatnonzero(city.facilities["kind"] == "primary_school")
    >>> ways = zone_ways(city, schools, sides=False)
    >>> len(ways.island) == len(city.demand), len(ways.kept.target) <= len(ways.across.target)
    (True, True)
    """
    rules = load_toml("rules/zones.toml")
    reach_m = float(rules["reach"]["value"])
    if sides:
        classes = rules["never_cross"]["classes"] if never_cross is None else never_cross
        snapped, shut = city.on_sides, _listed(city.scene, classes)
    else:
        snapped, shut = city.on_streets, np.zeros(len(city.streets.edges), dtype=bool)
    network, homes = snapped.network, snapped.demand
    closure = closed(network, shut)
    gates, of = snapped.entrances_of(rows)
    ends = (closure.open_ends(gates), closure.open_ends(homes))
    kept = pairs_within(closure.network, ends[0], of, ends[1], limit_m=reach_m, legs=True)
    across = pairs_within(network, gates, of, homes, limit_m=reach_m, legs=True)
    return Ways(_islands(closure, ends[1]), kept, across, reach_m)


def _listed(scene: Scene, classes: Sequence[str]) -> Flags:
    """Say which edges of the street sides cross a listed road on the level."""
    crossings = scene.crossings
    level = (crossings["road_class"].isin(classes) & (crossings["facility"] != _BRIDGE)).to_numpy()
    of = scene.sides.crossing
    return np.asarray((of >= 0) & level[np.maximum(of, 0)], dtype=bool)


def _islands(closure: Closure, homes: Snapped) -> Ints:
    """Return the number of the connected part that each home lies on, -1 for none."""
    network: WalkNetwork = closure.network
    size = len(network.node_xy)
    ones = np.ones(len(network.neighbour), dtype=np.int8)
    arcs = sparse.csr_array((ones, network.neighbour, network.indptr), shape=(size, size))
    _, label = sparse.csgraph.connected_components(arcs, directed=False)
    on = homes.edge >= 0
    node = network.edge_nodes[np.maximum(homes.edge, 0), 0].astype(np.int64)
    return np.where(on, label[node], -1).astype(np.int64)


def _means(
    pairs: Pairs, points: Ints, block: Ints, *, weight: Floats, facilities: Ints
) -> tuple[Floats, Floats]:
    """Return the part of the mean way of those within reach, and their share of the children."""
    column = pd.Index(facilities).get_indexer(pd.Index(pairs.group))
    row = pd.Index(points).get_indexer(pd.Index(pairs.target))
    fits = (column >= 0) & (row >= 0)
    column, row, metres = column[fits], row[fits], pairs.distance_m[fits]
    shape = (int(block.max()) + 1, len(facilities))
    total = np.bincount(block, weight, shape[0])[:, None]
    sums = [
        sparse.coo_array((weight[row] * value, (block[row], column)), shape=shape).toarray()
        for value in (metres, np.ones(len(row)))
    ]
    return sums[0] / total, sums[1] / total
