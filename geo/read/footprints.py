"""What do the world's open files of places and buildings hold in an area?

Files of Overture, Microsoft and others are large and nested; only what lies in a box is taken, in
plain columns.
"""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.bundled import load_toml
from geo.findings import Finding, InputRefused
from geo.userfiles import existing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Box = tuple[float, float, float, float]
_LINES = (".geojsonl", ".geojsons", ".csv.gz", ".geojsonl.gz", ".json.gz")
_PARQUET = (".parquet", ".geoparquet")
_PLAIN = (str, int, float, bool, type(None))


def read_open_layer(path: Path, box: Box) -> gpd.GeoDataFrame:
    """Read the features of an open file that meet a box.

    Parameters
    ----------
    path
        GeoParquet as Overture publishes it (nested names, categories, sources), a GeoJSON with a
        feature a line (Microsoft's ``.csv.gz`` are such), or a GeoJSON.
    box
        West, south, east, north in degrees.

    Returns
    -------
    GeoDataFrame
        EPSG:4326.  Columns of the file; of nested ones ``names`` becomes ``name`` and ``name:en``,
        ``categories`` and ``taxonomy`` become ``category`` and ``categories`` (a list), ``sources``
        becomes ``source`` (its datasets).

    Raises
    ------
    InputRefused
        ``FILE_NOT_FOUND``, ``FORMAT_NOT_ALLOWED``, ``CORRUPT``, ``PARQUET_MISSING``, ``TOO_LARGE``.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> shape = '{"type": "Polygon", "coordinates": [[[7, 8], [7.1, 8], [7, 8.1], [7, 8]]]}'
    >>> line = '{"type": "Feature", "properties": {"height": 9.0}, "geometry": ' + shape + "}"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "132100132.geojsonl")
    ...     _ = file.write_text(line)
    ...     read_open_layer(file, (6.9, 7.9, 7.2, 8.2))["height"].tolist()
    [9.0]
    """
    existing(path, name=path.name)
    name = path.name.lower()
    if name.endswith(_PARQUET):
        frame = _of_parquet(path, box)
    elif name.endswith(_LINES):
        frame = _of_features(_lines(path), box, name=path.name)
    elif name.endswith((".geojson", ".json")):
        frame = _of_features(_collection(path), box, name=path.name)
    else:
        detail = {"found": path.suffix}
        raise InputRefused(Finding("FORMAT_NOT_ALLOWED", path.name, detail=detail))
    return _flat(frame[frame.intersects(shapely.box(*box))].reset_index(drop=True))


def _of_parquet(path: Path, box: Box) -> gpd.GeoDataFrame:
    """Read the row groups that meet the box, by the column ``bbox`` where there is one."""
    try:
        import pyarrow as pa  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra
        import pyarrow.compute as pc  # type: ignore[import-untyped]  # noqa: PLC0415
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError as error:
        raise InputRefused(Finding("PARQUET_MISSING", path.name)) from error
    west, south, east, north = box
    try:
        schema = parquet.read_schema(path)
        inside = None
        if "bbox" in schema.names and pa.types.is_struct(schema.field("bbox").type):
            inside = (
                (pc.field("bbox", "xmin") <= east)
                & (pc.field("bbox", "xmax") >= west)
                & (pc.field("bbox", "ymin") <= north)
                & (pc.field("bbox", "ymax") >= south)
            )
        table = parquet.read_table(path, filters=inside)
        shapes = shapely.from_wkb(table.column("geometry").to_numpy())
        others = [name for name in table.column_names if name not in ("geometry", "bbox")]
        cells = {name: table.column(name).to_pylist() for name in others}
    except (
        pa.ArrowException,
        OSError,
        ValueError,
        KeyError,
        shapely.errors.GEOSException,
    ) as fault:
        detail = {"reason": str(fault).split("\n", maxsplit=1)[0]}
        raise InputRefused(Finding("CORRUPT", path.name, detail=detail)) from fault
    columns = {name: pd.Series(values, dtype=object) for name, values in cells.items()}
    return gpd.GeoDataFrame(columns, geometry=np.asarray(shapes), crs="EPSG:4326")


