"""Where do children go when both crowding and walking count, and nobody gains by moving?

RAAM, the rational agent access model (Saxon and Snow 2020): the cost of a facility is its crowding
``X_j / (rho S_j)`` plus the way ``t_ij / tau``.  Its equilibrium is the minimum of the convex
programme ``sum X_j^2 / (2 rho S_j) + sum t_ij x_ij / tau`` (Beckmann 1956), which is solved here to
a stated gap: each demand point in turn spreads its children exactly (water-filling) over the
facilities given the others', until no child could gain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from analyses.places.access import Reach
    from geo.arrays import Floats, Ints


_MOST_ROUNDS = 20_000


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """Who goes where when nobody gains by moving.

    Attributes
    ----------
    cost
        Of each demand point: crowding (1 = as many children per place as on average) plus way;
        inf where nothing is in reach.
    assigned
        Children of each pair, aligned with the reach.
    gap
        Relative: what all children together could gain by moving, over what they bear.
    """

    cost: Floats
    assigned: Floats
    gap: float


def rational_choice(
    reach: Reach, *, tau_m: float, rho: float | None = None, tolerance: float = 1e-12
) -> Equilibrium:
    """Return the equilibrium of crowding and walking.

    Parameters
    ----------
    reach
        Pairs; the weights are not used.  Facilities without places are not gone to.
    tau_m
        Metres of walking that weigh as much as average crowding.
    rho
        Children per place that count as crowding 1; default: all children over all places.
    tolerance
        Relative gap at which the search ends.

    Raises
    ------
    InputRefused
        ``SCORE_SCALE``: `tau_m` or `rho` is not positive, or there are no places at all.
    """
    places = reach.places.sum()
    level = rho if rho is not None else reach.children.sum() / places if places > 0 else 0.0
    if not (tau_m > 0 and level > 0):
        raise InputRefused(Finding("SCORE_SCALE", "tau_m, rho", value=f"{tau_m:g}, {level:g}"))
    usable = reach.places[reach.facility] > 0
    order = np.flatnonzero(usable)[np.argsort(reach.point[usable], kind="stable")]
    start = np.searchsorted(reach.point[order], np.arange(len(reach.children) + 1))
    facility, way = reach.facility[order], reach.distance_m[order] / tau_m
    with np.errstate(divide="ignore"):
        slope = 1.0 / (level * reach.places)
    flow, gap = _solve(start, facility, (way, slope, reach.children), tolerance=tolerance)
    load = np.bincount(facility, weights=flow, minlength=len(slope))
    price = load[facility] * slope[facility] + way
    cost = np.full(len(reach.children), np.inf)
    np.minimum.at(cost, reach.point[order], price)
    assigned = np.zeros(len(reach.point))
    assigned[order] = flow
    return Equilibrium(cost, assigned, gap)


def _solve(
    start: Ints, facility: Ints, numbers: tuple[Floats, Floats, Floats], *, tolerance: float
) -> tuple[Floats, float]:
    """Sweep over the demand points until what could be gained is within the tolerance."""
    way, slope, children = numbers
    flow = np.zeros(len(facility))
    load = np.zeros(len(slope))
    asked = np.flatnonzero((np.diff(start) > 0) & (children > 0))
    gap = np.inf if len(asked) else 0.0
    for _ in range(_MOST_ROUNDS if len(asked) else 0):
        gained = borne = 0.0
        for point in asked:
            mine = slice(start[point], start[point + 1])
            here, to = flow[mine], facility[mine]
            price = load[to] * slope[to] + way[mine]
            gained += float(here @ (price - price.min()))
            borne += float(here @ price)
            fresh = _fill(price - here * slope[to], slope[to], float(children[point]))
            np.add.at(load, to, fresh - here)
            flow[mine] = fresh
        gap = gained / borne if borne > 0 else np.inf
        if gap <= tolerance:
            break
    return flow, gap


def _fill(base: Floats, slope: Floats, amount: float) -> Floats:
    """Spread an amount so that base + slope * part is equal wherever a part is given."""
    order = np.argsort(base, kind="stable")
    inverse = 1.0 / slope[order]
    level = (amount + np.cumsum(base[order] * inverse)) / np.cumsum(inverse)
    used = int(np.flatnonzero(level > base[order])[-1])
    part = np.zeros(len(base))
    part[order] = np.clip((level[used] - base[order]) * inverse, 0.0, None)
    return part
