"""Lines of a road layer become streets that meet where people can walk from one to the other."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
import shapely.ops
import worlds
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.osm import streets_from_frame
from geo.walk import Joined, build_network, join_lines, nearest
from geo.walk.gaps import own_tolerance_m

if TYPE_CHECKING:
    from worlds import Line

EAST = [(-200, 0), (200, 0)]
NORTH = [(0, -200), (0, 200)]
WEST_HOME, NORTH_DOOR = (-100, 0), (0, 150)


def joined(*lines: object, decimals: int | None = None, **columns: list[object]) -> Joined:
    """Draw lines (metres of the world) as a layer in EPSG:4326 and join them."""
    shapes = [
        line if isinstance(line, shapely.Geometry) else shapely.LineString(line) for line in lines
    ]
    placed = shapely.transform(np.array(shapes, dtype=object), lambda xy: xy + worlds.ORIGIN)
    frame = gpd.GeoDataFrame(columns, geometry=placed, crs=worlds.CRS).to_crs(4326)
    if decimals is not None:
        rounded = shapely.transform(frame.geometry.to_numpy(), lambda xy: np.round(xy, decimals))
        frame = frame.set_geometry(rounded)
    return join_lines(streets_from_frame(frame, name="roads"), crs=worlds.CRS, name="roads")


def metres(made: Joined, start: Line = (WEST_HOME,), stop: Line = (NORTH_DOOR,)) -> float:
    network = build_network(made.streets, crs=worlds.CRS, island_max_length_m=0)
    a, b = (worlds.put(network, list(place), max_m=1.0) for place in (start, stop))
    return round(float(nearest(network, a, b).distance_m[0]), 1)  # places are noted to a centimetre


def kinds(made: Joined) -> dict[str, int]:
    return dict(sorted(made.joints["joint"].value_counts().items()))


def test_lines_that_cross_meet() -> None:
    made = joined(EAST, NORTH, bridge=["no", "no"])
    assert metres(made) == 100 + 150
    assert kinds(made) == {"crossing": 1}
    assert made.apart is None


def test_without_a_word_of_bridges_both_readings_are_given() -> None:
    made = joined(EAST, NORTH)
    assert metres(made) == 100 + 150
    assert kinds(made) == {"unsure": 1}
    assert [f.code for f in made.streets.findings] == ["ROADS_JOINED", "ROADS_LEVELS"]
    other = Joined(made.apart, None, made.joints, made.tolerance_m)
    assert metres(other) == np.inf


@pytest.mark.parametrize("yes", ["yes", "T", "1", 1, 1.0, True, "是", "Y", "viaduct"])
def test_a_bridge_passes_over(yes: object) -> None:
    made = joined(EAST, NORTH, bridge=[yes, None])
    assert metres(made) == np.inf
    assert kinds(made) == {"over": 1}


@pytest.mark.parametrize("no", ["no", "F", "0", 0, 0.0, False, "否", "N"])
def test_what_is_no_bridge_meets(no: object) -> None:
    made = joined(EAST, NORTH, bridge=[no, no], tunnel=[no, no])
    assert metres(made) == 100 + 150
    assert made.apart is None


@pytest.mark.parametrize(
    "columns",
    [
        {"tunnel": ["yes", None]},
        {"layer": [0, 1]},
        {"LAYER": ["0", "-1"]},
        {"桥梁": ["是", "否"]},
        {"name": ["East Flyover", "North Road"]},
        {"name": ["环城高架", None]},
        {"other_tags": ['"bridge"=>"yes","layer"=>"1"', None]},
        {"fclass": ["residential", "primary"], "bridge": ["F", "T"], "layer": [0, 0]},
    ],
)
def test_levels_are_told_in_many_ways(columns: dict[str, list[object]]) -> None:
    assert metres(joined(EAST, NORTH, **columns)) == np.inf


def test_a_passage_through_a_building_is_on_the_ground() -> None:
    assert metres(joined(EAST, NORTH, tunnel=["building_passage", "no"])) == 100 + 150


def test_bridges_of_one_level_meet() -> None:
    assert metres(joined(EAST, NORTH, bridge=["yes", "yes"], layer=["1", "1"])) == 100 + 150


@pytest.mark.parametrize("gap_m", [0.0, 0.05, 0.3, 0.8, 1.5, 2.0])
def test_an_end_short_of_a_line_is_led_on(gap_m: float) -> None:
    made = joined(EAST, [(0, gap_m), (0, 200)])
    assert metres(made) == pytest.approx(100 + 150, abs=0.16)
    assert made.apart is None


@pytest.mark.parametrize("over_m", [0.05, 0.5, 1.9])
def test_an_end_beyond_a_line_was_meant_to_meet_it(over_m: float) -> None:
    made = joined(EAST, [(0, -over_m), (0, 200)])
    assert metres(made) == pytest.approx(100 + 150, abs=0.16)
    assert made.apart is None


def test_a_line_that_hangs_over_by_three_metres_crosses() -> None:
    assert metres(joined(EAST, [(0, -3), (0, 200)], tunnel=["no", "no"])) == 100 + 150


def test_a_wide_gap_stays_and_is_listed() -> None:
    made = joined(EAST, [(0, 4), (0, 200)])
    assert metres(made) == np.inf
    assert kinds(made) == {"near": 1}
    assert made.joints["length_m"].tolist() == pytest.approx([4.0], abs=0.01)


def test_ends_that_face_each_other_meet() -> None:
    made = joined([(-200, 0), (-0.4, 0)], [(0.4, 0.3), (0, 200)])
    assert metres(made) == pytest.approx(100 - 0.4 + np.hypot(0.8, 0.3) + 149.7, abs=0.1)


def test_a_corner_beside_a_line_meets_it() -> None:
    """Two lines end at (0, 1.5), where they met a street that was simplified away from there."""
    made = joined(EAST, [(0, 1.5), (0, 200)], [(0, 1.5), (80, 90)])
    assert metres(made) == pytest.approx(100 + 150, abs=0.1)


@pytest.mark.parametrize("apart_m", [0.5, 1.0, 1.9])
def test_a_parallel_line_beside_a_street_is_not_merged(apart_m: float) -> None:
    """In three pieces, so that ends lie beside the street, too; a wall may stand between."""
    pieces = [[(x, apart_m), (x + 100, apart_m)] for x in (-150, -50, 50)]
    made = joined(EAST, *pieces)
    assert not kinds(made)
    assert len(made.streets.ways) == 4


def test_a_slip_road_that_comes_in_at_a_small_angle_meets() -> None:
    """It comes 40 m in 400 m nearer and ends 0.4 m beside the street."""
    made = joined([(-300, 0), (300, 0)], [(0, 0.4), (-200, 20.4)])
    assert metres(made, ((100, 0),), ((-200, 20.4),)) == pytest.approx(
        100 + 0.4 + np.hypot(200, 20), abs=0.02
    )


def test_a_line_drawn_twice_is_there_once() -> None:
    made = joined(EAST, EAST[::-1], [(-200, 0), (0, 0), (200, 0)], bridge=["no", None, None])
    network = build_network(made.streets, crs=worlds.CRS)
    assert network.lengths_mm[2] == pytest.approx(400_000, abs=20)
    assert kinds(made)["twin"] == 2


def test_the_twin_with_more_tags_stays() -> None:
    made = joined(EAST, EAST[::-1], name=[None, "East Road"], highway=["path", "path"])
    assert made.streets.ways["name"].tolist() == ["East Road"]


def test_lines_over_one_another_are_there_once() -> None:
    """From -200 to 100 and from 0 to 200, the second drawn backwards: 400 m of street."""
    made = joined([(-200, 0), (100, 0)], [(200, 0), (0, 0)])
    network = build_network(made.streets, crs=worlds.CRS)
    assert network.lengths_mm[2] == pytest.approx(400_000, abs=20)
    assert metres(made, ((-150, 0),), ((150, 0),)) == pytest.approx(300, abs=0.1)


def test_six_decimals_of_a_degree_are_enough() -> None:
    slant = [(-200, -77), (200, 77)]
    other = [(40, 15.4), (300, -31)]
    made = joined(slant, other, decimals=6)
    length = np.hypot(140, 53.9) + np.hypot(100, 17.85)
    stop = (40 + 100, 15.4 - 17.85)
    assert metres(made, ((-100, -38.5),), (stop,)) == pytest.approx(length, abs=0.3)


def test_parts_of_a_line_in_several_parts_and_with_heights_cross() -> None:
    parts = shapely.from_wkt("MULTILINESTRING Z ((-200 0 5, 200 0 5), (0 -200 9, 0 200 1))")
    assert metres(joined(parts, bridge=["no"])) == 100 + 150


def test_a_line_that_crosses_itself_meets_itself() -> None:
    loop = [(-200, 0), (200, 0), (200, 200), (0, 200), (0, -200)]
    assert metres(joined(loop, bridge=["no"])) == 100 + 150
    assert metres(joined(loop, bridge=["yes"])) == 100 + 150


def test_a_line_that_ends_on_itself_meets_itself() -> None:
    """Like the letter P: 600 m round the square, 100 m back along the first side."""
    loop = [(-200, 0), (200, 0), (200, 200), (0, 200), (0, 0)]
    assert metres(joined(loop)) == 100 + 150


def test_a_dense_line_keeps_its_length() -> None:
    """Vertices every 5 cm: nearer than what counts as one place elsewhere."""
    x = np.arange(0, 100.001, 0.05)
    made = joined(np.column_stack([x, np.zeros(len(x))]), NORTH)
    assert metres(made, ((100, 0),)) == pytest.approx(100 + 150, abs=0.2)


def test_what_is_no_street_in_a_layer_of_all_lines_is_left_out() -> None:
    river, fence = [None, "river", None], [None, None, "fence"]
    made = joined(EAST, NORTH, NORTH, highway=["path", None, None], waterway=river, barrier=fence)
    assert len(made.streets.ways) == 1
    assert made.streets.dropped["reason"].tolist() == ["not_street"]


@pytest.mark.parametrize(("gaps", "tolerance"), [(0, 2.0), (4, 2.0), (12, 3.0), (40, 3.0)])
def test_the_tolerance_is_the_layers_own(gaps: int, tolerance: float) -> None:
    """So many gaps crowd between 2 and 3 m, and five lie in each half metre beyond 5 m."""
    crowd = np.linspace(2.01, 3.0, gaps)
    beyond = np.repeat(np.arange(5.25, 7.0, 0.5), 2)
    assert own_tolerance_m(np.concatenate([crowd, beyond])) == tolerance


def test_it_grows_no_farther_than_its_limit() -> None:
    assert own_tolerance_m(np.linspace(0.01, 10.0, 1000)) == 2.0
    assert own_tolerance_m(np.linspace(0.01, 5.0, 1000)) == 5.0


Cut = st.tuples(st.integers(0, 5), st.floats(0.05, 0.95))
STREETS = [
    EAST,
    NORTH,
    [(100, 0.9), (100, 180)],
    [(-150, -150), (150, 160)],
    [(-190, 120), (0, 120)],
    [(100.4, 90), (200, 100), (200, 0.5)],
]


@settings(max_examples=15, deadline=None)
@given(st.lists(Cut, max_size=8))
def test_cutting_a_line_changes_no_way(cuts: list[tuple[int, float]]) -> None:
    lines = [shapely.LineString(line) for line in STREETS]
    places = [[(-150, 120)], [(-100, 0)], [(150, 95.1)], [(0, 170)]]
    drawn = joined(*lines)
    whole = [metres(drawn, (places[0][0],), (p[0],)) for p in places[1:]]
    pieces: list[shapely.LineString] = []
    for number, line in enumerate(lines):
        at = sorted({0.0, 1.0, *(share for n, share in cuts if n == number)})
        pieces += [shapely.ops.substring(line, a, b, normalized=True) for a, b in pairwise(at)]
    drawn = joined(*pieces)
    parts = [metres(drawn, (places[0][0],), (p[0],)) for p in places[1:]]
    np.testing.assert_allclose(parts, whole, atol=0.11)
