"""Where do the totals of zones live: at which points, and how much at each?

`demand_in_zones` tries buildings, then streets, then one point in the zone; each is a door of its
own too.  Counts that come with their place (points, raster cells) are taken as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from geo.bundled import load_toml
from geo.findings import Finding, InputRefused, enumerated
from geo.people.homes import weights_of
from geo.people.rasters import demand_from_raster
from geo.people.zones import (
    Carriers,
    Demand,
    check_same_crs,
    check_values,
    checked_zones,
    combined,
    labels_of,
    methods_table,
    numbers,
    outside_findings,
    plain_carriers,
    shared_out,
    zone_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from geo.arrays import Ints, Objects


__all__ = [
    "Demand",
    "combined",
    "demand_along_streets",
    "demand_at_zones",
    "demand_from_points",
    "demand_from_raster",
    "demand_in_zones",
    "demand_on_buildings",
]


def demand_on_buildings(
    zones: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    *,
    value_columns: Sequence[str],
    name: str = "zones",
) -> Demand:
    """Share each zone's totals among its residential buildings.

    A building weighs its floor area: footprint x storeys, where those are unknown the storeys of
    like homes nearby, see `geo.people.homes.weights_of` (whose ``method`` each point carries).
    Dasymetric mapping with preserved totals: Wright (1936).

    Parameters
    ----------
    zones
        Polygons, metric CRS: ``area_id`` (unique text), the value columns (>= 0, NaN = unknown),
        and, if there are, ``town``, ``settlement``.
    buildings
        Residential buildings, same CRS: polygons or points, with ``storeys``, ``floor_area_m2``,
        ``dwellings`` and ``residential_m2`` (default: the footprint) if there are.  Without
        ``dwellings`` buildings count by their floor, the mean one as 1, and a finding says so.
    value_columns
        Columns of `zones` to be shared out.
    name
        Name of the zones' layer for the findings.

    Returns
    -------
    Demand
        A point for each building inside a zone, in the order of `buildings`.

    Raises
    ------
    InputRefused
        `ZONE_COLUMNS`, `ZONE_ID_DOUBLE`, `ZONE_VALUE`, `CRS_NOT_METRIC` or `CRS_DIFFERENT`.
    """
    zones = checked_zones(zones, value_columns, name=name)
    check_same_crs(zones, buildings, name=name)
    shapes = np.asarray(buildings.geometry.array)
    point = shapely.point_on_surface(shapes)
    zone, in_several = zone_of(point, zones)
    inside = np.flatnonzero(zone >= 0)
    weights = weights_of(buildings.iloc[inside])
    footprint_m2 = shapely.area(shapes[inside])
    own_m2 = numbers(buildings, "residential_m2")[inside]
    has_dwellings = "dwellings" in buildings and bool(buildings["dwellings"].notna().any())
    carriers = Carriers(
        zone=zone[inside],
        point=point[inside],
        weight=weights.weight,
        method=weights.method,
        dwellings=numbers(buildings, "dwellings")[inside] if has_dwellings else weights.homes,
        residential_m2=np.where(
            np.isfinite(own_m2), own_m2, np.where(footprint_m2 > 0, footprint_m2, np.nan)
        ),
    )
    demand = shared_out(zones, carriers, value_columns=value_columns)
    findings = [
        *_building_findings(weights.method, zone[inside], name=name),
        *([] if has_dwellings else [_count("DWELLINGS_ARE_BUILDINGS", name, len(inside))]),
        *_if_any("BUILDINGS_OUTSIDE_ZONES", name, int((zone < 0).sum())),
        *_if_any("ZONES_OVERLAP", name, in_several),
    ]
    return Demand(demand.points, demand.methods, demand.unplaced, tuple(findings))


def demand_along_streets(
    zones: gpd.GeoDataFrame,
    lines: gpd.GeoDataFrame,
    *,
    value_columns: Sequence[str],
    spacing_m: float,
    name: str = "zones",
) -> Demand:
    """Share each zone's totals along the streets inside it, by length (method ``street``).

    Parameters
    ----------
    zones, value_columns, name
        As for `demand_on_buildings`.
    lines
        Streets, same CRS.
    spacing_m
        A street is cut into equal parts no longer than this; each part has its point in the middle.

    Raises
    ------
    InputRefused
        As `demand_on_buildings`.

    Examples
    --------
    A street of 300 m, a third of it outside the zone: two points 100 m apart share 30 children.

    >>> import shapely
    >>> zone = shapely.box(0, -50, 200, 50)
    >>> zones = gpd.GeoDataFrame({"area_id": ["a"], "children": [30.0]}, geometry=[zone], crs=4548)
    >>> street = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (300, 0)])], crs=4548)
    >>> along = demand_along_streets(zones, street, value_columns=["children"], spacing_m=100)
    >>> along.points.geometry.x.round().tolist(), along.points["children"].tolist()
    ([50.0, 150.0], [15.0, 15.0])
    """
    zones = checked_zones(zones, value_columns, name=name)
    check_same_crs(zones, lines, name=name)
    zone, piece = _cut_lines(np.asarray(lines.geometry.array), zones)
    length_m = shapely.length(piece)
    parts = np.maximum(np.ceil(length_m / spacing_m), 1).astype(np.int64)
    number = np.arange(parts.sum()) - np.repeat(np.cumsum(parts) - parts, parts)
    share = (number + 0.5) / np.repeat(parts, parts)
    point = shapely.line_interpolate_point(np.repeat(piece, parts), share, normalized=True)
    carriers = plain_carriers(
        np.repeat(zone, parts), point, np.repeat(length_m / parts, parts), method="street"
    )
    return shared_out(zones, carriers, value_columns=value_columns)


def demand_at_zones(
    zones: gpd.GeoDataFrame, *, value_columns: Sequence[str], name: str = "zones"
) -> Demand:
    """Put each zone's totals on one point inside it (method ``zone_point``)."""
    zones = checked_zones(zones, value_columns, name=name)
    point = shapely.point_on_surface(np.asarray(zones.geometry.array))
    carriers = plain_carriers(
        np.arange(len(zones)), point, np.ones(len(zones)), method="zone_point"
    )
    return shared_out(zones, carriers, value_columns=value_columns)


