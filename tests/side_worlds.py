"""Small worlds of roads with two sides, and the way that a child walks there."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

import networkx as nx
import numpy as np
import pandas as pd

from geo.sides.build import expand, snap_to_sides
from tests.worlds import network_of, place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo.sides.model import Sides
    from geo.walk.network import WalkNetwork

    Point = tuple[float, float]


class Way(NamedTuple):
    """A drawn way; its half width is None for a path."""

    points: tuple[Point, ...]
    half_width_m: float | None
    quiet: bool
    crossable: bool
    oneway: int
    tags: Mapping[str, str]


class Walk(NamedTuple):
    """The shortest way between two points: its edges in order, and its length in millimetres."""

    edges: list[int]
    length_mm: int


def road(
    *points: Point,
    half_width_m: float = 5.0,
    quiet: bool = False,
    crossable: bool = True,
    oneway: int = 0,
    **tags: str,
) -> Way:
    """Draw a road with two sides."""
    tags = {"highway": "residential" if quiet else "primary", **tags}
    return Way(points, half_width_m, quiet, crossable, oneway, tags)


def path(*points: Point, **tags: str) -> Way:
    """Draw a way of its own."""
    tags = {"highway": "footway", **tags}
    return Way(points, None, quiet=False, crossable=True, oneway=0, tags=tags)


def town(
    ways: Sequence[Way], *, nodes: Mapping[Point, Mapping[str, str]] | None = None
) -> tuple[WalkNetwork, pd.DataFrame]:
    """Return ways that meet at their ends only as a network, and `roads` for `expand`.

    ``way_id`` is the place in `ways`; `nodes` are the tags of some ends.
    """
    drawn = network_of([way.points for way in ways])
    of_edge = [ways[i] for i in drawn.edges["way_id"]]
    tags = pd.DataFrame([dict(way.tags) for way in of_edge])
    tagged = {}
    for point, values in (nodes or {}).items():
        away = np.hypot(*(drawn.node_xy - place([point])).T)
        tagged[int(away.argmin())] = dict(values)
    network = dataclasses.replace(
        drawn,
        edges=pd.concat([drawn.edges[["way_id"]], tags], axis=1),
        node_tags=pd.DataFrame.from_dict(tagged, orient="index"),
    )
    roads = pd.DataFrame(
        {
            "sided": [way.half_width_m is not None for way in of_edge],
            "half_width_m": [way.half_width_m or 1.0 for way in of_edge],
            "quiet": [way.quiet for way in of_edge],
            "crossable": [way.crossable for way in of_edge],
            "oneway": [way.oneway for way in of_edge],
        }
    )
    return network, roads


def expanded(
    ways: Sequence[Way], *, nodes: Mapping[Point, Mapping[str, str]] | None = None
) -> Sides:
    """Return a town with both sides of its roads."""
    return expand(*town(ways, nodes=nodes))


def walk(sides: Sides, home: Point, school: Point) -> Walk | None:
    """Return the shortest way from home to school, None where there is none."""
    snapped = snap_to_sides(sides, place([home, school]), max_m=500.0)
    graph: nx.MultiGraph[int] = nx.MultiGraph()
    for edge, (first, last) in enumerate(sides.walk.edge_nodes.tolist()):
        here = np.flatnonzero(snapped.edge == edge)
        on = sorted((int(snapped.offset_mm[i]), -1 - int(i)) for i in here)
        chain = [(0, first), *on, (int(sides.walk.edge_length_mm[edge]), last)]
        for (at, one), (then, other) in pairwise(chain):
            graph.add_edge(one, other, mm=then - at, edge=edge)
    if not nx.has_path(graph, -1, -2):
        return None
    nodes = nx.shortest_path(graph, -1, -2, weight="mm")
    steps = [min(graph[a][b].values(), key=itemgetter("mm")) for a, b in pairwise(nodes)]
    return Walk([step["edge"] for step in steps], sum(step["mm"] for step in steps))


def crossed(sides: Sides, way: Walk | None) -> list[int]:
    """Return the ways (their places in the town) that a walk crosses, in order."""
    assert way is not None
    over = [edge for edge in way.edges if sides.crossing[edge] >= 0]
    return [int(i) for i in sides.walk.edges["way_id"].to_numpy()[over]]
