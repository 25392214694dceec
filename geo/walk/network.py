"""How do streets become a network that can be walked and searched?

Ways are split where they share a vertex, at vertices that carry a tag (crossing, signal, gate) and
at their ends; everything between two such places is one edge with its whole polyline, so nothing
of its shape or its tags is lost.  Parallel edges and loops stay edges.  All work is done on arrays.

A length is the distance in the plane of the working CRS, rounded to whole millimetres (at least
1 mm).  In a CGCS2000 three-degree zone the plane differs from the ground by at most 0.01 % within
the zone (the scale is 1 on the central meridian and about 1.0001 at the edge of the zone in
northern China), far less than the error of the drawn streets.

Nodes are numbered along a Z-order (Morton) curve and edges by their nodes: what is near in the
street is near in memory, which the searches gain much from.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from geo.arrays import MM_PER_M, components, merged, morton, numbered, ranges
from geo.bundled import load_toml
from geo.crs import check_metric
from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.arrays import Flags, Floats, Ints
    from geo.osm import Streets


_LONGEST_EDGE_MM = 2**32 - 1


@dataclass(frozen=True, eq=False)
class WalkNetwork:
    """Streets as nodes and undirected edges, ready to be searched.

    Attributes
    ----------
    crs
        Metric CRS, e.g. ``"EPSG:4548"``.
    node_xy
        (n, 2) metres; nodes are numbered along a Morton curve.
    node_id
        (n,) OSM node id, or the running number of the vertex.
    node_tags
        Tagged nodes: index = node, columns = tags (str or None).
    edge_nodes
        (m, 2) first and last node of each edge.
    edge_length_mm
        (m,) length in the plane of `crs`, at least 1 mm.
    vertex_xy, edge_start
        The polyline of edge ``e`` is ``vertex_xy[edge_start[e]:edge_start[e + 1]]``.
    edges
        m rows: ``way_id`` and the tags of the way.
    indptr, neighbour, arc_length_mm, arc_edge
        The arcs that leave node ``v`` are ``indptr[v]`` to ``indptr[v + 1]`` of the other three;
        each edge has an arc in both directions.
    components
        ``component, nodes, edges, length_m, kept``, the longest first.
    dropped
        ``reason, ways, length_m``: what the reader and this module left out.
    findings
        Remarks of the reader and of this module.

    Examples
    --------
    >>> import yimi
    >>> streets = yimi.load(yimi.demo).city.streets
    >>> len(streets.neighbour) == 2 * len(streets.edges) == 2 * len(streets.edge_length_mm)
    True
    """

    crs: str
    node_xy: Floats
    node_id: Ints
    node_tags: pd.DataFrame
    edge_nodes: NDArray[np.uint32]
    edge_length_mm: NDArray[np.uint32]
    vertex_xy: Floats
    edge_start: Ints
    edges: pd.DataFrame
    indptr: Ints
    neighbour: NDArray[np.uint32]
    arc_length_mm: NDArray[np.uint32]
    arc_edge: NDArray[np.uint32]
    components: pd.DataFrame
    dropped: pd.DataFrame
    findings: tuple[Finding, ...]

    def __repr__(self) -> str:
        """Return sizes instead of arrays."""
        km = self.lengths_mm[2] / MM_PER_M / MM_PER_M
        return (
            f"WalkNetwork: {len(self.node_xy):,} nodes, {len(self.edge_nodes):,} edges, "
            f"{km:,.1f} km, {self.crs}, {len(self.findings)} findings"
        )

    @cached_property
    def lengths_mm(self) -> tuple[int, int, int]:
        """Mean, greatest and total length of the edges in millimetres."""
        total = int(self.edge_length_mm.sum(dtype=np.int64))
        return total // self.edge_length_mm.size, int(self.edge_length_mm.max()), total

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Spatial index over the polylines of the edges; its geometries are the polylines."""
        return shapely.STRtree(polylines(self.vertex_xy, self.edge_start))


class EdgeParts(NamedTuple):
    """Nodes and edges in any order, before they become a `WalkNetwork`.

    The fields are those of `WalkNetwork`, with int64 for nodes and lengths; `ways` has the tags of
    the ways and `edge_way` the row there of each edge; tags of node -1 belong to no node.

    Examples
    --------
    >>> EdgeParts._fields[:5]
    ('node_xy', 'node_id', 'node_tags', 'edge_nodes', 'edge_length_mm')
    """

    node_xy: Floats
    node_id: Ints
    node_tags: pd.DataFrame
    edge_nodes: Ints
    edge_length_mm: Ints
    vertex_xy: Floats
    edge_start: Ints
    ways: pd.DataFrame
    edge_way: Ints


