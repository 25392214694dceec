"""Is there a facility near by a way that this age may walk alone?

Beside the coverage by the network stands the coverage by the network without the edges that are
not for the age alone; the children between the two are lost to dangerous streets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyses.routes.snapped import some
from analyses.rules import children_of_profile, within
from geo.arrays import MM_PER_M
from geo.walk import closed, walk_m

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from analyses.routes.snapped import Placed
    from analyses.rules import Profile


def safe_coverage(
    placed: Placed,
    demand: gpd.GeoDataFrame,
    *,
    rows: NDArray[np.int64],
    profiles: Sequence[Profile],
    forbidden: Mapping[str, NDArray[np.bool_]],
    radius_m: float,
) -> pd.DataFrame:
    """Test at each demand point whether a facility is near, by any way and by one for children.

    Parameters
    ----------
    placed
        Homes and entrances on the walking network, see `analyses.routes.snapped.place`.
    demand
        The demand points, with a column for each age group.
    rows
        Rows of the facilities that count.
    profiles
        Ages to test.
    forbidden
        By profile: the edges of the walking network that this age may not use alone.
    radius_m
        Greatest length of the way (``<=``), both access legs counted.

    Returns
    -------
    pandas.DataFrame
        One row per profile and demand point with children: ``profile, point, children, walk_m``
        and ``safe_walk_m`` (inf = none within the radius), ``covered, covered_safely`` (bool) and
        ``children_lost`` (covered, but not safely).
    """
    entrances = some(placed.gates, np.flatnonzero(np.isin(placed.school_of, rows)))
    nothing = np.zeros(len(placed.network.edge_length_mm), dtype=bool)
    limit_mm = round(radius_m * MM_PER_M)
    parts = []
    for profile in profiles:
        children = children_of_profile(profile, demand)
        point = np.flatnonzero(children > 0)
        homes = some(placed.homes, point)
        any_way, safe_way = (
            walk_m(closed(placed.network, banned), entrances, homes, limit_m=radius_m)
            for banned in (nothing, forbidden[profile.id])
        )
        covered, safely = within(any_way, limit_mm), within(safe_way, limit_mm)
        columns = {
            "profile": profile.id,
            "point": point,
            "children": children[point],
            "walk_m": np.where(covered, any_way, np.inf),
            "safe_walk_m": np.where(safely, safe_way, np.inf),
            "covered": covered,
            "covered_safely": safely,
            "children_lost": np.where(covered & ~safely, children[point], 0.0),
        }
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)
