"""Which sites serve all demand points at least cost?  The exact core of MCLP, p-median and equity.

Each demand point takes the cheapest offer of a chosen site, or stays outside at its own cost.  The
programme has a variable for each step of a demand point's ladder of costs (Elloumi 2010): "all
sites up to here are closed".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyses.sites.highs import PROOF, ROUNDING, Effort, Rows, TimeUpError, rows_of, size_of, solve
from analyses.sites.lagrange import Offers, bounds_of, total_cost

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_array

    from analyses.sites.problem import Means, Problem, Reach
    from geo.arrays import Floats, Ints


_SMALL = 3000  # steps; fewer are solved sooner than bounded
_SHALLOW = 3  # steps of each demand point; the solver's own bounds are as good
_SCALE = 1e6
_DIGITS = 9


@dataclass(frozen=True, eq=False)
class Choice:
    """Chosen sites with their cost and the proven lower bound."""

    chosen: Ints
    cost: float
    bound: float


def offers_of(problem: Problem, near: Reach, cost: Floats, *, outside: Floats) -> Offers:
    """Return the candidates' offers that beat both `outside` and every existing site.

    Parameters
    ----------
    near
        Pairs of site and demand point.
    cost
        Cost of each pair; never falls with the distance.
    outside
        Cost of each demand point without any site; inf: not allowed.
    """
    best = outside.copy()
    there = problem.existing[near.site]
    np.minimum.at(best, near.demand[there], cost[there])
    keep = ~there & (cost < best[near.demand])
    return Offers(near.site[keep], near.demand[keep], cost[keep], best, near.sites)


def select(
    offers: Offers,
    problem: Problem,
    means: Means,
    *,
    must: csr_array | None = None,
    effort: Effort = PROOF,
) -> Choice | None:
    """Find the cheapest choice of new sites within the means, None where none serves all.

    Parameters
    ----------
    offers
        What each new site offers.
    problem
        For the sites' costs.
    means
        How many new sites, and how much money.
    must
        Rows (columns: sites) of which each needs at least one new site.
    effort
        When to stop.
    """
    scale = _scale(offers)
    scaled = Offers(
        offers.site,
        offers.demand,
        np.round(offers.cost / scale, _DIGITS),
        np.round(offers.outside / scale, _DIGITS),
        offers.sites,
    )
    plain = means.budget is None and must is None and _is_deep(offers)
    found = _by_count(scaled, means, effort) if plain else None
    if found is None:
        rows = [*means_rows(problem, means, variables=offers.sites), *_must_rows(must)]
        found = _programme(scaled, np.arange(offers.sites), rows=rows, effort=effort)
    if found is None:
        return None
    cost = total_cost(offers, found.chosen)
    slack = ROUNDING * abs(cost)
    bound = min(found.bound * scale, cost)
    return Choice(found.chosen, cost, cost if cost - bound <= slack else bound)


def means_rows(problem: Problem, means: Means, *, variables: int) -> list[Rows]:
    """Return the constraints of the means; the first variables are the sites."""
    sites = problem.candidates
    rows = []
    zeros = np.zeros(len(sites), dtype=np.int64)
    if means.new_sites is not None:
        rows.append(rows_of([(zeros, sites, 1.0)], (1, variables), high=means.new_sites))
    if means.budget is not None and problem.cost is not None:
        price = problem.cost[sites]
        rows.append(rows_of([(zeros, sites, price)], (1, variables), high=means.budget))
    return rows


def _by_count(offers: Offers, means: Means, effort: Effort) -> Choice | None:
    """Choose so many sites: bounds first, then the programme of what they leave open."""
    useful = np.unique(offers.site)
    count = min(means.new_sites or 0, len(useful))
    if count in (0, len(useful)):
        cost = total_cost(offers, useful[:count])
        return Choice(useful[:count], cost, cost) if np.isfinite(cost) else None
    bounds, left = bounds_of(offers, count)
    cost = total_cost(offers, bounds.chosen)
    if not np.isfinite(cost):
        return None
    if cost - bounds.lower <= ROUNDING * abs(cost):
        return Choice(bounds.chosen, cost, bounds.lower)
    zeros, one = np.zeros(len(left.possible), dtype=np.int64), np.arange(len(left.needed))
    rows = [
        rows_of([(zeros, left.possible, 1.0)], (1, offers.sites), high=count),
        rows_of([(one, left.needed, 1.0)], (len(one), offers.sites), low=1.0),
    ]
    try:
        found = _programme(left.offers, left.possible, rows=rows, effort=effort)
    except TimeUpError:
        return Choice(bounds.chosen, cost, bounds.lower)
    if found is None or total_cost(offers, found.chosen) >= cost:
        bound = cost if found is None else min(cost, max(found.bound, bounds.lower))
        return Choice(bounds.chosen, cost, bound)
    return Choice(found.chosen, found.cost, max(found.bound, bounds.lower))


def _programme(
    offers: Offers, possible: Ints, *, rows: Sequence[Rows], effort: Effort
) -> Choice | None:
    """Solve the ladder programme; `rows` are over the sites."""
    ladder = _ladder(offers)
    if ladder is None:
        return None
    sites, steps = offers.sites, len(ladder.weight)
    is_possible = np.zeros(sites)
    is_possible[possible] = 1.0
    found = solve(
        np.concatenate([np.zeros(sites), ladder.weight]),
        [ladder.rows, *(_widened(row, sites + steps) for row in rows)],
        whole=np.arange(sites + steps) < sites,
        upper=np.concatenate([is_possible, ladder.upper]),
        effort=effort,
    )
    if found is None:
        return None
    chosen = np.flatnonzero(found.value[:sites])
    return Choice(chosen, ladder.base + found.objective, ladder.base + found.bound)


@dataclass(frozen=True, eq=False)
class _Ladder:
    base: float
    weight: Floats
    upper: Floats
    rows: Rows


def _ladder(offers: Offers) -> _Ladder | None:
    """Return the steps of all demand points; None where one has no offer but must have."""
    demand, cost, outside = offers.demand, offers.cost, offers.outside
    without = np.ones(len(outside), dtype=bool)
    without[demand] = False
    if np.isinf(outside[without]).any():
        return None
    begin = np.ones(len(demand), dtype=bool)
    begin[1:] = demand[1:] != demand[:-1]
    new_step = begin.copy()
    new_step[1:] |= cost[1:] != cost[:-1]
    step = np.cumsum(new_step) - 1
    of, height = demand[new_step], cost[new_step]
    first = begin[new_step]
    last = np.ones(len(of), dtype=bool)
    last[:-1] = first[1:]
    following = np.zeros_like(height)
    following[:-1] = height[1:]
    rise = np.where(last, outside[of], following) - height
    must = np.isinf(rise)
    base = float(height[first].sum() + outside[without].sum())
    columns = offers.sites + np.arange(len(of))
    later = np.flatnonzero(~first)
    rows = rows_of(
        [
            (step, offers.site, 1.0),
            (np.arange(len(of)), columns, 1.0),
            (later, columns[later - 1], -1.0),
        ],
        (len(of), offers.sites + len(of)),
        low=first.astype(np.float64),
    )
    return _Ladder(base, np.where(must, 0.0, rise), np.where(must, 0.0, 1.0), rows)


def _is_deep(offers: Offers) -> bool:
    """Say whether the ladders are so long that bounds from sorting are worth while."""
    new = (np.diff(offers.demand) != 0) | (np.diff(offers.cost) != 0)
    steps = int(np.count_nonzero(new)) + 1
    points = int(np.count_nonzero(np.diff(offers.demand))) + 1
    return len(offers.demand) > 0 and steps > max(int(_SMALL), int(_SHALLOW * points))


def _must_rows(must: csr_array | None) -> list[Rows]:
    if must is None:
        return []
    count = size_of(must)[0]
    return [Rows(must, np.ones(count), np.full(count, np.inf))]


def _widened(rows: Rows, variables: int) -> Rows:
    matrix = rows.matrix.copy()
    matrix.resize((size_of(matrix)[0], variables))
    return Rows(matrix, rows.low, rows.high)


def _scale(offers: Offers) -> float:
    """Return the unit that makes the total about a million, so that tolerances are relative."""
    top = np.where(np.isinf(offers.outside), 0.0, offers.outside)
    np.maximum.at(top, offers.demand, offers.cost)
    total = float(top.sum())
    return total / _SCALE if total > 0 else 1.0
