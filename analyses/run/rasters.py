"""Which population rasters does a study name, and what of each belongs to which age group?

A raster of one group is taken as it is.  Of a band of ages (WorldPop's 5 to 9) each year has the
same share, and a group has as many shares as years.  A raster of all people needs an age structure.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from analyses.rules import age_groups
from geo.bundled import load_toml
from geo.findings import Finding, InputRefused, enumerated
from geo.people import Raster
from geo.words import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from analyses.study import Study
    from geo.words import Text

TOTAL = "total"
_BAND = re.compile(r"\D*(\d{1,2})\s*(?:-|–|_)\s*(\d{1,2})\D*")
_SHOWN = 5
_BOTH = {"f", "m"}


@dataclass(frozen=True)
class Rasters:
    """The rasters of a study.

    Attributes
    ----------
    parts
        Path and shares by age group of each file.
    findings, notes
        Remarks; sentences for every output.
    """

    parts: tuple[Raster, ...]
    findings: tuple[Finding, ...] = ()
    notes: tuple[Text, ...] = ()

    @property
    def unknown(self) -> tuple[str, ...]:
        """Return the age groups that are in no file."""
        known = {group for part in self.parts for group in part.shares}
        return tuple(group for group in age_groups() if group not in known)


def rasters_of(study: Study) -> Rasters:
    """Return the rasters that ``[children]`` names.

    Raises
    ------
    InputRefused
        ``CONFIG_MISSING``, ``RASTER_STRUCTURE`` (all people without an age structure),
        ``RASTER_AGES`` (a folder of which no file name tells ages), ``RASTER_SEX`` (a band of boys
        without girls).
    """
    named = study.children.rasters
    if isinstance(named, str):
        place = study.place(named)
        if place.is_dir():
            return _of_folder(place, name=named)
        named = {TOTAL: named}
    if not named:
        detail = {"key": "children.rasters"}
        raise InputRefused(Finding("CONFIG_MISSING", "study.toml", detail=detail))
    parts = []
    for group, files in named.items():
        shares = _structure(study) if group == TOTAL else {group: 1.0}
        for one in [files] if isinstance(files, str) else files:
            path, weight = (one, 1.0) if isinstance(one, str) else (one.path, one.weight)
            parts.append(Raster(study.file(path), {g: s * weight for g, s in shares.items()}))
    if TOTAL not in named:
        return Rasters(tuple(parts))
    told = enumerated(f"{g} {share:.2%}" for g, share in _structure(study).items())
    note = text("coverage/rasters/total").format(shares=told)
    return Rasters(tuple(parts), notes=(note,))


def _structure(study: Study) -> dict[str, float]:
    """Return the share of all people that each age group has."""
    if not study.children.structure:
        raise InputRefused(Finding("RASTER_STRUCTURE", "study.toml"))
    by_year: dict[int, float] = {}
    for band, share in study.children.structure.items():
        years = _years(band)
        by_year |= dict.fromkeys(years, share / len(years))
    return {
        group.id: sum(by_year[year] for year in group.years)
        for group in age_groups().values()
        if all(year in by_year for year in group.years)
    }


def _years(band: str) -> range:
    """Return the years of age of a band: ``age_3_5``, ``5-9``, both ends inclusive."""
    groups = age_groups()
    if band in groups:
        return groups[band].years
    found = _BAND.fullmatch(band)
    if found is None or int(found[2]) < int(found[1]):
        detail = {"near": enumerated(["0-4", "5-9", *groups])}
        raise InputRefused(Finding("STRUCTURE_BAND", "study.toml", value=band, detail=detail))
    return range(int(found[1]), int(found[2]) + 1)


def _of_folder(folder: Path, *, name: str) -> Rasters:
    """Return the files of a folder whose names tell which ages they hold."""
    rule = load_toml("rules/rasters.toml")["worldpop"]
    pattern = re.compile(rule["pattern"])
    files: dict[int, dict[int, dict[str, Path]]] = defaultdict(lambda: defaultdict(dict))
    others = []
    for path in sorted(folder.iterdir()):
        found = pattern.search(path.stem) if path.suffix.lower() in (".tif", ".tiff") else None
        if found is None or int(found["age"]) not in rule["starts"]:
            others.append(path.name)
            continue
        files[int(found["year"])][int(found["age"])].setdefault(found["sex"].lower(), path)
    if not files:
        detail = {"files": enumerated(others[:_SHOWN]) or "-"}
        raise InputRefused(Finding("RASTER_AGES", name, detail=detail))
    year = max(files)
    note = text("coverage/rasters/bands").format(year=year, folder=name)
    parts = tuple(_of_bands(files[year], rule["starts"], name=name))
    rasters = Rasters(parts, notes=(note,))
    findings = []
    if len(files) > 1:
        rest = enumerated(str(y) for y in sorted(files) if y != year)
        findings.append(Finding("RASTER_YEARS", name, detail={"year": year, "others": rest}))
    if rasters.unknown:
        unknown = enumerated(rasters.unknown)
        findings.append(Finding("RASTER_GROUPS", name, detail={"groups": unknown}))
    return replace(rasters, findings=tuple(findings))


def _of_bands(
    files: Mapping[int, Mapping[str, Path]], starts: list[int], *, name: str
) -> Iterator[Raster]:
    """Yield each file with its shares, but only for groups all of whose years there are."""
    bands = {start: range(start, end) for start, end in pairwise(starts)}
    there = {year for start in files if start in bands for year in bands[start]}
    groups = {g.id: g.years for g in age_groups().values() if set(g.years) <= there}
    for start, by_sex in sorted(files.items()):
        if start not in bands:
            continue
        years = bands[start]
        shares = {
            group: len(set(wanted) & set(years)) / len(years)
            for group, wanted in groups.items()
            if set(wanted) & set(years)
        }
        sexes = {"t"} if "t" in by_sex else _BOTH
        missing = sexes - set(by_sex)
        if shares and missing:
            detail = {"ages": f"{years[0]}-{years[-1]}", "file": next(iter(by_sex.values())).name}
            raise InputRefused(Finding("RASTER_SEX", name, detail=detail))
        yield from (Raster(by_sex[sex], shares) for sex in sorted(sexes) if shares)
