"""Where should the study build, among the candidates that it has?

Each rule of a stage is a siting problem of its own: its radius, the children of its scope, the
facilities that are there and the candidates that fail no requirement.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from analyses.facilities import kinds_serving
from analyses.places.reach import stages_of
from analyses.places.siting_question import question_of
from analyses.places.siting_tables import answer_tables
from analyses.places.tables import areas_of
from analyses.rules import facilities_for
from analyses.sites import FILE, Means, parcel_checks, suitable
from geo.bundled import load_toml
from geo.findings import Finding, InputRefused
from geo.words import in_columns, texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from analyses.city import City
    from analyses.places.reach import Stage
    from analyses.places.siting_question import Question
    from analyses.rules import Rule
    from analyses.sites import Phase
    from geo.words import Lang

_HEADER = 2
_NAMED = 5
_PROPOSED = ("kind", "verdict", "rule_id", "rank", "children", "share", "communities")


@dataclass(frozen=True, eq=False, kw_only=True)
class SitingOptions:
    """What may be built, and where.

    Attributes
    ----------
    candidates
        Points or polygons in the study's CRS: ``candidate_id`` (unique text), ``name``; ``kind``
        (what may be built; anything where there is none), ``area_m2``, ``capacity`` (places),
        ``cost`` and ``chosen`` (the user's own choice) where they are known.
    hazards
        See `analyses.sites.candidates.parcel_checks`.
    means
        What may be built for each rule; None: five sites (``data/rules/places.toml``).
    phases
        Years with the means of each.

    Examples
    --------
    >>> import yimi
    >>> from analyses.sites import Means
    >>> candidates = yimi.load(yimi.demo).inputs.safety.candidates
    >>> SitingOptions(candidates=candidates, means=Means(new_sites=2)).means.new_sites
    2
    """

    candidates: gpd.GeoDataFrame
    hazards: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    means: Means | None = None
    phases: Sequence[Phase] = ()


@dataclass(frozen=True, eq=False)
class Sites:
    """What is proposed: tables by name, the candidates to be shown, and remarks."""

    tables: dict[str, pd.DataFrame]
    shown: gpd.GeoDataFrame
    findings: tuple[Finding, ...]


def siting(city: City, rules: Sequence[Rule], options: SitingOptions) -> Sites:
    """Choose among the candidates for each stage and rule in metres.

    Parameters
    ----------
    city
        Streets, facilities, children and communities.
    rules
        With one test each.
    options
        The candidates and the means.

    Returns
    -------
    Sites
        Tables ``parcel_checks``, ``sites`` (the best choice, site by site), ``sites_models`` (each
        question with its optimum), ``sites_front``, ``sites_regret``, ``sites_phases``.

    Raises
    ------
    InputRefused
        ``SITES_NONE``, ``SITES_COLUMNS``, ``SITES_ID_DOUBLE``, ``SITES_CRS``, ``SITES_COST``,
        ``SITES_CAPACITY``, ``SITES_COST_UNKNOWN``, ``SITES_MEANS``, ``SITES_TOO_MANY``.
    """
    means = options.means or _usual(len(options.candidates))
    candidates = _checked(options.candidates, means, crs=city.crs)
    tables: dict[str, list[pd.DataFrame]] = {}
    shown, findings = [], []
    areas = areas_of(city.communities)
    for stage in stages_of(rules):
        own = _of_stage(candidates, stage)
        if own.empty:
            continue
        checks = parcel_checks(own, stage.id, hazards=options.hazards, study_area=city.communities)
        tables.setdefault("parcel_checks", []).append(_named_checks(checks, own, stage))
        fits = suitable(checks, parcels=len(own))
        shown.append(_shown(own, fits, checks, stage=stage))
        if not fits.any():
            findings.append(Finding("SITES_ALL_FAIL", FILE, detail={"stage": stage.title}))
            continue
        built = city.changed(facilities=_sites(city.facilities, own[fits], stage))
        for rule in stage.rules:
            question = question_of(stage, rule, city=built, areas=areas)
            if question is None:
                findings.append(Finding("SITES_NOBODY_CONCERNED", FILE, value=rule.id))
                continue
            found, said = answer_tables(question, means, options.phases, areas=areas)
            findings += [*_unreached(question), *said]
            for name, table in found.items():
                tables.setdefault(name, []).append(table)
    joined = {name: pd.concat(parts, ignore_index=True) for name, parts in tables.items()}
    return Sites(joined, _ranked(shown, joined.get("sites"), candidates), tuple(findings))


def _usual(candidates: int) -> Means:
    """Return the means where the study names none."""
    return Means(min(load_toml("rules/places.toml")["sites"]["new_sites"], candidates))


def _checked(candidates: gpd.GeoDataFrame, means: Means, *, crs: str) -> gpd.GeoDataFrame:
    """Refuse candidates that cannot be used, and means that they do not allow."""
    if candidates.empty:
        raise InputRefused(Finding("SITES_NONE", FILE))
    missing = [c for c in ("candidate_id", "name") if c not in candidates]
    if missing:
        raise InputRefused(Finding("SITES_COLUMNS", FILE, detail={"columns": ", ".join(missing)}))
    if candidates.crs != crs:
        raise InputRefused(Finding("SITES_CRS", FILE))
    ids = candidates["candidate_id"]
    if ids.duplicated().any():
        twice = str(ids[ids.duplicated()].iloc[0])
        raise InputRefused(Finding("SITES_ID_DOUBLE", FILE, value=twice))
    for column, code in (("capacity", "SITES_CAPACITY"), ("cost", "SITES_COST")):
        _refuse_numbers(candidates, column, code)
    if means.new_sites is not None and means.new_sites > len(candidates):
        detail = {"asked": means.new_sites, "candidates": len(candidates)}
        raise InputRefused(Finding("SITES_TOO_MANY", FILE, detail=detail))
    return candidates.reset_index(drop=True)


def _refuse_numbers(candidates: gpd.GeoDataFrame, column: str, code: str) -> None:
    """Refuse a column of numbers that are negative, or missing in some rows only."""
    if column not in candidates or candidates[column].isna().all():
        return
    numbers = pd.to_numeric(candidates[column], errors="coerce")
    rows = np.flatnonzero(~(numbers >= 0)) + _HEADER
    if len(rows):
        named = ", ".join(map(str, rows[:_NAMED]))
        detail = {"count": len(rows), "rows": named}
        raise InputRefused(Finding(code, FILE, int(rows[0]), detail=detail))


def _of_stage(candidates: gpd.GeoDataFrame, stage: Stage) -> gpd.GeoDataFrame:
    """Return the candidates on which the stage may be built."""
    if "kind" not in candidates:
        return candidates
    fits = candidates["kind"].isna() | candidates["kind"].isin(kinds_serving(stage.id))
    return candidates[fits].reset_index(drop=True)


def _sites(
    facilities: gpd.GeoDataFrame, candidates: gpd.GeoDataFrame, stage: Stage
) -> gpd.GeoDataFrame:
    """Return the facilities and the candidates of a stage in one frame, these last."""
    rows = sorted({row for rule in stage.rules for row in facilities_for(rule, facilities).rows})
    there = facilities.iloc[rows].reindex(
        columns=["facility_id", "name", "kind", "area_m2", "capacity", "geometry"]
    )
    new = candidates.assign(facility_id=["+" + str(c) for c in candidates["candidate_id"]])
    new["kind"] = stage.id if "kind" not in new else new["kind"].fillna(stage.id)
    both = pd.concat([there, new], ignore_index=True)
    both["candidate"] = np.arange(len(both)) >= len(there)
    return gpd.GeoDataFrame(both, geometry="geometry", crs=facilities.crs)


def _unreached(question: Question) -> Iterator[Finding]:
    """Yield the candidates that reach no child within the radius."""
    near = question.problem.people(question.radius_m)
    lost = np.setdiff1d(question.problem.candidates, near.site)
    if len(lost):
        named = ", ".join(question.names(lost[:_NAMED].tolist()))
        detail = {"count": len(lost), "names": named, "rule": question.rule.id}
        yield Finding("SITES_CANDIDATE_ALONE", FILE, detail=detail)


def _named_checks(checks: pd.DataFrame, own: gpd.GeoDataFrame, stage: Stage) -> pd.DataFrame:
    """Return the checks with the parcels' ids instead of their rows."""
    named = checks.drop(columns="parcel")
    row = checks["parcel"].to_numpy(dtype=np.int64)
    named.insert(0, "stage", stage.id)
    named.insert(1, "candidate_id", own["candidate_id"].to_numpy()[row])
    named.insert(2, "name", own["name"].to_numpy()[row])
    return named


def _shown(
    own: gpd.GeoDataFrame, fits: NDArray[np.bool_], checks: pd.DataFrame, *, stage: Stage
) -> gpd.GeoDataFrame:
    """Return the candidates of a stage as points, with what speaks against each."""
    points = shapely.point_on_surface(np.asarray(own.geometry.array))
    data = {
        "candidate_id": own["candidate_id"],
        "name": own["name"],
        "kind": stage.id,
        "verdict": np.where(fits, "possible", "fails"),
        **in_columns("why", lambda lang: _why(checks, len(own), lang)),
    }
    return gpd.GeoDataFrame(data, geometry=points, crs=own.crs)


def _why(checks: pd.DataFrame, parcels: int, lang: Lang) -> list[str]:
    """Return for each parcel the requirements that it fails, then those that are not known."""
    words = texts("places/check")
    said: list[list[str]] = [[] for _ in range(parcels)]
    for verdict in ("fail", "advice", "unknown"):
        rows = checks[checks["verdict"] == verdict]
        for parcel, text in zip(rows["parcel"], rows[f"title_{lang}"], strict=True):
            said[parcel].append(words[verdict][lang].format(requirement=text))
    return [words["joined"][lang].join(texts) for texts in said]


def _ranked(
    shown: Sequence[gpd.GeoDataFrame], sites: pd.DataFrame | None, candidates: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return all candidates with their rank and what they add, for each rule that takes them."""
    if not shown:
        empty = candidates.iloc[:0][["candidate_id", "name", "geometry"]]
        return empty.assign(**dict.fromkeys(_PROPOSED))
    every = pd.concat(shown, ignore_index=True)
    if sites is None or sites.empty:
        return every.assign(rule_id=None, rank=None, children=np.nan, share=np.nan)
    best = sites.rename(columns={"stage": "kind"})
    best = best[["kind", "rule_id", "candidate_id", "rank", "children", "share", "communities"]]
    joined = every.merge(best, on=["kind", "candidate_id"], how="left")
    joined["verdict"] = joined["verdict"].mask(joined["rank"].notna(), "chosen")
    joined["rank"] = joined["rank"].astype("Int64")
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=candidates.crs)
