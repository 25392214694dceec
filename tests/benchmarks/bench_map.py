"""How fast does a map open and move: a district of half a million homes, and ours against folium?

Run as ``python tests/benchmarks/bench_map.py [district] [town] [points]``; all without a word.

``district``: 500,000 demand points under three rules, 200,000 streets, 5,000 communities and
180,000 buildings in one file. ``town``: the x1 town with all its layers against a plain folium map
of the same layers in the same run; in place of the files that folium's page loads from other hosts
it has Leaflet inside. ``points``: building the HTML of 10,000 points against folium.GeoJson.

Chromium without a GPU opens the file from disk, no host can be reached. Milliseconds since the
navigation began; frames a second while the map is moved by mouse and keys, a key every 0.15 s; the
longest time between two frames; CPU is the page's main thread.
"""

from __future__ import annotations

import gc
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

import folium
import geopandas as gpd
import map_sample as sample
from map_browser import ARGUMENTS, CHROMIUM

from maps.page.page import leaflet_script, page_html, page_style

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyses.result import Shown

RULE = "GB50180-KG"
POINTS = 500_000
# What runs before the page's own scripts: notes frames, long tasks, and when things were there.
WATCH = """
window.seen = { frames: [], tasks: [], first: 0 };
new PerformanceObserver((list) => {
  for (const e of list.getEntries()) seen.tasks.push([e.startTime, e.duration]);
}).observe({ type: "longtask", buffered: true });
const tick = (now) => { seen.frames.push(now); requestAnimationFrame(tick); };
requestAnimationFrame(tick);
const drawn = () => document.querySelector(
  "html[data-ready], .leaflet-overlay-pane canvas, .leaflet-overlay-pane path");
const note = () => { seen.first = performance.now(); };
const wait = () => (drawn() ? requestAnimationFrame(() => setTimeout(note)) : setTimeout(wait, 5));
wait();
"""
TO_THE_MIDDLE = """(zoom) => {
  const { lat, lon } = yimi.data.layers.demand.point, row = lat.length >> 1;
  yimi.map.setView([lat[row], lon[row]], zoom, { animate: false });
}"""
RECOLOUR = """() => new Promise((done) => {
  const rule = document.getElementById("rule"), start = performance.now();
  rule.selectedIndex = (rule.selectedIndex + 1) % rule.options.length;
  rule.dispatchEvent(new Event("change"));
  const told = () => setTimeout(() => done(performance.now() - start));
  requestAnimationFrame(() => requestAnimationFrame(told));
})"""


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


# ---- what is shown -------------------------------------------------------------------------------


def district(points: int = POINTS) -> tuple[Shown, ...]:
    """Return a county of `points` homes, with at least 0.4 streets to a home."""
    shown = sample.sample(size=points / 6000 * 1.104, rules=3)
    return tuple(
        replace(item, rows=item.rows.iloc[:points]) if item.role == "demand" else item
        for item in shown
    )


def town_of(points: int) -> tuple[Shown, gpd.GeoDataFrame]:
    """Return demand points under one rule: as a role for us, as plain columns for folium."""
    item = next(s for s in sample.sample(size=points / 6000, rules=1) if s.role == "demand")
    plain = item.rows.rename(columns={f"status:{RULE}": "status", f"walk_m:{RULE}": "walk_m"})
    return item, plain.assign(walk_m=plain["walk_m"].replace(float("inf"), -1).round())


def with_folium(plain: gpd.GeoDataFrame) -> str:
    """Return folium's page: points coloured by status, three facts in a tooltip."""
    colours = {3: "#0072b2", 2: "#56b4e9", 1: "#e69f00", 0: "#d55e00"}
    chart = folium.Map(tiles=None, prefer_canvas=True)
    folium.GeoJson(
        plain.to_crs(4326),
        marker=folium.CircleMarker(radius=3, fill=True, weight=0, fill_opacity=0.9),
        style_function=lambda f: {"fillColor": colours[f["properties"]["status"]]},
        tooltip=folium.GeoJsonTooltip(["children", "status", "walk_m"]),
    ).add_to(chart)
    return str(chart.get_root().render())


