"""How are totals of towns or a district given to the zones in them, with nothing lost?

What the zones of a town have themselves stays; the rest of the town's total goes to those of its
zones that are unknown, by their weights.  Small areas come before the large ones that hold them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.arrays import Floats, Ints

_APART = 0.5  # children: half of one is rounding, more is a contradiction
_EXACT = 1e-9


@dataclass(frozen=True, eq=False)
class Spread:
    """Values of zones after the totals of areas were given to them.

    Attributes
    ----------
    counts
        Zones x columns, NaN where still unknown.
    contradicting
        Positions of areas of which the zones sum up to another number; there the total is not used.
    filled
        How many values came from a total.
    """

    counts: Floats
    contradicting: tuple[int, ...]
    filled: int


def spread_totals(
    values: Floats, totals: Floats, *, members: Sequence[Ints], weight: Floats
) -> Spread:
    """Give the totals of areas to those of their zones that are unknown.

    Parameters
    ----------
    values
        Zones x columns, NaN = unknown.
    totals
        Areas x columns, NaN = unknown.
    members
        For each area the positions of its zones.
    weight
        Of each zone, >= 0; where all unknown zones of an area weigh 0 they weigh the same.

    Returns
    -------
    Spread
        The zones of an area sum up to its total to 1e-9.

    Examples
    --------
    A town of 100 children, of whom 40 are known to live in the first of three villages:

    >>> values = np.array([[40.0], [np.nan], [np.nan]])
    >>> town = [np.array([0, 1, 2])]
    >>> weight = np.array([9.0, 1.0, 2.0])
    >>> spread_totals(values, np.array([[100.0]]), members=town, weight=weight).counts.tolist()
    [[40.0], [20.0], [40.0]]
    """
    result = values.copy()
    wrong: set[int] = set()
    for area in sorted(range(len(members)), key=lambda a: (len(members[a]), a)):
        zones = members[area]
        for column in np.flatnonzero(np.isfinite(totals[area])).tolist():
            own = result[zones, column]
            unknown = zones[np.isnan(own)]
            rest = float(totals[area, column] - np.nansum(own))
            if rest < -_EXACT * max(totals[area, column], 1.0) or (
                len(unknown) == 0 and abs(rest) > _APART
            ):
                wrong.add(area)
            elif len(unknown):
                result[unknown, column] = _parts(max(rest, 0.0), weight[unknown])
    filled = int((np.isnan(values) & np.isfinite(result)).sum())
    return Spread(result, tuple(sorted(wrong)), filled)


def _parts(total: float, weight: Floats) -> Floats:
    """Return the parts of a total by weight; what rounding loses goes to the heaviest."""
    share = weight if weight.sum() > 0 else np.ones(len(weight))
    parts: Floats = total * (share / share.sum())
    parts[int(np.argmax(share))] += total - parts.sum()
    return parts
