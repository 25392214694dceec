"""How do other tools get our network, and how do we get theirs?  networkx graphs as OSMnx has them.

The convention is that of OSMnx: a ``MultiDiGraph`` with ``crs``; nodes are OSM ids with ``x`` and
``y``; each street is two edges, one each way (``reversed``), with ``osmid``, ``length`` in metres
and, where a street is not straight, ``geometry``.  Going there and back keeps the lengths to the
millimetre, the shapes and the tags.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from geo.arrays import MM_PER_M
from geo.crs import check_metric, metric_crs, parse_crs
from geo.findings import Finding, InputRefused
from geo.walk.network import EdgeParts, assemble, millimetres, polylines, with_dropped

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    import networkx as nx

    from geo.arrays import Floats, Ints
    from geo.walk.network import WalkNetwork

    Tags = dict[str, str]

_STRAIGHT = 2
_UNKNOWN_WAY = -1
_DEGREES = (180.0, 90.0)
_NO_EDGE_TAGS = {"osmid", "length", "geometry", "oneway", "reversed", "from", "to"}
_NO_NODE_TAGS = {"x", "y", "lon", "lat", "street_count"}


def to_networkx(network: WalkNetwork) -> nx.MultiDiGraph[int]:
    """Return the network as OSMnx would have it, in the network's metric CRS.

    Returns
    -------
    networkx.MultiDiGraph
        Nodes ``osmid`` with ``x, y`` and tags; edges in both directions with ``osmid`` (of the
        way), ``length`` (m), ``oneway`` (False), ``reversed``, the way's tags and ``geometry``
        where there are more than two vertices.

    Examples
    --------
    >>> import yimi
    >>> streets = yimi.load(yimi.demo).city.streets
    >>> graph = to_networkx(streets)
    >>> graph.graph["crs"], graph.number_of_edges() == 2 * len(streets.edges)
    ('EPSG:4548', True)
    >>> metres = sum(length for *_, length in graph.edges(data="length")) / 2
    >>> bool(abs(metres - streets.edge_length_mm.sum() / 1000) < 0.001)
    True
    """
    import networkx as nx  # noqa: PLC0415 - slow to load

    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph(crs=network.crs, simplified=True)
    names = network.node_id.tolist()
    tags: dict[int, Tags] = dict(
        zip(network.node_tags.index.tolist(), _rows_without_gaps(network.node_tags), strict=True)
    )
    for node, (x, y) in enumerate(network.node_xy.tolist()):
        graph.add_node(names[node], x=x, y=y, **tags.get(node, {}))
    lines = network.tree.geometries
    straight = (np.diff(network.edge_start) == _STRAIGHT).tolist()
    length_m = (network.edge_length_mm / MM_PER_M).tolist()
    way = network.edges["way_id"].tolist()
    attributes = _rows_without_gaps(network.edges.drop(columns="way_id"))
    for edge, (first, last) in enumerate(network.edge_nodes.tolist()):
        one, other = names[first], names[last]
        common = {"osmid": way[edge], "length": length_m[edge], "oneway": False, **attributes[edge]}
        there: dict[str, Any] = {**common, "reversed": False}
        back: dict[str, Any] = {**common, "reversed": True}
        if not straight[edge]:
            there["geometry"], back["geometry"] = lines[edge], lines[edge].reverse()
        graph.add_edge(one, other, **there)
        graph.add_edge(other, one, **back)
    return graph


def from_networkx(
    graph: nx.Graph[Any],
    *,
    crs: str | None = None,
    island_max_length_m: float = 0.0,
    name: str = "graph",
) -> WalkNetwork:
    """Make a network of a graph as OSMnx has it; one-way streets are walked both ways.

    Parameters
    ----------
    graph
        Nodes with ``x`` and ``y`` in the graph's own ``crs``; directed or not.  Two edges that are
        each other's way back become one street.
    crs
        Metric CRS to work in; None: the graph's own if it is metric, else a local one.  Of a graph
        without ``crs`` it says what its coordinates are in, and is needed.  A ``length`` that is
        given is kept, a missing one is taken from the geometry.
    island_max_length_m
        As for `geo.walk.network.build_network`; by default nothing is left out.
    name
        How messages call the graph.

    Returns
    -------
    WalkNetwork
        ``way_id`` is the (first) ``osmid``, -1 where there is none; lists become text with ``;``.

    Raises
    ------
    InputRefused
        ``GRAPH_INCOMPLETE`` without any CRS (or with degrees said to be metres) or without
        coordinates, ``NETWORK_EMPTY`` without a usable edge.

    Examples
    --------
    A street of 86.6 m, a thousandth of a degree; the graph says in what its coordinates are:

    >>> import networkx as nx
    >>> graph = nx.MultiDiGraph(crs="EPSG:4326")
    >>> graph.add_nodes_from([(1, {"x": 117.0, "y": 39.0}), (2, {"x": 117.001, "y": 39.0})])
    >>> _ = graph.add_edge(1, 2)
    >>> network = from_networkx(graph)
    >>> network.crs, (network.edge_length_mm / 1000).round(1).tolist()
    ('EPSG:4548', [86.6])
    """
    place = {node: number for number, node in enumerate(graph.nodes)}
    node_own = _node_places(graph, name)
    own, crs = _own_and_metric(graph, node_own, crs=crs, name=name)
    to_plane = None if own == CRS(crs) else Transformer.from_crs(own, crs, always_xy=True)
    streets = _streets(graph, place, node_own)
    usable = [street for street in streets if _is_length(street.length_m)]
    if not usable:
        raise InputRefused(Finding("NETWORK_EMPTY", name))
    counts = np.array([len(street.vertices) for street in usable])
    start = np.concatenate([[0], np.cumsum(counts)])
    vertex_xy = _projected(to_plane, np.concatenate([street.vertices for street in usable]))
    given_m = np.array([np.nan if s.length_m is None else s.length_m for s in usable], dtype=float)
    measured_m = shapely.length(polylines(vertex_xy, start))
    parts = EdgeParts(
        node_xy=_projected(to_plane, node_own),
        node_id=_node_ids(place),
        node_tags=_node_tags(graph),
        edge_nodes=np.array([street.nodes for street in usable], dtype=np.int64),
        edge_length_mm=millimetres(np.where(np.isnan(given_m), measured_m, given_m), name=name),
        vertex_xy=vertex_xy,
        edge_start=start,
        ways=_edge_table(usable),
        edge_way=np.arange(len(usable)),
    )
    bad = len(streets) - len(usable)
    dropped = pd.DataFrame({"reason": [], "ways": [], "length_m": []})
    findings = (Finding("EDGE_LENGTH", name, detail={"count": bad}),) if bad else ()
    return assemble(
        _without_lonely_nodes(parts),
        crs=crs,
        name=name,
        island_max_length_m=island_max_length_m,
        dropped=with_dropped(dropped, "length", ways=bad) if bad else dropped,
        findings=findings,
    )


def _own_and_metric(
    graph: nx.Graph[Any], places: Floats, *, crs: str | None, name: str
) -> tuple[CRS, str]:
    """Return what the coordinates of a graph are in, and the metric CRS to work in."""
    given = graph.graph.get("crs")
    text = crs if given is None else given
    try:
        own = CRS.from_user_input(text)
    except CRSError:
        code = "GRAPH_INCOMPLETE" if text is None else "CONFIG_CRS"
        raise InputRefused(Finding(code, name, column="crs", value=text)) from None
    degrees = len(places) > 0 and bool((np.abs(places) <= _DEGREES).all())
    if given is None and degrees and not own.is_geographic:
        raise InputRefused(Finding("GRAPH_INCOMPLETE", name, column="crs"))
    if crs is not None and (given is not None or own.is_projected):
        return own, check_metric(crs, file=name).name
    if own.is_projected and parse_crs(own.to_string(), file=name).metric:
        return own, check_metric(own.to_string(), file=name).name
    lonlat = _projected(Transformer.from_crs(own, "EPSG:4326", always_xy=True), places)
    if not len(lonlat):
        raise InputRefused(Finding("NETWORK_EMPTY", name))
    return own, metric_crs((*lonlat.min(axis=0).tolist(), *lonlat.max(axis=0).tolist()))


class _Street(NamedTuple):
    """One street of a graph: its nodes, shape, length and tags."""

    nodes: tuple[int, int]
    vertices: Floats
    length_m: float | None
    way_id: int
    tags: Tags


def _streets(graph: nx.Graph[Any], place: Mapping[Hashable, int], node_xy: Floats) -> list[_Street]:
    """Return the streets of a graph, the two directions of one street once."""
    edges = [(place[one], place[other], data) for one, other, data in graph.edges(data=True)]
    if graph.is_directed():
        edges.sort(key=lambda edge: bool(edge[2].get("reversed", False)))
    alone: Counter[tuple[Hashable, ...]] = Counter()
    streets = []
    for first, last, data in edges:
        street = _street((first, last), data, node_xy)
        likeness = (_shape(street.vertices), str(street.length_m), street.way_id)
        mate = (last, first, *likeness)
        if graph.is_directed() and data.get("reversed") is not False and alone[mate]:
            alone[mate] -= 1
            continue
        alone[first, last, *likeness] += 1
        streets.append(street)
    return streets


def _street(nodes: tuple[int, int], data: Mapping[str, Any], node_xy: Floats) -> _Street:
    """Read one edge of a graph."""
    ends = node_xy[list(nodes)]
    line = data.get("geometry")
    vertices = ends if line is None else shapely.get_coordinates(line)
    if (
        line is not None
        and np.abs(vertices[[0, -1]] - ends).sum() > np.abs(vertices[[-1, 0]] - ends).sum()
    ):
        vertices = vertices[::-1]
    osmid = data.get("osmid")
    osmid = osmid[0] if isinstance(osmid, list) and osmid else osmid
    return _Street(
        nodes=nodes,
        vertices=vertices,
        length_m=None if data.get("length") is None else _number(data["length"]),
        way_id=osmid if isinstance(osmid, int) else _UNKNOWN_WAY,
        tags=_texts(data, without=_NO_EDGE_TAGS),
    )


def _shape(vertices: Floats) -> bytes:
    """Return the same bytes for a polyline and its reverse."""
    return min(vertices.tobytes(), vertices[::-1].tobytes())


def _number(value: object) -> float:
    """Return a number, nan where there is none."""
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return float("nan")


def _is_length(length_m: float | None) -> bool:
    """Say whether a given length can be one; a missing one is measured later, 0 becomes 1 mm."""
    return length_m is None or 0 <= length_m < float("inf")


def _texts(data: Mapping[str, Any], *, without: set[str]) -> Tags:
    """Return tags as text; those without a value are left out."""
    return {
        key: ";".join(map(str, value)) if isinstance(value, list) else str(value)
        for key, value in data.items()
        if key not in without and value is not None
    }


def _rows_without_gaps(table: pd.DataFrame) -> list[Tags]:
    """Return the rows of a table of tags as dictionaries of what is there."""
    columns = [str(column) for column in table.columns]
    values = table.astype(object).where(table.notna(), None).to_numpy()
    return [
        {key: value for key, value in zip(columns, row, strict=True) if value is not None}
        for row in values.tolist()
    ]


def _table(rows: Iterable[Tags], index: Iterable[int] | None = None) -> pd.DataFrame:
    """Return a table of tags with None in the gaps."""
    frame = pd.DataFrame(list(rows), index=None if index is None else pd.Index(list(index)))
    return frame.astype(object).where(frame.notna(), None)


def _edge_table(streets: list[_Street]) -> pd.DataFrame:
    """Return way ids and tags of streets."""
    tags = _table(street.tags for street in streets).drop(columns="way_id", errors="ignore")
    tags.insert(0, "way_id", np.array([street.way_id for street in streets], dtype=np.int64))
    return tags


def _node_tags(graph: nx.Graph[Any]) -> pd.DataFrame:
    """Return the tags of those nodes that have any."""
    tags = [_texts(data, without=_NO_NODE_TAGS) for _, data in graph.nodes(data=True)]
    tagged = [number for number, row in enumerate(tags) if row]
    return _table((tags[number] for number in tagged), tagged)


def _node_ids(place: Mapping[Hashable, int]) -> Ints:
    """Return the nodes' own numbers, or running ones where some are not numbers."""
    if all(isinstance(node, int) for node in place):
        return np.array(list(place), dtype=np.int64)
    return np.arange(len(place), dtype=np.int64)


