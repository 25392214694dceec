"""Tiles below the map: none by default, one host at most, and all layers in the tiles' datum."""

from __future__ import annotations

import base64
import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import map_sample as sample
import numpy as np
import pytest
from map_browser import ARGUMENTS, CHROMIUM
from nonempty import each
from pyproj import Transformer

from analyses.study.basemap import MapInput, basemap_of, basemap_slips
from geo.datum import gcj02_to_wgs84
from maps.page.basemap import shifted
from maps.page.page import page_html

TILE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYPj/HwADAgH/eL9GtQAAAABJRU5ErkJggg=="
)
ADDRESS = "https://tiles.example.org:8443/{z}/{x}/{y}.png"
OWN = {"basemap": "xyz", "url": ADDRESS, "attribution": "X"}


def pictures(html: str) -> str:
    found = re.search(r"img-src ([^;]+);", html)
    assert found
    return found[1]


def test_without_a_setting_nothing_is_asked_for() -> None:
    assert basemap_of(MapInput()) is None
    assert pictures(page_html(sample.sample(), **sample.ABOUT)) == "data:"


@pytest.mark.parametrize(("wanted", "host"), [
    ({"basemap": "osm"}, "https://tile.openstreetmap.org"),
    ({"basemap": "tianditu", "key": "abc123"}, "https://t0.tianditu.gov.cn"),
    ({"basemap": "amap"}, "https://webrd01.is.autonavi.com"),
    (OWN, "https://tiles.example.org:8443"),
])  # fmt: skip
def test_the_policy_allows_exactly_the_tiles_host(wanted: dict[str, Any], host: str) -> None:
    tiles = basemap_of(MapInput(**wanted))
    html = page_html(sample.sample(), **sample.ABOUT, basemap=tiles)
    assert pictures(html) == f"data: {host}"


@pytest.mark.parametrize(("wanted", "codes"), [
    ({"basemap": "tianditu"}, ["CONFIG_MISSING"]),
    ({"basemap": "xyz"}, ["CONFIG_MISSING", "CONFIG_MISSING"]),
    ({**OWN, "url": "https://a.org/{z}/{x}.png"}, ["BASEMAP_URL"]),
    ({**OWN, "url": "javascript:alert(1)//{x}{y}{z}"}, ["BASEMAP_URL"]),
    ({**OWN, "url": "https://a.org; script-src *;/{x}{y}{z}"}, ["BASEMAP_URL"]),
    ({**OWN, "url": "https://{host}/{x}{y}{z}"}, ["BASEMAP_URL"]),
    ({"basemap": "tianditu", "key": "a&b"}, ["BASEMAP_KEY"]),
    (OWN, []), ({}, []),
])  # fmt: skip
def test_settings_that_cannot_be_used(wanted: dict[str, Any], codes: list[str]) -> None:
    assert [finding.code for finding in basemap_slips(MapInput(**wanted))] == codes


def test_the_key_stays_out_of_the_manifest() -> None:
    wanted = MapInput(basemap="tianditu", key="CANARY")
    assert "CANARY" not in str(wanted.model_dump(mode="json"))
    assert "CANARY" not in repr(wanted)


def first_places(rows: Any) -> np.ndarray:
    """Return places of rows that have x and y, or the vertices of the first five shapes."""
    if "geometry" not in rows:
        return rows[["x", "y"]].to_numpy()
    return rows.geometry.iloc[:5].get_coordinates().to_numpy()


def test_all_layers_are_shifted_together() -> None:
    """Shifting back with the inverse of `geo.datum` gives each point where it was."""
    moved = shifted(sample.sample(), crs=sample.CRS)
    pairs = list(zip(sample.sample(), moved, strict=True))
    placeless = ("rule", "kind", "area_value")
    for before, after in each(pair for pair in pairs if pair[0].role in placeless):
        assert after.rows is before.rows
    for before, after in each(pair for pair in pairs if pair[0].role not in placeless):
        there, degrees = first_places(before.rows), first_places(after.rows)
        back = np.column_stack(gcj02_to_wgs84(*degrees.T))
        shift_m = np.hypot(*(degrees - back).T) * 111_000
        assert (shift_m > 300).all()  # a shift in northern China is some 500 m
        np.testing.assert_allclose(to_crs(back), there, atol=0.01)


def to_crs(lonlat: np.ndarray) -> np.ndarray:
    transform = Transformer.from_crs("EPSG:4326", sample.CRS, always_xy=True).transform
    return np.column_stack(transform(lonlat[:, 0], lonlat[:, 1]))


class Tiles(http.server.BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        Tiles.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        self.wfile.write(TILE)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def address() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tiles)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("datum", ["wgs84", "gcj02"])
def test_tiles_of_ones_own_are_drawn_and_named(address: str, tmp_path: Path, datum: str) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    Tiles.asked.clear()
    wanted = MapInput(
        basemap="xyz", url=address + "/{z}/{x}/{y}.png", attribution="<b>示例测绘院", datum=datum
    )  # type: ignore[arg-type]
    file = tmp_path / "map.html"
    file.write_text(
        page_html(sample.sample(), **sample.ABOUT, basemap=basemap_of(wanted)), encoding="utf-8"
    )
    arguments = [a.replace("~NOTFOUND", "~NOTFOUND,EXCLUDE 127.0.0.1") for a in ARGUMENTS]
    faults: list[str] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        tab = browser.new_page()
        tab.on("console", lambda message: faults.append(message.text))
        tab.goto(file.as_uri())
        tab.wait_for_selector("html[data-ready]")
        tab.wait_for_selector("img.leaflet-tile-loaded", state="attached")
        told = tab.inner_text("#source")
        assert tab.evaluate("yimi.view.tiles")
        browser.close()
    assert re.fullmatch(r"/\d+/\d+/\d+\.png", Tiles.asked[0])
    assert "<b>示例测绘院" in told
    assert ("GCJ-02" in told) == (datum == "gcj02")
    assert faults == []
