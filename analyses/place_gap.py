"""Why has a child no place: too far, too few places, or only by a way that it may not walk alone?

Each child is counted once, in this order: ``distance`` (nothing within reach), ``safety`` (within
reach only by ways that this age may not walk alone), ``capacity`` (a safe way within reach, but
however all children are assigned some stay without a place: proved by the short groups), and
``placed``.  The four add up to all children, at every demand point.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyses.places.assignment import Assignment, assign

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyses.places.access import Reach

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
