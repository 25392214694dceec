"""What does an Excel sheet hold, and what does it hide: formulas, merged cells, hidden rows?

The workbook is inspected before anything unpacks it: parts that inflate beyond all measure and XML
entities are refused.  Values are read by calamine, which never computes a formula; so a formula
whose result is not stored would read as an empty cell, and is looked for in the sheet's own XML.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
import xml.parsers.expat
import zipfile
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import python_calamine as calamine

from geo import columns as cols
from geo.bundled import load_toml
from geo.delimited import Grid
from geo.findings import Finding, InputRefused
from geo.flags import Flag, Remark, findings_of, rejects_of
from geo.tables import assemble, content, header_at, header_notes, join_headers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from geo.columns import Column
    from geo.raw import RawTable

_CHUNK = 1 << 20
_TAIL = 64
_DTD = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_CELL = re.compile(rb"\br=[\"']([A-Z]{1,3})([0-9]{1,8})[\"']")
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}sheet"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_EXACT_DIGITS = 1e15
_FULL_HEADER = 2


@dataclass(frozen=True)
class Peek:
    """What a sheet's XML says besides its values (rows and columns counted from 0).

    Attributes
    ----------
    unsolved
        Cells with a formula and no stored result.
    hidden
        Hidden rows.
    """

    unsolved: frozenset[tuple[int, int]] = frozenset()
    hidden: frozenset[int] = frozenset()


def read_workbook(
    path: Path,
    *,
    name: str,
    known: Mapping[str, Column],
    own: Mapping[str, str] | None = None,
    sheet: str | None = None,
) -> RawTable:
    """Read one sheet of a workbook.

    Parameters
    ----------
    path
        ``.xlsx``, ``.xlsm`` or a true ``.xls``.
    name
        File name as the user wrote it.
    known, own
        Canonical columns and the study's own headers.
    sheet
        The sheet's name; None: the only sheet that has a header and rows.

    Raises
    ------
    InputRefused
        ``FORMAT_MISMATCH``, ``ARCHIVE_BOMB``, ``XML_ENTITY``, ``WORKBOOK_LOCKED``, ``CORRUPT``,
        ``TRUNCATED``, ``LAYER_AMBIGUOUS``, ``LAYER_UNKNOWN``, and those of `geo.tables`.
    """
    with path.open("rb") as file:
        start = file.read(4096)
    what = content(start)
    zipped = what == "ZIP/XLSX"
    if not zipped and what != "XLS":
        raise InputRefused(Finding("FORMAT_MISMATCH", name, detail={"found": what or "text"}))
    parts = _inspect(path, name=name) if zipped else {}
    try:
        with calamine.CalamineWorkbook.from_path(str(path)) as book:
            found = _sheets(book, known, own or {}, name=name, wanted=sheet, parts=parts)
    except calamine.PasswordError as error:
        raise InputRefused(Finding("WORKBOOK_LOCKED", name)) from error
    except (calamine.CalamineError, OSError) as error:
        raise InputRefused(Finding("CORRUPT", name, detail={"reason": "XLSX"})) from error
    peek = _peek(path, parts.get(found.name)) if zipped else Peek()
    return _table(found, peek, name=name, known=known, own=own or {})


@dataclass(frozen=True)
class _Sheet:
    """A sheet as calamine reads it."""

    name: str
    rows: list[list[Any]]
    merged: list[tuple[tuple[int, int], tuple[int, int]]]
    others: tuple[str, ...] = ()


def _inspect(path: Path, *, name: str) -> dict[str, str]:
    """Unpack all parts into nothing, within limits; return sheet name -> part.

    The sizes that a zip declares may lie, so the bytes themselves are counted.
    """
    limits = load_toml("rules/limits.toml")["workbook"]
    total = 0
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            if len(infos) > limits["max_parts"]:
                raise _bomb(name, f"{len(infos)} parts")
            for info in infos:
                _check_declared(info, limits, name=name)
                for chunk in _chunks(archive, info):
                    total += len(chunk) - _TAIL
                    if total > limits["max_unpacked_bytes"]:
                        raise _bomb(name, f"> {total / 1e6:.0f} MB")
                    if _DTD.search(chunk) or _DTD.search(chunk.replace(b"\0", b"")):
                        raise InputRefused(Finding("XML_ENTITY", name))
            return _parts(archive)
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise InputRefused(Finding("TRUNCATED", name)) from error
    except (NotImplementedError, RuntimeError, ET.ParseError, KeyError) as error:
        raise InputRefused(Finding("CORRUPT", name, detail={"reason": "ZIP"})) from error


def _check_declared(info: zipfile.ZipInfo, limits: Mapping[str, int], *, name: str) -> None:
    """Refuse a part by what it declares, before a byte of it is unpacked."""
    packed = max(info.compress_size, 1)
    large = info.file_size > limits["ratio_from_bytes"]
    if info.file_size > limits["max_part_bytes"] or (
        large and info.file_size > limits["max_ratio"] * packed
    ):
        raise _bomb(name, f"{info.file_size / 1e6:.0f} MB / {packed / 1e6:.1f} MB")


def _chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """Give a part piece by piece, each with the end of the one before it."""
    tail = b" " * _TAIL
    with archive.open(info) as part:
        while chunk := part.read(_CHUNK):
            yield tail + chunk
            tail = (tail + chunk)[-_TAIL:]


def _bomb(name: str, found: str) -> InputRefused:
    return InputRefused(Finding("ARCHIVE_BOMB", name, detail={"found": found}))


def _parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return sheet name -> its part (the XML has been tested: it declares no entities)."""
    book = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
    links = ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    target = {link.get("Id"): link.get("Target", "") for link in links}
    found = {}
    for sheet in book.iter(_SHEET):
        part = target.get(sheet.get(_LINK), "")
        part = part.lstrip("/") if part.startswith("/") else f"xl/{part}"
        found[sheet.get("name", "")] = part
    return found


