from __future__ import annotations

import pytest
from nonempty import each

from geo.bundled import load_toml
from geo.findings import InputRefused
from geo.read.columns import columns, header_hits, header_unit, map_columns, plain

KNOWN = columns()


@pytest.mark.parametrize("name", KNOWN)
def test_every_synonym_finds_its_column(name):
    for word in each(KNOWN[name].synonyms):
        assert map_columns([word], KNOWN, file="t.csv").header.get(name) == word, word


def test_every_column_has_a_unit_that_is_known():
    units = load_toml("columns.toml")["unit"]
    assert {c.unit for c in KNOWN.values() if c.unit} <= set(units)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("学校名称", "name"),
        (" 名 称 *", "name"),
        ("LNG", "longitude"),
        ("Ｘ坐标", "x"),
        ("POINT_Y", "y"),
        ("用地面积（亩）", "area_m2"),
        ("age_0_2", "age_0_2"),
        ("城乡分类", "ur_code"),
    ],
)
def test_headers(header, name):
    assert map_columns([header], KNOWN, file="t.csv").header == {name: header}


def test_the_first_synonym_wins_and_the_choice_is_told():
    mapped = map_columns(["学校名称", "名称"], KNOWN, file="t.csv")
    assert mapped.header["name"] == "名称"
    assert [f.code for f in mapped.findings] == ["HEADER_CHOICE"]


def test_a_name_that_a_dbf_has_cut_is_taken_and_told():
    mapped = map_columns(["在园人数合"], KNOWN, file="t.shp")
    assert mapped.header == {"enrolled": "在园人数合"}
    assert [f.code for f in mapped.findings] == ["FIELD_TRUNCATED"]


def test_the_unit_in_the_header():
    assert header_unit("用地面积（单位：亩）") == "亩"
    assert header_unit("用地面积") is None
    assert map_columns(["占地面积(公顷)"], KNOWN, file="t.csv").factor == {"area_m2": 10_000}


def test_a_header_is_compared_without_marks():
    assert plain("\uff0aPOINT_ X：") == "pointx"
    assert header_hits(["编号", "id", None, ""], KNOWN) == 1


def test_the_study_names_its_own_columns(tmp_path):
    mapped = map_columns(["名称", "校"], KNOWN, file="t.csv", own={"name": "校"})
    assert mapped.header["name"] == "校"
    with pytest.raises(InputRefused, match="HEADER_MISSING"):
        map_columns(["校区"], KNOWN, file="t.csv", own={"name": "校名"})
    extra = tmp_path / "own.toml"
    extra.write_text(
        '[column.name]\nsynonyms = ["园区"]\n[column.gate]\nsynonyms = ["门"]', "utf-8"
    )
    mapped = map_columns(["园区", "门"], columns(extra), file="t.csv")
    assert mapped.header == {"name": "园区", "gate": "门"}


def test_a_broken_file_of_own_columns_is_refused(tmp_path):
    (tmp_path / "own.toml").write_text("[column", "utf-8")
    with pytest.raises(InputRefused, match="TOML_SYNTAX"):
        columns(tmp_path / "own.toml")
