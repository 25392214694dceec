"""Archives of strangers: what is unpacked, and what is refused before anything is."""

from __future__ import annotations

import gzip
import io
import stat
import zipfile
from typing import TYPE_CHECKING

import pytest

from geo.bundled import load_toml
from geo.findings import InputRefused
from geo.read.archives import choose, unpack

if TYPE_CHECKING:
    from pathlib import Path

    from geo.read.archives import Unpacked

POINT = b'{"type":"Point","coordinates":[116.9,38.9]}'


def packed(
    folder: Path, *entries: tuple[str | zipfile.ZipInfo, bytes], name: str = "a.zip"
) -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, data in entries:
            archive.writestr(entry, data)
    return path


def opened(path: Path) -> Unpacked:
    into = path.parent / "into"
    into.mkdir()
    return unpack(path, into, name=path.name)


def refused(path: Path) -> str:
    with pytest.raises(InputRefused) as error:
        opened(path)
    return error.value.findings[0].code


def test_parts_of_one_shapefile_lie_side_by_side(tmp_path: Path) -> None:
    found = opened(
        packed(tmp_path, ("数据/学校.shp", b"s"), ("数据/学校.DBF", b"d"), ("x.shp", b"x"))
    )
    assert [m.name for m in found.members] == ["数据/学校.shp", "数据/学校.DBF", "x.shp"]
    assert [m.path.name for m in found.members] == ["0000.shp", "0000.dbf", "0001.shp"]
    assert found.members[1].path.read_bytes() == b"d"
    assert found.findings == ()


def test_gbk_names_without_a_mark_are_read(tmp_path: Path) -> None:
    path = packed(tmp_path, ("AABB.shp", b"s"))
    path.write_bytes(path.read_bytes().replace(b"AABB", "学校".encode("gbk")))
    found = opened(path)
    assert found.members[0].name == "学校.shp"
    assert [f.code for f in found.findings] == ["ENCODING_GUESSED"]


def test_utf8_names_without_a_mark_are_read(tmp_path: Path) -> None:
    path = packed(tmp_path, ("AABBCC.shp", b"s"))
    path.write_bytes(path.read_bytes().replace(b"AABBCC", "学校".encode()))
    found = opened(path)
    assert found.members[0].name == "学校.shp"
    assert found.findings == ()


@pytest.mark.parametrize(
    "name",
    ["../x.shp", "a/../../x.shp", "/etc/x.shp", "C:/x.shp", "..\\x.shp", "\\x.shp", "a\nb.shp"],
)
def test_paths_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    assert refused(packed(tmp_path, ("ok.shp", b"1"), (name, b"2"))) == "ARCHIVE_PATH"
    assert list((tmp_path / "into").iterdir()) == []


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_special_files_are_refused(tmp_path: Path, kind: int) -> None:
    entry = zipfile.ZipInfo("f.prj")
    entry.external_attr = (kind | 0o644) << 16
    assert refused(packed(tmp_path, (entry, b"/etc/hostname"))) == "ARCHIVE_LINK"


def test_a_bomb_is_refused_by_its_list(tmp_path: Path) -> None:
    assert refused(packed(tmp_path, ("big.geojson", bytes(30_000_000)))) == "ARCHIVE_BOMB"
    assert list((tmp_path / "into").iterdir()) == []


def test_a_list_that_lies_about_sizes_does_not_help(tmp_path: Path) -> None:
    path = packed(tmp_path, ("big.geojson", bytes(30_000_000)))
    true = (30_000_000).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(true, (1000).to_bytes(4, "little")))
    assert refused(path) == "CORRUPT"
    assert sum(f.stat().st_size for f in (tmp_path / "into").iterdir()) <= 1000


@pytest.mark.parametrize("inner", ["a.zip", "a.KMZ", "a.geojson.gz", "a.7z", "a.rar"])
def test_archives_inside_archives_are_refused(tmp_path: Path, inner: str) -> None:
    assert refused(packed(tmp_path, (inner, b"1"))) == "ARCHIVE_BOMB"


