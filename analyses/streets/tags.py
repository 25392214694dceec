"""What do the tags of the streets say themselves?

Which tags are asked and what their values mean lies in ``data/rules/street_tags.toml``.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from analyses.streets.readings import Reading, filled, nothing, read_as
from geo.bundled import load_toml
from geo.osm import carries, numbers, tags, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from geo.arrays import Flags, Floats
    from geo.walk import WalkNetwork


SIDEWALK = ("no", "yes", "separate", "shared")
BUFFER = ("none", "verge", "trees", "rail")


class Sidewalks(NamedTuple):
    """A word of `SIDEWALK` for each side of the drawn direction."""

    left: Reading
    right: Reading


def rules() -> dict[str, Any]:
    """Return ``data/rules/street_tags.toml``."""
    return load_toml("rules/street_tags.toml")


def one_way(edges: pd.DataFrame) -> Flags:
    """Say which edges are one carriageway for one direction."""
    rule = rules()["oneway"]
    return carries(edges, rule["tag"], rule["values"]) | carries(
        edges, "junction", rule["junction"]
    )


def direction(edges: pd.DataFrame) -> NDArray[np.int64]:
    """Return 1 where traffic runs along the drawn direction only, -1 against it, else 0."""
    rule = rules()["oneway"]
    against = carries(edges, rule["tag"], rule["against"])
    return np.where(one_way(edges), np.where(against, -1, 1), 0)


def speed(edges: pd.DataFrame) -> Reading:
    """Read the speed limit in km/h.

    Of limits that differ by direction the higher one; a limit at certain hours widens the bounds.
    """
    rule = rules()["speed"]
    value = reduce(np.fmax, [numbers(edges, tag, tags.speed_kmh) for tag in rule["directions"]])
    for tag in rule["plain"]:
        value = np.where(np.isnan(value), numbers(edges, tag, tags.speed_kmh), value)
    at_times = rule["conditional"]
    least = numbers(edges, at_times, lambda t: min(tags.conditional_speeds_kmh(t), default=None))
    most = numbers(edges, at_times, lambda t: max(tags.conditional_speeds_kmh(t), default=None))
    return read_as("tag", value, low=np.fmin(value, least), high=np.fmax(value, most))


def lane_count(edges: pd.DataFrame, oneway: Flags) -> Reading:
    """Read the lanes of the carriageway: ``lanes``, else both directions, else the turn lanes."""
    least = numbers(edges, "lanes", lambda t: (tags.lanes_range(t) or (None,))[0])
    most = numbers(edges, "lanes", tags.lanes)
    ahead = numbers(edges, "lanes:forward", tags.lanes)
    back = numbers(edges, "lanes:backward", tags.lanes)
    turns_ahead = numbers(edges, "turn:lanes:forward", tags.turn_lanes)
    turns_back = numbers(edges, "turn:lanes:backward", tags.turn_lanes)
    turns = numbers(edges, "turn:lanes", tags.turn_lanes)
    several = [
        most,
        ahead + back,
        np.where(oneway, np.fmax(ahead, back), np.nan),
        np.where(oneway, turns, np.nan),
        turns_ahead + turns_back,
    ]
    return read_as("tag", reduce(_else, several), low=least)


def carriageway_width(edges: pd.DataFrame) -> Reading:
    """Read the width of the carriageway in metres."""
    measured = numbers(edges, "width", tags.width_m)
    return read_as("tag", _else(measured, numbers(edges, "est_width", tags.width_m)))


def sidewalks(edges: pd.DataFrame) -> Sidewalks:
    """Read the sidewalks; a tag for one side wins over one for both."""
    rule = rules()["sidewalk"]
    codes = {word: code for code, word in enumerate(SIDEWALK)}
    sides = []
    for side, own in enumerate((rule["left"], rule["right"])):

        def read(text: str, side: int = side) -> float | None:
            return codes.get(tags.sidewalk_sides(text)[side] or "")

        asked = [words(edges, own, codes | {"none": codes["no"]})]
        asked += [numbers(edges, tag, read) for tag in reversed(rule["general"])]
        sides.append(read_as("tag", reduce(_else, asked)))
    return Sidewalks(*sides)


def sidewalk_width(edges: pd.DataFrame) -> Reading:
    """Read the width of the sidewalk in metres; of two sides the narrower."""
    rule = rules()["sidewalk"]
    sides = reduce(np.fmin, [numbers(edges, tag, tags.width_m) for tag in rule["width_sides"]])
    both = reduce(_else, [numbers(edges, tag, tags.width_m) for tag in rule["width"]])
    return read_as("tag", _else(sides, both))


def drawn_sidewalks(edges: pd.DataFrame) -> Flags:
    """Say which edges are sidewalks drawn as ways of their own."""
    drawn = rules()["sidewalk"]["drawn"]
    return _any(carries(edges, tag, values) for tag, values in drawn.items())


def yes_no(things: pd.DataFrame, rule: Mapping[str, Any]) -> Reading:
    """Read tags that say yes or no: ``tags``, their values ``yes`` and ``no``; yes wins."""
    meaning = dict.fromkeys(rule.get("no", []), 0) | dict.fromkeys(rule["yes"], 1)
    found = [words(things, tag, meaning) for tag in rule["tags"]]
    return read_as("tag", reduce(np.fmax, found))


def calming(network: WalkNetwork) -> Reading:
    """Say which edges are calmed: by the way's tags or at one of their ends."""
    rule = rules()["calming"]
    at_node = yes_no(network.node_tags, rule).value == 1
    nodes = np.zeros(len(network.node_xy), dtype=bool)
    nodes[network.node_tags.index.to_numpy(dtype=np.int64)[at_node]] = True
    at_end = nodes[network.edge_nodes.astype(np.int64)].any(axis=1)
    return filled(read_as("tag", np.where(at_end, 1.0, np.nan)), yes_no(network.edges, rule))


def buffer(edges: pd.DataFrame) -> Reading:
    """Read what lies between carriageway and sidewalk, as far as the way's tags say it."""
    rule = rules()["buffer"]
    result = nothing(len(edges))
    for word in ("rail", "verge"):
        here = _any(carries(edges, tag, rule[word]) for tag in rule[f"{word}_tags"])
        result = filled(result, read_as("tag", np.where(here, BUFFER.index(word), np.nan)))
    return result


def _else(first: Floats, second: Floats) -> Floats:
    """Return the first where it is known, else the second."""
    return np.where(np.isnan(first), second, first)


def _any(flags: Iterable[Flags]) -> Flags:
    return reduce(np.logical_or, flags)
