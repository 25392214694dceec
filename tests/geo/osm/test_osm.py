"""OSM files become streets: what is kept, what is left out, and what is refused."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
import time
import tracemalloc
import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import osmium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from osm_text import document, node, row_of_nodes, way, write

from geo.findings import EnvironmentFault, InputRefused, YimiError
from geo.osm.reading import streets_from_osm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.osm.streets import Streets

SHARED = Path(__file__).parents[3] / "../shared"
BAD = SHARED / "badinputs"
METRES_PER_DEGREE = np.pi / 180 * 6_371_008.8
FORMATS = ["a.osm", "a.osm.gz", "a.osm.bz2", "a.osm.pbf", "A.OSM"]


def read(folder: Path, *parts: str, name: str = "a.osm") -> Streets:
    return streets_from_osm(write(folder / name, document(*parts)))


def runs(streets: Streets) -> list[list[int]]:
    """Return the node ids of each row of `ways`."""
    ids = streets.vertex_id[streets.way_vertices].tolist()
    return [ids[a:b] for a, b in zip(streets.way_start, streets.way_start[1:], strict=False)]


def codes(streets: Streets) -> list[str]:
    return [finding.code for finding in streets.findings]


def refused(path: Path) -> YimiError:
    with pytest.raises(YimiError) as error:
        streets_from_osm(path)
    assert error.value.text("zh")
    return error.value


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_streets(tmp_path: Path, name: str) -> None:
    streets = read(tmp_path, row_of_nodes(3), way(7, [3, 1, 2]), name=name)
    assert runs(streets) == [[3, 1, 2]]
    assert streets.vertex_id.tolist() == [1, 2, 3]
    assert streets.lonlat.tolist() == [[116.9, 38.95], [116.91, 38.95], [116.92, 38.95]]
    assert streets.ways["way_id"].tolist() == [7]
    assert streets.findings == ()


@pytest.mark.parametrize("name", FORMATS[:3])
def test_ways_may_come_before_nodes(tmp_path: Path, name: str) -> None:
    streets = read(tmp_path, way(7, [3, 1, 2]), node(3, 1, 1), row_of_nodes(2), name=name)
    assert runs(streets) == [[3, 1, 2]]


HIGHWAY = "highway"


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"highway": "residential"}, ""),
        ({"highway": "trunk"}, ""),
        ({"highway": "steps"}, ""),
        ({"highway": "service", "service": "parking_aisle"}, ""),
        ({"highway": "service", "service": "driveway", "access": "private"}, "private"),
        ({"highway": "residential", "access": "private", "foot": "yes"}, ""),
        ({"highway": "residential", "access": "destination"}, ""),
        ({"highway": "residential", "access": "no"}, "private"),
        ({"highway": "footway", "foot": "no"}, "no_foot"),
        ({"highway": "footway", "foot": "private", "access": "yes"}, "no_foot"),
        ({"highway": "motorway"}, "motorway"),
        ({"highway": "motorway_link"}, "motorway"),
        ({"highway": "motorway", "foot": "designated"}, ""),
        ({"highway": "trunk", "motorroad": "yes"}, "motorway"),
        ({"highway": "cycleway"}, "not_walkable"),
        ({"highway": "cycleway", "foot": "yes"}, ""),
        ({"highway": "construction"}, "not_street"),
        ({"highway": "construction", "foot": "yes"}, "not_street"),
        ({"highway": "proposed"}, "not_street"),
        ({"highway": "primary", "sidewalk": "separate"}, ""),
        ({"highway": "motorway", "foot": "no"}, "no_foot"),
    ],
)
def test_who_may_walk(tmp_path: Path, tags: dict[str, str], reason: str) -> None:
    streets = read(tmp_path, row_of_nodes(3), way(1, [1, 2]), way(2, [2, 3], tags))
    assert streets.dropped["reason"].tolist() == [reason] * (reason != "")
    assert len(streets.ways) == (2 if reason == "" else 1)


def test_what_is_left_out_is_counted_in_metres(tmp_path: Path) -> None:
    nodes = node(1, 10, 50) + node(2, 10, 50.01) + node(3, 10, 50.03)
    motorway = {"highway": "motorway"}
    dropped = read(
        tmp_path, nodes, way(1, [1, 2]), way(2, [1, 2], motorway), way(3, [2, 3], motorway)
    ).dropped
    assert dropped[["reason", "ways"]].to_numpy().tolist() == [["motorway", 2]]
    assert dropped["length_m"].tolist() == pytest.approx([0.03 * METRES_PER_DEGREE])


def test_things_without_highway_are_no_streets(tmp_path: Path) -> None:
    streets = read(tmp_path, row_of_nodes(3), way(1, [1, 2]), way(2, [2, 3], {"building": "yes"}))
    assert len(streets.ways) == 1
    assert streets.dropped.empty


def test_tags_keep_every_character(tmp_path: Path) -> None:
    name = "a,b=c d%25%é 中路😀\n\"'<&>T"
    tags = {"highway": "path", "name": name, "Tname": "x", "maxspeed": "30"}
    streets = read(tmp_path, row_of_nodes(3), way(1, [1, 2], tags), way(2, [2, 3]))
    assert streets.ways["name"].tolist() == [name, np.nan]
    assert streets.ways["maxspeed"].tolist() == ["30", np.nan]
    assert streets.ways["highway"].tolist() == ["path", "residential"]
    assert streets.ways["surface"].isna().all()


def test_tags_of_nodes_stand_at_their_vertex(tmp_path: Path) -> None:
    nodes = node(5, 1, 1, highway="crossing", crossing__island="yes") + node(2, 2, 2, name="x")
    other = node(1, 3, 3, barrier="gate") + node(9, 4, 4, barrier="gate")
    streets = read(tmp_path, nodes, other, way(1, [5, 2, 1]))
    tags = streets.vertex_tags
    assert streets.vertex_id[tags.index].tolist() == [1, 5]
    assert tags["barrier"].tolist() == ["gate", np.nan]
    assert tags["crossing:island"].tolist() == [np.nan, "yes"]


def test_a_way_is_cut_where_nodes_are_missing(tmp_path: Path) -> None:
    streets = read(
        tmp_path, row_of_nodes(6), way(1, [1, 2, 90, 3, 91, 4, 5, 6]), way(2, [92, 3, 93])
    )
    assert runs(streets) == [[1, 2], [4, 5, 6]]
    assert streets.ways["way_id"].tolist() == [1, 1]
    assert streets.dropped[["reason", "ways"]].to_numpy().tolist() == [["incomplete", 1]]
    assert dict(streets.findings[0].detail) == {"ways": 2, "lost": 1}


@given(
    refs=st.lists(st.lists(st.integers(1, 9), max_size=9), min_size=1, max_size=4),
    present=st.sets(st.integers(1, 9)),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_all_complete_parts_are_kept(
    tmp_path_factory: pytest.TempPathFactory, refs: list[list[int]], present: set[int]
) -> None:
    nodes = "".join(node(i, i, i) for i in sorted(present)) + row_of_nodes(2, first=20)
    whole = [[20, 21]] * (len(refs) + 1)  # at least half of the ways are there
    ways = [way(i, line) for i, line in enumerate([*refs, *whole], start=1)]
    streets = read(tmp_path_factory.mktemp("runs"), nodes, *ways)
    assert runs(streets) == [run for line in refs for run in parts(line, present)] + whole


def parts(line: Sequence[int], present: set[int]) -> list[list[int]]:
    """Cut a line at missing nodes, forget repeated ones, and keep parts of two and more."""
    found: list[list[int]] = [[]]
    for ref in line:
        if ref not in present:
            found.append([])
        elif found[-1][-1:] != [ref]:
            found[-1].append(ref)
    return [run for run in found if len(run) >= 2]


def test_numbers_that_cannot_be_read_are_listed(tmp_path: Path) -> None:
    odd = [{"highway": "path", "lanes": v} for v in ("2;x", "", "2;x", "2;3")]
    ways = [way(i, [1, 2], tags) for i, tags in enumerate(odd, start=1)]
    (finding,) = read(tmp_path, row_of_nodes(2), *ways).findings
    assert (finding.code, finding.column) == ("TAG_UNPARSED", "lanes")
    assert dict(finding.detail) == {"ways": 3, "values": "'', '2;x'"}


def test_a_remark_beside_streets_is_passed_on(tmp_path: Path) -> None:
    remark = "<remark> runtime error: out of memory </remark>"
    streets = read(tmp_path, row_of_nodes(2), way(1, [1, 2]), remark)
    assert codes(streets) == ["OSM_REMARK"]
    assert streets.findings[0].value == "runtime error: out of memory"


def test_the_first_of_two_nodes_with_one_id_is_used(tmp_path: Path) -> None:
    streets = read(tmp_path, row_of_nodes(2), node(1, 5, 5), way(1, [1, 2]))
    assert streets.lonlat[0].tolist() == [116.9, 38.95]
    assert codes(streets) == ["NODE_INVALID"]
    assert (streets.nodes_rejected, streets.findings[0].row) == (1, 5)


BAD_NODES = [
    '<node id="-5" lat="1" lon="1"/>',
    '<node id="0" lat="1" lon="1"/>',
    '<node id="9223372036854775808" lat="1" lon="1"/>',
    '<node id="x" lat="1" lon="1"/>',
    '<node id="50" lat="91" lon="1"/>',
    '<node id="50" lat="1" lon="-180.1"/>',
    '<node id="50" lat="abc" lon="1"><tag k="a" v="b"/></node>',
    '<node id="50" lat="nan" lon="1"/>',
    '<node id="50" lon="1"/>',
    '<node lat="1" lon="1"/>',
]


@pytest.mark.parametrize("bad", BAD_NODES)
@pytest.mark.parametrize("name", FORMATS[:3])
def test_a_bad_node_is_set_aside_alone(tmp_path: Path, bad: str, name: str) -> None:
    streets = read(tmp_path, row_of_nodes(3), bad, way(1, [1, 2]), way(2, [2, 50, 3]), name=name)
    assert codes(streets) == ["NODE_INVALID", "WAY_INCOMPLETE"]
    assert (runs(streets), streets.nodes_rejected) == ([[1, 2]], 1)


def test_unusual_but_right_nodes_are_used(tmp_path: Path) -> None:
    odd = (
        "<node lon='1e0' version='1'\n lat='.25e1' id='8'></node><node id='9' lat='90' lon='180'/>"
    )
    streets = read(tmp_path, odd, way(1, [8, 9]))
    assert streets.lonlat.tolist() == [[1, 2.5], [180, 90]]
    assert streets.findings == ()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.osm", b"", "EMPTY"),
        ("a.osm.pbf", b"", "EMPTY"),
        ("a.osm", b"<html></html>", "FORMAT_MISMATCH"),
        ("a.osm", b"<!DOCTYPE html><html></html>", "FORMAT_MISMATCH"),
        ("a.osm", b"<?xml version='1.0'?><osmChange/>", "OSM_CHANGE"),
        ("a.osm", '<?xml version="1.0"?><osm/>'.encode("utf-16"), "FORMAT_MISMATCH"),
        ("a.osm", b"PK\x03\x04", "FORMAT_MISMATCH"),
        ("a.osm", b"\x1f\x8b\x08", "FORMAT_MISMATCH"),
        ("a.osm.pbf", b"<osm></osm>", "FORMAT_MISMATCH"),
        ("a.osm.gz", b"BZh91AY", "FORMAT_MISMATCH"),
        ("a.osm.gz", b"\x1f\x8b\x08\x00", "TRUNCATED"),
        ("a.osm.gz", gzip.compress(b"<html></html>", mtime=0), "FORMAT_MISMATCH"),
        ("a.osm.bz2", b"BZh9 no bzip2", "CORRUPT"),
        ("a.osm", b"<!DOCTYPE osm SYSTEM 'http://127.0.0.1:9/x'><osm/>", "XML_ENTITY"),
        ("a.osm", b"<!-- a --><?b c?><!DOCTYPE o [<!ENTITY e 'x'>]><osm/>", "XML_ENTITY"),
        ("a.osm", b"<osm version='0.6'><node id='1'", "TRUNCATED"),
        ("a.osm", b"<osm version='0.6'><node id='1' lat='1' lon='1'/>", "TRUNCATED"),
        ("a.osm", b"<osm version='0.6'><way id='1'></osm>", "CORRUPT"),
        ("a.osm", b"<osm version='0.6'><way id='1'><nd ref='x'/></way></osm>", "CORRUPT"),
        ("a.osm", b"<osm version='0.6'/>", "NETWORK_EMPTY"),
        ("a.osm.pbf", b"\x00\x00\x00\x0d\x0a\x09OSMHead", "CORRUPT"),
        ("a.osm.pbf", b"\x00" * 50, "CORRUPT"),
        ("a.osm.zip", b"PK\x03\x04", "FORMAT_NOT_ALLOWED"),
        ("a.o5m", b"\xff", "FORMAT_NOT_ALLOWED"),
    ],
)
def test_what_is_no_osm_file_is_refused(
    tmp_path: Path,
    name: str,
    content: bytes,
    code: str,
) -> None:
    (tmp_path / name).write_bytes(content)
    assert refused(tmp_path / name).findings[0].code == code


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    write(tmp_path / "streets.osm", document())
    assert refused(tmp_path / "street.osm").findings[0].detail["near"] == "streets.osm"


@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
@pytest.mark.parametrize("name", FORMATS[1:4])
def test_a_cut_off_file_is_refused(tmp_path: Path, name: str, share: float) -> None:
    path = write(tmp_path / name, document(row_of_nodes(90), way(1, range(1, 91))))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert refused(path).findings[0].code in ("TRUNCATED", "CORRUPT")


@pytest.mark.parametrize("blank", [b" ", b"<!-- -->", b"<node id='1' lat='1' lon='1'/>"])
def test_a_bomb_is_refused_quickly(tmp_path: Path, blank: bytes) -> None:
    with gzip.open(tmp_path / "a.osm.gz", "wb") as file:
        file.write(b"<osm>")
        for _ in range(60):
            file.write(blank * (1_000_000 // len(blank)))
    start = time.perf_counter()
    assert refused(tmp_path / "a.osm.gz").findings[0].code == "ARCHIVE_BOMB"
    assert time.perf_counter() - start < 5


def test_a_bomb_takes_little_memory(tmp_path: Path) -> None:
    (tmp_path / "a.osm.gz").write_bytes(gzip.compress(b"<osm>" + bytes(100_000_000)))
    tracemalloc.start()
    assert refused(tmp_path / "a.osm.gz").findings[0].code == "ARCHIVE_BOMB"
    assert tracemalloc.get_traced_memory()[1] < 100e6
    tracemalloc.stop()


def varint(number: int) -> bytes:
    head = bytes([number & 127 | 128]) if number > 127 else bytes([number])
    return head + varint(number >> 7) if number > 127 else head


def blob(kind: bytes, content: bytes) -> bytes:
    """Return one block of a PBF whose content is packed."""
    packed = zlib.compress(content, 9)
    body = b"\x10" + varint(len(content)) + b"\x1a" + varint(len(packed)) + packed
    header = b"\x0a" + varint(len(kind)) + kind + b"\x18" + varint(len(body))
    return len(header).to_bytes(4, "big") + header + body


def test_a_pbf_bomb_is_refused(tmp_path: Path) -> None:
    content = blob(b"OSMHeader", b"") + blob(b"OSMData", bytes(30_000_000)) * 2
    (tmp_path / "a.osm.pbf").write_bytes(content)
    assert refused(tmp_path / "a.osm.pbf").findings[0].code == "ARCHIVE_BOMB"


def test_places_outside_the_earth_in_a_pbf_are_refused_and_the_process_lives(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        for number in (1, 2):
            place = osmium.osm.Location()
            writer.add_node(SimpleNamespace(id=number, location=place, version=1))
        writer.add_way(SimpleNamespace(id=1, nodes=[1, 2], tags={"highway": "path"}, version=1))
    assert refused(path).findings[0].code in ("NETWORK_EMPTY", "CORRUPT")


def test_no_room_for_the_extract_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    path = write(tmp_path / "a.osm", document(row_of_nodes(2), way(1, [1, 2])))
    error = refused(path)
    assert isinstance(error, EnvironmentFault)
    assert error.findings[0].code == "DISK_FULL"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_while_writing_does_not_kill_the_process() -> None:
    code = """
