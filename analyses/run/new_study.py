"""How does a new study begin: from one OSM file to a commented ``study.toml`` and its layers?"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import shapely

from analyses.facilities import facilities_from_osm, osm_wanted
from analyses.run.public import PublicLayers, public_layers, with_public
from analyses.study import files_needed
from geo.bundled import ROOT
from geo.crs import in_country
from geo.findings import EnvironmentFault, Finding, InputRefused
from geo.osm import features_from_osm
from geo.read import read_layer

if TYPE_CHECKING:
    import pandas as pd
    from shapely.geometry.base import BaseGeometry

_BBOX_NUMBERS = 4
_COMMUNITIES = {"communities": [{"boundary": "administrative", "admin_level": ["9", "10"]}]}
_NAMED = {"named": [{"boundary": "administrative"}, {"place": True}]}


def init_study(
    folder: Path,
    osm: Path,
    *,
    area: str | None = None,
    downloads: Path | None = None,
    non_commercial: bool = False,
) -> dict[str, int]:
    """Write a study folder: the OSM file, the layers found in it, a commented ``study.toml``.

    Parameters
    ----------
    folder
        New or empty folder.
    osm
        OSM file; it is copied, so that the study is complete in itself.
    area
        File with polygons, name of an area in the OSM file, or ``west,south,east,north``;
        None takes everything.
    downloads
        Folder of downloaded public data, see `analyses.run.public`; None without.
    non_commercial
        Whether data for no commercial end are agreed to.

    Returns
    -------
    dict
        What was found: kind of facility (or ``communities``) -> number.

    Raises
    ------
    EnvironmentFault
        ``OUT_NOT_OURS`` if the folder holds anything.
    InputRefused
        Whatever is wrong with the OSM file, or ``AREA_UNKNOWN``.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from geo.bundled import DEMO
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     found = init_study(pathlib.Path(parent, "mine"), DEMO / "streets.osm.pbf")
    ...     sorted(file.name for file in pathlib.Path(parent, "mine").glob("*.toml"))
    ['study.toml']
    """
    if folder.exists() and any(folder.iterdir()):
        raise EnvironmentFault(Finding("OUT_NOT_OURS", folder.name))
    wanted = {**osm_wanted(), **_COMMUNITIES, **(_NAMED if area else {})}
    features = features_from_osm(osm, wanted)
    outline = None if area is None else _outline(area, features)
    facilities = _within(facilities_from_osm(features), outline)
    communities = _within(features[features["layer"] == "communities"], outline)
    communities = communities[communities.geom_type.isin(["Polygon", "MultiPolygon"])]
    folder.mkdir(parents=True, exist_ok=True)
    streets = folder / ("streets" + "".join(osm.suffixes[-2:]))
    shutil.copyfile(osm, streets)
    layers = {"facilities": facilities, "communities": communities[["osm_id", "name", "geometry"]]}
    if outline is not None:
        layers["area"] = gpd.GeoDataFrame(geometry=[outline], crs="EPSG:4326")
    for name, layer in layers.items():
        if len(layer):
            layer.to_file(folder / f"{name}.geojson", driver="GeoJSON")
    found = {name for name, layer in layers.items() if len(layer)}
    lines = _settings(streets.name, found)
    public = PublicLayers()
    if downloads is not None:
        west, south, east, north = map(float, features.total_bounds)
        whole = outline or shapely.box(west, south, east, north)
        public = public_layers(
            downloads,
            folder,
            whole,
            non_commercial=non_commercial,
            osm_buildings=_buildings_of_osm(osm, whole),
        )
        lines = with_public(lines, public, non_commercial=non_commercial)
    (folder / "study.toml").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    counts = facilities["kind"].value_counts().sort_index().to_dict()
    kinds = {str(k): int(n) for k, n in counts.items()}
    return {**kinds, "communities": len(communities), **public.counts}


def public_files(area: str, *, iso3: str = "") -> pd.DataFrame:
    """List the files of public data that an area needs, see `analyses.study.files_needed`.

    Parameters
    ----------
    area
        File with polygons, or ``west,south,east,north``.
    iso3
        Three letters of the country; CHN inside China if not said.

    Raises
    ------
    InputRefused
        ``AREA_UNKNOWN``, and what is wrong with the file.

    Examples
    --------
    >>> public_files("116.9,38.9,117.0,39.0").set_index("source").loc["worldpop_ages", "files"]
    'chn_[fmt]_[0,1,5,10,15]_*.tif'
    """
    nowhere = gpd.GeoDataFrame({"layer": [], "name": []}, geometry=[], crs="EPSG:4326")
    outline = _outline(area, nowhere)
    west, south, east, north = map(float, outline.bounds)
    middle = ((west + east) / 2, (south + north) / 2)
    country = iso3 or ("CHN" if in_country(*middle) else "")
    return files_needed((west, south, east, north), iso3=country)


def _buildings_of_osm(osm: Path, outline: BaseGeometry) -> int:
    """Return how many buildings an OSM file has in an area."""
    buildings = features_from_osm(osm, {"buildings": [{"building": True}]})
    return int(buildings.intersects(outline).sum())


def _within(frame: gpd.GeoDataFrame, outline: BaseGeometry | None) -> gpd.GeoDataFrame:
    return frame if outline is None else frame[frame.intersects(outline)]


def _outline(area: str, features: gpd.GeoDataFrame) -> BaseGeometry:
    """Return the polygon that `area` means: a box, a file, or a name in the OSM file."""
    numbers = area.split(",")
    if len(numbers) == _BBOX_NUMBERS:
        try:
            west, south, east, north = (float(n) for n in numbers)
        except ValueError:
            raise InputRefused(Finding("AREA_UNKNOWN", area, value=area)) from None
        return shapely.Polygon([(west, south), (east, south), (east, north), (west, north)])
    if Path(area).suffix:
        layer = read_layer(Path(area))
        return shapely.union_all(layer.frame.geometry.to_numpy())
    named = features[(features["layer"] == "named") & (features["name"] == area)]
    named = named[named.geom_type.isin(["Polygon", "MultiPolygon"])]
    if named.empty:
        raise InputRefused(Finding("AREA_UNKNOWN", area, value=area))
    return shapely.union_all(named.geometry.to_numpy())


def _settings(streets: str, found: set[str]) -> list[str]:
    """Fill the commented template; sections whose layer was not found stay as comments."""
    template = (ROOT / "study_template.toml").read_text(encoding="utf-8")
    lines = []
    for line in template.splitlines():
        section, mark, rest = line.partition("?")
        if mark and section in ("facilities", "communities", "area"):
            lines.append(rest if section in found else f"# {rest}")
        else:
            lines.append(line.replace("@streets@", streets))
    return lines