def _node_places(graph: nx.Graph[Any], name: str) -> Floats:
    """Return the coordinates of the nodes; refuse a graph without."""
    xy = [(_number(d.get("x")), _number(d.get("y"))) for _, d in graph.nodes(data=True)]
    places = np.array(xy, dtype=np.float64).reshape(-1, 2)
    if not np.isfinite(places).all():
        raise InputRefused(Finding("GRAPH_INCOMPLETE", name, column="x, y"))
    return places


def _projected(to_plane: Transformer | None, places: Floats) -> Floats:
    """Project places."""
    if to_plane is None:
        return places
    return np.column_stack(to_plane.transform(places[:, 0], places[:, 1]))


def _without_lonely_nodes(parts: EdgeParts) -> EdgeParts:
    """Leave out nodes without an edge."""
    used, end_nodes = np.unique(parts.edge_nodes.ravel(), return_inverse=True)
    place = np.full(len(parts.node_xy), -1)
    place[used] = np.arange(len(used))
    tagged = place[parts.node_tags.index.to_numpy(dtype=np.int64)]
    return parts._replace(
        node_xy=parts.node_xy[used],
        node_id=parts.node_id[used],
        node_tags=parts.node_tags[tagged >= 0].set_axis(tagged[tagged >= 0], axis=0),
        edge_nodes=end_nodes.reshape(-1, 2),
    )
