"""Who lacks a place, why, how fair is it, when will places run short, and where to build?

The door to the questions about places: one result for a study.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from analyses import places_tables as tables_of
from analyses.pairs import place_all
from analyses.places_reach import stage_gap, stage_reach, stages_of
from analyses.places_scores import AVAILABILITY, cluster_tables, equity_table, score_table, scores
from analyses.result import Result, Shown
from analyses.rules import one_test_each
from analyses.shares import area_codes
from analyses.siting import siting
from geo.bundled import load_toml
from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from analyses.pairs import Places
    from analyses.places_reach import SafePairs, Stage, StageGap, StageReach
    from analyses.result import Indicator
    from analyses.rules import Rule
    from analyses.sites.phases import Phase
    from analyses.sites.problem import Means
    from analyses.siting import Sites
    from geo.network import WalkNetwork

    Tables = dict[str, list[pd.DataFrame]]

_WORDS = "words/places.toml"
_EMPTY = {
    "place_gap": ("stage", "area_id", "children"),
    "short_groups": ("stage", "group", "communities", "facilities", "children", "places", "short"),
    "school_places": ("facility_id", "name", "stage", "places"),
    "access_scores": ("stage", "area_id", "children"),
    "equity": ("stage", "measure", "value"),
    "clusters": ("stage", "area_id", "value", "quadrant"),
}


def places(
    network: WalkNetwork,
    facilities: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    *,
    entrances: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    rules: Sequence[Rule],
    snap_max_m: float,
    safe: SafePairs | None = None,
    candidates: gpd.GeoDataFrame | None = None,
    hazards: Mapping[str, gpd.GeoDataFrame] | None = None,
    means: Means | None = None,
    phases: Sequence[Phase] = (),
    first_year: int | None = None,
) -> Result:
    """Answer all questions about places.

    Parameters
    ----------
    network, facilities, demand, entrances, communities, rules, snap_max_m
        See `analyses.coverage.coverage`; ``capacity`` of the facilities is their places (NaN: not
        known).  Of the rules those in metres for the stages of ``data/rules/places.toml`` count.
    safe
        From `analyses.places_reach.safe_pairs_of`; None: nothing is known of the ways.
    candidates, hazards, means, phases
        See `analyses.siting.siting`; without candidates no site is proposed.
    first_year
        Year of the counts; None: no look ahead.

    Returns
    -------
    Result
        Tables ``place_gap, short_groups, school_places, access_scores, equity, clusters`` (see
        `analyses.places_tables` and `analyses.places_scores`), with a year ``places_ahead,
        first_shortage``, with candidates those of `analyses.siting.siting`.

    Raises
    ------
    InputRefused
        ``RULES_NONE`` without a rule in metres for any stage, ``CRS_DIFFERENT``, what `siting`
        refuses.
    """
    stages = _checked(rules, network, facilities, demand, entrances, communities)
    placed = place_all(network, facilities, demand, entrances=entrances, snap_max_m=snap_max_m)
    areas = tables_of.areas_of(communities)
    tables: Tables = {name: [] for name in _EMPTY}
    drawn, indicators, findings = [], [], []
    for stage in stages:
        found = stage_reach(stage, placed, facilities, demand, safe_pairs=safe)
        gap = stage_gap(found, unknown_places=np.inf)
        unknown = np.isnan(found.places).any()
        gaps = (gap, stage_gap(found, unknown_places=0.0) if unknown else gap)
        frames = (facilities, demand, communities)
        _fill(tables, found, gaps, frames=frames, areas=areas)
        drawn.append(tables_of.group_areas(found, gap, demand, communities=communities))
        total = tables["place_gap"][-1].iloc[-1]
        indicators += tables_of.indicators_of(stage, total)
        findings += _stage_findings(found, total)
    ready = _joined(tables)
    if first_year is None:
        findings.append(Finding("PLACES_NO_YEAR", "study.toml"))
    else:
        ready["places_ahead"], ready["first_shortage"] = tables_of.ahead_tables(
            stages, facilities, demand, communities=communities, first_year=first_year
        )
    sites = None
    if candidates is None:
        findings.append(Finding("SITES_NO_CANDIDATES", "study.toml"))
    else:
        sites = siting(
            network,
            facilities,
            demand,
            doors=entrances,
            communities=communities,
            rules=one_test_each(rules),
            snap_max_m=snap_max_m,
            candidates=candidates,
            hazards=hazards,
            means=means,
            phases=phases,
        )
        ready |= sites.tables
        findings += sites.findings
    return Result(
        "places",
        ready,
        tuple(indicators),
        tuple(findings),
        tuple(_shown(drawn, sites, communities)),
        tuple(_notes(safe is not None, ahead=first_year is not None, sites=sites is not None)),
    )
