"""How much of a population raster lies in an area, and at which homes?

For GeoTIFFs in the manner of WorldPop and GHS-POP: a cell holds a number of people.  A cell that a
border cuts counts with the share of it that lies inside, so the sum over the points is the raster's
total inside the area.  The people of a cell are spread over the homes inside it, where there are
any (dasymetric mapping, Wright 1936); else they stay at the cell.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.bundled import load_toml
from geo.findings import Finding, InputRefused
from geo.people.homes import weights_of
from geo.people.zones import Demand, checked_zones, labels_of, methods_table, numbers, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from geo.arrays import Floats, Ints, Objects

    Values = dict[str, Floats]

_M_PER_DEGREE = 111_320.0
_KM2 = 1e6


@dataclass(frozen=True)
class Raster:
    """A population raster and what of it belongs to whom.

    Attributes
    ----------
    path
        The GeoTIFF.
    shares
        Value column -> the share of a cell's people that belongs to it: 1 for a raster of one
        age group; 2/4 for a raster of the ages 1 to 4 and a group that has 1 and 2 of them; the
        group's share of the population for a raster of all people.

    Examples
    --------
    Half of the children aged 1 to 4 are 3 or 4 years old:

    >>> Raster(Path("chn_t_1_2020.tif"), {"age_3_5": 0.5}).shares["age_3_5"]
    0.5
    """

    path: Path
    shares: Mapping[str, float]


def demand_from_raster(
    path: str | Path,
    zones: gpd.GeoDataFrame,
    *,
    shares: Mapping[str, float],
    homes: gpd.GeoDataFrame | None = None,
) -> Demand:
    """Take the people of one population raster, see `demand_from_rasters`.

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
    return demand_from_rasters([Raster(Path(path), shares)], zones, homes=homes)


def demand_from_rasters(
    rasters: Sequence[Raster],
    zones: gpd.GeoDataFrame,
    *,
    homes: gpd.GeoDataFrame | None = None,
) -> Demand:
    """Take the people of population rasters to the homes inside their cells.

    Parameters
    ----------
    rasters
        North-up GeoTIFFs of one band in any CRS; what several have of one column is summed up.
    zones
        Polygons, metric CRS: ``area_id``, and if there are ``town``, ``settlement``.  For an area
        without parts: one row.
    homes
        Homes in the same CRS (see `geo.people.homes`), or None.

    Returns
    -------
    Demand
        Points in the zones' CRS: the homes that carry somebody (method ``raster_homes``), then for
        each zone the cells without a home (method ``raster``): the middle of the cell, or a point
        in the part of it that lies in the zone.

    Raises
    ------
    InputRefused
        `FILE_NOT_FOUND`, `RASTER_UNREADABLE`, `RASTER_BANDS`, `RASTER_NO_CRS`, `RASTER_TURNED`,
        `RASTER_TOO_FINE`, `RASTER_NODATA`, `RASTER_ABSURD`, `DEMAND_NONE`.

    Examples
    --------
    Two files of one band of ages, boys and girls, of which a group has two years of four:

    >>> import tempfile
    >>> import geopandas as gpd, numpy as np, rasterio, shapely
    >>> cell = rasterio.Affine(100, 0, 500_000, 0, -100, 4_310_100)
    >>> zone = shapely.box(500_000, 4_310_000, 500_100, 4_310_100)
    >>> zones = gpd.GeoDataFrame({"area_id": ["a"]}, geometry=[zone], crs=4548)
    >>> shape = {"width": 1, "height": 1, "count": 1, "dtype": "float32", "crs": "EPSG:4548"}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = [f"{folder}/{sex}.tif" for sex in "fm"]
    ...     for file in files:
    ...         with rasterio.open(file, "w", transform=cell, **shape) as raster:
    ...             raster.write(np.full((1, 1, 1), 40, dtype=np.float32))
    ...     demand = demand_from_rasters([Raster(Path(f), {"age_3_5": 0.5}) for f in files], zones)
    >>> demand.points["age_3_5"].tolist()
    [40.0]
    """
    columns = list(dict.fromkeys(column for raster in rasters for column in raster.shares))
    zones = checked_zones(zones, (), name="communities")
    carriers = None if homes is None or homes.empty else _carriers(homes, zones)
    at_homes = {c: np.zeros(0 if carriers is None else len(carriers)) for c in columns}
    at_cells: list[pd.DataFrame] = []
    findings: list[Finding] = []
    for raster in rasters:
        cells = _cells(raster.path, zones)
        findings += _negative(cells, name=raster.path.name)
        cells = cells[(cells["value"] > 0).to_numpy()]
        left = cells if carriers is None else _spread(cells, carriers, raster, onto=at_homes)
        people = left["people"].to_numpy()
        at_cells.append(left.assign(**{c: people * s for c, s in raster.shares.items()}))
    somebody = sum(float(part[c].sum()) for part in at_cells for c in columns if c in part)
    if not somebody + sum(values.sum() for values in at_homes.values()) > 0:
        raise InputRefused(Finding("DEMAND_NONE", rasters[0].path.name if rasters else "rasters"))
    points = gpd.GeoDataFrame(
        pd.concat(
            [_at_homes(carriers, zones, at_homes), _at_cells(at_cells, zones, columns)],
            ignore_index=True,
        ),
        crs=zones.crs,
    )
    findings += _left_findings(points, columns, name=rasters[0].path.name)
    return Demand(points, methods_table(points, columns), (), tuple(findings))


