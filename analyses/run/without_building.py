"""What would help without land: yards and rooms to be shared, gates and paths that are missing?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from analyses.links import (
    LinkOptions,
    co_use,
    links_for,
    names_of,
    near_places,
    obstacles_of,
    unseen,
)
from analyses.result import Result, Shown
from analyses.rules import one_test_each
from geo.words import in_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyses.city import City
    from analyses.rules import Rule
    from analyses.run.inputs import Inputs
    from analyses.study import Study


def without_building(city: City, study: Study, inputs: Inputs, *, rules: Sequence[Rule]) -> Result:
    """Choose places to be shared and look for missing links, rule by rule.

    Parameters
    ----------
    city, study, inputs
        Facilities and demand points, the settings, and the layers that they were made of.
    rules
        The rules that are tested.

    Returns
    -------
    Result
        Tables ``co_use`` (`analyses.links.co_use`) and, with ``[sites] links``, ``missing_links``
        (`analyses.links.missing_links`); both to be shown; a finding for each obstacle not known.
    """
    speed = study.walking.speed_m_s
    single = [rule for rule in one_test_each(rules) if rule.computable]
    shared = co_use(city, single, walking_speed=speed)
    shown = [Shown("co_use", _at_hosts(shared, city.facilities))]
    if not study.sites.links:
        return Result("without_building", {"co_use": shared}, shown=tuple(shown))
    blocked = obstacles_of(city.layers, city.facilities, features=inputs.safety.obstacles)
    asked = [rule for rule in single if rule.metres is not None]
    if not asked:
        return Result("without_building", {"co_use": shared}, shown=tuple(shown))
    options = LinkOptions(blocked=blocked, near=near_places(city.streets))
    found = [links_for(city, rule, options, walking_speed=speed) for rule in asked]
    every = pd.concat(found, ignore_index=True)
    said = in_columns("crosses", lambda lang: [names_of(c, lang) for c in every["crosses"]])
    links = gpd.GeoDataFrame(every.assign(**said), crs=city.crs)
    shown.append(Shown("link", links))
    tables = {"co_use": shared, "missing_links": links}
    return Result("without_building", tables, findings=unseen(blocked), shown=tuple(shown))


def _at_hosts(shared: pd.DataFrame, facilities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the places to be shared where they are."""
    row = pd.Index(facilities["facility_id"]).get_indexer(pd.Index(shared["facility_id"]))
    points = facilities.geometry.representative_point().to_numpy()[row]
    return gpd.GeoDataFrame(shared, geometry=points, crs=facilities.crs)
