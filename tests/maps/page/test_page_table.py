"""The table beside the map: it sorts by any column, filters, turns pages and leads to the map."""

from __future__ import annotations

from typing import Any

import map_sample as sample
import pytest
from map_browser import Open, needs_browser
from nonempty import each

from maps.page.page import page_html

pytestmark = needs_browser
NAMES = "#list-table tbody tr td:nth-child(1) button"


@pytest.fixture(scope="module")
def html() -> str:
    return page_html(sample.sample(), **sample.ABOUT)


def opened(show: Open, html: str, table: int) -> Any:
    tab = show(html)
    tab.click(f"#tables button:nth-child({table})")
    return tab


@pytest.mark.parametrize("column", [2, 3, 4])
def test_any_column_sorts_both_ways(show: Open, html: str, column: int) -> None:
    tab = opened(show, html, 2)
    wanted = ("descending", "ascending") if column < 4 else ("ascending", "descending")
    for want in each(wanted):
        tab.click(f"#list-table th:nth-child({column}) button")
        assert tab.get_attribute(f"#list-table th:nth-child({column})", "aria-sort") == want
        told = tab.locator(f"#list-table td:nth-child({column})").all_inner_texts()
        numbers = [float(t.replace(",", "").rstrip("%")) for t in told if t != "—"]
        assert numbers == sorted(numbers, reverse=want == "descending")
        assert told[len(numbers) :] == ["—"] * (len(told) - len(numbers))  # unknown ones last


def test_text_filters_by_name_and_by_initials(show: Open, html: str) -> None:
    tab = opened(show, html, 2)
    tab.fill("#filter", "社区-0")
    assert all("社区-0" in name for name in tab.locator(NAMES).all_inner_texts())
    tab.fill("#filter", "slc")  # 示例村
    names = tab.locator(NAMES).all_inner_texts()
    assert names
    assert all("村" in name for name in names)
    tab.fill("#filter", "nowhere")
    assert tab.inner_text("#list-count") == "0"


def test_a_row_flies_to_its_place(show: Open, html: str) -> None:
    tab = opened(show, html, 2)
    tab.click("#list-table tbody tr:nth-child(4) td:nth-child(2)")
    assert tab.inner_text("#info h3") == tab.locator(NAMES).nth(3).inner_text()
    row = tab.evaluate("yimi.view.selected.row")
    at = tab.evaluate(f"(({{lat, lon}}) => [lat[{row}], lon[{row}]])(yimi.data.layers.area.point)")
    centre = tab.evaluate("yimi.map.getCenter()")
    assert [centre["lat"], centre["lng"]] == pytest.approx(at, abs=1e-4)


def test_thousands_of_rows_come_a_page_at_a_time(show: Open) -> None:
    tab = show(page_html(sample.sample(size=25.0), **sample.ABOUT))
    tab.click("#tables button:nth-child(2)")
    total = int(tab.inner_text("#list-count").replace(",", ""))
    assert total > 1000
    assert tab.locator("#list-table tbody tr").count() == 100
    first = tab.locator(NAMES).first.inner_text()
    tab.click("#page-on")
    assert tab.inner_text("#page") == "101–200"
    assert tab.locator(NAMES).first.inner_text() != first
    took = tab.evaluate(
        "(() => { const t = performance.now(); document.querySelector("
        "'#list-table th:nth-child(3) button').click(); return performance.now() - t; })()"
    )
    assert took < 500


def test_headers_are_buttons_that_keep_the_focus(show: Open, html: str) -> None:
    tab = opened(show, html, 2)
    tab.focus("#list-table th:nth-child(2) button")
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.closest('th').cellIndex") == 1
    assert tab.get_attribute("#list-table th:nth-child(2)", "aria-sort") == "descending"
