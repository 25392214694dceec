"""A new analysis is one module and one file of declarations: no writer, page or script knows it."""

from __future__ import annotations

import importlib.util
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from map_browser import Open, needs_browser

from analyses.run import run_study
from analyses.run.order import ANALYSES
from analyses.run.registry import Analysis
from analyses.schema import schema
from analyses.study import load_study
from geo.bundled import ROOT
from maps.outputs import write_outputs

DECLARED = """
[column.shade_share]
type = "number"
unit = "share"
step = 0.0001
title = { zh = "树荫比例", en = "Share in the shade" }

[table.shade]
title = { zh = "树荫", en = "Shade" }
rows = { zh = "每个社区一行", en = "a row for each community" }
columns = ["area_id", "name", "shade_share"]
"""
LAYER = """
[role.shade_%(geometry)s]
title = { zh = "社区树荫 %(geometry)s", en = "Shade of communities" }
rows = { zh = "每个社区一行", en = "a row for each community" }
geometry = "%(geometry)s"
page = ["area_id", "name", "shade_share"]
id = "area_id"
label = "name"
value = "shade_share"
asked = ["cover"]
plain = true
colour = "#00ff00"
layer = "shade_%(geometry)s"
export = "shade_%(geometry)s"
"""
GEOMETRIES = ("point", "line", "polygon")
MODULE = """
import numpy as np
from analyses.result import Result, Shown

def shade(of):
    areas = of.city.communities[["area_id", "name", "geometry"]]
    rows = areas.assign(shade_share=np.linspace(0.0, 0.9, len(areas)))
    rows.loc[rows.index[-1], "shade_share"] = np.nan
    shapes = {"point": rows.representative_point(), "line": rows.boundary, "polygon": rows.geometry}
    shown = [Shown(f"shade_{name}", rows.set_geometry(shape)) for name, shape in shapes.items()]
    return Result("shade", {"shade": rows.drop(columns="geometry")}, shown=tuple(shown))
"""


def run_in(folder: Path) -> Path:
    """Run the demo without ways and places, with the analysis of `folder`, to its results."""
    (folder / "schema").mkdir()
    layers = [LAYER % {"geometry": geometry} for geometry in GEOMETRIES]
    (folder / "schema" / "shade.toml").write_text("".join([DECLARED, *layers]), "utf-8")
    (folder / "shade.py").write_text(MODULE, "utf-8")
    spec: Any = importlib.util.spec_from_file_location("shade", folder / "shade.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    study = shutil.copytree(ROOT / "demo", folder / "study")
    settings = (study / "study.toml").read_text("utf-8")
    settings = settings.replace("[sites] ", "[sites]\non = false\n").split("[zones]")[0]
    (study / "study.toml").write_text(settings + "\n[routes]\non = false\n", "utf-8")
    own = Analysis("shade", module.shade)
    write_outputs(run_study(load_study(study), analyses=(*ANALYSES, own)), folder / "out")
    return folder / "out"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("shade")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("YIMI_DATA", str(folder))
        schema.cache_clear()
        yield run_in(folder)
    schema.cache_clear()


def test_its_table_is_a_csv_and_a_sheet_with_words(results: Path) -> None:
    table = pd.read_csv(results / "csv" / "shade.csv", encoding="utf-8-sig")
    assert list(table) == ["社区编码", "名称", "树荫比例", "合成数据"]
    sheet = openpyxl.load_workbook(results / "tables.xlsx")["树荫"]
    assert (sheet["C1"].value, sheet["C2"].number_format) == ("树荫比例", "0.0%")


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_its_layer_is_in_the_geopackage_with_title_and_colour(results: Path, geometry: str) -> None:
    name = f"shade_{geometry}"
    with closing(sqlite3.connect(results / "results.gpkg")) as base:
        titles = dict(base.execute("SELECT table_name, description FROM gpkg_contents"))
        styles = dict(base.execute("SELECT f_table_name, styleQML FROM layer_styles"))
        rows = base.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0]  # noqa: S608
    assert titles[name] == f"社区树荫 {geometry}"
    assert "0,255,0" in styles[name]  # 00 ff 00
    assert rows == len(pd.read_csv(results / "csv" / "shade.csv"))


