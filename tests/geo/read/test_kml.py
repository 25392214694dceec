"""KML and other XML of strangers: all placemarks, no entities."""

from __future__ import annotations

from pathlib import Path

import pytest
from vector_files import ENTITY, codes, frame, refused

from geo.findings import InputRefused
from geo.read.kml import read_kml
from geo.read.vectors import read_vector
from geo.read.xmlguard import check_xml, utf8_xml


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
    simple = '<SimpleData name="学段">小学</SimpleData>'
    schema = f"<ExtendedData><SchemaData>{simple}</SchemaData></ExtendedData>"
    table = read_kml(
        kml(placemark("a", POINT, more=f"{data}<ExtendedData>{schema}</ExtendedData>")), name="a"
    )
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
    row = f"<ogr:f><ogr:g>{place}</ogr:g><ogr:n>x</ogr:n></ogr:f>"
    member = f"<ogr:featureMember>{row}</ogr:featureMember>"
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
