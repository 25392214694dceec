"""Where do gates and homes meet the streets that children walk on?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geo.sides import snap_to_sides
from geo.walk import Snapped

if TYPE_CHECKING:
    import geopandas as gpd

    from geo.arrays import Ints
    from geo.sides import Sides
    from geo.walk import WalkNetwork


@dataclass(frozen=True, eq=False)
class Placed:
    """Homes and gates on the streets.

    Attributes
    ----------
    network
        The streets.
    gates, school_of
        Each gate, and the row of its school (-1: of no school here).
    homes
        Each demand point.
    """

    network: WalkNetwork
    gates: Snapped
    school_of: Ints
    homes: Snapped

    def gates_of(self, school: int) -> Ints:
        """Return the rows of a school's gates."""
        return np.flatnonzero(self.school_of == school)


def place(  # noqa: PLR0917 - streets and three layers
    sides: Sides,
    schools: gpd.GeoDataFrame,
    gates: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    *,
    snap_max_m: float,
) -> Placed:
    """Put gates and homes on the streets, once for all searches."""
    row_of = pd.Series(np.arange(len(schools)), index=schools["facility_id"])
    school_of = gates["facility_id"].map(row_of).fillna(-1).to_numpy(dtype=np.int64)
    gates_xy, homes_xy = (
        shapely.get_coordinates(np.asarray(frame.geometry.array, dtype=object))
        for frame in (gates, demand)
    )
    return Placed(
        network=sides.walk,
        gates=snap_to_sides(sides, gates_xy, max_m=snap_max_m),
        school_of=school_of,
        homes=snap_to_sides(sides, homes_xy, max_m=snap_max_m),
    )


def some(places: Snapped, rows: Ints) -> Snapped:
    """Return some rows of snapped places."""
    return Snapped(
        edge=places.edge[rows],
        offset_mm=places.offset_mm[rows],
        access_m=places.access_m[rows],
        xy=places.xy[rows],
    )
