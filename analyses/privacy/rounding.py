"""How is a count of children told: rounded, as "fewer than k", or not at all?

One rule for all tables, the same answer for the same count always: noise that is drawn afresh can
be averaged away, a rounded number cannot.
"""

from __future__ import annotations

import math

from geo.bundled import load_toml

_LEAST_SHARE, _MOST_SHARE = 1, 99
"""Percent.  Nobody is told that all children of a place, or none, are concerned."""


def base() -> int:
    """Return the number that published counts are multiples of."""
    return int(load_toml("rules/publish.toml")["rounding"]["base"]["value"])


def least_to_split(k: int) -> int:
    """Return how many children a group needs before its two sides are told apart."""
    return k * int(load_toml("rules/publish.toml")["groups"]["split_times_k"]["value"])


def rounded(count: float) -> int:
    """Return a count rounded to the nearest multiple of `base`; a half goes up.

    Examples
    --------
    >>> [rounded(n) for n in (0, 2, 2.5, 12, 13, 1000)]
    [0, 0, 5, 10, 15, 1000]
    """
    return math.floor(count / base() + 0.5) * base()


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
    half = base() / 2
    return max(value - half, float(k)), value + half


def share(part: int, whole: int) -> int:
    """Return a whole percentage of two rounded counts, never 0 or 100.

    Examples
    --------
    >>> share(10, 30), share(0, 500), share(500, 500)
    (33, 1, 99)
    """
    percent = math.floor(100 * part / whole + 0.5)
    return min(max(percent, _LEAST_SHARE), _MOST_SHARE)


def share_at_most(whole: int, *, k: int) -> int:
    """Return below which percentage a side of fewer than `k` of `whole` rounded children lies."""
    return min(math.ceil(100 * k / whole), _MOST_SHARE)


def share_at_least(whole: int, *, k: int) -> int:
    """Return above which percentage the other side lies then."""
    return 100 - share_at_most(whole, k=k)
