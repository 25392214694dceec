"""Is a Shapefile complete, and which features does it hold?

A Shapefile is several files that get parted in mails and zips.  The attributes are read by
`geo.read.dbf`; GDAL sees only the shapes, in a temporary folder: beside the user's file nothing is
read that was not asked for, and nothing is written.
"""

from __future__ import annotations

import struct
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geo.findings import Finding, InputRefused
from geo.read.dbf import declared_text, read_dbf
from geo.read.features import raw_table
from geo.read.flags import Remark
from geo.read.gdalread import borrow, read_with_gdal

if TYPE_CHECKING:
    from geo.read.raw import RawTable

_CODE = 9994
_HEADER = 100
_WORD = 2


def read_shapefile(path: Path, *, name: str) -> RawTable:
    """Read a Shapefile by its ``.shp``.

    Returns
    -------
    RawTable
        ``crs`` is the text of the ``.prj`` (a WKT), or None where there is none.

    Raises
    ------
    InputRefused
        ``SHP_INCOMPLETE`` (no ``.dbf``), ``TRUNCATED``, ``CORRUPT``, ``FORMAT_MISMATCH``.
    """
    parts = _parts(path)
    findings: list[Finding] = []
    _check_head(path, name=name)
    if ".dbf" not in parts:
        missing = f"{path.stem}.dbf"
        raise InputRefused(Finding("SHP_INCOMPLETE", name, detail={"missing": missing}))
    cpg = declared_text(parts[".cpg"].read_bytes()) if ".cpg" in parts else None
    table = read_dbf(parts[".dbf"].read_bytes(), declared=cpg, name=name)
    with tempfile.TemporaryDirectory(prefix="yimi-") as folder:
        borrow(path, Path(folder) / "shapes.shp")
        index = Path(folder) / "shapes.shx"
        if ".shx" in parts:
            borrow(parts[".shx"], index)
        else:
            index.write_bytes(rebuilt_index(path.read_bytes(), name=name))
            detail = {"missing": f"{path.stem}.shx"}
            findings.append(Remark("SHP_INCOMPLETE", name, detail=detail, becomes="note"))
            findings.append(Finding("SHP_INDEX_REBUILT", name))
        shapes = read_with_gdal(Path(folder) / "shapes.shp", name=name, layer=None)
    if len(shapes.geometry) != table.records:
        reason = f".shp {len(shapes.geometry)} / .dbf {table.records}"
        raise InputRefused(Finding("CORRUPT", name, detail={"reason": reason}))
    # Positions of flags count all records; the rows of the table are those not deleted.
    place = np.full(table.records, -1, np.int64)
    place[table.kept] = np.arange(len(table.kept))
    moved = [replace(flag, rows=place[flag.rows][place[flag.rows] >= 0]) for flag in shapes.flags]
    crs = None
    if ".prj" in parts:
        crs = parts[".prj"].read_bytes()[:65_536].decode("utf-8", "replace").strip("\ufeff \r\n")
    return raw_table(
        name,
        table.cells,
        shapes.geometry[table.kept],
        crs=crs or None,
        flags=[*table.flags, *moved],
        findings=(*findings, *table.findings),
    )


def rebuilt_index(data: bytes, *, name: str) -> bytes:
    """Return the ``.shx`` that belongs to a ``.shp``.

    Raises
    ------
    InputRefused
        ``CORRUPT`` where the chain of records breaks.
    """
    records = []
    at = _HEADER
    while at + 8 <= len(data):
        (words,) = struct.unpack(">i", data[at + 4 : at + 8])
        if words < _WORD or at + 8 + words * _WORD > len(data):
            raise InputRefused(Finding("CORRUPT", name, detail={"reason": f".shp @{at}"}))
        records.append(struct.pack(">ii", at // _WORD, words))
        at += 8 + words * _WORD
    body = b"".join(records)
    length = struct.pack(">i", (_HEADER + len(body)) // _WORD)
    return data[:24] + length + data[28:_HEADER] + body


def _parts(path: Path) -> dict[str, Path]:
    """Return the files of the same name in the folder by their extension, whatever its case."""
    found: dict[str, Path] = {}
    for other in sorted(path.parent.iterdir()):
        if other.stem == path.stem and other.is_file():
            found.setdefault(other.suffix.lower(), other)
    return found


def _check_head(path: Path, *, name: str) -> None:
    with path.open("rb") as file:
        head = file.read(_HEADER)
    if len(head) < 4 or struct.unpack(">i", head[:4])[0] != _CODE:  # noqa: PLR2004
        raise InputRefused(Finding("FORMAT_MISMATCH", name, detail={"found": "?"}))
    size = path.stat().st_size
    if len(head) < _HEADER or struct.unpack(">i", head[24:28])[0] * _WORD > size:
        raise InputRefused(Finding("TRUNCATED", name))
