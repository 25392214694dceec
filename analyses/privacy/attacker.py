"""What can a stranger work out from everything that was published, however cleverly?

Every published number says that a sum of unknown counts lies between two bounds.  The least and the
greatest value that a hidden count can have under all of them together are two linear programs.
Areas that no published number tells apart are one unknown: this loses nothing for their sum, and
each of them alone is known less well than the sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from geo.bundled import load_toml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_AT_ONCE = 60
"""Programs that are solved as blocks of one: HiGHS starts slowly and solves fast."""
_INFEASIBLE = 2
_DUST = 1e-6


@dataclass(frozen=True)
class Cell:
    """A count of children: of some areas, of some classes (covered, not covered, ...)."""

    areas: frozenset[str]
    classes: frozenset[str]


@dataclass(frozen=True)
class Statement:
    """A published number: the count of a cell lies between `low` and `high`."""

    cell: Cell
    low: float
    high: float


def bounds(statements: Sequence[Statement], targets: Sequence[Cell]) -> Floats | None:
    """Return the least and greatest count that each target can have.

    Parameters
    ----------
    statements
        Everything published, of this release and of earlier ones.
    targets
        The cells that somebody wants to know.

    Returns
    -------
    array or None
        (targets, 2), inf where nothing bounds a cell from above; None if the statements contradict
        each other: no children could be counted so.
    """
    if not targets:
        return np.empty((0, 2))
    system = _system([s.cell for s in statements] + list(targets))
    told, wanted = system[: len(statements)], system[len(statements) :]
    ceiling = 4 * max((s.high for s in statements), default=0.0) + 1000.0
    found = np.empty((len(targets), 2))
    for start in range(0, len(targets), _AT_ONCE):
        rows = wanted[start : start + _AT_ONCE]
        answer = _extremes(told, statements, rows, ceiling=ceiling)
        if answer is None:
            return None
        found[start : start + _AT_ONCE] = answer
    found[:, 1][found[:, 1] >= ceiling - 1] = np.inf
    return found


def pinned(limits: Floats, truth: Floats, *, k: int) -> NDArray[np.bool_]:
    """Say which cells below `k` are known too well: within less than ``k - 1`` children."""
    less = load_toml("rules/publish.toml")["attacker"]["width_less_than_k_by"]["value"]
    narrow: NDArray[np.bool_] = (truth < k) & (limits[:, 1] - limits[:, 0] < k - less - _DUST)
    return narrow


def homogeneous(limits_of_complement: Floats, *, k: int) -> NDArray[np.bool_]:
    """Say for which groups a stranger knows that (nearly) all children share a fact.

    Parameters
    ----------
    limits_of_complement
        `bounds` of the children of each group that do not share it.
    """
    known: NDArray[np.bool_] = limits_of_complement[:, 1] < k - 1 - _DUST
    return known


def _system(cells: Sequence[Cell]) -> Floats:
    """Return the cells as sums of unknowns: (cells, unknowns)."""
    areas = sorted(frozenset[str]().union(*(c.areas for c in cells)))
    classes = sorted(frozenset[str]().union(*(c.classes for c in cells)))
    where = {a: n for n, a in enumerate(areas)}
    member = np.zeros((len(cells), len(areas)), dtype=bool)
    for row, cell in enumerate(cells):
        member[row, [where[a] for a in cell.areas]] = True
    atoms = np.unique(member, axis=1)
    kind = np.array([[c in cell.classes for c in classes] for cell in cells])
    full = atoms[:, :, None] & kind[:, None, :]
    return full.reshape(len(cells), -1).astype(np.float64)


def _extremes(
    told: Floats, statements: Sequence[Statement], wanted: Floats, *, ceiling: float
) -> Floats | None:
    """Return least and greatest value of each row of `wanted`: one program in blocks."""
    copies = 2 * len(wanted)
    unknowns = wanted.shape[1]
    costs = np.concatenate([wanted, -wanted]).ravel()
    blocks = sparse.kron(sparse.eye(copies), sparse.csr_matrix(told), format="csr")
    low = np.tile([s.low for s in statements], copies)
    high = np.tile([s.high for s in statements], copies)
    # `milp` without integers: unlike `linprog` it gives HiGHS a row with both its bounds.
    answer = milp(
        costs,
        constraints=LinearConstraint(blocks, low, high) if len(statements) else None,
        bounds=Bounds(0.0, ceiling),
    )
    if answer.status == _INFEASIBLE:
        return None
    if answer.x is None:
        raise ArithmeticError(answer.message)
    values = (costs * answer.x).reshape(copies, unknowns).sum(axis=1)
    least, most = values[: len(wanted)], -values[len(wanted) :]
    found: Floats = np.column_stack([least, most])
    return found
