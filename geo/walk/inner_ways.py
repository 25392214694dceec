"""Where do those who live along private ways come out on to the streets?

Private ways are no part of the network: nobody passes through.  Who lives there walks them to the
nearest place where they meet a street.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from geo.walk.access import join
from geo.walk.distances import nearest
from geo.walk.snapping import snap

if TYPE_CHECKING:
    from geo.arrays import Flags, Floats, Ints, Objects
    from geo.walk.network import WalkNetwork
    from geo.walk.snapping import Snapped
    from geo.walk.walls import Walls


class WaysOut(NamedTuple):
    """How homes leave their private ways.

    Attributes
    ----------
    exit_xy
        (e, 2) where private ways meet streets.
    exit
        (p,) the exit of each home, -1 where it has no private way.
    length_m
        (p,) metres from the home to it: the leg and the private ways; inf where there is none.
    leg_m
        (p,) metres from the home to its private way.

    Examples
    --------
    >>> import yimi
    >>> city = yimi.load(yimi.demo).city  # as if all its streets were private
    >>> out = ways_out(city.streets, city.streets, city.demand_xy[:9], max_m=200)
    >>> bool(out.exit.min() >= 0)
    True
    """

    exit_xy: Floats
    exit: Ints
    length_m: Floats
    leg_m: Floats


def ways_out(
    inner: WalkNetwork,
    network: WalkNetwork,
    homes_xy: Floats,
    *,
    max_m: float,
    walls: Walls | None = None,
    compounds: Objects | None = None,
    touch_m: float = 0.05,
) -> WaysOut:
    """Find how homes leave the private ways that they stand by.

    Parameters
    ----------
    inner, network
        The private ways; the streets.
    homes_xy
        (p, 2) metres.
    max_m, walls
        Of the leg from the home to its private way, see `geo.walk.join`.
    compounds
        Areas: a private way in one of them is walked by those who live in the same one only.
    touch_m
        A private way meets a street that is as near as this to one of its vertices.

    Examples
    --------
    >>> import yimi
    >>> city = yimi.load(yimi.demo).city  # as if all its streets were private
    >>> out = ways_out(city.streets, city.streets, city.demand_xy[:9], max_m=200)
    >>> bool((out.leg_m <= out.length_m).all())
    True
    """
    vertices = np.unique(inner.vertex_xy, axis=0)
    met = snap(network, vertices, max_m=touch_m).edge >= 0
    exits = snap(inner, vertices[met], max_m=touch_m)
    homes = join(inner, homes_xy, max_m=max_m, walls=walls)
    lives = homes.edge >= 0
    lives[lives] &= _resident(homes_xy[lives], homes.xy[lives], compounds)
    way = nearest(inner, exits, homes)
    out = lives & (way.source >= 0)
    return WaysOut(
        exit_xy=vertices[met],
        exit=np.where(out, way.source, -1),
        length_m=np.where(out, homes.access_m + way.distance_m, np.inf),
        leg_m=np.where(out, homes.access_m, np.inf),
    )


def with_ways_out(joined: Snapped, out: WaysOut, exits: Snapped) -> Snapped:
    """Put homes where they leave their private ways, unless a street is nearer than these.

    `joined`: the homes on the streets; `exits`: the exits on the streets.

    Examples
    --------
    >>> import yimi
    >>> city = yimi.load(yimi.demo).city
    >>> homes = city.on_streets.demand.take(np.arange(9))
    >>> out = ways_out(city.streets, city.streets, city.demand_xy[:9], max_m=200)
    >>> exits = join(city.streets, out.exit_xy, max_m=200)
    >>> bool((with_ways_out(homes, out, exits).access_m <= 400).all())
    True
    """
    there = np.flatnonzero(out.exit >= 0)
    there = there[exits.edge[out.exit[there]] >= 0]
    there = there[(joined.edge[there] < 0) | (out.leg_m[there] < joined.access_m[there])]
    at = exits.take(out.exit[there])
    return joined.with_rows(there, at, access_m=out.length_m[there] + at.access_m)


def _resident(homes_xy: Floats, places_xy: Floats, compounds: Objects | None) -> Flags:
    """Say who lives in the compound of a private way, or by one that lies in no compound."""
    if compounds is None or not len(compounds):
        return np.ones(len(homes_xy), dtype=bool)
    tree = shapely.STRtree(compounds)
    inside, shared = (np.zeros(len(homes_xy), dtype=bool) for _ in range(2))
    way, area = tree.query(shapely.points(places_xy), predicate="intersects")
    inside[way] = True
    same = shapely.intersects(compounds[area], shapely.points(homes_xy[way]))
    shared[way[same]] = True
    resident: Flags = shared | ~inside
    return resident
