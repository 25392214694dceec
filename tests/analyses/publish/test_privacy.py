"""Counts that may be told, and the stranger who adds and subtracts them: closed forms, worlds."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from nonempty import each

from analyses.publish import ledger, release, rounding
from analyses.publish.attacker import Cell, Statement, bounds, pinned
from analyses.publish.merging import merged
from analyses.publish.release import Counts, PublishedNumber, Unit, attack, number, told_numbers
from analyses.publish.values import told_values
from geo.findings import InputRefused

K = 10
ALL = frozenset({"all"})


def cell(areas: str) -> Cell:
    return Cell(frozenset(areas), ALL)


def counts_of(
    groups: dict[str, list[float]], covered: dict[str, list[float]], chain: tuple[str, ...] = ()
) -> Counts:
    """Counts of areas a, b, c ...: every rule concerns all groups; `chain` nests, others do not."""
    areas = list("abcdefghijkl"[: len(next(iter(groups.values())))])
    table = pd.DataFrame(groups, index=areas)
    others = [(rule,) for rule in covered if rule not in chain]
    return Counts(
        groups=table,
        concerns=dict.fromkeys(covered, frozenset(groups)),
        covered=pd.DataFrame(covered, index=areas),
        kinds=dict.fromkeys(covered, "park"),
        chains=tuple([chain, *others] if chain else others),
        settlement=pd.Series("urban", index=areas),
    )


def alone(counts: Counts) -> dict[frozenset[str], list[frozenset[str]]]:
    """Every area is a town of its own."""
    return {frozenset({a}): [frozenset({a})] for a in counts.groups.index}


# ---- the attacker, by arithmetic -----------------------------------------------------------------


def test_a_hidden_village_is_the_town_minus_the_others() -> None:
    # town told 25 (22.5 to 27.5), the other village told 20 (17.5 to 22.5): 0 to 27.5 - 17.5 = 10
    told = [Statement(cell("ab"), 22.5, 27.5), Statement(cell("a"), 17.5, 22.5)]
    assert bounds(told, [cell("b"), cell("a")]) == pytest.approx(np.array([[0, 10], [17.5, 22.5]]))


def test_three_exact_sums_give_each_village_away() -> None:
    # a + b = 7, b + c = 5, a + c = 4 has one solution: a = 3, b = 4, c = 1
    told = [Statement(cell(p), n, n) for p, n in (("ab", 7), ("bc", 5), ("ac", 4))]
    found = bounds(told, [cell("a"), cell("b"), cell("c")])
    assert found == pytest.approx(np.array([[3, 3], [4, 4], [1, 1]]))
    assert pinned(found, np.array([3.0, 4.0, 1.0]), k=K).all()


def test_what_nobody_tells_of_has_no_bound_and_a_contradiction_no_answer() -> None:
    assert bounds([Statement(cell("a"), 0, 5)], [cell("b")])[0].tolist() == [0.0, np.inf]
    against = [Statement(cell("a"), 0, 5), Statement(cell("a"), 10, 15)]
    assert bounds(against, [cell("a")]) is None


def test_separate_places_are_solved_apart_and_added() -> None:
    told = [Statement(cell("a"), 1, 2), Statement(cell("b"), 10, 20), Statement(cell("c"), 0, 9)]
    assert bounds(told, [cell("abc"), cell("ac")]) == pytest.approx(np.array([[11, 31], [1, 11]]))


def test_only_small_counts_in_narrow_bounds_are_pinned() -> None:
    limits = np.array([[0, 10], [0, 8.9], [0, 9], [10, 10]], dtype=float)
    assert pinned(limits, np.array([4, 4, 4, 10.0]), k=K).tolist() == [False, True, False, False]


# ---- what is told --------------------------------------------------------------------------------


def test_sides_below_k_are_told_as_such_and_nothing_of_the_other() -> None:
    counts = counts_of({"g:urban": [100, 100, 100]}, {"R": [4, 96, 50]})
    told = [t for t in told_numbers(counts, alone(counts), k=K) if t.statistic != "group"]
    facts = [(t.statistic, t.value) for t in told]
    assert facts == [("covered", None), ("uncovered", None), ("covered", 50)]


def test_a_small_ring_between_two_rules_is_told_as_such() -> None:
    # 500 m reach 40, 510 m reach 43: the 3 between stay "fewer than 10 more"
    counts = counts_of({"g:urban": [100]}, {"R500": [40], "R510": [43]}, ("R500", "R510"))
    told = [t for t in told_numbers(counts, alone(counts), k=K) if t.statistic != "group"]
    assert [(t.statistic, t.of, t.value) for t in told] == [
        ("covered", "R500", 40), ("more", "R510", None),
    ]  # fmt: skip
    assert attack(counts, told, k=K) == []


def test_where_most_areas_would_be_few_the_town_is_told_of() -> None:
    counts = counts_of({"g:urban": [100, 100, 100]}, {"R": [4, 5, 30]})
    town = {frozenset("abc"): [frozenset("a"), frozenset("b"), frozenset("c")]}
    told = [t for t in told_numbers(counts, town, k=K) if t.statistic != "group"]
    assert [(t.areas, t.value) for t in told] == [(frozenset("abc"), 40)]  # 39 is told as 40
    many = dataclasses.replace(counts, covered=pd.DataFrame({"R": [40, 5, 30]}, index=list("abc")))
    assert [t.value for t in told_numbers(many, town, k=K) if t.of == "R"] == [40, None, 30]


def test_a_district_is_the_sum_of_what_is_told() -> None:
    counts = counts_of({"g:urban": [102, 99]}, {"R": [53, 4]})
    units = [
        Unit("d", "district", "", "", frozenset("ab")),
        *(Unit(f"T{a}", "town", a, a, frozenset(a)) for a in "ab"),
        *(Unit(a, "area", a, a, frozenset(a)) for a in "ab"),
    ]
    values = told_values(units, counts, told_numbers(counts, alone(counts), k=K), k=K)
    row = values.set_index("unit_id").loc["d"]
    # 100 + 100 children; 55 covered and fewer than 10: 55 to 65, 27.5 % to 32.5 %
    assert row["children_low":"share_high"].tolist() == [200, 200, 55, 65, 27, 33]


@pytest.mark.parametrize(
    ("part", "whole", "share"),
    [((0, 0), (500, 500), (1, 1)), ((500, 500), (500, 500), (99, 99)), ((0, 10), (25, 25), (1, 40)),
     ((10, 10), (30, 40), (25, 34))],
)  # fmt: skip
def test_no_share_is_0_or_100(
    part: tuple[int, int], whole: tuple[int, int], share: tuple[int, int]
) -> None:
    assert rounding.share_range(part, whole) == share


# ---- random populations --------------------------------------------------------------------------


def population(seed: int) -> tuple[Counts, dict[frozenset[str], list[frozenset[str]]]]:
    """Return a made-up town of a few areas, many of them small, with rules that nest."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 7))
    areas = [f"v{n}" for n in range(size)]
    settlement = rng.choice(["urban", "rural"], size)
    groups = {
        f"{age}:{kind}": np.where(settlement == kind, rng.negative_binomial(1, 0.04, size), 0.0)
        for age in ("young", "old")
        for kind in ("urban", "rural")
    }
    table = pd.DataFrame(groups, index=areas)
    table = table.loc[:, table.sum() > 0]
    young = frozenset(g for g in table if g.startswith("young"))
    concerns = {"A": frozenset(table), "B1": young, "B2": young, "B3": young}
    concerns = {rule: who for rule, who in concerns.items() if who}
    covered = {}
    for rule, who in concerns.items():
        inner = covered.get({"B2": "B1", "B3": "B2"}.get(rule, ""), np.zeros(size))
        whole = table[sorted(who)].sum(axis=1).to_numpy()
        share = rng.choice([0.0, 0.03, 0.5, 0.97, 1.0], size)
        covered[rule] = np.maximum(inner, np.floor(whole * share))
    chains = (("A",), ("B1", "B2", "B3"))[: 1 + bool(young)]
    counts = Counts(
        groups=table,
        concerns=concerns,
        covered=pd.DataFrame(covered, index=areas),
        kinds={"A": "school", "B1": "park", "B2": "park", "B3": "park"},
        chains=chains,
        settlement=pd.Series(settlement, index=areas),
    )
    cut = int(rng.integers(1, size))
    parts = [areas[:cut], areas[cut:]]
    return counts, {frozenset(p): [frozenset({a}) for a in p] for p in parts}


