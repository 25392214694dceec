"""Which walking network does a GraphML hold (the format that OSMnx saves)?"""

from __future__ import annotations

import io
import re
import warnings
from typing import TYPE_CHECKING, Any

import shapely
from shapely.errors import GEOSException

from geo.bundled import load_toml
from geo.findings import Finding, InputRefused
from geo.read import check_xml, utf8_xml
from geo.userfiles import existing
from geo.walk.interchange import from_networkx

if TYPE_CHECKING:
    from pathlib import Path

    import networkx as nx

    from geo.walk.network import WalkNetwork

_WHOLE = re.compile(r"-?\d{1,18}")


def network_from_graphml(
    path: Path, *, crs: str | None = None, name: str | None = None
) -> WalkNetwork:
    """Read a graph with coordinates as a walking network.

    Parameters
    ----------
    crs
        Metric CRS to work in; None: the graph's own if it is metric, else a local one.
    name
        Name of the file as the user wrote it.

    Returns
    -------
    WalkNetwork
        Its finding ``EDGE_LENGTH`` counts the edges with a length that is none; they are in
        ``dropped``.

    Raises
    ------
    InputRefused
        Those of `read_graphml` and `geo.walk.interchange.from_networkx`.
    """
    shown = name or path.name
    graph = read_graphml(path, name=shown)
    return from_networkx(graph, crs=crs, name=shown)


def read_graphml(path: Path, *, name: str) -> nx.MultiDiGraph[Any]:
    """Read a GraphML with OSMnx's types: numbers, geometries, ids; other values stay text.

    Raises
    ------
    InputRefused
        ``FILE_NOT_FOUND, EMPTY, TOO_LARGE``, those of `geo.read.xmlguard.check_xml`, ``CORRUPT``,
        and ``NETWORK_EMPTY`` where there is no edge.
    """
    import networkx as nx  # noqa: PLC0415 - slow to load

    data = utf8_xml(_bytes(existing(path, name=name), name=name), file=name)
    check_xml(data, file=name, roots=("graphml",))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about types that are left out: text is what we want
            read = nx.read_graphml(io.BytesIO(data), force_multigraph=True)
    except (nx.NetworkXException, ValueError, KeyError, TypeError) as error:
        detail = {"reason": str(error)}
        raise InputRefused(Finding("CORRUPT", name, detail=detail)) from error
    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph(**read.graph)
    for node, tags in read.nodes(data=True):
        graph.add_node(_identity(node), **tags)
    for one, other, tags in read.edges(data=True):
        graph.add_edge(_identity(one), _identity(other), **_typed(tags, name=name))
    if graph.number_of_edges() == 0:
        raise InputRefused(Finding("NETWORK_EMPTY", name))
    return graph


def _bytes(path: Path, *, name: str) -> bytes:
    size = path.stat().st_size
    if size == 0:
        raise InputRefused(Finding("EMPTY", name))
    if size > load_toml("rules/limits.toml")["vector"]["text_max_bytes"]:
        raise InputRefused(Finding("TOO_LARGE", name, detail={"found": f"{size / 1e9:.1f} GB"}))
    return path.read_bytes()


def _identity(node: object) -> object:
    """Return a node's OSM id as a number where it is one."""
    text = str(node)
    return int(text) if _WHOLE.fullmatch(text) else text


def _typed(tags: dict[str, Any], *, name: str) -> dict[str, Any]:
    """Return an edge's values with the types that the network expects."""
    typed = {key: value for key, value in tags.items() if key not in ("geometry", "reversed")}
    if "reversed" in tags:
        typed["reversed"] = str(tags["reversed"]) == "True"
    if "osmid" in tags:
        ids = _WHOLE.findall(str(tags["osmid"]))
        typed["osmid"] = int(ids[0]) if ids else tags["osmid"]
    if "geometry" in tags:
        try:
            typed["geometry"] = shapely.from_wkt(str(tags["geometry"]))
        except GEOSException as error:
            detail = {"reason": "geometry"}
            raise InputRefused(Finding("CORRUPT", name, detail=detail)) from error
    return typed
