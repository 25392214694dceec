"""The map answers the second question as well: the ways, the hazards, the audit of a school."""

from __future__ import annotations

from typing import Any

import map_decode as decode
import map_sample
import numpy as np
import pytest
import safe_sample as sample
from map_browser import LIVE, NAMELESS, PRESSABLE, Open, click_row, needs_browser, paint

from analyses.result import Shown
from maps.page.datablock import data_block
from maps.page.page import page_html
from maps.style import words

pytestmark = needs_browser


def block(*shown: Shown) -> tuple[dict[str, Any], bytes]:
    return decode.unpack(data_block(shown, crs=sample.CRS, about={}))


def role(name: str) -> Shown:
    return next(s for s in sample.safe() if s.role == name)


@pytest.fixture(scope="module")
def html() -> str:
    return page_html(sample.safe(), **map_sample.ABOUT)


def test_a_line_that_many_ways_use_is_stored_once() -> None:
    rows = role("route").rows
    header, body = block(role("route"))
    layer = header["layers"]["route"]
    lines = rows.geometry.to_wkb().nunique()
    assert layer["n"] == len(rows)
    assert len(decode.number(layer["shape"]["paths"], body)) == lines
    assert decode.number(layer["of"], body).max() == lines - 1
    children = decode.number(dict(layer["columns"])["children"], body)
    assert children.sum() == pytest.approx(rows["children"].sum(), rel=1e-3)
    assert [*header["profiles"]][:2] == ["kindergarten", "grades_1_3"]


def test_ids_of_treatments_and_bodies_travel_as_words() -> None:
    header, body = block(role("hazard"))
    columns = dict(header["layers"]["hazard"]["columns"])
    assert "signal" not in decode.text(columns["treatment_zh"], body)
    assert "to be checked" in decode.text(columns["status_en"], body)


def test_a_value_after_treatment_travels_and_other_columns_stay_at_home() -> None:
    rows = role("school").rows.assign(guardian_phone="CANARY")
    header, body = block(Shown("school", rows))
    columns = dict(header["layers"]["school"]["columns"])
    after = decode.number(columns["risk_after"], body)
    np.testing.assert_allclose(after, rows["risk_after"], atol=0.006)
    assert "guardian_phone" not in columns


def test_a_school_shows_audit_hazards_and_before_and_after(show: Open, html: str) -> None:
    tab = show(html)
    click_row(tab, "school", 50)
    told = tab.inner_text("#info")
    assert "示例小学-03" in told
    assert "→" in told
    assert tab.locator("#info .audit").count() == 4
    assert tab.locator("#info .audit[open] li").count() > 0
    assert "待核" in tab.inner_text("#info .audit[open]")
    assert tab.locator("#info .things li").count() == 8
    assert tab.locator("#list-table tbody tr").count() == 8


def test_ways_redraw_by_choice_and_age(show: Open, html: str) -> None:
    tab = show(html)
    click_row(tab, "school", 50)
    pictures = [paint(tab)]
    for place in (2, 3):
        tab.click(f"#choices label:nth-child({place})")
        pictures.append(paint(tab))
    tab.select_option("#profile", "0")
    pictures.append(paint(tab))
    assert len(set(pictures)) == 4


def test_hazards_sort_and_lead_to_their_place(show: Open, html: str) -> None:
    tab = show(html)
    assert tab.locator("#list-table tbody tr").count() == 100
    tab.click("#list-table th:nth-child(4) button")
    risks = [float(t.replace(",", "")) for t in
             tab.locator("#list-table td:nth-child(4)").all_inner_texts()]  # fmt: skip
    assert risks == sorted(risks, reverse=True)
    tab.click("#list-table tbody tr:nth-child(1) button")
    assert words()["zh"]["column"]["treatment"] in tab.inner_text("#info")
    tab.click("#info .link")
    assert tab.locator("#info .audit").count() == 4


@pytest.mark.parametrize(("layer", "word"), [("crossing", "facility"), ("hazard", "body")])
def test_clicks_tell_of_crossings_and_hazards(show: Open, html: str, layer: str, word: str) -> None:
    tab = show(html)
    tab.evaluate(f"yimi.view.on.{'hazard' if layer == 'crossing' else 'school'} = false")
    click_row(tab, layer, 3)
    assert words()["zh"]["column"][word] in tab.inner_text("#info")


def test_both_questions_share_a_page(show: Open) -> None:
    cover = [
        s for s in map_sample.sample() if s.role in ("area", "area_value", "demand", "gap", "rule")
    ]
    tab = show(page_html([*sample.safe(), *cover], **map_sample.ABOUT))
    assert tab.is_visible("#question")
    assert "隐患" not in tab.inner_text("#list")
    before = paint(tab)
    tab.click("#ask-safe")
    assert tab.is_hidden("#question")
    assert "隐患" in tab.inner_text("#list")
    assert tab.is_visible("#ways")
    assert tab.get_attribute("#ask-safe", "aria-pressed") == "true"
    assert paint(tab) != before


@pytest.mark.parametrize("width", [390, 1440])
def test_the_english_page_is_english_and_every_button_has_a_name(
    show: Open, html: str, width: int
) -> None:
    tab = show(html, width=width)
    tab.click("#language")
    assert tab.locator(PRESSABLE).evaluate_all(NAMELESS) == []
    assert words()["en"]["list"]["hazards"] in tab.inner_text("#list")
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("name", ["school", "hazard", "exposure", "crossing", "zone", "route"])
def test_each_role_may_come_alone(show: Open, name: str) -> None:
    tab = show(page_html([role(name)], **map_sample.ABOUT))
    assert tab.is_visible("#slot canvas")


def test_hostile_texts_are_shown_and_never_run(show: Open) -> None:
    tab = show(page_html(sample.hostile(), **map_sample.ABOUT))
    at_first = tab.locator(LIVE).count()
    for place in range(0, 60, 7):
        for layer in ("school", "hazard", "crossing"):
            click_row(tab, layer, place)
    tab.locator("#info button, #list button").evaluate_all("(all) => all.forEach((e) => e.click())")
    paint(tab)
    assert tab.evaluate("window.__pwned") is None
    assert tab.locator(LIVE).count() == at_first
