"""Ways to school in small towns: lengths and risks by arithmetic, children conserved."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses.routes import search as route_search
from analyses.routes.analysis import Routes, safe_routes
from analyses.routes.coverage import safe_coverage
from analyses.routes.options import RouteOptions
from analyses.routes.words import explained
from geo.findings import InputRefused
from geo.sides.model import EdgeKind
from tests.school_worlds import (
    area,
    city_of,
    danger,
    forbidden_at,
    homes,
    ladder,
    profile,
    risk_of,
    scene_of,
    schools,
)

if TYPE_CHECKING:
    from analyses.streets.scene import Scene

POINTS = {"unmarked": 10.0, "signal": 0.5}
GRADES = (profile("grades_1_3"),)
HOME, SCHOOL = (-10, 90), (-10, -90)


def facility(x: float, _y: float) -> str:
    """Crossings in the east have signals, those in the west have nothing."""
    return "signal" if x > 100 else "unmarked"


def town(**options: Any) -> Scene:
    return scene_of(ladder(), facility=facility, **options)


def routes(
    scene: Scene,
    lived: list[tuple[float, float]],
    children: list[float] | None = None,
    *,
    at: list[tuple[float, float]] | None = None,
    **options: Any,
) -> Routes:
    found = schools(*(at or [SCHOOL]), capacity=options.pop("capacity", None))
    ages = options.pop("profiles", GRADES)
    shut = options.pop("forbidden", forbidden_at(scene, "unmarked"))
    bounds = options.pop("bounds", ())
    demand = homes(lived, children or [1.0] * len(lived))
    made = city_of(scene.network, found, demand, scene=scene)
    known = [danger(p, risk_of(scene, crossing=POINTS), shut, *bounds) for p in ages]
    return safe_routes(made, known, RouteOptions(**options))


def one(found: Routes) -> dict[str, Any]:
    assert len(found.pupils) == 1
    return found.pupils.iloc[0].to_dict()


def test_the_shortest_way_crosses_the_arterial_once() -> None:
    pupil = one(routes(town(), [HOME]))
    # 90 + 90 m along the west side of the street; the home and the gate are 5 m from it
    assert pupil["shortest_m"] == pytest.approx(180 + 2 * 5, abs=12)
    assert pupil["crossings"] == 1
    assert pupil["shortest_risk"] == pytest.approx(10 + 1.8, abs=0.2)
    assert (pupil["gate"], pupil["reason"], pupil["detour"]) == (0, None, 1.0)


def test_a_longer_cap_leads_to_the_signal_and_lowers_the_risk() -> None:
    pupil = one(routes(town(), [HOME], detour_cap=6.0))
    assert pupil["shortest_m"] < 300
    assert pupil["safest_m"] > 800
    assert (pupil["crossings"], pupil["avoided_count"]) == (1, 1)
    # 5 m from each door to the street and 10 m over the road; 1 point per 100 m of the rest
    assert pupil["safest_risk"] == (pupil["safest_m"] - 5 - 5 - 10) / 100 + 0.5
    assert pupil["safest_risk"] < pupil["shortest_risk"]
    assert pupil["detour"] == pytest.approx(pupil["safest_m"] / pupil["shortest_m"])
    assert pupil["safest_low"] * 2 == pytest.approx(pupil["safest_risk"], abs=0.02)
    assert pupil["safest_high"] == pytest.approx(pupil["safest_low"] * 4)
    assert 0.9 < pupil["known_share"] < 1  # all but the crossings


@pytest.mark.parametrize(("cap", "alone"), [(1.3, False), (6.0, True)])
def test_alone_means_a_way_within_the_cap_without_a_forbidden_edge(
    cap: float, *, alone: bool
) -> None:
    assert one(routes(town(), [HOME], detour_cap=cap))["alone"] is alone


@pytest.mark.parametrize(
    ("value", "sure", "possible", "alone"),
    [
        (("unmarked",), (), ("unmarked",), (False, False, True)),
        ((), (), ("unmarked",), (True, False, True)),
        ((), (), (), (True, True, True)),
        (("unmarked",), ("unmarked",), ("unmarked", "signal"), (False, False, False)),
    ],
)
def test_walking_alone_has_bounds_around_what_is_assumed(
    value: tuple[str, ...],
    sure: tuple[str, ...],
    possible: tuple[str, ...],
    alone: tuple[bool, bool, bool],
) -> None:
    scene = town()
    shut = [forbidden_at(scene, *names) for names in (value, sure, possible)]
    row = one(routes(scene, [HOME], forbidden=shut[0], bounds=shut[1:]))
    assert (row["alone"], row["alone_sure"], row["alone_possible"]) == alone


def test_the_cap_is_met_when_it_is_reached() -> None:
    far = one(routes(town(), [HOME], detour_cap=9.0))
    ratio = far["safest_m"] / far["shortest_m"]
    least = np.ceil(ratio * 1000) / 1000  # caps count in thousandths
    assert one(routes(town(), [HOME], detour_cap=least))["safest_m"] == far["safest_m"]
    assert one(routes(town(), [HOME], detour_cap=least - 0.001))["safest_m"] < far["safest_m"]


def test_the_front_lies_between_the_shortest_and_the_safest_way() -> None:
    found = routes(town(), [HOME], detour_cap=9.0)
    front, pupil = found.front, one(found)
    assert front["length_m"].iloc[[0, -1]].tolist() == [pupil["shortest_m"], pupil["safest_m"]]
    assert front["risk"].iloc[[0, -1]].tolist() == [pupil["shortest_risk"], pupil["safest_risk"]]
    assert (np.diff(front["length_m"]) > 0).all()
    assert (np.diff(front["risk"]) < 0).all()


def test_children_are_counted_on_the_edges_that_they_use() -> None:
    scene = town()
    found = routes(scene, [HOME, (-10, 50)], [3.0, 4.0])
    over = (scene.sides.kind == EdgeKind.CROSSING) & (found.edge_children["grades_1_3"] > 0)
    assert found.edge_children["grades_1_3"][over].tolist() == [3 + 4]
    np.testing.assert_array_equal(
        *found.edge_children_shortest.values(), found.edge_children["grades_1_3"]
    )
    assert set(found.use["choice"]) == {"shortest", "safest"}
    assert found.use["children"].max() == 3 + 4


def test_a_difference_is_told_in_words() -> None:
    scene = town()
    near, far = (
        explained(scene, routes(scene, [HOME], detour_cap=c), rows=[0]) for c in (1.3, 6.0)
    )
    assert near["zh"][0] == (
        "最短路线就是推荐路线。限额内没有适合该年龄独自走的路线。"
        "限额内的每条路线都要横穿没有合适过街设施的干道。"
    )
    pupil = one(routes(scene, [HOME], detour_cap=6.0))
    metres = f"{pupil['safest_m'] - pupil['shortest_m']:.0f}"
    assert far["zh"][0].startswith(f"多走 {metres} m，避开大路的4 车道无标线的过街")
    assert far["en"][0].startswith(f"{metres} m longer, avoids")
    assert "unmarked crossing of 大路 (4 lanes)" in far["en"][0]


def test_who_has_no_way_is_told_why() -> None:
    found = routes(town(), [HOME, (-200, 90), (900, 90)])
    assert found.pupils["reason"].tolist() == [None, "not_snapped", "not_snapped"]
    assert found.pupils["shortest_m"].iloc[1:].tolist() == [np.inf, np.inf]
    assert explained(town(), found, rows=[1])["en"].tolist() == ["home too far from every street"]
    codes = {f.code: f.detail for f in found.findings}
    assert codes["ROUTES_NOT_SNAPPED"] == {"homes": 2, "children": 2, "gates": 0, "max_m": "50"}
    assert set(codes) == {"ROUTES_NOT_SNAPPED", "SEVERANCE_UNKNOWN"}


def test_official_catchments_decide() -> None:
    both = [SCHOOL, (-10, 80)]
    assert routes(town(), [HOME], at=both).pupils["school_id"].tolist() == ["S1"]
    official = area("学校S0", (-20, 80), (0, 100))
    assert routes(town(), [HOME], at=both, catchments=official).pupils["school_id"].tolist() == [
        "S0"
    ]


def test_a_cap_below_1_is_refused() -> None:
    with pytest.raises(InputRefused, match="detour_cap"):
        routes(town(), [HOME], detour_cap=0.999)


def test_no_children_at_all() -> None:
    found = routes(town(), [HOME], [0.0])
    assert (len(found.pupils), len(found.front), len(found.use)) == (0, 0, 0)
    assert found.edge_children["grades_1_3"].sum() == 0


def test_a_search_cut_short_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    real = route_search.fronts
    monkeypatch.setattr(route_search, "fronts", lambda *a, **o: real(*a, **{**o, "labels_max": 3}))
    found = routes(town(), [HOME], detour_cap=6.0)
    assert "ROUTES_TRUNCATED" in {f.code for f in found.findings}
    assert one(found)["shortest_m"] == one(routes(town(), [HOME]))["shortest_m"]


def test_coverage_by_ways_for_children() -> None:
    scene, found = town(), schools(SCHOOL)
    demand = homes([HOME, (-10, -50), (390, 90)], [3, 4, 5])
    made = city_of(scene.network, found, demand, scene=scene)
    risk, shut = risk_of(scene, crossing=POINTS), forbidden_at(scene, "unmarked")
    known = [danger(age, risk, shut) for age in GRADES]
    table = safe_coverage(made, np.array([0]), known, radius_m=300.0)
    assert table["covered"].tolist() == [True, True, False]
    assert table["covered_safely"].tolist() == [False, True, False]
    assert table["children_lost"].tolist() == [3, 0, 0]
    wide = safe_coverage(made, np.array([0]), known, radius_m=2000.0)
    assert wide["children_lost"].sum() == 0
    assert wide["walk_m"][0] < 300
    assert wide["safe_walk_m"][0] > 800


# Laws

LIVED = st.lists(
    st.tuples(
        st.sampled_from([-10.0, 10.0, 200.0, 390.0, 410.0]), st.integers(-110, 110).map(float)
    ),
    min_size=1,
    max_size=8,
    unique=True,
)


@settings(derandomize=True, deadline=None, max_examples=25)
@given(LIVED, st.sampled_from([1.0, 1.3, 3.0]), st.sampled_from([None, [5, 7]]))
def test_children_are_conserved_from_homes_to_gates(
    lived: list[tuple[float, float]], cap: float, capacity: list[float] | None
) -> None:
    scene = town()
    children = [1.0 + i for i in range(len(lived))]
    two = [SCHOOL, (410, 90)]
    found = routes(scene, lived, children, at=two, detour_cap=cap, capacity=capacity)
    pupils = found.pupils
    assert pupils["children"].sum() == pytest.approx(sum(children))
    walking = pupils[pupils["reason"].isna()]
    assert (walking["safest_m"] <= cap * walking["shortest_m"] + 0.001).all()
    assert (walking["safest_risk"] <= walking["shortest_risk"]).all()
    assert walking["gate"].map({0: "S0", 1: "S1"}).tolist() == walking["school_id"].tolist()
    # where children go in or out of a node, as many go out or in: but at homes and gates
    walk, used = scene.sides.walk, found.use[found.use["choice"] == "safest"]
    assert used["children"].max() <= walking["children"].sum() + 1e-9
    metres = (found.edge_children["grades_1_3"] * walk.edge_length_mm).sum() / 1000
    assert metres + 1e-6 >= (walking["children"] * (walking["safest_m"] - 2 * 60)).sum()


def test_results_do_not_depend_on_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    lived = [(x, y) for x in (-10.0, 410.0) for y in (-90.0, -40.0, 40.0, 90.0)]
    at = [SCHOOL, (410, 90), (200, -90)]
    many = routes(town(), lived, at=at)
    monkeypatch.setattr(route_search.os, "cpu_count", lambda: 1)
    few = routes(town(), lived, at=at)
    for field in ("pupils", "front", "use"):
        assert getattr(many, field).equals(getattr(few, field))
    assert dataclasses.replace(few).detour_cap == 1.3
