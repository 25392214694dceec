"""What number, angle or text does one cell say, and how sure is that?

Only exact readings are allowed: ``1,200``, ``360人``, full-width digits and ``'900`` are numbers;
``约40``, ``1.5千`` and a dash are not, and never become 0.
"""

from __future__ import annotations

import math
import re
import unicodedata
from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from geo.bundled import load_toml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

_PLAIN = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,20})?")
_DIGITS = frozenset("0123456789.-")
_GROUPED = re.compile(r"[-+]?(?:\d{1,3}(?:[, ]\d{3})+|\d+)(?:\.\d*)?")
_DECIMAL_COMMA = re.compile(r"[-+]?(?:\d{1,3}(?:[. ]\d{3})+|\d+)(?:,\d*)?")
_EXPONENT = re.compile(r"[-+]?\d+(?:\.\d+)?e[-+]?\d{1,4}")
_NONFINITE = re.compile(r"[-+]?(?:inf(?:inity)?|nan|1\.#inf|1\.#qnan)")
_BOOLEAN = {"true", "false", "yes", "no", "是", "否", "√", "×", "y", "n", "t", "f"}
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
_EDGES = re.compile(r"^[ \xa0\u3000]|[ \xa0\u3000]$", re.MULTILINE)
_SPACES = re.compile(r"[^\S\n]+")
_HEMISPHERE = {"东经": 1, "西经": -1, "北纬": 1, "南纬": -1, "e": 1, "w": -1, "n": 1, "s": -1}
_SIDE = r"(?:东经|西经|北纬|南纬|[ewns])"
# All signs for degrees, minutes (prime, quotes, acute) and seconds (double prime, quotes) as one.
_MARKS = str.maketrans(
    {
        **dict.fromkeys("\u00ba\u02da度", "\u00b0"),
        **dict.fromkeys("\u2032\u2019\u2018\u00b4\u0060分", "'"),
        **dict.fromkeys("\u2033\u201d\u201c秒", '"'),
    }
)
_DEGREES = re.compile(
    rf"(?P<before>{_SIDE})?\s*(?P<sign>-)?(?P<d>\d{{1,3}}(?:\.\d+)?)\s*(?:\u00b0|:|\s|d)?\s*"
    r"(?:(?P<m>\d{1,2}(?:\.\d+)?)\s*(?:'|:|\s|m)?\s*)?"
    r"(?:(?P<s>\d{1,2}(?:\.\d+)?)\s*(?:\"|s)?)?\s*"
    rf"(?P<after>{_SIDE})?"
)
_ANGLE_MARK = re.compile(r"[\u00b0'\":]|[ewnsdm]|\d\s+\d|[东西]经|[南北]纬")
_GEOPOINT = re.compile(r"(-?\d{1,2}(?:\.\d+)?) (-?\d{1,3}(?:\.\d+)?)(?: -?\d+(?:\.\d+)?){2}")
_ONE_COLUMN = re.compile(r"\s*[,，;；、|/\s]\s*")
_SIXTY = 60


class How(IntEnum):
    """How a cell was read."""

    PLAIN = 0
    TEXT = 1  # exact, though written as text: units, thousands, spaces, apostrophe
    FULLWIDTH = 2
    DMS = 3
    COMMA = 4
    MISSING = 5
    UNKNOWN = 6  # — 无 / : said to be without a value
    NONFINITE = 7
    BOOLEAN = 8
    UNREADABLE = 9


Parsed = tuple[float, How]
_NOTHING = float("nan")


def visible(text: str) -> str:
    """Return a text without invisible and control characters and spaces at its ends.

    >>> visible("静海\u200b实验小学 ")
    '静海实验小学'
    """
    return _INVISIBLE.sub("", text).strip(" \xa0\u3000")


def as_texts(column: pd.Series[str]) -> list[str | None]:
    """Return the cells of any column as text: whole numbers without a decimal point.

    Examples
    --------
    >>> as_texts(pd.Series([12.0, 1.5, None]))
    ['12', '1.5', None]
    """
    cells: list[object] = list(column.tolist())
    if set(map(type, cells)) <= {str}:
        return cast("list[str | None]", cells)
    return [_as_text(cell) for cell in cells]


