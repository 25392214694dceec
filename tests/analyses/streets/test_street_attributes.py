from __future__ import annotations

import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tagged_streets import attributes, layer, street, survey, tagged_streets
from worlds import CRS, grid_lines, place

from analyses.streets.attributes import roads_frame, street_attributes
from analyses.streets.classes import settlement_of_edges
from analyses.streets.readings import OBSERVED, SOURCES

NUMBERS = ("speed_kmh", "lanes", "width_m", "traffic_day", "sidewalk_width_m", "buffer_m")
ROW = [[(0, 0), (100, 0)], [(100, 0), (200, 0)], [(200, 0), (300, 0)]]
"""Three stretches of one road."""


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"maxspeed": "40"}, (40, 40, 40)),
        ({"maxspeed": "20 mph"}, (32.18688, 32.18688, 32.18688)),
        ({"maxspeed": "CN:urban"}, (50, 50, 50)),
        ({"source__maxspeed": "CN:urban"}, (50, 50, 50)),
        ({"source__maxspeed": "CN:rural"}, (70, 70, 70)),
        ({"zone__maxspeed": "CN:30"}, (30, 30, 30)),
        ({"maxspeed": "walk"}, (10, 10, 10)),
        ({"maxspeed__forward": "40", "maxspeed__backward": "60"}, (60, 60, 60)),
        ({"maxspeed": "40", "maxspeed__backward": "60"}, (60, 60, 60)),
        ({"maxspeed": "60", "maxspeed__conditional": "30 @ (Mo-Fr 07:00-08:30)"}, (60, 30, 60)),
        ({"maxspeed": "60", "maxspeed__conditional": "80 @ (22:00-06:00)"}, (60, 60, 80)),
    ],
)
def test_a_speed_limit_is_read(tags: dict[str, str], expected: tuple[float, ...]) -> None:
    found = street(highway="primary", **tags)
    assert found["speed_kmh_source"] == "tag"
    values = [found[c] for c in ("speed_kmh", "speed_kmh_low", "speed_kmh_high")]
    assert values == pytest.approx(expected)


@pytest.mark.parametrize("tag", ["maxspeed", "zone__maxspeed", "source__maxspeed"])
@pytest.mark.parametrize("value", ["school", "sign", "signals", "none", "30;50"])
def test_what_is_no_speed_leaves_the_class_default(tag: str, value: str) -> None:
    found = street(highway="secondary", **{tag: value})
    assert (found["speed_kmh"], found["speed_kmh_source"]) == (50, "default")


def test_a_limit_at_some_hours_alone_widens_the_default() -> None:
    found = street(highway="primary", maxspeed__conditional="30 @ (07:00-08:30)")
    assert (found["speed_kmh"], found["speed_kmh_low"], found["speed_kmh_high"]) == (60, 30, 70)
    assert found["speed_kmh_source"] == "default"


@pytest.mark.parametrize(
    ("tags", "lanes", "low"),
    [
        ({"lanes": "4"}, 4, 4),
        ({"lanes": "2;3"}, 3, 2),
        ({"lanes__forward": "2", "lanes__backward": "1"}, 3, 3),
        ({"oneway": "yes", "turn__lanes": "left|through|through;right"}, 3, 3),
        ({"turn__lanes__forward": "left|right", "turn__lanes__backward": "through"}, 3, 3),
    ],
)
def test_lanes_are_read(tags: dict[str, str], lanes: float, low: float) -> None:
    found = street(highway="primary", **tags)
    assert (found["lanes"], found["lanes_low"], found["lanes_source"]) == (lanes, low, "tag")


@pytest.mark.parametrize(
    ("tags", "lanes"),
    [
        ({"lanes__forward": "2"}, (6, 4, 8)),  # of one direction only: the class default
        ({"oneway": "yes"}, (3, 2, 4)),  # half of 6, of 4, of 8
        ({"oneway": "-1"}, (3, 2, 4)),
        ({"highway": "tertiary", "junction": "roundabout"}, (1, 1, 2)),
        ({"highway": "primary_link"}, (1, 1, 2)),
    ],
)
def test_the_lanes_of_a_class(tags: dict[str, str], lanes: tuple[float, ...]) -> None:
    found = street(**{"highway": "primary"} | tags)
    assert tuple(found[["lanes", "lanes_low", "lanes_high"]]) == lanes
    assert found["lanes_source"] == "default"


def test_a_width_that_nobody_measured_follows_from_the_lanes() -> None:
    found = street(highway="primary", lanes="4")
    assert tuple(found[["width_m", "width_m_low", "width_m_high"]]) == (14, 13, 15)
    assert found["width_m_source"] == "default"
    assert street(highway="primary", lanes="4", width="12.5")["width_m"] == 12.5


