from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, MultiLineString, Point, Polygon

from geo.findings import InputRefused
from geo.osm.road_layers import streets_from_frame
from geo.osm.streets import Streets

CROSSING = (116.91, 38.95)


def layer(*lines: object, **columns: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(lines), crs="EPSG:4326")


def two_streets(**columns: list[object]) -> gpd.GeoDataFrame:
    """Two streets that cross in the middle vertex of both."""
    west_east = LineString([(116.90, 38.95), CROSSING, (116.92, 38.95)])
    south_north = LineString([(116.91, 38.94), CROSSING, (116.91, 38.96)])
    return layer(west_east, south_north, **columns)


def vertices(streets: Streets, row: int) -> list[tuple[float, float]]:
    a, b = streets.way_start[row : row + 2]
    return [(float(x), float(y)) for x, y in streets.lonlat[streets.way_vertices[a:b]]]


def test_lines_that_share_a_place_share_a_vertex() -> None:
    streets = streets_from_frame(two_streets(), name="roads")
    assert len(streets.lonlat) == 5
    assert vertices(streets, 0)[1] == vertices(streets, 1)[1] == CROSSING
    assert streets.way_start.tolist() == [0, 3, 6]


@pytest.mark.parametrize(("shift", "places"), [(0.4e-7, 3), (1.2e-7, 4)])
def test_places_are_equal_to_a_ten_millionth_degree(shift: float, places: int) -> None:
    first = LineString([(116.90, 38.95), (116.91, 38.95)])
    second = LineString([(116.91 + shift, 38.95), (116.92, 38.95)])
    assert len(streets_from_frame(layer(first, second), name="roads").lonlat) == places


def test_columns_called_like_tags_are_kept_as_text() -> None:
    frame = two_streets(highway=["primary", "footway"], lanes=[4, None], colour=["red", "blue"])
    ways = streets_from_frame(frame, name="roads").ways
    assert ways["highway"].tolist() == ["primary", "footway"]
    assert ways["lanes"].tolist() == ["4.0", np.nan]
    assert "colour" not in ways


def test_a_known_alias_stands_for_the_tag() -> None:
    frame = two_streets(fclass=["primary", "motorway"])
    streets = streets_from_frame(frame, name="roads")
    assert streets.ways["highway"].tolist() == ["primary"]
    assert streets.dropped["reason"].tolist() == ["motorway"]


def test_without_highway_every_line_is_walkable_but_foot_still_counts() -> None:
    assert len(streets_from_frame(two_streets(), name="roads").ways) == 2
    assert len(streets_from_frame(two_streets(foot=["no", "yes"]), name="roads").ways) == 1


def test_the_row_number_becomes_the_way_id_also_of_both_parts() -> None:
    parts = MultiLineString([[(0, 0), (0, 1)], [(1, 0), (1, 1)]])
    frame = layer(LineString([(5, 5), (6, 6)]), parts).set_axis([2, 7])
    assert streets_from_frame(frame, name="roads").ways["way_id"].tolist() == [2, 7, 7]


def test_heights_are_left_out() -> None:
    frame = layer(LineString([(1, 1, 50), (2, 2, 60)]))
    assert streets_from_frame(frame, name="roads").lonlat.tolist() == [[1, 1], [2, 2]]


@pytest.mark.parametrize(
    "other",
    [
        None,
        Point(1, 1),
        Polygon([(0, 0), (1, 0), (1, 1)]),
        LineString(),
        LineString([(0, 0), (181, 0)]),
        LineString([(0, 0), (np.inf, 0)]),
        "LINESTRING (0 0, NaN 0)",
    ],
)
def test_what_is_no_line_on_earth_is_counted(other: object) -> None:
    with np.errstate(invalid="ignore"):
        made = shapely.from_wkt(other) if isinstance(other, str) else other
        frame = layer(LineString([(1, 1), (2, 2)]), made)
        streets = streets_from_frame(frame, name="roads")
    assert len(streets.ways) == 1
    assert streets.dropped[["reason", "ways"]].to_numpy().tolist() == [["not_a_line", 1]]


def test_a_doubled_vertex_is_left_out_and_noted() -> None:
    streets = streets_from_frame(layer(LineString([(1, 1), (1, 1), (1, 2)])), name="roads")
    assert vertices(streets, 0) == [(1, 1), (1, 2)]
    assert [(f.code, f.detail["count"]) for f in streets.findings] == [("EDGE_ZERO", 1)]


def test_a_line_without_length_is_dropped() -> None:
    frame = layer(LineString([(1, 1), (1, 1)]), LineString([(1, 1), (1, 2)]))
    dropped = streets_from_frame(frame, name="roads").dropped
    assert dropped.to_numpy().tolist() == [["zero_length", 1, 0.0]]


def test_dropped_metres_are_metres_on_the_sphere() -> None:
    frame = layer(
        LineString([(10, 50), (10, 51)]),
        LineString([(11, 50), (11, 50.5)]),
        highway=["motorway", "path"],
    )
    dropped = streets_from_frame(frame, name="roads").dropped
    assert dropped["length_m"].tolist() == pytest.approx([np.pi / 180 * 6_371_008.8])


@pytest.mark.parametrize("frame", [layer(), layer(Point(1, 1)), two_streets(foot=["no", "no"])])
def test_a_layer_without_streets_is_refused(frame: gpd.GeoDataFrame) -> None:
    with pytest.raises(InputRefused) as refused:
        streets_from_frame(frame, name="roads.gpkg")
    assert refused.value.findings[0].code == "NETWORK_EMPTY"


@pytest.mark.parametrize("crs", [None, "EPSG:4548"])
def test_a_layer_in_another_crs_is_an_error(crs: str | None) -> None:
    frame = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (1, 1)])], crs=crs)
    with pytest.raises(ValueError, match="EPSG:4326"):
        streets_from_frame(frame, name="roads")


def test_the_caller_s_frame_is_not_changed() -> None:
    frame = two_streets(highway=["primary", None])
    before = frame.copy(deep=True)
    streets_from_frame(frame, name="roads")
    assert frame.equals(before)
    assert shapely.equals_exact(frame.geometry, before.geometry).all()
