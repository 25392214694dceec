"""The tables of the pedestrian level of traffic stress, at their boundaries."""

import numpy as np
import pytest
from scenes import scene

from analyses.risk.along import walked_along
from analyses.risk.stress import (
    adjusted,
    buffer_score,
    crossing_score,
    crossing_stress,
    distance_score,
    mph,
    segment_stress,
    sidewalk_score,
)

FOOT = 0.3048


@pytest.mark.parametrize(
    ("feet", "score"), [(3.99, 4), (4, 3), (4.99, 3), (5, 2), (5.99, 2), (6, 1), (9, 1)]
)
def test_a_design_width_belongs_to_the_better_class(feet, score):
    assert sidewalk_score(round(feet * FOOT, 4)) == score  # 5 ft = 1.524 m, 6 ft = 1.8288 m


@pytest.mark.parametrize(
    ("condition", "scores"),
    [
        ("good", [4, 3, 2, 1]),
        ("fair", [4, 3, 2, 1]),
        ("poor", [4, 3, 3, 2]),
        ("very_poor", [4, 4, 4, 3]),
        ("none", [4, 4, 4, 4]),
    ],
)
def test_sidewalk_by_condition(condition, scores):
    assert sidewalk_score([1.0, 1.3, 1.6, 2.0], condition).tolist() == scores


@pytest.mark.parametrize(
    ("buffer", "scores"),
    [
        ("none", [2, 3, 3, 4]),
        ("solid", [2, 2, 2, 2]),
        ("verge", [1, 2, 2, 2]),
        ("trees", [1, 1, 1, 2]),
        ("rail", [1, 1, 1, 2]),
    ],
)
def test_buffer_by_speed(buffer, scores):
    assert buffer_score(buffer, [40, 50, 60, 70]).tolist() == scores  # 25, 30, 35, 45 mph


@pytest.mark.parametrize(
    ("lanes", "scores"),
    [(2, [2, 2, 1, 1, 1]), (3, [3, 2, 2, 1, 1]), (4, [4, 3, 2, 1, 1]), (6, [4, 4, 3, 2, 2])],
)
def test_lanes_by_width_of_the_buffer(lanes, scores):
    assert distance_score(lanes, [1.523, 1.524, 3.048, 4.572, 7.62]).tolist() == scores
    assert distance_score([1, 5], 0.0).tolist() == [2, 4]


def test_kilometres_become_steps_of_five_miles():
    assert mph([30, 40, 50, 60, 70, 80]).tolist() == [20, 25, 30, 35, 45, 50]


@pytest.mark.parametrize(
    ("lanes", "traffic", "arterial", "scores"),
    [
        (1, 0, False, [1, 1, 2, 3]),
        (2, 0, False, [1, 2, 2, 3]),
        (2, 4999, True, [2, 2, 3, 3]),
        (2, 9000, True, [2, 3, 3, 4]),
        (2, 9001, True, [3, 3, 4, 4]),
        (3, 7999, True, [3, 3, 3, 4]),
        (4, 12000, True, [3, 3, 4, 4]),
        (4, 12001, True, [4, 4, 4, 4]),
    ],
)
def test_crossings_by_speed(lanes, traffic, arterial, scores):
    speeds = [40, 50, 60, 70]
    made = crossing_score(speeds, lanes=lanes, traffic_day=traffic, arterial=arterial)
    assert made.tolist() == scores


def test_treatments_gain_two_levels_at_most_and_stop_at_two():
    assert adjusted(np.array([4.0, 4.0, 3.0, 1.0]), np.array([1.0, 3.0, 2.0, 2.0])).tolist() == [
        3.0,
        2.0,
        2.0,
        1.0,
    ]


@pytest.mark.parametrize(
    ("given", "value", "low", "high"),
    [
        ({"sidewalk_width_m": 2.0}, 2, 2, 3),  # no buffer at 20 mph and two lanes: 2
        ({"sidewalk_width_m": 1.3}, 3, 3, 4),
        ({"sidewalk_left": "no", "sidewalk_right": "no"}, 4, 4, 4),
        ({"sidewalk_left": None, "sidewalk_right": None}, 3, 3, 4),
        ({"sided": False}, 1, 1, 1),
        ({"buffer": None, "buffer_m": None, "sidewalk_width_m": 2.0}, 1, 1, 3),
    ],
)
def test_segments_keep_what_is_not_known_open(given, value, low, high):
    bounds = segment_stress(walked_along(scene([given])))
    assert [(part[0], part[-1]) for part in bounds] == [(value,) * 2, (low,) * 2, (high,) * 2]


def test_a_signal_is_no_matter_of_the_tables():
    rows = [{"facility": "signal"}, {"facility": ("marked", "signal", "marked")}, {}]
    made = crossing_stress(scene([{"road_class": "primary"}], rows).crossings)
    assert np.isnan(made.value).tolist() == [True, False, False]
    assert made.low[1:].tolist() == [1.0, 2.0]


def test_a_refuge_that_may_be_there_opens_the_interval():
    street = {"road_class": "primary", "speed_kmh": 60, "lanes": 4, "traffic_day": 15_000}
    rows = [{}, {"refuge": "yes"}, {"refuge": None}]
    made = crossing_stress(scene([street], rows).crossings)
    assert [part.tolist() for part in made] == [[4, 3, 4], [4, 3, 3], [4, 3, 4]]
