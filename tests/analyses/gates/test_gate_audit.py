from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scenes import scene
from shapely import LineString, Point, Polygon
from worlds import CRS, ORIGIN

from analyses.gates.audit import COLUMNS, audit_summary, gate_audit, zones
from analyses.gates.checks import TESTS
from analyses.gates.checks.ground import gate_ids
from analyses.gates.rules import audit_rules, gate_rules
from analyses.schema import spread
from analyses.streets.scene import Scene
from geo.bundled import load_toml
from geo.findings import InputRefused
from geo.words import sections

LONG = {"length_m": 1000.0}
UNKNOWN = dict.fromkeys(
    ("speed_kmh", "lanes", "width_m", "traffic_day", "sidewalk_width_m", "buffer_m",
     "sidewalk_left", "sidewalk_right", "buffer", "lit", "parking", "calming")
)  # fmt: skip


def at(shape: Any) -> Any:
    return shapely.transform(shape, lambda xy: xy + ORIGIN)


def layer(*shapes: Any, **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=[at(s) for s in shapes], crs=CRS)


def school(shape: Any = None, *, kind: str = "primary_school") -> gpd.GeoDataFrame:
    return layer(shape or Point(0, 50), facility_id=["s"], kind=[kind])


def gate(*points: tuple[float, float], rule: str = "gate") -> gpd.GeoDataFrame:
    shapes = [Point(p) for p in points]
    return layer(*shapes, facility_id=["s"] * len(points), rule=[rule] * len(points))


def survey(**values: str) -> gpd.GeoDataFrame:
    rows = [{"object_id": "s#1", "attribute": k, "value": v} for k, v in values.items()]
    return layer(*[None] * len(rows), **{k: [r[k] for r in rows] for k in rows[0]})


def asked(made: Scene, check: str, *, place: Any = (0.0, 10.0), **options: Any) -> pd.Series:
    layers = options.pop("layers", {})
    schools = options.pop("schools", school())
    gates = gate(place, rule=options.pop("rule", "gate"))
    audit = gate_audit(replace(made, layers=layers), schools, gates, **options)
    return audit[audit["check"] == check].iloc[0]


def said(*args: Any, **options: Any) -> str:
    return str(asked(*args, **options)["verdict"])


def unknown_scene(**more: Any) -> Scene:
    return scene([UNKNOWN | LONG | more, UNKNOWN | LONG | more])


# ------------------------------------------------------------------------------------ the rules


def test_there_are_32_checks_with_words_for_every_test():
    rules = gate_rules()
    assert list(rules) == [f"G{n:02d}" for n in range(1, 33)]
    assert {rule.test for rule in rules.values()} == set(TESTS) == set(sections("audit/test"))
    assert audit_rules()["verified_zh"].str.contains("待核|判断").all()


def test_treatments_are_known():
    known = {row["id"] for row in load_toml("rules/treatments.toml")["treatment"]}
    assert {rule.treatment for rule in gate_rules().values()} <= known


def test_every_check_has_a_row_for_its_gate_or_its_school():
    audit = gate_audit(scene([LONG]), school(), gate((0, 10), (500, 10)))
    assert tuple(audit.columns) == spread(COLUMNS)
    whole = [r.id for r in gate_rules().values() if r.scope == "school"]
    assert audit.loc[audit["gate_id"].isna(), "check"].tolist() == whole
    assert audit["gate_id"].value_counts().to_dict() == dict.fromkeys(
        ("s#1", "s#2"), 32 - len(whole)
    )
    assert audit[["evidence_zh", "evidence_en"]].map(len).gt(5).all().all()
    assert not audit["evidence_en"].str.contains("{", regex=False).any()


def test_a_school_without_a_gate_has_every_check_and_no_pass():
    audit = gate_audit(scene([LONG]), school(), gate((0, 10)).iloc[:0])
    assert len(audit) == 32
    assert set(audit["verdict"]) <= {"unknown", "n.a."}


