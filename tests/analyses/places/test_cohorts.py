"""Cohorts: ageing by hand."""

import numpy as np
import pandas as pd
import pytest

from analyses.places.cohorts import Change, by_year_of_age, first_shortage, outlook, roll_forward
from geo.findings import InputRefused

CHILDREN = pd.DataFrame({"area_id": ["a"], "age_0_2": [300.0], "age_3_5": [150.0]})


def test_an_age_group_is_split_evenly_and_single_years_are_kept():
    assert by_year_of_age(CHILDREN)[0, :7].tolist() == [100, 100, 100, 50, 50, 50, 0]
    single = by_year_of_age(pd.DataFrame({"age_0": [7.0], "age_1": [8.0], "age_2": [9.0]}))
    assert single[0, :4].tolist() == [7, 8, 9, 0]


def test_without_births_and_moves_children_only_grow_older():
    ages = by_year_of_age(CHILDREN)
    later = roll_forward(ages, Change(births=0, migration=1), years=4)[4, 0]
    assert later[:10].tolist() == [0, 0, 0, 0, 100, 100, 100, 50, 50, 50]


def test_moves_multiply_every_year():
    later = roll_forward(by_year_of_age(CHILDREN), Change(births=1, migration=0.5), years=2)
    assert later[2, 0, 4] == 100 * 0.5**2


def test_kindergarten_runs_short_when_the_large_cohorts_come():
    # 3 to 5 today 150, then 200, 250, 300; places 220: short from the second year on
    places = pd.DataFrame({"area_id": ["a"], "places": [220.0]})
    years = outlook(CHILDREN, places, stage="kindergarten", first_year=2026, years=4)
    assert years["children"].tolist() == [150, 200, 250, 300, 300]
    assert years["short"].tolist() == [0, 0, 30, 80, 80]
    assert first_shortage(years)["year"].tolist() == [2028]


def test_a_school_that_opens_in_time_ends_the_shortage():
    places = pd.DataFrame({"area_id": ["a", "a"], "places": [220.0, 80.0], "year": [np.nan, 2028]})
    years = outlook(CHILDREN, places, stage="kindergarten", first_year=2026, years=4)
    assert years["short"].max() == 0
    assert first_shortage(years)["year"].isna().all()


def test_the_interval_holds_the_central_course():
    places = pd.DataFrame({"area_id": ["a"], "places": [220.0]})
    years = outlook(CHILDREN, places, stage="kindergarten", first_year=2026, years=12)
    assert (years["children_low"] <= years["children"]).all()
    assert (years["children"] <= years["children_high"]).all()


def test_an_unknown_stage_or_missing_places_are_refused():
    with pytest.raises(InputRefused, match="COHORT_STAGE"):
        outlook(CHILDREN, pd.DataFrame({"area_id": [], "places": []}), stage="x", first_year=2026)
    gone = pd.DataFrame({"area_id": ["a"], "places": [np.nan]})
    with pytest.raises(InputRefused, match="COHORT_PLACES"):
        outlook(CHILDREN, gone, stage="kindergarten", first_year=2026)
