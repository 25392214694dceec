"""Which cells does each row of a delimited text hold, and which rows cannot be told apart?

Rows are numbered as a spreadsheet numbers them: every record is one, blank lines included.  A
quote that is not closed spoils its own row only: reading goes on with the next line.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from geo.bundled import load_toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from geo.read.encodings import Decoded

_BLOCK_LINES = 100_000
_QUOTED_BLOCK_LINES = 10_000


@dataclass(frozen=True)
class Row:
    """One record of the file.

    Attributes
    ----------
    number
        Row number as a spreadsheet shows it.
    cells
        The cells; of a spoiled row what a plain split at the delimiter gives.
    text
        The record as it stands in the file.
    code
        Why it cannot be used (``CSV_QUOTE``, ``ENCODING_MIXED``, ...), or None.
    lines
        Physical lines that it takes.
    """

    number: int
    cells: list[str]
    text: str
    code: str | None = None
    lines: int = 1


@dataclass(frozen=True)
class Grid:
    """The rows of a table below its header.

    Attributes
    ----------
    columns
        One list of cells for each header.
    numbers
        Row numbers, aligned with the cells.
    spoiled
        Rows that could not be laid into the columns.
    """

    columns: Sequence[Sequence[str | None]]
    numbers: NDArray[np.int64]
    spoiled: list[Row] = field(default_factory=list)


def rows(
    decoded: Decoded, delimiter: str, *, start: int = 0, number: int = 1, width: int | None = None
) -> Iterator[Row]:
    """Give the records one by one, from physical line `start` on, the first being `number`.

    Parameters
    ----------
    width
        Number of columns where it is known: a quoted cell that swallows a whole row is then
        recognised.
    """
    limits = load_toml("rules/limits.toml")["text"]
    lines = decoded.lines
    while start < len(lines):
        line = lines[start]
        code = _line_fault(line, start in decoded.foreign, limits["line_max_chars"])
        if code is None and '"' in line:
            row = _quoted_row(lines, start, delimiter, number=number, width=width)
        else:
            row = Row(number, line.split(delimiter), line, code)
        yield _checked_cells(row, limits["cell_max_chars"])
        start += row.lines
        number += 1


def grid(decoded: Decoded, delimiter: str, *, start: int, number: int, width: int) -> Grid:
    """Lay the rows from physical line `start` on into `width` columns.

    Blank rows are no rows.  A row with more or fewer cells than the header is spoiled
    (``ROW_LENGTH``), unless all surplus cells are empty.
    """
    longest = load_toml("rules/limits.toml")["text"]["cell_max_chars"]
    if decoded.quoted or decoded.foreign:
        return _slow_grid(decoded, delimiter, start=start, number=number, width=width)
    columns: list[list[str]] = [[] for _ in range(width)]
    numbers: list[NDArray[np.int64]] = []
    spoiled: list[Row] = []
    for first in range(start, len(decoded.lines), _BLOCK_LINES):
        block = decoded.lines[first : first + _BLOCK_LINES]
        text = "\n".join(block)
        fits = np.fromiter((line.count(delimiter) for line in block), np.int64, len(block))
        odd = fits != width - 1
        odd |= np.fromiter(map(len, block), np.int64, len(block)) > longest
        if "\0" in text or (width == 1 and "" in block):
            odd |= np.fromiter(("\0" in line or not line for line in block), bool, len(block))
        if odd.any():
            text = "\n".join(line for line, bad in zip(block, odd, strict=True) if not bad)
        if not odd.all():
            flat = text.replace(delimiter, "\n").split("\n")
            for j, column in enumerate(columns):
                column.extend(flat[j::width])
            numbers.append(np.flatnonzero(~odd) + (number + first - start))
        for i in np.flatnonzero(odd).tolist():
            row = next(rows(decoded, delimiter, start=first + i, number=number + first - start + i))
            spoiled.append(row)
    whole = Grid(columns, np.concatenate(numbers or [np.empty(0, np.int64)]))
    return _with_odd_rows(_without_blank_rows(whole), spoiled, width)


def _line_fault(line: str, foreign: bool, longest: int) -> str | None:  # noqa: FBT001
    if foreign:
        return "ENCODING_MIXED"
    if len(line) > longest:
        return "CELL_TOO_LONG"
    return "CONTROL_CHAR" if "\0" in line else None


def _quoted_row(
    lines: list[str], start: int, delimiter: str, *, number: int, width: int | None
) -> Row:
    """Read a record whose first line has a quote."""
    most: int = load_toml("rules/limits.toml")["text"]["quoted_max_lines"]
    feed = (lines[i] + "\n" for i in range(start, min(start + most, len(lines))))
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    line = lines[start]
    try:
        cells = next(reader)
    except csv.Error as error:
        code = "CELL_TOO_LONG" if "field larger" in str(error) else "CSV_QUOTE"
        return Row(number, line.split(delimiter), line, code)
    used = reader.line_num
    if used > 1 and _swallows(
        lines[start + 1 : start + used], cells, delimiter=delimiter, width=width
    ):
        return Row(number, line.split(delimiter), line, "CSV_QUOTE")
    return Row(number, cells, "\n".join(lines[start : start + used]), None, used)


def _swallows(inner: list[str], cells: list[str], *, delimiter: str, width: int | None) -> bool:
    """Say whether a cell over several lines holds what is a row by itself."""
    if width is None:
        return False
    return len(cells) != width or any(line.count(delimiter) >= width - 1 > 0 for line in inner)


def _checked_cells(row: Row, longest: int) -> Row:
    if row.code is None and len(row.text) > longest and max(map(len, row.cells)) > longest:
        return Row(row.number, row.cells, row.text, "CELL_TOO_LONG", row.lines)
    return row


def _slow_grid(decoded: Decoded, delimiter: str, *, start: int, number: int, width: int) -> Grid:
    """Lay rows into columns where the file has quotes or lines in a foreign encoding.

    Blocks without any fault are parsed at once, the others row by row.
    """
    columns: list[list[str]] = [[] for _ in range(width)]
    numbers: list[int] = []
    spoiled: list[Row] = []
    while start < len(decoded.lines):
        end = min(start + _QUOTED_BLOCK_LINES, len(decoded.lines))
        whole = _whole_block(decoded, delimiter, lines=range(start, end), width=width)
        if whole is not None:
            for column, cells in zip(columns, zip(*whole, strict=True), strict=True):
                column.extend(cells)
            numbers.extend(range(number, number + end - start))
            start, number = end, number + end - start
            continue
        for row in rows(decoded, delimiter, start=start, number=number, width=width):
            start, number = start + row.lines, number + 1
            if row.code is not None or len(row.cells) != width:
                spoiled.append(row)
            else:
                numbers.append(row.number)
                for column, cell in zip(columns, row.cells, strict=True):
                    column.append(cell)
            if start >= end:
                break
    grid = Grid(columns, np.array(numbers, np.int64))
    return _with_odd_rows(_without_blank_rows(grid), spoiled, width)


def _whole_block(
    decoded: Decoded, delimiter: str, *, lines: range, width: int
) -> list[list[str]] | None:
    """Parse a block in which every line is one faultless row, else None."""
    block = decoded.lines[lines.start : lines.stop]
    longest: int = load_toml("rules/limits.toml")["text"]["cell_max_chars"]
    if max(map(len, block)) > longest or any("\0" in line for line in block):
        return None
    if not decoded.foreign.isdisjoint(lines):
        return None
    try:
        parsed = list(csv.reader(block, delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    whole = len(parsed) == len(block) and all(len(cells) == width for cells in parsed)
    return parsed if whole else None


def _without_blank_rows(whole: Grid) -> Grid:
    """Leave out the rows whose cells are all blank."""
    blank = np.ones(len(whole.numbers), bool)
    for column in whole.columns:
        left = np.flatnonzero(blank)
        if len(left) == 0:
            return whole
        blank[left] = [not (column[i] or "").strip() for i in left.tolist()]
    keep = np.flatnonzero(~blank).tolist()
    return Grid([[c[i] for i in keep] for c in whole.columns], whole.numbers[keep], whole.spoiled)


def _with_odd_rows(whole: Grid, odd: list[Row], width: int) -> Grid:
    """Sort the odd rows into blank ones, those with empty surplus cells, and spoiled ones."""
    trimmed: list[Row] = []
    spoiled: list[Row] = []
    for row in odd:
        if row.code is None and not any(cell.strip() for cell in row.cells):
            continue
        surplus = row.cells[width:]
        if row.code is None and len(row.cells) > width and not any(c.strip() for c in surplus):
            trimmed.append(row)
        else:
            code = row.code or "ROW_LENGTH"
            spoiled.append(Row(row.number, row.cells, row.text, code, row.lines))
    if not trimmed:
        return Grid(whole.columns, whole.numbers, spoiled)
    numbers = np.concatenate([whole.numbers, [row.number for row in trimmed]]).astype(np.int64)
    order = np.argsort(numbers, kind="stable")
    columns = [
        [both[i] for i in order.tolist()]
        for j, column in enumerate(whole.columns)
        for both in ([*column, *(row.cells[j] for row in trimmed)],)
    ]
    return Grid(columns, numbers[order], spoiled)
