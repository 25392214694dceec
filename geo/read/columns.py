"""What does a column mean, whatever an office has called it?

The canonical columns and their Chinese and English headers are data (``data/columns.toml``), and a
study may add a file of the same shape or name single columns (``columns = {name = "校名"}``).
"""

from __future__ import annotations

import difflib
import itertools
import re
import unicodedata
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from geo.bundled import load_toml
from geo.findings import Finding, InputRefused
from geo.read.ages import age_column, age_hits
from geo.userfiles import parsed, read_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_MARKS = re.compile(r"[\s_*:：·\-–—~]+")
_BRACKETS = re.compile(r"[(（\[【](?P<unit>[^)）\]】]*)[)）\]】]\s*$")
_LONGEST_HEADER = 100
_SHOWN = 30
_DBF_BYTES = 10
_AGES = "age_"
_OF_A_FACILITY = ("kind", "capacity", "enrolled", "classes", "facility_id")
_PLACED = (("longitude", "latitude"), ("x", "y"), ("lonlat",))


@dataclass(frozen=True)
class Column:
    """One canonical column: a ``[column.<name>]`` of ``data/columns.toml``.

    Examples
    --------
    >>> capacity = columns()["capacity"]
    >>> capacity.type, capacity.minimum, "学位数" in capacity.synonyms
    ('number', 0, True)
    """

    name: str
    type: str
    zh: str
    synonyms: tuple[str, ...]
    unit: str | None = None
    whole: bool = False
    minimum: float | None = None
    maximum: float | None = None
    spares_row: bool = False
    """A cell that cannot be read costs this number alone, not its row."""


@dataclass(frozen=True)
class Mapped:
    """Which header carries which canonical column.

    Attributes
    ----------
    header
        Canonical name -> original header.
    factor
        Canonical name -> factor from the header's unit to the canonical unit (亩 in brackets).
    findings
        Notes: two headers for one column, a name cut by a DBF.
    ages
        Columns that count children of other ages than the canonical ones, by their name.
    """

    header: Mapping[str, str]
    factor: Mapping[str, float]
    findings: tuple[Finding, ...] = ()
    ages: Mapping[str, Column] = field(default_factory=dict)

    @property
    def placed(self) -> tuple[str, ...]:
        """Return the canonical columns that give the place, or an empty tuple."""
        return next((pair for pair in _PLACED if all(c in self.header for c in pair)), ())


def columns(extra: Path | None = None) -> dict[str, Column]:
    """Return the canonical columns, with those of a study's own file added in front.

    Parameters
    ----------
    extra
        TOML file with ``[column.<name>]`` tables.  Synonyms of a known column are added before
        the bundled ones, a new column needs ``type`` and ``synonyms``.

    Raises
    ------
    InputRefused
        ``TOML_SYNTAX`` when the file cannot be read as TOML.
    """
    tables: dict[str, dict[str, Any]] = dict(load_toml("columns.toml")["column"])
    if extra is not None:
        for name, table in _own_columns(extra).items():
            earlier = tables.get(name, {"type": "text", "zh": name, "synonyms": []})
            synonyms = [*table.get("synonyms", []), *earlier["synonyms"]]
            tables[name] = {**earlier, **table, "synonyms": synonyms}
    return {name: _column(name, table) for name, table in tables.items()}


def plain(header: str) -> str:
    """Return a header as it is compared: half width, lower case, without marks and unit.

    Examples
    --------
    >>> plain("学位数（个）"), plain("Capacity ")
    ('学位数', 'capacity')
    """
    text = unicodedata.normalize("NFKC", header).strip().lower()
    bare = _BRACKETS.sub("", text)
    return _MARKS.sub("", bare or text)


def header_unit(header: str) -> str | None:
    """Return the unit that stands in brackets at a header's end, e.g. 亩 of ``用地面积（亩）``."""
    match = _BRACKETS.search(unicodedata.normalize("NFKC", header).strip().lower())
    return (
        match["unit"].removeprefix(load_toml("columns.toml")["rows"]["unit_word"]).strip()
        if match
        else None
    )


