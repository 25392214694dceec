"""How does a new study begin: from one OSM file to a commented ``study.toml`` and its layers?"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import shapely

from analyses.facilities import facilities_from_osm, osm_wanted
from geo.bundled import ROOT
from geo.findings import EnvironmentFault, Finding, InputRefused
from geo.osm import features_from_osm
from geo.read import read_layer

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

_BBOX_NUMBERS = 4
_COMMUNITIES = {"communities": [{"boundary": "administrative", "admin_level": ["9", "10"]}]}
_NAMED = {"named": [{"boundary": "administrative"}, {"place": True}]}


def init_study(folder: Path, osm: Path, *, area: str | None = None) -> dict[str, int]:
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
    _write_settings(folder, streets.name, found)
    counts = facilities["kind"].value_counts().sort_index().to_dict()
    return {**{str(k): int(n) for k, n in counts.items()}, "communities": len(communities)}


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


def _write_settings(folder: Path, streets: str, found: set[str]) -> None:
    """Fill the commented template; sections whose layer was not found stay as comments."""
    template = (ROOT / "study_template.toml").read_text(encoding="utf-8")
    lines = []
    for line in template.splitlines():
        section, mark, rest = line.partition("?")
        if mark and section in ("facilities", "communities", "area"):
            lines.append(rest if section in found else f"# {rest}")
        else:
            lines.append(line.replace("@streets@", streets))
    (folder / "study.toml").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
