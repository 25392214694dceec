"""What a data scientist types: a handful of names, from frames to results."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely

import yimi
from analyses.result import Result
from geo.findings import InputRefused

CRS = "EPSG:4548"
X, Y = 500_000.0, 4_200_000.0


def frame(shape: shapely.Geometry, **columns: object) -> gpd.GeoDataFrame:
    placed = shapely.transform(shape, lambda xy: xy + np.array([X, Y]))
    return gpd.GeoDataFrame({c: [v] for c, v in columns.items()}, geometry=[placed], crs=CRS)


@pytest.fixture(scope="module")
def city() -> yimi.City:
    """One street of 1,000 m with a kindergarten 5 m beside its end, one home 10 m beside it."""
    streets = yimi.streets(frame(shapely.LineString([(0, 0), (1000, 0)]), highway="residential"))
    place = yimi.facilities(frame(shapely.Point(1000, 5), name="一园"), "幼儿园")
    zone = frame(shapely.box(0, -100, 1000, 100), area_code="1", name="村", age_3_5=30.0)
    communities = yimi.communities(zone)
    home = frame(shapely.Point(800, 10).buffer(0.5), storeys=1.0)
    demand = yimi.demand(communities, buildings=home, streets=streets)
    return yimi.City(streets, place, demand, communities)


def test_completion_offers_the_public_names_and_nothing_else() -> None:
    assert set(dir(yimi)) == set(yimi.__all__)
    assert all(getattr(yimi, name) is not None for name in yimi.__all__)


def test_the_children_of_a_home_215_m_away_are_within_300_m(city: yimi.City) -> None:
    total = yimi.coverage(city, ["KG"]).tables["total"].iloc[0]
    assert total["children"] == pytest.approx(30)  # all of the community's live in its one home
    assert total["covered_walk"] == pytest.approx(30)  # 10 + 200 + 5 = 215 m
    own = yimi.coverage(city, [yimi.rule("幼儿园", metres=214)]).tables["total"].iloc[0]
    assert own["covered_walk"] == 0


def test_an_unknown_rule_is_refused_with_the_nearest(city: yimi.City) -> None:
    with pytest.raises(InputRefused) as refused:
        yimi.coverage(city, ["KGG"])
    assert refused.value.findings[0].code == "RULE_UNKNOWN"
    assert refused.value.findings[0].detail["near"] == "KG"


def test_a_kind_is_filled_in_only_where_a_row_names_none(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("name,kind,longitude,latitude\n甲,,117.1,38.9\n乙,公园,117.2,38.9\n", "utf-8")
    assert yimi.read(file, kind="小学").frame["kind"].tolist() == ["小学", "公园"]
    file.write_text("name,longitude,latitude\n甲,117.1,38.9\n", "utf-8")
    assert yimi.read(file, kind="小学").frame["kind"].tolist() == ["小学"]


def test_hazards_are_those_of_the_routes_that_are_given(city: yimi.City) -> None:
    routes = yimi.routes(city)
    assert yimi.hazards(city, routes).tables["hazards"].equals(yimi.hazards(city).tables["hazards"])
    with pytest.raises(InputRefused, match="ROUTES_OTHER_CITY"):
        yimi.hazards(city.changed(facilities=city.facilities), routes)


@pytest.mark.parametrize("columns", [{}, {"kind": "xyzzy"}])
def test_a_facility_of_unknown_kind_is_refused_and_never_dropped(columns: dict[str, str]) -> None:
    with pytest.raises(InputRefused) as refused:
        yimi.facilities(frame(shapely.Point(0, 0), name="一园", **columns))
    assert [finding.code for finding in refused.value.findings] == ["TYPE_UNKNOWN"]


def test_a_result_goes_to_excel_a_geopackage_a_picture_and_a_map(
    city: yimi.City, tmp_path: Path
) -> None:
    result = yimi.coverage(city, ["KG"])
    book = openpyxl.load_workbook(result.to_excel(tmp_path / "a.xlsx", lang="en"))
    assert len(book.sheetnames) == 1 + len(result.tables)  # the notes first
    layers = gpd.list_layers(result.to_gpkg(tmp_path / "a.gpkg"))["name"].tolist()
    assert "facilities" in layers
    assert result.plot("facility").get_title()
    assert "leaflet" in result.explore().get_root().render().lower()


def test_what_a_notebook_shows_first_fits_in_five_lines(city: yimi.City) -> None:
    result = yimi.coverage(city, ["KG"])
    told = [repr(result), repr(city), repr(city.streets), repr(yimi.load(yimi.demo))]
    assert max(text.count("\n") for text in told) < 5
    assert max(map(len, told)) < 600


def test_names_from_data_are_escaped_in_a_notebook() -> None:
    place = yimi.facilities(frame(shapely.Point(0, 0), name="<script>x</script>"), "幼儿园")
    text = Result("<i>", {"a": place})._repr_html_()
    assert "<script>" not in text
    assert "<i>" not in text
