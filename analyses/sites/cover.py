"""How many sites cover everybody, and how many children can few sites cover?

LSCP (Toregas 1971), MCLP (Church and ReVelle 1974) and backup cover (Hogan and ReVelle 1986).
Shares are of children, never of rows; a distance equal to the radius is within it.  Where the
problem has capacities every answer respects them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyses.sites import capacitated
from analyses.sites.answer import Answer, answer_of, nearest_open
from analyses.sites.covering import cover_of, fewest
from analyses.sites.highs import PROOF, Effort, rows_of, size_of, solve
from analyses.sites.lagrange import Offers
from analyses.sites.problem import (
    FILE,
    Means,
    check_means,
    out_of_reach,
    refuse_out_of_reach,
)
from analyses.sites.selection import means_rows, select
from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from analyses.sites.covering import Cover
    from analyses.sites.problem import Problem, Reach
    from geo.arrays import Ints


def lscp(problem: Problem, *, radius_m: float | None = None, effort: Effort = PROOF) -> Answer:
    """Find the fewest new sites that cover every child whom any site can cover.

    Parameters
    ----------
    problem
        Sites, children and their distances.
    radius_m
        Service radius; None: all pairs in reach.
    effort
        When to stop.

    Returns
    -------
    Answer
        `objective`: number of new sites; `uncoverable` lists the demand points beyond help.

    Raises
    ------
    InputRefused
        ``SITES_SHORT_PLACES`` where the capacities are too small for all coverable children.

    Examples
    --------
    Two sites are needed, for none reaches everybody:

    >>> import numpy as np
    >>> from analyses.sites.problem import reach_from_pairs, siting_problem
    >>> from geo.walk import Pairs
    >>> pairs = Pairs(np.array([0, 0, 1]), np.array([0, 1, 2]), np.array([100.0, 300.0, 200.0]))
    >>> problem = siting_problem(reach_from_pairs(pairs, sites=2, demands=3), [10, 20, 25])
    >>> lscp(problem).new_sites
    (0, 1)
    """
    if problem.capacity is not None:
        return capacitated.fewest_sites(problem, radius_m=radius_m, effort=effort)
    near = problem.people(radius_m)
    new, bound = fewest(cover_of(problem, near).matrix, effort=effort)
    return answer_of(
        problem,
        "lscp",
        new,
        assigned=nearest_open(problem, near, new),
        proof=(float(len(new)), float(bound)),
        uncoverable=out_of_reach(problem, radius_m),
    )


def mclp(
    problem: Problem,
    means: Means,
    *,
    radius_m: float | None = None,
    worst_m: float | None = None,
    effort: Effort = PROOF,
) -> Answer:
    """Cover most children with so many new sites, or for so much money.

    Parameters
    ----------
    problem
        Sites, children and their distances.
    means
        Number of new sites, budget, or both.
    radius_m
        Service radius; None: all pairs in reach.
    worst_m
        Also: no child may be farther than this from a site (not with capacities).
    effort
        When to stop.

    Returns
    -------
    Answer
        `objective`: children covered.

    Raises
    ------
    InputRefused
        What `analyses.sites.problem.check_means` refuses; where `worst_m` asks for candidates that
        are not there ``SITES_OUT_OF_REACH``, for more sites ``SITES_TOO_FEW``.

    Examples
    --------
    Site 0 reaches 10 + 20 children, site 1 reaches 25:

    >>> import numpy as np
    >>> from analyses.sites.problem import Means, reach_from_pairs, siting_problem
    >>> from geo.walk import Pairs
    >>> pairs = Pairs(np.array([0, 0, 1]), np.array([0, 1, 2]), np.array([100.0, 300.0, 200.0]))
    >>> problem = siting_problem(reach_from_pairs(pairs, sites=2, demands=3), [10, 20, 25])
    >>> answer = mclp(problem, Means(new_sites=1))
    >>> answer.new_sites, answer.covered
    ((0,), 30.0)
    >>> mclp(problem, Means(new_sites=1), radius_m=200).covered
    25.0
    """
    check_means(problem, means)
    if problem.capacity is not None:
        refuse_capacity(problem, asked=worst_m is not None)
        return capacitated.most_children(problem, means, radius_m=radius_m, effort=effort)
    near = problem.people(radius_m)
    must = None
    if worst_m is not None:
        refuse_out_of_reach(problem, worst_m)
        must = cover_of(problem, problem.people(worst_m)).matrix
    cover = cover_of(problem, near)
    choice = select(_offers(cover), problem, means, must=must, effort=effort)
    if choice is None:
        needed = len(fewest(must, effort=effort)[0]) if must is not None else 0
        raise too_few(means, needed, worst_m)
    assigned = nearest_open(problem, near, choice.chosen)
    covered = float(problem.children[assigned["site"].to_numpy() >= 0].sum())
    return answer_of(
        problem,
        "mclp",
        choice.chosen,
        assigned=assigned,
        proof=(covered, covered + choice.cost - choice.bound),
        uncoverable=out_of_reach(problem, radius_m),
    )


def backup_cover(
    problem: Problem, *, radius_m: float | None = None, effort: Effort = PROOF
) -> Answer:
    """Cover everybody with the fewest sites, and of such choices most children by two.

    Parameters
    ----------
    problem
        Sites, children and their distances.
    radius_m
        Service radius; None: all pairs in reach.
    effort
        When to stop.

    Returns
    -------
    Answer
        `objective`: children with a second site within the radius.

    Raises
    ------
    InputRefused
        ``SITES_NO_CAPACITY`` where the problem has capacities.

    Examples
    --------
    Either site reaches the first home; the second home has site 1 only:

    >>> import numpy as np
    >>> from analyses.sites.problem import reach_from_pairs, siting_problem
    >>> from geo.walk import Pairs
    >>> pairs = Pairs(np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([100.0, 200.0, 200.0]))
    >>> problem = siting_problem(reach_from_pairs(pairs, sites=2, demands=2), [10, 20])
    >>> backup_cover(problem).new_sites
    (1,)
    """
    refuse_capacity(problem, asked=True)
    near = problem.people(radius_m)
    count = len(fewest(cover_of(problem, near).matrix, effort=effort)[0])
    new, twice, bound = _most_twice(problem, near, count, effort=effort)
    return answer_of(
        problem,
        "backup_cover",
        new,
        assigned=nearest_open(problem, near, new),
        proof=(twice, bound),
        uncoverable=out_of_reach(problem, radius_m),
    )


def refuse_capacity(problem: Problem, *, asked: bool) -> None:
    """Refuse a question that does not know capacities, if it is asked of a problem with them."""
    if asked and problem.capacity is not None:
        raise InputRefused(Finding("SITES_NO_CAPACITY", FILE))


def too_few(means: Means, needed: int, radius_m: float | None) -> InputRefused:
    """Return the refusal of means that cannot give every child a site within a distance."""
    detail = {
        "asked": "-" if means.new_sites is None else means.new_sites,
        "budget": "-" if means.budget is None else means.budget,
        "needed": needed,
        "limit": "-" if radius_m is None else radius_m,
    }
    return InputRefused(Finding("SITES_TOO_FEW", FILE, detail=detail))


def _offers(cover: Cover) -> Offers:
    """Being covered costs nothing; being left out costs the group's children."""
    row, site = cover.matrix.tocoo().coords
    order = np.lexsort((site, row))
    rows, sites = row[order].astype(np.int64), site[order].astype(np.int64)
    return Offers(sites, rows, np.zeros(len(rows)), cover.children, size_of(cover.matrix)[1])