def build_network(
    streets: Streets,
    *,
    crs: str,
    island_max_length_m: float | None = None,
    name: str = "streets",
) -> WalkNetwork:
    """Turn streets into a network.

    Parameters
    ----------
    streets
        Ways that people may walk on, with their vertices in EPSG:4326.
    crs
        Metric CRS to work in.
    island_max_length_m
        A component other than the longest one is left out when its streets total at most this;
        default: ``island_max_length`` of ``data/rules/network.toml``.
    name
        How messages call the streets, e.g. the file that they came from.

    Raises
    ------
    InputRefused
        ``NETWORK_EMPTY`` when there is no street, ``CRS_NOT_METRIC`` or ``CRS_SCALE`` when lengths
        cannot be measured in `crs`, ``NETWORK_OUTSIDE_CRS`` when a street cannot be shown in it.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from geo.osm import streets_from_frame
    >>> lines = [shapely.LineString([(117, 39), (117.001, 39)])]
    >>> roads = streets_from_frame(gpd.GeoDataFrame(geometry=lines, crs=4326), name="roads")
    >>> (build_network(roads, crs="EPSG:4548").edge_length_mm / 1000).round(1).tolist()
    [86.6]
    """
    if not len(streets.ways):
        raise InputRefused(*streets.findings, Finding("NETWORK_EMPTY", name))
    lon, lat = np.median(streets.lonlat, axis=0).tolist()
    check_metric(crs, file=name, near=(lon, lat))
    positions, way_of, tags, zero = _without_zero_segments(streets)
    used, local = numbered(positions, count=len(streets.lonlat))
    lonlat = streets.lonlat[used]
    xy = np.column_stack(projection(crs).transform(lonlat[:, 0], lonlat[:, 1]))
    tagged = np.zeros(len(streets.lonlat), dtype=bool)
    tagged[tags.index.to_numpy(dtype=np.int64)] = True
    split = _split(local, way_of, tagged[used])
    vertex_xy, edge_start, edge_length_mm = _edge_shapes(xy[local], split, name=name)
    node, end_nodes = numbered(local[split.ravel()], count=len(used))
    node_of = np.full(len(streets.lonlat), -1)
    node_of[used[node]] = np.arange(len(node))
    parts = EdgeParts(
        node_xy=xy[node],
        node_id=streets.vertex_id[used[node]].astype(np.int64),
        node_tags=tags.set_axis(node_of[tags.index.to_numpy(dtype=np.int64)], axis=0),
        edge_nodes=end_nodes.reshape(-1, 2).astype(np.int64),
        edge_length_mm=edge_length_mm,
        vertex_xy=vertex_xy,
        edge_start=edge_start,
        ways=streets.ways,
        edge_way=way_of[split[:, 0]],
    )
    findings = streets.findings
    dropped = streets.dropped
    if zero:
        findings += (Finding("EDGE_ZERO", name, detail={"count": zero}),)
        lost = len(streets.ways) - np.unique(way_of[split[:, 0]]).size
        dropped = with_dropped(dropped, "zero_length", ways=lost) if lost else dropped
    return assemble(
        parts,
        crs=crs,
        name=name,
        island_max_length_m=island_max_length_m,
        dropped=dropped,
        findings=findings,
    )


def assemble(
    parts: EdgeParts,
    *,
    crs: str,
    name: str,
    island_max_length_m: float | None,
    dropped: pd.DataFrame,
    findings: tuple[Finding, ...],
) -> WalkNetwork:
    """Leave out islands, put nodes and edges in Morton order and make the arcs.

    Examples
    --------
    >>> parts = EdgeParts(
    ...     node_xy=np.array([[0.0, 0.0], [60.0, 0.0]]),
    ...     node_id=np.array([7, 8]),
    ...     node_tags=pd.DataFrame(),
    ...     edge_nodes=np.array([[0, 1]]),
    ...     edge_length_mm=np.array([60_000]),
    ...     vertex_xy=np.array([[0.0, 0.0], [60.0, 0.0]]),
    ...     edge_start=np.array([0, 2]), ways=pd.DataFrame({"way_id": [1]}), edge_way=np.array([0]),
    ... )
    >>> nothing = pd.DataFrame({"reason": [], "ways": [], "length_m": []})
    >>> said = {"crs": "EPSG:4548", "name": "street", "dropped": nothing, "findings": ()}
    >>> network = assemble(parts, island_max_length_m=0, **said)
    >>> network.node_id.tolist(), network.arc_length_mm.tolist()
    ([7, 8], [60000, 60000])
    """
    if not len(parts.edge_nodes):
        raise InputRefused(*findings, Finding("NETWORK_EMPTY", name))
    label, table = _components(parts, _island_limit(island_max_length_m))
    kept = table["kept"].to_numpy()
    if len(table) > 1:
        gone = table[~kept]
        detail = {
            "components": len(table),
            "removed": len(gone),
            "removed_m": round(gone["length_m"].sum()),
            "kept": len(table) - len(gone) - 1,
        }
        findings += (Finding("NETWORK_ISLAND", name, detail=detail),)
    if not kept.all():
        off = ~kept[label[parts.edge_nodes[:, 0]]]
        lost_m = float(parts.edge_length_mm[off].sum()) / MM_PER_M
        ways = np.unique(parts.ways["way_id"].to_numpy()[parts.edge_way[off]]).size
        dropped = with_dropped(dropped, "island", ways=ways, length_m=lost_m)
    parts = _ordered(parts, kept[label])
    indptr, neighbour, arc_length_mm, arc_edge = _arcs(parts)
    return WalkNetwork(
        crs=crs,
        node_xy=parts.node_xy,
        node_id=parts.node_id,
        node_tags=parts.node_tags,
        edge_nodes=parts.edge_nodes.astype(np.uint32),
        edge_length_mm=parts.edge_length_mm.astype(np.uint32),
        vertex_xy=parts.vertex_xy,
        edge_start=parts.edge_start,
        edges=parts.ways.take(parts.edge_way).reset_index(drop=True),
        indptr=indptr,
        neighbour=neighbour,
        arc_length_mm=arc_length_mm,
        arc_edge=arc_edge,
        components=table,
        dropped=dropped,
        findings=findings,
    )


