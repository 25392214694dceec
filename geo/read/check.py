"""What is wrong with one file, as a report that a planner and a program can read?

``report.json`` counts the rows and lists the findings in both languages; ``rejects.csv`` keeps
every row that was not used, its original cells untouched, with code, column, value, why and fix.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from geo.findings import InputRefused
from geo.read.readers import read_layer, short_name
from geo.text import formula_safe, printable
from geo.words import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from geo.findings import Finding
    from geo.read.options import ReadOptions
    from geo.read.raw import Layer
    from geo.words import Lang

_ORDER = ("refuse", "confirm", "quarantine", "note")


@dataclass(frozen=True)
class Checked:
    """What a check found.

    Attributes
    ----------
    file
        Name as the user wrote it.
    outcome
        ``accept``, ``quarantine``, ``confirm`` or ``refuse``.
    rows_in, rows_used, rows_rejected
        ``rows_in == rows_used + rows_rejected``; all 0 where nothing of the file is used.
    findings
        All remarks, in the order of the rows.
    layer
        The checked layer, None where nothing is used.

    Examples
    --------
    >>> from geo.bundled import DEMO
    >>> checked = checked_layer(DEMO / "gates.csv")
    >>> checked.rows_in == checked.rows_used + checked.rows_rejected
    True
    >>> checked.outcome, str(checked.layer.frame.crs)
    ('accept', 'EPSG:4326')
    """

    file: str
    outcome: str
    rows_in: int
    rows_used: int
    rows_rejected: int
    findings: tuple[Finding, ...]
    layer: Layer | None = None


def checked_layer(
    path: str | Path,
    *,
    layer: str | None = None,
    crs: str | None = None,
    columns: Mapping[str, str] | None = None,
    options: ReadOptions | None = None,
) -> Checked:
    """Read a file as `read_layer` does; also where nothing of it may be used, say why.

    Examples
    --------
    >>> from geo.bundled import DEMO
    >>> checked = checked_layer(DEMO / "schools.csv")
    >>> checked.outcome, checked.rows_in, checked.rows_used
    ('accept', 20, 20)
    >>> [finding.code for finding in checked_layer("missing.csv").findings]
    ['FILE_NOT_FOUND']
    """
    try:
        read = read_layer(path, layer=layer, crs=crs, columns=columns, options=options)
    except InputRefused as refused:
        name = short_name(str(path))
        return Checked(name, outcome_of(refused.findings), 0, 0, 0, refused.findings)
    used, rejected = len(read.frame), len(read.rejected)
    outcome = "quarantine" if rejected else "accept"
    return Checked(read.name, outcome, read.rows_in, used, rejected, read.findings, read)


def outcome_of(findings: Sequence[Finding]) -> str:
    """Return the gravest outcome of some findings, ``accept`` where all are notes.

    Examples
    --------
    >>> from geo.findings import Finding
    >>> outcome_of([Finding("ENCODING", "a.csv"), Finding("HEADER_ROW", "a.csv")])
    'refuse'
    >>> outcome_of([Finding("HEADER_ROW", "a.csv")]), outcome_of([])
    ('accept', 'accept')
    """
    found = {finding.outcome for finding in findings}
    gravest = next((outcome for outcome in _ORDER if outcome in found), "note")
    return "accept" if gravest == "note" else gravest


def report(checked: Checked) -> dict[str, Any]:
    """Return the report as a dictionary: rows, counts by code, findings in both languages.

    Examples
    --------
    >>> from geo.bundled import DEMO
    >>> told = report(checked_layer(DEMO / "kindergartens.xlsx"))
    >>> told["rows_in"], told["codes"]
    (40, {'HEADER_ROW': 1})
    """
    return {
        "file": checked.file,
        "outcome": checked.outcome,
        "rows_in": checked.rows_in,
        "rows_used": checked.rows_used,
        "rows_rejected": checked.rows_rejected,
        "crs": checked.layer.crs_read if checked.layer else None,
        "codes": dict(sorted(Counter(f.code for f in checked.findings).items())),
        "findings": [_entry(finding) for finding in checked.findings],
    }


def write_rejects(path: Path, rejected: pd.DataFrame, *, lang: Lang = "zh") -> None:
    """Write rejected rows for Excel: UTF-8 with a mark, the row number first.

    A cell that a spreadsheet would run gets a single quote before it; `geo.read.tables` takes it
    away again when the corrected file comes back.

    Examples
    --------
    What a spreadsheet would run is written as text:

    >>> import tempfile
    >>> from pathlib import Path
    >>> rows = pd.DataFrame({"name": ["=1+1"], "code": ["COORD_TEXT"]}, index=[7])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_rejects(Path(folder, "rejects.csv"), rows, lang="en")
    ...     print(Path(folder, "rejects.csv").read_text("utf-8-sig").splitlines()[1])
    7,'=1+1,COORD_TEXT
    """
    first = text("messages/sign/row_number")[lang]
    table = pd.DataFrame({_free(first, rejected.columns): rejected.index.to_numpy()})
    for header in rejected.columns:
        cells = rejected[header].tolist()
        table[formula_safe(str(header))] = pd.Series([_cell(c) for c in cells], dtype=object)
    table.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def _free(name: str, taken: pd.Index[Any]) -> str:
    while name in taken:
        name += "_"
    return name


def _cell(cell: object) -> object:
    if cell is None or cell is pd.NA or cell != cell:  # noqa: PLR0124 - NaN
        return ""
    return formula_safe(cell) if isinstance(cell, str) else cell


def _entry(finding: Finding) -> dict[str, Any]:
    """Return one finding for the report."""
    return {
        "code": finding.code,
        "outcome": finding.outcome,
        "file": printable(finding.file),
        "row": finding.row,
        "column": None if finding.column is None else printable(finding.column),
        "value": None if finding.value is None else printable(finding.value),
        "zh": {"why": finding.why("zh"), "fix": finding.fix("zh")},
        "en": {"why": finding.why("en"), "fix": finding.fix("en")},
    }
