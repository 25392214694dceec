"""Which public data is there, what of it does an area need, and under which licences?

The rows of ``data/sources.toml``.  A file is recognised by its name; what a study is made of, with
the licence of each, is its ledger.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from pydantic import ConfigDict, Field

from analyses.study.model import inputs_of, rasters_named
from geo.bundled import ROOT
from geo.findings import Finding
from geo.userfiles import read_rows
from geo.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from analyses.study.model import Study

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""
_QUADKEY = 9
_TILE_DEG = 5
_GHSL_WEST_M, _GHSL_NORTH_M, _GHSL_TILE_M = -18_041_000.0, 9_000_000.0, 1_000_000.0
_MOST_TILES = 60
_MERCATOR_LATITUDE_DEG = 85.05112878


@dataclass(frozen=True, kw_only=True)
class Source:
    """One row of ``data/sources.toml``; the file's head explains the fields."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    layer: Literal["streets", "facilities", "buildings", "people"]
    zh: str
    en: str
    url: str
    files: str
    pattern: str
    licence: str
    licence_url: str
    commercial: bool
    attribution: str
    size: str
    date: str
    verified: Literal["text", "second_hand", "memory"]
    tiles: Literal["quadkey9", "degrees5", "ghsl"] | None = None
    open_parts: tuple[str, ...] = ()
    open_licence: str = ""
    closed_columns: tuple[str, ...] = ()

    @property
    def title(self) -> Text:
        """Return what it is called."""
        return Text.of(vars(self))


@cache
def sources() -> dict[str, Source]:
    """Return the public data that is known, by id.

    Examples
    --------
    >>> sources()["global_building_atlas"].commercial
    False
    """
    return {row.id: row for row in read_rows(ROOT / "sources.toml", "source", Source)}


def source_of(name: str) -> Source | None:
    """Return the source of a file by its name, None where that tells nothing.

    Examples
    --------
    >>> [source_of(name).id for name in ("tianjin-latest.osm.pbf", "chn_f_5_2020.tif")]
    ['osm', 'worldpop_ages']
    >>> source_of("schools.xlsx") is None
    True
    """
    alone = name.replace("\\", "/").rpartition("/")[2]
    return next((row for row in sources().values() if re.search(row.pattern, alone)), None)


def files_needed(box: Box, *, iso3: str = "") -> pd.DataFrame:
    """List the files of each source that an area needs.

    Parameters
    ----------
    box
        West, south, east, north in degrees.
    iso3
        Three letters of the country, where known.

    Returns
    -------
    DataFrame
        ``source, title_…, layer, files, url, licence, commercial, size, date,
        verified``: a row a source.

    Examples
    --------
    >>> table = files_needed((116.9, 38.9, 117.0, 39.0), iso3="CHN").set_index("source")
    >>> table.loc["global_building_atlas", "files"], table.loc["microsoft_buildings", "files"]
    ('e115_n40_e120_n35.geojson', '132100132.csv.gz')
    """
    shown = ",".join(f"{degree:.4f}" for degree in box)
    slots = {"{box}": shown, "{iso3}": iso3 or "ISO3", "{iso}": iso3.lower() or "iso"}
    rows = []
    for source in sources().values():
        tiles = _SCHEMES[source.tiles](box) if source.tiles else [""]
        files = [source.files.replace("{tile}", tile) for tile in tiles[:_MOST_TILES]]
        more = [f"+{len(tiles) - _MOST_TILES}"] if len(tiles) > _MOST_TILES else []
        url = source.url.replace("{tile}", " ".join(tiles[:_MOST_TILES]))
        rows.append(
            {
                "source": source.id,
                **Text.of(vars(source)).columns("title"),
                "layer": source.layer,
                "files": _filled(" ".join([*files, *more]), slots),
                "url": _filled(url, slots),
                "licence": source.licence,
                "commercial": source.commercial,
                "size": source.size,
                "date": source.date,
                "verified": source.verified,
            }
        )
    return pd.DataFrame(rows)


def licences_of(study: Study) -> pd.DataFrame:
    """Return the ledger of licences: a row for each public source among the study's files.

    A made-up study owes nothing to the source that a file's name suggests.

    Returns
    -------
    DataFrame
        ``source, title_…, licence, licence_url, commercial, attribution, files``.

    Examples
    --------
    >>> from analyses.study import load_study
    >>> from geo.bundled import DEMO
    >>> demo = load_study(DEMO)
    >>> real = demo.model_copy(update={"study": demo.study.model_copy(update={"synthetic": False})})
    >>> licences_of(real)[["source", "licence", "files"]].to_numpy().tolist()
    [['osm', 'ODbL 1.0', 'streets.osm.pbf']]
    >>> licences_of(demo).empty
    True
    """
    files: dict[str, list[str]] = {}
    for name, given in _files(study):
        if study.study.synthetic and not given:
            continue
        source = sources().get(given) if given else source_of(name)
        if source is not None:
            files.setdefault(source.id, []).append(name)
    rows = [
        {
            "source": row.id,
            **Text.of(vars(row)).columns("title"),
            "licence": row.licence,
            "licence_url": row.licence_url,
            "commercial": row.commercial,
            "attribution": row.attribution,
            "files": "; ".join(dict.fromkeys(files[row.id])),
        }
        for row in sources().values()
        if row.id in files
    ]
    columns = ["source", "title_zh", "title_en", "licence", "licence_url", "commercial"]
    return pd.DataFrame(rows, columns=[*columns, "attribution", "files"])


