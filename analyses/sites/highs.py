"""How is a linear programme with whole numbers solved?  One thin door to HiGHS (through scipy)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from scipy import sparse
from scipy.optimize import milp

from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_array

    from geo.arrays import Flags, Floats, Ints


_TIME_UP, _INFEASIBLE = 1, 2
ROUNDING = 1e-9
"""Gaps below this share are the solver's own rounding, not a gap."""


class TimeUpError(InputRefused):
    """The time limit passed before any solution was found."""


@dataclass(frozen=True)
class Effort:
    """How long to look for the optimum.

    Attributes
    ----------
    time_limit_s
        Seconds for each programme; the best answer so far comes back with its gap.  With a limit
        an answer may depend on the machine.
    gap_share
        Gap (share of the objective) at which to stop; 0: only at the proven optimum.

    Examples
    --------
    >>> Effort(gap_share=0.01)
    Effort(time_limit_s=None, gap_share=0.01)
    """

    time_limit_s: float | None = None
    gap_share: float = 0.0


PROOF = Effort()
"""Look until the optimum is proven."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Constraints ``low <= matrix @ x <= high``."""

    matrix: csr_array
    low: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class Solved:
    """A best solution with the proven bound of its objective (to be minimised)."""

    value: Floats
    objective: float
    bound: float


def rows_of(
    entries: Sequence[tuple[Ints, Ints, Floats | float]],
    shape: tuple[int, int],
    *,
    low: Floats | float = -np.inf,
    high: Floats | float = np.inf,
) -> Rows:
    """Make constraints of (row, column, coefficient) triples; equal places are added up."""
    row = np.concatenate([np.asarray(e[0]) for e in entries])
    column = np.concatenate([np.asarray(e[1]) for e in entries])
    number = np.concatenate([np.broadcast_to(np.float64(e[2]), np.shape(e[0])) for e in entries])
    matrix = sparse.csr_array((number, (row, column)), shape=shape)
    return Rows(
        matrix,
        np.array(np.broadcast_to(np.float64(low), shape[0])),
        np.array(np.broadcast_to(np.float64(high), shape[0])),
    )


def solve(
    objective: Floats,
    rows: Sequence[Rows],
    *,
    whole: Flags,
    upper: Floats,
    effort: Effort = PROOF,
) -> Solved | None:
    """Minimise ``objective @ x`` with ``0 <= x <= upper``; None where nothing fits the rows.

    Parameters
    ----------
    objective, whole, upper
        For each variable: coefficient, whether it is a whole number, upper end.
    rows
        Constraints over all variables.
    effort
        When to stop.

    Raises
    ------
    TimeUpError
        ``SITES_TIME_UP``: nothing was found within the time limit.
    """
    options: dict[str, float] = {"mip_rel_gap": effort.gap_share}
    if effort.time_limit_s is not None:
        options["time_limit"] = effort.time_limit_s
    found = milp(
        objective,
        integrality=whole.astype(np.uint8),
        bounds=(0.0, upper),
        constraints=[(r.matrix, r.low, r.high) for r in rows if len(r.low)],
        options=options,
    )
    if found.status == _INFEASIBLE:
        return None
    if found.x is None:
        detail = {"seconds": effort.time_limit_s}
        raise TimeUpError(Finding("SITES_TIME_UP", "sites", detail=detail))
    value = np.where(whole, np.rint(found.x), found.x)
    bound = found.fun if found.mip_dual_bound is None else found.mip_dual_bound
    if not whole.any() and found.status != _TIME_UP:
        bound = found.fun
    return Solved(value, float(found.fun), float(min(bound, found.fun)))


def size_of(matrix: csr_array) -> tuple[int, int]:
    """Return the number of rows and columns."""
    rows, columns = cast("tuple[int, int]", matrix.shape)
    return rows, columns


def gap_of(objective: float, bound: float) -> float:
    """Return how far an objective may be from the optimum, as a share of it; 0 is a proof.

    Examples
    --------
    >>> gap_of(100.0, 95.0), gap_of(0.0, 0.0), gap_of(8.0, 8.0 - 1e-12)
    (0.05, 0.0, 0.0)
    """
    apart = abs(objective - bound)
    if apart <= ROUNDING * max(abs(objective), abs(bound)):
        return 0.0
    return apart / abs(objective) if objective else float("inf")