def _as_text(cell: object) -> str | None:
    if cell is None or cell is pd.NA or cell != cell:  # noqa: PLR0124 - NaN and NaT
        return None
    if isinstance(cell, str):
        return cell
    if isinstance(cell, (float, np.floating)) and float(cell).is_integer():
        return str(int(cell))
    return str(cell)


def all_visible(texts: Sequence[str | None]) -> list[str | None]:
    """Apply `visible` to many texts; those that need nothing are given back as they are."""
    joined = "\n".join(text or "" for text in texts)
    if not _INVISIBLE.search(joined) and not _EDGES.search(joined):
        return list(texts)
    return [None if text is None else visible(text) for text in texts]


def key(text: str) -> str:
    """Return the form in which two texts are compared: width, case and spaces do not count.

    >>> key(" \uff26\uff10\uff10\uff17 ")
    'f007'
    """
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))).casefold()


def keys(texts: Sequence[str]) -> list[str]:
    """Return the `key` of many texts; they are worked on as one, which is much faster."""
    joined = "\n".join(texts)
    if joined.count("\n") != len(texts) - 1:
        return [key(text) for text in texts]
    if not unicodedata.is_normalized("NFKC", joined):
        joined = unicodedata.normalize("NFKC", joined)
    joined = _SPACES.sub("", _INVISIBLE.sub("", joined)).casefold()
    found = joined.split("\n")
    return found if len(found) == len(texts) else [key(text) for text in texts]


def number(text: str, factors: Mapping[str, float], *, decimal_comma: bool = False) -> Parsed:
    """Read a number with an optional unit.

    Parameters
    ----------
    factors
        Unit as written -> factor to the canonical unit; an unknown unit is no number.
    decimal_comma
        Whether the file writes 1,5 for one and a half.
    """
    if _PLAIN.fullmatch(text):
        return float(text), How.PLAIN
    word = _bare(text)
    special = _special(word)
    if special is not None:
        return _NOTHING, special
    digits, factor = _split_unit(word, factors)
    pattern = _DECIMAL_COMMA if decimal_comma else _GROUPED
    if pattern.fullmatch(digits):
        return float(_ungrouped(digits, decimal_comma=decimal_comma)) * factor, How.TEXT
    if _EXPONENT.fullmatch(digits):
        value = float(digits) * factor
        return (value, How.TEXT) if math.isfinite(value) else (_NOTHING, How.NONFINITE)
    return _NOTHING, How.UNREADABLE


def coordinate(text: str, *, decimal_comma: bool = False) -> Parsed:
    """Read one coordinate: degrees, degrees-minutes-seconds, or metres.

    Returns
    -------
    tuple[float, How]
        The value (minutes and seconds of 60 and more give ``UNREADABLE``).
    """
    if _PLAIN.fullmatch(text):
        return float(text), How.PLAIN
    word = _bare(text)
    special = _special(word)
    if special is not None:
        return _NOTHING, How.MISSING if special in (How.UNKNOWN, How.BOOLEAN) else special
    if _PLAIN.fullmatch(word) or _PLAIN.fullmatch(word.lstrip("+")):
        wide = any(ord(c) > 0xFF00 for c in text)  # noqa: PLR2004 - full-width forms
        return float(word), How.FULLWIDTH if wide else How.TEXT
    if re.fullmatch(r"-?\d{1,3},\d+" if not decimal_comma else r"-?\d+,\d+", word):
        return float(word.replace(",", ".")), How.COMMA
    if _EXPONENT.fullmatch(word):
        value = float(word)
        nonsense = abs(value) >= load_toml("rules/limits.toml")["places"]["nonsense_from"]
        return (_NOTHING, How.NONFINITE) if nonsense else (value, How.TEXT)
    return _angle(text)


def one_column(text: str) -> tuple[str, str] | None:
    """Split ``"116.9, 38.9"`` into its two halves, or None.

    The geopoint of ODK, ``latitude longitude altitude accuracy``, gives longitude and latitude.
    """
    if geopoint := _GEOPOINT.fullmatch(_bare(text)):
        return geopoint[2], geopoint[1]
    parts = _ONE_COLUMN.split(_bare(text).strip("()[]"))
    return (parts[0], parts[1]) if len(parts) == 2 else None  # noqa: PLR2004 - a pair


