from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from tagged_streets import layer, survey, tagged_streets

from analyses.streets.readings import SOURCES
from analyses.streets.scene import coverage_of_attributes, street_scene

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from analyses.streets.scene import Scene

    Tags = Mapping[str, str]

CENTRE = (0.0, 0.0)
MIDDLE = (100.0, 0.0)
PRIMARY = {"highway": "primary", "name": "A", "lanes": "4", "maxspeed": "60"}
SIDE = {"highway": "secondary", "name": "B"}


def town(
    nodes: Mapping[tuple[float, float], Tags] | None = None,
    layers: Mapping[str, gpd.GeoDataFrame] | None = None,
    *,
    main: Tags = PRIMARY,
) -> Scene:
    """A primary road to the east and a secondary one to the north; a node at (100, 0)."""
    lines = [
        [(-200, 0), CENTRE], [CENTRE, MIDDLE], [MIDDLE, (300, 0)], [(0, -200), CENTRE],
        [CENTRE, (0, 200)],
    ]  # fmt: skip
    network = tagged_streets(lines, [main, main, main, SIDE, SIDE], nodes=nodes)
    settlement = np.full(len(lines), "urban", dtype=object)
    return street_scene(network, settlement=settlement, layers=layers or {})


def midblock(tags: Tags, layers: Mapping[str, gpd.GeoDataFrame] | None = None) -> Any:
    """Return the crossing drawn at (100, 0), 100 m from the junction."""
    crossings = town({MIDDLE: {"highway": "crossing"} | tags}, layers).crossings
    (row,) = crossings[crossings["where"] == "midblock"].itertuples()
    return row


def facility(row: Any) -> tuple[str, str, str, str]:
    return row.facility, row.facility_low, row.facility_high, row.facility_source


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"crossing": "traffic_signals"}, "signal"),
        ({"crossing": "marked", "crossing:signals": "yes"}, "signal"),
        ({"crossing": "marked", "button_operated": "yes"}, "signal"),
        ({"crossing": "marked"}, "marked"),
        ({"crossing": "zebra"}, "marked"),
        ({"crossing": "uncontrolled"}, "marked"),
        ({"crossing": "zebra;uncontrolled"}, "marked"),
        ({"crossing:markings": "zebra"}, "marked"),
        ({"crossing": "unmarked"}, "unmarked"),
        ({"crossing:markings": "no"}, "unmarked"),
    ],
)
def test_a_crossing_is_what_its_tags_say(tags: dict[str, str], expected: str) -> None:
    assert facility(midblock(tags)) == (expected, expected, expected, "tag")


def test_a_crossing_drawn_without_more_is_assumed() -> None:
    assert facility(midblock({})) == ("marked", "signal", "unmarked", "default")


def test_crossing_no_is_a_prohibition_and_no_crossing() -> None:
    found = town({MIDDLE: {"highway": "crossing", "crossing": "no"}}).crossings
    barred = found[found["forbidden"]]
    assert (barred["facility"] == "forbidden").all()
    assert (barred["facility_source"] == "tag").all()
    assert not (found["facility"] == "marked").any()


def test_an_arm_without_anything_drawn_may_be_marked_or_signalled() -> None:
    found = town().crossings
    assert (found["where"] == "junction").sum() == 4
    arm = next(found[found["where"] == "junction"].itertuples())
    assert facility(arm) == ("unmarked", "signal", "unmarked", "default")


def test_the_arms_of_a_junction_with_signals_have_one() -> None:
    found = town({CENTRE: {"highway": "traffic_signals"}}).crossings
    assert set(found["facility"]) == {"signal"}
    assert set(found["facility_high"]) == {"unmarked"}
    assert set(found["facility_source"]) == {"continuity"}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"crossing": "marked"}, ("signal", "signal", "marked", "continuity")),
        ({"crossing": "marked", "crossing:signals": "no"}, ("marked", "marked", "marked", "tag")),
        ({"crossing": "uncontrolled"}, ("marked", "marked", "marked", "tag")),
        ({"crossing": "unmarked"}, ("unmarked", "unmarked", "unmarked", "tag")),
    ],
)
def test_a_signal_within_25_m_along_the_road_is_the_crossings(
    tags: dict[str, str], expected: tuple[str, ...]
) -> None:
    assert facility(crossing_with_signal(tags, away_m=25.0)) == expected
    assert crossing_with_signal(tags, away_m=26.0).facility_source == "tag"


def crossing_with_signal(tags: dict[str, str], *, away_m: float) -> Any:
    """Return the mapped crossing of a road that has a signal so far along it."""
    lines = [[(-200, 0), CENTRE], [CENTRE, (away_m, 0)], [(away_m, 0), (300, 0)]]
    nodes = {CENTRE: {"highway": "crossing"} | tags, (away_m, 0.0): {"highway": "traffic_signals"}}
    network = tagged_streets(lines, [PRIMARY] * 3, nodes=nodes)
    scene = street_scene(network, settlement=np.full(3, "urban", object), layers={})
    (row,) = scene.crossings[scene.crossings["mapped"]].itertuples()
    return row


def test_an_all_way_stop_slows_every_arm() -> None:
    found = town({CENTRE: {"highway": "stop", "stop": "all"}}).crossings
    assert set(found["facility"]) == {"slow_junction"}
    assert set(found["facility_source"]) == {"tag"}


