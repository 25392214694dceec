"""How many children of each group do columns of any ages make?

A band that ends where another begins ends before it, and so does the one that begins there: 0-3岁
and 3-6岁 hold the ages 0 to 2 and 3 to 5; 3-6岁 beside 7-14岁 holds 3 to 6.  The narrowest bands
come first; a wider one gives what they leave of it to the years that they do not hold, by the age
structure where there is one, else evenly.  A year that no band holds is unknown, and so is every
group with such a year: unknown is never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.bundled import load_toml
from geo.read import AgeColumn, age_column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo.arrays import Flags, Floats

_RULES = "rules/ages.toml"
_APART = 0.5  # children: half of one is rounding, more is a contradiction
_EXACT = 1e-9


@dataclass(frozen=True)
class Band:
    """Columns that count the children aged `start` to `end`, both full years and inclusive.

    Attributes
    ----------
    column
        The column for both sexes, None where there is none.
    sexes
        The columns for boys and girls, which make up for it; empty unless there are both.
    stage
        Whether the years are those of a stage or grade of school.
    """

    start: int
    end: int
    column: str | None
    sexes: tuple[str, ...] = ()
    stage: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that count."""
        return (*([self.column] if self.column else ()), *self.sexes)


@dataclass(frozen=True, eq=False)
class Ages:
    """Children by age group.

    Attributes
    ----------
    groups
        Aligned with the table: a column for each group, NaN where a year of it is unknown.
    bands
        The columns that were read, by their first year.
    split
        Columns of bands that were parted between groups, or that hold a group only in part.
    contradicting
        Labels of rows where narrow bands sum up to more, or to another number, than a wide one
        that holds them: there the wide one is not used.

    Examples
    --------
    >>> ages_of(pd.DataFrame({"0-4岁": [50.0]}), {"young": (0, 2)}).split
    ('0-4岁',)
    """

    groups: pd.DataFrame
    bands: tuple[Band, ...]
    split: tuple[str, ...]
    contradicting: tuple[object, ...]


def bands_of(headers: Sequence[str]) -> tuple[Band, ...]:
    """Return the bands that the headers of a table name, those that meet cut apart.

    Of several columns for the same ages the residents' goes before the registered ones', the
    later date before the earlier, the first before the others; none is counted twice.

    Examples
    --------
    >>> [(b.start, b.end) for b in bands_of(["0-3岁", "3-6岁", "6-12岁", "12-15岁"])]
    [(0, 2), (3, 5), (6, 11), (12, 14)]
    >>> [(b.start, b.end) for b in bands_of(["0-2岁", "3-6岁", "7-14岁"])]
    [(0, 2), (3, 6), (7, 14)]
    >>> [b.columns for b in bands_of(["3-5岁男", "3-5岁女"])]
    [('3-5岁男', '3-5岁女')]
    """
    named = [column for header in headers if (column := age_column(str(header))) is not None]
    by_years: dict[tuple[int, int], list[AgeColumn]] = {}
    for column in named:
        by_years.setdefault((column.low, _last_year(column, named)), []).append(column)
    bands = [
        band
        for (start, end), columns in by_years.items()
        if start <= end and (band := _band(start, end, columns)) is not None
    ]
    return tuple(sorted(bands, key=lambda band: (band.start, band.end)))


def ages_of(
    table: pd.DataFrame,
    groups: Mapping[str, tuple[int, int]],
    *,
    structure: Floats | None = None,
    total: Floats | None = None,
) -> Ages:
    """Count the children of each group from whatever ages the columns of a table name.

    Parameters
    ----------
    table
        Numbers (NaN = unknown) in the columns that name ages; others are left aside.
    groups
        Column name of a group -> its first and last year, both inclusive.
    structure
        Weight of each year of age from 0, see `structure_of`; None: all years weigh the same.
    total
        All children of each row, 0 to 17, for what the bands leave open; needs a `structure`.

    Returns
    -------
    Ages
        The groups sum up to the bands to 1e-9 wherever the bands tile them.

    Examples
    --------
    7 to 14 holds 8 years, of which 12 to 14 are 3; age 6 is unknown:

    >>> table = pd.DataFrame({"7-14岁": [80.0]})
    >>> groups = {"junior": (12, 14), "primary": (6, 11)}
    >>> ages_of(table, groups).groups.to_dict("list")
    {'junior': [30.0], 'primary': [nan]}
    """
    bands = bands_of([str(header) for header in table.columns])
    years = int(load_toml(_RULES)["years"]["last"]) + 1
    weight = np.ones(years) if structure is None else structure
    # by_year: (rows, years) children of each single year, NaN = unknown
    by_year = np.full((len(table), years), np.nan)
    apart = np.zeros(len(table), dtype=bool)
    for band in sorted(bands, key=lambda b: (b.end - b.start, b.start)):
        held = slice(band.start, band.end + 1)
        apart |= _fill(by_year[:, held], _count(table, band), weight[held])
    if total is not None and structure is not None:
        last = int(load_toml(_RULES)["years"]["children_last"])
        apart |= _fill(by_year[:, : last + 1], total, weight[: last + 1])
    counts = {
        group: _exact(by_year[:, first : last + 1].sum(axis=1), table, (first, last), bands=bands)
        for group, (first, last) in groups.items()
    }
    frame = pd.DataFrame(counts, index=table.index)
    split = [c for b in bands if not _tiled(b, bands, groups) for c in b.columns]
    return Ages(frame, bands, tuple(dict.fromkeys(split)), tuple(table.index[apart]))


