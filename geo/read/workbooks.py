"""What does an Excel sheet hold, and what does it hide: formulas, merged cells, hidden rows?

The workbook is inspected before anything unpacks it: parts that inflate beyond all measure and XML
entities are refused.  Values are read by calamine, which never computes a formula; so a formula
whose result is not stored would read as an empty cell, and is looked for in the sheet's own XML.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import python_calamine as calamine

from geo.bundled import load_toml
from geo.findings import Finding, InputRefused
from geo.read import columns as cols
from geo.read.delimited import Grid
from geo.read.flags import Flag, findings_of, rejects_of
from geo.read.sheetxml import Peek, inspect, peek
from geo.read.signatures import format_of, markup_of
from geo.read.tables import assemble, header_at, header_notes, join_headers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from geo.arrays import Ints
    from geo.findings import Outcome
    from geo.read.columns import Column
    from geo.read.raw import RawTable

_NUMBER = re.compile(r"\s*[-+]?[0-9]+(?:\.[0-9]+)?\s*")
_EXACT_DIGITS = 1e15
_FULL_HEADER = 2


def read_workbook(
    path: Path,
    *,
    name: str,
    canonical: Mapping[str, Column],
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
    canonical, own
        Canonical columns and the study's own headers.
    sheet
        The sheet's name; None: the only sheet that has a header and rows.

    Raises
    ------
    InputRefused
        ``FORMAT_MISMATCH``, ``ARCHIVE_BOMB``, ``XML_ENTITY``, ``WORKBOOK_LOCKED``, ``CORRUPT``,
        ``TRUNCATED``, ``LAYER_AMBIGUOUS``, ``LAYER_UNKNOWN``, and those of `geo.read.tables`.
    """
    with path.open("rb") as file:
        start = file.read(4096)
    kind = format_of(start) or markup_of(start)
    zipped = kind == "ZIP"
    if not zipped and kind != "XLS":
        raise InputRefused(Finding("FORMAT_MISMATCH", name, detail={"found": kind or "text"}))
    parts = inspect(path, name=name) if zipped else {}
    try:
        with calamine.CalamineWorkbook.from_path(str(path)) as book:
            found = _sheets(book, canonical, own or {}, name=name, wanted=sheet)
    except calamine.PasswordError as error:
        raise InputRefused(Finding("WORKBOOK_LOCKED", name)) from error
    except (calamine.CalamineError, OSError) as error:
        raise InputRefused(Finding("CORRUPT", name, detail={"reason": "XLSX"})) from error
    seen = peek(path, parts.get(found.name), name=name) if zipped else Peek()
    return _table(found, seen, name=name, canonical=canonical, own=own or {})


@dataclass(frozen=True)
class _Sheet:
    """A sheet as calamine reads it."""

    name: str
    rows: list[list[Any]]
    merged: list[tuple[tuple[int, int], tuple[int, int]]]
    others: tuple[str, ...] = ()


def _sheets(
    book: calamine.CalamineWorkbook,
    canonical: Mapping[str, Column],
    own: Mapping[str, str],
    *,
    name: str,
    wanted: str | None,
) -> _Sheet:
    """Choose the sheet and read it."""
    names = list(book.sheet_names)
    if wanted is not None and wanted not in names:
        detail = {"layer": wanted, "layers": tuple(names)}
        raise InputRefused(Finding("LAYER_UNKNOWN", name, value=wanted, detail=detail))
    sheets = [_read(book, n) for n in ([wanted] if wanted else names)]
    filled = [s for s in sheets if sum(_filled(row) for row in s.rows) > 1]
    tables = [s for s in filled if _has_header(s, canonical, own)]
    if len(tables) > 1:
        detail = {"layers": tuple(s.name for s in tables)}
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


def _has_header(sheet: _Sheet, canonical: Mapping[str, Column], own: Mapping[str, str]) -> bool:
    within: int = load_toml("rules/limits.toml")["text"]["header_within_rows"]
    head = [[_text(c) or "" for c in row] for row in sheet.rows[:within]]
    wanted = {cols.plain(word) for word in own.values()}
    hits = [
        cols.header_hits(row, canonical) + sum(cols.plain(c) in wanted for c in row if c)
        for row in head
    ]
    return max(hits, default=0) >= _FULL_HEADER


def _text(cell: object) -> str | None:
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


