"""Which parts of a whole may be told, when whoever knows the whole must not find the others?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyses.privacy.attacker import Cell, Statement, bounds, pinned
from analyses.privacy.rounding import interval, rounded, told
from geo.bundled import load_toml

if TYPE_CHECKING:
    from collections.abc import Sequence

_KIND = frozenset({"children"})


def parts_told(children: Sequence[float], *, k: int) -> list[int | None]:
    """Return what is told of each part (e.g. the pupils of each school of a kind).

    A stranger is taken to know the rounded sum of all parts.  Where he could work out a part below
    `k`, the smallest part that is told is left out, until he cannot.

    Examples
    --------
    >>> parts_told([4, 60, 203], k=10)
    [None, None, 205]
    """
    truth = np.nan_to_num(np.asarray(children, dtype=np.float64))
    values = [told(float(n), k=k) for n in truth]
    names = [frozenset({str(n)}) for n in range(len(truth))]
    whole = Cell(frozenset[str]().union(*names), _KIND)
    sum_bounds = interval(rounded(float(truth.sum())), k=0)
    small = [Cell(names[n], _KIND) for n in np.flatnonzero(truth < k)]
    withheld: set[int] = set()
    while small:
        limits = bounds(
            [Statement(whole, *sum_bounds)]
            + [
                Statement(Cell(names[n], _KIND), *interval(value, k=k))
                for n, value in enumerate(values)
                if n not in withheld
            ],
            small,
        )
        shown = [n for n, value in enumerate(values) if value is not None]
        if limits is None or not shown or not pinned(limits, truth[truth < k], k=k).any():
            break
        smallest = min(shown, key=lambda n: (truth[n], n))
        values[smallest] = None
        withheld.add(smallest)
    return values


def band(children: float, *, k: int) -> int | None:
    """Return the lower end of the band that a count of passers-by lies in; None below `k`.

    Examples
    --------
    >>> [band(n, k=10) for n in (9.9, 10, 49, 50, 3000)]
    [None, 10, 10, 50, 1000]
    """
    starts = [k, *(n for n in load_toml("rules/publish.toml")["bands"]["from"] if n > k)]
    return max((start for start in starts if start <= children), default=None)
