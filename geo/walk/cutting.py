"""How does a part of a polyline look, cut exactly where it begins and ends?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geo.arrays import ranges
from geo.walk.network import polylines

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.arrays import Floats, Ints


def cut(
    vertex_xy: Floats, start: Ints, line: Ints, *, shares: tuple[Floats, Floats]
) -> NDArray[np.object_]:
    """Cut parts out of polylines by linear interpolation, all at once.

    Parameters
    ----------
    vertex_xy, start
        Polyline ``i`` has the vertices ``vertex_xy[start[i]:start[i + 1]]``.
    line
        Which polyline each part is taken from.
    shares
        Where each part begins and ends as a share of its polyline: ``0 <= from < to <= 1``.

    Returns
    -------
    numpy.ndarray
        A LineString for each part; a part from 0 to 1 has the very vertices of its polyline.

    Examples
    --------
    >>> xy = np.array([[0.0, 0.0], [10.0, 0.0]])
    >>> part = cut(xy, np.array([0, 2]), np.array([0]), shares=(np.array([0.2]), np.array([0.5])))
    >>> part[0].wkt
    'LINESTRING (2 0, 5 0)'
    """
    count = start[line + 1] - start[line]
    xy = vertex_xy[ranges(start[line], count)]
    end = np.cumsum(count)
    along = _along(xy, end - count, count)
    length = along[end - 1]
    low, high = shares[0] * length, shares[1] * length
    of_part = np.repeat(np.arange(len(line)), count)
    inside = (along > low[of_part]) & (along < high[of_part])
    before_low = end - count + _sums(along <= low[of_part], of_part, len(line)) - 1
    before_high = end - count + _sums(along < high[of_part], of_part, len(line)) - 1
    size = _sums(inside, of_part, len(line)) + 2
    last = np.cumsum(size) - 1
    part_xy = np.empty((int(size.sum()), 2))
    part_xy[last - size + 1] = _between(xy, along, before=before_low, place=low)
    part_xy[ranges(last - size + 2, size - 2)] = xy[inside]
    part_xy[last] = _between(xy, along, before=before_high, place=high)
    return polylines(part_xy, np.concatenate([[0], last + 1]))


def _along(xy: Floats, begin: Ints, count: Ints) -> Floats:
    """Return how far along its polyline each vertex lies."""
    step = np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T)
    step[begin] = 0.0
    total: Floats = np.cumsum(step)
    return total - np.repeat(total[begin], count)


def _sums(flags: NDArray[np.bool_], of_part: Ints, parts: int) -> Ints:
    """Count what is true in each part."""
    return np.bincount(of_part[flags], minlength=parts)


def _between(xy: Floats, along: Floats, *, before: Ints, place: Floats) -> Floats:
    """Interpolate between a vertex and its follower; exact at both."""
    share = ((place - along[before]) / (along[before + 1] - along[before]))[:, None]
    return (1.0 - share) * xy[before] + share * xy[before + 1]
