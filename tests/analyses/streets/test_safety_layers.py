from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from nonempty import each
from shapely.geometry import Point

from analyses.streets.official import (
    canonical,
    layer_names,
    layers_from_osm,
    number_of,
    osm_wanted,
    unread,
    word_of,
)
from geo.bundled import load_toml

RULES = load_toml("rules/safety_layers.toml")


def office(**columns: list[Any]) -> gpd.GeoDataFrame:
    count = len(next(iter(columns.values())))
    return gpd.GeoDataFrame(columns, geometry=[Point(i, 0) for i in range(count)], crs="EPSG:4548")


def osm(*things: tuple[str, dict[str, str]]) -> gpd.GeoDataFrame:
    data = {
        "layer": [f"safety:{name}" for name, _ in things],
        "osm_id": [f"n{i}" for i in range(len(things))],
        "name": None,
        "tags": [tags for _, tags in things],
    }
    points = [Point(i, 0) for i in range(len(things))]
    return gpd.GeoDataFrame(pd.DataFrame(data), geometry=points, crs="EPSG:4548")


@pytest.mark.parametrize("name", layer_names())
def test_every_layer_has_titles_and_columns_that_can_be_read(name: str) -> None:
    assert RULES["layer"][name]["zh"]
    assert RULES["layer"][name]["en"]


@pytest.mark.parametrize(
    ("column", "spec"),
    [row for name in layer_names() for row in RULES["layer"][name].get("column", {}).items()],
)
def test_every_column_can_be_read(column: str, spec: dict[str, Any]) -> None:
    assert spec["type"] in ("number", "speed", "word", "text")
    assert spec["headers"][0] == column
    assert spec["type"] != "word" or spec["words"] in RULES["words"]


def test_what_osm_rules_say_are_words_of_the_column() -> None:
    layers = [RULES["layer"][name] for name in layer_names()]
    words = [
        (word, RULES["words"][layer["column"][column]["words"]])
        for layer in layers
        for rule in layer.get("osm", [])
        for column, word in rule.items()
        if column != "when"
    ]
    for word, known in each(words):
        assert word in known


@pytest.mark.parametrize("listed", sorted(RULES["words"]))
def test_no_word_has_two_meanings_and_each_means_itself(listed: str) -> None:
    words = RULES["words"][listed]
    for meaning, forms in each(words.items()):
        assert [word_of(form, words) for form in [meaning, *forms]] == [meaning] * (len(forms) + 1)


@pytest.mark.parametrize(
    ("name", "header", "cell", "column", "expected"),
    [
        ("traffic_counts", "日交通量", "12,500辆", "vehicles_day", 12500.0),
        ("traffic_counts", "高峰小时交通量", 840, "vehicles_hour", 840.0),
        ("signal_timings", "行人绿灯时间", "25秒", "green_s", 25.0),
        ("cameras", "设备类型", "闯红灯抓拍", "purpose", "red_light"),
        ("speed_limits", "限速(km/h)", "30", "speed_kmh", 30.0),
        ("parking", "停车类型", "路内停车泊位", "kind", "kerb"),
        ("crashes", "事故等级", "死亡事故", "severity", "fatal"),
        ("crashes", "是否涉及儿童", "是", "child", "yes"),
        ("signs", "标志名称", "注意儿童", "sign", "children"),
        ("bus_stops", "kind", "校车站点", "kind", "school"),
        ("pois", "经营类型", "互联网上网服务营业场所", "subject", "internet_cafe"),
        ("barriers", "护栏类型", "波形护栏", "barrier", "guard_rail"),
        ("railway", "类型", "平交道口", "railway", "level_crossing"),
        ("survey", "属性", "限速", "attribute", "speed_kmh"),
        ("survey", "属性", "G13", "attribute", "G13"),
    ],
)
def test_headers_and_words_of_offices_are_read(
    name: str, header: str, cell: object, *, column: str, expected: object
) -> None:
    found = canonical(name, office(**{header: [cell]}))
    assert found[column].tolist() == [expected]


@pytest.mark.parametrize(
    "cell", ["约500", "20-30", "-5", "", None, "很多", "9" * 400, float("nan")]
)
def test_what_is_no_number_is_unknown_and_never_zero(cell: object) -> None:
    found = canonical("traffic_counts", office(日交通量=[cell]))
    assert np.isnan(found["vehicles_day"].iloc[0])


@pytest.mark.parametrize(("seconds", "read"), [(300, 300.0), (301, np.nan), (0.5, np.nan)])
def test_a_number_beyond_its_bounds_is_unknown(seconds: float, read: float) -> None:
    found = canonical("signal_timings", office(绿灯时间=[seconds]))["green_s"].iloc[0]
    assert found == pytest.approx(read, nan_ok=True)


def test_a_layer_keeps_its_rows_and_says_where_it_is_from() -> None:
    frame = office(限速=["30", "?"], 道路=["a", "b"]).set_index(pd.Index([7, 9]))
    found = canonical("speed_limits", frame)
    assert found.index.tolist() == [7, 9]
    assert found["source"].tolist() == ["official"] * 2
    assert found.crs == frame.crs
    assert list(frame.columns) == ["限速", "道路", "geometry"]


def test_a_survey_is_a_source_of_its_own() -> None:
    found = canonical("survey", office(object_id=["w1:2-3"], attribute=["lanes"], value=["4"]))
    assert found["source"].tolist() == ["survey"]
    assert found["date"].tolist() == [None]


def test_missing_columns_are_unknown() -> None:
    found = canonical("traffic_counts", office(a=["1"]))
    assert found[["vehicles_day", "vehicles_hour"]].isna().all(axis=None)
    assert canonical("parking", office(a=["1"]))["kind"].tolist() == [None]


def test_cells_that_cannot_be_read_are_told() -> None:
    frame = office(限速=["30", "慢行", "", None])
    assert unread("speed_limits", frame) == {"限速": ["慢行"]}
    assert unread("survey", office(attribute=["x"], value=["y"])) == {}


def test_the_first_rule_that_matches_names_an_osm_thing() -> None:
    features = osm(
        ("parking", {"amenity": "parking", "parking": "lane"}),
        ("parking", {"amenity": "parking"}),
        ("railway", {"railway": "rail", "bridge": "yes"}),
    )
    found = layers_from_osm(features)
    assert list(found) == ["parking", "railway"]
    assert found["parking"]["kind"].tolist() == ["kerb", "lot"]
    assert found["parking"]["source"].tolist() == ["tag", "tag"]
    assert found["railway"]["bridge"].tolist() == ["yes"]


def test_of_what_osm_shows_nothing_there_is_no_layer() -> None:
    assert layers_from_osm(osm(("water", {"natural": "water"}))).keys() == {"water"}
    assert layers_from_osm(osm(("water", {"natural": "water"})).iloc[:0]) == {}


def test_each_osm_layer_is_asked_for_under_its_own_name() -> None:
    wanted = osm_wanted()
    assert all(name.startswith("safety:") for name in wanted)
    assert {"highway": "street_lamp"} in wanted["safety:street_lights"]
    assert "safety:survey" not in wanted


@pytest.mark.parametrize("text", ["=cmd()", "<script>", "\x00", "K" * 5000, "停", ""])
def test_a_strangers_text_means_nothing(text: str) -> None:
    assert word_of(text, RULES["words"]["parking"]) is None
    assert number_of(text) is None
