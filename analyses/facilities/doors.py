"""Where does one enter a facility?

Rules in order, per facility; the first that finds something holds and is kept (column `rule`).  An
open ground (a park) without given gates is entered wherever one of the others finds something, so
that one more mapped path takes no entrance away; where it is fenced, no way from its boundary to a
street crosses the fence (`geo.walk.join`).

``gate``      gates that were given: by the facility's id, or near its boundary
``mapped``    entrances and gates on a map, on or near the boundary
``boundary``  where streets cross the boundary, or end in front of it
``virtual``   points along the boundary, where a street is near if one is near at all
``point``     the facility is a point and is its own entrance

Numbers stand in ``data/rules/entrances.toml``.  An area keeps its shape; only outer rings count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.arrays import MM_PER_M
from geo.bundled import load_toml
from geo.crs import check_metric
from geo.findings import Finding, InputRefused
from geo.walk import WalkNetwork

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray
    from shapely import STRtree
    from shapely.geometry import LineString

    from geo.arrays import Flags, Floats, Ints, Objects


_POINTS = (0, 4)
_POINT, _LINE, _MULTIPOINT = 0, 1, 4


def entrances(
    facilities: gpd.GeoDataFrame,
    network_or_lines: WalkNetwork | Iterable[LineString],
    *,
    gates: gpd.GeoDataFrame | None = None,
    mapped: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Return the entrances of each facility, and by which rule they were found.

    Parameters
    ----------
    facilities
        Column `facility_id` (unique); points or polygons in a CRS in metres.
    network_or_lines
        The walking network, or its streets as LineStrings in the same CRS.
    gates
        Given gates (points, same CRS): with the `facility_id` of the place, or without it, then
        they belong to the areas whose boundary is within ``gate_m``.
    mapped
        Entrances from a map (points, same CRS), see `mapped_entrances`.

    Returns
    -------
    GeoDataFrame
        ``facility_id, rule, geometry`` (points), at least one row for each facility, in the order
        of the facilities, then from west to east and south to north.

    Raises
    ------
    InputRefused
        ``CITY_COLUMNS`` without `facility_id`, ``CRS_NOT_METRIC`` or ``CRS_DIFFERENT``.

    Examples
    --------
    A school without a known gate is entered from the nearest street:

    >>> import geopandas as gpd, shapely, yimi
    >>> street = shapely.LineString([(0, 0), (100, 0)])
    >>> own = {"facility_id": ["s"]}
    >>> school = gpd.GeoDataFrame(own, geometry=[shapely.Point(50, 30)], crs=4548)
    >>> yimi.entrances(school, [street])[["facility_id", "rule"]].values.tolist()
    [['s', 'point']]
    >>> gate = gpd.GeoDataFrame(own, geometry=[shapely.Point(40, 10)], crs=4548)
    >>> yimi.entrances(school, [street], gates=gate).geometry.iloc[0].wkt
    'POINT (40 10)'
    """
    if "facility_id" not in facilities:
        detail = {"columns": "facility_id", "door": "yimi.facilities"}
        raise InputRefused(Finding("CITY_COLUMNS", "facilities", detail=detail))
    check_metric(str(facilities.crs), file="facilities")
    for name, other in (("gates", gates), ("mapped", mapped)):
        if other is not None and other.crs != facilities.crs:
            detail = {"zones": str(facilities.crs), "other": str(other.crs)}
            raise InputRefused(Finding("CRS_DIFFERENT", name, detail=detail))
    numbers = _numbers()
    geometry = facilities.geometry.to_numpy()
    is_point = np.isin(shapely.get_type_id(geometry), _POINTS)
    areas = np.flatnonzero(~is_point)
    outline = _outlines(geometry[areas])
    streets = _streets(network_or_lines)
    ground = _open_grounds(facilities) & ~is_point
    open_ = np.ones(len(facilities), dtype=bool)
    found: list[tuple[Ints, Objects, str]] = []

    def keep(owner: Ints, points: Objects, rule: str) -> None:
        """Take the points of those facilities that have none yet."""
        wanted = open_[owner]
        found.append((owner[wanted], points[wanted], rule))
        open_[owner] = ground[owner] & (rule != "gate")

    if gates is not None:
        keep(
            *_given_gates(facilities, gates, areas, outline=outline, limit_m=numbers["gate_m"]),
            "gate",
        )
    if mapped is not None:
        at_map = _points(mapped)
        keep(*_near(at_map, areas, outline, limit_m=numbers["mapped_m"]), "mapped")
    keep(*_crossings(areas, outline, streets), "boundary")
    keep(*_dead_ends(areas, outline, streets, limit_m=numbers["street_m"]), "boundary")
    left = open_[areas]
    near = np.where(ground[areas], np.inf, numbers["street_m"])[left]
    keep(*_along(areas[left], outline[left], streets, limit_m=near), "virtual")
    points, owner = shapely.get_parts(geometry[is_point], return_index=True)
    keep(np.flatnonzero(is_point)[owner], points, "point")
    return _frame(facilities, found)


