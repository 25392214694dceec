"""Inside which official catchments (学区) does each demand point lie, and whose are they?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geo.findings import Finding

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]


def official_schools(
    schools: gpd.GeoDataFrame, demand: gpd.GeoDataFrame, official: gpd.GeoDataFrame | None
) -> tuple[tuple[Ints, Ints], tuple[Finding, ...]]:
    """Return the demand points inside official catchments, and the school of each.

    Parameters
    ----------
    schools
        ``facility_id, name``.
    demand
        Points.
    official
        Polygons with ``facility_id`` or ``name`` of the school; a point may lie in several.

    Returns
    -------
    tuple
        Rows of the demand and of the schools, pair by pair; a finding for each polygon that
        belongs to no school.
    """
    nothing = np.zeros(0, dtype=np.int64)
    if official is None or not len(official):
        return (nothing, nothing), ()
    school = _school_of_area(schools, official)
    findings = tuple(
        Finding(
            "CATCHMENT_NO_SCHOOL", "catchments", row=int(row) + 2, value=_label(official, int(row))
        )
        for row in np.flatnonzero(school < 0)
    )
    tree = shapely.STRtree(np.asarray(official.geometry.array, dtype=object))
    point, area = tree.query(np.asarray(demand.geometry.array), predicate="intersects")
    known = school[area] >= 0
    return (point[known].astype(np.int64), school[area[known]]), findings


def _school_of_area(schools: gpd.GeoDataFrame, official: gpd.GeoDataFrame) -> Ints:
    """Return the row of the school of each area: by its id, else by a name that only one has."""
    found = np.full(len(official), -1, dtype=np.int64)
    for column in ("name", "facility_id"):
        if column in official and column in schools:
            names = schools[column].reset_index(drop=True).drop_duplicates(keep=False).dropna()
            row_of = pd.Series(names.index, index=names)
            rows = official[column].map(row_of).fillna(-1).to_numpy(dtype=np.int64)
            found = np.where(rows >= 0, rows, found)
    return found


def _label(official: gpd.GeoDataFrame, row: int) -> str:
    """Return what a catchment calls its school."""
    columns = [c for c in ("facility_id", "name") if c in official]
    return " ".join(str(official[c].iloc[row]) for c in columns)