@pytest.mark.parametrize(
    ("tags", "left", "right"),
    [
        ({"sidewalk": "both"}, "yes", "yes"),
        ({"sidewalk": "left"}, "yes", "no"),
        ({"sidewalk": "right"}, "no", "yes"),
        ({"sidewalk": "none"}, "no", "no"),
        ({"sidewalk": "separate"}, "separate", "separate"),
        ({"sidewalk__both": "separate"}, "separate", "separate"),
        ({"sidewalk": "both", "sidewalk__left": "no"}, "no", "yes"),
        ({"sidewalk__left": "separate", "sidewalk__both": "yes"}, "separate", "yes"),
    ],
)
def test_sidewalks_are_read(tags: dict[str, str], left: str, right: str) -> None:
    found = street(highway="primary", **tags)
    assert (found["sidewalk_left"], found["sidewalk_right"]) == (left, right)
    assert found["sidewalk_left_source"] == found["sidewalk_right_source"] == "tag"


@pytest.mark.parametrize(
    ("highway", "settlement", "word", "source"),
    [
        ("primary", "urban", None, "unknown"),
        ("trunk", "rural", "no", "default"),
        ("trunk", "urban", None, "unknown"),
        ("trunk", "unknown", None, "unknown"),
        ("unclassified", "urban", "no", "default"),
        ("service", "urban", "shared", "default"),
        ("footway", "urban", "shared", "default"),
    ],
)
def test_sidewalks_assumed(highway: str, settlement: str, word: str | None, source: str) -> None:
    found = street(settlement, highway=highway)
    assert found["sidewalk_left"] is word or found["sidewalk_left"] == word
    assert found["sidewalk_left_source"] == source


@pytest.mark.parametrize(
    ("settlement", "speeds"),
    [("urban", (60, 50, 70)), ("rural", (70, 60, 80)), ("unknown", (60, 50, 80))],
)
def test_the_default_speed_depends_on_the_settlement(
    settlement: str, speeds: tuple[float, ...]
) -> None:
    found = street(settlement, highway="primary")
    assert tuple(found[["speed_kmh", "speed_kmh_low", "speed_kmh_high"]]) == speeds


def test_a_primary_road_beside_a_30_km_h_street_keeps_its_class_default() -> None:
    lines = [[(0, 0), (100, 0)], [(100, 0), (200, 0)], [(100, 0), (100, 80)]]
    tags = [
        {"highway": "primary", "name": "A"},
        {"highway": "residential", "name": "B", "maxspeed": "30"},
        {"highway": "residential", "name": "C", "maxspeed": "30"},
    ]
    assert attributes(lines, tags)["speed_kmh"].tolist() == [60, 30, 30]
    assert attributes(lines, tags)["speed_kmh_source"].tolist() == ["default", "tag", "tag"]


def test_what_is_known_of_a_road_goes_on_along_it_as_an_assumption() -> None:
    road = {"highway": "primary", "name": "A"}
    found = attributes(ROW, [road | {"maxspeed": "40", "lanes": "4"}, road, road])
    assert found["speed_kmh"].tolist() == [40, 40, 40]
    assert found["speed_kmh_source"].tolist() == ["tag", "continuity", "continuity"]
    assert found["speed_kmh_low"].tolist() == [40, 40, 40]
    assert found["speed_kmh_high"].tolist() == [40, 60, 60]  # the class default stays admissible
    assert found["lanes"].tolist() == [4, 4, 4]


@pytest.mark.parametrize(
    "other",
    [
        {"name": "B"},
        {"highway": "secondary"},
        {"oneway": "yes"},
        {"name": ""},
    ],
)
def test_another_name_class_or_carriageway_ends_a_road(other: dict[str, str]) -> None:
    road = {"highway": "primary", "name": "A"}
    tags = [road | {"maxspeed": "40"}, {k: v for k, v in (road | other).items() if v}]
    assert attributes(ROW[:2], tags)["speed_kmh_source"].tolist() == ["tag", "default"]


def test_between_two_known_stretches_the_nearer_counts_and_both_bound() -> None:
    lines = [[(100 * i, 0), (100 * i + 100, 0)] for i in range(4)]
    road = {"highway": "secondary", "name": "A"}
    found = attributes(lines, [road | {"maxspeed": "30"}, road, road, road | {"maxspeed": "60"}])
    assert found["speed_kmh"].tolist() == [30, 30, 60, 60]
    assert found["speed_kmh_low"].tolist() == [30, 30, 30, 60]
    assert found["speed_kmh_high"].tolist() == [30, 60, 60, 60]


