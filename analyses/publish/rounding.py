"""How is a count of children told: rounded, as "fewer than k", or not at all?

One rule for all tables, the same answer for the same count always: noise that is drawn afresh can
be averaged away, a rounded number cannot.
"""

from __future__ import annotations

import math

from geo.bundled import load_toml

_LEAST_SHARE, _MOST_SHARE = 1, 99
"""Percent.  Nobody is told that all children of a place, or none, are concerned."""


def rounding_base() -> int:
    """Return the number that published counts are multiples of.

    Examples
    --------
    >>> rounding_base()
    5
    """
    return int(load_toml("rules/publish.toml")["rounding"]["base"]["value"])


def least_to_split(k: int) -> int:
    """Return how many children a group needs before its two sides are told apart."""
    return k * int(load_toml("rules/publish.toml")["groups"]["split_times_k"]["value"])


def rounded(count: float) -> int:
    """Return a count rounded to the nearest multiple of `rounding_base`; a half goes up.

    Examples
    --------
    >>> [rounded(n) for n in (0, 2, 2.5, 12, 13, 1000)]
    [0, 0, 5, 10, 15, 1000]
    """
    return math.floor(count / rounding_base() + 0.5) * rounding_base()


def told(count: float, *, k: int) -> int | None:
    """Return what is told of a count: rounded, or None where it is below `k` (zero included)."""
    return None if count < k else rounded(count)


def interval(value: int | None, *, k: int) -> tuple[float, float]:
    """Return between which counts the true one lies, given what was `told` of it.

    Examples
    --------
    >>> interval(15, k=10), interval(None, k=10), interval(10, k=10)
    ((12.5, 17.5), (0.0, 10.0), (10.0, 12.5))
    """
    if value is None:
        return 0.0, float(k)
    half = rounding_base() / 2
    return max(value - half, float(k)), value + half


def share_range(part: tuple[int, int], whole: tuple[int, int]) -> tuple[int, int]:
    """Return between which whole percentages a share of told counts lies, never 0 or 100.

    Examples
    --------
    >>> share_range((10, 10), (30, 30)), share_range((0, 10), (500, 500))
    ((33, 33), (1, 2))
    """
    if part[0] == part[1] and whole[0] == whole[1]:
        percent = math.floor(100 * part[0] / whole[0] + 0.5)
        return _inside(percent), _inside(percent)
    least = math.floor(100 * part[0] / max(whole[1], 1))
    most = math.ceil(100 * part[1] / max(whole[0], 1))
    return _inside(least), _inside(most)


def _inside(percent: int) -> int:
    return min(max(percent, _LEAST_SHARE), _MOST_SHARE)


def band(children: float, *, k: int) -> int | None:
    """Return the lower end of the band that a count of passers-by lies in; None below `k`.

    Examples
    --------
    >>> [band(n, k=10) for n in (9.9, 10, 49, 50, 3000)]
    [None, 10, 10, 50, 1000]
    """
    starts = [k, *(n for n in load_toml("rules/publish.toml")["bands"]["from"] if n > k)]
    return max((start for start in starts if start <= children), default=None)
