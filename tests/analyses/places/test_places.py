"""Places, shared yards and missing links of the demo town: everyone once, nothing invented."""

from __future__ import annotations

from functools import cache

import pandas as pd
import pytest

from analyses.run.order import run_study
from analyses.study.settings import load_study
from geo.bundled import ROOT


@cache
def tables() -> dict[str, pd.DataFrame]:
    return dict(run_study(load_study(ROOT / "demo")).result.tables)


def test_every_child_without_a_place_has_one_cause():
    gap = tables()["place_gap"]
    parts = gap[["distance", "safety", "capacity_low", "placed"]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(gap["children"].to_numpy())
    assert (gap["capacity_low"] <= gap["capacity_high"] + 1e-6).all()


def test_the_communities_add_up_to_the_total():
    gap = tables()["place_gap"]
    total = gap[gap["area_id"].isna()].set_index("stage")["children"]
    parts = gap[gap["area_id"].notna()].groupby("stage")["children"].sum()
    assert parts.reindex(total.index).to_numpy() == pytest.approx(total.to_numpy())


def test_no_school_takes_more_children_than_it_has_places():
    places = tables()["school_places"].dropna(subset=["places"])
    assert (places["assigned"] <= places["places"] + 1e-6).all()


def test_opening_another_yard_never_lowers_the_share():
    shared = tables()["co_use"]
    assert (shared["share_after"] >= shared["share_before"]).all()
    assert (shared["children"] > 0).all()


def test_a_missing_link_brings_somebody_near_and_says_what_it_crosses():
    links = tables()["missing_links"]
    assert (links["children"] > 0).all()
    assert set(links["kind"]) <= {"gate", "footpath", "footbridge"}
    assert links.loc[links["kind"] == "gate", "crosses"].str.contains("wall|grounds").all()


def test_the_look_ahead_holds_its_central_course():
    ahead = tables()["places_ahead"]
    assert (ahead["children_low"] <= ahead["children"] + 1e-9).all()
    assert (ahead["children"] <= ahead["children_high"] + 1e-9).all()
