"""How does a walking network look with a path that is not built yet?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from geo.arrays import MM_PER_M
from geo.findings import Finding, InputRefused
from geo.walk.network import EdgeParts, WalkNetwork, assemble, millimetres
from geo.walk.snapping import snap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo.arrays import Floats, Ints


_ENDS = 2


def add_paths(
    network: WalkNetwork,
    lines: Sequence[shapely.LineString],
    tags: Sequence[Mapping[str, str]],
    *,
    join_max_m: float,
    names: Sequence[str] | None = None,
) -> WalkNetwork:
    """Return the network with further paths; the given one is not changed.

    Parameters
    ----------
    network
        The streets.
    lines
        Paths in the network's CRS.  Each is tied to the streets (and to the paths before it) at
        its two ends, where these are nearest, by a straight piece; what it passes between them it
        passes over or under.
    tags
        Tags of each path, e.g. ``{"highway": "footway"}``.
    join_max_m
        Greatest length of the straight pieces (``<=``).
    names
        How messages call the paths.

    Returns
    -------
    WalkNetwork
        A street that a path is tied to between its nodes is parted there; lengths stay the same to
        the millimetre.  New nodes and ways have negative ids, in the order of the paths.

    Raises
    ------
    InputRefused
        ``PATH_NOT_JOINED`` where an end is farther from every street.

    Examples
    --------
    A path from a street to the street opposite: both are parted where it meets them.

    >>> import geopandas as gpd, shapely, yimi
    >>> x, y = 500_000, 4_310_000
    >>> street = shapely.LineString([(x, y), (x + 200, y), (x + 200, y + 100), (x, y + 100)])
    >>> network = yimi.streets(gpd.GeoDataFrame(geometry=[street], crs=4548))
    >>> path = shapely.LineString([(x + 50, y), (x + 50, y + 100)])
    >>> both = add_paths(network, [path], [{"highway": "footway"}], join_max_m=5)
    >>> len(network.edges), len(both.edges)
    (1, 4)
    """
    for number, (line, own) in enumerate(zip(lines, tags, strict=True)):
        name = names[number] if names is not None else f"{number + 1}"
        network = _with_path(network, line, own, join_max_m=join_max_m, name=name)
    return network


def _with_path(
    network: WalkNetwork,
    line: shapely.LineString,
    tags: Mapping[str, str],
    *,
    join_max_m: float,
    name: str,
) -> WalkNetwork:
    """Return the network with one more path."""
    xy = shapely.get_coordinates(line)
    ends = snap(network, xy[[0, -1]], max_m=join_max_m)
    if (ends.edge < 0).any():
        detail = {"edit": name, "limit_m": f"{join_max_m:g}"}
        raise InputRefused(Finding("PATH_NOT_JOINED", name, detail=detail))
    parts, nodes = _parted(network, ends.edge, ends.offset_mm)
    whole = np.concatenate([parts.node_xy[nodes[:1]], xy, parts.node_xy[nodes[1:]]])
    moved = np.concatenate([[True], (np.diff(whole, axis=0) != 0).any(axis=1)])
    shape = whole[moved]
    if len(shape) < _ENDS:
        raise InputRefused(Finding("PATH_NOT_JOINED", name, detail={"edit": name, "limit_m": "0"}))
    made = assemble(
        _with_edge(parts, nodes, shape, tags=tags),
        crs=network.crs,
        name=name,
        island_max_length_m=0.0,
        dropped=network.dropped,
        findings=(),
    )
    return replace(made, findings=network.findings)


def _parted(network: WalkNetwork, edge: Ints, offset_mm: Ints) -> tuple[EdgeParts, Ints]:
    """Part edges at places along them; return all parts, and the node at each place.

    A place at an edge's end is the node there; equal places are one node.
    """
    length = network.edge_length_mm.astype(np.int64)
    count = len(network.node_xy)
    ends = network.edge_nodes.astype(np.int64)[edge]
    inner = (offset_mm > 0) & (offset_mm < length[edge])
    cuts = np.unique(np.column_stack([edge, offset_mm])[inner], axis=0)
    nodes = np.where(offset_mm <= 0, ends[:, 0], ends[:, 1])
    for place, cut in enumerate(cuts):
        nodes[inner & (edge == cut[0]) & (offset_mm == cut[1])] = count + place
    pieces = _pieces(network, cuts, first_node=count)
    stays = np.ones(len(length), dtype=bool)
    stays[cuts[:, 0]] = False
    lines = [*network.tree.geometries[stays], *pieces["line"]]
    made = EdgeParts(
        node_xy=np.concatenate([network.node_xy, *pieces["xy"]]),
        node_id=np.concatenate([network.node_id, _new_ids(network.node_id, len(cuts))]),
        node_tags=network.node_tags,
        edge_nodes=np.concatenate(
            [network.edge_nodes[stays].astype(np.int64), *(np.array([n]) for n in pieces["nodes"])]
        ),
        edge_length_mm=np.array([*length[stays], *pieces["mm"]], dtype=np.int64),
        vertex_xy=shapely.get_coordinates(lines),
        edge_start=_starts(lines),
        ways=network.edges,
        edge_way=np.array([*np.flatnonzero(stays), *pieces["edge"]], dtype=np.int64),
    )
    return made, nodes.astype(np.int64)


def _pieces(network: WalkNetwork, cuts: Ints, *, first_node: int) -> dict[str, list[Any]]:
    """Return the pieces of the parted edges: their line, nodes, length and edge; and new nodes."""
    found: dict[str, list[Any]] = {key: [] for key in ("line", "nodes", "mm", "edge", "xy")}
    for edge in np.unique(cuts[:, 0]).tolist():
        line: shapely.LineString = network.tree.geometries.item(edge)
        at = np.flatnonzero(cuts[:, 0] == edge)
        stops_mm = [0, *cuts[at, 1].tolist(), int(network.edge_length_mm[edge])]
        first, last = network.edge_nodes[edge].tolist()
        chain = [first, *(first_node + at).tolist(), last]
        stops_m = [mm / MM_PER_M for mm in stops_mm[:-1]] + [line.length]
        for i in range(len(chain) - 1):
            found["line"].append(_substring(line, stops_m[i], stops_m[i + 1]))
            found["nodes"].append((chain[i], chain[i + 1]))
            found["mm"].append(stops_mm[i + 1] - stops_mm[i])
            found["edge"].append(edge)
        inner = shapely.line_interpolate_point(line, stops_m[1:-1])
        found["xy"].append(shapely.get_coordinates(inner))
    return found


def _substring(line: shapely.LineString, start_m: float, stop_m: float) -> shapely.LineString:
    from shapely.ops import substring  # noqa: PLC0415 - only where something is edited

    piece = substring(line, start_m, stop_m)
    if isinstance(piece, shapely.LineString):
        return piece
    return shapely.LineString([piece, piece])  # shorter than the coordinates can tell


def _with_edge(
    parts: EdgeParts, nodes: Ints, shape: Floats, *, tags: Mapping[str, str]
) -> EdgeParts:
    """Add the edge of a path between two nodes."""
    length = np.hypot(*np.diff(shape, axis=0).T).sum()
    ids = parts.ways["way_id"].to_numpy(dtype=np.int64)
    row: dict[str, object] = {**tags, "way_id": int(_new_ids(ids, 1)[0])}
    ways = pd.concat([parts.ways.astype(object), pd.DataFrame([row])], ignore_index=True)
    return parts._replace(
        edge_nodes=np.concatenate([parts.edge_nodes, nodes[None, :]]),
        edge_length_mm=np.append(
            parts.edge_length_mm, millimetres(np.array([length]), name="path")
        ),
        vertex_xy=np.concatenate([parts.vertex_xy, shape]),
        edge_start=np.append(parts.edge_start, len(parts.vertex_xy) + len(shape)),
        ways=_like(ways, parts.ways),
        edge_way=np.append(parts.edge_way, len(parts.ways)),
    )


def _like(ways: pd.DataFrame, model: pd.DataFrame) -> pd.DataFrame:
    """Return the ways with the kinds of columns that they had: categories take the new words."""
    for name in model.columns:
        if isinstance(model[name].dtype, pd.CategoricalDtype):
            ways[name] = ways[name].astype("category")
        else:
            ways[name] = ways[name].astype(model[name].dtype)
    return ways


def _new_ids(known: Ints, count: int) -> Ints:
    """Return ids that nothing has: negative ones, below those that are there."""
    return min(int(known.min(initial=0)), 0) - 1 - np.arange(count)


def _starts(lines: Sequence[shapely.LineString]) -> Ints:
    sizes = shapely.get_num_coordinates(np.array(lines, dtype=object))
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
