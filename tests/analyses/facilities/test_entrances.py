"""Squares of 100 m and streets whose meeting points are known by arithmetic."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from analyses.facilities.doors import entrances, gate_findings, mapped_entrances
from geo.findings import InputRefused

CRS = "EPSG:4548"
FAR = [LineString([(5000, 5000), (5100, 5000)])]
# A street along the south side, 10 m outside, that passes by and does not end near the square.
PASSING = [LineString([(-500, -10), (600, -10)])]


def places(
    *shapes: Point | Polygon | MultiPolygon, ids: list[str] | None = None
) -> gpd.GeoDataFrame:
    ids = ids or [f"F{n}" for n in range(len(shapes))]
    return gpd.GeoDataFrame({"facility_id": ids}, geometry=list(shapes), crs=CRS)


def points(*xy: tuple[float, float], **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=[Point(p) for p in xy], crs=CRS)


def found(frame: gpd.GeoDataFrame) -> list[tuple[str, str, float, float]]:
    places_ = zip(frame.geometry.x.round(6), frame.geometry.y.round(6), strict=True)
    columns = zip(frame["facility_id"], frame["rule"], strict=True)
    return [(*c, *p) for c, p in zip(columns, places_, strict=True)]


SQUARE = box(0, 0, 100, 100)


def test_facilities_without_an_id_are_refused_with_the_function_that_makes_it() -> None:
    with pytest.raises(InputRefused) as refused:
        entrances(gpd.GeoDataFrame(geometry=[Point(0, 0)], crs=CRS), [])
    assert refused.value.findings[0].code == "CITY_COLUMNS"
    assert refused.value.findings[0].detail["door"] == "yimi.facilities"


def test_a_street_through_the_square_gives_its_two_crossings() -> None:
    frame = entrances(places(SQUARE), [LineString([(-50, 40), (150, 40)])])
    assert found(frame) == [("F0", "boundary", 0, 40), ("F0", "boundary", 100, 40)]


def test_a_street_that_touches_counts() -> None:
    frame = entrances(places(SQUARE), [LineString([(50, -80), (50, 0)])])
    assert found(frame) == [("F0", "boundary", 50, 0)]


def test_a_street_along_the_boundary_gives_points_in_steps() -> None:
    # 100 m common stretch in steps of 20 m: 0, 20, ..., 100
    frame = entrances(places(SQUARE), [LineString([(-50, 0), (150, 0)])])
    assert [x for *_, x, _ in found(frame)] == [0, 20, 40, 60, 80, 100]
    assert set(frame["rule"]) == {"boundary"}


def test_a_dead_end_within_the_limit_meets_the_boundary() -> None:
    frame = entrances(places(SQUARE), [LineString([(50, -500), (50, -30.0)])])
    assert found(frame) == [("F0", "boundary", 50, 0)]


def test_a_dead_end_beyond_the_limit_does_not_meet_the_boundary() -> None:
    frame = entrances(places(SQUARE), [LineString([(50, -500), (50, -30.001)])])
    assert set(frame["rule"]) == {"virtual"}


def test_a_corner_of_two_streets_is_no_dead_end() -> None:
    bend = [LineString([(-500, -10), (50, -10)]), LineString([(50, -10), (600, -10)])]
    assert set(entrances(places(SQUARE), bend)["rule"]) == {"virtual"}


def test_an_end_on_the_middle_of_another_street_is_no_dead_end() -> None:
    joined = [*PASSING, LineString([(50, -500), (50, -10)])]
    assert set(entrances(places(SQUARE), joined)["rule"]) == {"virtual"}


def test_a_loop_has_no_dead_end() -> None:
    loop = [LineString([(50, -10), (80, -20), (20, -20), (50, -10)])]
    assert set(entrances(places(SQUARE), loop)["rule"]) == {"virtual"}


def test_virtual_points_stand_where_a_street_is_near() -> None:
    # 400 m of boundary in 20 steps; within 30 m of y = -10 are y = 0 and y = 20.
    frame = entrances(places(SQUARE), PASSING)
    assert set(frame["rule"]) == {"virtual"}
    assert sorted(set(frame.geometry.y.round(6))) == [0, 20]
    assert len(frame) == 6 + 2


def test_without_a_street_near_the_whole_boundary_has_points() -> None:
    frame = entrances(places(SQUARE), FAR)
    assert len(frame) == 400 / 20
    assert (frame.distance(SQUARE.exterior) < 1e-9).all()


def test_steps_are_even_and_never_longer_than_the_spacing() -> None:
    # 4 x 25 m = 100 m in 5 steps of 20 m; 4 x 26 m = 104 m in 6 steps of 17.33 m
    small, more = box(0, 0, 25, 25), box(1000, 0, 1026, 26)
    frame = entrances(places(small, more), FAR)
    assert frame["facility_id"].value_counts().to_dict() == {"F0": 5, "F1": 6}


def test_a_point_is_its_own_entrance() -> None:
    frame = entrances(places(Point(3, 4)), PASSING)
    assert found(frame) == [("F0", "point", 3, 4)]


def test_given_gates_come_first_and_by_id_even_for_points() -> None:
    gates = points((7, 7), (100, 50), facility_id=["P", "S"])
    through = [LineString([(-50, 40), (150, 40)])]
    frame = entrances(places(SQUARE, Point(0, 300), ids=["S", "P"]), through, gates=gates)
    assert found(frame) == [("S", "gate", 100, 50), ("P", "gate", 7, 7)]


@pytest.mark.parametrize(("y", "rule"), [(-30.0, "gate"), (-30.001, "virtual")])
def test_a_gate_without_id_belongs_to_the_boundary_near_it(y: float, rule: str) -> None:
    frame = entrances(places(SQUARE), FAR, gates=points((50, y)))
    assert set(frame["rule"]) == {rule}


def test_a_gate_without_id_goes_to_the_nearest_of_two() -> None:
    gate = points((110, 50))  # 10 m from the first, 5 m from the second
    frame = entrances(places(SQUARE, box(115, 0, 215, 100)), FAR, gates=gate)
    assert found(frame[frame["rule"] == "gate"]) == [("F1", "gate", 110, 50)]


def test_a_gate_in_a_common_fence_serves_both() -> None:
    frame = entrances(places(SQUARE, box(100, 0, 200, 100)), FAR, gates=points((100, 50)))
    assert found(frame) == [("F0", "gate", 100, 50), ("F1", "gate", 100, 50)]


def test_mapped_entrances_come_before_streets() -> None:
    through = [LineString([(-50, 40), (150, 40)])]
    frame = entrances(places(SQUARE), through, mapped=points((50, 105)))
    assert found(frame) == [("F0", "mapped", 50, 105)]


def test_holes_have_no_entrances_and_each_part_has() -> None:
    court = Polygon(SQUARE.exterior, [box(40, 40, 60, 60).exterior])
    two = MultiPolygon([court, box(200, 0, 220, 20)])
    frame = entrances(places(two), FAR)
    assert len(frame) == 400 / 20 + 80 / 20
    assert not frame.within(box(30, 30, 70, 70)).any()


def test_the_shape_stays_and_the_start_of_the_ring_does_not_matter() -> None:
    turned = Polygon([(100, 100), (0, 100), (0, 0), (100, 0)])
    one, two = (entrances(places(s), FAR) for s in (SQUARE, turned))
    assert found(one) == found(two)


def test_mapped_entrances_leave_out_private_and_emergency_ones() -> None:
    tags = [
        {"barrier": "gate"},
        {"entrance": "main"},
        {"barrier": "gate", "access": "private"},
        {"entrance": "emergency"},
        {"barrier": "lift_gate", "foot": "no"},
    ]
    features = points(*[(n, 0) for n in range(5)], tags=tags)
    assert list(mapped_entrances(features).index) == [0, 1]


def test_gates_that_belong_nowhere_are_named() -> None:
    gates = points((50, 0), (900, 900), (5, 5), facility_id=[None, None, "nobody"])
    (finding,) = gate_findings(places(SQUARE), gates)
    assert (finding.code, finding.detail["ids"]) == ("GATE_UNMATCHED", "1, 2")
    assert gate_findings(places(SQUARE), gates.iloc[:1]) == ()


def test_degrees_and_another_crs_are_refused() -> None:
    with pytest.raises(InputRefused):
        entrances(places(SQUARE).set_crs("EPSG:4326", allow_override=True), FAR)
    with pytest.raises(InputRefused):
        gates = points((50, 0)).set_crs("EPSG:4549", allow_override=True)
        entrances(places(SQUARE), FAR, gates=gates)


@pytest.mark.parametrize("frame", [places(), places(Point(0, 0)), places(SQUARE)])
def test_nothing_is_too_little(frame: gpd.GeoDataFrame) -> None:
    result = entrances(frame, np.empty(0, dtype=object), gates=points(), mapped=points())
    assert set(result["facility_id"]) == set(frame["facility_id"])
    assert list(result.columns) == ["facility_id", "rule", "geometry"]


@pytest.mark.parametrize(
    ("kind", "rules"), [("park", {"boundary", "virtual"}), ("school", {"boundary"})]
)
def test_one_more_path_takes_no_entrance_of_a_park_away(kind: str, rules: set[str]) -> None:
    ground = places(SQUARE).assign(kind=kind)
    before = entrances(ground, PASSING)
    after = entrances(ground, [*PASSING, LineString([(50, -10), (50, 50)])])
    assert set(after["rule"]) == rules
    kept = set(found(before)) <= set(found(after))
    assert kept == (kind == "park")