def switch(tab: Any, geometry: str) -> Any:
    """Return the layer's group of the legend."""
    return tab.locator("#layers [role=group]", has_text=f"社区树荫 {geometry}")


def only(tab: Any, geometry: str) -> None:
    for other in GEOMETRIES:
        switch(tab, other).locator("input").set_checked(other == geometry)


@pytest.mark.parametrize("geometry", GEOMETRIES)
class TestPage:
    """What a reader of the page sees."""

    pytestmark = needs_browser

    def test_the_legend_has_its_classes(self, results: Path, geometry: str, show: Open) -> None:
        tab = show((results / "map.html").read_text("utf-8"))
        assert switch(tab, geometry).locator("input").is_checked()
        assert switch(tab, geometry).locator(".key").count() == 5  # four, and what is not known

    def test_it_is_drawn_where_it_is_on(self, results: Path, geometry: str, show: Open) -> None:
        tab = show((results / "map.html").read_text("utf-8"))
        only(tab, "none")
        assert greens(tab) == 0
        only(tab, geometry)
        assert greens(tab) > 200

    def test_a_row_is_listed_and_told(self, results: Path, geometry: str, show: Open) -> None:
        tab = show((results / "map.html").read_text("utf-8"))
        tab.locator("#tables button", has_text=f"社区树荫 {geometry}").click()
        assert tab.locator("#list-table th").all_inner_texts()[1:] == ["社区编码", "树荫比例 ↓"]
        shares = tab.locator("#list-table td:nth-child(3)").all_inner_texts()
        assert (shares[-2:], len(set(shares))) == (["0.0%", "未知"], len(shares))
        tab.locator("#list-table tbody tr button").first.click()
        assert shares[0] in tab.inner_text("#info")
        tab.click("#language")
        assert "Share in the shade" in tab.inner_text("#info")

    def test_a_click_tells_of_it(self, results: Path, geometry: str, show: Open) -> None:
        tab = show((results / "map.html").read_text("utf-8"))
        only(tab, geometry)
        selected = tab.evaluate(PRESS, [f"shade_{geometry}", 3])
        assert selected["layer"] == f"shade_{geometry}"
        assert geometry == "line" or selected["row"] == 3  # neighbours have one line


PRESS = """([name, row]) => {
  const { point, shape } = yimi.data.layers[name];
  const first = shape ? shape.start[shape.first[row]] : 0;
  const mercator = (y) => (360 / Math.PI) * Math.atan(Math.exp(Math.PI * (1 - y / 128))) - 90;
  const at = name.endsWith("line")
    ? [mercator(shape.y[first]), (shape.x[first] / 256 - 0.5) * 360]
    : [point.lat[row], point.lon[row]];
  for (const layer of ["demand", "entrance"]) yimi.state.shown[layer] = false;
  yimi.state.kinds.clear();
  yimi.map.setView(at, 17, { animate: false });
  yimi.map.fire("click", { latlng: L.latLng(at) });
  return yimi.state.selected;
}"""
GREENS = """new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => {
  const canvas = document.querySelector("#slot canvas");
  const copy = document.createElement("canvas");
  [copy.width, copy.height] = [canvas.width, canvas.height];
  const pen = copy.getContext("2d", { willReadFrequently: true });
  pen.drawImage(canvas, 0, 0);
  const { data } = pen.getImageData(0, 0, copy.width, copy.height);
  let found = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 1] > data[i] + 60 && data[i + 1] > data[i + 2] + 60) found++;
  }
  done(found);
})))"""


def greens(tab: Any) -> int:
    """Return how many pixels of the map are of a strong green."""
    return int(tab.evaluate(GREENS))