def polylines(vertex_xy: Floats, start: Ints) -> NDArray[np.object_]:
    """Make LineStrings: number ``i`` has the vertices ``start[i]`` to ``start[i + 1]``.

    Examples
    --------
    >>> xy = np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    >>> [line.length for line in polylines(xy, np.array([0, 2, 5]))]
    [5.0, 2.0]
    """
    of_line = np.repeat(np.arange(len(start) - 1), np.diff(start))
    return np.asarray(shapely.linestrings(vertex_xy, indices=of_line), dtype=object)


def millimetres(length_m: Floats, *, name: str) -> Ints:
    """Round lengths to whole millimetres, at least one; refuse what is not a length on earth.

    Examples
    --------
    >>> millimetres(np.array([1.2344, 0.0]), name="streets").tolist()
    [1234, 1]
    """
    whole = np.maximum(np.rint(length_m * MM_PER_M), 1.0)
    if not (whole <= _LONGEST_EDGE_MM).all():  # also true of nan
        raise InputRefused(Finding("NETWORK_OUTSIDE_CRS", name))
    return whole.astype(np.int64)


def with_dropped(
    dropped: pd.DataFrame, reason: str, *, ways: int, length_m: float = 0.0
) -> pd.DataFrame:
    """Return the table of what was left out with something more, one row for each reason."""
    ways_of = dict(zip(dropped["reason"].tolist(), dropped["ways"].tolist(), strict=True))
    length_of = dict(zip(dropped["reason"].tolist(), dropped["length_m"].tolist(), strict=True))
    ways_of[reason] = ways_of.get(reason, 0) + ways
    length_of[reason] = length_of.get(reason, 0.0) + length_m
    columns = {"reason": list(ways_of), "ways": list(ways_of.values())}
    return pd.DataFrame({**columns, "length_m": list(length_of.values())})


@cache
def projection(crs: str) -> Transformer:
    """Return the way from EPSG:4326 to a CRS; to make it takes longer than to project a town."""
    return Transformer.from_crs("EPSG:4326", crs, always_xy=True)


def _without_zero_segments(streets: Streets) -> tuple[Ints, Ints, pd.DataFrame, int]:
    """Flatten the ways; two successive vertices at one place become one vertex.

    Returns the vertices of all ways, the way of each, the tags of the vertices, and how many
    segments had no length.
    """
    vertices = streets.way_vertices.astype(np.int64)
    way_of = np.repeat(np.arange(len(streets.ways)), np.diff(streets.way_start))
    here = streets.lonlat[vertices]
    zero = (way_of[1:] == way_of[:-1]) & (here[1:] == here[:-1]).all(axis=1)
    if not zero.any():
        return vertices, way_of, streets.vertex_tags, 0
    one = merged(vertices[:-1][zero], vertices[1:][zero], count=len(streets.lonlat))
    keep = np.concatenate([[True], ~zero])
    tags = streets.vertex_tags
    if len(tags):
        tags = tags.groupby(one[tags.index.to_numpy()]).first()
    return one[vertices][keep], way_of[keep], tags, int(zero.sum())


def _split(vertices: Ints, way_of: Ints, tagged: Flags) -> Ints:
    """Return (m, 2): the positions in `vertices` where each edge begins and ends."""
    is_node = (np.bincount(vertices, minlength=len(tagged)) > 1) | tagged
    at_node = is_node[vertices]
    change = way_of[1:] != way_of[:-1]
    at_node[:-1] |= change
    at_node[1:] |= change
    if len(at_node):
        at_node[[0, -1]] = True
    stops = np.flatnonzero(at_node)
    same_way = way_of[stops[1:]] == way_of[stops[:-1]]
    return np.column_stack([stops[:-1][same_way], stops[1:][same_way]])


