"""Which sites, if every site has only so many places?  Children may be shared between sites.

Mixed programme: whole numbers for the sites, continuous ones for the children who go from a demand
point to a site.  Who goes where follows from one more flow problem with the sites fixed: most
children placed, then least distance; whole children stay whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from analyses.sites.answer import NOWHERE, Answer, answer_of, assignment
from analyses.sites.highs import PROOF, Effort, Rows, rows_of, solve
from analyses.sites.problem import FILE, Means, out_of_reach
from analyses.sites.selection import means_rows
from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from analyses.sites.problem import Problem, Reach
    from geo.arrays import Floats, Ints


Whom = Literal["all", "most"]
_WHOLE = 1e-6
_DUST = 1e-7
_SCALE = 1e6


@dataclass(frozen=True, eq=False)
class Price:
    """What a child costs: on each pair within reach, and `without` a place (None: all have one)."""

    pair: Floats
    without: float | None


@dataclass(frozen=True, eq=False)
class _Model:
    """Constraints over the sites' variables, then the pairs' ones, and their upper ends."""

    rows: list[Rows]
    upper: Floats


@dataclass(frozen=True, eq=False)
class _Solution:
    new: Ints
    objective: float
    bound: float


def most_children(
    problem: Problem, means: Means, *, radius_m: float | None, effort: Effort = PROOF
) -> Answer:
    """Place most children (MCLP with capacities); `objective`: children with a place."""
    near = problem.people(radius_m)
    found = _most(problem, near, means, effort=effort)
    assigned = placed(problem, near, found.new)
    covered = _children_placed(assigned)
    return answer_of(
        problem,
        "mclp",
        found.new,
        assigned=assigned,
        proof=(covered, max(covered, -found.bound)),
        uncoverable=out_of_reach(problem, radius_m),
    )


def fewest_sites(problem: Problem, *, radius_m: float | None, effort: Effort = PROOF) -> Answer:
    """Place every coverable child with the fewest new sites (LSCP with capacities)."""
    near = problem.people(radius_m)
    everything = Means(new_sites=len(problem.candidates))
    refuse_short(problem, near, everything, effort=effort)
    model = _model(problem, near, everything, whom="all")
    cost = np.zeros(len(model.upper))
    cost[problem.candidates] = 1.0
    found = _solved(problem, model, cost, effort=effort)
    if found is None:
        raise _short(problem, near, everything, effort=effort)
    count = float(len(found.new))
    return answer_of(
        problem,
        "lscp",
        found.new,
        assigned=placed(problem, near, found.new),
        proof=(count, min(count, float(np.ceil(found.bound - _WHOLE)))),
        uncoverable=out_of_reach(problem, radius_m),
    )


def least_cost(
    problem: Problem,
    means: Means,
    near: Reach,
    *,
    price: Price,
    model: str,
    effort: Effort = PROOF,
) -> Answer:
    """Place children at least cost; `objective`: mean cost of a child."""
    charge = price.without
    programme = _model(problem, near, means, whom="all" if charge is None else "most")
    people = float(problem.children.sum())
    saved = price.pair - (charge or 0.0)
    weight = np.concatenate([np.zeros(near.sites), saved])
    found = _solved(problem, programme, weight, effort=effort)
    if found is None:
        raise _short(problem, near, means, effort=effort)
    assigned = placed(problem, near, found.new, cost=saved, whom=programme_whom(charge))
    base = (charge or 0.0) * people
    return answer_of(
        problem,
        model,
        found.new,
        assigned=assigned,
        proof=((base + found.objective) / people, (base + found.bound) / people),
        uncoverable=out_of_reach(problem, None),
    )


def fitting(problem: Problem, near: Reach, means: Means, *, effort: Effort) -> Ints | None:
    """Return new sites within the means that have a place for all, None where there are none."""
    reached = np.bincount(near.demand, minlength=near.demands)
    if (reached[problem.children > 0] == 0).any():
        return None
    model = _model(problem, near, means, whom="all")
    found = _solved(problem, model, np.zeros(len(model.upper)), effort=effort)
    return None if found is None else found.new


def refuse_short(problem: Problem, near: Reach, means: Means, *, effort: Effort) -> None:
    """Refuse, with the number of places, what cannot give all children in reach a place."""
    found = _most(problem, near, means, effort=effort)
    inside = np.unique(near.demand)
    if problem.children[inside].sum() + found.objective > _WHOLE * len(inside):
        raise _short(problem, near, means, effort=effort)


def placed(
    problem: Problem,
    near: Reach,
    new: Ints,
    *,
    cost: Floats | None = None,
    whom: Whom = "all",
) -> pd.DataFrame:
    """Say who goes where with the sites fixed.

    Most children placed, then least cost (default: metres); `whom` "most": whatever costs least.
    """
    is_open = problem.existing.copy()
    is_open[new] = True
    keep = is_open[near.site]
    near = near.only(keep)
    price = near.distance_m if cost is None else cost[keep]
    flow = _flow(problem, near, price, whom=whom)
    kept = np.flatnonzero(flow > 0)
    left = problem.children - np.bincount(
        near.demand[kept], weights=flow[kept], minlength=near.demands
    )
    left = np.where(np.abs(left) <= _DUST * np.maximum(problem.children, 1.0), 0.0, left)
    used = np.zeros(near.demands, dtype=bool)
    used[near.demand[kept]] = True
    without = np.flatnonzero((left > 0) | ~used)
    nowhere, never = np.full(len(without), NOWHERE), np.full(len(without), np.inf)
    table = pd.concat(
        [
            assignment(
                near.demand[kept],
                near.site[kept],
                distance_m=near.distance_m[kept],
                children=flow[kept],
            ),
            assignment(without, nowhere, distance_m=never, children=left[without]),
        ]
    )
    return table.sort_values(["demand", "distance_m", "site"], ignore_index=True)


def programme_whom(charge: float | None) -> Whom:
    """Return whom a cost model places: all where nobody may be charged."""
    return "all" if charge is None else "most"


def _model(problem: Problem, near: Reach, means: Means, *, whom: Whom) -> _Model:
    """Write the constraints; the tight ones (pair by pair) only for candidates."""
    sites, pairs = near.sites, len(near.site)
    variables = sites + pairs
    inside, row = np.unique(near.demand, return_inverse=True)
    children = problem.children[inside]
    here = sites + np.arange(pairs)
    places = _places(problem, near)
    most = np.minimum(children[row], places[near.site])
    every = np.arange(sites)
    bound = np.flatnonzero(~problem.existing[near.site])
    one = np.arange(len(bound))
    rows = [
        rows_of(
            [(row, here, 1.0)],
            (len(inside), variables),
            low=children if whom == "all" else 0.0,
            high=children,
        ),
        rows_of(
            [(near.site, here, 1.0), (every, every, np.where(problem.existing, 0.0, -places))],
            (sites, variables),
            high=np.where(problem.existing, places, 0.0),
        ),
        rows_of(
            [(one, here[bound], 1.0), (one, near.site[bound], -most[bound])],
            (len(bound), variables),
            high=0.0,
        ),
        *means_rows(problem, means, variables=variables),
    ]
    return _Model(rows, np.concatenate([np.where(problem.existing, 0.0, 1.0), most]))


def _solved(problem: Problem, model: _Model, cost: Floats, *, effort: Effort) -> _Solution | None:
    sites = len(problem.existing)
    unit = float(np.abs(cost * model.upper).sum()) / _SCALE or 1.0
    whole = np.arange(len(cost)) < sites
    found = solve(cost / unit, model.rows, whole=whole, upper=model.upper, effort=effort)
    if found is None:
        return None
    new = np.flatnonzero(found.value[:sites] > 0)
    return _Solution(new, found.objective * unit, found.bound * unit)


def _most(problem: Problem, near: Reach, means: Means, *, effort: Effort) -> _Solution:
    """Place most children; the objective is minus their number."""
    model = _model(problem, near, means, whom="most")
    cost = np.concatenate([np.zeros(near.sites), -np.ones(len(near.site))])
    found = _solved(problem, model, cost, effort=effort)
    if found is None:
        message = "placing nobody is always possible"
        raise ValueError(message)
    return found


def _flow(problem: Problem, near: Reach, price: Floats, *, whom: Whom) -> Floats:
    """Return the children of each pair: a basic solution, so whole children stay whole."""
    pairs = len(near.site)
    if not pairs:
        return np.zeros(0)
    everything = np.arange(pairs)
    upper = np.minimum(problem.children[near.demand], _places(problem, near)[near.site])
    rows = [
        rows_of([(near.demand, everything, 1.0)], (near.demands, pairs), high=problem.children),
        rows_of([(near.site, everything, 1.0)], (near.sites, pairs), high=_places(problem, near)),
    ]
    whole = np.zeros(pairs, dtype=bool)
    if whom == "all":
        most = solve(-np.ones(pairs), rows, whole=whole, upper=upper)
        total = 0.0 if most is None else -most.objective
        first = np.zeros(pairs, dtype=np.int64)
        low = total * (1 - _DUST * _WHOLE)
        rows.append(rows_of([(first, everything, 1.0)], (1, pairs), low=low))
    found = solve(price, rows, whole=whole, upper=upper)
    flow = np.zeros(pairs) if found is None else found.value
    near_whole = np.rint(flow)
    return np.where(np.abs(flow - near_whole) <= _WHOLE, near_whole, np.maximum(flow, 0.0))


def _places(problem: Problem, near: Reach) -> Floats:
    """Return the places of each site, no more than there are children in its reach."""
    in_reach = np.bincount(
        near.site, weights=problem.children[near.demand], minlength=near.sites
    ).astype(np.float64)
    return in_reach if problem.capacity is None else np.minimum(problem.capacity, in_reach)


def _children_placed(assigned: pd.DataFrame) -> float:
    return float(assigned["children"].to_numpy()[assigned["site"].to_numpy() != NOWHERE].sum())


def _short(problem: Problem, near: Reach, means: Means, *, effort: Effort) -> InputRefused:
    """Return the refusal with the places that the means, and that all candidates, are short of."""
    children = problem.children[np.unique(near.demand)].sum()
    everything = Means(new_sites=len(problem.candidates))
    short = children + _most(problem, near, means, effort=effort).objective
    always = children + _most(problem, near, everything, effort=effort).objective
    detail = {
        "children": round(float(children), 3),
        "short": round(float(short), 3),
        "always": round(float(always), 3),
    }
    return InputRefused(Finding("SITES_SHORT_PLACES", FILE, detail=detail))
