"""Small towns with schools, gates and children, and scenes whose crossings are set by hand."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from analyses.city import City
from analyses.risk.ages import Danger
from analyses.risk.edges import Risk
from analyses.rules.walkers import profiles
from analyses.streets.scene import Scene
from geo.sides.build import expand
from tests.side_worlds import path, road, town
from tests.worlds import CRS, ORIGIN, place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from analyses.rules.walkers import Profile
    from geo.walk.network import WalkNetwork
    from tests.side_worlds import Point, Way

ARTERIAL = {"highway": "primary", "name": "大路"}


def profile(name: str) -> Profile:
    return next(p for p in profiles() if p.id == name)


def frame(points: Sequence[Point], **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapely.points(place(points)), crs=CRS)


def schools(
    *points: Point, capacity: Sequence[float] | None = None, kind: str = "primary_school"
) -> gpd.GeoDataFrame:
    """Return schools S0, S1, … of one kind."""
    ids = [f"S{i}" for i in range(len(points))]
    places = np.full(len(points), np.nan) if capacity is None else np.array(capacity, dtype=float)
    return frame(
        points, facility_id=ids, name=[f"学校{i}" for i in ids], kind=kind, capacity=places
    )


def gates(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one gate where each school is."""
    columns = {"facility_id": found["facility_id"], "rule": "point"}
    return gpd.GeoDataFrame(columns, geometry=found.geometry, crs=found.crs)


def homes(points: Sequence[Point], children: Sequence[float]) -> gpd.GeoDataFrame:
    """Return homes with so many children of grades 1 to 3 each, and as many of grades 4 to 6."""
    groups = {f"age_{g}": 0.0 for g in ("0_2", "3_5", "12_14", "15_17")}
    about = {"area_id": "A", "town": "T", "settlement": "urban", "dwellings": 1.0,
             "residential_m2": 100.0, "method": "given"}  # fmt: skip
    return frame(points, age_6_11=2.0 * np.array(children, dtype=float), **groups, **about)


def city_of(
    streets: WalkNetwork,
    found: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    *,
    scene: Scene | None = None,
) -> City:
    """Return schools with a gate each, and homes, at most 50 m from the streets."""
    about = {"area_id": "A", "town": "T", "settlement": "urban"}
    whole = area("A", (-9000, -9000), (9000, 9000)).assign(**about)
    return City(
        streets, found, demand, whole, entrances=gates(found), tried_scene=scene, snap_max_m=50.0
    )


def danger(age: Profile, risk: Risk, *shut: np.ndarray) -> Danger:
    """Return what streets are to an age: `shut` as assumed, for sure and perhaps, or all alike."""
    return Danger(age, risk, shut[0], *(shut[1:] or (shut[0], shut[0])))


def area(name: str, low: Point, high: Point) -> gpd.GeoDataFrame:
    box = shapely.box(*np.add(low, ORIGIN), *np.add(high, ORIGIN))
    return gpd.GeoDataFrame({"name": [name]}, geometry=[box], crs=CRS)


def ladder(width_m: float = 400.0) -> list[Way]:
    """Two residential streets to the north and south of an arterial, 400 m apart, and between
    their far ends a street in the north and one in the south; the arterial goes on."""
    stops = (-5000.0, 0.0, width_m, width_m + 5000.0)  # its ends can be walked around
    ways = [road((a, 0), (b, 0), **ARTERIAL) for a, b in pairwise(stops)]
    for y in (100, -100):
        ways += [road((x, 0), (x, y), highway="residential") for x in (0, width_m)]
        ways.append(road((0, y), (width_m, y), highway="residential"))
    return ways


def scene_of(
    ways: Sequence[Way],
    *,
    facility: Callable[[float, float], str] = lambda _x, _y: "unmarked",
    low: str | None = None,
    high: str | None = None,
    guard: str | None = None,
    layers: Mapping[str, gpd.GeoDataFrame] | None = None,
    nodes: Mapping[Point, Mapping[str, str]] | None = None,
) -> Scene:
    """Return a scene; `facility` says what is at a crossing's place (from the world's corner),
    `low` and `high` what is there at best and at worst, where that is not known."""
    network, roads = town(ways, nodes=nodes)
    sides = expand(network, roads)
    streets = pd.DataFrame({"road_class": network.edges["highway"].replace("footway", "path")})
    names = (
        network.edges["name"] if "name" in network.edges else pd.Series(None, network.edges.index)
    )
    crossed = sides.crossings["street"].to_numpy()
    xy = shapely.get_coordinates(sides.crossings.geometry.array) - ORIGIN
    crossings = sides.crossings.assign(
        road_class=streets["road_class"].to_numpy()[crossed],
        street_name=names.to_numpy()[crossed],
        facility=[facility(x, y) for x, y in xy],
        facility_low=[low or facility(x, y) for x, y in xy],
        facility_high=[high or facility(x, y) for x, y in xy],
        guard=guard,
        lanes=4.0,
    )
    return Scene(network, sides, streets, crossings, layers or {})


def risk_of(scene: Scene, *, crossing: Mapping[str, float]) -> Risk:
    """Return 1 point per 100 m, and points of each facility; half and double are the bounds."""
    value = scene.sides.walk.edge_length_mm / 100_000
    over = scene.sides.crossing >= 0
    points = scene.crossings["facility"].map(crossing).to_numpy(dtype=float)
    value[over] = points[scene.sides.crossing[over]]
    return Risk(value, value / 2, value * 2, ~over)


def forbidden_at(scene: Scene, *facilities: str) -> np.ndarray:
    """Say which edges are crossings of an arterial with one of some facilities."""
    rows = scene.crossings["facility"].isin(facilities) & (
        scene.crossings["road_class"] == "primary"
    )
    return np.append(rows.to_numpy(), False)[scene.sides.crossing]


__all__ = ["path", "road"]
