"""The map asks two more questions: does every child have a place, and where should one be built?"""

from __future__ import annotations

from typing import Any

import map_sample
import numpy as np
import pandas as pd
import place_sample as sample
import pytest
from map_browser import LIVE, Open, click_row, needs_browser, paint
from nonempty import each

from analyses.result import Shown
from geo.words import Text
from maps.page.beside import with_places
from maps.page.page import page_html

pytestmark = needs_browser
FIRST = "#list-table tbody tr:nth-child(1)"


@pytest.fixture(scope="module")
def html() -> str:
    return page_html(sample.places(), **map_sample.ABOUT)


def questions(tab: Any) -> list[str]:
    return [str(button) for button in tab.locator("#questions button").all_inner_texts()]


def test_a_question_without_data_is_not_offered(show: Open, html: str) -> None:
    assert questions(show(html)) == ["覆盖了吗？", "学位够吗？", "建在哪里？"]
    without = [s for s in sample.places() if s.role not in ("site", "link", "co_use")]
    assert questions(show(page_html(without, **map_sample.ABOUT))) == ["覆盖了吗？", "学位够吗？"]


def test_the_causes_add_up_to_the_children(show: Open, html: str) -> None:
    tab = show(html)
    tab.click("#ask-places")
    told = tab.locator("#measures .count").all_inner_texts()
    numbers = [float(text.split(" / ")[0].replace(",", "")) for text in told]
    children = float(told[0].split(" / ")[1].replace(",", ""))
    assert sum(numbers) == children == 100 * tab.evaluate("yimi.data.layers.area.n")


def test_a_cause_recolours_the_communities_and_names_its_bounds(show: Open, html: str) -> None:
    tab = show(html)
    tab.click("#ask-places")
    before = paint(tab)
    assert "≥ 95%" in tab.inner_text("#layers")
    tab.click("#measures label:nth-child(2)")
    assert paint(tab) != before
    # 95 % and more have one in reach: at most 5 % lack it.
    assert "≤ 5%" in tab.inner_text("#layers")


def test_a_short_group_is_one_row_with_all_its_communities(show: Open, html: str) -> None:
    tab = show(html)
    tab.click("#ask-places")
    tab.click("#tables button:nth-child(2)")
    assert tab.locator("#list-table td:nth-child(3)").all_inner_texts() == ["40", "15"]
    tab.click(f"{FIRST} button")
    names = tab.locator("#info .names li").all_inner_texts()
    area = next(s.rows for s in sample.places() if s.role == "area")
    assert names == area["name"].iloc[:3].tolist()


def test_schools_are_listed_from_the_fullest(show: Open, html: str) -> None:
    tab = show(html)
    tab.click("#ask-places")
    tab.click("#tables button:nth-child(3)")
    fills = [t for t in tab.locator("#list-table td:nth-child(4)").all_inner_texts() if t != "—"]
    assert fills[0] == "100.0%"
    assert fills[-1] == "50.0%"
    tab.click(f"{FIRST} button")
    assert "使用率" in tab.inner_text("#info")


def test_sites_are_ranked_with_who_gains(show: Open, html: str) -> None:
    tab = show(html)
    tab.click("#ask-build")
    ranks = tab.locator("#list-table td:nth-child(1)").all_inner_texts()
    assert ranks[:4] == ["1", "2", "3", "—"]
    assert tab.locator("#list-table td:nth-child(3)").all_inner_texts()[:3] == ["200", "150", "100"]
    tab.click(f"{FIRST} button")
    told = tab.inner_text("#info")
    assert "60.0%" in told
    assert "示例社区-01、示例社区-02" in told


def test_what_is_chosen_for_one_rule_is_possible_for_another(show: Open, html: str) -> None:
    tab = show(html)
    tab.click("#ask-build")
    assert tab.evaluate("yimi.view.read.verdict(0, 0)") == "chosen"
    assert tab.evaluate("yimi.view.read.verdict(0, 1)") == "possible"
    assert tab.evaluate("yimi.view.read.sites(1).length") == 0  # of another kind


@pytest.mark.parametrize(
    ("layer", "word"), [("site", "备选地块-00"), ("link", "开一道门"), ("co_use", "120")]
)
def test_clicks_tell_of_proposals(show: Open, html: str, layer: str, word: str) -> None:
    tab = show(html)
    tab.click("#ask-build")
    click_row(tab, layer, 0)
    told = tab.inner_text("#info")
    assert word in told
    assert "GB 50180-2018" in told


def test_hostile_texts_of_proposals_are_shown_and_never_run(show: Open) -> None:
    texts = {"name", "kind", "communities", "why_zh", "why_en", "reason_zh", "reason_en", "verdict"}
    shown = []
    for item in sample.places():
        rows = item.rows.copy()
        if item.role in ("site", "link", "co_use", "short_group"):
            for column in (texts if item.role != "site" else texts - {"kind", "verdict"}) & {*rows}:
                rows[column] = np.resize(np.array(map_sample.HOSTILE, dtype=object), len(rows))
        shown.append(
            Shown(item.role, rows, Text(zh=map_sample.HOSTILE[0], en=map_sample.HOSTILE[1]))
        )
    tab = show(page_html(shown, **map_sample.ABOUT))
    at_first = tab.locator(LIVE).count()
    for question in ("places", "build"):
        tab.click(f"#ask-{question}")
        for table in each(range(tab.locator("#tables button").count())):
            tab.locator("#tables button").nth(table).click()
            rows = tab.locator("#list-table tbody tr")
            for row in each(range(min(rows.count(), 12))):
                rows.nth(row).locator("button").click()
                assert tab.is_visible("#info")
    assert map_sample.HOSTILE[0] in tab.inner_text("#list")
    assert tab.evaluate("window.__pwned") is None
    assert tab.locator(LIVE).count() == at_first


def test_tables_of_a_run_become_roles() -> None:
    gap = pd.DataFrame({"stage": ["kindergarten"]})
    shown = with_places((), {"place_gap": gap, "other": gap})
    assert [item.role for item in shown] == ["place_gap"]
    assert with_places((), None) == ()
