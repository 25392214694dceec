"""The GeoPackage opens in QGIS: layers, styles, nothing lost on the way."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from map_sample import sample
from nonempty import each

from analyses.result import Shown
from maps.files.geopackage import write_geopackage

SHOWN = sample()


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gpkg") / "results.gpkg"
    tables = {"total": pd.DataFrame({"name": ["=1+1"], "walk_m": [np.inf]})}
    write_geopackage(path, SHOWN, tables=tables)
    return path


def rows_of(role: str) -> gpd.GeoDataFrame:
    return next(s.rows for s in SHOWN if s.role == role)


def test_every_facility_and_home_is_in_the_file(package: Path) -> None:
    facilities = rows_of("facility")
    points, areas = (gpd.read_file(package, layer=n) for n in ("facility_points", "facility_areas"))
    assert len(points) + len(areas) == len(facilities)
    assert set(points["name"]) | set(areas["name"]) == set(facilities["name"])
    assert len(gpd.read_file(package, layer="demand")) == len(rows_of("demand"))


def test_every_layer_with_a_shape_has_a_default_style(package: Path) -> None:
    shaped = [name for name, kind in pyogrio.list_layers(package) if kind]
    with closing(sqlite3.connect(package)) as base:
        styles = dict(base.execute("SELECT f_table_name, styleQML FROM layer_styles"))
        assert base.execute("SELECT min(useAsDefault) FROM layer_styles").fetchone() == (1,)
    assert set(styles) == set(shaped)
    for style in each(styles.values()):
        assert ET.fromstring(style).find("renderer-v2") is not None


def test_an_infinite_distance_is_stored_as_unknown(package: Path) -> None:
    table = pyogrio.read_dataframe(package, layer="total")
    assert table["name"].tolist() == ["=1+1"]
    assert table["walk_m"].isna().all()


def test_the_same_layers_give_the_same_bytes(package: Path, tmp_path: Path) -> None:
    tables = {"total": pd.DataFrame({"name": ["=1+1"], "walk_m": [np.inf]})}
    write_geopackage(tmp_path / "again.gpkg", SHOWN, tables=tables)
    assert (tmp_path / "again.gpkg").read_bytes() == package.read_bytes()


def test_hazards_and_sites_are_layers_by_grade_and_verdict(tmp_path: Path) -> None:
    points = gpd.points_from_xy([0.0, 9.0], [0.0, 9.0], crs="EPSG:4548")
    hazard = gpd.GeoDataFrame({"grade": ["A", "?"]}, geometry=points)
    site = gpd.GeoDataFrame({"verdict": ["chosen", "possible"]}, geometry=points)
    shown = [Shown("hazard", hazard), Shown("site", site)]
    counted = write_geopackage(
        tmp_path / "a.gpkg", shown, tables={"sites": pd.DataFrame({"a": [1]})}
    )
    assert counted == {"hazards": 2, "site_points": 2, "sites": 1}
    with closing(sqlite3.connect(tmp_path / "a.gpkg")) as base:
        styles = dict(base.execute("SELECT f_table_name, styleQML FROM layer_styles"))
    assert 'attr="grade"' in styles["hazards"]
    assert 'value="chosen"' in styles["site_points"]
