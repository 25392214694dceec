"""Of what kind is a facility that no column tells; does a list stand in place of OSM?"""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely.geometry import Point

from analyses.facilities.kinds import kind_by_name, kinds_of_sheet, level_of
from analyses.facilities.merging import merge_facilities
from analyses.facilities.reading import facilities_from_layer, facilities_from_osm, inferred
from analyses.facilities.sources import list_before_osm, without_kinds
from geo.read import Sheet

CRS = "EPSG:4548"


def sheet(
    names: list[str | None],
    *,
    header: str = "名称",
    file: str = "layer.csv",
    **more: list[str | None],
) -> Sheet:
    headers = {"name": header, **dict.fromkeys(more, "类别")}
    return Sheet(file, headers, {"name": names, **more}, len(names))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("实验小学附属幼儿园", "kindergarten"),
        ("幼儿园路小学", "primary_school"),
        ("城关一小（东校区）", "primary_school"),
        ("阳光托育中心(普惠)", "childcare"),
        ("柳林社区卫生服务中心", "health_centre"),
        ("第一幼", "kindergarten"),
        ("启蒙学校", "school"),
        ("CEIP León y Castillo", "infant_primary_school"),
        ("I.E.S. Tomás Morales", "complete_middle_school"),
        ("Colegio Santa Teresa", "infant_junior_school"),
        ("Grundschule Nord", "primary_school"),
        ("Springfield Elementary", "primary_school"),
        ("Autoescuela Drago", ""),
        ("春芽", None),
    ],
)
def test_the_kind_that_a_name_tells(name: str, kind: str | None) -> None:
    assert kind_by_name(name) == kind


@pytest.mark.parametrize(
    ("given", "kind", "how"),
    [
        (sheet(["春芽"], header="园所名称"), "kindergarten", "header"),
        (sheet(["春芽托育中心"], header="园所名称"), "childcare", "name"),
        (sheet(["小学路分园"], header="幼儿园名称"), "kindergarten", "header"),
        (sheet(["春芽"], file="2024年幼儿园名单（公办）.xlsx"), "kindergarten", "file"),
        (sheet(["春芽"], file="名册.xlsx#幼儿园"), "kindergarten", "file"),
        (sheet(["春芽"], file="小学和幼儿园.xlsx"), None, ""),
        (sheet(["城关一小"], header="学校名称"), "primary_school", "name"),
        (sheet(["外国语学校"], header="学校名称", file="小学.csv"), "primary_school", "file"),
        (sheet(["外国语学校"], header="学校名称"), "school", "name"),
        (sheet(["城关一小"], kind=["学校"]), "primary_school", "name"),
        (sheet(["某某九年一贯制学校"], kind=["小学"]), "primary_school", "column"),
        (sheet(["春芽幼儿园"], kind=["公办"]), "kindergarten", "name"),
    ],
)
def test_a_row_takes_its_kind_from_the_surest_that_tells_it(
    given: Sheet, kind: str | None, how: str
) -> None:
    kinds = kinds_of_sheet(given)
    assert (kinds.words, kinds.how) == ([kind], [how])


def test_inferred_kinds_are_told_once_each_with_a_name() -> None:
    rows = sheet(["春芽", "小橡树", "阳光托育中心"], header="园所名称", kind=["公办", "民办", None])
    kinds = kinds_of_sheet(rows)
    assert kinds.ownership
    assert [f.code for f in kinds.findings] == [
        "KIND_IS_OWNERSHIP", "KIND_INFERRED", "KIND_INFERRED",
    ]  # fmt: skip
    assert [f.detail.get("count") for f in kinds.findings[1:]] == [2, 1]
    assert "春芽" in kinds.findings[1].text("zh")


