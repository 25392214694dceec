"""How do streets get two sides?  See `geo.sides.model` for what comes out."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.sides.arms import arms_of, corner_places, rule
from geo.sides.crossings import crossings_of, nodes_with
from geo.sides.dual import stages_of
from geo.sides.links import joined, joints_of
from geo.sides.model import EdgeKind, Sides
from geo.sides.shapes import Pieces, side_pieces, straight_pieces, together
from geo.walk import EdgeParts, Snapped, assemble, at_nodes, join

if TYPE_CHECKING:
    from geo.arrays import Flags, Floats, Ints
    from geo.walk import WalkNetwork, Walls


_COLUMNS = [
    "node",
    "street",
    "arm",
    "where",
    "mapped",
    "forbidden",
    "path",
    "group",
    "stages",
    "signal_m",
]


def expand(network: WalkNetwork, roads: pd.DataFrame, *, link_max_m: float | None = None) -> Sides:
    """Give roads two sides, junctions corners, and make every crossing an edge.

    Parameters
    ----------
    network
        Streets as drawn.
    roads
        Aligned with the edges of `network`: ``sided`` (bool; else it is a path), ``half_width_m``
        (of the carriageway), ``quiet`` (bool; may be crossed anywhere), ``crossable`` (bool; where
        False only mapped crossings are), ``oneway`` (1 or -1: along or against the drawn
        direction; 0 or False: both ways).
    link_max_m
        How near a separate footway has to end to be joined; default: ``link_max`` of
        ``data/rules/sides.toml``; below 0 nothing is joined.

    Returns
    -------
    Sides
        Every drawn edge has its sides (or its path) there; no island is left out.

    Examples
    --------
    A road of 10 m width has two sides, each about 5 m from its middle:

    >>> import geopandas as gpd, shapely, yimi
    >>> line = shapely.LineString([(500_000, 4_310_000), (500_100, 4_310_000)])
    >>> network = yimi.streets(gpd.GeoDataFrame(geometry=[line], crs=4548))
    >>> flags = {"sided": True, "crossable": True, "quiet": True, "oneway": 0}
    >>> sides = expand(network, pd.DataFrame({"half_width_m": [5.0], **flags}))
    >>> along = sides.walk.tree.geometries[sides.kind == EdgeKind.SIDE]
    >>> sorted(round(line.centroid.y - 4_310_000) for line in along)
    [-5, 5]
    """
    if len(roads) != len(network.edge_nodes):
        raise ValueError(f"{len(roads)} rows of roads for {len(network.edge_nodes)} edges")
    arms = arms_of(network, roads)
    corner_xy = corner_places(arms)
    sides = side_pieces(arms, corner_xy)
    found = crossings_of(arms, roads)
    arm = found["arm"].to_numpy(dtype=np.int64)
    over = np.column_stack([arms.right[arm], arms.left[arm]])
    xy = corner_xy[over].mean(axis=1)
    stages = stages_of(arms, roads, found=found, xy=xy)
    crossing = straight_pieces(
        over,
        corner_xy[over],
        kind=found["kind"].to_numpy(dtype=np.int64),
        street=arm >> 1,
        crossing=np.arange(len(arm)),
        least_m=2 * arms.half_width_m[arm >> 1],
    )
    max_m = rule("link_max") if link_max_m is None else link_max_m
    joints = joints_of(arms, pieces=sides, corner_xy=corner_xy, max_m=max_m)
    sides, ties, node_xy, ends = joined(sides, joints, corner_xy)
    links = _links(np.concatenate([stages.links, ties]), node_xy)
    tail = network.edge_nodes[ends, 0].astype(np.int64)
    pieces = together([sides, crossing, links])
    walk = _network(network, pieces, node_xy)
    corner = walk.node_id
    made = walk.edges
    table = found.assign(arm=arms.rank[arm], group=stages.group, stages=stages.stages)
    table["signal_m"] = _signal_m(network, table["node"].to_numpy(dtype=np.int64))
    return Sides(
        walk=walk,
        kind=made["kind"].to_numpy(dtype=np.int8),
        street=made["street"].to_numpy(dtype=np.int64),
        side=made["side"].to_numpy(dtype=np.int8),
        crossing=made["crossing"].to_numpy(dtype=np.int64),
        node_street=np.concatenate([arms.corner_node, tail])[corner],
        crossings=gpd.GeoDataFrame(
            table[_COLUMNS], geometry=gpd.points_from_xy(xy[:, 0], xy[:, 1]), crs=network.crs
        ),
    )


def snap_to_sides(
    sides: Sides,
    points_xy: Floats,
    *,
    max_m: float,
    walls: Walls | None = None,
    streets: Flags | None = None,
) -> Snapped:
    """Put doors on the roadsides and paths, never on a crossing: see `geo.walk.join`.

    A home lies on its own side of the street.  The edges are those of ``sides.walk``; `streets`
    says which edges of the drawn network may be stepped on.

    Examples
    --------
    >>> import yimi
    >>> city = yimi.load(yimi.demo).city
    >>> sides = city.scene.sides
    >>> snapped = snap_to_sides(sides, city.demand_xy, max_m=200)
    >>> walked = {EdgeKind(kind).name for kind in sides.kind[snapped.edge[snapped.edge >= 0]]}
    >>> walked <= {"SIDE", "PATH"}
    True
    """
    edges = np.zeros(len(sides.kind), dtype=bool)
    edges[sides.walked[0]] = True
    if streets is not None:
        edges &= streets[sides.street] & (sides.street >= 0)
    return join(sides.walk, points_xy, max_m=max_m, walls=walls, edges=edges)


def _network(network: WalkNetwork, pieces: Pieces, node_xy: Floats) -> WalkNetwork:
    """Make the network; its ``node_id`` is the number of the corner."""
    way_id = np.append(network.edges["way_id"].to_numpy(), -1)
    parts = EdgeParts(
        node_xy=node_xy,
        node_id=np.arange(len(node_xy)),
        node_tags=network.node_tags.iloc[:0],
        edge_nodes=pieces.nodes,
        edge_length_mm=pieces.length_mm,
        vertex_xy=pieces.vertex_xy,
        edge_start=pieces.start,
        ways=pd.DataFrame(
            {
                "way_id": way_id[pieces.street],
                "kind": pieces.kind,
                "street": pieces.street,
                "side": pieces.side,
                "crossing": pieces.crossing,
            }
        ),
        edge_way=np.arange(len(pieces.nodes)),
    )
    walk = assemble(
        parts,
        crs=network.crs,
        name="sides",
        island_max_length_m=0.0,
        dropped=network.dropped,
        findings=(),
    )
    return dataclasses.replace(walk, findings=network.findings)


def _links(nodes: Ints, xy: Floats) -> Pieces:
    """Return links between corners."""
    none = np.full(len(nodes), -1)
    return straight_pieces(
        nodes,
        xy[nodes],
        kind=np.full(len(nodes), EdgeKind.LINK),
        street=none,
        crossing=none,
        least_m=np.zeros(len(nodes)),
    )


def _signal_m(network: WalkNetwork, nodes: Ints) -> Floats:
    """Return how far along the streets the nearest traffic signal is."""
    from geo.walk import nearest  # noqa: PLC0415 - loads the compiler

    signals = np.flatnonzero(nodes_with(network, "highway", "traffic_signals"))
    if not len(signals) or not len(nodes):
        return np.full(len(nodes), np.inf)
    found = nearest(
        network, at_nodes(network, signals), at_nodes(network, nodes), limit_m=rule("signal_max")
    )
    return found.distance_m
