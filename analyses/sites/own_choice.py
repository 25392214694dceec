"""How good is a choice that somebody has already made, and what does it give up?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from analyses.sites.center import p_center
from analyses.sites.cover import mclp, refuse_capacity
from analyses.sites.equity import kolm_pollak
from analyses.sites.highs import PROOF, Effort
from analyses.sites.median import p_median
from analyses.sites.pareto import Measures, measured, ruler_of
from analyses.sites.problem import FILE, Means
from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyses.sites.answer import Answer
    from analyses.sites.problem import Problem


@dataclass(frozen=True, eq=False)
class Regret:
    """A choice beside the best ones with the same means.

    Attributes
    ----------
    own
        Measures of the choice.
    table
        A row for each aim: ``aim`` (covered|worst_m|mean_m|ede_m), ``own``, ``best``, ``bound``
        (what no choice can beat), ``share`` of the optimum (0-1), ``gives_up`` (children or
        metres), ``best_sites`` (rows of the new ones) and ``gap``.
    """

    own: Measures
    table: pd.DataFrame


def regret(
    problem: Problem,
    own_choice: Sequence[int],
    *,
    radius_m: float,
    unreached_m: float | None = None,
    same: Literal["sites", "cost"] = "sites",
    effort: Effort = PROOF,
) -> Regret:
    """Compare a choice of new sites with the optimum of each aim.

    Parameters
    ----------
    problem
        Sites, children and their distances, without capacities.
    own_choice
        Rows of the chosen candidates.
    radius_m
        Service radius of the coverage.
    unreached_m
        Metres charged for a child without a site in reach; None: the longest distance in reach.
    same
        "sites": the optimum may build as many; "cost": it may spend as much.
    effort
        When to stop.

    Raises
    ------
    InputRefused
        ``SITES_CHOICE`` for a row that is no candidate, ``SITES_COST_UNKNOWN``,
        ``SITES_NO_CAPACITY``.

    Examples
    --------
    The choice of site 1 covers 25 children, the best one 30:

    >>> import numpy as np
    >>> from analyses.sites.problem import reach_from_pairs, siting_problem
    >>> from geo.walk import Pairs
    >>> pairs = Pairs(np.array([0, 0, 1]), np.array([0, 1, 2]), np.array([100.0, 300.0, 200.0]))
    >>> problem = siting_problem(reach_from_pairs(pairs, sites=2, demands=3), [10, 20, 25])
    >>> table = regret(problem, [1], radius_m=500, unreached_m=500).table
    >>> table.loc[0, ["own", "best", "gives_up"]].astype(float).tolist()
    [25.0, 30.0, 5.0]
    """
    refuse_capacity(problem, asked=True)
    new = np.unique(np.asarray(own_choice, dtype=np.int64))
    if not np.isin(new, problem.candidates).all():
        raise InputRefused(Finding("SITES_CHOICE", FILE))
    ruler = ruler_of(problem, radius_m=radius_m, unreached_m=unreached_m)
    own = measured(ruler, new)
    means = Means(new_sites=len(new))
    if same == "cost":
        means = Means(budget=own.cost)
    charge = ruler.charge_m
    best: dict[str, Answer] = {
        "covered": mclp(problem, means, radius_m=radius_m, effort=effort),
        "mean_m": p_median(problem, means, unreached_m=charge, effort=effort),
        "ede_m": kolm_pollak(problem, means, unreached_m=charge, kappa=ruler.kappa, effort=effort),
    }
    if np.isfinite(own.worst_m):
        best["worst_m"] = p_center(problem, means, effort=effort)
    rows = [_row(aim, getattr(own, aim), answer) for aim, answer in best.items()]
    return Regret(own, pd.DataFrame(rows))


def _row(aim: str, own: float, best: Answer) -> dict[str, object]:
    """Compare one measure; more is better for the children covered, less for the others."""
    more = aim == "covered"
    top, bottom = (own, best.objective) if more else (best.objective, own)
    return {
        "aim": aim,
        "own": own,
        "best": best.objective,
        "bound": best.bound,
        "share": top / bottom if bottom else 1.0,
        "gives_up": abs(best.objective - own),
        "best_sites": best.new_sites,
        "gap": best.gap,
    }
