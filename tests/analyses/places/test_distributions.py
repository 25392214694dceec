"""The curves of ways and places, by arithmetic."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analyses.places.equity import lorenz_table, walk_distances
from analyses.rules.catalogue import standards
from analyses.rules.people import age_groups


def curve(walk_m: list[float], *, settlement: str = "urban", rule: str = "KG") -> pd.DataFrame:
    homes = {"settlement": [settlement] * len(walk_m)} | dict.fromkeys(age_groups(), 10.0)
    points = pd.DataFrame({f"walk_m:{rule}": walk_m})
    return walk_distances(points, pd.DataFrame(homes), [standards()[rule]])


def test_a_curve_counts_the_homes_within_each_distance() -> None:
    # The limit of KG is 300 m: of four homes one is within 150 m, two within 300, three within 900.
    rows = curve([150.0, 300.0, 450.0, np.inf]).set_index("times_limit")
    assert rows.loc[[0.45, 0.5, 1.0, 1.5, 3.0], "share"].tolist() == [0.0, 0.25, 0.5, 0.75, 0.75]
    assert (rows.loc[1.0, "walk_m"], rows.loc[3.0, "walk_m"]) == (300.0, 900.0)


def test_a_rule_that_concerns_nobody_has_no_curve() -> None:
    assert curve([100.0], settlement="rural").empty


def test_lorenz_is_the_share_of_the_worst_off() -> None:
    # Three children without a place and one with all of them: nothing up to 3/4, then up to 1.
    rows = lorenz_table("kindergarten", np.array([0.0, 2.0]), np.array([3.0, 1.0]))
    at = np.interp([0.5, 0.75, 0.875, 1.0], rows["share_children"], rows["share_places"])
    assert at.tolist() == pytest.approx([0.0, 0.0, 0.5, 1.0], abs=0.05)
    assert set(rows["stage"]) == {"kindergarten"}


def test_without_places_there_is_no_lorenz_curve() -> None:
    rows = lorenz_table("kindergarten", np.zeros(2), np.ones(2))
    assert (len(rows), list(rows)) == (0, ["stage", "share_children", "share_places"])
