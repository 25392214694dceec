"""A map of a large district: points are found and seen at every zoom, and recoloured; it moves."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import map_sample as sample
import numpy as np
import pytest
import shapely
from benchmarks import bench_map
from map_browser import Open, click_row, needs_browser

from analyses.result import Shown, Status
from maps.page.page import page_html
from maps.style import palette, words

pytestmark = needs_browser
COUNT = 50_000
ALONE = np.array([3_000.0, 3_000.0])  # a point with nothing around it
# The colour of the canvas at the point of a row, as "r,g,b".
COLOUR = """(row) => {
  const { lat, lon } = yimi.data.layers.demand.point;
  const canvas = document.querySelector("#slot canvas");
  const at = yimi.map.latLngToContainerPoint([lat[row], lon[row]]);
  const box = canvas.getBoundingClientRect();
  const slot = yimi.map.getContainer().getBoundingClientRect();
  const [x, y] = [at.x + slot.left - box.left, at.y + slot.top - box.top];
  const pixel = document.createElement("canvas").getContext("2d");
  pixel.drawImage(canvas, -Math.round(x), -Math.round(y));
  return [...pixel.getImageData(0, 0, 1, 1).data].slice(0, 3).join();
}"""
GO_TO = """([row, zoom]) => {
  const { lat, lon } = yimi.data.layers.demand.point;
  yimi.map.setView([lat[row], lon[row]], zoom, { animate: false });
}"""
REDRAW = "yimi.map.eachLayer((layer) => layer.redraw && layer.redraw())"
# The canvas within the view, as text.
VIEW = """() => {
  const [canvas, slot] = [document.querySelector("#slot canvas"), yimi.map.getContainer()];
  const [from, to] = [canvas.getBoundingClientRect(), slot.getBoundingClientRect()];
  const copy = document.createElement("canvas");
  [copy.width, copy.height] = [slot.clientWidth, slot.clientHeight];
  copy.getContext("2d").drawImage(canvas, from.left - to.left, from.top - to.top);
  return copy.toDataURL();
}"""


def hex_of(status: Status) -> str:
    colour = next(s["colour"] for s in palette()["status"] if s["value"] == status)
    return ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))


@pytest.fixture(scope="module")
def html() -> str:
    """50,000 covered homes in a square of 2 km, and one by itself that each rule sees otherwise."""
    at = np.vstack([np.random.default_rng(5).random((COUNT - 1, 2)) * 2000, ALONE]) + sample.ORIGIN
    homes = gpd.GeoDataFrame(
        {"children": np.arange(COUNT) % 7}, geometry=shapely.points(at), crs=sample.CRS
    )
    for rule, status in (("A", Status.UNCOVERED), ("B", Status.STRAIGHT_ONLY)):
        homes[f"status:{rule}"] = np.r_[np.full(COUNT - 1, Status.COVERED), status].astype(np.int8)
        homes[f"walk_m:{rule}"] = np.arange(COUNT, dtype=float)
    return page_html([Shown("demand", homes)], **{**sample.ABOUT, "notes": ()})


def alone(tab: Any) -> int:
    """Return the row of the home by itself: rows are sorted on the way into the page."""
    return int(tab.evaluate("yimi.data.layers.demand.rules[0].walk_m.indexOf(49999)"))


@pytest.mark.parametrize("zoom", [11, 14, 18])
def test_a_point_has_its_colour_at_every_zoom_and_another_rule_changes_it(
    show: Open, html: str, zoom: int
) -> None:
    tab = show(html)
    row = alone(tab)
    tab.evaluate(GO_TO, [row, zoom])
    tab.evaluate("yimi.view.on.demand = true")
    before = tab.evaluate(COLOUR, row)
    tab.select_option("#rule", "1")
    tab.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    after = tab.evaluate(COLOUR, row)
    assert before != after
    squares = zoom == 11  # of a few pixels, a little translucent
    assert squares or (before, after) == (hex_of(Status.UNCOVERED), hex_of(Status.STRAIGHT_ONLY))


def test_a_click_finds_the_home_itself_among_many(show: Open, html: str) -> None:
    tab = show(html)
    row = 20_000
    click_row(tab, "demand", row)
    walk_m = tab.evaluate(f"yimi.data.layers.demand.rules[0].walk_m[{row}]")
    assert words()["zh"]["column"]["demand_point"] in tab.inner_text("#info")
    assert f"{walk_m:,.0f} 米" in tab.inner_text("#info")
    tab.keyboard.press("Escape")
    tab.evaluate(GO_TO, [alone(tab), 18])
    tab.evaluate("yimi.map.fire('click', { latlng: yimi.map.getCenter() })")
    assert "49,999 米" in tab.inner_text("#info")


@pytest.mark.parametrize("zoom", [13, 15.25])
def test_a_map_that_was_panned_is_the_map_that_is_drawn_there(
    show: Open, html: str, zoom: float
) -> None:
    tab = show(html)
    tab.evaluate(GO_TO, [20_000, zoom])
    for step in ([90, 0], [70, 130], [-10, -300], [-500, 40]):
        tab.evaluate("(by) => yimi.map.panBy(by, { animate: false })", step)
    moved = tab.evaluate(VIEW)
    tab.evaluate(REDRAW)
    assert tab.evaluate(VIEW) == moved


def test_patterns_and_lines_of_a_panned_town_meet_without_a_seam(show: Open) -> None:
    tab = show(page_html(sample.sample(), **sample.ABOUT))
    tab.evaluate("Object.assign(yimi.view.on, { label: false })")
    tab.evaluate(GO_TO, [3000, 15])
    for step in ([110, 0], [0, 95], [-333, -222]):
        tab.evaluate("(by) => yimi.map.panBy(by, { animate: false })", step)
    apart = """async () => {
      const pixels = async (url) => {
        const image = new Image();
        image.src = url;
        await image.decode();
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [image.width, image.height];
        canvas.getContext("2d").drawImage(image, 0, 0);
        return canvas.getContext("2d").getImageData(0, 0, image.width, image.height).data;
      };
      const view = %s;
      const moved = await pixels(view());
      %s;
      const drawn = await pixels(view());
      return moved.filter((value, i) => Math.abs(value - drawn[i]) > 40).length / moved.length;
    }""" % (VIEW, REDRAW)  # noqa: UP031
    assert tab.evaluate(apart) < 0.0005


def test_what_lies_around_the_view_is_drawn_when_the_map_rests(show: Open, html: str) -> None:
    tab = show(html)
    width = "document.querySelector('#slot canvas').width"
    view = tab.evaluate("yimi.map.getSize().x")
    assert 1.2 * view <= tab.evaluate(f"({REDRAW}, {width})") < 1.3 * view
    tab.wait_for_timeout(2000)
    assert 1.5 * view <= tab.evaluate(width) < 1.6 * view


@pytest.mark.slow
def test_half_a_million_points_open_and_move(browser: Any) -> None:
    shown = bench_map.district()
    counts = {item.role: len(item.rows) for item in shown}
    assert counts["demand"] == 500_000
    assert counts["street"] >= 200_000
    tab = bench_map.opened(browser, page_html(shown, **sample.ABOUT))
    # Processor seconds of the page: what a clock says depends on what else the machine does.
    assert tab.cpu_ms < 3000
    tab.page.evaluate(bench_map.TO_THE_MIDDLE, 14)
    _, _, busy = tab.frames(tab.keys)
    assert busy < 0.6