@pytest.mark.parametrize("rule", ["boundary", "virtual", "point"])
def test_an_all_unknown_district_has_no_pass(rule):
    audit = gate_audit(unknown_scene(), school(), gate((0, 10), (900, 10), rule=rule))
    assert not audit["verdict"].isin(["pass"]).any()


def test_with_known_gates_an_unknown_district_passes_only_what_the_map_itself_shows():
    audit = gate_audit(unknown_scene(), school(), gate((500, 10), (900, 10)))
    assert set(audit.loc[audit["verdict"] == "pass", "check"]) <= {"G01", "G09", "G10", "G12"}


def test_an_assumed_attribute_decides_nothing():
    made = scene([LONG | {"speed_kmh": (60, 50, 70)}])
    row = asked(made, "G02")
    assert row["verdict"] == "unknown"
    assert "60" in row["evidence_zh"]
    assert "60" in row["evidence_en"]


def test_an_assumed_gate_is_said_and_does_not_pass():
    row = asked(scene([LONG]), "G02", rule="boundary")
    assert row["verdict"] == "unknown"
    assert "推定" in row["evidence_zh"]
    assert "assumed gate" in row["evidence_en"]
    assert said(scene([LONG]), "G01", rule="boundary") == "unknown"
    assert said(scene([LONG | {"speed_kmh": 50}]), "G02", rule="boundary") == "fail"


def test_the_summary_counts_every_row():
    audit = gate_audit(scene([LONG]), school(), gate((0, 10)))
    counts = audit_summary(audit).iloc[0]
    assert counts["school_id"] == "s"
    assert counts[["passed", "failed", "unknown", "not_applicable"]].sum() == len(audit) == 32


def test_the_callers_frames_stay_as_they_are():
    schools, gates = school(), gate((0, 10))
    before = schools.copy(), gates.copy()
    gate_audit(scene([LONG]), schools, gates)
    assert schools.equals(before[0])
    assert gates.equals(before[1])


def test_frames_in_another_crs_are_refused():
    with pytest.raises(InputRefused):
        gate_audit(scene([LONG]), school().to_crs(4326), gate((0, 10)))


def test_only_the_districts_own_limits_may_be_set():
    with pytest.raises(InputRefused):
        gate_audit(scene([LONG]), school(), gate((0, 10)), values={"G05": 60})


def test_gates_are_numbered_within_their_school():
    assert gate_ids(pd.DataFrame({"facility_id": ["b", "a", "b"]})) == ["b#1", "a#1", "b#2"]


# -------------------------------------------------------------------------------- zone and survey


@pytest.mark.parametrize(("gap", "verdict"), [(149, "fail"), (150, "pass"), (151, "pass")])
def test_the_zone_ends_at_150_m(gap, verdict):
    fast = {"speed_kmh": 50, "length_m": 500.0}
    made = scene([{"length_m": float(gap)}, fast])
    assert said(made, "G02", place=(0.0, 10.0)) == verdict


@pytest.mark.parametrize(("gap", "verdict"), [(149, "pass"), (150, "pass"), (151, "n.a.")])
def test_a_thing_at_150_m_is_in_the_zone(gap, verdict):
    made = scene([{"length_m": float(gap)}, LONG], [{"facility": "signal", "width_m": 7.0,
                 "green_s": 30.0, "lanes": 4.0}])  # fmt: skip
    found = said(made, "G07")
    assert found == ("unknown" if verdict == "n.a." else verdict)


def test_zones_are_as_long_as_the_streets_reached():
    made = scene([LONG])
    zone = zones(made, gate((500, 10), rule="virtual"), school()).iloc[0]
    assert (zone["school_id"], zone["gate_id"], zone["assumed"]) == ("s", "s#1", True)
    west, _, east, _ = zone.geometry.bounds
    assert east - west == pytest.approx(300 + 2 * 12)


