"""Sites with places, Pareto fronts, phases, regret and parcels: brute force and laws."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from scipy.optimize import linprog
from shapely.geometry import LineString, Point, box

from analyses.sites.candidates import parcel_checks, suitable
from analyses.sites.center import p_center
from analyses.sites.cover import backup_cover, lscp, mclp
from analyses.sites.equity import kolm_pollak
from analyses.sites.median import p_median
from analyses.sites.own_choice import regret
from analyses.sites.pareto import dominated, pareto_front
from analyses.sites.phases import Phase, phased
from analyses.sites.problem import Means, Problem, reach_from_table, siting_problem
from geo.bundled import load_toml
from geo.findings import InputRefused

SEEDS = range(8)
RADIUS = 450.0


def problem_of(seed: int, **options: Any) -> Problem:
    rng = np.random.default_rng(seed)
    here, there = rng.uniform(0, 1000, (10, 1, 2)), rng.uniform(0, 1000, (1, 5, 2))
    metres = np.rint(np.hypot(*np.moveaxis(here - there, 2, 0)))
    children = rng.integers(1, 9, 10)
    return siting_problem(reach_from_table(metres), children, unreached_sites=True, **options)


def with_places(seed: int, **options: Any) -> Problem:
    places = np.random.default_rng(seed + 77).integers(5, 30, 5)
    return problem_of(seed, capacity=places, **options)


def table_of(problem: Problem) -> np.ndarray:
    metres = np.full((problem.reach.demands, problem.reach.sites), np.inf)
    metres[problem.reach.demand, problem.reach.site] = problem.reach.distance_m
    return metres


def subsets(count: int) -> list[list[int]]:
    return [list(c) for k in range(count + 1) for c in itertools.combinations(range(5), k)]


def placed(problem: Problem, chosen: list[int], limit_m: float = np.inf) -> tuple[float, float]:
    """Return the most children that fit into the sites, and their least metres, by a plain LP."""
    row, column = np.nonzero(table_of(problem)[:, chosen] <= limit_m)
    if not len(row):
        return 0.0, 0.0
    sums = np.zeros((10 + len(chosen), len(row)))
    sums[row, np.arange(len(row))] = 1
    sums[10 + column, np.arange(len(row))] = 1
    most = np.concatenate([problem.children, np.asarray(problem.capacity)[chosen]])
    metres = table_of(problem)[:, chosen][row, column]
    full = -linprog(-np.ones(len(row)), A_ub=sums, b_ub=most).fun
    tied = linprog(metres, A_ub=sums, b_ub=most, A_eq=np.ones((1, len(row))), b_eq=[full])
    return full, float(tied.fun)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("count", [1, 3])
def test_most_children_with_places_equal_brute_force(seed: int, count: int) -> None:
    problem = with_places(seed)
    answer = mclp(problem, Means(count), radius_m=RADIUS)
    most = max(placed(problem, c, RADIUS)[0] for c in subsets(count))
    assert answer.objective == answer.covered == pytest.approx(most)
    assert answer.gap == 0
    children = answer.assigned["children"].to_numpy()
    assert np.array_equal(children, np.rint(children))
    used = answer.assigned[answer.assigned["site"] >= 0].groupby("site")["children"].sum()
    assert (used <= np.asarray(problem.capacity)[used.index]).all()
    by_home = answer.assigned.groupby("demand")["children"].sum()
    assert by_home.tolist() == problem.children.tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_fewest_nearest_and_shortest_with_places_equal_brute_force(seed: int) -> None:
    problem = with_places(seed)
    everybody = problem.children.sum()
    able = [c for c in subsets(5) if placed(problem, c)[0] >= everybody - 1e-6]
    if not able:
        with pytest.raises(InputRefused, match="SITES_SHORT_PLACES"):
            lscp(problem)
        return
    fewest = min(map(len, able))
    assert lscp(problem).objective == fewest
    fitting = [c for c in able if len(c) <= fewest]
    mean = min(placed(problem, c)[1] for c in fitting) / everybody
    assert p_median(problem, Means(fewest)).objective == pytest.approx(mean)
    radii = np.unique(table_of(problem))
    worst = next(
        r for r in radii if any(placed(problem, c, r)[0] >= everybody - 1e-6 for c in fitting)
    )
    assert p_center(problem, Means(fewest)).objective == worst
    if fewest > 1:
        with pytest.raises(InputRefused, match="SITES_SHORT_PLACES"):
            p_median(problem, Means(fewest - 1))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("existing", [(), (2,)])
def test_endless_places_are_as_good_as_none(seed: int, existing: tuple[int, ...]) -> None:
    plain = problem_of(seed, existing=existing)
    endless = replace(plain, capacity=np.full(5, np.inf))
    for ask in (
        lscp,
        lambda p: mclp(p, Means(2), radius_m=RADIUS),
        lambda p: p_median(p, Means(2)),
        lambda p: p_median(p, Means(1), radius_m=RADIUS, unreached_m=2000),
        lambda p: p_center(p, Means(2)),
        lambda p: kolm_pollak(p, Means(2)),
    ):
        assert ask(endless).objective == pytest.approx(ask(plain).objective)


def test_short_of_places_says_by_how_many() -> None:
    problem = siting_problem(reach_from_table([[1.0, 1.0]]), [10], capacity=[3, 4])
    with pytest.raises(InputRefused) as refusal:
        p_median(problem, Means(1))
    detail = refusal.value.findings[0].detail
    assert (detail["children"], detail["short"], detail["always"]) == (10, 6, 3)


def test_backup_cover_knows_no_places() -> None:
    with pytest.raises(InputRefused, match="SITES_NO_CAPACITY"):
        backup_cover(with_places(1))


@pytest.mark.parametrize("seed", range(4))
def test_no_choice_beats_a_row_of_the_front_and_the_ends_are_there(seed: int) -> None:
    problem = problem_of(seed, cost=[3, 1, 4, 2, 5])
    front = pareto_front(problem, [Means(k) for k in (1, 2, 3)], radius_m=300)
    assert not dominated(front).any()
    assert (front["gap"] == 0).all()
    best = mclp(problem, Means(3), radius_m=300).objective
    assert front["covered"].max() == best
    assert front["worst_m"].min() == p_center(problem, Means(3)).objective
    assert front["ede_m"].min() == pytest.approx(kolm_pollak(problem, Means(3)).objective)
    assert front["covered"].is_monotonic_decreasing


def test_the_front_says_that_somebody_has_no_site_in_reach() -> None:
    problem = siting_problem(reach_from_table([[100.0, np.inf], [np.inf, 100.0]]), [5, 3])
    front = pareto_front(problem, [Means(1)], radius_m=150, unreached_m=1000)
    assert front[["covered", "worst_m"]].to_numpy().tolist() == [[5.0, np.inf]]
    assert front["mean_m"].tolist() == [(5 * 100 + 3 * 1000) / 8]


@pytest.mark.parametrize("seed", SEEDS)
def test_phases_are_nested_and_equal_brute_force(seed: int) -> None:
    problem = problem_of(seed)
    metres = table_of(problem)
    plan = phased(
        problem, [Phase(2026, Means(1)), Phase(2028, Means(1)), Phase(2029, Means(1))], radius_m=300
    )

    def covered(chosen: tuple[int, ...]) -> float:
        near = (metres[:, list(chosen)] <= 300).any(axis=1)
        return float(problem.children[near].sum())

    best = max(
        2 * covered(order[:1]) + covered(order[:2]) + covered(order[:3])
        for order in itertools.permutations(range(5), 3)
    )
    assert (plan.objective, plan.gap) == (best, 0.0)
    sites = [set(answer.sites) for answer in plan.phases]
    assert sites[0] <= sites[1] <= sites[2]


def test_unspent_money_is_there_in_the_next_phase() -> None:
    problem = siting_problem(reach_from_table([[1.0], [2.0]]), [1, 1], cost=[5])
    plan = phased(problem, [Phase(2026, Means(budget=3)), Phase(2027, Means(budget=2))])
    assert [answer.new_sites for answer in plan.phases] == [(), (0,)]
    assert plan.steps.to_dict("records") == [{"year": 2027, "site": 0, "cost": 5, "children": 2}]


def test_phases_follow_the_children_of_their_year() -> None:
    problem = siting_problem(reach_from_table([[1.0, np.inf], [np.inf, 1.0]]), [1, 1])
    steps = [Phase(2026, Means(1)), Phase(2027, Means(1))]
    children = [[9, 0], [1, 9]]
    plan = phased(problem, steps, children=children)
    assert [answer.covered for answer in plan.phases] == [9, 9]
    with pytest.raises(InputRefused, match="SITES_PHASES"):
        phased(problem, steps[::-1])
    with pytest.raises(InputRefused, match="SITES_PHASES"):
        phased(problem, steps, children=[[1], [1]])


def test_regret_of_the_best_choice_is_nothing_and_of_another_what_it_gives_up() -> None:
    problem = siting_problem(reach_from_table([[100.0, 700.0], [700.0, 100.0]]), [30, 10])
    good = regret(problem, [0], radius_m=300).table.set_index("aim")
    assert good.loc["covered", ["share", "gives_up"]].tolist() == [1.0, 0.0]
    poor = regret(problem, [1], radius_m=300)
    row = poor.table.set_index("aim").loc["covered"]
    assert (row["own"], row["best"], row["gives_up"]) == (10, 30, 20)
    assert row["share"] == 10 / 30
    assert (row["best_sites"], poor.own.worst_m) == ((0,), 700.0)
    mean = poor.table.set_index("aim").loc["mean_m"]
    assert (mean["own"], mean["best"]) == ((30 * 700 + 10 * 100) / 40, (30 * 100 + 10 * 700) / 40)


def test_regret_for_the_same_money_and_of_a_row_that_is_no_candidate() -> None:
    problem = problem_of(2, cost=[5, 1, 1, 1, 1], existing=[3])
    table = regret(problem, [0], radius_m=300, same="cost").table.set_index("aim")
    best = mclp(problem, Means(budget=5), radius_m=300)
    assert table.loc["covered", "best"] == best.objective
    for wrong in ([3], [9]):
        with pytest.raises(InputRefused, match="SITES_CHOICE"):
            regret(problem, wrong, radius_m=300)


CRS = "EPSG:4548"


def layer(*shapes: Any, **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=CRS)


def test_parcels_keep_away_and_are_large_enough() -> None:
    parcels = layer(box(0, 0, 70, 50), box(0, 0, 60, 50), box(500, 0, 600, 100))
    hazards = {
        "fuel": layer(Point(650, 50)),  # 50 m from the third: far enough
        "power_line": layer(LineString([(550, -9), (550, 200)])),  # crosses the third
        "water": layer(),
    }
    checks = parcel_checks(parcels, "kindergarten", hazards=hazards)
    got = checks.set_index(["rule", "parcel"])["verdict"]
    assert got["area"].tolist() == ["pass", "fail", "pass"]  # 3500, 3000, 10000 m2
    assert got["fuel"].tolist() == ["pass"] * 3
    assert got["power_line"].tolist() == ["pass", "pass", "fail"]
    assert got["water"].tolist() == ["pass"] * 3
    assert got["main_road_frontage"].tolist() == ["unknown"] * 3
    assert suitable(checks, parcels=3).tolist() == [True, False, False]


def test_a_parcel_outside_the_study_area_fails() -> None:
    parcels = layer(Point(5, 5), Point(99, 99))
    checks = parcel_checks(parcels, "park", hazards={}, study_area=layer(box(0, 0, 10, 10)))
    assert suitable(checks, parcels=2).tolist() == [True, False]


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4547", None])
def test_parcels_and_hazards_must_share_a_metric_crs(crs: str | None) -> None:
    parcels = gpd.GeoDataFrame(geometry=[Point(5, 5)], crs=crs)
    with pytest.raises(InputRefused, match="SITES_CRS"):
        parcel_checks(parcels, "park", hazards={"fuel": layer(Point(0, 0))})


def test_every_norm_has_words_source_and_status() -> None:
    rules = load_toml("rules/siting.toml")
    for rule in [*rules["land"], *rules["exclusion"]]:
        assert {"zh", "en", "source", "verified", "status", "strength"} <= set(rule)
        assert rule["verified"] in ("text", "second_hand", "memory", "judgement")
