"""How is GDAL asked for a layer, so that it opens just this file and every row is accounted for?

The only module that calls pyogrio.  A caller has looked at the first bytes before, so that GDAL
cannot take the file for another format; drivers that follow links are switched off besides
(`geo.gdal_guard`).
"""

from __future__ import annotations

import shutil
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from geo import gdal_guard  # noqa: F401  before pyogrio, also where this module is loaded alone
from geo.findings import Finding, InputRefused
from geo.read.features import GEOMETRY, reason
from geo.read.flags import Flag

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_LONGEST_REASON = 60


@dataclass(frozen=True)
class GdalRows:
    """The rows of one layer.

    Attributes
    ----------
    cells
        Attributes, RangeIndex from 0.
    geometry
        Aligned with `cells`.
    fids
        GDAL's feature numbers.
    crs
        ``EPSG:xxxx``, a WKT, or None.
    flags
        ``GEOM_INVALID`` of geometries that could not be decoded.
    """

    cells: pd.DataFrame
    geometry: NDArray[np.object_]
    fids: NDArray[np.int64]
    crs: str | None
    flags: tuple[Flag, ...]


def layers_of(path: Path, *, name: str) -> list[str]:
    """Return the names of the layers with geometry.

    Raises
    ------
    InputRefused
        ``CORRUPT``.
    """
    with _errors_of_gdal(path, name=name):
        import pyogrio  # noqa: PLC0415 - half a second that only readers of vectors pay

        found = pyogrio.list_layers(str(path))
    return [str(layer) for layer, kind in found.tolist() if kind is not None]


def read_with_gdal(path: Path, *, name: str, layer: str | None) -> GdalRows:
    """Read one layer, its geometries one by one.

    Raises
    ------
    InputRefused
        ``CORRUPT``, with what GDAL says.
    """
    with _errors_of_gdal(path, name=name):
        from pyogrio import raw  # noqa: PLC0415

        meta, fids, wkb, values = raw.read(str(path), layer=layer, return_fids=True)
    if wkb is None:
        wkb = np.full(len(fids), None, dtype=object)
    geometry = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)
    spoilt = np.flatnonzero(shapely.is_missing(geometry) & (wkb != np.array(None)))
    detail = {"reason": reason("unreadable")}
    flag = Flag("GEOM_INVALID", spoilt.astype(np.int64), GEOMETRY, detail=detail)
    columns = {
        str(column): pd.Series(_plain(value), dtype=object)
        for column, value in zip(meta["fields"], values, strict=True)
    }
    cells = pd.DataFrame(columns, index=pd.RangeIndex(len(geometry)))
    crs = meta.get("crs")
    flags = (flag,) if len(spoilt) else ()
    return GdalRows(cells, geometry, np.asarray(fids, np.int64), crs or None, flags)


def borrow(source: Path, target: Path) -> None:
    """Let `target` show the content of `source`: by a link where that is allowed, else a copy."""
    try:
        target.symlink_to(source.resolve())
    except (OSError, NotImplementedError):
        shutil.copyfile(source, target)


@contextmanager
def _errors_of_gdal(path: Path, *, name: str) -> Iterator[None]:
    """Turn the errors of pyogrio into findings."""
    from pyogrio import errors as told  # noqa: PLC0415

    errors = (
        told.DataLayerError,
        told.DataSourceError,
        told.FeatureError,
        told.FieldError,
        told.GeometryError,
    )
    try:
        with warnings.catch_warnings():
            # GDAL's remarks (a missing .dbf, an odd CRS) are judged by the callers themselves.
            warnings.simplefilter("ignore")
            yield
    except (*errors, UnicodeDecodeError, ValueError, OverflowError) as error:
        text = str(error).replace(str(path), name).replace(str(path.parent), "")
        detail = {"reason": text[:_LONGEST_REASON]}
        raise InputRefused(Finding("CORRUPT", name, detail=detail)) from error


def _plain(values: NDArray[Any]) -> list[object]:
    """Return native values: None for what is missing, dates as text."""
    if values.dtype.kind == "M":
        return [None if np.isnat(v) else str(v).replace("T", " ") for v in values]
    if values.dtype.kind == "f":
        return [None if v != v else v for v in values.tolist()]  # noqa: PLR0124 - NaN
    return [v.hex() if isinstance(v, bytes) else v for v in values.tolist()]
