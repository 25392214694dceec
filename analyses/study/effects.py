"""Which settings would have no effect, or mean nothing, and what would they need?"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from analyses.study.model import inputs_of
from geo.bundled import load_toml
from geo.findings import Finding
from geo.words import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyses.study.model import Study

_NO_LAYERS = (".csv", ".txt", ".tsv", ".geojson", ".json", ".shp", ".osm", ".pbf", ".tif", ".tiff")
_DATE = re.compile(r"(\d{4})(?:\D{0,2}(\d{1,2})(?:\D{0,2}(\d{1,2}))?)?\D?")


def without_effect(study: Study) -> Iterator[Finding]:
    """Yield what would be ignored: sheets of files that have none, phases without candidates."""
    for key, section in inputs_of(study):
        if section.layer and PurePosixPath(section.path).suffix.lower() in _NO_LAYERS:
            yield _no_effect(f"{key}.layer", "no_layers", value=section.layer, near="xlsx | gpkg")
        if study.study.headers is None:
            yield from _columns(key, section.columns)
    yield from _children(study)
    if study.sites.phases and study.sites.path is None:
        yield _no_effect("sites.phases", "no_candidates", value=None, near="[sites] path")


def _children(study: Study) -> Iterator[Finding]:
    """Yield the files of ``[children]`` that its method does not read."""
    section = study.children
    if section.path is not None and section.method == "raster":
        near = 'method = "communities" | "points"'
        yield _no_effect("children.path", "other_method", value=section.path, near=near)
    if section.rasters and section.method != "raster":
        yield _no_effect("children.rasters", "other_method", value=None, near='method = "raster"')
    if section.path is not None and section.method == "communities" and study.communities is None:
        near = "[communities] path"
        yield _no_effect("children.path", "no_polygons", value=section.path, near=near)


def undated(study: Study) -> Iterator[Finding]:
    """Yield the study's date where it is no year, month or day."""
    date = study.study.date.strip()
    if date and not is_date(date):
        yield Finding("CONFIG_DATE", "", column="study.date", value=date)


def is_date(date: str) -> bool:
    """Say whether a text is a year, a month or a day, as offices write them.

    >>> is_date("2026-06-01"), is_date("20260601"), is_date("2026/13"), is_date("June")
    (True, True, False, False)
    """
    found = _DATE.fullmatch(date)
    if found is None:
        return False
    try:
        dt.date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        return False
    return True


def _columns(key: str, columns: dict[str, str]) -> Iterator[Finding]:
    """Yield the keys of ``columns`` that no reader asks for."""
    ages = [group["id"] for group in load_toml("age_groups.toml")["age_group"]]
    known = [*load_toml("columns.toml")["column"], *ages]
    for own in columns:
        if own not in known:
            near = difflib.get_close_matches(own, known, n=1, cutoff=0.5)
            place = f"{key}.columns.{own}"
            detail = {"key": place, "near": near[0] if near else ", ".join(known)}
            yield Finding("CONFIG_UNKNOWN_KEY", "", column=place, value=own, detail=detail)


def _no_effect(key: str, reason: str, *, value: str | None, near: str) -> Finding:
    detail = {"key": key, "reason": text(f"messages/setting/{reason}"), "near": near}
    return Finding("CONFIG_NO_EFFECT", "", column=key, value=value, detail=detail)
