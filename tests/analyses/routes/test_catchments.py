"""Children go to the nearest school with places, and none is lost."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses.routes.catchments import catchments
from tests import worlds
from tests.school_worlds import area, city_of, homes, profile, schools

SETTINGS = settings(derandomize=True, deadline=None, max_examples=60)
PROFILES = (profile("grades_1_3"),)  # walks 1000 m


def send(
    found: gpd.GeoDataFrame, demand: gpd.GeoDataFrame, *, network: Any = None, **options: Any
) -> pd.DataFrame:
    made = city_of(network or worlds.long_edge(5000.0), found, demand)
    return catchments(made, made.on_streets, **{"profiles": PROFILES, **options}).rows


def told(rows: pd.DataFrame) -> list[tuple[Any, ...]]:
    columns = rows[["school_id", "point", "children", "distance_m", "reason"]]
    return list(columns.itertuples(index=False, name=None))


def test_children_go_to_the_nearest_school() -> None:
    rows = send(schools((0, 0), (1000, 0)), homes([(400, 0), (600, 30), (500, 0)], [3, 4, 5]))
    assert told(rows) == [
        ("S0", 0, 3.0, 400.0, None),
        ("S0", 2, 5.0, 500.0, None),  # as near to both: the first school
        ("S1", 1, 4.0, 400.0 + 30.0, None),  # with the way to the street
    ]
    assert set(rows["basis"]) == {"nearest"}


def test_a_full_school_keeps_the_nearest_children() -> None:
    found = schools((0, 0), (1000, 0), capacity=[10, np.nan])
    rows = send(found, homes([(100, 0), (300, 0)], [8, 8]))
    assert told(rows) == [
        ("S0", 0, 8.0, 100.0, None),
        ("S0", 1, 10.0 - 8.0, 300.0, None),
        ("S1", 1, 8.0 - 2.0, 700.0, None),
    ]


def test_a_child_sent_on_may_send_on_another() -> None:
    found = schools((0, 0), (1000, 0), (1800, 0), capacity=[5, 5, np.nan])
    # S0 keeps the 5 at 100 m; the 5 at 200 m go on to S1 (800 m), which keeps its own at 50 m
    rows = send(found, homes([(100, 0), (200, 0), (1050, 0)], [5, 5, 5]))
    assert told(rows)[:2] == [("S0", 0, 5.0, 100.0, None), ("S1", 2, 5.0, 50.0, None)]
    assert told(rows)[2] == (None, 1, 5.0, np.inf, "no_places")  # S2 is 1600 m away


def test_both_ages_of_a_school_share_its_places() -> None:
    both = (profile("grades_1_3"), profile("grades_4_6"))
    found = schools((0, 0), capacity=[10])
    rows = send(found, homes([(100, 0)], [8]), profiles=both)
    assert rows["profile"].tolist() == ["grades_1_3", "grades_4_6", "grades_4_6"]
    assert rows["children"].tolist() == [8, 10 - 8, 8 - 2]
    assert rows["reason"].tolist() == [None, None, "no_places"]


@pytest.mark.parametrize(("x", "reason"), [(1000, None), (1000.001, "too_far")])
def test_as_far_as_this_age_walks_is_not_too_far(x: float, reason: str | None) -> None:
    assert send(schools((0, 0)), homes([(x, 0)], [1]))["reason"].tolist() == [reason]


def test_who_has_no_school_has_a_reason() -> None:
    two = worlds.network_of([[(0, 0), (3000, 0)], [(0, 500), (100, 500)]])
    rows = send(schools((0, 0)), homes([(50, 500), (900, 200), (2000, 0)], [1, 2, 4]), network=two)
    assert rows["reason"].tolist() == ["no_way", "not_snapped", "too_far"]
    assert rows["children"].tolist() == [1, 2, 4]
    kindergarten = send(schools((0, 0), kind="kindergarten"), homes([(100, 0)], [3]))
    assert kindergarten["reason"].tolist() == ["no_school"]


def test_official_catchments_go_before_distance_and_fill_the_school_first() -> None:
    found = schools((0, 0), (1000, 0), capacity=[np.nan, 6])
    demand = homes([(400, 0), (600, 0)], [4, 5])
    rows = send(found, demand, official=area("学校S1", (350, -10), (450, 10)))
    # 4 by law, 6 - 4 = 2 places are left for the 5 next door; 3 go to S0
    assert told(rows) == [
        ("S0", 1, 3.0, 600.0, None),
        ("S1", 0, 4.0, 600.0, None),
        ("S1", 1, 2.0, 400.0, None),
    ]
    assert rows["basis"].tolist() == ["nearest", "official", "nearest"]


def test_an_official_school_too_far_to_walk_keeps_its_name() -> None:
    official = area("学校S1", (50, -10), (150, 10))
    rows = send(schools((0, 0), (3000, 0)), homes([(100, 0)], [7]), official=official)
    assert told(rows) == [("S1", 0, 7.0, np.inf, "too_far")]


def test_the_nearest_of_several_official_schools() -> None:
    both = pd.concat([area(f"学校S{i}", (0, -10), (900, 10)) for i in (0, 1)], ignore_index=True)
    rows = send(schools((0, 0), (1000, 0)), homes([(700, 0)], [7]), official=both)
    assert told(rows) == [("S1", 0, 7.0, 300.0, None)]


def test_a_catchment_of_no_school_is_said_and_passed_over() -> None:
    network, found = worlds.long_edge(5000.0), schools((0, 0))
    made = city_of(network, found, homes([(0, 0)], [1]))
    official = area("没有的学校", (-10, -10), (10, 10))
    done = catchments(made, made.on_streets, profiles=PROFILES, official=official)
    assert [(f.code, f.row, f.value) for f in done.findings] == [
        ("CATCHMENT_NO_SCHOOL", 2, "没有的学校")
    ]
    assert done.rows["basis"].tolist() == ["nearest"]


def test_no_children_and_no_schools() -> None:
    assert len(send(schools((0, 0)), homes([(0, 0)], [0]))) == 0
    assert send(schools(), homes([(0, 0)], [1]))["reason"].tolist() == ["no_school"]


# Laws

PLACES = st.one_of(st.just(float("nan")), st.integers(0, 12).map(float))


@SETTINGS
@given(
    st.lists(st.tuples(st.integers(0, 30), PLACES), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), max_size=8),
)
def test_children_are_conserved_and_none_could_do_better(
    some: list[tuple[int, float]], lived: list[tuple[int, int]]
) -> None:
    found = schools(*[(100 * x, 0) for x, _ in some], capacity=[places for _, places in some])
    demand = homes([(100 * x, 0) for x, _ in lived], [n for _, n in lived])
    rows = send(found, demand)
    total = rows.groupby("point")["children"].sum().reindex(range(len(lived)), fill_value=0.0)
    np.testing.assert_allclose(total, [n for _, n in lived], atol=1e-9)
    room = np.nan_to_num([places for _, places in some], nan=np.inf)
    load = rows[rows["school"] >= 0].groupby("school")["children"].sum()
    assert all(n <= room[school] + 1e-6 for school, n in load.items())
    better = [  # schools within reach that some would like better than where they go
        (school, there)
        for row in rows.itertuples()
        for school, (x, _) in enumerate(some)
        if (there := abs(100 * x - 100 * lived[row.point][0])) <= 1000 and there < row.distance_m
    ]
    assert all(load.get(school, 0.0) >= room[school] - 1e-6 for school, _ in better)
    assert all(
        (rows.loc[rows["school"] == school, "distance_m"] <= there).all()
        for school, there in better
    )
