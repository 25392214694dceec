"""How risky is it to walk along a street, on this side of it?  Factor by factor."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from analyses.risk.factors import (
    UNKNOWN,
    Bounds,
    Factor,
    at_least,
    codes,
    constant,
    levels,
    no_level,
    numbers,
    observed,
    sources,
    speed_factor,
    traffic_factor,
    values_of,
    word_factor,
)
from geo.sides import EdgeKind
from geo.walk import sharp_bends

if TYPE_CHECKING:
    import pandas as pd

    from analyses.rules import Profile
    from analyses.streets import Scene
    from geo.arrays import Flags, Floats, Ints


ALONG = ("separation", "severity", "traffic", "visibility", "parking", "age")
SIDEWALK = ("no", "shared", "yes", "separate")
_WITH = SIDEWALK.index("yes")  # this one and those after it
BUFFERS = ("rail", "trees", "verge", "none")


class WalkedEdges(NamedTuple):
    """Where one walks along: the walk edges, and what is known of the street there.

    `sidewalk` is a place in `SIDEWALK` (-1 = unknown) on the walker's own side, `source` that of
    the sidewalk; `away` marks paths with no traffic beside them.
    """

    edges: Ints
    streets: pd.DataFrame
    sidewalk: Ints
    source: Ints
    away: Flags


def walked_along(scene: Scene, edges: Ints | None = None) -> WalkedEdges:
    """Return the walk edges of kind SIDE and PATH, all or those of `edges`, with their street.

    A sidewalk that is drawn as a way of its own is rated by the street beside it.
    """
    sides = scene.sides
    if edges is None:
        edges = np.arange(len(sides.kind))
    edges = edges[np.isin(sides.kind[edges], (EdgeKind.SIDE, EdgeKind.PATH))]
    street, path = sides.street[edges], sides.kind[edges] == EdgeKind.PATH
    beside = np.full(len(edges), -1)
    beside[path] = _street_beside(scene, street[path])
    beside_street = beside >= 0
    frame = scene.streets.take(np.where(beside_street, beside, street)).reset_index(drop=True)
    left = sides.side[edges] < 0
    word, source = (
        np.where(left, *pair)
        for pair in (
            [codes(frame[f"sidewalk_{side}"], SIDEWALK) for side in ("left", "right")],
            [sources(frame, f"sidewalk_{side}") for side in ("left", "right")],
        )
    )
    return WalkedEdges(
        edges=edges,
        streets=frame,
        sidewalk=np.where(beside_street, _WITH, word),
        source=np.where(path, 0, np.where(word < 0, UNKNOWN, source)),
        away=path & ~beside_street,
    )


def along_factors(scene: Scene, places: WalkedEdges, profile: Profile) -> dict[str, Factor]:
    """Return the factors of the risk along; their product is the points per 100 m over the base.

    Parameters
    ----------
    places
        From `walked_along`.
    profile
        Whose risk: its ``risk_factor``.
    """
    frame = places.streets
    count = len(frame)
    age = np.full(count, profile.risk_factor)
    kerb = word_factor(frame, "parking", rows=levels("along", "parking"), words=("no", "yes"))
    factors = {
        "separation": separation(places),
        "severity": speed_factor(frame),
        "traffic": traffic_factor(frame, model="along"),
        "visibility": _visibility(scene, places),
        "parking": kerb,
        "age": Factor(Bounds(age, age, age), no_level(frame), np.zeros(count, dtype=np.int64)),
    }
    return {
        name: factor if name in ("separation", "age") else _neutral(factor, places.away)
        for name, factor in factors.items()
    }


def along_known(places: WalkedEdges) -> Flags:
    """Say where speed and sidewalk, which decide most, are observed."""
    known: Flags = observed(sources(places.streets, "speed_kmh")) & observed(places.source)
    return known | places.away


def separation(places: WalkedEdges) -> Factor:
    """Return how far the walker is kept from the traffic: sidewalk, its width, its buffer."""
    rows = levels("along", "separation")
    value, order = values_of(rows), list(rows)
    frame = places.streets
    walk = numbers(frame, "sidewalk_width_m", unknown="unknown_sidewalk_width")
    kind, width = _buffer(frame)
    on_walk = Bounds(
        _with_sidewalk(walk.value, kind.value, width.value),
        _with_sidewalk(walk.high, kind.low, width.high),
        _with_sidewalk(walk.low, kind.high, width.low),
    )
    has = places.sidewalk >= _WITH
    without = np.array([order.index("carriageway"), order.index("shared"), order.index("unknown")])
    level = np.where(has, on_walk.value, without[np.where(has, 0, places.sidewalk)])
    unsure = (places.sidewalk < 0) & (value[on_walk.value] > value[level])
    level = np.where(unsure, on_walk.value, level)
    level = np.where(places.away, order.index("away"), level)
    fixed, open_ = observed(places.source), value[order.index("carriageway")]
    low = np.where(fixed & ~has, value[level], value[on_walk.low])
    high = np.where(fixed, np.where(has, value[on_walk.high], value[level]), open_)
    away = places.away
    least, most = (np.where(away, value[level], end) for end in (low, high))
    return Factor(Bounds(value[level], least, most), level, places.source)


def _buffer(frame: pd.DataFrame) -> tuple[Bounds[np.int64], Bounds[np.float64]]:
    """Return kind (as assumed, best, worst; places in `BUFFERS`) and width of the buffer."""
    said = codes(frame["buffer"], BUFFERS)
    fixed = observed(sources(frame, "buffer")) & (said >= 0)
    none = len(BUFFERS) - 1
    kinds = Bounds(
        np.where(said < 0, none, said),
        np.where(fixed, said, 0),
        np.where(fixed, said, none),
    )
    width = numbers(frame, "buffer_m", unknown="unknown_buffer_width")
    no_width = fixed & (said == none) & frame["buffer_m_high"].isna().to_numpy()
    return kinds, width._replace(high=np.where(no_width, width.low, width.high))


def _with_sidewalk(width_m: Floats, buffer: Ints, buffer_m: Floats) -> Ints:
    """Return the level of separation where there is a sidewalk."""
    order = list(levels("along", "separation"))
    rail, trees = BUFFERS.index("rail"), BUFFERS.index("trees")
    buffered = (buffer_m >= constant("wide_buffer")) | (buffer == trees)
    wide = width_m >= constant("wide_sidewalk")
    return np.select(
        [width_m < constant("narrow_sidewalk"), buffer == rail, wide & buffered],
        [order.index("narrow"), order.index("rail"), order.index("wide")],
        default=order.index("sidewalk"),
    )


def _visibility(scene: Scene, places: WalkedEdges) -> Factor:
    """Return the worse of darkness and a blind bend."""
    rows = levels("along", "visibility")
    light = word_factor(places.streets, "lit", rows=rows, words=("unlit", "lit"))
    bends = sharp_bends(
        scene.network, turn_deg=constant("bend_turn"), within_m=constant("bend_within")
    )
    bent = bends[scene.sides.street[places.edges]]
    order, value = list(rows), values_of(rows)
    level = np.where(bent, order.index("bend"), order.index("lit"))
    sure = Bounds(value[level], value[level], value[level])
    return at_least(light, Factor(sure, level, np.zeros_like(level)))


def _neutral(factor: Factor, where: Flags) -> Factor:
    """Return the factor with 1 where it does not count."""
    bounds = Bounds(*(np.where(where, 1.0, part) for part in factor.bounds))
    return Factor(bounds, factor.level, np.where(where, 0, factor.source))


def _street_beside(scene: Scene, street: Ints) -> Ints:
    """Return the street beside each separately drawn sidewalk, -1 for paths that are none."""
    beside = np.full(len(street), -1)
    if "footway" not in scene.network.edges:
        return beside
    tagged = np.flatnonzero((scene.network.edges["footway"] == "sidewalk").to_numpy()[street])
    sided = np.flatnonzero(scene.streets["sided"].to_numpy(dtype=bool))
    if not len(tagged) or not len(sided):
        return beside
    lines = scene.network.tree.geometries
    middle = shapely.line_interpolate_point(lines[street[tagged]], 0.5, normalized=True)
    tree = shapely.STRtree(lines[sided])
    path, found = tree.query_nearest(middle, max_distance=constant("beside"), all_matches=False)
    beside[tagged[path]] = sided[found]
    return beside
