"""Tables open as they are: text stays text, numbers are numbers, the notes come first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from maps.files.workbook import write_csv, write_workbook

HOSTILE = ["=1+1", "+1", "-1+2", "@SUM(A1)", '=HYPERLINK("http://x")', "{{7*7}}", "<b>x</b>", "１"]


def sheet(tmp_path: Path, table: pd.DataFrame) -> Worksheet:
    path = tmp_path / "t.xlsx"
    write_workbook(path, {"total": table}, notes=[("来源", "=1+1")], lang="zh")
    return openpyxl.load_workbook(path)["总体"]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_never_becomes_a_formula_or_a_link(tmp_path: Path, text: str) -> None:
    cell = sheet(tmp_path, pd.DataFrame({"name": [text]}))["A2"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


def test_headers_are_chinese_and_frozen(tmp_path: Path) -> None:
    page = sheet(tmp_path, pd.DataFrame({"name": ["甲"], "share_walk": [0.25], "children": [8]}))
    assert [c.value for c in page[1]] == ["名称", "儿童覆盖率（门到门）", "儿童数"]
    assert page.freeze_panes == "C2"
    assert (page["B2"].value, page["B2"].number_format) == (0.25, "0.0%")


def test_unknown_is_empty_and_unreachable_is_a_sign(tmp_path: Path) -> None:
    page = sheet(tmp_path, pd.DataFrame({"walk_m": [np.nan, np.inf, 3.0]}))
    assert [page[f"A{n}"].value for n in (2, 3, 4)] == [None, "∞", 3]


def test_the_first_sheet_is_the_notes(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    write_workbook(path, {"total": pd.DataFrame({"name": ["甲"]})}, notes=[("来源", "=1")])
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["说明", "总体"]
    assert (book["说明"]["A1"].value, book["说明"]["B1"].value) == ("来源", "=1")


def test_the_same_table_gives_the_same_bytes(tmp_path: Path) -> None:
    table = pd.DataFrame({"name": ["甲", "乙"], "children": [1, 2]})
    for name in ("a", "b"):
        write_workbook(tmp_path / name, {"total": table}, notes=[])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_csv_opens_in_excel_and_runs_nothing(tmp_path: Path) -> None:
    write_csv(tmp_path / "t.csv", pd.DataFrame({"name": ["=1+1", "甲"], "children": [-1, 2]}))
    assert (tmp_path / "t.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    lines = (tmp_path / "t.csv").read_text("utf-8-sig").splitlines()
    assert lines == ["名称,儿童数", "'=1+1,-1", "甲,2"]
