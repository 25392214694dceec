"""Where does a street turn so sharply that one does not see what comes?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.walk.network import WalkNetwork


def sharp_bends(network: WalkNetwork, *, turn_deg: float, within_m: float) -> NDArray[np.bool_]:
    """Say for each edge whether its course turns by more than an angle within a distance.

    Turns to the left and to the right cancel out; turns at the edge's ends do not count.

    Parameters
    ----------
    network
        Streets as drawn.
    turn_deg
        The turn has to be greater.
    within_m
        Along the edge.

    Returns
    -------
    ndarray
        (m,) bool.

    Examples
    --------
    A street that turns by a right angle, and a straight one:

    >>> import geopandas as gpd, shapely, yimi
    >>> x, y = 500_000, 4_310_000
    >>> bent = shapely.LineString([(x, y), (x + 100, y), (x + 100, y + 100)])
    >>> straight = shapely.LineString([(x, y), (x - 100, y)])
    >>> network = yimi.streets(gpd.GeoDataFrame(geometry=[bent, straight], crs=4548))
    >>> sorted(sharp_bends(network, turn_deg=60, within_m=20).tolist())
    [False, True]
    """
    start, xy = network.edge_start, network.vertex_xy
    step = np.diff(xy, axis=0)
    length = np.hypot(step[:, 0], step[:, 1])
    first = np.zeros(len(xy), dtype=bool)
    first[start[:-1]] = True
    heading = np.arctan2(step[:, 1], step[:, 0])
    last_real = np.maximum.accumulate(np.where(length > 0, np.arange(len(step)), 0))
    heading = heading[last_real]
    turn = np.zeros(len(xy))
    turn[1:-1] = (np.diff(heading) + np.pi) % (2 * np.pi) - np.pi
    turn[first] = 0.0
    turn[start[1:] - 1] = 0.0
    apart = np.where(first[1:], 2.0 * within_m, length)  # no window reaches into the next edge
    along = np.concatenate([[0.0], np.cumsum(apart)])
    turned = np.concatenate([[0.0], np.cumsum(turn)])
    end = np.searchsorted(along, along + within_m, side="right")
    in_window = np.abs(turned[end] - turned[:-1])
    sharp = np.maximum(in_window, np.abs(turn)) > np.deg2rad(turn_deg)
    return np.asarray(np.logical_or.reduceat(sharp, start[:-1]))