def _most_twice(
    problem: Problem, near: Reach, count: int, *, effort: Effort
) -> tuple[Ints, float, float]:
    """Return `count` new sites that cover all and most children twice, these, and the bound."""
    points, row = np.unique(near.demand, return_inverse=True)
    sites, rows = near.sites, len(points)
    there = np.bincount(row, weights=problem.existing[near.site], minlength=rows)
    fixed = there.astype(np.float64)
    candidate = ~problem.existing[near.site]
    entries = (row[candidate], near.site[candidate], 1.0)
    children = problem.children[points]
    here = np.arange(rows)
    constraints = [
        rows_of([entries], (rows, sites + rows), low=1.0 - fixed),
        rows_of([entries, (here, sites + here, -2.0)], (rows, sites + rows), low=-fixed),
        *means_rows(problem, Means(new_sites=count), variables=sites + rows),
    ]
    unit = children.sum() / 1e6 or 1.0
    found = solve(
        np.concatenate([np.zeros(sites), -children / unit]),
        constraints,
        whole=np.ones(sites + rows, dtype=bool),
        upper=np.ones(sites + rows),
        effort=effort,
    )
    if found is None:
        message = "the fewest sites that cover all do not cover all"
        raise ValueError(message)
    new = np.flatnonzero(found.value[:sites])
    is_open = problem.existing.copy()
    is_open[new] = True
    depth = np.bincount(row, weights=is_open[near.site], minlength=rows)
    twice = float(children[depth > 1].sum())
    return new, twice, max(twice, -found.bound * unit)
