"""How many children of each age group do rows count, whatever ages their columns name?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyses.rules import age_groups
from geo.bundled import load_toml
from geo.findings import Finding, InputRefused, enumerated
from geo.people import ages_of, in_ten_thousands, structure_of
from geo.read import age_column, speaks_of_people
from geo.words import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd
    import pandas as pd

    from geo.arrays import Floats
    from geo.people import Ages
    from geo.words import Text

_MOST_OF_ALL = 0.9
"""No place has so large a share of children: such a structure gives shares of the children."""


@dataclass(frozen=True, eq=False)
class Counted:
    """A frame with a column for each age group that is known in some row.

    Attributes
    ----------
    frame
        As given, age groups added or put in the place of those that it had.
    findings, notes
        Remarks; sentences for every output.
    """

    frame: gpd.GeoDataFrame
    findings: tuple[Finding, ...]
    notes: tuple[Text, ...] = ()

    @property
    def groups(self) -> list[str]:
        """Age groups that are known in some row."""
        return [group for group in age_groups() if group in self.frame]


def with_age_groups(
    frame: gpd.GeoDataFrame,
    *,
    file: str,
    structure: Mapping[str, float] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Counted:
    """Count the children of each age group from all columns that name ages, or a total.

    Parameters
    ----------
    frame
        With the columns of `geo.read`: counts by any ages, ``children_total``, ``population``.
    file
        Name of the layer for the findings.
    structure
        Header that names ages -> share, for totals and wide bands; see the setting
        ``children.structure``.
    headers
        Column of `frame` -> header of the file, for the findings.

    Raises
    ------
    InputRefused
        ``CHILDREN_STRUCTURE``: the structure names no ages, or leaves some out.
    """
    weights, whole = _structure(structure or {})
    total, used = _total(frame, weights, whole=whole)
    years = {group.id: (group.start, group.end) for group in age_groups().values()}
    found = ages_of(frame, years, structure=weights, total=total)
    known = found.groups.loc[:, found.groups.notna().any()]
    bare = frame.drop(columns=[g for g in years if g in frame])
    labels = _Labels(file, headers or {})
    findings = [
        *_units(frame, found, labels),
        *_read(found, labels),
        *_contradicting(found, labels),
        *_unused(frame, found, labels, used=used),
    ]
    notes = _notes(found, used, labels, structured=weights is not None)
    return Counted(bare.assign(**{str(g): known[g] for g in known}), tuple(findings), notes)


@dataclass(frozen=True)
class _Labels:
    """How the file and its columns are called in what is said of them."""

    file: str
    headers: Mapping[str, str]

    def columns(self, names: Iterable[str]) -> str:
        return enumerated(self.headers.get(name, name) for name in names)


def _structure(shares: Mapping[str, float]) -> tuple[Floats | None, float]:
    """Return the weight of each year of age, and the share of children among all people (or 0)."""
    if not shares:
        return None, 0.0
    last = int(load_toml("rules/ages.toml")["years"]["children_last"])
    unread = [name for name in shares if age_column(name) is None]
    weights = structure_of({n: s for n, s in shares.items() if n not in unread})
    years = weights[: last + 1]
    lacking = np.flatnonzero(np.isnan(years)).tolist()
    if unread or lacking or not years.sum() > 0 or (years < 0).any():
        detail = {"unread": enumerated(unread) or "-", "years": enumerated(lacking) or "-"}
        raise InputRefused(Finding("CHILDREN_STRUCTURE", "study.toml", detail=detail))
    children = float(years.sum())
    return weights, children if children < _MOST_OF_ALL else 0.0


def _total(
    frame: pd.DataFrame, weights: Floats | None, *, whole: float
) -> tuple[Floats | None, tuple[str, ...]]:
    """Return all children of each row from its totals, and the columns that gave them."""
    if weights is None:
        return None, ()
    total, used = np.full(len(frame), np.nan), []
    for column, factor in (("children_total", 1.0), ("population", whole)):
        if column in frame and factor > 0:
            own = frame[column].to_numpy(np.float64, na_value=np.nan) * factor
            if (np.isnan(total) & np.isfinite(own)).any():
                used.append(column)
            total = np.where(np.isnan(total), own, total)
    return total, tuple(used)


def _units(frame: pd.DataFrame, found: Ages, labels: _Labels) -> list[Finding]:
    """Ask about numbers that are counted in ten thousands."""
    sure = load_toml("rules/ages.toml")["ten_thousands"]["sure"]
    for column in dict.fromkeys(c for band in found.bands for c in band.columns):
        header = labels.columns([column])
        values = frame[column].to_numpy(np.float64, na_value=np.nan)
        if not header.endswith(tuple(sure)) and in_ten_thousands(values):
            value = f"{np.nanmax(values):g}"
            return [Finding("CHILDREN_TEN_THOUSANDS", labels.file, column=header, value=value)]
    return []


def _read(found: Ages, labels: _Labels) -> list[Finding]:
    """Say which ages were read from columns that are not those of the groups."""
    own = set(age_groups())
    named = [
        f"{labels.columns(band.columns)}: {_years(band.start, band.end)}"
        for band in found.bands
        if not set(band.columns) <= own
    ]
    if not named:
        return []
    findings = [Finding("AGES_READ", labels.file, detail={"columns": enumerated(named)})]
    stages = labels.columns(c for band in found.bands if band.stage for c in band.columns)
    if stages:
        findings.append(Finding("AGES_STAGES", labels.file, detail={"columns": stages}))
    return findings


def _years(start: int, end: int) -> str:
    return f"{start}" if start == end else f"{start}–{end}"


def _contradicting(found: Ages, labels: _Labels) -> list[Finding]:
    rows = found.contradicting
    if not rows:
        return []
    most: int = load_toml("rules/demand.toml")["zones_named"]["value"]
    shown = enumerated(rows[:most]) + ("…" if len(rows) > most else "")
    return [Finding("AGES_CONTRADICT", labels.file, detail={"count": len(rows), "rows": shown})]


def _unused(
    frame: pd.DataFrame, found: Ages, labels: _Labels, *, used: tuple[str, ...]
) -> list[Finding]:
    """Name the columns that speak of people and were not read, where some group is unknown."""
    if found.groups.notna().all(axis=None) and len(found.groups):
        return []
    totals = [c for c in load_toml("rules/ages.toml")["totals"]["columns"] if c in frame]
    columns = load_toml("columns.toml")["column"]
    left = labels.columns(c for c in totals if c not in used and frame[c].notna().any())
    read = {c for band in found.bands for c in band.columns}
    own = {*columns, *age_groups(), *read, "geometry"}
    others = [str(c) for c in frame.columns if str(c) not in own and speaks_of_people(str(c))]
    findings = []
    if left:
        findings.append(Finding("AGES_NOT_SPLIT", labels.file, detail={"columns": left}))
    if others:
        findings.append(Finding("AGES_UNREAD", labels.file, detail={"columns": enumerated(others)}))
    return findings


def _notes(
    found: Ages, used: tuple[str, ...], labels: _Labels, *, structured: bool
) -> tuple[Text, ...]:
    """Return what every output says of children that were counted by other ages."""
    notes = []
    if found.split:
        columns = labels.columns(found.split)
        way = text("coverage/demand/by_structure" if structured else "coverage/demand/evenly")
        notes.append(text("coverage/demand/ages_split").format(columns=columns, way=way))
    if used:
        notes.append(text("coverage/demand/ages_total").format(columns=labels.columns(used)))
    return tuple(notes)
