"""Who of a stage has no place, and why: the gap of a whole study, part by part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from analyses.place_gap import CAUSES, place_gap
from analyses.places.access import Reach
from analyses.places.assignment import ShortGroup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from analyses.places.reach import StageReach

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_BATCH = 1000
"""Pairs: parts are joined to batches of about so many."""


@dataclass(frozen=True, eq=False)
class StageGap:
    """Who has a place and who has none; see `analyses.place_gap`.

    Attributes
    ----------
    causes
        Per row of children: ``distance, safety, capacity, placed``.
    filled, one_more_places, one_more_saves_m
        Per facility, see `analyses.places.assignment`.
    groups
        Rows of children that are jointly short, and of the facilities that they reach; the largest
        first.
    flows
        Per pair of the reach: children who go that way.
    """

    causes: pd.DataFrame
    filled: Floats
    one_more_places: Flags
    one_more_saves_m: Floats
    groups: tuple[ShortGroup, ...]
    flows: Floats


def stage_gap(
    found: StageReach, *, unknown_places: float, preference: Ints | None = None
) -> StageGap:
    """Count each child once by cause; exact, part by part of what hangs together.

    Parameters
    ----------
    found
        From `stage_reach`.
    unknown_places
        What a facility has whose places are not known: 0, or inf for as many as are asked for.
    preference
        Per pair: of equally many placed, lower numbers are taken first.
    """
    reach = found.reach
    total = float(reach.children.sum())
    places = np.where(np.isnan(found.places), min(unknown_places, total), reach.places)
    whole = replace(reach, places=places)
    numbers = np.zeros((len(reach.children), len(CAUSES)))
    numbers[:, CAUSES.index("distance")] = reach.children
    filled, saves = np.zeros(len(places)), np.zeros(len(places))
    more = np.zeros(len(places), dtype=bool)
    groups: list[ShortGroup] = []
    flows = np.zeros(len(reach.point))
    for rows, sites, pairs in _parts(whole):
        part, safe = _part_of(whole, rows, sites, pairs=pairs), found.safe[pairs]
        wanted = None if preference is None else preference[pairs]
        gap = place_gap(part, safe=safe, preference=wanted)
        numbers[rows] = gap.points[list(CAUSES)].to_numpy()
        answer = gap.assignment
        filled[sites], more[sites] = answer.filled, answer.one_more_places
        saves[sites] = answer.one_more_saves_m
        flows[pairs[safe]] = answer.children
        groups += [
            ShortGroup(rows[g.points], sites[g.facilities], g.children, g.places)
            for g in answer.short_groups
        ]
    return StageGap(
        causes=pd.DataFrame(numbers, columns=list(CAUSES)),
        filled=filled,
        one_more_places=more,
        one_more_saves_m=saves,
        groups=tuple(sorted(groups, key=lambda group: (-group.short, group.points[0]))),
        flows=flows,
    )


def _parts(reach: Reach) -> Iterator[tuple[Ints, Ints, Ints]]:
    """Yield rows of children, facilities and pairs of parts that share no pair with others.

    Small parts are taken together: a programme of its own for each would take longer.
    """
    count, sites = len(reach.children), len(reach.places)
    links = sparse.coo_array(
        (np.ones(len(reach.point)), (reach.point, count + reach.facility)),
        shape=(count + sites,) * 2,
    )
    _, label = sparse.csgraph.connected_components(links, directed=False)
    size = np.bincount(label[reach.point], minlength=count + sites)
    batch = ((np.cumsum(size) - size) // _BATCH)[label[reach.point]]
    order = np.argsort(batch, kind="stable")
    for pairs in np.split(order, np.flatnonzero(np.diff(batch[order])) + 1):
        if len(pairs):
            yield np.unique(reach.point[pairs]), np.unique(reach.facility[pairs]), pairs


def _part_of(reach: Reach, rows: Ints, sites: Ints, *, pairs: Ints) -> Reach:
    return Reach(
        point=np.searchsorted(rows, reach.point[pairs]),
        facility=np.searchsorted(sites, reach.facility[pairs]),
        distance_m=reach.distance_m[pairs],
        weight=reach.weight[pairs],
        children=reach.children[rows],
        places=reach.places[sites],
    )