def header_datum(header: str) -> str | None:
    """Return the datum that the header of a coordinate names, None where it names none.

    >>> header_datum("gcj02_lng"), header_datum("百度经度"), header_datum("经度")
    ('GCJ-02', 'BD-09', None)
    """
    bare = plain(header)
    words = load_toml("rules/crs.toml")["header_words"]
    return next((datum for datum, own in words.items() if any(w in bare for w in own)), None)


def header_hits(cells: Iterable[str | None], canonical: Mapping[str, Column]) -> int:
    """Count the cells of a row that are headers of canonical columns."""
    words = _words(tuple(canonical.values()))
    short = [cell for cell in cells if cell and len(cell) <= _LONGEST_HEADER]
    known = {words[text] for cell in short if (text := plain(cell)) in words}
    return len(known) + age_hits(cell for cell in short if plain(cell) not in words)


def map_columns(
    headers: Sequence[str],
    canonical: Mapping[str, Column],
    *,
    file: str,
    own: Mapping[str, str] | None = None,
) -> Mapped:
    """Say which header carries which canonical column.

    Parameters
    ----------
    headers
        Headers as they stand in the file, all different.
    canonical
        From `columns`.
    own
        The study's own words: canonical name -> header.  They win over every synonym.

    Raises
    ------
    InputRefused
        ``HEADER_MISSING`` where a header of `own` is not in the file, with the nearest ones.

    Examples
    --------
    >>> mapped = map_columns(["校名", "学位数"], columns(), file="a.csv", own={"name": "校名"})
    >>> dict(mapped.header)
    {'name': '校名', 'capacity': '学位数'}
    """
    taken = _own_headers(headers, own or {}, file=file)
    findings: list[Finding] = []
    ages = _age_headers(headers, canonical, taken)
    for name, column in canonical.items():
        free = _free(headers, {**taken, **ages})
        found = [] if name in taken or name in ages else _written(free, column)
        if found:
            taken[name] = found[0]
        if len(found) > 1:
            detail = {"column": found[0], "others": tuple(found[1:])}
            findings.append(Finding("HEADER_CHOICE", file, column=found[0], detail=detail))
    words = _words(tuple(canonical.values()))
    for name, column in canonical.items():
        rest = [h for h in _free(headers, {**taken, **ages}) if plain(h) not in words]
        cut = None if name in taken else next((h for h in rest if _is_cut(h, column)), None)
        if cut is not None:
            taken[name] = cut
            detail = {"meaning": column.zh}
            findings.append(Finding("FIELD_TRUNCATED", file, column=cut, detail=detail))
    counted = {} if set(_OF_A_FACILITY) & set(taken) else ages
    more = {n: _age_like(n, h, canonical) for n, h in counted.items() if n not in canonical}
    taken |= counted
    known = {**canonical, **more}
    factors = {name: _factor(taken[name], known[name]) for name in taken if name in known}
    return Mapped(taken, factors, tuple(findings), more)


def missing_column(name: str, headers: Sequence[str], canonical: Mapping[str, Column]) -> Finding:
    """Return the finding that says which column is missing and which headers come near.

    Examples
    --------
    >>> missing = missing_column("capacity", ["name", "capacty"], columns())
    >>> missing.code, missing.detail["near"]
    ('HEADER_MISSING', ('capacty', 'name'))
    """
    column = canonical.get(name)
    words = column.synonyms if column else (name,)
    scores = {
        h: max(difflib.SequenceMatcher(None, plain(h), plain(w)).ratio() for w in words)
        for h in headers
        if h.strip() and len(h) <= _LONGEST_HEADER
    }
    near = sorted(scores, key=lambda h: (-scores[h], h))[:3]
    detail = {
        "name": name,
        "title": column.zh if column else name,
        "expected": tuple(words[:5]),
        "near": tuple(map(_shown, near)) or "-",
        "headers": tuple(_shown(h) for h in headers),
    }
    return Finding("HEADER_MISSING", "", detail=detail)


