"""Which buildings of a study are homes, and what must be said about how that was told?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from analyses.run.completeness import homes_complete
from geo.bundled import load_toml
from geo.crs import project
from geo.osm import features_from_osm, is_osm
from geo.people import Homes, homes_of
from geo.words import text

if TYPE_CHECKING:
    from analyses.run.books import Books
    from analyses.study import Study
    from geo.words import Text


def homes_of_study(
    study: Study,
    books: Books,
    *,
    osm: gpd.GeoDataFrame | None,
    facilities: gpd.GeoDataFrame,
    crs: str,
) -> Homes | None:
    """Return the homes of the study's ``[buildings]``; None where it has none.

    Parameters
    ----------
    osm
        Buildings of the streets' OSM file, where they are to be used; metric CRS.
    facilities
        A building on the ground of one that does not say what it is is no home.
    """
    section = study.buildings
    if section is None:
        return None
    if not is_osm(section.path):
        layer = project(books.read(section).frame, crs)
    else:
        if osm is None and section.path != study.streets.path:
            wanted = {"buildings": load_toml("rules/background.toml")["buildings"]["all"]}
            osm = project(features_from_osm(study.file(section.path), wanted), crs)
            books.enter(section, len(osm), "buildings")
        if osm is None:
            return None
        layer = with_tags(osm)
    homes = homes_of(layer, grounds=facilities, name=section.path)
    books.findings += homes.findings
    if section.compare is not None:
        other = section.model_copy(update={"path": section.compare, "layer": None})
        others = homes_of(project(books.read(other).frame, crs), name=section.compare)
        names = (section.path, section.compare)
        books.complete.append(homes_complete(homes.buildings, others.buildings, names=names))
    return homes


def with_tags(buildings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return OSM buildings with a column for each tag that says what one is and how high."""
    rules = load_toml("rules/buildings.toml")
    keys = [
        *rules["kind"]["columns"],
        *rules["use"]["columns"],
        *rules["storeys"]["columns"],
        *rules["storeys"]["height_columns"],
    ]
    tags = buildings["tags"].tolist()
    there = {key: [one.get(key) for one in tags] for key in dict.fromkeys(keys)}
    told = {key: cells for key, cells in there.items() if any(cell is not None for cell in cells)}
    columns = pd.DataFrame(told, index=buildings.index, dtype=object)
    return gpd.GeoDataFrame(columns.assign(name=buildings["name"]), geometry=buildings.geometry)


def home_notes(homes: Homes | None) -> tuple[Text, ...]:
    """Return the sentences that say which buildings were taken for homes."""
    if homes is None:
        return ()
    size = load_toml("rules/buildings.toml")["size"]
    note = text("coverage/demand/homes").format(
        count=f"{len(homes.buildings):,}",
        others=f"{sum(homes.others.values()):,}",
        **{reason: f"{number:,}" for reason, number in homes.others.items()},
        least_m2=f"{size['least_m2']['value']:g}",
        most_m2=f"{size['most_m2']['value']:,g}",
    )
    return (note,)
