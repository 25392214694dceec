"""In a real county no way to a door crosses a mapped wall, river, railway or motorway."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from analyses.city import City
from analyses.run.opening import load
from geo.walk import join

DATA = Path(__file__).parents[4] / "shared" / "data" / "gushi" / "gushi.osm.pbf"
_STUDY = """
[study]
name = "t"
source = "OpenStreetMap"
[streets]
path = "streets.osm.pbf"
[[facilities]]
path = "streets.osm.pbf"
[buildings]
path = "streets.osm.pbf"
"""


@pytest.fixture(scope="module")
def gushi(tmp_path_factory: pytest.TempPathFactory) -> City:
    if not DATA.exists():
        pytest.skip("the real data is not there")
    folder = tmp_path_factory.mktemp("gushi")
    (folder / "streets.osm.pbf").write_bytes(DATA.read_bytes())
    (folder / "study.toml").write_text(_STUDY, encoding="utf-8")
    return load(folder).city


@pytest.mark.parametrize("name", ["demand", "entrances"])
def test_no_leg_crosses_a_wall_in_a_real_county(gushi: City, name: str) -> None:
    frame: gpd.GeoDataFrame = getattr(gushi, name)
    xy = shapely.get_coordinates(frame.geometry.to_numpy())
    joined = getattr(gushi.on_streets, name)
    assert gushi.walls is not None
    straight = join(gushi.streets, xy, max_m=200)
    near = straight.edge >= 0
    assert not gushi.walls.free(xy[near], straight.xy[near], soft=False).all()
    on = joined.edge >= 0
    assert gushi.walls.free(xy[on], joined.xy[on], soft=False).all()
    assert on.mean() > 0.9
