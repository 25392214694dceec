"""Both sides of the street: who walks where and crosses what, by arithmetic."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import Delaunay

from geo.arrays import components
from geo.sides.build import expand, snap_to_sides
from geo.sides.model import EdgeKind, Sides
from geo.walk.distances import nearest
from tests.side_worlds import Way, crossed, expanded, path, road, town, walk
from tests.worlds import place

ZEBRA = {"highway": "crossing"}
SIGNAL = {"highway": "traffic_signals"}


def arterial(*stops: float, y: float = 0.0, **options: Any) -> list[Way]:
    """Return a road to the east, half width 5, divided at some places."""
    return [road((a, y), (b, y), **options) for a, b in pairwise(stops)]


def kinds(sides: Sides) -> dict[str, int]:
    """Return how many edges of each kind there are."""
    counts = {kind.name: int((sides.kind == kind).sum()) for kind in EdgeKind}
    return {name: count for name, count in counts.items() if count}


# An arterial (ways 0, 1) and quiet streets to the north and south (ways 2, 3), all 10 m wide.
CROSSROADS = [
    *arterial(0, 200, 400),
    road((200, 0), (200, 100), quiet=True),
    road((200, 0), (200, -100), quiet=True),
]


def test_a_child_on_the_schools_side_crosses_the_side_street_only() -> None:
    sides = expanded(CROSSROADS)
    way = walk(sides, (50, 20), (350, 20))
    assert crossed(sides, way) == [2]
    assert way is not None
    assert way.length_mm == 300_000  # along y = 5 from x = 50 to x = 350


def test_a_child_on_the_other_side_crosses_the_arterial_exactly_once() -> None:
    sides = expanded(CROSSROADS)
    way = walk(sides, (50, 20), (350, -20))
    assert min(crossed(sides, way)) in {0, 1}
    assert len(crossed(sides, way)) == 2  # the arterial and a side street
    assert way is not None
    assert way.length_mm == 310_000  # 300 m along, 10 m over the arterial


def test_the_project_s_own_search_finds_the_same_way() -> None:
    sides = expanded(CROSSROADS)
    home, school = (snap_to_sides(sides, place([xy]), max_m=50) for xy in ((50, 20), (350, -20)))
    assert nearest(sides.walk, school, home).distance_m.tolist() == [310.0]


def test_a_crossroads_has_four_corners_and_a_crossing_at_each_arm() -> None:
    sides = expanded(CROSSROADS)
    assert kinds(sides) == {"SIDE": 8, "CROSSING": 4}
    corners = sides.walk.node_xy[sides.node_street == sides.crossings["node"][0]] - place(
        [(200, 0)]
    )
    assert sorted(map(tuple, corners.round(6))) == [(-5, -5), (-5, 5), (5, -5), (5, 5)]
    assert sorted(sides.crossings["arm"]) == [0, 1, 2, 3]
    assert set(sides.crossings["where"]) == {"junction"}


@pytest.mark.parametrize(("half_width_m", "stages"), [(5.0, 2), (9.25, 2), (9.26, 1)])
def test_a_dual_carriageway_is_crossed_in_stages(half_width_m: float, stages: int) -> None:
    ways = [
        *arterial(-500, 0, 500, y=10, half_width_m=half_width_m, oneway=-1),
        *arterial(-500, 0, 500, y=-10, half_width_m=half_width_m, oneway=1),
    ]  # the gap is 20 m less two half widths: 10 m, 1.5 m and 1.48 m
    sides = expanded(ways, nodes={(0, 10): ZEBRA, (0, -10): ZEBRA})
    way = walk(sides, (0, 40), (0, -40))
    assert len(crossed(sides, way)) == 2
    assert sides.crossings["group"].nunique() == 1
    assert sides.crossings["stages"].tolist() == [stages, stages]
    assert way is not None
    assert way.length_mm == pytest.approx(20_000 + 2_000 * half_width_m, abs=5)


def test_roads_of_different_names_are_no_dual_carriageway() -> None:
    ways = [
        *arterial(-500, 0, 500, y=10, oneway=-1, name="甲路"),
        *arterial(-500, 0, 500, y=-10, oneway=1, name="乙路"),
    ]
    sides = expanded(ways, nodes={(0, 10): ZEBRA, (0, -10): ZEBRA})
    assert sides.crossings["group"].nunique() == 2
    assert sides.crossings["stages"].tolist() == [1, 1]


@pytest.mark.parametrize(("x", "rows"), [(215.0, 4), (215.1, 5)])
def test_a_crossing_mapped_near_a_junction_is_that_of_its_arm(x: float, rows: int) -> None:
    ways = [*arterial(0, 200, x, 400), *CROSSROADS[2:]]
    zebra = [path((x, 0), (x, y), footway="crossing") for y in (30, -30)]
    sides = expanded([*ways, *zebra], nodes={(x, 0): ZEBRA})
    assert len(sides.crossings) == rows
    mapped = sides.crossings[sides.crossings["mapped"]]
    assert mapped["where"].tolist() == ["junction" if rows == 4 else "midblock"]
    assert set(sides.walk.edges["way_id"][mapped["path"]]) <= set(range(len(ways) + 2))
    assert len([i for i in crossed(sides, walk(sides, (300, 20), (300, -20))) if i < 3]) == 1


@pytest.mark.parametrize(("gap_m", "rows"), [(10.0, 1), (10.1, 2)])
def test_a_crossing_mapped_as_node_and_as_way_counts_once(gap_m: float, rows: int) -> None:
    ways = arterial(-500, 0, gap_m, 500)
    zebra = [path((gap_m, 0), (gap_m, y), footway="crossing") for y in (30, -30)]
    network, roads = town([*ways, *zebra], nodes={(0, 0): ZEBRA})
    crossings = expand(network, roads).crossings
    assert crossings["mapped"].tolist() == [True] * rows
    assert np.isin(network.edges["way_id"][crossings["path"].max()], [3, 4])
    node_xy = network.node_xy[crossings["node"]].tolist()
    assert (place([(0, 0)])[0].tolist() == node_xy[0]) or rows == 2


def test_crossing_no_is_a_prohibition_and_no_crossing() -> None:
    barred = {"crossing": "no"}
    assert not len(expanded(arterial(-500, 0, 500), nodes={(0, 0): barred}).crossings)
    sides = expanded(CROSSROADS, nodes={(200, 0): barred})
    assert sides.crossings["forbidden"].all()
    ways = [*arterial(0, 200, 210, 400), *CROSSROADS[2:]]
    near = expanded(ways, nodes={(210, 0): barred}).crossings
    assert near["forbidden"].sum() == 1  # of the eastern arm, 10 m away
    assert not near["mapped"].any()


def test_paths_from_both_sides_make_an_unmapped_crossing() -> None:
    ways = [*arterial(-500, 0, 500), path((0, 0), (0, 50)), path((0, 0), (0, -50))]
    crossings = expanded(ways).crossings
    assert crossings[["where", "mapped", "path"]].values.tolist() == [["midblock", False, -1]]
    assert not len(expanded(ways[:3]).crossings)  # a path from one side crosses nothing


def test_a_footbridge_crosses_nothing() -> None:
    bridge = path((0, 30), (0, -30), bridge="yes", layer="1")
    steps = [path((0, y), (5, 0.4 * y), highway="steps") for y in (30, -30)]  # end 7 m off
    sides = expanded([*arterial(-500, 500), bridge, *steps])
    way = walk(sides, (-50, 20), (-50, -20))
    assert crossed(sides, way) == []
    assert kinds(sides) == {"SIDE": 4, "PATH": 3, "LINK": 2}
    assert way is not None
    assert way.length_mm == pytest.approx(
        110_000 + 14_000 + 60_000 + 2_000 * np.hypot(5, 18), abs=5
    )


def test_what_lies_on_another_level_is_not_joined() -> None:
    deck = path((0, 12), (0, 60), bridge="yes", layer="1")
    assert kinds(expanded([*arterial(-500, 500), deck])) == {"SIDE": 2, "PATH": 1}


def test_a_separate_footway_is_joined_to_the_nearest_corner() -> None:
    sides = expanded([*CROSSROADS, path((210, 17), (260, 60))])
    link = np.flatnonzero(sides.kind == EdgeKind.LINK)
    assert sides.walk.edge_length_mm[link].tolist() == [13_000]  # (210, 17) to (205, 5)
    assert sides.street[link].tolist() == [-1]


@pytest.mark.parametrize(("distance_m", "links"), [(15.0, 1), (15.01, 0)])
def test_a_separate_footway_is_joined_to_the_roadside(distance_m: float, links: int) -> None:
    y = 5 + distance_m
    sides = expanded([*arterial(-500, 500), path((0, y), (0, 80))])
    assert kinds(sides).get("LINK", 0) == links
    along = sides.walk.edge_length_mm[sides.side == -1]
    assert int(along.sum()) == 1_010_000  # with 5 m at each dead end; divided or whole


def test_no_footway_is_joined_over_a_carriageway() -> None:
    ways = [*arterial(-500, 0, 500), road((0, 0), (0, 100)), path((12, -8), (12, -60))]
    sides = expanded(ways)
    link = np.flatnonzero(sides.kind == EdgeKind.LINK)
    ends = sides.walk.node_xy[sides.walk.edge_nodes[link].ravel()] - place([(0, 0)])
    assert len(link) == 1
    assert (ends[:, 1] < 0).all()


def test_one_walks_round_a_dead_end() -> None:
    sides = expanded(arterial(0, 100))
    way = walk(sides, (90, 20), (90, -20))
    assert way is not None
    assert way.length_mm == 30_000  # 10 m to the end, 10 m across it, 10 m back
    assert kinds(sides) == {"SIDE": 2}


@pytest.mark.parametrize("degrees", [0.0, 0.5, 10, 45, 90, 135, 179, 180])
@pytest.mark.parametrize("half_width_m", [3.0, 12.0])
def test_corners_stay_near_at_every_angle(degrees: float, half_width_m: float) -> None:
    x, y = 80 * np.cos(np.radians(degrees)), 80 * np.sin(np.radians(degrees))
    sides = expanded([road((0, 0), (100, 0)), road((0, 0), (x, y), half_width_m=half_width_m)])
    away = np.hypot(*(sides.walk.node_xy - place([(0, 0)])).T)
    at_node = sides.node_street[away.argmin()]
    assert (away[sides.node_street == at_node] <= 2 * max(5.0, half_width_m) + 1e-6).all()
    longest_m = 100 + 12 + 2 * 12  # the street, round its end, and out to the corner
    assert sides.walk.edge_length_mm.max() <= 1000 * longest_m


def test_streets_shorter_than_their_width_keep_their_sides() -> None:
    ways = [*arterial(0, 200, 203, 400), road((200, 0), (200, 100)), road((203, 0), (203, -100))]
    sides = expanded(ways)
    assert kinds(sides)["SIDE"] == 10
    assert (sides.walk.edge_length_mm[sides.crossing >= 0] >= 10_000).all()
    way = walk(sides, (50, 20), (350, 20))
    assert way is not None
    assert way.length_mm <= 320_000


def test_parallel_roads_and_loops_have_both_sides() -> None:
    ways = [
        road((0, 0), (100, 0)),
        road((0, 0), (50, 40), (100, 0)),
        road((0, 0), (-50, 40), (-50, -40), (0, 0)),
    ]
    sides = expanded(ways)
    of_way = sides.walk.edges["way_id"].to_numpy()[sides.kind == EdgeKind.SIDE]
    assert sorted(of_way) == [0, 0, 1, 1, 2, 2]
    assert len(sides.walk.components) == 1


def test_only_mapped_crossings_lead_over_a_fenced_road() -> None:
    fenced = [*arterial(0, 200, 400, crossable=False), *CROSSROADS[2:]]
    sides = expanded(fenced)
    assert sorted(sides.walk.edges["way_id"][sides.crossing >= 0]) == [2, 3]
    assert len(expanded(fenced, nodes={(200, 0): ZEBRA}).crossings) == 4


def test_quiet_streets_are_crossed_informally_where_their_pieces_meet() -> None:
    assert kinds(expanded(arterial(0, 50, 100, quiet=True))) == {"SIDE": 4, "INFORMAL": 1}
    assert kinds(expanded(arterial(0, 50, 100))) == {"SIDE": 4}
    mapped = expanded(arterial(0, 50, 100, quiet=True), nodes={(50, 0): ZEBRA})
    assert kinds(mapped) == {"SIDE": 4, "CROSSING": 1}
    one_arterial = expanded([road((0, 0), (50, 0), quiet=True), road((50, 0), (100, 0))])
    assert kinds(one_arterial) == {"SIDE": 4}


@pytest.mark.parametrize(("x", "signal_m"), [(225.0, 25.0), (225.1, np.inf)])
def test_a_signal_near_along_the_road_belongs_to_the_crossing(x: float, signal_m: float) -> None:
    sides = expanded([*arterial(0, 200, x, 400), *CROSSROADS[2:]], nodes={(x, 0): SIGNAL})
    assert sides.crossings["signal_m"].tolist() == [signal_m] * 4


def test_a_home_lies_on_its_own_side_and_never_on_a_crossing() -> None:
    sides = expanded(CROSSROADS)
    homes = snap_to_sides(sides, place([(200, 2), (50, 1), (50, -1), (50, 900)]), max_m=100)
    assert (sides.kind[homes.edge[:3]] == EdgeKind.SIDE).all()
    assert sides.side[homes.edge[1:3]].tolist() == [-1, 1]  # drawn to the east: north is left
    assert homes.edge[3] == -1


def test_roads_have_to_be_aligned_with_the_network() -> None:
    network, roads = town(CROSSROADS)
    with pytest.raises(ValueError, match="3 rows of roads for 4 edges"):
        expand(network, roads.iloc[:3])


@st.composite
def planar_towns(draw: st.DrawFn) -> list[Way]:
    """Draw some sides of triangles between random places, some of them paths."""
    spot = st.tuples(st.integers(0, 40), st.integers(0, 40))
    spots = draw(st.lists(spot, min_size=5, max_size=12, unique=True))
    xy = np.array(spots, dtype=float)
    if np.linalg.matrix_rank(xy - xy[0]) < 2:
        xy[0] += (0.5, 0.25)
        xy[1] += (0.25, 50.0)
    triangles = Delaunay(xy).simplices
    pairs = sorted({(min(a, b), max(a, b)) for t in triangles for a, b in (t[:2], t[1:], t[::2])})
    choice = draw(st.lists(st.sampled_from("rrpx"), min_size=len(pairs), max_size=len(pairs)))
    ends = [(kind, tuple(xy[a]), tuple(xy[b])) for kind, (a, b) in zip(choice, pairs, strict=True)]
    ways = [
        road(a, b, quiet=True, half_width_m=1.37) if kind == "r" else path(a, b)
        for kind, a, b in ends
        if kind != "x"
    ]
    return ways or [road(ends[0][1], ends[0][2], quiet=True)]


@given(planar_towns())
def test_where_all_may_be_crossed_the_same_places_are_connected(ways: list[Way]) -> None:
    network, roads = town(ways)
    sides = expand(network, roads, link_max_m=0.0)
    drawn = components(*network.edge_nodes.T.astype(np.int64), count=len(network.node_xy))
    walked = components(*sides.walk.edge_nodes.T.astype(np.int64), count=len(sides.node_street))
    both = np.unique(np.column_stack([drawn[sides.node_street], walked]), axis=0)
    assert len(both) == drawn.max() + 1 == walked.max() + 1
    assert set(sides.node_street) == set(range(len(network.node_xy)))


@given(planar_towns())
def test_every_road_keeps_both_sides_and_every_path_itself(ways: list[Way]) -> None:
    network, roads = town(ways)
    sides = expand(network, roads)
    for side, sided in ((-1, True), (1, True), (0, False)):
        wanted = np.flatnonzero(roads["sided"] == sided)
        walked = (sides.kind == EdgeKind.SIDE) | (sides.kind == EdgeKind.PATH)
        assert set(sides.street[walked & (sides.side == side)]) == set(wanted)
    over = sides.crossing >= 0
    assert sorted(sides.crossing[over]) == list(range(len(sides.crossings)))
    assert (sides.walk.edge_length_mm[over] >= 2_740).all()


@given(planar_towns())
def test_polylines_lead_from_node_to_node_and_are_as_long_as_they_say(ways: list[Way]) -> None:
    sides = expanded(ways)
    walk_network = sides.walk
    ends = walk_network.vertex_xy[
        np.column_stack([walk_network.edge_start[:-1], walk_network.edge_start[1:] - 1])
    ]
    assert np.allclose(ends, walk_network.node_xy[walk_network.edge_nodes], atol=1e-6)
    drawn_m = np.array([line.length for line in walk_network.tree.geometries])
    along = (sides.kind == EdgeKind.SIDE) | (sides.kind == EdgeKind.PATH)
    length_mm = walk_network.edge_length_mm[along]
    assert np.abs(length_mm - 1000 * drawn_m[along]).max() <= 1.0
