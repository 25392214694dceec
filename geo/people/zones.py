"""How is the total of a zone shared out among the points inside it, with nothing lost?

A *zone* is a polygon with totals in its *value columns*; a *carrier* is a place with a weight.  The
points of a zone sum up to its total to 1e-9; values stay fractions.  A total that is not known
(NaN) stays unknown at its points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from geo.arrays import Floats, Ints, Objects


LABELS = ("area_id", "town", "settlement")
UNKNOWN_SETTLEMENT = "unknown"


@dataclass(frozen=True, eq=False)
class Demand:
    """Points that stand for the totals of zones.

    Attributes
    ----------
    points
        Points in the zones' CRS, RangeIndex: ``area_id, town`` (missing outside every zone),
        ``settlement``, the value columns, ``dwellings``, ``residential_m2`` (NaN = unknown) and
        ``method``: how the point got its share.
    methods
        Table: ``method, points, zones`` and the total of each value column.
    unplaced
        Ids of zones that have a total and nothing here to carry it.
    findings
        Remarks.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from geo.people import demand_in_zones
    >>> zone = shapely.box(500_000, 4_310_000, 501_000, 4_311_000)
    >>> zones = gpd.GeoDataFrame({"area_id": ["a"], "age_0_2": [9.0]}, geometry=[zone], crs=4548)
    >>> demand_in_zones(zones, value_columns=["age_0_2"], spacing_m=100).methods.to_dict("records")
    [{'method': 'zone_point', 'points': 1, 'zones': 1, 'age_0_2': 9.0}]
    """

    points: gpd.GeoDataFrame
    methods: pd.DataFrame
    unplaced: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, eq=False)
class Carriers:
    """Places that may carry a share of their zone's total."""

    zone: Ints
    point: Objects
    weight: Floats
    method: NDArray[np.str_]
    dwellings: Floats
    residential_m2: Floats


def checked_zones(
    zones: gpd.GeoDataFrame, value_columns: Sequence[str], *, name: str
) -> gpd.GeoDataFrame:
    """Return the zones with a running index and all label columns, or refuse them."""
    if "area_id" not in zones:
        raise InputRefused(Finding("ZONE_COLUMNS", name, detail={"columns": "area_id"}))
    doubles = zones.loc[zones["area_id"].duplicated(), "area_id"]
    if len(doubles):
        raise InputRefused(Finding("ZONE_ID_DOUBLE", name, value=str(doubles.iloc[0])))
    check_values(zones, value_columns, name=name)
    return zones.reset_index(drop=True)


def check_values(frame: gpd.GeoDataFrame, value_columns: Sequence[str], *, name: str) -> None:
    """Refuse a frame without a metric CRS or with values that cannot be counts."""
    if frame.crs is None or not frame.crs.is_projected:
        raise InputRefused(Finding("CRS_NOT_METRIC", name, value=str(frame.crs)))
    missing = [c for c in value_columns if c not in frame]
    if missing:
        raise InputRefused(Finding("ZONE_COLUMNS", name, detail={"columns": ", ".join(missing)}))
    for column in value_columns:
        values = frame[column].to_numpy(dtype=np.float64)
        wrong = np.flatnonzero(np.isinf(values) | (values < 0))
        if len(wrong):
            value = f"{values[wrong[0]]:g}"
            raise InputRefused(Finding("ZONE_VALUE", name, column=column, value=value))


def check_same_crs(zones: gpd.GeoDataFrame, other: gpd.GeoDataFrame, *, name: str) -> None:
    """Refuse a frame that is not in the CRS of the zones."""
    if other.crs != zones.crs:
        detail = {"zones": str(zones.crs), "other": str(other.crs)}
        raise InputRefused(Finding("CRS_DIFFERENT", name, detail=detail))


def numbers(frame: gpd.GeoDataFrame, column: str) -> Floats:
    """Return a column as numbers, NaN throughout where the frame has none."""
    if column not in frame:
        return np.full(len(frame), np.nan)
    values: Floats = frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
    return values


def zone_of(points: Objects, zones: gpd.GeoDataFrame) -> tuple[Ints, int]:
    """Return each point's zone (-1: none) and how many points lie in several.

    Of several zones the one with the least id is taken, so the order of rows does not matter.
    The zones ask, not the points: a polygon is prepared once and then tested many times.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> squares = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
    >>> zones = gpd.GeoDataFrame({"area_id": ["a", "b"]}, geometry=squares)
    >>> rows, in_several = zone_of(shapely.points([(0.5, 0.5), (1, 0.5), (9, 9)]), zones)
    >>> rows.tolist(), in_several
    ([0, 0, -1], 1)
    """
    order = np.argsort(zones["area_id"].to_numpy(dtype=str), kind="stable")
    shapes = np.asarray(zones.geometry.array)[order]
    rank, point = shapely.STRtree(points).query(shapes, predicate="intersects")
    first = np.full(len(points), len(zones), dtype=np.int64)
    np.minimum.at(first, point, rank)
    found = first < len(zones)
    zone = np.full(len(points), -1, dtype=np.int64)
    zone[found] = order[first[found]]
    return zone, int((np.bincount(point, minlength=len(points)) > 1).sum())


