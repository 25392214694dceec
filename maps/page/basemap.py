"""How do all layers come to lie on tiles whose positions are shifted?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import Transformer

from geo.datum import wgs84_to_gcj02

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import NDArray
    from pyproj import CRS

    from analyses.result import Shown
    from analyses.study import Basemap

_LONLAT = "EPSG:4326"


def shifted(shown: Sequence[Shown], *, crs: str) -> tuple[Shown, ...]:
    """Return everything that is shown in GCJ-02, longitude and latitude, all layers alike.

    Parameters
    ----------
    shown
        What an analysis offers.
    crs
        CRS of frames that do not name theirs, and of the gap list's x and y.

    Returns
    -------
    tuple of Shown
        Frames that say EPSG:4326 and hold GCJ-02: for `maps.page.datablock.data_block` with
        ``crs="EPSG:4326"``, beside tiles in GCJ-02 only.
    """
    return tuple(replace(item, rows=_shifted(item.rows, crs)) for item in shown)


def about_basemap(basemap: Basemap | None) -> dict[str, Any] | None:
    """Return what the page's script needs to know of the tiles."""
    if basemap is None:
        return None
    return {
        "urls": list(basemap.urls),
        "attribution": basemap.attribution,
        "datum": basemap.datum,
        "zoom": basemap.zoom,
    }


def _shifted(rows: pd.DataFrame, crs: str) -> pd.DataFrame:
    if isinstance(rows, gpd.GeoDataFrame):
        shapes = shapely.force_2d(rows.geometry.to_numpy())
        moved = shapely.transform(shapes, _to_gcj02(rows.crs or crs))
        there = gpd.GeoSeries(moved, index=rows.index, crs=_LONLAT)
        both: pd.DataFrame = rows.set_geometry(there)
        return both
    if {"x", "y"} <= set(rows.columns):
        xy = _to_gcj02(crs)(rows[["x", "y"]].to_numpy(dtype=np.float64))
        return rows.assign(x=xy[:, 0], y=xy[:, 1])
    return rows


def _to_gcj02(crs: CRS | str) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    transform = Transformer.from_crs(crs, _LONLAT, always_xy=True).transform

    def move(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(wgs84_to_gcj02(*transform(xy[:, 0], xy[:, 1])))

    return move
