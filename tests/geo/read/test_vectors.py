"""Vector files of strangers: the same rows from every format, nothing followed, nothing written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from vector_files import NAMES, XY, frame, refused

from geo.crs import parse_crs
from geo.findings import InputRefused
from geo.gdal_guard import FORBIDDEN, forbid
from geo.read.vectors import read_vector

CHECKOUT = Path(__file__).parents[3]


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".shp", ".fgb", ".parquet", ".gml"])
def test_every_format_gives_the_same_rows(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"学校 数据{suffix}"
    good = frame()
    options = {".fgb": {"SPATIAL_INDEX": "NO"}, ".gml": {"layer": "a"}}.get(suffix, {})
    good.to_parquet(path) if suffix == ".parquet" else good.to_file(path, **options)
    for other in tmp_path.glob("*.xsd"):
        other.unlink()
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    table = read_vector(path)
    assert table.rows_in == 3
    assert table.cells.index.tolist() == [1, 2, 3]
    assert table.cells["名称"].tolist() == NAMES
    assert table.cells["学位"].tolist() == [12, 0, 7]
    assert [(p.x, p.y) for p in table.geometry] == XY  # type: ignore[union-attr]
    assert parse_crs(table.crs or "").name == "EPSG:4326"
    assert table.findings == ()
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


@pytest.mark.parametrize("inner", [".geojson", ".gpkg", ".shp"])
def test_zipped_is_the_same(tmp_path: Path, inner: str) -> None:
    frame().to_file(tmp_path / f"a{inner}")
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        for path in sorted(tmp_path.glob("a.*")):
            archive.write(path, f"数据/{path.name}")
    table = read_vector(tmp_path / "z.zip", name="in/z.zip")
    assert table.cells["名称"].tolist() == NAMES
    assert table.name == f"in/z.zip#数据/a{inner}"


def test_nothing_is_left_in_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temp"))
    (tmp_path / "temp").mkdir()
    frame().to_file(tmp_path / "a.shp")
    read_vector(tmp_path / "a.shp")
    (tmp_path / "a.dbf").write_bytes(b"broken")
    assert refused(tmp_path / "a.shp") == ["TRUNCATED"]
    assert list((tmp_path / "temp").iterdir()) == []


@pytest.mark.parametrize(
    "path",
    ["/vsicurl/http://127.0.0.1:9/a.gpkg", "http://127.0.0.1:9/a.geojson", "GPKG:a.gpkg",
     "file:///etc/passwd", "/vsizip/a.zip/a.shp"],
)  # fmt: skip
def test_addresses_are_no_files(path: str) -> None:
    assert refused(path) == ["PATH_NOT_ALLOWED"]


def test_a_missing_file_has_a_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "schools.geojson").write_bytes(b"{}")
    with pytest.raises(InputRefused, match=r"schools\.geojson"):
        read_vector(tmp_path / "school.geojson")


VRT = (
    b'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>%s</SrcDataSource></OGRVRTLayer>'
    b"</OGRVRTDataSource>"
)


@pytest.mark.parametrize(
    "name",
    ["a.geojson", "a.json", "a.gpkg", "a.shp", "a.kml", "a.gml", "a.fgb", "a.parquet", "a.zip"],
)
def test_a_vrt_under_any_name_reads_nothing(tmp_path: Path, name: str) -> None:
    frame().to_file(tmp_path / "secret.gpkg")
    (tmp_path / name).write_bytes(VRT % str(tmp_path / "secret.gpkg").encode())
    assert refused(tmp_path / name) == ["FORMAT_MISMATCH"]


@pytest.mark.parametrize("suffix", [".vrt", ".csv", ".gdb", ".mdb", ""])
def test_other_formats_are_named(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"a{suffix}").write_bytes(b"something")
    assert refused(tmp_path / f"a{suffix}") == ["FORMAT_NOT_ALLOWED"]


CONTENTS = {
    "html": b"<!DOCTYPE html><html><body>404</body></html>", "zip": b"PK\x03\x04 and so on",
    "sqlite": b"SQLite format 3\0" + bytes(100), "text": b"name,lon,lat\n", "png": b"\x89PNG\r\n",
}  # fmt: skip


@pytest.mark.parametrize(
    "suffix", [".geojson", ".gpkg", ".shp", ".kml", ".gml", ".fgb", ".parquet"]
)
@pytest.mark.parametrize("content", list(CONTENTS))
def test_content_of_another_format_is_named(tmp_path: Path, suffix: str, content: str) -> None:
    (tmp_path / f"a{suffix}").write_bytes(CONTENTS[content])
    damaged = (suffix, content) == (".gpkg", "sqlite")
    assert refused(tmp_path / f"a{suffix}") == ["CORRUPT" if damaged else "FORMAT_MISMATCH"]


@pytest.mark.parametrize(
    "suffix", [".geojson", ".gpkg", ".shp", ".kml", ".zip", ".kmz", ".parquet"]
)
def test_no_bytes_are_no_rows(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"a{suffix}").touch()
    assert refused(tmp_path / f"a{suffix}") == ["EMPTY"]


def test_the_guard_keeps_what_a_user_has_set() -> None:
    environ = {"GDAL_SKIP": "DXF", "PROJ_NETWORK": "ON"}
    forbid(environ)
    assert environ["GDAL_SKIP"].split(",") == ["DXF", *FORBIDDEN]
    assert environ["PROJ_NETWORK"] == "ON"
    again = dict(environ)
    forbid(again)
    assert again == environ


def test_gdal_loads_only_harmless_drivers_and_says_nothing() -> None:
    code = "import geo, pyogrio; print(sorted(pyogrio.list_drivers()))"
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    )  # fmt: skip
    assert not set(FORBIDDEN) & set(json.loads(ran.stdout.replace("'", '"')))
    assert ran.stderr == ""
