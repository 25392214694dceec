"""Totals of zones become points, and not a child is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.findings import InputRefused
from geo.people.demand import (
    demand_along_streets,
    demand_at_zones,
    demand_from_points,
    demand_in_zones,
    demand_on_buildings,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

CRS = "EPSG:4548"
COLUMNS = ["a", "b"]


def zones(totals: Sequence[tuple[float, float]], **columns: Any) -> gpd.GeoDataFrame:
    """Return squares of 100 m in a row: Z0, Z1 ... with totals of the columns a and b."""
    boxes = [shapely.box(100 * i, 0, 100 * i + 100, 100) for i in range(len(totals))]
    ids = [f"Z{i}" for i in range(len(totals))]
    a, b = zip(*totals, strict=True)
    data = {"area_id": ids, "name": ids, "town": "T", "settlement": "rural", "a": a, "b": b}
    return gpd.GeoDataFrame({**data, **columns}, geometry=boxes, crs=CRS)


def houses(
    spots: Sequence[tuple[float, float]], *, side_m: float = 10.0, **columns: Any
) -> gpd.GeoDataFrame:
    """Return square houses with their middle at the spots."""
    half = side_m / 2
    boxes = [shapely.box(x - half, y - half, x + half, y + half) for x, y in spots]
    return gpd.GeoDataFrame(columns, geometry=boxes, crs=CRS)


def lines(*ways: Sequence[tuple[float, float]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.LineString(w) for w in ways], crs=CRS)


def codes(findings: Sequence[Any]) -> list[str]:
    return [f.code for f in findings]


def test_floor_area_shares_out_a_total() -> None:
    got = demand_on_buildings(
        zones([(30, 300)]), houses([(20, 20), (60, 60)], storeys=[1, 5]), value_columns=COLUMNS
    )
    assert got.points["a"].tolist() == [5.0, 25.0]  # 1 : 5 of 30
    assert got.points["b"].tolist() == [50.0, 250.0]
    assert got.points["method"].tolist() == ["floor_area"] * 2
    assert got.points["residential_m2"].tolist() == [100.0, 100.0]


def test_a_building_of_unknown_storeys_counts_as_the_mean_known_one() -> None:
    got = demand_on_buildings(
        zones([(30, 0)]),
        houses([(20, 20), (60, 60), (80, 80)], storeys=[1, 5, np.nan]),
        value_columns=COLUMNS,
    )
    assert got.points["a"].tolist() == pytest.approx([30 / 9, 150 / 9, 90 / 9])  # 1 : 5 : 3
    assert got.points["method"].tolist() == ["floor_area", "floor_area", "storeys_nearby"]
    assert "STOREYS_NEARBY" in codes(got.findings)


def test_where_no_storeys_are_known_the_footprint_counts_and_this_is_said() -> None:
    two = gpd.GeoDataFrame(
        geometry=[shapely.box(1, 1, 11, 11), shapely.box(20, 20, 60, 50)], crs=CRS
    )
    got = demand_on_buildings(zones([(13, 26)]), two, value_columns=COLUMNS)
    assert got.points["a"].tolist() == pytest.approx([1.0, 12.0])  # 100 : 1,200 m2 of 13
    assert codes(got.findings) == ["BUILDINGS_FOOTPRINT", "DWELLINGS_ARE_BUILDINGS"]
    assert got.points["dwellings"].tolist() == pytest.approx([2 / 13, 24 / 13])  # the mean is 1
    assert got.methods[["method", "points", "zones", "a"]].values.tolist() == [
        ["footprint", 2, 1, 13.0]
    ]


def test_methods_differ_by_zone() -> None:
    got = demand_on_buildings(
        zones([(10, 0), (20, 0)]),
        houses([(50, 50), (130, 50), (170, 50)], storeys=[3, np.nan, np.nan]),
        value_columns=COLUMNS,
    )
    assert got.points["method"].tolist() == ["floor_area", "storeys_nearby", "storeys_nearby"]
    assert got.points["a"].tolist() == [10.0, 10.0, 10.0]


def test_given_dwellings_are_kept_and_unknown_ones_stay_unknown() -> None:
    got = demand_on_buildings(
        zones([(10, 0)]), houses([(50, 50), (70, 50)], dwellings=[12, None]), value_columns=COLUMNS
    )
    assert got.points["dwellings"].tolist()[0] == 12.0
    assert np.isnan(got.points["dwellings"].tolist()[1])
    assert "DWELLINGS_ARE_BUILDINGS" not in codes(got.findings)


def test_an_unknown_total_stays_unknown() -> None:
    got = demand_in_zones(
        zones([(np.nan, 4), (5, 6)]),
        buildings=houses([(50, 50), (150, 50)]),
        value_columns=COLUMNS,
        spacing_m=50,
    )
    assert np.isnan(got.points["a"].iloc[0])
    assert got.points["b"].tolist() == [4.0, 6.0]
    assert "ZONE_TOTAL_UNKNOWN" in codes(got.findings)


@given(
    totals=st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 1e5)), min_size=1, max_size=4).filter(
        lambda t: sum(map(sum, t)) > 1e-3
    ),
    spots=st.lists(st.tuples(st.floats(1, 399), st.floats(1, 99)), min_size=1, max_size=40),
    seed=st.integers(0, 999),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_each_zone_keeps_its_total(totals: Any, spots: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    storeys = np.where(rng.random(len(spots)) < 0.5, np.nan, rng.integers(1, 30, len(spots)))
    area = zones(totals)
    got = demand_in_zones(
        area,
        value_columns=COLUMNS,
        buildings=houses(spots, storeys=storeys),
        lines=lines([(0, 50), (250, 50)]),
        spacing_m=30,
    )
    sums = got.points.groupby("area_id")[COLUMNS].sum().reindex(area["area_id"]).fillna(0.0)
    assert np.abs(sums.to_numpy() - area[COLUMNS].to_numpy()).max() <= 1e-9
    assert (got.points[COLUMNS] >= 0).all(axis=None)


def test_streets_carry_by_length_in_equal_parts() -> None:
    got = demand_along_streets(
        zones([(30, 0)]),
        lines([(0, 20), (100, 20)], [(40, 40), (90, 40)]),
        value_columns=COLUMNS,
        spacing_m=50,
    )
    assert [(p.x, p.y) for p in got.points.geometry] == [(25, 20), (75, 20), (65, 40)]
    assert got.points["a"].tolist() == [10.0, 10.0, 10.0]
    assert set(got.points["method"]) == {"street"}


def test_a_street_is_cut_at_the_border_of_a_zone() -> None:
    got = demand_along_streets(
        zones([(8, 0), (6, 0)]), lines([(60, 50), (160, 50)]), value_columns=COLUMNS, spacing_m=1000
    )
    assert [(p.x, p.y) for p in got.points.geometry] == [(80, 50), (130, 50)]
    assert got.points["a"].tolist() == [8.0, 6.0]


def test_a_zone_without_homes_takes_its_streets_and_without_streets_a_point() -> None:
    got = demand_in_zones(
        zones([(1, 1), (2, 2), (3, 3), (0, 0)]),
        value_columns=COLUMNS,
        buildings=houses([(50, 50)]),
        lines=lines([(110, 50), (190, 50)]),
        spacing_m=100,
    )
    assert got.points["method"].tolist() == ["footprint", "street", "zone_point"]
    assert got.points["a"].tolist() == [1.0, 2.0, 3.0]
    assert {"ZONE_ALONG_STREETS", "ZONE_AT_POINT", "ZONE_TOTAL_ZERO"} <= set(codes(got.findings))


def test_one_point_stands_for_a_zone() -> None:
    got = demand_at_zones(zones([(7, 0)]), value_columns=COLUMNS)
    assert got.points["a"].tolist() == [7.0]
    assert zones([(7, 0)]).contains(got.points.geometry.iloc[0]).all()


def test_a_building_on_a_border_goes_to_the_least_id_whatever_the_order() -> None:
    on_border = houses([(100, 50)])
    for order in ([0, 1], [1, 0]):
        got = demand_on_buildings(
            zones([(1, 0), (2, 0)]).iloc[order], on_border, value_columns=COLUMNS
        )
        assert got.points["area_id"].tolist() == ["Z0"]
        assert got.unplaced == ("Z1",)


def test_points_keep_their_counts_and_those_outside_are_counted() -> None:
    frame = gpd.GeoDataFrame(
        {"a": [2.0, 3.0], "b": [0.0, 1.0]},
        geometry=gpd.points_from_xy([50, 500], [50, 50]),
        crs=CRS,
    )
    got = demand_from_points(frame, value_columns=COLUMNS, zones=zones([(0, 0)]))
    assert got.points["area_id"].isna().tolist() == [False, True]
    assert got.points["settlement"].tolist() == ["rural", "unknown"]
    assert got.points["a"].tolist() == [2.0, 3.0]
    assert [dict(f.detail) for f in got.findings] == [{"count": 1, "total": "4.0"}]


def test_points_may_be_buildings() -> None:
    got = demand_from_points(houses([(50, 50)], a=[2], b=[1]), value_columns=COLUMNS)
    assert got.points["dwellings"].tolist() == [1.0]
    assert got.points["residential_m2"].tolist() == [100.0]


@pytest.mark.parametrize(
    ("area", "code"),
    [
        (zones([(0, 0)]), "DEMAND_NONE"),
        (zones([(np.nan, np.nan)]), "DEMAND_NONE"),
        (zones([(-1, 5)]), "ZONE_VALUE"),
        (zones([(np.inf, 5)]), "ZONE_VALUE"),
        (zones([(1, 5)]).drop(columns="b"), "ZONE_COLUMNS"),
        (zones([(1, 5)]).drop(columns="area_id"), "ZONE_COLUMNS"),
        (zones([(1, 5), (1, 5)], area_id="Z"), "ZONE_ID_DOUBLE"),
        (zones([(1, 5)]).set_crs("EPSG:4326", allow_override=True), "CRS_NOT_METRIC"),
    ],
)
def test_what_cannot_be_shared_out_is_refused(area: gpd.GeoDataFrame, code: str) -> None:
    with pytest.raises(InputRefused) as refused:
        demand_in_zones(area, value_columns=COLUMNS, spacing_m=50)
    assert codes(refused.value.findings) == [code]


def test_another_crs_is_refused() -> None:
    with pytest.raises(InputRefused, match="CRS_DIFFERENT"):
        demand_on_buildings(
            zones([(1, 1)]), houses([(5, 5)]).set_crs("EPSG:4549", allow_override=True),
            value_columns=COLUMNS,
        )  # fmt: skip


def test_the_callers_frames_stay_as_they_were() -> None:
    area, homes = zones([(1, 1)]), houses([(50, 50)])
    before = area.copy(), homes.copy()
    demand_in_zones(area, buildings=homes, value_columns=COLUMNS, spacing_m=50)
    assert area.equals(before[0])
    assert homes.equals(before[1])