def test_a_survey_overrides_and_a_number_meets_the_limit():
    made = scene([LONG])
    layers = {"survey": survey(G13="合格", G06="6", G11="12", G02="fail", G04="?")}
    found = {c: said(made, c, layers=layers) for c in ("G13", "G06", "G11", "G02", "G04")}
    assert found == {"G13": "pass", "G06": "pass", "G11": "fail", "G02": "fail", "G04": "unknown"}


def test_only_a_survey_sees_markings():
    assert said(scene([LONG]), "G13") == "unknown"


def test_points_along_a_boundary_stand_for_one_gate():
    points = [(0, 40), (100, 10), (200, 40)]
    audit = gate_audit(scene([LONG]), school(), gate(*points, rule="virtual"))
    assert audit["gate_id"].dropna().unique().tolist() == ["s#2"]
    assert len(zones(scene([LONG]), gate(*points, rule="virtual"), school())) == 1


# ------------------------------------------------------------------------------------- crossings


@pytest.mark.parametrize(
    ("metres", "verdict"), [(30, "pass"), (50, "pass"), (51, "fail"), (81, "fail")]
)
def test_a_crossing_within_50_m(metres, verdict):
    made = scene([{"length_m": float(metres)}, LONG], [{"facility": "marked"}])
    row = asked(made, "G05")
    assert row["verdict"] == verdict
    assert row["value"] == pytest.approx(metres)


@pytest.mark.parametrize(
    ("metres", "words"),
    [
        (30, "宜不大于 30 m，达到"),
        (31, "未达到宜条款"),
        (80, "应条款（80 m）达到"),
        (81, "应不大于 80 m，未达到"),
    ],
)
def test_a_crossing_is_held_against_the_urban_standard_too(metres, words):
    made = scene([{"length_m": float(metres)}, LONG], [{"facility": "marked"}])
    assert words in asked(made, "G05")["evidence_zh"]


def test_no_crossing_mapped_and_crossing_assumed_are_unknown():
    assert said(scene([LONG]), "G05") == "unknown"
    assumed = [{"facility": ("unmarked", "marked", "unmarked"), "mapped": False}]
    assert said(scene([{"length_m": 40.0}, LONG], assumed), "G05") == "unknown"


def test_a_crossing_that_may_be_too_far_away_is_not_denied():
    maybe = {"facility": ("unmarked", "marked", "unmarked"), "mapped": True}
    row = asked(scene([{"length_m": 120.0}, LONG], [maybe]), "G05")
    assert (row["verdict"], row["value"]) == ("fail", pytest.approx(120.0))
    assert "120 m 处可能有" in row["evidence_zh"]


def test_evidence_names_classes_and_assumed_gates_in_words():
    street = LONG | {"highway": "residential", "road_class": "residential"}
    audit = gate_audit(scene([street]), school(), gate((0, 10), rule="point"))
    said_zh = "".join(audit["evidence_zh"])
    assert "居住区道路" in said_zh
    assert "学校点位本身" in said_zh
    assert "residential" not in said_zh


def test_a_junction_seen_without_marking_is_no_crossing():
    made = scene([{"length_m": 40.0}, LONG], [{"facility": "unmarked"}])
    assert said(made, "G05") == "fail"


@pytest.mark.parametrize(
    ("lanes", "verdict"), [(2.0, "n.a."), (3.0, "n.a."), (4.0, "fail"), (None, "unknown")]
)
def test_signals_by_lanes_per_direction(lanes, verdict):
    made = scene([{"length_m": 40.0}, LONG], [{"facility": "marked", "lanes": lanes}])
    assert said(made, "G07") == verdict


def test_one_lane_without_a_signal_is_advice_and_no_violation():
    made = scene([{"length_m": 40.0}, LONG], [{"facility": "marked", "lanes": 2.0}])
    assert "不是违反" in asked(made, "G07")["evidence_zh"]


