"""The brief in Word and PDF, and what is said where a font is missing."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import docx
import map_sample
import pandas as pd
import pytest
import safe_sample
from docx.oxml.ns import qn

from analyses.hazards.ledger_rows import COLUMNS
from analyses.result import Indicator
from analyses.schema import spread
from geo.findings import EnvironmentFault
from geo.words import Text
from maps.paper import fonts
from maps.paper.brief_parts import Picture, Table
from maps.paper.brief_parts import Text as Block
from maps.paper.brief_sections import Material, brief
from maps.paper.figure import drawing, figure, lacks_font, png
from maps.paper.imprint import Imprint
from maps.paper.pdf import brief_pdf
from maps.paper.word import brief_docx
from maps.reports import write_brief, write_pictures
from maps.style import palette

IMPRINT = Imprint("示例县", "zh", map_sample.CRS, date="2026-06-01", source="甲局", synthetic=True)
needs_font = pytest.mark.skipif(fonts.picture_font() is None, reason="no Chinese font here")


def material(**changes: Any) -> Material:
    shown = [i for i in safe_sample.safe() if i.role not in ("hazard", "rule", "gap")]
    shown += [i for i in map_sample.sample() if i.role in ("rule", "gap")]
    shown += [
        replace(i, rows=whole_ledger(i.rows)) for i in safe_sample.safe() if i.role == "hazard"
    ]
    value = next(i.rows for i in map_sample.sample() if i.role == "area_value")
    total = pd.DataFrame(value[value["area_id"].isna()])
    made = Material(IMPRINT, shown, {"total": total}, gaps=3, hazards=4)
    return replace(made, **changes)


def whole_ledger(rows: Any) -> Any:
    lacking = {name: "甲" for name in spread(COLUMNS) if name not in rows}
    return rows.assign(**lacking).drop(columns="place")


def a_picture() -> Picture:
    with drawing():
        return Picture(png(figure(40, 30), dpi=50), "图一", "一幅图", 40, 30)


def document(made: Material, pictures: dict[str, Picture] | None = None) -> Any:
    return docx.Document(io.BytesIO(brief_docx(brief(made, pictures or {}))))


def cells(word: Any) -> list[str]:
    return [cell.text for table in word.tables for row in table.rows for cell in row.cells]


def pages(pdf: bytes) -> int:
    counts = re.findall(rb"/Type\s*/Pages\s*/Count (\d+)", pdf)
    return int(counts[0])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_both_papers_hold_what_the_model_holds(lang: Any) -> None:
    made = material(imprint=replace(IMPRINT, lang=lang))
    model = brief(made, {})
    said = [b.said for s in model.sections for b in s.blocks if isinstance(b, Block)]
    word = document(made)
    assert {s.title for s in model.sections} | set(said) <= {p.text for p in word.paragraphs}
    rows = [b.rows for s in model.sections for b in s.blocks if isinstance(b, Table)]
    assert {cell for table in rows for row in table for cell in row} <= set(cells(word))


def test_lists_hold_as_many_rows_as_asked() -> None:
    tables = {b.title: b for s in brief(material(), {}).sections for b in s.blocks
              if isinstance(b, Table)}  # fmt: skip
    long = [len(t.rows) for title, t in tables.items() if title.startswith(("缺口", "隐患"))]
    assert long == [3, 4]


def test_a_section_without_rows_is_left_out_and_the_others_count_on() -> None:
    made = Material(IMPRINT, notes=[Text(zh="甲", en="a")])
    titles = [section.title for section in brief(made, {}).sections]
    assert titles == ["一、地图", "二、说明", "三、来源与审图"]


def test_every_page_says_that_the_data_are_made_up_and_whether_the_map_was_reviewed() -> None:
    word = document(material())
    assert "合成演示数据" in word.sections[0].header.paragraphs[0].text
    assert "无审图号" in word.sections[0].footer.paragraphs[0].text
    number = replace(IMPRINT, approval="GS(2026)1号", synthetic=False)
    word = document(material(imprint=number))
    assert "合成" not in word.sections[0].header.paragraphs[0].text
    assert "审图号：GS(2026)1号" in word.sections[0].footer.paragraphs[0].text


def test_chinese_has_its_own_font_in_word() -> None:
    runs = [run for t in document(material()).tables for row in t.rows[:2] for cell in row.cells
            for run in cell.paragraphs[0].runs]  # fmt: skip
    assert {run._element.rPr.rFonts.get(qn("w:eastAsia")) for run in runs} == {"宋体"}


def test_pictures_stand_in_word_with_a_description() -> None:
    word = document(material(), {"overview": a_picture()})
    assert len(word.inline_shapes) == 1
    assert word.inline_shapes[0]._inline.docPr.get("descr") == "一幅图"
    assert "图 1  图一" in [p.text for p in word.paragraphs]


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd", "@x", "{{7*7}}", "<b>x</b>", '#eval("1")', "a & b"]
)
def test_a_text_of_the_data_is_shown_as_it_is(text: str) -> None:
    indicator = Indicator("safety.x", Text(en=text), 0.5, "share", 1.0, 2.0)
    made = Material(IMPRINT, indicators=[indicator], notes=[Text(en=text)])
    word = document(made)
    assert text in cells(word)
    assert text in [p.text for p in word.paragraphs]


def test_the_same_brief_gives_the_same_word_file_without_a_name_of_the_machine() -> None:
    first, second = (brief_docx(brief(material(), {"overview": a_picture()})) for _ in range(2))
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as parts:
        assert {part.date_time[0] for part in parts.infolist()} == {2000}
        core = parts.read("docProps/core.xml").decode()
    assert re.findall(r"<dc:creator>(.*?)<", core) == ["yimi"]
    assert set(re.findall(r"\d{4}-\d\d-\d\dT", core)) == {"2000-01-01T"}


@needs_font
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_pdf_is_tagged_the_same_each_time_and_has_a_summary_of_one_page(lang: Any) -> None:
    model = brief(material(imprint=replace(IMPRINT, lang=lang)), {"overview": a_picture()})
    first = brief_pdf(model)
    assert brief_pdf(model) == first
    assert b"/MarkInfo" in first
    assert b"pdfuaid" in first
    alone = replace(model, sections=model.sections[:1])
    assert pages(brief_pdf(alone)) == 1


def test_without_a_chinese_font_there_is_word_and_a_finding_but_no_pdf(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(palette()["print"], "fonts", ["No Such Font"])
    findings = write_brief(material(), tmp_path, pictures={})
    assert [(f.code, f.file) for f in findings] == [("REPORT_NO_FONT", "brief.pdf")]
    assert [p.name for p in tmp_path.iterdir()] == ["brief.docx"]
    assert all(finding.fix(lang) for finding in findings for lang in ("zh", "en"))


def test_pictures_with_chinese_are_left_out_where_no_font_can_write_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(palette()["print"], "fonts", ["No Such Font"])
    kept, findings = write_pictures(material(), tmp_path, paper="a4")
    assert [f.code for f in findings] == ["PICTURES_NO_FONT"]
    assert (kept, list(tmp_path.iterdir())) == ({}, [])
    with drawing() as family:
        made = figure(10, 10)
        made.text(0, 0, "plain")
        assert not lacks_font(made, family)


def test_the_first_installed_font_of_the_list_is_taken() -> None:
    names = palette()["print"]["fonts"]
    assert fonts.chinese_font([names[5], names[2], "x"]) == names[2]
    assert fonts.chinese_font(["x"]) is None


def test_a_missing_font_is_an_error_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(palette()["print"], "fonts", ["No Such Font"])
    with pytest.raises(EnvironmentFault):
        brief_pdf(brief(material(), {}))
