"""What has become of the hazards since the last ledger, and how do the offices' edits survive?

An office works in the ledger for months: status, dates, body, notes, photos, columns and rows of
its own.  A new run computes everything else anew and joins both by the id of the hazard.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from analyses.hazards.ledger_rows import is_hazard_id, statuses, vocabularies
from geo.bundled import load_toml
from geo.crs import project
from geo.findings import Finding, InputRefused
from geo.read import TEXT, Column, ReadRequest, as_texts, map_columns, missing_column, open_raw
from geo.text import formula_restored
from geo.userfiles import inside
from geo.words import languages, text, texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})?日?)?(?:[T ].*)?")
_REVIEW = "to_review"
_KEPT, _GONE, _RETURNED, _OWN = "kept", "gone", "returned", "own"
_IN_BOTH = ("place", "description", "evidence")
"""One column in the file, two in the ledger: a file is written in one language."""
_MONTH_CHARS = len("2026-03")


@dataclass(frozen=True, eq=False)
class Merged:
    """A ledger that goes on from the last one.

    Attributes
    ----------
    ledger
        As of `analyses.hazards.ledger`, with the offices' columns and rows, ``change`` since
        the last ledger and ``status_before`` (of hazards that are gone).
    findings
        How many are gone, and how many have returned.
    """

    ledger: gpd.GeoDataFrame
    findings: tuple[Finding, ...]


def read_ledger(path: str, base: Path) -> pd.DataFrame:
    """Read a ledger that offices have edited.

    Parameters
    ----------
    path
        XLSX or CSV, with Chinese or English headers; columns may be added, left out and moved.
    base
        Folder in or beside which the file lies.

    Returns
    -------
    DataFrame
        Canonical columns (``data/words/ledger.toml``) in the order of the file, then the office's
        own under their headers; the index is the row as Excel shows it.  Words of a vocabulary are
        turned into ids again; what an office has written instead stays as it is.

    Raises
    ------
    InputRefused
        ``LEDGER_ID``, ``LEDGER_STATUS``, ``LEDGER_DATE`` with row, column and value of each slip;
        what `geo.read.readers.open_raw` refuses, and rows that it could not read.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import pandas as pd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = pd.DataFrame({"id": ["H1"], "status": ["closed"]})
    ...     written.to_csv(f"{folder}/ledger.csv", index=False)
    ...     read_ledger("ledger.csv", pathlib.Path(folder))["status"].tolist()
    ['closed']
    """
    known = _columns()
    file = inside(base, path)
    raw = open_raw(file, known, ReadRequest(located=False), name=path)
    lost = [f for f in raw.findings if f.outcome != "note"]
    if lost:
        raise InputRefused(*lost)
    mapped = map_columns([str(h) for h in raw.cells.columns], known, file=path)
    missing = [name for name in ("id", "status") if name not in mapped.header]
    if missing:
        headers = [str(h) for h in raw.cells.columns]
        raise InputRefused(*(missing_column(n, headers, known) for n in missing))
    named = {header: name for name, header in mapped.header.items()}
    table = pd.DataFrame(
        {
            named.get(header, header): _filled(
                raw.cells[header], quoted=file.suffix.lower() in TEXT
            )
            for header in map(str, raw.cells.columns)
        },
        dtype=object,
    )
    for name in named.values():
        if known[name].type == "number":
            table[name] = pd.to_numeric(table[name], errors="coerce")
    table["status"] = table["status"].fillna(next(iter(statuses())))
    return checked_ledger(table, file=path, headers=mapped.header)


def checked_ledger(
    table: pd.DataFrame, *, file: str, headers: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return the ledger with codes for words and ISO dates; refuse what is neither.

    Parameters
    ----------
    table
        Canonical columns; index = row as the user sees it.
    file
        How messages call it.
    headers
        Canonical name -> header in the file, for the messages.
    """
    shown = dict(headers or {})
    codes = {name: known for name, known in _codes().items() if name in table}
    coded = {
        name: pd.Series([known.get(cell, cell) for cell in table[name]], table.index, dtype=object)
        for name, known in codes.items()
    }
    table = table.assign(**coded)
    dates = [n for n in _columns() if _columns()[n].type == "date" and n in table]
    read = {name: table[name].map(_iso, na_action="ignore") for name in dates}
    slips = [
        *_id_slips(table, file=file, column=shown.get("id", "id")),
        *_status_slips(table, file=file, column=shown.get("status", "status")),
    ]
    for name in dates:
        bad = table[name].notna() & read[name].isna()
        slips += [
            Finding("LEDGER_DATE", file, _row(row), shown.get(name, name), str(value))
            for row, value in table[name][bad].items()
        ]
    if slips:
        raise InputRefused(*slips)
    return table.assign(**{n: c.astype(object).where(c.notna(), None) for n, c in read.items()})


