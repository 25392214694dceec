"""How complete are the facilities and homes of a study, as far as two sources tell?

Two lists that were made without each other are two captures: of the places of the second, the first
has as large a share as of all places (Lincoln 1930, Petersen 1896).  The number of all places is
Chapman's (1951) estimate with its variance (Seber 1970).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from geo.bundled import load_toml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

COLUMNS = ["layer", "kind", "source_a", "source_b", "rows_a", "rows_b", "rows_both",
           "rows_estimated", "complete", "complete_low", "complete_high"]  # fmt: skip


class Estimate(NamedTuple):
    """How many there are, with bounds."""

    number: float
    low: float
    high: float


def chapman(first: int, second: int, both: int) -> Estimate:
    """Estimate how many there are of which two sources have `first` and `second`, `both` in common.

    The bounds are those of 95 %; there are never fewer than have been seen.

    Examples
    --------
    >>> [round(n, 1) for n in chapman(20, 15, 10)]
    [29.5, 25.0, 36.2]
    """
    seen = float(first + second - both)
    number = (first + 1) * (second + 1) / (both + 1) - 1
    variance: float = (first + 1) * (second + 1) * (first - both) * (second - both)
    variance /= (both + 1) ** 2 * (both + 2)
    reach = load_toml("rules/quality.toml")["completeness"]["z"] * math.sqrt(variance)
    return Estimate(max(number, seen), max(number - reach, seen), max(number + reach, seen))


def facilities_complete(
    merged: gpd.GeoDataFrame, frames: Sequence[gpd.GeoDataFrame]
) -> pd.DataFrame:
    """Estimate for each kind how complete the merged facilities are; two sources are needed.

    Parameters
    ----------
    merged
        From `analyses.facilities.merge_facilities`: ``facility_id, kind, merged``.
    frames
        The frames that it was made of: ``facility_id, source``.
    """
    source = {
        identity: name
        for frame in frames
        for identity, name in zip(frame["facility_id"], frame["source"], strict=True)
    }
    places = [
        (kind, {source[i] for i in (own, *others.split(";")) if i in source})
        for own, kind, others in zip(
            merged["facility_id"], merged["kind"], merged["merged"].fillna(""), strict=True
        )
    ]
    rows = []
    for kind in sorted({kind for kind, _ in places}):
        of_kind = [found for other, found in places if other == kind]
        counts = {name: sum(name in found for found in of_kind) for name in set().union(*of_kind)}
        two = sorted(counts, key=lambda name: (-counts[name], name))[:2]
        if len(two) == 2:  # noqa: PLR2004
            both = sum(set(two) <= found for found in of_kind)
            names = ("facilities", kind, *two)
            rows.append(_row(names, (counts[two[0]], counts[two[1]], both), seen=len(of_kind)))
    return pd.DataFrame([row for row in rows if row], columns=COLUMNS)


def homes_complete(
    homes: gpd.GeoDataFrame, others: gpd.GeoDataFrame, *, names: tuple[str, str]
) -> pd.DataFrame:
    """Estimate how complete the homes are, by another layer of buildings of the same CRS."""
    hits = homes.sindex.query(others.geometry.to_numpy(), predicate="intersects")[0]
    both = min(len(set(hits.tolist())), len(homes))
    row = _row(("buildings", "", *names), (len(homes), len(others), both), seen=len(homes))
    return pd.DataFrame([row] if row else [], columns=COLUMNS)


def missing_effects(
    share: float, complete: Mapping[str, tuple[float, float]]
) -> dict[str, tuple[float, float]]:
    """Return the interval of a share covered that each layer's gaps make, by weakness.

    Of the children who have a facility near, a share of at least `complete` has one that is
    mapped: not more than ``share / complete`` are covered.  Children of homes that are not mapped
    may all be covered, or none.

    Examples
    --------
    >>> missing_effects(0.6, {"facilities": (0.8, 0.9), "buildings": (0.5, 0.9)})
    {'facilities_missing': (0.6, 0.75), 'homes_missing': (0.3, 0.8)}
    """
    found = {}
    if "facilities" in complete:
        found["facilities_missing"] = (
            share,
            round(min(share / complete["facilities"][0], 1.0), 12),
        )
    if "buildings" in complete:
        low = complete["buildings"][0]
        found["homes_missing"] = (round(share * low, 12), round(share * low + 1 - low, 12))
    return found


def _row(
    names: tuple[str, str, str, str], counts: tuple[int, int, int], *, seen: int
) -> tuple[object, ...] | None:
    """Return a row of the table; None where the sources have too little in common to tell."""
    first, second, both = counts
    if both < load_toml("rules/quality.toml")["completeness"]["least_both"]:
        return None
    number, low, high = chapman(first, second, both)
    shares = (min(seen / n, 1.0) for n in (number, high, low))
    return (*names, first, second, both, number, *shares)