def mapped_entrances(features: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return those of mapped gates and entrances that children may use.

    Parameters
    ----------
    features
        Gates and entrances of a map, with the column `tags` (a dict each).

    Returns
    -------
    GeoDataFrame
        The points among them, without private, service and emergency ones (``mapped_tags`` of the
        rules); index and CRS of `features`.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> tags = [{"entrance": "main"}, {"entrance": "emergency"}]
    >>> points = shapely.points([(0, 0), (1, 1)])
    >>> places = gpd.GeoDataFrame({"tags": tags}, geometry=points, crs=4548)
    >>> mapped_entrances(places).index.tolist()
    [0]
    """
    excluded: Mapping[str, list[str]] = load_toml("rules/entrances.toml")["mapped_tags"]["exclude"]
    usable = [
        not any(tags.get(key) in values for key, values in excluded.items())
        for tags in features["tags"]
    ]
    points = features[np.array(usable, dtype=bool)]
    return points[points.geom_type == "Point"]


def gate_findings(facilities: gpd.GeoDataFrame, gates: gpd.GeoDataFrame) -> tuple[Finding, ...]:
    """Say which given gates belong to no facility: an unknown id, or none and no boundary near.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> school = gpd.GeoDataFrame({"facility_id": ["s"]}, geometry=[shapely.Point(0, 0)], crs=4548)
    >>> gate = gpd.GeoDataFrame({"facility_id": ["x"]}, geometry=[shapely.Point(1, 1)], crs=4548)
    >>> [finding.code for finding in gate_findings(school, gate)]
    ['GATE_UNMATCHED']
    """
    limit_m = _numbers()["gate_m"]
    geometry = facilities.geometry.to_numpy()
    areas = np.flatnonzero(~np.isin(shapely.get_type_id(geometry), _POINTS))
    ids = _owner_ids(gates)
    known = np.isin(ids, facilities["facility_id"].to_numpy(dtype=str))
    bare = np.flatnonzero(ids == "")
    used, _ = _close(_points(gates)[bare], _outlines(geometry[areas]), limit_m=limit_m)
    matched = known.copy()
    matched[bare[used]] = True
    if matched.all():
        return ()
    names = [str(row) for row in gates.index[~matched]]
    detail = {"count": len(names), "ids": ", ".join(names), "limit_m": f"{limit_m:g}"}
    return (Finding("GATE_UNMATCHED", "gates", detail=detail),)


def _given_gates(
    facilities: gpd.GeoDataFrame,
    gates: gpd.GeoDataFrame,
    areas: Ints,
    *,
    outline: Objects,
    limit_m: float,
) -> tuple[Ints, Objects]:
    """Return the position of the facility of each given gate, and the gate."""
    ids = _owner_ids(gates)
    points = _points(gates)
    position = pd.Index(facilities["facility_id"].astype(str)).get_indexer(pd.Index(ids))
    named = position >= 0
    owner, near = _near(points[ids == ""], areas, outline, limit_m=limit_m)
    return np.concatenate([position[named], owner]), np.concatenate([points[named], near])


def _near(
    points: Objects, areas: Ints, outline: Objects, *, limit_m: float
) -> tuple[Ints, Objects]:
    """Return points near outlines, with the facility of the nearest and of any tied with it."""
    point, at = _close(points, outline, limit_m=limit_m)
    return areas[at], points[point]


def _close(points: Objects, outline: Objects, *, limit_m: float) -> tuple[Ints, Ints]:
    """Pair each point with its nearest outline within the limit, and those tied with it."""
    point, at = shapely.STRtree(outline).query(points, predicate="dwithin", distance=limit_m)
    distance = shapely.distance(points[point], outline[at])
    nearest = np.full(len(points), np.inf)
    np.minimum.at(nearest, point, distance)
    tied = distance <= nearest[point] + _numbers()["tie_m"]
    return point[tied], at[tied]


def _crossings(areas: Ints, outline: Objects, streets: STRtree) -> tuple[Ints, Objects]:
    """Return where streets cross or touch outlines; along a common stretch, points in steps."""
    at, line = streets.query(outline, predicate="intersects")
    lines: Objects = streets.geometries[line]
    parts, of = shapely.get_parts(shapely.intersection(lines, outline[at]), return_index=True)
    at = at[of]
    kind = shapely.get_type_id(parts)
    points = kind == _POINT
    stretch = kind == _LINE
    steps, of_stretch = _steps(parts[stretch])
    owner = np.concatenate([areas[at[points]], areas[at[stretch]][of_stretch]])
    return owner, np.concatenate([parts[points], steps])


def _dead_ends(
    areas: Ints, outline: Objects, streets: STRtree, *, limit_m: float
) -> tuple[Ints, Objects]:
    """Return the places on outlines in front of which a street ends."""
    lines = streets.geometries[~shapely.is_closed(streets.geometries)]
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    end, at = _close(ends, outline, limit_m=limit_m)
    near, which = np.unique(end, return_inverse=True)
    touching, _ = streets.query(ends[near], predicate="dwithin", distance=1 / MM_PER_M)
    dead = np.bincount(touching, minlength=len(near))[which] == 1  # no other street goes on
    end, at = end[dead], at[dead]
    leg = shapely.shortest_line(outline[at], ends[end])
    return areas[at], np.asarray(shapely.get_point(leg, 0), dtype=object)


def _along(
    areas: Ints, outline: Objects, streets: STRtree, *, limit_m: Floats
) -> tuple[Ints, Objects]:
    """Return points in even steps along outlines, those near a street where there are such.

    `limit_m` says of each outline what is near; inf: all points are kept.
    """
    rings, of = shapely.get_parts(outline, return_index=True)
    steps, of_ring = _steps(rings)
    at = of[of_ring]
    near = np.isinf(limit_m[at])
    asked = np.flatnonzero(~near)
    step, _ = streets.query(steps[asked], predicate="dwithin", distance=limit_m[at[asked]])
    near[asked[step]] = True
    some = np.zeros(len(outline), dtype=bool)
    some[at[near]] = True
    wanted = near | ~some[at]
    return areas[at[wanted]], steps[wanted]


def _steps(lines: Objects) -> tuple[Objects, Ints]:
    """Cut lines into equal steps not longer than ``spacing_m``; points, and the line of each.

    A ring has as many points as steps, an open line one more.
    """
    length = shapely.length(lines)
    steps = np.maximum(np.ceil(length / _numbers()["spacing_m"]).astype(np.int64), 1)
    count = steps + ~shapely.is_closed(lines)
    of = np.repeat(np.arange(len(lines)), count)
    number = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count)
    points = shapely.line_interpolate_point(lines[of], number * (length / steps)[of])
    return np.asarray(points, dtype=object), of


def _open_grounds(facilities: gpd.GeoDataFrame) -> Flags:
    """Say which facilities are entered from all sides; of an unknown kind none is."""
    if "kind" not in facilities:
        return np.zeros(len(facilities), dtype=bool)
    closed = load_toml("rules/links.toml")["obstacle"]["grounds"]["kinds"]
    open_ground: Flags = ~facilities["kind"].isin(closed).to_numpy(dtype=bool)
    return open_ground


def _outlines(shapes: Objects) -> Objects:
    """Return the outer rings of areas, one (multi)line each, from a canonical start."""
    parts, of = shapely.get_parts(shapely.normalize(shapes), return_index=True)
    rings = shapely.get_exterior_ring(parts)
    rings = np.where(shapely.is_missing(rings), parts, rings)
    lines: Any = shapely.multilinestrings(rings, indices=of)
    return np.asarray(lines, dtype=object)


def _streets(network_or_lines: WalkNetwork | Iterable[LineString]) -> STRtree:
    """Return the search tree of the streets."""
    if isinstance(network_or_lines, WalkNetwork):
        return network_or_lines.tree
    return shapely.STRtree(np.array(list(network_or_lines), dtype=object))


def _points(frame: gpd.GeoDataFrame) -> Objects:
    return np.asarray(shapely.point_on_surface(frame.geometry.to_numpy()), dtype=object)


def _owner_ids(gates: gpd.GeoDataFrame) -> NDArray[Any]:
    """Return the facility ids that gates carry, "" where none."""
    if "facility_id" not in gates:
        return np.full(len(gates), "", dtype=str)
    return np.array(
        ["" if pd.isna(cell) else str(cell).strip() for cell in gates["facility_id"]], dtype=str
    )


def _frame(
    facilities: gpd.GeoDataFrame, found: list[tuple[Ints, Objects, str]]
) -> gpd.GeoDataFrame:
    """Return the entrances in order, each place of a facility once (to the millimetre)."""
    owner = np.concatenate([o for o, _, _ in found])
    points = np.concatenate([p for _, p, _ in found])
    rules = np.concatenate([np.full(len(o), rule, dtype=object) for o, _, rule in found])
    xy = shapely.get_coordinates(points)
    place = np.column_stack([owner, np.rint(xy * MM_PER_M).astype(np.int64)])
    _, once = np.unique(place, axis=0, return_index=True)
    return gpd.GeoDataFrame(
        {
            "facility_id": facilities["facility_id"].to_numpy()[owner[once]],
            "rule": rules[once],
        },
        geometry=points[once],
        crs=facilities.crs,
    )


def _numbers() -> dict[str, float]:
    """Return the numbers of ``data/rules/entrances.toml``."""
    rows = load_toml("rules/entrances.toml")
    return {name: float(row["value"]) for name, row in rows.items() if "value" in row}