def _carriers(homes: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return ``zone, weight, dwellings, residential_m2`` of the homes inside a zone, as points."""
    shapes = np.asarray(homes.geometry.array)
    point = shapely.point_on_surface(shapes)
    zone, _ = zone_of(point, zones)
    weights = weights_of(homes)
    given = numbers(homes, "dwellings")
    own_m2, footprint_m2 = numbers(homes, "residential_m2"), shapely.area(shapes)
    footprint_m2 = np.where(footprint_m2 > 0, footprint_m2, np.nan)
    frame = gpd.GeoDataFrame(
        {
            "zone": zone,
            "weight": weights.weight,
            "dwellings": given if np.isfinite(given).any() else weights.homes,
            "residential_m2": np.where(np.isfinite(own_m2), own_m2, footprint_m2),
        },
        geometry=point,
        crs=homes.crs,
    )
    return frame[zone >= 0].reset_index(drop=True)


def _spread(
    cells: gpd.GeoDataFrame, carriers: gpd.GeoDataFrame, raster: Raster, *, onto: Values
) -> gpd.GeoDataFrame:
    """Add each cell's people to the homes inside it; returns the cells without a home."""
    grid = cells.attrs["grid"]
    there = carriers.geometry.to_crs(grid["crs"])
    column = np.floor((there.x.to_numpy() - grid["west"]) / grid["step_x"]).astype(np.int64)
    line = np.floor((there.y.to_numpy() - grid["north"]) / grid["step_y"]).astype(np.int64)
    inside = (column >= 0) & (column < grid["width"]) & (line >= 0)
    key = pd.MultiIndex.from_arrays([cells["zone"], cells["cell"]])
    home = np.where(inside, line * grid["width"] + column, -1)
    at = key.get_indexer(pd.MultiIndex.from_arrays([carriers["zone"], home]))
    used = np.flatnonzero(at >= 0)
    weight = carriers["weight"].to_numpy()[used]
    whole = np.bincount(at[used], weights=weight, minlength=len(cells))
    people = cells["people"].to_numpy()[at[used]] * weight / whole[at[used]]
    for name, share in raster.shares.items():
        onto[name][used] += people * share
    return cells[whole == 0]


def _at_homes(
    carriers: gpd.GeoDataFrame | None, zones: gpd.GeoDataFrame, values: Values
) -> gpd.GeoDataFrame:
    """Return the homes as demand points; those in cells without anybody carry nobody."""
    if carriers is None:
        return gpd.GeoDataFrame(geometry=[], crs=zones.crs)
    return gpd.GeoDataFrame(
        {
            **labels_of(zones, carriers["zone"].to_numpy()),
            **values,
            "dwellings": carriers["dwellings"],
            "residential_m2": carriers["residential_m2"],
            "method": np.full(len(carriers), "raster_homes"),
        },
        geometry=carriers.geometry,
    )


def _at_cells(
    parts: Sequence[pd.DataFrame], zones: gpd.GeoDataFrame, columns: Sequence[str]
) -> gpd.GeoDataFrame:
    """Return the cells without homes as points; the same cell of several rasters is one."""
    together = pd.concat(parts, ignore_index=True)
    if together.empty:
        return gpd.GeoDataFrame(geometry=[], crs=zones.crs)
    missing = {column: 0.0 for column in columns if column not in together}
    together = together.assign(**missing).fillna(dict.fromkeys(columns, 0.0))
    together["x"], together["y"] = shapely.get_coordinates(together["geometry"].to_numpy()).T
    groups = together.groupby(["zone", "y", "x"], sort=False)
    sums = groups[list(columns)].sum().reset_index()
    unknown = np.full(len(sums), np.nan)
    return gpd.GeoDataFrame(
        {
            **labels_of(zones, sums["zone"].to_numpy()),
            **{column: sums[column] for column in columns},
            "dwellings": unknown,
            "residential_m2": unknown,
            "method": np.full(len(sums), "raster"),
        },
        geometry=gpd.points_from_xy(sums["x"], sums["y"]),
        crs=zones.crs,
    )


def _negative(cells: pd.DataFrame, *, name: str) -> Iterable[Finding]:
    negative = int((cells["value"] < 0).sum())
    if negative:
        yield Finding("RASTER_NEGATIVE", name, detail={"count": negative})


def _left_findings(points: gpd.GeoDataFrame, columns: Sequence[str], *, name: str) -> list[Finding]:
    """Say how many people live in cells without a home."""
    at_cells = (points["method"] == "raster").to_numpy()
    people = points[list(columns)].sum(axis=1).to_numpy()
    if not at_cells.any() or at_cells.all():
        return []
    detail = {
        "count": int(at_cells.sum()),
        "people": f"{people[at_cells].sum():,.0f}",
        "of": f"{people.sum():,.0f}",
    }
    return [Finding("RASTER_NO_HOMES", name, detail=detail)]


def _cells(path: Path, zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return ``zone, cell, value, people`` of the cells in each zone, a point for each."""
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
) -> gpd.GeoDataFrame:
    """Ask exactextract for the cells of each zone; parts of cells get a point inside the zone."""
    from exactextract import exact_extract  # noqa: PLC0415

    _check_kind(raster, name=name)
    # Projecting may make a border touch itself.
    there = gpd.GeoDataFrame(geometry=zones.geometry.to_crs(raster.crs).make_valid())
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
    keep = (coverage > 0) & ~np.isnan(value)
    zone, cell, value, coverage = zone[keep], cell[keep], value[keep], coverage[keep]
    _check_values(raster, value, cell, name=name)
    shapes = np.asarray(there.geometry.array)[zone]
    # exactextract rounds shares to seven digits; a cell parted among zones must sum up to itself.
    point, share = _parts(raster, cell, shapes, cut=coverage < 1)
    back = gpd.GeoSeries(point, crs=raster.crs).to_crs(str(zones.crs))
    cells = gpd.GeoDataFrame(
        {"zone": zone, "cell": cell, "value": value, "people": value * share}, geometry=back
    )
    cells = cells.sort_values(["zone", "cell"], kind="stable", ignore_index=True)
    grid = raster.transform
    cells.attrs["grid"] = {
        "crs": raster.crs,
        "west": grid.c,
        "north": grid.f,
        "step_x": grid.a,
        "step_y": grid.e,
        "width": raster.width,
    }
    return cells


def _check_kind(raster: Any, *, name: str) -> None:  # noqa: ANN401
    """Refuse a raster that cannot be laid over the zones."""
    if raster.count != 1:
        raise InputRefused(Finding("RASTER_BANDS", name, detail={"count": raster.count}))
    if raster.crs is None:
        raise InputRefused(Finding("RASTER_NO_CRS", name))
    if raster.transform.b or raster.transform.d:
        raise InputRefused(Finding("RASTER_TURNED", name))


def _check_fineness(raster: Any, area: gpd.GeoDataFrame, *, name: str) -> None:  # noqa: ANN401
    """Refuse a raster that has more cells in the area than anyone needs."""
    limit = load_toml("rules/demand.toml")["raster_most_cells"]["value"]
    west, south, east, north = area.total_bounds
    cell = abs(raster.transform.determinant)
    if not cell > 0 or (east - west) * (north - south) / cell > limit:
        raise InputRefused(Finding("RASTER_TOO_FINE", name, detail={"most": f"{limit:,}"}))


def _check_values(raster: Any, value: Floats, cell: Ints, *, name: str) -> None:  # noqa: ANN401
    """Refuse numbers that are no people: an undeclared nodata value, more than can live there."""
    rules = load_toml("rules/demand.toml")
    if not len(value) or not value.max() > 0:
        return
    top = float(value.max())
    count = int((value == top).sum())
    if raster.nodata is None and top in rules["raster_nodata"]["values"] and count > 1:
        detail = {"value": f"{top:g}", "count": count}
        raise InputRefused(Finding("RASTER_NODATA", name, detail=detail))
    grid = raster.transform
    m2 = np.full(len(cell), abs(grid.determinant))
    if raster.crs.is_geographic:
        latitude = grid.f + (cell // raster.width + 0.5) * grid.e
        m2 *= _M_PER_DEGREE**2 * np.cos(np.radians(latitude))
    else:
        m2 *= raster.crs.linear_units_factor[1] ** 2
    density = value / m2 * _KM2
    worst = int(np.argmax(density))
    most = rules["raster_most_per_km2"]["value"]
    if not density[worst] <= most:
        detail = {"value": f"{value[worst]:g}", "density": f"{density[worst]:,.0f}",
                  "most": f"{most:,}"}  # fmt: skip
        raise InputRefused(Finding("RASTER_ABSURD", name, detail=detail))


def _parts(
    raster: Any,  # noqa: ANN401  (rasterio is untyped)
    cell: Ints,
    zone: Objects,
    *,
    cut: NDArray[np.bool_],
) -> tuple[Objects, Floats]:
    """Return a point for each cell and the share of it inside: the middle and 1 of whole ones."""
    grid = raster.transform
    row, column = np.divmod(cell, raster.width)
    x, y = grid.c + (column + 0.5) * grid.a, grid.f + (row + 0.5) * grid.e
    point: Objects = np.asarray(shapely.points(x, y), dtype=object)
    half_x, half_y = abs(grid.a) / 2, abs(grid.e) / 2
    boxes = shapely.box(x[cut] - half_x, y[cut] - half_y, x[cut] + half_x, y[cut] + half_y)
    part = shapely.intersection(boxes, zone[cut])
    inside = shapely.point_on_surface(part)
    point[cut] = np.where(shapely.is_empty(inside), point[cut], inside)
    share = np.ones(len(cell))
    share[cut] = shapely.area(part) / (4 * half_x * half_y)
    return point, share
