"""How does a vector file of a stranger become rows, without harm and without loss?

A file is opened as what its extension says, and only if its first bytes agree.  GDAL sees
FlatGeobuf, GML and the shapes of a Shapefile; GeoJSON, KML and attribute tables are read by parsers
of ours (`geo.read.geojson`, `geo.read.kml`, `geo.read.dbf`), GeoPackage by SQLite, GeoParquet by
pyarrow.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from geo.bundled import load_toml
from geo.findings import Finding, InputRefused
from geo.read.archives import ARCHIVES, choose, unpack
from geo.read.features import geometry_array, raw_table
from geo.read.gdalread import borrow, layers_of, read_with_gdal
from geo.read.geojson import read_geojson
from geo.read.geopackage import read_geopackage
from geo.read.kml import read_kml
from geo.read.shapefile import read_shapefile
from geo.read.signatures import format_of
from geo.read.xmlguard import check_xml, utf8_xml
from geo.userfiles import existing, is_address

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyarrow.parquet import FileMetaData  # type: ignore[import-untyped]

    from geo.read.raw import RawTable

_GML_ROOTS = ("FeatureCollection", "SimpleFeatureCollection")


def read_vector(path: Path | str, *, layer: str | None = None, name: str | None = None) -> RawTable:
    """Read the features of a vector file or an archive that holds one.

    Parameters
    ----------
    path
        ``.geojson .json .gpkg .shp .kml .gml .fgb .parquet .geoparquet``, or a ``.zip .kmz .gz``
        with one of these inside.  No addresses and no virtual paths.
    layer
        Name of the layer (or of the file inside an archive) where there are several.
    name
        Name of the file as the user wrote it; its own name without.

    Returns
    -------
    RawTable
        Index of the cells = number of the feature as the user sees it (from 1); ``crs`` is None
        where the file declares none.

    Raises
    ------
    InputRefused
        ``PATH_NOT_ALLOWED, FILE_NOT_FOUND, EMPTY, FORMAT_NOT_ALLOWED, FORMAT_MISMATCH, TRUNCATED,
        CORRUPT, LAYER_AMBIGUOUS, LAYER_UNKNOWN, SHP_INCOMPLETE, XML_ENTITY``, and those of
        `geo.read.geojson` and `geo.read.archives`.
    """
    text = str(path)
    if is_address(text):
        raise InputRefused(Finding("PATH_NOT_ALLOWED", text, value=text))
    file = Path(path)
    shown = name or file.name
    existing(file, name=shown)
    suffix = file.suffix.lower()
    if file.stat().st_size == 0:
        raise InputRefused(Finding("EMPTY", shown))
    if suffix in ARCHIVES:
        return _from_archive(file, layer, name=shown)
    reader = _READERS.get(suffix)
    if reader is None:
        raise InputRefused(Finding("FORMAT_NOT_ALLOWED", shown, detail={"found": suffix or "-"}))
    _check_start(file, suffix, name=shown)
    table = reader(file, layer, shown)
    if table.rows_in == 0:
        raise InputRefused(Finding("EMPTY", shown))
    return table


def _from_archive(path: Path, layer: str | None, *, name: str) -> RawTable:
    """Unpack an archive into a folder that is removed at once, and read its one data file."""
    with tempfile.TemporaryDirectory(prefix="yimi-") as folder:
        unpacked = unpack(path, Path(folder), name=name)
        member, inside = choose(unpacked.members, _READERS.keys(), name=name, layer=layer)
        shown = f"{name}#{member.name}"
        table = read_vector(member.path, layer=inside, name=shown)
    return replace(table, findings=(*unpacked.findings, *table.findings))


def _check_start(path: Path, suffix: str, *, name: str) -> None:
    """Refuse a file whose first bytes are those of another format."""
    with path.open("rb") as file:
        head = file.read(512)
    found = format_of(head)
    if found is None and suffix in _BINARY:
        found = "text" if head.isascii() else "?"
    if found is not None and found not in _BINARY.get(suffix, ()):
        raise InputRefused(Finding("FORMAT_MISMATCH", name, detail={"found": found}))


def _text_bytes(path: Path, *, name: str) -> bytes:
    """Read a file that is parsed as a whole."""
    limit: int = load_toml("rules/limits.toml")["vector"]["text_max_bytes"]
    size = path.stat().st_size
    if size > limit:
        raise InputRefused(Finding("TOO_LARGE", name, detail={"found": f"{size / 1e9:.1f} GB"}))
    return path.read_bytes()


def _geojson(path: Path, _: str | None, name: str) -> RawTable:
    return read_geojson(_text_bytes(path, name=name), name=name)


def _kml(path: Path, _: str | None, name: str) -> RawTable:
    return read_kml(_text_bytes(path, name=name), name=name)


def _shapefile(path: Path, _: str | None, name: str) -> RawTable:
    return read_shapefile(path, name=name)


def _geopackage(path: Path, layer: str | None, name: str) -> RawTable:
    return read_geopackage(path, name=name, layer=layer)


def _gml(path: Path, layer: str | None, name: str) -> RawTable:
    """Read a GML from a temporary folder: GDAL writes a ``.gfs`` beside it, and reads one there."""
    data = utf8_xml(_text_bytes(path, name=name), file=name)
    check_xml(data, file=name, roots=_GML_ROOTS)
    with tempfile.TemporaryDirectory(prefix="yimi-") as folder:
        alone = Path(folder) / "data.gml"
        alone.write_bytes(data)
        chosen = _one_layer(layers_of(alone, name=name), layer, name=name)
        return _numbered(alone, chosen, name=name)


def _flatgeobuf(path: Path, layer: str | None, name: str) -> RawTable:
    with tempfile.TemporaryDirectory(prefix="yimi-") as folder:
        alone = Path(folder) / "data.fgb"
        borrow(path, alone)
        chosen = _one_layer(layers_of(alone, name=name), layer, name=name)
        return _numbered(alone, chosen, name=name)


def _one_layer(layers: list[str], wanted: str | None, *, name: str) -> str:
    """Return the layer that is meant."""
    told = tuple(layers)
    if not layers:
        raise InputRefused(Finding("EMPTY", name))
    if wanted is not None and len(layers) > 1:
        if wanted not in layers:
            detail = {"layer": wanted, "layers": told}
            raise InputRefused(Finding("LAYER_UNKNOWN", name, detail=detail))
        return wanted
    if len(layers) > 1:
        raise InputRefused(Finding("LAYER_AMBIGUOUS", name, detail={"layers": told}))
    return layers[0]


def _numbered(path: Path, layer: str, *, name: str) -> RawTable:
    """Read a layer with GDAL, its features numbered from 1."""
    rows = read_with_gdal(path, name=name, layer=layer)
    cells = rows.cells.set_axis(pd.RangeIndex(1, len(rows.cells) + 1), axis=0)
    return raw_table(name, cells, rows.geometry, crs=rows.crs, flags=rows.flags)


def _parquet(path: Path, _: str | None, name: str) -> RawTable:
    """Read a GeoParquet: whole (it ends as it begins), not too large, with geometry."""
    with path.open("rb") as file:
        file.seek(-4, 2)
        if file.read() != b"PAR1":
            raise InputRefused(Finding("TRUNCATED", name))
    try:
        import pyarrow as pa  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError as error:
        raise InputRefused(Finding("PARQUET_MISSING", name)) from error
    import geopandas  # noqa: PLC0415 - only here
    from pyproj.exceptions import CRSError  # noqa: PLC0415

    try:
        _check_parquet(parquet.read_metadata(path), name=name)
        frame = geopandas.read_parquet(path)
        cells = pd.DataFrame(frame.drop(columns=frame.geometry.name)).astype(object)
    except InputRefused:
        raise
    except (pa.ArrowException, CRSError, OSError, ValueError, TypeError, KeyError) as error:
        raise InputRefused(_parquet_fault(error, name=name)) from error
    cells = cells.where(cells.notna(), None).set_axis(pd.RangeIndex(1, len(cells) + 1), axis=0)
    crs = None if frame.crs is None else frame.crs.to_string()
    return raw_table(name, cells, geometry_array(frame.geometry.tolist()), crs=crs)


def _check_parquet(metadata: FileMetaData, *, name: str) -> None:
    limit: int = load_toml("rules/limits.toml")["vector"]["parquet_max_bytes"]
    groups = (metadata.row_group(i) for i in range(metadata.num_row_groups))
    total = sum(group.total_byte_size for group in groups)
    if total > limit:
        found = f"{total / 1e6:.0f} MB"
        raise InputRefused(Finding("ARCHIVE_BOMB", name, detail={"found": found}))


def _parquet_fault(error: Exception, *, name: str) -> Finding:
    if "geo metadata" in str(error):
        return Finding("FORMAT_MISMATCH", name, detail={"found": "Parquet"})
    return Finding("CORRUPT", name, detail={"reason": str(error).split("\n")[0]})


_READERS: dict[str, Callable[[Path, str | None, str], RawTable]] = {
    ".geojson": _geojson,
    ".json": _geojson,
    ".gpkg": _geopackage,
    ".shp": _shapefile,
    ".kml": _kml,
    ".gml": _gml,
    ".fgb": _flatgeobuf,
    ".parquet": _parquet,
    ".geoparquet": _parquet,
}
_BINARY = {
    ".gpkg": ("SQLite / GeoPackage",),
    ".shp": ("Shapefile",),
    ".fgb": ("FlatGeobuf",),
    ".parquet": ("Parquet",),
    ".geoparquet": ("Parquet",),
}
