"""Which homes and schools have a way between them that an age may walk alone?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.arrays import MM_PER_M
from geo.bundled import load_toml
from geo.walk import closed, pairs_within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyses.city import City, SnappedCity
    from analyses.places.reach import SafePairs
    from analyses.risk import Danger
    from geo.arrays import Flags, Ints


def safe_pairs_of(city: City, dangers: Sequence[Danger]) -> SafePairs:
    """Return the search for pairs that an age may walk alone.

    Ways along both sides of a street with its crossings are a little longer than along its middle
    line, by which the radius is tested; so a way is safe that is within the radius, or no longer
    than the shortest way by the sides.

    Parameters
    ----------
    city
        Facilities, and the demand points of those who will ask.
    dangers
        What its streets are to each age.

    Examples
    --------
    >>> import yimi
    >>> from analyses.risk import dangers
    >>> from analyses.routes import school_city
    >>> city = school_city(yimi.load(yimi.demo).city)
    >>> callable(safe_pairs_of(city, dangers(city.scene)))
    True
    """
    of_age = {danger.profile.id: danger for danger in dangers}
    allowance = load_toml("rules/places.toml")["sides"]["allowance"]

    def safe_pairs(profile_id: str, radius_m: float) -> pd.DataFrame:
        danger = of_age[profile_id]
        schools = np.flatnonzero(city.facilities["kind"].isin(danger.profile.kinds))
        limit_m = radius_m * allowance
        shut = danger.forbidden
        any_way = _ways(city.on_sides, schools, np.zeros_like(shut), limit_m=limit_m)
        alone = _ways(city.on_sides, schools, shut, limit_m=limit_m)
        both = any_way.merge(alone, on=["school", "point"], suffixes=("", "_alone"))
        longest_mm = np.maximum(both["metres"].to_numpy(), radius_m) * MM_PER_M
        good = both[np.rint(both["metres_alone"] * MM_PER_M) <= np.rint(longest_mm)]
        ids = city.facilities["facility_id"].to_numpy()[good["school"]]
        return pd.DataFrame({"facility_id": ids, "point": good["point"].to_numpy()})

    return safe_pairs


def _ways(snapped: SnappedCity, schools: Ints, shut: Flags, *, limit_m: float) -> pd.DataFrame:
    """Return ``school, point, metres`` of the pairs within a limit without some edges."""
    closure = closed(snapped.network, shut)
    gates, of = snapped.entrances_of(schools)
    pairs = pairs_within(
        closure.network,
        closure.open_ends(gates),
        of,
        closure.open_ends(snapped.demand),
        limit_m=limit_m,
        legs=True,
    )
    return pd.DataFrame({"school": pairs.group, "point": pairs.target, "metres": pairs.distance_m})