def test_a_sidewalk_stays_on_its_side_where_a_stretch_is_drawn_the_other_way() -> None:
    lines = [[(0, 0), (100, 0)], [(200, 0), (100, 0)]]
    road = {"highway": "primary", "name": "A"}
    found = attributes(lines, [road | {"sidewalk": "left"}, road])
    assert found["sidewalk_left"].tolist() == ["yes", "no"]
    assert found["sidewalk_right"].tolist() == ["no", "yes"]
    assert found["sidewalk_left_source"].tolist() == ["tag", "continuity"]


@pytest.mark.parametrize(("away_m", "left"), [(24.9, "separate"), (25.1, None)])
def test_a_sidewalk_drawn_beside_a_road_is_its_sidewalk(away_m: float, left: str | None) -> None:
    lines = [[(0, 0), (100, 0)], [(0, away_m), (100, away_m)], [(0, 0), (0, away_m)]]
    walk = {"highway": "footway", "footway": "sidewalk"}
    found = attributes(lines, [{"highway": "primary"}, walk, walk]).iloc[0]
    assert found["sidewalk_left"] == left
    assert found["sidewalk_right"] is None
    assert found["sidewalk_left_source"] == ("tag" if left else "unknown")


def test_an_official_limit_beats_the_default_and_a_tag_the_official_one() -> None:
    lines = [[(0, 0), (100, 0)], [(0, 300), (100, 300)]]
    row = layer(shapely.Point(50, 5), shapely.Point(50, 305), speed_kmh=[30.0, 30.0])
    tags = [{"highway": "primary"}, {"highway": "primary", "maxspeed": "60"}]
    found = attributes([*lines, [(0, 0), (0, 300)]], [*tags, tags[0]], layers={"speed_limits": row})
    assert found["speed_kmh"].tolist()[:2] == [30, 60]
    assert found["speed_kmh_source"].tolist()[:2] == ["official", "tag"]
    assert found["speed_kmh_low"][1] == 30  # the two do not agree


@pytest.mark.parametrize(
    ("spot", "name", "source"),
    [
        ((50, 20), None, "official"),
        ((50, 20.1), None, "default"),
        ((50, 50), "A", "official"),
        ((50, 50.1), "A", "default"),
        ((50, 21), "B", "default"),
    ],
)
def test_a_count_belongs_to_the_street_near_it_or_of_its_name(
    spot: tuple[float, float], name: str | None, source: str
) -> None:
    counts = layer(shapely.Point(spot), vehicles_day=[np.nan], vehicles_hour=[700.0], name=[name])
    tags = [{"highway": "primary", "name": "A"}]
    found = attributes([[(0, 0), (100, 0)]], tags, layers={"traffic_counts": counts}).iloc[0]
    assert found["traffic_day_source"] == source
    assert found["traffic_day"] == (7000 if source == "official" else 15000)


@pytest.mark.parametrize(
    "shape",
    [
        shapely.LineString([(-10, 4), (110, 4)]),
        shapely.LineString([(0, 10), (60, 10)]),
        shapely.box(-10, -10, 110, 10),
    ],
)
def test_a_limit_drawn_as_line_or_area_lies_on_the_street_along_it(shape: object) -> None:
    limits = layer(shape, speed_kmh=[30.0])
    lines = [[(0, 0), (100, 0)], [(100, 0), (100, 80)]]
    tags = [{"highway": "primary"}, {"highway": "primary"}]
    found = attributes(lines, tags, layers={"speed_limits": limits})
    assert found["speed_kmh_source"].tolist() == ["official", "default"]


def test_a_survey_settles_what_tags_and_layers_say() -> None:
    asked = survey(
        ("w0:0-1", "speed_kmh", "40"),
        ("w0:0-1", "sidewalk", "有"),
        ("w0:0-1", "lit", "no"),
        ("w9:0-1", "lanes", "4"),
        ("w0:0-1", "width_m", "wide"),
    )
    limits = layer(shapely.Point(50, 5), speed_kmh=[30.0])
    tags = [{"highway": "primary", "maxspeed": "60", "lit": "yes", "sidewalk": "no"}]
    found = attributes(ROW[:1], tags, layers={"survey": asked, "speed_limits": limits}).iloc[0]
    assert tuple(found[["speed_kmh", "speed_kmh_low", "speed_kmh_high"]]) == (40, 40, 40)
    assert tuple(found[["sidewalk_left", "sidewalk_right", "lit"]]) == ("yes", "yes", "no")
    assert tuple(found[["speed_kmh_source", "lit_source"]]) == ("survey", "survey")
    assert tuple(found[["lanes_source", "width_m_source"]]) == ("default", "default")


