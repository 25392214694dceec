"""Exchange files are read back as they were written: Chinese names, and names like formulas."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import ezdxf
import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from analyses.result import Shown
from geo.words import Text
from maps.files.exports import export_layers, write_exports
from maps.files.shapefile import short_names

CRS = "EPSG:4548"
NAMES = ["示例小学", "=1+1", "+cmd", "@x", "<b>x</b>&", "100%%d {\\fArial;}", "{{7*7}}"]
KML = "{http://www.opengis.net/kml/2.2}"


def places(names: list[str] = NAMES) -> list[Shown]:
    points = shapely.points(500_000 + 10.0 * np.arange(len(names)), 4_300_000)
    rows = gpd.GeoDataFrame(
        {"facility_id": [f"F{n}" for n in range(len(names))], "name": names,
         "kind": "primary_school", "share_walk_of_children": [np.inf] * len(names),
         "share_walk_of_dwellings": 0.5},
        geometry=points, crs=CRS,
    )  # fmt: skip
    area = gpd.GeoDataFrame({"area_id": ["1"], "name": ["甲社区"]},
                            geometry=[shapely.box(499_900, 4_299_900, 500_200, 4_300_100)
                                      - shapely.box(499_950, 4_299_950, 499_960, 4_299_960)],
                            crs=CRS)  # fmt: skip
    kinds = pd.DataFrame({"kind": ["primary_school"], "colour": ["red;x"]})
    return [
        Shown("facility", rows, Text(zh="设施", en="Facilities")),
        Shown("area", area, Text(zh="社区", en="Areas")),
        Shown("kind", kinds),
    ]


def written(folder: Path, *formats: Any, shown: list[Shown] | None = None) -> list[str]:
    findings = write_exports(shown or places(), folder, formats=formats, lang="zh")
    return [finding.code for finding in findings]


def test_geoparquet_is_read_back_whole(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    assert written(tmp_path, "geoparquet") == []
    back = gpd.read_parquet(tmp_path / "geoparquet" / "facilities.parquet")
    assert (back["name"].tolist(), back.crs.to_epsg()) == (NAMES, 4548)
    assert back["share_walk_of_children"].isna().all()


def test_without_pyarrow_there_is_a_finding_and_the_others_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "pyarrow" else found(name)
    )
    assert written(tmp_path, "geoparquet", "kml") == ["EXPORT_NO_PYARROW"]
    assert [p.name for p in tmp_path.iterdir()] == ["results.kml"]


def test_kml_shows_names_as_text_and_points_nowhere(tmp_path: Path) -> None:
    written(tmp_path, "kml")
    text = (tmp_path / "results.kml").read_text("utf-8")
    marks = list(ET.fromstring(text).iter(f"{KML}Placemark"))
    assert [m.findtext(f"{KML}name") for m in marks] == ["甲社区", *NAMES]
    assert "<b>" not in text
    assert "<description" not in text
    assert text.count("http") == 1


def test_kml_lies_where_the_places_lie(tmp_path: Path) -> None:
    # x = 500 km is the central meridian of the 3 degree zone of EPSG:4548: 117 degrees east.
    written(tmp_path, "kml")
    back = pyogrio.read_dataframe(tmp_path / "results.kml", layer="设施")
    assert back["Name"].tolist() == NAMES
    assert back.geometry.x.iloc[0] == pytest.approx(117.0, abs=1e-7)
    area = pyogrio.read_dataframe(tmp_path / "results.kml", layer="社区").geometry.iloc[0]
    assert len(shapely.get_rings(area)) == 2


def test_dxf_has_layers_by_role_metric_places_and_chinese_texts(tmp_path: Path) -> None:
    written(tmp_path, "dxf")
    drawing = ezdxf.readfile(tmp_path / "results.dxf")
    said = [t for t in drawing.modelspace().query("TEXT") if t.dxf.layer == "YIMI_FACILITIES"]
    assert [t.plain_text() for t in said] == NAMES
    assert {t.dxf.style for t in said} == {"YIMI_CJK"}
    points = drawing.modelspace().query('POINT[layer=="YIMI_FACILITIES"]')
    assert points[1].dxf.location == (500_010, 4_300_000, 0)
    assert drawing.header["$INSUNITS"] == 6
    assert not drawing.audit().errors


def test_dxf_says_its_crs(tmp_path: Path) -> None:
    written(tmp_path, "dxf")
    note = ezdxf.readfile(tmp_path / "results.dxf").modelspace().query('TEXT[layer=="YIMI_NOTE"]')
    assert [t.dxf.text for t in note] == [CRS]


def test_shapefile_is_gbk_with_its_sign_and_a_list_of_names(tmp_path: Path) -> None:
    assert written(tmp_path, "shapefile") == []
    folder = tmp_path / "shapefile"
    assert (folder / "facilities.cpg").read_text() == "GBK"
    assert "示例小学".encode("gbk") in (folder / "facilities.dbf").read_bytes()
    back = pyogrio.read_dataframe(folder / "facilities.shp")
    assert back["name"].tolist() == NAMES
    names = pd.read_csv(folder / "names.csv", encoding="utf-8-sig")
    listed = names[names.iloc[:, 0] == "facilities"].iloc[:, 1].tolist()
    assert listed == [c for c in back.columns if c != "geometry"]
    assert all(len(name.encode()) <= 10 for name in listed)


def test_a_long_or_strange_text_is_cut_between_characters_and_counted(tmp_path: Path) -> None:
    # 254 bytes are 127 Chinese characters in GBK; an emoji is not in it.
    assert written(tmp_path, "shapefile", shown=places(["字" * 200, "甲👦"])) == [
        "SHAPEFILE_CHANGED"
    ]
    back = pyogrio.read_dataframe(tmp_path / "shapefile" / "facilities.shp")
    assert back["name"].tolist() == ["字" * 127, "甲?"]


def test_short_names_are_short_and_apart() -> None:
    columns = [f"share_walk_{n}" for n in range(120)] + ["SHARE_WALK_0", "名称", "面积"]
    short = list(short_names(columns).values())
    assert len({name.lower() for name in short}) == len(columns)
    assert max(len(name.encode()) for name in short) == 10


def test_the_same_layers_give_the_same_bytes(tmp_path: Path) -> None:
    hashes = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        written(tmp_path / name, "geoparquet", "kml", "dxf", "shapefile")
        files = sorted(p for p in (tmp_path / name).rglob("*") if p.is_file())
        hashes.append([(p.name, hashlib.sha256(p.read_bytes()).hexdigest()) for p in files])
    assert hashes[0] == hashes[1]


def test_points_and_areas_of_one_role_lie_apart() -> None:
    rows = gpd.GeoDataFrame({"name": ["点", "面"]}, crs=CRS,
                            geometry=[shapely.Point(0, 0), shapely.box(0, 0, 1, 1)])  # fmt: skip
    layers = export_layers([Shown("facility", rows)])
    assert {n: f["name"].tolist() for n, f in layers.items()} == {
        "facilities": ["点"], "facilities_areas": ["面"],
    }  # fmt: skip


def test_no_export_names_the_machine(tmp_path: Path) -> None:
    written(tmp_path, "geoparquet", "kml", "dxf", "shapefile")
    every = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    for private in (str(tmp_path), str(Path.cwd()), str(Path.home())):
        assert len(private) < 6 or private.encode() not in every
