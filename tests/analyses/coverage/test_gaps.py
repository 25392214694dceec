"""Gaps: most children first, with the way that they have and the rule that asks for less."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import worlds
from towns import cover, facilities_at, homes_at, squares

from analyses.coverage.gaps import weighted_median
from analyses.rules.catalogue import own_rule, standards

if TYPE_CHECKING:
    import pandas as pd

STREET = worlds.network_of([[(0, 0), (1000, 0)], [(1000, 0), (3000, 0)]])


def gaps_of(homes: Any, **options: Any) -> pd.DataFrame:
    areas = options.pop("communities", squares(["A", "B", "C"]))
    facilities = options.pop("facilities", facilities_at([(0, 0)]))
    return cover(STREET, facilities, homes, communities=areas, **options).tables["gaps"]


def test_ranked_by_children_who_are_not_covered() -> None:
    homes = homes_at(
        [(100, 0), (600, 0), (700, 0), (800, 0)],
        children=[50, 3, 8, 4],
        area_id=["A", "A", "B", "C"],
    )
    got = gaps_of(homes)
    assert got[["rank", "area_id", "children"]].to_numpy().tolist() == [
        [1, "B", 8.0],
        [2, "C", 4.0],
        [3, "A", 3.0],
    ]
    assert got["share"].tolist() == [0.0, 0.0, 50 / 53]


def test_equal_gaps_are_ordered_by_community_and_rule() -> None:
    homes = homes_at([(2000, 0), (2000, 0)], area_id=["B", "A"])
    rules = [own_rule("kindergarten", metres=500), standards()["KG"]]
    got = gaps_of(homes, rules=rules)
    assert got[["area_id", "rule_id"]].to_numpy().tolist() == [
        ["A", "KG"],
        ["A", "OWN-kindergarten"],
        ["B", "KG"],
        ["B", "OWN-kindergarten"],
    ]


def test_distance_is_the_median_childs_and_the_longest() -> None:
    homes = homes_at([(100, 0), (600, 0), (700, 0), (2900, 0)], children=[99, 2, 5, 1], area_id="A")
    row = gaps_of(homes).iloc[0]
    assert (row["walk_m"], row["walk_max_m"], row["limit_m"]) == (700.0, 2900.0, 500.0)
    assert (row["x"], row["y"]) == (
        pytest.approx(worlds.ORIGIN[0] + (2 * 600 + 5 * 700 + 2900) / 8),
        worlds.ORIGIN[1],
    )


def test_minutes_are_told_in_seconds() -> None:
    homes = homes_at([(880, 0)])
    row = gaps_of(homes, rules=[own_rule("kindergarten", minutes=5)]).iloc[0]
    assert (row["walk_s"], row["limit_s"]) == (pytest.approx(1000.0), 300.0)
    assert math.isnan(row["limit_m"])


def test_no_way_is_infinite_and_counted() -> None:
    islands = worlds.network_of([[(0, 0), (100, 0)], [(2000, 0), (2100, 0)]])
    homes = homes_at([(2000, 0)], children=[6])
    row = cover(islands, facilities_at([(0, 0)]), homes).tables["gaps"].iloc[0]
    assert (row["walk_m"], row["unreachable"]) == (math.inf, 6.0)


@pytest.mark.parametrize(
    ("strength", "status", "verdict"),
    [
        ("must", "current", "不符合"),
        ("must", "draft", "未达参照值"),
        ("should_not", "current", "未达建议值"),
    ],
)
def test_only_a_must_in_force_may_be_called_a_breach(
    strength: Any, status: Any, verdict: str
) -> None:
    rule = replace(standards()["KG"], strength=strength, status=status)
    row = gaps_of(homes_at([(2900, 0)]), rules=[rule]).iloc[0]
    assert row["verdict_zh"] == verdict
    assert row["verified_zh"].startswith("待核")
    assert (row["standard"], row["clause"]) == (rule.standard, rule.clause)


def test_no_gap_no_row() -> None:
    assert gaps_of(homes_at([(10, 0)])).empty


@pytest.mark.parametrize(
    ("value", "weight", "median"),
    [
        ([5.0], [1.0], 5.0),
        ([1.0, 2.0], [1.0, 1.0], 1.0),
        ([9.0, 1.0, 2.0], [3.0, 1.0, 1.0], 9.0),
        ([math.inf, 1.0], [3.0, 1.0], math.inf),
        ([1.0, 7.0], [math.nan, 1.0], 7.0),
    ],
)
def test_weighted_median(value: list[float], weight: list[float], median: float) -> None:
    assert weighted_median(np.array(value), np.array(weight)) == median
    assert math.isnan(weighted_median(np.array(value), np.zeros(len(value))))
