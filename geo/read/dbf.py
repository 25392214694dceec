"""Which rows does the DBF of a Shapefile hold, and in which encoding?

Read here and not with GDAL, which must be told the encoding, believes a ``.cpg`` that lies, and
fails on a column name that was cut inside a character.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geo.bundled import load_toml
from geo.findings import Finding, InputRefused
from geo.read.encodings import UTF8, best_codec, decoded
from geo.read.flags import Flag

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Bytes = NDArray[np.bytes_]

_HEADER, _FIELD = 32, 32
_NAME_BYTES = 11
_DELETED, _END_OF_FIELDS = b"*", 0x0D
# What a code page number in the header means, where it is about Chinese or Unicode.
_BY_NUMBER = {0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "big5", 0x78: "big5"}
_SPELLINGS = {
    "utf8": "utf-8", "65001": "utf-8", "gbk": "gb18030", "gb2312": "gb18030", "936": "gb18030",
    "cp936": "gb18030", "gb18030": "gb18030", "ansi936": "gb18030", "54936": "gb18030",
    "big5": "big5", "950": "big5", "cp950": "big5", "ansi950": "big5",
}  # fmt: skip


@dataclass(frozen=True)
class _Field:
    """One column: name as bytes, type letter, width, decimals."""

    name: bytes
    type: str
    width: int
    decimals: int


@dataclass(frozen=True)
class Dbf:
    """The attribute table of a Shapefile.

    Attributes
    ----------
    cells
        Rows that are not deleted; index = record number, from 1.
    kept
        Positions of these rows among all records.
    records
        All records, the deleted ones too.
    flags
        Rows with text in another encoding.
    findings
        ``ENCODING_GUESSED``, ``FIELD_TRUNCATED``.
    """

    cells: pd.DataFrame
    kept: NDArray[np.int64]
    records: int
    flags: tuple[Flag, ...]
    findings: tuple[Finding, ...]


def read_dbf(data: bytes, *, declared: str | None, name: str) -> Dbf:
    """Read a DBF.

    Parameters
    ----------
    data
        The file.
    declared
        Text of the ``.cpg``, or None.

    Raises
    ------
    InputRefused
        ``TRUNCATED``, ``CORRUPT``.
    """
    fields, records, start, length = _head(data, name=name)
    if start + records * length > len(data):
        raise InputRefused(Finding("TRUNCATED", name, detail={"missing": ".dbf"}))
    layout = [("deleted", "S1"), *((f"f{i}", f"S{f.width}") for i, f in enumerate(fields))]
    table = np.frombuffer(data, np.dtype(layout), count=records, offset=start)
    kept = np.flatnonzero(table["deleted"] != _DELETED).astype(np.int64)
    raw = [table[f"f{i}"][kept] for i in range(len(fields))]
    texts = [i for i, f in enumerate(fields) if f.type not in "NFDL"]
    said = _codec(declared) or _BY_NUMBER.get(data[29])
    codec, guessed = _encoding(fields, [raw[i] for i in texts], said)
    detail = {"encoding": codec.upper()}
    findings = (
        (Finding("ENCODING_GUESSED", name, value=declared, detail=detail),) if guessed else ()
    )
    names, cut = _names(fields, codec, name=name)
    index = pd.Index(kept + 1)
    columns: dict[str, pd.Series[Any]] = {}
    foreign = np.zeros(len(kept), bool)
    for i, field in enumerate(fields):
        values: Sequence[object] = []
        if i in texts:
            values, bad = _texts(raw[i], codec, field.width)
            foreign |= bad
        else:
            values = _values(raw[i], field)
        columns[names[i]] = pd.Series(values, index=index, dtype=object)
    rows = np.flatnonzero(foreign).astype(np.int64)
    flags = (Flag("ENCODING_MIXED", rows, detail=detail),) if len(rows) else ()
    return Dbf(pd.DataFrame(columns, index=index), kept, records, flags, (*findings, *cut))


def _head(data: bytes, *, name: str) -> tuple[list[_Field], int, int, int]:
    """Return the fields, the number of records, where they start and how long each is."""
    if len(data) < _HEADER + 1:
        raise InputRefused(Finding("TRUNCATED", name))
    records, start, length = struct.unpack("<IHH", data[4:12])
    fields = []
    at = _HEADER
    while at + _FIELD <= min(start, len(data)) and data[at] != _END_OF_FIELDS:
        part = data[at : at + _FIELD]
        letter = chr(part[11])
        # Text may use the byte of the decimals for longer widths; numbers may not.
        fields.append(_Field(part[:_NAME_BYTES].split(b"\0")[0], letter, part[16], part[17]))
        at += _FIELD
    most: int = load_toml("rules/limits.toml")["file"]["max_columns"]
    sound = bool(fields) and len(fields) <= most and all(f.width for f in fields)
    if not sound or 1 + sum(f.width for f in fields) != length:
        raise InputRefused(Finding("CORRUPT", name, detail={"reason": ".dbf header"}))
    return fields, records, start, length


def _encoding(
    fields: Sequence[_Field], columns: Sequence[Bytes], said: str | None
) -> tuple[str, bool]:
    """Decide by the bytes: strict UTF-8, strict GB18030, then what is declared.

    Returns
    -------
    codec
        Python's name.
    guessed
        Whether it is another than the declared one.
    """
    samples = {(f.name, len(f.name) == _NAME_BYTES - 1) for f in fields if not f.name.isascii()}
    for column in columns:
        width = column.dtype.itemsize
        samples |= {(b, len(b) == width) for b in set(column.tolist()) if not b.isascii()}
    if not samples:
        return said or UTF8, False
    best = best_codec(samples, said)
    return best, best != said


def _codec(declared: str | None) -> str | None:
    """Return Python's name of what a ``.cpg`` says, or None."""
    if declared is None:
        return None
    plain = "".join(c for c in declared.lower() if c.isalnum())
    return _SPELLINGS.get(plain)