def test_on_a_highway_two_lanes_in_all_ask_for_a_signal():
    rural = {"settlement": "rural"}
    made = scene([{"length_m": 40.0} | rural, LONG | rural], [{"facility": "marked", "lanes": 2.0}])
    assert said(made, "G07") == "fail"


@pytest.mark.parametrize(("kind", "green", "verdict"), [
    ("primary_school", 10.0, "pass"), ("primary_school", 9.9, "fail"),
    ("kindergarten", 10.0, "fail"), ("kindergarten", 10.96, "pass"),
    ("junior_school", 9.0, "pass"), ("primary_school", np.nan, "unknown"),
])  # fmt: skip
def test_green_lasts_width_by_speed_and_three_seconds(kind, green, verdict):
    # 7 / 1.0 + 3 = 10 s; 7 / 0.88 + 3 = 10.955 s; 7 / 1.2 + 3 = 8.83 s
    made = scene([{"length_m": 40.0}, LONG], [{"facility": "signal", "green_s": green}])
    assert said(made, "G31", schools=school(kind=kind)) == verdict


def test_kerb_parking_in_the_sight_triangle():
    # 30 km/h: (8.33 x 1.5 + 8.33^2 / 9) x 2.5 / 4.25 = 11.9 m
    made = scene([{"length_m": 40.0}, LONG], [{"facility": "marked", "parked": None}])
    assert said(made, "G20") == "unknown"
    for gap, verdict in ((11.8, "fail"), (12.0, "pass")):
        kerb = layer(LineString([(40 + gap, 0), (100, 0)]), kind=["kerb"])
        assert said(made, "G20", layers={"parking": kerb}) == verdict


# ------------------------------------------------------------------------------------- the gate


@pytest.mark.parametrize(("metres", "verdict"), [(15.5, "fail"), (15.6, "pass")])
def test_set_back_is_more_than_12_m_from_the_carriageway(metres, verdict):
    # 7 m wide: 15.5 - 3.5 = 12.0 fails, 15.6 - 3.5 = 12.1 passes
    row = asked(scene([LONG]), "G11", place=(500.0, metres))
    assert row["verdict"] == verdict
    assert row["value"] == pytest.approx(metres - 3.5)
    assert ("未达到宜条款" in row["evidence_zh"]) == (verdict == "fail")
    assert "违反" not in row["evidence_zh"].replace("不是违反", "")


def test_set_back_from_an_assumed_width_is_unknown():
    assert said(scene([LONG | {"width_m": (7, 5, 9)}]), "G11") == "unknown"


@pytest.mark.parametrize(
    ("road", "verdict"), [("primary", "fail"), ("trunk", "fail"), ("secondary", "pass")]
)
def test_no_gate_on_an_arterial(road, verdict):
    assert said(scene([LONG | {"highway": road, "road_class": road}]), "G10") == verdict


@pytest.mark.parametrize(("points", "rule", "verdict"), [
    ([(0, 10), (500, 10)], "gate", "pass"), ([(0, 10)], "gate", "fail"),
    ([(0, 10)], "mapped", "unknown"), ([(0, 10), (500, 10)], "virtual", "unknown"),
])  # fmt: skip
def test_two_gates_given_or_mapped(points, rule, verdict):
    audit = gate_audit(scene([LONG]), school(), gate(*points, rule=rule))
    assert audit.loc[audit["check"] == "G12", "verdict"].tolist() == [verdict]


def test_bollards_show_or_are_unknown():
    near, far = (layer(Point(0, y), barrier=["bollard"]) for y in (25, 90))
    assert said(scene([LONG]), "G14", layers={"barriers": near}) == "pass"
    assert said(scene([LONG]), "G14", layers={"barriers": far}) == "unknown"


# ----------------------------------------------------------------------------------- the streets