@pytest.mark.parametrize("tens", range(20))
def test_no_small_count_of_two_hundred_populations_can_be_worked_out(tens: int) -> None:
    for seed in each(range(10 * tens, 10 * tens + 10)):
        counts, towns = population(seed)
        told = told_numbers(counts, towns, k=K)
        assert attack(counts, told, k=K) == [], seed
        assert all(t.low <= t.high and (t.value is None or t.value % 5 == 0) for t in told)


@pytest.mark.parametrize("k", [3, 5, 20])
def test_other_smallest_groups_are_as_safe(k: int) -> None:
    for seed in each(range(1000, 1010)):
        counts, towns = population(seed)
        assert attack(counts, told_numbers(counts, towns, k=k), k=k) == [], seed


def leaky(counts: Counts) -> list[PublishedNumber]:
    """Tell every count as if it were large: rounded, small ones too."""
    found = []
    for area in counts.groups.index:
        unit = frozenset({str(area)})
        for group, count in counts.groups.loc[area].items():
            value = rounding.rounded(float(count))
            found.append(
                PublishedNumber(unit, "group", str(group), value, max(value - 2.5, 0), value + 2.5)
            )
    return found


def test_the_attacker_catches_a_leaky_release() -> None:
    caught = 0
    for seed in range(20):
        counts, _ = population(seed)
        small = counts.groups[(counts.groups > 0) & (counts.groups < K)].notna().to_numpy().sum()
        caught += bool(attack(counts, leaky(counts), k=K)) or not small
    assert caught == 20


