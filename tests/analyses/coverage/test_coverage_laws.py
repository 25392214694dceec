"""What must hold of coverage in every world, and what networkx says of the same one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import worlds
from hypothesis import given, settings
from hypothesis import strategies as st
from nonempty import each
from towns import GROUPS, cover, doors_of, facilities_at, homes_at, squares

from analyses.rules.catalogue import own_rule
from geo.walk.network import build_network

if TYPE_CHECKING:
    from analyses.result import Result
    from geo.walk.network import WalkNetwork

SETTINGS = settings(derandomize=True, deadline=None, max_examples=20)
LINES = worlds.grid_lines(6, 6, 100.0)
GRID = worlds.network_of(LINES)
RULE = "OWN-kindergarten"
MEASURES = ("straight", "network", "walk")
spots = st.tuples(st.floats(0, 500), st.floats(0, 500))
many = st.lists(spots, min_size=1, max_size=12)
limits = st.sampled_from([100.0, 250.0, 400.0])


def run(network: WalkNetwork, schools: Any, homes: Any, *, metres: float) -> Result:
    """Cover homes that carry 1, 2, 3 ... children by schools at given spots."""
    people = homes_at(homes, children=np.arange(1.0, len(homes) + 1))
    rule = own_rule("kindergarten", metres=metres)
    return cover(network, facilities_at(schools), people, rules=[rule])


def covered(result: Result) -> list[float]:
    return [float(result.tables["total"][f"covered_{m}"].iloc[0]) for m in MEASURES]


def statuses(result: Result) -> list[int]:
    return [int(s) for s in result.tables["points"][f"status:{RULE}"]]


@given(schools=many, homes=many, more=spots, metres=limits)
@SETTINGS
def test_one_more_facility_never_lowers_coverage(
    *, schools: Any, homes: Any, more: Any, metres: float
) -> None:
    before = run(GRID, schools, homes, metres=metres)
    after = run(GRID, [*schools, more], homes, metres=metres)
    assert all(a >= b for a, b in zip(statuses(after), statuses(before), strict=True))
    depth = [r.tables["points"][f"depth:{RULE}"].to_numpy() for r in (before, after)]
    assert (depth[1] >= depth[0]).all()


@given(schools=many, homes=many, metres=limits)
@SETTINGS
def test_each_measure_covers_no_more_than_the_one_before(
    schools: Any, homes: Any, metres: float
) -> None:
    straight, network, walk = covered(run(GRID, schools, homes, metres=metres))
    assert straight >= network >= walk


@given(schools=many, homes=many, metres=limits)
@SETTINGS
def test_a_longer_limit_never_lowers_coverage(schools: Any, homes: Any, metres: float) -> None:
    short, long = (run(GRID, schools, homes, metres=m) for m in (metres, metres + 50))
    assert all(a >= b for a, b in zip(covered(long), covered(short), strict=True))


@given(schools=many, homes=many, metres=limits)
@SETTINGS
def test_splitting_edges_and_reversing_ways_change_nothing(
    schools: Any, homes: Any, metres: float
) -> None:
    halves = [
        half
        for a, b in LINES
        for middle in [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)]
        for half in ([a, middle], [b, middle])
    ]
    want = run(GRID, schools, homes, metres=metres)
    for lines in (halves, [line[::-1] for line in LINES], LINES[::-1]):
        got = run(worlds.network_of(lines), schools, homes, metres=metres)
        assert covered(got) == covered(want)
        walks = [r.tables["points"][f"walk_m:{RULE}"].to_numpy() for r in (got, want)]
        assert (
            np.abs(walks[0] - walks[1]).max() <= 0.002
        )  # half a millimetre at each of four places


@given(schools=many, homes=many, seed=st.integers(0, 99))
@SETTINGS
def test_shuffling_rows_changes_nothing(schools: Any, homes: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    places, people = (
        facilities_at(schools),
        homes_at(homes, children=np.arange(1.0, len(homes) + 1)),
    )
    areas = squares(["A", "B"])
    want = cover(GRID, places, people, communities=areas)
    order = rng.permutation(len(homes))
    shuffled = places.iloc[rng.permutation(len(schools))]
    got = cover(
        GRID, shuffled, people.iloc[order].reset_index(drop=True), communities=areas[::-1],
        entrances=doors_of(places.iloc[rng.permutation(len(schools))]),
    )  # fmt: skip
    assert covered(got) == pytest.approx(covered(want), abs=1e-9)
    for column in (f"status:{RULE}", f"walk_m:{RULE}", f"depth:{RULE}"):
        ordered = want.tables["points"][column].to_numpy()[order]
        assert got.tables["points"][column].to_numpy().tolist() == ordered.tolist()


@pytest.mark.parametrize("crs", ["EPSG:4527", "EPSG:4549", "EPSG:32650"])
def test_another_crs_changes_nothing(crs: str) -> None:
    rng = np.random.default_rng(11)
    schools, homes = rng.uniform(0, 500, (4, 2)), rng.uniform(0, 500, (200, 2))
    streets = worlds.streets_of(LINES)
    frames = [facilities_at(schools.tolist()), homes_at(homes.tolist()), squares(["A"])]
    results = []
    for system in (worlds.CRS, crs):
        places, people, areas = (frame.to_crs(system) for frame in frames)
        network = build_network(streets, crs=system)
        rule = own_rule("kindergarten", metres=250)
        results.append(cover(network, places, people, communities=areas, rules=[rule]))
    walks = [r.tables["points"][f"walk_m:{RULE}"].to_numpy() for r in results]
    assert np.abs(walks[1] / walks[0] - 1).max() < 0.002  # the zones' own scale
    clear = np.abs(walks[0] - 250) > 0.5
    same = [np.array(statuses(r))[clear] for r in results]
    assert clear.sum() > 190
    assert (same[0] == same[1]).mean() > 0.99


@given(schools=many, homes=many, metres=limits)
@SETTINGS
def test_networkx_agrees_on_the_split_graph(schools: Any, homes: Any, metres: float) -> None:
    got = run(GRID, schools, homes, metres=metres).tables["points"]
    doors, people = worlds.put(GRID, schools), worlds.put(GRID, homes)
    graph = worlds.split_graph(GRID, doors, people)
    legs = [np.rint(1000 * s.access_m) for s in (doors, people)]
    straight = np.hypot(*(np.array(schools)[:, None] - np.array(homes)[None]).transpose(2, 0, 1))
    walk = np.full(straight.shape, np.inf)
    for s in range(len(schools)):
        far = nx.single_source_dijkstra_path_length(graph, ("place", 0, s), weight="mm")
        walk[s] = [legs[0][s] + far["place", 1, h] + legs[1][h] for h in range(len(homes))]
    assert np.abs(got[f"walk_m:{RULE}"] * 1000 - walk.min(axis=0)).max() <= 1
    within = (walk <= metres * 1000) & (np.rint(straight * 1000) <= metres * 1000)
    assert got[f"depth:{RULE}"].tolist() == within.sum(axis=0).tolist()


def test_the_same_input_gives_the_same_bytes() -> None:
    rng = np.random.default_rng(2)
    schools, homes = rng.uniform(0, 500, (2, 20, 2)).tolist()
    first, second = (run(GRID, schools, homes, metres=250.0) for _ in range(2))
    for name, table in each(first.tables.items()):
        assert table.to_csv() == second.tables[name].to_csv()
    assert set(GROUPS) <= set(homes_at([(0, 0)]).columns)
    assert isinstance(first.tables["points"], gpd.GeoDataFrame)
