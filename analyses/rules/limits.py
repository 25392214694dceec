"""To whom does a rule apply, which facilities may meet it, and is a way within its limit?

Every limit of the project is tested here and only here: with ``<=``, in whole millimetres.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from analyses.facilities import kinds_serving
from analyses.rules.people import age_groups, age_shares, walking_speed_m_s
from geo.arrays import MM_PER_M
from geo.bundled import load_toml

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from analyses.rules.catalogue import Rule
    from geo.arrays import Flags, Floats


S_PER_MIN = 60


@dataclass(frozen=True)
class Part:
    """Children of a rule who share one limit.

    Attributes
    ----------
    shares
        Age group -> share (0-1) of its children that the rule concerns.
    limit_mm
        How far they may have to go.  For a rule in minutes: how far they get in that time.
    speed_m_s
        Their walking speed, NaN for a rule in metres.

    Examples
    --------
    >>> Part(shares={"age_6_11": 0.5}, limit_mm=500_000).limit_mm / 1000
    500.0
    """

    shares: dict[str, float]
    limit_mm: int
    speed_m_s: float = np.nan


@dataclass(frozen=True)
class Facilities:
    """Rows of the facilities that may meet a rule, and which were left out for what is not known.

    Attributes
    ----------
    rows
        Those that count.
    area_unknown
        How many were left out because their area is not known.
    undecided
        Rows left out because their place is known less exactly than the rule's limit.
    """

    rows: tuple[int, ...]
    area_unknown: int
    undecided: tuple[int, ...] = ()


def within(distance_m: Floats, limit_mm: float) -> Flags:
    """Say which distances are within a limit; 500.000 m is within 500 m, inf and NaN never are.

    Examples
    --------
    >>> within(np.array([499.9996, 500.0004, 500.0006, np.inf, np.nan]), 500_000).tolist()
    [True, True, False, False, False]
    """
    return np.isfinite(distance_m) & (np.rint(distance_m * MM_PER_M) <= limit_mm)


def parts_of(rule: Rule, *, walking_speed: float | None = None) -> tuple[Part, ...]:
    """Return the rule's children by limit, those with the shortest limit (the slowest) first.

    Parameters
    ----------
    rule
        A rule with one test in metres or minutes.
    walking_speed
        One speed in m/s for all ages, instead of ``data/rules/walking.toml``.

    Notes
    -----
    A rule in metres has one part.  In a rule in minutes each age group walks at the speed of its
    youngest age that the rule concerns.

    Examples
    --------
    >>> from analyses.rules.catalogue import own_rule
    >>> [part.limit_mm for part in parts_of(own_rule("park", metres=300))]
    [300000]
    >>> [part.limit_mm for part in parts_of(own_rule("park", minutes=5), walking_speed=1)][:1]
    [300000]
    """
    shares = age_shares(rule.ages)
    if rule.metres is not None:
        return (Part(shares, round(rule.metres * MM_PER_M)),)
    seconds = (rule.minutes or 0.0) * S_PER_MIN
    youngest = rule.ages[0] if rule.ages else 0
    groups = age_groups()
    by_speed: dict[float, dict[str, float]] = {}
    for group, share in shares.items():
        speed = walking_speed or walking_speed_m_s(max(groups[group].start, youngest))
        by_speed.setdefault(speed, {})[group] = share
    return tuple(
        Part(by_speed[speed], round(speed * MM_PER_M * seconds), speed)
        for speed in sorted(by_speed)
    )


def children_of(part: Part, demand: pd.DataFrame) -> Floats:
    """Return the children of a part at each demand point (NaN where not known).

    Examples
    --------
    >>> import pandas as pd
    >>> part = Part(shares={"age_6_11": 0.5}, limit_mm=500_000)
    >>> children_of(part, pd.DataFrame({"age_6_11": [30.0, 8.0]})).tolist()
    [15.0, 4.0]
    """
    unknown = np.full(len(demand), np.nan)
    columns = [
        demand[group].to_numpy(dtype=np.float64) * share if group in demand else unknown
        for group, share in part.shares.items()
    ]
    children: Floats = np.sum(columns, axis=0)
    return children


def in_scope(rule: Rule, settlement: NDArray[np.object_]) -> Flags:
    """Say where a rule applies: urban rules also where the settlement is not known.

    Examples
    --------
    >>> import numpy as np
    >>> from analyses.rules.catalogue import own_rule
    >>> import dataclasses
    >>> urban = dataclasses.replace(own_rule("park", metres=300), scope="urban")
    >>> in_scope(urban, np.array(["urban", "rural", "unknown"], dtype=object)).tolist()
    [True, False, True]
    """
    settlements = {"urban": ("urban", "unknown"), "rural": ("rural",)}.get(rule.scope)
    if settlements is None:
        return np.ones(len(settlement), dtype=bool)
    return np.isin(settlement.astype(str), settlements)


def facilities_for(rule: Rule, facilities: gpd.GeoDataFrame) -> Facilities:
    """Return the facilities whose kind and site area may meet a rule.

    A facility whose place is in doubt by more than the limit is left out: it decides nothing.
    A facility without a known area is left out of a rule that asks for one, and counted, unless
    the rule says that it counts.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from analyses.rules.catalogue import own_rule
    >>> places = gpd.GeoDataFrame({"kind": ["park", "kindergarten"]})
    >>> facilities_for(own_rule("park", metres=300), places).rows
    (0,)
    """
    kinds = frozenset[str]().union(*(kinds_serving(kind) for kind in rule.kinds))
    of_kind = facilities["kind"].isin(kinds).to_numpy(dtype=bool)
    inexact = of_kind & _inexact(rule, facilities)
    undecided = tuple(np.flatnonzero(inexact).tolist())
    of_kind = of_kind & ~inexact
    if rule.min_area_m2 is None and rule.max_area_m2 is None:
        return Facilities(tuple(np.flatnonzero(of_kind).tolist()), 0, undecided)
    area = _area_m2(facilities)
    low = rule.min_area_m2 or 0.0
    high = np.inf if rule.larger_counts or rule.max_area_m2 is None else rule.max_area_m2
    unknown = of_kind & np.isnan(area)
    fits = of_kind & (area >= low) & (area <= high)
    if rule.unknown_area == "counted":
        fits |= unknown
    return Facilities(tuple(np.flatnonzero(fits).tolist()), int((unknown & ~fits).sum()), undecided)


def _inexact(rule: Rule, facilities: gpd.GeoDataFrame) -> Flags:
    """Say which facilities may lie farther from where they stand than the rule's limit."""
    if "doubt_m" not in facilities or (rule.metres is None and rule.minutes is None):
        return np.zeros(len(facilities), dtype=bool)
    limit_m = min(part.limit_mm for part in parts_of(rule)) / MM_PER_M
    radii = load_toml("rules/addresses.toml")["undecided_radii"]
    doubt_m = facilities["doubt_m"].to_numpy(dtype=np.float64)
    return np.asarray(doubt_m * radii > limit_m, dtype=bool)


def _area_m2(facilities: gpd.GeoDataFrame) -> Floats:
    """Return the site area as given, else of the drawn shape, NaN where there is neither."""
    drawn = shapely.area(np.asarray(facilities.geometry.array))
    given = np.full(len(facilities), np.nan)
    if "area_m2" in facilities:
        given = facilities["area_m2"].to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isnan(given), np.where(drawn > 0, drawn, np.nan), given)