def test_telling_both_sides_and_the_whole_is_caught_and_named() -> None:
    counts = counts_of({"g:urban": [60.0]}, {"R": [57.0]})
    unit = frozenset("a")
    both = [
        number(unit, "group", "g:urban", count=60, k=K),
        PublishedNumber(unit, "covered", "R", 55, 52.5, 57.5),
    ]
    # 3 uncovered: between 57.5 - 57.5 = 0 and 62.5 - 52.5 = 10 is wide enough; exact counts are not
    assert attack(counts, both, k=K) == []
    exact = [
        PublishedNumber(unit, "group", "g:urban", 60, 60, 60),
        PublishedNumber(unit, "covered", "R", 57, 57, 57),
    ]
    (found,) = attack(counts, exact, k=K)
    assert (found.areas, found.what, found.low, found.high) == (unit, "R..", 3.0, 3.0)


# ---- two releases --------------------------------------------------------------------------------


def released(counts: Counts, towns: dict, date: str = "2026-06-01") -> ledger.Release:
    groups = dict.fromkeys(counts.groups.index, "x")
    return ledger.Release(date, K, groups, tuple(told_numbers(counts, towns, k=K)))


def test_other_areas_of_the_same_children_are_caught_by_subtraction() -> None:
    # first a, b together with the hamlet c (4 children), then without it
    counts = counts_of({"g:urban": [60, 50, 4]}, {"R": [30, 25, 2]})
    first = released(counts, {frozenset("abc"): [frozenset("abc")]})
    second = released(counts, {frozenset("ab"): [frozenset("ab")]})
    found = ledger.clashes(second, [first], counts.children)
    assert [(c.code, c.where) for c in found] == [("PUBLISH_DIFFERENCE", "c")]


def test_exact_sums_of_overlapping_areas_are_pinned_by_the_attacker() -> None:
    counts = counts_of({"g:urban": [60, 50, 4]}, {"R": [30, 25, 2]})
    whole = PublishedNumber(frozenset("abc"), "group", "g:urban", 114, 114, 114)
    part = PublishedNumber(frozenset("ab"), "group", "g:urban", 110, 110, 110)
    found = attack(counts, [whole, part], k=K)
    # the children of c, and with them the sides of the rule: 0 to 4 each
    assert {p.areas for p in found} == {frozenset("c")}
    assert (found[0].low, found[0].high) == (4.0, 4.0)


