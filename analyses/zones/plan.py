"""Which block belongs to which school, changing as little as possible (学区)?

Every block (a community, a village) goes to one school.  A zone holds together (`pieces`): it is in
one piece with the school's own block.  No zone is larger than its school's places, no child crosses
a listed road.  Of all such plans the one with the fewest children moved, then with the shortest
ways.  Plans are solved without "in one piece", and what stands apart is cut off until nothing does;
the last bound is thus one for all plans in one piece.  Schools and blocks that share no possible
pair are planned apart, so that a district stays exact.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from analyses.zones import pieces
from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from geo.arrays import Flags, Floats, Ints


_SHORTER_BY = 1e-6
"""Metres; ways within it count as equally long."""
_NOBODY = 1e-6
"""Children; what the solver's tolerance may add."""
_TIE = 1e-3
"""Children for whom a much shorter way is given up at most: keeps plans compact while searching."""
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
        Blocks that are not in one piece with their school's; none in a strict plan.
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
    every = pieces.Pairs(block, school, blocks.touching, blocks.home)
    joined = pieces.reachable(every)
    alone = np.setdiff1d(block, block[joined])
    if strict and len(alone):
        raise InputRefused(Finding("ZONES_INFEASIBLE", "blocks"))
    possible = every.take(joined | np.isin(block, alone))
    plan = np.empty(len(blocks.children), dtype=np.int64)
    gap, end = 0.0, time.monotonic() + seconds
    lonely: list[Ints] = []
    for rows in _parts(blocks, possible):
        part = _planned(blocks, possible.take(rows), end=end, strict=strict)
        plan[part.block] = part.school
        gap = max(gap, part.gap)
        lonely.append(part.apart)
    moves = _moves(blocks, plan)
    load = np.bincount(plan, weights=blocks.children, minlength=len(blocks.places))
    over = np.maximum(load - blocks.places, 0.0)
    apart = np.sort(np.concatenate(lonely))
    return Zones(plan, moves, float(moves["children"].sum()), gap, over, apart)


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


def _parts(blocks: Blocks, pairs: pieces.Pairs) -> Iterator[Ints]:
    """Yield the pairs of each part whose schools and blocks have no pair with others."""
    count, schools = blocks.way_m.shape
    links = sparse.coo_array(
        (np.ones(len(pairs.block)), (pairs.block, count + pairs.school)),
        shape=(count + schools,) * 2,
    )
    _, label = sparse.csgraph.connected_components(links, directed=False)
    of_pair = label[pairs.block]
    for part in np.unique(of_pair):
        yield np.flatnonzero(of_pair == part)


@dataclass(frozen=True, eq=False)
class _Part:
    """School of each block, the gap, and the blocks that stand apart."""

    block: Ints
    school: Ints
    gap: float
    apart: Ints


@dataclass(frozen=True, eq=False)
class _Columns:
    """The variables: p pairs, children above the places of each school, blocks that stand apart.

    Attributes
    ----------
    of_school, of_block
        (p,) columns of each pair's school and block.
    schools, own
        Schools and blocks with a column, in order.
    """

    pairs: pieces.Pairs
    of_school: Ints
    of_block: Ints
    schools: Ints
    own: Ints

    @property
    def width(self) -> int:
        return len(self.pairs.block) + len(self.schools) + len(self.own)

    def above(self) -> Flags:
        """Say which columns are children above the places."""
        return np.repeat(
            [False, True, False], [len(self.pairs.block), len(self.schools), len(self.own)]
        )

    def alone(self) -> Flags:
        """Say which columns are blocks that stand apart."""
        return np.repeat([False, True], [self.width - len(self.own), len(self.own)])


def _columns(pairs: pieces.Pairs) -> _Columns:
    schools, of_school = np.unique(pairs.school, return_inverse=True)
    own, of_block = np.unique(pairs.block, return_inverse=True)
    size = len(pairs.block)
    return _Columns(pairs, size + of_school, size + len(schools) + of_block, schools, own)


def _planned(blocks: Blocks, pairs: pieces.Pairs, *, end: float, strict: bool) -> _Part:
    """Plan one part: fewest apart, fewest above the places, fewest moved, fewest metres."""
    columns = _columns(pairs)
    size, above, alone = len(pairs.block), columns.above(), columns.alone()
    goals = [np.zeros(columns.width) for _ in range(4)]
    goals[0][alone] = blocks.children[columns.own] + _NOBODY
    goals[1][above] = 1.0
    goals[2][:size] = blocks.children[pairs.block] * (blocks.today[pairs.block] != pairs.school)
    goals[3][:size] = blocks.children[pairs.block] * blocks.way_m[pairs.block, pairs.school]
    most = np.where(above, np.inf, 1.0)
    if strict:
        most[above | alone] = 0.0
    best = None if strict else _as_today(blocks, columns)
    search = _Search(columns, _rules(blocks, columns), most, end, best)
    gap = max(search.least(goal, then=goals[3]) for goal in (goals[2:] if strict else goals))
    chosen = np.asarray(np.rint(np.asarray(search.best))[:size] > 0, dtype=bool)
    apart = pairs.block[pieces.apart(pairs, chosen)]
    return _Part(pairs.block[chosen], pairs.school[chosen], gap, apart)


