"""Why is it so here? Of a home, a facility and a school: what the answer rests on."""

from __future__ import annotations

import map_sample
import numpy as np
import place_sample
import pytest
import safe_sample
from map_browser import Open, click_row, needs_browser

from analyses.result import Status
from maps.page.page import page_html

pytestmark = needs_browser
RULE = "GB50180-KG"


@pytest.fixture(scope="module")
def html() -> str:
    return page_html(place_sample.places(), **map_sample.ABOUT)


@pytest.mark.parametrize("status", [Status.UNCOVERED, Status.STRAIGHT_ONLY, Status.COVERED])
def test_a_home_tells_each_way_of_measuring(show: Open, html: str, status: Status) -> None:
    tab = show(html)
    row = tab.evaluate(
        "(status) => yimi.data.layers.demand.rules[0].status.indexOf(status)", status
    )
    tab.evaluate("yimi.view.kinds.clear()")
    click_row(tab, "demand", row)
    verdicts = tab.locator("#info table").first.locator("td:nth-child(2)").all_inner_texts()
    assert verdicts == ["符合"] * int(status) + ["不符合"] * (3 - int(status))


def test_a_home_tells_the_nearest_facility_the_limit_and_the_clause(show: Open, html: str) -> None:
    tab = show(html)
    nearest = "yimi.data.layers.demand.rules[0].nearest"
    row = tab.evaluate(f"{nearest}.findIndex((id) => id !== null)")
    tab.evaluate("yimi.view.kinds.clear()")
    click_row(tab, "demand", row)
    told = tab.inner_text("#info")
    id_ = tab.evaluate(f"{nearest}[{row}]")
    walk = tab.evaluate(f"yimi.data.layers.demand.rules[0].walk_m[{row}]")
    facility = next(s.rows for s in place_sample.places() if s.role == "facility")
    name = facility.set_index("facility_id").loc[id_, "name"]
    for word in (name, f"{round(walk):,} 米", "500 米", "附录C 表C.0.1", "待核", "以下是推定的"):
        assert word in told
    tab.click(f"#info button.link:text-is('{name}')")
    assert tab.inner_text("#info h3") == name


def test_a_click_beside_a_home_means_it_from_close_by(show: Open, html: str) -> None:
    tab = show(html)
    tab.evaluate("yimi.view.kinds.clear()")
    tab.evaluate("""() => { const { lat, lon } = yimi.data.layers.demand.point;
      yimi.map.setView([lat[9], lon[9]], 18, { animate: false });
      yimi.map.fire("click", { latlng: L.latLng(lat[9] + 0.00004, lon[9]) }); }""")
    assert tab.evaluate("yimi.state.selected.layer") == "demand"


def test_a_school_tells_its_audit_and_what_its_risk_rests_on(show: Open) -> None:
    tab = show(page_html(safe_sample.safe(), **map_sample.ABOUT))
    click_row(tab, "school", 5)
    rows = next(s.rows for s in safe_sample.safe() if s.role == "school")
    known = f"{rows['known_share'].iloc[5]:.1%}"
    assert known in tab.inner_text("#info .why")
    assert tab.locator("#info .audit summary").count() >= 3


def test_an_area_tells_the_causes_that_add_up(show: Open, html: str) -> None:
    tab = show(html)
    tab.click("#ask-places")
    tab.evaluate("yimi.view.kinds.clear()")
    click_row(tab, "area", 30)
    numbers = tab.locator("#info table").first.locator("td:nth-child(4)").all_inner_texts()
    low = np.array([float(n.split("–")[0].replace(",", "")) for n in numbers])
    assert low.sum() == 100
