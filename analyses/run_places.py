"""Who lacks a place in a study, why, and what would help: sites, shared yards, missing links?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyses.places import places
from analyses.places_reach import stages_of
from analyses.safe_pairs import safe_pairs_of
from analyses.safety_inputs import study_date
from analyses.sites.problem import Means
from analyses.siting import Asked
from analyses.without_building import without_building

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from analyses.inputs import Inputs
    from analyses.result import Result
    from analyses.rules import Rule
    from analyses.safety import Setting
    from analyses.scene import Scene
    from analyses.study import Study


def places_of(
    study: Study,
    inputs: Inputs,
    doors: gpd.GeoDataFrame,
    *,
    rules: Sequence[Rule],
    safe: tuple[Scene, Setting] | None,
) -> tuple[Result, ...]:
    """Answer the questions about places of a study: `analyses.places`, and what needs no land.

    Nothing where no rule in metres is about places.

    Parameters
    ----------
    study, inputs, doors
        Settings, layers, and `analyses.entrances` of all facilities.
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
            hazards=_hazards(inputs),
            means=means if given else None,
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
    )
    return found, free


def _hazards(inputs: Inputs) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers that a site must keep away from, as far as they are known."""
    layers: dict[str, gpd.GeoDataFrame] = {str(k): v for k, v in inputs.background.items()}
    layers |= inputs.safety.layers
    return {name: layers[name] for name in ("railway", "water") if name in layers}
