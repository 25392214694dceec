"""How does a text of the data enter a terminal, a document or a spreadsheet without harm?

`printable` for terminals and logs, `one_line` for documents and drawings, `formula_safe` for cells.
What enters a page is escaped by its template.  `arabic` and `simplified` write what means the same
in one way, to be compared.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from geo.bundled import load_toml

if TYPE_CHECKING:
    from opencc import OpenCC

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


def numeral_signs(*, two: bool = False) -> str:
    """Return the signs of Chinese numerals, for a pattern; `two`: also 两.

    >>> numeral_signs()[-3:], numeral_signs(two=True)[-1]
    ('九十百', '两')
    """
    signs = load_toml("numerals.toml")
    return "".join([*signs["digits"], *signs["tens"], *(signs["two"] if two else ())])


def arabic(numeral: str) -> int:
    """Return the number that a numeral of Chinese signs, or of digits, stands for.

    >>> [arabic(numeral) for numeral in ("十", "二十三", "一百零五", "一一五", "007")]
    [10, 23, 105, 115, 7]
    """
    if numeral.isascii():
        return int(numeral)
    signs = load_toml("numerals.toml")
    digits: dict[str, int] = signs["digits"] | signs["two"]
    if not set(signs["tens"]) & set(numeral):
        return int("".join(str(digits[sign]) for sign in numeral))
    total, last = 0, None
    for sign in numeral:
        if sign in digits:
            last = digits[sign]
        else:
            total += (1 if last is None else last) * signs["tens"][sign]
            last = None
    return total + (last or 0)


def simplified(text: str) -> str:
    """Return a text in simplified characters.

    >>> simplified("實驗小學")
    '实验小学'
    """
    return text if text.isascii() else str(_converter().convert(text))


@cache
def _converter() -> OpenCC:
    import opencc  # noqa: PLC0415  (its dictionaries take time to load)

    return opencc.OpenCC("t2s")
