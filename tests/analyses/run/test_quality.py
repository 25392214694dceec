"""What a weakness of the data does to a share of children, by arithmetic."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point

from analyses.rules.catalogue import standards
from analyses.rules.people import age_groups
from analyses.run.quality import access_legs, effects
from geo.walk import Snapped

# Ten homes with 10 children of each age group; the limit of the rule KG is 300 m.
WALK_M = [100, 250, 290, 310, 400, 900, 900, 900, 900, 900]


def snapped(edge: list[int], access_m: list[float]) -> Snapped:
    nowhere = np.zeros(len(edge))
    places = np.column_stack([nowhere, nowhere])
    return Snapped(np.array(edge), nowhere.astype(np.int64), np.array(access_m), places)


AT_STREET = snapped([0] * 10, [5.0] * 10)


def study(*, entrance: str, method: str = "floor_area") -> pd.DataFrame:
    demand = gpd.GeoDataFrame(
        {"settlement": ["urban"] * 10, "method": [method] * 10} | dict.fromkeys(age_groups(), 10.0),
        geometry=[Point(i, 0) for i in range(10)],
    )
    covered = [3 if w <= 300 else 0 for w in WALK_M]
    points = pd.DataFrame(
        {
            "status:KG": covered,
            "walk_m:KG": WALK_M,
            "nearest:KG": ["k"] * 10,
        }
    )
    doors = gpd.GeoDataFrame({"facility_id": ["k"], "rule": [entrance]}, geometry=[Point(0, 0)])
    rules = [standards()["KG"]]
    return effects(points, demand, rules, entrances=doors, homes=AT_STREET)


def test_good_data_change_nothing() -> None:
    assert study(entrance="gate").empty


def test_an_unknown_gate_matters_only_near_the_limit() -> None:
    row = study(entrance="point").iloc[0]
    # 250, 290, 310 and 400 m lie within 120 m of the limit; 100 m does not: 1 to 5 of 10 homes.
    assert (row["weakness"], row["children"]) == ("one_point", 40)
    assert (row["share"], row["share_low"], row["share_high"]) == pytest.approx((0.3, 0.1, 0.5))


def test_homes_of_unknown_size_put_everything_in_doubt() -> None:
    row = study(entrance="gate", method="equal_building").iloc[0]
    assert (row["weakness"], row["share_low"], row["share_high"]) == ("weight_assumed", 0, 1)


def test_access_legs_count_what_was_not_joined() -> None:
    legs = access_legs(snapped([0, 0, 0, -1, -1], [0.0, 10.0, 200.0, 200.1, np.inf]))
    assert legs.to_dict("records")[0]["not_joined"] == 2
    assert legs.to_dict("records")[0]["walled"] == 1
    assert legs.to_dict("records")[0]["median_m"] == 105


def test_crossings_of_unknown_level_give_the_other_reading() -> None:
    """Of 3 covered homes one walks over a crossing: without it 2 of 10 are covered."""
    rule, doors = standards()["KG"], gpd.GeoDataFrame({"facility_id": [], "rule": []}, geometry=[])
    homes = {"settlement": ["urban"] * 10, "method": ["given"] * 10}
    demand = gpd.GeoDataFrame(
        homes | dict.fromkeys(age_groups(), 10.0), geometry=[Point(0, 0)] * 10
    )
    points = pd.DataFrame({"status:KG": [3] * 3 + [0] * 7, "walk_m:KG": WALK_M,
                           "nearest:KG": "k"})  # fmt: skip
    apart = points.assign(**{"status:KG": [3] * 2 + [0] * 8})
    table = effects(points, demand, [rule], entrances=doors, homes=AT_STREET, apart=apart)
    row = table.iloc[0]
    assert (row["weakness"], row["children"]) == ("levels_unknown", 10)
    assert (row["share"], row["share_low"], row["share_high"]) == pytest.approx((0.3, 0.2, 0.3))