def merge(
    new: gpd.GeoDataFrame, previous: pd.DataFrame, *, file: str = "previous ledger"
) -> Merged:
    """Go on from the last ledger.

    Parameters
    ----------
    new
        This run's ledger.
    previous
        The last one, as of `read_ledger` or as a frame.
    file
        How messages call the last one.

    Returns
    -------
    Merged
        What an office has written is kept, everything else is this run's.  A hazard that is no
        longer found stays, to be reviewed unless its work is done; one that was closed or
        gone and is found again is flagged as returned.  Rows of the office's own stay as they are.

    Raises
    ------
    InputRefused
        As `checked_ledger`.

    Examples
    --------
    An office closed a hazard and wrote a remark; the next run finds it again:

    >>> import yimi
    >>> new = yimi.run(yimi.demo)
    >>> hazards = next(s.rows for s in new.result.shown if s.role == "hazard").head(1)
    >>> before = hazards.assign(status="closed", note="signal set up")
    >>> again = merge(hazards, before).ledger
    >>> again[["note", "change"]].values.tolist()
    [['signal set up', 'returned']]
    """
    before = checked_ledger(previous, file=file).set_index("id", drop=False)
    now = new.set_index("id", drop=False)
    both = now.index.intersection(before.index, sort=False)
    kept = _with_edits(now, before.loc[both])
    gone = _gone(before.loc[~before.index.isin(now.index)], crs=str(new.crs))
    rows = kept if gone.empty else pd.concat([kept, gone])
    merged = gpd.GeoDataFrame(rows.reset_index(drop=True), geometry="geometry", crs=new.crs)
    return Merged(merged, tuple(_remarks(merged, file=file)))


def totals(ledger: pd.DataFrame) -> pd.DataFrame:
    """Count what was found and what was fixed, by body and month.

    Returns
    -------
    DataFrame
        ``body, month`` (``2026-03``, empty where no date was written)``, found, fixed``: found by
        ``found_date``, fixed by ``closed_date`` of those whose status says so.  Each hazard is
        counted once as found, so that the sums are those of the ledger.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = {"body": ["police", "police"], "status": ["closed", "to_check"]}
    >>> dates = {"found_date": ["2026-03-01"] * 2, "closed_date": ["2026-04-01", None]}
    >>> totals(pd.DataFrame(rows | dates))[["month", "found", "fixed"]].values.tolist()
    [['2026-03', 2, 0], ['2026-04', 0, 1]]
    """
    fixed = ledger[ledger["status"].isin(_done())]
    parts = [
        pd.DataFrame({"body": _text(rows["body"]), "month": _month(rows[date]), what: 1})
        for rows, date, what in ((ledger, "found_date", "found"), (fixed, "closed_date", "fixed"))
    ]
    counted = pd.concat(parts).groupby(["body", "month"], as_index=False).sum()
    return counted.astype({"found": np.int64, "fixed": np.int64})


def _with_edits(now: gpd.GeoDataFrame, before: pd.DataFrame) -> gpd.GeoDataFrame:
    """Put the edits of the last ledger into the rows that are in both."""
    rows = now.copy()
    known = _columns()
    edited = [n for n in before if n in _officers() or (n not in rows and n not in known)]
    for name in edited:
        if name not in rows:
            rows[name] = pd.Series([None] * len(rows), index=rows.index, dtype=object)
        cells = before[name].dropna()
        rows.loc[cells.index, name] = cells
    rows["status_before"] = None
    was_gone = before["status"].eq(_REVIEW) & _cells(before, "change").eq(_GONE)
    undone = _cells(before, "status_before")[was_gone].fillna(next(iter(statuses())))
    rows.loc[undone.index, "status"] = undone
    done = before["status"].isin(_done())
    returned = was_gone | done
    rows.loc[before.index, "change"] = np.where(returned, _RETURNED, _KEPT)
    first = pd.to_numeric(_cells(before, "risk_before"), errors="coerce").dropna()
    rows.loc[first.index, "risk_before"] = first
    closed = before.index[done]
    rows.loc[closed, "risk_after"] = rows.loc[closed, "risk"]
    return rows