def licence_slips(study: Study) -> Iterator[Finding]:
    """Find sources that are not known, and data that may not be used as the study says."""
    for number, section in enumerate(study.sources, 1):
        key = f"sources.[{number}].id"
        if section.id not in sources():
            detail = {"key": key, "expected": ", ".join(sources())}
            yield Finding("CONFIG_CHOICE", "", None, key, section.id, detail)
    ledger = licences_of(study)
    agreed = {s.id for s in study.sources if s.open_parts_only}
    for row in ledger.to_dict("records"):
        if not (row["commercial"] or study.study.non_commercial or row["source"] in agreed):
            detail = {"licence": str(row["licence"]), "files": str(row["files"])}
            yield Finding("LICENCE_NON_COMMERCIAL", "", None, "study.non_commercial", "", detail)


def _files(study: Study) -> Iterator[tuple[str, str | None]]:
    """Yield the study's files, and the source that it names for them, else None."""
    given = {file: section.id for section in study.sources for file in section.files}
    used = [section.path for _, section in inputs_of(study) if section.path]
    for _, path in rasters_named(study):
        folder = study.folder / path
        inside = sorted(folder.iterdir()) if folder.is_dir() else []
        used += [f"{path}/{file.name}" for file in inside] or [path]
    for name in dict.fromkeys([*used, *given]):
        yield name, given.get(name)


def _filled(text: str, slots: dict[str, str]) -> str:
    for slot, value in slots.items():
        text = text.replace(slot, value)
    return text


def _quadkeys(box: Box) -> list[str]:
    """Return the tiles of Bing's scheme at level 9."""
    side = 2**_QUADKEY

    def place(longitude: float, latitude: float) -> tuple[int, int]:
        sine = math.sin(
            math.radians(np.clip(latitude, -_MERCATOR_LATITUDE_DEG, _MERCATOR_LATITUDE_DEG))
        )
        x = (longitude + 180) / 360
        y = 0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)
        return min(int(x * side), side - 1), min(int(y * side), side - 1)

    west, north = place(box[0], box[3])
    east, south = place(box[2], box[1])
    return [
        "".join(str((x >> bit & 1) + 2 * (y >> bit & 1)) for bit in reversed(range(_QUADKEY)))
        for y in range(north, south + 1)
        for x in range(west, east + 1)
    ]


def _degrees(box: Box) -> list[str]:
    """Return the tiles of five degrees, called by their west and north, east and south."""

    def name(longitude: int, latitude: int) -> str:
        across = f"{'e' if longitude >= 0 else 'w'}{abs(longitude):03}"
        return f"{across}_{'n' if latitude >= 0 else 's'}{abs(latitude):02}"

    first = [math.floor(degree / _TILE_DEG) * _TILE_DEG for degree in box]
    return [
        f"{name(west, south + _TILE_DEG)}_{name(west + _TILE_DEG, south)}"
        for south in range(first[1], first[3] + 1, _TILE_DEG)
        for west in range(first[0], first[2] + 1, _TILE_DEG)
    ]


def _ghsl(box: Box) -> list[str]:
    """Return the tiles of 1,000 km in Mollweide, by row and column from 1."""
    corners = [(x, y) for x in (box[0], box[2]) for y in (box[1], box[3])]
    points = gpd.GeoSeries(gpd.points_from_xy(*zip(*corners, strict=True)), crs="EPSG:4326")
    there = points.to_crs("ESRI:54009")
    columns = [int((x - _GHSL_WEST_M) // _GHSL_TILE_M) + 1 for x in there.x]
    lines = [int((_GHSL_NORTH_M - y) // _GHSL_TILE_M) + 1 for y in there.y]
    return [
        f"R{line}_C{column}"
        for line in range(min(lines), max(lines) + 1)
        for column in range(min(columns), max(columns) + 1)
    ]


_SCHEMES: dict[str, Callable[[Box], list[str]]] = {
    "quadkey9": _quadkeys,
    "degrees5": _degrees,
    "ghsl": _ghsl,
}
