"""Columns of any ages make the groups of the study, and nothing is lost."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nonempty import each

from geo.people import ages_of, in_ten_thousands, structure_of
from geo.people.ages import bands_of

GROUPS = {
    "age_0_2": (0, 2), "age_3_5": (3, 5), "age_6_11": (6, 11), "age_12_14": (12, 14),
    "age_15_17": (15, 17),
}  # fmt: skip


def groups(columns: dict[str, float], **options: object) -> list[float]:
    """Return the five groups of one row."""
    table = pd.DataFrame({name: [value] for name, value in columns.items()})
    return ages_of(table, GROUPS, **options).groups.to_numpy()[0].tolist()  # type: ignore[arg-type]


def test_single_years_are_summed() -> None:
    assert groups({f"{n}岁": 10.0 for n in range(18)}) == [30, 30, 60, 30, 30]
    assert groups({f"age {n}": float(n) for n in range(18)}) == [3, 12, 51, 39, 48]


@pytest.mark.parametrize(
    ("headers", "right"),
    [
        (["0-3岁", "3-6岁", "6-12岁", "12-15岁", "15-18岁"],
         [(0, 2), (3, 5), (6, 11), (12, 14), (15, 17)]),
        (["0-2岁", "3-6岁", "7-12岁"], [(0, 2), (3, 6), (7, 12)]),
        (["0-2岁", "3-6岁", "7-14岁"], [(0, 2), (3, 6), (7, 14)]),
        (["3岁以下", "3~6岁", "6—12岁"], [(0, 2), (3, 5), (6, 11)]),
        (["3岁及以下", "4-6岁"], [(0, 3), (4, 6)]),
        (["0至3岁", "4至6岁"], [(0, 3), (4, 6)]),
        (["学龄前", "小学段", "初中段"], [(3, 5), (6, 11), (12, 14)]),
        (["一年级", "六年级", "初一", "高三"], [(6, 6), (11, 11), (12, 12), (17, 17)]),
        (["under 3", "aged 3 to 5", "6-11 years"], [(0, 2), (3, 5), (6, 11)]),
        (["15-19岁", "20-24岁", "65岁以上"], [(15, 19)]),
        (["3-5岁入园率", "5岁（虚岁）", "流动儿童3-5岁"], []),
    ],
)  # fmt: skip
def test_bands_are_read_by_their_words_and_neighbours(
    headers: list[str], right: list[tuple[int, int]]
) -> None:
    assert [(band.start, band.end) for band in bands_of(headers)] == right


def test_a_band_is_parted_by_its_years() -> None:
    # 3 to 6 has 4 years of 10, of which the group 3 to 5 has 3; 7 to 14 has 8 years of 5.
    assert groups({"0-2岁": 9.0, "3-6岁": 40.0, "7-14岁": 40.0})[:4] == [9, 30, 10 + 25, 15]


def test_boys_and_girls_are_summed_and_totals_are_not_counted_twice() -> None:
    columns = {"3-5岁男": 11.0, "3-5岁女": 9.0, "0-2岁": 5.0, "0-2岁男": 3.0, "0-2岁女": 2.0}
    assert groups(columns)[:2] == [5, 20]
    assert np.isnan(groups({"3-5岁男": 11.0})[1])


def test_residents_go_before_the_registered_and_later_years_before_earlier() -> None:
    assert groups({"3-5岁户籍": 8.0, "3-5岁常住": 12.0})[1] == 12
    assert groups({"2023年3-5岁": 8.0, "2025年3-5岁": 7.0})[1] == 7


def test_a_wider_band_gives_what_the_narrow_ones_leave_of_it() -> None:
    # 0 to 14 are 100, of whom 40 are under 6: 60 for the 9 years 6 to 14.
    found = groups({"0-5岁": 40.0, "0-14岁": 100.0})[:4]
    assert found == pytest.approx([20, 20, 40, 20], abs=1e-9)


def test_what_contradicts_a_total_is_named_and_the_total_left_aside() -> None:
    table = pd.DataFrame({"0-2岁": [50.0], "0-5岁": [40.0]}, index=[7])
    found = ages_of(table, GROUPS)
    assert found.contradicting == (7,)
    assert found.groups["age_0_2"].tolist() == [50]
    assert found.groups["age_3_5"].isna().all()


def test_a_structure_splits_a_total_and_keeps_it() -> None:
    # Years 0 to 4 weigh 1, the 13 years 5 to 17 weigh 2: 5 + 26 = 31 shares of 310.
    shares = structure_of({"0-4岁": 5.0, "5-17岁": 26.0})
    found = groups({"x": 0.0}, structure=shares, total=np.array([310.0]))
    assert found == pytest.approx([30, 20 + 20, 120, 60, 60], abs=1e-9)


@given(
    cuts=st.sets(st.integers(1, 17), max_size=10),
    counts=st.lists(st.integers(0, 10**6), min_size=11, max_size=11),
)
def test_bands_that_tile_childhood_keep_its_total(cuts: set[int], counts: list[int]) -> None:
    edges = [0, *sorted(cuts), 18]
    columns = {
        f"{a}-{b - 1}岁": float(n) for a, b, n in zip(edges, edges[1:], counts, strict=False)
    }
    found = groups(columns)
    assert sum(found) == pytest.approx(sum(columns.values()), abs=1e-9 * max(sum(counts), 1))


def test_children_in_ten_thousands_are_told_from_estimates() -> None:
    assert in_ten_thousands(np.array([0.0109, 0.0200, 0.0351]))
    for whole in each([np.array([1.0, 3.0]), np.array([12.6, 80.3]), np.array([0.123456789])]):
        assert not in_ten_thousands(whole)