def _gone(before: pd.DataFrame, *, crs: str) -> gpd.GeoDataFrame:
    """Return the rows that this run does not have: gone hazards and the office's own."""
    rows = before.copy()
    for name in _IN_BOTH:
        for lang in languages():
            if f"{name}_{lang}" not in rows:
                rows[f"{name}_{lang}"] = _cells(rows, name)
    rows = rows.drop(columns=[n for n in (*_IN_BOTH, "rank_exposure", "rank_single") if n in rows])
    own = ~rows["id"].map(is_hazard_id).astype(bool)
    done = rows["status"].isin(_done())
    first_time = ~own & ~done & rows["status"].ne(_REVIEW)
    rows["status_before"] = _cells(rows, "status_before").mask(first_time, rows["status"])
    rows["status"] = rows["status"].mask(first_time, _REVIEW)
    rows["change"] = np.where(own, _OWN, _GONE)
    numbers = [pd.to_numeric(_cells(rows, n), errors="coerce") for n in ("x", "y")]
    points = gpd.points_from_xy(numbers[0], numbers[1])
    flat = gpd.GeoDataFrame(pd.DataFrame(rows).drop(columns="geometry", errors="ignore"),
                            geometry=points, crs="EPSG:4326")  # fmt: skip
    return project(flat, crs)


def _filled(cells: pd.Series[str], *, quoted: bool) -> pd.Series[Any]:
    """Return the texts of a column, None where a cell is blank.

    Parameters
    ----------
    quoted
        Whether texts that a spreadsheet would run have a quote before them, as in our CSV.
    """
    texts = [text if text and text.strip() else None for text in as_texts(cells)]
    if quoted:
        texts = [text and formula_restored(text) for text in texts]
    return pd.Series(texts, index=cells.index, dtype=object)


def _remarks(merged: pd.DataFrame, *, file: str) -> Iterator[Finding]:
    for code, change in (("LEDGER_GONE", _GONE), ("LEDGER_RETURNED", _RETURNED)):
        count = int(merged["change"].eq(change).sum())
        if count:
            yield Finding(code, file, detail={"count": count})


def _id_slips(table: pd.DataFrame, *, file: str, column: str) -> Iterator[Finding]:
    """Name every row without an id or with that of an earlier row."""
    first: dict[str, object] = {}
    for row, value in table["id"].items():
        text = value if isinstance(value, str) else ""
        if not text or text in first:
            detail = {"first": first.get(text, "-")}
            yield Finding("LEDGER_ID", file, _row(row), column, text, detail)
        first.setdefault(text, row)


def _status_slips(table: pd.DataFrame, *, file: str, column: str) -> Iterator[Finding]:
    known = statuses()
    detail = {"known": tuple(texts("ledger/status").values())}
    for row, value in table["status"].items():
        if value not in known:
            yield Finding("LEDGER_STATUS", file, _row(row), column, str(value), detail)


def _row(label: object) -> int | None:
    return label if isinstance(label, int) else None


def _iso(text: object) -> str | None:
    """Return a date as ISO text (a month where no day is written), None where it is none."""
    found = _DATE.fullmatch(str(text).strip())
    if found is None:
        return None
    year, month, day = (int(part or 0) for part in found.groups())
    try:
        whole = dt.date(year, month, day or 1).isoformat()
    except ValueError:
        return None
    return whole if day else whole[:_MONTH_CHARS]


def _month(dates: pd.Series[Any]) -> pd.Series[str]:
    return _text(dates).str[:_MONTH_CHARS]


def _text(cells: pd.Series[Any]) -> pd.Series[str]:
    return cells.astype(object).where(cells.notna(), "").astype(str)


def _cells(rows: pd.DataFrame, name: str) -> pd.Series[Any]:
    """Return a column as objects, None throughout where it is absent."""
    if name in rows:
        return rows[name].astype(object)
    return pd.Series([None] * len(rows), index=rows.index, dtype=object)


def _done() -> list[str]:
    """Return the statuses of hazards that count as fixed."""
    return [word for word, facts in statuses().items() if facts["fixed"]]


def _officers() -> frozenset[str]:
    """Return the columns that are an office's to fill in."""
    rows = load_toml("ledger.toml")["column"]
    return frozenset(name for name, facts in rows.items() if facts.get("officers", False))


@cache
def _columns() -> dict[str, Column]:
    """Return the columns of the ledger with every header under which they may come back."""
    table: Mapping[str, Mapping[str, Any]] = load_toml("ledger.toml")["column"]
    headers = texts("ledger/column")
    return {
        name: Column(
            name=name,
            type=str(facts["type"]),
            zh=headers[name]["zh"],
            synonyms=(*headers[name].values(), name, *facts["synonyms"]),
        )
        for name, facts in table.items()
    }


@cache
def _codes() -> dict[str, dict[str, str | None]]:
    """Return, for each column with a vocabulary, word of any language -> code."""
    codes: dict[str, dict[str, str | None]] = {
        name: {word: code for code, words in rows.items() for word in words.values()}
        for name, rows in vocabularies().items()
    }
    return {**codes, "grade": dict.fromkeys(text("ledger/grade/none").values())}
