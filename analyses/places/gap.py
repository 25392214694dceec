"""Who of a stage has no place, and why: the gap of a whole study, part by part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from analyses.places.access import Reach
from analyses.places.assignment import Assignment, ShortGroup, assign

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from analyses.places.reach import StageReach
    from geo.arrays import Flags, Floats, Ints


CAUSES = ("distance", "safety", "capacity", "placed")


@dataclass(frozen=True, eq=False)
class PlaceGap:
    """What is missing and why.

    Attributes
    ----------
    points
        Per demand point ``distance, safety, capacity, placed`` (children; their sum is the
        point's children).
    assignment
        Over the safe pairs: who goes where, and the proof of what is missing.
    safety_without_places
        Of the children counted under safety: how many would have no place even if every way
        were safe.
    """

    points: pd.DataFrame
    assignment: Assignment
    safety_without_places: float


def place_gap(
    reach: Reach,
    *,
    safe: NDArray[np.bool_] | None = None,
    preference: NDArray[np.int64] | None = None,
) -> PlaceGap:
    """Count each child without a place once, by its cause.

    Parameters
    ----------
    reach
        Pairs of demand points and facilities within the service radius.
    safe
        Per pair: this age may walk the way alone.  None: nothing is known of the ways, so nothing
        is counted under safety.
    preference
        Per pair, see `analyses.places.assignment.assign`.
    """
    every = np.ones(len(reach.point), dtype=bool) if safe is None else np.asarray(safe, dtype=bool)
    near = np.bincount(reach.point, minlength=len(reach.children)) > 0
    near_safe = np.bincount(reach.point[every], minlength=len(reach.children)) > 0
    found = assign(
        _only(reach, every), preference=None if preference is None else preference[every]
    )
    capacity = np.where(near_safe, found.unplaced, 0.0)
    children = reach.children
    points = pd.DataFrame(
        {
            "distance": np.where(near, 0.0, children),
            "safety": np.where(near & ~near_safe, children, 0.0),
            "capacity": capacity,
            "placed": np.where(near_safe, children - capacity, 0.0),
        }
    )
    if every.all():
        return PlaceGap(points, found, 0.0)
    anyhow = assign(reach)
    missing = float(anyhow.unplaced[near].sum() - capacity.sum())
    return PlaceGap(points, found, max(missing, 0.0))


def _only(reach: Reach, chosen: NDArray[np.bool_]) -> Reach:
    """Return the reach with the chosen pairs alone."""
    parts = {name: getattr(reach, name)[chosen] for name in ("point", "facility", "distance_m")}
    return replace(reach, weight=reach.weight[chosen], **parts)


_BATCH = 1000
"""Pairs: parts are joined to batches of about so many."""


@dataclass(frozen=True, eq=False)
class StageGap:
    """Who has a place and who has none; see `analyses.places.gap`.

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