def demand_in_zones(
    zones: gpd.GeoDataFrame,
    *,
    value_columns: Sequence[str],
    buildings: gpd.GeoDataFrame | None = None,
    lines: gpd.GeoDataFrame | None = None,
    spacing_m: float,
    name: str = "zones",
) -> Demand:
    """Share each zone's totals among its buildings, else along its streets, else at one point.

    Parameters
    ----------
    zones, value_columns, name
        As for `demand_on_buildings`.
    buildings, lines, spacing_m
        As for `demand_on_buildings` and `demand_along_streets`; None where there are none.

    Raises
    ------
    InputRefused
        As `demand_on_buildings`, and `DEMAND_NONE` where no zone has a total above 0.

    Examples
    --------
    Two homes of 100 m2, one with two storeys: it has two thirds of the children.

    >>> import shapely
    >>> zone = gpd.GeoDataFrame(
    ...     {"area_id": ["a"], "children": [30.0]}, geometry=[shapely.box(0, 0, 99, 99)], crs=4548
    ... )
    >>> houses = [shapely.box(0, 0, 10, 10), shapely.box(50, 0, 60, 10)]
    >>> homes = gpd.GeoDataFrame({"storeys": [1.0, 2.0]}, geometry=houses, crs=4548)
    >>> whole = demand_in_zones(zone, value_columns=["children"], buildings=homes, spacing_m=100)
    >>> whole.points["children"].round(6).tolist()
    [10.0, 20.0]
    """
    zones = checked_zones(zones, value_columns, name=name)
    totals = zones[list(value_columns)].to_numpy(dtype=np.float64)
    if not np.nansum(totals) > 0:
        raise InputRefused(Finding("DEMAND_NONE", name))
    unknown = zones[list(value_columns)].isna().any(axis=1)
    parts: list[Demand] = []
    findings = [
        *_zones_named("ZONE_TOTAL_ZERO", zones.loc[(totals == 0).all(axis=1)], name=name),
        *_zones_named("ZONE_TOTAL_UNKNOWN", zones.loc[unknown], name=name),
    ]
    left = zones.loc[~(totals == 0).all(axis=1)]
    if buildings is not None and len(buildings):
        parts.append(demand_on_buildings(zones, buildings, value_columns=value_columns, name=name))
        left = zones[zones["area_id"].isin(parts[-1].unplaced)]
    if lines is not None and len(lines) and len(left):
        parts.append(
            demand_along_streets(
                left, lines, value_columns=value_columns, spacing_m=spacing_m, name=name
            )
        )
        on_streets = left[~left["area_id"].isin(parts[-1].unplaced)]
        left = left[left["area_id"].isin(parts[-1].unplaced)]
        findings += _zones_named("ZONE_ALONG_STREETS", on_streets, name=name)
    if len(left):
        parts.append(demand_at_zones(left, value_columns=value_columns, name=name))
        findings += _zones_named("ZONE_AT_POINT", left, name=name)
    return combined(parts, value_columns=value_columns, findings=findings)