@pytest.mark.parametrize(
    ("cell", "verdict"),
    [("yes", "pass"), ("no", "fail"), (("yes", "default"), "unknown"), (None, "unknown")],
)
@pytest.mark.parametrize(
    ("column", "check"), [("lit", "G18"), ("sidewalk_left", "G15"), ("calming", "G17")]
)
def test_words_of_the_streets(column, check, cell, verdict):
    assert said(scene([LONG | {column: cell}]), check) == verdict


@pytest.mark.parametrize(("width", "sidewalk", "verdict"), [
    (3.9, "no", "fail"), (4.0, "no", "pass"), (3.9, "yes", "pass"), (3.9, None, "unknown"),
    ((3, 3, 5), "no", "unknown"),
])  # fmt: skip
def test_narrow_roads_without_a_sidewalk(width, sidewalk, verdict):
    made = scene([LONG | {"width_m": width, "sidewalk_left": sidewalk, "sidewalk_right": sidewalk}])
    assert said(made, "G30") == verdict


def test_cameras_and_signs_from_a_list_or_from_the_map():
    made = scene([LONG])
    both = layer(Point(100, 0), Point(120, 0), purpose=["video", "speed"])
    assert said(made, "G19", layers={"cameras": both}) == "pass"
    far = layer(Point(100, 0), Point(900, 0), purpose=["video", "speed"])
    assert said(made, "G19", layers={"cameras": far}) == "fail"
    assert said(made, "G19", layers={"cameras": far.assign(source="tag")}) == "unknown"
    assert said(made, "G19") == "unknown"
    signs = layer(Point(150, 3), Point(100, 3), sign=["zone_30", "children"])
    assert said(made, "G03", layers={"signs": signs}) == "pass"
    assert said(made, "G04", layers={"signs": signs}) == "pass"
    assert said(made, "G03", place=(500, 10), layers={"signs": signs}) == "fail"


def test_fences_on_both_sides_of_the_gate():
    made = scene([LONG])
    fence = layer(LineString([(460, 5), (540, 5)]), barrier=["fence"])
    half = layer(LineString([(460, 5), (500, 5)]), barrier=["fence"])
    assert said(made, "G16", place=(500, 10), layers={"barriers": fence}) == "pass"
    assert said(made, "G16", place=(500, 10), layers={"barriers": half}) == "unknown"


def test_lorries_and_building_sites():
    made = scene([LONG])
    site = layer(Polygon([(50, 5), (60, 5), (60, 20), (50, 20)]))
    assert said(made, "G29", layers={"construction": site}) == "fail"
    made.network.edges["hgv"] = "no"
    assert said(made, "G29", layers={"construction": site.iloc[:0]}) == "pass"
    made.network.edges["hgv"] = "designated"
    assert said(made, "G29") == "fail"


# -------------------------------------------------------------------------------- ways and water


@pytest.mark.parametrize(("metres", "verdict"), [(20, "fail"), (21, "pass")])
def test_open_water_within_20_m_of_the_way(metres, verdict):
    pond = layer(Polygon([(50, metres), (60, metres), (60, 400), (50, 400)]))
    row = asked(scene([LONG]), "G25", layers={"water": pond})
    assert row["verdict"] == verdict
    assert "路线未知" in row["evidence_zh"]


def test_a_fence_guards_the_water_and_no_layer_is_unknown():
    pond = layer(Polygon([(50, 10), (60, 10), (60, 40), (50, 40)]))
    fence = layer(LineString([(0, 8), (200, 8)]), barrier=["fence"])
    assert said(scene([LONG]), "G25", layers={"water": pond, "barriers": fence}) == "pass"
    assert said(scene([LONG]), "G25") == "unknown"


def test_routes_say_where_water_and_arterials_matter():
    main = {"road_class": "primary", "highway": "primary", "length_m": 300.0}
    made = scene([{"length_m": 300.0}, main], [{"street": 1, "facility": "marked"}])
    walk = made.sides
    pond = {"water": layer(Polygon([(400, 10), (500, 10), (500, 40), (400, 40)]))}
    near = {"s": np.flatnonzero((walk.street == 0) & (walk.crossing < 0))}
    far = {"s": np.flatnonzero(walk.street == 1)}
    found = [said(made, c, routes=r, layers=pond) for c in ("G25", "G24") for r in (near, far)]
    assert found == ["pass", "fail", "pass", "fail"]


