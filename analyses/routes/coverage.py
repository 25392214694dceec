"""Is there a facility near by a way that this age may walk alone?

Beside the coverage by the network stands the coverage by the network without the edges that are
not for the age alone; the children between the two are lost to dangerous streets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyses.rules import children_of_profile, within
from geo.arrays import MM_PER_M
from geo.walk import closed, walk_m

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyses.city import City
    from analyses.risk import Danger
    from geo.arrays import Ints


def safe_coverage(
    city: City, rows: Ints, dangers: Sequence[Danger], *, radius_m: float
) -> pd.DataFrame:
    """Test at each demand point whether a facility is near, by any way and by one for children.

    Parameters
    ----------
    city
        Facilities and demand points; ways are those of both sides of its streets.
    rows
        Rows of the facilities that count.
    dangers
        Ages to test, and what the streets are to them.
    radius_m
        Greatest length of the way (``<=``), both access legs counted.

    Returns
    -------
    pandas.DataFrame
        One row per profile and demand point with children: ``profile, point, children, walk_m``
        and ``safe_walk_m`` (inf = none within the radius), ``covered, covered_safely`` (bool) and
        ``children_lost`` (covered, but not safely).

    Examples
    --------
    >>> import numpy as np, yimi
    >>> from analyses.risk import dangers
    >>> city = yimi.load(yimi.demo).city
    >>> schools = np.flatnonzero(city.facilities["kind"] == "primary_school")
    >>> table = safe_coverage(city, schools, dangers(city.scene)[:1], radius_m=500)
    >>> bool((table["covered_safely"] <= table["covered"]).all())
    True
    """
    snapped = city.on_sides
    entrances, _ = snapped.entrances_of(rows)
    nothing = np.zeros(len(snapped.network.edge_length_mm), dtype=bool)
    limit_mm = round(radius_m * MM_PER_M)
    parts = []
    for danger in dangers:
        children = children_of_profile(danger.profile, city.demand)
        point = np.flatnonzero(children > 0)
        homes = snapped.demand.take(point)
        any_way, safe_way = (
            walk_m(closed(snapped.network, banned), entrances, homes, limit_m=radius_m)
            for banned in (nothing, danger.forbidden)
        )
        covered, safely = within(any_way, limit_mm), within(safe_way, limit_mm)
        columns = {
            "profile": danger.profile.id,
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
