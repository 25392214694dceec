"""Which official and mapped layers tell about safety, and what did the offices write before?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from analyses.facilities import kind_of
from analyses.hazards import read_ledger
from analyses.streets import canonical, layer_names, layers_from_osm, unread
from geo.bundled import load_toml
from geo.crs import project
from geo.findings import Finding, InputRefused
from geo.read import ReadOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from analyses.study import Study
    from geo.read import Layer


@dataclass(frozen=True, eq=False)
class SafetyInputs:
    """What the questions about ways to school take besides the streets and the children.

    Attributes
    ----------
    layers
        By name of ``data/rules/safety_layers.toml``, canonical columns, metric CRS.
    official
        Those of them that offices gave, not OSM.
    catchments
        Official catchments (polygons), or None.
    ledger
        The ledger as the offices edited it, or None.
    candidates
        Candidate sites: ``candidate_id, name`` and what else the file has; or None.
    obstacles
        Features of OSM that may stand between two streets, or None.
    findings
        Cells of official layers that could not be read.
    """

    layers: Mapping[str, gpd.GeoDataFrame]
    official: Mapping[str, gpd.GeoDataFrame]
    catchments: gpd.GeoDataFrame | None
    ledger: pd.DataFrame | None
    candidates: gpd.GeoDataFrame | None
    obstacles: gpd.GeoDataFrame | None
    findings: tuple[Finding, ...]


def safety_inputs(
    study: Study,
    read: Callable[..., Layer],
    *,
    osm: Mapping[str, gpd.GeoDataFrame],
    crs: str,
) -> SafetyInputs:
    """Read the layers of ``[[safety]]``, those of OSM, the catchments and the ledger.

    An official layer stands beside what OSM shows of the same kind.

    Parameters
    ----------
    study
        The settings.
    read
        Reads a layer of the study.
    osm
        What the streets' file holds: ``safety`` (`analyses.streets.official.osm_wanted`) and
        ``obstacles`` (`analyses.links.obstacles.obstacles_osm_wanted`).
    crs
        The metric CRS.

    Raises
    ------
    InputRefused
        ``SAFETY_KIND``: `kind` of a section is no such layer; what the readers refuse.
    """
    found = layers_from_osm(osm["safety"]) if "safety" in osm else {}
    official: dict[str, gpd.GeoDataFrame] = {}
    findings: list[Finding] = []
    for section in study.safety:
        if section.kind not in layer_names():
            detail = {"known": ", ".join(layer_names())}
            raise InputRefused(
                Finding("SAFETY_KIND", "study.toml", None, "kind", section.kind, detail)
            )
        frame = project(read(section, ReadOptions(located=section.kind != "survey")).frame, crs)
        for header, texts in unread(section.kind, frame).items():
            detail = {"texts": ", ".join(texts[:5]), "count": str(len(texts))}
            findings.append(Finding("SAFETY_UNREAD", section.path, column=header, detail=detail))
        own = canonical(section.kind, frame)
        parts = [part for part in (official.get(section.kind), own) if part is not None]
        official[section.kind] = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=crs)
        both = [own] if section.kind not in found else [own, found[section.kind]]
        found[section.kind] = gpd.GeoDataFrame(pd.concat(both, ignore_index=True), crs=crs)
    catchments = None
    if study.catchments is not None:
        catchments = project(read(study.catchments, ReadOptions(wanted="polygon")).frame, crs)
    ledger = None
    if study.routes.ledger is not None:
        ledger = read_ledger(study.routes.ledger, study.folder)
    candidates = None
    if study.sites.path is not None:
        candidates = candidates_of(project(read(study.sites).frame, crs))
    between = osm.get("obstacles")
    return SafetyInputs(found, official, catchments, ledger, candidates, between, tuple(findings))


def candidates_of(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give a checked layer of candidate sites an id (its own, else the row) and a name each.

    Words of kinds become ids (none: anything may be built), and ``chosen`` is True where the cell
    says yes.

    Raises
    ------
    InputRefused
        ``SITES_KIND`` for a word that is no kind of facility.
    """
    rows = pd.Series([f"row-{number}" for number in frame.index], index=frame.index)
    own = frame["id"].astype(object) if "id" in frame else rows
    ids = own.where(own.notna(), rows).astype(str)
    name = frame.get("name", ids)
    named = {"candidate_id": ids, "name": name.where(name.notna(), ids)}
    if "kind" in frame:
        named["kind"] = _kinds(frame["kind"].astype(object))
    if "chosen" in frame:
        yes = load_toml("rules/siting.toml")["own_choice"]["yes"]
        named["chosen"] = frame["chosen"].astype(str).str.strip().str.lower().isin(yes)
    return frame.assign(**named).reset_index(drop=True)


def _kinds(words: pd.Series) -> pd.Series:
    """Return the ids of words for kinds, None where there is no word."""
    said = words.where(words.notna(), "").astype(str).str.strip()
    ids = said.map(kind_of)
    unknown = (said != "") & ids.isna()
    if unknown.any():
        word = said[unknown].iloc[0]
        raise InputRefused(Finding("SITES_KIND", "sites", column="kind", value=word))
    return ids.where(ids.notna(), None)


def study_date(text: str) -> dt.date | None:
    """Return the date of the data, None where it is not written as a day."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
