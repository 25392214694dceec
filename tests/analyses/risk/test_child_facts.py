"""The formulas on children in traffic, against the published figures."""

import numpy as np
import pytest

from analyses.risk.child_facts import (
    clear_length_m,
    crossing_time_s,
    fatality,
    severity,
    stopping_m,
)


@pytest.mark.parametrize(
    ("speed", "share"), [(30, 0.05), (37, 0.10), (59, 0.50), (69, 0.75), (80, 0.90)]
)
def test_the_curve_meets_the_five_published_points_within_a_point(speed, share):
    assert fatality(speed) == pytest.approx(share, abs=0.0105)


@pytest.mark.parametrize(
    ("speed", "ratio"),
    [(20, 0.37), (30, 1), (40, 2.6), (50, 5.8), (60, 10.7), (70, 15.2), (80, 17.9)],
)
def test_severity_is_a_ratio_to_thirty(speed, ratio):
    assert severity(speed) == pytest.approx(ratio, abs=0.052)  # 10.65 is printed as 10.7


def test_eleven_percent_more_odds_for_each_kilometre_an_hour():
    odds = fatality(np.array([40.0, 41.0])) / (1 - fatality(np.array([40.0, 41.0])))
    assert odds[1] / odds[0] == pytest.approx(1.108, abs=0.001)


def test_crossing_time_counts_the_whole_carriageway_and_the_start():
    assert crossing_time_s(21.0, speed_m_s=1.0) == 24.0  # 21 / 1.0 + 3
    assert round(crossing_time_s(7.3, speed_m_s=0.91, start_s=0.0), 2) == 8.02


@pytest.mark.parametrize(
    ("speed", "alert", "design"), [(30, 20, 31), (40, 30, 46), (50, 42, 63), (60, 56, 83)]
)
def test_stopping_distances(speed, alert, design):
    assert round(stopping_m(speed)) == alert
    assert round(stopping_m(speed, reaction_s=2.5, deceleration_m_s2=3.4)) == design


def test_cars_must_not_park_by_similar_triangles():
    assert clear_length_m(42.5) == pytest.approx(42.5 * 2.5 / 4.25)
    assert [round(clear_length_m(stopping_m(v))) for v in (30.0, 50.0)] == [12, 25]