def _sheets(
    book: calamine.CalamineWorkbook,
    known: Mapping[str, Column],
    own: Mapping[str, str],
    *,
    name: str,
    wanted: str | None,
    parts: Mapping[str, str],
) -> _Sheet:
    """Choose the sheet and read it."""
    names = list(book.sheet_names)
    if wanted is not None and wanted not in names:
        detail = {"layer": wanted, "layers": "、".join(names)}
        raise InputRefused(Finding("LAYER_UNKNOWN", name, value=wanted, detail=detail))
    sheets = [_read(book, n) for n in ([wanted] if wanted else names)]
    filled = [s for s in sheets if sum(_filled(row) for row in s.rows) > 1]
    tables = [s for s in filled if _has_header(s, known, own)]
    if len(tables) > 1:
        detail = {"layers": "、".join(s.name for s in tables)}
        raise InputRefused(Finding("LAYER_AMBIGUOUS", name, detail=detail))
    chosen = (tables or filled or sheets)[0] if sheets else _Sheet("", [], [])
    others = tuple(n for n in names if n != chosen.name)
    return replace(chosen, others=others)


def _read(book: calamine.CalamineWorkbook, name: str) -> _Sheet:
    sheet = book.get_sheet_by_name(name)
    rows = sheet.to_python(skip_empty_area=False)
    return _Sheet(name, rows, list(sheet.merged_cell_ranges or []))


def _filled(row: Sequence[Any]) -> bool:
    return any(cell not in ("", None) for cell in row)


def _has_header(sheet: _Sheet, known: Mapping[str, Column], own: Mapping[str, str]) -> bool:
    within: int = load_toml("rules/limits.toml")["text"]["header_within_rows"]
    head = [[_text(c) or "" for c in row] for row in sheet.rows[:within]]
    wanted = {cols.plain(word) for word in own.values()}
    hits = [
        cols.header_hits(row, known) + sum(cols.plain(c) in wanted for c in row if c)
        for row in head
    ]
    return max(hits, default=0) >= _FULL_HEADER


def _text(cell: Any) -> str | None:  # noqa: ANN401 - whatever a cell may be
    """Return a cell as the text that a person sees, without loss."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        whole = cell.is_integer() and abs(cell) < _EXACT_DIGITS
        return str(int(cell)) if whole else _exponent(repr(cell), cell)
    if isinstance(cell, (dt.datetime, dt.date, dt.time)):
        return cell.isoformat()
    return str(cell)


def _exponent(text: str, cell: float) -> str:
    """Write numbers beyond 15 digits as a spreadsheet shows them: their last digits are gone."""
    return f"{cell:.14G}" if abs(cell) >= _EXACT_DIGITS else text


def _peek(path: Path, part: str | None) -> Peek:
    """Look for unsolved formulas and hidden rows, if the sheet's XML has any at all."""
    if part is None:
        return Peek()
    with zipfile.ZipFile(path) as archive:
        if part not in archive.namelist():
            return Peek()
        info = archive.getinfo(part)
        hints = re.compile(rb"<(?:\w+:)?f[\s>/]|hidden=")
        if not any(hints.search(chunk) for chunk in _chunks(archive, info)):
            return Peek()
        with archive.open(info) as file:
            return _parse(iter(lambda: file.read(_CHUNK), b""))