def _shown(header: str) -> str:
    """Return a header for a message; a long one has swallowed cells and is cut."""
    return header[:_SHOWN] + "…" if len(header) > _SHOWN else header or "□"


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """Return a header that is not taken yet: as wanted, or with ``.2``, ``.3`` behind it."""
    names = set(taken)
    return next(
        name
        for n in itertools.count(1)
        if (name := wanted if n == 1 else f"{wanted}.{n}") not in names
    )


def _own_columns(path: Path) -> dict[str, Any]:
    """Read the ``[column]`` tables of a study's own file."""
    content = parsed(read_text(path, name=path.name), name=path.name)
    tables: dict[str, Any] = content.get("column", {})
    return tables


def _column(name: str, table: Mapping[str, Any]) -> Column:
    fields = {k: v for k, v in table.items() if k in Column.__dataclass_fields__}
    return Column(**{**fields, "name": name, "synonyms": tuple(table["synonyms"])})


@cache
def _words(canonical: tuple[Column, ...]) -> dict[str, str]:
    """Return compared header -> canonical name; the first column that claims a word has it."""
    words: dict[str, str] = {}
    for column in canonical:
        for word in column.synonyms:
            words.setdefault(plain(word), column.name)
    return words


def _own_headers(headers: Sequence[str], own: Mapping[str, str], *, file: str) -> dict[str, str]:
    """Find the headers that the study names itself."""
    found: dict[str, str] = {}
    for name, wanted in own.items():
        same = [h for h in headers if h == wanted] or [
            h for h in headers if plain(h) == plain(wanted)
        ]
        if not same:
            near = difflib.get_close_matches(wanted, headers, n=3, cutoff=0.3)
            detail = {
                "name": name,
                "title": wanted,
                "expected": wanted,
                "near": tuple(near) or "-",
                "headers": tuple(headers),
            }
            raise InputRefused(Finding("HEADER_MISSING", file, column=wanted, detail=detail))
        found[name] = same[0]
    return found


def _age_headers(
    headers: Sequence[str], canonical: Mapping[str, Column], taken: Mapping[str, str]
) -> dict[str, str]:
    """Return the headers that name ages, by the canonical column that they are, or their own."""
    named: dict[str, str] = {}
    for header in _free(headers, taken):
        column = age_column(header)
        if column is None:
            continue
        own = f"{_AGES}{column.low}_{column.high - (column.end == 'open')}"
        everybody = not (column.sex or column.basis or column.date)
        known = own in canonical and everybody and own not in {*named, *taken}
        written = known and (not column.stage or bool(_written([header], canonical[own])))
        named[own if written else header] = header
    return named


def _age_like(name: str, header: str, canonical: Mapping[str, Column]) -> Column:
    """Return the column of other ages: in all the rest as the first canonical one."""
    first = next(column for one, column in canonical.items() if one.startswith(_AGES))
    return replace(first, name=name, zh=header, synonyms=(header,))


def _free(headers: Sequence[str], taken: Mapping[str, str]) -> list[str]:
    return [header for header in headers if header not in taken.values()]


def _written(headers: Sequence[str], column: Column) -> list[str]:
    """Return the headers that mean this column, the best first."""
    order: dict[str, int] = {}
    for rank, word in enumerate(column.synonyms):
        order.setdefault(plain(word), rank)
    return sorted((h for h in headers if plain(h) in order), key=lambda h: order[plain(h)])


def _is_cut(header: str, column: Column) -> bool:
    """Say whether a header is a synonym that a DBF has cut to its 10 bytes.

    It has cut one only if the next character had no room: ``building`` (8 bytes) is a word of its
    own, no shorter ``building_levels``.
    """
    for encoding in ("gb18030", "utf-8"):
        for word in column.synonyms:
            longer = word.startswith(header) and word[: len(header) + 1].encode(encoding, "replace")
            size = len(header.encode(encoding, "replace"))
            if longer and size <= _DBF_BYTES < len(longer) and word != header:
                return True
    return False


def _factor(header: str, column: Column) -> float:
    """Return the factor from the unit in a header's brackets to the canonical unit."""
    unit = header_unit(header)
    if unit is None or column.unit is None:
        return 1.0
    return float(load_toml("columns.toml")["unit"].get(column.unit, {}).get(unit, 1.0))