def test_the_newest_survey_counts() -> None:
    rows = [("w0:0-1", "speed_kmh", "40"), ("w0:0-1", "speed_kmh", "50")]
    asked = survey(*rows, date=["2026年10月1日", "2026-3-1"])
    found = attributes(ROW[:1], [{"highway": "primary"}], layers={"survey": asked})
    assert found["speed_kmh"].tolist() == [40]


@pytest.mark.parametrize(("half_away_m", "word"), [(6.4, "rail"), (6.6, None)])
def test_rails_at_both_edges_of_the_carriageway_are_a_buffer(
    half_away_m: float, word: str | None
) -> None:
    rails = [shapely.LineString([(0, y), (100, y)]) for y in (half_away_m, -half_away_m)]
    own = layer(*rails, barrier=["guard_rail"] * 2, source="tag")
    tags = [{"highway": "primary", "width": "7"}]  # edge at 3.5 m, 3 m beyond it
    found = attributes(ROW[:1], tags, layers={"barriers": own}).iloc[0]
    assert found["buffer"] == word
    assert found["buffer_source"] == ("tag" if word else "unknown")


@pytest.mark.parametrize("barriers", [["guard_rail"], ["fence", "fence"], ["wall", "wall"]])
def test_one_rail_or_the_fence_of_a_ground_is_no_buffer(barriers: list[str]) -> None:
    lines = [shapely.LineString([(0, y), (100, y)]) for y in (4, -4)][: len(barriers)]
    own = layer(*lines, barrier=barriers)
    tags = [{"highway": "primary", "width": "7"}]
    found = attributes(ROW[:1], tags, layers={"barriers": own})
    assert found["buffer"].tolist() == [None]


@pytest.mark.parametrize(("lamps", "lit"), [(1, None), (2, "yes")])
def test_lamps_light_a_street_when_they_stand_close_enough(lamps: int, lit: str | None) -> None:
    row = layer(*[shapely.Point(50 * i, 6) for i in range(lamps)])
    found = attributes(ROW[:1], [{"highway": "primary"}], layers={"street_lights": row}).iloc[0]
    assert (found["lit"], found["lit_source"]) == (lit, "official" if lit else "unknown")


def test_a_hump_at_an_end_calms_a_street() -> None:
    network = tagged_streets(
        ROW[:2], [{"highway": "residential"}] * 2, nodes={(0, 0): {"traffic_calming": "hump"}}
    )
    found = street_attributes(network, settlement=np.full(2, "urban", object), layers={})
    assert found["calming"].tolist() == ["yes", None]
    assert found["calming_source"].tolist() == ["tag", "unknown"]


@pytest.mark.parametrize(
    ("tags", "quiet"),
    [
        ({"highway": "residential"}, True),
        ({"highway": "service"}, True),
        ({"highway": "residential", "maxspeed": "40"}, True),
        ({"highway": "residential", "maxspeed": "50"}, False),
        ({"highway": "residential", "lanes": "2"}, True),
        ({"highway": "residential", "lanes": "4"}, False),
        ({"highway": "unclassified"}, False),
        ({"highway": "footway"}, False),
    ],
)
def test_only_quiet_streets_may_be_crossed_anywhere(tags: dict[str, str], *, quiet: bool) -> None:
    assert street(**tags)["quiet"] == quiet


@pytest.mark.parametrize(
    ("tags", "road_class", "sided"),
    [
        ({"highway": "trunk_link"}, "trunk", True),
        ({"highway": "living_street"}, "quiet", True),
        ({"highway": "track"}, "quiet", True),
        ({"highway": "pedestrian"}, "path", False),
        ({"highway": "steps"}, "path", False),
        ({"highway": "somewhere"}, "path", False),
        ({"lit": "yes"}, "unclassified", True),
    ],
)
def test_every_street_has_a_class(tags: dict[str, str], road_class: str, *, sided: bool) -> None:
    found = street(**tags)
    assert (found["road_class"], found["sided"]) == (road_class, sided)


def test_a_line_of_unknown_class_has_wide_bounds() -> None:
    found = street(lit="yes")
    assert (found["speed_kmh_low"], found["speed_kmh_high"]) == (20, 70)


def test_nothing_drives_on_a_path() -> None:
    found = street(highway="footway", maxspeed="50", lanes="2", width="3")
    assert found[["speed_kmh", "lanes", "width_m", "traffic_day"]].isna().all()
    assert (found[[f"{name}_source" for name in NUMBERS]] == "unknown").all()


