"""A study full of hostile names: whatever people open shows them as written and runs none."""

from __future__ import annotations

import csv
import html
import json
import re
import sqlite3
import zipfile
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import docx
import ezdxf
import geopandas as gpd
import openpyxl
import pyogrio
import pytest
from hostile import ATTRIBUTES, HIDDEN, HTML, NAMES, SCRIPTS, TEMPLATES, write_study
from map_browser import LIVE, needs_browser
from nonempty import each

from analyses.run.order import run_study
from analyses.study.settings import load_study
from geo.read.cells import visible
from geo.text import formula_restored, one_line
from maps.outputs import write_outputs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from analyses.run.order import Run

AS_READ = [visible(name) for name in NAMES]
"""The reader takes out what nobody sees; everything else stays as it was written."""
IN_A_LINE = [one_line(name) for name in AS_READ]
"""In files of other programs what would break a line is one sign."""
MARKED_UP = len(HTML) + len(ATTRIBUTES) + len(SCRIPTS) + len(TEMPLATES)
"""So many names, the first ones, mean something to a browser."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    folder = tmp_path_factory.mktemp("hostile")
    run = run_study(load_study(write_study(folder)))
    write_outputs(run, folder / "out")
    return run, folder / "out"


@pytest.fixture(scope="module")
def out(made: tuple[Run, Path]) -> Path:
    return made[1]


# ---- what is read and written --------------------------------------------------------------------


def test_there_are_enough_names_and_all_are_read(made: tuple[Run, Path]) -> None:
    assert len(set(NAMES)) == len(NAMES) > 90
    schools = next(s.rows for s in made[0].result.shown if s.role == "school")
    assert set(schools["name"]) == set(AS_READ)
    assert sum(name != visible(name) for name in NAMES) == len(HIDDEN)
    assert "NAME_INVISIBLE" in {f.code for f in made[0].findings}


def test_no_name_becomes_a_path(made: tuple[Run, Path]) -> None:
    inside = {p.relative_to(made[1].parent).parts[0] for p in made[1].parent.rglob("*")}
    assert inside == {"study.toml", "streets.geojson", "schools.csv", "communities.geojson", "out"}
    pages = [p.name for p in (made[1] / "schools").iterdir()]
    assert len(pages) == len(NAMES)
    assert all(re.fullmatch(r"[0-9A-Za-z-]{1,60}-[0-9a-f]{8}\.html", page) for page in pages)


def sheets(path: Path) -> Iterator[Any]:
    yield from (cell for sheet in openpyxl.load_workbook(path) for row in sheet for cell in row)


@pytest.mark.parametrize("name", ["tables.xlsx", "ledger.xlsx", "survey_form.xlsx"])
def test_a_workbook_holds_texts_no_formulas_and_no_links(made: tuple[Run, Path], name: str) -> None:
    out = made[1]
    cells = list(sheets(out / name))
    assert [c.value for c in cells if c.data_type == "f" or c.hyperlink] == []
    with zipfile.ZipFile(out / name) as book:
        assert not any("externalLink" in part for part in book.namelist())
        xml = b"".join(book.read(part) for part in book.namelist() if part.endswith(".xml"))
    assert b"<f>" not in xml
    assert b"ddeLink" not in xml
    hazards = next(s.rows for s in made[0].result.shown if s.role == "hazard")
    wanted = {"tables.xlsx": AS_READ, "ledger.xlsx": hazards["school"]}.get(name, [])
    assert set(wanted) <= {c.value for c in cells}


def test_no_cell_of_a_csv_is_run_and_every_name_comes_back(out: Path) -> None:
    texts = set()
    for path in each(out.rglob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = {cell for row in csv.reader(file) for cell in row}
        # A number may begin with a minus; a name that begins so has a quote before it.
        assert {c for c in cells if re.match(r"[=+@\t\r＝＋＠]|[-－](?!\d+(\.\d+)?$)", c)} == set()
        texts |= {formula_restored(cell) for cell in cells}
    assert set(AS_READ) <= texts


def test_a_geopackage_holds_the_names_and_well_formed_styles(out: Path) -> None:
    for layer in ("facilities", "areas"):
        rows = pyogrio.read_dataframe(out / "results.gpkg", layer=layer)
        assert set(rows["name"]) == set(AS_READ)
    assert set(rows["town"]) == set(NAMES)  # of names alone the reader takes out what is hidden
    with sqlite3.connect(out / "results.gpkg") as base:
        styles = [ET.fromstring(q) for (q,) in base.execute("SELECT styleQML FROM layer_styles")]
    assert {style.tag for style in styles} == {"qgis"}


def test_json_files_hold_the_names_as_text(out: Path) -> None:
    said = "".join(NAMES[:40])
    assert json.loads((out / "summary.json").read_text("utf-8"))["study"] == said
    settings = json.loads((out / "manifest.json").read_text("utf-8"))["settings"]
    assert settings["study"]["attribution"] == said


class Markup(HTMLParser):
    """The elements of a page, their attributes, and the text of its heading."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.heading = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.heading += (
            data if self.found and self.found[-1][0] == "h1" and "\n" not in data else ""
        )


