"""How many children and which share are told of each unit, from what is told of its areas?

A town is the sum of its areas, the district the sum of its towns: never a count of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from analyses.publish import rounding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analyses.publish.release import Counts, PublishedNumber, Unit

Span = tuple[int, int]
_LEVELS = ("area", "town", "district")


class _NumbersOfArea(NamedTuple):
    """What is told of one area: statistic and name -> number."""

    groups: Mapping[str, PublishedNumber]
    rules: Mapping[str, PublishedNumber]


_NOTHING = _NumbersOfArea({}, {})


def told_units(
    units: Sequence[Unit], counts: Counts, told: Sequence[PublishedNumber], *, k: int
) -> pd.DataFrame:
    """Return all children of each unit: ``unit_id, level, name, town, children_low, _high``."""
    of = _by_areas(told)
    every = frozenset(map(str, counts.groups))
    rows = []
    for unit in units:
        low, high = _sum(
            [_whole(of.get(areas, _NOTHING), every, k=k) for areas in _areas(unit, units)]
        )
        rows.append((unit.id, unit.level, unit.name, unit.town, low, high))
    columns = ["unit_id", "level", "name", "town", "children_low", "children_high"]
    return pd.DataFrame(rows, columns=columns).astype(
        {"children_low": "Int64", "children_high": "Int64"}
    )


def told_values(
    units: Sequence[Unit], counts: Counts, told: Sequence[PublishedNumber], *, k: int
) -> pd.DataFrame:
    """Return a row for each unit and rule with what is told of it.

    Parameters
    ----------
    units
        District, towns and areas; `told` tells of the areas only.
    counts
        Whom each rule concerns; no true count of it is used.
    told
        From `analyses.publish.release.told_numbers`.
    k
        "Fewer than k" counts as 0 to k.

    Returns
    -------
    DataFrame
        ``unit_id, level, name, town, rule_id, children_low, children_high, covered_low,
        covered_high, share_low, share_high``; no values where the children concerned are too few.
    """
    of = _by_areas(told)
    parts = {unit.areas: _areas(unit, units) for unit in units}
    inside = {unit.id: [u.areas for u in units if _is_part(u, unit)] for unit in units}
    upwards = sorted(units, key=lambda unit: _LEVELS.index(unit.level))
    rows = []
    for rule, groups in counts.concerns.items():
        whole = {
            unit.areas: _sum(
                [_whole(of.get(part, _NOTHING), groups, k=k) for part in parts[unit.areas]]
            )
            for unit in units
        }
        met: dict[frozenset[str], Span] = {}
        for unit in upwards:
            areas = unit.areas
            if areas not in met or rule in of.get(areas, _NOTHING).rules:
                sums = _sum([met[part] for part in inside[unit.id]])
                met[areas] = _covered(of.get(areas, _NOTHING), rule, whole[areas], parts=sums, k=k)
        rows += [
            (u.id, u.level, u.name, u.town, rule, *_row(whole[u.areas], met[u.areas], k=k))
            for u in units
        ]
    columns = ["unit_id", "level", "name", "town", "rule_id", "children_low", "children_high",
               "covered_low", "covered_high", "share_low", "share_high"]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    return table.astype(dict.fromkeys(columns[5:], "Int64"))


def _row(whole: Span, met: Span, *, k: int) -> tuple[int | None, ...]:
    if whole[1] == 0:  # the rule concerns nobody here
        return (None,) * 6
    if whole[1] < rounding.least_to_split(k) or met == (0, whole[1]):
        return (*whole, None, None, None, None)
    return (*whole, *met, *rounding.share_range(met, whole))


def _by_areas(told: Sequence[PublishedNumber]) -> dict[frozenset[str], _NumbersOfArea]:
    found: dict[frozenset[str], tuple[dict[str, PublishedNumber], dict[str, PublishedNumber]]] = {}
    for one in told:
        groups, rules = found.setdefault(one.areas, ({}, {}))
        (groups if one.statistic == "group" else rules)[one.of] = one
    return {areas: _NumbersOfArea(*parts) for areas, parts in found.items()}


def _areas(unit: Unit, units: Sequence[Unit]) -> list[frozenset[str]]:
    """Return the smallest areas of a unit."""
    return [u.areas for u in units if u.level == _LEVELS[0] and u.areas <= unit.areas]


def _whole(told: _NumbersOfArea, groups: frozenset[str], *, k: int) -> Span:
    """Return how many children of some groups there are."""
    return _sum([_span(one, k=k) for name, one in told.groups.items() if name in groups])


def _is_part(unit: Unit, of: Unit) -> bool:
    """Say whether a unit is of the next smaller level of another one."""
    return _LEVELS.index(unit.level) == _LEVELS.index(of.level) - 1 and unit.areas <= of.areas


def _covered(told: _NumbersOfArea, rule: str, whole: Span, *, parts: Span, k: int) -> Span:
    """Return how many children are covered: as told, or as the sum of the parts."""
    one = told.rules.get(rule)
    if one is None:
        return parts if parts[1] else (0, whole[1])
    if one.statistic == "covered":
        low, high = _span(one, k=k)
    elif one.statistic == "uncovered":
        low, high = whole[0] - k, whole[1]
    else:
        low = told.rules[one.base].value or 0
        high = low + k
    return max(low, 0), min(high, whole[1])


def _span(told: PublishedNumber, *, k: int) -> Span:
    return (0, k) if told.value is None else (told.value, told.value)


def _sum(spans: Sequence[Span]) -> Span:
    return sum(low for low, _ in spans), sum(high for _, high in spans)
