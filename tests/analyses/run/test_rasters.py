"""Files of population rasters become the children of the study's age groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import Affine

from analyses.run.inputs import read_inputs
from analyses.study import load_study
from geo.findings import InputRefused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from analyses.run.inputs import Inputs

X, Y = 500_000.0, 4_310_000.0
CRS = "EPSG:32650"
SETTINGS = """
[study]
name = "Town"
crs = "EPSG:32650"
[streets]
path = "streets.geojson"
[[facilities]]
path = "schools.geojson"
kind = "primary_school"
[communities]
path = "communities.geojson"
[children]
method = "raster"
"""
GROUPS = ["age_0_2", "age_3_5", "age_6_11", "age_12_14", "age_15_17"]


def tif(path: Path, people: float) -> None:
    """Write two cells of 100 m, with so many people in each."""
    path.parent.mkdir(exist_ok=True)
    profile: dict[str, Any] = {
        "driver": "GTiff", "count": 1, "dtype": "float32", "crs": CRS, "nodata": -99999.0,
        "height": 1, "width": 2, "transform": Affine(100, 0, X, 0, -100, Y + 100),
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(np.full((1, 2), people, dtype=np.float32), 1)


def inputs(folder: Path, rasters: Mapping[str, float], settings: str) -> Inputs:
    """Read a study of one street in two cells, 200 m x 100 m."""
    for name, people in rasters.items():
        tif(folder / name, people)
    street = shapely.LineString([(X, Y + 50), (X + 200, Y + 50)])
    files: dict[str, tuple[dict[str, Any], shapely.Geometry]] = {
        "streets": ({"highway": "residential"}, street),
        "schools": ({"name": "Lime Primary"}, shapely.Point(X + 100, Y + 55)),
        "communities": ({"code": "120118001001"}, shapely.box(X, Y, X + 200, Y + 100)),
    }  # fmt: skip
    for name, (data, shape) in files.items():
        frame = gpd.GeoDataFrame([data], geometry=[shape], crs=CRS)
        frame.to_file(folder / f"{name}.geojson", driver="GeoJSON")
    (folder / "study.toml").write_text(SETTINGS + settings, encoding="utf-8")
    return read_inputs(load_study(folder))


WORLDPOP = {0: 5.0, 1: 20.0, 5: 25.0, 10: 30.0, 15: 35.0}
"""First year of age -> people of both sexes in the two cells; a year has 5, 5, 5, 6 and 7."""


@pytest.mark.parametrize(
    "name", ["wp/chn_{s}_{a}_2020.tif", "wp/chn_{s}_{a:02}_2020_CN_100m_R2025A_v1.tif"]
)
def test_bands_of_worldpop_are_parted_by_even_years(tmp_path: Path, name: str) -> None:
    files = {name.format(s=sex, a=age): n / 4 for age, n in WORLDPOP.items() for sex in "fm"}
    got = inputs(tmp_path, files, 'rasters = "wp"\n')
    # 0-2: 5 + 2/4 of 20; 3-5: 2/4 of 20 + 1/5 of 25; 6-11: 4/5 of 25 + 2/5 of 30; ...
    assert got.demand[GROUPS].sum().tolist() == pytest.approx([15, 15, 32, 18, 21], rel=1e-9)
    assert sum(account.name.endswith("#raster") for account in got.accounts) == 10
    assert any("even years" in note["en"] for note in got.notes)


def test_a_group_with_a_missing_year_is_unknown_and_the_newest_year_is_used(tmp_path: Path) -> None:
    files = {f"wp/chn_t_{a}_2020.tif": n / 2 for a, n in WORLDPOP.items() if a not in (1, 15)}
    got = inputs(tmp_path, {**files, "wp/chn_t_5_2015.tif": 1.0}, 'rasters = "wp"\n')
    sums = got.demand[GROUPS].sum(min_count=1)
    assert sums[["age_6_11", "age_12_14"]].tolist() == pytest.approx([32, 18])
    assert sums[["age_0_2", "age_3_5", "age_15_17"]].isna().all()
    assert {"RASTER_YEARS", "RASTER_GROUPS"} <= {finding.code for finding in got.findings}


def test_several_files_of_a_group_have_their_shares(tmp_path: Path) -> None:
    settings = """[children.rasters]
age_3_5 = [{ path = "a.tif", weight = 0.5 }, { path = "b.tif", weight = 0.2 }]
age_6_11 = "b.tif"
"""
    got = inputs(tmp_path, {"a.tif": 10.0, "b.tif": 12.5}, settings)
    assert got.demand["age_3_5"].sum() == pytest.approx(15.0)  # 20 / 2 + 25 / 5
    assert got.demand["age_6_11"].sum() == pytest.approx(25.0)
    assert got.demand["age_0_2"].isna().all()


def test_all_people_times_an_age_structure(tmp_path: Path) -> None:
    settings = """rasters = { total = "GHS_POP.tif" }
structure = { "0-4" = 0.05, "5-9" = 0.06, "10-14" = 0.05, "15-19" = 0.04 }
"""
    got = inputs(tmp_path, {"GHS_POP.tif": 500.0}, settings)
    # Of 1,000: 10 a year to 4, 12 to 9, 10 to 14, 8 to 19.
    assert got.demand[GROUPS].sum().tolist() == pytest.approx([30, 32, 68, 30, 24])


@pytest.mark.parametrize(
    ("files", "settings", "code"),
    [
        ({"pop.tif": 1.0}, 'rasters = { "3-5" = "pop.tif" }', "RASTER_GROUP"),
        ({"pop.tif": 1.0}, 'rasters = "pop.tif"', "RASTER_STRUCTURE"),
        ({"pop.tif": 1.0}, 'rasters = "pop.tif"\nstructure = { kids = 0.2 }', "STRUCTURE_BAND"),
        ({"wp/pop.tif": 1.0}, 'rasters = "wp"', "RASTER_AGES"),
        ({"wp/chn_f_5_2020.tif": 1.0, "wp/chn_t_10_2020.tif": 1.0}, 'rasters = "wp"', "RASTER_SEX"),
        ({}, 'rasters = "wp"', "FILE_NOT_FOUND"),
        ({}, "", "CONFIG_MISSING"),
    ],
)
def test_what_is_not_told_is_asked(
    tmp_path: Path, files: dict[str, float], settings: str, code: str
) -> None:
    with pytest.raises(InputRefused, match=code):
        inputs(tmp_path, files, settings + "\n")
