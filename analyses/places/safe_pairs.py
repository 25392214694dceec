"""Which homes and schools have a way between them that an age may walk alone?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyses.risk import forbidden
from analyses.routes import place, some
from analyses.rules import profiles
from geo.arrays import MM_PER_M
from geo.bundled import load_toml
from geo.walk import closed, pairs_within

if TYPE_CHECKING:
    from analyses.places.reach import SafePairs
    from analyses.routes import Placed, Setting
    from analyses.streets import Scene
    from geo.arrays import Flags, Ints


def safe_pairs_of(scene: Scene, setting: Setting) -> SafePairs:
    """Return the search for pairs that an age may walk alone.

    Ways along both sides of a street with its crossings are a little longer than along its middle
    line, by which the radius is tested; so a way is safe that is within the radius, or no longer
    than the shortest way by the sides.

    Parameters
    ----------
    scene
        From `analyses.streets.scene.street_scene`.
    setting
        Schools, gates and the same demand points.
    """
    placed = place(
        scene.sides, setting.schools, setting.gates, setting.demand, snap_max_m=setting.snap_max_m
    )
    ages = {profile.id: profile for profile in profiles()}
    allowance = load_toml("rules/places.toml")["sides"]["allowance"]

    def safe_pairs(profile_id: str, radius_m: float) -> pd.DataFrame:
        age = ages[profile_id]
        schools = np.flatnonzero(setting.schools["kind"].isin(age.kinds))
        shut = forbidden(scene, age)
        limit_m = radius_m * allowance
        any_way = _ways(placed, schools, np.zeros_like(shut), limit_m=limit_m)
        alone = _ways(placed, schools, shut, limit_m=limit_m)
        both = any_way.merge(alone, on=["school", "point"], suffixes=("", "_alone"))
        longest_mm = np.maximum(both["metres"].to_numpy(), radius_m) * MM_PER_M
        good = both[np.rint(both["metres_alone"] * MM_PER_M) <= np.rint(longest_mm)]
        ids = setting.schools["facility_id"].to_numpy()[good["school"]]
        return pd.DataFrame({"facility_id": ids, "point": good["point"].to_numpy()})

    return safe_pairs


def _ways(placed: Placed, schools: Ints, shut: Flags, *, limit_m: float) -> pd.DataFrame:
    """Return ``school, point, metres`` of the pairs within a limit without some edges."""
    closure = closed(placed.network, shut)
    doors = np.flatnonzero(np.isin(placed.school_of, schools))
    pairs = pairs_within(
        closure.network,
        closure.open_ends(some(placed.gates, doors)),
        placed.school_of[doors],
        closure.open_ends(placed.homes),
        limit_m=limit_m,
        legs=True,
    )
    return pd.DataFrame({"school": pairs.group, "point": pairs.target, "metres": pairs.distance_m})