def test_rails_across_the_way():
    rail = layer(LineString([(100, -50), (100, 50)]), railway=["rail"])
    assert said(scene([LONG]), "G23", layers={"railway": rail}) == "fail"
    assert (
        said(scene([LONG]), "G23", layers={"railway": rail.translate(500).to_frame("geometry")})
        == "pass"
    )
    assert said(scene([LONG]), "G23") == "unknown"


# ------------------------------------------------------------------------- the two geometries


def test_an_l_shaped_campus_tells_straight_from_on_foot():
    # The L's arm ends 150 m south of the shop; from the gate at the west end it is 600 m on foot.
    campus = Polygon([(0, 10), (600, 10), (600, 60), (100, 60), (100, 200), (0, 200)])
    shop = layer(Point(600, -150), Point(600, -150), subject=["internet_cafe", "tobacco"])
    lottery = layer(Point(5000, 0), subject=["lottery"])
    pois = {"pois": pd.concat([shop, lottery], ignore_index=True)}
    made = scene([LONG])
    cafe = asked(made, "G26", schools=school(campus), layers=pois)
    assert (cafe["verdict"], cafe["value"]) == ("fail", pytest.approx(160.0))
    assert said(made, "G28", schools=school(campus), layers=pois) != "fail"
    near = {"pois": layer(Point(190, 0), Point(900, 0), subject=["tobacco", "lottery"])}
    row = asked(made, "G28", schools=school(campus), layers=near)
    assert (row["verdict"], row["value"]) == ("fail", pytest.approx(200.0))  # 10 + 190 + 0


@pytest.mark.parametrize(("x", "verdict"), [(299.9, "fail"), (300, "fail"), (300.1, "pass")])
def test_200_m_from_the_boundary(x, verdict):
    campus = Polygon([(0, 10), (100, 10), (100, 60), (0, 60)])
    pois = {"pois": layer(Point(x, 30), subject=["internet_cafe"])}
    assert said(scene([LONG]), "G26", schools=school(campus), layers=pois) == verdict


def test_a_list_of_other_things_and_a_campus_without_outline_pass_nothing():
    campus = Polygon([(0, 10), (100, 10), (100, 60), (0, 60)])
    other = {"pois": layer(Point(900, 0), subject=["tobacco"])}
    assert said(scene([LONG]), "G26", schools=school(campus), layers=other) == "unknown"
    far = {"pois": layer(Point(900, 0), subject=["internet_cafe"])}
    assert said(scene([LONG]), "G26", layers=far) == "unknown"
    assert said(scene([LONG]), "G26", schools=school(kind="kindergarten"), layers=far) == "n.a."


def test_the_district_sets_the_distance_of_tobacco():
    pois = {"pois": layer(Point(90, 0), Point(900, 0), subject=["tobacco", "lottery"])}
    assert said(scene([LONG]), "G28", layers=pois, values={"G28": 50}) == "pass"
    assert said(scene([LONG]), "G28", layers=pois, values={"G28": 100}) == "fail"


# --------------------------------------------------------------------------------- stops


def test_stops_and_drop_off():
    made = scene([LONG | {"road_class": "tertiary"}])
    same, across = (layer(Point(100, y), kind=["public"]) for y in (4, -4))
    assert said(made, "G22", layers={"bus_stops": same}) == "pass"
    assert said(made, "G22", layers={"bus_stops": across}) == "fail"
    assert said(made, "G22") == "unknown"
    park = layer(Point(150, 4), kind=["drop_off"])
    assert said(made, "G21", layers={"parking": park}) == "pass"
    assert said(made, "G21", place=(600, 10), layers={"parking": park}) == "fail"
