"""What can a stranger work out from everything that was published, however cleverly?

Every published number says that a sum of unknown counts lies between two bounds.  The least and the
greatest value that a hidden count can have under all of them together are two linear programs.
Areas that no published number ties together are programs of their own, solved side by side: that
loses nothing and makes hundreds of communities a matter of seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse.csgraph import connected_components

from geo.bundled import load_toml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.arrays import Flags, Floats, Ints


_UNKNOWNS_AT_ONCE = 20_000
"""Programs are solved as blocks of one: HiGHS starts slowly and solves fast."""
_INFEASIBLE = 2
_DUST = 1e-6
_ROOM = 1000.0
"""A ceiling so far above all bounds is none: what touches it is not bounded from above."""


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


class _Program(NamedTuple):
    """Least (sign 1) or greatest (sign -1) value of one target within one component."""

    target: int
    component: int
    sign: int


class _Component(NamedTuple):
    """Statements and unknowns that have to do with each other and with no others."""

    rows: Ints
    columns: Ints
    matrix: sparse.coo_array


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

    Examples
    --------
    One of two villages, when their sum and the other are known:

    >>> both, one = (Cell(frozenset(a), frozenset({"all"})) for a in ("ab", "a"))
    >>> told = [Statement(both, 22.5, 27.5), Statement(one, 17.5, 22.5)]
    >>> bounds(told, [Cell(frozenset("b"), frozenset({"all"}))]).tolist()
    [[0.0, 10.0]]
    """
    found = np.zeros((len(targets), 2))
    if not targets:
        return found
    system = _system([s.cell for s in statements] + list(targets))
    told, wanted = system[: len(statements)], system[len(statements) :]
    column_of: Ints = connected_components(told.T @ told, directed=False)[1]
    components = _components(told, column_of)
    limits = np.array([(s.low, s.high) for s in statements]).reshape(-1, 2)
    ceiling = 4 * limits[:, 1].max(initial=0.0) + _ROOM
    of_target = np.split(wanted.indices, wanted.indptr[1:-1])
    programs = [
        _Program(target, component, sign)
        for target, columns in enumerate(of_target)
        for component in np.unique(column_of[columns]).tolist()
        for sign in (1, -1)
    ]
    for some in _batches(programs, components):
        costs = [_cost(program, of_target, components) for program in some]
        values = _solved([components[p.component] for p in some], costs, limits, ceiling=ceiling)
        if values is None:
            return None
        for program, value in zip(some, values, strict=True):
            found[program.target, 0 if program.sign > 0 else 1] += program.sign * value
    found[:, 1][found[:, 1] >= ceiling - 1] = np.inf
    return found


def pinned(limits: Floats, truth: Floats, *, k: int) -> Flags:
    """Say which cells below `k` are known too well: within less than ``k - 1`` children."""
    less = load_toml("rules/publish.toml")["attacker"]["width_less_than_k_by"]["value"]
    narrow: Flags = (truth < k) & (limits[:, 1] - limits[:, 0] < k - less - _DUST)
    return narrow


def _system(cells: Sequence[Cell]) -> sparse.csr_array:
    """Return the cells as sums of unknowns: (cells, unknowns).

    Areas that always come together are one group; so are classes.
    """
    group_of_area = _together([c.areas for c in cells])
    group_of_class = _together([c.classes for c in cells])
    width = len(set(group_of_class.values()))
    rows, columns = [], []
    for row, cell in enumerate(cells):
        here = {group_of_area[a] for a in cell.areas}
        kinds = {group_of_class[c] for c in cell.classes}
        mine = [a * width + c for a in here for c in kinds]
        rows += [row] * len(mine)
        columns += mine
    shape = (len(cells), len(set(group_of_area.values())) * width)
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)


def _together(sets: Sequence[frozenset[str]]) -> dict[str, int]:
    """Give each member a number; those which are in the same sets share it."""
    where: dict[str, list[int]] = {}
    for number, members in enumerate(dict.fromkeys(sets)):
        for member in members:
            where.setdefault(member, []).append(number)
    groups: dict[tuple[int, ...], int] = {}
    return {name: groups.setdefault(tuple(where[name]), len(groups)) for name in sorted(where)}


def _components(told: sparse.csr_array, column_of: Ints) -> list[_Component]:
    """Cut the system into programs that have nothing to do with each other."""
    row_of = column_of[told.indices[told.indptr[:-1]]] if told.nnz else np.empty(0, dtype=int)
    found = []
    for component in range(int(column_of.max(initial=-1)) + 1):
        rows = np.flatnonzero(row_of == component)
        columns = np.flatnonzero(column_of == component)
        found.append(_Component(rows, columns, told[rows][:, columns].tocoo()))
    return found


def _batches(
    programs: Sequence[_Program], components: Sequence[_Component]
) -> list[list[_Program]]:
    """Return the programs in lots of some thousand unknowns."""
    lots: list[list[_Program]] = []
    size = _UNKNOWNS_AT_ONCE
    for program in programs:
        if size >= _UNKNOWNS_AT_ONCE:
            lots.append([])
            size = 0
        lots[-1].append(program)
        size += len(components[program.component].columns)
    return lots


def _cost(program: _Program, of_target: Sequence[Ints], components: Sequence[_Component]) -> Floats:
    """Return what a program makes least: the unknowns of its target, or their negative."""
    columns = components[program.component].columns
    return program.sign * np.isin(columns, of_target[program.target]).astype(np.float64)


def _solved(
    parts: Sequence[_Component], costs: Sequence[Floats], limits: Floats, *, ceiling: float
) -> Floats | None:
    """Return the least value of each program; None if one of them has no solution."""
    heights = np.array([len(part.rows) for part in parts])
    widths = np.array([len(part.columns) for part in parts])
    down, right = np.cumsum(heights) - heights, np.cumsum(widths) - widths
    rows = [part.matrix.coords[0] + d for part, d in zip(parts, down.tolist(), strict=True)]
    columns = [part.matrix.coords[1] + r for part, r in zip(parts, right.tolist(), strict=True)]
    filled = np.concatenate([part.matrix.data for part in parts])
    places = (np.concatenate(rows), np.concatenate(columns))
    matrix = sparse.csr_array((filled, places), shape=(heights.sum(), widths.sum()))
    cost = np.concatenate(costs)
    both: Any = limits[np.concatenate([part.rows for part in parts])]
    # `milp` without integers: unlike `linprog` it gives HiGHS a row with both its bounds.
    answer = milp(
        cost,
        constraints=LinearConstraint(matrix, both[:, 0], both[:, 1]) if len(both) else None,
        bounds=Bounds(0.0, ceiling),
    )
    if answer.status == _INFEASIBLE:
        return None
    if answer.x is None:
        raise ArithmeticError(answer.message)
    values: Floats = np.add.reduceat(cost * answer.x, right)
    return values