def plain_carriers(zone: Ints, point: Objects, weight: Floats, *, method: str) -> Carriers:
    """Return carriers of which no dwellings and no residential area are known."""
    unknown = np.full(len(zone), np.nan)
    return Carriers(zone, point, weight, np.full(len(zone), method), unknown, unknown)


def shared_out(
    zones: gpd.GeoDataFrame, carriers: Carriers, *, value_columns: Sequence[str]
) -> Demand:
    """Give each carrier its share of its zone's totals."""
    zone, count = carriers.zone, len(zones)
    weight_sum = np.bincount(zone, weights=carriers.weight, minlength=count)
    share = carriers.weight / weight_sum[zone]
    heaviest = _heaviest(zone, carriers.weight, zones=count)
    values = {}
    for column in value_columns:
        total = zones[column].to_numpy(dtype=np.float64)
        value = total[zone] * share
        # What rounding has lost of a zone's total goes to its heaviest carrier.
        lost = total - np.bincount(zone, weights=value, minlength=count)
        value[heaviest[heaviest >= 0]] += lost[heaviest >= 0]
        values[column] = value
    points = gpd.GeoDataFrame(
        {
            **labels_of(zones, zone),
            **values,
            "dwellings": carriers.dwellings,
            "residential_m2": carriers.residential_m2,
            "method": carriers.method,
        },
        geometry=carriers.point,
        crs=zones.crs,
    )
    empty = (weight_sum == 0) & ~(zones[list(value_columns)] == 0).all(axis=1).to_numpy()
    unplaced = tuple(zones.loc[empty, "area_id"].astype(str))
    return Demand(points, methods_table(points, value_columns), unplaced)


def _heaviest(zone: Ints, weight: Floats, *, zones: int) -> Ints:
    """Return each zone's heaviest carrier, the first of equals, -1 where there is none."""
    order = np.lexsort((-np.arange(len(zone)), weight, zone))
    heaviest = np.full(zones, -1, dtype=np.int64)
    heaviest[zone[order]] = order
    return heaviest


def labels_of(zones: gpd.GeoDataFrame | None, zone: Ints) -> dict[str, NDArray[np.object_]]:
    """Return the zone's label columns for each point."""
    labels: dict[str, NDArray[np.object_]] = {}
    for column in LABELS:
        missing = UNKNOWN_SETTLEMENT if column == "settlement" else None
        value = np.full(len(zone), missing, dtype=object)
        if zones is not None and column in zones:
            own = zones[column].astype(object).where(zones[column].notna(), missing)
            value[zone >= 0] = own.to_numpy(dtype=object)[zone[zone >= 0]]
        labels[column] = value
    return labels


def outside_findings(
    points: gpd.GeoDataFrame, value_columns: Sequence[str], *, name: str
) -> Iterable[Finding]:
    """Report points outside every zone and what they carry."""
    outside = points["area_id"].isna()
    if outside.any():
        total = float(np.nansum(points.loc[outside, list(value_columns)].to_numpy()))
        detail = {"count": int(outside.sum()), "total": f"{total:,.1f}"}
        yield Finding("DEMAND_OUTSIDE_ZONES", name, detail=detail)


def combined(
    parts: Sequence[Demand], *, value_columns: Sequence[str], findings: Iterable[Finding] = ()
) -> Demand:
    """Put several parts of a demand together, in their order.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from geo.people import demand_from_points
    >>> points = shapely.points([(0, 0), (9, 9)])
    >>> homes = gpd.GeoDataFrame({"children": [2, 3]}, geometry=points, crs=4548)
    >>> part = demand_from_points(homes, value_columns=["children"])
    >>> float(combined([part, part], value_columns=["children"]).points["children"].sum())
    10.0
    """
    frames = [p.points for p in parts if len(p.points)]
    if not frames:
        raise InputRefused(Finding("DEMAND_NONE", "zones"))
    points = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    told = (*findings, *(f for p in parts for f in p.findings))
    return Demand(points, methods_table(points, value_columns), (), told)


def methods_table(points: gpd.GeoDataFrame, value_columns: Sequence[str]) -> pd.DataFrame:
    """Count points, zones and totals by method: ``method, points, zones`` and the value columns."""
    groups = points.groupby("method", sort=True)
    table = pd.DataFrame({"points": groups.size(), "zones": groups["area_id"].nunique()})
    return table.join(groups[list(value_columns)].sum()).reset_index()
