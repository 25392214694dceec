"""How do downloaded files of public data become the layers of a study?

What a file is follows from its name (``data/sources.toml``).  Each is cut to the area and written
into the study's folder; of data that may be used for no commercial end only the open parts are
taken unless that was agreed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from analyses.facilities import overture_kind
from analyses.study import source_of, sources
from geo.bundled import load_toml
from geo.findings import Finding
from geo.read import read_open_layer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    Boxed = tuple[float, float, float, float]

_KEPT = ("building", "class", "subtype", "num_floors", "height", "name", "source")
_MARGIN_CELLS = 2


@dataclass
class PublicLayers:
    """What was made of a folder of downloaded files.

    Attributes
    ----------
    files
        Layer (``facilities, buildings, compare, rasters, total``) -> file or folder in the study.
    used
        Source -> files of the study made of it.
    open_only
        Sources of which only the open parts were taken.
    counts
        Source -> features (or rasters) taken.
    findings
        Remarks.
    """

    files: dict[str, str] = field(default_factory=dict)
    used: dict[str, list[str]] = field(default_factory=dict)
    open_only: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def osm_file_in(downloads: Path) -> Path | None:
    """Return the OSM file of a folder, the largest of several; None where there is none.

    Examples
    --------
    >>> from geo.bundled import DEMO
    >>> osm_file_in(DEMO).name
    'streets.osm.pbf'
    """
    found = [p for p, source in _recognised(downloads) if source == "osm"]
    return max(found, key=lambda path: (path.stat().st_size, path.name), default=None)


def public_layers(
    downloads: Path, into: Path, outline: BaseGeometry, *, non_commercial: bool, osm_buildings: int
) -> PublicLayers:
    """Cut the files of a folder to an area and write them as layers of a study.

    Parameters
    ----------
    downloads
        Folder of downloaded files, also in folders inside it.
    into
        Folder of the study.
    outline
        The area, EPSG:4326.
    non_commercial
        Whether data for no commercial end were agreed to.
    osm_buildings
        How many buildings OSM has in the area: the fuller layer carries the children.
    """
    got = PublicLayers()
    files: dict[str, list[Path]] = {}
    for path, source in _recognised(downloads):
        files.setdefault(source, []).append(path)
    if "overture_places" in files:
        _places(files["overture_places"], into, outline, got=got)
    layers = {
        source: _buildings(source, paths, outline, got=got, agreed=non_commercial)
        for source, paths in files.items()
        if sources()[source].layer == "buildings"
    }
    _write_buildings(layers, into, got=got, osm_buildings=osm_buildings)
    for source, name in (("worldpop_ages", "rasters"), ("ghs_pop", "total")):
        for path in files.get(source, []):
            target = into / ("worldpop" if name == "rasters" else "population") / path.name
            if _cut_raster(path, target, outline):
                _enter(got, source, f"{target.parent.name}/{path.name}")
                got.files[name] = target.parent.name if name == "rasters" else got.used[source][0]
    return got


def with_public(lines: list[str], public: PublicLayers, *, non_commercial: bool) -> list[str]:
    """Return the lines of ``study.toml`` with the public layers in them."""
    files, named = public.files, [sources()[source] for source in public.used]
    makers = [sources()["osm"].attribution, *(source.attribution for source in named)]
    credit = "; ".join(dict.fromkeys(makers))
    homes = files.get("buildings")
    changed, section = [], ""
    for line in lines:
        section = line if line.startswith("[") else section
        if line.startswith("attribution = "):
            changed.append(f"attribution = {json.dumps(credit, ensure_ascii=False)}")
            changed += ["non_commercial = true"] if non_commercial else []
        elif section.startswith("[buildings]") and line.startswith("path = "):
            changed.append(f"path = {json.dumps(homes)}" if homes else line)
            changed += [f"compare = {json.dumps(files['compare'])}"] if "compare" in files else []
        else:
            changed.append(line)
    if "facilities" in files:
        changed += ["", "[[facilities]]", f"path = {json.dumps(files['facilities'])}"]
    if "rasters" in files:
        changed += ["", "[children]", 'method = "raster"']
        changed.append(f"rasters = {json.dumps(files['rasters'])}")
    elif "total" in files:
        changed += ["", "# [children]", '# method = "raster"']
        changed += [f"# rasters = {{ total = {json.dumps(files['total'])} }}"]
        changed += ['# structure = { "0-4" = 0.0, "5-9" = 0.0, "10-14" = 0.0, "15-19" = 0.0 }']
    for source, of_source in public.used.items():
        changed += ["", "[[sources]]", f"id = {json.dumps(source)}"]
        changed.append(f"files = {json.dumps(of_source, ensure_ascii=False)}")
        changed += ["open_parts_only = true"] if source in public.open_only else []
    return changed


def _recognised(downloads: Path) -> Iterable[tuple[Path, str]]:
    for path in sorted(downloads.rglob("*")):
        source = source_of(path.name) if path.is_file() else None
        if source is not None:
            yield path, source.id


def _enter(got: PublicLayers, source: str, file: str, *, count: int = 1) -> None:
    got.used.setdefault(source, []).append(file)
    got.counts[source] = got.counts.get(source, 0) + count


def _boxed(outline: BaseGeometry) -> Boxed:
    west, south, east, north = map(float, outline.bounds)
    return west, south, east, north


def _places(paths: Iterable[Path], into: Path, outline: BaseGeometry, *, got: PublicLayers) -> None:
    """Write the places of Overture that are facilities of a known kind and surely there."""
    rule = load_toml("rules/rasters.toml")["open_layers"]
    parts = [read_open_layer(path, _boxed(outline)) for path in paths]
    rows = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs="EPSG:4326")
    rows = rows[rows.intersects(outline)]
    names = _column(rows, "name")
    kinds = [
        overture_kind(words or [], str(name or ""))
        for words, name in zip(_column(rows, "categories"), names, strict=True)
    ]
    sure = pd.to_numeric(pd.Series(_column(rows, "confidence")), errors="coerce").to_numpy()
    shut = pd.Series(_column(rows, "operating_status"), dtype=object).isin(rule["closed"])
    kept = np.array([kind is not None for kind in kinds], dtype=bool)
    kept &= ~(sure < rule["least_confidence"]) & ~shut.to_numpy()
    frame = gpd.GeoDataFrame(
        {"id": _column(rows, "id"), "name": names, "kind": kinds},
        geometry=rows.geometry.to_numpy(),
        crs="EPSG:4326",
    )[kept]
    detail = {"count": len(frame), "of": len(rows)}
    got.findings.append(Finding("PLACES_OF_KINDS", "overture_places", detail=detail))
    if len(frame):
        got.files["facilities"] = "places_overture.geojson"
        frame.to_file(into / got.files["facilities"], driver="GeoJSON")
        _enter(got, "overture_places", got.files["facilities"], count=len(frame))


def _buildings(
    source: str, paths: Iterable[Path], outline: BaseGeometry, *, got: PublicLayers, agreed: bool
) -> gpd.GeoDataFrame:
    """Return the buildings of a source in the area, of a closed one its open parts alone."""
    parts = [read_open_layer(path, _boxed(outline)) for path in paths]
    rows = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs="EPSG:4326")
    rows = rows[rows.intersects(outline)]
    row = sources()[source]
    if not row.commercial and not agreed:
        whose = pd.Series(_column(rows, "source"), index=rows.index, dtype=object)
        open_ = whose.astype(str).str.lower().isin(row.open_parts)
        detail = {"count": int((~open_).sum()), "licence": row.licence}
        got.findings.append(Finding("LICENCE_PARTS_LEFT_OUT", source, detail=detail))
        got.open_only.add(source)
        rows = rows[open_].drop(columns=list(row.closed_columns), errors="ignore")
    columns = [column for column in _KEPT if column in rows]
    return gpd.GeoDataFrame(rows[[*columns, "geometry"]], crs="EPSG:4326")


def _write_buildings(
    layers: Mapping[str, gpd.GeoDataFrame], into: Path, *, got: PublicLayers, osm_buildings: int
) -> None:
    """Write the fullest layer as the homes, and an independent one to compare it with."""
    order = sorted((n for n in layers if len(layers[n])), key=lambda n: (-len(layers[n]), n))
    first = order[0] if order and len(layers[order[0]]) >= osm_buildings else None
    # Overture holds OSM's buildings: the two say nothing of each other's gaps.
    second = next((n for n in order if n != first and "overture" not in (n + (first or ""))), None)
    if second is None and first is None:
        second = next((n for n in order if not n.startswith("overture")), None)
    for name, layer in (("buildings", first), ("compare", second)):
        if layer is not None:
            got.files[name] = f"{layer}.gpkg"
            layers[layer].to_file(into / got.files[name], driver="GPKG", layer=layer)
            _enter(got, layer, got.files[name], count=len(layers[layer]))


def _cut_raster(path: Path, target: Path, outline: BaseGeometry) -> bool:
    """Write the part of a raster around the area; False where they do not meet."""
    import rasterio  # noqa: PLC0415  (only where there is a raster)
    from rasterio.windows import Window, from_bounds  # noqa: PLC0415

    with (
        rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", GDAL_PAM_ENABLED="NO"),
        rasterio.open(path.resolve(), driver="GTiff") as raster,
    ):
        there = gpd.GeoSeries([outline], crs="EPSG:4326").to_crs(raster.crs)[0]
        wanted = from_bounds(*there.bounds, transform=raster.transform)
        row, column = int(wanted.row_off) - _MARGIN_CELLS, int(wanted.col_off) - _MARGIN_CELLS
        height, width = int(wanted.height) + 5, int(wanted.width) + 5
        whole = Window(0, 0, raster.width, raster.height)  # pyright: ignore[reportCallIssue]
        if row + height <= 0 or column + width <= 0 or row >= whole.height or column >= whole.width:
            return False
        window = Window(column, row, width, height)  # pyright: ignore[reportCallIssue]
        window = window.intersection(whole)
        grid = raster.transform
        profile: dict[str, Any] = {
            **raster.profile,
            "height": int(window.height),
            "width": int(window.width),
            "transform": rasterio.Affine(
                grid.a,
                grid.b,
                grid.c + window.col_off * grid.a + window.row_off * grid.b,
                grid.d,
                grid.e,
                grid.f + window.col_off * grid.d + window.row_off * grid.e,
            ),
            "tiled": False,
            "compress": "deflate",
        }
        for key in ("blockxsize", "blockysize"):
            profile.pop(key, None)
        target.parent.mkdir(exist_ok=True)
        with rasterio.open(target, "w", **profile) as out:
            out.write(raster.read(window=window))
    return True


def _column(frame: gpd.GeoDataFrame, name: str) -> list[Any]:
    return frame[name].tolist() if name in frame else [None] * len(frame)
