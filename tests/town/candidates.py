"""Where could the synthetic town build: parcels that shops stand on, ground beside villages?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from town.drawing import dm, outline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from town.drawing import Points, Sheet
    from town.parcels import Parcel
    from town.villages import Village


class Candidate(NamedTuple):
    """A parcel that may be built on: its outline, its land, and what an office says of it."""

    ring: Points
    area_m2: float
    kind: str
    places: int
    cost: int
    own: bool


def candidates(
    sheet: Sheet, parcels: Sequence[Parcel], villages: Sequence[Village]
) -> list[Candidate]:
    """Choose parcels far from one another, then ground beside the last villages.

    Nothing is drawn at random: the streets and houses stay as they are.

    Parameters
    ----------
    sheet
        The plan; parcels with an office on them are left out.
    parcels
        Parcels with shops.
    villages
        The villages, the seats first.
    """
    numbers = sheet.plan["candidates"]
    taken = {site.point for site in sheet.sites}
    free = [parcel.rect for parcel in parcels if parcel.rect.middle not in taken]
    spots = np.array([rect.middle for rect in free], dtype=float)
    every = dm(sheet.plan["place"]["vertex_every_m"])
    town = [outline(free[row], every=every) for row in _spread(spots, numbers["town"])]
    country = [_beside(village, numbers["side_m"]) for village in villages[-numbers["villages"] :]]
    prices = [numbers["price_town"]] * len(town) + [numbers["price_village"]] * len(country)
    return [
        _described(numbers, ring, number, price=price)
        for number, (ring, price) in enumerate(zip([*town, *country], prices, strict=True))
    ]


def _described(numbers: Mapping[str, Any], ring: Points, number: int, *, price: int) -> Candidate:
    """Say what could stand on a parcel and what it costs, from its land alone."""
    x, y = np.asarray(ring, dtype=float).T / dm(1)
    area_m2 = abs(float(x[:-1] @ y[1:] - x[1:] @ y[:-1])) / 2
    step, unit = numbers["places_step"], numbers["cost_step"]
    kinds = numbers["kinds"]
    return Candidate(
        ring=ring,
        area_m2=round(area_m2),
        kind=str(kinds[number % len(kinds)]),
        places=step * max(1, round(area_m2 / numbers["land_per_place_m2"] / step)),
        cost=unit * round(area_m2 * price / unit),
        own=number % numbers["own_every"] == 0,
    )


def _spread(spots: Any, count: int) -> list[int]:
    """Return so many rows of places, each the farthest from those before it."""
    chosen = [int(np.argmin(spots.sum(axis=1)))]
    gap = np.hypot(*(spots - spots[chosen[0]]).T)
    while len(chosen) < min(count, len(spots)):
        chosen.append(int(np.argmax(gap)))
        gap = np.minimum(gap, np.hypot(*(spots - spots[chosen[-1]]).T))
    return chosen


def _beside(village: Village, side_m: float) -> Points:
    """Return a square of ground outside a corner of a village."""
    middle = village.corners.mean(axis=0)
    corner = village.corners[0]
    away = (corner - middle) / np.hypot(*(corner - middle))
    x, y = np.round(corner + away * dm(side_m) * 0.9).astype(np.int64)
    half = dm(side_m) // 2
    ring = [(-half, -half), (half, -half), (half, half), (-half, half), (-half, -half)]
    return np.array([(x + dx, y + dy) for dx, dy in ring], dtype=np.int64)
