"""How stressful is it to walk here, on the scale of the pedestrian level of traffic stress?

PLTS (Oregon, with Texas's adjustments) goes from 1, suitable for children of ten or younger, to 4.
It is given beside our own risk so that results can be compared with other places.  The tables T1
to T8 are ``data/rules/plts.toml``; the numbers are monotone in every attribute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analyses.risk.along import BUFFERS, SIDEWALK
from analyses.risk.crossing import CONTROLLED, facilities, treated
from analyses.risk.factors import Bounds, classes, codes, levels, numbers, observed, sources
from geo.bundled import load_toml

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd
    from numpy.typing import ArrayLike

    from analyses.risk.along import WalkedEdges
    from geo.arrays import Floats, Ints


NO_SIDEWALK = "none"
_BEST = 1.0
_ADJUSTED_BY = ("raised", "refuge", "flashing", "hybrid", "daylight")


def mph(speed_kmh: ArrayLike) -> Floats:
    """Return miles an hour in steps of five, as the tables want them.

    Examples
    --------
    >>> mph([30, 40, 50, 60, 70, 80]).tolist()
    [20.0, 25.0, 30.0, 35.0, 45.0, 50.0]
    """
    rule = _rules()["mph"]
    speed = np.asarray(speed_kmh, dtype=np.float64)
    rounded: Floats = np.rint(speed / rule["km_per_mile"] / rule["step"]) * rule["step"]
    return rounded


def sidewalk_score(width_m: ArrayLike, condition: ArrayLike = "good") -> Floats:
    """Return T1: the sidewalk's width and the condition of its pavement (``none``: no sidewalk).

    Examples
    --------
    >>> sidewalk_score([1.2191, 1.2192, 1.524, 1.8288]).tolist()
    [4.0, 3.0, 2.0, 1.0]
    """
    return _score("sidewalk", width_m, _places(condition, _rules()["condition"]["classes"]))


def buffer_score(buffer: ArrayLike, speed_kmh: ArrayLike) -> Floats:
    """Return T2: what is between sidewalk and carriageway, and the speed.

    Examples
    --------
    >>> buffer_score(["none", "verge", "trees"], 60).tolist()
    [3.0, 2.0, 1.0]
    """
    kinds = _places(buffer, _rules()["buffer"]["rows"]["classes"])
    return _score("buffer", kinds, mph(speed_kmh))


def distance_score(lanes: ArrayLike, buffer_m: ArrayLike) -> Floats:
    """Return T3: lanes of the street and width of the buffer.

    Examples
    --------
    >>> distance_score(4, [1.523, 1.524, 3.048, 4.572, 7.62]).tolist()
    [4.0, 3.0, 2.0, 1.0, 1.0]
    """
    return _score("distance", lanes, buffer_m)


def crossing_score(
    speed_kmh: ArrayLike, *, lanes: ArrayLike, traffic_day: ArrayLike, arterial: ArrayLike
) -> Floats:
    """Return T5 to T7: crossing without a signal.

    Parameters
    ----------
    speed_kmh
        Of the street crossed.
    lanes
        Crossed in one go.
    traffic_day
        Vehicles a day; counts on arterials only.
    arterial
        Whether the street is one.

    Examples
    --------
    >>> crossing_score(60, lanes=[2, 2, 4], traffic_day=9000, arterial=[False, True, True]).tolist()
    [2.0, 3.0, 4.0]
    """
    many = np.asarray(lanes, dtype=np.float64) >= _rules()["arterial"]["lanes_from"]
    on_arterial = np.where(
        many,
        _score("arterial_3", mph(speed_kmh), traffic_day),
        _score("arterial_2", mph(speed_kmh), traffic_day),
    )
    minor = _score("minor", mph(speed_kmh), lanes)
    score: Floats = np.where(arterial, on_arterial, minor)
    return score


def adjusted(score: Floats, gain: Floats) -> Floats:
    """Return T8: a score less what treatments gain, at most two levels and not under 2.

    Examples
    --------
    >>> adjusted(np.array([4.0, 4.0, 3.0, 1.0]), np.array([1.5, 3.0, 2.0, 1.0])).tolist()
    [2.5, 2.0, 2.0, 1.0]
    """
    rule = _rules()["adjustment"]
    reduced: Floats = np.maximum(score - np.minimum(gain, rule["most"]), rule["least"])
    return np.minimum(score, reduced)


def segment_stress(places: WalkedEdges) -> Bounds[np.float64]:
    """Return the score along: the worst of T1 to T3 that can be told (land use is not known).

    Parameters
    ----------
    places
        From `analyses.risk.along.walked_along`.

    Returns
    -------
    Bounds
        The score of what is known (at least the lower bound), and the bounds over the rest.
    """
    frame = places.streets
    speed = numbers(frame, "speed_kmh", unknown="unknown_speed")
    lanes = numbers(frame, "lanes", unknown="unknown_lanes")
    wide = numbers(frame, "sidewalk_width_m", unknown="unknown_sidewalk_width")
    buffer_m = numbers(frame, "buffer_m", unknown="unknown_buffer_width")
    said = codes(frame["buffer"], BUFFERS)
    fixed = observed(sources(frame, "buffer")) & (said >= 0)
    names = np.array(BUFFERS, dtype=object)
    condition = _rules()["condition"]["unknown"]
    low = _worst(
        sidewalk_score(wide.high, condition["low"]),
        buffer_score(names[np.where(fixed, said, 0)], speed.low),
        distance_score(lanes.low, buffer_m.high),
    )
    high = _worst(
        sidewalk_score(wide.low, condition["high"]),
        buffer_score(names[np.where(fixed, said, len(BUFFERS) - 1)], speed.high),
        distance_score(lanes.high, buffer_m.low),
    )
    told = _worst(
        _where_known(sidewalk_score(wide.value, condition["value"]), frame["sidewalk_width_m"]),
        np.where(said < 0, np.nan, buffer_score(names[said], speed.value)),
        _where_known(distance_score(lanes.value, buffer_m.value), frame["buffer_m"]),
    )
    return _by_sidewalk(places, Bounds(told, low, high))


def crossing_stress(frame: pd.DataFrame) -> Bounds[np.float64]:
    """Return the score of crossings, NaN where a signal, bridge or underpass is no matter of it.

    Parameters
    ----------
    frame
        Rows of ``scene.crossings``.
    """
    speed = numbers(frame, "speed_kmh", unknown="unknown_speed")
    lanes = numbers(frame, "lanes", unknown="unknown_lanes")
    traffic = numbers(frame, "traffic_day", unknown="unknown_traffic")
    arterial = frame["road_class"].isin(_rules()["arterial"]["classes"]).to_numpy()
    order = list(levels("crossing", "facility"))
    controlled = [order.index(name) for name in CONTROLLED]
    scores, signalised = [], []
    for bound, built in zip(Bounds._fields, facilities(frame), strict=True):
        score = crossing_score(
            getattr(speed, bound),
            lanes=getattr(lanes, bound),
            traffic_day=getattr(traffic, bound),
            arterial=arterial,
        )
        scores.append(adjusted(score, _gain(frame, bound)))
        signalised.append(np.isin(built, controlled))
    value, low, high = scores
    return Bounds(
        np.where(signalised[0], np.nan, value),
        np.where(signalised[2], np.nan, np.where(signalised[1], _BEST, low)),
        np.where(signalised[2], np.nan, high),
    )


def _by_sidewalk(places: WalkedEdges, on_walk: Bounds[np.float64]) -> Bounds[np.float64]:
    """Return the scores where there is a sidewalk, 4 where there is none, 1 on paths."""
    none = np.isin(places.sidewalk, (SIDEWALK.index("no"), SIDEWALK.index("shared")))
    fixed = observed(places.source)
    bare = sidewalk_score(0.0, NO_SIDEWALK)
    value = np.where(none, bare, on_walk.value)
    low = np.where(none & fixed, bare, on_walk.low)
    high = np.where(none | ~fixed, bare, on_walk.high)
    value = np.clip(np.where(np.isnan(value), low, value), low, high)
    path = float(_rules()["path"]["score"])
    return Bounds(*(np.where(places.away, path, part) for part in (value, low, high)))


def _gain(frame: pd.DataFrame, bound: str) -> Floats:
    """Return the levels that the treatments of crossings gain."""
    rule = _rules()["adjustment"]
    gain = np.zeros(len(frame))
    for name in _ADJUSTED_BY:
        gain += np.where(getattr(treated(frame, name)[0], bound), rule[name], 0.0)
    return gain


def _worst(*scores: Floats) -> Floats:
    """Return the greatest score that is told, NaN where none is."""
    worst: Floats = np.fmax.reduce(np.broadcast_arrays(*scores))
    return worst


def _where_known(score: Floats, attribute: pd.Series[Any]) -> Floats:
    """Return the score where the attribute is known or assumed."""
    return np.where(attribute.isna(), np.nan, score)


def _score(table: str, row: ArrayLike, column: ArrayLike) -> Floats:
    """Look scores up; numbers are put into the table's classes, places of words taken as given."""
    rule = _rules()[table]
    places = [
        np.asarray(given, dtype=np.int64)
        if not {"below", "up_to"} & set(axis)
        else classes(np.asarray(given, dtype=np.float64), axis)
        for given, axis in ((row, rule["rows"]), (column, rule["columns"]))
    ]
    found: Floats = np.array(rule["scores"], dtype=np.float64)[places[0], places[1]]
    return found


def _places(words: ArrayLike, known: Collection[str]) -> Ints:
    """Return the place of each word among the classes of a table."""
    place = {word: number for number, word in enumerate(known)}
    given = np.asarray(words, dtype=object)
    return np.array([place[word] for word in given.ravel()], dtype=np.int64).reshape(given.shape)


def _rules() -> dict[str, Any]:
    return load_toml("rules/plts.toml")
