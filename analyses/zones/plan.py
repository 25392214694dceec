"""Which block belongs to which school, changing as little as possible (学区)?

Every block (a community, a village) goes to one school.  A zone holds together: each of its blocks
touches the school's own block, or a block of the same zone that is nearer to the school (Mehrotra,
Johnson and Nemhauser 1998).  No zone is larger than its school's places, no child crosses a listed
road.  Of all such plans the one with the fewest children moved, then with the shortest ways.
Schools and blocks that share no possible pair are planned apart, so that a district stays exact.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geo.arrays import Flags, Floats, Ints


_SHORTER_BY = 1e-6
"""Metres; ways within it count as equally long."""
_NOBODY = 1e-6
"""Children; what the solver's tolerance may add."""
_LEAST_SECONDS = 1.0
_TIME_UP = 1


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
    over
        Of each school: children above its places; 0 in a strict plan.
    apart
        Blocks that no chain of nearer blocks joins to any school; none in a strict plan.
    """

    school: Ints
    moves: pd.DataFrame
    moved: float
    gap: float
    over: Floats
    apart: Ints


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
        (s,) inf: as many as are asked for.
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


def zones(blocks: Blocks, *, seconds: float = 60.0, strict: bool = True) -> Zones:
    """Return the plan with the fewest children moved, then the fewest metres.

    Parameters
    ----------
    blocks
        Blocks and schools.
    seconds
        How long to look in all; what is found by then states its gap.
    strict
        False: as few children as can be live in blocks that stand apart from their zone, then as
        few as can be are above the places, which both come before all else.

    Raises
    ------
    InputRefused
        ``ZONES_NO_SCHOOL``: a block has no way to any school without crossing a listed road;
        ``ZONES_PLACES``: there are fewer places than children, says how many;
        ``ZONES_INFEASIBLE``: no plan holds together within the places;
        ``ZONES_TIME``: no plan was found in time.
    """
    block, school = np.nonzero(np.isfinite(blocks.way_m) & ~blocks.crosses)
    _check(blocks, block, strict=strict)
    chained, apart = _chained(blocks, block, school)
    if strict and len(apart):
        raise InputRefused(Finding("ZONES_INFEASIBLE", "blocks"))
    keep = chained | np.isin(block, apart)
    block, school = block[keep], school[keep]
    plan = np.empty(len(blocks.children), dtype=np.int64)
    gap, end = 0.0, time.monotonic() + seconds
    lonely: list[Ints] = []
    for pairs in _parts(blocks, block, school):
        own = (block[pairs], school[pairs])
        found = _planned(blocks, own, end=end, strict=strict)
        plan[own[0][found.chosen]] = own[1][found.chosen]
        gap = max(gap, found.gap)
        lonely.append(found.apart)
    moves = _moves(blocks, plan)
    load = np.bincount(plan, weights=blocks.children, minlength=len(blocks.places))
    over = np.maximum(load - blocks.places, 0.0)
    alone = np.sort(np.concatenate(lonely))
    return Zones(plan, moves, float(moves["children"].sum()), gap, over, alone)


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


def _check(blocks: Blocks, block: Ints, *, strict: bool) -> None:
    """Refuse what no plan can mend, and say what is missing."""
    without = np.setdiff1d(np.arange(len(blocks.children)), block)
    if len(without):
        detail = {"blocks": len(without)}
        raise InputRefused(Finding("ZONES_NO_SCHOOL", "blocks", int(without[0]) + 1, detail=detail))
    missing = blocks.children.sum() - blocks.places.sum()
    if strict and missing > 0:
        raise InputRefused(Finding("ZONES_PLACES", "places", value=f"{missing:g}"))


def _chained(blocks: Blocks, block: Ints, school: Ints) -> tuple[Flags, Ints]:
    """Return the pairs that a chain of nearer blocks joins to the school, and blocks with none."""
    possible = set(zip(block.tolist(), school.tolist(), strict=True))
    found: set[tuple[int, int]] = set()
    for s, home in enumerate(blocks.home.tolist()):
        border = [home] if (home, s) in possible else []
        while border:
            b = border.pop()
            if (b, s) in found:
                continue
            found.add((b, s))
            border += [
                o for o in _beside(blocks, b) if (o, s) in possible and _nearer(blocks, b, o, s=s)
            ]
    chained = np.array(
        [pair in found for pair in zip(block.tolist(), school.tolist(), strict=True)]
    )
    return chained, np.setdiff1d(block, block[chained])


def _beside(blocks: Blocks, b: int) -> list[int]:
    start, end = blocks.touching.indptr[b : b + 2]
    beside: list[int] = blocks.touching.indices[start:end].tolist()
    return beside


def _nearer(blocks: Blocks, b: int, other: int, *, s: int) -> bool:
    """Say whether block b may carry the other on towards the school."""
    return bool(b == blocks.home[s] or blocks.way_m[b, s] < blocks.way_m[other, s])


def _parts(blocks: Blocks, block: Ints, school: Ints) -> Iterator[Ints]:
    """Yield the pairs of each part whose schools and blocks have no pair with others."""
    count, schools = blocks.way_m.shape
    links = sparse.coo_array(
        (np.ones(len(block)), (block, count + school)), shape=(count + schools,) * 2
    )
    _, label = sparse.csgraph.connected_components(links, directed=False)
    of_pair = label[block]
    for part in np.unique(of_pair):
        yield np.flatnonzero(of_pair == part)


@dataclass(frozen=True, eq=False)
class _Part:
    """Which pairs are chosen, the gap, and the blocks that stand apart."""

    chosen: Ints
    gap: float
    apart: Ints


def _planned(blocks: Blocks, pairs: tuple[Ints, Ints], *, end: float, strict: bool) -> _Part:
    """Plan one part: fewest apart, fewest above the places, fewest moved, fewest metres."""
    block, school = pairs
    schools, own = np.unique(school), np.unique(block)
    size, width = len(block), len(block) + len(schools) + len(own)
    rules = _rules(blocks, block, school)
    above, alone = (np.zeros(width, dtype=bool) for _ in range(2))
    above[size : size + len(schools)] = alone[size + len(schools) :] = True
    goals = [np.zeros(width) for _ in range(4)]
    goals[0][alone] = blocks.children[own] + _NOBODY
    goals[1][above] = 1.0
    goals[2][:size] = blocks.children[block] * (blocks.today[block] != school)
    goals[3][:size] = blocks.children[block] * blocks.way_m[block, school]
    most = np.where(above, np.inf, 1.0)
    if strict:
        most[above | alone] = 0.0
    gap = 0.0
    found: Floats | None = None
    for goal in goals[2:] if strict else goals:
        found, own_gap = _solve(goal, rules, most=most, end=end, before=found)
        reached: Any = cast("Any", goal @ found + _NOBODY)  # scipy's stubs know numbers only
        rules = [*rules, LinearConstraint(goal[None, :], -np.inf, reached)]
        gap = max(gap, own_gap)
    value = np.zeros(width) if found is None else np.rint(found)
    return _Part(np.flatnonzero(value[:size]), gap, own[value[alone] > 0])


def _rules(blocks: Blocks, block: Ints, school: Ints) -> list[LinearConstraint]:
    """Return: one school a block, places, and that zones hold together.

    The variables are the pairs, the children above the places of each school, and for each block
    whether it stands apart.
    """
    size, ones = len(block), np.ones(len(block))
    index = np.arange(size)
    own, row = np.unique(block, return_inverse=True)
    schools, of_school = np.unique(school, return_inverse=True)
    width = size + len(schools) + len(own)
    each = sparse.csr_array((ones, (row, index)), shape=(len(own), width))
    above = np.arange(len(schools))
    full = sparse.csr_array(
        (
            np.concatenate([blocks.children[block], -np.ones(len(schools))]),
            (np.concatenate([of_school, above]), np.concatenate([index, size + above])),
        ),
        shape=(len(schools), width),
    )
    together = _together(blocks, block, school, apart=size + len(schools) + row, width=width)
    room: Any = blocks.places[schools]  # scipy's stubs know numbers only
    return [
        LinearConstraint(each, 1, 1),
        LinearConstraint(full, -np.inf, room),
        LinearConstraint(together, -np.inf, 0),
    ]


def _together(
    blocks: Blocks, block: Ints, school: Ints, *, apart: Ints, width: int
) -> sparse.csr_array:
    """Return rows ``x[b, s] - sum(x[nearer neighbours of b, s]) - apart[b] <= 0``, not of homes.

    `apart`: of each pair the column that says that its block stands apart.
    """
    number = {pair: n for n, pair in enumerate(zip(block.tolist(), school.tolist(), strict=True))}
    cells: list[tuple[int, int, float]] = []
    for (b, s), n in number.items():
        if b == blocks.home[s]:
            continue
        cells += [(n, n, 1.0), (n, int(apart[n]), -1.0)]
        cells += [
            (n, number[other, s], -1.0)
            for other in _beside(blocks, b)
            if (other, s) in number and _nearer(blocks, other, b, s=s)
        ]
    if not cells:
        return sparse.csr_array((1, width))
    rows, columns, values = (np.array(part) for part in zip(*cells, strict=True))
    return sparse.csr_array((values, (rows, columns)), shape=(len(number), width))


def _solve(
    cost: Floats,
    rules: list[LinearConstraint],
    *,
    most: Floats,
    end: float,
    before: Floats | None,
) -> tuple[Floats, float]:
    """Return the best values by the end, else those of `before`; the ones up to 1 are whole."""
    found = milp(
        cost,
        constraints=rules,
        integrality=(most == 1.0).astype(np.int64),
        bounds=Bounds(0, cast("Any", most)),
        options={"time_limit": max(end - time.monotonic(), _LEAST_SECONDS)},
    )
    if found.x is None and before is not None and found.status == _TIME_UP:
        value = float(cost @ before)
        bound = float(found.mip_dual_bound or 0.0)
        return before, (value - bound) / value if value > 0 else 0.0
    if found.x is None:
        code = "ZONES_TIME" if found.status == _TIME_UP else "ZONES_INFEASIBLE"
        raise InputRefused(Finding(code, "blocks"))
    return np.asarray(found.x, dtype=np.float64), float(found.mip_gap or 0.0)


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
