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
    from collections.abc import Sequence
    from pathlib import Path

    from geo.findings import Finding
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
    """

    file: str
    outcome: str
    rows_in: int
    rows_used: int
    rows_rejected: int
    findings: tuple[Finding, ...]
    layer: Layer | None = None


def checked_layer(path: str | Path, **options: Any) -> Checked:  # noqa: ANN401
    """Read a file and return what was found, also where nothing of it may be used."""
    try:
        layer = read_layer(path, **options)
    except InputRefused as refused:
        name = short_name(str(path))
        return Checked(name, outcome_of(refused.findings), 0, 0, 0, refused.findings)
    used, rejected = len(layer.frame), len(layer.rejected)
    if layer.rows_in != used + rejected:
        message = f"{layer.rows_in} rows in, {used} used, {rejected} rejected"
        raise AssertionError(message)
    outcome = "quarantine" if rejected else "accept"
    return Checked(layer.name, outcome, layer.rows_in, used, rejected, layer.findings, layer)


def outcome_of(findings: Sequence[Finding]) -> str:
    """Return the gravest outcome of some findings, ``accept`` where all are notes."""
    found = {finding.outcome for finding in findings}
    gravest = next((outcome for outcome in _ORDER if outcome in found), "note")
    return "accept" if gravest == "note" else gravest


def report(checked: Checked) -> dict[str, Any]:
    """Return the report as a dictionary: rows, counts by code, findings in both languages."""
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
