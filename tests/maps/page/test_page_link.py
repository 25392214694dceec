"""A link opens the map as its sender saw it, and says nothing that the page does not have."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, quote

import map_sample
import place_sample
import pytest
from map_browser import LIVE, Open, needs_browser

from maps.page.page import page_html

pytestmark = needs_browser
STATE = """(({ question, rule, measure, gauge, stage, lang, list, selected }) =>
  ({ question, rule, measure, gauge, stage, lang, list, selected }))(yimi.state)"""


@pytest.fixture(scope="module")
def html() -> str:
    return page_html(place_sample.places(), **map_sample.ABOUT)


def address(tab: Any) -> str:
    tab.wait_for_timeout(300)
    return str(tab.evaluate("location.hash"))


def reopened(tab: Any, hash_: str) -> None:
    """Load the page with an address, as from a link."""
    tab.evaluate("(hash) => { history.replaceState(null, '', hash); location.reload(); }", hash_)
    tab.wait_for_function("window.yimi === undefined || yimi.map", timeout=20_000)
    tab.wait_for_selector("html[data-ready]", timeout=20_000)


def test_a_link_opens_what_was_shown(show: Open, html: str) -> None:
    tab = show(html)
    tab.click("#language")
    tab.select_option("#rule", "1")
    tab.click("#measures label:nth-child(1)")
    tab.click("#tables button:nth-child(2)")
    tab.click("#list-table tbody tr:nth-child(5) button")
    before, view = tab.evaluate(STATE), tab.evaluate("[yimi.map.getCenter(), yimi.map.getZoom()]")
    link = address(tab)
    reopened(tab, link)
    assert tab.evaluate(STATE) == before
    centre, zoom = tab.evaluate("[yimi.map.getCenter(), yimi.map.getZoom()]")
    assert zoom == view[1]
    assert centre["lat"] == pytest.approx(view[0]["lat"], abs=1e-5)
    assert tab.is_visible("#info")
    assert tab.get_attribute("html", "lang") == "en"


def test_a_link_names_ids_not_places_in_lists(show: Open, html: str) -> None:
    tab = show(html)
    tab.fill("#search", "示例小学-03")
    tab.press("#search", "Enter")
    said = parse_qs(address(tab)[1:])
    assert said["o"] == ["facility:primary_school-2"]
    assert said["r"] == ["GB50180-KG"]


def test_a_link_pasted_into_an_open_page_is_followed(show: Open, html: str) -> None:
    tab = show(html)
    tab.evaluate("location.hash = 'q=places&s=primary_school&g=distance'")
    tab.wait_for_function("yimi.state.question === 'places'")
    assert tab.evaluate("[yimi.state.stage, yimi.state.gauge]") == ["primary_school", "distance"]


@pytest.mark.parametrize("text", [
    "q=__proto__&r=constructor&m=toString&o=__proto__:constructor&t=__proto__",
    "q=<img src=x onerror=window.__pwned=1>&o=facility:<script>window.__pwned=1</script>",
    "c=NaN,1e999&z=-5&o=demand:99999999&s=%E0%A4%A&l=fr", "o=area:&c=&z=", "=&=&&==", "q=safe",
])  # fmt: skip
def test_what_the_page_does_not_have_is_passed_over(show: Open, html: str, text: str) -> None:
    tab = show(html)
    at_first, before = tab.locator(LIVE).count(), tab.evaluate(STATE)
    reopened(tab, "#" + quote(text, safe="=&:%,"))
    assert tab.evaluate(STATE) == before
    assert tab.evaluate("window.__pwned") is None
    assert tab.locator(LIVE).count() == at_first
    assert "onerror" not in tab.inner_text("body")
