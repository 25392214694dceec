from __future__ import annotations

import datetime as dt
import zipfile

import openpyxl
import pytest

from geo.read.check import checked_layer

HEADER = ["编号", "名称", "类型", "经度", "纬度", "学位"]
ROWS = [[f"F{i}", f"示例{i}", "小学", 116.9 + i / 100, 38.95, 90 * i] for i in range(1, 5)]


def book(path, rows=ROWS, header=HEADER, **sheets):
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "设施"
    for row in [header, *rows]:
        sheet.append(row)
    for name, extra in sheets.items():
        other = made.create_sheet(name)
        for row in extra:
            other.append(row)
    made.save(path)
    return sheet, made


def edited(path, change):
    """Save a workbook after a change of its first sheet."""
    sheet, made = book(path)
    change(sheet)
    made.save(path)
    return checked_layer(path)


def codes(found):
    return {finding.code for finding in found.findings}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "t.xlsx"


def test_a_good_workbook_passes_without_a_remark(path):
    book(path)
    found = checked_layer(path)
    assert (found.rows_used, found.findings) == (4, ())
    assert found.layer.frame["capacity"].tolist() == [90, 180, 270, 360]


def test_title_rows_and_a_total(path):
    def change(sheet):
        sheet.insert_rows(1, 2)
        sheet["A1"] = "静海区设施一览表"
        sheet.append(["合计", None, None, None, None, 900])

    found = edited(path, change)
    assert (found.rows_used, found.rows_rejected) == (4, 1)
    assert codes(found) == {"HEADER_ROW", "TOTAL_ROW"}


def test_a_formula_without_result_is_named_and_one_with_a_result_is_read(path):
    def change(sheet):
        sheet["F2"] = "=45*2"

    found = edited(path, change)
    assert (found.rows_used, codes(found)) == (3, {"XLSX_FORMULA"})
    assert (found.findings[0].row, found.findings[0].column) == (2, "学位")


def test_merged_cells_hidden_rows_and_text_numbers(path):
    def change(sheet):
        sheet.merge_cells("C2:C3")
        sheet.row_dimensions[5].hidden = True
        sheet["F4"] = "270"

    found = edited(path, change)
    assert (found.rows_used, found.rows_rejected) == (3, 1)
    assert codes(found) == {"XLSX_MERGED", "XLSX_HIDDEN", "NUMBER_TEXT"}


def test_an_error_is_no_empty_cell(path):
    def change(sheet):
        sheet["F2"] = "#N/A"
        sheet["F2"].data_type = "e"
        sheet["D3"] = "#REF!"
        sheet["D3"].data_type = "e"

    found = edited(path, change)
    assert (found.rows_used, found.rows_rejected) == (3, 1)
    assert "COORD_MISSING" in codes(found)


def test_ids_of_a_workbook(path):
    # A number of 18 digits has lost its last three; one of 12 digits has not.
    rows = [[120118001002, *ROWS[0][1:]], [120223200001010011, *ROWS[1][1:]]]
    book(path, [*rows, *ROWS[2:]])
    found = checked_layer(path)
    assert found.layer.frame["id"].tolist() == ["120118001002", "F3", "F4"]
    assert codes(found) == {"ID_EXPONENT"}


def test_dates_are_iso(path):
    book(path, [[*row, dt.date(2025, 1, 2)] for row in ROWS], [*HEADER, "日期"])
    assert checked_layer(path).layer.frame["日期"].iloc[0].startswith("2025-01-02")


def test_the_sheet_with_a_table_is_read_or_asked_for(path):
    book(path, 说明=[["填报说明"]])
    assert codes(checked_layer(path)) == {"XLSX_SHEETS"}
    book(path, 另一=[HEADER, *ROWS])
    assert codes(checked_layer(path)) == {"LAYER_AMBIGUOUS"}
    assert checked_layer(path, layer="另一").rows_used == 4
    assert codes(checked_layer(path, layer="无")) == {"LAYER_UNKNOWN"}


def test_a_cell_in_the_farthest_corner_is_refused(path):
    # The reader would set aside 1,048,576 x 16,384 cells.
    found = edited(path, lambda sheet: sheet.cell(1_048_576, 16_384, "x"))
    assert (found.outcome, codes(found)) == ("refuse", {"TOO_LARGE"})


def rewritten(path, part, change):
    """Write a workbook anew with one part changed."""
    book(path)
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts[part] = change(parts[part])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(name, data)
    return checked_layer(path)


SHEET = "xl/worksheets/sheet1.xml"


def test_a_bomb_is_refused(path):
    found = rewritten(path, SHEET, lambda data: data + b" " * 30_000_000)
    assert (found.outcome, codes(found)) == ("refuse", {"ARCHIVE_BOMB"})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(path, encoding):
    dtd = '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY x SYSTEM "file:///x">]>'.encode(encoding)
    found = rewritten(path, SHEET, lambda data: dtd + data)
    assert (found.outcome, codes(found)) == ("refuse", {"XML_ENTITY"})


def test_a_workbook_that_is_cut_off_is_refused(path):
    book(path)
    path.write_bytes(path.read_bytes()[:2000])
    assert codes(checked_layer(path)) == {"TRUNCATED"}


@pytest.mark.parametrize("data", [b"a,b\n1,2\n", b"<html><table></table></html>", b"%PDF-1.7"])
def test_other_content_is_refused(path, data):
    path.write_bytes(data)
    assert codes(checked_layer(path)) == {"FORMAT_MISMATCH"}
