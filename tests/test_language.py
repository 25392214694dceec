"""A third language is a folder of files and no code: everything that a run leaves is written in it.

The folder says in English what the English one says, with a mark before each text.
"""

from __future__ import annotations

import csv
import html
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from nonempty import each
from toy_language import CODE, MARK, english_sentences, write_language

from geo.bundled import DEMO

CHECKOUT = Path(__file__).parents[1]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the demo, with a study that asks for the language, as a user would."""
    folder = tmp_path_factory.mktemp("language")
    write_language(folder / "data")
    shutil.copytree(DEMO, folder / "study")
    study = folder / "study/study.toml"
    asked = study.read_text("utf-8").replace("[study]\n", f'[study]\nlang = "{CODE}"\n')
    study.write_text(f'{asked}\n[report]\nformats = ["kml"]\n', "utf-8")
    env = {**os.environ, "YIMI_DATA": str(folder / "data"), "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "yimi_cli", "run", folder / "study", "--out", folder / "out"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    assert MARK in done.stdout
    return folder / "out"


def test_sheets_and_their_headers_are_in_the_language(out: Path) -> None:
    book = openpyxl.load_workbook(out / "tables.xlsx", read_only=True)
    assert all(name.startswith(MARK) for name in book.sheetnames)
    for sheet in each(book.worksheets[1:]):
        headers = next(sheet.iter_rows(max_row=1, values_only=True))
        assert [h for h in headers if not str(h).startswith(MARK)] == [], sheet.title


def test_csv_headers_are_in_the_language(out: Path) -> None:
    for path in each(sorted(out.rglob("csv/*.csv"))):
        with path.open(encoding="utf-8-sig") as file:
            assert [h for h in next(csv.reader(file)) if not h.startswith(MARK)] == [], path.name


def test_the_kml_has_titles_and_columns_in_the_language(out: Path) -> None:
    tree = ET.parse(out / "exports/results.kml")
    folders = [e.text for e in tree.iterfind(".//{*}Folder/{*}name")]
    names = {e.get("name") for e in tree.iterfind(".//{*}Data")}
    assert [name for name in each(folders) if not str(name).startswith(MARK)] == []
    assert [name for name in each(sorted(map(str, names))) if not name.startswith(MARK)] == []


def test_the_geopackage_has_a_column_in_each_language(out: Path) -> None:
    with sqlite3.connect(out / "results.gpkg") as base:
        tables = [row[0] for row in base.execute("SELECT table_name FROM gpkg_contents")]
        columns = {t: {r[1] for r in base.execute(f'PRAGMA table_info("{t}")')} for t in tables}
    stems = {(t, c[:-3]) for t in tables for c in columns[t] if c.endswith("_en")}
    assert [s for s in each(sorted(stems)) if f"{s[1]}_{CODE}" not in columns[s[0]]] == []


def test_no_page_says_an_english_sentence_without_the_mark(out: Path) -> None:
    sentences = english_sentences()
    for path in each(sorted(p for p in out.rglob("*.html") if p.name != "map.html")):
        page = re.sub(r"<(script|style)\b.*?</\1>", "", path.read_text("utf-8"), flags=re.DOTALL)
        said = {html.unescape(text).strip() for text in re.findall(r">([^<>]+)<", page)}
        assert f'<html lang="{CODE}">' in page
        assert said & sentences == set(), path.name


def test_the_map_opens_in_the_language(out: Path) -> None:
    assert f'<html lang="{CODE}">' in (out / "map.html").read_text("utf-8")[:200]