def _lines(path: Path) -> Iterator[Any]:
    """Yield the features of a file with one a line; not more bytes than any district has."""
    left = int(load_toml("rules/limits.toml")["file"]["max_bytes"])
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        for line in file:
            left -= len(line)
            if left < 0:
                detail = {"found": f"{path.stat().st_size / 1e9:.1f} GB"}
                raise InputRefused(Finding("TOO_LARGE", path.name, detail=detail))
            if line.strip():
                yield json.loads(line)


def _collection(path: Path) -> Iterator[Any]:
    if path.stat().st_size > int(load_toml("rules/limits.toml")["file"]["max_bytes"]):
        detail = {"found": f"{path.stat().st_size / 1e9:.1f} GB"}
        raise InputRefused(Finding("TOO_LARGE", path.name, detail=detail))
    yield from json.loads(path.read_bytes())["features"]


def _of_features(features: Iterator[Any], box: Box, *, name: str) -> gpd.GeoDataFrame:
    """Make a frame of the GeoJSON features whose first corner is near the box."""
    rows: list[dict[str, Any]] = []
    shapes: list[str] = []
    try:
        for feature in features:
            if _near(feature["geometry"]["coordinates"], box):
                rows.append(feature.get("properties") or {})
                shapes.append(json.dumps(feature["geometry"]))
        geometry = np.asarray(shapely.from_geojson(np.array(shapes, dtype=object)), dtype=object)
    except (OSError, EOFError, ValueError, KeyError, TypeError, IndexError) as fault:
        detail = {"reason": type(fault).__name__}
        raise InputRefused(Finding("CORRUPT", name, detail=detail)) from fault
    frame = pd.DataFrame(rows, index=pd.RangeIndex(len(rows)))
    return gpd.GeoDataFrame(frame, geometry=geometry.reshape(-1), crs="EPSG:4326")


def _near(coordinates: Any, box: Box) -> bool:  # noqa: ANN401 - lists of lists of any depth
    """Say whether a feature's first corner lies in the box or a building's length beside it."""
    while isinstance(coordinates[0], list):
        coordinates = coordinates[0]
    margin = load_toml("rules/rasters.toml")["open_layers"]["margin_deg"]
    x, y = coordinates[:2]
    west, south, east, north = box
    return bool(west - margin <= x <= east + margin and south - margin <= y <= north + margin)


def _flat(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give nested columns plain ones in their place."""
    columns: dict[str, list[Any]] = {}
    for column in frame.columns.drop("geometry"):
        values = frame[column].tolist()
        if column == "names":
            columns["name"] = [_inner(value, "primary") for value in values]
            columns["name:en"] = [_common(value, "en") for value in values]
        elif column in ("categories", "taxonomy"):
            columns["category"] = [
                earlier or _inner(value, "primary")
                for value, earlier in zip(
                    values, columns.get("category", [None] * len(values)), strict=True
                )
            ]
            columns["categories"] = [
                [*earlier, *_words(value)]
                for value, earlier in zip(
                    values, columns.get("categories", [[]] * len(values)), strict=True
                )
            ]
        elif column == "sources":
            columns["source"] = [_datasets(value) for value in values]
        elif all(isinstance(value, _PLAIN) for value in values):
            columns[column] = values
    return gpd.GeoDataFrame(columns, geometry=frame.geometry.to_numpy(), crs=frame.crs)


def _inner(value: Any, key: str) -> Any:  # noqa: ANN401 - a cell of a stranger's file
    return value.get(key) if isinstance(value, dict) else None


def _common(value: Any, language: str) -> str | None:  # noqa: ANN401
    """Return a name in a language: maps of Arrow are lists of pairs."""
    common = _inner(value, "common")
    return dict(common).get(language) if common else None


def _words(value: Any) -> list[str]:  # noqa: ANN401
    """Return all category words of a place, the main one first."""
    words = [_inner(value, "primary")]
    for key in ("alternate", "alternates", "hierarchy"):
        words += _inner(value, key) or []
    return [word for word in words if word]


def _datasets(value: Any) -> str:  # noqa: ANN401
    found = [_inner(one, "dataset") for one in value or []]
    return ";".join(dict.fromkeys(str(one) for one in found if one))