def layers_with_folium(shown: tuple[Shown, ...], *, canvas: bool) -> str:
    """Return folium's map of every layer that has shapes, each with its columns in a tooltip.

    The files of other hosts are replaced by Leaflet, which the map needs and nothing else: it opens
    without a network, and sooner than as folium writes it.
    """
    chart = folium.Map(tiles=None, prefer_canvas=canvas)
    bounds = [[0.0, 0.0], [1.0, 1.0]]
    for item in shown:
        if not isinstance(item.rows, gpd.GeoDataFrame):
            continue
        rows = item.rows.to_crs(4326).replace(float("inf"), None)
        columns = [str(c) for c in rows.columns if c != "geometry"]
        marker = folium.CircleMarker(radius=3, fill=True, weight=0)
        folium.GeoJson(
            rows, name=item.title["en"], marker=marker,
            tooltip=folium.GeoJsonTooltip(columns) if columns else None,
        ).add_to(chart)  # fmt: skip
        if item.role == "area":
            west, south, east, north = rows.total_bounds
            bounds = [[south, west], [north, east]]
    chart.fit_bounds(bounds)
    folium.LayerControl().add_to(chart)
    chart.default_js, chart.default_css = [], []
    inside = f"<style>{page_style()}</style><script>{leaflet_script()}</script>"
    return str(chart.get_root().render()).replace("<head>", f"<head>{inside}", 1)


# ---- the browser ---------------------------------------------------------------------------------


class Tab:
    """A page that was opened from disk, and what it took."""

    def __init__(self, browser: Any, file: Path) -> None:
        self.page = browser.new_page(viewport={"width": 1440, "height": 900})
        self.page.add_init_script(WATCH)
        self.client = self.page.context.new_cdp_session(self.page)
        self.client.send("Performance.enable", {"timeDomain": "threadTicks"})
        self.page.goto(file.as_uri(), wait_until="commit", timeout=180_000)
        while not self.page.evaluate("seen.first"):
            time.sleep(0.02)
        self.first_ms = float(self.page.evaluate("seen.first"))
        self.cpu_ms = self.metric("ThreadTime") * 1000
        self.page.wait_for_timeout(4000)
        tasks = self.page.evaluate("seen.tasks")
        self.idle_ms = max([self.first_ms, *(start + lasted for start, lasted in tasks)])

    def metric(self, name: str) -> float:
        """Return a metric of the page."""
        metrics = self.client.send("Performance.getMetrics")["metrics"]
        return float(next(m["value"] for m in metrics if m["name"] == name))

    def frames(self, move: Callable[[], None]) -> tuple[float, float, float]:
        """Return frames a second, the longest frame in ms and the share of CPU during a move."""
        self.page.wait_for_timeout(1500)
        before = self.metric("ThreadTime")
        self.page.evaluate("seen.frames.length = 0")
        move()
        at = self.page.evaluate("seen.frames")
        gaps = [b - a for a, b in pairwise(at)]
        cpu = (self.metric("ThreadTime") - before) / (sum(gaps) / 1000)
        return 1000 * len(gaps) / sum(gaps), max(gaps), cpu

    def drag(self) -> None:
        """Drag the map to and fro with the mouse for two and a half seconds."""
        box = self.page.locator("#slot").bounding_box()
        x, y = box["x"] + box["width"] / 2 - 100, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        start, step = time.perf_counter(), 0
        while time.perf_counter() - start < 2.5:
            step += 1
            way = step * 6 % 800
            self.page.mouse.move(x + min(way, 800 - way) - 200, y + step * 3 % 200 - 100)
            time.sleep(0.008)
        self.page.mouse.up()

    def keys(self) -> None:
        """Move the map by its arrow keys, three times a view's width and back."""
        self.page.evaluate("yimi.map.getContainer().focus()")
        for key in ["ArrowRight"] * 10 + ["ArrowDown"] * 5 + ["ArrowLeft"] * 10:
            self.page.keyboard.press(key)
            self.page.wait_for_timeout(150)

    def fly(self) -> None:
        """Fly a few kilometres."""
        self.page.evaluate(
            "(() => { const { lat, lng } = yimi.map.getCenter();"
            " yimi.map.flyTo([lat + 0.03, lng + 0.03], yimi.map.getZoom(), { duration: 1.2 }); })()"
        )
        self.page.wait_for_timeout(2000)