def test_the_ring_between_two_rules_of_two_releases_is_caught() -> None:
    first = released(
        counts_of({"g:urban": [100]}, {"R500": [40]}), {frozenset("a"): [frozenset("a")]}
    )
    counts = counts_of({"g:urban": [100]}, {"R510": [41]})
    second = released(counts, alone(counts))
    (found,) = ledger.clashes(second, [first], counts.children)
    assert (found.code, found.where, found.what) == ("PUBLISH_RING", "a", "R510, R500")
    wide = counts_of({"g:urban": [100]}, {"R800": [70]})
    assert ledger.clashes(released(wide, alone(wide)), [first], wide.children) == []


def test_other_numbers_of_the_same_day_contradict() -> None:
    counts = counts_of({"g:urban": [100]}, {"R": [40]})
    changed = counts_of({"g:urban": [120]}, {"R": [40]})
    first, second = (released(c, alone(c)) for c in (counts, changed))
    codes = [c.code for c in ledger.clashes(second, [first], changed.children)]
    assert codes == ["PUBLISH_CONTRADICTION"]
    later = dataclasses.replace(second, date="2027-06-01")
    assert ledger.clashes(later, [first], changed.children) == []


def test_the_same_release_again_is_no_clash() -> None:
    counts, towns = population(7)
    once = released(counts, towns)
    assert ledger.clashes(once, [once], counts.children) == []


def test_the_ledger_is_read_back_as_written(tmp_path: Path) -> None:
    counts, towns = population(3)
    path = tmp_path / "release_ledger.json"
    assert ledger.read_ledger(path) == ()
    one, two = released(counts, towns), released(counts, towns, "2027-06-01")
    ledger.write_ledger(path, [one, two, one])
    back = ledger.read_ledger(path)
    assert [r.id for r in back] == [one.id, two.id]
    assert {n.key: n for n in back[0].numbers} == {n.key: n for n in one.numbers}


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"format": 1, "releases": [{"id": "x"}]}'])
def test_a_damaged_ledger_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "release_ledger.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputRefused) as refused:
        ledger.read_ledger(path)
    assert refused.value.findings[0].code == "PUBLISH_LEDGER_BAD"


# ---- merging -------------------------------------------------------------------------------------


def row_of_squares(towns: str) -> gpd.GeoDataFrame:
    boxes = [shapely.box(100 * n, 0, 100 * n + 100, 100) for n in range(len(towns))]
    ids = [f"a{n}" for n in range(len(towns))]
    frame = {"area_id": ids, "town": list(towns)}
    return gpd.GeoDataFrame(frame, geometry=boxes, crs="EPSG:4548")


def test_a_small_area_joins_its_smaller_neighbour_within_the_town() -> None:
    counts = np.array([[50.0], [5.0], [30.0], [3.0], [90.0]])
    found = merged(row_of_squares("AAABB"), counts, least=20, empty_passes=np.array([False]))
    assert found.tolist() == [0, 1, 1, 3, 3]  # 5 joins 30, not 50; 3 stays in its town


def test_enough_everywhere_merges_nothing_and_a_whole_small_town_is_one() -> None:
    some = np.array([[20.0], [20.0], [4.0], [5.0]])
    found = merged(row_of_squares("AABB"), some, least=20, empty_passes=np.array([False]))
    assert found.tolist() == [0, 1, 2, 3]  # B has 9 in all: merging cannot cure that


def test_chains_are_rules_of_a_kind_that_nest() -> None:
    covered = pd.DataFrame({"m": [1, 0, 1], "min": [1, 1, 1], "far": [0, 1, 1], "x": [0, 0, 1]})
    who = dict.fromkeys(covered, frozenset({"g"}))
    found = release.chains_of(who, covered, dict.fromkeys(covered, "school"))
    assert found == (("x", "far", "min"), ("m",))
    apart = release.chains_of(who, covered, {r: r for r in covered})
    assert sorted(apart) == [("far",), ("m",), ("min",), ("x",)]
