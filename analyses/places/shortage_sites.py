"""Which candidate sites would meet the shortages ahead, town by town (学位预警)?

A shortage is known by town; so the fewest candidates of the town are named whose places cover it,
the largest first.  Where they lie in it is the question of `analyses.places.siting`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyses.facilities import kinds_serving
from analyses.places.tables import areas_at, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from analyses.places.reach import Stage

COLUMNS = ("stage", "town", "year", "year_earliest", "short_most", "names", "places_added",
           "still_short")  # fmt: skip


def shortage_sites(
    shortages: pd.DataFrame,
    candidates: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    *,
    stages: Sequence[Stage],
) -> pd.DataFrame:
    """Name for each shortage the fewest candidates of the town that would meet it.

    Parameters
    ----------
    shortages
        ``stage, town, year, year_earliest, short_most``, see
        `analyses.places.cohorts.first_shortage`.
    candidates
        See `analyses.places.SitingOptions`; those of unknown places cannot be counted and are
        left out.
    communities
        ``town`` and shapes.
    stages
        The stages concerned.

    Returns
    -------
    pandas.DataFrame
        A row for each town that runs short: ``stage, town, year, year_earliest, short_most, names``
        (of the sites)``, places_added, still_short`` (what no candidate of the town meets).  A
        candidate may be named for several stages: it can be built for one of them only.
    """
    towns = np.array([*communities["town"].fillna("").astype(str), ""], dtype=object)
    places = candidates.get("capacity", pd.Series(np.nan, index=candidates.index))
    sites = pd.DataFrame(
        {
            "name": candidates["name"].to_numpy(),
            "town": towns[areas_at(candidates, communities)],
            "kind": candidates.get("kind", pd.Series(None, index=candidates.index)).to_numpy(),
            "places": pd.to_numeric(places, errors="coerce").to_numpy(),
        }
    )
    sites = sites[sites["places"] > 0].sort_values("places", ascending=False, kind="stable")
    short = shortages[shortages["year"].notna() | shortages["year_earliest"].notna()]
    rows = []
    for stage in stages:
        fits = sites[sites["kind"].isna() | sites["kind"].isin(kinds_serving(stage.id))]
        of_town = dict(list(fits.groupby("town")))
        for row in short[short["stage"] == stage.id].itertuples():
            own = of_town.get(str(row.town), fits.iloc[:0])
            wanted = float(str(row.short_most))
            before = own["places"].cumsum() - own["places"]
            chosen = own[before < wanted]
            added = float(chosen["places"].sum())
            rows.append(
                (stage.id, row.town, row.year, row.year_earliest, wanted,
                 listed(chosen["name"].tolist()), added, max(wanted - added, 0.0))
            )  # fmt: skip
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    years = {name: table[name].astype("Int64") for name in ("year", "year_earliest")}
    return table.assign(**years)
