"""Who lacks a place, why, how fair is it, when will places run short, and where to build?

The door to the questions about places: one result for a study.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyses.coverage import area_codes
from analyses.places import tables as tables_of
from analyses.places.equity import lorenz_table
from analyses.places.gap import stage_gap
from analyses.places.reach import stage_reach, stages_of
from analyses.places.scores import AVAILABILITY, cluster_tables, equity_table, score_table, scores
from analyses.places.shortage_sites import shortage_sites
from analyses.places.siting import siting
from analyses.result import Result, Shown
from analyses.rules import one_test_each
from geo.findings import Finding, InputRefused
from geo.words import texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import geopandas as gpd

    from analyses.city import City
    from analyses.places.reach import SafePairs, Stage, StageReach
    from analyses.places.siting import SitingOptions
    from analyses.result import Indicator
    from analyses.rules import Rule

_FILE, _WORDS = "study.toml", "places"


def places(
    city: City,
    rules: Sequence[Rule],
    *,
    safe: SafePairs | None = None,
    sites: SitingOptions | None = None,
    first_year: int | None = None,
    own_first: bool = False,
) -> Result:
    """Answer all questions about places.

    Parameters
    ----------
    city
        ``capacity`` of its facilities is their places (NaN: not known).
    rules
        Those in metres for the stages of ``data/rules/places.toml`` count.
    safe
        From `analyses.places.safe_pairs.safe_pairs_of`; None: nothing is known of the ways.
    sites
        Candidates and means, see `analyses.places.siting`; None: no site is proposed.
    first_year
        Year of the counts; None: no look ahead.
    own_first
        Of equally many placed, those in their own community come before the fewest metres.

    Returns
    -------
    Result
        Tables ``place_gap, short_groups, school_places, assignments, access_scores, equity,
        clusters`` (see `analyses.places.tables` and `analyses.places.scores`), with a year
        ``places_ahead, first_shortage``, with candidates those of `analyses.places.siting.siting`
        and with both ``shortage_sites`` (`analyses.places.shortage_sites`).

    Raises
    ------
    InputRefused
        ``RULES_NONE`` without a rule in metres for any stage, what `siting` refuses.

    Examples
    --------
    >>> import yimi
    >>> rule = yimi.rule("幼儿园", metres=300)
    >>> gap = places(yimi.load(yimi.demo).city, [rule]).tables["place_gap"]
    >>> total = gap[gap["area_id"].isna()].iloc[0]
    >>> bool(0 <= total["placed"] <= total["children"])
    True
    """
    rules = one_test_each(rules)
    stages = stages_of(rules)
    if not stages:
        raise InputRefused(Finding("RULES_NONE", _FILE))
    areas = tables_of.areas_of(city.communities)
    parts = [_part(city, stage, areas, safe=safe, own_first=own_first) for stage in stages]
    tables = {name: _joined([p.tables[name] for p in parts]) for name in parts[0].tables}
    findings = [finding for part in parts for finding in part.findings]
    if first_year is None:
        findings.append(Finding("PLACES_NO_YEAR", _FILE))
    else:
        tables["places_ahead"], tables["first_shortage"] = tables_of.ahead_tables(
            stages,
            city.facilities,
            city.demand,
            communities=city.communities,
            first_year=first_year,
        )
    drawn: dict[str, gpd.GeoDataFrame] = {
        "short_group": pd.concat([part.drawn for part in parts], ignore_index=True)
    }
    if sites is None:
        findings.append(Finding("SITES_NO_CANDIDATES", _FILE))
    else:
        proposed = siting(city, rules, sites)
        tables |= proposed.tables
        findings += proposed.findings
        drawn["site"] = proposed.shown
        if "first_shortage" in tables:
            tables["shortage_sites"] = shortage_sites(
                tables["first_shortage"], sites.candidates, city.communities, stages=stages
            )
    absent = {
        "unsafe_unknown": safe is not None, "ahead": first_year is None, "sites": sites is None
    }  # fmt: skip
    return Result(
        "places",
        tables,
        tuple(indicator for part in parts for indicator in part.indicators),
        tuple(findings),
        tuple(Shown(role, rows) for role, rows in drawn.items() if len(rows)),
        tuple(n for name, n in texts("places/note").items() if not absent.get(name)),
    )


@dataclass(frozen=True, eq=False)
class _Part:
    """The answers for one stage."""

    tables: dict[str, pd.DataFrame]
    drawn: gpd.GeoDataFrame
    indicators: tuple[Indicator, ...]
    findings: tuple[Finding, ...]


def _part(
    city: City, stage: Stage, areas: pd.DataFrame, *, safe: SafePairs | None, own_first: bool
) -> _Part:
    """Answer all questions about one stage."""
    facilities, demand, communities = city.facilities, city.demand, city.communities
    found = stage_reach(city, stage, safe_pairs=safe)
    first = None
    if own_first:
        first = tables_of.own_first(found, demand, communities=communities, facilities=facilities)
    gap = stage_gap(found, unknown_places=np.inf, preference=first)
    unknown = np.isnan(found.places)
    # Without the places that are not known, more children may lack one.
    least = stage_gap(found, unknown_places=0.0) if unknown.any() else gap
    lacking = tables_of.gap_table(found, (gap, least), demand, areas=areas)
    values = scores(found, area_codes(demand, communities))
    access = score_table(found, values, demand=demand, areas=areas)
    equity = equity_table(found, values[AVAILABILITY], demand, communities=communities)
    need = (lacking["children"] - lacking["placed"]).groupby(lacking["area_id"]).sum()
    clusters, whole = cluster_tables(access, need, communities)
    tables = {
        "place_gap": lacking,
        "short_groups": tables_of.group_table(
            found, gap, demand, areas=areas, facilities=facilities
        ),
        "school_places": tables_of.school_table(found, gap, facilities),
        "assignments": tables_of.assignment_table(
            found, gap, demand, areas=areas, facilities=facilities
        ),
        "access_scores": access,
        "equity": pd.concat([equity, whole], ignore_index=True) if len(whole) else equity,
        "clusters": clusters,
        "lorenz": lorenz_table(
            stage.id, values[AVAILABILITY], found.by_point(found.reach.children)
        ),
    }
    total = lacking.iloc[-1]
    return _Part(
        tables,
        tables_of.group_areas(found, gap, demand, communities=communities),
        tuple(tables_of.indicators_of(stage, total)),
        tuple(_findings(found, total)),
    )


def _findings(found: StageReach, total: pd.Series) -> Iterator[Finding]:
    """Yield what keeps the numbers of a stage from being certain."""
    unknown = int(np.isnan(found.places).sum())
    if unknown:
        detail = {
            "facilities": unknown,
            "all": len(found.places),
            "low": f"{total['capacity_low']:.0f}",
            "high": f"{total['capacity_high']:.0f}",
            "stage": found.stage.title,
        }
        yield Finding("PLACES_UNKNOWN", "facilities", detail=detail)
    if total["out_of_scope"] > 0:
        detail = {"children": f"{total['out_of_scope']:.0f}", "stage": found.stage.title}
        yield Finding("PLACES_OUT_OF_SCOPE", "demand", detail=detail)


def _joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of all stages; those without any are left out."""
    some = [part for part in parts if len(part)]
    return pd.concat(some, ignore_index=True) if some else parts[0]
