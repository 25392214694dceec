"""How are many remarks on the rows of one table kept, and told?

A check of a million rows says the same of many of them, so it hands over a `Flag`: one code and
the positions of the rows.  At the end the flags become findings (repairs counted, rejected rows
named one by one up to a limit) and the table of rejects (every row, nothing cut).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geo.bundled import load_toml
from geo.findings import Finding, Outcome, catalogue
from geo.words import Text, texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from geo.words import Lang

REJECT_COLUMNS = ("code", "column", "value", "why", "fix")


@dataclass(frozen=True)
class Remark(Finding):
    """A finding whose outcome hangs on the place: a few rows, or the whole file.

    Swapped coordinates in three rows set these rows aside; in all rows they stop the file.
    """

    becomes: Outcome | None = None

    @property
    def outcome(self) -> Outcome:
        """Return what becomes of the row or file here."""
        outcome: Outcome = self.becomes or catalogue()[self.code]
        return outcome


@dataclass(frozen=True)
class Flag:
    """One remark on many rows.

    Attributes
    ----------
    code
        Key of the catalogue of findings.
    rows
        Positions of the rows in the table (not their numbers).
    column
        Original header, or None.
    becomes
        What becomes of these rows, or None: as the catalogue says.
    detail
        Values for the slots of the texts, the same for all rows.
    each
        Values for the slots, aligned with `rows`.
    value
        Shown instead of the cell (aligned with `rows`), e.g. where the cell is personal.

    Examples
    --------
    >>> Flag("NUMBER_UNKNOWN", positions([True, False, True])).rows.tolist()
    [0, 2]
    """

    code: str
    rows: NDArray[np.int64]
    column: str | None = None
    becomes: Outcome | None = None
    detail: Mapping[str, object] = field(default_factory=dict)
    each: Mapping[str, Sequence[object]] = field(default_factory=dict)
    value: Sequence[str | None] | None = None

    @property
    def outcome(self) -> Outcome:
        """Return what becomes of the rows."""
        outcome: Outcome = self.becomes or catalogue()[self.code]
        return outcome


def reason_of(key: str, **values: str) -> dict[str, Text]:
    """Return the slot ``reason`` of a finding: a text of ``messages/rows``."""
    return {"reason": texts("messages/rows")[key].format(**values)}


def positions(mask: NDArray[np.bool_] | Sequence[bool]) -> NDArray[np.int64]:
    """Return the positions where a mask holds."""
    return np.flatnonzero(np.asarray(mask, dtype=bool)).astype(np.int64)


def rejected_positions(flags: Iterable[Flag]) -> NDArray[np.int64]:
    """Return the positions of all rows that some flag sets aside, sorted."""
    aside = [flag.rows for flag in flags if flag.outcome == "quarantine"]
    return np.unique(np.concatenate(aside)) if aside else np.empty(0, np.int64)


def in_use(flags: Iterable[Flag], size: int) -> NDArray[np.bool_]:
    """Return which of `size` rows no flag has set aside."""
    mask = np.ones(size, bool)
    mask[rejected_positions(flags)] = False
    return mask


def findings_of(flags: Sequence[Flag], cells: pd.DataFrame, *, file: str) -> tuple[Finding, ...]:
    """Return the findings of the flags, in the order of the rows.

    A repair is one finding with its first row and the ``count``; rows that are set aside are
    named one by one up to a limit for each code, and the others counted.
    """
    limit: int = load_toml("rules/limits.toml")["findings"]["per_code"]
    said: list[tuple[int, int, Finding]] = []
    left: dict[str, int] = defaultdict(lambda: limit)
    more: dict[str, int] = defaultdict(int)
    for order, flag in enumerate(flags):
        if len(flag.rows) == 0:
            continue
        one_by_one = flag.outcome == "quarantine"
        shown = min(len(flag.rows), left[flag.code]) if one_by_one else 1
        if one_by_one:
            left[flag.code] -= shown
            more[flag.code] += len(flag.rows) - shown
        said += [
            (int(flag.rows[i]), order, _finding(flag, i, cells, file=file)) for i in range(shown)
        ]
    said.sort(key=lambda item: item[:2])
    summed = [
        Remark("MORE_ROWS", file, detail={"code": code, "count": count})
        for code, count in sorted(more.items())
        if count
    ]
    return (*(finding for _, _, finding in said), *summed)


def rejects_of(
    flags: Sequence[Flag], cells: pd.DataFrame, *, file: str, lang: Lang = "zh"
) -> pd.DataFrame:
    """Return the rows that are set aside, with all reasons beside the original cells.

    Returns
    -------
    pd.DataFrame
        The original columns, then ``code, column, value, why, fix`` (with a trailing underscore
        where the file has a column of that name); index = row number as the user sees it.
    """
    reasons: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    for flag in flags:
        if flag.outcome == "quarantine":
            for i, row in enumerate(flag.rows):
                reasons[int(row)].append(_reason(_finding(flag, i, cells, file=file), lang))
    rows = sorted(reasons)
    kept = cells.iloc[rows].copy()
    for place, name in enumerate(REJECT_COLUMNS):
        told = [
            "; ".join(dict.fromkeys(r[place] for r in reasons[row] if r[place])) for row in rows
        ]
        kept[reject_column(name, cells.columns)] = pd.Series(told, index=kept.index, dtype=object)
    return kept


def reject_column(name: str, taken: Iterable[Any]) -> str:
    """Return the name under which a column of ours stands beside the original ones."""
    names = set(taken)
    while name in names:
        name += "_"
    return name


def _finding(flag: Flag, i: int, cells: pd.DataFrame, *, file: str) -> Remark:
    """Return the finding for the i-th row of a flag."""
    row = int(flag.rows[i])
    each = {slot: values[i] for slot, values in flag.each.items()}
    return Remark(
        flag.code,
        file,
        row=int(cells.index[row]),
        column=flag.column,
        value=_value(flag, i, cells),
        detail={"count": len(flag.rows), **flag.detail, **each},
        becomes=flag.becomes,
    )


def _value(flag: Flag, i: int, cells: pd.DataFrame) -> str | None:
    if flag.value is not None:
        return flag.value[i]
    if flag.column is None or flag.column not in cells.columns:
        return None
    cell = cells[flag.column].to_numpy()[int(flag.rows[i])]
    return None if cell is None or cell is pd.NA or cell != cell else str(cell)  # noqa: PLR0124


def _reason(finding: Finding, lang: Lang) -> tuple[str, ...]:
    return (
        finding.code,
        finding.column or "",
        finding.value or "",
        finding.why(lang),
        finding.fix(lang),
    )
