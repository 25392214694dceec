"""A row of a table finds its polygon by code or name; nothing is guessed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geo.people import join_table, nearest, spread_totals

ZONES = pd.DataFrame({
    "area_id": ["090118001001", "090118001002", "090118002201", "090118002202"],
    "name": ["柳林社区", "第一社区", "柳林村", "东街村"],
    "town": ["静海镇", "静海镇", "大邱庄镇", "大邱庄镇"],
})  # fmt: skip


def zones_of(**columns: list[object]) -> list[int]:
    return join_table(pd.DataFrame(columns), ZONES).zone.tolist()


@pytest.mark.parametrize("code", ["090118001002", 90118001002, "90118001002", 90118001002.0])
def test_a_code_finds_its_zone_as_text_or_number_with_zeros_lost(code: object) -> None:
    assert zones_of(area_code=[code]) == [1]


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("柳林社区居委会", 0), ("柳林居民委员会", 0), ("柳林村委会", 2), ("柳林村村民委员会", 2),
        ("第1社区", 1), ("第１社区居委会", 1), ("一社区", 1), ("東街村", 3), ("东 街 村", 3),
        ("静海镇柳林社区", 0), ("大邱庄镇东街村委会", 3), ("东街", 3),
        ("柳林", -1), ("柳河社区", -1), ("东街社区", -1),
    ],
)  # fmt: skip
def test_a_name_finds_its_zone_however_it_is_written(name: str, zone: int) -> None:
    assert zones_of(name=[name]) == [zone]


def test_the_town_decides_between_two_of_one_name() -> None:
    assert zones_of(name=["柳林", "柳林"], town=["静海", "大邱庄镇人民政府"]) == [0, 2]
    assert zones_of(name=["东街村"], town=["静海镇"]) == [-1]


def test_a_merged_cell_of_the_town_holds_for_the_rows_below() -> None:
    assert zones_of(name=["第一社区", "柳林"], town=["静海镇", None]) == [1, 0]


def test_rows_that_claim_one_zone_are_none_of_them_used() -> None:
    found = join_table(pd.DataFrame({"name": ["东街村", "柳林村", "东街村委会"]}), ZONES)
    assert found.claims == ((2,), (), (0,))
    assert found.used.tolist() == [1]
    assert found.without_row(4).tolist() == [0, 1]


def test_a_row_of_a_town_or_district_is_a_total_of_its_zones() -> None:
    rows = pd.DataFrame({"name": ["静海镇", "大邱庄镇合计", "示例区"]})
    found = join_table(rows, ZONES, district="示例区")
    assert found.members == ((0, 1), (2, 3), (0, 1, 2, 3))
    by_code = join_table(pd.DataFrame({"area_code": [90118002, "090118000000"]}), ZONES)
    assert by_code.members == ((2, 3), (0, 1, 2, 3))


def test_a_code_and_a_name_that_do_not_agree_are_told() -> None:
    found = join_table(pd.DataFrame({"area_code": ["090118001001"], "name": ["东街村"]}), ZONES)
    assert (found.zone.tolist(), found.differ) == ([0], (0,))


def test_the_nearest_name_is_named_only_where_it_is_like() -> None:
    assert nearest("柳林新社区", ZONES["name"]) == "柳林村"
    assert nearest("xyz", ZONES["name"]) == ""


def test_totals_of_towns_go_to_the_unknown_and_stay_whole() -> None:
    rng = np.random.default_rng(11)
    values = np.where(rng.random((40, 2)) < 0.3, rng.integers(0, 50, (40, 2)), np.nan)
    members = [np.arange(0, 15), np.arange(15, 40), np.arange(40)]
    totals = np.array([[900.1, 1000.3], [2000.7, 1700.9], [np.nan, np.nan]])
    found = spread_totals(values, totals, members=members, weight=rng.random(40))
    sums = [found.counts[m].sum(axis=0) for m in members[:2]]
    assert np.abs(np.array(sums) - totals[:2]).max() < 1e-9
    assert np.array_equal(found.counts[np.isfinite(values)], values[np.isfinite(values)])


def test_a_total_that_is_less_than_its_zones_is_left_aside() -> None:
    values = np.array([[70.0], [np.nan]])
    found = spread_totals(values, np.array([[60.0]]), members=[np.array([0, 1])], weight=np.ones(2))
    assert found.contradicting == (0,)
    assert np.isnan(found.counts[1, 0])
