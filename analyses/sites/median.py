"""Which sites bring all children nearest on average?  The p-median within reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyses.sites import capacitated
from analyses.sites.answer import Answer, answer_of, nearest_open
from analyses.sites.cover import too_few
from analyses.sites.covering import cover_of, fewest
from analyses.sites.highs import PROOF, Effort
from analyses.sites.problem import FILE, check_means, out_of_reach, refuse_out_of_reach
from analyses.sites.selection import offers_of, select
from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from analyses.sites.problem import Means, Problem, Reach
    from analyses.sites.selection import Choice
    from geo.arrays import Floats


def p_median(
    problem: Problem,
    means: Means,
    *,
    radius_m: float | None = None,
    unreached_m: float | None = None,
    effort: Effort = PROOF,
) -> Answer:
    """Find the new sites with the least mean distance of all children.

    Parameters
    ----------
    problem
        Sites, children and their distances.
    means
        Number of new sites, budget, or both.
    radius_m
        Only pairs within this distance; None: all pairs in reach.
    unreached_m
        Metres charged for a child without a site in reach; at least the longest distance in
        reach.  None: every child must have a site.
    effort
        When to stop.

    Returns
    -------
    Answer
        `objective`: metres per child, with those that are charged; `mean_m` is of the others.

    Raises
    ------
    InputRefused
        What `analyses.sites.problem.check_means` refuses; without `unreached_m` also
        ``SITES_OUT_OF_REACH`` and ``SITES_TOO_FEW``; with one that is too small
        ``SITES_UNREACHED_M``; with capacities ``SITES_SHORT_PLACES``.

    Examples
    --------
    From site 0 the mean way is (30 x 100 + 10 x 300) / 40 = 150 m, from site 1 it is 250 m:

    >>> import numpy as np
    >>> from analyses.sites.problem import Means, reach_from_pairs, siting_problem
    >>> from geo.walk import Pairs
    >>> metres = np.array([100.0, 300.0, 250.0, 250.0])
    >>> pairs = Pairs(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), metres)
    >>> problem = siting_problem(reach_from_pairs(pairs, sites=2, demands=2), [30, 10])
    >>> answer = p_median(problem, Means(new_sites=1))
    >>> answer.new_sites, answer.objective
    ((0,), np.float64(150.0))
    """
    check_means(problem, means)
    near = problem.people(radius_m)
    charge = charge_of(problem, near, radius_m=radius_m, unreached_m=unreached_m)
    people = problem.children.sum()
    if problem.capacity is not None:
        return capacitated.least_cost(
            problem,
            means,
            near,
            price=capacitated.Price(near.distance_m, without=unreached_m),
            model="p_median",
            effort=effort,
        )
    choice = cheapest(problem, means, near, cost=near.distance_m, charge=charge, effort=effort)
    return answer_of(
        problem,
        "p_median",
        choice.chosen,
        assigned=nearest_open(problem, near, choice.chosen),
        proof=(choice.cost / people if people else 0.0, choice.bound / people if people else 0.0),
        uncoverable=out_of_reach(problem, radius_m),
    )


def cheapest(
    problem: Problem,
    means: Means,
    near: Reach,
    *,
    cost: Floats,
    charge: float,
    effort: Effort,
) -> Choice:
    """Find the new sites of least cost per pair and child; `charge`: cost of a child without."""
    children = problem.children
    outside = np.where(children > 0, children * charge, 0.0) if charge < np.inf else _must(problem)
    offers = offers_of(problem, near, children[near.demand] * cost, outside=outside)
    choice = select(offers, problem, means, effort=effort)
    if choice is None:
        matrix = cover_of(problem, near).matrix
        raise too_few(means, len(fewest(matrix, effort=effort)[0]), None)
    return choice


def charge_of(
    problem: Problem,
    near: Reach,
    *,
    radius_m: float | None = None,
    unreached_m: float | None = None,
) -> float:
    """Return what a child without a site is charged, inf where every child must have one."""
    if unreached_m is None:
        refuse_out_of_reach(problem, radius_m)
        return np.inf
    longest = near.distance_m.max(initial=0.0)
    if not longest <= unreached_m < np.inf:
        ends = {"given": unreached_m, "longest": float(longest)}
        raise InputRefused(Finding("SITES_UNREACHED_M", FILE, detail=ends))
    return unreached_m


def _must(problem: Problem) -> Floats:
    return np.where(problem.children > 0, np.inf, 0.0)