def _names(
    fields: Sequence[_Field], codec: str, *, name: str
) -> tuple[list[str], tuple[Finding, ...]]:
    """Return column names, all different, and which of them were cut inside a character."""
    names: list[str] = []
    findings = []
    for position, field in enumerate(fields):
        text = decoded(field.name, codec, cut=False)
        whole = text is not None
        plain = (text if text is not None else field.name.decode(codec, "ignore")).strip()
        free = plain or f"field_{position + 1}"
        number = 2
        while free in names:
            free, number = f"{plain}_{number}", number + 1
        names.append(free)
        if not whole or (plain and free != plain):
            detail = {"meaning": free}
            findings.append(Finding("FIELD_TRUNCATED", name, column=free, detail=detail))
    return names, tuple(findings)


def _texts(column: Bytes, codec: str, width: int) -> tuple[list[str | None], NDArray[np.bool_]]:
    """Decode a text column, each distinct value once; say which cells are in another encoding."""
    distinct, where = np.unique(column, return_inverse=True)
    known: list[str | None] = []
    bad = np.zeros(len(distinct), bool)
    for i, data in enumerate(distinct.tolist()):
        text = decoded(data, codec, cut=len(data) == width)
        bad[i] = text is None
        shown = data.decode(codec, "backslashreplace") if text is None else text
        known.append(shown.strip().strip("\0") or None)
    return [known[i] for i in where.tolist()], bad[where]


def _values(column: Bytes, field: _Field) -> list[object]:
    """Return numbers, dates and logical values; what is none of these stays text."""
    cells = [cell.strip(b" \0") for cell in column.tolist()]
    if field.type == "L":
        return [{b"T": True, b"Y": True, b"F": False, b"N": False}.get(c.upper()) for c in cells]
    if field.type == "D":
        return [_date(cell) for cell in cells]
    return [_number(cell, whole=field.decimals == 0) for cell in cells]


def _date(cell: bytes) -> str | None:
    text = cell.decode("latin-1")
    if not text.strip("0"):
        return None
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == len("20250101") else text


def _number(cell: bytes, *, whole: bool) -> object:
    if not cell.strip(b"*"):
        return None
    try:
        return int(cell) if whole else float(cell)
    except ValueError:
        pass
    try:
        return float(cell)
    except ValueError:
        return cell.decode("latin-1")


def declared_text(data: Iterable[int] | bytes) -> str:
    """Return the text of a ``.cpg``."""
    return bytes(data)[:64].decode("ascii", "replace").strip()
