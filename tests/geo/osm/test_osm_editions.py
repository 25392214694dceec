"""OSM files as editors, servers and tools save them: read rightly, or refused with the way out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import osmium
import pytest
from osm_text import document, node, row_of_nodes, way, write

from geo.findings import InputRefused
from geo.osm import features_from_osm, streets_from_osm
from geo.read import read_layer

if TYPE_CHECKING:
    from pathlib import Path

    from geo.osm import Streets

NODES = row_of_nodes(4)
PLACES = [(116.9, 38.95), (116.91, 38.95), (116.92, 38.95)]


def read(folder: Path, text: str, name: str = "a.osm") -> Streets:
    return streets_from_osm(write(folder / name, text))


def code(path: Path) -> str:
    with pytest.raises(InputRefused) as error:
        streets_from_osm(path)
    assert error.value.text("zh")
    return error.value.findings[0].code


@pytest.mark.parametrize("name", ["a.osm", "a.osm.gz"])
@pytest.mark.parametrize(
    "mark", ["action='delete' id", "visible='false' id", 'visible="false" version="3" id']
)
def test_what_was_deleted_is_gone(tmp_path: Path, mark: str, name: str) -> None:
    gone = way(2, [2, 3]).replace("<way id", f"<way {mark}")
    node_gone = node(9, 1, 1).replace("<node id", f"<node {mark}")
    streets = read(tmp_path, document(NODES, node_gone, way(1, [1, 2]), gone, way(3, [3, 4])), name)
    assert streets.ways["way_id"].tolist() == [1, 3]
    assert streets.findings == ()


def test_what_was_deleted_without_content_is_gone(tmp_path: Path) -> None:
    text = document(NODES, "<way id='5' action='delete' />", way(1, [1, 2]))
    assert read(tmp_path, text).ways["way_id"].tolist() == [1]


def test_new_objects_of_an_editor_are_read(tmp_path: Path) -> None:
    """A new way from node 1 to two new nodes, one of which has a tag."""
    new = node(-1, 116.95, 38.95, highway="crossing") + node(-2, 116.96, 38.95)
    text = document(NODES, new, way(1, [1, 2]), way(-7, [1, -1, -2]))
    text = text.replace("<way id", "<way action='modify' id")
    streets = read(tmp_path, text)
    assert len(streets.ways) == 2
    assert streets.lonlat[streets.way_vertices].tolist() == [
        *map(list, PLACES[:2]), [116.9, 38.95], [116.95, 38.95], [116.96, 38.95],
    ]  # fmt: skip
    assert streets.vertex_tags["highway"].tolist() == ["crossing"]


def on_ways(folder: Path, text: str, name: str) -> Path:
    """Write a file whose ways hold the places of their nodes, and which has no nodes."""
    kind = "pbf" if name.endswith("pbf") else "osm"
    target = osmium.io.File(str(folder / name), f"{kind},locations_on_ways=true")
    places = osmium.NodeLocationsForWays(osmium.index.create_map("flex_mem"))
    source = osmium.io.Reader(osmium.io.FileBuffer(text.encode(), "osm"))
    ways = osmium.filter.EntityFilter(osmium.osm.WAY)
    with osmium.SimpleWriter(target) as writer:
        osmium.apply(source, places, ways, writer)
    return folder / name


@pytest.mark.parametrize("name", ["a.osm.pbf", "a.osm"])
def test_places_may_stand_in_the_ways(tmp_path: Path, name: str) -> None:
    corner, building = node(5, 116.9, 38.96), way(8, [1, 2, 5, 1], {"building": "yes"})
    file = on_ways(
        tmp_path, document(NODES, corner, way(1, [1, 2, 3]), way(2, [3, 4]), building), name
    )
    streets = streets_from_osm(file)
    assert streets.lonlat[streets.way_vertices[:3]].tolist() == [*map(list, PLACES)]
    assert streets.way_vertices[2] == streets.way_vertices[3]
    features = features_from_osm(file, {"b": [{"building": True}]})
    assert features.geometry.iloc[0].exterior.coords[0] == PLACES[0]


def test_overpass_with_out_geom_is_read(tmp_path: Path) -> None:
    nd = "".join(f'<nd ref="{i}" lat="{y}" lon="{x}"/>' for i, (x, y) in enumerate(PLACES, 1))
    street = f'<way id="7"><bounds/>{nd}<tag k="highway" v="residential"/></way>'
    member = f'<member type="way" ref="9" role="outer">{nd.replace("ref", "x")}</member>'
    text = document(street, f'<relation id="1"><bounds/>{member}</relation>')
    assert read(tmp_path, text).lonlat.tolist() == [*map(list, PLACES)]


def test_a_history_is_refused(tmp_path: Path) -> None:
    old = node(1, 1, 1).replace(" lat", ' version="1" visible="true" lat')
    new = node(1, 2, 2).replace(" lat", ' version="2" visible="true" lat')
    assert code(write(tmp_path / "a.osm", document(old, new, way(1, [1, 1])))) == "OSM_HISTORY"
    target = osmium.io.File(str(tmp_path / "b.osm.pbf"), "pbf,history=true")
    with osmium.SimpleWriter(target) as writer:
        osmium.apply(osmium.io.FileBuffer(document(NODES, way(1, [1, 2])).encode(), "osm"), writer)
    assert code(tmp_path / "b.osm.pbf") == "OSM_HISTORY"


@pytest.mark.parametrize("name", ["a.osc", "a.osm", "a.osc.gz"])
def test_changes_are_refused(tmp_path: Path, name: str) -> None:
    text = '<?xml version="1.0"?><osmChange version="0.6"><modify></modify></osmChange>'
    assert code(write(tmp_path / name, text)) == "OSM_CHANGE"


@pytest.mark.parametrize("name", ["export.json", "export.geojson", "export.osm"])
def test_json_of_overpass_is_refused_with_the_way_out(tmp_path: Path, name: str) -> None:
    element = {"type": "node", "id": 1, "lat": 38.9, "lon": 116.9}
    file = tmp_path / name
    file.write_text(json.dumps({"version": 0.6, "osm3s": {}, "elements": [element]}), "utf-8")
    with pytest.raises(InputRefused) as error:
        streets_from_osm(file) if name.endswith("osm") else read_layer(file)
    assert error.value.findings[0].code == "OSM_JSON"
    assert "[out:xml]" in error.value.text("en")


@pytest.mark.parametrize(("without", "outcome"), [(2, "read"), (3, "WAYS_LOST")])
def test_a_network_that_loses_most_of_its_ways_is_refused(
    tmp_path: Path, without: int, outcome: str
) -> None:
    """Of five ways two have nodes in the file, and the nodes of two or three are missing."""
    lost = [way(10 + i, [100 + i, 200 + i]) for i in range(without)]
    file = write(tmp_path / "a.osm", document(NODES, way(1, [1, 2]), way(2, [3, 4]), *lost))
    got = "read" if outcome == "read" and len(streets_from_osm(file).ways) == 2 else code(file)
    assert got == outcome


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"disused": "yes"}, "not_street"),
        ({"abandoned": "yes", "foot": "yes"}, "not_street"),
        ({"razed": "yes"}, "not_street"),
        ({"construction": "yes"}, "not_street"),
        ({"construction": "minor"}, ""),
        ({"disused": "no"}, ""),
        ({"sac_scale": "demanding_mountain_hiking"}, "impassable"),
        ({"sac_scale": "hiking"}, ""),
        ({"impassable": "yes", "foot": "yes"}, "impassable"),
    ],
)
def test_ways_out_of_use_are_out(tmp_path: Path, tags: dict[str, str], reason: str) -> None:
    text = document(NODES, way(1, [1, 2]), way(2, [2, 3], {"highway": "path", **tags}))
    streets = read(tmp_path, text)
    assert streets.dropped["reason"].tolist() == [reason] * bool(reason)