import gc, osmium, geo.osm.reading
writer = osmium.SimpleWriter(osmium.io.File("/dev/full", "opl"), overwrite=True)
writer.add_node(osmium.osm.mutable.Node(id=1, location=(1, 1)))
try:
    geo.osm.reading._close(writer)
except RuntimeError as error:
    print(error)
del writer
gc.collect()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "No space left" in done.stdout


@pytest.mark.skipif(not BAD.is_dir(), reason="the faulty files are not there")
@pytest.mark.parametrize(
    ("name", "code", "nodes"),
    [
        ("00_good/streets.osm", None, 42),
        ("C01_islands.osm", None, 45),
        ("C02_zero_length_loops.osm", "EDGE_ZERO", 44),
        ("C03_dangling_refs.osm", "WAY_INCOMPLETE", 42),
        ("C09_odd_tags.osm", "TAG_UNPARSED", 42),
        ("C10_bad_ids_coords.osm", "NODE_INVALID", 42),
    ],
)
def test_files_with_small_faults_are_read(name: str, code: str | None, nodes: int) -> None:
    streets = streets_from_osm(BAD / name)
    assert len(streets.lonlat) == nodes
    assert set(codes(streets)) == ({code} if code else set())
    assert streets.nodes_rejected == (5 if code == "NODE_INVALID" else 0)


