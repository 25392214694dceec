"""Which schools are walked to, and what may be set about the ways?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyses.rules import profiles_of_kind

if TYPE_CHECKING:
    import geopandas as gpd

    from analyses.city import City


@dataclass(frozen=True, eq=False, kw_only=True)
class RouteOptions:
    """What may be set about ways to school.

    Attributes
    ----------
    detour_cap
        The recommended way is at most this many times the shortest (``<=``); None:
        ``data/rules/routes.toml``.
    catchments
        Polygons of official catchments, see `analyses.routes.catchments.catchments`, or None.

    Examples
    --------
    >>> RouteOptions(detour_cap=1.3).detour_cap, RouteOptions().detour_cap
    (1.3, None)
    """

    detour_cap: float | None = None
    catchments: gpd.GeoDataFrame | None = None


def school_city(city: City) -> City:
    """Return the city with those facilities alone that some age band walks to, RangeIndex.

    Examples
    --------
    >>> import yimi
    >>> city = yimi.load(yimi.demo).city
    >>> kinds = set(school_city(city).facilities["kind"])
    >>> "park" in kinds, "primary_school" in kinds
    (False, True)
    """
    kinds = city.facilities["kind"]
    walked_to = kinds.map(lambda kind: bool(profiles_of_kind(str(kind)))).astype(bool)
    return city.changed(facilities=city.facilities[walked_to].reset_index(drop=True))
