"""Which files do other programs get where asked: GeoParquet, KML, DXF, Shapefile?

All layers are read back by name in the same words; a text of the data stays a text in each of them.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from analyses.schema import roles
from geo.findings import Finding
from geo.text import one_line
from maps.files.dxf import write_dxf
from maps.files.kml import write_kml
from maps.files.shapefile import write_shapefiles

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from analyses.result import Shown
    from geo.words import Lang

Format = Literal["geoparquet", "kml", "dxf", "shapefile"]
Layers = dict[str, gpd.GeoDataFrame]
_POLYGONS = ("Polygon", "MultiPolygon")


def write_exports(
    shown: Sequence[Shown], folder: Path, *, formats: Sequence[Format], lang: Lang
) -> list[Finding]:
    """Write the layers that may be shown in the formats that are asked for.

    Parameters
    ----------
    shown
        What may be shown, in one metric CRS.
    folder
        Existing folder; each format gets a file or a folder of its own in it.
    formats
        ``geoparquet`` (all layers, a file each), ``kml`` (for phones, WGS 84: no homes, which would
        be too many), ``dxf`` (for CAD, in the CRS of the study), ``shapefile`` (GBK).
    lang
        Language of names.

    Returns
    -------
    list of Finding
        What could not be written, or not as it was.

    Examples
    --------
    >>> import tempfile, yimi
    >>> from pathlib import Path
    >>> run = yimi.run(yimi.demo)
    >>> areas = [item for item in run.result.shown if item.role == "area"]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     findings = write_exports(areas, Path(folder), formats=["kml"], lang="en")
    ...     findings, [file.suffix for file in Path(folder).iterdir()]
    ([], ['.kml'])
    """
    layers = export_layers(shown)
    findings: list[Finding] = []
    if "geoparquet" in formats:
        findings += _geoparquet(layers, folder)
    if "kml" in formats:
        write_kml(folder / "results.kml", shown, layers, lang=lang)
    if "dxf" in formats:
        write_dxf(folder / "results.dxf", layers)
    if "shapefile" in formats:
        (folder / "shapefile").mkdir()
        ground = {one.export for one in roles().values() if not one.asked and not one.layer}
        own = {name: frame for name, frame in layers.items() if name not in ground}
        findings += write_shapefiles(folder / "shapefile", own, lang=lang)
    return findings


def export_layers(shown: Sequence[Shown]) -> Layers:
    """Return the layers by name, with plain columns and points, lines and polygons apart.

    Infinite numbers become unknown, texts one line each, classes texts.
    """
    layers: Layers = {}
    for item in shown:
        name = roles()[item.role].export
        if name is None or not isinstance(item.rows, gpd.GeoDataFrame) or not len(item.rows):
            continue
        frame = item.rows[item.rows.geometry.notna() & ~item.rows.geometry.is_empty]
        kinds = frame.geom_type
        for ending, chosen in (
            ("", kinds.isin(["Point", "MultiPoint"])),
            ("_lines", kinds.isin(["LineString", "MultiLineString"])),
            ("_areas", kinds.isin(_POLYGONS)),
        ):
            if chosen.all():
                layers[name] = _plain(frame)
            elif chosen.any():
                layers[name + ending] = _plain(frame[chosen])
    return layers


def _plain(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a copy whose cells every format takes."""
    columns: dict[str, object] = {}
    for name in frame.columns:
        values = frame[name]
        if name == frame.geometry.name:
            continue
        if pd.api.types.is_float_dtype(values):
            columns[str(name)] = values.replace([np.inf, -np.inf], np.nan)
        elif pd.api.types.is_bool_dtype(values) or pd.api.types.is_integer_dtype(values):
            columns[str(name)] = values.astype("int64") if values.notna().all() else values
        else:
            columns[str(name)] = values.astype(object).map(_cell)
    table = pd.DataFrame(columns, index=frame.index)
    return gpd.GeoDataFrame(table, geometry=frame.geometry.to_numpy(), crs=frame.crs).reset_index(
        drop=True
    )


def _cell(value: object) -> str | None:
    return None if value is None or value is pd.NA or value != value else one_line(value)  # noqa: PLR0124 - NaN


def _geoparquet(layers: Layers, folder: Path) -> list[Finding]:
    if importlib.util.find_spec("pyarrow") is None:
        return [Finding("EXPORT_NO_PYARROW", "exports/geoparquet")]
    (folder / "geoparquet").mkdir()
    for name, frame in layers.items():
        frame.to_parquet(folder / "geoparquet" / f"{name}.parquet", index=False)
    return []
