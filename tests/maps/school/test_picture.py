"""The picture shows what lies there, at its place, to scale, and escapes what it is given."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import geopandas as gpd
import numpy as np
import pytest
import safe_sample as sample
import shapely

from analyses.result import Shown
from geo.words import texts_in
from maps.school import svg
from maps.school.picture import legend, zone_svg
from maps.school.surroundings import ASPECT, Place, places
from maps.style import class_of

X, Y = 500_000.0, 4_300_000.0


def frame(shapes: list[object], **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4548")


def world(**roles: gpd.GeoDataFrame) -> dict[str, Place]:
    school = frame([shapely.Point(X, Y)], school_id=["s"])
    shown = [Shown("school", school), *(Shown(r, f) for r, f in roles.items())]  # type: ignore[arg-type]
    return places(shown)


def drawn(place: Place, *numbers: str) -> str:
    return zone_svg(
        place, numbers=numbers, words=texts_in("school_page/legend", "zh"), lang="zh", alt="图"
    )


def test_the_box_holds_the_zone_and_keeps_its_shape() -> None:
    zone = frame([shapely.Point(X + 60, Y).buffer(150)], school_id=["s"])
    box = world(zone=zone)["s"].box
    bounds = zone.total_bounds
    assert box[0] <= bounds[0]
    assert box[2] >= bounds[2]
    assert (box[2] - box[0]) / (box[3] - box[1]) == pytest.approx(ASPECT, rel=1e-3)


def test_a_school_without_anything_gets_150_m_each_way() -> None:
    west, south, east, north = world()["s"].box
    assert (north - south, east - west) == pytest.approx((300, 300 * ASPECT), abs=0.2)
    assert (west + east) / 2 == pytest.approx(X, abs=0.1)


def test_a_line_is_cut_at_the_box_and_drawn_in_decimetres() -> None:
    street = frame([shapely.LineString([(X - 9000, Y), (X + 9000, Y)])], highway=["primary"])
    place = world(street=street)["s"]
    assert place.layers["street"]["geometry"][0].length == pytest.approx(300 * ASPECT, abs=0.2)
    assert "M0 1500 3720 1500" in drawn(place)


def test_what_lies_elsewhere_is_left_out() -> None:
    far = frame([shapely.Point(X + 5000, Y)], risk=[3.0])
    assert world(crossing=far)["s"].layers == {}


def test_the_scale_bar_is_fifty_metres_of_five_hundred_units() -> None:
    assert re.search(r"M\d+ \d+h500v", drawn(world()["s"]))


def test_ways_of_all_ages_on_one_line_are_drawn_once_with_the_width_of_their_sum() -> None:
    line = shapely.LineString([(X - 50, Y), (X + 50, Y)])
    route = frame([line, line], school_id="s", choice="safest", children=[60.0, 60.0])
    picture = drawn(world(route=route)["s"])
    assert picture.count("M1360 1500 2360 1500") == 1
    assert f'stroke-width="{round(1.5 * 3720 / 118)}"' in picture


def test_hazards_of_the_list_carry_numbers_that_do_not_cover_each_other() -> None:
    at = [shapely.Point(X, Y), shapely.Point(X + 1, Y), shapely.Point(X, Y + 1)]
    hazard = frame(at, school_id="s", id=["a", "b", "c"], grade=["A", "B", None])
    picture = drawn(world(hazard=hazard)["s"], "b", "a", "c")
    texts = {t.text: (float(t.get("x", 0)), float(t.get("y", 0)))
             for t in ET.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")}  # fmt: skip
    spots = np.array([texts[n] for n in ("1", "2", "3")])
    apart = np.linalg.norm(spots[:, None] - spots, axis=2)[np.triu_indices(3, 1)]
    assert apart.min() >= 2 * 2.1 * 3720 / 118


def test_an_assumed_gate_is_hollow_and_the_legend_says_so() -> None:
    gates = frame([shapely.Point(X, Y), shapely.Point(X + 30, Y)], facility_id="s",
                  rule=["gate", "virtual"])  # fmt: skip
    place = world(entrance=gates)["s"]
    assert [text for _, text in legend(place, texts_in("school_page/legend", "zh"), "zh")] == [
        "校门",
        "校门（推定）",
    ]
    assert ">门2<" in drawn(place)


@pytest.mark.parametrize(
    ("risk", "of", "place"),
    [(0.0, "crossing", 0), (4.99, "crossing", 0), (5.0, "crossing", 1), (20.0, "crossing", 2),
     (80.0, "crossing", 3), (0.5, "street", 1), (7.99, "street", 2), (8.0, "street", 3),
     (None, "crossing", -1), (float("nan"), "street", -1)],
)  # fmt: skip
def test_a_bound_belongs_to_the_class_above_it_and_unknown_to_none(
    risk: float | None, of: str, place: int
) -> None:
    assert class_of(risk, of) == place


def test_a_crossing_without_a_number_is_never_drawn_as_low() -> None:
    crossing = frame([shapely.Point(X, Y)], risk=[float("nan")], known_share=[1.0])
    place = world(crossing=crossing)["s"]
    assert [t for _, t in legend(place, texts_in("school_page/legend", "en"), "en")] == [
        "Hollow: mostly assumed, to be checked"
    ]


@pytest.mark.parametrize("name", sample.HOSTILE)
def test_hostile_names_stay_text(name: str) -> None:
    street = frame([shapely.LineString([(X - 90, Y), (X + 90, Y)])], highway="primary", name=[name])
    root = ET.fromstring(drawn(world(street=street)["s"]))
    shown = "".join(t.text or "" for t in root.iter("{http://www.w3.org/2000/svg}text"))
    assert name[:20] in shown
    assert {e.tag.split("}")[1] for e in root.iter()} == {"svg", "rect", "path", "text"}


def test_rings_are_closed_and_holes_stay_open() -> None:
    ring = shapely.box(0, 0, 9, 9) - shapely.box(3, 3, 6, 6)
    data = svg.shape_data(np.array([ring]), west=0.0, north=9.0, closed=True)
    assert data.count("M") == data.count("Z") == 2


def test_same_input_same_picture() -> None:
    place = places(sample.safe())["primary_school-3"]
    assert drawn(place) == drawn(places(sample.safe())["primary_school-3"])