def _edge_shapes(xy: Floats, split: Ints, *, name: str) -> tuple[Floats, Ints, Ints]:
    """Return the vertices, their offsets and the length in mm of each edge."""
    count = split[:, 1] - split[:, 0] + 1
    vertex_xy = xy[ranges(split[:, 0], count)]
    edge_start = np.concatenate([[0], np.cumsum(count)])
    if not len(split):
        return vertex_xy, edge_start, np.empty(0, dtype=np.int64)
    step = np.hypot(*np.diff(vertex_xy, axis=0, append=vertex_xy[-1:]).T)
    step[edge_start[1:] - 1] = 0.0  # from the end of one edge to the start of the next
    return vertex_xy, edge_start, millimetres(np.add.reduceat(step, edge_start[:-1]), name=name)


def _island_limit(island_max_length_m: float | None) -> float:
    """Return the given limit or the default of the rules."""
    if island_max_length_m is not None:
        return island_max_length_m
    return float(load_toml("rules/network.toml")["island_max_length"]["value"])


def _components(parts: EdgeParts, island_max_length_m: float) -> tuple[Ints, pd.DataFrame]:
    """Give the nodes their component, the longest is 0, and say which are kept."""
    count = len(parts.node_xy)
    label = components(parts.edge_nodes[:, 0], parts.edge_nodes[:, 1], count=count)
    of_edge = label[parts.edge_nodes[:, 0]]
    length_mm = np.bincount(of_edge, weights=parts.edge_length_mm, minlength=label.max() + 1)
    by_length = np.argsort(-length_mm, kind="stable")
    rank = np.empty_like(by_length)
    rank[by_length] = np.arange(len(by_length))
    length_m = length_mm[by_length] / MM_PER_M
    kept = length_m > island_max_length_m
    kept[0] = True
    table = pd.DataFrame(
        {
            "component": np.arange(len(by_length)),
            "nodes": np.bincount(label, minlength=len(length_mm))[by_length],
            "edges": np.bincount(of_edge, minlength=len(length_mm))[by_length],
            "length_m": length_m,
            "kept": kept,
        }
    )
    return rank[label], table


def _ordered(parts: EdgeParts, kept: Flags) -> EdgeParts:
    """Keep some nodes with their edges, in Morton order."""
    chosen = np.flatnonzero(kept)
    curve = morton(parts.node_xy[chosen])
    chosen = chosen[np.lexsort((parts.node_id[chosen], curve))]
    place = np.full(len(kept), -1)
    place[chosen] = np.arange(len(chosen))
    nodes = place[parts.edge_nodes]
    on = np.flatnonzero(nodes[:, 0] >= 0)
    low, high = nodes[on].min(axis=1), nodes[on].max(axis=1)
    way = parts.ways["way_id"].to_numpy()[parts.edge_way[on]]
    order = on[np.lexsort((parts.edge_length_mm[on], way, high, low))]
    count = np.diff(parts.edge_start)[order]
    tagged = np.append(place, -1)[parts.node_tags.index.to_numpy(dtype=np.int64)]
    tag_rows = np.argsort(tagged, kind="stable")[np.count_nonzero(tagged < 0) :]
    return EdgeParts(
        node_xy=parts.node_xy[chosen],
        node_id=parts.node_id[chosen],
        node_tags=parts.node_tags.take(tag_rows).set_axis(tagged[tag_rows], axis=0),
        edge_nodes=nodes[order],
        edge_length_mm=parts.edge_length_mm[order],
        vertex_xy=parts.vertex_xy[ranges(parts.edge_start[order], count)],
        edge_start=np.concatenate([[0], np.cumsum(count)]),
        ways=parts.ways,
        edge_way=parts.edge_way[order],
    )


def _arcs(
    parts: EdgeParts,
) -> tuple[Ints, NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32]]:
    """Return indptr, neighbour, length and edge of the arcs, two for each edge."""
    edge_count = len(parts.edge_nodes)
    tail = parts.edge_nodes.T.ravel()
    order = np.argsort(tail, kind="stable")
    edge = (order % edge_count).astype(np.uint32)
    neighbour = parts.edge_nodes[:, ::-1].T.ravel()[order].astype(np.uint32)
    indptr = np.zeros(len(parts.node_xy) + 1, dtype=np.int64)
    np.cumsum(np.bincount(tail, minlength=len(parts.node_xy)), out=indptr[1:])
    return indptr, neighbour, parts.edge_length_mm[edge].astype(np.uint32), edge