LIVELY = {"script", "img", "iframe", "object", "embed", "link", "base", "form", "input", "details",
          "template", "math", "animate"}  # fmt: skip


def test_no_element_of_a_page_comes_from_a_name(out: Path) -> None:
    for path in [out / "district.html", out / "quality.html", *(out / "schools").iterdir()]:
        found = Markup(path.read_text("utf-8")).found
        assert {tag for tag, _ in found}.isdisjoint(LIVELY)
        attributes = [(name, text) for _, attrs in found for name, text in attrs.items()]
        assert not any(name.startswith("on") for name, _ in attributes)
        links = [text for name, text in attributes if name in ("href", "src", "action")]
        assert all(re.fullmatch(r"schools/[0-9A-Za-z-]+\.html", link or "") for link in links)
        policy = next(a["content"] for t, a in found if t == "meta" and "http-equiv" in a)
        assert "default-src 'none'" in str(policy)
        assert "script-src 'unsafe" not in str(policy)


def test_every_page_of_a_school_is_headed_by_its_name(out: Path) -> None:
    pages = sorted((out / "schools").iterdir())
    assert [Markup(path.read_text("utf-8")).heading for path in pages] == AS_READ


def test_the_map_holds_no_name_outside_its_block(out: Path) -> None:
    text = (out / "map.html").read_text("utf-8")
    found = [n for n in AS_READ if len(n) > 9 and (n in text or html.escape(n) in text)]
    assert found == ["constructor"]  # a word of our own script


# ---- files for paper and for other programs ------------------------------------------------------


def test_the_brief_for_word_holds_texts_and_one_field(out: Path) -> None:
    document = docx.Document(str(out / "brief.docx"))
    cells = {cell.text for table in document.tables for row in table.rows for cell in row.cells}
    assert len(set(IN_A_LINE) & cells) > 60  # the towns; tables of gaps and hazards are cut
    with zipfile.ZipFile(out / "brief.docx") as file:
        parts = {
            name: file.read(name) for name in file.namelist() if name.endswith(("xml", "rels"))
        }
    for part in each(parts.values()):
        assert b'TargetMode="External"' not in part
        assert b"<!ENTITY" not in part
        assert ET.fromstring(part) is not None
    fields = re.findall(rb"<w:instrText[^>]*>([^<]*)<", b"".join(parts.values()))
    assert {field.strip() for field in fields} <= {b"PAGE", b"NUMPAGES"}


def test_the_brief_for_print_runs_nothing_and_links_nowhere(out: Path) -> None:
    data = (out / "brief.pdf").read_bytes()
    assert data[:5] == b"%PDF-"
    for word in (b"/JavaScript", b"/JS", b"/OpenAction", b"/Launch", b"/URI", b"/EmbeddedFile"):
        assert word not in data


def test_a_kml_holds_the_names_as_text(out: Path) -> None:
    text = (out / "exports" / "results.kml").read_text("utf-8")
    root = ET.fromstring(text)
    tag = "{http://www.opengis.net/kml/2.2}"
    assert set(IN_A_LINE) <= {name.text for name in root.iter(f"{tag}name")}
    own = {element.tag.removeprefix(tag) for element in root.iter()}
    assert own.isdisjoint({"description", "BalloonStyle", "NetworkLink", "script", "a", "img"})
    assert {href.text for href in root.iter(f"{tag}href")} <= {None}


