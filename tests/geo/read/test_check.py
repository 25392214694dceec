from __future__ import annotations

import csv
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyses.run.check import check_inputs
from geo.read.check import checked_layer
from geo.read.options import ReadOptions
from geo.text import formula_restored, formula_safe

TABLE = (
    "编号,名称,类型,经度,纬度,学位\nF1,=1+1,小学,116.9,38.95,1200\nF2,@SUM(1),小学,abc,38.95,-5\n"
    "F3,示例三,小学,116.91,38.95,3,多\n"
)


def checked(tmp_path):
    path = tmp_path / "学校.csv"
    path.write_text(TABLE, "utf-8")
    return check_inputs(path, tmp_path / "out")


def test_the_report_counts_every_row_and_says_all_in_both_languages(tmp_path):
    checked(tmp_path)
    report = json.loads((tmp_path / "out/report.json").read_text("utf-8"))
    counts = (report["rows_in"], report["rows_used"], report["rows_rejected"])
    assert counts == (3, 1, 2)
    assert report["codes"] == {"COORD_TEXT": 1, "NUMBER_RANGE": 1, "ROW_LENGTH": 1}
    assert all(f["zh"]["why"] and f["en"]["fix"] for f in report["findings"])


def test_reading_tells_its_stages(tmp_path):
    path = tmp_path / "学校.csv"
    path.write_text(TABLE, "utf-8")
    stages = []
    checked_layer(path, options=ReadOptions(progress=stages.append))
    assert stages == ["open", "places", "values", "copies"]


def test_rejects_keep_the_original_cells_and_run_nothing(tmp_path):
    checked(tmp_path)
    data = (tmp_path / "out/rejects.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(data.decode("utf-8-sig").splitlines()))
    assert [row["行号"] for row in rows] == ["3", "4"]
    assert (rows[0]["名称"], rows[0]["经度"], rows[0]["学位"]) == ("'@SUM(1)", "abc", "-5")
    assert rows[0]["code"] == "COORD_TEXT; NUMBER_RANGE"
    assert rows[1]["raw_line"] == "F3,示例三,小学,116.91,38.95,3,多"


def test_corrected_rejects_can_be_read_again(tmp_path):
    checked(tmp_path)
    path = tmp_path / "out/rejects.csv"
    path.write_text(
        path.read_text("utf-8-sig").replace(",abc,", ",116.92,").replace("-5", "5"), "utf-8"
    )
    again = checked_layer(path)
    assert again.layer is not None
    assert again.layer.frame["name"].tolist() == ["@SUM(1)", "示例三"]
    assert (again.rows_in, again.rows_rejected) == (2, 0)


def test_a_refused_file_has_a_report_and_no_rejects(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("", "utf-8")
    found = check_inputs(path, tmp_path / "out", lang="en").files[0]
    assert (found.outcome, found.rows_in) == ("refuse", 0)
    assert not (tmp_path / "out/rejects.csv").exists()
    assert json.loads((tmp_path / "out/report.json").read_text("utf-8"))["outcome"] == "refuse"


def test_the_same_file_gives_the_same_bytes(tmp_path):
    checked(tmp_path)
    first = {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()}
    checked(tmp_path)
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()} == first


@given(st.text(max_size=12))
def test_a_text_comes_back_from_a_spreadsheet_as_it_was(text):
    assert formula_restored(formula_safe(text)) == text


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1"])
def test_what_a_spreadsheet_would_run_is_quoted(text):
    assert formula_safe(text) == "'" + text


@pytest.mark.parametrize("text", ["-5.2", "+3", "示例", "F1", ""])
def test_numbers_and_plain_texts_stay(text):
    assert formula_safe(text) == text
