"""What is the answer: chosen sites, who goes where, and how sure is it that nothing is better?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyses.sites.highs import gap_of

if TYPE_CHECKING:
    from analyses.sites.problem import Problem, Reach
    from geo.arrays import Floats, Ints


NOWHERE = -1


@dataclass(frozen=True, eq=False)
class Answer:
    """Chosen sites with the proof of how good they are.

    Attributes
    ----------
    model
        Which question it answers, e.g. ``mclp``.
    sites
        Rows of the chosen sites, existing ones included, ascending.
    new_sites
        Those of them that are to be built.
    objective, bound
        What was optimised, and what no choice can beat.
    gap
        Their distance as a share of the objective; 0 is a proven optimum.  Bound and gap are NaN
        where the answer is a part of a plan (`analyses.sites.phases`), which has its own.
    assigned
        ``demand, site`` (-1: none), ``distance_m`` (inf: none), ``children``; each child once.
    covered, children
        Children with a place in reach, and all children.
    uncoverable
        Demand points with children whom no site, built or not, reaches.
    cost
        Cost of the new sites, NaN where no costs are known.

    Examples
    --------
    >>> import numpy as np
    >>> from analyses.sites import Means, mclp, reach_from_pairs, siting_problem
    >>> from geo.walk import Pairs
    >>> pairs = Pairs(np.array([0, 0, 1]), np.array([0, 1, 2]), np.array([100.0, 300.0, 200.0]))
    >>> problem = siting_problem(reach_from_pairs(pairs, sites=2, demands=3), [10, 20, 25])
    >>> answer = mclp(problem, Means(new_sites=1))
    >>> answer.sites, answer.covered, answer.children, answer.gap
    ((0,), 30.0, 55.0, 0.0)
    """

    model: str
    sites: tuple[int, ...]
    new_sites: tuple[int, ...]
    objective: float
    bound: float
    gap: float
    assigned: pd.DataFrame
    covered: float
    children: float
    uncoverable: tuple[int, ...]
    cost: float

    @property
    def share(self) -> float:
        """Return the share of the children (0-1) who are covered, NaN without children."""
        return self.covered / self.children if self.children else float("nan")

    @property
    def mean_m(self) -> float:
        """Return the covered children's mean distance in metres."""
        way, children = self._ways()
        return float(way @ children / children.sum()) if children.sum() else float("nan")

    @property
    def worst_m(self) -> float:
        """Return the longest way of a covered child in metres, NaN where nobody is covered."""
        way, _ = self._ways()
        return float(way.max()) if len(way) else float("nan")

    def _ways(self) -> tuple[Floats, Floats]:
        placed = self.assigned[(self.assigned["site"] != NOWHERE) & (self.assigned["children"] > 0)]
        return placed["distance_m"].to_numpy(), placed["children"].to_numpy()


def answer_of(
    problem: Problem,
    model: str,
    new: Ints,
    *,
    assigned: pd.DataFrame,
    proof: tuple[float, float],
    uncoverable: Ints,
) -> Answer:
    """Put an answer together; `proof`: objective and bound."""
    sites = np.union1d(np.flatnonzero(problem.existing), new)
    placed = assigned["site"].to_numpy() != NOWHERE
    objective, bound = proof
    return Answer(
        model,
        tuple(sites.tolist()),
        tuple(np.sort(new).tolist()),
        objective,
        bound,
        gap_of(objective, bound),
        assigned,
        float(assigned["children"].to_numpy()[placed].sum()),
        float(problem.children.sum()),
        tuple(uncoverable.tolist()),
        float("nan") if problem.cost is None else float(problem.cost[new].sum()),
    )


def nearest_open(problem: Problem, reach: Reach, new: Ints) -> pd.DataFrame:
    """Send each child to the nearest open site in `reach`, of equally near ones the first row.

    Examples
    --------
    >>> import numpy as np
    >>> from analyses.sites.problem import reach_from_pairs, siting_problem
    >>> from geo.walk import Pairs
    >>> pairs = Pairs(np.array([0, 1]), np.array([0, 0]), np.array([300.0, 100.0]))
    >>> problem = siting_problem(reach_from_pairs(pairs, sites=2, demands=1), [30])
    >>> nearest_open(problem, problem.reach, np.array([0, 1]))["site"].tolist()
    [1]
    """
    is_open = problem.existing.copy()
    is_open[new] = True
    near = reach.only(is_open[reach.site])
    demand, first = np.unique(near.demand, return_index=True)
    site = np.full(reach.demands, NOWHERE)
    distance = np.full(reach.demands, np.inf)
    site[demand], distance[demand] = near.site[first], near.distance_m[first]
    everybody = np.arange(reach.demands)
    return assignment(everybody, site, distance_m=distance, children=problem.children)


def assignment(demand: Ints, site: Ints, *, distance_m: Floats, children: Floats) -> pd.DataFrame:
    """Return the table of who goes where."""
    columns = {"demand": demand, "site": site, "distance_m": distance_m, "children": children}
    return pd.DataFrame(columns)
