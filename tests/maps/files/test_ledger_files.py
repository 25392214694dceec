"""Files of the ledger and the survey form: written, worked in, read again."""

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
from nonempty import each
from worlds import CRS, place

from analyses.hazards.ledger_rows import COLUMNS
from analyses.hazards.merging import merge, read_ledger
from analyses.schema import spread
from geo.findings import InputRefused
from geo.read.options import ReadOptions
from geo.read.readers import read_layer
from geo.words import texts
from maps.files.ledger_files import ledger_table, totals_table, write_ledger, write_survey


def a_ledger(*, note=None) -> gpd.GeoDataFrame:
    texts = dict.fromkeys(spread(COLUMNS), None)
    rows = [
        texts
        | {
            "id": f"H{n:012d}", "school_id": "007", "school": "一小", "stage": "primary_school",
            "rule": "crossing", "object_id": f"c{n}", "place_zh": "静文路", "place_en": "Jingwen",
            "x": 117.0, "y": 39.0, "category": 4, "description_zh": "危险", "description_en": "bad",
            "data_state": "assumed", "children": 30.0, "risk": 120.0, "risk_low": 60.0,
            "risk_high": 240.0, "rank_exposure": n, "rank_single": n, "treatment": "signal",
            "body": "police", "due": "short", "status": "to_check", "risk_before": 120.0,
            "change": "new", "note": note,
        }
        for n in (1, 2)
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=list(spread(COLUMNS)))
    spots = gpd.points_from_xy(*place([(0, 0), (50, 0)]).T)
    return gpd.GeoDataFrame(table, geometry=spots, crs=CRS)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_written_ledger_reads_back(tmp_path, lang, kind):
    ledger = a_ledger(note="=1+1")
    write_ledger(tmp_path, ledger, lang=lang)
    back = read_ledger(f"ledger.{kind}", tmp_path)
    assert back.index.tolist() == [2, 3]  # rows as Excel shows them
    for name in ("id", "school_id", "stage", "treatment", "body", "due", "status", "change", "note",
                 "data_state", "children", "risk_before"):  # fmt: skip
        assert back[name].tolist() == ledger[name].tolist(), name
    assert back["grade"].isna().all()
    again = merge(ledger, back).ledger
    assert again["change"].tolist() == ["kept", "kept"]
    assert again["body"].tolist() == ["police", "police"]


def test_edits_in_excel_survive(tmp_path):
    path = write_ledger(tmp_path, a_ledger())[0]
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[1]
    columns = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(2, columns["整改状态"], "已派单")
    sheet.cell(2, columns["责任单位"], "某村委会")
    sheet.cell(1, len(columns) + 1, "责任人")
    sheet.cell(2, len(columns) + 1, "王某")
    book.save(path)
    merged = merge(a_ledger(), read_ledger("ledger.xlsx", tmp_path)).ledger
    assert merged.loc[0, ["status", "body", "责任人"]].tolist() == ["assigned", "某村委会", "王某"]
    assert merged.loc[1, ["status", "body"]].tolist() == ["to_check", "police"]
    write_ledger(tmp_path, merged, name="next")
    assert "责任人" in read_ledger("next.xlsx", tmp_path)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_people_read_words_and_never_a_code(lang):
    ledger = a_ledger().assign(verified="second_hand")
    cells = ledger_table(ledger, lang).iloc[0]
    words = texts("ledger/column")
    told = [cells[words[name][lang]] for name in ("status", "data_state", "change", "verified")]
    assert (
        told
        == {
            "zh": ["待核查", "推定", "新增", "待核（转引）"],
            "en": ["to be checked", "assumed", "new", "to be checked (second hand)"],
        }[lang]
    )


@pytest.mark.parametrize(
    ("status", "state", "change"),
    [("已派单", "推定", "延续"), ("assigned", "assumed", "still there"),
     ("assigned", "assumed", "kept")],
)  # fmt: skip
def test_ledger_with_words_of_either_language_or_codes_is_read(tmp_path, status, state, change):
    rows = {"编号": ["H1"], "整改状态": [status], "数据状态": [state], "与上期相比": [change]}
    pd.DataFrame(rows).to_csv(tmp_path / "old.csv", index=False, encoding="utf-8-sig")
    row = read_ledger("old.csv", tmp_path).iloc[0]
    assert [row["status"], row["data_state"], row["change"]] == ["assigned", "assumed", "kept"]


def test_slip_in_excel_is_named_by_row_and_header(tmp_path):
    path = write_ledger(tmp_path, a_ledger())[1]
    rows = ledger_table(a_ledger(), "zh").assign(整改状态=["待核查", "修好了"])
    rows.to_csv(path, index=False, encoding="utf-8-sig")
    with pytest.raises(InputRefused) as refused:
        read_ledger("ledger.csv", tmp_path)
    found = refused.value.findings[0]
    assert (found.code, found.row, found.column) == ("LEDGER_STATUS", 3, "整改状态")
    assert "已派单、整改中" in found.fix("zh")
    assert "assigned, under way" in found.fix("en")


def test_no_cell_becomes_a_formula(tmp_path):
    path, csv, _ = write_ledger(tmp_path, a_ledger(note='=HYPERLINK("x")'))
    cells = [c for row in openpyxl.load_workbook(path).worksheets[1] for c in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert ",'=HYPERLINK" in csv.read_text("utf-8-sig").replace('"', "")


def test_same_ledger_same_bytes(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    for folder in (first, second):
        folder.mkdir()
        write_ledger(folder, a_ledger())
    for path in each(first.iterdir()):
        assert path.read_bytes() == (second / path.name).read_bytes(), path.name


def test_geopackage_has_the_points(tmp_path):
    path = write_ledger(tmp_path, a_ledger())[2]
    assert pyogrio.read_info(path, layer="hazards")["features"] == 2


def test_headers_are_in_one_language():
    for lang, word in (("zh", "责任单位"), ("en", "Responsible body")):
        assert word in ledger_table(a_ledger(), lang)
        assert word in totals_table(a_ledger(), lang)
    assert ledger_table(a_ledger(), "en")["Status"].tolist() == ["to be checked"] * 2


def test_empty_ledger_is_written(tmp_path):
    paths = write_ledger(tmp_path, a_ledger().iloc[:0])
    assert [p.suffix for p in paths] == [".xlsx", ".csv"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_survey_form_comes_back_as_a_layer(tmp_path, lang):
    where = place([(0, 0)])[0]
    task = {"rank": 1, "school_id": "S1", "kind": "crossing", "object_id": "c1", "place": None}
    task |= {
        "x": where[0],
        "y": where[1],
        "attribute": "lanes",
        "assumed": "2",
        "source": "default",
    }
    task |= {"children": 9.0, "low": 1.0, "high": 4.0, "width": 3.0, "worth": 27.0}
    _, path = write_survey(tmp_path, pd.DataFrame([task]), crs=CRS, lang=lang)
    header, row = path.read_text("utf-8-sig").splitlines()
    at = header.split(",").index({"zh": "实测值", "en": "Value"}[lang])
    cells = row.split(",")
    path.write_text("\n".join([header, ",".join([*cells[:at], "4", *cells[at + 1 :]])]), "utf-8")
    own = {
        "zh": {"object_id": "对象编号", "attribute": "属性", "value": "实测值"},
        "en": {"object_id": "Object id", "attribute": "Attribute", "value": "Value"},
    }[lang]
    layer = read_layer(path, columns=own, options=ReadOptions(base=tmp_path))
    assert layer.frame[["object_id", "attribute", "value"]].to_numpy().tolist() == [
        ["c1", "lanes", "4"]
    ]
