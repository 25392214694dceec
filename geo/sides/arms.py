"""Which roads leave a node, in which order, and where are the corners between them?

An arm is one end of a drawn edge.  Arms of roads (sided) divide the ground around a node into
sectors; each sector is a corner.  Other ways (paths) meet the corner of the sector that they lie
in.  A dead end has one corner, and so has a node where only paths meet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geo.arrays import MM_PER_M
from geo.bundled import load_toml

if TYPE_CHECKING:
    import pandas as pd

    from geo.arrays import Flags, Floats, Ints
    from geo.walk import WalkNetwork


@dataclass(frozen=True, eq=False)
class Arms:
    """The ends of the drawn edges.

    Arm ``2 e`` leaves the first node of edge ``e``, arm ``2 e + 1`` the last one.

    Attributes
    ----------
    network
        The drawn streets.
    half_width_m
        (m,) half the width of each carriageway.
    node
        (2 m,) node that the arm leaves.
    direction
        (2 m, 2) unit vector along its first segment, away from the node.
    sided
        (2 m,) whether it is the arm of a road with two sides.
    rank
        (2 m,) number of the arm among the sided arms of its node, counter-clockwise from the east;
        of a path, the rank of the sided arm before it.
    left, right
        (2 m,) corner on either hand of one who leaves the node along the arm; the same for paths
        and at dead ends.
    after
        (2 m,) next sided arm of the node, counter-clockwise; the arm itself at a dead end, -1 for
        paths.
    count
        (n,) number of sided arms of each node.
    corner_node
        (c,) node of each corner.
    """

    network: WalkNetwork
    half_width_m: Floats
    node: Ints
    direction: Floats
    sided: Flags
    rank: Ints
    left: Ints
    right: Ints
    after: Ints
    count: Ints
    corner_node: Ints


def rule(name: str) -> float:
    """Return a number of ``data/rules/sides.toml``."""
    return float(load_toml("rules/sides.toml")[name]["value"])


def arms_of(network: WalkNetwork, roads: pd.DataFrame) -> Arms:
    """Sort the arms around each node and number the corners between them.

    Parameters
    ----------
    network
        The drawn streets.
    roads
        Aligned with the edges: ``sided`` (a road with two sides), ``half_width_m``.
    """
    node = network.edge_nodes.astype(np.int64).ravel()
    road = np.repeat(roads["sided"].to_numpy(dtype=bool), 2)
    direction = _directions(network)
    angle = np.arctan2(direction[:, 1], direction[:, 0])
    order = np.lexsort((np.arange(len(node)), angle, node))
    count = np.bincount(node[road], minlength=len(network.node_xy))
    so_far = np.empty(len(node), dtype=np.int64)
    so_far[order] = np.cumsum(road[order])
    before = np.cumsum(count) - count
    most = np.maximum(count, 1)
    rank = (so_far - before[node] - 1) % most[node]
    first_corner = np.cumsum(most) - most
    left = first_corner[node] + rank
    right = np.where(road, first_corner[node] + (rank - 1) % most[node], left)
    of_rank = order[road[order]]
    after = np.full(len(node), -1)
    after[road] = of_rank[(before[node] + (rank + 1) % most[node])[road]]
    return Arms(
        network=network,
        half_width_m=roads["half_width_m"].to_numpy(dtype=np.float64),
        node=node,
        direction=direction,
        sided=road,
        rank=rank,
        left=left,
        right=right,
        after=after,
        count=count,
        corner_node=np.repeat(np.arange(len(count)), most),
    )


def corner_places(arms: Arms) -> Floats:
    """Return the place of each corner: where the sides of its two roads meet.

    At very acute angles, and where a wide road goes on as a narrow one, the corner is bevelled;
    it never reaches far into a short street.  At dead ends and between paths it is the node.
    """
    network = arms.network
    xy = network.node_xy[arms.corner_node]
    one = np.flatnonzero(arms.sided & (arms.count[arms.node] > 1))
    other = arms.after[one]
    ahead, ahead_other = arms.direction[one], arms.direction[other]
    turn = np.arctan2(ahead_other[:, 1], ahead_other[:, 0]) - np.arctan2(ahead[:, 1], ahead[:, 0])
    turn = np.where(arms.rank[other] <= arms.rank[one], turn + 2 * np.pi, turn)
    offset = _offsets(ahead, turn, widths=arms.half_width_m[np.stack([one, other]) >> 1])
    length_m = network.edge_length_mm / MM_PER_M
    fit = np.ones(len(one))
    for arm, along in ((one, ahead), (other, ahead_other)):
        reach = np.maximum((offset * along).sum(axis=1), 1e-9)
        fit = np.minimum(fit, rule("corner_reach_max") * length_m[arm >> 1] / reach)
    xy[arms.left[one]] += offset * fit[:, None]
    return xy


def to_left(direction: Floats) -> Floats:
    """Turn vectors a quarter to the left."""
    return np.column_stack([-direction[:, 1], direction[:, 0]])


def _directions(network: WalkNetwork) -> Floats:
    first, last = network.edge_start[:-1], network.edge_start[1:] - 1
    ends = np.column_stack([first, last]).ravel()
    beside = np.column_stack([first + 1, last - 1]).ravel()
    step = network.vertex_xy[beside] - network.vertex_xy[ends]
    length = np.hypot(step[:, 0], step[:, 1])
    return np.asarray(step / np.maximum(length, 1e-9)[:, None])


def _offsets(ahead: Floats, turn: Floats, *, widths: Floats) -> Floats:
    """Return the way from the node to the corner between two arms, `turn` radians apart.

    The mitre lies one half width beside each arm; the bevel on the bisector.
    """
    most = rule("mitre_max")
    width, other_width = widths
    with np.errstate(divide="ignore", invalid="ignore"):
        along = (other_width + width * np.cos(turn)) / np.sin(turn)
        sane = np.hypot(along, width) <= most * np.maximum(width, other_width)
    sine = np.sin(turn / 2)
    radius = (width + other_width) / 2 / np.maximum(sine, 1 / most)
    forward = np.where(sane, along, radius * np.cos(turn / 2))
    sideways = np.where(sane, width, radius * sine)
    return np.asarray(forward[:, None] * ahead + sideways[:, None] * to_left(ahead))
