"""What is known of each street, from where, and between which bounds?

Each attribute is taken from a survey, the tags and the official layers (in the order of
``data/rules/street_defaults.toml``), then from the stretch of the same road that it continues, then
from the default of its class.  It is never taken from other roads, and what is left is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analyses.streets import classes as street_classes
from analyses.streets import layers as street_layers
from analyses.streets import tags as street_tags
from analyses.streets.continuity import carried_on, joins, words_carried_on
from analyses.streets.layers import Place
from analyses.streets.readings import (
    YES_NO,
    Reading,
    filled,
    first_of,
    nothing,
    number_columns,
    word_columns,
)
from analyses.streets.tags import BUFFER, SIDEWALK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from analyses.streets.continuity import Joins
    from geo.walk import WalkNetwork


def street_attributes(
    network: WalkNetwork, *, settlement: NDArray[np.object_], layers: Mapping[str, gpd.GeoDataFrame]
) -> pd.DataFrame:
    """Say what is known of each street.

    Parameters
    ----------
    network
        The streets as drawn.
    settlement
        (m,) ``urban``, ``rural`` or ``unknown`` for each edge: chooses the class default.
    layers
        Canonical layers (`analyses.streets.official.canonical`) in the network's CRS.

    Returns
    -------
    pandas.DataFrame
        One row per edge, the columns of ``Scene.streets`` (`analyses.streets.scene`).  Paths have
        no speed, lanes, width or traffic: nothing drives there.  The width of a sidewalk and its
        distance from the cars have bounds only where they were measured.
    """
    base = street_classes.street_base(network, settlement)
    place = Place(
        network,
        sided=base["sided"].to_numpy(),
        name=base["name"].to_numpy(dtype=object),
        street_id=pd.Index(base["street_id"]),
        layers=layers,
    )
    joined = joins(network, street_classes.road_key(base))
    numbers = _numbers(place, joined, base)
    data: dict[str, Any] = {}
    for name, reading in numbers.items():
        data |= number_columns(name, reading)
    half_width_m = numbers["width_m"].value / 2
    words = _words(place, joined, base=base, half_width_m=half_width_m)
    for name, (reading, listed) in words.items():
        data |= word_columns(name, reading, listed)
    quiet = street_classes.may_be_crossed_anywhere(base, numbers)
    return pd.concat([pd.DataFrame(data), base.assign(quiet=quiet)], axis=1)


def roads_frame(network: WalkNetwork, streets: pd.DataFrame) -> pd.DataFrame:
    """Return what `geo.sides.build.expand` wants to know of each drawn edge.

    Columns: ``sided``, ``half_width_m`` (0 for paths), ``quiet``, ``crossable``, ``oneway`` (1 or
    -1: along or against the drawn direction, else 0).
    """
    half_m = np.where(streets["sided"], streets["width_m"] / 2, 0.0)
    direction = street_tags.direction(network.edges)
    roads = streets[["sided", "quiet", "crossable"]]
    return roads.assign(half_width_m=np.nan_to_num(half_m), oneway=direction)


def _observed(
    place: Place,
    name: str,
    *,
    tag: Reading | None = None,
    official: Reading | None = None,
    listed: Sequence[str] = (),
) -> Reading:
    """Put together what was observed of an attribute of the roads, in the order of the rules."""
    nobody = nothing(len(place.sided))
    readings = {
        "survey": street_layers.surveyed(place, name, listed),
        "tag": nobody if tag is None else tag,
        "official": nobody if official is None else official,
    }
    found = first_of(readings, street_classes.rules()["order"]["observed"])
    return found.where(place.sided)


def _numbers(place: Place, joined: Joins, base: pd.DataFrame) -> dict[str, Reading]:
    """Put together the numbers; widths that nobody measured follow from the lanes."""
    edges = place.network.edges
    oneway = base["oneway"].to_numpy()
    limits, counts = street_layers.limits(place), street_layers.traffic(place)
    lanes = street_tags.lane_count(edges, oneway)
    width = street_tags.carriageway_width(edges)
    known = {
        "speed_kmh": _observed(place, "speed_kmh", tag=street_tags.speed(edges), official=limits),
        "lanes": _observed(place, "lanes", tag=lanes),
        "traffic_day": _observed(place, "traffic_day", official=counts),
    }
    default = street_classes.default_numbers(base)
    result = {name: _assumed(joined, reading, default[name]) for name, reading in known.items()}
    by_lanes = street_classes.width_of_lanes(result["lanes"])
    result["width_m"] = _assumed(joined, _observed(place, "width_m", tag=width), by_lanes)
    sidewalk = street_tags.sidewalk_width(edges)
    result["sidewalk_width_m"] = _observed(place, "sidewalk_width_m", tag=sidewalk)
    result["buffer_m"] = _observed(place, "buffer_m")
    return result


def _assumed(joined: Joins, known: Reading, default: Reading) -> Reading:
    """Fill what was not observed from the stretches that it continues, then from its class."""
    return filled(carried_on(joined, known, default), default)


def _words(
    place: Place, joined: Joins, *, base: pd.DataFrame, half_width_m: NDArray[np.float64]
) -> dict[str, tuple[Reading, tuple[str, ...]]]:
    """Put together the words, each with the list that its codes mean."""
    edges, rule = place.network.edges, street_tags.rules()
    tagged = {name: street_tags.yes_no(edges, rule[name]) for name in ("lit", "parking")}
    tagged |= {"calming": street_tags.calming(place.network), "buffer": street_tags.buffer(edges)}
    official = {
        "lit": street_layers.lamps(place),
        "parking": street_layers.kerb_parking(place, half_width_m),
        "buffer": street_layers.buffers(place, half_width_m),
    }
    result: dict[str, tuple[Reading, tuple[str, ...]]] = {}
    for name, tag in tagged.items():
        listed = BUFFER if name == "buffer" else YES_NO
        found = _observed(place, name, tag=tag, official=official.get(name), listed=listed)
        result[name] = (found, listed)
    result["lit"] = (words_carried_on(joined, result["lit"][0]), YES_NO)
    left, right = _sidewalks(place, joined, base)
    return result | {"sidewalk_left": (left, SIDEWALK), "sidewalk_right": (right, SIDEWALK)}


def _sidewalks(place: Place, joined: Joins, base: pd.DataFrame) -> tuple[Reading, Reading]:
    """Put together the sidewalks of both sides; a tag wins over a sidewalk drawn beside it."""
    edges = place.network.edges
    tagged = street_tags.sidewalks(edges)
    drawn = street_layers.drawn_sidewalks(
        place,
        street_tags.drawn_sidewalks(edges),
        roads=(base["sided"] & (base["road_class"] != "quiet")).to_numpy(),
    )
    left, right = (
        _observed(place, f"sidewalk_{side}", tag=filled(tag, own_way), listed=SIDEWALK)
        for side, tag, own_way in zip(("left", "right"), tagged, drawn, strict=True)
    )
    default = street_classes.default_sidewalk(base)
    return (
        filled(words_carried_on(joined, left, right), default),
        filled(words_carried_on(joined, right, left), default),
    )