def test_a_drawing_for_cad_holds_the_names_as_text(out: Path) -> None:
    drawing = ezdxf.readfile(out / "exports" / "results.dxf")
    texts = {e.plain_text() for e in drawing.modelspace() if e.dxftype() == "TEXT"}
    plain = [name for name in IN_A_LINE if "%%" not in name and "^" not in name]
    assert set(plain) <= texts


def test_columns_for_analysts_hold_the_names_as_text(out: Path) -> None:
    rows = gpd.read_parquet(out / "exports" / "geoparquet" / "facilities.parquet")
    assert set(rows["name"]) == set(IN_A_LINE)


# ---- in a browser --------------------------------------------------------------------------------


@pytest.fixture
def tab(browser: Any) -> Iterator[Any]:
    """A page that must ask for nothing but its own file, say nothing and open no dialog."""
    faults: list[str] = []
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.on("request", lambda r: faults.append(r.url[:200]) if asked_for(r, page) else None)
    page.on("console", lambda m: faults.append(m.text))
    page.on("pageerror", lambda e: faults.append(str(e)))
    page.on("dialog", lambda d: (faults.append(f"dialog {d.message}"), d.dismiss()))
    page.on("popup", lambda p: faults.append(f"popup {p.url}"))
    yield page
    context.close()
    assert faults == []


def asked_for(request: Any, page: Any) -> bool:
    """Say whether a request is anything but the page that the test opens itself."""
    return not (request.is_navigation_request() and request.url.startswith("file:") and page)


FIND = """(names) => names.map((name) => {
  const box = document.getElementById("search");
  box.value = name;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  const hits = [...document.querySelectorAll("#found button")];
  const mine = hits.filter((hit) => hit.querySelector("span:not([class])").textContent === name);
  if (!mine.length) return `not found: ${name}`;
  mine.forEach((hit) => hit.click());
  const head = document.querySelector("#info h3");
  return head.textContent.endsWith(name) ? null : `not told: ${name}: ${head.textContent}`;
}).filter(Boolean)"""
HOVER = """async (layer) => {
  const { table, point } = yimi.data.layers[layer];
  const names = [];
  for (let row = 0; row < point.lat.length; row++) {
    const latlng = L.latLng(point.lat[row], point.lon[row]);
    yimi.map.setView(latlng, 18, { animate: false });
    yimi.map.fire("mousemove", { latlng, containerPoint: yimi.map.latLngToContainerPoint(latlng) });
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const tip = document.getElementById("tip");
    const hovered = tip.hidden ? "" : tip.textContent;
    yimi.map.fire("click", { latlng });
    names.push([hovered, document.getElementById("info").textContent]);
  }
  return names;
}"""
LISTED = """() => {
  const texts = new Set();
  const keep = () => document.querySelectorAll("#list-table tbody td").forEach((cell) => {
    texts.add(cell.textContent);
    cell.querySelectorAll("button, small").forEach((part) => texts.add(part.textContent));
  });
  const each = (of) => [...document.querySelectorAll(of)];
  const tabs = () => each("#questions button");
  for (let q = 0; q < Math.max(tabs().length, 1); q++) {
    if (tabs()[q]) tabs()[q].click();
    const count = each("#tables button").length;
    for (let n = 0; n < Math.max(count, 1); n++) {
      if (count) each("#tables button")[n].click();
      for (;;) {
        keep();
        const on = document.getElementById("page-on");
        if (document.getElementById("pages").hidden || on.disabled) break;
        on.click();
      }
      for (const way of each("#list-table thead button")) way.click();
      keep();
    }
  }
  return [...texts];
}"""
PRESS = """() => {
  const chosen = "main button, main label, main summary, main option, #list-table tr, td, svg *";
  const events = ["mouseover", "focus", "click"].map((kind) => new Event(kind, { bubbles: true }));
  const parts = [...document.querySelectorAll(chosen)];
  parts.forEach((part) => events.forEach((event) => part.dispatchEvent(event)));
}"""
TOLD = """() => {
  const live = "script, img, iframe, object, embed, a, link, form, input, [onload], [onerror]";
  const [head, count] = [document.querySelector("h1"), document.querySelectorAll(live).length];
  return [head.textContent, window.__pwned || null, count];
}"""