@pytest.mark.parametrize(
    ("tags", "name", "word"),
    [
        ({"crossing:island": "yes"}, "refuge", "yes"),
        ({"crossing:island": "no"}, "refuge", "no"),
        ({"traffic_calming": "island"}, "refuge", "yes"),
        ({"traffic_calming": "table"}, "raised", "yes"),
        ({"traffic_calming": "hump"}, "raised", None),
        ({"supervised": "yes"}, "guard", "yes"),
        ({"crossing:kerb_extension": "both"}, "daylight", "yes"),
        ({"flashing_lights": "button"}, "flashing", "yes"),
        ({"lit": "no"}, "lit", "no"),
        ({}, "refuge", None),
    ],
)
def test_words_of_a_crossing(tags: dict[str, str], name: str, word: str | None) -> None:
    row = midblock(tags)
    assert getattr(row, name) == word
    assert getattr(row, f"{name}_source") == ("tag" if word else "unknown")


def test_a_crossing_has_speed_and_lanes_of_the_street_it_crosses() -> None:
    found = town().crossings
    over_main = found[found["road_class"] == "primary"]
    assert over_main["lanes"].tolist() == [4, 4]
    assert over_main["speed_kmh"].tolist() == [60, 60]
    assert over_main["width_m"].tolist() == [14, 14]
    assert set(over_main["street_name"]) == {"A"}
    assert set(found[found["road_class"] == "secondary"]["speed_kmh"]) == {50}


@pytest.mark.parametrize(("away_m", "green_s"), [(25.0, 22.0), (25.5, np.nan)])
def test_an_official_timing_within_25_m_is_a_signal(away_m: float, green_s: float) -> None:
    timing = layer(shapely.Point(MIDDLE[0], away_m), green_s=[22.0])
    row = midblock({"crossing": "marked"}, {"signal_timings": timing})
    assert row.green_s == pytest.approx(green_s, nan_ok=True)
    assert facility(row)[3] == ("official" if away_m <= 25 else "tag")
    assert row.facility == ("signal" if away_m <= 25 else "marked")


def test_a_survey_settles_a_crossing() -> None:
    rows = survey(
        ("n4", "facility", "过街天桥"), ("n4", "guard", "有"), ("n4", "green_s", "30 秒"),
        ("n4", "lanes", "6"), ("n4", "sight_met", "no"),
    )  # fmt: skip
    row = midblock({"crossing": "marked"}, {"survey": rows})
    assert row.crossing_id == "n4"
    assert facility(row) == ("grade_separated", "grade_separated", "grade_separated", "survey")
    assert (row.guard, row.guard_source, row.green_s) == ("yes", "survey", 30)
    assert (row.lanes, row.lanes_low, row.lanes_source) == (6, 6, "survey")
    assert (row.sight_met, row.sight_met_source) == ("no", "survey")


# At 60 km/h 33 m along the street must be clear, and 12 m beside the drawn line.
@pytest.mark.parametrize(("along_m", "parked"), [(33.0, "yes"), (34.0, None)])
def test_cars_parked_within_the_clear_length_hide_a_child(
    along_m: float, parked: str | None
) -> None:
    kerb = shapely.LineString([(100 + along_m, 12.0), (250, 12.0)])
    row = midblock({}, {"parking": layer(kerb, kind=["kerb"])})
    assert row.parked == parked
    lot = midblock({}, {"parking": layer(kerb, kind=["lot"])})
    assert lot.parked is None


def test_a_street_of_parked_cars_has_them_at_its_crossings() -> None:
    found = town(main=PRIMARY | {"parking:both": "lane"}).crossings
    over_main = found[found["road_class"] == "primary"]
    assert set(over_main["parked"]) == {"yes"}


def test_ids_are_unique_and_the_same_from_run_to_run() -> None:
    nodes = {MIDDLE: {"highway": "crossing", "crossing": "zebra"}}
    once, again = town(nodes).crossings, town(nodes).crossings
    assert once["crossing_id"].is_unique
    assert once["crossing_id"].tolist() == again["crossing_id"].tolist()
    assert "n4" in set(once["crossing_id"])


def test_a_lamp_beside_a_crossing_lights_it() -> None:
    lamps = layer(shapely.Point(100, 15), source="tag")
    row = midblock({}, {"street_lights": lamps})
    assert (row.lit, row.lit_source) == ("yes", "tag")


def test_where_nothing_is_known_nothing_counts_as_observed() -> None:
    bare = {"highway": "primary"}
    scene = town(main=bare)
    assert not scene.crossings["facility_source"].isin(["tag", "official", "survey"]).any()
    table = coverage_of_attributes(scene)
    assert (table["observed"] == 0).all()
    np.testing.assert_allclose(table[list(SOURCES)].sum(axis=1), 1.0)


def test_coverage_is_measured_in_metres_of_roads_and_in_crossings() -> None:
    table = coverage_of_attributes(town()).set_index(["of", "attribute"])
    row = table.loc["street", "speed_kmh"]
    assert (row["tag"], row["default"]) == (500 / 900, 400 / 900)  # 500 m of 900 m are tagged
    assert row["total"] == 900
    assert table.loc[("crossing", "speed_kmh"), "total"] == 4
    assert table.loc[("crossing", "speed_kmh"), "tag"] == 0.5
