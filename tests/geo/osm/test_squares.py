"""Squares and car parks are walked across, not only round."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import worlds
from osm_text import document, node, way, write

from geo.osm import streets_from_osm
from geo.walk import WalkNetwork, build_network, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from worlds import Line

SQUARE = {"highway": "pedestrian", "area": "yes"}
# A square of 120 m; streets reach it at its south-west (1) and north-east corner (3).
CORNERS = [(0, 0), (120, 0), (120, 120), (0, 120)]
TOWN = [*CORNERS, (-100, 0), (220, 120)]
STREETS = way(21, [5, 1]) + way(22, [3, 6])


def network(folder: Path, places: Sequence[tuple[float, float]], *ways: str) -> WalkNetwork:
    """Write nodes 1, 2, 3, ... at places of the world, and ways; build the network."""
    xy = worlds.place(places)
    lon, lat = worlds.to_lonlat().transform(xy[:, 0], xy[:, 1])
    nodes = [node(i, float(x), float(y)) for i, (x, y) in enumerate(zip(lon, lat, strict=True), 1)]
    file = write(folder / "town.osm", document(*nodes, *ways))
    return build_network(streets_from_osm(file), crs=worlds.CRS, island_max_length_m=0)


def metres(made: WalkNetwork, start: Line = ((-100, 0),), stop: Line = ((220, 120),)) -> float:
    a, b = (worlds.put(made, list(place), max_m=1.0) for place in (start, stop))
    return float(nearest(made, a, b).distance_m[0])


def test_a_square_is_walked_across(tmp_path: Path) -> None:
    made = network(tmp_path, TOWN, STREETS, way(1, [1, 2, 3, 4, 1], SQUARE))
    assert metres(made) == pytest.approx(100 + np.hypot(120, 120) + 100, abs=0.1)


def test_a_ring_that_is_no_area_is_walked_round(tmp_path: Path) -> None:
    made = network(tmp_path, TOWN, STREETS, way(1, [1, 2, 3, 4, 1], {"highway": "pedestrian"}))
    assert metres(made) == pytest.approx(100 + 240 + 100, abs=0.1)


@pytest.mark.parametrize(
    "tags",
    [{"place": "square"}, {"amenity": "parking"}, {"amenity": "parking", "parking": "surface"}],
)
def test_grounds_that_are_no_streets_are_crossed(tmp_path: Path, tags: dict[str, str]) -> None:
    made = network(tmp_path, TOWN, STREETS, way(1, [1, 2, 3, 4, 1], tags))
    assert metres(made) == pytest.approx(100 + np.hypot(120, 120) + 100, abs=0.1)
    assert len(made.edges) == 3


@pytest.mark.parametrize(
    "tags",
    [
        {"amenity": "parking", "parking": "underground"},
        {"amenity": "parking", "access": "private"},
        {"amenity": "school"},
        {"amenity": "parking_space"},
        {"place": "suburb"},
    ],
)
def test_other_grounds_are_not_crossed(tmp_path: Path, tags: dict[str, str]) -> None:
    made = network(tmp_path, TOWN, STREETS, way(1, [1, 2, 3, 4, 1], tags))
    assert metres(made) == np.inf


def test_the_way_leads_round_a_corner_that_stands_in_between(tmp_path: Path) -> None:
    """A ground like an L, 50 m wide: from (200, 50) to (50, 200) one bends at (50, 50)."""
    ring = [(0, 0), (200, 0), (200, 50), (50, 50), (50, 200), (0, 200)]
    places = [*ring, (300, 50), (50, 300)]
    streets = way(21, [3, 7]) + way(22, [5, 8])
    made = network(tmp_path, places, streets, way(1, [1, 2, 3, 4, 5, 6, 1], {"place": "square"}))
    expected = 100 + 150 + 150 + 100
    assert metres(made, ((300, 50),), ((50, 300),)) == pytest.approx(expected, abs=0.1)


def test_a_path_that_ends_inside_is_reached(tmp_path: Path) -> None:
    """Also one that no ring's vertex belongs to: it leads from the middle (60, 60) nowhere else."""
    inner = way(23, [7, 8], {"highway": "footway"})
    places = [*TOWN, (60, 60), (60, 90)]
    made = network(tmp_path, places, STREETS, inner, way(1, [1, 2, 3, 4, 1], SQUARE))
    expected = 100 + np.hypot(60, 90)
    assert metres(made, ((-100, 0),), ((60, 90),)) == pytest.approx(expected, abs=0.1)


def test_a_square_with_one_way_in_has_none_across(tmp_path: Path) -> None:
    made = network(tmp_path, TOWN, way(21, [5, 1]), way(1, [1, 2, 3, 4, 1], SQUARE))
    assert len(made.edges) == 2


def test_many_ways_in_stay_few_ways_across(tmp_path: Path) -> None:
    """200 streets reach a round square: at most 12 of them see each other, 12 x 11 / 2 ways."""
    turn = 2 * np.pi * np.arange(200) / 200
    ring, outer = ([(r * np.cos(a), r * np.sin(a)) for a in turn] for r in (100, 150))
    spokes = [way(1000 + i, [i, 200 + i]) for i in range(1, 201)]
    square = way(1, [*range(1, 201), 1], SQUARE)
    made = network(tmp_path, [*ring, *outer], *spokes, square)
    across = np.count_nonzero(made.edges["way_id"] == 1) - 200
    assert 40 < across <= 12 * 11 / 2


def test_ways_across_have_the_tags_of_the_square(tmp_path: Path) -> None:
    named = {**SQUARE, "name": "示例广场"}
    parking = way(2, [1, 2, 3, 4, 1], {"amenity": "parking"})
    made = network(tmp_path, TOWN, STREETS, way(1, [1, 2, 3, 4, 1], named), parking)
    rows = made.edges[made.edges["area"] == "yes"]
    assert set(rows.loc[rows["way_id"] == 1, "name"]) == {"示例广场"}
    assert set(rows.loc[rows["way_id"] == 2, "service"]) == {"parking_aisle"}
