"""Which facilities lie near which demand points, and how far is it: straight and by street?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.arrays import MM_PER_M
from geo.walk import nearest, pairs_within

if TYPE_CHECKING:
    from analyses.city import City
    from geo.arrays import Floats, Ints, Objects
    from geo.walk import Snapped

    Straight = tuple[Ints, Ints, Floats]

NOT_SNAPPED, WALLED, NO_FACILITY, FACILITY_NOT_SNAPPED, UNREACHABLE = (
    "demand_not_snapped",
    "demand_walled",
    "no_facility",
    "facility_not_snapped",
    "unreachable",
)
KNOWN_GATES = ("gate", "mapped")
"""Rules of `analyses.facilities.entrances` by which gates are known, not assumed."""
_SLACK_M = 0.001
_NONE: Ints = np.zeros(0, dtype=np.int64)


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
    """Pairs of facility and demand point as the crow flies, with their ways (inf: beyond).

    Examples
    --------
    >>> import numpy as np, yimi
    >>> city = yimi.load(yimi.demo).city
    >>> near = near_pairs(city, np.array([0]), np.arange(len(city.demand)), limit_mm=500_000)
    >>> isinstance(near, Near), bool((near.straight_m <= near.walk_m + 0.01).all())
    (True, True)
    """

    facility: Ints
    target: Ints
    straight_m: Floats
    network_m: Floats
    walk_m: Floats


def nearest_facility(city: City, rows: Ints) -> Nearest:
    """Find the shortest way from each demand point to one of the facilities (one search).

    Examples
    --------
    >>> import numpy as np, yimi
    >>> city = yimi.load(yimi.demo).city
    >>> near = nearest_facility(city, np.array([3, 8]))
    >>> len(near.facility) == len(city.demand), set(near.facility.tolist()) <= {-1, 3, 8}
    (True, True)
    """
    snapped = city.on_streets
    count = len(snapped.demand)
    sources, of = snapped.entrances_of(rows)
    found = nearest(snapped.network, sources, snapped.demand, source_legs=True)
    here = found.source >= 0
    facility = np.full(count, -1, dtype=np.int64)
    facility[here] = of[found.source[here]]
    walk_m = np.where(here, found.distance_m + _legs_m(snapped.demand), np.inf)
    reason = np.full(count, "", dtype=object)
    reason[~here] = UNREACHABLE
    reason[snapped.demand.edge < 0] = NOT_SNAPPED
    reason[snapped.demand.walled] = WALLED
    if not (sources.edge >= 0).any():
        reason[:] = FACILITY_NOT_SNAPPED if len(rows) else NO_FACILITY
    return Nearest(facility, walk_m, reason)


def near_pairs(city: City, rows: Ints, targets: Ints, *, limit_mm: int) -> Near:
    """List facilities and demand points within a limit of each other, with all three distances.

    Parameters
    ----------
    city
        Facilities and demand points.
    rows, targets
        Rows of those concerned.
    limit_mm
        Longest limit of the rules that will ask.

    Examples
    --------
    >>> import numpy as np, yimi
    >>> city = yimi.load(yimi.demo).city
    >>> near = near_pairs(city, np.array([0]), np.arange(len(city.demand)), limit_mm=500_000)
    >>> set(near.facility.tolist()), bool((near.straight_m <= 500).all())
    ({0}, True)
    """
    limit_m = limit_mm / MM_PER_M
    facility, target, straight_m = _straight_pairs(city, rows, targets, limit_m=limit_m)
    snapped = city.on_streets
    count = len(snapped.demand)
    key = facility * count + target
    entrances, of = snapped.entrances_of(rows)
    ways = []
    for legs in (False, True):
        pairs = pairs_within(
            snapped.network,
            entrances,
            of,
            snapped.demand.take(targets),
            limit_m=limit_m,
            legs=legs,
        )
        way_m = np.full(len(key), np.inf)
        wanted = pairs.group * count + targets[pairs.target]
        at = np.minimum(np.searchsorted(key, wanted), max(len(key) - 1, 0))
        same = key[at] == wanted if len(key) else np.zeros(len(wanted), dtype=bool)
        way_m[at[same]] = pairs.distance_m[same]
        ways.append(way_m)
    return Near(facility, target, straight_m, *ways)


def _legs_m(demand: Snapped) -> Floats:
    """Return the access legs of the demand points; 0 where they are not on a street at all."""
    return np.where(demand.edge >= 0, demand.access_m, 0.0)


def _straight_pairs(city: City, rows: Ints, targets: Ints, *, limit_m: float) -> Straight:
    """List facilities and demand points within a straight distance, points and areas apart.

    What has known gates is as near as the nearest of them, wherever its own point lies.
    """
    shapes = np.asarray(city.facilities.geometry.array)[rows]
    is_point = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    found = [
        _point_pairs(city, (shapes[is_point], rows[is_point]), targets, limit_m=limit_m),
        _point_pairs(city, _gates(city, rows), targets, limit_m=limit_m),
        _area_pairs(city, rows[~is_point], targets, limit_m=limit_m),
    ]
    facility, target, straight_m = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.lexsort((straight_m, target, facility))
    pair = facility[order] * len(city.demand) + target[order]
    nearest_first = order[np.unique(pair, return_index=True)[1]]
    return facility[nearest_first], target[nearest_first], straight_m[nearest_first]


def _gates(city: City, rows: Ints) -> tuple[Objects, Ints]:
    """Return the known gates of some facilities, and the row of each one's facility."""
    of = city.on_streets.facility
    known = city.entrances["rule"].isin(KNOWN_GATES).to_numpy(dtype=bool) & np.isin(of, rows)
    return np.asarray(city.entrances.geometry.array, dtype=object)[known], of[known]


def _point_pairs(
    city: City, places: tuple[Objects, Ints], targets: Ints, *, limit_m: float
) -> Straight:
    from scipy.spatial import KDTree  # noqa: PLC0415  (loads the whole of scipy.spatial)

    points, rows = places
    if not (len(rows) and len(targets)):
        return _NONE, _NONE, np.zeros(0)
    centres = KDTree(shapely.get_coordinates(points))
    pairs = centres.sparse_distance_matrix(
        KDTree(city.demand_xy[targets]), limit_m + _SLACK_M, output_type="ndarray"
    )
    return rows[pairs["i"]], targets[pairs["j"]], pairs["v"]


def _area_pairs(city: City, rows: Ints, targets: Ints, *, limit_m: float) -> Straight:
    if not (len(rows) and len(targets)):
        return _NONE, _NONE, np.zeros(0)
    homes = np.asarray(city.demand.geometry.array)[targets]
    shapes = np.asarray(city.facilities.geometry.array)[rows]
    row, target = shapely.STRtree(homes).query(
        shapes, predicate="dwithin", distance=limit_m + _SLACK_M
    )
    straight_m: Floats = np.asarray(shapely.distance(shapes[row], homes[target]))
    return rows[row], targets[target], straight_m
