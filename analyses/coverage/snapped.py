"""Which facilities lie near which demand points, and how far is it: straight and by street?

Facilities and demand are put on the streets once; all searches start from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geo.arrays import MM_PER_M
from geo.walk import Snapped, nearest, pairs_within, snap

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from geo.arrays import Floats, Ints, Objects
    from geo.walk import WalkNetwork

    Straight = tuple[Ints, Ints, Floats]

NOT_SNAPPED, NO_FACILITY, FACILITY_NOT_SNAPPED, UNREACHABLE = (
    "demand_not_snapped",
    "no_facility",
    "facility_not_snapped",
    "unreachable",
)
_SLACK_M = 0.001
_NONE: Ints = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Places:
    """Facilities and demand points on the streets.

    Attributes
    ----------
    network
        The streets.
    shapes, facility_id
        Of each facility: its point or area, and its id.
    entrances, facility_of
        Each entrance on the streets, and the row of its facility.
    homes, points, demand
        Demand points: drawn, as x and y, and on the streets.
    """

    network: WalkNetwork
    shapes: NDArray[np.object_]
    facility_id: Objects
    entrances: Snapped
    facility_of: Ints
    homes: NDArray[np.object_]
    points: Floats
    demand: Snapped


@dataclass(frozen=True, eq=False)
class Nearest:
    """The facility with the shortest way from each demand point, among one set of facilities.

    Attributes
    ----------
    facility
        Row of the facility, -1 where there is none.
    walk_m
        From door to gate, inf where none can be reached.
    reason
        Why there is none, "" where there is one.
    """

    facility: Ints
    walk_m: Floats
    reason: Objects


@dataclass(frozen=True, eq=False)
class Near:
    """Pairs of facility and demand point as the crow flies, with their ways (inf: beyond)."""

    facility: Ints
    target: Ints
    straight_m: Floats
    network_m: Floats
    walk_m: Floats


def place_all(
    network: WalkNetwork,
    facilities: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    *,
    entrances: gpd.GeoDataFrame,
    snap_max_m: float,
) -> Places:
    """Put the entrances and the demand points on the streets."""
    row_of = pd.Series(np.arange(len(facilities)), index=facilities["facility_id"])
    known = entrances[entrances["facility_id"].isin(row_of.index)]
    doors = shapely.get_coordinates(np.asarray(known.geometry.array))
    homes = np.asarray(demand.geometry.array)
    points = shapely.get_coordinates(homes)
    return Places(
        network=network,
        shapes=np.asarray(facilities.geometry.array),
        facility_id=facilities["facility_id"].to_numpy(dtype=object),
        entrances=snap(network, doors, max_m=snap_max_m),
        facility_of=row_of.loc[known["facility_id"]].to_numpy(dtype=np.int64),
        homes=homes,
        points=points,
        demand=snap(network, points, max_m=snap_max_m),
    )


def nearest_facility(places: Places, rows: Ints) -> Nearest:
    """Find the shortest way from each demand point to one of the facilities (one search)."""
    count = len(places.points)
    doors = np.flatnonzero(np.isin(places.facility_of, rows))
    sources = taken(places.entrances, doors)
    found = nearest(places.network, sources, places.demand, source_legs=True)
    here = found.source >= 0
    facility = np.full(count, -1, dtype=np.int64)
    facility[here] = places.facility_of[doors[found.source[here]]]
    walk_m = np.where(here, found.distance_m + _legs_m(places.demand), np.inf)
    reason = np.full(count, "", dtype=object)
    reason[~here] = UNREACHABLE
    reason[places.demand.edge < 0] = NOT_SNAPPED
    if not (sources.edge >= 0).any():
        reason[:] = FACILITY_NOT_SNAPPED if len(rows) else NO_FACILITY
    return Nearest(facility, walk_m, reason)


def near_pairs(places: Places, rows: Ints, targets: Ints, *, limit_mm: int) -> Near:
    """List facilities and demand points within a limit of each other, with all three distances.

    Parameters
    ----------
    places
        From `place_all`.
    rows, targets
        Facilities and demand points concerned.
    limit_mm
        Longest limit of the rules that will ask.
    """
    limit_m = limit_mm / MM_PER_M
    facility, target, straight_m = _straight_pairs(places, rows, targets, limit_m=limit_m)
    count = len(places.points)
    key = facility * count + target
    order = np.argsort(key, kind="stable")
    key = key[order]
    doors = np.flatnonzero(np.isin(places.facility_of, rows))
    ways = []
    for legs in (False, True):
        pairs = pairs_within(
            places.network,
            taken(places.entrances, doors),
            places.facility_of[doors],
            taken(places.demand, targets),
            limit_m=limit_m,
            legs=legs,
        )
        way_m = np.full(len(key), np.inf)
        wanted = pairs.group * count + targets[pairs.target]
        at = np.minimum(np.searchsorted(key, wanted), max(len(key) - 1, 0))
        # A way to a gate may be short where the facility's own point is beyond the radius.
        same = key[at] == wanted if len(key) else np.zeros(len(wanted), dtype=bool)
        way_m[at[same]] = pairs.distance_m[same]
        ways.append(way_m)
    return Near(facility[order], target[order], straight_m[order], *ways)


def taken(places: Snapped, rows: Ints) -> Snapped:
    """Return some of the places."""
    return Snapped(
        edge=places.edge[rows],
        offset_mm=places.offset_mm[rows],
        access_m=places.access_m[rows],
        xy=places.xy[rows],
    )


def _legs_m(demand: Snapped) -> Floats:
    """Return the access legs of the demand points; 0 where they are not on a street at all."""
    return np.where(demand.edge >= 0, demand.access_m, 0.0)


def _straight_pairs(places: Places, rows: Ints, targets: Ints, *, limit_m: float) -> Straight:
    """List facilities and demand points within a straight distance, points and areas apart."""
    is_point = shapely.get_type_id(places.shapes[rows]) == shapely.GeometryType.POINT
    found = [
        _point_pairs(places, rows[is_point], targets, limit_m=limit_m),
        _area_pairs(places, rows[~is_point], targets, limit_m=limit_m),
    ]
    return (
        np.concatenate([facility for facility, _, _ in found]),
        np.concatenate([target for _, target, _ in found]),
        np.concatenate([straight_m for _, _, straight_m in found]),
    )


def _point_pairs(places: Places, rows: Ints, targets: Ints, *, limit_m: float) -> Straight:
    from scipy.spatial import KDTree  # noqa: PLC0415  (loads the whole of scipy.spatial)

    if not (len(rows) and len(targets)):
        return _NONE, _NONE, np.zeros(0)
    centres = KDTree(shapely.get_coordinates(places.shapes[rows]))
    pairs = centres.sparse_distance_matrix(
        KDTree(places.points[targets]), limit_m + _SLACK_M, output_type="ndarray"
    )
    return rows[pairs["i"]], targets[pairs["j"]], pairs["v"]


def _area_pairs(places: Places, rows: Ints, targets: Ints, *, limit_m: float) -> Straight:
    if not (len(rows) and len(targets)):
        return _NONE, _NONE, np.zeros(0)
    homes = places.homes[targets]
    shapes = places.shapes[rows]
    row, target = shapely.STRtree(homes).query(
        shapes, predicate="dwithin", distance=limit_m + _SLACK_M
    )
    straight_m: Floats = np.asarray(shapely.distance(shapes[row], homes[target]))
    return rows[row], targets[target], straight_m