def numbers(
    texts: Sequence[str | None], factors: Mapping[str, float], *, decimal_comma: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Read a whole column of numbers: values (NaN where there is none) and how (`How`)."""
    return _column(texts, lambda t: number(t, factors, decimal_comma=decimal_comma))


def coordinates(
    texts: Sequence[str | None], *, decimal_comma: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Read a whole column of coordinates: values (NaN where there is none) and how (`How`)."""
    return _column(texts, lambda t: coordinate(t, decimal_comma=decimal_comma))


def _column(
    texts: Sequence[str | None], read: Callable[[str], Parsed]
) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Read the plain cells at once and the others one by one."""
    how = np.full(len(texts), How.PLAIN, np.int8)
    at_once = _all_plain(texts)
    if at_once is not None:
        return at_once, how
    plain = np.fromiter(
        (text is not None and _PLAIN.fullmatch(text) is not None for text in texts),
        bool,
        len(texts),
    )
    values = np.full(len(texts), np.nan)
    at = np.flatnonzero(plain)
    values[at] = [float(texts[i] or "") for i in at.tolist()]
    for i in np.flatnonzero(~plain).tolist():
        text = texts[i]
        values[i], how[i] = (_NOTHING, How.MISSING) if not text else read(text)
    return values, how


def _all_plain(texts: Sequence[str | None]) -> NDArray[np.float64] | None:
    """Read a column in which every cell is a plain number, else None."""
    filled = [text for text in texts if text]
    if len(filled) < len(texts) or not set("".join(filled)) <= _DIGITS:
        return None
    try:
        return np.array([float(text) for text in filled], np.float64)
    except ValueError:
        return None


def _bare(text: str) -> str:
    """Return a cell in half width and lower case, without spaces around and a leading '."""
    return visible(unicodedata.normalize("NFKC", text)).strip().removeprefix("'").strip().lower()


@cache
def _missing() -> tuple[frozenset[str], frozenset[str]]:
    table = load_toml("columns.toml")["missing"]
    bare = [frozenset(_bare(word) for word in table[name]) for name in ("words", "unclear")]
    return bare[0], bare[1]


def _special(word: str) -> How | None:
    """Recognise cells that hold no number at all."""
    words, unclear = _missing()
    if _NONFINITE.fullmatch(word):
        return How.NONFINITE
    if word in words:
        return How.MISSING
    if word in unclear:
        return How.UNKNOWN
    return How.BOOLEAN if word in _BOOLEAN else None


def _split_unit(word: str, factors: Mapping[str, float]) -> tuple[str, float]:
    """Take the unit off the end of a number, the longest one that fits."""
    for unit in sorted(factors, key=len, reverse=True):
        if word.endswith(unit) and word[: -len(unit)].strip()[-1:].isdigit():
            return word[: -len(unit)].strip(), factors[unit]
    return word, 1.0


def _ungrouped(digits: str, *, decimal_comma: bool) -> str:
    bare = digits.replace(" ", "")
    return bare.replace(".", "").replace(",", ".") if decimal_comma else bare.replace(",", "")


def _angle(text: str) -> Parsed:
    """Read degrees, minutes and seconds, e.g. ``116\u00b054'17.86"`` or ``北纬38度57分``."""
    word = unicodedata.normalize("NFKC", text.translate(_MARKS)).translate(_MARKS)
    word = visible(word).strip().lower().replace("''", '"')
    match = _DEGREES.fullmatch(word)
    if match is None or not _ANGLE_MARK.search(word):
        return _NOTHING, How.UNREADABLE
    minutes, seconds = float(match["m"] or 0), float(match["s"] or 0)
    if minutes >= _SIXTY or seconds >= _SIXTY or (match["before"] and match["after"]):
        return _NOTHING, How.UNREADABLE
    sign = _HEMISPHERE.get(match["before"] or match["after"] or "e", 1)
    sign *= -1 if match["sign"] else 1
    return sign * (float(match["d"]) + minutes / _SIXTY + seconds / _SIXTY**2), How.DMS
