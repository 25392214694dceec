"""Vector files of strangers: every feature accounted for, nothing followed, nothing written."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import struct
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.crs import parse_crs
from geo.dbf import read_dbf
from geo.findings import InputRefused
from geo.gdal_guard import FORBIDDEN, forbid
from geo.geojson import read_geojson
from geo.graphml import network_from_graphml
from geo.kml import read_kml
from geo.shorttext import best_codec
from geo.vectors import read_vector
from geo.xmlguard import check_xml, utf8_xml

if TYPE_CHECKING:
    from geo.raw import RawTable

CHECKOUT = Path(__file__).parents[2]
NAMES = ["静海区实验小学", "第六小学", "瑞和道幼儿园"]
XY = [(116.90, 38.95), (116.91, 38.96), (116.92, 38.97)]
ENTITY = '<!DOCTYPE k [<!ENTITY x SYSTEM "file:///etc/hostname">]>'


def frame(**columns: list[Any]) -> gpd.GeoDataFrame:
    points = [shapely.Point(xy) for xy in XY]
    return gpd.GeoDataFrame(
        {"名称": NAMES, "学位": [12, 0, 7], **columns}, geometry=points, crs=4326
    )


def feature(properties: Any = None, geometry: Any = None, **more: Any) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": [116.9, 38.9]}
    return {"type": "Feature", "properties": properties, "geometry": geometry or point, **more}


def collection(*features: Any, **more: Any) -> bytes:
    whole = {"type": "FeatureCollection", "features": list(features), **more}
    return json.dumps(whole, ensure_ascii=False).encode()


def geojson(*features: Any, **more: Any) -> RawTable:
    return read_geojson(collection(*features, **more), name="a.geojson")


def refused(path: Path | str, **options: Any) -> list[str]:
    with pytest.raises(InputRefused) as error:
        read_vector(path, **options)
    return [finding.code for finding in error.value.findings]


def codes(table: RawTable) -> list[str]:
    return [finding.code for finding in table.findings]


# All formats give the same rows --------------------------------------------------------------


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


# What may not be opened ----------------------------------------------------------------------


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


# GeoJSON -------------------------------------------------------------------------------------


def test_attributes_of_all_features_are_columns() -> None:
    table = geojson(feature({"a": 1, "b": {"c": [1]}}), feature({"甲": None}, id=7))
    assert table.cells.to_dict("list") == {
        "a": [1, None], "b": ['{"c": [1]}', None], "甲": [None, None], "id": [None, 7],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("part", "code"),
    [(None, "FEATURE_EMPTY"), (3, "FEATURE_EMPTY"), (feature(None), "FIELD_MISSING"),
     (feature([]), "FIELD_MISSING"), (feature({"a": 1}, "x"), "GEOM_INVALID"),
     (feature({"a": 1}, {"type": "Circle", "coordinates": [1, 2]}), "GEOM_INVALID"),
     (feature({"a": 1}, {"type": "Point", "coordinates": ["1", 2]}), "GEOM_INVALID"),
     (feature({"a": 1}, {"type": "Point", "coordinates": [True, 2]}), "GEOM_INVALID"),
     (feature({"a": 1}, {"type": "Point", "coordinates": [1]}), "GEOM_INVALID"),
     (feature({"a": 1}, {"type": "LineString", "coordinates": [[1, 2]]}), "GEOM_INVALID"),
     (feature({"a": 1}, {"type": "Polygon", "coordinates": [[[1, 2], [3, 4]]]}), "GEOM_INVALID"),
     (feature({"a": 1}, {"type": "GeometryCollection", "geometries": 1}), "GEOM_INVALID")],
)  # fmt: skip
def test_a_bad_feature_is_set_aside_and_the_others_stay(part: Any, code: str) -> None:
    table = geojson(feature({"a": 1}), part, feature({"a": 2}))
    assert table.cells.index.tolist() == [1, 3]
    assert table.rejected.index.tolist() == [2]
    assert table.rejected["code"].tolist() == [code]
    assert table.rows_in == 3


def test_a_layer_without_any_attributes_is_an_outline() -> None:
    table = geojson(feature(None), feature({}))
    assert (len(table.cells), codes(table)) == (2, [])


def test_a_key_written_twice_is_set_aside() -> None:
    data = collection(feature({"名称": "a"}), feature({"名称": "b"}))
    data = data.replace('"名称": "b"'.encode(), '"名称": "b", "名称": "c"'.encode())
    table = read_geojson(data, name="a")
    assert table.rejected["code"].tolist() == ["JSON_KEY_TWICE"]
    assert "名称" in table.rejected["why"].iloc[0]


@pytest.mark.parametrize(
    ("member", "crs", "said"),
    [({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4548"}}, "EPSG:4548", []),
     ({"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}, "EPSG:4326", []),
     ({"type": "EPSG", "properties": {"code": 4548}}, "EPSG:4548", []),
     ({"type": "link", "properties": {"href": "http://127.0.0.1:9/x"}}, "EPSG:4326", ["CRS_LINK"]),
     (None, "EPSG:4326", []), ("x", "EPSG:4326", []), ({"properties": 1}, "EPSG:4326", [])],
)  # fmt: skip
def test_an_old_crs_member_is_read_and_a_link_is_not_followed(
    member: Any, crs: str, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("network"))
    table = geojson(feature({"a": 1}), crs=member)
    assert parse_crs(table.crs or "").name == crs
    assert codes(table) == said


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"  \n", "EMPTY"), (b"[1,2,3]", "JSON_SHAPE"), (b"{}", "JSON_SHAPE"),
     (b'{"type": "Topology"}', "JSON_SHAPE"), (b'{"type": 5}', "JSON_SHAPE"),
     (b'{"type": "FeatureCollection"}', "JSON_SHAPE"), (b"name,lon\n", "FORMAT_MISMATCH"),
     (b'{"type": "FeatureCollection", "features": []}', "EMPTY"),
     (b'{"type": "FeatureCollection", "features": {}}', "JSON_SHAPE"),
     (b'{"a": 1} x', "JSON_SYNTAX"), (b'{"a": 1,, "b": 2}', "JSON_SYNTAX"),
     (b'{"a": ' + b"1" * 5000 + b"}", "JSON_SYNTAX"), (b'{"a": "x', "TRUNCATED"),
     (b'{"a": [1, 2', "TRUNCATED"), (b'{"a": tru', "TRUNCATED"), (b"[" * 100_000, "JSON_DEPTH"),
     (b'{"a": "' + b"\xff\xfe\x80" + b'"}', "CORRUPT")],
)  # fmt: skip
def test_what_is_no_geojson(data: bytes, code: str) -> None:
    with pytest.raises(InputRefused, match=rf"\[{code}\]"):
        read_geojson(data, name="a.geojson")


def test_brackets_in_texts_are_no_depth() -> None:
    table = geojson(feature({"a": '\\"[{' * 200, "b": "\\"}))
    assert table.cells["a"].iloc[0] == '\\"[{' * 200


def test_every_prefix_of_a_file_is_refused() -> None:
    data = collection(feature({"名称": "x", "n": -1.5, "ok": True}))
    for size in range(1, len(data)):
        with pytest.raises(InputRefused):
            read_geojson(data[:size], name="a")


@pytest.mark.parametrize(("codec", "said"), [("utf-8-sig", []), ("gbk", ["ENCODING_GUESSED"]),
                                             ("utf-16", ["ENCODING_GUESSED"])])  # fmt: skip
def test_other_encodings_are_read(codec: str, said: list[str]) -> None:
    data = collection(feature({"名称": "瑞和道幼儿园"})).decode().encode(codec)
    table = read_geojson(data, name="a")
    assert table.cells["名称"].tolist() == ["瑞和道幼儿园"]
    assert codes(table) == said


def test_an_open_ring_is_closed_with_a_note() -> None:
    ring = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]}
    table = geojson(feature({"a": 1}, ring))
    assert codes(table) == ["GEOM_REPAIRED"]
    assert shapely.area(table.geometry).tolist() == [0.5]


def test_not_a_number_stays_for_the_check_of_places() -> None:
    data = collection(feature({"a": 1})).replace(b"116.9", b"NaN").replace(b"38.9", b"1e400")
    table = read_geojson(data, name="a")
    assert not shapely.is_missing(table.geometry).any()


def test_halves_of_characters_do_not_reach_the_outputs() -> None:
    data = collection(feature({"a": "X"})).replace(b'"X"', b'"\\ud800"')
    assert read_geojson(data, name="a").cells["a"].tolist() == ["\N{REPLACEMENT CHARACTER}"]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "properties", "geometry", "coordinates", "geometries", "crs", "名"]
            ),
            inner
            | st.sampled_from(["Point", "Polygon", "MultiPoint", "GeometryCollection", "link"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300)
@given(features=st.lists(JSON, max_size=4), crs=JSON)
def test_no_feature_is_lost_whatever_it_is(features: list[Any], crs: Any) -> None:
    try:
        table = geojson(*features, crs=crs)
    except InputRefused:
        return
    assert table.rows_in == len(features) == len(table.cells) + len(table.rejected)
    assert table.geometry is not None
    assert len(table.geometry) == len(table.cells)


# GeoPackage ----------------------------------------------------------------------------------


@pytest.fixture
def gpkg(tmp_path: Path) -> Path:
    path = tmp_path / "a.gpkg"
    frame().to_file(path, layer="学校")
    return path


def test_two_layers_are_listed_and_one_can_be_named(gpkg: Path) -> None:
    frame().iloc[:2].to_file(gpkg, layer="b")
    with pytest.raises(InputRefused, match="b、学校") as error:
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


# Shapefile -----------------------------------------------------------------------------------


def dbf(fields: list[tuple[bytes, str, int, int]], records: list[bytes], number: int = 0) -> bytes:
    length = 1 + sum(width for _, _, width, _ in fields)
    start = 32 + 32 * len(fields) + 1
    head = struct.pack("<BBBBIHH", 3, 125, 1, 1, len(records), start, length) + bytes(17)
    head += bytes([number]) + bytes(2)
    for name, kind, width, decimals in fields:
        head += (
            name.ljust(11, b"\0") + kind.encode() + bytes(4) + bytes([width, decimals]) + bytes(14)
        )
    return head + b"\r" + b"".join(records) + b"\x1a"


def texts(codec: str, names: list[str], *, width: int = 30, header: str = "名称") -> bytes:
    rows = [b" " + name.encode(codec)[:width].ljust(width) for name in names]
    return dbf([(header.encode(codec)[:10], "C", width, 0)], rows)


@pytest.mark.parametrize(
    ("codec", "cpg", "said"),
    [("utf-8", "UTF-8", []), ("utf-8", None, ["ENCODING_GUESSED"]), ("gbk", "GBK", []),
     ("gbk", "936", []), ("gbk", None, ["ENCODING_GUESSED"]), ("gbk", "UTF-8", ["ENCODING_GUESSED"]),
     ("utf-8", "GBK", ["ENCODING_GUESSED"]), ("big5", "BIG5", [])],
)  # fmt: skip
def test_bytes_decide_the_encoding(codec: str, cpg: str | None, said: list[str]) -> None:
    names = ["中央公園", "國民小學", "育樂中心"] if codec == "big5" else NAMES
    header = "名稱" if codec == "big5" else "名称"
    table = read_dbf(texts(codec, names, header=header), declared=cpg, name="a")
    assert table.cells[header].tolist() == names
    assert [f.code for f in table.findings] == said


def test_the_code_page_in_the_header_counts_as_a_declaration() -> None:
    data = bytearray(texts("gbk", NAMES))
    data[29] = 0x4D
    assert read_dbf(bytes(data), declared=None, name="a").findings == ()


def test_text_that_was_cut_inside_a_character_loses_only_that() -> None:
    table = read_dbf(texts("utf-8", NAMES, width=10), declared="UTF-8", name="a")
    assert table.cells["名称"].tolist() == ["静海区", "第六小", "瑞和道"]
    assert table.flags == ()


def test_rows_in_another_encoding_are_set_aside() -> None:
    rows = [
        b" " + n.encode(c).ljust(30) for n, c in zip(NAMES, ("utf-8", "gbk", "utf-8"), strict=True)
    ]
    table = read_dbf(dbf([(b"name", "C", 30, 0)], rows), declared="UTF-8", name="a")
    assert [(f.code, f.rows.tolist()) for f in table.flags] == [("ENCODING_MIXED", [1])]


def test_names_cut_inside_a_character_become_different_names() -> None:
    long = "设施名称".encode()[:10]
    table = read_dbf(
        dbf([(long, "C", 2, 0), (long, "C", 2, 0)], [b" a b "]), declared="UTF-8", name="a"
    )
    assert list(table.cells) == ["设施名", "设施名_2"]
    assert [f.code for f in table.findings] == ["FIELD_TRUNCATED"] * 2


def test_numbers_dates_and_blanks() -> None:
    fields = [(b"n", "N", 6, 0), (b"f", "N", 6, 2), (b"d", "D", 8, 0), (b"l", "L", 1, 0)]
    rows = [
        b"    12  1.50" + b"20240901T",
        b"          **".ljust(12) + b"00000000?",
        b"   1x2 -0.25" + b"20240901f",
    ]
    table = read_dbf(dbf(fields, [b" " + row for row in rows]), declared=None, name="a")
    assert table.cells.to_dict("list") == {
        "n": [12, None, "1x2"], "f": [1.5, None, -0.25], "d": ["2024-09-01", None, "2024-09-01"],
        "l": [True, None, False],
    }  # fmt: skip


def test_deleted_records_are_no_rows() -> None:
    table = read_dbf(dbf([(b"a", "C", 1, 0)], [b" x", b"*y", b" z"]), declared=None, name="a")
    assert table.cells["a"].to_dict() == {1: "x", 3: "z"}
    assert table.records == 3


def test_a_lost_index_is_rebuilt_elsewhere(tmp_path: Path) -> None:
    frame().to_file(tmp_path / "a.shp")
    (tmp_path / "a.shx").unlink()
    table = read_vector(tmp_path / "a.shp")
    assert [(p.x, p.y) for p in table.geometry] == XY  # type: ignore[union-attr]
    assert codes(table) == ["SHP_INCOMPLETE", "SHP_INDEX_REBUILT"]
    assert not (tmp_path / "a.shx").exists()


def test_missing_and_cut_parts_are_named(tmp_path: Path) -> None:
    frame().to_file(tmp_path / "a.shp")
    whole = {p.suffix: p.read_bytes() for p in tmp_path.iterdir()}
    (tmp_path / "a.prj").unlink()
    assert read_vector(tmp_path / "a.shp").crs is None
    (tmp_path / "a.shp").write_bytes(whole[".shp"][:-10])
    assert refused(tmp_path / "a.shp") == ["TRUNCATED"]
    (tmp_path / "a.shp").write_bytes(whole[".shp"])
    (tmp_path / "a.dbf").write_bytes(whole[".dbf"][:-50])
    assert refused(tmp_path / "a.shp") == ["TRUNCATED"]
    (tmp_path / "a.dbf").unlink()
    with pytest.raises(InputRefused, match=r"\[SHP_INCOMPLETE\].*a\.dbf"):
        read_vector(tmp_path / "a.shp")


def test_another_number_of_rows_than_shapes_is_refused(tmp_path: Path) -> None:
    frame().to_file(tmp_path / "a.shp")
    (tmp_path / "a.dbf").write_bytes(texts("utf-8", NAMES[:2]))
    assert refused(tmp_path / "a.shp") == ["CORRUPT"]


@pytest.mark.parametrize(
    ("samples", "codec"),
    [(["学校".encode("gbk")], "gb18030"), (["学校".encode()], "utf-8"), (["café".encode()], "utf-8"),
     (["学校".encode("gbk"), "Ж".encode()], "gb18030"), (["学校".encode(), "Ж".encode()], "utf-8")],
)  # fmt: skip
def test_short_texts_that_are_both(samples: list[bytes], codec: str) -> None:
    assert best_codec({(data, False) for data in samples}) == codec


# KML, GML, XML -------------------------------------------------------------------------------


def kml(body: str, head: str = "") -> bytes:
    document = f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{body}</Document></kml>'
    return f'<?xml version="1.0" encoding="UTF-8"?>{head}{document}'.encode()


def placemark(name: str, *places: str, more: str = "") -> str:
    return f"<Placemark><name>{name}</name>{more}{''.join(places)}</Placemark>"


POINT = "<Point><coordinates> 116.9,38.9,5 </coordinates></Point>"


def test_placemarks_of_all_folders_are_rows() -> None:
    nested = f"<Folder><name>B</name>{placemark('c', POINT)}</Folder>"
    table = read_kml(
        kml(
            placemark("a", POINT)
            + f"<Folder><name>甲</name>{placemark('b', POINT)}{nested}</Folder>"
        ),
        name="a",
    )
    assert table.cells.to_dict("list") == {"name": ["a", "b", "c"], "folder": [None, "甲", "甲/B"]}
    assert codes(table) == ["LAYERS_JOINED"]


def test_extended_data_keep_their_chinese_names() -> None:
    data = '<ExtendedData><Data name="学位数"><value> 12 </value></Data></ExtendedData>'
    schema = '<ExtendedData><SchemaData><SimpleData name="学段">小学</SimpleData></SchemaData></ExtendedData>'
    table = read_kml(kml(placemark("a", POINT, more=data + schema)), name="a")
    assert table.cells.to_dict("list") == {"name": ["a"], "学位数": ["12"], "学段": ["小学"]}


def test_polygons_with_holes_several_parts_and_no_place() -> None:
    def ring(low: int, high: int) -> str:
        corners = f"{low},{low} {high},{low} {high},{high} {low},{high} {low},{low}"
        return f"<LinearRing><coordinates>{corners}</coordinates></LinearRing>"

    outer, inner = (
        f"<outerBoundaryIs>{ring(0, 9)}</outerBoundaryIs>",
        f"<innerBoundaryIs>{ring(1, 2)}</innerBoundaryIs>",
    )
    polygon = f"<Polygon>{outer}{inner}</Polygon>"
    many = f"<MultiGeometry>{POINT}<MultiGeometry>{POINT}</MultiGeometry></MultiGeometry>"
    mixed = f"<MultiGeometry>{POINT}{polygon}</MultiGeometry>"
    bad = "<Point><coordinates>116.9,?</coordinates></Point>"
    body = "".join(
        placemark(n, g) for n, g in zip("abcde", (polygon, many, mixed, "", bad), strict=True)
    )
    table = read_kml(kml(body), name="a")
    assert table.geometry is not None
    assert [g and g.geom_type for g in table.geometry] == [
        "Polygon",
        "MultiPoint",
        "GeometryCollection",
        None,
    ]
    assert table.geometry[0].area == 81 - 1
    assert table.rejected["code"].tolist() == ["GEOM_INVALID"]


def test_a_network_link_is_no_row() -> None:
    link = "<NetworkLink><Link><href>http://127.0.0.1:9/a.kml</href></Link></NetworkLink>"
    with pytest.raises(InputRefused, match="EMPTY"):
        read_kml(kml(link), name="a")


@pytest.mark.parametrize(
    ("data", "code"),
    [(kml(placemark("&x;", POINT), ENTITY), "XML_ENTITY"),
     (kml("", '<!DOCTYPE kml SYSTEM "http://127.0.0.1:9/x.dtd">'), "XML_ENTITY"),
     (kml(placemark("a", POINT))[:-20], "TRUNCATED"), (kml("<a></b>"), "CORRUPT"),
     (b"<html></html>", "FORMAT_MISMATCH"), (b"not xml", "FORMAT_MISMATCH"),
     (kml("<Folder>" * 500 + "</Folder>" * 500), "CORRUPT")],
)  # fmt: skip
def test_bad_xml(data: bytes, code: str) -> None:
    with pytest.raises(InputRefused, match=rf"\[{code}\]"):
        check_xml(data, file="a.kml", roots=("kml",))


def test_entities_in_utf16_are_found_too() -> None:
    text = kml(placemark("&x;", POINT), ENTITY).decode().replace("UTF-8", "UTF-16")
    with pytest.raises(InputRefused, match="XML_ENTITY"):
        check_xml(text.encode("utf-16"), file="a.kml", roots=("kml",))


def test_xml_in_a_chinese_encoding_is_read() -> None:
    text = kml(placemark("瑞和道幼儿园", POINT)).decode().replace("UTF-8", "GB2312")
    table = read_kml(text.encode("gbk"), name="a")
    assert table.cells["name"].tolist() == ["瑞和道幼儿园"]
    with pytest.raises(InputRefused, match="CORRUPT"):
        utf8_xml(b'<?xml version="1.0" encoding="gbk"?><kml>\xff\xff</kml>', file="a")


def test_a_gml_with_latitude_first_lands_in_china(tmp_path: Path) -> None:
    place = (
        '<gml:Point srsName="urn:ogc:def:crs:EPSG::4490"><gml:pos>38.9 116.9</gml:pos></gml:Point>'
    )
    member = f"<ogr:featureMember><ogr:f><ogr:g>{place}</ogr:g><ogr:n>x</ogr:n></ogr:f></ogr:featureMember>"
    names = 'xmlns:ogr="http://ogr.maptools.org/" xmlns:gml="http://www.opengis.net/gml/3.2"'
    path = tmp_path / "a.gml"
    path.write_text(f"<ogr:FeatureCollection {names}>{member}</ogr:FeatureCollection>", "utf-8")
    table = read_vector(path)
    assert [(p.x, p.y) for p in table.geometry] == [(116.9, 38.9)]  # type: ignore[union-attr]
    assert table.crs == "EPSG:4490"
    assert [p.name for p in tmp_path.iterdir()] == ["a.gml"]


def test_a_parquet_that_is_cut_or_has_no_geometry(tmp_path: Path) -> None:
    frame().to_parquet(tmp_path / "a.parquet")
    data = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(data[:-100])
    assert refused(tmp_path / "a.parquet") == ["TRUNCATED"]
    frame().drop(columns="geometry").to_parquet(tmp_path / "b.parquet")
    assert refused(tmp_path / "b.parquet") == ["FORMAT_MISMATCH"]


# GraphML -------------------------------------------------------------------------------------


def graphml(*lengths: str, crs: str = "epsg:4326") -> str:
    nodes = "".join(
        f'<node id="{i}"><data key="x">{116.9 + i / 1000}</data><data key="y">38.9</data></node>'
        for i in range(len(lengths) + 1)
    )
    edges = "".join(
        f'<edge source="{i}" target="{i + 1}"><data key="l">{length}</data></edge>'
        for i, length in enumerate(lengths)
    )
    keys = "".join(
        f'<key id="{k}" for="{what}" attr.name="{name}" attr.type="string"/>'
        for k, what, name in [
            ("x", "node", "x"),
            ("y", "node", "y"),
            ("l", "edge", "length"),
            ("c", "graph", "crs"),
        ]
    )
    return (
        f'<graphml xmlns="http://graphml.graphdrawing.org/xmlns">{keys}'
        f'<graph edgedefault="directed"><data key="c">{crs}</data>{nodes}{edges}</graph></graphml>'
    )


def test_edges_with_a_length_that_is_none_are_dropped_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.graphml"
    path.write_text(graphml("-50.0", "NaN", "86.6"), "utf-8")
    network = network_from_graphml(path)
    assert network.edge_length_mm.tolist() == [86_600]
    assert [(f.code, f.detail["count"]) for f in network.findings] == [("EDGE_LENGTH", 2)]
    assert network.crs == "EPSG:4548"


@pytest.mark.parametrize(
    ("text", "code"),
    [(graphml(), "NETWORK_EMPTY"), ("", "EMPTY"), ("<osm/>", "FORMAT_MISMATCH"),
     (graphml("1")[:-30], "TRUNCATED"), (f"{ENTITY}{graphml('1')}", "XML_ENTITY"),
     (graphml("1", crs="nowhere"), "CONFIG_CRS"), (graphml("1").replace("116.9", "abc"), "GRAPH_INCOMPLETE"),
     ('<graphml xmlns="http://graphml.graphdrawing.org/xmlns"/>', "CORRUPT")],
)  # fmt: skip
def test_bad_graphs_are_refused(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "a.graphml"
    path.write_text(text, "utf-8")
    with pytest.raises(InputRefused, match=rf"\[{code}\]"):
        network_from_graphml(path)
