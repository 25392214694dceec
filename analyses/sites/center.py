"""How short can the longest way be?  The p-center, by set covering at one distance after another.

The least longest way is one of the distances in the table, so a binary search over the distinct
ones is exact (Minieka 1970).  Greedy covers find a good upper end, covers by exchange and linear
programmes close in on the answer from both sides, and exact programmes prove what is left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from analyses.sites import capacitated
from analyses.sites.answer import Answer, answer_of, nearest_open
from analyses.sites.cover import too_few
from analyses.sites.covering import affordable, cover_of, fewest, greedy_cover
from analyses.sites.highs import PROOF, Effort
from analyses.sites.lagrange import Offers
from analyses.sites.problem import check_means, refuse_out_of_reach
from analyses.sites.selection import select

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyses.sites.problem import Means, Problem, Reach
    from geo.arrays import Floats, Ints


_DOUBTS = 3  # searches in vain; after these a proof beside the best choice is sooner done


def p_center(problem: Problem, means: Means, *, effort: Effort = PROOF) -> Answer:
    """Find the new sites with the shortest longest way.

    Parameters
    ----------
    problem
        Sites, children and their distances; points without children do not count.
    means
        Number of new sites, budget, or both.
    effort
        When to stop; the gap is then to the longest distance that is proven impossible.

    Returns
    -------
    Answer
        `objective`: metres of the longest way.

    Raises
    ------
    InputRefused
        What `analyses.sites.problem.check_means` refuses; ``SITES_OUT_OF_REACH`` (see
        `analyses.sites.problem.without_unreached`), ``SITES_TOO_FEW``, ``SITES_SHORT_PLACES``.

    Examples
    --------
    The longest way is 300 m from site 0, and 250 m from site 1:

    >>> import numpy as np
    >>> from analyses.sites.problem import Means, reach_from_pairs, siting_problem
    >>> from geo.walk import Pairs
    >>> metres = np.array([100.0, 300.0, 250.0, 250.0])
    >>> pairs = Pairs(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), metres)
    >>> problem = siting_problem(reach_from_pairs(pairs, sites=2, demands=2), [10, 20])
    >>> answer = p_center(problem, Means(new_sites=1))
    >>> answer.new_sites, answer.objective
    ((1,), 250.0)
    """
    check_means(problem, means)
    near = problem.people(None)
    refuse_out_of_reach(problem, None)
    if problem.capacity is not None:
        return _with_places(problem, means, near, effort=effort)
    new, proof = _shortest(problem, means, near, effort=effort)
    return answer_of(
        problem,
        "p_center",
        new,
        assigned=nearest_open(problem, near, new),
        proof=proof,
        uncoverable=np.zeros(0, dtype=np.int64),
    )


@dataclass(frozen=True, eq=False)
class _Solution:
    """New sites (None: none will do), the longest way with them, and whether that is certain."""

    new: Ints | None
    longest_m: float = np.inf
    certain: bool = True


def _shortest(
    problem: Problem, means: Means, near: Reach, *, effort: Effort
) -> tuple[Ints, tuple[float, float]]:
    """Search with covers: greedy ones for the upper end, then likely ones, then exact ones."""

    def measured(new: Ints) -> _Solution:
        way = nearest_open(problem, near, new)["distance_m"].to_numpy()
        return _Solution(new, float(way[problem.children > 0].max(initial=0.0)))

    def quick(within: Reach) -> _Solution:
        new = greedy_cover(cover_of(problem, within).matrix, np.ones(near.sites))
        return measured(new) if _fits(problem, means, new) else _Solution(None)

    def likely(within: Reach, *, prove: bool = False) -> _Solution:
        new, certain = _covering(problem, means, within, effort=effort, prove=prove)
        return _Solution(None, certain=certain) if new is None else measured(new)

    def exact(within: Reach) -> _Solution:
        return likely(within, prove=True)

    radii = _radii(near)
    found, _ = _search(near, quick, radii, best=_Solution(None))
    radii = radii[radii <= found.longest_m]
    found, bound = _search(near, likely, radii, best=found, doubts=_DOUBTS)
    radii = radii[(radii >= bound) & (radii <= found.longest_m)]
    found, bound = _search(near, exact, radii, best=found, from_top=True)
    if found.new is None:
        matrix = cover_of(problem, near).matrix
        raise too_few(means, len(fewest(matrix, effort=effort)[0]), None)
    return found.new, (found.longest_m, min(bound, found.longest_m))


def _covering(
    problem: Problem, means: Means, within: Reach, *, effort: Effort, prove: bool
) -> tuple[Ints | None, bool]:
    """Return new sites within the means that cover all, or None, and whether that is certain."""
    matrix = cover_of(problem, within).matrix
    inside = np.unique(within.demand)
    if len(inside) < np.count_nonzero(problem.children):
        return None, True
    if means.budget is None:
        price, most = np.ones(within.sites), means.new_sites or 0
        return affordable(matrix, price, most, effort=effort, prove=prove)
    nothing = np.zeros(0, dtype=np.int64)
    empty = Offers(nothing, nothing, np.zeros(0), np.zeros(0), within.sites)
    choice = select(empty, problem, means, must=matrix, effort=effort)
    return (None if choice is None else choice.chosen), True


def _with_places(problem: Problem, means: Means, near: Reach, *, effort: Effort) -> Answer:
    """Search among the distances that would do if places did not count."""
    capacitated.refuse_short(problem, near, means, effort=effort)
    _, (_, least) = _shortest(replace(problem, capacity=None), means, near, effort=effort)
    radii = np.unique(near.distance_m)

    def places(within: Reach) -> _Solution:
        new = capacitated.fitting(problem, within, means, effort=effort)
        return _Solution(new, float(within.distance_m.max(initial=0.0)))

    found, bound = _search(near, places, radii[radii >= least], best=_Solution(None))
    if found.new is None:
        raise too_few(means, 0, None)
    within = near.only(near.distance_m <= found.longest_m)
    return answer_of(
        problem,
        "p_center",
        found.new,
        assigned=capacitated.placed(problem, within, found.new),
        proof=(found.longest_m, bound),
        uncoverable=np.zeros(0, dtype=np.int64),
    )


def _search(
    near: Reach,
    probe: Callable[[Reach], _Solution],
    radii: Floats,
    *,
    best: _Solution,
    from_top: bool = False,
    doubts: float = np.inf,
) -> tuple[_Solution, float]:
    """Find the shortest of the radii (ascending) that will do, and the proven lower bound.

    `best` is what is known to do within the last radius, if anything is; `from_top` begins beside
    it with growing steps, which needs one proof where that is the optimum.  After so many `doubts`
    (nothing found, and not certain) the search ends early.
    """
    low, high, bound, step = 0, len(radii) - (best.new is not None), 0, 1
    while low < high and doubts > 0:
        middle = max(low, high - step) if from_top else (low + high) // 2
        step *= 2
        found = probe(near.only(near.distance_m <= radii[middle]))
        if found.new is None:
            low, from_top = middle + 1, False
            bound = low if found.certain else bound
            doubts -= not found.certain
        else:
            best = found
            high = min(middle, int(np.searchsorted(radii, found.longest_m)))
    return best, float(radii[bound]) if bound < len(radii) else np.inf


def _radii(near: Reach) -> Floats:
    """Return the distinct distances from the first on that could do for everybody."""
    first = np.unique(near.demand, return_index=True)[1]
    return np.unique(near.distance_m[near.distance_m >= near.distance_m[first].max()])


def _fits(problem: Problem, means: Means, new: Ints) -> bool:
    if means.new_sites is not None and len(new) > means.new_sites:
        return False
    return means.budget is None or problem.cost is None or problem.cost[new].sum() <= means.budget
