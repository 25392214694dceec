"""Where is the table in a text file or a sheet: header, rows, and what is no row?

Title rows above the header, a header of two rows, totals (合计) and notes below the rows are what
office tables have; none of them may become a place, and none may vanish unsaid.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.bundled import load_toml
from geo.findings import Finding, InputRefused, enumerated
from geo.read import columns as cols
from geo.read.delimited import Grid, Row, grid, rows
from geo.read.encodings import decode, repaired
from geo.read.flags import REJECT_COLUMNS, Flag, Remark, findings_of, in_use, positions, rejects_of
from geo.read.raw import RAW_LINE, RawTable
from geo.read.signatures import format_of, markup_of
from geo.text import formula_restored

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo.read.columns import Column
    from geo.read.encodings import Decoded

_DELIMITERS = (",", "\t", ";", "|", "，")
_NAMES = {",": ",", "\t": "Tab", ";": ";", "|": "|", "，": "，"}
_NUMBER = re.compile(r"[-+]?[\d.,:]+%?")
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_SEP = re.compile(r"sep=(.)", re.IGNORECASE)
_ENOUGH_HITS = 2
_FEW = 2
_START = 4096


def read_text(
    data: bytes,
    *,
    name: str,
    canonical: Mapping[str, Column],
    own: Mapping[str, str] | None = None,
) -> RawTable:
    """Read a delimited text.

    Parameters
    ----------
    data
        The bytes of the file.
    name
        File name as the user wrote it, for the findings.
    canonical, own
        Canonical columns (`geo.read.columns.columns`) and the study's own headers.

    Raises
    ------
    InputRefused
        ``EMPTY``, ``FORMAT_MISMATCH``, ``HEADER_MISSING``, ``HEADER_DUPLICATE``, ``MOJIBAKE``.
    """
    found = format_of(data[:_START]) or markup_of(data[:_START])
    if found is not None:
        raise InputRefused(Finding("FORMAT_MISMATCH", name, detail={"found": found}))
    decoded = decode(data, file=name)
    delimiter, head = _head(decoded, canonical, own or {})
    at = header_at([row.cells for row in head], canonical, own or {}, file=name)
    headers, used = join_headers([row.cells for row in head], at)
    findings = [*decoded.findings]
    if delimiter != ",":
        findings.append(Finding("DELIMITER", name, detail={"delimiter": _NAMES[delimiter]}))
    start = sum(row.lines for row in head[: at + used])
    body = grid(decoded, delimiter, start=start, number=at + used + 1, width=len(headers))
    findings += header_notes(at, used, file=name)
    if set(REJECT_COLUMNS) <= set(headers):
        headers, body = _corrected(headers, body)
    return assemble(headers, body, name=name, canonical=canonical, own=own or {}, findings=findings)


def header_at(
    head: Sequence[Sequence[str]],
    canonical: Mapping[str, Column],
    own: Mapping[str, str],
    *,
    file: str,
) -> int:
    """Return the position of the header among the first rows.

    Raises
    ------
    InputRefused
        ``HEADER_MISSING``, or ``MOJIBAKE`` where the header can be read once repaired.
    """
    hits = [_hits(cells, canonical, own) for cells in head]
    best = max(hits, default=0)
    if best >= _ENOUGH_HITS:
        return hits.index(best)
    widest = max(map(len, head), default=0)
    if widest > load_toml("rules/limits.toml")["file"]["max_columns"]:
        raise InputRefused(Finding("TOO_LARGE", file, detail={"found": f"{widest} columns"}))
    filled = [i for i, cells in enumerate(head) if any(c.strip() for c in cells)]
    if not filled:
        raise InputRefused(Finding("EMPTY", file))
    first = filled[0]
    if best and hits[first] == best and _all_words(head[first]):
        return first
    mended = [[repaired(cell) or cell for cell in cells] for cells in head]
    at = next((i for i, c in enumerate(mended) if _hits(c, canonical, own) >= _ENOUGH_HITS), None)
    if at is not None:
        detail = {"repaired": tuple(mended[at]), "count": 1}
        value = enumerated(head[at])
        raise InputRefused(
            Remark("MOJIBAKE", file, row=at + 1, value=value, detail=detail, becomes="confirm")
        )
    told = head[first] if all(_IDENTIFIER.fullmatch(c) for c in head[first]) else []
    missing = cols.missing_column("name", told, canonical)  # a row of data is never quoted
    raise InputRefused(Remark("HEADER_MISSING", file, row=first + 1, detail=missing.detail))


def join_headers(head: Sequence[Sequence[str]], at: int) -> tuple[list[str], int]:
    """Return the headers and how many rows they take (2 where a second row refines them)."""
    upper = [cell.replace("\ufeff", "").strip() for cell in head[at]]
    lower = [cell.strip() for cell in head[at + 1]] if at + 1 < len(head) else []
    if len(lower) != len(upper) or not _is_second_row(upper, lower):
        return upper, 1
    parent, joined = "", []
    for over, under in zip(upper, lower, strict=True):
        parent = over or parent
        alone = not under or under in load_toml("columns.toml")["rows"]["second_row_totals"]
        joined.append(over if over and alone else parent + under if under else over)
    return joined, 2


def header_notes(at: int, used: int, *, file: str) -> list[Finding]:
    """Return the note that title rows were skipped or that the header has two rows."""
    if at == 0 and used == 1:
        return []
    detail = {"header": at + 1 if used == 1 else f"{at + 1}–{at + used}", "skipped": at}
    return [Finding("HEADER_ROW", file, row=at + 1, detail=detail)]


def assemble(
    headers: Sequence[str],
    body: Grid,
    *,
    name: str,
    canonical: Mapping[str, Column],
    own: Mapping[str, str],
    findings: Sequence[Finding] = (),
) -> RawTable:
    """Make the raw table of headers and rows: names checked, totals and notes set aside.

    Raises
    ------
    InputRefused
        ``EMPTY`` or ``HEADER_DUPLICATE``.
    """
    rows_in = len(body.numbers) + len(body.spoiled)
    _check_size(rows_in, len(headers), name)
    named, notes = _unique_headers(headers, body, canonical, file=name)
    data = {h: np.array(body.columns[j], dtype=object) for j, h in named}
    cells = pd.DataFrame(data, dtype=object)  # pandas would turn None into NaN
    cells.index = pd.Index(body.numbers)
    flags = _no_rows(cells, canonical)
    rejected = rejects_of(flags, cells, file=name)
    said = [*findings, *notes, *findings_of(flags, cells, file=name)]
    if body.spoiled:
        spoiled, more = _spoiled_rows(named, body.spoiled, width=len(headers), file=name)
        rejected = pd.concat([rejected, spoiled]) if len(rejected) else spoiled
        said += more
    used = in_use(flags, len(cells))
    return RawTable(
        name=name,
        cells=cells if used.all() else cells[used],
        geometry=None,
        crs=None,
        rows_in=rows_in,
        rejected=rejected.sort_index(kind="stable"),
        findings=tuple(said),
        blank_main=_blank_main(headers, body, canonical, own=own, file=name),
    )


def _corrected(headers: list[str], body: Grid) -> tuple[list[str], Grid]:
    """Return a file of rejects that comes back corrected, without our own columns and marks."""
    ours = {*REJECT_COLUMNS, RAW_LINE, headers[0]}
    keep = [j for j, header in enumerate(headers) if header not in ours]
    columns = [[formula_restored(cell or "") for cell in body.columns[j]] for j in keep]
    spoiled = [
        replace(r, cells=[r.cells[j] for j in keep if j < len(r.cells)]) for r in body.spoiled
    ]
    names = [formula_restored(headers[j]) for j in keep]
    return names, replace(body, columns=columns, spoiled=spoiled)


def _head(
    decoded: Decoded, canonical: Mapping[str, Column], own: Mapping[str, str]
) -> tuple[str, list[Row]]:
    """Choose the delimiter under which the header has the most known columns."""
    within: int = load_toml("rules/limits.toml")["text"]["header_within_rows"]
    said = _SEP.fullmatch(decoded.lines[0].strip())
    choices = (said[1],) if said and said[1] in _DELIMITERS else _DELIMITERS
    best: tuple[int, int, str, list[Row]] | None = None
    for delimiter in choices:
        head = list(itertools.islice(rows(decoded, delimiter), within))
        hits = max((_hits(row.cells, canonical, own) for row in head), default=0)
        width = Counter(len(row.cells) for row in head).most_common(1)[0][0]
        if best is None or (hits, width) > best[:2]:
            best = (hits, width, delimiter, head)
    if best is None:
        raise AssertionError
    return best[2], best[3]


def _hits(cells: Sequence[str], canonical: Mapping[str, Column], own: Mapping[str, str]) -> int:
    """Count the known columns in a row (no row has as many as the widest table that is read)."""
    widest: int = load_toml("rules/limits.toml")["file"]["max_columns"]
    if len(cells) > widest:
        return 0
    wanted = {cols.plain(word) for word in own.values()}
    mine = sum(bool(cell) and cols.plain(cell) in wanted for cell in cells) if wanted else 0
    return mine + cols.header_hits(cells, canonical)


def _all_words(cells: Sequence[str]) -> bool:
    """Say whether a row could be a header: several cells, all different, none a number."""
    words = [cell.strip() for cell in cells if cell.strip()]
    numbers = any(_NUMBER.fullmatch(word) for word in words)
    return len(words) > 1 and len(set(words)) == len(words) and not numbers


def _is_second_row(upper: list[str], lower: list[str]) -> bool:
    """Say whether the row below the header refines it: it names what the header leaves blank."""
    under_blank = [low for up, low in zip(upper, lower, strict=True) if not up]
    words = [low for low in lower if low]
    numbers = any(_NUMBER.fullmatch(unicodedata.normalize("NFKC", word)) for word in words)
    first_blank = not lower[0] or not upper[0]
    return bool(under_blank) and all(under_blank) and first_blank and not numbers


def _check_size(rows_in: int, width: int, name: str) -> None:
    limits = load_toml("rules/limits.toml")["file"]
    if rows_in == 0:
        raise InputRefused(Finding("EMPTY", name))
    if rows_in > limits["max_rows"] or width > limits["max_columns"]:
        detail = {"found": f"{rows_in} x {width}", **limits}
        raise InputRefused(Finding("TOO_LARGE", name, detail=detail))


def _unique_headers(
    headers: Sequence[str], body: Grid, canonical: Mapping[str, Column], *, file: str
) -> tuple[list[tuple[int, str]], list[Finding]]:
    """Give every column that has values a name of its own."""
    counts = Counter(h for h in headers if h)
    twice = [h for h, n in counts.items() if n > 1]
    main = [h for h in twice if cols.header_hits([h], canonical)]
    if main:
        at = tuple(j + 1 for j, h in enumerate(headers) if h == main[0])
        detail = {"columns": at}
        raise InputRefused(Finding("HEADER_DUPLICATE", file, column=main[0], detail=detail))
    named: list[tuple[int, str]] = []
    notes: list[Finding] = []
    taken = set(headers)
    for j, header in enumerate(headers):
        if header and header not in {h for _, h in named}:
            named.append((j, header))
        elif any(cell and cell.strip() for cell in body.columns[j]):
            own_name = cols.free_name(
                header or f"{load_toml('columns.toml')['rows']['unnamed']}{j + 1}", taken
            )
            taken.add(own_name)
            named.append((j, own_name))
            code = "HEADER_DUPLICATE" if header else "HEADER_BLANK"
            blank = {"columns": j + 1, "name": own_name}
            notes.append(Remark(code, file, column=own_name, detail=blank, becomes="note"))
    return named, notes


def _blank_main(
    headers: Sequence[str],
    body: Grid,
    canonical: Mapping[str, Column],
    *,
    own: Mapping[str, str],
    file: str,
) -> tuple[Finding, ...]:
    """Say that a column with values has no header while a main column of places is missing."""
    blank = [
        j for j, h in enumerate(headers) if not h and any(c and c.strip() for c in body.columns[j])
    ]
    if not blank:
        return ()
    filled = [h for h in dict.fromkeys(headers) if h]
    mapped = cols.map_columns(filled, canonical, file=file, own=own)
    missing = [n for n in ("name", "kind") if n not in mapped.header]
    if not mapped.placed:
        missing += ["longitude", "latitude"]
    at = tuple(j + 1 for j in blank)
    told = [cols.missing_column(n, filled, canonical) for n in missing]
    return tuple(Finding("HEADER_MISSING", file, detail={**t.detail, "blank": at}) for t in told)


def _no_rows(cells: pd.DataFrame, canonical: Mapping[str, Column]) -> list[Flag]:
    """Find the totals and notes that stand between or below the rows."""
    words = load_toml("columns.toml")["rows"]
    names = {cols.plain(w) for n in ("id", "name") if n in canonical for w in canonical[n].synonyms}
    looked = [h for i, h in enumerate(cells.columns) if i == 0 or cols.plain(h) in names]
    total: set[int] = set()
    for header in looked:
        total |= _lines_with(cells[header].tolist(), [*words["totals"], *words["total_endings"]])
    note = {
        i
        for i in _lines_with(cells.iloc[:, 0].tolist(), words["notes"])
        if _is_note(cells.iloc[i], tuple(words["notes"]))
    }
    total = {i for i in total - note if _is_total(cells.iloc[i], looked)}
    return [
        Flag("TOTAL_ROW", np.array(sorted(total), np.int64)),
        Flag("NOTE_ROW", np.array(sorted(note), np.int64)),
    ]


def _lines_with(texts: Sequence[str | None], words: Sequence[str]) -> set[int]:
    """Return the positions of cells that hold one of the words, however they are spaced."""
    spaced = "|".join(r"\s*".join(re.escape(c) for c in word) for word in words)
    pattern = re.compile(spaced.replace(":", "[:：]"), re.IGNORECASE)
    if not pattern.search("\n".join(text or "" for text in texts)):
        return set()
    return {i for i, text in enumerate(texts) if text and pattern.search(text)}


def _is_note(row: pd.Series[str], words: tuple[str, ...]) -> bool:
    """Say whether a row is a remark: it begins like one and has one more cell at most."""
    filled = [text for text in row if text and text.strip()]
    return bool(filled) and _squeezed(filled[0]).startswith(words) and len(filled) <= _FEW


def _is_total(row: pd.Series[str], looked: Sequence[str]) -> bool:
    """Say whether a row is a total: a school may be called so, but it has more cells."""
    words = load_toml("columns.toml")["rows"]
    texts = [_squeezed(row[h]).rstrip(":)") for h in looked if row[h]]
    if any(text in words["totals"] for text in texts):
        return True
    ends = any(text.endswith(tuple(words["total_endings"])) for text in texts)
    return ends and sum(bool(t and t.strip()) for t in row) <= len(row) // 2


def _squeezed(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).lower()


def _spoiled_rows(
    named: Sequence[tuple[int, str]], spoiled: list[Row], *, width: int, file: str
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Return the rejects of rows that could not be laid into the columns, and their findings."""
    laid = [
        [*(row.cells[j] if j < len(row.cells) else "" for j, _ in named), row.text]
        for row in spoiled
    ]
    index = pd.Index([row.number for row in spoiled])
    headers = [*(header for _, header in named), RAW_LINE]
    frame = pd.DataFrame(laid, index=index, columns=headers, dtype=object)
    codes = np.array([row.code for row in spoiled])
    flags = []
    for code in sorted(set(codes.tolist())):
        at = positions(codes == code)
        found = [len(spoiled[i].cells) for i in at]
        detail = {"expected": width}
        flags.append(Flag(code, at, None, "quarantine", detail, {"found": found}))
    return rejects_of(flags, frame, file=file), findings_of(flags, frame, file=file)