def _rules(blocks: Blocks, columns: _Columns) -> list[LinearConstraint]:
    """Return: one school a block, places, and the zone of a school has the school's own block."""
    pairs, size = columns.pairs, len(columns.pairs.block)
    ones, index = np.ones(size), np.arange(size)
    row, school = columns.of_block - columns.of_block.min(), columns.of_school - size
    each = sparse.csr_array((ones, (row, index)), shape=(len(columns.own), columns.width))
    above = np.arange(len(columns.schools))
    full = sparse.csr_array(
        (
            np.concatenate([blocks.children[pairs.block], -np.ones(len(above))]),
            (np.concatenate([school, above]), np.concatenate([index, size + above])),
        ),
        shape=(len(above), columns.width),
    )
    room: Any = blocks.places[columns.schools]  # scipy's stubs know numbers only
    start = [pieces.Separator(n, one_of) for n, one_of in _first_steps(columns)]
    return [
        LinearConstraint(each, 1, 1),
        LinearConstraint(full, -np.inf, room),
        *_cuts(columns, start),
    ]


def _first_steps(columns: _Columns) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield of each pair the pairs of which one must be chosen too: its neighbours, its home."""
    pairs = columns.pairs
    shared = pairs.shared_home()
    number = {
        p: n for n, p in enumerate(zip(pairs.block.tolist(), pairs.school.tolist(), strict=True))
    }
    start, other = pairs.touching.indptr, pairs.touching.indices
    for (b, s), n in number.items():
        home = int(pairs.home[s])
        beside = other[start[b] : start[b + 1]].tolist()
        if b == home or (shared[s] and home in beside):
            continue
        yield n, tuple(number[o, s] for o in beside if (o, s) in number)
        if not shared[s]:
            yield n, (number[home, s],) if (home, s) in number else ()


def _cuts(columns: _Columns, found: Iterable[pieces.Separator]) -> list[LinearConstraint]:
    """Return rows ``x[pair] - sum(x[one of others]) - apart[block] <= 0``."""
    cells: list[tuple[int, int, float]] = []
    rows = 0
    for rows, cut in enumerate(found, start=1):
        cells += [(rows - 1, cut.pair, 1.0), (rows - 1, int(columns.of_block[cut.pair]), -1.0)]
        cells += [(rows - 1, other, -1.0) for other in cut.one_of]
    if not cells:
        return []
    row, column, value = (np.array(part) for part in zip(*cells, strict=True))
    matrix = sparse.csr_array((value, (row, column)), shape=(rows, columns.width))
    return [LinearConstraint(matrix, -np.inf, 0)]


@dataclass(eq=False)
class _Search:
    """The best plan so far, and what all further ones must keep to.

    Attributes
    ----------
    columns, rules, most
        Variables, constraints (each goal adds to them), and the largest value of each variable.
    end
        Of the time to look, see `time.monotonic`.
    best
        Values of the best plan so far; None: there is none yet.
    """

    columns: _Columns
    rules: list[LinearConstraint]
    most: Floats
    end: float
    best: Floats | None

    def least(self, goal: Floats, *, then: Floats) -> float:
        """Minimise a goal (of equal ones the least `then`), hold to it, and return the gap."""
        lean = _TIE * then / max(float(then.sum()), 1.0) if goal is not then else 0.0
        bound = 0.0
        while True:
            value, bound = self._solved(goal + lean)
            cuts = [] if value is None else self._apart(value)
            self.rules += _cuts(self.columns, cuts)
            if not cuts:
                self.best = self.best if value is None else value
                break
        if self.best is None:
            raise InputRefused(Finding("ZONES_TIME", "blocks"))
        reached = float(goal @ self.best)
        self.rules.append(LinearConstraint(goal[None, :], -np.inf, cast("Any", reached + _NOBODY)))
        return (reached - bound) / reached if reached > bound + _TIE else 0.0

    def _apart(self, value: Floats) -> list[pieces.Separator]:
        """Return what would join the blocks that stand apart and are not free to."""
        chosen = np.rint(value[: len(self.columns.pairs.block)]) > 0
        free = np.rint(value[self.columns.of_block]) > 0
        lonely = pieces.separators(self.columns.pairs, np.asarray(chosen, dtype=bool))
        return [cut for cut in lonely if not free[cut.pair]]

    def _solved(self, cost: Floats) -> tuple[Floats | None, float]:
        """Return the best values by the end, None if time is up, and a bound of the cost."""
        left = self.end - time.monotonic()
        found = milp(
            cost,
            constraints=self.rules,
            integrality=(self.most == 1.0).astype(np.int64),
            bounds=Bounds(0, cast("Any", self.most)),
            options={"time_limit": max(left, _LEAST_SECONDS)},
        )
        if found.x is None and found.status != _TIME_UP:
            raise InputRefused(Finding("ZONES_INFEASIBLE", "blocks"))
        late = left <= 0 or found.x is None
        value = None if late else np.asarray(found.x, dtype=np.float64)
        return value, float(found.mip_dual_bound or 0.0)


def _as_today(blocks: Blocks, columns: _Columns) -> Floats:
    """Return the plan that moves nobody who may stay; others go to their nearest school."""
    pairs, size = columns.pairs, len(columns.pairs.block)
    stays = blocks.today[pairs.block] == pairs.school
    order = np.lexsort((blocks.way_m[pairs.block, pairs.school], ~stays, columns.of_block))
    first = order[np.unique(columns.of_block[order], return_index=True)[1]]
    value = np.zeros(columns.width)
    value[first] = 1.0
    chosen = np.asarray(value[:size] > 0, dtype=bool)
    value[columns.of_block[pieces.apart(pairs, chosen)]] = 1.0
    load = np.bincount(pairs.school[chosen], blocks.children[pairs.block[chosen]], len(blocks.home))
    over = np.maximum(load - blocks.places, 0.0)[columns.schools]
    value[size : size + len(columns.schools)] = over
    return value


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
