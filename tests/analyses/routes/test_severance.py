"""What cuts children off: an arterial, a railway or water without an adequate crossing."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from analyses.routes.severance import barriers, severed, severed_bounds
from geo.sides.build import snap_to_sides
from tests.school_worlds import ladder, scene_of
from tests.side_worlds import path, road
from tests.worlds import CRS, place

ENDLESS = 10_000.0


def line(*points: tuple[float, float], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=[shapely.LineString(place(points))], crs=CRS)


def river(x: float) -> gpd.GeoDataFrame:
    """Return 20 m of water across everything."""
    (a, b), (c, d) = place([(x - 10, -500), (x + 10, 500)])
    return gpd.GeoDataFrame(geometry=[shapely.box(a, b, c, d)], crs=CRS)


def rail(x: float, **columns: Any) -> gpd.GeoDataFrame:
    return line((x, -500), (x, 500), **{name: [value] for name, value in columns.items()})


def cut(
    ways: Any,
    home: tuple[float, float],
    gate: tuple[float, float],
    *,
    limit_m: float = ENDLESS,
    **made: Any,
) -> str | None:
    """Return the barrier, None where there is a way without one."""
    scene = scene_of(ways, **made)
    at = [snap_to_sides(scene.sides, place([point]), max_m=30.0) for point in (gate, home)]
    flags, barrier = severed(barriers(scene), *at, limit_m=np.array([limit_m]))
    assert bool(flags[0]) is (barrier[0] is not None)
    return barrier[0]


def street(*stops: float, **tags: str) -> list[Any]:
    tags = {"highway": "residential", **tags}
    return [road((a, 0), (b, 0), **tags) for a, b in pairwise(stops)]


HOME, GATE = (-10, 90), (-10, -90)


@pytest.mark.parametrize(
    ("facility", "barrier"),
    [
        ("unmarked", "arterial"),
        ("marked", "arterial"),
        ("forbidden", "arterial"),
        ("signal", None),
        ("grade_separated", None),
    ],
)
def test_an_arterial_needs_a_signal_or_a_bridge(facility: str, barrier: str | None) -> None:
    assert cut(ladder(), HOME, GATE, facility=lambda _x, _y: facility) == barrier


@pytest.mark.parametrize(
    ("facility", "low", "high", "bounds"),
    [
        ("unmarked", "signal", "unmarked", (False, True)),  # there may be a signal
        ("unmarked", "marked", "forbidden", (True, True)),
        ("signal", "signal", "marked", (False, True)),  # the signal may be another street's
        ("signal", "signal", "signal", (False, False)),
    ],
)
def test_what_is_not_known_of_crossings_bounds_who_is_cut_off(
    facility: str, low: str, high: str, bounds: tuple[bool, bool]
) -> None:
    scene = scene_of(ladder(), facility=lambda _x, _y: facility, low=low, high=high)
    at = [snap_to_sides(scene.sides, place([point]), max_m=30.0) for point in (GATE, HOME)]
    found, limit_m = barriers(scene), np.array([ENDLESS])
    cut_off, _ = severed(found, *at, limit_m=limit_m)
    sure, possible = severed_bounds(found, *at, cut=cut_off, limit_m=limit_m)
    assert (bool(sure[0]), bool(possible[0])) == bounds


def test_a_guard_makes_a_crossing_adequate() -> None:
    assert cut(ladder(), HOME, GATE, guard="yes") is None
    assert cut(ladder(), HOME, GATE, guard="no") == "arterial"


@pytest.mark.parametrize(("limit_m", "barrier"), [(250.0, "arterial"), (ENDLESS, None)])
def test_a_signal_counts_only_within_the_cap(limit_m: float, barrier: str | None) -> None:
    def signal_in_the_east(x: float, _y: float) -> str:
        return "signal" if x > 100 else "unmarked"

    assert cut(ladder(), HOME, GATE, limit_m=limit_m, facility=signal_in_the_east) == barrier


def test_the_near_side_of_the_arterial_is_not_cut_off() -> None:
    assert cut(ladder(), HOME, (390, 90)) is None


@pytest.mark.parametrize(
    ("tags", "barrier"), [({}, "railway"), ({"bridge": "yes"}, None), ({"bridge": "no"}, "railway")]
)
def test_a_railway_is_passed_above_or_below(tags: dict[str, str], barrier: str | None) -> None:
    layers = {"railway": rail(500)}
    ways = street(0, 400, 600, 1000, **tags)
    assert cut(ways, (100, 5), (900, 5), layers=layers) == barrier


@pytest.mark.parametrize("home", [420, 499, 501, 580])
def test_a_home_on_the_edge_over_the_railway_is_on_one_of_its_sides(home: float) -> None:
    layers = {"railway": rail(500)}
    there = cut(street(0, 400, 600, 1000), (home, 5), (100, 5), layers=layers)
    back = cut(street(0, 400, 600, 1000), (home, 5), (900, 5), layers=layers)
    assert (there, back) == ((None, "railway") if home < 500 else ("railway", None))


def test_a_railway_at_a_junction_of_two_edges_is_a_barrier() -> None:
    layers = {"railway": rail(500)}
    assert cut(street(0, 500, 1000), (100, 5), (900, 5), layers=layers) == "railway"
    assert cut(street(0, 500, 1000), (100, 5), (400, 5), layers=layers) is None


def test_a_level_crossing_with_a_person_is_adequate() -> None:
    made = {"layers": {"railway": rail(500)}, "nodes": {(500, 0): {"supervised": "yes"}}}
    assert cut(street(0, 500, 1000), (100, 5), (900, 5), **made) is None


def test_a_railway_below_the_ground_is_no_barrier() -> None:
    layers = {"railway": rail(500, tunnel="yes")}
    assert cut(street(0, 1000), (100, 5), (900, 5), layers=layers) is None


def test_water_cuts_paths_but_streets_for_cars_have_a_bridge() -> None:
    layers = {"water": river(500)}
    assert cut([path((0, 0), (1000, 0))], (100, 0), (900, 0), layers=layers) == "water"
    assert cut([path((0, 0), (1000, 0), bridge="yes")], (100, 0), (900, 0), layers=layers) is None
    assert cut(street(0, 1000), (100, 5), (900, 5), layers=layers) is None


def test_walking_beside_a_railway_crosses_nothing() -> None:
    layers = {"railway": line((-500, 8), (1500, 8)), "water": river(5000)}
    assert cut(street(0, 1000), (100, -5), (900, -5), layers=layers) is None


def test_several_barriers_that_cut_off_only_together() -> None:
    # two ways to the east: a path through the water, a street over the railway
    ways = [
        path((0, 0), (1000, 0)),
        path((0, 0), (0, 200), (1000, 200), (1000, 0)),
    ]
    layers = {
        "water": gpd.GeoDataFrame(
            geometry=[shapely.box(*place([(490, -50)])[0], *place([(510, 50)])[0])], crs=CRS
        ),
        "railway": line((500, 150), (500, 250)),
    }
    assert cut(ways, (100, 0), (900, 0), layers=layers) == "several"
    assert cut(ways, (100, 0), (900, 0), layers={"water": layers["water"]}) is None


def test_a_layer_that_is_missing_is_said() -> None:
    found = barriers(scene_of(ladder(), layers={"water": river(5000)}))
    assert [(f.code, f.detail) for f in found.findings] == [
        ("SEVERANCE_UNKNOWN", {"layer": "railway"})
    ]
    assert set(found.each) == {"arterial", "water"}
