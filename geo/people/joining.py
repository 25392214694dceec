"""Which zone or facility does each row of a table without geometry speak of?

A row is joined by its code, else by its name within its town.  Nothing is guessed: a row that fits
none, or several, and rows that claim the same one are listed, with the nearest candidate.  Rows
that speak of a whole town or district are its totals.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.bundled import load_toml
from geo.read import key
from geo.text import arabic, numeral_signs, simplified

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Hashable, Iterable, Sequence

    from geo.arrays import Ints

    Parts = Callable[[str], tuple[str, str]]

_BRACKETS = re.compile(r"[\W_]+")
_RULES = "rules/tables.toml"
NONE, CODE, NAME, AREA = "", "code", "name", "area"


@dataclass(frozen=True, eq=False)
class Joined:
    """What each row of a table speaks of; all are aligned with the table's rows.

    Attributes
    ----------
    zone
        Position of the row's zone, -1 where it has none of its own.
    how
        ``code``, ``name``, ``area`` (a whole town or district), or ``""``.
    members
        Positions of the zones of an area; empty for all other rows.
    claims
        Positions of the other rows that claim the same; not empty: none of them is used.
    fits
        Positions of the zones that a row may mean where there are several.
    differ
        Positions of the rows whose name is that of another zone than their code.

    Examples
    --------
    >>> zones = pd.DataFrame({"area_id": ["a", "b"], "name": ["柳林村", "竹河村"]})
    >>> joined = join_table(pd.DataFrame({"name": ["柳林村", "柳林村委会"]}), zones)
    >>> joined.claims, joined.used.tolist(), joined.without_row(2).tolist()
    (((1,), (0,)), [], [1])
    """

    zone: Ints
    how: tuple[str, ...]
    members: tuple[tuple[int, ...], ...]
    claims: tuple[tuple[int, ...], ...]
    fits: tuple[tuple[int, ...], ...]
    differ: tuple[int, ...] = ()

    @property
    def used(self) -> Ints:
        """Positions of the rows that have a zone of their own, alone."""
        rows = [r for r, claims in enumerate(self.claims) if self.zone[r] >= 0 and not claims]
        return np.array(rows, dtype=np.int64)

    @property
    def areas(self) -> Ints:
        """Positions of the rows that speak of a whole town or district, alone."""
        rows = [r for r, claims in enumerate(self.claims) if self.members[r] and not claims]
        return np.array(rows, dtype=np.int64)

    def without_row(self, zones: int) -> Ints:
        """Return the positions of zones that no row speaks of."""
        mine = np.bincount(self.zone[self.zone >= 0], minlength=zones) > 0
        return np.flatnonzero(~mine)


def code_key(cell: object) -> str:
    """Return a division code as it is compared: text or number, zeros lost or added.

    Examples
    --------
    >>> code_key("120118100201"), code_key(120118100201.0), code_key("120118000000")
    ('120118100201', '120118100201', '120118')

    A spreadsheet drops the leading zero of 099118100201; another id only loses its zeros:

    >>> code_key(99118100201), code_key("0012"), code_key(" V-3 ")
    ('099118100201', '12', 'v-3')
    """
    text = _text(cell)
    digits = key(text).lstrip("'").removesuffix(".0")
    if not (digits.isascii() and digits.isdigit()):
        return digits
    lengths: list[int] = load_toml(_RULES)["code"]["digits"]
    if len(digits) + 1 in lengths:
        digits = "0" + digits
    if len(digits) not in lengths:
        return digits.lstrip("0")
    for long, short in pairwise(lengths):
        if len(digits) == long and digits.endswith("0" * (long - short)):
            digits = digits[:short]
    return digits


def is_division(code: str) -> bool:
    """Say whether a compared code has the form of a division code.

    Examples
    --------
    >>> is_division(code_key("120118100201")), is_division("12")
    (True, False)
    """
    return code.isdigit() and len(code) in load_toml(_RULES)["code"]["digits"]


def name_parts(name: str) -> tuple[str, str]:
    """Return the name proper of a village or community and its class (``""``: not told).

    Width, case, spaces, brackets, traditional characters and the way of numbering do not count.

    Examples
    --------
    >>> name_parts("柳林社区居委会"), name_parts("柳林村民委员会"), name_parts("第一社区")
    (('柳林', 'community'), ('柳林', 'village'), ('1', 'community'))
    >>> name_parts("村")
    ('村', '')
    """
    text = _numbered(bare_name(name))
    for ending, sort in _endings():
        if text.endswith(ending) and len(text) > len(ending):
            return text.removesuffix(ending), sort
    return text, ""


def bare_name(name: str) -> str:
    """Return a name in half width and simplified characters, without spaces and marks.

    Examples
    --------
    >>> bare_name("實驗幼兒園 （东区）")
    '实验幼儿园东区'
    """
    return _BRACKETS.sub("", simplified(key(name)))


def town_key(town: str) -> str:
    """Return a town's name as it is compared.

    Examples
    --------
    >>> {town_key(t) for t in ("静海镇", "静海镇人民政府", "靜海", "静海镇合计")}
    {'静海'}
    """
    text = bare_name(town)
    words = load_toml(_RULES)["town"]
    for total in words["totals"]:
        if len(text) > len(total):
            text = text.removesuffix(total).removeprefix(total)
    for ending in sorted(words["words"], key=len, reverse=True):
        if text.endswith(ending) and len(text) > len(ending):
            return text.removesuffix(ending)
    return text


def join_table(
    table: pd.DataFrame, zones: pd.DataFrame, *, parts: Parts = name_parts, district: str = ""
) -> Joined:
    """Find the zone of each row of a table, by code, else by name within its town.

    Parameters
    ----------
    table
        ``area_code`` (or ``id``), ``name`` (or ``community``) and ``town``, as far as it has them.
    zones
        ``area_id``, ``name`` and ``town``, as far as known.
    parts
        Splits a name into the name proper and a class that must not be contradicted.
    district
        Name of the whole, for a row of its totals.

    Returns
    -------
    Joined
        Rows that claim the same zone or area are none's; each lists the others in ``claims``.

    Examples
    --------
    >>> zones = pd.DataFrame({"area_id": ["a", "b"], "name": ["柳林社区", "竹河村"]})
    >>> table = pd.DataFrame({"name": ["竹河村民委员会", "柳林居委会", "柳林新区"]})
    >>> joined = join_table(table, zones)
    >>> joined.zone.tolist(), joined.how
    ([1, 0, -1], ('name', 'name', ''))
    """
    size = len(table)
    known = {code_key(cell) for cell in _column(zones, "area_id")}
    codes = [code_key(cell) for cell in _codes(table, known)]
    names = _texts(table, "name", "community")
    towns = _towns(table)
    by_code = _Codes([code_key(cell) for cell in _column(zones, "area_id")])
    by_name = _Names(_texts(zones, "name"), _texts(zones, "town"), parts)
    zone = np.full(size, -1, dtype=np.int64)
    differ: list[int] = []
    how = [NONE] * size
    members: list[tuple[int, ...]] = [()] * size
    fits: list[tuple[int, ...]] = [()] * size
    for row in range(size):
        place = by_code.zone(codes[row])
        found = by_name.find(names[row], towns[row])
        if place >= 0 and len(found) == 1 and found[0] != place:
            differ.append(row)
            place = place if is_division(codes[row]) else -1
        if place >= 0 or len(found) == 1:
            zone[row], how[row] = (place, CODE) if place >= 0 else (found[0], NAME)
            continue
        fits[row] = found
        area = by_code.under(codes[row]) or (
            () if found else by_name.under(names[row], towns[row], district=district)
        )
        if area:
            how[row], members[row] = AREA, area
    told = [int(z) if z >= 0 else area or None for z, area in zip(zone, members, strict=True)]
    rows_of = _places_by(told)
    claims = [
        tuple(r for r in rows_of[one] if r != row) if one is not None else ()
        for row, one in enumerate(told)
    ]
    rest = (tuple(members), tuple(claims), tuple(fits), tuple(differ))
    return Joined(zone, tuple(how), *rest)


def nearest(name: str, among: Iterable[str], *, parts: Parts = name_parts) -> str:
    """Return the most like of some names, endings left aside; ``""`` where none is like it.

    Examples
    --------
    >>> nearest("柳林新区", ["竹河村", "柳林社区"])
    '柳林社区'
    """
    least: float = load_toml(_RULES)["near"]["least"]
    proper = {parts(one)[0]: one for one in among if one}
    near = difflib.get_close_matches(parts(name)[0], proper, n=1, cutoff=least)
    return proper[near[0]] if near else ""


class _Codes:
    """Zones by their code, and by the codes of the town and district above them."""

    def __init__(self, codes: Sequence[str]) -> None:
        self._places = _places_by(codes)
        self._codes = codes

    def zone(self, code: str) -> int:
        """Return the one zone that has the code, else -1."""
        places = self._places.get(code, ()) if code else ()
        return places[0] if len(places) == 1 else -1

    def under(self, code: str) -> tuple[int, ...]:
        """Return the zones whose division lies under that of the code."""
        if not is_division(code):
            return ()
        return tuple(
            place
            for place, one in enumerate(self._codes)
            if len(one) > len(code) and is_division(one) and one.startswith(code)
        )


class _Names:
    """Zones by name: as written first, then by name proper; in the town, else anywhere."""

    def __init__(self, names: Sequence[str], towns: Sequence[str], parts: Parts) -> None:
        self._parts = parts
        split = [parts(name) for name in names]
        self._class = [sort for _, sort in split]
        self._towns = [town_key(town) for town in towns]
        self._town_names = {bare_name(t): town_key(t) for t in towns if t}
        self._whole = _places_by([bare_name(name) for name in names])
        self._full = _places_by(split)
        self._stem = _places_by([stem for stem, _ in split])

    def find(self, name: str, town: str) -> tuple[int, ...]:
        """Return the zones that fit: one, several, or none."""
        if not name:
            return ()
        found = self._within(name, town_key(town))
        if found:
            return found
        whole = bare_name(name)
        for prefix, own in self._town_names.items():
            if whole.startswith(prefix) and len(whole) > len(prefix):
                return self._within(whole.removeprefix(prefix), own)
        return ()

    def under(self, name: str, town: str, *, district: str) -> tuple[int, ...]:
        """Return the zones of the town, or of the whole, that a row without a zone speaks of."""
        own = town_key(name) if name else town_key(town)
        if not own:
            return ()
        if district and own == town_key(district):
            return tuple(range(len(self._towns)))
        return tuple(place for place, one in enumerate(self._towns) if one == own)

    def _within(self, name: str, town: str) -> tuple[int, ...]:
        stem, sort = self._parts(name)
        if not stem:
            return ()
        tries = (
            self._whole.get(bare_name(name), ()),
            self._full.get((stem, sort), ()),
            self._stem.get(stem, ()),
        )
        for places in tries:
            fit = tuple(p for p in places if self._agrees(p, sort, town))
            if fit:
                return fit
        return ()

    def _agrees(self, place: int, sort: str, town: str) -> bool:
        """Say whether class and town do not contradict those of a zone."""
        same = not sort or not self._class[place] or sort == self._class[place]
        own = self._towns[place]
        return same and (not town or not own or town == own or town not in self._towns)


def _places_by(keys: Iterable[Hashable]) -> dict[Hashable, tuple[int, ...]]:
    places: dict[Hashable, list[int]] = {}
    for place, one in enumerate(keys):
        places.setdefault(one, []).append(place)
    return {one: tuple(found) for one, found in places.items()}


def _codes(table: pd.DataFrame, known: Container[str]) -> list[object]:
    """Return the codes of a table: its own column, else ids that are division codes or known."""
    for column in ("area_code", "facility_id"):
        if column in table:
            return table[column].tolist()
    ids = _column(table, "id")
    codes = [code_key(cell) for cell in ids]
    fit = sum(is_division(code) or code in known for code in codes)
    return ids if fit * 2 >= len(ids) > 0 else [None] * len(ids)


def _towns(table: pd.DataFrame) -> list[str]:
    """Return the town of each row; a blank one below another is merged with it."""
    towns = pd.Series(_texts(table, "town"), dtype=object)
    return towns.where(towns != "").ffill().fillna("").tolist()


def _column(frame: pd.DataFrame, name: str) -> list[object]:
    return frame[name].tolist() if name in frame else [None] * len(frame)


def _texts(frame: pd.DataFrame, *names: str) -> list[str]:
    """Return the first of some columns as texts, "" where a cell is missing."""
    name = next((n for n in names if n in frame), "")
    return [_text(cell) for cell in _column(frame, name)]


def _text(cell: object) -> str:
    if cell is None or cell is pd.NA or cell != cell:  # noqa: PLR0124 - NaN
        return ""
    if isinstance(cell, (float, np.floating)) and float(cell).is_integer():
        return str(int(cell))
    return str(cell).strip()


def _numbered(text: str) -> str:
    """Write numerals as digits and leave the sign before a number out."""
    return _numerals().sub(lambda match: str(arabic(match[2])), text)


@cache
def _numerals() -> re.Pattern[str]:
    before = load_toml(_RULES)["numerals"]["before"]
    return re.compile(f"({before}?)(\\d{{1,9}}|[{numeral_signs()}]+)", re.ASCII)


@cache
def _endings() -> tuple[tuple[str, str], ...]:
    """Return all endings with their class, the longest first."""
    rows = load_toml(_RULES)["ending"]
    pairs = [(word, str(row["class"])) for row in rows for word in row["words"]]
    return tuple(sorted(pairs, key=lambda pair: (-len(pair[0]), pair[0])))
