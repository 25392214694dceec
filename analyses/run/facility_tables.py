"""What do tables of places or enrolment add to the facilities they speak of?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analyses.facilities import OSM_SOURCE, name_key
from analyses.run.tables import TableJoin, with_table
from geo.osm import is_osm

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from analyses.study import FacilitiesInput
    from geo.findings import Finding
    from geo.read import Layer

_OF_USE = ("capacity", "area_m2")


def facilities_with_table(
    read: Callable[..., Layer], section: FacilitiesInput, facilities: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Give the facilities of a section the numbers of its table, by id, else by name.

    Parameters
    ----------
    read
        Reads a layer of the study.
    section
        Its ``table`` is read; the facilities of its ``path`` are meant.
    facilities
        See `analyses.facilities.reading`; each place once.
    """
    source = OSM_SOURCE if is_osm(section.path) else section.path
    own = facilities[facilities["source"] == source]
    zones = pd.DataFrame({"area_id": own["facility_id"], "name": own["name"], "town": None})
    to = TableJoin(
        zones.reset_index(drop=True),
        section.path,
        areas=False,
        parts=lambda name: (name_key(name), ""),
    )
    taken = with_table(read, section, own, to=to, only=_OF_USE)
    new = {c: taken.frame[c].reindex(facilities.index).fillna(facilities[c]) for c in _OF_USE}
    return facilities.assign(**new), taken.findings
