"""Who lacks a place in a study, why, and what would help: sites, shared yards, missing links?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyses.coverage import place_all
from analyses.places import Asked, places, safe_pairs_of, stages_of
from analyses.result import Result, Shown
from analyses.rules import one_test_each
from analyses.run.safety_inputs import study_date
from analyses.run.site_hazards import hazards_of
from analyses.run.without_building import without_building
from analyses.sites import Means, Phase
from analyses.zones import model_pairs, school_zones, zone_ways, zoned_kinds
from geo.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from analyses.routes import Setting
    from analyses.rules import Rule
    from analyses.run.inputs import Inputs
    from analyses.streets import Scene
    from analyses.study import Study


def places_of(
    study: Study,
    inputs: Inputs,
    doors: gpd.GeoDataFrame,
    *,
    rules: Sequence[Rule],
    safe: tuple[Scene, Setting] | None,
) -> tuple[Result, ...]:
    """Answer the questions about places of a study, and what needs no land.

    Nothing where no rule in metres is about places.

    Parameters
    ----------
    study, inputs, doors
        Settings, layers, and `analyses.facilities.doors` of all facilities.
    rules
        The rules that are tested.
    safe
        The scene and setting of the ways to school, or None where they are left out.
    """
    date = study_date(study.study.date)
    asked = None
    if inputs.safety.candidates is not None:
        means = Means(study.sites.new_sites, study.sites.budget)
        given = study.sites.new_sites is not None or study.sites.budget is not None
        asked = Asked(
            candidates=inputs.safety.candidates,
            hazards=hazards_of(inputs),
            means=means if given else None,
            phases=[Phase(p.year, Means(p.new_sites, p.budget)) for p in study.sites.phases],
        )
    free = without_building(study, inputs, doors, rules=rules)
    if not stages_of(rules):
        return (free,)
    found = places(
        inputs.network,
        inputs.facilities,
        inputs.demand,
        entrances=doors,
        communities=inputs.communities,
        rules=rules,
        snap_max_m=study.streets.snap_max_m,
        safe=None if safe is None else safe_pairs_of(*safe),
        sites=asked,
        first_year=None if date is None else date.year,
        own_first=study.sites.own_first,
    )
    parts = (found, free)
    return (
        (*parts, _zones(study, inputs, doors, rules=rules, safe=safe)) if study.zones.on else parts
    )


def _zones(
    study: Study,
    inputs: Inputs,
    doors: gpd.GeoDataFrame,
    *,
    rules: Sequence[Rule],
    safe: tuple[Scene, Setting] | None,
) -> Result:
    """Return the school zones, and the kindergartens with their models."""
    facilities, demand = inputs.facilities, inputs.demand
    snap_max_m = study.streets.snap_max_m
    placed = place_all(inputs.network, facilities, demand, entrances=doors, snap_max_m=snap_max_m)
    pairing, remarks = model_pairs(placed, facilities, study.zones.models)
    tables, findings, shown = {"model_pairs": pairing}, list(remarks), []
    ways = zone_ways(
        placed,
        None if safe is None else safe[0],
        facilities,
        demand,
        doors=doors,
        rows=np.flatnonzero(facilities["kind"].isin(zoned_kinds()).to_numpy()),
        snap_max_m=snap_max_m,
        never_cross=study.zones.never_cross,
    )
    plan = school_zones(
        stages_of(one_test_each(rules)),
        ways,
        facilities=facilities,
        demand=demand,
        communities=inputs.communities,
        official=inputs.safety.catchments,
        seconds=study.zones.seconds,
    )
    if safe is None:
        findings.append(Finding("ZONES_CROSSING_UNKNOWN", "study.toml"))
    if plan.shown is not None:
        shown.append(Shown("school_zone", plan.shown))
    return Result(
        "zones", tables | plan.tables, findings=(*findings, *plan.findings), shown=tuple(shown)
    )
