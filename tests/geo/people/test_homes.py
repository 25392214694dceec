"""Homes are told from other buildings, and what they weigh follows from what is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo.people.homes import homes_of, weights_of
from geo.people.storeys import storeys_of, storeys_of_heights

if TYPE_CHECKING:
    from collections.abc import Sequence

CRS = "EPSG:4548"
Box = tuple[float, float, float, float]


def layer(boxes: Sequence[Box], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=[shapely.box(*b) for b in boxes], crs=CRS)


def row(*sides_m: float) -> list[Box]:
    """Return square buildings in a row, 100 m from corner to corner."""
    return [(100.0 * i, 0.0, 100 * i + side, side) for i, side in enumerate(sides_m)]


@pytest.mark.parametrize(
    ("cell", "storeys"),
    [
        ("3", 3), (3.0, 3), ("3F", 3), ("3 floors", 3), ("３层", 3), ("三层", 3), ("二十层", 20),
        ("十二层", 12), ("地上3层", 3), ("地上3层，地下2层", 3), ("地上十一层/地下二层", 11),
        ("18F/2B", 18), ("18/-2", 18), ("约6层", 6), ("6层以上", 6), ("3层半", 3.5), ("6+1", 7),
        ("2;3", 2.5), ("2-3", 2.5), ("2~3层", 2.5), ("三至五层", 4), ("3栋6层", 6),
    ],
)  # fmt: skip
def test_storeys_as_people_write_them(cell: object, storeys: float) -> None:
    assert storeys_of([cell]).tolist() == [storeys]


@pytest.mark.parametrize(
    "cell", ["0", 0, "-1", "B1", "地下1层", "residential", "yes", "多层", "2020", "", None, np.nan]
)
def test_what_is_no_number_of_storeys_is_unknown(cell: object) -> None:
    assert np.isnan(storeys_of([cell])).all()


def test_a_height_makes_room_for_storeys_of_three_metres() -> None:
    got = storeys_of_heights(["9", 10.2, "18 m", "54米", "30 ft", "2", "0", "high"])
    assert got.tolist()[:6] == [3, 3, 6, 18, 3, 1]  # 30 ft = 9.14 m
    assert np.isnan(got[6:]).all()


@pytest.mark.parametrize(
    ("column", "value", "home"),
    [
        ("building", "residential", True), ("building", "Apartments", True),
        ("building", "yes", True), ("building", "garage", False), ("building", "kiosk", False),
        ("building", "school", False), ("building", "warehouse", False),
        ("建筑类型", "住宅", True), ("用途", "城镇住宅用地", True), ("用途", "商住楼", True),
        ("房屋用途", "非住宅", False), ("建筑类型", "教学楼", False), ("建筑类型", "车库", False),
        ("subtype", "residential", True), ("class", "garage", False), ("fclass", "building", True),
        ("amenity", "school", False), ("shop", "supermarket", False), ("shop", None, True),
        ("name", "第一小学教学楼", False), ("name", "Lime School", False),
        ("name", "学府小区3号楼", True),
        ("name", "house", True),
    ],
)  # fmt: skip
def test_kind_use_and_name_tell_homes(column: str, value: str | None, home: object) -> None:
    got = homes_of(layer(row(10), **{column: [value]}))
    assert len(got.buildings) == home
    assert sum(got.others.values()) == 1 - home


def test_a_kind_is_surer_than_a_use_and_a_use_surer_than_a_size() -> None:
    flats = layer(row(10, 90), building=["apartments"] * 2, shop=["mall"] * 2)
    assert len(homes_of(flats).buildings) == 2  # 8,100 m2, but it says that people live there


def test_a_kiosk_and_a_hall_are_told_by_size_where_nothing_else_is_known() -> None:
    sides_m = [3.0, 10.0, 40.0, 80.0, 80.0]  # 9, 100, 1,600, 6,400 m2
    got = homes_of(layer(row(*sides_m), levels=[None, None, None, "1", "11"]))
    assert (got.others["small"], got.others["large"]) == (1, 1)
    assert got.buildings.area.tolist() == [100.0, 1600.0, 6400.0]
    assert [f.code for f in got.findings] == ["BUILDINGS_NO_HOMES"]


def test_a_building_that_does_not_say_is_no_home_on_the_ground_of_a_school() -> None:
    ground = layer([(-5, -5, 150, 50)])
    got = homes_of(layer(row(10, 10, 10), building=["yes", "house", "yes"]), grounds=ground)
    assert got.others["ground"] == 1
    assert got.buildings.geometry.bounds["minx"].tolist() == [100.0, 200.0]


def test_storeys_come_before_heights_and_what_cannot_be_read_is_named() -> None:
    got = homes_of(layer(row(9, 9, 9), storeys=["2", None, "tall"], height=["30", "30", None]))
    assert got.buildings["storeys"].tolist()[:2] == [2.0, 10.0]
    assert np.isnan(got.buildings["storeys"].tolist()[2])
    assert [f.detail["values"] for f in got.findings if f.code == "STOREYS_UNREAD"] == ["tall"]


def test_unknown_storeys_are_those_of_homes_of_like_size() -> None:
    sides_m = [10.0, 30.0, 11.0, 28.0]  # 100 and 900 m2 are known, 121 and 784 m2 are not
    weights = weights_of(layer(row(*sides_m), storeys=[2.0, 6.0, np.nan, np.nan]))
    assert weights.weight.tolist() == pytest.approx([200, 5400, 242, 4704])  # 2, 6, 2, 6 storeys
    assert weights.method.tolist() == ["floor_area"] * 2 + ["storeys_nearby"] * 2


def test_near_homes_come_before_far_ones_and_any_known_one_before_none() -> None:
    boxes = [(0, 0, 10, 10), (50, 0, 60, 10), (1500, 0, 1510, 10), (9000, 0, 9040, 40)]
    weights = weights_of(layer(boxes, storeys=[1.0, np.nan, 9.0, np.nan]))
    assert weights.weight.tolist()[1] == pytest.approx(100)  # the near one has 1 storey
    assert weights.weight.tolist()[3] == pytest.approx(1600 * 5)  # of none nearby: (1 + 9) / 2


def test_points_with_dwellings_count_by_them_and_others_as_the_mean_footprint() -> None:
    spots = gpd.points_from_xy([0, 100], [0, 0])
    points = gpd.GeoDataFrame({"dwellings": [300.0, 100.0]}, geometry=spots, crs=CRS)
    weights = weights_of(points)
    assert weights.weight.tolist() == [27_000, 9_000]  # 90 m2 each
    bare = weights_of(points.drop(columns="dwellings"))
    assert bare.weight.tolist() == [1.0, 1.0]
    assert bare.method.tolist() == ["equal_building"] * 2


@pytest.mark.parametrize("seed", range(20))
def test_a_home_drawn_in_pieces_weighs_what_it_weighs_in_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    boxes = [(60.0 * i, 0.0, 60 * i + w, d) for i, (w, d) in enumerate(rng.uniform(5, 40, (30, 2)))]
    storeys = np.where(rng.random(30) < 0.5, np.nan, rng.integers(1, 30, 30))
    whole = weights_of(layer(boxes, storeys=storeys))
    split = int(rng.integers(30))
    west, south, east, north = boxes[split]
    middle = (west + east) / 2
    halves: list[Box] = [(west, south, middle, north), (middle, south, east, north)]
    parts = weights_of(
        layer([*boxes, *halves], storeys=[*storeys, *[storeys[split]] * 2]).drop(split)
    )
    assert parts.weight[-2:].sum() == pytest.approx(whole.weight[split], rel=1e-12)
    others = np.delete(np.arange(30), split)
    assert parts.weight[:-2] == pytest.approx(whole.weight[others], rel=1e-12)
    assert parts.homes.sum() == pytest.approx(30.0)


def test_storeys_counted_by_halves_weigh_the_same() -> None:
    whole = weights_of(layer(row(10, 10, 12), storeys=[8.0, 2.0, np.nan]))
    boxes = row(10, 10, 12)
    halves = weights_of(layer([boxes[0], *boxes], storeys=[4.0, 4.0, 2.0, np.nan]))
    assert halves.weight.tolist()[2:] == pytest.approx(whole.weight.tolist()[1:])
    assert halves.weight[:2].sum() == pytest.approx(800)
