"""Which numbers of children are told for each area, town and the district, so that none gives away?

Every number is tried by the attacker first.  Where a count below k could be worked out, a number
that helps is withdrawn, the smallest area's first, until nothing is left to work out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from analyses.privacy.attacker import Cell, Statement, bounds, pinned
from analyses.privacy.rounding import interval, least_to_split
from analyses.privacy.rounding import told as told_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

Statistic = Literal["children", "concerned", "covered", "uncovered"]
_TELLING: tuple[Statistic, ...] = ("covered", "uncovered", "concerned", "children")
"""What is withdrawn first: the sides, then who is concerned, then how many there are."""
_OUT = "out"
NEVER = "never"
"""What is pinned when the numbers contradict each other."""


@dataclass(frozen=True)
class Counts:
    """The true counts of the areas (index: area id); they never leave this package.

    Attributes
    ----------
    children
        All children.
    concerned, covered
        A column for each rule: children it concerns, and those of them that are covered.
    kinds
        Rule -> kind of facility.
    chains
        Rules that nest: each concerns the same children and covers all that the one before
        covers.  A rule that nests with none is a chain of its own.
    """

    children: pd.Series
    concerned: pd.DataFrame
    covered: pd.DataFrame
    kinds: Mapping[str, str]
    chains: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Unit:
    """Areas that are told of together: the district, a town, or merged areas of a town."""

    id: str
    level: Literal["district", "town", "area"]
    name: str
    town: str
    areas: frozenset[str]


@dataclass(frozen=True)
class Told:
    """One published number; ``value`` None means "fewer than k"."""

    areas: frozenset[str]
    statistic: Statistic
    rule: str
    kind: str
    value: int | None
    low: float
    high: float

    @property
    def key(self) -> tuple[frozenset[str], str, str]:
        """Return what it is about."""
        return self.areas, self.statistic, self.rule


@dataclass(frozen=True)
class Pinned:
    """A count below k that a stranger could work out."""

    unit: Unit
    rule: str
    what: str
    low: float
    high: float


def all_told(counts: Counts, units: Iterable[Unit], *, k: int) -> list[Told]:
    """Return what the rounding rules alone would tell of every unit."""
    units = list(units)
    member = _membership(units, counts.children.index)
    total = member @ counts.children.to_numpy(np.float64)
    concerned = member @ counts.concerned.to_numpy(np.float64)
    covered = member @ counts.covered[counts.concerned.columns].to_numpy(np.float64)
    found: dict[tuple[frozenset[str], str, str], Told] = {}
    for row, unit in enumerate(units):
        here = [_number(unit, "children", "", count=total[row], k=k)]
        for column, rule in enumerate(counts.concerned):
            sides = (concerned[row, column], covered[row, column])
            here += _of_rule(unit, str(rule), sides, k=k)
        for told in here:
            found[told.key] = replace(told, kind=counts.kinds.get(told.rule, ""))
    return list(found.values())


def _of_rule(unit: Unit, rule: str, sides: tuple[float, float], *, k: int) -> list[Told]:
    """Return who is concerned by a rule, and one of the two sides if there are enough."""
    concerned, covered = sides
    told = [_number(unit, "concerned", rule, count=concerned, k=k)]
    if concerned >= least_to_split(k):
        # The side below k is told as such, and nothing of the other: it follows.
        few_without = concerned - covered < k
        value = concerned - covered if few_without else covered
        side: Statistic = "uncovered" if few_without else "covered"
        told.append(_number(unit, side, rule, count=value, k=k))
    return told


def _membership(units: Sequence[Unit], index: pd.Index) -> NDArray[np.float64]:
    """Return which areas each unit holds: (units, areas), 0 or 1."""
    return np.array([[area in unit.areas for area in index] for unit in units], dtype=np.float64)


def _number(unit: Unit, statistic: Statistic, rule: str, *, count: float, k: int) -> Told:
    value = told_of(count, k=k)
    return Told(unit.areas, statistic, rule, "", value, *interval(value, k=k))


def protect(
    counts: Counts, units: Sequence[Unit], *, k: int, earlier: Sequence[Told] = ()
) -> tuple[list[Told], list[Pinned]]:
    """Return what may be told, and what could be worked out all the same.

    Parameters
    ----------
    counts
        The true counts.
    units
        What is told of; of two with the same areas one is enough.
    earlier
        What was published before of the same children.

    Returns
    -------
    tuple
        Numbers that may be told; cells that are pinned though everything that could help was
        withdrawn (by earlier publications), for which a release must be refused.
    """
    told = all_told(counts, units, k=k)
    left: list[Pinned] = []
    for chain in counts.chains:
        told, still = _protect_chain(counts, units, told, k=k, chain=chain, earlier=earlier)
        left += still
    return told, left


def _protect_chain(
    counts: Counts,
    units: Sequence[Unit],
    told: list[Told],
    *,
    k: int,
    chain: tuple[str, ...],
    earlier: Sequence[Told],
) -> tuple[list[Told], list[Pinned]]:
    """Withdraw numbers about one chain of rules until the attacker pins nothing."""
    hopeless: set[tuple[str, str]] = set()
    found = attack(counts, units, [*told, *earlier], k=k, chain=chain)
    if any(p.what == NEVER for p in found):
        return told, found
    while open_cells := [p for p in found if (p.unit.id, p.what) not in hopeless]:
        gone: set[tuple[frozenset[str], str, str]] = set()
        for cell in open_cells:
            first = next((t for t in _helpful(told, cell, chain) if t.key not in gone), None)
            if first is None:
                hopeless.add((cell.unit.id, cell.what))
            else:
                gone.add(first.key)
        told = [t for t in told if t.key not in gone]
        # What was wide stays wide when less is told: only the others are tried again.
        again = tuple({p.unit.id: p.unit for p in found}.values())
        found = attack(counts, again, [*told, *earlier], k=k, chain=chain)
    return told, found


def _helpful(told: Sequence[Told], cell: Pinned, chain: tuple[str, ...]) -> list[Told]:
    """Return the numbers that may have given a cell away, the least loss first."""
    about = [t for t in told if t.rule in ("", *chain) and t.areas & cell.unit.areas]
    return sorted(
        about,
        key=lambda t: (
            _TELLING.index(t.statistic) > 1, len(t.areas - cell.unit.areas), len(t.areas),
            _TELLING.index(t.statistic), t.rule, sorted(t.areas),
        ),
    )  # fmt: skip


def attack(
    counts: Counts, units: Sequence[Unit], told: Sequence[Told], *, k: int, chain: tuple[str, ...]
) -> list[Pinned]:
    """Return the counts below k of one chain of rules that the told numbers give away."""
    classes = _classes(counts, chain)
    everyone = frozenset(classes)
    statements = [s for t in told if (s := _statement(t, chain, everyone)) is not None]
    named = {name: frozenset({name}) for name in classes} | {
        "children": everyone,
        "concerned": everyone - {_OUT},
    }
    member = _membership(units, counts.children.index)
    sums = {name: member @ values for name, values in classes.items()}
    wanted = [
        (unit, name, Cell(unit.areas, members), float(truth[row]))
        for name, members in named.items()
        for truth in [sum((sums[c] for c in sorted(members)), np.zeros(len(units)))]
        for row, unit in enumerate(units)
        if truth[row] < k
    ]
    limits = bounds(statements, [w[2] for w in wanted])
    if limits is None:
        whole = max(units, key=lambda u: len(u.areas))  # the district, or what is left of it
        return [Pinned(whole, chain[0], NEVER, 0.0, 0.0)]
    bad = pinned(limits, np.array([w[3] for w in wanted]), k=k)
    return [
        Pinned(unit, chain[0], name, float(low), float(high))
        for (unit, name, _, _), (low, high), is_bad in zip(wanted, limits, bad, strict=True)
        if is_bad
    ]


def _classes(counts: Counts, chain: tuple[str, ...]) -> dict[str, NDArray[np.float64]]:
    """Return the children of each area in classes: out of scope, each ring, not covered."""
    concerned = counts.concerned[chain[0]].to_numpy(np.float64)
    covered = [counts.covered[rule].to_numpy(np.float64) for rule in chain]
    classes = {_OUT: counts.children.to_numpy(np.float64) - concerned}
    for rule, inner, outer in zip(chain, [concerned * 0.0, *covered], covered, strict=False):
        classes[f"covered:{rule}"] = outer - inner
    classes["uncovered"] = concerned - covered[-1]
    positive = {name: np.maximum(values, 0.0) for name, values in classes.items()}
    if positive[_OUT].max() <= 0:  # everybody knows that the rule concerns all children
        del positive[_OUT]
    return positive


def _statement(told: Told, chain: tuple[str, ...], everyone: frozenset[str]) -> Statement | None:
    """Return a told number as a sum of a chain's classes, or None if it is about others."""
    if told.rule and told.rule not in chain:
        return None
    concerned = everyone - {_OUT}
    covered = frozenset(f"covered:{r}" for r in chain[: _place(chain, told.rule) + 1])
    classes = {
        "children": everyone,
        "concerned": concerned,
        "covered": covered,
        "uncovered": concerned - covered,
    }[told.statistic]
    return Statement(Cell(told.areas, classes), told.low, told.high)


def _place(chain: tuple[str, ...], rule: str) -> int:
    return chain.index(rule) if rule in chain else 0


def chains_of(
    concerned: pd.DataFrame, covered: pd.DataFrame, kinds: Mapping[str, str]
) -> tuple[tuple[str, ...], ...]:
    """Return rules that nest, from the strictest to the widest; each rule is in one chain.

    Parameters
    ----------
    concerned, covered
        A column for each rule, a row for each place: the finer the places, the surer.
    kinds
        Only rules of one kind of facility are taken to nest.
    """
    sums = covered.sum()
    left = sorted((str(r) for r in concerned), key=lambda r: (float(sums[r]), r))
    chains: list[list[str]] = []
    for rule in left:
        fitting = next(
            (
                c for c in chains
                if kinds.get(c[-1]) == kinds.get(rule)
                and np.allclose(concerned[c[-1]], concerned[rule])
                and bool((covered[c[-1]] <= covered[rule] + 1e-9).all())
            ),
            None,
        )  # fmt: skip
        if fitting is None:
            chains.append([rule])
        else:
            fitting.append(rule)
    return tuple(tuple(c) for c in chains)