def test_what_the_study_says_stands_above_the_name_unless_it_tells_no_level() -> None:
    rows = sheet(["城关一小", "外国语学校"])
    assert kinds_of_sheet(rows, given="junior_school").words == ["junior_school"] * 2
    assert kinds_of_sheet(rows, given="school").words == ["primary_school", "school"]


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"isced:level": "1"}, "primary_school"),
        ({"isced:level": "0;1"}, "infant_primary_school"),
        ({"isced:level": "1-3"}, "twelve_year_school"),
        ({"isced:level": "2, 3"}, "complete_middle_school"),
        ({"grades": "1-6"}, "primary_school"),
        ({"grades": "K-5"}, "primary_school"),  # 5 is one of the three years before school
        ({"grades": "7-9"}, "junior_school"),
        ({"min_age": "3", "max_age": "16"}, "infant_junior_school"),  # 3 to 15, 16 when they leave
        ({"min_age": "12", "max_age": "18"}, "complete_middle_school"),
        ({"school:FR": "primaire"}, "infant_primary_school"),
        ({"school:FR": "lycée"}, "senior_school"),
        ({"capacity": "150"}, "school"),
    ],
)
def test_tags_tell_the_level_of_a_school(tags: dict[str, str], kind: str) -> None:
    assert level_of("school", tags, name="")[0] == kind


@pytest.mark.parametrize(("places", "kind"), [(200.0, "primary_school"), (201.0, "school")])
def test_a_small_school_of_no_level_is_a_primary_school(places: float, kind: str) -> None:
    assert level_of("school", {}, name="", capacity=places)[0] == kind


def osm(*rows: tuple[str, float, dict[str, str]]) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(
        {
            "osm_id": [f"n{i}" for i in range(len(rows))],
            "name": [name for name, _, _ in rows],
            "tags": [{"amenity": "school", **tags} for _, _, tags in rows],
        },
        geometry=[Point(x, 0) for _, x, _ in rows],
        crs=CRS,
    )
    return facilities_from_osm(frame)


def test_inferred_levels_of_osm_schools_are_marked_and_told() -> None:
    schools = osm(
        ("CEIP León", 0, {}), ("Jules Ferry", 1, {"school:FR": "collège"}), ("甲小学", 2, {})
    )
    assert list(schools["kind"]) == ["infant_primary_school", "junior_school", "primary_school"]
    assert list(schools["kind_from"]) == ["name", "tags", "column"]
    assert [f.code for f in inferred(schools, file="a.osm")] == ["KIND_INFERRED"] * 2


def listed(*rows: tuple[str, float]) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(
        {"name": [n for n, _ in rows]}, geometry=[Point(x, 0) for _, x in rows], crs=CRS
    )
    return facilities_from_layer(frame, kind="primary_school", source="名单.csv")


def test_likely_pairs_are_told_and_a_complete_list_replaces_osm() -> None:
    # 甲 is in both; 红旗 of the list and 东风 of OSM lie 150 m apart; 丙 stands in OSM alone.
    of_list = listed(("甲小学", 0), ("红旗小学", 5000))
    of_osm = osm(
        ("甲小学", 50, {}), ("东风小学", 5150, {}), ("丙小学", 9000, {}), ("丁中学", 9000, {})
    )
    merged, _ = merge_facilities([of_list, of_osm])
    both, told = list_before_osm(merged)
    assert len(both) == 5
    assert [f.code for f in told] == ["FACILITY_LIKELY_PAIR", "FACILITIES_TWO_SOURCES"]
    assert told[0].detail["distance_m"] == "150"
    assert (told[1].detail["listed"], told[1].detail["only_osm"]) == (2, 2)
    alone, told = list_before_osm(merged, {"primary_school"})
    assert list(alone["name"]) == ["甲小学", "红旗小学", "丁中学"]
    assert [f.code for f in told] == ["FACILITY_REPLACED"] * 2


def test_kinds_that_are_not_wanted_from_a_file_are_left_out_and_counted() -> None:
    rows, told = without_kinds(
        osm(("甲小学", 0, {}), ("丁中学", 9, {})), {"primary_school"}, file="a"
    )
    assert list(rows["name"]) == ["丁中学"]
    assert told[0].detail["count"] == 1
