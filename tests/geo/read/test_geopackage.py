"""GeoPackages of strangers: whole, unchanged, and one layer at a time."""

from __future__ import annotations

import sqlite3
import struct
from pathlib import Path

import pytest
import shapely
from vector_files import NAMES, codes, frame, refused

from geo.findings import InputRefused
from geo.read.vectors import read_vector


@pytest.fixture
def gpkg(tmp_path: Path) -> Path:
    path = tmp_path / "a.gpkg"
    frame().to_file(path, layer="学校")
    return path


def test_two_layers_are_listed_and_one_can_be_named(gpkg: Path) -> None:
    frame().iloc[:2].to_file(gpkg, layer="b")
    with pytest.raises(InputRefused, match="b, 学校") as error:
        read_vector(gpkg)
    assert error.value.findings[0].code == "LAYER_AMBIGUOUS"
    assert read_vector(gpkg, layer="b").rows_in == 2
    assert refused(gpkg, layer="c") == ["LAYER_UNKNOWN"]


def test_rows_are_numbered_as_qgis_numbers_them(gpkg: Path) -> None:
    with sqlite3.connect(gpkg) as database:
        database.execute("DELETE FROM 学校 WHERE fid = 2")
    database.close()
    assert read_vector(gpkg).cells.index.tolist() == [1, 3]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_cut_geopackage_is_refused(gpkg: Path, share: float) -> None:
    data = gpkg.read_bytes()
    gpkg.write_bytes(data[: int(share * len(data))])
    assert refused(gpkg) == ["TRUNCATED"]


def test_a_damaged_page_is_refused_and_not_read_around(gpkg: Path) -> None:
    data = bytearray(gpkg.read_bytes())
    (page,) = struct.unpack(">H", data[16:18])
    at = data.index(NAMES[0].encode()) // page * page
    data[at : at + 8] = b"\xff" * 8
    gpkg.write_bytes(bytes(data))
    assert refused(gpkg) == ["CORRUPT"]


def test_a_geopackage_without_rows_or_layers(gpkg: Path, tmp_path: Path) -> None:
    with sqlite3.connect(gpkg) as database:
        database.execute("DELETE FROM 学校")
    database.close()
    assert refused(gpkg) == ["EMPTY"]
    with sqlite3.connect(tmp_path / "b.gpkg") as database:
        database.execute("CREATE TABLE a (b)")
    database.close()
    assert refused(tmp_path / "b.gpkg") == ["FORMAT_MISMATCH"]


def test_an_undefined_crs_is_none(gpkg: Path) -> None:
    with sqlite3.connect(gpkg) as database:
        database.execute("UPDATE gpkg_geometry_columns SET srs_id = -1")
        database.execute("UPDATE gpkg_contents SET srs_id = -1")
    database.close()
    assert read_vector(gpkg).crs is None


def test_changes_that_are_not_merged_are_named(gpkg: Path) -> None:
    gpkg.with_name("a.gpkg-wal").write_bytes(b"not merged")
    assert codes(read_vector(gpkg)) == ["GPKG_UNSAVED"]
    assert sorted(p.name for p in gpkg.parent.iterdir()) == ["a.gpkg", "a.gpkg-wal"]


def test_a_geometry_that_cannot_be_decoded_is_set_aside(gpkg: Path) -> None:
    with sqlite3.connect(gpkg) as database:
        blob = database.execute("SELECT geom FROM 学校 WHERE fid = 2").fetchone()[0]
        wkb = shapely.to_wkb(shapely.from_wkt("POLYGON ((0 0, 1 0, 1 1, 0 0))"))
        broken = blob[:8] + wkb[:-16] + b"\x01" * 16  # the ring does not close
        for (trigger,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type='trigger'"
        ).fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        database.execute("UPDATE 学校 SET geom = ? WHERE fid = 2", (broken,))
    database.close()
    table = read_vector(gpkg)
    assert table.cells.index.tolist() == [1, 3]
    assert table.rejected["code"].tolist() == ["GEOM_INVALID"]
