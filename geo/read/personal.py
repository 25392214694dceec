"""Which columns hold personal data, and how do they stay out of everything that is written?

Personal columns are dropped right after reading, before any check could quote a cell of them.
Children under 14 are sensitive personal information: PIPL (个人信息保护法) art. 28.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from geo.bundled import load_toml
from geo.findings import Finding
from geo.read.ages import age_column
from geo.read.cells import as_texts
from geo.read.columns import plain
from geo.read.flags import REJECT_COLUMNS, reason_of
from geo.read.raw import RAW_LINE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.read.columns import Mapped

# 18-digit citizen number (GB 11643-1999): district, date of birth, serial, check character. Wrong
# check characters are slips of the pen and no less personal, so they are not tested.
_IDENTITY = re.compile(
    r"(?<![\d.])[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\d)"
)
_MOBILE = re.compile(r"(?<![\d.])1[3-9]\d{9}(?!\d)")
_COUNTS = re.compile(r"(?:数|人数|人口|户数|比例|率|占比|count|number|share)$")
_MASK = "***"
_MOSTLY = 0.5
_TEXTS = ("name", "kind", "address", "ownership", "town", "community", "note")


@dataclass(frozen=True)
class Cleared:
    """Cells and rejects without personal data.

    Attributes
    ----------
    cells, rejected
        As given, without the personal columns; single numbers inside other texts are masked.
    findings
        ``PII_COLUMN`` for each column, ``PII_POINTS`` where each row is a child.  They never
        quote a value.
    children
        Whether the rows are single children.
    """

    cells: pd.DataFrame
    rejected: pd.DataFrame
    findings: tuple[Finding, ...]
    children: bool


def clear(
    cells: pd.DataFrame,
    rejected: pd.DataFrame,
    mapped: Mapped,
    *,
    file: str,
    allow: bool,
    also: Sequence[str] = (),
    joined: bool = False,
) -> Cleared:
    """Drop personal columns and mask personal numbers.

    Parameters
    ----------
    allow
        The study's ``allow_pii``: columns stay, the findings say so.
    also
        Headers that are personal in a layer of this sort, compared as a whole (without the group
        of questions before a slash).
    joined
        Whether the rows are joined to places of another layer.
    """
    children = is_children(cells, mapped, joined=joined)
    whole = {plain(header) for header in also}
    named = [
        h
        for h in cells.columns
        if is_personal(h) or plain(h.rpartition("/")[2]) in whole
        or (children and _is_home(h, mapped))
    ]  # fmt: skip
    marked = {h: rows for h in _free_texts(cells, mapped, named) if (rows := _numbers_in(cells[h]))}
    named += [h for h, rows in marked.items() if len(rows) >= _MOSTLY * len(cells)]
    findings = [
        _personal_finding(h, file, allow=allow)
        for h in [*named, *(h for h in marked if h not in named)]
    ]
    if children:
        findings.append(Finding("PII_POINTS", file, detail={"count": len(cells)}))
    if not allow:
        cells = cells.drop(columns=named)
        for header in (h for h in marked if h not in named):
            masked = [mask(t) if isinstance(t, str) else t for t in cells[header].tolist()]
            cells[header] = pd.Series(masked, index=cells.index, dtype=object)
        rejected = _clear_rejects(rejected, named)
    return Cleared(cells, rejected, tuple(findings), children)


def is_personal(header: str) -> bool:
    """Say whether a header names personal data (a count of persons does not)."""
    text = plain(header)
    if _COUNTS.search(text) or age_column(header) is not None:
        return False
    return any(plain(word) in text for word in load_toml("columns.toml")["personal"]["words"])


def is_children(cells: pd.DataFrame, mapped: Mapped, *, joined: bool = False) -> bool:
    """Say whether the rows are single children: a place, a child's number or age, no facility."""
    placed = joined or bool(mapped.placed)
    if not placed or {"kind", "capacity", "enrolled"} & set(mapped.header):
        return False
    words = {plain(word) for word in load_toml("columns.toml")["personal"]["children"]}
    return any(plain(header) in words for header in cells.columns)


def looks_like_identity(text: str) -> bool:
    """Say whether a text has the form of an 18-digit citizen number."""
    return _IDENTITY.fullmatch(text.strip()) is not None


def mask(text: str) -> str:
    """Return a text without mobile and citizen numbers.

    >>> mask("王老师 13800000000")
    '王老师 ***'
    """
    return _MOBILE.sub(_MASK, _IDENTITY.sub(_MASK, text))


def _free_texts(cells: pd.DataFrame, mapped: Mapped, named: Sequence[str]) -> list[str]:
    """Return the columns in which a personal number may hide."""
    measured = {h for c, h in mapped.header.items() if c not in _TEXTS}
    return [
        h
        for h in cells.columns
        if h not in measured and h not in named and cells[h].dtype.kind not in "iufcbmM"
    ]


def _numbers_in(column: pd.Series[str]) -> list[int]:
    """Return the positions of cells with a mobile or citizen number."""
    texts = [text or "" for text in as_texts(column)]
    joined = "\n".join(texts)
    if not (_MOBILE.search(joined) or _IDENTITY.search(joined)):
        return []
    return [i for i, text in enumerate(texts) if _MOBILE.search(text) or _IDENTITY.search(text)]


def _is_home(header: str, mapped: Mapped) -> bool:
    """Say whether a column holds the address of a child."""
    return header in (mapped.header.get("address"), mapped.header.get("name"))


def _personal_finding(header: str, file: str, *, allow: bool) -> Finding:
    return Finding(
        "PII_COLUMN", file, column=header, detail=reason_of("kept" if allow else "dropped")
    )


def _clear_rejects(rejected: pd.DataFrame, named: Sequence[str]) -> pd.DataFrame:
    """Clear the rejects; where a row could not be laid into columns, none of its cells is safe."""
    kept = rejected.drop(columns=[h for h in named if h in rejected.columns])
    for header in kept.columns:
        masked = [mask(t) if isinstance(t, str) else t for t in kept[header].tolist()]
        kept[header] = pd.Series(masked, index=kept.index, dtype=object)
    if named and RAW_LINE in kept.columns:
        loose = kept[RAW_LINE].notna()
        own = [h for h in kept.columns if h.rstrip("_") not in REJECT_COLUMNS]
        kept.loc[loose, own] = _MASK
    return kept
