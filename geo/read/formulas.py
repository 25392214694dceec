"""Which texts does a spreadsheet run as a formula, and how are they written so that it does not?"""

from __future__ import annotations

import re

# What a spreadsheet runs as a formula; the full-width signs count as well in Chinese Excel.
_FORMULA = re.compile(r"'*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?")


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
