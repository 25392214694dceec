"""Is a GeoPackage whole, which layer is meant, and which rows does it hold?

GDAL reads around damaged pages and then simply has fewer rows, so SQLite checks the file first:
opened read-only and as immutable, which leaves no lock, journal or copy beside it.
"""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np
import pandas as pd

from geo.features import raw_table
from geo.findings import Finding, InputRefused
from geo.gdalread import read_with_gdal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geo.raw import RawTable

_MAGIC = b"SQLite format 3\0"
_HEAD = 100
_BIGGEST_PAGE = 65_536
_NEEDED = ("gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys")
_NO_CRS = (-1, 0, 99_999)
_QUOTED = str.maketrans({'"': '""'})


@dataclass(frozen=True)
class _Layer:
    """One feature layer: its table, the id of its CRS, its rows."""

    table: str
    srs_id: int
    rows: int


def read_geopackage(path: Path, *, name: str, layer: str | None) -> RawTable:
    """Read one layer of a GeoPackage.

    Returns
    -------
    RawTable
        Index = feature id, which is what QGIS shows.

    Raises
    ------
    InputRefused
        ``EMPTY, TRUNCATED, CORRUPT, FORMAT_MISMATCH, LAYER_AMBIGUOUS, LAYER_UNKNOWN``.
    """
    _check_size(path, name=name)
    chosen = _chosen(_layers(path, name=name), layer, name=name)
    if chosen.rows == 0:
        raise InputRefused(Finding("EMPTY", name))
    rows = read_with_gdal(path, name=name, layer=chosen.table, IMMUTABLE="YES")
    if len(rows.cells) != chosen.rows:
        reason = f"{len(rows.cells)} / {chosen.rows}"
        raise InputRefused(Finding("CORRUPT", name, detail={"reason": reason}))
    numbers = (
        rows.fids if len(np.unique(rows.fids)) == len(rows.fids) else np.arange(chosen.rows) + 1
    )
    cells = rows.cells.set_axis(pd.Index(numbers), axis=0)
    unsaved = path.with_name(path.name + "-wal")
    open_elsewhere = unsaved.is_file() and unsaved.stat().st_size > 0
    return raw_table(
        name,
        cells,
        rows.geometry,
        crs=None if chosen.srs_id in _NO_CRS else rows.crs,
        flags=rows.flags,
        findings=[Finding("GPKG_UNSAVED", name)] if open_elsewhere else [],
    )


def _check_size(path: Path, *, name: str) -> None:
    """Compare the size that the header promises with the file."""
    size = path.stat().st_size
    if size == 0:
        raise InputRefused(Finding("EMPTY", name))
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head.startswith(_MAGIC):
        found = "text" if head.isascii() else "?"
        raise InputRefused(Finding("FORMAT_MISMATCH", name, detail={"found": found}))
    if len(head) < _HEAD:
        raise InputRefused(Finding("TRUNCATED", name))
    (page,) = struct.unpack(">H", head[16:18])
    changes, pages, written_at = (struct.unpack(">I", head[i : i + 4])[0] for i in (24, 28, 92))
    page = _BIGGEST_PAGE if page == 1 else page
    if changes == written_at and size < pages * page:
        raise InputRefused(Finding("TRUNCATED", name))


def _layers(path: Path, *, name: str) -> list[_Layer]:
    """Let SQLite check the file, and return the feature layers in the order of their names."""
    address = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            database.execute("PRAGMA cell_size_check = ON")
            verdict = database.execute("PRAGMA quick_check(1)").fetchone()
            if verdict is None or verdict[0] != "ok":
                reason = str(verdict[0] if verdict else "?").replace("\n", " ")
                raise InputRefused(Finding("CORRUPT", name, detail={"reason": reason}))
            tables = {
                row[0].lower()
                for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            }
            if not set(_NEEDED) <= tables:
                raise InputRefused(Finding("FORMAT_MISMATCH", name, detail={"found": "SQLite"}))
            found = database.execute(
                "SELECT c.table_name, g.srs_id FROM gpkg_contents c JOIN gpkg_geometry_columns g "
                "ON lower(g.table_name) = lower(c.table_name) "
                "WHERE c.data_type = 'features' ORDER BY c.table_name"
            ).fetchall()
            return [_Layer(str(t), int(s), _count(database, str(t))) for t, s in found]
    except (sqlite3.Error, UnicodeDecodeError, ValueError, OverflowError) as error:
        if isinstance(error, InputRefused):
            raise
        detail = {"reason": str(error)}
        raise InputRefused(Finding("CORRUPT", name, detail=detail)) from error


def _count(database: sqlite3.Connection, table: str) -> int:
    # The name comes from the file; quoted, it can only name a table.
    statement = f'SELECT count(*) FROM "{table.translate(_QUOTED)}"'  # noqa: S608
    return int(database.execute(statement).fetchone()[0])


def _chosen(layers: Sequence[_Layer], wanted: str | None, *, name: str) -> _Layer:
    """Return the layer that is meant."""
    if not layers:
        raise InputRefused(Finding("EMPTY", name))
    told = "、".join(layer.table for layer in layers)
    if wanted is not None:
        same = [layer for layer in layers if layer.table == wanted]
        if not same:
            detail = {"layer": wanted, "layers": told}
            raise InputRefused(Finding("LAYER_UNKNOWN", name, detail=detail))
        return same[0]
    if len(layers) > 1:
        raise InputRefused(Finding("LAYER_AMBIGUOUS", name, detail={"layers": told}))
    return layers[0]
