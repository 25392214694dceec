"""What does more coverage cost in longest way, equity and money?  The Pareto front of choices.

Epsilon-constraint: for each number of new sites (or budget) the best choice by each aim alone, and
between them most coverage, and least Kolm-Pollak distance, for a longest way that must not be
exceeded.  Every row is a proven optimum of its question; rows that another one beats are dropped.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyses.sites.answer import NOWHERE, nearest_open
from analyses.sites.center import p_center
from analyses.sites.cover import mclp, refuse_capacity
from analyses.sites.equity import ede_m, kappa_of, kolm_pollak
from analyses.sites.highs import PROOF, Effort
from geo.arrays import MM_PER_M
from geo.findings import InputRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from analyses.sites.answer import Answer
    from analyses.sites.problem import Means, Problem
    from geo.arrays import Flags, Ints


AIMS = {"covered": -1.0, "worst_m": 1.0, "ede_m": 1.0, "cost": 1.0}
"""Measure -> 1 where less is better, -1 where more is."""


@dataclass(frozen=True, eq=False)
class Ruler:
    """By what choices are measured: radius of coverage, metres charged, aversion per metre.

    Examples
    --------
    >>> import numpy as np
    >>> from analyses.sites.problem import reach_from_pairs, siting_problem
    >>> from geo.walk import Pairs
    >>> pairs = Pairs(np.array([0, 1]), np.array([0, 0]), np.array([300.0, 100.0]))
    >>> problem = siting_problem(reach_from_pairs(pairs, sites=2, demands=1), [30])
    >>> ruler = ruler_of(problem, radius_m=200)
    >>> isinstance(ruler, Ruler), ruler.radius_m, ruler.charge_m
    (True, 200, 300.0)
    """

    problem: Problem
    radius_m: float
    charge_m: float
    kappa: float


@dataclass(frozen=True)
class Measures:
    """All aims of one choice.

    Attributes
    ----------
    new_sites, sites
        Number and rows of the new sites.
    covered, share
        Children within the radius, and their share (0-1).
    worst_m
        Longest way of a child in metres; inf: somebody has no site in reach.
    mean_m, ede_m
        Mean and Kolm-Pollak distance, with what is charged for those without a site.
    cost
        Of the new sites; their number where no costs are known.
    """

    new_sites: int
    sites: tuple[int, ...]
    covered: float
    share: float
    worst_m: float
    mean_m: float
    ede_m: float
    cost: float


def ruler_of(problem: Problem, *, radius_m: float, unreached_m: float | None = None) -> Ruler:
    """Return a ruler; `unreached_m` None charges the longest distance in reach.

    Examples
    --------
    >>> import numpy as np
    >>> from analyses.sites.problem import reach_from_pairs, siting_problem
    >>> from geo.walk import Pairs
    >>> pairs = Pairs(np.array([0, 1]), np.array([0, 0]), np.array([300.0, 100.0]))
    >>> problem = siting_problem(reach_from_pairs(pairs, sites=2, demands=1), [30])
    >>> ruler_of(problem, radius_m=200, unreached_m=500).charge_m
    500
    """
    near = problem.people(None)
    longest = float(near.distance_m.max(initial=0.0))
    charge = longest if unreached_m is None else unreached_m
    return Ruler(problem, radius_m, charge, kappa_of(problem, near))


def pareto_front(
    problem: Problem,
    means: Sequence[Means],
    *,
    radius_m: float,
    steps: int = 3,
    unreached_m: float | None = None,
    effort: Effort = PROOF,
) -> pd.DataFrame:
    """Return the choices that no other choice found beats in everything.

    Parameters
    ----------
    problem
        Sites, children and their distances, without capacities.
    means
        The means to compare, e.g. 1, 2, 3 ... new sites, or budgets.
    radius_m
        Service radius of the coverage.
    steps
        Limits of the longest way that are tried between the shortest possible one and that of the
        choice with most coverage.
    unreached_m
        Metres charged in the Kolm-Pollak distance for a child without a site in reach; None: the
        longest distance in reach.
    effort
        When to stop.

    Returns
    -------
    pandas.DataFrame
        The columns of `Measures`, ``optimum_of`` (the question), ``limit_m`` (of the longest way,
        inf: none) and ``gap``; most coverage first.

    Raises
    ------
    InputRefused
        ``SITES_NO_CAPACITY``, and what the means are refused for.

    Examples
    --------
    >>> import numpy as np
    >>> from analyses.sites.problem import Means, reach_from_pairs, siting_problem
    >>> from geo.walk import Pairs
    >>> pairs = Pairs(np.array([0, 1]), np.array([0, 0]), np.array([300.0, 100.0]))
    >>> problem = siting_problem(reach_from_pairs(pairs, sites=2, demands=1), [30])
    >>> pareto_front(problem, [Means(new_sites=1)], radius_m=200)["covered"].tolist()
    [30.0]
    """
    refuse_capacity(problem, asked=True)
    ruler = ruler_of(problem, radius_m=radius_m, unreached_m=unreached_m)
    rows = [
        {
            **asdict(measured(ruler, np.array(answer.new_sites, dtype=np.int64))),
            "optimum_of": answer.model,
            "limit_m": limit,
            "gap": answer.gap,
        }
        for each in means
        for answer, limit in _answers(ruler, each, steps=steps, effort=effort)
    ]
    table = pd.DataFrame(rows).drop_duplicates("sites", ignore_index=True)
    front = table[~dominated(table)]
    best_first = {"covered": False, "cost": True, "worst_m": True, "ede_m": True}
    return front.sort_values(
        list(best_first), ascending=list(best_first.values()), kind="stable", ignore_index=True
    )


def measured(ruler: Ruler, new: Ints) -> Measures:
    """Measure a choice of new sites by all aims.

    Examples
    --------
    The farther site is outside the radius of 200 m, the nearer within:

    >>> import numpy as np
    >>> from analyses.sites.problem import reach_from_pairs, siting_problem
    >>> from geo.walk import Pairs
    >>> pairs = Pairs(np.array([0, 1]), np.array([0, 0]), np.array([300.0, 100.0]))
    >>> problem = siting_problem(reach_from_pairs(pairs, sites=2, demands=1), [30])
    >>> ruler = ruler_of(problem, radius_m=200)
    >>> [measured(ruler, np.array([site])).covered for site in (0, 1)]
    [0.0, 30.0]
    """
    problem = ruler.problem
    people, total = problem.children, float(problem.children.sum())
    way = nearest_open(problem, problem.people(None), new)
    near = nearest_open(problem, problem.people(ruler.radius_m), new)
    covered = float(people[near["site"].to_numpy() != NOWHERE].sum())
    metres = way["distance_m"].to_numpy()
    charged = np.where(np.isfinite(metres), metres, ruler.charge_m)
    return Measures(
        new_sites=len(new),
        sites=tuple(np.sort(new).tolist()),
        covered=covered,
        share=covered / total,
        worst_m=float(metres[people > 0].max()),
        mean_m=float(charged @ people / total),
        ede_m=ede_m(way, ruler.kappa, unreached_m=ruler.charge_m),
        cost=float(len(new) if problem.cost is None else problem.cost[new].sum()),
    )


def dominated(table: pd.DataFrame) -> Flags:
    """Say which rows another row beats: nowhere worse, and better somewhere.

    Examples
    --------
    >>> aims = {"worst_m": [5.0, 5.0], "ede_m": [3.0, 3.0], "cost": [1.0, 2.0]}
    >>> dominated(pd.DataFrame({"covered": [9.0, 9.0], **aims})).tolist()
    [False, True]
    """
    value = table[list(AIMS)].to_numpy(dtype=np.float64) * np.array(list(AIMS.values()))
    beaten = np.zeros(len(value), dtype=bool)
    for row, own in enumerate(value):
        as_good = (value <= own).all(axis=1)
        beaten[row] = (as_good & (value < own).any(axis=1)).any()
    return beaten


def _answers(
    ruler: Ruler, means: Means, *, steps: int, effort: Effort
) -> Iterator[tuple[Answer, float]]:
    """Answer all questions for one means; each with the limit of the longest way."""
    problem, radius_m, kappa = ruler.problem, ruler.radius_m, ruler.kappa
    most = mclp(problem, means, radius_m=radius_m, effort=effort)
    yield most, np.inf
    charge = ruler.charge_m
    yield kolm_pollak(problem, means, unreached_m=charge, kappa=kappa, effort=effort), np.inf
    center = _if_possible(lambda: p_center(problem, means, effort=effort))
    if center is None:
        return
    yield center, np.inf
    longest = problem.people(None).distance_m.max(initial=0.0)
    far = min(measured(ruler, np.array(most.new_sites, dtype=np.int64)).worst_m, longest)
    for limit in np.linspace(center.objective, far, steps + 1)[:-1].tolist():
        # Rounded up to the millimetre in which limits are tested.
        limit_m = np.ceil(limit * MM_PER_M) / MM_PER_M
        yield mclp(problem, means, radius_m=radius_m, worst_m=limit_m, effort=effort), limit_m
        fair = kolm_pollak(problem, means, radius_m=limit_m, kappa=kappa, effort=effort)
        yield fair, limit_m


def _if_possible(question: Callable[[], Answer]) -> Answer | None:
    """Return the answer, or None where the means do not give everybody a site."""
    try:
        return question()
    except InputRefused as refusal:
        if refusal.findings[0].code in ("SITES_TOO_FEW", "SITES_OUT_OF_REACH"):
            return None
        raise
