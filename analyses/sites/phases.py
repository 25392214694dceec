"""What to build in which year?  Nested choices: what one phase builds, all later ones have.

One programme over all phases finds the sequence with most child-years covered; what a phase does
not spend is there for the next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyses.sites.answer import Answer, answer_of, nearest_open
from analyses.sites.cover import refuse_capacity
from analyses.sites.highs import PROOF, Effort, Rows, gap_of, rows_of, solve
from analyses.sites.problem import FILE, Means, check_means, out_of_reach
from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from analyses.sites.problem import Problem, Reach
    from geo.arrays import Floats, Ints


_SCALE = 1e6


@dataclass(frozen=True)
class Phase:
    """A step of the plan: from this year on, with these means of its own.

    Examples
    --------
    >>> Phase(2027, Means(new_sites=2)).means.new_sites
    2
    """

    year: int
    means: Means


@dataclass(frozen=True, eq=False)
class Plan:
    """A sequence of nested choices.

    Attributes
    ----------
    phases
        The answer of each phase; its sites hold those of all earlier ones.
    objective, bound, gap
        Children covered, added up over the phases and weighted with their years; what no sequence
        can beat; their distance as a share.
    steps
        ``year, site, cost, children`` (whom in that year only this site covers): what each phase
        builds.
    """

    phases: tuple[Answer, ...]
    objective: float
    bound: float
    gap: float
    steps: pd.DataFrame


def phased(
    problem: Problem,
    phases: Sequence[Phase],
    *,
    radius_m: float | None = None,
    children: ArrayLike | None = None,
    years_after: int = 1,
    effort: Effort = PROOF,
) -> Plan:
    """Find the sequence of sites with most child-years covered.

    Parameters
    ----------
    problem
        Sites, children and their distances, without capacities.
    phases
        From early to late.
    radius_m
        Service radius; None: all pairs in reach.
    children
        Children by demand point (row) and phase (column); None: those of the problem in each.
    years_after
        Years that the last phase counts; the others count until the next one.
    effort
        When to stop.

    Raises
    ------
    InputRefused
        ``SITES_PHASES``, ``SITES_NO_CAPACITY``, and what the means are refused for.

    Examples
    --------
    One site now and one two years later: the one for 25 children waits.

    >>> import numpy as np
    >>> from analyses.sites.problem import reach_from_pairs, siting_problem
    >>> from geo.walk import Pairs
    >>> pairs = Pairs(np.array([0, 0, 1]), np.array([0, 1, 2]), np.array([100.0, 300.0, 200.0]))
    >>> problem = siting_problem(reach_from_pairs(pairs, sites=2, demands=3), [10, 20, 25])
    >>> steps = [Phase(2027, Means(new_sites=1)), Phase(2029, Means(new_sites=1))]
    >>> plan = phased(problem, steps)
    >>> plan.steps[["year", "site", "children"]].to_numpy().tolist()
    [[2027.0, 0.0, 30.0], [2029.0, 1.0, 25.0]]
    """
    refuse_capacity(problem, asked=True)
    years = [phase.year for phase in phases]
    people = _people(problem, len(phases), children)
    if not years or (np.diff(years) <= 0).any() or people.shape[1] != len(years):
        raise InputRefused(Finding("SITES_PHASES", FILE))
    for phase in phases:
        check_means(problem, phase.means)
    lengths = np.diff([*years, years[-1] + years_after])
    near = replace(problem, children=people.max(axis=1)).people(radius_m)
    means = [phase.means for phase in phases]
    new, bound = _sequence(problem, near, means, weight=people * lengths, effort=effort)
    answers = tuple(
        _answer(replace(problem, children=people[:, k]), near, new[k], radius_m=radius_m)
        for k in range(len(years))
    )
    objective = float(np.array([answer.covered for answer in answers]) @ lengths)
    bound = max(objective, bound)
    steps = _steps(problem, near, people, built=list(zip(years, new, strict=True)))
    return Plan(answers, objective, bound, gap_of(objective, bound), steps)


def _people(problem: Problem, phases: int, children: ArrayLike | None) -> Floats:
    """Return the children by demand point and phase."""
    if children is None:
        return np.repeat(problem.children[:, None], phases, axis=1)
    people = np.asarray(children, dtype=np.float64)
    if people.shape != (len(problem.children), phases) or not (people >= 0).all():
        raise InputRefused(Finding("SITES_PHASES", FILE))
    return people


def _sequence(
    problem: Problem, near: Reach, means: Sequence[Means], *, weight: Floats, effort: Effort
) -> tuple[list[Ints], float]:
    """Return the new sites of each phase (with the earlier ones) and the bound."""
    done = np.zeros(near.demands, dtype=bool)
    done[near.demand[problem.existing[near.site]]] = True
    open_pairs = near.only(~done[near.demand])
    points, row = np.unique(open_pairs.demand, return_inverse=True)
    size, phases = near.sites + len(points), len(means)
    variables = size * phases
    rows: list[Rows] = []
    for phase in range(phases):
        site, point = size * phase, size * phase + near.sites
        here = np.arange(len(points))
        entries = (row, site + open_pairs.site, 1.0)
        covered = (here, point + here, -1.0)
        rows.append(rows_of([entries, covered], (len(points), variables), low=0.0))
        rows += _spent(problem, means[: phase + 1], first=site, variables=variables)
        if phase:
            every = np.arange(near.sites)
            kept = [(every, site + every, 1.0), (every, site - size + every, -1.0)]
            rows.append(rows_of(kept, (near.sites, variables), low=0.0))
    gain = np.zeros((phases, size))
    gain[:, near.sites :] = weight[points].T
    unit = gain.sum() / _SCALE or 1.0
    upper = np.ones((phases, size))
    upper[:, : near.sites][:, problem.existing] = 0.0
    whole = np.tile(np.arange(size) < near.sites, phases)
    found = solve(-gain.ravel() / unit, rows, whole=whole, upper=upper.ravel(), effort=effort)
    if found is None:
        message = "building nothing is always possible"
        raise ValueError(message)
    built = found.value.reshape(phases, size)[:, : near.sites]
    always = float(weight[done].sum())
    return [np.flatnonzero(phase) for phase in built], always - found.bound * unit


def _spent(problem: Problem, means: Sequence[Means], *, first: int, variables: int) -> list[Rows]:
    """Return the limits of all that is built up to a phase; unspent means are carried over."""
    sites = problem.candidates
    zeros = np.zeros(len(sites), dtype=np.int64)
    rows = []
    counts = [each.new_sites for each in means]
    known_counts = [count for count in counts if count is not None]
    if len(known_counts) == len(counts):
        high = float(sum(known_counts))
        rows.append(rows_of([(zeros, first + sites, 1.0)], (1, variables), high=high))
    budgets = [each.budget for each in means if each.budget is not None]
    if len(budgets) == len(means) and problem.cost is not None:
        price = problem.cost[sites]
        rows.append(rows_of([(zeros, first + sites, price)], (1, variables), high=sum(budgets)))
    return rows


def _answer(problem: Problem, near: Reach, new: Ints, *, radius_m: float | None) -> Answer:
    """Return one phase's answer; only the whole sequence has a bound."""
    assigned = nearest_open(problem, near, new)
    covered = float(problem.children[assigned["site"].to_numpy() >= 0].sum())
    return answer_of(
        problem,
        "phased",
        new,
        assigned=assigned,
        proof=(covered, float("nan")),
        uncoverable=out_of_reach(problem, radius_m),
    )


def _steps(
    problem: Problem, near: Reach, people: Floats, *, built: Sequence[tuple[int, Ints]]
) -> pd.DataFrame:
    """Return what each phase adds, site by site."""
    rows = []
    before = np.flatnonzero(problem.existing)
    for phase, (year, new) in enumerate(built):
        is_open = problem.existing.copy()
        is_open[new] = True
        pairs = near.only(is_open[near.site])
        depth = np.bincount(pairs.demand, minlength=near.demands)
        only = np.where(depth[pairs.demand] == 1, people[pairs.demand, phase], 0.0)
        own = np.bincount(pairs.site, weights=only, minlength=near.sites)
        for site in np.setdiff1d(new, before).tolist():
            cost = float("nan") if problem.cost is None else float(problem.cost[site])
            rows.append({"year": year, "site": site, "cost": cost, "children": float(own[site])})
        before = np.union1d(before, new)
    return pd.DataFrame(rows, columns=["year", "site", "cost", "children"])
