"""Things of an OSM file become rows: which, with which shape, and in which order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from osm_text import document, node, relation, way, write

from geo.findings import InputRefused
from geo.osm.features import features_from_osm

if TYPE_CHECKING:
    import geopandas as gpd

SHARED = Path(__file__).parents[3] / "../shared"
SCHOOLS = {"school": [{"amenity": ["school", "kindergarten"]}]}
# Corners of a square of 3 degrees (1-4) around one of 1 degree (5-8).
OUTER, INNER = [1, 2, 3, 4, 1], [5, 6, 7, 8, 5]
CORNERS = "".join(
    node(number, x, y)
    for number, (x, y) in enumerate(
        [(0, 0), (3, 0), (3, 3), (0, 3), (1, 1), (2, 1), (2, 2), (1, 2)], start=1
    )
)


def read(folder: Path, wanted: dict[str, Any], *parts: str) -> gpd.GeoDataFrame:
    return features_from_osm(write(folder / "a.osm.pbf", document(*parts)), wanted)


def square_degrees(frame: gpd.GeoDataFrame) -> list[float]:
    return [float(area) for area in shapely.area(frame.geometry.to_numpy())]


def test_a_node_and_an_area_of_one_school_are_two_rows(tmp_path: Path) -> None:
    gate = node(9, 1.5, 1.5, amenity="school", name="一小", name__en="No. 1")
    frame = read(tmp_path, SCHOOLS, CORNERS, gate, way(1, OUTER, {"amenity": "school"}))
    assert frame.columns.tolist() == ["layer", "osm_id", "name", "name:en", "tags", "geometry"]
    assert frame["osm_id"].tolist() == ["n9", "w1"]
    assert frame.loc[0, ["layer", "name", "name:en"]].tolist() == ["school", "一小", "No. 1"]
    assert frame.loc[1, "tags"] == {"amenity": "school"}
    assert frame.geom_type.tolist() == ["Point", "Polygon"]
    assert square_degrees(frame) == [0, 9]
    assert frame.crs.to_epsg() == 4326


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"highway": "pedestrian"}, "LineString"),
        ({"highway": "pedestrian", "area": "yes"}, "Polygon"),
        ({"barrier": "fence"}, "LineString"),
        ({"barrier": "fence", "amenity": "school"}, "Polygon"),
        ({"waterway": "river"}, "LineString"),
        ({"waterway": "riverbank"}, "Polygon"),
        ({"railway": "rail"}, "LineString"),
        ({"landuse": "residential"}, "Polygon"),
        ({"landuse": "residential", "area": "no"}, "LineString"),
        ({"building": "yes", "building:levels": "6"}, "Polygon"),
    ],
)
def test_a_closed_way_is_an_area_if_its_tags_enclose(
    tmp_path: Path, tags: dict[str, str], kind: str
) -> None:
    wanted = {"all": [{key: True} for key in tags]}
    frame = read(tmp_path, wanted, CORNERS, way(1, OUTER, tags))
    assert frame.geom_type.tolist() == [kind]
    assert frame["tags"].tolist() == [tags]


def test_a_relation_keeps_its_hole(tmp_path: Path) -> None:
    frame = read(
        tmp_path,
        SCHOOLS,
        CORNERS,
        way(1, OUTER, {"source": "x"}),
        way(2, INNER, {"source": "x"}),
        relation(3, [(1, "outer"), (2, "inner")], type="multipolygon", amenity="school"),
    )
    assert frame["osm_id"].tolist() == ["r3"]
    assert frame.geom_type.tolist() == ["Polygon"]
    assert square_degrees(frame) == [9 - 1]


def test_of_a_cut_relation_the_lines_remain(tmp_path: Path) -> None:
    members = [(1, "outer"), (99, "outer")]
    tags = {"type": "boundary", "boundary": "administrative"}
    frame = read(
        tmp_path,
        {"border": [{"boundary": "administrative"}]},
        CORNERS,
        way(1, [1, 2, 3], {"source": "x"}),
        relation(3, members, **tags),
        relation(4, [(98, "outer")], **tags),
    )
    assert frame["osm_id"].tolist() == ["r3"]
    assert frame.geometry[0].equals(shapely.MultiLineString([[(0, 0), (3, 0), (3, 3)]]))


def test_of_a_cut_way_the_longest_part_remains_and_is_no_area(tmp_path: Path) -> None:
    frame = read(
        tmp_path,
        {"house": [{"building": True}]},
        CORNERS,
        way(1, [1, 2, 90, 3, 4, 5, 91, 1], {"building": "yes"}),
        way(2, [90, 1, 91], {"building": "yes"}),
    )
    assert frame["osm_id"].tolist() == ["w1"]
    assert frame.geometry[0].equals(shapely.LineString([(3, 3), (0, 3), (1, 1)]))


def test_a_crossed_outline_becomes_valid(tmp_path: Path) -> None:
    bow = way(1, [1, 2, 4, 3, 1], {"amenity": "school"})
    frame = read(tmp_path, SCHOOLS, CORNERS, bow)
    assert frame.is_valid.tolist() == [True]
    assert square_degrees(frame) == pytest.approx([2 * 3 * 1.5 / 2])


def test_an_outline_without_area_stays_a_line(tmp_path: Path) -> None:
    frame = read(tmp_path, SCHOOLS, CORNERS, way(1, [1, 2, 1, 2, 1], {"amenity": "school"}))
    assert frame["osm_id"].tolist() == ["w1"]
    assert "Polygon" not in frame.geom_type[0]


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ([{"amenity": "school"}], ["n11"]),
        ([{"amenity": True}], ["n11", "n12"]),
        ([{"amenity": ["cafe", "kindergarten"]}], ["n12"]),
        ([{"amenity": True, "operator": "city"}], ["n12"]),
        ([{"amenity": "school"}, {"operator": True}], ["n11", "n12"]),
        ([{"shop": True}], []),
        ([], []),
    ],
)
def test_filters(tmp_path: Path, filters: list[dict[str, Any]], ids: list[str]) -> None:
    school = node(11, 1, 1, amenity="school")
    kindergarten = node(12, 1, 1, amenity="kindergarten", operator="city")
    assert read(tmp_path, {"x": filters}, school, kindergarten)["osm_id"].tolist() == ids


def test_rows_stand_by_layer_kind_and_number(tmp_path: Path) -> None:
    wanted = {"second": [{"amenity": True}], "first": [{"name": True}]}
    parts = (
        CORNERS,
        node(20, 1, 1, amenity="school", name="b"),
        node(30, 1, 1, amenity="school"),
        way(1, OUTER, {"amenity": "school"}),
    )
    frame = read(tmp_path, wanted, *parts)
    assert frame["layer"].tolist() == ["second", "second", "second", "first"]
    assert frame["osm_id"].tolist() == ["n20", "n30", "w1", "n20"]
    assert frame.index.tolist() == [0, 1, 2, 3]


def test_an_empty_answer_has_all_columns(tmp_path: Path) -> None:
    frame = read(tmp_path, SCHOOLS, CORNERS)
    assert frame.columns.tolist() == ["layer", "osm_id", "name", "name:en", "tags", "geometry"]
    assert frame.crs.to_epsg() == 4326


def test_ways_may_come_before_nodes(tmp_path: Path) -> None:
    text = document(way(1, OUTER, {"amenity": "school"}), CORNERS)
    frame = features_from_osm(write(tmp_path / "a.osm", text), SCHOOLS)
    assert square_degrees(frame) == [9]


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.osm"
    path.write_text(document(CORNERS)[:-9])
    with pytest.raises(InputRefused) as refused:
        features_from_osm(path, SCHOOLS)
    assert refused.value.findings[0].code == "TRUNCATED"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real data is not there")
def test_a_real_extract_gives_its_schools() -> None:
    path = SHARED / "data" / "gushi" / "gushi.osm.pbf"
    frame = features_from_osm(path, {k: [{"amenity": k}] for k in ("school", "kindergarten")})
    assert frame["layer"].value_counts().to_dict() == {"school": 49, "kindergarten": 5}
    assert frame.is_valid.all()
