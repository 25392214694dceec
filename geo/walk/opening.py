"""How do streets of any kind become a walking network: OSM, road layers, graphs, GraphML?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd

from geo.crs import WGS84, metric_crs, project
from geo.findings import Finding, InputRefused
from geo.osm import streets_from_frame, streets_from_osm
from geo.read import ReadOptions, read_layer
from geo.walk.interchange import from_networkx
from geo.walk.joining import join_lines
from geo.walk.network import build_network

if TYPE_CHECKING:
    import networkx as nx

    from geo.osm import Streets
    from geo.walk.network import WalkNetwork

_OSM = (".osm", ".osm.gz", ".osm.bz2", ".pbf")
_GRAPHML = ".graphml"


def streets(
    source: str | Path | gpd.GeoDataFrame | nx.Graph[Any], *, crs: str = "auto"
) -> WalkNetwork:
    """Make a walking network of streets, whatever they come in.

    Parameters
    ----------
    source
        An OSM file (``.osm``, ``.osm.gz``, ``.osm.bz2``, ``.osm.pbf``), a GraphML file, a road
        layer (GeoPackage, GeoJSON, Shapefile, ...), a GeoDataFrame of lines with its CRS, or a
        networkx graph as OSMnx makes it (``crs``, nodes with ``x`` and ``y``, edges with
        ``length`` in metres).
    crs
        Metric CRS to work in; ``auto`` takes the national grid or UTM zone that fits.

    Returns
    -------
    WalkNetwork
        One-way streets are walked both ways.  Lines of a layer are joined where they cross, touch
        or end just short of one another (`join_lines`).  They are noted to a ten-millionth of a
        degree (a centimetre); a ``length`` that a graph gives is kept to the millimetre.

    Raises
    ------
    InputRefused
        ``FRAME_NO_CRS``, ``GRAPH_INCOMPLETE``, ``NETWORK_EMPTY``, ``CRS_NOT_METRIC``, or what is
        wrong with the file.

    Examples
    --------
    >>> from geo.bundled import ROOT
    >>> network = streets(ROOT / "demo" / "streets.osm.pbf")
    >>> network.crs, len(network.edges) > 1000
    ('EPSG:4548', True)

    Three points 100 m apart, two streets between them:

    >>> import shapely
    >>> x, y = 500_000, 4_200_000
    >>> lines = [[(x, y), (x + 100, y)], [(x + 100, y), (x + 100, y + 100)]]
    >>> roads = gpd.GeoDataFrame(geometry=[shapely.LineString(line) for line in lines], crs=4548)
    >>> (streets(roads).edge_length_mm / 1000).round(1).tolist()
    [100.0, 100.0]
    """
    if isinstance(source, gpd.GeoDataFrame):
        return _of_frame(source, crs=crs, name="streets")
    if not isinstance(source, (str, Path)):
        return _of_graph(source, crs=crs, name="graph")
    path = Path(source)
    if path.name.lower().endswith(_OSM):
        return _built(streets_from_osm(path), crs=crs, name=path.name)
    if path.suffix.lower() == _GRAPHML:
        from geo.walk.graphml import read_graphml  # noqa: PLC0415 - loads networkx

        return _of_graph(read_graphml(path, name=path.name), crs=crs, name=path.name)
    roads = read_layer(path, options=ReadOptions(wanted="line"))
    return _of_frame(roads.frame, crs=crs, name=path.name)


def _of_frame(frame: gpd.GeoDataFrame, *, crs: str, name: str) -> WalkNetwork:
    """Make a network of lines in any CRS."""
    if frame.crs is None:
        raise InputRefused(Finding("FRAME_NO_CRS", name))
    lines = streets_from_frame(project(frame, WGS84), name=name)
    chosen = _metric(lines, crs)
    return build_network(join_lines(lines, crs=chosen, name=name).streets, crs=chosen, name=name)


def _of_graph(graph: nx.Graph[Any], *, crs: str, name: str) -> WalkNetwork:
    """Make a network of a graph; one in metres stays in its own CRS."""
    return from_networkx(graph, crs=None if crs == "auto" else crs, name=name)


def _built(lines: Streets, *, crs: str, name: str) -> WalkNetwork:
    """Build the network in the CRS that is asked for or fits."""
    return build_network(lines, crs=_metric(lines, crs), name=name)


def _metric(lines: Streets, crs: str) -> str:
    west, south = map(float, lines.lonlat.min(axis=0))
    east, north = map(float, lines.lonlat.max(axis=0))
    return metric_crs((west, south, east, north)) if crs == "auto" else crs
