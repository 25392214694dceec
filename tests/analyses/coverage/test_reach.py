"""One street of 1,000 m; the school stands 5 m beside its end; homes 10 m beside it.

Door to door: 10 m to the street, along the street, 5 m to the school.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from pyproj import Transformer

import yimi
from geo.findings import InputRefused

CRS = "EPSG:4548"
X, Y = 500_000.0, 4_200_000.0
ALONG = [900.0, 600.0, 499.0, 0.0]
WALKS = [115.0, 415.0, 516.0, 1015.0]  # 10 + (1000 - along) + 5


def at(*places: tuple[float, float]) -> gpd.GeoDataFrame:
    points = [shapely.Point(X + x, Y + y) for x, y in places]
    return gpd.GeoDataFrame(geometry=points, crs=CRS)


def homes() -> gpd.GeoDataFrame:
    return at(*((x, 10.0) for x in ALONG)).set_index(np.array(list("dcba")))


def graph(crs: str = CRS) -> nx.MultiDiGraph[Any]:
    street = nx.MultiDiGraph(crs=crs)
    place = Transformer.from_crs(CRS, crs, always_xy=True)
    for node in range(11):
        x, y = place.transform(X + 100 * node, Y)
        street.add_node(node, x=x, y=y)
    for node in range(10):
        street.add_edge(node, node + 1, osmid=7, length=100.0, highway="residential")
        street.add_edge(node + 1, node, osmid=7, length=100.0, highway="residential")
    return street


def roads() -> gpd.GeoDataFrame:
    line = shapely.LineString([(X, Y), (X + 1000, Y)])
    return gpd.GeoDataFrame({"highway": ["residential"]}, geometry=[line], crs=CRS)


def saved(path: Path) -> Path:
    osmnx = pytest.importorskip("osmnx")
    osmnx.io.save_graphml(graph("epsg:4326"), path)
    return path


@pytest.mark.parametrize("kind", ["metres", "degrees", "graphml", "roads", "road file", "network"])
def test_two_frames_and_streets_of_any_kind_say_who_is_near(kind: str, tmp_path: Path) -> None:
    roads().to_file(tmp_path / "roads.gpkg")
    source = {
        "metres": graph(),
        "degrees": graph("epsg:4326"),
        "graphml": saved(tmp_path / "streets.graphml"),
        "roads": roads(),
        "road file": tmp_path / "roads.gpkg",
        "network": yimi.streets(graph()),
    }[kind]
    near = yimi.reach(homes(), at((1000.0, 5.0)), graph=source, within_m=500)
    assert near["walk_m"].to_numpy() == pytest.approx(WALKS, abs=0.1)
    assert near["covered"].tolist() == [True, True, False, False]
    assert near["reason"].tolist() == ["", "", "too_far", "too_far"]
    assert near.index.tolist() == ["d", "c", "b", "a"]


def test_the_straight_line_is_never_longer_than_the_way() -> None:
    near = yimi.reach(homes(), at((1000.0, 5.0)), graph=graph(), within_m=500)
    straight = [np.hypot(1000 - x, 5.0) for x in ALONG]  # 10 m and 5 m on the same side
    assert near["straight_m"].to_numpy() == pytest.approx(straight)
    assert (near["straight_m"] <= near["walk_m"]).all()


def test_500_m_is_within_500_m_and_a_millimetre_more_is_not() -> None:
    two = at((515.0, 10.0), (514.999, 10.0))  # 10 + 485 + 5 and 10 + 485.001 + 5
    near = yimi.reach(two, at((1000.0, 5.0)), graph=graph(), within_m=500)
    assert near["covered"].tolist() == [True, False]


def test_what_is_not_joined_or_not_reached_is_infinite_and_says_why() -> None:
    far = at((500.0, 900.0), (400.0, 10.0))
    near = yimi.reach(far, at((1000.0, 5.0)), graph=graph(), within_m=500)
    assert near["reason"].tolist() == ["home_not_joined", "too_far"]
    nowhere = yimi.reach(far, at((1000.0, 9000.0)), graph=graph(), within_m=500)
    assert np.isinf(nowhere["walk_m"]).all()
    assert nowhere["reason"].tolist() == ["home_not_joined", "no_way"]


def test_frames_may_each_have_a_crs_of_their_own_but_must_have_one() -> None:
    near = yimi.reach(homes().to_crs(4326), at((1000.0, 5.0)), graph=graph(), within_m=500)
    assert near["walk_m"].to_numpy() == pytest.approx(WALKS, abs=0.1)
    lost = homes().set_crs(None, allow_override=True)
    with pytest.raises(InputRefused) as refused:
        yimi.reach(lost, lost, graph=graph(), within_m=500)
    assert [f.file for f in refused.value.findings] == ["homes", "places"]


def test_the_nearest_is_named_by_its_own_label() -> None:
    schools = at((1000.0, 5.0), (0.0, 5.0)).set_index(np.array(["east", "west"]))
    near = yimi.reach(homes(), schools, graph=graph(), within_m=2000)
    assert near["nearest"].tolist() == ["east", "east", "west", "west"]
