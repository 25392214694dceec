"""A map of 10,000 demand points: ours against folium.GeoJson with the same facts in its tooltip.

Run as ``python tests/benchmarks/bench_map.py [points]``. CPU seconds of building the HTML (imports
and the frames are made before), best of three, interleaved; size of the HTML with the data in it.
Folium's page is measured as it is, without the ten files that it loads from other hosts; ours
has Leaflet inside. Then the x10 town: building, size, and time to ready in headless Chromium.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

import folium
import map_sample as sample

from maps.page import page_html

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from analyses.result import Shown

RULE = "GB50180-KG"


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


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def cpu(build: Callable[[], str]) -> tuple[float, int]:
    """Return CPU seconds and characters of one build."""
    start = time.process_time()
    text = build()
    return time.process_time() - start, len(text)


def compare(points: int) -> tuple[float, float]:
    """Return how many times less CPU and how many times smaller our page is."""
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


def large() -> tuple[float, float, float]:
    """Return CPU seconds, megabytes and seconds to ready of the x10 town under ten rules."""
    shown = sample.sample(size=10, rules=10)
    start = time.process_time()
    text = page_html(shown, **sample.ABOUT)
    built = time.process_time() - start
    opened = min(seconds_to_ready(text) for _ in range(2))
    say(f"x10 town, ten rules: built in {built:.2f} s CPU, {len(text) / 1e6:.2f} MB,"
          f" ready in Chromium after {opened:.2f} s")  # fmt: skip
    return built, len(text) / 1e6, opened


def seconds_to_ready(text: str) -> float:
    """Return the seconds from opening the file to a usable page; NaN without Chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        return float("nan")
    from playwright.sync_api import sync_playwright

    arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "map.html"
        file.write_text(text, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        tab = browser.new_page(viewport={"width": 1440, "height": 900})
        start = time.perf_counter()
        tab.goto(file.as_uri())
        tab.wait_for_selector("html[data-ready]")
        seconds = time.perf_counter() - start
        browser.close()
    return seconds


def test_ours_is_smaller_and_quicker() -> None:
    quicker, smaller = compare(10_000)
    assert quicker >= 8
    assert smaller >= 7


if __name__ == "__main__":
    compare(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
    large()
