"""How is a cell of a table said in a brief: a number, a share, a text, what is not known?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, SupportsFloat, TypeAlias

import pandas as pd

from geo.text import one_line

if TYPE_CHECKING:
    from geo.words import Lang

Row = dict[str, Any]
Cell: TypeAlias = str | SupportsFloat | None
MEASURES = ("straight", "network", "walk")


def records(frame: pd.DataFrame) -> list[Row]:
    """Return the rows as dictionaries, without shapes."""
    plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    return [{str(k): v for k, v in row.items()} for row in plain.to_dict("records")]


def in_language(row: Row, name: str, lang: Lang) -> str:
    """Return the words of a column in a language."""
    return as_text(row.get(f"{name}_{lang}"))


def unknown(value: object) -> bool:
    """Say whether a cell is None, NA or NaN."""
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def as_text(value: Cell) -> str:
    """Return a cell as text; what is not known is empty, a number has no decimals."""
    if unknown(value):
        return ""
    return one_line(value) if isinstance(value, str) else as_number(value)


def as_number(value: Cell) -> str:
    """Return a number without decimals; what is not known is a dash."""
    if value is None or unknown(value):
        return "—"
    if isinstance(value, str):
        return one_line(value)
    return "∞" if math.isinf(value) else f"{float(value):,.0f}"


def as_percent(share: SupportsFloat | None) -> str:
    """Return a share in per cent; what is not known is a dash."""
    return "—" if share is None or unknown(share) else f"{float(share):.1%}"


def part_of(part: Cell, whole: Cell) -> str:
    """Return "part / whole", the part alone where there is no whole."""
    return as_number(part) if unknown(whole) else f"{as_number(part)} / {as_number(whole)}"


def three_shares(row: Row) -> str:
    """Return three shares in one cell: straight line, network, door to door."""
    shares = [row.get(f"share_{m}") for m in MEASURES]
    if all(unknown(share) for share in shares):
        return "—"
    return " / ".join(as_percent(share).removesuffix("%") for share in shares)
