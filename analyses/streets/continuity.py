"""What does the next stretch of the same road say, where this one says nothing?

Stretches continue each other where they share a node, have the same name and class and are both
one-way or both two-way.  What is known of a stretch is assumed of those that continue it, however
far, until another stretch is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyses.streets.readings import Reading, filled, read_as
from geo.arrays import components

if TYPE_CHECKING:
    from geo.arrays import Flags, Ints
    from geo.walk import WalkNetwork


@dataclass(frozen=True, eq=False)
class Joins:
    """Pairs of stretches that continue each other.

    Attributes
    ----------
    first, second
        (p,) edges.
    turned
        (p,) the two were drawn against each other: left of one is right of the other.
    road
        (m,) number of the road that each edge is a stretch of.
    """

    first: Ints
    second: Ints
    turned: Flags
    road: Ints


def joins(network: WalkNetwork, road_key: Ints) -> Joins:
    """Find the stretches that continue each other.

    Parameters
    ----------
    network
        The streets.
    road_key
        (m,) number that stretches of one road share (name, class, one-way); -1 continues nothing.
    """
    edge = np.tile(np.arange(len(road_key)), 2)
    node = network.edge_nodes.T.ravel().astype(np.int64)
    at_end = np.repeat([False, True], len(road_key))
    named = np.flatnonzero(road_key[edge] >= 0)
    order = named[np.lexsort((edge[named], road_key[edge[named]], node[named]))]
    here, there = order[:-1], order[1:]
    meet = (node[here] == node[there]) & (road_key[edge[here]] == road_key[edge[there]])
    here, there = here[meet], there[meet]
    first, second = edge[here], edge[there]
    return Joins(
        first=first,
        second=second,
        turned=at_end[here] == at_end[there],
        road=components(first, second, count=len(road_key)),
    )


def nearest_known(joined: Joins, known: Flags) -> tuple[Ints, Flags]:
    """Return for each edge the fewest-stretches-away known edge of its road, -1 where none is.

    Of equally near ones the one with the lowest number is taken.  The second array says whether
    the two were drawn against each other.
    """
    origin = np.where(known, np.arange(len(known)), -1)
    turned = np.zeros(len(known), dtype=bool)
    here = np.concatenate([joined.first, joined.second])
    there = np.concatenate([joined.second, joined.first])
    flips = np.tile(joined.turned, 2)
    while True:
        open_end = origin[there] < 0
        here, there, flips = here[open_end], there[open_end], flips[open_end]
        live = np.flatnonzero(origin[here] >= 0)
        if not live.size:
            return origin, turned
        live = live[np.lexsort((origin[here[live]], there[live]))]
        live = live[np.unique(there[live], return_index=True)[1]]
        turned[there[live]] = turned[here[live]] ^ flips[live]
        origin[there[live]] = origin[here[live]]


def carried_on(joined: Joins, known: Reading, default: Reading) -> Reading:
    """Assume of a stretch without a number that of the road it continues.

    The bounds span all numbers known on that road, and the class default: that a 30 km/h stretch
    goes on for ever is no more than likely.
    """
    origin, _ = nearest_known(joined, known.observed)
    assumed = (origin >= 0) & ~known.observed
    value = np.where(assumed, known.value[origin], np.nan)
    road, count = joined.road, int(joined.road.max(initial=-1)) + 1
    least, most = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(least, road[known.observed], known.low[known.observed])
    np.maximum.at(most, road[known.observed], known.high[known.observed])
    low = np.where(assumed, np.fmin(least[road], default.value), np.nan)
    high = np.where(assumed, np.fmax(most[road], default.value), np.nan)
    return filled(known, read_as("continuity", value, low=low, high=high))


def words_carried_on(joined: Joins, known: Reading, other_side: Reading | None = None) -> Reading:
    """Assume of a stretch without a word that of the road it continues.

    Parameters
    ----------
    joined
        Which stretches continue each other.
    known
        The word of each edge, or of one side of it.
    other_side
        The word of the other side, which is this side of stretches drawn the other way.
    """
    both = known.observed if other_side is None else known.observed & other_side.observed
    origin, turned = nearest_known(joined, both)
    value = known.value[origin]
    if other_side is not None:
        value = np.where(turned, other_side.value[origin], value)
    assumed = np.where((origin >= 0) & ~known.observed, value, np.nan)
    return filled(known, read_as("continuity", assumed))
