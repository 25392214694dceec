"""Is a GeoPackage whole, which layer is meant, and which rows does it hold?

Read with SQLite and not with GDAL: GDAL reads around damaged pages and then simply has fewer rows,
and it tidies up journals that lie beside the file.  Here the file is opened read-only and as
immutable, which leaves nothing behind and takes nothing away.
"""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pandas as pd
import shapely

from geo.bundled import load_toml
from geo.findings import Finding, InputRefused, YimiError
from geo.read.features import GEOMETRY, geometry_array, raw_table, reason
from geo.read.flags import Flag, positions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geo.read.raw import RawTable

_MAGIC = b"SQLite format 3\0"
_HEAD = 100
_BIGGEST_PAGE = 65_536
_NEEDED = {"gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys"}
_NO_CRS = (-1, 0, 99_999)
_QUOTED = str.maketrans({'"': '""'})
_STEPS_AT_ONCE = 1_000_000
# Bytes of the envelope in a geometry's header by its code (none, xy, xyz, xym, xyzm).
_ENVELOPES = (0, 32, 48, 48, 64)
_PLAIN_HEADER = 8
_EMPTY_FLAG, _EXTENDED_FLAG = 0x10, 0x20


@dataclass(frozen=True)
class _Layer:
    """One feature layer: its table, its column of geometries, its CRS."""

    table: str
    column: str
    crs: str | None


@dataclass(frozen=True)
class _Rows:
    """The rows of a layer: values by column, geometries as they are stored, feature ids."""

    columns: dict[str, list[Any]]
    blobs: list[Any]
    fids: list[int]


