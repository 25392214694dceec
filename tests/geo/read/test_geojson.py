"""GeoJSON of strangers: every feature accounted for."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from vector_files import codes

from geo.crs import parse_crs
from geo.findings import InputRefused
from geo.read.geojson import read_geojson

if TYPE_CHECKING:
    from geo.read.raw import RawTable


def feature(properties: Any = None, geometry: Any = None, **more: Any) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": [116.9, 38.9]}
    return {"type": "Feature", "properties": properties, "geometry": geometry or point, **more}


def collection(*features: Any, **more: Any) -> bytes:
    whole = {"type": "FeatureCollection", "features": list(features), **more}
    return json.dumps(whole, ensure_ascii=False).encode()


def geojson(*features: Any, **more: Any) -> RawTable:
    return read_geojson(collection(*features, **more), name="a.geojson")


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