@pytest.mark.skipif(not BAD.is_dir(), reason="the faulty files are not there")
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("C04_billion_laughs.osm", "XML_ENTITY"),
        ("C05_xxe.osm", "XML_ENTITY"),
        ("C06_truncated.osm", "TRUNCATED"),
        ("C07_bz2_bomb.osm.bz2", "ARCHIVE_BOMB"),
        ("C08_no_ways.osm", "NETWORK_EMPTY"),
        ("C13_not_osm.osm", "FORMAT_MISMATCH"),
        ("C14_overpass_remark.osm", "NETWORK_EMPTY"),
        ("C15_fake.osm.pbf", "CORRUPT"),
    ],
)
def test_files_with_grave_faults_are_refused(name: str, code: str) -> None:
    error = refused(BAD / name)
    assert isinstance(error, InputRefused)
    assert [f.code for f in error.findings] == [code]
    assert "timed out" in (error.findings[0].value or "timed out")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real data is not there")
def test_a_real_extract_is_read_whole() -> None:
    path = SHARED / "data" / "gushi" / "gushi.osm.pbf"
    streets = streets_from_osm(path)
    reader = osmium.FileProcessor(str(path), osmium.osm.WAY)
    highways = [w.id for w in reader.with_filter(osmium.filter.KeyFilter("highway"))]
    ways = streets.ways["way_id"][: len(streets.ways) - streets.ways_across]
    assert ways.nunique() + streets.dropped["ways"].sum() == len(highways)
    assert np.isfinite(streets.lonlat).all()
