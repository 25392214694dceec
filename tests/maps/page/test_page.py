"""The page in a browser: it asks for nothing, runs nothing of the data, and does what it says."""

from __future__ import annotations

import re
from pathlib import Path

import map_sample as sample
import pytest
from map_browser import LIVE, NAMELESS, PRESSABLE, Open, click_row, needs_browser, paint
from nonempty import each

from geo.words import Text
from maps.page import page
from maps.page.page import page_html
from maps.style import words


@pytest.fixture(scope="module")
def html() -> str:
    return page_html(sample.sample(), **sample.ABOUT)


@pytest.fixture(scope="module")
def hostile_html() -> str:
    evil = "".join(sample.HOSTILE)
    return page_html(
        sample.hostile(),
        **{
            **sample.ABOUT,
            "title": Text(en=evil),
            "attribution": evil,
            "notes": [Text(en=evil)],
        },
    )


GO_TO = """(name) => {
  const rows = [...document.querySelectorAll("#found button")];
  rows.find((row) => row.querySelector("span").textContent === name).click();
  const latlng = yimi.map.getCenter();
  yimi.map.fire("mousemove", { latlng, containerPoint: L.point(300, 300) });
}"""
# ---- without a browser ---------------------------------------------------------------------------


def test_the_page_is_one_text_that_points_nowhere(html: str) -> None:
    markup = re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL)
    assert re.findall(r"""(?:src|href|action)\s*=\s*["']?(?!#)[^"'>]+""", markup) == []
    assert re.findall(r"url\((?!data:|#)[^)]*\)|@import", page.page_style()) == []
    assert "sourceMappingURL" not in html


def test_no_text_of_the_data_is_in_the_page() -> None:
    text = page_html(
        (), **{**sample.ABOUT, "title": Text(zh="CANARY-1"), "notes": [Text(en="CANARY-2")]}
    )
    assert "CANARY" not in text


def test_same_input_same_page(html: str) -> None:
    assert page_html(sample.sample(), **sample.ABOUT) == html


