"""Of what kind is a facility that no column tells: by its name, its list, its tags?

Every answer comes with how it was found (`How`), so that it can be told and marked.  The patterns
lie in ``data/rules/facility_kinds.toml``.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from analyses.facilities.names import place_text
from analyses.facilities.types import facility_types, kind_of, kind_words, osm_kind, plain_word
from geo.bundled import load_toml
from geo.findings import Finding
from geo.read import Kinds, Sheet, plain
from geo.words import texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

How = Literal["column", "setting", "name", "header", "file", "tags", "capacity", ""]
"""How the kind of a row is known; "" = it is not."""

NO_FACILITY = ""
_SCHOOL = {"amenity": "school"}
_SHORTEST_WORD = 2
_RANGE = re.compile(r"(\d+)\s*(?:-|–|to)\s*(\d+)")


def kind_by_name(name: str) -> str | None:
    """Return the kind that a name tells, "" where it tells that it is none, None where nothing.

    Examples
    --------
    >>> kind_by_name("实验小学附属幼儿园"), kind_by_name("城关一小"), kind_by_name("CEIP León")
    ('kindergarten', 'primary_school', 'infant_primary_school')
    >>> kind_by_name("幼儿园路公园"), kind_by_name("春芽")
    ('park', None)
    """
    text = place_text(name)
    for pattern, kind in _patterns():
        if pattern.search(text):
            return kind
    word = _last_word(text)
    types = facility_types()
    if word is None or (types[word].vague and types[word].family == "school"):
        as_school = osm_kind(_SCHOOL, text)
        return as_school if as_school not in (None, "school") else word
    return word


def kinds_of_sheet(sheet: Sheet, *, given: str | None = None) -> Kinds:
    """Return the kind of each row of a list, and how it was found.

    The row's own word counts first, then what the study says, then the name, the header of the
    name's column, the file's name; a word that does not tell the level (学校) only where no surer
    one is there.  A column of 公办 and 民办 is ownership, whatever its header says.

    Parameters
    ----------
    sheet
        Texts and headers of the canonical columns.
    given
        Kind (an id) that the study says for rows that say none.

    Examples
    --------
    >>> names = {"name": ["示例幼儿园", "示例小学"]}
    >>> from geo.read import Sheet
    >>> kinds_of_sheet(Sheet("名单.xlsx", {"name": "名称"}, names, rows=2)).words
    ['kindergarten', 'primary_school']
    """
    size = sheet.rows
    words = sheet.texts.get("kind", [None] * size)
    owned = _is_ownership(words)
    own = [None if owned or not word else kind_of(word) for word in words]
    hints: tuple[tuple[How, str | None], ...] = (
        ("header", _header_kind(sheet.headers.get("name"))),
        ("file", _file_kind(sheet.name)),
    )
    names = sheet.texts.get("name", [None] * size)
    by_name = {name: kind_by_name(name) for name in set(names) if name}
    kinds: list[str | None] = []
    how: list[str] = []
    for word, kind, name in zip(words, own, names, strict=True):
        if word and not owned and kind is None and given is None:
            kinds.append(word)  # a word that nobody knows is the row's fault, and is told as such
            how.append("column")
            continue
        row = _row_kind(kind, given, by_name=by_name.get(name) if name else None, hints=hints)
        kinds.append(row[0])
        how.append(row[1])
    findings = [*_inferences(kinds, how, names, sheet=sheet)]
    if owned:
        header = sheet.headers["kind"]
        findings.insert(0, Finding("KIND_IS_OWNERSHIP", sheet.name, column=header))
    return Kinds(kinds, how, tuple(findings), ownership=owned)


def level_of(
    kind: str, tags: Mapping[str, str], *, name: str, capacity: float = float("nan")
) -> tuple[str, How]:
    """Return the kind of an OSM feature once its level is looked for, and how it was found.

    Examples
    --------
    >>> level_of("school", {"min_age": "3", "max_age": "11"}, name="")
    ('infant_primary_school', 'tags')
    >>> level_of("school", {"school:FR": "collège"}, name="Jules Ferry")
    ('junior_school', 'tags')
    """
    if not facility_types()[kind].vague or facility_types()[kind].family != "school":
        return kind, "column"
    levels = "".join(map(str, sorted(_levels(tags))))
    by_tags = load_toml("rules/facility_kinds.toml")["levels"]["kind"].get(levels)
    if by_tags:
        return by_tags, "tags"
    by_name = kind_by_name(name) if name else None
    if by_name is not None and by_name != kind and not _vague(by_name):
        return by_name, "name"
    small = load_toml("rules/facility_kinds.toml")["small"]
    if kind == "school" and capacity <= small["value"]:
        return str(small["kind"]), "capacity"
    return kind, "column"


def inferred(frame: pd.DataFrame, *, file: str) -> tuple[Finding, ...]:
    """Tell which facilities of a frame had their kind inferred from tags, names or capacity.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = {"kind": ["kindergarten"], "name": ["示例幼儿园"], "kind_from": ["name"]}
    >>> [finding.file for finding in inferred(pd.DataFrame(rows), file="a.csv")]
    ['a.csv']
    """
    rows = frame[frame["kind_from"].isin(["tags", "name", "capacity"])]
    sheet = Sheet(file, {}, {}, len(rows))
    kinds, how = rows["kind"].to_list(), rows["kind_from"].to_list()
    return tuple(_inferences(kinds, how, rows["name"].to_list(), sheet=sheet))


def _row_kind(
    own: str | None,
    given: str | None,
    *,
    by_name: str | None,
    hints: Sequence[tuple[How, str | None]],
) -> tuple[str | None, How]:
    """Return the surest kind of one row."""
    said: list[tuple[How, str | None]] = [("column", own), ("setting", given)]
    hint = next((kind for _, kind in [*said, *hints] if kind), None)
    fits = by_name if by_name and _fits(by_name, hint) else None
    order: list[tuple[How, str | None]] = [*said, ("name", fits), *hints]
    known = [(how, kind) for how, kind in order if kind]
    sure = [(how, kind) for how, kind in known if not _vague(kind)]
    how, kind = next(iter([*sure, *known]), ("", None))
    return kind, how  # type: ignore[return-value]


def _fits(by_name: str, hint: str | None) -> bool:
    """Say whether a name may tell the kind of a row of a list of `hint`."""
    if hint is None:
        return True
    types = facility_types()
    one, other = types[by_name], types[hint]
    same = one.family == other.family != ""
    return same or (other.vague and bool(one.ages) and bool(other.ages))


def _vague(kind: str | None) -> bool:
    return kind in facility_types() and facility_types()[str(kind)].vague


def _inferences(
    kinds: Sequence[str | None], how: Sequence[str], names: Sequence[str | None], *, sheet: Sheet
) -> Iterator[Finding]:
    """Tell each way in which a kind was inferred, once, with the number of rows and one name."""
    ways = texts("facilities/kind_from")
    counts = Counter(zip(how, kinds, strict=True))
    shown = dict(zip(reversed(list(zip(how, kinds, strict=True))), reversed(names), strict=True))
    for (way, kind), count in sorted(counts.items(), key=lambda item: str(item[0])):
        if way in ("", "column", "setting") or not kind:
            continue
        detail = {
            "count": count,
            "kind": facility_types()[kind].title,
            "how": ways[way],
            "example": shown[way, kind] or "-",
        }
        column = sheet.headers.get("name") if way in ("name", "header") else None
        yield Finding("KIND_INFERRED", sheet.name, column=column, detail=detail)


def _is_ownership(words: Sequence[str | None]) -> bool:
    """Say whether a column of kinds holds who runs the places."""
    rule = load_toml("rules/facility_kinds.toml")["ownership"]
    known = {plain_word(word) for word in rule["words"]}
    filled = [plain_word(word) for word in words if word]
    return bool(filled) and sum(w in known for w in filled) > rule["share"] * len(filled)


def _header_kind(header: str | None) -> str | None:
    if header is None:
        return None
    kinds: dict[str, str] = load_toml("rules/facility_kinds.toml")["headers"]
    return {plain(word): kind for word, kind in kinds.items()}.get(plain(header))


def _file_kind(name: str) -> str | None:
    """Return the one kind that a file's or sheet's name tells, None where it tells several."""
    path, _, sheet = name.partition("#")
    told = {_only_kind(text) for text in (sheet, PurePath(path).stem) if text} - {None}
    return told.pop() if len(told) == 1 else None


def _only_kind(text: str) -> str | None:
    found = {kind for _, _, kind in _words_in(text)}
    return found.pop() if len(found) == 1 else None


def _last_word(text: str) -> str | None:
    """Return the kind of the word that ends last in a name (the longest of these)."""
    found = _words_in(text)
    return max(found, key=lambda hit: (hit[1], hit[1] - hit[0]))[2] if found else None


def _words_in(text: str) -> list[tuple[int, int, str]]:
    """Return start, end and kind of the words of kinds in a text, none inside a longer one."""
    found = [(m.start(), m.end(), kind_of(m[0].rstrip("s")) or kind_of(m[0])) for m in
             _words().finditer(plain_word_spaced(text))]  # fmt: skip
    return [(start, end, kind) for start, end, kind in found if kind]


def plain_word_spaced(text: str) -> str:
    """Return a text in half width and lower case, words apart."""
    return " ".join(plain_word(part) for part in re.split(r"[\s_]+", text))


@cache
def _words() -> re.Pattern[str]:
    """Return the words of facilities as one pattern, the longest first."""
    types = facility_types()
    words = {
        word
        for word, kind in kind_words().items()
        if types[kind].use == "facility" and len(word) >= _SHORTEST_WORD and not word.isdigit()
    }
    ordered = sorted(words, key=lambda word: (-len(word), word))
    parts = [rf"\b{re.escape(w)}s?\b" if w.isascii() else re.escape(w) for w in ordered]
    return re.compile("|".join(parts), re.IGNORECASE)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    rows: list[dict[str, str]] = load_toml("rules/facility_kinds.toml")["name"]
    return tuple((re.compile(row["pattern"]), row["kind"]) for row in rows)


def _levels(tags: Mapping[str, str]) -> set[int]:
    """Return the levels that tags tell: their own words, ISCED, grades, ages."""
    rule = load_toml("rules/facility_kinds.toml")["levels"]
    for tag in rule["isced"]:
        if found := _isced(tags.get(tag, ""), rule):
            return found
    for tag, meaning in rule["tag"].items():
        parts = re.split(r"[;,/]", tags.get(tag, "").casefold())
        if found := {level for part in parts for level in meaning.get(part.strip(), [])}:
            return found
    for tag in rule["grades"]:
        text = re.sub(r"(?i)\bk\b|kindergarten", "0", tags.get(tag, ""))
        if grades := _numbers(text):
            first = rule["grade_ages"]["first"]
            return _taught(min(grades) + first - 1, max(grades) + first - 1, rule)
    # max_age is where a school ends: pupils of 16 in a school "3 to 16" are those leaving it.
    low, high = _numbers(tags.get("min_age", "")), _numbers(tags.get("max_age", ""))
    return _taught(min(low), max(*low, max(high) - 1), rule) if low and high else set()


def _isced(text: str, rule: Mapping[str, Any]) -> set[int]:
    found: set[int] = set()
    for part in re.split(r"[;,/&+_ ]+", text.casefold().strip()):
        if span := _RANGE.fullmatch(part):
            found |= set(range(int(span[1]), int(span[2]) + 1))
        elif part.isdigit():
            found.add(int(part))
    found |= set(rule["word"].get(text.casefold().strip(), []))
    return found & set(range(len(rule["ages"])))


def _numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def _taught(low: int, high: int, rule: Mapping[str, Any]) -> set[int]:
    """Return the levels of which at least half of the years of age lie in a span of ages."""
    first, last = np.array(rule["ages"]).T
    years = np.minimum(last, high) - np.maximum(first, low) + 1
    return set(np.flatnonzero(2 * years >= last - first + 1).tolist())
