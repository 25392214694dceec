"""Everybody can use the page: axe finds nothing serious, the keyboard reaches everything."""

from __future__ import annotations

from typing import Any

import map_sample
import place_sample
import pytest
import safe_sample
from map_browser import Open, needs_browser

from maps.page.page import page_html

pytestmark = needs_browser
FOCUS = "((document.activeElement.closest('[id]') || document.body).id)"


@pytest.fixture(scope="module")
def html() -> str:
    return page_html([*place_sample.places(), *safe_sample.safe()], **map_sample.ABOUT)


def faults(tab: Any) -> list[str]:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    answer = axe.Axe().run(tab).response
    assert len(answer["passes"]) > 20  # it did look
    grave = [v for v in answer["violations"] if v["impact"] in ("serious", "critical")]
    return [f"{v['id']}: {v['nodes'][0]['html']}" for v in grave]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_no_serious_fault(show: Open, html: str, lang: str, width: int) -> None:
    tab = show(html, width=width)
    if lang == "en":
        tab.click("#language")
    for name in ("cover", "safe", "places", "build"):
        tab.click(f"#ask-{name}")
        tab.click("#list-table tbody tr:nth-child(1) button")
        tab.evaluate("document.getElementById('legend').open = true")
        if tab.locator("#against").count():
            tab.select_option("#against", index=1)
        assert faults(tab) == []
        assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_tab_reaches_every_part(show: Open, html: str) -> None:
    tab = show(html)
    reached = set()
    for _ in range(120):
        tab.keyboard.press("Tab")
        reached.add(tab.evaluate(f"{FOCUS}"))
    assert {"skip", "language", "ask-cover", "rule", "measures", "map", "search", "filter",
            "list-table", "layers", "against"} <= reached  # fmt: skip


def test_focus_is_seen(show: Open, html: str) -> None:
    tab = show(html)
    for _ in range(40):
        tab.keyboard.press("Tab")
        seen = tab.evaluate("""(() => {
          const element = document.activeElement;
          if (["radio", "range"].includes(element.type)) return true; // on its label, its thumb
          const { outlineStyle, outlineWidth } = getComputedStyle(element);
          return outlineStyle !== "none" && outlineWidth !== "0px";
        })()""")
        assert seen, tab.evaluate(f"{FOCUS}")


def test_what_is_chosen_is_told_to_those_who_listen(show: Open, html: str) -> None:
    tab = show(html)
    assert tab.get_attribute("#told", "aria-live") == "polite"
    tab.focus("#list-table tbody tr:nth-child(1) button")
    tab.keyboard.press("Enter")
    assert tab.inner_text("#info h3") in tab.text_content("#told")
    tab.keyboard.press("Escape")
    assert tab.text_content("#told") == ""


def test_enter_on_the_map_tells_of_its_middle(show: Open, html: str) -> None:
    tab = show(html)
    tab.focus("#map")
    tab.keyboard.press("Enter")
    assert tab.is_visible("#info")