def test_the_policy_names_every_script(html: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy
    assert policy[1].startswith("default-src &#39;none&#39;; script-src &#39;sha256-")
    assert policy[1].count("sha256-") == 4
    assert "unsafe" not in policy[1]


def test_words_used_by_the_page_are_in_the_catalogue() -> None:
    template = Path(page.__file__).parents[1] / "static" / "map.html.j2"
    source = page.page_script() + template.read_text("utf-8")
    used = re.findall(r'"(ui|gauge|list|layer|column)\.(\w+)"', source)
    assert len(used) > 60
    assert {(s, k) for s, k in used if k not in words()["zh"].get(s, {})} == set()


# ---- in a browser --------------------------------------------------------------------------------


class TestInTheBrowser:
    pytestmark = needs_browser

    @pytest.mark.parametrize("width", [390, 1440])
    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_it_opens_from_disk(self, show: Open, lang: str, width: int) -> None:
        tab = show(page_html(sample.sample(), **sample.ABOUT, lang=lang), width=width)
        assert (
            tab.title()
            == {
                "zh": "示例县城儿童设施覆盖（合成演示数据）",
                "en": "Children's facilities of a sample town (Synthetic demo data)",
            }[lang]
        )
        assert tab.get_attribute("html", "lang") == {"zh": "zh-CN", "en": "en"}[lang]
        assert tab.is_visible("#synthetic")
        assert "OpenStreetMap" in tab.inner_text("#source")
        assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    def test_on_a_low_office_screen_the_notes_cover_no_list(self, show: Open, html: str) -> None:
        tab = show(html, width=1366)
        tab.set_viewport_size({"width": 1366, "height": 650})
        row = tab.locator("#list-table tbody tr").first.bounding_box()
        notes = tab.locator("footer").bounding_box()
        assert row["y"] + row["height"] <= notes["y"] <= notes["y"] + notes["height"] <= 650
        assert tab.evaluate("document.documentElement.scrollHeight <= window.innerHeight")

    def test_old_browsers_inflate_by_themselves(self, show: Open, html: str) -> None:
        tab = show(html, before="delete window.DecompressionStream")
        assert tab.evaluate("typeof DecompressionStream") == "undefined"
        assert tab.evaluate("yimi.data.layers.demand.n") == 6000

    def test_the_button_changes_every_text(self, show: Open, html: str) -> None:
        tab = show(html)
        tab.click("#language")
        assert tab.inner_text("#title") == "Children's facilities of a sample town"
        assert re.findall(r"[\u4e00-\u9fff]", tab.inner_text("#legend")) == []
        assert words()["en"]["ui"]["gaps_hint"] in tab.inner_text("#list")

    def test_a_gap_is_flown_to_by_keyboard(self, show: Open, html: str) -> None:
        tab = show(html)
        before = tab.evaluate("yimi.map.getCenter()")
        tab.focus("#list-table tbody tr:nth-child(3) button")
        tab.keyboard.press("Enter")
        after, zoom = tab.evaluate("yimi.map.getCenter()"), tab.evaluate("yimi.map.getZoom()")
        assert (after["lat"], after["lng"]) != (before["lat"], before["lng"])
        assert zoom >= 15
        assert tab.inner_text("#info h3") == tab.inner_text(
            "#list-table tbody tr:nth-child(3) button"
        )

    def test_the_gap_list_sorts_and_shows_all_rules(self, show: Open, html: str) -> None:
        tab = show(html)
        share = "#list-table tbody td:nth-child(4)"
        tab.click("#list-table th:nth-child(4) button")
        shares = [float(t.rstrip("%")) for t in tab.locator(share).all_inner_texts()]
        assert shares == sorted(shares)
        assert tab.get_attribute("#list-table th:nth-child(4)", "aria-sort") == "ascending"
        count = len(shares)
        tab.check("#all-rules")
        assert tab.locator("#list-table tbody tr").count() > count

    def test_search_finds_and_goes_there(self, show: Open, html: str) -> None:
        tab = show(html)
        tab.fill("#search", "小学-1")
        assert tab.locator("#found button").count() == 10
        tab.press("#search", "Enter")
        assert tab.inner_text("#info h3") == "示例小学-10"
        assert tab.evaluate("yimi.map.getZoom()") >= 15

    def test_layers_rules_and_measures_redraw(self, show: Open, html: str) -> None:
        tab = show(html)
        pictures = [paint(tab)]
        boxes = tab.locator("#layers input")
        for box in range(boxes.count()):
            boxes.nth(box).click()
            pictures.append(paint(tab))
        # Entrances and buildings show from closer up only.
        assert len(set(pictures)) >= len(pictures) - 3
        tab.select_option("#rule", "1")
        tab.click("#measures label:nth-child(1)")
        assert tab.locator("#measures .chosen").inner_text().startswith("直线")
        assert tab.evaluate("yimi.view.rule") == 1

    def test_the_three_measures_are_sums_of_the_communities(self, show: Open, html: str) -> None:
        value = next(s.rows for s in sample.sample() if s.role == "area_value")
        mine = value[value["rule_id"] == "GB50180-KG"]
        shares = [
            mine[f"covered_{m}"].sum() / mine["children"].sum()
            for m in ("straight", "network", "walk")
        ]
        tab = show(html)
        assert tab.locator("#measures b").all_inner_texts() == [f"{s:.1%}" for s in shares]

    def test_clicks_tell_what_is_there(self, show: Open, html: str) -> None:
        tab = show(html)
        click_row(tab, "facility", 5)
        told = tab.inner_text("#info")
        assert "示例幼儿园-06" in told
        assert "OSM" in told
        tab.evaluate("yimi.view.kinds.clear()")
        click_row(tab, "demand", 70)
        told = tab.inner_text("#info")
        assert words()["zh"]["column"]["demand_point"] in told
        assert "附录C 表C.0.1" in told
        assert "待核" in told
        tab.evaluate("yimi.view.on.demand = false")
        click_row(tab, "area", 30)
        assert tab.locator("#info table").first.locator("tr").count() == 3
        tab.keyboard.press("Escape")
        assert tab.is_hidden("#info")

    def test_everything_to_press_has_a_name(self, show: Open, html: str) -> None:
        tab = show(html)
        assert tab.locator(PRESSABLE).evaluate_all(NAMELESS) == []
        assert tab.locator("main").count() == 1

    def test_a_page_cut_short_says_so(self, show: Open, html: str) -> None:
        tab = show(re.sub(r'(id="data">.{99})[^<]*', r"\1", html), ready=False)
        tab.wait_for_selector("#broken:not([hidden])")

    @pytest.mark.parametrize("roles", [(), ("facility",), ("demand", "service"), ("area", "gap")])
    def test_any_part_may_be_missing(self, show: Open, roles: tuple[str, ...]) -> None:
        shown = [item for item in sample.sample() if item.role in roles]
        tab = show(page_html(shown, **{**sample.ABOUT, "notes": ()}))
        assert tab.is_visible("#slot canvas")

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_hostile_names_are_shown_and_never_run(
        self, show: Open, hostile_html: str, lang: str
    ) -> None:
        tab = show(hostile_html)
        if lang == "en":
            tab.click("#language")
        at_first = tab.locator(LIVE).count()
        evil = "".join(sample.HOSTILE)
        assert tab.text_content("#title") == tab.text_content("#notes li") == evil
        assert evil in tab.text_content("#source")
        assert tab.evaluate("document.title").startswith(evil[:20])
        assert set(tab.locator("#list-table button").all_text_contents()) & set(sample.HOSTILE)
        for name in each(sample.HOSTILE):
            tab.fill("#search", name)
            tab.evaluate(GO_TO, name)
            assert tab.text_content("#info h3").endswith(name)
        for place in range(tab.locator("#rule option").count()):
            tab.select_option("#rule", str(place))
            for layer in ("facility", "demand", "area"):
                click_row(tab, layer, place)
        for event in ("beforeprint", "afterprint"):
            tab.evaluate("(name) => window.dispatchEvent(new Event(name))", event)
        tab.locator("button:not(#print), label").evaluate_all(
            "(all) => all.forEach((e) => e.click())"
        )
        paint(tab)
        assert tab.evaluate("window.__pwned") is None
        assert tab.locator(LIVE).count() == at_first
