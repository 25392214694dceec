"""How are numbers of things handled many at a time?  Small tools for arrays that modules share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Objects = NDArray[np.object_]  # texts or shapes

MM_PER_M = 1000
_LAST_CELL = 2.0**32 - 1


def ranges(first: Ints, count: Ints) -> Ints:
    """Return ``first[i], first[i] + 1, ...``, ``count[i]`` numbers for each ``i``, in one array.

    Examples
    --------
    >>> ranges(np.array([10, 50]), np.array([3, 2])).tolist()
    [10, 11, 12, 50, 51]
    """
    before = np.cumsum(count) - count
    return np.repeat(first - before, count) + np.arange(int(count.sum()))


def numbered(things: Ints, *, count: int) -> tuple[Ints, Ints]:
    """Return which of `count` things occur, and the place there of each given one.

    Examples
    --------
    >>> which, place = numbered(np.array([7, 3, 7]), count=9)
    >>> which.tolist(), place.tolist()
    ([3, 7], [1, 0, 1])
    """
    occurs = np.zeros(count, dtype=bool)
    occurs[things] = True
    rank = np.cumsum(occurs) - 1
    return np.flatnonzero(occurs), rank[things]


def merged(first: Ints, second: Ints, *, count: int) -> Ints:
    """Give each of `count` things the smallest thing that the pairs tie it to.

    Examples
    --------
    >>> merged(np.array([3, 4]), np.array([1, 3]), count=5).tolist()
    [0, 1, 2, 1, 1]
    """
    label = components(first, second, count=count)
    smallest = np.full(label.max() + 1, count)
    np.minimum.at(smallest, label, np.arange(count))
    merged: Ints = smallest[label]
    return merged


def components(first: Ints, second: Ints, *, count: int) -> Ints:
    """Give `count` things that are tied in pairs the number of their connected component.

    Examples
    --------
    >>> components(np.array([0, 2]), np.array([1, 3]), count=5).tolist()
    [0, 0, 1, 1, 2]
    """
    from scipy.sparse import coo_array  # noqa: PLC0415 - slow to load
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    ties = coo_array((np.ones(len(first), dtype=np.int8), (first, second)), shape=(count, count))
    label: Ints = connected_components(ties, directed=False)[1].astype(np.int64)
    return label


def morton(xy: Floats) -> NDArray[np.uint64]:
    """Return each place's (metres) number on a Z-order curve through cells of one millimetre.

    What is farther than 4294 km from the lowest place has the number of the last cell.

    Examples
    --------
    Near places have near numbers:

    >>> morton(np.array([[0.0, 0.0], [0.001, 0.0], [0.0, 0.001], [0.001, 0.001]])).tolist()
    [0, 1, 2, 3]
    """
    cell = np.rint((xy - xy.min(axis=0, initial=np.inf)) * 1000.0)
    cell = np.minimum(cell, _LAST_CELL).astype(np.uint64)
    return _spread(cell[:, 0]) | (_spread(cell[:, 1]) << np.uint64(1))


def _spread(number: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Put a zero between every two of the lower 32 bits."""
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        number = (number | (number << np.uint64(shift))) & np.uint64(mask)
    return number