def _table(
    sheet: _Sheet,
    seen: Peek,
    *,
    name: str,
    canonical: Mapping[str, Column],
    own: Mapping[str, str],
) -> RawTable:
    """Make the raw table of a sheet: header, rows, and what the sheet hides."""
    for (row, column), error in seen.errors.items():
        if row < len(sheet.rows) and column < len(sheet.rows[row]):
            sheet.rows[row][column] = error
    within: int = load_toml("rules/limits.toml")["text"]["header_within_rows"]
    head = [[_text(cell) or "" for cell in row] for row in sheet.rows[:within]]
    at = header_at(head, canonical, own, file=name)
    headers, used = join_headers(head, at)
    numbers = [i for i in range(at + used, len(sheet.rows)) if _filled(sheet.rows[i])]
    columns = [[_text(sheet.rows[i][j]) for i in numbers] for j in range(len(headers))]
    body = Grid(columns, np.array(numbers, np.int64) + 1)
    findings = header_notes(at, used, file=name)
    if sheet.others:
        detail = {"used": sheet.name, "others": tuple(sheet.others)}
        findings.append(Finding("XLSX_SHEETS", name, detail=detail))
    raw = assemble(headers, body, name=name, canonical=canonical, own=own, findings=findings)
    place = {int(row) - 1: i for i, row in enumerate(raw.cells.index)}
    types = _types(raw, headers, canonical, own=own)
    flags = [
        *_unsolved(seen, place, headers),
        *_merged(sheet, place, headers, types=types),
        *_text_numbers(sheet, place, headers, types=types),
        Flag("XLSX_HIDDEN", _positions(place[row] for row in sorted(seen.hidden) if row in place)),
    ]
    return _apply(raw, flags)


def _types(
    raw: RawTable, headers: list[str], canonical: Mapping[str, Column], *, own: Mapping[str, str]
) -> dict[int, str]:
    """Return position of a column -> its canonical type (``name`` for the name)."""
    mapped = cols.map_columns(list(raw.cells.columns), canonical, file=raw.name, own=own)
    types = {
        header: "name" if name == "name" else canonical[name].type
        for name, header in mapped.header.items()
        if name in canonical
    }
    return {j: types[header] for j, header in enumerate(headers) if header in types}


def _unsolved(seen: Peek, place: Mapping[int, int], headers: list[str]) -> list[Flag]:
    """Flag formulas without a stored result."""
    rows: dict[int, list[int]] = {}
    for row, column in sorted(seen.unsolved):
        if row in place and column < len(headers):
            rows.setdefault(column, []).append(place[row])
    return [Flag("XLSX_FORMULA", _positions(at), headers[j]) for j, at in rows.items()]


def _merged(
    sheet: _Sheet, place: Mapping[int, int], headers: list[str], *, types: Mapping[int, str]
) -> list[Flag]:
    """Flag the cells of merged ranges that read as empty: in main columns the row is set aside."""
    flags = []
    for (top, left), (bottom, right) in sheet.merged:
        first = (_text(sheet.rows[top][left]) or "") if top < len(sheet.rows) else ""
        for column in range(left, min(right + 1, len(headers))):
            rows = [
                place[row]
                for row in range(top, min(bottom + 1, len(sheet.rows)))
                if row in place and (row, column) != (top, left)
            ]
            in_text = types.get(column, "text") == "text"
            becomes: Outcome = "note" if in_text else "quarantine"
            detail = {"first": first}
            flags.append(Flag("XLSX_MERGED", _positions(rows), headers[column], becomes, detail))
    return flags


def _text_numbers(
    sheet: _Sheet, place: Mapping[int, int], headers: list[str], *, types: Mapping[int, str]
) -> list[Flag]:
    """Note numbers that the workbook keeps as text."""
    flags = []
    for column, kind in types.items():
        if kind in ("number", "coordinate"):
            rows = [
                at
                for row, at in place.items()
                if isinstance(cell := sheet.rows[row][column], str) and _NUMBER.fullmatch(cell)
            ]
            flags.append(Flag("NUMBER_TEXT", _positions(rows), headers[column], becomes="note"))
    return flags


def _positions(rows: Iterable[int]) -> Ints:
    return np.fromiter(rows, np.int64)


def _apply(raw: RawTable, flags: list[Flag]) -> RawTable:
    """Set the flagged rows aside."""
    rejected = rejects_of(flags, raw.cells, file=raw.name)
    keep = ~raw.cells.index.isin(rejected.index)
    if len(raw.rejected):
        rejected = pd.concat([raw.rejected, rejected]).sort_index(kind="stable")
    said = findings_of(flags, raw.cells, file=raw.name)
    return replace(raw, cells=raw.cells[keep], rejected=rejected, findings=(*raw.findings, *said))
