"""What did the made-up children of the town mark on a map?

Places near junctions of main streets, parks and schools; nobody behind a code is real.  The random
numbers are a series of their own: streets, houses and lists stay as they are.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geo.bundled import load_toml
from town.drawing import dm
from town.people import to_degrees

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from town.drawing import Point, Site, Way
    from town.write import Town


class Mark(NamedTuple):
    """A mark: its kind, its place in decimetres, the number of its person, and when it was set."""

    kind: str
    point: Point
    person: int
    time: str


def mark_rows(plan: dict[str, Any], towns: Sequence[Town], *, seed: int) -> list[dict[str, object]]:
    """Return the marks of all towns as a survey would hand them over.

    Parameters
    ----------
    plan
        The recipe.
    towns
        As drawn; codes of persons differ from town to town.
    seed
        Of the random numbers.
    """
    heads, words = plan["words"]["headers"], plan["words"]
    kinds = load_toml("rules/participation.toml")["kind"]
    rows: list[dict[str, object]] = []
    for tile, town in enumerate(towns):
        rng = np.random.default_rng([seed, tile, 2])
        marks = _marks(town.ways, town.people.sites, plan, rng=rng)
        points = np.array([mark.point for mark in marks])
        places = to_degrees(points, plan, origin_m=town.origin_m).tolist()
        before = tile * plan["marks"]["people"]
        for mark, (longitude, latitude) in zip(marks, places, strict=True):
            rows.append(
                {
                    heads["mark"]: kinds[mark.kind]["zh"],
                    heads["longitude"]: longitude,
                    heads["latitude"]: latitude,
                    heads["person"]: f"{words['person_letter']}{before + mark.person:04d}",
                    heads["time"]: mark.time,
                    heads["synthetic"]: words["yes"],
                }
            )
    return rows


def _marks(
    ways: Iterable[Way], sites: Sequence[Site], plan: Mapping[str, Any], *, rng: np.random.Generator
) -> list[Mark]:
    """Draw the marks of one town, place after place; nobody marks one place twice."""
    numbers = plan["marks"]
    schools = [s.point for s in sites if s.kind in numbers["schools"] and not s.rural]
    spots = {
        "junction": _junctions(ways, numbers),
        "park": [s.point for s in sites if s.kind == "park"],
        "school": schools,
    }
    return [
        mark
        for name, places in spots.items()
        for row in rng.permutation(len(places))[: numbers["spots"][name]]
        for mark in _at(places[row], numbers["kinds"][name], numbers, rng=rng)
    ]


def _at(
    place: Point, kinds: Sequence[str], numbers: Mapping[str, Any], *, rng: np.random.Generator
) -> list[Mark]:
    """Draw the marks of some people at one place, as far off as a phone may be."""
    low, high = numbers["people_at_a_place"]
    people = rng.permutation(numbers["people"])[: rng.integers(low, high + 1)]
    off = dm(numbers["off_m"])
    return [
        Mark(
            str(rng.choice(kinds)),
            (
                place[0] + int(rng.integers(-off, off + 1)),
                place[1] + int(rng.integers(-off, off + 1)),
            ),
            int(person) + 1,
            _time(rng, numbers),
        )
        for person in people
    ]


def _time(rng: np.random.Generator, numbers: Mapping[str, Any]) -> str:
    begin, end = (60 * hour for hour in numbers["hours"])
    days, minutes = int(rng.integers(numbers["days"])), int(rng.integers(begin, end))
    first = dt.datetime.fromisoformat(numbers["first_day"])
    return f"{first + dt.timedelta(days=days, minutes=minutes):%Y-%m-%d %H:%M}"


def _junctions(ways: Iterable[Way], numbers: Mapping[str, Any]) -> list[Point]:
    """Return where a main street meets another street of those that children cross."""
    names: dict[Point, set[str]] = defaultdict(set)
    main: set[Point] = set()
    for way in ways:
        highway = way.tags.get("highway", "")
        if highway not in numbers["streets"]:
            continue
        for x, y in way.points.tolist():
            names[x, y].add(way.tags.get("name", ""))
            if highway in numbers["main_streets"]:
                main.add((x, y))
    return sorted(point for point in main if len(names[point]) > 1)
