"""Who walks to which school?"""

import pandas as pd
import pytest

from analyses.rules.walkers import children_of_profile, profiles, profiles_of_kind

DEMAND = pd.DataFrame(
    {"age_0_2": [9.0], "age_3_5": [30.0], "age_6_11": [60.0], "age_12_14": [24.0]}
    | {"age_15_17": [5.0]}
)


def test_the_bands_tile_three_to_fourteen_and_walk_at_the_measured_speeds():
    bands = profiles()
    assert [p.ages for p in bands] == [(3, 5), (6, 8), (9, 11), (12, 14)]
    assert [p.speed_m_s for p in bands] == [0.88, 1.0, 1.0, 1.2]
    assert [p.accompanied for p in bands] == [True, False, False, False]


def test_children_are_split_evenly_by_year_and_none_is_lost():
    counts = [children_of_profile(p, DEMAND).tolist() for p in profiles()]
    assert counts == [[30.0], [30.0], [30.0], [24.0]]  # 6 to 11 years: 60 x 3 / 6 each


@pytest.mark.parametrize(
    ("kind", "ids"),
    [
        ("kindergarten", ["kindergarten"]),
        ("nursery_kindergarten", ["kindergarten"]),
        ("primary_school", ["grades_1_3", "grades_4_6"]),
        ("nine_year_school", ["grades_1_3", "grades_4_6", "junior"]),
        ("twelve_year_school", ["grades_1_3", "grades_4_6", "junior"]),
        ("complete_middle_school", ["junior"]),
        ("senior_school", []),
        ("school", []),  # the level is not told
        ("park", []),
        ("no such kind", []),
    ],
)
def test_the_bands_of_a_kind_come_with_what_it_serves(kind, ids):
    assert [p.id for p in profiles_of_kind(kind)] == ids
