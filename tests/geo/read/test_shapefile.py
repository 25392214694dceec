"""Shapefiles of strangers: lost parts, lying encodings, cut names."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from vector_files import NAMES, XY, codes, frame, refused

from geo.findings import InputRefused
from geo.read.dbf import read_dbf
from geo.read.encodings import best_codec
from geo.read.vectors import read_vector


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
     ("gbk", "936", []), ("gbk", None, ["ENCODING_GUESSED"]),
     ("gbk", "UTF-8", ["ENCODING_GUESSED"]),
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
    [(["学校".encode("gbk")], "gb18030"), (["学校".encode()], "utf-8"),
     (["café".encode()], "utf-8"),
     (["学校".encode("gbk"), "Ж".encode()], "gb18030"), (["学校".encode(), "Ж".encode()], "utf-8")],
)  # fmt: skip
def test_short_texts_that_are_both(samples: list[bytes], codec: str) -> None:
    assert best_codec({(data, False) for data in samples}) == codec
