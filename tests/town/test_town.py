"""The demo study: same bytes, right counts, plainly synthetic, and a town that holds together."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import networkx as nx
import numpy as np
import osmium
import pytest
import shapely
from nonempty import each
from python_calamine import CalamineWorkbook

from geo.bundled import ROOT, load_toml
from town.drawing import Line, Rect, joined, outline
from town.people import apportioned
from town.write import recipe, write_demo

if TYPE_CHECKING:
    from pathlib import Path

COMMITTED = ROOT / "demo"
AGES = ["0-2岁", "3-5岁", "6-11岁", "12-14岁", "15-17岁"]
SAME_EVERYWHERE = ["study.toml", "README.md", "communities.geojson", "parks.geojson",
                   "schools.csv", "places.csv", "gates.csv", "marks.csv",
                   "candidates.geojson"]  # fmt: skip
ALL_FILES = sorted([*SAME_EVERYWHERE, "kindergartens.xlsx", "streets.osm.pbf"])
METRES_PER_DEGREE = np.array([87832.0, 110996.0])


class Osm(NamedTuple):
    """An OSM file: (nodes, tags, line in metres) of each way, tags and place of each node."""

    ways: list[tuple[tuple[int, ...], dict[str, str], shapely.LineString]]
    nodes: dict[int, tuple[dict[str, str], tuple[float, float]]]

    def having(self, key: str, *values: str) -> list[Any]:
        """Return the ways with a tag, of certain values if some are given."""
        return [w for w in self.ways if key in w[1] and (not values or w[1][key] in values)]


def read_osm(path: Path) -> Osm:
    nodes: dict[int, tuple[dict[str, str], tuple[float, float]]] = {}
    ways: list[tuple[tuple[int, ...], dict[str, str]]] = []
    for thing in osmium.FileProcessor(str(path)):
        if thing.is_node():
            nodes[thing.id] = (dict(thing.tags), (thing.location.lon, thing.location.lat))
        else:
            ways.append((tuple(n.ref for n in thing.nodes), dict(thing.tags)))
    places = np.array([nodes[ref][1] for refs, _ in ways for ref in refs])
    number = np.repeat(np.arange(len(ways)), [len(refs) for refs, _ in ways])
    lines = shapely.linestrings((places - [117, 38]) * METRES_PER_DEGREE, indices=number)
    return Osm([(*way, line) for way, line in zip(ways, lines, strict=True)], nodes)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def sheet(path: Path) -> list[list[Any]]:
    return CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()


def features(path: Path) -> list[dict[str, Any]]:
    return list(json.loads(path.read_text("utf-8"))["features"])


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder)
    return folder


@pytest.fixture(scope="module")
def osm(demo: Path) -> Osm:
    return read_osm(demo / "streets.osm.pbf")


@pytest.fixture(scope="module")
def areas(demo: Path) -> np.ndarray[Any, Any]:
    return np.array([shapely.geometry.shape(f["geometry"])
                     for f in features(demo / "communities.geojson")])  # fmt: skip


@pytest.mark.parametrize("name", SAME_EVERYWHERE)
def test_the_committed_study_is_what_the_generator_writes(demo: Path, name: str) -> None:
    assert (demo / name).read_bytes() == (COMMITTED / name).read_bytes()


def test_the_committed_binary_files_hold_what_the_generator_writes(demo: Path, osm: Osm) -> None:
    committed = read_osm(COMMITTED / "streets.osm.pbf")
    assert [w[:2] for w in committed.ways] == [w[:2] for w in osm.ways]
    assert committed.nodes == osm.nodes
    assert sheet(COMMITTED / "kindergartens.xlsx") == sheet(demo / "kindergartens.xlsx")


def test_the_committed_study_is_small_and_complete() -> None:
    assert sorted(p.name for p in COMMITTED.iterdir()) == ALL_FILES
    assert sum(p.stat().st_size for p in COMMITTED.iterdir()) <= 2_500_000


@pytest.mark.parametrize("hash_seed", ["0", "4711"])
def test_another_process_writes_the_same_bytes(demo: Path, tmp_path: Path, hash_seed: str) -> None:
    tests = ROOT.parent / "tests"
    env = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": "Asia/Shanghai",
           "PYTHONPATH": os.pathsep.join([str(ROOT.parent), str(tests)])}  # fmt: skip
    subprocess.run([sys.executable, "-m", "town", str(tmp_path)], env=env, check=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ALL_FILES
    assert all((tmp_path / n).read_bytes() == (demo / n).read_bytes() for n in ALL_FILES)


def test_another_seed_gives_another_town(demo: Path, tmp_path: Path) -> None:
    write_demo(tmp_path, seed=1)
    assert (tmp_path / "schools.csv").read_bytes() != (demo / "schools.csv").read_bytes()


def test_a_study_of_no_town_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 1 town"):
        write_demo(tmp_path, size=0)


def test_counts_of_one_town(demo: Path) -> None:
    kinds = Counter(row["类型"] for row in rows(demo / "schools.csv"))
    assert kinds == {"小学": 13, "初中": 6, "九年一贯制学校": 1}
    assert len(sheet(demo / "kindergartens.xlsx")) == 2 + 40
    assert len(features(demo / "parks.geojson")) == 30
    assert len(features(demo / "communities.geojson")) == 37 + 23
    assert {"儿童之家", "图书馆", "社区卫生服务中心", "托育机构", "文化馆"} <= {
        row["类型"] for row in rows(demo / "places.csv")
    }


def test_marks_are_of_known_kinds_and_name_nobody(demo: Path) -> None:
    marks = rows(demo / "marks.csv")
    kinds = {row["zh"] for row in load_toml("rules/participation.toml")["kind"].values()}
    assert list(marks[0]) == ["标记", "经度", "纬度", "填写人代号", "标记时间", "synthetic"]
    assert {row["标记"] for row in marks} <= kinds
    assert 24 * 2 + 12 * 2 + 9 * 2 <= len(marks) <= 24 * 7 + 12 * 7 + 9 * 7
    assert all(re.fullmatch(r"E\d{4}", row["填写人代号"]) for row in marks)


def test_children_add_up_to_the_totals_of_the_recipe(demo: Path) -> None:
    children = [f["properties"] for f in features(demo / "communities.geojson")]
    totals = [sum(c[age] for c in children) for age in AGES]
    assert totals == [4000, 5000, 11600, 5400, 4000]
    assert sum(totals) == 30_000
    assert min(sum(c[age] for age in AGES) for c in children) > 0


def test_codes_are_of_no_real_county_and_differ(demo: Path) -> None:
    properties = [f["properties"] for f in features(demo / "communities.geojson")]
    codes = [p["区划代码"] for p in properties]
    assert len(set(codes)) == 60
    assert all(len(c) == 12 and c.isdigit() and c.startswith("990118") for c in codes)
    assert {p["城乡分类"] for p in properties} == {"111", "112", "121", "122", "210", "220"}


def test_buildings_are_homes_with_and_without_storeys(osm: Osm) -> None:
    homes = osm.having("building", "apartments", "residential", "house")
    known = sum("building:levels" in tags for _, tags, _ in homes)
    assert 5000 <= len(homes) <= 8000
    assert 0.2 <= known / len(homes) <= 0.8


def test_tags_of_streets_are_partly_unknown(osm: Osm) -> None:
    streets = osm.having("highway", "primary", "secondary", "tertiary", "residential")
    for key in ("sidewalk", "maxspeed", "lanes", "lit"):
        share = sum(key in tags for _, tags, _ in streets) / len(streets)
        assert 0.2 <= share <= 0.6


def test_everything_says_that_it_is_synthetic(demo: Path, osm: Osm) -> None:
    assert all(tags["synthetic"] == "true" for _, tags, _ in osm.ways)
    assert all(tags["synthetic"] == "true" for tags, _ in osm.nodes.values() if tags)
    for name in ("schools.csv", "places.csv", "gates.csv", "marks.csv"):
        assert {row["synthetic"] for row in rows(demo / name)} == {"true"}
    for name in ("parks.geojson", "communities.geojson"):
        assert all(f["properties"]["synthetic"] is True for f in features(demo / name))
    kindergartens = sheet(demo / "kindergartens.xlsx")
    assert kindergartens[1][-1] == "synthetic"
    assert {row[-1] for row in kindergartens[2:]} == {"true"}


def test_every_name_begins_as_an_example(demo: Path, osm: Osm) -> None:
    names = [tags["name"] for _, tags, _ in osm.ways if "name" in tags]
    for name in ("schools.csv", "places.csv", "gates.csv"):
        names += [row["名称"] for row in rows(demo / name)]
    for name in ("parks.geojson", "communities.geojson"):
        names += [f["properties"]["名称"] for f in features(demo / name)]
    names += [row[1] for row in sheet(demo / "kindergartens.xlsx")[2:]]
    assert all(name.startswith("示例") for name in names)


def test_communities_tile_the_ground(areas: np.ndarray[Any, Any]) -> None:
    whole = shapely.union_all(areas)
    assert {a.geom_type for a in areas} == {"Polygon"}
    assert shapely.coverage_is_valid(areas)
    assert whole.geom_type == "Polygon"
    assert not whole.interiors
    assert shapely.area(areas).sum() == pytest.approx(whole.area, rel=1e-12)


def test_every_home_lies_in_one_community(osm: Osm, areas: np.ndarray[Any, Any]) -> None:
    homes = osm.having("building", "apartments", "residential", "house")
    middles = [shapely.Polygon(line).centroid for _, _, line in homes]
    degrees = shapely.transform(middles, lambda xy: xy / METRES_PER_DEGREE + [117, 38])
    home, _ = shapely.STRtree(areas).query(degrees, predicate="within")
    assert sorted(home) == list(range(len(homes)))


def test_most_communities_have_a_childrens_home_and_some_have_none(
    demo: Path, areas: np.ndarray[Any, Any]
) -> None:
    homes = [r for r in rows(demo / "places.csv") if r["类型"] == "儿童之家"]
    points = shapely.points([(float(r["经度"]), float(r["纬度"])) for r in homes])
    _, area = shapely.STRtree(areas).query(points, predicate="within")
    assert sorted(Counter(area.tolist()).values()) == [1] * (60 - 5 - 4)


def test_some_villages_have_nothing_at_all(demo: Path, areas: np.ndarray[Any, Any]) -> None:
    listed = [r for n in ("schools.csv", "places.csv") for r in rows(demo / n)]
    spots = [(float(r["经度"]), float(r["纬度"])) for r in listed]
    spots += [(row[3], row[4]) for row in sheet(demo / "kindergartens.xlsx")[2:]]
    parks = [shapely.geometry.shape(f["geometry"]).centroid
             for f in features(demo / "parks.geojson")]  # fmt: skip
    _, area = shapely.STRtree(areas).query([*shapely.points(spots), *parks], predicate="within")
    assert 60 - len(set(area.tolist())) == 5


def test_parks_are_pocket_parks_and_large_ones(demo: Path) -> None:
    parks = [shapely.geometry.shape(f["geometry"]) for f in features(demo / "parks.geojson")]
    hectares = sorted(p.area * float(np.prod(METRES_PER_DEGREE)) / 10_000 for p in parks)
    assert hectares[0] >= 0.2
    assert hectares[-1] <= 12
    assert hectares[-3] >= 4


def test_gates_are_gates_of_the_map(demo: Path, osm: Osm) -> None:
    mapped = {place for tags, place in osm.nodes.values() if tags.get("barrier") == "gate"}
    gates = rows(demo / "gates.csv")
    assert {(float(r["经度"]), float(r["纬度"])) for r in gates} <= mapped
    schools = [r["编号"] for r in rows(demo / "schools.csv")]
    assert {r["所属设施编号"] for r in gates} == set(schools[:-2])


def test_streets_cross_the_canal_on_bridges_only(osm: Osm) -> None:
    (canal,) = osm.having("water", "canal")
    water = shapely.Polygon(canal[2])
    crossing = [tags for _, tags, line in osm.having("highway") if line.intersects(water)]
    assert all(tags.get("bridge") == "yes" for tags in crossing)
    assert len(crossing) == 6  # 4 in the town with the national road, 2 in the country


def test_streets_cross_the_railway_at_level_crossings_or_below_it(osm: Osm) -> None:
    rail = shapely.union_all([line for _, _, line in osm.having("railway")])
    level = {n for n, (tags, _) in osm.nodes.items() if tags.get("railway") == "level_crossing"}
    crossing = [way for way in osm.having("highway") if way[2].intersects(rail)]
    below = [tags for nodes, tags, _ in crossing if not level & set(nodes)]
    assert all(tags.get("tunnel") == "yes" for tags in below)
    assert (len(level), len(below)) == (3, 3)  # below: 2 carriageways and a street


def test_walls_are_passed_at_gates_only(osm: Osm) -> None:
    streets = osm.having("highway")
    walls = [way for way in osm.having("barrier") if way[1]["barrier"] in ("wall", "fence")]
    tree = shapely.STRtree([line for _, _, line in streets])
    wall, street = tree.query([line for _, _, line in walls], predicate="intersects")
    for w, s in each(zip(wall, street, strict=True)):
        shared = set(walls[w][0]) & set(streets[s][0])
        gates = [osm.nodes[n][0].get("barrier") for n in shared]
        met = shapely.get_num_geometries(walls[w][2].intersection(streets[s][2]))
        assert gates == ["gate"] * met


def test_streets_meet_at_shared_vertices_only(osm: Osm) -> None:
    streets = osm.having("highway")
    lines = [line for _, _, line in streets]
    one, two = shapely.STRtree(lines).query(lines, predicate="intersects")
    pairs = zip(one[one < two], two[one < two], strict=True)
    level = [(a, b) for a, b in pairs if streets[a][1].get("layer") == streets[b][1].get("layer")]
    for a, b in each(level):
        shared = set(streets[a][0]) & set(streets[b][0])
        assert shapely.get_num_geometries(lines[a].intersection(lines[b])) == len(shared)


def test_all_streets_hang_together_but_the_island_to_be_dropped(osm: Osm) -> None:
    graph: nx.Graph[int] = nx.Graph()
    for nodes, tags, _ in osm.having("highway"):
        if "motorway" not in tags["highway"] and tags.get("access") != "private":
            nx.add_path(graph, nodes)
    assert sorted(map(len, nx.connected_components(graph)))[:-1] == [4]
    assert osm.having("highway", "motorway")
    assert osm.having("access", "private")


def test_no_street_runs_through_a_house(osm: Osm) -> None:
    houses = [shapely.Polygon(line) for _, _, line in osm.having("building")]
    lines = [line for _, _, line in osm.having("highway")]
    assert shapely.is_valid(houses).all()
    assert not len(shapely.STRtree(houses).query(lines, predicate="intersects")[0])


def test_some_schools_are_near_by_straight_line_and_far_on_foot(demo: Path, osm: Osm) -> None:
    graph: nx.Graph[int] = nx.Graph()
    for nodes, tags, line in osm.having("highway"):
        if "motorway" not in tags["highway"] and tags.get("access") != "private":
            pieces = np.hypot(*np.diff(shapely.get_coordinates(line), axis=0).T)
            graph.add_weighted_edges_from(zip(nodes[:-1], nodes[1:], pieces, strict=True))
    place_of = {node: place for node, (_, place) in osm.nodes.items()}
    node_of = {place: node for node, place in place_of.items()}
    gates = [(float(r["经度"]), float(r["纬度"])) for r in rows(demo / "gates.csv")]
    walk = nx.multi_source_dijkstra_path_length(graph, {node_of[gate] for gate in gates})
    nodes = list(walk)
    gap = np.array([place_of[n] for n in nodes])[:, None] - np.array(gates)[None, :]
    straight = np.hypot(*np.moveaxis(gap * METRES_PER_DEGREE, -1, 0)).min(axis=1)
    far = (straight <= 500) & (np.array([walk[n] for n in nodes]) > 1000)
    assert far.sum() >= 30


def test_two_towns_have_twice_as_much_and_fit_together(tmp_path: Path) -> None:
    write_demo(tmp_path, size=2)
    communities = features(tmp_path / "communities.geojson")
    shapes = np.array([shapely.geometry.shape(f["geometry"]) for f in communities])
    properties = [f["properties"] for f in communities]
    assert len(communities) == len({p["区划代码"] for p in properties}) == 2 * 60
    assert sum(p[age] for p in properties for age in AGES) == 2 * 30_000
    assert shapely.union_all(shapes).geom_type == "Polygon"
    assert shapely.coverage_is_valid(shapes)
    schools = rows(tmp_path / "schools.csv")
    assert len({r["编号"] for r in schools}) == len({r["名称"] for r in schools}) == 2 * 20
    osm = read_osm(tmp_path / "streets.osm.pbf")
    trunk: nx.Graph[int] = nx.Graph()
    for nodes, _, _ in osm.having("highway", "trunk"):
        nx.add_path(trunk, nodes)
    assert nx.number_connected_components(trunk) == 1


def test_lines_of_one_level_are_joined_where_they_touch() -> None:
    flat, upright = Line("h", 0, -10, 10, {}), Line("v", 4, 0, 9, {})
    above = Line("v", -5, -9, 9, {}, level=1)
    ways = joined([flat, upright, above], stops=[(7, 0)], every=100)
    assert ways[0].points.tolist() == [[-10, 0], [4, 0], [7, 0], [10, 0]]
    assert ways[1].points.tolist() == [[4, 0], [4, 9]]
    assert ways[2].points.tolist() == [[-5, -9], [-5, 9]]


def test_an_outline_has_a_vertex_at_each_gate() -> None:
    ring = outline(Rect(0, 0, 10, 8), stops=[(10, 3), (4, 0)], every=100).tolist()
    assert ring == [[0, 0], [4, 0], [10, 0], [10, 3], [10, 8], [0, 8], [0, 0]]


@pytest.mark.parametrize(
    ("weights", "total", "shares"),
    [([1, 1, 1], 10, [4, 3, 3]), ([3, 1], 2, [2, 0]), ([5, 0], 7, [7, 0]), ([1, 2], 0, [0, 0])],
)
def test_shares_are_whole_and_add_up(weights: list[int], total: int, shares: list[int]) -> None:
    assert apportioned(np.array(weights, dtype=float), total).tolist() == shares


def test_the_recipe_speaks_the_words_of_the_other_data_files() -> None:
    plan = recipe()
    kinds = {row["id"] for row in load_toml("facility_types.toml")["facility_type"]}
    ages = [row["id"] for row in load_toml("age_groups.toml")["age_group"]]
    assert set(plan["kind"]) <= kinds
    assert list(plan["counts"]["children"]) == list(plan["words"]["headers"]["ages"]) == ages
