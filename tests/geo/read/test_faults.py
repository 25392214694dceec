"""Does each kind of faulty table become what it must?  Our own small cases, written by hand."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.findings import InputRefused
from geo.read.check import Checked, checked_layer
from geo.read.options import ReadOptions
from geo.read.readers import read_layer

KINDS = {"小学": "primary", "幼儿园": "kindergarten", "公园": "park"}
HEADER = "编号,名称,类型,经度,纬度,学位"
ROWS = (
    "F1,示例一小,小学,116.9000,38.9500,1200",
    "F2,示例二小,小学,116.9100,38.9510,900",
    "F3,示例一幼,幼儿园,116.9200,38.9520,270",
    "F4,示例公园,公园,116.9300,38.9530,",
)


def table(*rows: str, header: str = HEADER, end: str = "\n") -> str:
    return end.join([header, *rows]) + end


def check(folder: Path, data: str | bytes, *, name: str = "t.csv", **options: object) -> Checked:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    own = {key: value for key, value in options.items() if key in ("layer", "crs", "columns")}
    rare = {"kinds": KINDS, "required": ("name", "kind"), **options}
    rare = {key: value for key, value in rare.items() if key not in own}
    return checked_layer(path, **own, options=ReadOptions(**rare))


def column(number: int, values: list[str]) -> str:
    """Return the good table with one column replaced (0 = id)."""
    rows = [row.split(",") for row in ROWS]
    for row, value in zip(rows, values, strict=True):
        row[number] = value
    return table(*(",".join(row) for row in rows))


def codes(found: Checked) -> set[str]:
    return {finding.code for finding in found.findings}


GOOD = table(*ROWS)
CASES = {
    # Name of the case: the content, then outcome, rows used, rows rejected, code.
    "good": (GOOD, "accept", 4, 0, None),
    "bom": (GOOD.encode("utf-8-sig"), "accept", 4, 0, None),
    "gbk": (GOOD.encode("gbk"), "accept", 4, 0, "ENCODING_GUESSED"),
    "four bytes": (
        GOOD.replace("示例一小", "示例𠮷小").encode("gb18030"),
        "accept", 4, 0, "ENCODING_GUESSED",
    ),
    "utf-16 tabs": (GOOD.replace(",", "\t").encode("utf-16"), "accept", 4, 0, "ENCODING_GUESSED"),
    "utf-16 without a mark": (GOOD.encode("utf-16-le"), "accept", 4, 0, "ENCODING_GUESSED"),
    "two encodings": (
        table(*ROWS[:2]).encode() + table(*ROWS[3:], header=ROWS[2]).encode("gbk"),
        "quarantine", 2, 2, "ENCODING_MIXED",
    ),
    "mojibake": (
        column(1, [r.split(",")[1].encode().decode("gb18030", "replace") for r in ROWS]),
        "quarantine", 0, 4, "MOJIBAKE",
    ),
    "mojibake throughout": (
        GOOD.encode().decode("gb18030", "replace"), "confirm", 0, 0, "MOJIBAKE",
    ),
    "semicolons and decimal commas": (
        GOOD.replace(",", ";").replace(".", ","), "accept", 4, 0, "DELIMITER",
    ),
    "tabs": (GOOD.replace(",", "\t"), "accept", 4, 0, "DELIMITER"),
    "sep line": ("sep=;\n" + GOOD.replace(",", ";"), "accept", 4, 0, "DELIMITER"),
    "CR only": (table(*ROWS, end="\r"), "accept", 4, 0, None),
    "CR CR LF": (table(*ROWS, end="\r\r\n"), "accept", 4, 0, None),
    "blank rows": (table(ROWS[0], "", ",,,,,", *ROWS[1:]), "accept", 4, 0, None),
    "empty surplus cells": (table(ROWS[0] + ",,", *ROWS[1:]), "accept", 4, 0, None),
    "two of one header": (GOOD.replace("类型", "名称"), "refuse", 0, 0, "HEADER_DUPLICATE"),
    "blank header": (GOOD.replace("类型", ""), "refuse", 0, 0, "HEADER_MISSING"),
    "no header": (table(*ROWS[1:], header=ROWS[0]), "refuse", 0, 0, "HEADER_MISSING"),
    "title rows and total": (
        "静海区设施一览表,,,,,\n填报单位：教育局,,,,,\n" + GOOD + "合 计,,,,,2370\n",
        "quarantine", 4, 1, "TOTAL_ROW",
    ),
    "note below": (GOOD + "注：数据截至2025年,,,,,\n", "quarantine", 4, 1, "NOTE_ROW"),
    "ragged": (
        table(ROWS[0] + ",多,余", "F2,示例二小", *ROWS[2:]), "quarantine", 2, 2, "ROW_LENGTH",
    ),
    "open quote": (GOOD.replace("示例二小", '"示例二小'), "quarantine", 3, 1, "CSV_QUOTE"),
    "quote that swallows rows": (
        GOOD.replace("示例二小", '"示例二小').replace("示例公园", '示例"公园'),
        "quarantine", 3, 1, "CSV_QUOTE",
    ),
    "text behind a quote": (
        GOOD.replace("示例二小", '"示例"二小'), "quarantine", 3, 1, "CSV_QUOTE",
    ),
    "newline and quotes": (GOOD.replace("示例一幼", '"示例\n""一""幼"'), "accept", 4, 0, None),
    "NUL": (GOOD.replace("示例二小", "示例\0二小"), "quarantine", 3, 1, "CONTROL_CHAR"),
    "long cell": (GOOD + "F9," + "长" * 40_000 + ",小学,116.9,38.9,1\n",
                  "quarantine", 4, 1, "CELL_TOO_LONG"),
    "long line": (GOOD + "F9," + "长" * 1_100_000 + ",小学,116.9,38.9,1\n",
                  "quarantine", 4, 1, "CELL_TOO_LONG"),
    "header alone": (HEADER + "\n", "refuse", 0, 0, "EMPTY"),
    "nothing": ("", "refuse", 0, 0, "EMPTY"),
    "blanks": (" \n \n", "refuse", 0, 0, "EMPTY"),
    "HTML": ("<html><table><tr><td>1</td></tr></table>", "refuse", 0, 0, "FORMAT_MISMATCH"),
    "exact copy": (table(*ROWS, ROWS[0]), "quarantine", 4, 1, "DUPLICATE"),
    "same name close by": (
        table(*ROWS, "F9,示例一小 ,小学,116.9002,38.9500,1200"), "quarantine", 4, 1, "DUPLICATE",
    ),
    "same id again": (
        table(*ROWS, "F1,另一小学,小学,116.9400,38.9500,100"), "quarantine", 4, 1, "DUPLICATE",
    ),
    "other name at one place": (
        table(*ROWS, "F9,另一小学,小学,116.9000,38.9500,100"), "accept", 5, 0, "DUPLICATE",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_file(tmp_path, name):
    data, outcome, used, rejected, code = CASES[name]
    found = check(tmp_path, data)
    assert (found.outcome, found.rows_used, found.rows_rejected) == (outcome, used, rejected)
    assert code in codes(found) if code else found.findings == ()


@pytest.mark.parametrize(
    ("values", "outcome", "rejected", "code"),
    [
        (["38.95"] * 4, "accept", 0, None),
        (["116°54′0″", "116度54分36秒", "E116°55'12\"", "116.93"], "accept", 0, "COORD_DMS"),
        (["１１６．９", "116.91", "116.92", "116.93"], "accept", 0, "FULLWIDTH"),
        (["NaN", "inf", "-inf", "1e308"], "quarantine", 4, "COORD_NONFINITE"),
        (["", "None", "#N/A", "—"], "quarantine", 4, "COORD_MISSING"),
        (["abc", "116.91", "116.92", "116.93"], "quarantine", 1, "COORD_TEXT"),
        (["216.9", "116.91", "116.92", "116.93"], "quarantine", 1, "COORD_RANGE"),
        (["116905000", "116.91", "116.92", "116.93"], "quarantine", 1, "COORD_RANGE"),
        (["86.9", "116.91", "116.92", "116.93"], "quarantine", 1, "OUTSIDE_AREA"),
    ],
)
def test_longitudes(tmp_path, values, outcome, rejected, code):
    data = column(3, values) if code else GOOD
    found = check(tmp_path, data)
    assert (found.outcome, found.rows_rejected) == (outcome, rejected)
    assert code is None or code in codes(found)


def test_null_island(tmp_path):
    found = check(tmp_path, table(*ROWS, "F9,示例九小,小学,0,0,1"))
    assert (found.rows_rejected, codes(found)) == (1, {"NULL_ISLAND"})


def swapped(row: str) -> str:
    cells = row.split(",")
    return ",".join([*cells[:3], cells[4], cells[3], cells[5]])


def test_all_swapped_is_confirmed_by_one_setting(tmp_path):
    data = table(*map(swapped, ROWS))
    assert check(tmp_path, data).outcome == "confirm"
    found = check(tmp_path, data, swap_xy=True)
    assert found.layer is not None
    assert found.layer.frame.geometry.iloc[0].coords[0] == (116.9, 38.95)


def test_some_swapped_are_set_aside(tmp_path):
    found = check(tmp_path, table(swapped(ROWS[0]), *ROWS[1:]))
    assert (found.outcome, found.rows_used, codes(found)) == ("quarantine", 3, {"SWAPPED_XY"})


def test_one_column_of_coordinates_is_confirmed_by_name(tmp_path):
    data = 'F1,示例一小,小学,"116.9, 38.95",1\nF2,示例二小,小学,"116.91 38.96",2\n'
    data = "编号,名称,类型,坐标,学位\n" + data
    assert codes(check(tmp_path, data)) == {"COORD_COLUMN"}
    found = check(tmp_path, data, columns={"lonlat": "坐标"})
    assert found.layer is not None
    assert found.layer.frame.geometry.iloc[1].coords[0] == (116.91, 38.96)


def test_metres_need_a_crs(tmp_path):
    # 117 E is the central meridian of EPSG:4548: easting 500 km there.
    data = "编号,名称,X,Y\n" + "".join(f"F{i},示例{i},{500000 + i},4312000\n" for i in range(3))
    found = check(tmp_path, data, kinds=None, required=(), area=(116.5, 38.5, 117.5, 39.5))
    assert codes(found) == {"CRS_MISSING"}
    assert "EPSG:4548" in found.findings[0].why("zh")
    found = check(tmp_path, data, kinds=None, required=(), crs="EPSG:4548")
    assert found.layer is not None
    assert found.layer.frame.geometry.iloc[0].x == pytest.approx(117.0, abs=1e-9)


def test_survey_order_is_confirmed(tmp_path):
    data = "编号,名称,X,Y\n" + "".join(f"F{i},示例{i},4312000,{500000 + i}\n" for i in range(3))
    found = check(tmp_path, data, kinds=None, required=(), crs="EPSG:4548")
    assert codes(found) == {"SWAPPED_XY"}


def test_wrong_zone_is_named(tmp_path):
    # The area lies at 116.9 E, the points at 113.915 E: 2.985 x 111.19 km x cos 38.95 = 258 km.
    data = column(3, ["113.9000", "113.9100", "113.9200", "113.9300"])
    found = check(tmp_path, data, area=(116.8, 38.9, 117.0, 39.0))
    assert (found.outcome, codes(found)) == ("confirm", {"OUTSIDE_AREA"})
    assert found.findings[0].detail["km"] == "258"


@pytest.mark.parametrize(
    ("value", "kept", "number", "code"),
    [
        ('"1,200"', True, 1200, "NUMBER_TEXT"),
        ("'900", True, 900, "NUMBER_TEXT"),
        ("２７０", True, 270, "NUMBER_TEXT"),
        ("360人", True, 360, "NUMBER_TEXT"),
        ("180\u00a0", True, 180, "NUMBER_TEXT"),
        ("1e3", True, 1000, "NUMBER_TEXT"),
        ("—", True, None, "NUMBER_UNKNOWN"),
        ("无", True, None, "NUMBER_UNKNOWN"),
        ("约40", False, None, "NUMBER_TEXT"),
        ("1.5千", False, None, "NUMBER_TEXT"),
        ("-30", False, None, "NUMBER_RANGE"),
        ("1000000000", False, None, "NUMBER_RANGE"),
        ("270.5", False, None, "NUMBER_RANGE"),
        ("true", False, None, "NUMBER_RANGE"),
        ("", True, None, None),
        ("0", True, 0, None),
    ],
)
def test_capacities(tmp_path, value, kept, number, code):
    found = check(tmp_path, column(5, [value, "1", "2", "3"]))
    assert found.layer is not None
    assert found.rows_used == 3 + kept
    assert codes(found) == ({code} if code else set())
    first = found.layer.frame["capacity"].tolist()[:1] if kept else []
    assert first == pytest.approx([math.nan if number is None else number] * kept, nan_ok=True)


@pytest.mark.parametrize(
    ("header", "value", "area_m2"),
    [
        ("用地面积（亩）", "3", 2000),
        ("用地面积", "3亩", 2000),
        ("占地面积(公顷)", "0.5", 5000),
        ("占地面积㎡", "800", None),
        ("占地面积（㎡）", "800㎡", 800),
    ],
)
def test_areas_are_square_metres(tmp_path, header, value, area_m2):
    found = check(tmp_path, table(*(r + "," + value for r in ROWS), header=HEADER + "," + header))
    assert found.layer is not None
    first = None if area_m2 is None else found.layer.frame["area_m2"].iloc[0]
    assert first == (None if area_m2 is None else pytest.approx(area_m2))


def test_a_foreign_unit_is_refused(tmp_path):
    data = table(*(r + ",3" for r in ROWS), header=HEADER + ",用地面积（英亩）")
    assert codes(check(tmp_path, data)) == {"UNIT_UNKNOWN"}


def test_ids_stay_text(tmp_path):
    found = check(tmp_path, column(0, ["0012", "120118001002", "F-3", ""]))
    assert found.layer is not None
    assert found.layer.frame["id"].tolist() == ["0012", "120118001002", "F-3", ""]
    assert codes(found) == {"ID_MISSING"}


@pytest.mark.parametrize(
    ("ids", "rejected", "code"),
    [
        (["1.20223E+17", "2", "3", "4"], 1, "ID_EXPONENT"),
        (["=ROW()", "2", "3", "4"], 0, "ID_FORMULA"),
        (["110101201001010010", "2", "3", "4"], 0, "ID_PERSONAL"),
        (["F7", "f7", "8", "9"], 1, "ID_SIMILAR"),
        (["F7", "\uff267", "8", " f7 "], 2, "ID_SIMILAR"),
        (["7", "7", "7", "7"], 0, "ID_NOT_UNIQUE"),
    ],
)
def test_ids(tmp_path, ids, rejected, code):
    found = check(tmp_path, column(0, ids))
    assert found.rows_rejected == rejected
    assert codes(found) == {code}
    assert all("110101201001010010" not in f.text() for f in found.findings)


@pytest.mark.parametrize(
    ("name", "kept", "shown", "code"),
    [
        ("静海\u200b实验小学", True, "静海实验小学", "NAME_INVISIBLE"),
        ("\u202e学小二第", True, "学小二第", "NAME_INVISIBLE"),
        ("小学\x07\x1b[31m红", True, "小学[31m红", "NAME_CONTROL"),
        ("字" * 600, False, None, "NAME_TOO_LONG"),
        ("   ", False, None, "NAME_BLANK"),
        ("école", True, "école", None),
        ("=1+1", True, "=1+1", None),
        ("{{7*7}}<script>", True, "{{7*7}}<script>", None),
    ],
)
def test_names(tmp_path, name, kept, shown, code):
    found = check(tmp_path, column(1, [name, "甲", "乙", "丙"]))
    assert found.layer is not None
    assert codes(found) == ({code} if code else set())
    assert found.rows_used == 3 + kept
    assert found.layer.frame["name"].iloc[0] == (shown if kept else "甲")


@pytest.mark.parametrize(
    ("kind", "known", "near"),
    [("小学 ", True, ""), ("幼 儿园", True, ""), ("小學", False, "小学"),
     ("幼稚園", False, "幼儿园"),
     ("xx", False, "公园"), ("", False, "")],
)  # fmt: skip
def test_kinds(tmp_path, kind, known, near):
    found = check(tmp_path, column(2, [kind, "小学", "公园", "公园"]))
    assert found.rows_used == 3 + known
    assert codes(found) == {"TYPE_WRITTEN" if known else "TYPE_UNKNOWN"}
    assert near in found.findings[0].fix()


def test_personal_columns_are_dropped_and_never_quoted(tmp_path):
    secret = ("王小明", "12010120150101001X", "13800000000")
    rows = [r + "," + ",".join(secret) + ",家访" + secret[2] for r in ROWS]
    bad = "F9,示例九小,小学,200,38.9,1," + ",".join(secret) + ",x,y"
    header = HEADER + ",学生姓名,身份证号,家长手机,备注"
    found = check(tmp_path, table(*rows, bad, header=header))
    assert found.layer is not None
    assert (found.rows_used, found.rows_rejected) == (4, 1)
    told = "".join(f.text() for f in found.findings)
    told += found.layer.rejected.to_csv() + found.layer.frame.to_csv()
    assert not [word for word in secret if word in told]


def test_personal_columns_stay_where_the_study_allows_them(tmp_path):
    data = table(*(r + ",王小明" for r in ROWS), header=HEADER + ",学生姓名")
    found = check(tmp_path, data, allow_pii=True)
    assert found.layer is not None
    assert "学生姓名" in found.layer.frame


def test_counts_of_persons_are_not_personal(tmp_path):
    data = table(*(r + ",1200" for r in ROWS), header=HEADER + ",户籍人口数")
    assert check(tmp_path, data).findings == ()


def test_points_of_children_are_marked_and_not_quoted(tmp_path):
    data = "儿童编号,经度,纬度,年龄\nK1,116.9,38.9,4\nK2,116.901,38.9,4\nK3,116.9,99,4\n"
    found = check(tmp_path, data, required=(), kinds=None)
    assert (found.rows_used, codes(found)) == (2, {"PII_POINTS", "COORD_RANGE"})
    assert all("116.9" not in f.text() for f in found.findings)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("http://x.example/a.csv", "PATH_NOT_ALLOWED"),
        ("/vsicurl/http://x.example/a.csv", "PATH_NOT_ALLOWED"),
        ("../../../etc/hostname", "PATH_OUTSIDE"),
        ("学校数据.csv", "FILE_NOT_FOUND"),
        ("a.vrt", "FORMAT_NOT_ALLOWED"),
    ],
)
def test_paths(tmp_path, path, code):
    study = tmp_path / "a" / "study"
    study.mkdir(parents=True)
    (study / "学校 数据.csv").write_text(GOOD, "utf-8")
    (study / "a.vrt").write_text("<OGRVRTDataSource/>", "utf-8")
    with pytest.raises(InputRefused) as refused:
        read_layer(path, options=ReadOptions(base=study))
    assert refused.value.findings[0].code == code
    assert ("学校 数据.csv" in refused.value.text()) == (code == "FILE_NOT_FOUND")


def test_the_study_names_a_column(tmp_path):
    data = GOOD.replace("名称", "啥")
    assert codes(check(tmp_path, data)) == {"HEADER_MISSING"}
    assert check(tmp_path, data, columns={"name": "啥"}).rows_used == 4
    assert codes(check(tmp_path, data, columns={"name": "哪"})) == {"HEADER_MISSING"}


def test_a_header_of_two_rows(tmp_path):
    data = "编号,名称,经度,纬度,在园人数,,\n,,,,合计,男,女\nF1,示例一幼,116.9,38.9,30,16,14\n"
    found = check(tmp_path, data, required=(), kinds=None)
    assert found.layer is not None
    assert found.layer.frame["enrolled"].tolist() == [30]
    assert {"在园人数男", "在园人数女"} <= set(found.layer.frame)


cells = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=6)


@given(st.lists(st.lists(cells, min_size=1, max_size=8), max_size=12), st.sampled_from("\n\r"))
def test_every_row_is_counted(tmp_path_factory, rows, end):
    lines = [",".join(c.replace('"', "").replace("\n", "").replace("\r", "") for c in row)
             for row in rows]  # fmt: skip
    found = check(tmp_path_factory.mktemp("h"), end.join([HEADER, *ROWS, *lines]) + end)
    filled = sum(any(c.strip() for c in line.split(",")) for line in lines)
    assert found.rows_in == 4 + filled == found.rows_used + found.rows_rejected


def test_the_crs_of_the_study_wins_and_the_file_is_told(tmp_path):
    data = (
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"名称":"甲"},'
        '"geometry":{"type":"Point","coordinates":[116.91,38.95]}}]}'
    )
    found = check(tmp_path, data, name="t.geojson", kinds=None, required=(), crs="GCJ-02")
    assert found.layer is not None
    assert (found.layer.crs_read, codes(found)) == ("GCJ-02", {"CRS_OVERRIDE"})
    assert 300 < 111_000 * (116.91 - found.layer.frame.geometry.iloc[0].x) < 700


def test_a_table_without_places_is_read_where_none_are_needed(tmp_path):
    data = "区划代码,3-5岁\n120118001002,31\n120118001003,28\n"
    found = check(tmp_path, data, kinds=None, required=("area_code",), located=False)
    assert found.layer is not None
    assert found.layer.frame["age_3_5"].tolist() == [31, 28]
    assert found.layer.frame["area_code"].tolist() == ["120118001002", "120118001003"]
    assert codes(check(tmp_path, data, kinds=None, required=())) == {"HEADER_MISSING"}
