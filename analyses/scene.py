"""What is known of the streets around the schools, and how is it known?

A `Scene` is what every question about safety starts from: the streets with both sides and all
crossings, what is known of each of them with its source, and the official layers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from geo.network import WalkNetwork
    from geo.sides import Sides

SOURCES = ("tag", "official", "survey", "continuity", "default", "unknown")
"""Where a value comes from.  The first three are observed, the next two assumed."""


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
        (bool), ``name``, ``settlement`` (urban | rural | unknown), ``street_id`` (text, the same
        from run to run: way id and the OSM ids of both ends).
    crossings
        One row per row of ``sides.crossings``, its columns and geometry, and: ``crossing_id``
        (text, the same from run to run), ``street_name``, ``facility`` (grade_separated | signal |
        slow_junction | marked | unmarked | forbidden; the value assumed), ``facility_low`` and
        ``facility_high`` (safest and most dangerous admissible one), ``facility_source``; words
        ``refuge, raised, guard, daylight, parked, sight_met, lit`` (yes | no, None = unknown) each
        with ``…_source``; ``flashing`` and ``hybrid`` (beacons; yes | no); numbers ``lanes``
        (crossed in this stage), ``width_m`` (of this stage), ``speed_kmh``, ``traffic_day`` with
        ``…_low, …_high, …_source``; ``green_s`` (NaN = unknown); ``road_class`` of the street.
    layers
        Official and mapped layers by name (``data/rules/safety_layers.toml``), in the study's CRS
        with canonical columns.  A name that is absent was not given: what it would show is
        unknown, not "none".
    """

    network: WalkNetwork
    sides: Sides
    streets: pd.DataFrame
    crossings: gpd.GeoDataFrame
    layers: Mapping[str, gpd.GeoDataFrame]