def structure_of(shares: Mapping[str, float]) -> Floats:
    """Return the weight of each year of age that an age structure gives.

    Parameters
    ----------
    shares
        Header that names ages (``0-4岁``, ``age_6_11``) -> share or number of people.

    Returns
    -------
    ndarray
        From year 0 on; within a band all years weigh the same, a year that is not named is NaN.

    Examples
    --------
    >>> structure_of({"0-4岁": 0.05, "5-9岁": 0.06})[:6].round(3).tolist()
    [0.01, 0.01, 0.01, 0.01, 0.01, 0.012]
    """
    years = int(load_toml(_RULES)["years"]["last"]) + 1
    groups = {str(year): (year, year) for year in range(years)}
    table = pd.DataFrame({name: [float(share)] for name, share in shares.items()})
    found: Floats = ages_of(table, groups).groups.to_numpy()[0]
    return found


def in_ten_thousands(values: Floats) -> bool:
    """Say whether numbers of children are in fact counted in ten thousands.

    Parameters
    ----------
    values
        Counts, NaN = unknown.

    Examples
    --------
    >>> in_ten_thousands(np.array([0.0109, 0.02, 0.3])), in_ten_thousands(np.array([12.5, 109.0]))
    (True, False)
    """
    rule = load_toml(_RULES)["ten_thousands"]
    some = values[np.isfinite(values) & (values > 0)]
    if len(some) == 0 or float(np.median(some)) >= rule["below"]:
        return False
    many = some * rule["factor"]
    broken = np.abs(some - np.round(some)) > _EXACT
    whole = np.abs(many - np.round(many)) <= _EXACT * np.maximum(many, 1.0)
    return bool(broken.mean() >= rule["share"] and whole.all())


def _last_year(column: AgeColumn, beside: Sequence[AgeColumn]) -> int:
    """Return the last year that a column counts, by its words or by the columns beside it."""
    if column.low == column.high or column.end == "closed":
        return column.high
    if column.end == "open":
        return column.high - 1
    bands = [c for c in beside if c.low < c.high]
    starts = {c.low for c in bands} | _first_singles(beside)
    if column.high in starts:
        return column.high - 1
    if column.high + 1 in starts:
        return column.high
    meets = column.low in {c.high for c in bands if c.end != "closed"}
    usual = [tuple(band) for band in load_toml(_RULES)["usual"]["bands"]]
    by_custom = (column.low, column.high) in usual or column.end == "usual"
    return column.high - 1 if meets or by_custom else column.high


def _first_singles(columns: Sequence[AgeColumn]) -> set[int]:
    """Return the years at which runs of single years begin."""
    single = {c.low for c in columns if c.low == c.high}
    return {year for year in single if year - 1 not in single}


def _band(start: int, end: int, columns: Sequence[AgeColumn]) -> Band | None:
    """Choose among columns of the same ages: both sexes together, or boys and girls."""
    rank = {"resident": 0, "": 1, "registered": 2}
    best = sorted(columns, key=lambda c: (rank[c.basis], -c.date, c.stage))
    whole = next((c for c in best if not c.sex), None)
    lead = whole or best[0]
    pair = [
        next((c.header for c in best if c.sex == sex and c.basis == lead.basis
              and c.date == lead.date), None)
        for sex in ("male", "female")
    ]  # fmt: skip
    sexes = tuple(header for header in pair if header is not None)
    both = sexes if all(pair) else ()
    if whole is None and not both:
        return None
    return Band(start, end, whole.header if whole else None, both, lead.stage)


def _count(table: pd.DataFrame, band: Band) -> Floats:
    """Return the children of a band: its own column, else boys and girls."""
    total = np.full(len(table), np.nan)
    if band.column is not None:
        total = _numbers(table[band.column])
    if band.sexes:
        both = sum((_numbers(table[c]) for c in band.sexes), np.zeros(len(table)))
        total = np.where(np.isnan(total), both, total)
    return total


def _exact(
    found: Floats, table: pd.DataFrame, years: tuple[int, int], *, bands: Sequence[Band]
) -> Floats:
    """Return a group's sum of years as its own column has it, where that is the same number."""
    for band in (band for band in bands if (band.start, band.end) == years):
        own = _count(table, band)
        found = np.where(np.abs(own - found) <= _EXACT * np.maximum(own, 1.0), own, found)
    return found


def _numbers(cells: pd.Series) -> Floats:
    numbers: Floats = pd.to_numeric(cells, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    return numbers


def _fill(years: Floats, total: Floats, weight: Floats) -> Flags:
    """Give unknown years (rows, years) what known ones leave of a total; say where it cannot be."""
    unknown = np.isnan(years)
    rest = total - np.nansum(years, axis=1)
    some = unknown.any(axis=1)
    near = _EXACT * np.maximum(total, 1.0)
    over = np.where(some, rest < -near, np.abs(rest) > _APART)
    part = np.where(unknown, weight, 0.0)
    whole = part.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(whole[:, None] > 0, part / whole[:, None], np.nan)
    filled = np.maximum(rest, 0.0)[:, None] * share
    np.copyto(years, filled, where=unknown & ~over[:, None])
    contradicts: Flags = over & np.isfinite(total)
    return contradicts


def _tiled(band: Band, bands: Sequence[Band], groups: Mapping[str, tuple[int, int]]) -> bool:
    """Say whether a band lies in one group, or is itself tiled by narrower ones."""
    inside = any(first <= band.start and band.end <= last for first, last in groups.values())
    narrower = [
        b for b in bands
        if b is not band and band.start <= b.start and b.end <= band.end
    ]  # fmt: skip
    held = {year for b in narrower for year in range(b.start, b.end + 1)}
    return inside or held >= set(range(band.start, band.end + 1))
