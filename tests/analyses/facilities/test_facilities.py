"""Facilities from layers and OSM, and which records are one place: squares of 100 m."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pytest
import shapely
from nonempty import each
from shapely.geometry import Point, box

from analyses.facilities.merging import merge_facilities
from analyses.facilities.reading import (
    COLUMNS,
    facilities_from_layer,
    facilities_from_osm,
    osm_findings,
)
from analyses.facilities.types import osm_kind
from geo.findings import InputRefused

CRS = "EPSG:4548"
SQUARE = box(0, 0, 100, 100)


def layer(
    *rows: tuple[str, shapely.Geometry],
    kind: str | None = "小学",
    source: str = "名单.csv",
    **columns: object,
) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(
        {"name": [n for n, _ in rows], **columns},
        geometry=[g for _, g in rows],
        crs=CRS,
        index=range(2, len(rows) + 2),
    )
    return facilities_from_layer(frame, kind=kind, source=source)


def osm(*rows: tuple[str, dict[str, str], shapely.Geometry]) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(
        {
            "layer": "school",
            "osm_id": [f"way/{n}" for n in range(len(rows))],
            "name": [r[0] for r in rows],
            "tags": [r[1] for r in rows],
        },
        geometry=[r[2] for r in rows],
        crs=CRS,
    )
    return facilities_from_osm(frame)


SCHOOL = {"amenity": "school"}


def codes(findings: tuple[object, ...]) -> list[str]:
    return [f.code for f in findings]  # type: ignore[attr-defined]


def test_a_layer_gives_one_facility_a_row() -> None:
    frame = layer(
        ("甲", Point(0, 0)), ("乙", Point(500, 0)), kind=None, id=["007", None],
        type=["x", "x"], kind_=[1, 2], capacity=[360, None],
    )  # fmt: skip
    assert tuple(frame.columns) == COLUMNS
    assert frame["facility_id"][0] == "007"
    assert list(frame["row"]) == [2, 3]
    assert frame["capacity"][0] == 360
    assert np.isnan(frame["capacity"][1])
    assert list(frame["kind"]) == ["", ""]


@pytest.mark.parametrize(
    ("word", "given", "kind"),
    [
        ("幼儿园", None, "kindergarten"),
        ("幼儿园", "小学", "kindergarten"),  # the row's own word is particular
        ("学校", "小学", "primary_school"),  # the row's word does not tell the level
        ("民办", "小学", "primary_school"),  # unknown word
        ("学校", None, "school"),
        ("民办", None, ""),
    ],
)
def test_the_rows_own_kind_wins_if_it_tells_one(word: str, given: str | None, kind: str) -> None:
    frame = gpd.GeoDataFrame({"kind": [word]}, geometry=[Point(0, 0)], crs=CRS)
    assert list(facilities_from_layer(frame, kind=given, source="x")["kind"]) == [kind]


def test_made_ids_do_not_depend_on_the_order_of_rows() -> None:
    rows = [("甲", Point(0, 0)), ("乙", Point(500, 0)), ("", Point(0, 9))]
    ids = dict(zip(range(3), layer(*rows)["facility_id"], strict=True))
    back = list(layer(*rows[::-1])["facility_id"])[::-1]
    assert list(ids.values()) == back
    assert len(set(back)) == 3


@pytest.mark.parametrize(
    ("name", "tags", "kind"),
    [
        ("红苏路小学", SCHOOL, "primary_school"),
        ("城关二小", SCHOOL, "primary_school"),
        ("固始县第三中学", SCHOOL, "middle_school"),
        ("固始三中北校区", SCHOOL, "middle_school"),
        ("固始实验初级中学", SCHOOL, "junior_school"),
        ("蓼城高中", SCHOOL, "senior_school"),
        ("某某九年一贯制学校", SCHOOL, "nine_year_school"),
        ("明珠双语幼儿园", SCHOOL, "kindergarten"),
        ("固始卫校", SCHOOL, "vocational_school"),
        ("启蒙学校", SCHOOL, "school"),
        ("", SCHOOL, "school"),
        ("甲中学", {**SCHOOL, "isced:level": "1"}, "primary_school"),
        ("甲", {**SCHOOL, "isced:level": "1;2"}, "nine_year_school"),
        ("某某驾校", SCHOOL, None),
        ("阳光托育园", {"amenity": "kindergarten"}, "childcare"),
        ("小哈佛幼儿园", {"amenity": "kindergarten"}, "kindergarten"),
        ("柳树卫生院", {"amenity": "hospital"}, "health_centre"),
        ("妇幼保健院（新址）", {"amenity": "hospital"}, "hospital_child"),
        ("友好医院", {"amenity": "hospital"}, "hospital"),
        ("第四社区", {"amenity": "community_centre"}, "community_station"),
        ("怡和", {"amenity": "community_centre", "place": "neighbourhood"}, None),
        ("儿童之家", {"amenity": "community_centre"}, "children_home"),
        ("区文化馆", {"amenity": "community_centre"}, "culture_centre"),
        ("古城公园", {"leisure": "park"}, "park"),
        ("", {"leisure": "playground", "access": "private"}, None),
    ],
)
def test_kind_of_an_osm_feature(name: str, tags: dict[str, str], kind: str | None) -> None:
    assert osm_kind(tags, name) == kind


def test_osm_features_are_places_once_and_lines_are_none() -> None:
    features = gpd.GeoDataFrame(
        {
            "layer": ["a", "b", "a", "a"],
            "osm_id": ["way/1", "way/1", "way/2", "node/3"],
            "name": ["甲小学", "甲小学", "乙小学", None],
            "tags": [{**SCHOOL, "capacity": "480"}, SCHOOL, SCHOOL, {"amenity": "bank"}],
        },
        geometry=[SQUARE, SQUARE, shapely.LineString([(0, 0), (1, 1)]), Point(0, 0)],
        crs=CRS,
    )
    frame = facilities_from_osm(features)
    assert list(frame["facility_id"]) == ["osm:way/1"]
    assert list(frame["capacity"]) == [480]
    assert osm_findings(features.assign(layer="school"), file="x.osm")[0].detail["count"] == 1


def test_node_and_area_of_a_school_are_one_facility_with_the_areas_shape() -> None:
    merged, findings = merge_facilities(
        [osm(("实验小学", SCHOOL, SQUARE), ("实验小学", SCHOOL, Point(50, 50)))]
    )
    assert list(merged["facility_id"]) == ["osm:way/0"]
    assert list(merged["merged"]) == ["osm:way/1"]
    assert merged.geometry[0].equals(SQUARE)
    assert list(merged["area_m2"]) == [100 * 100]
    assert codes(findings) == ["FACILITY_MERGED"]
    assert "osm:way/1" in findings[0].text("zh")
    assert "osm:way/0" in findings[0].text("en")


def test_the_official_row_stays_and_takes_the_shape() -> None:
    official = layer(("静海区实验小学", Point(50, 50)), id=["F1"], capacity=[900])
    drawn = osm(("实验小学", {**SCHOOL, "capacity": "100"}, SQUARE))
    merged, _ = merge_facilities([official, drawn])
    assert list(merged["facility_id"]) == ["F1"]
    assert list(merged["name"]) == ["静海区实验小学"]
    assert list(merged["capacity"]) == [900]
    assert merged.geometry[0].equals(SQUARE)
    assert list(merged["source"]) == ["名单.csv"]


@pytest.mark.parametrize(
    ("first", "second", "x", "told"),
    [
        ("柳林镇中心小学", "柳林镇中心小学", 300.0, "FACILITY_MERGED"),
        ("柳林镇中心小学", "柳林镇中心小学", 300.001, "FACILITY_APART"),
        ("柳林镇中心小学", "柳林镇中心小学", 2000.0, "FACILITY_APART"),
        ("柳林镇第一小学", "柳林镇第1小学", 40.0, "FACILITY_MERGED"),
        ("柳林镇第十二小学", "柳林镇第１２小学（公办）", 40.0, "FACILITY_MERGED"),
        ("固始县第一小学", "第一小学", 100.0, "FACILITY_MERGED"),
        ("实验小学（北门）", "实验小学南门", 500.0, "FACILITY_MERGED"),
        ("实验小学（本部）", "实验小学", 250.0, "FACILITY_MERGED"),
        ("实验小学（东校区）", "实验小学东区", 250.0, "FACILITY_MERGED"),
        ("实验小学（东校区）", "实验小学", 250.0, "FACILITY_CAMPUS"),
        ("实验小学东校区", "实验小学西校区", 10.0, "FACILITY_CAMPUS"),
        ("阳光幼儿园", "阳光幼儿园第二分园", 1500.0, "FACILITY_CAMPUS"),
        ("第一小学", "第二小学", 10.0, "FACILITY_NEARBY"),
    ],
)
def test_two_records_of_one_name_are_one_or_named(
    first: str, second: str, x: float, told: str
) -> None:
    frames = [layer((first, Point(0, 0))), layer((second, Point(x, 0)), source="b")]
    both = merge_facilities([layer((first, Point(0, 0)), (second, Point(x, 0)))])
    merged, findings = zip(both, merge_facilities(frames), strict=True)
    assert list(map(codes, findings)) == [[told], [told]]
    assert list(map(len, merged)) == [1 if told == "FACILITY_MERGED" else 2] * 2
    assert second in findings[0][0].text("zh")


def test_one_name_far_away_is_another_place_and_an_ending_alone_is_not_enough() -> None:
    far = layer(("甲小学", Point(0, 0)), ("甲小学", Point(2001, 0)))
    endings = layer(("静海实验小学", Point(0, 0)), ("实验小学", Point(101, 0)))
    for merged, findings in each(map(merge_facilities, ([far], [endings]))):
        assert (len(merged), findings) == (2, ())


def test_both_sides_of_a_bus_stop_stay_two() -> None:
    stops = layer(("人民路", Point(0, 0)), ("人民路", Point(101, 0)), kind="公交站")
    merged, findings = merge_facilities([stops])
    assert (len(merged), findings) == (2, ())


def test_gates_are_entrances_of_their_school() -> None:
    rows = (
        ("甲小学", Point(0, 0)),
        ("甲小学(北门)", Point(0, 200)),
        ("甲小学(南门)", Point(0, -150)),
    )
    merged, _ = merge_facilities([layer(*rows, capacity=[600, 600, 600])])
    assert list(merged["name"]) == ["甲小学"]
    assert list(merged["capacity"]) == [600]
    assert merged.geometry[0].equals(shapely.MultiPoint([(0, 200), (0, -150)]))


def test_two_numbers_of_places_are_told_and_the_first_list_counts() -> None:
    first = layer(("甲小学", Point(0, 0)), capacity=[600])
    merged, findings = merge_facilities([first, layer(("甲小学", Point(9, 0)), capacity=[450])])
    assert list(merged["capacity"]) == [600]
    assert codes(findings) == ["FACILITY_MERGED", "FACILITY_PLACES_DIFFER"]
    assert "450" in findings[1].text("en")


def test_another_kind_at_the_same_place_is_another_facility() -> None:
    frames = [
        layer(("甲学校", SQUARE)),
        layer(("甲学校", Point(50, 50)), kind="幼儿园", source="b"),
    ]
    merged, findings = merge_facilities(frames)
    assert list(merged["kind"]) == ["primary_school", "kindergarten"]
    assert findings == ()


def test_primary_and_junior_rows_of_one_list_stay_two() -> None:
    rows = layer(("甲学校", Point(0, 0)), ("甲学校", Point(0, 0)), kind=None, kind_word=["", ""])
    rows = rows.assign(kind=["primary_school", "junior_school"], facility_id=["a", "b"])
    assert len(merge_facilities([rows])[0]) == 2


def test_a_school_of_unknown_level_takes_the_level() -> None:
    drawn = osm(("阳光学校", SCHOOL, SQUARE), ("", SCHOOL, box(1000, 0, 1100, 100)))
    official = layer(("阳光学校", Point(50, 50)), ("乙小学", Point(1050, 50)))
    merged, _ = merge_facilities([drawn, official])
    assert list(merged["kind"]) == ["primary_school", "primary_school"]
    assert list(merged["name"]) == ["阳光学校", "乙小学"]


def test_other_numbers_inside_an_area_are_kept_apart_and_remarked_on() -> None:
    merged, findings = merge_facilities(
        [osm(("城关一小", SCHOOL, SQUARE), ("城关二小", SCHOOL, Point(9, 9)))]
    )
    assert len(merged) == 2
    assert codes(findings) == ["FACILITY_NEARBY"]


def test_one_point_of_another_name_inside_is_the_same_place_but_not_two() -> None:
    one = layer(("外国语小学", Point(9, 9)))
    two = layer(("外国语小学", Point(9, 9)), ("育才小学", Point(90, 90)))
    drawn = osm(("实验小学", SCHOOL, SQUARE))
    assert len(merge_facilities([one, drawn])[0]) == 1
    merged, findings = merge_facilities([two, drawn])
    assert len(merged) == 3
    assert codes(findings) == ["FACILITY_NEARBY"]


def test_neighbouring_campuses_are_two_and_need_no_remark() -> None:
    drawn = osm(("甲小学", SCHOOL, SQUARE), ("乙小学", SCHOOL, box(105, 0, 200, 100)))
    merged, findings = merge_facilities([drawn])
    assert (len(merged), findings) == (2, ())


def test_a_name_that_only_says_the_kind_is_no_name() -> None:
    pitch = {"leisure": "pitch"}
    courts = osm(("篮球场", pitch, SQUARE), ("篮球场", pitch, box(110, 0, 210, 100)))
    assert len(merge_facilities([courts])[0]) == 2


def test_halves_of_one_park_are_joined() -> None:
    park = {"leisure": "park"}
    merged, _ = merge_facilities(
        [osm(("古城公园", park, SQUARE), ("古城公园", park, box(110, 0, 210, 100)))]
    )
    assert list(merged["area_m2"]) == [20_000]


@pytest.mark.parametrize(("x", "count"), [(50.0, 1), (50.1, 2)])
def test_unnamed_areas_are_one_from_half_in_common(x: float, count: int) -> None:
    pitch = {"leisure": "pitch"}
    merged, _ = merge_facilities([osm(("", pitch, SQUARE), ("", pitch, box(x, 0, x + 100, 100)))])
    assert len(merged) == count


def test_unknown_kinds_are_set_aside_with_the_row() -> None:
    rows = gpd.GeoDataFrame(
        {"kind": ["小学", "幼儿院"]}, geometry=[Point(0, 0)] * 2, crs=CRS, index=[2, 3]
    )
    merged, findings = merge_facilities([facilities_from_layer(rows, kind=None, source="x.csv")])
    assert len(merged) == 1
    assert (findings[0].code, findings[0].row, findings[0].value) == ("TYPE_UNKNOWN", 3, "幼儿院")
    assert "幼儿园" in findings[0].fix()


def test_repeated_ids_get_an_ending_and_a_finding() -> None:
    rows = layer(
        ("甲", Point(0, 0)), ("乙", Point(900, 0)), ("丙", Point(1800, 0)), id=["1", "1", "1~2"]
    )
    merged, findings = merge_facilities([rows])
    assert sorted(merged["facility_id"]) == ["1", "1~2", "1~3"]
    assert codes(findings) == ["FACILITY_ID_REPEATED"]


@pytest.mark.parametrize(
    ("word", "code"), [("中学", "KIND_VAGUE_COUNTED"), ("学校", "KIND_VAGUE_LEFT_OUT")]
)
def test_levels_that_are_not_told_are_remarked_on(word: str, code: str) -> None:
    _, findings = merge_facilities([layer(("甲", Point(0, 0)), kind=word)])
    assert codes(findings) == [code]


def test_nothing_is_lost_and_the_order_of_rows_does_not_matter() -> None:
    rng = np.random.default_rng(7)
    xy = rng.uniform(0, 600, (60, 2))
    rows = [(f"第{n % 9}小学", Point(p)) for n, p in enumerate(xy)]
    sizes = []
    for turn in (rows, rows[::-1]):
        merged, findings = merge_facilities([layer(*turn)])
        taken = [i for text in merged["merged"] for i in text.split(";") if i]
        assert len(merged) + len(taken) == 60
        assert len(set(merged["facility_id"]) | set(taken)) == 60
        assert codes(findings).count("FACILITY_MERGED") == len(taken)
        sizes.append(sorted(merged["facility_id"]))
    assert sizes[0] == sizes[1]


def test_the_callers_frames_do_not_change() -> None:
    frame = layer(("甲小学", Point(0, 0)), ("甲小学", Point(1, 0)))
    before = frame.copy()
    merge_facilities([frame])
    assert frame.equals(before)


def test_no_frames_empty_frames_and_degrees() -> None:
    assert merge_facilities([])[0].empty
    assert merge_facilities([layer()])[0].empty
    with pytest.raises(InputRefused):
        merge_facilities([layer(("甲", Point(0, 0))).set_crs("EPSG:4326", allow_override=True)])


def test_every_finding_code_has_its_texts() -> None:
    frames = [layer(("甲小学", Point(0, 0)), ("甲小学", Point(1, 0)), ("乙小学", Point(5, 0)))]
    _, findings = merge_facilities(frames)
    for finding, lang in itertools.product(each(findings), ("zh", "en")):
        assert "{" not in finding.text(lang)  # type: ignore[arg-type]


def test_a_layer_of_unknown_kinds_only_leaves_nothing_but_findings() -> None:
    merged, findings = merge_facilities([layer(("甲", Point(0, 0)), kind=None)])
    assert (len(merged), codes(findings)) == (0, ["TYPE_UNKNOWN"])
    assert "rank" not in merged
