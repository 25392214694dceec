"""Which sites are fairest?  The Kolm-Pollak equally-distributed equivalent of the distances.

``EDE = -(1/k) ln(sum p e^(-k d) / sum p)`` with ``k = epsilon * alpha`` and
``alpha = sum p d / sum p d^2``: the one distance that, walked by every child, is as bad as the real
ones.  For distances, which are bad, epsilon is negative; the farther below zero, the more the
longest ways count; at 0 it is the mean.  With k fixed, the least EDE is the least sum of
``p e^(-k d)``, a p-median with other costs (Horton, Logan, Murrell, Skipper and Speakman 2024).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from analyses.sites import capacitated
from analyses.sites.answer import Answer, answer_of, nearest_open
from analyses.sites.highs import PROOF, Effort, gap_of
from analyses.sites.median import charge_of, cheapest
from analyses.sites.problem import FILE, check_means, out_of_reach
from geo.bundled import load_toml
from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    import pandas as pd

    from analyses.sites.problem import Means, Problem, Reach
    from geo.arrays import Floats


_STEEPEST = 30.0


def kolm_pollak(
    problem: Problem,
    means: Means,
    *,
    radius_m: float | None = None,
    unreached_m: float | None = None,
    kappa: float | None = None,
    effort: Effort = PROOF,
) -> Answer:
    """Find the new sites with the least Kolm-Pollak distance.

    Parameters
    ----------
    problem, means, radius_m, unreached_m, effort
        As in `analyses.sites.median.p_median`.
    kappa
        Inequality aversion per metre, 0 or negative; None: `kappa_of` the problem.

    Returns
    -------
    Answer
        `objective`: equally-distributed equivalent in metres.

    Raises
    ------
    InputRefused
        What `p_median` refuses; ``SITES_KAPPA`` for a kappa above 0 or too steep to compute with.

    Examples
    --------
    With no aversion to inequality it is the mean: (10 x 100 + 30 x 200) / 40.

    >>> import numpy as np
    >>> from analyses.sites.problem import Means, reach_from_pairs, siting_problem
    >>> from geo.walk import Pairs
    >>> pairs = Pairs(np.array([0, 0]), np.array([0, 1]), np.array([100.0, 200.0]))
    >>> problem = siting_problem(reach_from_pairs(pairs, sites=1, demands=2), [10, 30])
    >>> kolm_pollak(problem, Means(new_sites=1), kappa=0).objective
    175.0
    >>> 175 < kolm_pollak(problem, Means(new_sites=1), kappa=-0.01).objective < 200
    True
    """
    check_means(problem, means)
    near = problem.people(radius_m)
    charge = charge_of(problem, near, radius_m=radius_m, unreached_m=unreached_m)
    steep = kappa_of(problem, near) if kappa is None else kappa
    longest = unreached_m or near.distance_m.max(initial=0.0)
    if not 0 <= -steep * longest <= _STEEPEST:
        raise InputRefused(Finding("SITES_KAPPA", FILE, value=str(steep)))
    cost = _burden(near.distance_m, steep)
    people = float(problem.children.sum())
    if problem.capacity is not None:
        over = None if unreached_m is None else float(_burden(np.array([charge]), steep)[0])
        price = capacitated.Price(cost, without=over)
        found = capacitated.least_cost(
            problem, means, near, price=price, model="kolm_pollak", effort=effort
        )
        ends = (_metres(found.objective, steep), _metres(found.bound, steep))
        return replace(found, objective=ends[0], bound=ends[1], gap=gap_of(*ends))
    over = float(_burden(np.array([charge]), steep)[0]) if charge < np.inf else np.inf
    choice = cheapest(problem, means, near, cost=cost, charge=over, effort=effort)
    return answer_of(
        problem,
        "kolm_pollak",
        choice.chosen,
        assigned=nearest_open(problem, near, choice.chosen),
        proof=(_metres(choice.cost / people, steep), _metres(choice.bound / people, steep)),
        uncoverable=out_of_reach(problem, radius_m),
    )


def kappa_of(problem: Problem, near: Reach, *, epsilon: float | None = None) -> float:
    """Return the aversion per metre: epsilon times alpha of the ways if all sites were open.

    `epsilon` is by default that of ``data/rules/siting.toml``.
    """
    demand, first = np.unique(near.demand, return_index=True)
    way, children = near.distance_m[first], problem.children[demand]
    squares = float(children @ way**2)
    if squares == 0:
        return 0.0
    aversion = load_toml("rules/siting.toml")["equity"]["epsilon"] if epsilon is None else epsilon
    return float(aversion * (children @ way) / squares)


def ede_m(assigned: pd.DataFrame, kappa: float, *, unreached_m: float = np.nan) -> float:
    """Return the Kolm-Pollak distance of an assignment in metres.

    Parameters
    ----------
    assigned
        ``distance_m, children``; inf: without a site.
    kappa
        Aversion per metre, 0 or negative.
    unreached_m
        Metres charged for a child without a site; NaN: the result is then NaN.
    """
    counted = assigned[assigned["children"] > 0]
    way = counted["distance_m"].to_numpy(dtype=np.float64)
    way = np.where(np.isfinite(way), way, unreached_m)
    children = counted["children"].to_numpy(dtype=np.float64)
    return _metres(float(_burden(way, kappa) @ children / children.sum()), kappa)


def _burden(way_m: Floats, kappa: float) -> Floats:
    """Return what a way weighs; 0 at home, and the way itself where kappa is 0."""
    return way_m if kappa == 0 else np.expm1(-kappa * way_m)


def _metres(mean_burden: float, kappa: float) -> float:
    """Return the way of a mean burden."""
    return mean_burden if kappa == 0 else float(np.log1p(mean_burden) / -kappa)
