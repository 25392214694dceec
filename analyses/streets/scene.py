"""What is known of the streets around the schools, and how is it known?

A `Scene` is what every question about safety starts from: the streets with both sides and all
crossings, what is known of each of them with its source, and the official layers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyses.streets.attributes import roads_frame, street_attributes
from analyses.streets.classes import settlement_of_edges
from analyses.streets.crossings import crossing_attributes
from analyses.streets.readings import SOURCES
from geo.arrays import MM_PER_M
from geo.sides import expand

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from geo.sides import Sides
    from geo.walk import WalkNetwork

__all__ = ["SOURCES", "Scene", "coverage_of_attributes", "settlement_of_edges", "street_scene"]


@dataclass(frozen=True, eq=False)
class Scene:
    """Streets, sides, crossings and what is known of them.

    Attributes
    ----------
    network
        The streets as drawn.
    sides
        The streets with both sides.
    streets
        One row per edge of `network` (RangeIndex).  Numbers ``speed_kmh, lanes`` (of this
        carriageway, both directions), ``width_m`` (of this carriageway), ``traffic_day``
        (vehicles a day, both directions), ``sidewalk_width_m, buffer_m`` each with ``…_low``,
        ``…_high`` (the admissible values; equal where observed; NaN where nothing can be said) and
        ``…_source``.  Words ``sidewalk_left, sidewalk_right`` (yes | no | separate | shared: all
        walk in the street by design), ``buffer`` (none | verge | trees | rail), ``lit``
        (yes | no), ``parking`` (yes | no), ``calming`` (yes | no), None = unknown, each with
        ``…_source``.  Also ``highway``, ``road_class`` (trunk | primary | secondary | tertiary |
        unclassified | residential | quiet | path), ``sided`` (bool), ``quiet`` (bool), ``oneway``
        (bool), ``crossable`` (bool: it may be crossed on foot at all), ``name``,
        ``settlement`` (urban | rural | unknown), ``street_id`` (text, the same
        from run to run: way id and the OSM ids of both ends).
    crossings
        One row per row of ``sides.crossings``, its columns and geometry, and: ``crossing_id``
        (text, the same from run to run), ``street_name``, ``facility`` (grade_separated | signal |
        slow_junction | marked | unmarked | forbidden; the value assumed), ``facility_low`` and
        ``facility_high`` (safest and most dangerous admissible one), ``facility_source``; words
        ``refuge, raised, guard, daylight, parked, sight_met, lit`` (yes | no, None = unknown) each
        with ``…_source``; ``flashing`` and ``hybrid`` (beacons; yes | no); numbers ``lanes``
        and ``width_m`` (of the carriageway that this row crosses; the two rows of a dual
        carriageway that is crossed in one stage add up), ``speed_kmh``, ``traffic_day`` with
        ``…_low, …_high, …_source``; ``green_s`` (NaN = unknown); ``road_class`` of the street.
    layers
        Official and mapped layers by name (``data/rules/safety_layers.toml``), in the study's CRS
        with canonical columns.  A name that is absent was not given: what it would show is
        unknown, not "none".

    Examples
    --------
    >>> import yimi
    >>> scene = yimi.load(yimi.demo).city.scene
    >>> len(scene.streets) == len(scene.network.edges), scene.crossings["crossing_id"].is_unique
    (True, True)
    """

    network: WalkNetwork
    sides: Sides
    streets: pd.DataFrame
    crossings: gpd.GeoDataFrame
    layers: Mapping[str, gpd.GeoDataFrame]


def street_scene(
    network: WalkNetwork,
    *,
    settlement: NDArray[np.object_],
    layers: Mapping[str, gpd.GeoDataFrame],
) -> Scene:
    """Put together what is known of the streets, their sides and their crossings.

    Parameters
    ----------
    network
        The streets as drawn.
    settlement
        (m,) ``urban``, ``rural`` or ``unknown`` for each edge (`settlement_of_edges`).
    layers
        Canonical layers by name (`analyses.streets.official`), in the network's CRS.

    Examples
    --------
    >>> import numpy as np, yimi
    >>> streets = yimi.load(yimi.demo).city.streets
    >>> unknown = np.full(len(streets.edges), "unknown", dtype=object)
    >>> scene = street_scene(streets, settlement=unknown, layers={})
    >>> set(scene.streets["settlement"])
    {'unknown'}
    """
    streets = street_attributes(network, settlement=settlement, layers=layers)
    sides = expand(network, roads_frame(network, streets))
    crossings = crossing_attributes(network, sides, streets, layers=layers)
    return Scene(network, sides=sides, streets=streets, crossings=crossings, layers=dict(layers))


def coverage_of_attributes(scene: Scene) -> pd.DataFrame:
    """Say from where each attribute is known, for how much of the streets and crossings.

    Returns
    -------
    pandas.DataFrame
        ``of`` (street | crossing), ``attribute``, one column per source of `SOURCES` (share of
        the metres of roads, or of the crossings that are not informal; 0 to 1, NaN where there
        are none), ``observed`` (the first three together), ``total`` (metres, or crossings).

    Examples
    --------
    >>> import yimi
    >>> table = coverage_of_attributes(yimi.load(yimi.demo).city.scene)
    >>> sources = table[list(SOURCES)].sum(axis=1).round(6)
    >>> set(sources) <= {0.0, 1.0}
    True
    """
    roads = scene.streets["sided"].to_numpy()
    length_m = scene.network.edge_length_mm[roads] / MM_PER_M
    crossings = scene.crossings[scene.crossings["where"] != "informal"]
    one_each = np.ones(len(crossings))
    rows = [
        *_shares("street", scene.streets[roads], length_m),
        *_shares("crossing", crossings, one_each),
    ]
    return pd.DataFrame(rows, columns=["of", "attribute", *SOURCES, "observed", "total"])


def _shares(of: str, table: pd.DataFrame, weight: NDArray[np.float64]) -> list[list[object]]:
    """Return a row of shares for each attribute of a table that has a source."""
    total = float(weight.sum())
    rows: list[list[object]] = []
    for column in table.columns:
        if not column.endswith("_source"):
            continue
        source = table[column].to_numpy(dtype=object)
        parts = [float(weight[source == name].sum()) for name in SOURCES]
        shares = [part / total if total else np.nan for part in parts]
        rows.append([of, column.removesuffix("_source"), *shares, sum(shares[:3]), total])
    return rows
