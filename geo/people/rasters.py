"""How much of a population raster lies in an area, and where?

For GeoTIFFs in the manner of WorldPop and GHS-POP: a cell holds a number of people.  A cell that a
border cuts counts with the share of it that lies inside (exactextract), so the sum over the points
is the raster's total inside the area.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from geo.bundled import load_toml
from geo.findings import Finding, InputRefused
from geo.people.zones import Demand, checked_zones, labels_of, methods_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from geo.arrays import Ints


def demand_from_raster(
    path: str | Path, zones: gpd.GeoDataFrame, *, shares: Mapping[str, float]
) -> Demand:
    """Take the cells of a population raster as points (method ``raster``).

    Parameters
    ----------
    path
        GeoTIFF with a CRS; its first band holds people per cell (not a density).  Cells that are
        nodata, NaN or below 0 hold nobody; the latter are counted in a finding.
    zones
        Polygons, metric CRS: ``area_id`` and, if there are, ``town, settlement``.  For an area
        without parts: one row.
    shares
        Value column -> the share of a cell's people that belongs to it: 1 for a raster of one
        age group; else the group's share of the population, which the caller must know.

    Returns
    -------
    Demand
        Points in the zones' CRS, one for each zone and cell, sorted by zone and cell: the middle of
        the cell, or a point in the part of it that lies in the zone.

    Raises
    ------
    InputRefused
        `FILE_NOT_FOUND`, `RASTER_UNREADABLE`, `RASTER_NO_CRS`, `RASTER_TURNED`, `RASTER_TOO_FINE`,
        `DEMAND_NONE`.

    Examples
    --------
    One cell of 100 m with 40 people, of whom a tenth are children under three:

    >>> import tempfile
    >>> import geopandas as gpd, numpy as np, rasterio, shapely
    >>> cell = rasterio.Affine(100, 0, 500_000, 0, -100, 4_310_100)
    >>> zone = shapely.box(500_000, 4_310_000, 500_100, 4_310_100)
    >>> zones = gpd.GeoDataFrame({"area_id": ["a"]}, geometry=[zone], crs=4548)
    >>> shape = {"width": 1, "height": 1, "count": 1, "dtype": "float32", "crs": "EPSG:4548"}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with rasterio.open(f"{folder}/people.tif", "w", transform=cell, **shape) as raster:
    ...         raster.write(np.full((1, 1, 1), 40, dtype=np.float32))
    ...     demand = demand_from_raster(f"{folder}/people.tif", zones, shares={"age_0_2": 0.1})
    >>> demand.points["age_0_2"].round(6).tolist()
    [4.0]
    """
    zones = checked_zones(zones, (), name=Path(path).name)
    cells, boxes = _cells(Path(path), zones)
    negative = (cells["value"] < 0).to_numpy()
    used = cells[(cells["value"] > 0).to_numpy()]
    people = used["value"].to_numpy() * used["coverage"].to_numpy()
    if not people.sum() > 0:
        raise InputRefused(Finding("DEMAND_NONE", Path(path).name))
    zone = used["zone"].to_numpy()
    unknown = np.full(len(used), np.nan)
    points = gpd.GeoDataFrame(
        {
            **labels_of(zones, zone),
            **{column: people * share for column, share in shares.items()},
            "dwellings": unknown,
            "residential_m2": unknown,
            "method": np.full(len(used), "raster"),
        },
        geometry=boxes[used.index.to_numpy()],
        crs=zones.crs,
    )
    detail = {"count": int(negative.sum())}
    findings = (
        (Finding("RASTER_NEGATIVE", Path(path).name, detail=detail),) if negative.any() else ()
    )
    return Demand(points, methods_table(points, list(shares)), (), findings)


def _cells(path: Path, zones: gpd.GeoDataFrame) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    """Return ``zone, cell, value, coverage`` of the cells in each zone, and a point for each."""
    import rasterio  # noqa: PLC0415  (only a study with a raster needs it)
    from rasterio.errors import RasterioError  # noqa: PLC0415

    if not path.is_file():
        near = ", ".join(sorted(p.name for p in path.parent.glob("*.tif"))) or "-"
        detail = {"near": near, "where": path.parent.name or "."}
        raise InputRefused(Finding("FILE_NOT_FOUND", path.name, detail=detail))
    # Only this driver, and no side files: a GeoTIFF cannot lead to another file or host.
    with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", GDAL_PAM_ENABLED="NO"):
        try:
            with rasterio.open(path.resolve(), driver="GTiff") as raster:
                return _extracted(raster, zones, name=path.name)
        except (RasterioError, RuntimeError) as error:
            raise InputRefused(Finding("RASTER_UNREADABLE", path.name)) from error


def _extracted(
    raster: Any,  # noqa: ANN401  (rasterio is untyped)
    zones: gpd.GeoDataFrame,
    *,
    name: str,
) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    """Ask exactextract for the cells of each zone; parts of cells get a point inside the zone."""
    import pandas as pd  # noqa: PLC0415
    from exactextract import exact_extract  # noqa: PLC0415

    if raster.crs is None:
        raise InputRefused(Finding("RASTER_NO_CRS", name))
    if raster.transform.b or raster.transform.d:
        raise InputRefused(Finding("RASTER_TURNED", name))
    there = gpd.GeoDataFrame(geometry=zones.geometry.to_crs(raster.crs))
    _check_fineness(raster, there, name=name)
    wanted = ["values", "coverage", "cell_id"]
    with warnings.catch_warnings():
        # It compares the WKT texts; the zones have just been projected to the raster's CRS.
        warnings.filterwarnings("ignore", message="Spatial reference system")
        rows: Any = exact_extract(raster, there, wanted, output="pandas")
    zone = np.repeat(np.arange(len(rows)), [len(v) for v in rows["values"]])
    cell = np.concatenate(rows["cell_id"].tolist()).astype(np.int64)
    value = np.concatenate(rows["values"].tolist()).astype(np.float64)
    coverage = np.concatenate(rows["coverage"].tolist()).astype(np.float64)
    point = _points(raster, cell, np.asarray(there.geometry.array)[zone], cut=coverage < 1)
    back = gpd.GeoSeries(point, crs=raster.crs).to_crs(str(zones.crs))
    keep = (coverage > 0) & ~np.isnan(value)
    cells = pd.DataFrame({"zone": zone, "cell": cell, "value": value, "coverage": coverage})
    cells = cells[keep].sort_values(["zone", "cell"], kind="stable")
    return cells, np.asarray(back.array)


def _check_fineness(raster: Any, area: gpd.GeoDataFrame, *, name: str) -> None:  # noqa: ANN401
    """Refuse a raster that has more cells in the area than anyone needs."""
    limit = load_toml("rules/demand.toml")["raster_most_cells"]["value"]
    west, south, east, north = area.total_bounds
    cell = abs(raster.transform.determinant)
    if not cell > 0 or (east - west) * (north - south) / cell > limit:
        raise InputRefused(Finding("RASTER_TOO_FINE", name, detail={"most": f"{limit:,}"}))


def _points(
    raster: Any,  # noqa: ANN401  (rasterio is untyped)
    cell: Ints,
    zone: NDArray[np.object_],
    *,
    cut: NDArray[np.bool_],
) -> NDArray[np.object_]:
    """Return the middle of whole cells and a point inside the zone's part of cut ones."""
    grid = raster.transform
    row, column = np.divmod(cell, raster.width)
    x, y = grid.c + (column + 0.5) * grid.a, grid.f + (row + 0.5) * grid.e
    point: NDArray[np.object_] = shapely.points(x, y)
    half_x, half_y = abs(grid.a) / 2, abs(grid.e) / 2
    boxes = shapely.box(x[cut] - half_x, y[cut] - half_y, x[cut] + half_x, y[cut] + half_y)
    part = shapely.intersection(boxes, zone[cut])
    inside = shapely.point_on_surface(part)
    point[cut] = np.where(shapely.is_empty(inside), point[cut], inside)
    return point
