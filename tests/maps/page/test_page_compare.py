"""Two maps on the two sides of a handle: measures, rules, causes, before and after a trial."""

from __future__ import annotations

from typing import Any

import map_sample
import numpy as np
import place_sample
import pytest
import safe_sample
from map_browser import Open, needs_browser

from analyses.result import Shown
from maps.page.page import page_html

pytestmark = needs_browser
SIDES = """new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(
  ["yimi", "compare"].map((name) => yimi.map.getPane(name).querySelector("canvas"))
    .map((canvas) => canvas.toDataURL())))))"""
SPLIT = """["yimi", "compare"].map((name) => yimi.map.getPane(name).style.clip.match(/-?[\\d.]+/g)
  .map(Number)).map(([, right, , left]) => [left, right])"""


@pytest.fixture(scope="module")
def html() -> str:
    return page_html(place_sample.places(), **map_sample.ABOUT)


def opened(show: Open, html: str, choice: str, question: str = "cover") -> Any:
    tab = show(html)
    if tab.is_visible(f"#ask-{question}"):
        tab.click(f"#ask-{question}")
    tab.select_option("#against", choice)
    return tab


@pytest.mark.parametrize(("question", "choice", "names"), [
    ("cover", "m:straight", ("路网＋两端接入", "直线")),
    ("cover", "r:1", ("幼儿园服务半径", "小学服务半径")),
    ("places", "g:distance", ("有学位", "范围内没有")),
])  # fmt: skip
def test_both_sides_are_drawn_and_named(
    show: Open, html: str, question: str, choice: str, names: tuple[str, str]
) -> None:
    tab = opened(show, html, choice, question)
    left, right = tab.evaluate(SIDES)
    assert left != right
    assert (tab.inner_text("#side-left"), tab.inner_text("#side-right")) == names


def test_the_keyboard_moves_the_handle(show: Open, html: str) -> None:
    tab = opened(show, html, "m:straight")
    (west, middle), (other, east) = tab.evaluate(SPLIT)
    assert middle == other  # no gap between the sides
    assert middle - west == pytest.approx((east - west) / 2, abs=1)
    tab.focus("#swipe")
    for _ in range(10):
        tab.keyboard.press("ArrowRight")
    (_, after), _ = tab.evaluate(SPLIT)
    # Ten of a hundred steps, of a way that is shorter than the map by the handle's 36 px.
    assert after - middle == pytest.approx((east - west - 36) / 10, abs=1)


def test_the_clip_follows_the_map(show: Open, html: str) -> None:
    tab = opened(show, html, "m:straight")
    (west, middle), _ = tab.evaluate(SPLIT)
    tab.evaluate("yimi.map.panBy([120, 0], { animate: false })")
    (west_after, middle_after), _ = tab.evaluate(SPLIT)
    assert (west_after - west, middle_after - middle) == pytest.approx((120, 120), abs=1)


def test_no_comparison_leaves_one_map(show: Open, html: str) -> None:
    tab = opened(show, html, "m:straight")
    tab.select_option("#against", "")
    assert tab.is_hidden("#compare")
    assert tab.evaluate("yimi.map.getPane('yimi').style.clip") == ""
    assert tab.evaluate("yimi.map.getPane('compare').querySelector('canvas')") is None


def test_hazards_that_a_trial_removes_are_gone_on_its_side(show: Open) -> None:
    hazard = next(s for s in safe_sample.safe() if s.role == "hazard")
    gone = np.where(hazard.rows["grade"] == "A", "gone", "kept")
    others = [s for s in safe_sample.safe() if s.role != "hazard"]
    shown = [*others, Shown("hazard", hazard.rows.assign(outcome=gone))]
    tab = opened(show, page_html(shown, **map_sample.ABOUT), "after", "safe")
    left, right = tab.evaluate(SIDES)
    assert left != right
    assert tab.inner_text("#side-left") == "处置前"
