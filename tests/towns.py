"""Facilities, homes, communities and rules for the worlds of `worlds`: what coverage needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from worlds import CRS, place

from analyses.city import City
from analyses.coverage.analysis import coverage
from analyses.rules.catalogue import own_rule
from analyses.rules.people import age_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyses.result import Result
    from analyses.rules.catalogue import Rule
    from geo.walk.network import WalkNetwork

    Points = Sequence[tuple[float, float]]

GROUPS = tuple(age_groups())


def facilities_at(
    points: Points, *, kind: str = "kindergarten", **columns: Any
) -> gpd.GeoDataFrame:
    """Return facilities F0, F1 ... of one kind."""
    return facilities_of(list(shapely.points(place(points))), kind=kind, **columns)


def facilities_of(shapes: Sequence[Any], *, kind: str, **columns: Any) -> gpd.GeoDataFrame:
    """Return facilities F0, F1 ... with given shapes (in the CRS)."""
    ids = [f"F{i}" for i in range(len(shapes))]
    data = {"facility_id": ids, "name": ids, "kind": kind, "source": "test", **columns}
    return gpd.GeoDataFrame(data, geometry=list(shapes), crs=CRS)


def doors_of(facilities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one entrance a facility, at its own point or at the middle of its area."""
    inner = shapely.centroid(np.asarray(facilities.geometry.array))
    data = {"facility_id": facilities["facility_id"].to_numpy(), "rule": "point"}
    return gpd.GeoDataFrame(data, geometry=inner, crs=facilities.crs)


def homes_at(
    points: Points, *, children: Sequence[float] | float = 1.0, **columns: Any
) -> gpd.GeoDataFrame:
    """Return demand points with the same number of children in every age group."""
    data: dict[str, Any] = {
        "area_id": "A", "town": "T", "settlement": "urban",
        **dict.fromkeys(GROUPS, np.broadcast_to(np.asarray(children, float), len(points))),
        "dwellings": 1.0, "residential_m2": 100.0, "method": "given", **columns,
    }  # fmt: skip
    return gpd.GeoDataFrame(data, geometry=shapely.points(place(points)), crs=CRS)


def squares(ids: Sequence[str], *, side_m: float = 10_000.0, **columns: Any) -> gpd.GeoDataFrame:
    """Return communities: squares from (-50, -50) on, one east of the other."""
    boxes = [
        shapely.box(i * side_m - 50, -50, (i + 1) * side_m - 50, side_m) for i in range(len(ids))
    ]
    moved = [shapely.transform(b, place) for b in boxes]
    data = {"area_id": list(ids), "name": list(ids), "town": "T", "settlement": "urban", **columns}
    return gpd.GeoDataFrame(data, geometry=moved, crs=CRS)


def city(
    network: WalkNetwork, facilities: gpd.GeoDataFrame, homes: gpd.GeoDataFrame, **options: Any
) -> City:
    """Make a city; entrances and communities are filled in."""
    entrances = options.pop("entrances", None)
    return City(
        network,
        facilities,
        homes,
        options.pop("communities", squares(["A"])),
        entrances=doors_of(facilities) if entrances is None else entrances,
        **{"snap_max_m": 500.0, **options},
    )


def cover(
    network: WalkNetwork, facilities: gpd.GeoDataFrame, homes: gpd.GeoDataFrame, **options: Any
) -> Result:
    """Work out coverage, with what a test leaves out filled in."""
    rules: Sequence[Rule] = options.pop("rules", [own_rule("kindergarten", metres=500)])
    speed = options.pop("walking_speed_m_s", None)
    made = city(network, facilities, homes, **options)
    return coverage(made, rules, walking_speed_m_s=speed)


def share(result: Result, measure: str = "walk") -> float:
    """Return the share of children covered under the first rule."""
    return float(result.tables["total"][f"share_{measure}"].iloc[0])