def demand_from_points(
    frame: gpd.GeoDataFrame,
    *,
    value_columns: Sequence[str],
    zones: gpd.GeoDataFrame | None = None,
    method: str | NDArray[np.str_] = "given",
    name: str = "points",
) -> Demand:
    """Take counts that come with their place: per building, address or grid cell.

    Parameters
    ----------
    frame
        Points, or polygons of buildings (which then count as dwellings and footprints), metric
        CRS, with the value columns (>= 0, NaN = unknown).
    value_columns
        Columns of `frame` with the counts.
    zones
        Polygons with ``area_id, town, settlement``; None where there are none.
    method
        What the outputs say about where the counts come from: of all, or of each.
    name
        Name of the layer for the findings.

    Returns
    -------
    Demand
        One point a row, in the order of `frame`; those outside every zone lack an ``area_id``
        and are counted in a finding.

    Raises
    ------
    InputRefused
        As `demand_on_buildings`, and `DEMAND_NONE`.

    Examples
    --------
    >>> import shapely
    >>> points = shapely.points([(0, 0), (9, 9)])
    >>> homes = gpd.GeoDataFrame({"children": [2, 3]}, geometry=points, crs=4548)
    >>> demand_from_points(homes, value_columns=["children"]).points["children"].tolist()
    [2.0, 3.0]
    """
    check_values(frame, value_columns, name=name)
    if not np.nansum(frame[list(value_columns)].to_numpy(dtype=np.float64)) > 0:
        raise InputRefused(Finding("DEMAND_NONE", name))
    shapes = np.asarray(frame.geometry.array)
    point = shapely.point_on_surface(shapes)
    zone = np.full(len(frame), -1, dtype=np.int64)
    if zones is not None:
        zones = checked_zones(zones, (), name=name)
        check_same_crs(zones, frame, name=name)
        zone, _ = zone_of(point, zones)
    footprint_m2 = shapely.area(shapes)
    is_building = footprint_m2 > 0
    has_dwellings = "dwellings" in frame
    columns = {c: frame[c].to_numpy(dtype=np.float64) for c in value_columns}
    own_m2 = numbers(frame, "residential_m2")
    points = gpd.GeoDataFrame(
        {
            **labels_of(zones, zone),
            **columns,
            "dwellings": numbers(frame, "dwellings")
            if has_dwellings
            else np.where(is_building, weights_of(frame).homes, np.nan),
            "residential_m2": np.where(
                np.isfinite(own_m2), own_m2, np.where(is_building, footprint_m2, np.nan)
            ),
            "method": np.broadcast_to(method, len(frame)).astype(str),
        },
        geometry=point,
        crs=frame.crs,
    )
    findings = list(outside_findings(points, value_columns, name=name)) if zones is not None else []
    if is_building.any() and not has_dwellings:
        findings.append(_count("DWELLINGS_ARE_BUILDINGS", name, int(is_building.sum())))
    return Demand(points, methods_table(points, value_columns), (), tuple(findings))


def _cut_lines(lines: Objects, zones: gpd.GeoDataFrame) -> tuple[Ints, Objects]:
    """Return the pieces of lines inside each zone, in the order of zones and lines."""
    shapes = np.asarray(zones.geometry.array)
    tree = shapely.STRtree(lines)
    zone, line = tree.query(shapes, predicate="intersects")
    whole = set(
        zip(*(part.tolist() for part in tree.query(shapes, predicate="contains")), strict=True)
    )
    cut = np.array(
        [pair not in whole for pair in zip(zone.tolist(), line.tolist(), strict=True)], bool
    )
    piece = lines[line]
    piece[cut] = shapely.intersection(piece[cut], shapes[zone[cut]])
    part, of = shapely.get_parts(shapely.line_merge(piece), return_index=True)
    zone, line = zone[of], line[of]
    keep = np.flatnonzero(shapely.length(part) > 0)
    keep = keep[np.lexsort((line[keep], zone[keep]))]
    return zone[keep].astype(np.int64), part[keep]


def _building_findings(method: NDArray[np.str_], zone: Ints, *, name: str) -> Iterable[Finding]:
    """Report buildings of which the floor area is not known."""
    for kind, code in (
        ("equal_building", "BUILDINGS_EQUAL"),
        ("footprint", "BUILDINGS_FOOTPRINT"),
        ("storeys_nearby", "STOREYS_NEARBY"),
    ):
        of_kind = method == kind
        if of_kind.any():
            zones = len(np.unique(zone[of_kind]))
            detail = {"count": int(of_kind.sum()), "of": len(method), "zones": zones}
            yield Finding(code, name, detail=detail)


def _count(code: str, name: str, count: int) -> Finding:
    return Finding(code, name, detail={"count": count})


def _if_any(code: str, name: str, count: int) -> list[Finding]:
    return [_count(code, name, count)] if count else []


def _zones_named(code: str, zones: gpd.GeoDataFrame, *, name: str) -> list[Finding]:
    """Report zones as one finding that names the first of them."""
    if zones.empty:
        return []
    most = load_toml("rules/demand.toml")["zones_named"]["value"]
    label = (
        zones["name"].where(zones["name"].notna(), zones["area_id"])
        if "name" in zones
        else zones["area_id"]
    )
    shown = enumerated(label.astype(str).head(most)) + ("…" if len(zones) > most else "")
    return [Finding(code, name, detail={"count": len(zones), "zones": shown})]
