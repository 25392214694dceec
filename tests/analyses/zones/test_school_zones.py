"""School zones, model kindergartens and shortages of small worlds, by arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import worlds
from towns import city, facilities_at, homes_at, squares

from analyses.places.reach import Stage, stages_of
from analyses.places.shortage_sites import shortage_sites
from analyses.rules.catalogue import own_rule
from analyses.zones.analysis import ZonePlan, school_zones
from analyses.zones.models import model_pairs
from analyses.zones.ways import zone_ways

STREET = worlds.network_of([[(0, 0), (1500, 0)], [(1500, 0), (3000, 0)]])
SCHOOLS = facilities_at([(600, 0), (2400, 0)], kind="primary_school", capacity=[10.0, 20.0])
AREAS = squares(["A", "B", "C"], side_m=1000.0)


def stages() -> tuple[Stage, ...]:
    return stages_of([own_rule("primary_school", metres=500)])


def planned(schools: Any = SCHOOLS, **options: Any) -> ZonePlan:
    homes = homes_at([(450, 0), (1400, 0), (2450, 0)], children=10, area_id=["A", "B", "C"])
    made = city(STREET, schools, homes, communities=AREAS)
    ways = zone_ways(made, np.arange(len(schools)), sides=False)
    return school_zones(made, stages(), ways, **options)


def test_a_full_school_gives_the_community_between_to_the_other() -> None:
    table = planned().tables["school_zones"].set_index("area_id")
    # B is 800 m from the first school, which has 10 places for A and B, and 1000 from the second
    assert table["school"].to_dict() == {"A": "F0", "B": "F1", "C": "F1"}
    assert table.loc["B", ["change", "from_school", "way_before_m", "way_after_m"]].tolist() == [
        "moves", "F0", 800.0, 1000.0,
    ]  # fmt: skip
    assert table.loc[["A", "C"], "change"].tolist() == ["stays", "stays"]


def test_places_that_are_not_known_are_assumed_to_hold_todays_zone() -> None:
    schools = SCHOOLS.assign(capacity=[np.nan, 20.0])
    found = planned(schools)
    assert found.tables["zone_schools"]["assumed"].tolist() == [True, False]
    assert (found.tables["school_zones"]["change"] == "stays").all()


def test_where_places_do_not_suffice_the_fewest_are_above_them() -> None:
    found = planned(SCHOOLS.assign(capacity=[5.0, 15.0]))
    assert found.tables["zone_schools"]["over"].sum() == 30 - 20
    assert [finding.code for finding in found.findings] == ["ZONES_OVER"]


def test_official_catchments_are_todays_zones() -> None:
    official = AREAS.iloc[[1]].assign(facility_id="F1", name="F1")
    table = planned(official=official).tables["school_zones"].set_index("area_id")
    assert table.loc["B", ["from_school", "change"]].tolist() == ["F1", "stays"]


def test_kindergartens_go_with_the_nearer_model_in_equal_numbers() -> None:
    own = facilities_at([(0, 0), (400, 0), (2000, 0), (3000, 0)])
    table, findings = model_pairs(city(STREET, own, homes_at([(0, 0)])), ["F0", "F3", "nobody"])
    assert table.set_index("facility_id")["model_id"].to_dict() == {"F1": "F0", "F2": "F3"}
    assert table["way_m"].tolist() == [400, 1000]
    assert [finding.code for finding in findings] == ["PAIRING_MODELS"]


@pytest.mark.parametrize(("short", "names", "left"), [(80, "big", 0), (130, "big、small", 0),
                                                      (200, "big、small", 50)])  # fmt: skip
def test_the_fewest_sites_of_the_town_meet_a_shortage(short: int, names: str, left: int) -> None:
    sites = facilities_at([(10, 10), (20, 20), (9000, 10)], kind="primary_school")
    sites = sites.assign(name=["small", "big", "elsewhere"], capacity=[50, 100, 900])
    areas = squares(["A", "B"], side_m=5000.0, town=["T", "U"])
    first = pd.DataFrame({"stage": ["primary_school"], "town": ["T"], "year": [2030],
                          "year_earliest": [2029], "short_most": [float(short)]})  # fmt: skip
    found = shortage_sites(first, sites, areas, stages=stages()).iloc[0]
    assert (found["names"], found["still_short"]) == (names, left)
