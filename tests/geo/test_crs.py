"""Which CRS is meant, and which is good for measuring?"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.crs import check_metric, in_country, likely_crs, metric_crs, parse_crs, project, to_wgs84
from geo.findings import InputRefused

CITIES = {
    "静海": (116.97, 38.94), "乌鲁木齐": (87.6, 43.8), "三亚": (109.5, 18.25),
    "漠河": (122.5, 53.0),
    "台北": (121.56, 25.03), "拉萨": (91.1, 29.65), "西沙": (112.3, 16.8), "佳木斯": (130.3, 46.8),
}  # fmt: skip

TO_ZONE = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:4548", always_xy=True)


def codes(error: pytest.ExceptionInfo[InputRefused]) -> set[str]:
    return {finding.code for finding in error.value.findings}


@pytest.mark.parametrize("place", CITIES.values(), ids=list(CITIES))
def test_the_country_gets_the_zone_whose_meridian_is_nearest(place: tuple[float, float]) -> None:
    lon, lat = place
    crs = pyproj.CRS(metric_crs((lon - 0.1, lat - 0.1, lon + 0.1, lat + 0.1)))
    assert crs.name == f"CGCS2000 / 3-degree Gauss-Kruger CM {3 * round(lon / 3)}E"


@pytest.mark.parametrize(
    ("lon", "lat", "crs"),
    [(24.9, 60.2, "EPSG:32635"), (126.98, 37.57, "EPSG:32652"), (139.7, 35.7, "EPSG:32654"),
     (105.85, 21.03, "EPSG:32648"), (77.2, 28.6, "EPSG:32643"), (-70.6, -33.4, "EPSG:32719"),
     (106.9, 47.9, "EPSG:32648"), (180.0, 0.0, "EPSG:32660")],
)  # fmt: skip
def test_elsewhere_it_is_utm(lon: float, lat: float, crs: str) -> None:
    assert metric_crs((lon, lat, lon, lat)) == crs
    assert not in_country(lon, lat)


def test_degrees_beyond_the_globe_have_no_zone() -> None:
    with pytest.raises(InputRefused, match="COORD_RANGE"):
        metric_crs((491761.0, 4313184.0, 491762.0, 4313185.0))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("EPSG:4548", "EPSG:4548"), ("epsg：4548", "EPSG:4548"), ("4548", "EPSG:4548"),
        ("urn:ogc:def:crs:EPSG::4548", "EPSG:4548"),
        ("urn:ogc:def:crs:EPSG:9.9.1:4490", "EPSG:4490"),
        ("http://www.opengis.net/def/crs/EPSG/0/4548", "EPSG:4548"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"), ("CRS84", "EPSG:4326"),
        ("WGS84", "EPSG:4326"), ("WGS 84", "EPSG:4326"), ("GPS", "EPSG:4326"),
        ("CGCS2000", "EPSG:4490"), ("国家2000", "EPSG:4490"), ("天地图", "EPSG:4490"),
        ("CGCS2000 / 3-degree Gauss-Kruger CM 117E", "EPSG:4548"),
        ("CGCS2000 / 3-degree Gauss-Kruger zone 39", "EPSG:4527"),
        ("CGCS2000_3_Degree_GK_CM_117E", "EPSG:4548"),
        ("CGCS2000_3_Degree_GK_Zone_39", "EPSG:4527"),
        ("CGCS2000 117E", "EPSG:4548"), ("CGCS2000 3度带 39带", "EPSG:4527"),
        ("国家2000 中央经线117", "EPSG:4548"), ("CGCS2000 三度带 中央子午线 120", "EPSG:4549"),
        ("CGCS2000 / Gauss-Kruger zone 20", "EPSG:4498"), ("WGS 84 / UTM zone 50N", "EPSG:32650"),
        ("GCJ-02", "GCJ-02"), ("gcj02", "GCJ-02"), ("高德", "GCJ-02"), ("腾讯地图", "GCJ-02"),
        ("火星坐标系", "GCJ-02"), ("BD-09", "BD-09"), ("bd09ll", "BD-09"), ("百度", "BD-09"),
        ("local", "local"),
    ],
)  # fmt: skip
def test_a_crs_goes_by_many_names(text: str, name: str) -> None:
    assert parse_crs(text).name == name


@pytest.mark.parametrize("code", [4513, 4527, 4533, 4534, 4548, 4554, 4490, 4326, 32650])
def test_the_wkt_of_a_prj_is_recognised(code: int) -> None:
    assert parse_crs(pyproj.CRS(code).to_wkt("WKT1_ESRI")).name == f"EPSG:{code}"


@pytest.mark.parametrize(
    "text", ["西安80", "Xian 1980", "EPSG:2384", "北京54", "EPSG:4214", "EPSG:2415",
             pyproj.CRS(2384).to_wkt("WKT1_ESRI")],
)  # fmt: skip
def test_a_datum_without_public_transformation_is_refused(text: str) -> None:
    with pytest.raises(InputRefused) as error:
        parse_crs(text)
    assert codes(error) == {"CONFIG_CRS", "CRS_DATUM_SECRET"}


@pytest.mark.parametrize(
    "text", ["EPSG:999999", "", "  ", "EPSG:", "CGCS2000 46带", "静海坐标", "../x"]
)
def test_an_unknown_name_is_refused_with_similar_ones(text: str) -> None:
    with pytest.raises(InputRefused) as error:
        parse_crs(text, file="study.toml")
    assert codes(error) == {"CONFIG_CRS", "CRS_UNKNOWN"}
    assert "EPSG:4" in error.value.text("zh")


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4490", "GCJ-02", "local", "EPSG:2263"])
def test_degrees_and_feet_measure_nothing(crs: str) -> None:
    with pytest.raises(InputRefused) as error:
        check_metric(crs)
    assert codes(error) == {"CONFIG_CRS", "CRS_NOT_METRIC"}


def test_the_mercator_of_web_maps_is_refused_with_what_it_does_to_500_m() -> None:
    with pytest.raises(InputRefused) as error:
        check_metric("EPSG:3857", near=(116.97, 38.94))
    assert codes(error) == {"CONFIG_CRS", "CRS_SCALE"}
    assert "388 m" in error.value.text(
        "en"
    )  # 500 m * cos 38.94 degrees = 389, less on the ellipsoid
    with pytest.raises(InputRefused, match="CRS_SCALE"):
        check_metric("EPSG:3857")


def test_the_right_zone_measures_and_one_three_zones_off_does_not() -> None:
    assert check_metric("EPSG:4548", near=(116.97, 38.94)).metric
    assert check_metric("EPSG:32650", near=(116.97, 38.94)).metric
    with pytest.raises(InputRefused, match="CRS_SCALE"):
        check_metric("EPSG:4551", near=(116.97, 38.94))


def test_cgcs2000_and_wgs84_are_the_same_numbers() -> None:
    x, y = to_wgs84([116.9], [38.9], "EPSG:4490")
    assert (x[0], y[0]) == (116.9, 38.9)
    x, y = to_wgs84([500_000.0], [0.0], "EPSG:4548")
    assert (x[0], y[0]) == pytest.approx((117.0, 0.0), abs=1e-9)


@given(lon=st.floats(115.5, 118.5), lat=st.floats(20, 52))
def test_there_and_back_is_a_millimetre(lon: float, lat: float) -> None:
    x, y = to_wgs84(*TO_ZONE.transform(lon, lat), "EPSG:4548")
    assert float(x) == pytest.approx(lon, abs=1e-8)
    assert float(y) == pytest.approx(lat, abs=1e-8)


def test_local_coordinates_have_no_place() -> None:
    with pytest.raises(InputRefused, match="CRS_LOCAL"):
        to_wgs84([1.0], [2.0], "local")


@pytest.mark.parametrize("code", [4548, 4527, 4549, 32650, 4547])
@pytest.mark.parametrize("swapped", [False, True])
def test_undeclared_metres_are_recognised_beside_a_known_place(code: int, *, swapped: bool) -> None:
    there = pyproj.Transformer.from_crs("EPSG:4326", code, always_xy=True)
    x, y = there.transform(np.array([116.90, 116.95]), np.array([38.93, 38.95]))
    best = likely_crs(*((y, x) if swapped else (x, y)), near=(116.97, 38.94))[0]
    expected = {32650: 4548}.get(code, code)  # 3 km apart here: the country's own zone comes first
    assert (best.crs, best.swapped) == (f"EPSG:{expected}", swapped)
    assert best.km < 10


def test_without_a_place_the_usual_zone_comes_first_and_the_others_follow() -> None:
    found = likely_crs([491_761.64], [4_313_184.89])
    assert found[0].crs == "EPSG:4548"
    assert "EPSG:4549" in {c.crs for c in found}
    assert all(np.isnan(c.km) for c in found)


@pytest.mark.parametrize("xy", [([], []), ([np.nan], [np.nan]), ([5.0], [6.0]), ([1e14], [1e14])])
def test_what_is_no_map_grid_is_likely_nothing(xy: tuple[list[float], list[float]]) -> None:
    assert likely_crs(*xy, near=(116.97, 38.94)) == []


def test_projecting_copies_and_refuses_what_has_no_place() -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(117, 0)], index=[7], crs="EPSG:4326")
    metres = project(frame, "EPSG:4548")
    assert metres.geometry[7].x == pytest.approx(500_000, abs=1e-3)
    assert frame.crs == "EPSG:4326"
    with pytest.raises(InputRefused, match="CRS_MISSING"):
        project(frame.set_crs(None, allow_override=True), "EPSG:4548")
    swapped = gpd.GeoDataFrame(geometry=[shapely.Point(38.9, 116.9)], crs="EPSG:4326")
    with pytest.raises(InputRefused, match="CRS_OUTSIDE"):
        project(swapped, "EPSG:4548")