def _parse(chunks: Iterator[bytes]) -> Peek:
    """Walk through a sheet's XML."""
    unsolved: set[tuple[int, int]] = set()
    hidden: set[int] = set()
    state: dict[str, Any] = {"row": -1, "column": -1, "formula": False, "value": False, "in": ""}

    def start(tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "row":
            state["row"] = int(attributes.get("r", state["row"] + 2)) - 1
            state["column"] = -1
            if attributes.get("hidden") in ("1", "true"):
                hidden.add(state["row"])
        elif tag == "c":
            state["column"] = _column_of(attributes.get("r", ""), state["column"] + 1)
            state["formula"] = state["value"] = False
        elif tag == "f":
            state["formula"] = True
        state["in"] = tag

    def text(data: str) -> None:
        state["value"] |= state["in"] in ("v", "t") and bool(data.strip())

    def end(tag: str) -> None:
        if tag.rpartition(":")[2] == "c" and state["formula"] and not state["value"]:
            unsolved.add((state["row"], state["column"]))
        state["in"] = ""

    parser = xml.parsers.expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = text
    for chunk in chunks:
        parser.Parse(chunk, False)  # noqa: FBT003
    parser.Parse(b"", True)  # noqa: FBT003
    return Peek(frozenset(unsolved), frozenset(hidden))


def _column_of(place: str, otherwise: int) -> int:
    """Return the column (from 0) of a place such as ``AB12``."""
    letters = place.rstrip("0123456789")
    if not letters.isascii() or not letters.isalpha():
        return otherwise
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _table(
    sheet: _Sheet,
    peek: Peek,
    *,
    name: str,
    known: Mapping[str, Column],
    own: Mapping[str, str],
) -> RawTable:
    """Make the raw table of a sheet: header, rows, and what the sheet hides."""
    within: int = load_toml("rules/limits.toml")["text"]["header_within_rows"]
    head = [[_text(cell) or "" for cell in row] for row in sheet.rows[:within]]
    at = header_at(head, known, own, file=name)
    headers, used = join_headers(head, at)
    first = at + used
    numbers = [i for i in range(first, len(sheet.rows)) if _filled(sheet.rows[i])]
    columns = [[_text(sheet.rows[i][j]) for i in numbers] for j in range(len(headers))]
    body = Grid(columns, np.array(numbers, np.int64) + 1)  # type: ignore[arg-type]
    findings = header_notes(at, used, file=name)
    if sheet.others:
        detail = {"used": sheet.name, "others": "、".join(sheet.others)}
        findings.append(Finding("XLSX_SHEETS", name, detail=detail))
    raw = assemble(headers, body, name=name, known=known, own=own, findings=findings)
    flags = _hidden_flags(raw, sheet, peek, headers=headers, known=known, first=first)
    return _apply(raw, flags)


def _hidden_flags(
    raw: RawTable,
    sheet: _Sheet,
    peek: Peek,
    *,
    headers: list[str],
    known: Mapping[str, Column],
    first: int,
) -> list[Flag]:
    """Flag unsolved formulas, merged cells, hidden rows and numbers kept as text."""
    position = {int(row) - 1: i for i, row in enumerate(raw.cells.index)}
    flags = []
    for row, column in sorted(peek.unsolved):
        if row in position and column < len(headers):
            at = np.array([position[row]], np.int64)
            flags.append(Flag("XLSX_FORMULA", at, headers[column], value=[None]))
    meanings = {h: c for c, h in cols.map_columns(list(raw.cells.columns), known, file="").header.items()}
    for (top, left), (bottom, right) in sheet.merged:
        for row, column in itertools.product(range(max(top, first), bottom + 1), range(left, right + 1)):
            if (row, column) != (top, left) and row in position and column < len(headers):
                meaning = known.get(meanings.get(headers[column], ""))
                main = meaning is not None and (meaning.type != "text" or meaning.name == "name")
                detail = {"first": _text(sheet.rows[top][left]) or ""}
                at = np.array([position[row]], np.int64)
                becomes = "quarantine" if main else "note"
                flags.append(Flag("XLSX_MERGED", at, headers[column], becomes, detail))
    hidden = [position[row] for row in sorted(peek.hidden) if row in position]
    flags.append(Flag("XLSX_HIDDEN", np.array(hidden, np.int64)))
    return flags


def _apply(raw: RawTable, flags: list[Flag]) -> RawTable:
    """Set the flagged rows aside."""
    rejected = rejects_of(flags, raw.cells, file=raw.name)
    keep = ~raw.cells.index.isin(rejected.index)
    if len(raw.rejected):
        rejected = pd.concat([raw.rejected, rejected]).sort_index(kind="stable")
    said = findings_of(flags, raw.cells, file=raw.name)
    return replace(
        raw, cells=raw.cells[keep], rejected=rejected, findings=(*raw.findings, *said)
    )
