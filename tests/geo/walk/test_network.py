"""Streets become nodes and edges with nothing lost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
import worlds
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.findings import InputRefused
from geo.walk.network import WalkNetwork, build_network

CROSS = [[(0, 0), (100, 0), (250, 0)], [(100, -40), (100, 0), (100, 60)]]


def lengths_by_ends(network: WalkNetwork) -> list[tuple[int, int, int]]:
    """Return (id, id, mm) of the edges, independent of any order."""
    ends = np.sort(network.node_id[network.edge_nodes], axis=1)
    return sorted(
        (*map(int, pair), int(mm)) for pair, mm in zip(ends, network.edge_length_mm, strict=True)
    )


def build(lines: list[worlds.Line], **options: object) -> WalkNetwork:
    tagged = options.pop("tagged", ())
    streets = worlds.streets_of(lines, tagged=tagged)
    return build_network(streets, crs=worlds.CRS, **options)


def test_ways_are_split_where_they_meet() -> None:
    network = build(CROSS)
    assert sorted(network.edge_length_mm.tolist()) == [40_000, 60_000, 100_000, 150_000]
    assert np.bincount(np.diff(network.indptr)).tolist() == [0, 4, 0, 0, 1]


def test_a_bend_is_no_node_but_keeps_its_shape() -> None:
    network = build([[(0, 0), (30, 40), (60, 0)]])
    assert network.edge_length_mm.tolist() == [50_000 + 50_000]
    expected = worlds.place([(0, 0), (30, 40), (60, 0)])
    np.testing.assert_allclose(network.vertex_xy, expected, atol=1e-6)


def test_a_tagged_vertex_stays_a_node() -> None:
    network = build([[(0, 0), (30, 0), (100, 0)]], tagged=[(30, 0)])
    assert sorted(network.edge_length_mm.tolist()) == [30_000, 70_000]
    (node,) = network.node_tags.index
    np.testing.assert_allclose(network.node_xy[node], worlds.place([(30, 0)])[0], atol=1e-6)
    assert network.node_tags.loc[node, "highway"] == "crossing"


@pytest.mark.parametrize(
    ("lines", "lengths"),
    [
        ([[(0, 0), (100, 0)], [(0, 0), (50, 120), (100, 0)]], [100_000, 260_000]),
        ([[(0, 0), (100, 0)], [(0, 0), (100, 0)]], [100_000, 100_000]),
        ([[(0, 0), (30, 0), (30, 40), (0, 0)]], [120_000]),
        ([[(0, 0), (10, 0), (40, 0), (40, 40), (10, 0)]], [10_000, 120_000]),
    ],
    ids=["parallel", "twice", "loop", "lasso"],
)
def test_parallel_edges_and_loops_stay(lines: list[worlds.Line], lengths: list[int]) -> None:
    network = build(lines)
    assert sorted(network.edge_length_mm.tolist()) == lengths
    assert network.indptr[-1] == 2 * len(lengths)


def test_segments_without_length_join_their_ends() -> None:
    lines = [[(0, 0), (50, 0)], [(50, 0), (51, 0)], [(51, 0), (90, 0)]]
    streets = worlds.streets_of(lines)  # its vertices are sorted from west to east
    moved = streets.lonlat[[0, 1, 1, 3]]
    network = build_network(replace(streets, lonlat=moved), crs=worlds.CRS)
    assert sorted(network.edge_length_mm.tolist()) == [40_000, 50_000]
    assert len(network.components) == 1
    assert [f.code for f in network.findings] == ["EDGE_ZERO"]
    lost = [{"reason": "zero_length", "ways": 1, "length_m": 0.0}]
    assert network.dropped.to_dict("records") == lost


def test_a_doubled_vertex_changes_nothing() -> None:
    network = build([[(0, 0), (50, 0), (50, 0), (100, 0)]])
    assert network.edge_length_mm.tolist() == [100_000]


@pytest.mark.parametrize(("limit_m", "kept"), [(0.0, 2), (79.0, 2), (80.0, 1), (500.0, 1)])
def test_short_islands_are_left_out_and_counted(limit_m: float, kept: int) -> None:
    network = build([*CROSS, [(900, 0), (980, 0)]], island_max_length_m=limit_m)
    assert network.components["length_m"].tolist() == [350.0, 80.0]
    assert network.components["kept"].sum() == kept
    assert [f.code for f in network.findings] == ["NETWORK_ISLAND"]
    lost = [] if kept == 2 else [{"reason": "island", "ways": 1, "length_m": 80.0}]
    assert network.dropped.to_dict("records") == lost


def test_the_longest_part_stays_whatever_the_limit() -> None:
    assert len(build(CROSS, island_max_length_m=1e9).edges) == 4


def test_no_streets_are_refused() -> None:
    streets = worlds.streets_of([[(0, 0), (0, 0)]])
    with pytest.raises(InputRefused, match="NETWORK_EMPTY"):
        build_network(streets, crs=worlds.CRS)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:32636"])
def test_a_crs_that_cannot_measure_is_refused(crs: str) -> None:
    with pytest.raises(InputRefused):
        build_network(worlds.streets_of(CROSS), crs=crs)


def test_edges_carry_the_tags_of_their_way() -> None:
    network = build(CROSS)
    assert network.edges["way_id"].value_counts().to_dict() == {1: 2, 2: 2}
    np.testing.assert_allclose(
        shapely.length(network.tree.geometries), network.edge_length_mm / 1000, atol=0.0005
    )


def test_arcs_are_the_edges_both_ways() -> None:
    network = worlds.grid(4, 3, 50.0)
    tail = np.repeat(np.arange(len(network.node_xy)), np.diff(network.indptr))
    arcs = sorted(zip(tail, network.neighbour, network.arc_edge, strict=True))
    edges = [(*pair, e) for e, pair in enumerate(network.edge_nodes.tolist())]
    assert arcs == sorted(edges + [(last, first, e) for first, last, e in edges])
    assert (network.arc_length_mm == 50_000).all()


def test_neighbours_in_the_street_are_neighbours_in_memory() -> None:
    network = worlds.grid(64, 64, 60.0)
    gap = np.abs(np.diff(network.edge_nodes.astype(int), axis=1))
    assert np.median(gap) <= 4  # 32 to 64 in the order of rows


@settings(derandomize=True, deadline=None, max_examples=25)
@given(st.data())
def test_the_order_and_direction_of_ways_change_nothing(data: st.DataObject) -> None:
    lines = [*CROSS, *worlds.grid_lines(3, 3, 100.0)]
    expected = lengths_by_ends(build(lines))
    order = data.draw(st.permutations(range(len(lines))))
    flipped = data.draw(st.lists(st.booleans(), min_size=len(lines), max_size=len(lines)))
    moved = [lines[i][::-1] if flip else lines[i] for i, flip in zip(order, flipped, strict=True)]
    assert lengths_by_ends(build(moved)) == expected
