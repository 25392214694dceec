"""Which ages does the header of a column name, and whom does it count?

Offices count single years, bands of any cut, stages and grades, boys and girls apart.  What the
words mean is data (``data/rules/ages.toml``); how bands that meet are parted, and how children of
a band become those of a group, is `geo.people.ages`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from geo.bundled import load_toml
from geo.text import arabic, numeral_signs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_RULES = "rules/ages.toml"
_SPACES = re.compile(r"\s+")
_MARKS = re.compile(r"[\W_]+")
_LONGEST = 60
_MONTHS = 12


@dataclass(frozen=True)
class AgeColumn:
    """What a header says of the children that its column counts.

    Attributes
    ----------
    header
        As it stands in the file.
    low, high
        First and last year of age as written.
    end
        ``closed``: the last year counts; ``open``: it does not; ``usual``: it does not, unless
        another column begins a year later; ``""``: the columns beside it decide.
    sex, basis
        ``male``, ``female`` or ``""`` for both; ``resident``, ``registered`` or ``""``.
    date
        The year of which it tells, 0 where it does not say.
    stage
        Whether it names a stage or grade of school, not an age.

    Examples
    --------
    >>> AgeColumn("3-5岁男", 3, 5, sex="male").end
    ''
    """

    header: str
    low: int
    high: int
    end: str = ""
    sex: str = ""
    basis: str = ""
    date: int = 0
    stage: bool = False


@cache
def age_column(header: str) -> AgeColumn | None:
    """Return the ages that a header names, None where it names none that count children.

    Examples
    --------
    >>> found = [age_column(header) for header in ("5岁", "3~5岁人数", "age_6_11", "三至六岁")]
    >>> [(c.low, c.high) for c in found if c]
    [(5, 5), (3, 5), (6, 11), (3, 6)]
    >>> found = [age_column(header) for header in ("3岁以下", "under 3", "七年级")]
    >>> [(c.low, c.high, c.end) for c in found if c]
    [(0, 3, 'usual'), (0, 3, 'open'), (12, 12, 'closed')]
    >>> age_column("3-5岁入园率"), age_column("5岁（虚岁）"), age_column("15-59岁")
    (None, None, None)
    """
    found = _read(header)
    last: int = load_toml(_RULES)["years"]["last"]
    return found if found and 0 <= found.low <= found.high <= last else None


def speaks_of_people(header: str) -> bool:
    """Say whether a header that names no ages seems to count people all the same.

    Examples
    --------
    >>> speaks_of_people("儿童数"), speaks_of_people("5岁（虚岁）"), speaks_of_people("入园率")
    (True, True, False)
    """
    if len(header) > _LONGEST or _read(header) is not None:
        return False
    words, text = load_toml(_RULES)["people"], _compared(header)
    return _holds(text, words["words"]) and not _holds(text, words["never"])


def age_hits(cells: Iterable[str | None]) -> int:
    """Count the cells of a row that name ages.

    Examples
    --------
    >>> age_hits(["社区", "0岁", "1岁", "合计"])
    2
    """
    return sum(bool(c) and age_column(c) is not None for c in cells if c and len(c) <= _LONGEST)


def _read(header: str) -> AgeColumn | None:
    """Read a header, whatever the ages."""
    if len(header) > _LONGEST:
        return None
    words = load_toml(_RULES)["beside"]
    text, date = _dated(_compared(header))
    text, sex = _one_of(text, {"female": words["female"], "male": words["male"]})
    text, basis = _one_of(text, words["basis"])
    for find in (_band, _months, _grade, _stage):
        found = find(text)
        if found is not None and _plain(text, found[-1]):
            return AgeColumn(header, *found[:3], sex, basis, date, find in (_grade, _stage))
    return None


_Found = tuple[int, int, str, tuple[int, int]]


def _stage(text: str) -> _Found | None:
    for pattern, (low, high) in _stages():
        if match := pattern.search(text):
            return low, high, "closed", match.span()
    return None


def _grade(text: str) -> _Found | None:
    rule = load_toml(_RULES)["grades"]
    match = re.search(rule["pattern"], text)
    if match is None:
        return None
    school = match["stage"] or match["school"] or ""
    grade = int(match["grade"] or match["year"])
    age = int(rule["first_age"]) + int(rule["offset"].get(school, 0)) + grade - 1
    return age, age, "closed", match.span()


def _months(text: str) -> _Found | None:
    match = re.search(load_toml(_RULES)["months"]["pattern"], text)
    if match is None:
        return None
    low, high = int(match["low"] or 0), int(match["high"])
    if low % _MONTHS or high % _MONTHS or high <= low:
        return None
    return low // _MONTHS, high // _MONTHS, "open", match.span()


def _band(text: str) -> _Found | None:
    for pattern, row in _patterns():
        match = pattern.fullmatch(text) if row.get("whole") else pattern.search(text)
        if match is not None:
            parts = match.groupdict()
            high = int(parts.get("high") or parts["low"])
            low = int(parts.get("low") or 0)
            return low, high, str(row.get("end", "")), match.span()
    return None


def _plain(text: str, span: tuple[int, int]) -> bool:
    """Say whether what stands beside the ages does not change whom the column counts."""
    rest = text[: span[0]] + " " + text[span[1] :]
    for word in sorted(load_toml(_RULES)["beside"]["words"], key=len, reverse=True):
        rest = rest.replace(word, " ")
    return not _MARKS.sub("", rest)


def _dated(text: str) -> tuple[str, int]:
    """Return a text without the year of the count, and the year (0: none)."""
    match = re.search(load_toml(_RULES)["beside"]["date"]["pattern"], text)
    return (text.replace(match[0], ""), int(match["date"])) if match else (text, 0)


def _one_of(text: str, words: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    """Return a text without some words, and which one of their meanings it has (else "")."""
    found = set()
    for meaning, signs in words.items():
        for sign in (sign for sign in signs if sign in text):
            found.add(meaning)
            text = text.replace(sign, "")
    return text.strip("-"), found.pop() if len(found) == 1 else ""


def _compared(header: str) -> str:
    """Return a header in half width and lower case, with one kind of dash and digits for ages."""
    text = _SPACES.sub("", unicodedata.normalize("NFKC", header)).casefold()
    text = re.sub(f"[{re.escape(load_toml(_RULES)['dash']['signs'])}]", "-", text)
    return _numerals().sub(lambda match: str(arabic(match[0])), text)


def _holds(text: str, words: Iterable[str]) -> bool:
    return any(word in text for word in words)


@cache
def _numerals() -> re.Pattern[str]:
    return re.compile(f"[{numeral_signs(two=True)}]+{load_toml(_RULES)['numerals']['before']}")


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], dict[str, Any]], ...]:
    rows = load_toml(_RULES)["header"]
    return tuple((re.compile(f"(?<!\\d)(?:{row['pattern']})(?!\\d)"), row) for row in rows)


@cache
def _stages() -> tuple[tuple[re.Pattern[str], tuple[int, int]], ...]:
    rows = load_toml(_RULES)["stage"]
    return tuple((re.compile(row["pattern"]), (row["years"][0], row["years"][1])) for row in rows)
