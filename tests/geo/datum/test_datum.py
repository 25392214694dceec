"""GCJ-02 and BD-09 there and back, and whether the streets give a wrong datum away."""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from nonempty import each
from numpy.typing import NDArray

from geo.datum.conversions import (
    bd09_to_gcj02,
    bd09_to_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)
from geo.datum.evidence import AS_IS, detect_datum
from geo.osm.reading import streets_from_osm

SHARED = Path(__file__).parents[3] / "../shared"
DATA = SHARED / "data"
needs_shared = pytest.mark.skipif(not DATA.is_dir(), reason="no shared data beside the checkout")
Floats = NDArray[np.float64]
Convert = Callable[[Floats, Floats], tuple[Floats, Floats]]
PAIRS = [
    (wgs84_to_gcj02, gcj02_to_wgs84),
    (gcj02_to_bd09, bd09_to_gcj02),
    (wgs84_to_bd09, bd09_to_wgs84),
]
METRES = np.array([111_320 * math.cos(math.radians(38.94)), 111_000.0])
MADE: dict[str, Convert] = {
    AS_IS: lambda x, y: (x, y),
    "GCJ-02": wgs84_to_gcj02,
    "BD-09": wgs84_to_bd09,
}


def scalar_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """The public formula once more, number by number with `math`: the slow, plain way."""
    x, y, pi = lon - 105, lat - 35, math.pi
    short = (20 * math.sin(6 * x * pi) + 20 * math.sin(2 * x * pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + short
    north += (20 * math.sin(y * pi) + 40 * math.sin(y / 3 * pi)) * 2 / 3
    north += (160 * math.sin(y / 12 * pi) + 320 * math.sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + short
    east += (20 * math.sin(x * pi) + 40 * math.sin(x / 3 * pi)) * 2 / 3
    east += (150 * math.sin(x / 12 * pi) + 300 * math.sin(x / 30 * pi)) * 2 / 3
    phi = math.radians(lat)
    w = 1 - 0.00669342162296594323 * math.sin(phi) ** 2
    north_m = 6378245.0 * (1 - 0.00669342162296594323) / (w * math.sqrt(w))
    east_m = 6378245.0 / math.sqrt(w) * math.cos(phi)
    return lon + math.degrees(east / east_m), lat + math.degrees(north / north_m)


@pytest.mark.parametrize(
    ("place", "wgs", "gcj"),  # published with googollee/eviltransform
    [("上海", (121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
     ("深圳", (113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
     ("北京", (116.377817, 39.911954), (116.38404722455657, 39.91334545536069))],
)  # fmt: skip
def test_published_pairs(place: str, wgs: tuple[float, float], gcj: tuple[float, float]) -> None:
    assert place
    x, y = wgs84_to_gcj02(*wgs)
    assert (float(x), float(y)) == pytest.approx(gcj, abs=1e-7)  # a centimetre: another ellipsoid


@given(lon=st.floats(73.5, 135), lat=st.floats(18, 53.5))
def test_the_array_formula_is_the_plain_formula(lon: float, lat: float) -> None:
    x, y = wgs84_to_gcj02(lon, lat)
    assert (float(x), float(y)) == pytest.approx(scalar_gcj02(lon, lat), abs=1e-12)


@pytest.mark.parametrize(("there", "back"), PAIRS)
@given(lon=st.floats(72.004, 137.8347), lat=st.floats(0.8293, 55.8271))
def test_there_and_back_is_less_than_a_tenth_of_a_millimetre(
    there: Convert, back: Convert, lon: float, lat: float
) -> None:
    x, y = back(*there(np.array([lon]), np.array([lat])))
    assert x[0] == pytest.approx(lon, abs=1e-9)
    assert y[0] == pytest.approx(lat, abs=1e-9)


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize(
    "place", [(139.7, 35.7), (24.9, 60.2), (-74.0, 40.7), (0.0, 0.0), (151.2, -33.9)]
)
def test_outside_the_box_nothing_moves(
    pair: tuple[Convert, Convert], place: tuple[float, float]
) -> None:
    for convert in each(pair):
        x, y = convert(*map(np.array, place))
        assert (float(x), float(y)) == place


def test_shapes_nan_and_the_callers_arrays_are_kept() -> None:
    lon, lat = np.full((2, 3), 116.97), np.full((2, 3), 38.94)
    lon[0, 0] = np.nan
    before = lon.copy()
    x, y = gcj02_to_wgs84(lon, lat)
    assert x.shape == y.shape == (2, 3)
    assert np.isnan(x[0, 0])
    assert np.isfinite(x.ravel()[1:]).all()
    np.testing.assert_array_equal(lon, before)
    assert wgs84_to_gcj02([], [])[0].shape == (0,)


def test_the_shift_in_jinghai_is_half_a_kilometre_to_the_east() -> None:
    x, y = wgs84_to_gcj02(116.97, 38.94)
    east, north = (np.array([float(x), float(y)]) - [116.97, 38.94]) * METRES
    assert 500 <= east <= 560
    assert 60 <= north <= 110


def test_a_place_does_not_depend_on_its_neighbours() -> None:
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(75, 130, 70_000), rng.uniform(20, 50, 70_000)
    x, _ = bd09_to_wgs84(lon, lat)
    assert x[69_999] == bd09_to_wgs84(lon[69_999], lat[69_999])[0]


def test_a_million_points_take_about_a_second() -> None:
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(116.7, 117.2, 1_000_000), rng.uniform(38.6, 39.1, 1_000_000)
    start = time.process_time()
    gcj02_to_wgs84(lon, lat)
    assert time.process_time() - start < 4  # 1.0 s on an idle core


@needs_shared
def test_baidus_own_pairs_of_xian() -> None:
    path = DATA / "xian/poi_8_education.csv"
    with path.open(encoding="gbk", errors="replace", newline="") as file:
        rows = [row for row in csv.reader(file) if len(row) > 4 and "'lat':" in row[4]]
    numbers = [
        [float(row[1]), float(row[2]), *(float(row[4].split(f"'{k}': ")[1].split(",")[0].strip("}"))
                                         for k in ("lng", "lat"))]
        for row in rows
    ]  # fmt: skip
    lon, lat, bd_lon, bd_lat = np.array(numbers).T
    x, y = bd09_to_wgs84(bd_lon, bd_lat)
    metres = np.hypot((x - lon) * 111_320 * np.cos(np.radians(34)), (y - lat) * 110_900)
    assert len(metres) == 1631
    assert np.median(metres) < 2


# Detection -----------------------------------------------------------------------------------


def district(
    rng: np.random.Generator, spacing_m: float, size_m: float = 6000
) -> NDArray[np.object_]:
    """An irregular grid of streets, turned somehow, with gaps; lines in lon and lat."""
    count = int(size_m / spacing_m) + 1
    at = np.stack(np.meshgrid(np.arange(count), np.arange(count), indexing="ij"), -1) * spacing_m
    at = at + rng.normal(0, 0.15 * spacing_m, at.shape)
    turn = rng.uniform(0, np.pi / 2)
    at = at @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    along = np.stack([at[:-1], at[1:]], 2).reshape(-1, 2, 2)
    across = np.stack([at[:, :-1], at[:, 1:]], 2).reshape(-1, 2, 2)
    ends = np.concatenate([along, across])
    return shapely.linestrings(ends[rng.random(len(ends)) < 0.85] / METRES + [116.97, 38.94])


def facilities(
    rng: np.random.Generator, lines: NDArray[np.object_], count: int, *, outliers: float = 0.1
) -> Floats:
    """Places 5 to 60 m beside a street, some of them anywhere."""
    ends = shapely.get_coordinates(lines).reshape(-1, 2, 2) * METRES
    way = ends[:, 1] - ends[:, 0]
    length = np.hypot(*way.T)
    which = rng.choice(len(ends), count, p=length / length.sum())
    beside = np.column_stack([-way[:, 1], way[:, 0]])[which] / length[which, None]
    off = (rng.uniform(5, 60, count) * rng.choice([-1, 1], count))[:, None]
    places = ends[which, 0] + rng.random((count, 1)) * way[which] + beside * off
    west, south, east, north = shapely.total_bounds(lines)
    anywhere = rng.uniform(np.array([west, south]) * METRES, np.array([east, north]) * METRES,
                           (count, 2))  # fmt: skip
    return np.where(rng.random((count, 1)) < outliers, anywhere, places) / METRES


def found(places: Floats, datum: str, lines: NDArray[np.object_]) -> str:
    """Label places as WGS 84 that are in another datum, and say what is detected."""
    shifted = np.column_stack(MADE[datum](places[:, 0], places[:, 1]))
    return detect_datum(shifted, lines).suspect or AS_IS


def test_clean_layers_never_raise_an_alarm() -> None:
    rng = np.random.default_rng(20_250_101)
    alarms = []
    for number in range(500):
        if number % 20 == 0:
            lines = district(rng, rng.choice([200, 250, 300, 400]), rng.choice([2500, 5000]))
        places = facilities(rng, lines, int(rng.integers(10, 41)))
        alarms.append(found(places, AS_IS, lines) != AS_IS)
    assert sum(alarms) == 0


@pytest.mark.parametrize("datum", ["GCJ-02", "BD-09"])
def test_a_shifted_layer_is_recognised_99_times_of_100(datum: str) -> None:
    rng = np.random.default_rng(7)
    right = []
    for number in range(120):
        if number % 20 == 0:
            lines = district(rng, rng.choice([300, 400]), rng.choice([3000, 6000]))
        right.append(
            found(facilities(rng, lines, int(rng.integers(20, 41))), datum, lines) == datum
        )
    assert sum(right) >= 119


def test_the_message_gives_the_evidence_in_metres_and_the_setting() -> None:
    rng = np.random.default_rng(5)
    lines = district(rng, 400)
    places = facilities(rng, lines, 40)
    evidence = detect_datum(np.column_stack(wgs84_to_gcj02(places[:, 0], places[:, 1])), lines)
    finding = evidence.finding(file="学校.csv")
    assert finding is not None
    assert finding.outcome == "confirm"
    assert 'crs = "GCJ-02"' in finding.fix("zh")
    assert f"{evidence.hypotheses[1].median_m:.0f} m with GCJ-02 undone" in finding.why("en")
    assert evidence.points == 40


def test_too_few_points_streets_or_numbers_say_nothing() -> None:
    rng = np.random.default_rng(5)
    lines = district(rng, 400)
    places = facilities(rng, lines, 30)
    assert detect_datum(places[:7], lines).hypotheses == ()
    assert detect_datum(places, lines[:0]).suspect is None
    assert detect_datum(np.full((30, 2), np.nan), lines).points == 0
    assert detect_datum(places, lines).finding(file="x") is None


def test_streets_of_another_town_say_nothing() -> None:
    rng = np.random.default_rng(5)
    lines = district(rng, 300)
    places = facilities(rng, lines, 30) + np.array([3.0, 1.0])
    assert detect_datum(places, lines).suspect is None


@pytest.fixture(scope="module")
def shanghai() -> NDArray[np.object_]:
    streets = streets_from_osm(DATA / "shanghai/shanghai_center.osm")
    owner = np.repeat(np.arange(len(streets.ways)), np.diff(streets.way_start))
    return shapely.linestrings(streets.lonlat[streets.way_vertices], indices=owner)


def columns(name: str, lon: str, lat: str) -> Floats:
    with (DATA / "shanghai" / name).open(encoding="utf-8-sig", newline="") as file:
        return np.array([[float(row[lon]), float(row[lat])] for row in csv.DictReader(file)])


@needs_shared
def test_real_schools_in_bd09_fit_best_as_bd09(shanghai: NDArray[np.object_]) -> None:
    # 37 spots in a dense net, copies counted once: the best of the three, not yet an alarm
    places = columns("schools_dirty_BD09.csv", "longitude", "latitude")
    evidence = detect_datum(places, shanghai)
    assert max(evidence.hypotheses, key=lambda h: h.likelihood).datum == "BD-09"
    assert evidence.suspect in {"BD-09", None}


@needs_shared
@pytest.mark.parametrize("name", ["小学.csv", "幼儿园.csv"])
@pytest.mark.parametrize("datum", list(MADE))
def test_real_layers_are_recognised_in_every_datum(
    shanghai: NDArray[np.object_], name: str, datum: str
) -> None:
    assert found(columns(name, "lon", "lat"), datum, shanghai) == datum


@needs_shared
@pytest.mark.parametrize(
    ("name", "datum"),
    [("00_good/facilities.geojson", AS_IS), ("B03_gcj02_as_wgs84.geojson", "GCJ-02"),
     ("B04_bd09_as_wgs84.geojson", "BD-09")],
)  # fmt: skip
def test_the_bad_inputs_beside_their_streets(name: str, datum: str) -> None:
    streets = streets_from_osm(SHARED / "badinputs/00_good/streets.osm")
    owner = np.repeat(np.arange(len(streets.ways)), np.diff(streets.way_start))
    lines = shapely.linestrings(streets.lonlat[streets.way_vertices], indices=owner)
    text = (SHARED / "badinputs" / name).read_text("utf-8")
    points = shapely.get_coordinates(shapely.from_geojson(text))
    assert (detect_datum(points, lines).suspect or AS_IS) == datum


def test_bus_stops_on_the_carriageway_are_no_evidence() -> None:
    lines = district(np.random.default_rng(5), 250)
    stops = shapely.get_coordinates(shapely.line_interpolate_point(lines, 0.4, normalized=True))
    beside = facilities(np.random.default_rng(6), lines, 8)
    assert detect_datum(np.vstack([stops, beside]), lines).suspect is None


def test_twenty_copies_of_one_spot_are_one_proof() -> None:
    lines = district(np.random.default_rng(7), 250)
    spot = facilities(np.random.default_rng(8), lines, 1)
    assert detect_datum(np.repeat(spot, 20, axis=0), lines).points == 0
