"""How many places can a child reach, when others want the same places?

Scores over sparse pairs of demand points i and facilities j with a weight f_ij of the distance
(`analyses.places.decay`).  P_i are children, S_j places.  A facility that nobody reaches gives its
places to nobody; whatever is reached is handed out in full, so ``sum(P_i A_i) == sum(S_j)`` over
reached facilities for 2SFCA, E2SFCA and 3SFCA, ``sum(A_i) == sum(S_j)`` for spatial availability,
and ``sum(A_i) == sum(R_j)`` (the levels of service) for BFCA.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from geo.arrays import Floats, Ints


@dataclass(frozen=True, eq=False)
class Reach:
    """Who can reach what: one row per pair of a demand point and a facility.

    Attributes
    ----------
    point, facility
        Rows of `children` and `places`.
    distance_m, weight
        Metres, and the weight of the distance.
    children, places
        Per demand point and per facility.
    """

    point: Ints
    facility: Ints
    distance_m: Floats
    weight: Floats
    children: Floats
    places: Floats

    def __post_init__(self) -> None:
        """Refuse negative or missing numbers."""
        for name in ("children", "places", "weight"):
            numbers = getattr(self, name)
            if not (numbers >= 0).all():
                wrong = numbers[~(numbers >= 0)][0]
                raise InputRefused(Finding("SCORE_NEGATIVE", name, value=f"{wrong:g}"))

    def per_point(self, pairs: Floats) -> Floats:
        """Return the sum of a number of the pairs for each demand point."""
        return np.bincount(self.point, pairs, len(self.children)).astype(float)

    def per_facility(self, pairs: Floats) -> Floats:
        """Return the sum of a number of the pairs for each facility."""
        return np.bincount(self.facility, pairs, len(self.places)).astype(float)


def cumulative(reach: Reach) -> Floats:
    """Return the places within reach, undivided and undiminished."""
    return reach.per_point(np.where(reach.weight > 0, reach.places[reach.facility], 0.0))


def gravity(reach: Reach) -> Floats:
    """Return the places within reach, each counted with its weight (Hansen 1959)."""
    return reach.per_point(reach.weight * reach.places[reach.facility])


def floating_catchment(reach: Reach) -> Floats:
    """Return places per child: 2SFCA (binary weights) and E2SFCA (others; Luo and Qi 2009)."""
    return _two_steps(reach, reach.weight, reach.weight)


def three_steps(reach: Reach) -> Floats:
    """Return 3SFCA (Wan 2012): the weights shrink by each facility's share of a child's choice.

    Known to overstate competition; offered for comparison, not as the default.
    """
    choice = _quotient(reach.weight, reach.per_point(reach.weight)[reach.point])
    return _two_steps(reach, reach.weight * choice, reach.weight * choice)


def balanced_catchment(reach: Reach) -> Floats:
    """Return BFCA (Páez 2019): each child and each level of service is counted once."""
    by_point = _quotient(reach.weight, reach.per_point(reach.weight)[reach.point])
    by_facility = _quotient(reach.weight, reach.per_facility(reach.weight)[reach.facility])
    wanted = reach.per_facility(reach.children[reach.point] * by_point)
    level = _quotient(reach.places, wanted)
    return reach.per_point(level[reach.facility] * by_facility)


def spatial_availability(reach: Reach, *, alpha: float = 1.0) -> Floats:
    """Return the places that fall to each demand point (Soukhov 2023): they add up to all places.

    Divided by `children` it is places per child.
    """
    people = np.where(reach.children > 0, reach.children, 0.0) ** alpha * (reach.children > 0)
    by_distance = _quotient(reach.weight, reach.per_facility(reach.weight)[reach.facility])
    pull = people[reach.point] * by_distance
    share = _quotient(pull, reach.per_facility(pull)[reach.facility])
    return reach.per_point(reach.places[reach.facility] * share)


def _two_steps(reach: Reach, demand_weight: Floats, supply_weight: Floats) -> Floats:
    wanted = reach.per_facility(reach.children[reach.point] * demand_weight)
    level = _quotient(reach.places, wanted)
    return reach.per_point(level[reach.facility] * supply_weight)


def _quotient(part: Floats, whole: Floats) -> Floats:
    """Return part / whole, 0 where there is nothing to divide."""
    found: Floats = np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
    return found
