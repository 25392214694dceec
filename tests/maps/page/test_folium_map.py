"""The notebook's folium.Map is the same page, and folium runs nothing of the data."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

import folium
import map_sample as sample
import pytest

from geo.words import Text
from maps.page.folium_map import folium_map
from maps.page.page import page_html

if TYPE_CHECKING:
    from pathlib import Path

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)


def saved(chart: folium.Map, folder: Path) -> str:
    chart.save(str(folder / "map.html"))
    return (folder / "map.html").read_text("utf-8")


def test_it_is_the_page_of_a_run_but_for_the_start(tmp_path: Path) -> None:
    shown = sample.sample()
    ours, theirs = (
        page_html(shown, **sample.ABOUT),
        saved(folium_map(shown, **sample.ABOUT), tmp_path),
    )
    for part in (r'id="data">([^<]+)', r"<style>(.*?)</style>", r"<body>(.*?)<main>"):
        assert re.search(part, theirs, re.DOTALL)[1] == re.search(part, ours, re.DOTALL)[1]  # type: ignore[index]
    assert "Content-Security-Policy" in theirs
    assert theirs.count("https://") == ours.count("https://")


def test_same_input_same_file_and_folium_is_left_as_it_was(tmp_path: Path) -> None:
    links = list(folium.Map.default_js)
    once = saved(folium_map(sample.sample(), **sample.ABOUT), tmp_path)
    assert saved(folium_map(sample.sample(), **sample.ABOUT), tmp_path) == once
    chart = folium_map(sample.sample(), **sample.ABOUT)
    assert saved(chart, tmp_path) == saved(chart, tmp_path) == once
    assert folium.Map.default_js == links != []


def test_folium_runs_nothing_of_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    evil = "".join(sample.HOSTILE)
    chart = folium_map(
        sample.hostile(), title=Text(en=evil), notes=[Text(en=evil)], attribution=evil
    )
    text = saved(chart, tmp_path) + chart._repr_html_()
    assert [p.name for p in tmp_path.iterdir()] == ["map.html"]
    assert "__pwned" not in text


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_layers_of_a_notebook_lie_on_the_map_and_nothing_is_asked_for(tmp_path: Path) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    chart = folium_map(sample.hostile(), crs=sample.CRS)
    folium.Marker([38.94, 116.95]).add_to(chart)
    folium.CircleMarker([38.95, 116.95], radius=9).add_to(chart)
    chart.save(str(tmp_path / "map.html"))
    (tmp_path / "notebook.html").write_text(
        f"<meta charset=utf-8>{chart._repr_html_()}", encoding="utf-8"
    )
    faults: list[Any] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        for name in ("map.html", "notebook.html"):
            tab = browser.new_page()
            tab.on(
                "request",
                lambda r: faults.append(r.url[:200]) if "html" not in r.url[-5:] else None,
            )
            tab.on("console", lambda m: faults.append(m.text))
            tab.on("pageerror", lambda e: faults.append(str(e)))
            tab.goto((tmp_path / name).as_uri())
            frame = tab.frames[-1]
            frame.wait_for_selector("html[data-ready]")
            assert frame.locator("img.leaflet-marker-icon").evaluate("(e) => e.naturalWidth") == 25
            assert frame.locator(".leaflet-overlay-pane canvas").count() == 1
            assert frame.evaluate("window.__pwned") is None
        browser.close()
    assert faults == []
