"""Siting: brute force on small worlds, laws, published optima, refusals."""

from __future__ import annotations

import importlib.util
import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nonempty import each
from scipy.optimize import linprog

from analyses.sites import selection
from analyses.sites.answer import Answer
from analyses.sites.center import p_center
from analyses.sites.cover import backup_cover, lscp, mclp
from analyses.sites.equity import ede_m, kappa_of, kolm_pollak
from analyses.sites.highs import Effort
from analyses.sites.median import p_median
from analyses.sites.problem import (
    Means,
    Problem,
    reach_from_pairs,
    reach_from_table,
    siting_problem,
    without_unreached,
)
from geo.findings import InputRefused
from geo.walk.distances import Pairs

RADIUS = 400.0
SEEDS = range(12)


@pytest.fixture(autouse=True)
def bounds_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let also small worlds go through the bounds that large ones need."""
    monkeypatch.setattr(selection, "_SMALL", 0)


def world(seed: int, *, sites: int = 7, homes: int = 14, reach_m: float = np.inf) -> np.ndarray:
    """Return distances of homes (rows) to sites, whole metres, inf beyond reach."""
    rng = np.random.default_rng(seed)
    here, there = rng.uniform(0, 1000, (homes, 1, 2)), rng.uniform(0, 1000, (1, sites, 2))
    metres = np.rint(np.hypot(*np.moveaxis(here - there, 2, 0)))
    return np.where(metres <= reach_m, metres, np.inf)


def problem_of(seed: int, **options: Any) -> Problem:
    reach = {k: options.pop(k) for k in ("sites", "homes", "reach_m") if k in options}
    metres = world(seed, **reach)
    rng = np.random.default_rng(seed + 1000)
    children = rng.integers(0, 9, len(metres)) + (np.arange(len(metres)) == 0)
    return siting_problem(reach_from_table(metres), children, unreached_sites=True, **options)


def table_of(problem: Problem) -> np.ndarray:
    metres = np.full((problem.reach.demands, problem.reach.sites), np.inf)
    metres[problem.reach.demand, problem.reach.site] = problem.reach.distance_m
    return metres


def choices(problem: Problem, most: int) -> list[list[int]]:
    """Return all choices of at most so many new sites, with the existing ones."""
    old = np.flatnonzero(problem.existing).tolist()
    return [
        sorted([*old, *new])
        for k in range(most + 1)
        for new in itertools.combinations(problem.candidates.tolist(), k)
    ]


def nearest(problem: Problem, chosen: list[int]) -> np.ndarray:
    metres = table_of(problem)[problem.children > 0]
    return metres[:, chosen].min(axis=1, initial=np.inf)


def people(problem: Problem) -> np.ndarray:
    return problem.children[problem.children > 0]


def conserved(problem: Problem, answer: Answer) -> bool:
    by_home = answer.assigned.groupby("demand")["children"].sum()
    return answer.gap == 0.0 and np.allclose(by_home.to_numpy(), problem.children)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("existing", [(), (2, 5)])
def test_fewest_sites_equal_brute_force(seed: int, existing: tuple[int, ...]) -> None:
    problem = problem_of(seed, existing=existing)
    can = nearest(problem, list(range(7))) <= RADIUS
    fewest = min(
        len(chosen) - len(existing)
        for chosen in choices(problem, 7)
        if (nearest(problem, chosen)[can] <= RADIUS).all()
    )
    answer = lscp(problem, radius_m=RADIUS)
    assert (answer.objective, len(answer.new_sites)) == (fewest, fewest)
    assert conserved(problem, answer)
    assert len(answer.uncoverable) == np.count_nonzero(~can)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("count", [0, 1, 3])
@pytest.mark.parametrize("existing", [(), (4,)])
def test_most_children_equal_brute_force(seed: int, count: int, existing: tuple[int, ...]) -> None:
    problem = problem_of(seed, existing=existing)
    most = max(
        people(problem)[nearest(problem, chosen) <= RADIUS].sum()
        for chosen in choices(problem, count)
    )
    answer = mclp(problem, Means(count), radius_m=RADIUS)
    assert (answer.objective, answer.covered) == (most, most)
    assert conserved(problem, answer)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("count", [None, 2])
def test_a_budget_buys_what_brute_force_buys(seed: int, count: int | None) -> None:
    cost = np.random.default_rng(seed).integers(1, 9, 7)
    problem = problem_of(seed, cost=cost)
    most = max(
        people(problem)[nearest(problem, chosen) <= RADIUS].sum()
        for chosen in choices(problem, 7 if count is None else count)
        if cost[chosen].sum() <= 9
    )
    answer = mclp(problem, Means(count, budget=9), radius_m=RADIUS)
    assert answer.objective == most
    assert answer.cost <= 9


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("worst_m", [500.0, 700.0])
def test_most_children_with_a_longest_way(seed: int, worst_m: float) -> None:
    problem = problem_of(seed)
    fitting = [c for c in choices(problem, 4) if (nearest(problem, c) <= worst_m).all()]
    if not fitting:
        with pytest.raises(InputRefused, match=r"SITES_TOO_FEW|SITES_OUT_OF_REACH"):
            mclp(problem, Means(4), radius_m=300, worst_m=worst_m)
        return
    most = max(people(problem)[nearest(problem, c) <= 300].sum() for c in fitting)
    assert mclp(problem, Means(4), radius_m=300, worst_m=worst_m).objective == most


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("existing", [(), (1,)])
def test_backup_equals_brute_force(seed: int, existing: tuple[int, ...]) -> None:
    problem = problem_of(seed, existing=existing)
    metres, count = table_of(problem), int(lscp(problem, radius_m=RADIUS).objective)
    can = (metres <= RADIUS).any(axis=1) & (problem.children > 0)
    twice = max(
        problem.children[(metres[:, c] <= RADIUS).sum(axis=1) > 1].sum()
        for c in choices(problem, count)
        if (metres[can][:, c] <= RADIUS).any(axis=1).all()
    )
    assert backup_cover(problem, radius_m=RADIUS).objective == twice


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("existing", [(), (3,)])
def test_mean_and_longest_way_equal_brute_force(
    seed: int, count: int, existing: tuple[int, ...]
) -> None:
    problem = problem_of(seed, existing=existing)
    ways = [nearest(problem, chosen) for chosen in choices(problem, count)]
    total = people(problem).sum()
    mean = min(float(way @ people(problem)) / total for way in ways if np.isfinite(way).all())
    median = p_median(problem, Means(count))
    assert (median.objective, median.mean_m) == pytest.approx((mean, mean), rel=1e-12)
    assert conserved(problem, median)
    center = p_center(problem, Means(count))
    assert center.objective == center.worst_m == min(way.max() for way in ways)
    assert conserved(problem, center)


@pytest.mark.parametrize("seed", SEEDS)
def test_mean_within_reach_charges_those_without_a_site(seed: int) -> None:
    problem = problem_of(seed, reach_m=450)
    ways = [nearest(problem, chosen) for chosen in choices(problem, 3)]
    charged = [np.where(np.isfinite(way), way, 900.0) @ people(problem) for way in ways]
    answer = p_median(problem, Means(3), unreached_m=900)
    assert answer.objective == pytest.approx(min(charged) / people(problem).sum())


def all_reached(problem: Problem) -> bool:
    return any(np.isfinite(nearest(problem, chosen)).all() for chosen in choices(problem, 3))


def test_mean_within_reach_needs_sites_enough() -> None:
    able = [without_unreached(problem_of(seed, reach_m=400), None) for seed in SEEDS]
    for problem in each(p for p in able if all_reached(p)):
        assert p_median(problem, Means(3)).share == 1.0
    for problem in each(p for p in able if not all_reached(p)):
        with pytest.raises(InputRefused, match=r"SITES_TOO_FEW"):
            p_median(problem, Means(3))


@pytest.mark.parametrize("seed", SEEDS)
def test_center_and_median_for_money_equal_brute_force(seed: int) -> None:
    cost = np.random.default_rng(seed).integers(1, 9, 7)
    problem = problem_of(seed, cost=cost)
    ways = [nearest(problem, c) for c in choices(problem, 7) if c and cost[c].sum() <= 10]
    assert p_center(problem, Means(budget=10)).objective == min(way.max() for way in ways)
    mean = min(float(way @ people(problem)) for way in ways) / people(problem).sum()
    assert p_median(problem, Means(budget=10)).objective == pytest.approx(mean)


@pytest.mark.parametrize("seed", SEEDS)
def test_fairest_equals_brute_force(seed: int) -> None:
    problem = problem_of(seed)
    kappa = kappa_of(problem, problem.people(None))
    best = min(
        float(np.log(np.average(np.exp(-kappa * nearest(problem, c)), weights=people(problem))))
        / -kappa
        for c in choices(problem, 3)
        if c
    )
    answer = kolm_pollak(problem, Means(3))
    assert answer.objective == pytest.approx(best)
    assert ede_m(answer.assigned, kappa) == pytest.approx(best)
    assert answer.mean_m <= answer.objective <= answer.worst_m


def test_without_aversion_the_fairest_is_the_nearest_on_average() -> None:
    problem = problem_of(3)
    fair, near = kolm_pollak(problem, Means(2), kappa=0.0), p_median(problem, Means(2))
    assert (fair.objective, fair.sites) == (near.objective, near.sites)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("count", [1, 3, 5])
def test_medium_worlds_agree_with_a_plain_programme(seed: int, count: int) -> None:
    """60 homes x 20 sites: bounds and reductions drop nothing that matters."""
    problem = problem_of(seed, sites=20, homes=60)
    metres, weight = table_of(problem), problem.children
    objective = np.concatenate([np.zeros(20), (metres * weight[:, None]).ravel()])
    one_each = np.hstack([np.zeros((60, 20)), np.kron(np.eye(60), np.ones(20))])
    open_only = np.hstack([np.tile(-np.eye(20), (60, 1)), np.eye(1200)])
    limit = np.concatenate([np.ones(20), np.zeros(1200)])[None, :]
    plain = linprog(
        objective, A_ub=np.vstack([open_only, limit]), b_ub=[*np.zeros(1200), count],
        A_eq=one_each, b_eq=np.ones(60), bounds=(0, 1), integrality=[1] * 20 + [0] * 1200,
    )  # fmt: skip
    assert p_median(problem, Means(count)).objective == pytest.approx(plain.fun / weight.sum())


@settings(derandomize=True, max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_coverage_never_falls_with_more_sites_and_ends_at_the_fewest_that_cover(seed: int) -> None:
    problem = without_unreached(problem_of(seed), RADIUS)
    fewest = int(lscp(problem, radius_m=RADIUS).objective)
    shares = [mclp(problem, Means(k), radius_m=RADIUS).share for k in range(fewest + 1)]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert all(share < 1.0 for share in shares[:-1])


@settings(derandomize=True, max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000), factor=st.sampled_from([0.5, 3.0, 10.0, 1e6]))
def test_more_children_everywhere_change_no_site_and_no_share(seed: int, factor: float) -> None:
    problem = problem_of(seed, sites=12, homes=40)
    more = replace(problem, children=problem.children * factor)
    for ask in (
        lambda p: mclp(p, Means(3), radius_m=250),
        lambda p: p_median(p, Means(3)),
        lambda p: p_center(p, Means(3)),
        lambda p: kolm_pollak(p, Means(3)),
    ):
        one, other = ask(problem), ask(more)
        assert one.sites == other.sites
        assert one.share == pytest.approx(other.share, rel=1e-12)


def test_shares_are_of_children_not_of_points() -> None:
    problem = siting_problem(reach_from_table([[0.0], [900.0], [900.0]]), [98, 1, 1])
    assert mclp(problem, Means(1), radius_m=300).share == 0.98


def test_a_distance_equal_to_the_radius_is_within_it() -> None:
    problem = siting_problem(reach_from_table([[300.0], [300.001]]), [1, 1])
    assert mclp(problem, Means(1), radius_m=300).covered == 1


def test_of_equally_near_sites_the_first_serves() -> None:
    problem = siting_problem(reach_from_table([[5.0, 5.0]]), [1], existing=[0])
    assert p_median(problem, Means(1)).assigned["site"].tolist() == [0]


def test_pairs_and_table_are_the_same_reach() -> None:
    pairs = Pairs(np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([9.0, 3.0, 4.0]))
    ours = reach_from_pairs(pairs, sites=2, demands=2)
    table = reach_from_table(pd.DataFrame([[9.0, 3.0], [np.nan, 4.0]]))
    assert ours.site.tolist() == table.site.tolist() == [1, 0, 1]
    assert ours.demand.tolist() == table.demand.tolist() == [0, 0, 1]


def test_a_time_limit_leaves_an_honest_gap() -> None:
    problem = problem_of(1, sites=60, homes=400)
    answer = backup_cover(problem, radius_m=150, effort=Effort(time_limit_s=30, gap_share=0.5))
    exact = backup_cover(problem, radius_m=150)
    assert answer.objective <= exact.objective <= answer.bound * (1 + 1e-9)


TABLE = [[100.0, 900.0], [900.0, 100.0]]


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("SITES_NONE", {"table": np.zeros((2, 0))}),
        ("SITES_NONE", {"existing": [0, 1]}),
        ("SITES_NOBODY", {"children": [0, 0]}),
        ("SITES_UNREACHED", {"table": [[1.0, np.nan], [1.0, np.inf]]}),
        ("SITES_CAPACITY", {"capacity": [5, -1]}),
        ("SITES_CAPACITY", {"capacity": [5, None]}),
        ("SITES_COST", {"cost": [np.nan, 1]}),
        ("SITES_CHILDREN", {"children": [1, np.nan]}),
        ("SITES_CHILDREN", {"children": [1, -1]}),
        ("SITES_MISALIGNED", {"children": [1]}),
        ("SITES_EXISTING", {"existing": [7]}),
        ("SITES_DISTANCE", {"table": [[-1.0, 1.0], [1.0, 1.0]]}),
        ("SITES_TOO_MANY", {"means": Means(3)}),
        ("SITES_MEANS", {"means": Means()}),
        ("SITES_MEANS", {"means": Means(-1)}),
        ("SITES_COST_UNKNOWN", {"means": Means(budget=5)}),
        ("SITES_OUT_OF_REACH", {"table": [[1.0, 1.0], [np.inf, np.inf]]}),
        ("SITES_TOO_FEW", {"table": [[1.0, np.inf], [np.inf, 1.0]]}),
        ("SITES_TOO_FEW", {"means": Means(0)}),
        ("SITES_SHORT_PLACES", {"capacity": [3, 9]}),
        ("SITES_UNREACHED_M", {"unreached_m": 5.0}),
    ],
)
def test_bad_input_is_refused(code: str, options: dict[str, Any]) -> None:
    table, means = options.pop("table", TABLE), options.pop("means", Means(1))
    charge = options.pop("unreached_m", None)
    children = options.pop("children", [4, 6])
    with pytest.raises(InputRefused) as refusal:
        problem = siting_problem(reach_from_table(table), children, **options)
        p_median(problem, means, unreached_m=charge)
    assert [finding.code for finding in refusal.value.findings] == [code]
    assert "{" not in refusal.value.text("zh") + refusal.value.text("en")


def test_too_few_sites_say_how_many_are_needed() -> None:
    problem = siting_problem(reach_from_table(np.where(np.eye(3) > 0, 1.0, np.inf)), [1, 1, 1])
    with pytest.raises(InputRefused, match="at least 3 are needed"):
        p_center(problem, Means(2))


# The published instance: 205 census tracts and 16 stores of San Francisco, sample data of an
# installed spopt (`make bench` installs it); they are not part of this project.
_SPEC = importlib.util.find_spec("spopt")
_PARTS = [Path(place) for place in (_SPEC.submodule_search_locations or ())] if _SPEC else []
SPOPT = [
    *_PARTS,
    *(Path(__file__).parents[3] / ".venv-bench").glob("lib/python3*/site-packages/spopt"),
]


@pytest.mark.skipif(not SPOPT, reason="spopt's sample data are not installed")
def test_san_francisco_stores_equal_the_published_optima() -> None:
    folder = SPOPT[0] / "tests" / "test_locate" / "data"
    rows = pd.read_csv(
        next(folder.glob("SF_network_distance_*.csv")), dtype={"DestinationName": str}
    )
    tracts = pd.read_csv(
        next(folder.glob("SF_demand_205_centroid*.csv")), dtype={"NAME": str}
    ).set_index("NAME")["POP2000"]
    tracts.index = tracts.index.str.zfill(12)
    table = rows.pivot_table(values="distance", index="DestinationName", columns="name")
    table.index = table.index.str.zfill(12)
    problem = siting_problem(reach_from_table(table), tracts.reindex(table.index))
    assert lscp(problem, radius_m=5000).objective == 8
    assert mclp(problem, Means(4), radius_m=5000).objective == 875_247
    assert p_median(problem, Means(4)).objective == pytest.approx(2_982.127, abs=5e-4)
    assert p_center(problem, Means(4)).objective == pytest.approx(7_403.06, abs=5e-3)
