"""Which block belongs to which school, changing as little as possible (学区)?

Every block (a community, a village) goes to one school.  A zone holds together: each of its blocks
touches the school's own block, or a block of the same zone that is nearer to the school (Mehrotra,
Johnson and Nemhauser 1998).  No zone is larger than its school's places, no child crosses a listed
road.  Of all such plans the one with the fewest children moved, then with the shortest ways.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_SHORTER_BY = 1e-6
"""Metres; ways within it count as equally long."""
_NOBODY = 1e-6
"""Children; what the solver's tolerance may add."""


@dataclass(frozen=True, eq=False)
class Zones:
    """A plan of zones.

    Attributes
    ----------
    school
        Of each block.
    moves
        Blocks whose school changes: ``block, from_school, to_school, children, way_before_m,
        way_after_m, why`` (crossing | places | apart | shorter).
    moved
        Children whose school changes.
    gap
        Of the solver, relative to its bound; 0 is proved.
    """

    school: Ints
    moves: pd.DataFrame
    moved: float
    gap: float


@dataclass(frozen=True, eq=False)
class Blocks:
    """What a plan is made from: b blocks, s schools.

    Attributes
    ----------
    children
        (b,)
    way_m
        (b, s) from a block to a school; inf where there is no way.
    crosses
        (b, s) the way crosses a listed road.
    touching
        (b, b) 1 where blocks share a border.
    home
        (s,) block in which each school lies.
    places
        (s,)
    today
        (b,) school of each block now, -1 = none.
    """

    children: Floats
    way_m: Floats
    crosses: Flags
    touching: sparse.csr_array
    home: Ints
    places: Floats
    today: Ints


def zones(blocks: Blocks, *, seconds: float = 60.0) -> Zones:
    """Return the plan with the fewest children moved, then the fewest metres.

    Raises
    ------
    InputRefused
        ``ZONES_NO_SCHOOL``: a block has no way to any school without crossing a listed road;
        ``ZONES_PLACES``: there are fewer places than children, says how many;
        ``ZONES_INFEASIBLE``: no plan holds together within the places.
    """
    block, school = np.nonzero(np.isfinite(blocks.way_m) & ~blocks.crosses)
    _check(blocks, block)
    rules = _rules(blocks, block, school)
    children = blocks.children[block]
    moved = children * (blocks.today[block] != school)
    metres = children * blocks.way_m[block, school]
    first = _solve(moved, rules, seconds=seconds)
    few = LinearConstraint(moved[None, :], -np.inf, moved @ first[0] + _NOBODY)
    second = _solve(metres, [*rules, few], seconds=seconds)
    chosen = np.flatnonzero(second[0])
    plan = np.empty(len(blocks.children), dtype=np.int64)
    plan[block[chosen]] = school[chosen]
    moves = _moves(blocks, plan)
    return Zones(plan, moves, float(moves["children"].sum()), max(first[1], second[1]))


