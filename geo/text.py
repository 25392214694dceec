"""How does a text of the data enter a terminal, a document or a spreadsheet without harm?

`printable` for terminals and logs, `one_line` for documents and drawings, `formula_safe` for cells.
What enters a page is escaped by its template.
"""

from __future__ import annotations

import re

# Controls and marks of direction, which reorder what is read.
_CONTROLS = r"\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
_UNPRINTABLE = re.compile(f"[{_CONTROLS}]")
_NOT_XML = re.compile(rf"[{_CONTROLS}\ufffe\uffff\ud800-\udfff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_LONGEST_VALUE = 80
# What a spreadsheet runs as a formula; the full-width signs count as well in Chinese Excel.
_FORMULA = re.compile(r"'*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?")


def printable(text: object) -> str:
    r"""Return a value of a stranger's file fit for a terminal or a log: one short line.

    >>> printable("a\x1b[31m")
    'a�[31m'
    """
    clean = _UNPRINTABLE.sub(_REPLACEMENT, str(text))
    return clean if len(clean) <= _LONGEST_VALUE else clean[: _LONGEST_VALUE - 1] + "…"


def one_line(text: object) -> str:
    r"""Return a text without controls, marks of direction and what XML does not take.

    >>> one_line("甲\n乙\x00"), one_line(3)
    ('甲 乙�', '3')
    """
    flat = str(text).replace("\r\n", " ").replace("\n", " ").replace("\t", " ")
    return _NOT_XML.sub(_REPLACEMENT, flat)


def formula_safe(text: str) -> str:
    """Return a text that no spreadsheet runs as a formula.

    >>> formula_safe("=1+1"), formula_safe("-5.2"), formula_safe("'=1")
    ("'=1+1", '-5.2', "''=1")
    """
    return "'" + text if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def formula_restored(text: str) -> str:
    """Undo `formula_safe`.

    >>> formula_restored(formula_safe("=1+1"))
    '=1+1'
    """
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
