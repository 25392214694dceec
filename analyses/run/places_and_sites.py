"""Who lacks a place in a study, why, and what would help: sites, shared yards, missing links?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyses.places import SitingOptions, places, stages_of
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

    from analyses.city import City
    from analyses.places import SafePairs
    from analyses.rules import Rule
    from analyses.run.inputs import Inputs
    from analyses.study import Study


def places_of(
    city: City, study: Study, inputs: Inputs, *, rules: Sequence[Rule], safe: SafePairs | None
) -> tuple[Result, ...]:
    """Answer the questions about places of a study, and what needs no land.

    Nothing where no rule in metres is about places.

    Parameters
    ----------
    city, study, inputs
        Facilities and demand points, the settings, and the layers that they were made of.
    rules
        The rules that are tested.
    safe
        The search for pairs with a safe way, or None where ways to school are left out.
    """
    date = study_date(study.study.date)
    siting = None
    if inputs.safety.candidates is not None:
        means = Means(study.sites.new_sites, study.sites.budget)
        given = study.sites.new_sites is not None or study.sites.budget is not None
        siting = SitingOptions(
            candidates=inputs.safety.candidates,
            hazards=hazards_of(inputs),
            means=means if given else None,
            phases=[Phase(p.year, Means(p.new_sites, p.budget)) for p in study.sites.phases],
        )
    free = without_building(city, study, inputs, rules=rules)
    if not stages_of(rules):
        return (free,)
    found = places(
        city,
        rules,
        safe=safe,
        sites=siting,
        first_year=None if date is None else date.year,
        own_first=study.sites.own_first,
    )
    parts = (found, free)
    if not study.zones.on:
        return parts
    return (*parts, _zones(city, study, inputs, rules=rules, sides=safe is not None))


def _zones(
    city: City, study: Study, inputs: Inputs, *, rules: Sequence[Rule], sides: bool
) -> Result:
    """Return the school zones, and the kindergartens with their models."""
    pairing, remarks = model_pairs(city, study.zones.models)
    tables, findings, shown = {"model_pairs": pairing}, list(remarks), []
    zoned = city.facilities["kind"].isin(zoned_kinds())
    ways = zone_ways(city, np.flatnonzero(zoned), sides=sides, never_cross=study.zones.never_cross)
    plan = school_zones(
        city,
        stages_of(one_test_each(rules)),
        ways,
        official=inputs.safety.catchments,
        seconds=study.zones.seconds,
    )
    if not sides:
        findings.append(Finding("ZONES_CROSSING_UNKNOWN", "study.toml"))
    if plan.shown is not None:
        shown.append(Shown("school_zone", plan.shown))
    return Result(
        "zones", tables | plan.tables, findings=(*findings, *plan.findings), shown=tuple(shown)
    )
