"""The map shows what children and parents marked beside what the model knows."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import map_sample
import pytest
import safe_sample
import shapely
from map_browser import Open, needs_browser, paint

from analyses.result import Shown
from geo.words import Text
from maps.page.page import page_html
from maps.style import palette

pytestmark = needs_browser
HOSTILE = map_sample.HOSTILE
MARKS = [
    ("害怕", "afraid", "crossing", HOSTILE[0], 9, "agree", "模型也列为隐患", "listed"),
    ("过不去马路", "cannot cross", "crossing", HOSTILE[0], 4, "felt_only", "到现场看", "look"),
    (None, None, "street", "示例路", 0, "missed", "没有人标记", "no mark"),
    ("喜欢", "like", "cell", None, 12, None, None, None),
]  # fmt: skip
COLUMNS = ["mark_zh", "mark_en", "place_kind", "place", "people", "agreement", "agreement_zh",
           "agreement_en"]  # fmt: skip
AT = [(900, 700), (900, 700), (1500, 700), (900, 1300)]
BUBBLE = """(row) => {
  const { point } = yimi.data.layers.mark;
  yimi.map.setView([point.lat[row], point.lon[row]], 17, { animate: false });
  const { x, y } = yimi.map.latLngToContainerPoint([point.lat[row], point.lon[row]]);
  yimi.map.fire("click", { latlng: yimi.map.containerPointToLatLng([x, y - 13]) });
}"""

PIXELS = """([red, green, blue]) => {
  const canvas = document.querySelector("#slot canvas");
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  const pen = copy.getContext("2d", { willReadFrequently: true });
  pen.drawImage(canvas, 0, 0);
  const { data } = pen.getImageData(0, 0, copy.width, copy.height);
  let found = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i] === red && data[i + 1] === green && data[i + 2] === blue) found++;
  }
  return found;
}"""


@pytest.fixture(scope="module")
def html() -> str:
    points = shapely.points(map_sample.ORIGIN + AT)
    rows = gpd.GeoDataFrame(MARKS, columns=COLUMNS, geometry=points, crs=map_sample.CRS)
    rows = rows.assign(marks=rows["people"] + 1, area="示例社区", grade=None)
    marks = Shown("mark", rows, Text(zh="儿童与家长的标记", en="Marks of children and parents"))
    return page_html((*safe_sample.safe(), marks), **map_sample.ABOUT)


def legend_row(tab: Any) -> Any:
    return tab.locator("#layers label", has_text="儿童与家长的标记").locator("input")


def test_without_marks_nothing_speaks_of_them(show: Open) -> None:
    tab = show(page_html(safe_sample.safe(), **map_sample.ABOUT))
    assert "标记" not in tab.inner_text("#layers") + tab.inner_text("#tables")


def test_marks_are_drawn_and_can_be_switched_off(show: Open, html: str) -> None:
    tab = show(html)
    colour = next(row["colour"] for row in palette()["mark"] if row["id"] == "agree")
    rgb = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    assert tab.evaluate(PIXELS, rgb) > 50  # of a disc of 5 px and more
    legend_row(tab).uncheck()
    paint(tab)
    assert tab.evaluate(PIXELS, rgb) == 0


def test_a_click_on_the_bubble_tells_who_and_what_else_is_here(show: Open, html: str) -> None:
    tab = show(html)
    tab.evaluate(BUBBLE, 1)  # two at one place: the one that the model knows lies on top
    told = tab.inner_text("#info")
    assert "害怕" in told.splitlines()
    assert "模型也列为隐患" in told.splitlines()
    assert "9" in told.splitlines()
    assert "过不去马路 · 4 人" in told
    assert HOSTILE[0] in told


def test_the_table_begins_with_the_most_people_and_speaks_english(show: Open, html: str) -> None:
    tab = show(html)
    tab.click("#language")
    tab.click("#tables button:has-text('Marks')")
    people = tab.locator("#list-table td:nth-child(2)").all_inner_texts()
    assert people == ["12", "9", "4", "0"]
    tab.click("#list-table tbody tr:nth-child(4) button")
    assert "Nobody marked it" in tab.inner_text("#info")
    assert "no mark" in tab.inner_text("#info")
