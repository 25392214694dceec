"""Where is a facility of which only name and address are known?  Metres in EPSG:4548."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, Point, box

from analyses.facilities.addresses import Gazetteer, house_numbers, locate
from geo.read import Sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

CRS = "EPSG:4548"
X, Y = 500_000.0, 4_200_000.0


def at(x: float, y: float) -> Point:
    return Point(X + x, Y + y)


def frame(rows: Sequence[tuple[object, ...]], *columns: str) -> gpd.GeoDataFrame:
    data = dict(zip([*columns, "geometry"], zip(*rows, strict=True), strict=True))
    return gpd.GeoDataFrame(data, geometry="geometry", crs=CRS)


def town(**more: object) -> Gazetteer:
    """柳林镇 lies west of x = 1000, 竹河镇 east; 人民路 and 中山路 meet at 0, 0."""
    schools = [
        ("第一小学", "primary_school", at(100, 100)),
        ("中心小学", "primary_school", at(300, 0)),
        ("中心小学", "primary_school", at(1700, 0)),
        ("实验中学", "middle_school", at(500, 0)),
        ("实验中学东校区", "middle_school", at(900, 0)),
        ("红旗幼儿园", "kindergarten", at(50, 0)),
    ]
    communities = [
        ("东风社区", "柳林镇", box(X, Y, X + 600, Y + 800)),
        ("红星村", "柳林镇", box(X, Y + 800, X + 1000, Y + 1800)),
        ("红星村", "竹河镇", box(X + 1000, Y, X + 2000, Y + 1000)),
        ("清水村", "竹河镇", box(X + 1000, Y + 1000, X + 1300, Y + 1400)),
    ]
    streets = [
        ("人民路", LineString([at(-400, 0), at(400, 0)])),
        ("中山路", LineString([at(0, -300), at(0, 300)])),
        ("人民路东街", LineString([at(5000, 0), at(5400, 0)])),
    ]
    numbers = [
        ("人民路", 10, at(-100, 20)),
        ("人民路", 20, at(100, 20)),
        ("人民路", 15, at(0, -20)),
    ]
    return Gazetteer(
        facilities=frame(schools, "name", "kind"),
        communities=frame(communities, "name", "town"),
        places=frame([("小王庄", "hamlet", at(0, 3000))], "name", "place"),
        streets=frame(streets, "name"),
        numbers=frame(numbers, "street", "number"),
        wider=("静海区", "柳林镇", "竹河镇"),
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


def place(gazetteer: Gazetteer | None = None, **row: str) -> tuple[str, float, list[float]]:
    """Return how one row was placed, its doubt, and where it is, in metres from the crossing."""
    sheet = Sheet("a.xlsx", {}, {key: [value] for key, value in row.items()}, 1)
    found = locate(sheet, np.array([True]), gazetteer=gazetteer or town())
    where = gpd.GeoSeries(found.geometry, crs=4326).to_crs(CRS).iloc[0]
    xy = [] if where is None else [round(where.x - X, 2), round(where.y - Y, 2)]
    return found.how[0], float(found.doubt_m[0]), xy


PRIMARY = {"kind": "primary_school"}


@pytest.mark.parametrize(
    ("row", "how", "xy"),
    [
        ({"name": "静海区第1小学", **PRIMARY}, "name", [100, 100]),
        ({"name": "城关镇第一小学", **PRIMARY}, "likely_name", [100, 100]),  # another town's name
        ({"name": "柳林镇中心小学", "town": "柳林镇", **PRIMARY}, "name", [300, 0]),
        ({"name": "中心小学", "town": "竹河镇", **PRIMARY}, "name", [1700, 0]),
        ({"name": "中心小学", **PRIMARY}, "", []),  # two of one name
        ({"name": "第二小学", **PRIMARY}, "", []),
        ({"name": "实验中学", "kind": "middle_school"}, "name", [500, 0]),
        ({"name": "实验中学（东校区）", "kind": "middle_school"}, "name", [900, 0]),
        ({"name": "实验中学西校区", "kind": "middle_school"}, "", []),
        ({"name": "红旗幼儿园", **PRIMARY}, "", []),  # another kind
    ],
)
def test_the_same_facility_is_found_by_name_kind_and_town(
    row: dict[str, str], how: str, xy: list[float]
) -> None:
    found = place(**row)
    assert (found[0], found[2]) == (how, xy)


@pytest.mark.parametrize(
    ("address", "how", "doubt_m", "xy"),
    [
        ("人民路20号", "number", 30, [100, 20]),
        ("静海区人民路１５号院", "number", 30, [0, -20]),
        ("人民路14号", "number", 30 + 200 / 2, [-20, 20]),  # 4/10 of the way from 10 to 20
        ("人民路与中山路交叉口", "crossing", 60, [0, 0]),
        ("中山路99号", "street", 300, [0, 0]),  # its ends are 300 m from its middle
        ("人民路东街3号", "street", 200, [5200, 0]),  # not 人民路
        ("柳林镇东风社区", "community", 500, [300, 400]),  # half of 600 and 800: 3, 4, 5
        ("东风居委会院内", "community", 500, [300, 400]),
        ("清水村", "community", 250, [1150, 1200]),
        ("小王庄村", "community", 300, [0, 3000]),
        ("红星村", "", 0, []),  # there are two
        ("东风", "", 0, []),  # no community is said
        ("无名路3号", "", 0, []),
    ],
)
def test_an_address_is_placed_with_its_radius_of_doubt(
    address: str, how: str, doubt_m: float, xy: list[float]
) -> None:
    found = place(name="春芽", kind="kindergarten", address=address)
    assert found[0] == how
    assert found[1] == pytest.approx(doubt_m, abs=0.01)
    assert found[2] == pytest.approx(xy, abs=0.1)


def test_the_town_tells_two_villages_apart_and_the_column_names_the_community() -> None:
    west = place(name="甲", community="红星村", town="柳林镇")
    east = place(name="甲", address="竹河镇红星村", town="竹河镇")
    assert west[2] == pytest.approx([500, 1300], abs=0.1)
    assert east[2] == pytest.approx([1500, 500], abs=0.1)


def test_the_geocoder_is_asked_only_for_what_is_not_known_as_well() -> None:
    asked: list[str] = []

    def ask(address: str) -> tuple[float, float, float]:
        asked.append(address)
        return (117.0, 37.93, 50.0)

    gazetteer = town(ask=ask)
    assert place(gazetteer, name="甲", address="人民路20号")[0] == "number"
    assert place(gazetteer, name="乙", address="无名路3号")[:2] == ("geocoder", 50.0)
    assert place(gazetteer, name="丙", address="中山路99号")[0] == "geocoder"
    assert asked == ["无名路3号", "中山路99号"]


def test_what_is_not_found_names_what_comes_near_and_doubtful_places_are_told() -> None:
    names: list[str | None] = ["红旗小学幼儿园分部", "春芽"]
    sheet = Sheet("a.xlsx", {}, {"name": names, "address": [None, "中山路"]}, 2)
    found = locate(sheet, np.array([True, True]), gazetteer=town())
    assert found.near[0] == "红旗幼儿园"
    assert shapely.is_missing(found.geometry).tolist() == [True, False]
    assert [f.code for f in found.findings] == ["ADDRESS_PLACED", "ADDRESS_DOUBTFUL"]
    assert "300" in found.findings[1].text("en")


def test_house_numbers_are_read_from_tags() -> None:
    tags = [{"addr:street": "人民路", "addr:housenumber": "12-3"}, {"addr:housenumber": "5"}]
    rows = house_numbers(gpd.GeoDataFrame({"tags": tags}, geometry=[at(0, 0), at(1, 1)], crs=CRS))
    assert list(rows["number"]) == [12]
    assert list(rows["street"]) == ["人民路"]
