"""What would help without land: yards and rooms to be shared, gates and paths that are missing?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from analyses.coverage import place_all
from analyses.links import co_use, links_for, names_of, near_places, obstacles_of, unseen
from analyses.result import Result, Shown
from analyses.rules import one_test_each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyses.rules import Rule
    from analyses.run.inputs import Inputs
    from analyses.study import Study

_LANGS = ("zh", "en")


def without_building(
    study: Study, inputs: Inputs, doors: gpd.GeoDataFrame, *, rules: Sequence[Rule]
) -> Result:
    """Choose places to be shared and look for missing links, rule by rule.

    Parameters
    ----------
    study, inputs, doors
        Settings, layers, and `analyses.facilities.doors` of all facilities.
    rules
        The rules that are tested.

    Returns
    -------
    Result
        Tables ``co_use`` (`analyses.links.yards`) and, with ``[sites] links``, ``missing_links``
        (`analyses.links.missing_links`); both to be shown; a finding for each obstacle not known.
    """
    facilities, demand = inputs.facilities, inputs.demand
    placed = place_all(
        inputs.network, facilities, demand, entrances=doors, snap_max_m=study.streets.snap_max_m
    )
    speed = study.walking.speed_m_s
    single = [rule for rule in one_test_each(rules) if rule.computable]
    shared = co_use(
        placed,
        facilities,
        demand,
        rules=single,
        communities=inputs.communities,
        walking_speed=speed,
    )
    shown = [Shown("co_use", _at_hosts(shared, facilities))]
    if not study.sites.links:
        return Result("without_building", {"co_use": shared}, shown=tuple(shown))
    blocked = obstacles_of(inputs.safety.layers, facilities, features=inputs.safety.obstacles)
    asked = [rule for rule in single if rule.metres is not None]
    if not asked:
        return Result("without_building", {"co_use": shared}, shown=tuple(shown))
    near = near_places(inputs.network)
    found = [
        links_for(
            rule,
            placed,
            facilities=facilities,
            demand=demand,
            walking_speed=speed,
            blocked=blocked,
            near=near,
        )
        for rule in asked
    ]
    every = pd.concat(found, ignore_index=True)
    said = {f"crosses_{lang}": [names_of(c, lang) for c in every["crosses"]] for lang in _LANGS}
    links = gpd.GeoDataFrame(every.assign(**said), crs=inputs.crs)
    shown.append(Shown("link", links))
    tables = {"co_use": shared, "missing_links": links}
    return Result("without_building", tables, findings=unseen(blocked), shown=tuple(shown))


def _at_hosts(shared: pd.DataFrame, facilities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the places to be shared where they are."""
    row = pd.Index(facilities["facility_id"]).get_indexer(pd.Index(shared["facility_id"]))
    points = facilities.geometry.representative_point().to_numpy()[row]
    return gpd.GeoDataFrame(shared, geometry=points, crs=facilities.crs)
