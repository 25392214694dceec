"""A real county's streets, written out as a plain layer of lines, say what OSM says."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo.osm import Streets, features_from_osm, streets_from_frame, streets_from_osm
from geo.walk import WalkNetwork, build_network, join_lines, nearest, polylines, snap

FILE = Path(__file__).resolve().parents[4] / "shared" / "data" / "gushi" / "gushi.osm.pbf"
CRS = "EPSG:4548"
WITHIN_M = np.array([500, 1000, 2000])
pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the real data is not there")


@cache
def streets() -> Streets:
    return streets_from_osm(FILE)


@cache
def places() -> dict[str, np.ndarray]:
    wanted = {"home": [{"building": True}], "school": [{"amenity": "school"}]}
    features = features_from_osm(FILE, wanted).to_crs(CRS)
    middle = shapely.get_coordinates(shapely.centroid(features.geometry.to_numpy()))
    return {layer: middle[features["layer"] == layer] for layer in wanted}


def covered(network: WalkNetwork) -> np.ndarray:
    """Shares of homes within each distance of a school, in percent."""
    homes = snap(network, places()["home"], max_m=200)
    schools = snap(network, places()["school"], max_m=1000)
    metres = nearest(network, schools, homes).distance_m
    return 100 * (metres[:, None] <= WITHIN_M).mean(axis=0)


@pytest.mark.parametrize("tags", [[], ["highway", "name"], ["highway", "bridge", "layer"]])
@pytest.mark.parametrize("simplified_m", [0.0, 0.5, 1.0, 3.0])
def test_a_simplified_layer_covers_what_osm_covers(simplified_m: float, tags: list[str]) -> None:
    found = streets()
    lines = polylines(found.lonlat[found.way_vertices], found.way_start)
    layer = gpd.GeoDataFrame(found.ways[tags].astype(object), geometry=lines, crs=4326).to_crs(CRS)
    simple = shapely.simplify(layer.geometry.to_numpy(), simplified_m)
    layer = layer.set_geometry(simple, crs=CRS).to_crs(4326)
    made = join_lines(streets_from_frame(layer, name="roads"), crs=CRS, name="roads")
    assert simplified_m <= made.tolerance_m <= max(2.0, simplified_m + 0.5)
    truth = covered(build_network(found, crs=CRS))
    drawn = covered(build_network(made.streets, crs=CRS))
    assert truth[1] > 40
    np.testing.assert_allclose(drawn, truth, atol=1.0)