def test_ids_are_the_same_from_run_to_run_and_tell_doubles_apart() -> None:
    lines = [[(0, 0), (100, 0)], [(0, 0), (50, 9), (100, 0)]]
    found = attributes(lines, [{"highway": "primary"}] * 2)
    assert found["street_id"].tolist() == ["w0:0-1", "w1:0-1"]
    again = tagged_streets([lines[0], [(0, 0), (50, 9), (100, 0)]], [{"highway": "primary"}] * 2)
    again.edges["way_id"] = 7
    settlement = np.full(2, "urban", object)
    ids = street_attributes(again, settlement=settlement, layers={})["street_id"]
    assert ids.tolist() == ["w7:0-1", "w7:0-1#2"]


def test_the_roads_frame_tells_half_widths_and_directions() -> None:
    tags = [{"highway": "primary", "lanes": "4"}, {"highway": "footway"},
            {"highway": "motorway", "oneway": "-1", "foot": "yes"}]  # fmt: skip
    network = tagged_streets(ROW, tags)
    streets = street_attributes(network, settlement=np.full(3, "urban", object), layers={})
    roads = roads_frame(network, streets)
    assert roads["half_width_m"].tolist()[:2] == [7, 0]
    assert roads["sided"].tolist() == [True, False, True]
    assert roads["oneway"].tolist() == [0, 0, -1]
    assert roads["crossable"].tolist() == [True, True, False]


def test_a_street_lies_in_the_community_that_holds_its_middle() -> None:
    network = tagged_streets(ROW, [{"highway": "primary"}] * 3)
    boxes = [shapely.box(-10, -10, 120, 10), shapely.box(100, -10, 200, 10)]
    moved = [shapely.transform(box, place) for box in boxes]
    towns = gpd.GeoDataFrame({"settlement": ["urban", "rural"]}, geometry=moved, crs=CRS)
    assert settlement_of_edges(network, towns).tolist() == ["urban", "rural", "unknown"]


TAGS = st.fixed_dictionaries(
    {"highway": st.sampled_from(["trunk", "primary", "tertiary", "residential", "footway", "x"])},
    optional={
        "name": st.sampled_from(["A", "B"]),
        "maxspeed": st.sampled_from(["30", "60", "20 mph", "signals"]),
        "maxspeed:conditional": st.sampled_from(["20 @ (07:00-08:00)", "90 @ wet", "x @ y"]),
        "lanes": st.sampled_from(["1", "2;3", "6", "many"]),
        "width": st.sampled_from(["4", "12 m", "?"]),
        "oneway": st.sampled_from(["yes", "-1", "no"]),
        "sidewalk": st.sampled_from(["both", "left", "separate", "?"]),
    },
)


@settings(max_examples=40)
@given(st.lists(TAGS, min_size=3, max_size=3), st.sampled_from(["urban", "rural", "unknown"]))
def test_values_lie_within_their_bounds_and_name_their_source(
    tags: list[dict[str, str]], settlement: str
) -> None:
    found = attributes(ROW, tags, settlement=settlement)
    for name in NUMBERS:
        value, low, high, source = (found[name + end] for end in ("", "_low", "_high", "_source"))
        known = source != "unknown"
        assert ((low <= value) & (value <= high))[known].all()
        assert (value.isna() == ~known).all()
        assert source.isin(SOURCES).all()
    observed = found["lanes_source"].isin(OBSERVED)
    assert found["lanes"][observed].isin([1, 3, 6]).all()


def test_a_district_is_done_in_a_moment() -> None:
    lines = grid_lines(60, 60, 100.0)
    tags = [{"highway": "primary", "name": f"R{i % 97}", "maxspeed": "60" if i % 5 else "x"}
            for i in range(len(lines))]  # fmt: skip
    network = tagged_streets(lines, tags)
    settlement = np.full(len(lines), "urban", dtype=object)
    start = time.perf_counter()
    found = street_attributes(network, settlement=settlement, layers={})
    assert len(found) == 7080
    assert time.perf_counter() - start < 3.0


def test_the_callers_network_and_layers_stay_as_they_are() -> None:
    network = tagged_streets(ROW, [{"highway": "primary"}] * 3)
    limits = layer(shapely.Point(50, 5), speed_kmh=[30.0])
    edges, rows = network.edges.copy(), limits.copy()
    street_attributes(network, settlement=np.full(3, "u", object), layers={"speed_limits": limits})
    pd.testing.assert_frame_equal(network.edges, edges)
    pd.testing.assert_frame_equal(pd.DataFrame(limits), pd.DataFrame(rows))
