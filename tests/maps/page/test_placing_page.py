"""A list is placed by hand in a browser, and what is saved is read again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from map_browser import NAMELESS, Open, needs_browser
from shapely.geometry import LineString, Point

from analyses.facilities import facilities_from_layer
from analyses.run import ToPlace
from geo.read import ReadOptions, read_layer
from maps.page import placing_html

HOSTILE = '</script><img src=x onerror="alert(1)">小学'


def page(lang: str = "en") -> str:
    cells = pd.DataFrame(
        {
            "学校名称": ["甲小学", "乙小学", HOSTILE, "=1+1小学"],
            "地址": ["人民路8号, 2楼", None, "", "x"],
            "学位": ["450", None, "300", "0"],
        },
        index=[3, 4, 5, 6],
    )
    to_place = ToPlace(
        "名单.xlsx",
        cells,
        {"name": "学校名称", "address": "地址"},
        lon=np.array([117.001, 117.003, np.nan, np.nan]),
        lat=np.array([38.001, 38.0, np.nan, np.nan]),
        how=("name", "community", "", ""),
        doubt_m=np.array([0.0, 400.0, 0.0, 0.0]),
    )
    lines = [
        LineString([(117, 38), (117.01, 38)]),
        LineString([(117.004, 37.995), (117.004, 38.005)]),
    ]
    streets = gpd.GeoDataFrame({"name": ["人民路", HOSTILE]}, geometry=lines, crs=4326)
    known = gpd.GeoDataFrame({"name": ["丙小学"]}, geometry=[Point(117.002, 38.002)], crs=4326)
    return placing_html(to_place, streets=streets, facilities=known, name="县", lang=lang)


def test_no_text_of_the_data_ends_the_script_or_becomes_markup() -> None:
    assert HOSTILE not in page()
    assert page().count("</script>") == 2


def at(tab: Any, lon: float, lat: float) -> tuple[float, float]:
    """Return where a place is on the screen."""
    box = tab.locator("canvas").bounding_box()
    x, y = tab.evaluate("([lon, lat]) => [toPlace.toX(lon), toPlace.toY(lat)]", [lon, lat])
    return box["x"] + x, box["y"] + y


class TestInABrowser:
    pytestmark = needs_browser

    def test_click_drag_undo_and_save_give_a_list_that_is_read_again(
        self, show: Open, tmp_path: Path
    ) -> None:
        tab = show(page())
        tab.get_by_role("button", name="onerror").click()
        tab.mouse.click(*at(tab, 117.006, 38.001))
        tab.get_by_role("button", name="1+1").click()
        tab.mouse.click(*at(tab, 117.0075, 38.0))
        tab.get_by_role("button", name="Undo").click()  # the last one has no place again
        start, end = at(tab, 117.006, 38.001), at(tab, 117.0062, 38.0011)
        tab.mouse.move(*start)
        tab.mouse.down()
        tab.mouse.move(*end, steps=4)
        tab.mouse.up()
        with tab.expect_download() as download:
            tab.get_by_role("button", name="Save").click()
        assert download.value.suggested_filename == "名单.csv"
        saved = tmp_path / "saved.csv"
        download.value.save_as(saved)
        layer = read_layer(saved, options=ReadOptions(kinds=None, located=False))
        rows = facilities_from_layer(layer.frame, kind="primary_school", source="saved.csv")
        assert list(rows["name"]) == [HOSTILE]
        assert list(rows["place_from"]) == ["hand"]
        assert rows.geometry[0].distance(Point(117.0062, 38.0011)) < 0.0002
        text = saved.read_text("utf-8-sig")
        assert '"人民路8号, 2楼",450,,,' in text  # placed by name: found again at the next run
        assert "\n'=1+1" in text

    def test_a_place_found_by_the_program_is_confirmed_and_the_search_narrows_the_list(
        self, show: Open
    ) -> None:
        tab = show(page())
        assert tab.locator("#count").inner_text() == "1 / 4"
        tab.get_by_role("searchbox").fill("乙")
        assert tab.locator("ol li:visible").count() == 1
        tab.get_by_role("button", name="乙小学").click()
        tab.get_by_role("button", name="Confirm").click()
        assert tab.locator("#count").inner_text() == "2 / 4"
        assert tab.evaluate("toPlace.rows[1]")["how"] == "hand"

    def test_it_is_worked_by_keys_and_every_control_has_a_name(self, show: Open) -> None:
        tab = show(page("zh"))
        assert tab.evaluate(f"({NAMELESS})([...document.querySelectorAll('button, input')])") == []
        tab.locator("ol button").nth(2).focus()
        tab.keyboard.press("Enter")
        tab.locator("canvas").focus()
        tab.keyboard.press("ArrowRight")
        tab.keyboard.press("Enter")
        assert tab.evaluate("toPlace.rows[2]")["how"] == "hand"
