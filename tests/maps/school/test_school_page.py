"""The school's page says what it was given, in words, and runs nothing of it."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pytest
import safe_sample as sample
from map_browser import Open, needs_browser
from nonempty import each

from geo.words import Text, text
from maps.page.vocabulary import in_words
from maps.school.district_page import district_html
from maps.school.page import school_html
from maps.school.sheet import About, SchoolSheet, page_name, sheets
from maps.school.text import cell, content, number

ABOUT = About(synthetic=True, attribution="© OpenStreetMap contributors, ODbL", date="2026-09")
EVIL = "".join(sample.HOSTILE)


@pytest.fixture(scope="module")
def made() -> tuple[SchoolSheet, ...]:
    return sheets(sample.safe(), sample.tables(), about=ABOUT)


@pytest.fixture(scope="module")
def hostile() -> tuple[SchoolSheet, ...]:
    about = About(attribution=EVIL, date=EVIL, notes=[Text(en=EVIL)])
    return sheets(sample.hostile(), sample.tables(), about=about)


# ---- what a page tells ---------------------------------------------------------------------------


def test_every_school_has_a_page_with_its_own_rows(made: tuple[SchoolSheet, ...]) -> None:
    schools = next(s.rows for s in sample.safe() if s.role == "school")
    assert [s.school_id for s in made] == schools["school_id"].tolist()
    assert {len(s.audit) for s in made} == {32}
    assert {len(s.hazards) for s in made} == {8}
    assert all(row["school_id"] == s.school_id for s in made for row in (*s.audit, *s.hazards))


def test_hazards_come_by_grade_then_by_children_times_risk(made: tuple[SchoolSheet, ...]) -> None:
    order = [(h["grade"] or "~", -h["children"] * h["risk"]) for h in made[0].hazards]
    assert order == sorted(order)


def test_a_closed_hazard_leaves_the_page() -> None:
    shown = [s for s in sample.safe() if s.role in ("school", "hazard")]
    hazard = next(s for s in shown if s.role == "hazard")
    rows = hazard.rows.assign(status="closed")
    closed = [s if s.role != "hazard" else type(s)("hazard", rows) for s in shown]
    assert {len(s.hazards) for s in sheets(closed)} == {0}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_lights_and_audit_agree(made: tuple[SchoolSheet, ...], lang: Any) -> None:
    told = content(made[3], lang=lang)
    lights = [light for gate in told["lights"]["gates"] for light in gate["lights"]]
    rows = [told["audit"]["rows"], *(part["rows"] for part in told["audit"]["brief"])]
    assert len(lights) == sum(len(part) for part in rows) == 32
    assert sum(int(c["number"]) for c in told["lights"]["counts"]) == 32


def test_an_odd_verdict_is_unknown_and_never_a_pass() -> None:
    audit = next(s for s in sample.safe() if s.role == "audit")
    rows = audit.rows.assign(verdict="maybe")
    shown = [type(audit)("audit", rows), *(s for s in sample.safe() if s.role == "school")]
    counts = content(sheets(shown)[0], lang="en")["lights"]["counts"]
    assert [(c["text"], c["number"]) for c in counts] == [("Unknown", "32")]


def test_gates_that_agree_share_a_row() -> None:
    audit = next(s for s in sample.safe() if s.role == "audit")
    both = [audit.rows, audit.rows.assign(gate_id=audit.rows["school_id"] + "#2")]
    shown = [*(s for s in sample.safe() if s.role == "school"),
             type(audit)("audit", pd.concat(both))]  # fmt: skip
    rows = content(sheets(shown)[0], lang="zh")["audit"]["rows"]
    assert {row["gates"] for row in rows} == {"门1 门2"}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("share_alone", 0.625, "62%"), ("detour", 1.07, "+7%"), ("risk", 14.46, "14.5"),
     ("risk", 348.2, "348"), ("children", 1234.4, "1,234"), ("crossings", 1.6, "1.6")],
)  # fmt: skip
def test_numbers_for_people(name: str, value: float, said: str) -> None:
    assert number(value, name) == said


def test_a_risk_comes_with_its_interval_and_an_unknown_one_as_a_dash() -> None:
    row = {"risk": 20.0, "risk_low": 8.0, "risk_high": 41.5}
    assert cell(row, "risk", "en") == "20.0 [8.0–41.5]"
    assert cell({**row, "risk_low": 20.0, "risk_high": 20.0}, "risk", "en") == "20.0"
    assert cell({"risk": None}, "risk", "en") == "—"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_names_source_date_mark_and_caveat(
    made: tuple[SchoolSheet, ...], lang: Any
) -> None:
    html = school_html(made[0], lang=lang)
    for part in ("OpenStreetMap", "2026-09", text("school_page/page/synthetic")[lang], "待核"):
        assert part in html
    assert "安全路线" not in html
    assert "safe way" not in html.lower()


@pytest.mark.parametrize(
    "roles", [("school",), ("school", "audit"), ("school", "hazard", "zone"), ("street",)]
)
def test_any_role_may_be_missing(roles: tuple[str, ...]) -> None:
    found = sheets([s for s in sample.safe() if s.role in roles])
    assert bool(found) == ("school" in roles)
    assert all(sheet.name in school_html(sheet) for sheet in found[:2])
    assert district_html(found)


def test_a_trial_stands_beside_what_is_now() -> None:
    shown = sample.safe()
    school = next(s.rows for s in shown if s.role == "school").iloc[:1]
    hazard = next(s.rows for s in shown if s.role == "hazard").iloc[:2]
    tables = {
        "whatif_schools": pd.DataFrame({"school_id": school["school_id"], "alone_after": 77.0}),
        "whatif_hazards": pd.DataFrame({"id": hazard["id"], "risk_after": [1.5, None],
                                        "outcome": ["kept", "gone"]}),
    }  # fmt: skip
    told = content(sheets(shown, tables)[0], lang="en")
    after = {fact["name"]: fact["after"] for fact in told["facts"]}
    assert after["Children who can walk alone"] == "77"
    texts = [{cell["text"] for cell in row} for row in told["treatments"]["rows"]]
    assert sorted(bool({"1.5", "still there"} <= row) for row in texts) == [False, True]
    assert sorted("gone" in row for row in texts) == [False, True]


def test_columns_that_are_missing_are_not_shown(made: tuple[SchoolSheet, ...]) -> None:
    roles = [s for s in sample.safe() if s.role == "school"]
    bare = [type(s)(s.role, s.rows[["school_id", "geometry"]]) for s in roles]
    told = content(sheets(bare)[0], lang="zh")
    assert told["facts"] == told["hazards"] == told["audit"]["rows"] == told["audit"]["brief"] == []
    assert [f["after"] for f in content(made[0], lang="zh")["facts"] if f["after"]] != []


def test_the_district_links_every_school_and_ranks_by_exposure(
    made: tuple[SchoolSheet, ...],
) -> None:
    html = district_html(made, name="示例县")
    links = set(re.findall(r'href="schools/([\w-]+)\.html"', html))
    assert links == {page_name(s.school_id) for s in made}
    every = [h for s in made for h in s.hazards]
    worst = max(every, key=lambda h: h["children"] * h["risk"])
    ranked = html.partition("按 学生数 × 风险<")[2]
    first = re.findall(r"<tbody><tr>(.*?)</tr>", ranked, re.DOTALL)[0]
    assert f">{worst['children']:,.0f}<" in first


def test_the_district_begins_with_the_hazards_of_grade_a(made: tuple[SchoolSheet, ...]) -> None:
    urgent = [h for s in made for h in s.hazards if h["grade"] == "A"]
    html = district_html(made, name="示例县", lang="en")
    first = html.partition("By children × risk<")[0]
    assert 0 < first.count("<tr>") - 1 == min(len({h["id"] for h in urgent}), 20)


def test_a_clause_is_worded_in_the_language_of_the_page() -> None:
    row = in_words({"strength": "should_not", "verified": "second_hand"})
    assert (row["strength_zh"], row["strength_en"]) == ("不宜", "should not")
    assert row["verified_en"] == "to be checked (second hand)"


@pytest.mark.parametrize("id_", ["way/1", "way-1", "幼儿园", "../../etc/passwd", "a" * 99, "CON"])
def test_file_names_are_plain_and_apart(id_: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9-]{8,60}", page_name(id_))
    assert page_name(id_) != page_name(id_ + " ")


def test_same_input_same_page(made: tuple[SchoolSheet, ...]) -> None:
    again = sheets(sample.safe(), sample.tables(), about=ABOUT)
    assert school_html(again[7]) == school_html(made[7])
    assert district_html(again) == district_html(made)


# ---- hostile data --------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_hostile_text_becomes_an_element(hostile: tuple[SchoolSheet, ...], lang: Any) -> None:
    for html in (*(school_html(s, lang=lang) for s in hostile[:20]), district_html(hostile)):
        assert re.findall(r"<(?:script|img|iframe|object|a href=[\"']?javascript)", html) == []
        assert "script-src ;" in html
        assert "{{cycler" not in html or "&#39;" in html


class TestInTheBrowser:
    pytestmark = needs_browser

    @pytest.mark.parametrize("width", [390, 794])
    def test_it_asks_for_nothing_and_fits(
        self, show: Open, made: tuple[SchoolSheet, ...], width: int
    ) -> None:
        for html in (school_html(made[1]), district_html(made)):
            tab = show(html, width=width, ready=False)
            assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_a_school_prints_on_one_sheet(
        self, show: Open, made: tuple[SchoolSheet, ...], lang: Any
    ) -> None:
        tab = show(school_html(made[1], lang=lang), width=794, ready=False)
        pdf = tab.pdf(prefer_css_page_size=True, print_background=True)
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 2

    def test_hostile_pages_run_nothing(self, show: Open, hostile: tuple[SchoolSheet, ...]) -> None:
        for sheet in each(hostile[:12]):
            tab = show(school_html(sheet), width=794, ready=False)
            assert tab.evaluate("window.__pwned") is None
            assert tab.text_content("h1") == sheet.name
            assert tab.locator("script, img, iframe, a").count() == 0
