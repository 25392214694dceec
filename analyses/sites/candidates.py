"""Which parcels may hold a new facility?  Land-area norms and what a site keeps away from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from analyses.schema import spread
from analyses.sites.problem import FILE
from geo.bundled import load_toml
from geo.findings import Finding, InputRefused
from geo.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from geo.arrays import Flags


_RULES = "rules/siting.toml"
AREA, OUTSIDE = "area", "outside"
_ADVISED = "should_not"


def parcel_checks(
    parcels: gpd.GeoDataFrame,
    kind: str,
    *,
    hazards: Mapping[str, gpd.GeoDataFrame],
    study_area: gpd.GeoDataFrame | None = None,
) -> pd.DataFrame:
    """Test every parcel against every norm for a kind of facility.

    Parameters
    ----------
    parcels
        Points or polygons in a metric CRS; ``area_m2`` where it is known, else the drawn area.
    kind
        Id of the facility type that is to be built.
    hazards
        Name of the layer in ``data/rules/siting.toml`` (``railway, main_road, power_line, fuel,
        water``) -> its shapes in the same CRS.
    study_area
        Polygons outside which no parcel may lie.

    Returns
    -------
    pandas.DataFrame
        A row for each parcel and norm: ``parcel`` (row), ``rule`` (id of the exclusion, "area",
        "outside"), ``verdict`` (pass|fail|advice|unknown), ``value`` and ``limit`` (m or m2),
        ``title_…``.  Advice: it does not keep to what is only advised (不宜) or may be remedied.
        Unknown: the layer is not there, or the area is not known.

    Raises
    ------
    InputRefused
        ``SITES_NONE`` without a parcel, ``SITES_CRS`` where the layers' CRS differ or are not
        metric.

    Examples
    --------
    A parcel of 10,000 m2, 10 m from a petrol station:

    >>> import geopandas as gpd, shapely
    >>> parcel = gpd.GeoDataFrame(geometry=[shapely.box(10, 0, 110, 100)], crs=4548)
    >>> fuel = gpd.GeoDataFrame(geometry=[shapely.Point(0, 50)], crs=4548)
    >>> checks = parcel_checks(parcel, "kindergarten", hazards={"fuel": fuel}).set_index("rule")
    >>> checks.loc[["area", "fuel", "power_line"], "verdict"].tolist()
    ['pass', 'fail', 'unknown']
    """
    if parcels.empty:
        raise InputRefused(Finding("SITES_NONE", FILE))
    _check_crs(parcels, hazards, study_area)
    rules = load_toml(_RULES)
    shapes = np.asarray(parcels.geometry.array)
    tables = [
        _area_check(parcels, rule) for rule in rules["land"] if rule["kind"] == kind
    ] + [
        _exclusion_check(shapes, rule, hazards.get(rule["layer"]))
        for rule in rules["exclusion"]
        if kind in rule["kinds"]
    ]  # fmt: skip
    if study_area is not None:
        tables.append(_inside_check(shapes, study_area, rules["outside"]))
    columns = ["parcel", "rule", "verdict", "value", "limit", *spread(("title_*",))]
    return (
        pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)
    )


def suitable(checks: pd.DataFrame, *, parcels: int) -> Flags:
    """Return for each parcel whether it fails nothing; advice and unknowns do not exclude.

    Examples
    --------
    >>> import pandas as pd
    >>> checks = pd.DataFrame({"parcel": [0, 0, 1], "verdict": ["pass", "fail", "unknown"]})
    >>> suitable(checks, parcels=2).tolist()
    [False, True]
    """
    fits = np.ones(parcels, dtype=bool)
    fits[checks.loc[checks["verdict"] == "fail", "parcel"].to_numpy(dtype=np.int64)] = False
    return fits


def _area_check(parcels: gpd.GeoDataFrame, rule: Mapping[str, object]) -> pd.DataFrame:
    drawn = shapely.area(np.asarray(parcels.geometry.array))
    area = np.where(drawn > 0, drawn, np.nan)
    if "area_m2" in parcels:
        given = parcels["area_m2"].to_numpy(dtype=np.float64, na_value=np.nan)
        area = np.where(np.isnan(given), area, given)
    limit = float(str(rule["min_area_m2"]))
    return _table(dict(rule) | {"id": AREA}, area, limit, good=area >= limit)


def _exclusion_check(
    shapes: NDArray[np.object_], rule: Mapping[str, object], layer: gpd.GeoDataFrame | None
) -> pd.DataFrame:
    limit = float(str(rule["metres"]))
    if layer is None:
        unknown = np.full(len(shapes), np.nan)
        return _table(rule, unknown, limit, good=np.zeros(len(shapes), dtype=bool))
    away = _distance(shapes, np.asarray(layer.geometry.array))
    # At 0 m a parcel may not be touched; otherwise the limit itself is far enough.
    return _table(rule, away, limit, good=(away > 0) if limit == 0 else (away >= limit))


def _inside_check(
    shapes: NDArray[np.object_], area: gpd.GeoDataFrame, words: Mapping[str, object]
) -> pd.DataFrame:
    away = _distance(shapes, np.asarray(area.geometry.array))
    return _table(dict(words) | {"id": OUTSIDE}, away, 0.0, good=away <= 0)


def _distance(shapes: NDArray[np.object_], others: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return each shape's distance to the nearest of the others, inf where there are none."""
    away = np.full(len(shapes), np.inf)
    if len(others):
        (row, _), metres = shapely.STRtree(others).query_nearest(shapes, return_distance=True)
        away[row] = metres
    return away


def _table(
    rule: Mapping[str, object], value: NDArray[np.float64], limit: float, *, good: Flags
) -> pd.DataFrame:
    advised = rule.get("strength") == _ADVISED or bool(rule.get("remedy"))
    otherwise = "advice" if advised else "fail"
    verdict = np.where(np.isnan(value), "unknown", np.where(good, "pass", otherwise))
    words = Text.of(rule).columns("title")
    numbers = {"verdict": verdict, "value": value, "limit": limit}
    return pd.DataFrame({"parcel": np.arange(len(value)), "rule": rule["id"], **numbers, **words})


def _check_crs(
    parcels: gpd.GeoDataFrame,
    hazards: Mapping[str, gpd.GeoDataFrame],
    study_area: gpd.GeoDataFrame | None,
) -> None:
    layers = [parcels, *hazards.values(), *([] if study_area is None else [study_area])]
    crs = parcels.crs
    if crs is None or crs.is_geographic or any(layer.crs != crs for layer in layers):
        raise InputRefused(Finding("SITES_CRS", FILE))
