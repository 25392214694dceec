"""What is asked: which sites reach which children, what is there already, what may be built?

Everything is sparse: a pair of site and demand point that is not in reach is nowhere stored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyses.rules import within
from geo.arrays import MM_PER_M
from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from geo.arrays import Flags, Floats, Ints
    from geo.walk import Pairs


FILE = "sites"
_NAMED = 5
_HEADER = 2


@dataclass(frozen=True, eq=False)
class Reach:
    """Which sites are in reach of which demand points, sorted by demand, distance and site.

    Attributes
    ----------
    site, demand
        Rows of the pair's site and demand point.
    distance_m
        Metres between them.
    sites, demands
        How many sites and demand points there are, with or without a pair.
    """

    site: Ints
    demand: Ints
    distance_m: Floats
    sites: int
    demands: int

    def within(self, limit_m: float | None) -> Reach:
        """Return the pairs within a limit (``<=``, in whole millimetres); None: all pairs."""
        if limit_m is None:
            return self
        return self.only(within(self.distance_m, round(limit_m * MM_PER_M)))

    def only(self, keep: Flags) -> Reach:
        """Return some of the pairs."""
        pairs = (self.site[keep], self.demand[keep], self.distance_m[keep])
        return Reach(*pairs, self.sites, self.demands)


@dataclass(frozen=True, eq=False)
class Problem:
    """A checked siting problem; make it with `siting_problem`.

    Attributes
    ----------
    reach
        The pairs.
    children
        Children at each demand point.
    existing
        Sites that are there already and stay.
    capacity
        Places of each site (inf: no limit), or None where places do not count.
    cost
        Cost of each site, 0 for existing ones, or None where no costs are known.

    Examples
    --------
    >>> import numpy as np
    >>> from geo.walk import Pairs
    >>> pairs = Pairs(np.array([0, 1]), np.array([0, 1]), np.array([100.0, 200.0]))
    >>> reach = reach_from_pairs(pairs, sites=2, demands=2)
    >>> problem = siting_problem(reach, [10, 20], existing=[0])
    >>> isinstance(problem, Problem), problem.existing.tolist()
    (True, [True, False])
    """

    reach: Reach
    children: Floats
    existing: Flags
    capacity: Floats | None = None
    cost: Floats | None = None

    @property
    def candidates(self) -> Ints:
        """Return the rows of the sites that may be built."""
        return np.flatnonzero(~self.existing)

    def people(self, limit_m: float | None) -> Reach:
        """Return the pairs within a limit at demand points where children live."""
        near = self.reach.within(limit_m)
        return near.only(self.children[near.demand] > 0)


@dataclass(frozen=True)
class Means:
    """What may be built: at most so many new sites, for at most so much money (or both).

    Examples
    --------
    >>> Means(new_sites=2).budget is None
    True
    """

    new_sites: int | None = None
    budget: float | None = None


def reach_from_pairs(pairs: Pairs, *, sites: int, demands: int) -> Reach:
    """Return the reach of `geo.walk.distances.pairs_within` (group = row of the site).

    Examples
    --------
    >>> import numpy as np
    >>> from geo.walk import Pairs
    >>> pairs = Pairs(np.array([0, 1]), np.array([0, 0]), np.array([300.0, 100.0]))
    >>> reach = reach_from_pairs(pairs, sites=2, demands=1)
    >>> reach.site.tolist(), reach.distance_m.tolist()
    ([1, 0], [100.0, 300.0])
    """
    return _reach(pairs.group, pairs.target, pairs.distance_m, shape=(sites, demands))


def reach_from_table(table: pd.DataFrame | ArrayLike) -> Reach:
    """Return the reach of a full table of distances.

    Parameters
    ----------
    table
        Metres; a row for each demand point, a column for each site, in this order.  NaN and inf:
        not in reach.

    Raises
    ------
    InputRefused
        ``SITES_DISTANCE`` for a negative distance.
    """
    metres = np.asarray(table, dtype=np.float64)
    demand, site = np.nonzero(np.isfinite(metres))
    return _reach(site, demand, metres[demand, site], shape=(metres.shape[1], metres.shape[0]))


def siting_problem(
    reach: Reach,
    children: ArrayLike,
    *,
    existing: Sequence[int] = (),
    capacity: ArrayLike | None = None,
    cost: ArrayLike | None = None,
    unreached_sites: bool = False,
) -> Problem:
    """Check the parts of a siting problem and put them together.

    Parameters
    ----------
    reach
        From `reach_from_pairs` or `reach_from_table`.
    children
        Children at each demand point (fractions are fine).
    existing
        Rows of the sites that are there already.
    capacity
        Places of each site; inf where there is no limit.
    cost
        Cost of each site; that of an existing one does not matter.
    unreached_sites
        Accept candidates that reach no demand point; else they are refused, for they usually lie
        outside the study area or off the streets.

    Raises
    ------
    InputRefused
        ``SITES_NONE``, ``SITES_NOBODY``, ``SITES_MISALIGNED``, ``SITES_CHILDREN``,
        ``SITES_CAPACITY``, ``SITES_COST``, ``SITES_EXISTING``, ``SITES_UNREACHED``.

    Examples
    --------
    >>> import numpy as np
    >>> from geo.walk import Pairs
    >>> pairs = Pairs(np.array([0, 1]), np.array([0, 0]), np.array([300.0, 100.0]))
    >>> reach = reach_from_pairs(pairs, sites=2, demands=1)
    >>> siting_problem(reach, [30]).children.tolist()
    [30.0]
    >>> try:
    ...     siting_problem(reach, [30, 40])
    ... except InputRefused as refused:
    ...     print(refused.findings[0].code)
    SITES_MISALIGNED
    """
    if reach.sites == 0:
        raise InputRefused(Finding("SITES_NONE", FILE))
    there = np.zeros(reach.sites, dtype=bool)
    rows = np.asarray(existing, dtype=np.int64)
    if ((rows < 0) | (rows >= reach.sites)).any():
        raise InputRefused(Finding("SITES_EXISTING", FILE, detail={"sites": reach.sites}))
    there[rows] = True
    if there.all():
        raise InputRefused(Finding("SITES_NONE", FILE))
    reached = np.zeros(reach.sites, dtype=bool)
    reached[reach.site] = True
    if not unreached_sites:
        _refuse_rows("SITES_UNREACHED", ~reached & ~there)
    free = np.where(there, 0.0, _numbers("SITES_COST", cost, reach.sites, unless=there))
    people = _numbers("SITES_CHILDREN", children, reach.demands, endless=False)
    if not people.any():
        raise InputRefused(Finding("SITES_NOBODY", FILE))
    return Problem(
        reach,
        people,
        there,
        None if capacity is None else _numbers("SITES_CAPACITY", capacity, reach.sites),
        None if cost is None else free,
    )


def check_means(problem: Problem, means: Means) -> None:
    """Refuse means that name nothing, too many sites, or money where no costs are known.

    Raises
    ------
    InputRefused
        ``SITES_MEANS``, ``SITES_TOO_MANY``, ``SITES_COST_UNKNOWN``.
    """
    given = [number for number in (means.new_sites, means.budget) if number is not None]
    if not given or any(not number >= 0 for number in given):
        raise InputRefused(Finding("SITES_MEANS", FILE))
    candidates = len(problem.candidates)
    if means.new_sites is not None and means.new_sites > candidates:
        detail = {"asked": means.new_sites, "candidates": candidates}
        raise InputRefused(Finding("SITES_TOO_MANY", FILE, detail=detail))
    if means.budget is not None and problem.cost is None:
        raise InputRefused(Finding("SITES_COST_UNKNOWN", FILE))


def without_unreached(problem: Problem, limit_m: float | None) -> Problem:
    """Return the problem without the children whom no site reaches.

    Examples
    --------
    >>> import numpy as np
    >>> from geo.walk import Pairs
    >>> pairs = Pairs(np.array([0]), np.array([0]), np.array([300.0]))
    >>> problem = siting_problem(reach_from_pairs(pairs, sites=1, demands=2), [10, 20])
    >>> without_unreached(problem, None).children.tolist()
    [10.0, 0.0]
    """
    near = problem.people(limit_m)
    reached = np.zeros(near.demands, dtype=bool)
    reached[near.demand] = True
    return replace(problem, children=np.where(reached, problem.children, 0.0))


def out_of_reach(problem: Problem, limit_m: float | None) -> Ints:
    """Return the demand points with children whom no site reaches."""
    left = without_unreached(problem, limit_m).children
    return np.flatnonzero((problem.children > 0) & (left == 0))


def refuse_out_of_reach(problem: Problem, limit_m: float | None) -> None:
    """Refuse that everybody is to be served where some have no site within the limit.

    Raises
    ------
    InputRefused
        ``SITES_OUT_OF_REACH`` with the demand points and children.
    """
    left = out_of_reach(problem, limit_m)
    if len(left):
        detail = {"points": len(left), "children": round(float(problem.children[left].sum()), 3)}
        raise InputRefused(Finding("SITES_OUT_OF_REACH", FILE, detail=detail))


def _reach(
    site: ArrayLike, demand: ArrayLike, distance_m: ArrayLike, *, shape: tuple[int, int]
) -> Reach:
    """Sort pairs and keep the shortest of equal ones."""
    rows = (np.asarray(site, dtype=np.int64), np.asarray(demand, dtype=np.int64))
    metres = np.asarray(distance_m, dtype=np.float64)
    if (metres < 0).any():
        raise InputRefused(Finding("SITES_DISTANCE", FILE, value=str(metres.min())))
    order = np.lexsort((rows[0], metres, rows[1]))
    order = order[np.isfinite(metres[order])]
    number = rows[1][order] * max(shape[0], 1) + rows[0][order]
    first = np.sort(np.unique(number, return_index=True)[1])
    order = order[first]
    return Reach(rows[0][order], rows[1][order], metres[order], *shape)


def _numbers(
    code: str,
    values: ArrayLike | None,
    count: int,
    *,
    endless: bool = True,
    unless: Flags | None = None,
) -> Floats:
    """Return one number >= 0 for each row (0 where none are given), or refuse."""
    if values is None:
        return np.zeros(count)
    numbers = np.array(pd.to_numeric(pd.Series(np.asarray(values).ravel()), errors="coerce"))
    numbers = numbers.astype(np.float64)
    if len(numbers) != count:
        detail = {"given": len(numbers), "needed": count}
        raise InputRefused(Finding("SITES_MISALIGNED", FILE, detail=detail))
    wrong = ~(numbers >= 0) | (np.isinf(numbers) & (not endless))
    _refuse_rows(code, wrong if unless is None else wrong & ~unless)
    return numbers


def _refuse_rows(code: str, wrong: Flags) -> None:
    """Refuse if any row is wrong; names the first few as a table shows them."""
    rows = np.flatnonzero(wrong)
    if len(rows):
        named = ", ".join(str(row + _HEADER) for row in rows[:_NAMED])
        detail = {"count": len(rows), "rows": named}
        raise InputRefused(Finding(code, FILE, int(rows[0]) + _HEADER, detail=detail))
