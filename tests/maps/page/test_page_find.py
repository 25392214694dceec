"""A place is found by its name, by the initials of its pinyin and by its whole reading."""

from __future__ import annotations

import map_sample as sample
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from map_browser import LIVE, Open, needs_browser

from analyses.result import Shown
from maps.page.page import page_html
from maps.page.pinyin import pinyin_of

NAMES = ["静海第一幼儿园", "重庆路小学", "王口镇中心小学", "A区第3小学"]


@pytest.fixture(scope="module")
def html() -> str:
    shown = [
        Shown(s.role, s.rows.assign(name=[*NAMES, *s.rows["name"].iloc[len(NAMES) :]]), s.title)
        if s.role == "facility"
        else s
        for s in sample.sample()
    ]
    return page_html(shown, **sample.ABOUT)


@pytest.mark.parametrize(("name", "letters"), [
    (NAMES[0], "jhdyyey jinghaidiyiyoueryuan"), (NAMES[1], "cqlxx chongqingluxiaoxue"),
    (NAMES[2], "wkzzxxx wangkouzhenzhongxinxiaoxue"), (NAMES[3], "aqd3xx aqudi3xiaoxue"),
])  # fmt: skip
def test_initials_and_reading(name: str, letters: str) -> None:
    assert pinyin_of(pd.Series([name, None])).tolist() == [letters, None]


@given(st.text(max_size=40))
def test_no_name_leaves_more_than_letters(name: str) -> None:
    letters = pinyin_of(pd.Series([name]))[0]
    assert set(letters) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")


class TestInTheBrowser:
    pytestmark = needs_browser

    @pytest.mark.parametrize(("typed", "name"), [
        ("jhdyyey", NAMES[0]), ("JHDY", NAMES[0]), ("jing hai", NAMES[0]), ("chongqing", NAMES[1]),
        ("cqlxx", NAMES[1]), ("第3", NAMES[3]), ("ａ区", NAMES[3]),
    ])  # fmt: skip
    def test_letters_find_a_name(self, show: Open, html: str, typed: str, name: str) -> None:
        tab = show(html)
        tab.fill("#search", typed)
        assert tab.locator("#found button span").first.inner_text() == name
        tab.press("#search", "Enter")
        assert tab.inner_text("#info h3") == name

    def test_arrows_walk_through_what_was_found(self, show: Open, html: str) -> None:
        tab = show(html)
        tab.fill("#search", "xiaoxue")
        tab.press("#search", "ArrowDown")
        tab.keyboard.press("ArrowDown")
        second = tab.locator("#found button").nth(1)
        assert second.evaluate("(e) => e === document.activeElement")
        tab.keyboard.press("Escape")
        assert tab.locator("#found button").count() == 0

    def test_a_hostile_name_is_found_as_text(self, show: Open) -> None:
        tab = show(page_html(sample.hostile(), **sample.ABOUT))
        at_first = tab.locator(LIVE).count()
        tab.fill("#search", "imgsrcxonerror")  # the reading of <img src=x onerror=...>
        assert sample.HOSTILE[1] in tab.locator("#found button span").all_text_contents()
        assert tab.evaluate("window.__pwned") is None
        assert tab.locator(LIVE).count() == at_first
