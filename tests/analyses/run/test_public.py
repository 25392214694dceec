"""Downloaded public data become a study; files are small but of the real formats."""

from __future__ import annotations

import gzip
import json
import shutil
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pytest
import rasterio
import shapely
from pyarrow import parquet
from rasterio.transform import Affine

from analyses.run import init_study, public_files
from analyses.run.completeness import chapman, facilities_complete, homes_complete
from analyses.run.inputs import read_inputs
from analyses.run.public import osm_file_in
from analyses.study import files_needed, licences_of, load_study, sources
from geo.bundled import DEMO
from geo.findings import InputRefused
from geo.read import read_open_layer

if TYPE_CHECKING:
    from pathlib import Path

WEST, SOUTH = 117.0, 38.0
BOX = (WEST - 0.02, SOUTH - 0.02, WEST + 0.02, SOUTH + 0.02)


def overture(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write a GeoParquet as Overture does: WKB, a struct of the box, nested names."""
    for row in rows:
        west, south, east, north = row["geometry"].bounds
        row["bbox"] = {"xmin": west, "xmax": east, "ymin": south, "ymax": north}
        row["geometry"] = shapely.to_wkb(row["geometry"])
    geo = {"version": "1.1.0", "primary_column": "geometry",
           "columns": {"geometry": {"encoding": "WKB", "geometry_types": []}}}  # fmt: skip
    table = pa.Table.from_pylist(rows).replace_schema_metadata({"geo": json.dumps(geo)})
    parquet.write_table(table, path)


def place(number: int, words: list[str], name: str, **more: Any) -> dict[str, Any]:
    """Return a place of Overture 100 m east of the last one."""
    return {
        "id": f"p{number}",
        "names": {"primary": name, "common": [("en", f"{name} (en)")]},
        "categories": {"primary": words[0], "alternate": words[1:]},
        "confidence": 0.9,
        "operating_status": "open",
        "geometry": shapely.Point(WEST + number * 0.001, SOUTH),
        **more,
    }


def house(number: int, size_deg: float = 0.0001) -> shapely.Polygon:
    x, y = WEST + 0.0005 * (number % 40), SOUTH + 0.0005 * (number // 40)
    return shapely.box(x, y, x + size_deg, y + size_deg)


def feature(shape: shapely.Geometry, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": shapely.geometry.mapping(shape),
    }


def lines(path: Path, features: list[dict[str, Any]]) -> None:
    """Write a feature a line, packed, as Microsoft does."""
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(one) + "\n" for one in features)


def worldpop(folder: Path, people: float) -> None:
    """Write rasters of both sexes from 0 to 19 years, larger than the area."""
    for sex in "fm":
        for age in (0, 1, 5, 10, 15):
            path = folder / f"chn_{sex}_{age}_2020.tif"
            grid = Affine(0.001, 0, WEST - 0.3, 0, -0.001, SOUTH + 0.3)
            with rasterio.open(
                path, "w", driver="GTiff", count=1, dtype="float32", crs="EPSG:4326",
                nodata=-99999.0, height=600, width=600, transform=grid,
            ) as raster:  # fmt: skip
                raster.write(np.full((1, 600, 600), people, dtype=np.float32))


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("downloads")
    shutil.copyfile(DEMO / "streets.osm.pbf", folder / "town-latest.osm.pbf")
    overture(
        folder / "overture_places.parquet",
        [
            place(0, ["elementary_school"], "Lime School"),
            place(1, ["school", "education"], "柳林中学"),
            place(2, ["restaurant"], "Noodles"),
            place(3, ["preschool"], "Shut", operating_status="permanently_closed"),
            place(4, ["preschool"], "Doubtful", confidence=0.1),
            place(900, ["preschool"], "Far away"),
        ],
    )
    lines(folder / "132100132.csv.gz", [feature(house(n), height=-1.0) for n in range(6)])
    atlas = [feature(house(n), source="osm" if n < 3 else "ours", height=9.0) for n in range(8)]
    text = json.dumps({"type": "FeatureCollection", "features": atlas})
    (folder / "e115_n40_e120_n35.geojson").write_text(text, encoding="utf-8")
    worldpop(folder, 0.5)
    return folder


def test_nested_columns_of_overture_become_plain_ones(downloads: Path) -> None:
    got = read_open_layer(downloads / "overture_places.parquet", BOX)
    assert got["name"].tolist()[:2] == ["Lime School", "柳林中学"]
    assert got["name:en"].tolist()[0] == "Lime School (en)"
    assert got["categories"].tolist()[1] == ["school", "education"]
    assert "Far away" not in got["name"].tolist()


def test_a_folder_of_downloads_becomes_a_study_that_can_be_run(
    downloads: Path, tmp_path: Path
) -> None:
    osm = osm_file_in(downloads)
    assert osm is not None
    area = ",".join(f"{degree}" for degree in BOX)
    found = init_study(tmp_path / "study", osm, area=area, downloads=downloads)
    assert (found["overture_places"], found["worldpop_ages"]) == (2, 10)
    study = load_study(tmp_path / "study")
    own = gpd.read_file(tmp_path / "study" / "places_overture.geojson")
    assert own["kind"].tolist() == ["primary_school", "middle_school"]
    got = read_inputs(study)
    assert {"places_overture.geojson", "facilities.geojson"} <= {a.name for a in got.accounts}
    # Cells of 0.001 degrees with 0.5 girls and 0.5 boys in each band of the area's 1,600 cells:
    # 0-2 has the band 0 and two of the four years of 1-4, so 1.5 in each cell.
    assert got.demand["age_0_2"].sum() == pytest.approx(1600 * 1.5, rel=0.01)
    ledger = licences_of(study).set_index("source")
    assert ledger.loc["worldpop_ages", "licence"] == "CC BY 4.0"
    assert {"osm", "overture_places", "worldpop_ages"} <= set(ledger.index)
    assert "WorldPop" in study.study.attribution


def with_atlas(
    downloads: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, *, agreed: bool
) -> gpd.GeoDataFrame:
    """Make a study of a town without buildings in OSM, and return the buildings it got."""
    bare = folder / "bare"
    bare.mkdir()
    shutil.copyfile(downloads / "e115_n40_e120_n35.geojson", bare / "e115_n40_e120_n35.geojson")
    osm = osm_file_in(downloads)
    assert osm is not None
    monkeypatch.setattr("analyses.run.new_study._buildings_of_osm", lambda *_: 0)
    init_study(
        folder / "s", osm, area="116.95,37.96,117.04,38.04", downloads=bare, non_commercial=agreed
    )
    return gpd.read_file(folder / "s" / "global_building_atlas.gpkg")


def test_what_is_not_for_all_ends_is_left_out_unless_agreed(
    downloads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    open_parts = with_atlas(downloads, tmp_path / "a", monkeypatch, agreed=False)
    assert (len(open_parts), "height" in open_parts) == (3, False)
    assert load_study(tmp_path / "a" / "s").sources[0].open_parts_only
    whole = with_atlas(downloads, tmp_path / "b", monkeypatch, agreed=True)
    assert (len(whole), whole["height"].tolist()) == (8, [9.0] * 8)
    settings = tmp_path / "b" / "s" / "study.toml"
    assert load_study(settings).study.non_commercial
    text = settings.read_text("utf-8").replace("non_commercial = true", "")
    settings.write_text(text, encoding="utf-8")
    with pytest.raises(InputRefused, match="LICENCE_NON_COMMERCIAL"):
        load_study(settings)


def test_two_lists_tell_how_many_neither_has() -> None:
    # 21 x 16 / 11 - 1 = 29.55; variance 21 x 16 x 10 x 5 / (121 x 12) = 11.57, 1.96 x 3.40 = 6.67.
    assert chapman(20, 15, 10) == pytest.approx((29.545, 25.0, 36.212), abs=1e-3)
    assert chapman(10, 10, 10) == pytest.approx((10, 10, 10))


def test_completeness_of_facilities_goes_by_kind_and_source() -> None:
    def frame(ids: list[str], source: str) -> gpd.GeoDataFrame:
        spots = [shapely.Point(0, 0)] * len(ids)
        return gpd.GeoDataFrame({"facility_id": ids, "source": source}, geometry=spots)

    first = frame([f"a{n}" for n in range(20)], "a.csv")
    second = frame([f"b{n}" for n in range(15)], "b.csv")
    merged = frame([*first["facility_id"], *second["facility_id"][10:]], "-")
    both = [f"b{n}" if n < 10 else "" for n in range(25)]
    got = facilities_complete(merged.assign(kind="kindergarten", merged=both), [first, second])
    row = got.iloc[0]
    assert (row["rows_a"], row["rows_b"], row["rows_both"]) == (20, 15, 10)
    assert row["complete"] == pytest.approx(25 / 29.545, abs=1e-4)
    assert row["complete_low"] == pytest.approx(25 / 36.212, abs=1e-4)


def test_completeness_of_homes_by_a_second_layer() -> None:
    one = gpd.GeoDataFrame(geometry=[house(n) for n in range(20)], crs="EPSG:4326")
    other = gpd.GeoDataFrame(geometry=[house(n) for n in range(10, 25)], crs="EPSG:4326")
    row = homes_complete(one, other, names=("a", "b")).iloc[0]
    assert (row["rows_a"], row["rows_b"], row["rows_both"]) == (20, 15, 10)
    assert row["complete"] == pytest.approx(20 / 29.545, abs=1e-4)


def test_which_files_an_area_needs() -> None:
    table = public_files("116.9,38.9,117.0,39.0").set_index("source")
    assert set(table.index) == set(sources())
    # Level 9: x = 512 x 296.9 / 360 = 422 = 110100110b, y = 512 x 0.3824 = 195 = 011000011b.
    assert table.loc["microsoft_buildings", "files"] == "132100132.csv.gz"
    assert table.loc["global_building_atlas", "files"] == "e115_n40_e120_n35.geojson"
    assert "116.9000,38.9000,117.0000,39.0000" in table.loc["overture_places", "url"]
    assert not table.loc["global_building_atlas", "commercial"]
    south_west = files_needed((-58.5, -34.7, -58.4, -34.6)).set_index("source")
    assert south_west.loc["global_building_atlas", "files"] == "w060_s30_w055_s35.geojson"
