"""On which side of the street does one walk, and where does one cross?

A street drawn as one line becomes two sides, a junction of k roads becomes k corners, and each
crossing of a carriageway becomes an edge of its own: then a child on the school's side crosses
nothing, and a child on the other side crosses exactly once.  `geo.sides.build` makes it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from geo.arrays import ranges

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from geo.arrays import Ints
    from geo.walk import WalkNetwork


class EdgeKind(IntEnum):
    """What an edge of the expanded network is.

    Examples
    --------
    >>> [kind.name for kind in EdgeKind]
    ['SIDE', 'PATH', 'CROSSING', 'INFORMAL', 'LINK']
    """

    SIDE = 0
    """along one side of a road"""
    PATH = 1
    """a way of its own: footway, path, steps, pedestrian street"""
    CROSSING = 2
    """over a carriageway, at an arm of a junction or where a crossing is mapped"""
    INFORMAL = 3
    """over a quiet street where no crossing is needed"""
    LINK = 4
    """joins a separate footway to the nearest corner, or two stages of a crossing; it is neither
    walked along nor crossed"""


@dataclass(frozen=True, eq=False)
class Sides:
    """The walking network with both sides of each road and each crossing as an edge.

    Attributes
    ----------
    walk
        The expanded network.  It is a `WalkNetwork` like any other: snapping (through
        `geo.sides.build.snap_to_sides`), distances and search work on it.  Its ``node_id`` are
        running numbers; its ``edges`` have ``way_id, kind, street, side, crossing``.
    kind
        (m,) `EdgeKind` of each edge of `walk`.
    street
        (m,) edge of the drawn network that is walked along or crossed, -1 for links.
    side
        (m,) -1 left of the drawn direction of `street`, +1 right, 0 for all other edges.
    crossing
        (m,) row of `crossings`, -1 for edges that cross nothing.
    node_street
        (n,) node of the drawn network that each node of `walk` belongs to; where a footway is
        joined to a roadside between two corners, the first node of the drawn edge.
    crossings
        One row per edge of kind CROSSING or INFORMAL (a stage, where a dual carriageway is
        crossed in two); points, RangeIndex: ``node`` (of the drawn network), ``street`` (drawn
        edge crossed), ``arm`` (0, 1 … in the order of the arms around the node), ``where``
        (junction | midblock | informal), ``mapped`` (a crossing node or way is drawn here),
        ``forbidden`` (crossing=no), ``path`` (drawn edge of the footway=crossing way used, -1),
        ``group`` (rows with one number are the stages of one crossing), ``stages``, ``signal_m``
        (metres along the road to the nearest traffic signal, inf = none within the limit).

    Examples
    --------
    >>> import yimi
    >>> sides = yimi.load(yimi.demo).city.scene.sides
    >>> len(sides.kind) == len(sides.street) == len(sides.walk.edges)
    True
    >>> bool((sides.crossing[sides.kind == EdgeKind.SIDE] == -1).all())
    True
    """

    walk: WalkNetwork
    kind: NDArray[np.int8]
    street: Ints
    side: NDArray[np.int8]
    crossing: Ints
    node_street: Ints
    crossings: gpd.GeoDataFrame

    @cached_property
    def walked(self) -> tuple[Ints, WalkNetwork]:
        """The edges that points may be snapped to (SIDE and PATH), and a network of only them.

        The network has their shapes and lengths; its nodes and arcs are those of `walk`.
        """
        chosen = np.flatnonzero((self.kind == EdgeKind.SIDE) | (self.kind == EdgeKind.PATH))
        walk = self.walk
        count = np.diff(walk.edge_start)[chosen]
        part = dataclasses.replace(
            walk,
            edge_nodes=walk.edge_nodes[chosen],
            edge_length_mm=walk.edge_length_mm[chosen],
            vertex_xy=walk.vertex_xy[ranges(walk.edge_start[chosen], count)],
            edge_start=np.concatenate([[0], np.cumsum(count)]),
            edges=walk.edges.take(chosen).reset_index(drop=True),
        )
        return chosen, part
