"""A population raster's total inside an area is kept, whatever its cells and its CRS."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from exactextract import exact_extract
from rasterio.transform import Affine

from geo.findings import InputRefused
from geo.people.rasters import demand_from_raster

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CRS = "EPSG:32650"
X, Y = 500_000, 4_300_000


def tif(folder: Path, values: Any, *, nodata: float | None = -99999.0, **options: Any) -> Path:
    """Write a raster of 100 m cells whose lower left corner is (X, Y)."""
    cells = np.asarray(values).astype(options.get("dtype", "float32"))
    path = folder / "people.tif"
    profile = {
        "driver": "GTiff", "count": 1, "dtype": "float32", "crs": CRS, "nodata": nodata,
        "height": cells.shape[0], "width": cells.shape[1],
        "transform": Affine(100, 0, X, 0, -100, Y + 100 * cells.shape[0]), **options,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(cells, 1)
    return path


def area(*boxes: Sequence[float]) -> gpd.GeoDataFrame:
    """Return zones Z0, Z1 ... given as boxes from the corner of the raster."""
    shapes = [shapely.box(X + a, Y + b, X + c, Y + d) for a, b, c, d in boxes]
    ids = [f"Z{i}" for i in range(len(boxes))]
    return gpd.GeoDataFrame({"area_id": ids}, geometry=shapes, crs=CRS)


def test_whole_cells_are_points_in_their_middle(tmp_path: Path) -> None:
    got = demand_from_raster(
        tif(tmp_path, [[1, 2], [3, 4]]), area((0, 0, 200, 100)), shares={"a": 1}
    )
    assert got.points["a"].tolist() == [3.0, 4.0]
    assert [(p.x - X, p.y - Y) for p in got.points.geometry] == [(50, 50), (150, 50)]
    assert set(got.points["method"]) == {"raster"}


def test_a_cell_that_a_border_cuts_is_shared_and_each_part_lies_inside(tmp_path: Path) -> None:
    zones = area((0, 0, 150, 100), (150, 0, 200, 100))
    got = demand_from_raster(tif(tmp_path, [[8, 6]]), zones, shares={"a": 1})
    assert got.points["a"].tolist() == [8.0, 3.0, 3.0]
    assert got.points["area_id"].tolist() == ["Z0", "Z0", "Z1"]
    shape = zones.set_index("area_id").geometry
    assert all(
        shape[z].covers(p) for z, p in zip(got.points["area_id"], got.points.geometry, strict=True)
    )


def test_nodata_nan_and_negative_cells_hold_nobody(tmp_path: Path) -> None:
    path = tif(tmp_path, [[1, -99999, np.nan], [-200, 5, 0]])
    got = demand_from_raster(path, area((0, 0, 300, 200)), shares={"a": 1})
    assert got.points["a"].tolist() == [1.0, 5.0]
    assert [(f.code, f.detail["count"]) for f in got.findings] == [("RASTER_NEGATIVE", 1)]


def test_shares_of_age_groups(tmp_path: Path) -> None:
    got = demand_from_raster(
        tif(tmp_path, [[100]]), area((0, 0, 100, 100)), shares={"a": 0.03, "b": 0.07}
    )
    assert got.points[["a", "b"]].to_numpy().tolist() == [pytest.approx([3.0, 7.0])]


def test_zone_sums_are_those_of_exactextract_also_from_another_crs(tmp_path: Path) -> None:
    values = np.random.default_rng(7).gamma(2.0, 3.0, (30, 40))
    path = tif(tmp_path, values)
    turned = shapely.affinity.rotate(shapely.box(X + 310, Y + 270, X + 3333, Y + 2222), 20)
    zones = gpd.GeoDataFrame({"area_id": ["Z0"]}, geometry=[turned], crs=CRS).to_crs("EPSG:4548")
    got = demand_from_raster(path, zones, shares={"a": 1})
    with rasterio.open(path) as raster:
        there = zones.to_crs(raster.crs)
        want = exact_extract(str(path), there, ["sum"], output="pandas")["sum"].iloc[0]
    assert got.points["a"].sum() == pytest.approx(want, rel=1e-6)
    assert got.points.crs == zones.crs


def test_zones_that_tile_the_raster_keep_its_total(tmp_path: Path) -> None:
    values = np.random.default_rng(3).integers(0, 50, (10, 10))
    edges = [0, 133.7, 470.1, 1000]
    zones = area(*[(a, 0, b, 1000) for a, b in pairwise(edges)])
    got = demand_from_raster(tif(tmp_path, values), zones, shares={"a": 1})
    assert got.points["a"].sum() == pytest.approx(values.sum(), rel=1e-9)


def homes(*spots: tuple[float, float], **columns: Any) -> gpd.GeoDataFrame:
    """Return houses of 10 m x 10 m, their middle so far from the corner of the raster."""
    boxes = [shapely.box(X + x - 5, Y + y - 5, X + x + 5, Y + y + 5) for x, y in spots]
    return gpd.GeoDataFrame(columns, geometry=boxes, crs=CRS)


def test_people_of_a_cell_go_to_the_homes_inside_it_and_others_stay(tmp_path: Path) -> None:
    two = homes((20, 50), (80, 50), (250, 50), storeys=[1.0, 3.0, 2.0])
    path = tif(tmp_path, [[8, 6, 0]])
    got = demand_from_raster(path, area((0, 0, 300, 100)), shares={"a": 1}, homes=two)
    assert got.points["a"].tolist() == [2.0, 6.0, 0.0, 6.0]  # 8 as 1 : 3; nobody; no home
    assert got.points["method"].tolist() == ["raster_homes"] * 3 + ["raster"]
    detail = [dict(f.detail) for f in got.findings if f.code == "RASTER_NO_HOMES"]
    assert detail == [{"count": 1, "people": "6", "of": "14"}]


def test_the_part_of_a_cell_in_a_zone_goes_to_the_homes_of_that_zone(tmp_path: Path) -> None:
    zones = area((0, 0, 30, 100), (30, 0, 100, 100))
    got = demand_from_raster(
        tif(tmp_path, [[10]]), zones, shares={"a": 1}, homes=homes((20, 50), (60, 50))
    )
    assert got.points["a"].tolist() == pytest.approx([3.0, 7.0])
    assert got.points["area_id"].tolist() == ["Z0", "Z1"]


def test_totals_are_kept_in_any_crs_with_homes_and_zones_that_cut_cells(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    values = rng.gamma(2.0, 30.0, (8, 8))
    mollweide = gpd.GeoSeries([shapely.Point(X, Y)], crs=CRS).to_crs("ESRI:54009")[0]
    west, north = mollweide.x - 2000, mollweide.y + 6000
    path = tif(tmp_path, values, crs="ESRI:54009", transform=Affine(1000, 0, west, 0, -1000, north))
    outline = shapely.box(west - 10, north - 8010, west + 8010, north + 10)
    there = gpd.GeoSeries([outline], crs="ESRI:54009").to_crs(CRS)
    middle = there.total_bounds[[0, 2]].mean()
    left = shapely.intersection(there[0], shapely.box(0, 0, middle, 9e6))
    right = shapely.difference(there[0], left)
    zones = gpd.GeoDataFrame({"area_id": ["L", "R"]}, geometry=[left, right], crs=CRS)
    spots = [(float(x), float(y)) for x, y in rng.uniform(-2000, 5000, (200, 2))]
    got = demand_from_raster(path, zones, shares={"a": 1}, homes=homes(*spots))
    assert got.points["a"].sum() == pytest.approx(float(values.astype(np.float32).sum()), rel=1e-6)
    alone = demand_from_raster(path, zones, shares={"a": 1})
    assert got.points["a"].sum() == pytest.approx(alone.points["a"].sum(), rel=1e-12)
    by_zone = got.points.groupby("area_id")["a"].sum()
    assert by_zone.to_dict() == pytest.approx(alone.points.groupby("area_id")["a"].sum().to_dict())


@pytest.mark.parametrize(
    ("value", "dtype", "code"),
    [
        (65535, "uint16", "RASTER_NODATA"),
        (255, "uint8", "RASTER_NODATA"),
        (3.4e38, "float32", "RASTER_ABSURD"),
        (np.inf, "float32", "RASTER_ABSURD"),
        (60_000, "float32", "RASTER_ABSURD"),  # on 1 ha: 6,000,000 per km2
    ],
)
def test_an_undeclared_nodata_value_is_refused(
    tmp_path: Path, value: float, dtype: str, code: str
) -> None:
    path = tif(tmp_path, [[1, 2], [value, value]], nodata=None, dtype=dtype)
    with pytest.raises(InputRefused, match=code):
        demand_from_raster(path, area((0, 0, 200, 200)), shares={"a": 1})


def test_a_raster_of_several_bands_is_refused(tmp_path: Path) -> None:
    path = tif(tmp_path, [[1, 2]], count=2)
    with pytest.raises(InputRefused, match="RASTER_BANDS"):
        demand_from_raster(path, area((0, 0, 200, 100)), shares={"a": 1})


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"crs": None}, "RASTER_NO_CRS"),
        (
            {"transform": Affine(94.0, 34.0, X, 34.0, -94.0, Y)},
            "RASTER_TURNED",
        ),
        ({"transform": Affine(1e-3, 0, X, 0, -1e-3, Y)}, "RASTER_TOO_FINE"),
        ({"transform": Affine(100, 0, X + 9999, 0, -100, Y)}, "DEMAND_NONE"),
    ],
)
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_what_cannot_be_read_is_refused(tmp_path: Path, options: dict[str, Any], code: str) -> None:
    path = tif(tmp_path, [[1, 2]], **options)
    with pytest.raises(InputRefused, match=code):
        demand_from_raster(path, area((0, 0, 200, 100)), shares={"a": 1})


def test_only_a_local_geotiff_is_opened(tmp_path: Path) -> None:
    vrt = tmp_path / "people.tif"
    vrt.write_text('<VRTDataset rasterXSize="1" rasterYSize="1"></VRTDataset>')
    with pytest.raises(InputRefused, match="RASTER_UNREADABLE"):
        demand_from_raster(vrt, area((0, 0, 1, 1)), shares={"a": 1})
    with pytest.raises(InputRefused, match="FILE_NOT_FOUND"):
        demand_from_raster("/vsicurl/http://localhost/a.tif", area((0, 0, 1, 1)), shares={"a": 1})
