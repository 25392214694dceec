"""Which numbers of children are told of each area, so that none gives a small one away?

Two ideas make a release safe before any attacker tries it.  First, every count is told once: a town
and the district are the sum of what is told of their parts, so that subtracting one from the other
teaches nothing.  Second, every number is part of a whole, and is told
as a number only where neither it nor the rest is below k; otherwise only "fewer than k" is told of
the smaller side, and nothing of the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from analyses.publish.attacker import Cell, Statement, bounds, pinned
from analyses.publish.rounding import interval, least_to_split
from analyses.publish.rounding import told as told_of
from geo.bundled import load_toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from geo.arrays import Flags, Floats


Statistic = Literal["group", "covered", "uncovered", "more", "pupils"]
Chain = tuple[str, ...]
SEPARATOR = ":"
CONTRADICTION = "never"
"""What is given away where the numbers contradict each other."""


@dataclass(frozen=True)
class Counts:
    """The true counts of the areas (index: area id); they never leave this package.

    Attributes
    ----------
    groups
        Children of one age group and settlement, a column each, called ``age:settlement``: either
        all or none of a column are concerned by a rule.
    concerns
        Rule -> columns of `groups` that it concerns.
    covered
        A column for each rule: children that it covers.
    kinds
        Rule -> kind of facility.
    chains
        Rules that nest: each concerns the same groups and covers all that the one before covers.
        A rule that nests with none is a chain of its own.
    settlement
        Settlement of each area, as everybody can see it.
    """

    groups: pd.DataFrame
    concerns: Mapping[str, frozenset[str]]
    covered: pd.DataFrame
    kinds: Mapping[str, str]
    chains: tuple[Chain, ...]
    settlement: pd.Series

    @property
    def children(self) -> pd.Series:
        """Return all children of each area."""
        return self.groups.sum(axis=1)


@dataclass(frozen=True)
class Unit:
    """Areas that are told of together: the district, a town, or merged areas of a town."""

    id: str
    level: Literal["district", "town", "area"]
    name: str
    town: str
    areas: frozenset[str]


@dataclass(frozen=True)
class PublishedNumber:
    """One published number; `value` None means "fewer than k".

    Attributes
    ----------
    areas
        Of which areas.
    statistic
        ``group``: children of the group `of`; ``covered, uncovered``: by the rule `of`; ``more``:
        covered by the rule `of` and not by the stricter `base`; ``pupils``: of a school.
    kind
        Kind of facility of the rule.
    low, high
        Between which counts the true one lies.
    """

    areas: frozenset[str]
    statistic: Statistic
    of: str
    value: int | None
    low: float
    high: float
    kind: str = ""
    base: str = ""

    @property
    def key(self) -> tuple[frozenset[str], str, str]:
        """Return what it is about."""
        return self.areas, self.statistic, self.of


@dataclass(frozen=True)
class Pinned:
    """A count below k that a stranger could work out."""

    areas: frozenset[str]
    rule: str
    what: str
    low: float
    high: float


@dataclass(frozen=True)
class _Sums:
    """True counts of some units: (units, groups) and (units, rules)."""

    units: tuple[frozenset[str], ...]
    groups: Floats
    covered: Floats
    possible: Flags
    """Whether children of a group may live there: everybody knows where town and village are."""


def _sums(counts: Counts, units: Sequence[frozenset[str]]) -> _Sums:
    """Add up the areas of each unit."""
    index = counts.groups.index
    member = np.array([[area in unit for area in index] for unit in units], dtype=np.float64)
    groups = counts.groups.to_numpy(np.float64)
    settlement_of_group = np.array([str(g).rpartition(SEPARATOR)[2] for g in counts.groups])
    there = counts.settlement.reindex(index).to_numpy(object)[:, None] == settlement_of_group
    possible = (member @ (there | (groups > 0))) > 0
    covered = counts.covered.to_numpy(np.float64)
    return _Sums(tuple(units), member @ groups, member @ covered, possible)


def told_numbers(
    counts: Counts, towns: Mapping[frozenset[str], Sequence[frozenset[str]]], *, k: int
) -> list[PublishedNumber]:
    """Return what may be told of the areas of each town.

    Who is covered by a rule is told once: of each area, or of the whole town where most of its
    areas would only be told to have "fewer than k".

    Parameters
    ----------
    counts
        The true counts.
    towns
        Town -> its areas, which do not overlap and make up the town.
    k
        The smallest number that is told.
    """
    areas = [area for parts in towns.values() for area in parts]
    units = list(dict.fromkeys([*areas, *towns]))
    sums = _sums(counts, units)
    place = {unit: row for row, unit in enumerate(units)}
    groups = [str(g) for g in counts.groups]
    found = [
        number(unit, "group", group, count=sums.groups[place[unit], g], k=k)
        for unit in areas
        for g, group in enumerate(groups)
        if sums.possible[place[unit], g]
    ]
    for chain in counts.chains:
        concerned = np.isin(groups, list(counts.concerns[chain[0]]))
        of = {
            unit: _of_chain(
                unit, chain, _sides(counts, sums, row, concerned=concerned), kinds=counts.kinds, k=k
            )
            for unit, row in place.items()
        }
        for town, parts in towns.items():
            in_parts = [told for part in parts for told in of[part]]
            found += of[town] if _mostly_few(in_parts) else in_parts
    return found


def _sides(
    counts: Counts, sums: _Sums, row: int, *, concerned: Flags
) -> tuple[float, dict[str, float]]:
    """Return the children of a unit that a chain concerns, and those that each rule covers."""
    met = dict(zip(map(str, counts.covered), sums.covered[row].tolist(), strict=True))
    return float(sums.groups[row, concerned].sum()), met


def _mostly_few(told: Sequence[PublishedNumber]) -> bool:
    few = sum(one.value is None for one in told)
    least = load_toml("rules/publish.toml")["groups"]["told_by_area_share"]["value"]
    return not told or few > (1 - least) * len(told)


def _of_chain(
    areas: frozenset[str],
    chain: Chain,
    truth: tuple[float, Mapping[str, float]],
    *,
    kinds: Mapping[str, str],
    k: int,
) -> list[PublishedNumber]:
    """Tell of each rule of a chain who is covered, or that one side is below k."""
    whole, covered = truth
    found: list[PublishedNumber] = []
    if whole < least_to_split(k):
        return found
    base, inside = "", 0.0
    for rule in chain:
        met, kind = covered[rule], kinds.get(rule, "")
        if met < k:
            found.append(number(areas, "covered", rule, count=met, k=k, kind=kind))
        elif whole - met < k:
            found.append(number(areas, "uncovered", rule, count=whole - met, k=k, kind=kind))
        elif base and met - inside < k:
            more = number(areas, "more", rule, count=met - inside, k=k, kind=kind)
            found.append(replace(more, base=base))
        else:
            found.append(number(areas, "covered", rule, count=met, k=k, kind=kind))
            base, inside = rule, met
    return found


def number(
    areas: frozenset[str],
    statistic: Statistic,
    of: str,
    *,
    count: float,
    k: int,
    kind: str = "",
) -> PublishedNumber:
    """Return a count as it is told."""
    value = told_of(count, k=k)
    return PublishedNumber(areas, statistic, of, value, *interval(value, k=k), kind)


def attack(counts: Counts, told: Sequence[PublishedNumber], *, k: int) -> list[Pinned]:
    """Return the counts below k that the told numbers give away.

    Everything told is attacked together: of this release and, if handed over, of earlier ones of
    the same children.  Tried are all areas that were told of, and all parts that they cut each
    other into.
    """
    units = _parts(told)
    sums = _sums(counts, units)
    # Without a chain: the groups that no rule concerns.
    return [
        p
        for chain in (*counts.chains, ())
        for p in _attack_chain(counts, told, sums, chain=chain, k=k)
    ]


def _parts(told: Sequence[PublishedNumber]) -> list[frozenset[str]]:
    """Return the areas told of, and the parts that they cut each other into."""
    units = sorted({t.areas for t in told if t.statistic != "pupils"}, key=sorted)
    member: dict[str, list[int]] = {}
    for place, unit in enumerate(units):
        for area in sorted(unit):
            member.setdefault(area, []).append(place)
    parts: dict[tuple[int, ...], set[str]] = {}
    for area, places in member.items():
        parts.setdefault(tuple(places), set()).add(area)
    return list(dict.fromkeys([*units, *(frozenset(part) for part in parts.values())]))


def _attack_chain(
    counts: Counts, told: Sequence[PublishedNumber], sums: _Sums, *, chain: Chain, k: int
) -> Iterator[Pinned]:
    """Try to work out the counts that concern one chain of rules."""
    classes = _Classes(counts, chain)
    statements = [s for t in told if (s := classes.statement(t)) is not None]
    statements += classes.impossible(sums)
    wanted = [
        (unit, name, Cell(unit, members), truth)
        for row, unit in enumerate(sums.units)
        for name, members, truth in classes.cells(sums, row)
        if truth < k
    ]
    limits = bounds(statements, [cell for _, _, cell, _ in wanted])
    if limits is None:
        everywhere = frozenset[str]().union(*sums.units)
        yield Pinned(everywhere, ", ".join(chain), CONTRADICTION, 0.0, 0.0)
        return
    bad = pinned(limits, np.array([truth for *_, truth in wanted]), k=k)
    for (unit, name, _, _), (low, high), is_bad in zip(wanted, limits, bad, strict=True):
        if is_bad:
            yield Pinned(unit, ", ".join(chain), name, float(low), float(high))


class _Classes:
    """The classes that a chain of rules sorts the children into: group by ring."""

    def __init__(self, counts: Counts, chain: Chain) -> None:
        self.chain = chain
        everybody = frozenset(map(str, counts.groups))
        self.groups = [str(g) for g in counts.groups]
        if chain:
            self.concerned = counts.concerns[chain[0]]
        else:
            self.concerned = everybody.difference(*counts.concerns.values())
        self.columns = [list(counts.covered).index(rule) for rule in chain]

    def group(self, group: str) -> frozenset[str]:
        """Return the classes of one group: covered by the first rule, ..., by none."""
        return frozenset(f"{group}|{ring}" for ring in range(len(self.chain) + 1))

    def rings(self, first: int, last: int) -> frozenset[str]:
        """Return the classes of some rings of all groups that are concerned."""
        return frozenset(f"{g}|{n}" for g in self.concerned for n in range(first, last))

    def statement(self, told: PublishedNumber) -> Statement | None:
        """Return a told number as a sum of classes, or None if it is about others."""
        members = self._members(told)
        return (
            None if members is None else Statement(Cell(told.areas, members), told.low, told.high)
        )

    def _members(self, told: PublishedNumber) -> frozenset[str] | None:
        if told.statistic == "group":
            return self.group(told.of) if told.of in self.concerned else None
        if told.of not in self.chain or (told.base and told.base not in self.chain):
            return None
        place = self.chain.index(told.of) + 1
        if told.statistic == "uncovered":
            return self.rings(place, len(self.chain) + 1)
        return self.rings(self.chain.index(told.base) + 1 if told.base else 0, place)

    def impossible(self, sums: _Sums) -> list[Statement]:
        """Say what everybody knows: no children of a settlement that is not there."""
        found = []
        for unit, possible in zip(sums.units, sums.possible, strict=True):
            none = [
                g
                for g, may_be in zip(self.groups, possible, strict=True)
                if g in self.concerned and not may_be
            ]
            classes = frozenset[str]().union(*(self.group(g) for g in none))
            if classes:
                found.append(Statement(Cell(unit, classes), 0.0, 0.0))
        return found

    def cells(self, sums: _Sums, row: int) -> Iterator[tuple[str, frozenset[str], float]]:
        """Yield what somebody may want to know of a unit: name, classes, true count."""
        here = [
            (group, float(sums.groups[row, column]))
            for column, group in enumerate(self.groups)
            if group in self.concerned and sums.possible[row, column]
        ]
        for group, count in here:
            yield group, self.group(group), count
        if not here or not self.chain:
            return
        whole = sum(count for _, count in here)
        met = [0.0, *sums.covered[row, self.columns].tolist(), whole]
        for first in range(len(met) - 1):
            for last in range(first + 1, len(met)):
                name = f"{('', *self.chain)[first]}..{(*self.chain, '')[last - 1]}"
                yield name, self.rings(first, last), max(met[last] - met[first], 0.0)


def chains_of(
    concerns: Mapping[str, frozenset[str]], covered: pd.DataFrame, kinds: Mapping[str, str]
) -> tuple[Chain, ...]:
    """Return rules that nest, from the strictest to the widest; each rule is in one chain.

    Parameters
    ----------
    concerns
        Rule -> groups of children.
    covered
        A column for each rule, a row for each place: the finer the places, the surer.
    kinds
        Only rules of one kind of facility are taken to nest.
    """
    sums = covered.sum()
    left = sorted(concerns, key=lambda r: (float(sums[r]), r))
    chains: list[list[str]] = []
    for rule in left:
        fitting = next(
            (
                c for c in chains
                if kinds.get(c[-1]) == kinds.get(rule) and concerns[c[-1]] == concerns[rule]
                and bool((covered[c[-1]] <= covered[rule] + 1e-9).all())
            ),
            None,
        )  # fmt: skip
        if fitting is None:
            chains.append([rule])
        else:
            fitting.append(rule)
    return tuple(tuple(c) for c in chains)