def ready(page: Any, out: Path) -> Any:
    page.goto((out / "map.html").as_uri())
    page.wait_for_selector("html[data-ready]", timeout=20_000)
    return page


def unharmed(page: Any, *, live: int) -> None:
    """Nothing has run, and nothing has become an element."""
    assert page.evaluate("[window.__pwned, Object.prototype.__pwned]") == [None, None]
    assert page.locator(LIVE).count() == live
    assert page.evaluate("getComputedStyle(document.body).display") != "none"


class TestInTheBrowser:
    pytestmark = needs_browser

    def test_title_source_and_notes_are_text(self, tab: Any, out: Path) -> None:
        page = ready(tab, out)
        said = "".join(NAMES[:40])
        assert page.text_content("#title") == said
        assert said in page.text_content("#source")
        assert page.evaluate("document.title").startswith("<script>window")
        assert page.evaluate("window.__pwned") is None

    def test_the_search_finds_every_name_and_the_panel_tells_it(self, tab: Any, out: Path) -> None:
        page = ready(tab, out)
        live = page.locator(LIVE).count()
        assert page.evaluate(FIND, AS_READ) == []
        unharmed(page, live=live)

    def test_tips_and_panels_of_the_map_tell_the_names(self, tab: Any, out: Path) -> None:
        page = ready(tab, out)
        live = page.locator(LIVE).count()
        told = page.evaluate(HOVER, "facility")
        page.click("#questions button:nth-of-type(2)")
        told += page.evaluate(HOVER, "school")
        tips, panels = ("\n".join(texts) for texts in zip(*told, strict=True))
        assert [n for n in AS_READ if n not in panels] == []
        assert [n for n in AS_READ if n not in tips] == []
        unharmed(page, live=live)

    def test_tables_tell_every_name_in_both_languages(self, tab: Any, out: Path) -> None:
        page = ready(tab, out)
        live = page.locator(LIVE).count()
        for _ in range(2):
            texts = page.evaluate(LISTED)
            assert set(AS_READ) <= set(texts)
            page.click("#language")
        unharmed(page, live=live)

    def test_pressing_and_printing_runs_nothing(self, tab: Any, out: Path) -> None:
        page = ready(tab, out)
        live = page.locator(LIVE).count()
        page.evaluate(PRESS)
        page.emulate_media(media="print")
        for event in ("beforeprint", "afterprint"):
            page.evaluate("(name) => window.dispatchEvent(new Event(name))", event)
        assert page.pdf()[:4] == b"%PDF"
        unharmed(page, live=live)

    def test_pages_of_schools_run_nothing(self, tab: Any, out: Path) -> None:
        pages = sorted((out / "schools").iterdir())
        for name, path in each(list(zip(AS_READ, pages, strict=True))[:MARKED_UP]):
            tab.goto(path.as_uri(), wait_until="domcontentloaded")
            tab.evaluate(PRESS)
            assert tab.evaluate(TOLD) == [name, None, 0]

    def test_drawings_carry_street_names_as_text(self, tab: Any, out: Path) -> None:
        shown = set()
        for path in each(sorted((out / "schools").iterdir())[::6]):
            tab.goto(path.as_uri())
            shown |= set(tab.locator("svg text").all_text_contents())
            parts = tab.evaluate("[...document.querySelectorAll('svg *')].map((e) => e.localName)")
            assert set(parts) <= {"rect", "path", "text", "g", "title", "circle", "line"}
        assert any(text.startswith("<") for text in shown)

    @pytest.mark.parametrize("page", ["district.html", "quality.html"])
    def test_pages_of_tables_say_the_names(self, tab: Any, out: Path, page: str) -> None:
        listed = {"district.html": set(AS_READ), "quality.html": set()}[page]
        tab.goto((out / page).as_uri())
        tab.evaluate(PRESS)
        tab.emulate_media(media="print")
        assert "".join(NAMES[:40]) in tab.text_content("h1")
        texts = set(tab.locator("td, th, td *").all_text_contents())
        assert listed <= {text.strip() for text in texts} | texts
        assert tab.evaluate("window.__pwned") is None