def opened(browser: Any, html: str) -> Tab:
    """Return the page of a text."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "map.html"
        file.write_text(html, encoding="utf-8")
        return Tab(browser, file)


def chromium(run: Callable[[Any], None]) -> None:
    """Call `run` with a browser; say so where there is none."""
    if CHROMIUM is None:
        say("no Chromium on this machine")
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        run(browser)
        browser.close()


# ---- the three questions -------------------------------------------------------------------------


def large(browser: Any) -> None:
    """Say what the district takes."""
    shown = district()
    counts = {item.role: len(item.rows) for item in shown}
    gc.collect()
    start = time.process_time()
    html = page_html(shown, **sample.ABOUT)
    built = time.process_time() - start
    say(f"district of {counts['demand']:,} points, {counts['street']:,} streets,"
        f" {counts['area']:,} communities, {counts['building']:,} buildings:"
        f" {built:.1f} s CPU to build, {len(html) / 1e6:.1f} MB")  # fmt: skip
    tabs: list[Tab] = []
    for _ in range(3):
        if tabs:
            tabs[-1].page.close()
        tabs.append(opened(browser, html))
    best = min(tabs, key=lambda tab: tab.first_ms)
    say(f"  first drawing {best.first_ms:.0f} ms, idle {min(t.idle_ms for t in tabs):.0f} ms,"
        f" {min(t.cpu_ms for t in tabs):.0f} ms CPU (best of three)")  # fmt: skip
    tab = tabs[-1]
    for zoom in (None, 12.5, 14, 15, 16.5):
        if zoom is not None:
            tab.page.evaluate(TO_THE_MIDDLE, zoom)
        name = "whole" if zoom is None else f"zoom {zoom}"
        moved = []
        for way in (tab.drag, tab.keys, tab.fly):
            fps, longest, cpu = tab.frames(way)
            moved.append(f"{way.__name__} {fps:.0f} fps (longest {longest:.0f} ms, CPU {cpu:.0%})")
        coloured = statistics.median(tab.page.evaluate(RECOLOUR) for _ in range(3))
        say(f"  {name}: {'; '.join(moved)}; another rule {coloured:.0f} ms")
    heap = tab.page.evaluate("performance.memory.usedJSHeapSize / 1e6")
    say(f"  JavaScript heap without arrays {heap:.0f} MB")


def town(browser: Any) -> tuple[float, float, float]:
    """Return how many times smaller, sooner and lighter the x1 town is than with folium."""
    shown = sample.sample()
    pages = {
        "yimi": page_html(shown, **sample.ABOUT),
        "folium": layers_with_folium(shown, canvas=False),
        "folium, prefer_canvas": layers_with_folium(shown, canvas=True),
    }
    took: dict[str, list[tuple[float, float, float]]] = {name: [] for name in pages}
    for _ in range(3):
        for name, html in pages.items():
            tab = opened(browser, html)
            took[name].append((tab.first_ms, tab.idle_ms, tab.cpu_ms))
            tab.page.close()
    size = {name: len(html) / 1e6 for name, html in pages.items()}
    best = {name: [min(row) for row in zip(*rows, strict=True)] for name, rows in took.items()}
    for name, (first, idle, busy) in best.items():
        say(f"x1 town, {name}: {size[name]:.2f} MB, drawn and answering after {first:.0f} ms"
            f" ({busy:.0f} ms CPU), idle {idle:.0f} ms")  # fmt: skip
    smaller = size["folium"] / size["yimi"]
    sooner, _, lighter = (a / b for a, b in zip(best["folium"], best["yimi"], strict=True))
    say(f"  {smaller:.1f}x smaller, {sooner:.1f}x sooner, {lighter:.1f}x less CPU")
    return smaller, sooner, lighter


def cpu(build: Callable[[], str]) -> tuple[float, int]:
    """Return CPU seconds and characters of one build."""
    start = time.process_time()
    text = build()
    return time.process_time() - start, len(text)


def compare(points: int) -> tuple[float, float]:
    """Return how many times less CPU and how many times smaller our page of points is."""
    item, plain = town_of(points)
    builds = {
        "folium": lambda: with_folium(plain),
        "yimi": lambda: page_html((item,), **{**sample.ABOUT, "notes": ()}),
    }
    best: dict[str, tuple[float, int]] = {}
    for _ in range(3):
        for name, build in builds.items():
            best[name] = min(best.get(name, (float("inf"), 0)), cpu(build))
    (folium_s, folium_size), (own_s, own_size) = best["folium"], best["yimi"]
    say(f"{points} points: folium.GeoJson {folium_s:.3f} s, {folium_size / 1e6:.2f} MB;"
        f" ours {own_s:.3f} s, {own_size / 1e6:.2f} MB:"
        f" {folium_s / own_s:.1f}x less CPU, {folium_size / own_size:.1f}x smaller")  # fmt: skip
    return folium_s / own_s, folium_size / own_size


def test_ours_is_smaller_and_quicker() -> None:
    quicker, smaller = compare(10_000)
    assert quicker >= 8
    assert smaller >= 7


if __name__ == "__main__":
    asked = sys.argv[1:] or ["points", "town", "district"]
    if "points" in asked:
        compare(10_000)
    if "town" in asked:
        chromium(town)  # type: ignore[arg-type]
    if "district" in asked:
        chromium(large)
