"""The public edition of the demo: nobody is given away, every page works, nothing asks outside."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from posixpath import normpath
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from map_browser import Open, needs_browser
from map_decode import unpack
from nonempty import each

from analyses.publish.checks import gate, refuse_failed
from analyses.rules.people import age_groups
from analyses.run.order import Run, run_study
from analyses.schema import roles, spread
from analyses.study.model import Study
from analyses.study.settings import load_study
from geo.bundled import ROOT
from geo.findings import InputRefused
from geo.words import Text, texts
from maps.public.pages import share_text, span_text
from maps.public.scan import contents, refuse_traces
from maps.public.writing import ledger_path, write_site

CANARY = "金丝雀canary"
PUBLIC = {r.name: spread(r.public) for r in roles().values() if r.public is not None}
WORDED = ("treatment", "body", "verified")
COMPUTED = {"pinyin", *(f"{name}_{lang}" for name in WORDED for lang in ("zh", "en"))}
EVIL = "<img src=x onerror=alert(1)>{{7*7}}\"'"
PAGES = ("index", "district", "compliance", "towns/T001", "schools/S0001", "schools/S0030")


# ---- a study full of things that must not be told ------------------------------------------------


def planted(folder: Path) -> Path:
    """Copy the demo; add phones, remarks and teachers to every file, and a telling file name."""
    shutil.copytree(ROOT / "demo", folder)
    for name in ("schools.csv", "gates.csv", "places.csv"):
        table = pd.read_csv(folder / name, dtype=str, encoding="utf-8-sig")
        table = table.assign(电话=f"{CANARY}1", 备注=f"{CANARY}2", 班主任=f"{CANARY}3")
        table.to_csv(folder / name, index=False, encoding="utf-8-sig")
    for name in ("communities.geojson", "parks.geojson"):
        content = json.loads((folder / name).read_text("utf-8"))
        for feature in content["features"]:
            feature["properties"] |= {"负责人": f"{CANARY}4", "备注": f"{CANARY}5"}
        (folder / name).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(folder / "kindergartens.xlsx")
    sheet = book.worksheets[0]
    column = sheet.max_column + 1
    sheet.cell(2, column, "园长电话")
    for row in range(3, sheet.max_row + 1):
        sheet.cell(row, column, f"{CANARY}6")
    book.save(folder / "kindergartens.xlsx")
    (folder / "schools.csv").rename(folder / f"{CANARY}7.csv")
    text = (folder / "study.toml").read_text("utf-8").replace("schools.csv", f"{CANARY}7.csv")
    (folder / "study.toml").write_text(f"# {CANARY}8\n{text}", encoding="utf-8")
    return folder


def spoilt(run: Run) -> Run:
    """Write canaries into everything of a result that is not on the list of public columns."""
    shown = []
    for item in run.result.shown:
        rows = item.rows.copy()
        listed = {*PUBLIC.get(item.role, ()), "geometry", "change", "rule", "verdict", "kind",
                  "title_zh", "title_en", "facility_id", "school_id", "area_id", "town",
                  "settlement"}  # fmt: skip
        for column in [c for c in rows if c not in listed and rows[c].dtype == object]:
            rows[column] = f"{CANARY}9"
        rows = rows.assign(remark=f"{CANARY}10", home_id=f"{CANARY}11")
        if item.role == "school":
            rows["name"] = [*rows["name"].iloc[:-1], EVIL]
        shown.append(dataclasses.replace(item, rows=rows))
    notes = (*run.result.notes, Text(en=f"{CANARY}12"))
    result = dataclasses.replace(run.result, shown=tuple(shown), notes=notes)
    return dataclasses.replace(run, result=result)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    study = load_study(planted(tmp_path_factory.mktemp("public") / f"{CANARY}13"))
    off = {"sites": study.sites.model_copy(update={"on": False}),
           "zones": study.zones.model_copy(update={"on": False})}  # fmt: skip
    return run_study(study.model_copy(update=off))


@pytest.fixture(scope="module")
def site(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "site"
    write_site(spoilt(run), out)
    return out


def files(folder: Path) -> Iterator[Path]:
    yield from (p for p in sorted(folder.rglob("*")) if p.is_file())


def holding(folder: Path, text: str) -> set[str]:
    """Return the files that hold a text, packed or not, in any of the usual encodings."""
    forms = {text.encode(e) for e in ("utf-8", "utf-16-le", "gb18030")}
    forms.add(json.dumps(text)[1:-1].encode())
    return {
        path.relative_to(folder).as_posix()
        for path in files(folder)
        if any(form in content for content in contents(path) for form in forms)
    }


def test_no_canary_is_in_any_published_byte(site: Path) -> None:
    assert holding(site, CANARY) == set()


def test_the_search_finds_what_is_published_in_packed_files_too(site: Path) -> None:
    found = holding(site, "示例小学-01")
    assert {"map.html", "data/tables.xlsx", "data/layers.gpkg", "data/schools.csv",
            "index.html", "schools/S0001.html", "en/map.html"} <= found  # fmt: skip


def test_no_path_user_or_home_is_in_any_published_byte(site: Path, run: Run) -> None:
    for text in (str(run.study.folder.resolve()), str(Path.home()) + "/", str(ROOT), "/tmp/"):  # noqa: S108
        assert holding(site, text) == set()


def test_only_listed_layers_and_columns_are_on_the_map(site: Path) -> None:
    html = (site / "map.html").read_text("utf-8")
    header, _ = unpack(re.findall(r'id="data">([^<]+)<', html)[0])
    assert set(header["layers"]) - {"line"} <= set(PUBLIC)
    for name, layer in each(header["layers"].items()):
        columns = {column for column, _ in layer.get("columns", [])}
        assert columns <= set(PUBLIC.get(name, ())) | COMPUTED, name


# ---- numbers -------------------------------------------------------------------------------------


def test_every_number_of_children_is_rounded_and_large_enough(site: Path) -> None:
    coverage = pd.read_csv(site / "en/data/coverage.csv")
    for column in ("Children at least", "Children at most", "Covered at least", "Covered at most"):
        values = coverage[column].dropna()
        assert (values % 5 == 0).all()
        assert not values.between(1, 9).any()
    shares = coverage[["Share at least (%)", "Share at most (%)"]].dropna().to_numpy()
    assert shares.min() >= 1
    assert shares.max() <= 99


def test_the_headline_agrees_with_the_true_share_and_is_worked_out_from_the_table(
    site: Path, run: Run
) -> None:
    coverage = pd.read_csv(site / "en/data/coverage.csv")
    told = coverage[coverage["Level"] == "district"].set_index("Rule id")
    true = run.result.tables["total"].set_index("rule_id")["share_walk"]
    assert len(told) > 5
    percent = 100 * true[told.index]
    # rounding moves a share of some thousand children by less than a percent
    assert (told["Share at least (%)"] - 1 <= percent).all()
    assert (percent <= told["Share at most (%)"] + 1).all()
    exact = told[told["Covered at least"] == told["Covered at most"]]
    whole = np.floor(100 * exact["Covered at least"] / exact["Children at least"] + 0.5)
    assert len(exact) > 0
    assert (exact["Share at least (%)"] == whole.clip(1, 99)).all()


def test_towns_add_up_to_the_district(site: Path) -> None:
    units = pd.read_csv(site / "en/data/units.csv").set_index("Level")
    sums = units.groupby(level=0)[["Children at least", "Children at most"]].sum()
    assert sums.loc["town"].tolist() == sums.loc["district"].tolist()
    assert sums.loc["community"].tolist() == sums.loc["district"].tolist()


@pytest.mark.parametrize(
    ("bounds", "zh", "en"),
    [((45, 45), "45%", "45%"), ((44, 46), "44–46%", "44–46%"), ((1, 12), "至多 12%", "at most 12%"),
     ((1, 1), "至多 1%", "at most 1%"), ((88, 99), "至少 88%", "at least 88%"),
     ((None, None), "—", "—")],
)  # fmt: skip
def test_shares_in_words(bounds: tuple[int, int], zh: str, en: str) -> None:
    assert (share_text(*bounds, "zh"), share_text(*bounds, "en")) == (zh, en)
    assert span_text(0, 10) == "0–10"


# ---- pages ---------------------------------------------------------------------------------------


def test_every_link_leads_to_a_file_of_the_folder(site: Path) -> None:
    pages = [p for p in files(site) if p.suffix == ".html" and p.name != "map.html"]
    for page in each(pages):
        here = page.parent.relative_to(site).as_posix()
        hrefs = re.findall(r'href="([^"#]+)"', page.read_text("utf-8"))
        assert [h for h in hrefs if not (site / normpath(f"{here}/{h}")).is_file()] == [], page.name


def test_there_is_a_page_for_each_town_and_school_in_both_languages(site: Path, run: Run) -> None:
    schools = next(s.rows for s in run.result.shown if s.role == "school")
    towns = run.inputs.communities["town"].nunique()
    for folder in (site, site / "en"):
        assert len(list((folder / "schools").glob("*.html"))) == len(schools)
        assert len(list((folder / "towns").glob("*.html"))) == towns


def test_every_page_says_that_it_is_a_sketch_of_synthetic_data_and_who_made_it(site: Path) -> None:
    say = texts("publish/page")
    for page in each(p for p in files(site) if p.suffix == ".html"):
        lang = "en" if page.is_relative_to(site / "en") else "zh"
        content = b"".join(contents(page))
        for line in (say["sketch"][lang], say["synthetic"][lang], "2026-06-01"):
            forms = (line.encode(), json.dumps(line)[1:-1].encode())
            assert any(form in content for form in forms), (page.name, line)


def test_the_same_run_gives_the_same_bytes(run: Run, site: Path, tmp_path: Path) -> None:
    write_site(spoilt(run), tmp_path / "site")
    for one in each(files(site)):
        assert one.read_bytes() == (tmp_path / "site" / one.relative_to(site)).read_bytes(), one


def test_hostile_names_become_no_element(site: Path) -> None:
    pages = [p.read_text("utf-8") for p in files(site) if p.suffix == ".html"]
    assert not any("<img" in page for page in pages)
    shown = "&lt;img src=x onerror=alert(1)&gt;{{7*7}}&#34;&#39;"
    assert sum(f"<h1>{shown}</h1>" in page for page in pages) == 2


# ---- the gate, the ledger, the search for traces -------------------------------------------------


def changed(study: Study, **publish: Any) -> Study:
    return study.model_copy(update={"publish": study.publish.model_copy(update=publish)})


@pytest.mark.parametrize(
    ("publish", "info", "code"),
    [
        ({"sketch": False}, {}, "PUBLISH_NO_APPROVAL"),
        ({"maker": " "}, {}, "PUBLISH_MISSING"),
        ({"contact": ""}, {}, "PUBLISH_MISSING"),
        ({}, {"date": ""}, "PUBLISH_MISSING"),
        ({}, {"source": ""}, "PUBLISH_MISSING"),
        ({}, {"synthetic": False}, "PUBLISH_MISSING"),  # OSM streets without their attribution
        ({"private": ["school"]}, {}, "PUBLISH_PRIVATE"),
        ({"private": ["gates.csv"]}, {}, "PUBLISH_PRIVATE"),
        ({"private": ["shool"]}, {}, "PUBLISH_PRIVATE_UNKNOWN"),
    ],
)
def test_the_gate_refuses(publish: dict[str, Any], info: dict[str, Any], code: str) -> None:
    study = changed(load_study(ROOT / "demo"), **publish)
    study = study.model_copy(update={"study": study.study.model_copy(update=info)})
    with pytest.raises(InputRefused) as refused:
        refuse_failed(gate(study))
    assert [f.code for f in refused.value.findings] == [code]


def test_the_gate_lets_the_demo_pass_and_takes_a_map_number() -> None:
    study = load_study(ROOT / "demo")
    assert all(check.finding is None for check in gate(study))
    numbered = gate(changed(study, sketch=False, approval="GS(2026)1234号", private=["demand"]))
    assert (numbered[0].id, numbered[0].result("zh")) == ("approval", "GS(2026)1234号")
    assert all(check.finding is None for check in numbered)


def test_a_release_is_entered_once_and_what_contradicts_it_is_refused(
    run: Run, tmp_path: Path
) -> None:
    own = run.study.study.model_copy(update={"synthetic": False, "attribution": "OpenStreetMap"})
    study = run.study.model_copy(update={"study": own})
    real = dataclasses.replace(run, study=study)
    path = ledger_path(study)
    assert path is not None
    assert ledger_path(run.study) is None
    write_site(real, tmp_path / "one")
    first = path.read_bytes()
    write_site(real, tmp_path / "one")
    assert path.read_bytes() == first
    # more children on the same day: subtracted from the first release they tell what changed
    groups = list(age_groups())
    demand = run.inputs.demand.assign(**{g: run.inputs.demand[g] * 1.5 for g in groups})
    more = dataclasses.replace(real, inputs=dataclasses.replace(run.inputs, demand=demand))
    with pytest.raises(InputRefused) as refused:
        write_site(more, tmp_path / "two")
    assert "PUBLISH_CONTRADICTION" in {f.code for f in refused.value.findings}
    assert not (tmp_path / "two").exists()
    assert path.read_bytes() == first
    path.unlink()


def test_a_refused_edition_leaves_the_old_folder(run: Run, site: Path, tmp_path: Path) -> None:
    out = tmp_path / "site"
    shutil.copytree(site, out)
    bad = dataclasses.replace(
        run, study=changed(run.study, maker="made in |home|zhangsan|x".replace("|", "/"))
    )
    with pytest.raises(InputRefused) as refused:
        write_site(bad, out)
    assert {f.code for f in refused.value.findings} == {"PUBLISH_TRACE"}
    assert (out / "manifest.json").read_bytes() == (site / "manifest.json").read_bytes()


def test_traces_are_found_in_packed_files(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("x.txt", "by zhangsan " * 50)
    pdf = b"%PDF-1.7\nstream\n" + zlib.compress(b"(zhangsan)") + b"\nendstream"
    (tmp_path / "b.pdf").write_bytes(pdf)
    chunk = b"zTXt" + b"Author\0\0" + zlib.compress(b"zhangsan")
    png = b"\x89PNG\r\n\x1a\n" + (len(chunk) - 4).to_bytes(4, "big") + chunk + b"\0\0\0\0"
    (tmp_path / "c.png").write_bytes(png)
    notebook = {"cells": [{"outputs": [{"text": "C:|Users|li|a.xlsx".replace("|", "\\")}]}]}
    (tmp_path / "d.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    gpd.GeoDataFrame(
        {"a": ["zhangsan"]}, geometry=gpd.points_from_xy([0], [0]), crs="EPSG:4326"
    ).to_file(tmp_path / "e.gpkg")
    (tmp_path / "f.txt").write_text("nobody", encoding="utf-8")
    with pytest.raises(InputRefused) as refused:
        refuse_traces(tmp_path, {"zhangsan"})
    assert [f.file[0] for f in refused.value.findings] == ["a", "b", "c", "d", "e"]


# ---- in the browser ------------------------------------------------------------------------------


class TestInTheBrowser:
    pytestmark = needs_browser

    @pytest.mark.parametrize("width", [390, 1440])
    def test_pages_ask_for_nothing_and_fit(self, show: Open, site: Path, width: int) -> None:
        for name in each(PAGES):
            for folder in (site, site / "en"):
                tab = show((folder / f"{name}.html").read_text("utf-8"), width=width, ready=False)
                assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    def test_axe_finds_no_serious_fault(self, show: Open, site: Path) -> None:
        axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
        for name in (*PAGES, "en/index", "en/towns/T002"):
            tab = show((site / f"{name}.html").read_text("utf-8"), width=390, ready=False)
            found = axe.run(tab).response["violations"]
            assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []

    def test_the_map_tells_one_measure_and_no_false_nought(self, show: Open, site: Path) -> None:
        tab = show((site / "en/map.html").read_text("utf-8"))
        cards = tab.locator("#measures b").all_inner_texts()
        assert len(cards) == 1
        assert cards[0] not in ("0.0%", "0%")
        layers = set(tab.evaluate("Object.keys(yimi.data.layers)"))
        assert not layers & {"demand", "route", "entrance", "zone", "exposure"}
