"""What do all questions about ways to school share, besides the streets?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyses.rules import profiles_of_kind

if TYPE_CHECKING:
    import datetime as dt

    import geopandas as gpd
    import pandas as pd


@dataclass(frozen=True, eq=False, kw_only=True)
class Setting:
    """What all questions about ways to school share, besides the scene.

    Attributes
    ----------
    schools
        Facilities that some age band walks to: ``facility_id, name, kind, capacity``.
    gates
        Points (RangeIndex): ``facility_id, rule``, see `analyses.facilities.doors`.
    demand
        See `analyses.coverage.analysis`.
    snap_max_m
        Homes and gates farther than this from every street are not joined to it.
    detour_cap
        See `analyses.routes.analysis.safe_routes`.
    catchments
        Official ones, or None.
    study_date
        Of the data; None leaves due dates as horizons.
    previous
        The ledger as the offices edited it, or None.
    best
        Work out the best so many crossings to make adequate, together; None: do not.
    """

    schools: gpd.GeoDataFrame
    gates: gpd.GeoDataFrame
    demand: gpd.GeoDataFrame
    snap_max_m: float
    detour_cap: float | None = None
    catchments: gpd.GeoDataFrame | None = None
    study_date: dt.date | None = None
    previous: pd.DataFrame | None = None
    best: int | None = None


def schools_of(facilities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the facilities that some age band walks to, RangeIndex."""
    walked_to = facilities["kind"].map(lambda kind: bool(profiles_of_kind(str(kind))))
    return facilities[walked_to.astype(bool)].reset_index(drop=True)