def test_too_many_entries_are_refused(tmp_path: Path) -> None:
    most = load_toml("rules/limits.toml")["archive"]["max_members"]
    names = [(f"{i}.txt", b"") for i in range(most + 1)]
    assert refused(packed(tmp_path, *names)) == "ARCHIVE_BOMB"


def test_two_entries_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = packed(tmp_path, ("a.geojson", b"1"), ("a.geojson", b"2"))
    assert refused(path) == "ARCHIVE_PATH"


def test_a_password_is_named(tmp_path: Path) -> None:
    path = packed(tmp_path, ("a.geojson", b"1"))
    data = bytearray(path.read_bytes())
    for start in (data.index(b"PK\x03\x04") + 6, data.index(b"PK\x01\x02") + 8):
        data[start] |= 1
    path.write_bytes(bytes(data))
    assert refused(path) == "ARCHIVE_LOCKED"


@pytest.mark.parametrize(("part", "code"), [(0.5, "TRUNCATED"), (0.9, "TRUNCATED")])
def test_a_zip_that_is_cut_off(tmp_path: Path, part: float, code: str) -> None:
    path = packed(tmp_path, ("a.geojson", POINT * 50), ("b.geojson", POINT))
    path.write_bytes(path.read_bytes()[: int(part * path.stat().st_size)])
    assert refused(path) == code


def test_what_is_no_zip(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"Rar!")
    assert refused(path) == "FORMAT_MISMATCH"


def test_a_gz_holds_one_file(tmp_path: Path) -> None:
    path = tmp_path / "学校.geojson.gz"
    path.write_bytes(gzip.compress(POINT))
    (member,) = opened(path).members
    assert (member.name, member.path.suffix) == ("学校.geojson", ".geojson")
    assert member.path.read_bytes() == POINT


@pytest.mark.parametrize(
    ("data", "code"),
    [(gzip.compress(bytes(30_000_000), mtime=0), "ARCHIVE_BOMB"),
     (gzip.compress(POINT, mtime=0)[:-9], "TRUNCATED"),
     (b"\x1f\x8b\x08\x00garbage and more", "CORRUPT"), (b"PK", "FORMAT_MISMATCH")],
)  # fmt: skip
def test_bad_gz(tmp_path: Path, data: bytes, code: str) -> None:
    path = tmp_path / "a.geojson.gz"
    path.write_bytes(data)
    assert refused(path) == code


def test_what_a_mac_adds_does_not_count(tmp_path: Path) -> None:
    found = opened(
        packed(tmp_path, ("a.shp", b"1"), ("__MACOSX/._a.shp", b"2"), (".DS_Store", b"3"))
    )
    assert [m.name for m in found.members] == ["a.shp"]


def test_choosing_the_one_data_file(tmp_path: Path) -> None:
    members = opened(
        packed(tmp_path, ("d/a.shp", b"1"), ("d/b.shp", b"2"), ("说明.txt", b"3"))
    ).members
    with pytest.raises(InputRefused, match="LAYER_AMBIGUOUS"):
        choose(members, {".shp"}, name="a.zip", layer=None)
    with pytest.raises(InputRefused, match="LAYER_UNKNOWN"):
        choose(members, {".shp"}, name="a.zip", layer="c")
    with pytest.raises(InputRefused, match="EMPTY"):
        choose(members, {".kml"}, name="a.zip", layer=None)
    assert choose(members, {".shp"}, name="a.zip", layer="b") == (members[1], None)
    assert choose(members, {".shp"}, name="a.zip", layer="b.shp") == (members[1], None)
    assert choose(members[:1], {".shp"}, name="a.zip", layer="inner") == (members[0], "inner")


def test_every_cut_of_a_zip_is_refused_with_a_finding(tmp_path: Path) -> None:
    good = io.BytesIO()
    with zipfile.ZipFile(good, "w") as archive:
        archive.writestr("a.geojson", POINT)
    data = good.getvalue()
    for size in range(1, len(data)):
        path = tmp_path / "cut.zip"
        path.write_bytes(data[:size])
        with pytest.raises(InputRefused):
            unpack(path, tmp_path, name="cut.zip")
