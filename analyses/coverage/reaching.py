"""Who is within reach of what, straight from frames: no study, no rule, no files?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from analyses.facilities import entrances
from analyses.rules import within
from geo.arrays import MM_PER_M
from geo.bundled import load_toml
from geo.crs import project
from geo.findings import Finding, InputRefused
from geo.walk import WalkNetwork, nearest, snap, streets

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import networkx as nx

    from geo.arrays import Flags, Floats, Objects


def reach(
    homes: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    *,
    graph: WalkNetwork | nx.Graph[Any] | gpd.GeoDataFrame | str | Path,
    within_m: float,
    snap_max_m: float | None = None,
) -> pd.DataFrame:
    """Find the nearest place of each home on foot, and whether it is within a distance.

    Parameters
    ----------
    homes, places
        Points or polygons in any CRS, each with its own.  Homes are reached at a point inside;
        places at their entrances as `analyses.facilities.entrances` finds them.
    graph
        The streets: a network, or whatever `geo.walk.streets` takes (a graph of OSMnx, GraphML, a
        road layer, an OSM file).
    within_m
        Metres on foot, door to door (``<=``).
    snap_max_m
        Homes and entrances farther than this from every street are not joined to it; default:
        ``data/study_defaults.toml``.

    Returns
    -------
    DataFrame
        Index of `homes`: ``covered`` (bool), ``walk_m`` (door to door: the leg to the street, the
        streets, the leg to the entrance; inf = not to be reached), ``straight_m``, ``nearest``
        (label of the place's row, None where there is none), ``reason`` (``""``,
        ``home_not_joined``, ``no_way``, ``too_far``).

    Raises
    ------
    InputRefused
        ``FRAME_NO_CRS``, or what is wrong with the streets.

    Examples
    --------
    One street of 1,000 m; a school at its end, 5 m beside it; homes 10 m beside it, 100 and 600 m
    away from the school along the street:

    >>> import geopandas as gpd
    >>> roads = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (1000, 0)])], crs=32650)
    >>> roads = roads.translate(500000, 4200000).to_frame("geometry")
    >>> schools = gpd.GeoDataFrame(geometry=[shapely.Point(501000, 4200005)], crs=32650)
    >>> spots = [shapely.Point(500900, 4200010), shapely.Point(500400, 4200010)]
    >>> homes = gpd.GeoDataFrame(geometry=spots, index=["a", "b"], crs=32650)
    >>> near = reach(homes, schools, graph=streets(roads, crs="EPSG:32650"), within_m=500)
    >>> near["walk_m"].round(1).tolist(), near["covered"].tolist(), near["reason"].tolist()
    ([115.0, 615.0], [True, False], ['', 'too_far'])
    """
    missing = [n for n, f in (("homes", homes), ("places", places)) if f.crs is None]
    if missing:
        raise InputRefused(*(Finding("FRAME_NO_CRS", name) for name in missing))
    network = graph if isinstance(graph, WalkNetwork) else streets(graph)
    max_m = _usual_snap_m() if snap_max_m is None else snap_max_m
    here = project(homes, network.crs).geometry.to_numpy()
    there = project(places, network.crs)
    doors = entrances(
        there[["geometry"]].assign(facility_id=np.arange(len(there))).reset_index(drop=True),
        network,
    )
    home_at = snap(network, _xy(here), max_m=max_m)
    door_at = snap(network, _xy(doors.geometry.to_numpy()), max_m=max_m)
    way = nearest(network, door_at, home_at, source_legs=True)
    walk_m = way.distance_m + home_at.access_m
    covered = within(walk_m, within_m * MM_PER_M)
    owner = doors["facility_id"].to_numpy(dtype=np.int64)
    label = np.array([*places.index, None], dtype=object)  # row -1: none
    row = np.where(way.source >= 0, owner[way.source], len(places)) if len(doors) else -1
    return pd.DataFrame(
        {
            "covered": covered,
            "walk_m": walk_m,
            "straight_m": _straight_m(here, there.geometry.to_numpy()),
            "nearest": label[np.broadcast_to(row, len(here))],
            "reason": _reasons(home_at.edge >= 0, np.isfinite(walk_m), covered),
        },
        index=homes.index,
    )


def _reasons(joined: Flags, reached: Flags, covered: Flags) -> Objects:
    """Say why a home is not covered."""
    cases = [covered, ~joined, ~reached]
    reasons: Objects = np.select(cases, ["", "home_not_joined", "no_way"], default="too_far")
    return reasons.astype(object)


def _straight_m(homes: Objects, places: Objects) -> Floats:
    """Return each home's distance from the nearest place, inf where there is none."""
    metres = np.full(len(homes), np.inf)
    if len(places):
        points = shapely.point_on_surface(homes)
        (row, _), distance_m = shapely.STRtree(places).query_nearest(points, return_distance=True)
        metres[row] = distance_m
    return metres


def _xy(shapes: Objects) -> Floats:
    """Return a point inside each shape, (n, 2) metres; NaN where there is no shape."""
    points = shapely.point_on_surface(shapes)
    return np.column_stack([shapely.get_x(points), shapely.get_y(points)])


def _usual_snap_m() -> float:
    usual: float = load_toml("study_defaults.toml")["streets"]["snap_max_m"]["default"]
    return usual