def read_geopackage(path: Path, *, name: str, layer: str | None) -> RawTable:
    """Read one layer of a GeoPackage.

    Returns
    -------
    RawTable
        Index = feature id, which is what QGIS shows; ``crs`` None where it is undefined.

    Raises
    ------
    InputRefused
        ``EMPTY, TRUNCATED, CORRUPT, TOO_LARGE, FORMAT_MISMATCH, LAYER_AMBIGUOUS, LAYER_UNKNOWN``.
    """
    _check_size(path, name=name)
    address = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            _restrain(database)
            _check_content(database, name=name)
            chosen = _chosen(_layers(database), layer, name=name)
            rows = _rows(database, chosen, name=name)
    except (sqlite3.Error, ValueError, OverflowError) as error:
        if isinstance(error, YimiError):
            raise
        detail = {"reason": str(error)}
        raise InputRefused(Finding("CORRUPT", name, detail=detail)) from error
    if not rows.fids:
        raise InputRefused(Finding("EMPTY", name))
    index = pd.Index(rows.fids)
    columns = {c: pd.Series(v, index=index, dtype=object) for c, v in rows.columns.items()}
    geometry, flag = _decoded(rows.blobs)
    unsaved = path.with_name(path.name + "-wal")
    open_elsewhere = unsaved.is_file() and unsaved.stat().st_size > 0
    return raw_table(
        name,
        pd.DataFrame(columns, index=index),
        geometry,
        crs=chosen.crs,
        flags=[flag],
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


def _restrain(database: sqlite3.Connection) -> None:
    """Keep a hostile schema from running functions or running forever."""
    most: int = load_toml("rules/limits.toml")["vector"]["sqlite_max_steps"]
    left = [most // _STEPS_AT_ONCE]

    def is_over() -> bool:
        left[0] -= 1
        return left[0] < 0

    database.set_progress_handler(is_over, _STEPS_AT_ONCE)
    database.execute("PRAGMA trusted_schema = OFF")
    database.execute("PRAGMA cell_size_check = ON")
    # Text that is no UTF-8 shows as such, and is found by the check of names.
    database.text_factory = lambda data: data.decode("utf-8", "replace")


def _check_content(database: sqlite3.Connection, *, name: str) -> None:
    """Let SQLite check its pages, and look for the tables that make a GeoPackage."""
    verdict = database.execute("PRAGMA quick_check(1)").fetchone()
    if verdict is None or verdict[0] != "ok":
        text = str(verdict[0] if verdict else "?").replace("\n", " ")
        raise InputRefused(Finding("CORRUPT", name, detail={"reason": text}))
    found = database.execute("SELECT lower(name) FROM sqlite_master WHERE type = 'table'")
    if not {row[0] for row in found} >= _NEEDED:
        raise InputRefused(Finding("FORMAT_MISMATCH", name, detail={"found": "SQLite"}))


def _layers(database: sqlite3.Connection) -> list[_Layer]:
    """Return the feature layers in the order of their names."""
    found = database.execute(
        "SELECT c.table_name, g.column_name, g.srs_id, s.organization, s.organization_coordsys_id,"
        " s.definition FROM gpkg_contents c"
        " JOIN gpkg_geometry_columns g ON lower(g.table_name) = lower(c.table_name)"
        " LEFT JOIN gpkg_spatial_ref_sys s ON s.srs_id = g.srs_id"
        " WHERE c.data_type = 'features' ORDER BY c.table_name"
    ).fetchall()
    return [_Layer(str(row[0]), str(row[1]), _crs(row[2:])) for row in found]


def _crs(about: Sequence[object]) -> str | None:
    """Return ``EPSG:xxxx``, a WKT, or None."""
    srs_id, authority, code, definition = about
    if srs_id in _NO_CRS or authority is None:
        return None
    if str(authority).upper() == "EPSG":
        return f"EPSG:{code}"
    return str(definition or "") or None


def _chosen(layers: Sequence[_Layer], wanted: str | None, *, name: str) -> _Layer:
    """Return the layer that is meant."""
    if not layers:
        raise InputRefused(Finding("EMPTY", name))
    told = tuple(layer.table for layer in layers)
    if wanted is not None:
        same = [layer for layer in layers if layer.table == wanted]
        if not same:
            detail = {"layer": wanted, "layers": told}
            raise InputRefused(Finding("LAYER_UNKNOWN", name, detail=detail))
        return same[0]
    if len(layers) > 1:
        raise InputRefused(Finding("LAYER_AMBIGUOUS", name, detail={"layers": told}))
    return layers[0]


def _rows(database: sqlite3.Connection, layer: _Layer, *, name: str) -> _Rows:
    """Read a table in the order of its feature ids."""
    # Names come from the file; quoted, they can name a table or a column and nothing else.
    table = f'"{layer.table.translate(_QUOTED)}"'
    most: int = load_toml("rules/limits.toml")["file"]["max_rows"]
    count = database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
    if count > most:
        raise InputRefused(Finding("TOO_LARGE", name, detail={"found": f"{count} rows"}))
    about = database.execute(f"PRAGMA table_info({table})").fetchall()
    keys = [str(row[1]) for row in about if row[5] == 1 and str(row[2]).upper() == "INTEGER"]
    order = f' ORDER BY "{keys[0].translate(_QUOTED)}"' if keys else ""
    cursor = database.execute(f"SELECT * FROM {table}{order}")  # noqa: S608
    headers = [str(column[0]) for column in cursor.description]
    columns = dict(zip(headers, map(list, zip(*cursor.fetchall(), strict=True)), strict=False))
    lower = {header.lower(): header for header in headers}
    shapes = lower.get(layer.column.lower())
    if shapes is None:
        detail = {"reason": f"no column {layer.column}"}
        raise InputRefused(Finding("CORRUPT", name, detail=detail))
    blobs = columns.pop(shapes, [])
    fids = columns.pop(keys[0], []) if keys else list(range(1, len(blobs) + 1))
    values = {header: [_plain(v) for v in column] for header, column in columns.items()}
    return _Rows(values, blobs, fids)


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever SQLite stores
    """Return a value as it is; pictures and other binary data only by their size."""
    return f"<{len(value)} bytes>" if isinstance(value, bytes) else value


def _decoded(blobs: Sequence[Any]) -> tuple[Any, Flag]:
    """Return the geometries, and a flag for those that cannot be decoded."""
    wkb = geometry_array([_wkb(blob) for blob in blobs])
    geometry = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)
    there = np.array([blob is not None for blob in blobs], bool)
    empty = np.array([_is_empty(blob) for blob in blobs], bool)
    spoilt = positions(there & ~empty & shapely.is_missing(geometry))
    return geometry, Flag("GEOM_INVALID", spoilt, GEOMETRY, detail={"reason": reason("unreadable")})


def _is_standard(blob: object) -> bool:
    """Say whether a stored geometry has the header of the standard."""
    return isinstance(blob, bytes) and len(blob) > _PLAIN_HEADER and blob[:2] == b"GP"


def _is_empty(blob: Any) -> bool:  # noqa: ANN401
    return _is_standard(blob) and bool(blob[3] & _EMPTY_FLAG)


def _wkb(blob: Any) -> bytes | None:  # noqa: ANN401
    """Return the WKB of a stored geometry, None where there is none or where it is not standard."""
    if not _is_standard(blob) or blob[3] & (_EMPTY_FLAG | _EXTENDED_FLAG):
        return None
    envelope = (blob[3] >> 1) & 0b111
    if envelope >= len(_ENVELOPES):
        return None
    return bytes(blob[_PLAIN_HEADER + _ENVELOPES[envelope] :]) or None
