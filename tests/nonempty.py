"""How does a test walk over things without passing because there are none?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

Thing = TypeVar("Thing")


def each(things: Iterable[Thing]) -> list[Thing]:
    """Return all things; there is at least one.

    >>> [n + 1 for n in each({1, 2})]
    [2, 3]
    >>> each([])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    AssertionError: nothing to walk over...
    """
    listed = list(things)
    assert listed, "nothing to walk over"
    return listed
