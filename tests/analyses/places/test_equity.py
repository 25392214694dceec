"""Equity: values worked out by hand, and laws."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses.places.clusters import local_moran, moran, neighbours
from analyses.places.equity import concentration_index, gini, lorenz, palma, shortfall, theil
from geo.findings import InputRefused

rows = st.lists(st.tuples(st.floats(1, 1000), st.integers(1, 50)), min_size=2, max_size=12)


def test_gini_of_one_who_has_all():
    assert gini([0, 0, 0, 4], [1, 1, 1, 1]) == pytest.approx(3 / 4)
    assert gini([5, 5, 5], [1, 7, 2]) == pytest.approx(0)


@settings(deadline=None)
@given(rows)
def test_a_row_counts_as_many_times_as_it_has_children(data):
    value, people = np.array(data).T
    one_by_one = np.repeat(value, people.astype(int))
    mean_difference = np.abs(one_by_one[:, None] - one_by_one).mean()
    assert gini(value, people) == pytest.approx(mean_difference / 2 / one_by_one.mean(), abs=1e-9)


@settings(deadline=None)
@given(rows)
def test_theil_is_the_sum_of_its_parts_and_blind_to_scale(data):
    value, people = np.array(data).T
    whole = theil(value, people, np.arange(len(value)) % 2)
    assert whole.between + whole.within == pytest.approx(whole.total)
    assert theil(value * 7, people).total == pytest.approx(whole.total)


def test_theil_of_two_groups_alike_inside():
    found = theil([1, 1, 3, 3], [1, 1, 1, 1], ["a", "a", "b", "b"])
    assert found.between == pytest.approx((0.5 * np.log(0.5) + 1.5 * np.log(1.5)) / 2)
    assert found.within == pytest.approx(0)


def test_palma_shares_out_a_row_that_lies_across_a_limit():
    assert palma([1.0], [10]) == pytest.approx(0.1 / 0.4)
    assert palma([1, 1, 1, 1, 1, 1, 1, 1, 1, 11], [1] * 10) == pytest.approx(11 / 4)


def test_concentration_index_of_a_good_that_only_the_richest_have():
    # ranks (i - 0.5) / 4; covariance 1/4 * 4 * (7/8 - 1/2) = 0.375; 2 * 0.375 / 1
    assert concentration_index([0, 0, 0, 4], [1] * 4, [1, 2, 3, 4]) == pytest.approx(0.75)
    assert concentration_index([0, 0, 0, 1], [1] * 4, [1, 2, 3, 4], bounds=(0, 1)) == pytest.approx(
        4 * 0.25 * 0.75
    )


def test_shortfall_counts_the_standard_itself_as_within():
    found = shortfall([300, 450, 600, np.inf], [1, 1, 1, 1], standard_m=300)
    assert found.headcount == 3 / 4
    assert found.depth == pytest.approx((0 + 0.5 + 1) / 3)
    assert found.severity == pytest.approx((0.25 + 1) / 3)
    assert found.unreached == 1


def test_nobody_is_refused():
    with pytest.raises(InputRefused, match="EQUITY_NOBODY"):
        gini([1, 2], [0, 0])
    with pytest.raises(InputRefused, match="EQUITY_NEGATIVE"):
        gini([1, 2], [1, -1])


def test_lorenz_begins_at_nothing_and_ends_at_all():
    people, good = lorenz([3, 1], [1, 1])
    assert list(people) == [0, 0.5, 1]
    assert list(good) == [0, 0.25, 1]


def row_of(count):
    squares = [shapely.box(x, 0, x + 1, 1) for x in range(count)]
    return neighbours(gpd.GeoDataFrame(geometry=squares, crs="EPSG:4548"))


def test_moran_of_a_row_of_four():
    # z = -1 -1 1 1; lags -1, 0, 0, 1: the sum of products is 2, over 4
    found = moran([0, 0, 1, 1], row_of(4), trials=99)
    assert found.value == pytest.approx(2 / 4)
    assert found.expected == pytest.approx(-1 / 3)


def test_two_halves_cluster_and_a_constant_does_not():
    halves = moran([0] * 20 + [1] * 20, row_of(40))
    assert halves.p_value == pytest.approx(1 / 1000)
    assert moran([3] * 40, row_of(40)).value == 0


def test_local_moran_finds_the_low_end():
    found = local_moran(np.arange(30), row_of(30))
    assert found["quadrant"].iloc[0] == "low-low"
    assert found["quadrant"].iloc[-1] == "high-high"
    assert found["local_i"].mean() == pytest.approx(moran(np.arange(30), row_of(30)).value)


def test_an_area_apart_has_its_nearest_as_neighbour():
    shapes = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(9, 0, 10, 1)]
    weights = neighbours(gpd.GeoDataFrame(geometry=shapes, crs="EPSG:4548"))
    assert weights.toarray().tolist() == [[0, 1, 0], [1, 0, 0], [0, 1, 0]]


def test_equal_sums_of_neighbours_are_equally_extreme():
    # each inner area has places 0, 3, 7, 9 in tenths: 0.1 + 0.2 is not 0.3 for a computer
    value = np.array([0.1, 0.2, 0.3, 0.0, 0.3] * 5)
    found = local_moran(value, row_of(25))
    same = local_moran(value * 8, row_of(25))
    assert found["p_value"].tolist() == same["p_value"].tolist()


def test_the_order_of_rows_changes_no_local_p_value():
    value, order = (
        np.random.default_rng(4).normal(size=20),
        np.random.default_rng(5).permutation(20),
    )
    weights = row_of(20)
    found = local_moran(value, weights)["p_value"].to_numpy()
    other = local_moran(value[order], weights[order][:, order])["p_value"].to_numpy()
    assert found[order].tolist() == other.tolist()