def pair_with_models(way_m: Floats) -> Ints:
    """Return for each kindergarten (row) its model kindergarten (column): balanced, near (1+N).

    No model has more than one kindergarten more than another; of all such pairings the one with
    the fewest metres in total.  Ways of inf are not used unless nothing else is balanced: then
    ``PAIRING_NO_WAY`` is raised.
    """
    rows, models = way_m.shape
    usable = np.isfinite(way_m)
    one, other = np.nonzero(usable)
    ones = np.ones(len(one))
    index = np.arange(len(one))
    each = sparse.csr_array((ones, (one, index)), shape=(rows, len(one)))
    share = sparse.csr_array((ones, (other, index)), shape=(models, len(one)))
    least, most = np.full(models, rows // models), np.full(models, -(-rows // models))
    found = linprog(
        way_m[one, other],
        A_eq=each,
        b_eq=np.ones(rows),
        A_ub=sparse.vstack([share, -share]),
        b_ub=np.concatenate([most, -least]),
    )
    if found.status != 0:
        raise InputRefused(Finding("PAIRING_NO_WAY", "models", value=f"{rows} / {models}"))
    pairing = np.empty(rows, dtype=np.int64)
    chosen = np.flatnonzero(np.asarray(found.x) > 0.5)  # noqa: PLR2004 - the optimum is whole
    pairing[one[chosen]] = other[chosen]
    return pairing


def _check(blocks: Blocks, block: Ints) -> None:
    """Refuse what no plan can mend, and say what is missing."""
    without = np.setdiff1d(np.arange(len(blocks.children)), block)
    if len(without):
        detail = {"blocks": len(without)}
        raise InputRefused(Finding("ZONES_NO_SCHOOL", "blocks", int(without[0]) + 1, detail=detail))
    missing = blocks.children.sum() - blocks.places.sum()
    if missing > 0:
        raise InputRefused(Finding("ZONES_PLACES", "places", value=f"{missing:g}"))


def _rules(blocks: Blocks, block: Ints, school: Ints) -> list[LinearConstraint]:
    """Return: one school a block, places, and that zones hold together."""
    size, ones = len(block), np.ones(len(block))
    index = np.arange(size)
    each = sparse.csr_array((ones, (block, index)), shape=(len(blocks.children), size))
    full = sparse.csr_array(
        (blocks.children[block], (school, index)), shape=(len(blocks.places), size)
    )
    return [
        LinearConstraint(each, 1, 1),
        LinearConstraint(full, -np.inf, blocks.places),  # pyright: ignore[reportArgumentType]
        LinearConstraint(_together(blocks, block, school), -np.inf, 0),
    ]


def _together(blocks: Blocks, block: Ints, school: Ints) -> sparse.csr_array:
    """Return rows ``x[b, s] - sum(x[nearer neighbours of b, s]) <= 0`` for all but home blocks."""
    number = {pair: n for n, pair in enumerate(zip(block.tolist(), school.tolist(), strict=True))}
    cells: list[tuple[int, int, float]] = []
    for (b, s), n in number.items():
        if b == blocks.home[s]:
            continue
        cells.append((n, n, 1.0))
        start, end = blocks.touching.indptr[b : b + 2]
        for other in blocks.touching.indices[start:end].tolist():
            nearer = other == blocks.home[s] or blocks.way_m[other, s] < blocks.way_m[b, s]
            if nearer and (other, s) in number:
                cells.append((n, number[other, s], -1.0))
    if not cells:
        return sparse.csr_array((1, len(number)))
    rows, columns, values = (np.array(part) for part in zip(*cells, strict=True))
    return sparse.csr_array((values, (rows, columns)), shape=(len(number), len(number)))


def _solve(cost: Floats, rules: list[LinearConstraint], *, seconds: float) -> tuple[Floats, float]:
    found = milp(
        cost,
        constraints=rules,
        integrality=np.ones(len(cost)),
        bounds=Bounds(0, 1),
        options={"time_limit": seconds},
    )
    if found.x is None:
        raise InputRefused(Finding("ZONES_INFEASIBLE", "blocks"))
    return np.rint(found.x), float(found.mip_gap or 0.0)


def _moves(blocks: Blocks, plan: Ints) -> pd.DataFrame:
    """List the blocks that change school, and what forces or earns it."""
    moved = np.flatnonzero(plan != blocks.today)
    before = blocks.today[moved]
    had = before >= 0
    way_before = np.where(had, blocks.way_m[moved, np.maximum(before, 0)], np.inf)
    way_after = blocks.way_m[moved, plan[moved]]
    load = np.bincount(
        blocks.today[blocks.today >= 0],
        weights=blocks.children[blocks.today >= 0],
        minlength=len(blocks.places),
    )
    full = had & (load > blocks.places)[np.maximum(before, 0)]
    crosses = had & blocks.crosses[moved, np.maximum(before, 0)]
    shorter = way_after < way_before - _SHORTER_BY
    why = np.select([crosses, full, shorter], ["crossing", "places", "shorter"], "apart")
    return pd.DataFrame(
        {
            "block": moved,
            "from_school": before,
            "to_school": plan[moved],
            "children": blocks.children[moved],
            "way_before_m": way_before,
            "way_after_m": way_after,
            "why": why,
        }
    )
