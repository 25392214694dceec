"""Where are roads crossed?

At each arm of a junction, where a crossing is mapped, where paths meet a road from both sides, and
(informally) wherever the pieces of a quiet street meet.  What is mapped twice counts once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from geo.arrays import MM_PER_M, merged
from geo.sides.arms import rule
from geo.sides.model import EdgeKind

if TYPE_CHECKING:
    from geo.arrays import Flags, Ints
    from geo.sides.arms import Arms
    from geo.walk import WalkNetwork


_JUNCTION = 3
_MIDBLOCK = 2
_FAR = np.iinfo(np.int64).max
_CROSSING_WAYS = {
    "footway": ("crossing",),
    "path": ("crossing",),
    "cycleway": ("crossing",),
    "highway": ("crossing",),
}


class Marks(NamedTuple):
    """What is drawn at the nodes and corners.

    Attributes
    ----------
    tagged
        (n,) nodes tagged as a crossing.
    barred
        (n,) nodes where crossing is forbidden (``crossing=no``).
    path
        (c,) corners that a path meets.
    zebra
        (c,) lowest edge of a crossing way (``footway=crossing``) that meets the corner, or a very
        great number.
    """

    tagged: Flags
    barred: Flags
    path: Flags
    zebra: Ints


def crossings_of(arms: Arms, roads: pd.DataFrame) -> pd.DataFrame:
    """List where the drawn roads are crossed, sorted by node and arm.

    Returns
    -------
    pandas.DataFrame
        ``arm`` (of `arms`: its road is crossed, from its right to its left corner), ``node``,
        ``street``, ``kind`` (`EdgeKind`), ``where``, ``mapped``, ``forbidden``, ``path``.
    """
    marks = _marks(arms)
    found = _once(arms, _candidates(arms, roads, marks), marks)
    return _at_junctions(arms, found, marks)


def has_value(frame: pd.DataFrame, tag: str, *values: str) -> Flags:
    """Return in which rows a tag has one of some values; any value but "no" if none is given."""
    if tag not in frame:
        return np.zeros(len(frame), dtype=bool)
    if values:
        return frame[tag].isin(values).to_numpy(dtype=bool)
    return (frame[tag].notna() & ~frame[tag].isin(["no"])).to_numpy(dtype=bool)


def nodes_with(network: WalkNetwork, tag: str, *values: str) -> Flags:
    """Return which nodes of the network have a tag with one of some values (see `has_value`)."""
    flags = np.zeros(len(network.node_xy), dtype=bool)
    chosen = has_value(network.node_tags, tag, *values)
    flags[network.node_tags.index.to_numpy(dtype=np.int64)[chosen]] = True
    return flags


def _marks(arms: Arms) -> Marks:
    network = arms.network
    barred = nodes_with(network, "crossing", "no")
    tagged = nodes_with(network, "highway", "crossing") | nodes_with(network, "crossing")
    ways = network.edges
    zebra_way = np.zeros(len(ways), dtype=bool)
    for tag, values in _CROSSING_WAYS.items():
        zebra_way |= has_value(ways, tag, *values)
    zebra_way &= ~has_value(ways, "crossing", "no")
    path = np.zeros(len(arms.corner_node), dtype=bool)
    path[arms.left[~arms.sided]] = True
    zebra = np.full(len(path), _FAR)
    arm = np.flatnonzero(~arms.sided & np.repeat(zebra_way, 2))
    np.minimum.at(zebra, arms.left[arm], arm >> 1)
    return Marks(tagged & ~barred, barred, path, zebra)


def _candidates(arms: Arms, roads: pd.DataFrame, marks: Marks) -> pd.DataFrame:
    """List every crossing, also what is mapped twice.

    Of the two arms of a node within a road the wider one is crossed, else the first.
    """
    quiet, crossable = (roads[name].to_numpy(dtype=bool) for name in ("quiet", "crossable"))
    arm = np.flatnonzero(arms.sided & (arms.count[arms.node] >= _MIDBLOCK))
    arm = arm[np.lexsort((arms.rank[arm], arms.node[arm]))]
    other, junction = arms.after[arm], arms.count[arms.node[arm]] >= _JUNCTION
    first = np.lexsort((arm, -arms.half_width_m[arm >> 1], arms.node[arm]))
    once = np.zeros(len(arm), dtype=bool)
    once[first[np.diff(arms.node[arm][first], prepend=-1) != 0]] = True
    chosen = np.flatnonzero(junction | once)
    arm, other, junction = arm[chosen], other[chosen], junction[chosen]
    node, street = arms.node[arm], arm >> 1
    left, right = arms.left[arm], arms.right[arm]
    zebra = np.minimum(marks.zebra[left], marks.zebra[right])
    both_zebra = np.maximum(marks.zebra[left], marks.zebra[right]) < _FAR
    zebra = np.where(both_zebra | ~junction, zebra, _FAR)
    mapped = marks.tagged[node] | (zebra < _FAR)
    busy = np.bincount(arms.node, weights=arms.sided & ~np.repeat(quiet, 2))
    calm = busy[node] == 0
    open_to_all = crossable[street] & (junction | crossable[other >> 1])
    through = marks.path[left] & marks.path[right]
    informal = calm & ~mapped
    table = pd.DataFrame(
        {
            "arm": arm,
            "node": node,
            "street": street,
            "kind": np.where(informal, EdgeKind.INFORMAL, EdgeKind.CROSSING),
            "where": np.where(informal, "informal", np.where(junction, "junction", "midblock")),
            "mapped": mapped,
            "forbidden": marks.barred[node],
            "path": np.where(zebra < _FAR, zebra, -1),
        }
    )
    exists = mapped | (open_to_all & (junction | through | calm))
    return table.iloc[np.flatnonzero(exists)].reset_index(drop=True)


def _once(arms: Arms, found: pd.DataFrame, marks: Marks) -> pd.DataFrame:
    """Keep one of the crossings of a road that stand close together between junctions.

    A node tagged as a crossing is kept before one with a crossing way, that before others.
    """
    node, arm = found["node"].to_numpy(), found["arm"].to_numpy()
    row = np.flatnonzero((found["where"] == "midblock") & ~found["forbidden"])
    if not len(row):
        return found
    row_at = np.full(len(arms.count), -1)
    row_at[node[row]] = row
    limit_mm = rule("same_crossing_max") * MM_PER_M
    start = np.concatenate([arm[row], arms.after[arm[row]]])
    hit = follow(arms, start, to=row_at >= 0, limit_mm=limit_mm)
    first = np.tile(row, 2)[hit >= 0]
    same = merged(first, row_at[hit[hit >= 0]], count=len(found))
    path = np.where(found["path"] >= 0, found["path"], _FAR)
    order = np.lexsort((path == _FAR, ~marks.tagged[node], same))
    kept = np.sort(order[np.diff(same[order], prepend=-1) != 0])
    lowest = np.full(len(found), _FAR)
    np.minimum.at(lowest, same, path)
    path = np.where(path < _FAR, path, lowest[same])
    mapped = np.bincount(same, weights=found["mapped"], minlength=len(found))[same] > 0
    once = found.assign(path=np.where(path < _FAR, path, -1), mapped=mapped)
    return once.iloc[kept].reset_index(drop=True)


def _at_junctions(arms: Arms, found: pd.DataFrame, marks: Marks) -> pd.DataFrame:
    """Let a crossing that is mapped near a junction be the crossing of that arm.

    Where ``crossing=no`` is mapped near a junction, the crossing of that arm is forbidden.
    """
    node, arm = found["node"].to_numpy(), found["arm"].to_numpy()
    limit_mm = rule("junction_crossing_max") * MM_PER_M
    junction = arms.count[node] >= _JUNCTION
    row = np.flatnonzero(junction)
    row_at = np.full(len(arms.count), -1)
    real = np.flatnonzero(~junction & found["mapped"].to_numpy() & ~found["forbidden"].to_numpy())
    row_at[node[real]] = real
    hit = follow(arms, arm[row], to=row_at >= 0, limit_mm=limit_mm)
    bar = follow(arms, arm[row], to=marks.barred, limit_mm=limit_mm)
    where, forbidden = found["where"].to_numpy(dtype=object), found["forbidden"].to_numpy().copy()
    where[row_at[hit[hit >= 0]]] = "junction"
    forbidden[row[bar >= 0]] = True
    keep = np.ones(len(found), dtype=bool)
    keep[row[hit >= 0]] = False
    table = found.assign(where=where, forbidden=forbidden)
    return table.iloc[np.flatnonzero(keep)].reset_index(drop=True)


def follow(arms: Arms, start: Ints, *, to: Flags, limit_mm: float) -> Ints:
    """Follow roads from their arms to the first of some nodes, never past a junction.

    Parameters
    ----------
    start
        Sided arms to follow.
    to
        (n,) nodes to look for; only those within a road (two sided arms) are found.
    limit_mm
        Greatest distance along the road (``<=``).

    Returns
    -------
    numpy.ndarray
        Node found from each arm, -1 where there is none.
    """
    found = np.full(len(start), -1)
    row, arm = np.arange(len(start)), start
    gone = np.zeros(len(start), dtype=np.int64)
    while len(row):
        gone = gone + arms.network.edge_length_mm[arm >> 1]
        back = arm ^ 1
        node = arms.node[back]
        within = (gone <= limit_mm) & (arms.count[node] == _MIDBLOCK)
        hit = within & to[node]
        found[row[hit]] = node[hit]
        on = within & ~hit
        row, gone, arm = row[on], gone[on], arms.after[back[on]]
    return found
