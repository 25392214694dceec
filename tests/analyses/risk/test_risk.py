"""The risk model: its tables by arithmetic, its intervals by brute force, its laws."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import scene
from worlds import network_of

from analyses.risk.crossing import CONTROLLED
from analyses.risk.edges import (
    along_table,
    crossing_table,
    edge_risk,
    forbidden,
    grade,
    known_share,
)
from analyses.risk.factors import Bounds, Factor, at_least, levels
from analyses.rules.walkers import profiles
from geo.sides.model import EdgeKind
from geo.walk.bends import sharp_bends

KINDERGARTEN, FIRST, FOURTH, JUNIOR = profiles()
NO_WALK = {"sidewalk_left": "no", "sidewalk_right": "no"}
FACILITIES = ("grade_separated", "signal", "slow_junction", "marked", "unmarked", "forbidden")


def along(street):
    """Return value, low and high per 100 m of a stretch of 100 m, and those of its table."""
    made = scene([street])
    risk = edge_risk(made, FIRST)
    edge = int(np.flatnonzero(made.sides.kind != EdgeKind.LINK)[0])
    return risk.value[edge], risk.low[edge], risk.high[edge]


def across(*crossings, street=None):
    """Return value, low and high of crossings, one row each."""
    made = scene([street or {}], crossings)
    risk = edge_risk(made, FIRST)
    edges = np.argsort(made.sides.crossing)[-len(crossings) :]
    return np.column_stack([risk.value, risk.low, risk.high])[edges]


@pytest.mark.parametrize(
    ("street", "points"),
    [
        (NO_WALK, 1.0),  # in the carriageway of a 30 km/h street, 3,000 vehicles, lit
        ({}, 0.25),
        ({"sidewalk_left": "shared", "sidewalk_right": "shared"}, 1.0),
        ({"sidewalk_left": "separate", "sidewalk_right": "separate"}, 0.25),
        ({"sidewalk_width_m": 1.2191}, 0.6),
        ({"sidewalk_width_m": 1.2192}, 0.25),
        ({"sidewalk_width_m": 1.8288, "buffer": "verge", "buffer_m": 1.5}, 0.11),
        ({"sidewalk_width_m": 1.8288, "buffer": "verge", "buffer_m": 1.4}, 0.25),
        ({"sidewalk_width_m": 1.8287, "buffer": "trees"}, 0.25),
        ({"sidewalk_width_m": 1.8288, "buffer": "trees"}, 0.11),
        ({"buffer": "rail"}, 0.05),
        (NO_WALK | {"traffic_day": 999}, 0.5),
        (NO_WALK | {"traffic_day": 1000}, 1.0),
        (NO_WALK | {"traffic_day": 5001}, 1.5),
        (NO_WALK | {"traffic_day": 12_000}, 1.5),
        (NO_WALK | {"traffic_day": 12_001}, 2.0),
        (NO_WALK | {"lit": "no"}, 1.4),
        (NO_WALK | {"parking": "yes"}, 1.2),
        ({"sided": False}, 0.02),
    ],
)
def test_along_by_the_table(street, points):
    assert along(street) == pytest.approx((points,) * 3)


@pytest.mark.parametrize(
    ("speed", "ratio"),
    [(10, 0.15), (20, 0.37), (30, 1), (40, 2.6), (50, 5.8), (60, 10.7), (70, 15.2), (80, 17.9)],
)
def test_severity_by_the_table(speed, ratio):
    assert along(NO_WALK | {"speed_kmh": speed})[0] == pytest.approx(ratio, abs=0.051)


@pytest.mark.parametrize(
    ("crossing", "points"),
    [
        ({"facility": "unmarked", "traffic_day": 2399}, 5.0),
        ({"facility": "unmarked", "traffic_day": 2400}, 10.0),
        ({"facility": "unmarked", "traffic_day": 6000}, 10.0),
        ({"facility": "unmarked", "traffic_day": 6010}, 20.0),
        ({"facility": "unmarked", "traffic_day": 12_010}, 30.0),
        ({}, 8.0),
        ({"facility": "grade_separated"}, 0.5),
        ({"facility": "signal"}, 2.5),
        ({"facility": "slow_junction"}, 5.0),
        ({"facility": "forbidden"}, 20.0),
        ({"refuge": "yes"}, 8 * 0.68),
        ({"raised": "yes"}, 8 * 0.55),
        ({"hybrid": "yes"}, 8 * 0.45),
        ({"flashing": "yes"}, 8 * 0.53),
        ({"guard": "yes"}, 8 * 0.5),
        ({"daylight": "yes"}, 8 * 0.77),
        ({"guard": "yes", "hybrid": "yes", "raised": "yes"}, 8 * 0.2),  # 0.124 < 0.2
        ({"lanes": 3, "width_m": 10.5}, 8 * 1.5 * 1.5),  # one direction has two lanes
        ({"lanes": 4, "width_m": 14}, 8 * 2 * 1.5),
        ({"lanes": 4, "width_m": None}, 8 * 2 * 1.5),
        ({"lanes": 4, "width_m": 14, "facility": "signal"}, 2.5 * 2),
        ({"sight_met": "no"}, 12.0),
        ({"parked": "yes"}, 12.0),
        ({"parked": "yes", "sight_met": "no"}, 12.0),
    ],
)
def test_crossings_by_the_table(crossing, points):
    assert across(crossing)[0] == pytest.approx((points,) * 3)


def test_the_stages_of_a_crossing_add_up_to_the_points_of_its_widest():
    stage = {"group": 7, "stages": 2, "lanes": 1}
    points = across(stage | {"width_m": 7}, stage | {"width_m": 3.5})
    assert points[:, 0].sum() == pytest.approx(8.0)  # 10 x 0.8 x 7 / 7


def test_the_tables_tell_the_points_of_the_edges():
    made = scene([{"lit": None}, {"speed_kmh": (60, 50, 70)}], [{"street": 1, "guard": None}])
    risk = edge_risk(made, FIRST)
    table, crossing = along_table(made, FIRST), crossing_table(made, FIRST)
    assert np.array_equal(risk.value[table.index], table["risk"])  # every stretch has 100 m
    assert np.array_equal(risk.low[table.index], table["risk_low"])
    assert risk.high[made.sides.crossing == 0].tolist() == crossing["risk_high"].tolist()


def test_a_link_costs_nothing_and_length_counts():
    made = scene([{"length_m": 250}, {"sided": False}])
    risk = edge_risk(made, FIRST)
    assert risk.value[made.sides.kind == EdgeKind.LINK].tolist() == [0.0, 0.0]
    assert risk.value[made.sides.kind == EdgeKind.SIDE] == pytest.approx([0.625] * 2)


def test_one_side_with_a_sidewalk_does_not_help_the_other():
    made = scene([{"sidewalk_left": "no"}])
    table = along_table(made, FIRST).set_index("side")
    assert table["risk"].to_dict() == {-1: 1.0, 1: 0.25}


def test_a_sidewalk_drawn_by_itself_is_rated_by_the_street_beside_it():
    made = scene([{"speed_kmh": 60}, {"sided": False, "footway": "sidewalk", "length_m": 30}])
    path = along_table(made, FIRST).loc[lambda t: t["side"] == 0].iloc[0]
    assert path["risk"] == pytest.approx(0.25 * 10.65, abs=0.01)
    assert path["street"] == 1


def test_along_bounds_are_reached_and_not_passed_by_any_combination():
    open_ = {"speed_kmh": (40, 30, 50), "traffic_day": (3000, 500, 20_000), "lit": None}
    open_ |= {"sidewalk_left": None, "sidewalk_right": None, "parking": None, "buffer": None}
    open_ |= {"sidewalk_width_m": (1.5, 1.0, 2.0), "buffer_m": (0, 0, 2)}
    value, low, high = along(open_)
    combinations = product(
        (30, 40, 50), (500, 3000, 20_000), ("yes", "no"), ("no", "shared", "yes", "separate"),
        ("yes", "no"), ("none", "verge", "trees", "rail"), (1.0, 1.5, 2.0), (0, 2),
    )  # fmt: skip
    rows = [
        {"speed_kmh": v, "traffic_day": q, "lit": lit, "sidewalk_left": walk, "parking": park,
         "buffer": kind, "sidewalk_width_m": wide, "buffer_m": off}
        for v, q, lit, walk, park, kind, wide, off in combinations
    ]  # fmt: skip
    table = along_table(scene(rows), FIRST)
    risks = table.loc[table["side"] < 0, "risk"]
    assert (risks.min(), risks.max()) == pytest.approx((low, high))
    assert low < value < high


def test_crossing_bounds_are_reached_and_not_passed_by_any_combination():
    words = {"refuge": None, "guard": None, "raised": None, "parked": None, "sight_met": None}
    open_ = {"facility": ("unmarked", "signal", "unmarked"), "width_m": None, "lanes": (4, 1, 6)}
    value, low, high = across(words | open_)[0]
    rows = [
        dict(zip(words, said, strict=True)) | {"facility": built, "lanes": n, "width_m": None}
        for *said, built, n in product(*[("yes", "no")] * 5, FACILITIES[1:5], (1, 2, 3, 4, 6))
    ]
    risks = across(*rows)[:, 0]
    assert (risks.min(), risks.max()) == pytest.approx((low, high))
    assert low < value < high


def said():
    return st.sampled_from(["yes", "no", None, ("yes", "default"), ("no", "default")])


def ranged(*values):
    """Return numbers that are observed, assumed within bounds, or unknown."""
    one = st.sampled_from(values)
    three = st.tuples(one, one, one).map(lambda t: (sorted(t)[1], min(t), max(t)))
    return st.one_of(one, three, st.none())


CROSSINGS = st.fixed_dictionaries(
    {name: said() for name in ("refuge", "raised", "guard", "daylight", "parked", "sight_met")}
    | {
        "hybrid": st.sampled_from(["yes", "no"]),
        "speed_kmh": ranged(10.0, 30.0, 45.0, 60.0, 80.0),
        "lanes": ranged(1.0, 2.0, 3.0, 4.0, 6.0, 8.0),
        "width_m": st.sampled_from([None, 7.0, 21.0]),
        "traffic_day": ranged(0.0, 2400.0, 6000.0, 30_000.0),
        "facility": st.tuples(*[st.integers(0, 5)] * 3).map(
            lambda t: tuple(FACILITIES[i] for i in (sorted(t)[1], min(t), max(t)))
        ),
    }
)
STREETS = st.fixed_dictionaries(
    {
        "speed_kmh": ranged(10.0, 30.0, 45.0, 60.0, 80.0),
        "traffic_day": ranged(0.0, 1000.0, 5000.0, 30_000.0),
        "sidewalk_width_m": ranged(0.5, 1.5, 2.5),
        "buffer_m": ranged(0.0, 1.5, 3.0),
        "sidewalk_left": st.sampled_from(
            ["yes", "no", "separate", "shared", None, ("no", "default"), ("yes", "continuity")]
        ),
        "buffer": st.sampled_from(["none", "verge", "trees", "rail", None, ("verge", "default")]),
        "lit": said(),
        "parking": said(),
    }
)


def left(*streets):
    """Return value, low and high of the left sides."""
    made = scene(streets)
    risk = edge_risk(made, FIRST)
    edges = np.flatnonzero(made.sides.side < 0)
    edges = edges[np.argsort(made.sides.street[edges])]
    return np.column_stack([risk.value, risk.low, risk.high])[edges]


def observed_now(data, cell, choices):
    """Return an admissible value of an attribute, now observed."""
    if isinstance(cell, tuple) and len(cell) == 3 and isinstance(cell[0], float):
        return data.draw(st.sampled_from(cell))
    open_ = cell is None or isinstance(cell, tuple)
    return data.draw(st.sampled_from(choices)) if open_ else cell


@given(CROSSINGS, st.data())
@settings(max_examples=30, derandomize=True, deadline=None)
def test_what_becomes_known_of_a_crossing_stays_inside_its_interval(crossing, data):
    name = data.draw(st.sampled_from(sorted(crossing)))
    now = dict(crossing)
    if name == "facility":
        _, low, high = (FACILITIES.index(word) for word in crossing[name])
        now[name] = data.draw(st.sampled_from(FACILITIES[low : high + 1]))
    else:
        given_any = {"speed_kmh": (10.0, 55.0, 80.0), "lanes": (1.0, 4.0, 8.0)}
        given_any |= {"traffic_day": (0.0, 9000.0, 90_000.0), "width_m": (None,)}
        now[name] = observed_now(data, crossing[name], given_any.get(name, ("yes", "no")))
    before, after = across(crossing, now)
    eps = 1e-9 * before[2]
    assert before[1] - eps <= before[0] <= before[2] + eps
    assert before[1] - eps <= after[1] <= after[0] + eps
    assert after[0] <= after[2] + eps <= before[2] + 2 * eps


@given(STREETS, st.data())
@settings(max_examples=30, derandomize=True, deadline=None)
def test_what_becomes_known_of_a_street_stays_inside_its_interval(street, data):
    name = data.draw(st.sampled_from(sorted(street)))
    numbers = {"speed_kmh": (10.0, 55.0, 80.0), "traffic_day": (0.0, 9000.0, 90_000.0)}
    numbers |= {"sidewalk_width_m": (0.0, 1.5, 9.0), "buffer_m": (0.0, 1.5, 9.0)}
    words = {"sidewalk_left": ("yes", "no", "separate", "shared")}
    words |= {"buffer": ("none", "verge", "trees", "rail")}
    choices = (numbers | words).get(name, ("yes", "no"))
    before, after = left(street, street | {name: observed_now(data, street[name], choices)})
    eps = 1e-9 * before[2]
    assert before[1] - eps <= before[0] <= before[2] + eps
    assert before[1] - eps <= after[1] <= after[0] + eps
    assert after[0] <= after[2] + eps <= before[2] + 2 * eps


@given(CROSSINGS, st.sampled_from(["refuge", "raised", "hybrid", "flashing", "guard", "daylight"]))
@settings(max_examples=30, derandomize=True, deadline=None)
def test_a_treatment_never_raises_the_risk_of_a_crossing(crossing, name):
    before, after = across(crossing, crossing | {name: "yes"})
    assert (after <= before * (1 + 1e-12)).all()


@given(CROSSINGS, st.integers(0, 4), st.sampled_from([10.0, 30.0, 40.0]))
@settings(max_examples=30, derandomize=True, deadline=None)
def test_a_better_facility_or_a_lower_speed_never_raises_it(crossing, better, speed):
    places = [FACILITIES.index(word) for word in crossing["facility"]]
    facility = tuple(FACILITIES[min(place, better)] for place in places)
    given_speed = crossing["speed_kmh"]
    cells = given_speed if isinstance(given_speed, tuple) else (given_speed,)
    slower = 10.0 if given_speed is None else tuple(min(cell, speed) for cell in cells)
    slower = slower[0] if isinstance(slower, tuple) and len(slower) == 1 else slower
    before, after = across(crossing, crossing | {"facility": facility, "speed_kmh": slower})
    assert (after <= before * (1 + 1e-12)).all()


@given(
    STREETS,
    st.sampled_from(
        [
            {"sidewalk_left": "yes"},
            {"lit": "yes"},
            {"parking": "no"},
            {"speed_kmh": 10.0},
            {"sidewalk_left": "yes", "sidewalk_width_m": 2.5, "buffer": "rail"},
        ]
    ),
)
@settings(max_examples=30, derandomize=True, deadline=None)
def test_a_treatment_never_raises_the_risk_along(street, treatment):
    before, after = left(street, street | treatment)
    assert (after <= before * (1 + 1e-12)).all()


def test_the_controlled_facilities_are_the_safest_ones():
    order = list(levels("crossing", "facility"))
    values = [row["value"] for row in levels("crossing", "facility").values()]
    assert set(order[: len(CONTROLLED)]) == set(CONTROLLED)
    assert values == sorted(values)


SHUT = [
    ({"speed_kmh": 50, "lanes": 3}, [False, False, False, False]),
    ({"speed_kmh": 51}, [False, True, False, False]),
    ({"lanes": 4}, [False, True, False, False]),
    ({"speed_kmh": 60, "lanes": 5}, [False, True, False, False]),
    ({"speed_kmh": 61}, [False, True, True, False]),
    ({"lanes": 6}, [False, True, True, False]),
    ({"lanes": 6, "guard": "yes"}, [False] * 4),
    ({"lanes": 6, "hybrid": "yes"}, [False] * 4),
    ({"lanes": 8, "speed_kmh": 80, "facility": "signal"}, [False] * 4),
    ({"lanes": 8, "speed_kmh": 80, "facility": "grade_separated"}, [False] * 4),
    ({"lanes": 6, "facility": "slow_junction"}, [False, True, True, False]),
    ({"facility": "forbidden"}, [True] * 4),
    ({"forbidden": True, "facility": "signal", "guard": "yes"}, [True] * 4),
]


@pytest.mark.parametrize(("crossing", "shut"), SHUT)
def test_crossings_that_are_not_for_an_age_alone(crossing, shut):
    made = scene([{}], [crossing])
    edge = int(np.flatnonzero(made.sides.crossing == 0)[0])
    assert [bool(forbidden(made, profile)[edge]) for profile in profiles()] == shut


def test_the_lanes_of_both_carriageways_count_together():
    stage = {"group": 0, "stages": 2, "lanes": 2}
    made = scene([{}], [stage, stage])
    assert forbidden(made, FIRST)[made.sides.crossing >= 0].all()
    assert not forbidden(made, FOURTH).any()


@pytest.mark.parametrize(
    ("street", "shut"),
    [
        ({"traffic_day": 4000}, [False, False, False, False]),
        ({"traffic_day": 4001}, [False, True, False, False]),
        ({"traffic_day": 8401}, [False, True, True, False]),
        ({"speed_kmh": 51}, [False, True, False, False]),
        ({"speed_kmh": 61}, [False, True, True, False]),
    ],
)
def test_walking_in_the_carriageway_alone(street, shut):
    made, safe = scene([NO_WALK | street]), scene([street])
    assert [bool(forbidden(made, profile).all()) for profile in profiles()] == shut
    assert not any(forbidden(safe, profile).any() for profile in profiles())


def test_what_is_not_known_may_be_forbidden():
    street = {"sidewalk_left": None, "sidewalk_right": None, "traffic_day": 9000}
    made = scene([street], [{"lanes": (4, 2, 6), "guard": None}])
    told = {b: forbidden(made, FIRST, bound=b).tolist() for b in ("low", "value", "high")}
    assert [sum(told[b]) for b in ("low", "value", "high")] == [0, 1, 3]


def test_known_is_what_decides():
    street = {"speed_kmh": (30, 30, 40), "sidewalk_left": None}
    rows = [{"lanes": (2, 2, 4)}, {}, {"facility": ("marked", "signal", "marked")}]
    made = scene([{"length_m": 300}, street, {"sided": False}], rows)
    risk = edge_risk(made, FIRST)
    assert known_share(made, risk) == pytest.approx((700 / 900, 1 / 3))
    assert np.isnan(known_share(made, risk, edges=np.array([], dtype=np.int64))).all()


def test_a_grade_needs_the_whole_interval():
    low, high = np.array([20.0, 20.0, 20.1, 100.1]), np.array([20.0, 20.1, 100.0, 999.0])
    assert grade(low, high, model="crossing").tolist() == ["C", None, "B", "A"]
    assert grade(np.array([1.0]), np.array([8.0]), model="along").tolist() == [None]


def test_the_reason_names_what_matters_with_its_source():
    street = {"speed_kmh": 60, "lanes": (6, 4, 8), "width_m": None}
    made = scene([street], [{"facility": ("unmarked", "signal", "unmarked")}])
    row = crossing_table(made, FIRST).iloc[0]
    assert "60 km/h（标签）" in row["why_zh"]
    assert "过街设施未查明" in row["why_zh"]
    assert "双向6车道（推定，可能4–8）" in row["why_zh"]
    assert "6 lanes (assumed, may be 4–8)" in row["why_en"]
    assert row["grade"] is None


def test_only_the_rows_asked_for():
    made = scene([{}, {"lit": None}], [{}, {"street": 1, "guard": "yes"}])
    every = crossing_table(made, FIRST)
    assert every.iloc[[1]].equals(crossing_table(made, FIRST, rows=np.array([1])))
    table = along_table(made, FIRST)
    assert table.iloc[[2]].equals(along_table(made, FIRST, rows=table.index[[2]].to_numpy()))


def test_a_path_away_from_traffic_says_so_alone():
    table = along_table(scene([{}, {"sided": False}]), FIRST)
    assert table.loc[table["side"] == 0, "why_zh"].tolist() == ["离开车流的独立步行道（标签）"]


def test_a_scene_without_crossings():
    made = scene([{}])
    assert crossing_table(made, JUNIOR).empty
    assert not forbidden(made, KINDERGARTEN).any()


@pytest.mark.parametrize(
    ("line", "sharp"),
    [
        ([(0, 0), (100, 0), (100, 100)], True),  # 90 degrees at once
        ([(0, 0), (100, 0), (200, 100)], False),  # 45 degrees are not over 45
        ([(0, 0), (100, 0), (120, 5), (135, 20), (140, 60)], True),  # 83 within 30 m
        ([(0, 0), (100, 0), (200, 40), (270, 110), (310, 210)], False),  # far apart
        ([(0, 0), (50, 0), (50, 0), (100, 0)], False),  # a vertex drawn twice
    ],
)
def test_bends(line, sharp):
    network = network_of([line, [line[-1], (900, 900)]])
    assert sharp_bends(network, turn_deg=45.0, within_m=30.0).tolist() == [sharp, False]


def test_the_worse_of_darkness_and_a_bend_counts():
    order = list(levels("along", "visibility"))
    values = np.array([row["value"] for row in levels("along", "visibility").values()])
    dark, bend = order.index("unlit"), order.index("bend")
    made = [
        Factor(Bounds(*[values[[k]]] * 3), np.array([k]), np.array([s]))
        for k, s in ((dark, 5), (bend, 0))
    ]
    assert at_least(*made).bounds.value.tolist() == [1.5]
    assert at_least(*made)[1:] == (np.array([bend]), np.array([0]))
