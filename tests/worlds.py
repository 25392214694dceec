"""Small worlds whose distances follow by arithmetic, in metres of EPSG:4548 near Jinghai.

Every builder returns a `WalkNetwork` whose lengths are exact in millimetres.  Coordinates are
given from a corner of the world; `place` turns them into coordinates of the CRS.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pandas as pd
from pyproj import Transformer

from geo.osm.streets import Streets
from geo.walk.network import EdgeParts, WalkNetwork, assemble
from geo.walk.snapping import Snapped, snap

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Line = Sequence[tuple[float, float]]

CRS = "EPSG:4548"
ORIGIN = (500_000.0, 4_310_000.0)


def place(points: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """Return coordinates of the CRS for coordinates of a world."""
    return np.asarray(points, dtype=np.float64).reshape(-1, 2) + ORIGIN


def put(
    network: WalkNetwork, points: Sequence[tuple[float, float]], *, max_m: float = 500.0
) -> Snapped:
    """Snap points of a world to its streets."""
    return snap(network, place(points), max_m=max_m)


def network_of(
    lines: Iterable[Line], *, lengths_mm: Sequence[int] | None = None, **options: float
) -> WalkNetwork:
    """Make a network of polylines that meet at their ends only; lengths may be given."""
    lines = [place(line) for line in lines]
    ends = np.array([xy for line in lines for xy in (line[0], line[-1])])
    node_xy, end_nodes = np.unique(ends, axis=0, return_inverse=True)
    if lengths_mm is None:
        lengths_mm = [round(1000 * sum(np.hypot(*np.diff(line, axis=0).T))) for line in lines]
    counts = [len(line) for line in lines]
    parts = EdgeParts(
        node_xy=node_xy,
        node_id=np.arange(len(node_xy)),
        node_tags=pd.DataFrame({"highway": pd.Series(dtype=object)}),
        edge_nodes=end_nodes.reshape(-1, 2),
        edge_length_mm=np.asarray(lengths_mm, dtype=np.int64),
        vertex_xy=np.concatenate(lines),
        edge_start=np.concatenate([[0], np.cumsum(counts)]),
        ways=pd.DataFrame({"way_id": np.arange(len(lines)), "highway": "residential"}),
        edge_way=np.arange(len(lines)),
    )
    return assemble(
        parts,
        crs=CRS,
        name="world",
        island_max_length_m=options.get("island_max_length_m", 0.0),
        dropped=pd.DataFrame({"reason": [], "ways": [], "length_m": []}),
        findings=(),
    )


def grid(columns: int, rows: int, spacing_m: float) -> WalkNetwork:
    """Streets every `spacing_m`; between junctions the way is |dx| + |dy|."""
    return network_of(grid_lines(columns, rows, spacing_m))


def ring(side_m: float) -> WalkNetwork:
    """One closed square street without a junction but its corner (0, 0); it is 4 sides long."""
    corners = [(0, 0), (side_m, 0), (side_m, side_m), (0, side_m), (0, 0)]
    return network_of([corners])


def star(arms_m: Sequence[float]) -> WalkNetwork:
    """Up to four arms from (0, 0) to the east, north, west and south."""
    ways = ((1, 0), (0, 1), (-1, 0), (0, -1))
    return network_of([[(0, 0), (x * m, y * m)] for m, (x, y) in zip(arms_m, ways, strict=False)])


def comb(teeth: int, spacing_m: float, depth_m: float) -> WalkNetwork:
    """Dead ends of `depth_m` to the north, every `spacing_m` along a street to the east."""
    feet = [(i * spacing_m, 0.0) for i in range(teeth)]
    back = [list(pair) for pair in pairwise(feet)]
    return network_of(back + [[(x, 0.0), (x, depth_m)] for x, _ in feet])


def two_towns(size: int, spacing_m: float, bridge_m: float) -> WalkNetwork:
    """Two grids; a bridge of `bridge_m` joins the south-east corner of the western one to
    the south-west corner of the eastern one."""
    width = (size - 1) * spacing_m
    west = grid_lines(size, size, spacing_m)
    east = [[(x + width + bridge_m, y) for x, y in line] for line in west]
    return network_of([*west, *east, [(width, 0.0), (width + bridge_m, 0.0)]])


def long_edge(length_m: float) -> WalkNetwork:
    """One rural street without a junction, from (0, 0) to the east."""
    return network_of([[(0, 0), (length_m, 0)]])


def grid_lines(columns: int, rows: int, spacing_m: float) -> list[list[tuple[float, float]]]:
    """Return the streets of a grid, a line from junction to junction."""
    east = [
        [(i * spacing_m, j * spacing_m), ((i + 1) * spacing_m, j * spacing_m)]
        for i in range(columns - 1)
        for j in range(rows)
    ]
    north = [
        [(i * spacing_m, j * spacing_m), (i * spacing_m, (j + 1) * spacing_m)]
        for i in range(columns)
        for j in range(rows - 1)
    ]
    return east + north


def streets_of(lines: Iterable[Line], *, tagged: Sequence[tuple[float, float]] = ()) -> Streets:
    """Make streets of polylines: equal coordinates are one vertex."""
    lines = [place(line) for line in lines]
    xy, position = np.unique(np.concatenate(lines), axis=0, return_inverse=True)
    lonlat = to_lonlat().transform(xy[:, 0], xy[:, 1])
    marked = [int(np.flatnonzero((xy == point).all(axis=1))[0]) for point in place(tagged)]
    counts = [len(line) for line in lines]
    return Streets(
        lonlat=np.column_stack(lonlat),
        vertex_id=np.arange(len(xy)) + 1000,
        vertex_tags=pd.DataFrame({"highway": "crossing"}, index=pd.Index(marked, dtype=np.int64)),
        way_start=np.concatenate([[0], np.cumsum(counts)]),
        way_vertices=position.ravel().astype(np.int32),
        ways=pd.DataFrame({"way_id": np.arange(len(lines)) + 1, "highway": "residential"}),
        dropped=pd.DataFrame({"reason": [], "ways": [], "length_m": []}),
        findings=(),
    )


@cache
def to_lonlat() -> Transformer:
    """Return the way from the CRS to degrees (slow to make)."""
    return Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)


def places_at(network: WalkNetwork, edge: Sequence[int], offset_mm: Sequence[int]) -> Snapped:
    """Return places given by edge and offset, without access legs; their `xy` is not needed."""
    count = len(edge)
    return Snapped(
        edge=np.asarray(edge, dtype=np.int64),
        offset_mm=np.minimum(offset_mm, network.edge_length_mm[np.asarray(edge, dtype=np.int64)]),
        access_m=np.zeros(count),
        xy=np.full((count, 2), np.nan),
    )


def split_graph(network: WalkNetwork, *places: Snapped) -> nx.MultiGraph:
    """Return the network with every place as a node ``("place", layer, row)``: for an oracle."""
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(len(network.node_xy)))
    stops: dict[int, list[tuple[int, tuple[str, int, int]]]] = {}
    for layer, snapped in enumerate(places):
        for row, (edge, offset) in enumerate(zip(snapped.edge, snapped.offset_mm, strict=True)):
            graph.add_node(("place", layer, row))
            if edge >= 0:
                stops.setdefault(int(edge), []).append((int(offset), ("place", layer, row)))
    for edge, (first, last) in enumerate(network.edge_nodes.tolist()):
        length = int(network.edge_length_mm[edge])
        chain = [(0, first), *sorted(stops.get(edge, [])), (length, last)]
        for (here, one), (there, other) in pairwise(chain):
            graph.add_edge(one, other, mm=there - here)
    return graph
