"""How risky is it to cross here?  Factor by factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyses.risk.factors import (
    NO_YES,
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
    of_levels,
    sources,
    speed_factor,
    traffic_factor,
    values_of,
    word_factor,
)

if TYPE_CHECKING:
    import pandas as pd

    from analyses.streets import Scene
    from geo.arrays import Flags, Floats, Ints


CROSSING = ("facility", "treatment", "stage", "severity", "traffic", "sight")
CONTROLLED = ("grade_separated", "signal")
_YES = NO_YES.index("yes")


def crossing_factors(scene: Scene, rows: Ints) -> dict[str, Factor]:
    """Return the factors of the risk at rows of ``scene.crossings``.

    Their product is the points over the base; the stages of one crossing share its points.
    """
    frame = scene.crossings.drop(columns="geometry").take(rows).reset_index(drop=True)
    return {
        "facility": facility(frame),
        "treatment": treatment(frame),
        "stage": _stage(scene, rows),
        "severity": speed_factor(frame),
        "traffic": traffic_factor(frame, model="crossing"),
        "sight": _sight(frame),
    }


def crossing_known(frame: pd.DataFrame) -> Flags:
    """Say where speed, lanes and facility, which decide most, are observed."""
    known: Flags = np.logical_and.reduce(
        [observed(sources(frame, name)) for name in ("speed_kmh", "lanes", "facility")]
    )
    return known


def facilities(frame: pd.DataFrame) -> Bounds[np.int64]:
    """Return the facility as assumed, the safest and the most dangerous, as places among levels."""
    order = list(levels("crossing", "facility"))
    value, low, high = (
        codes(frame[name], order) for name in ("facility", "facility_low", "facility_high")
    )
    value = np.where(value < 0, order.index("unmarked"), value)
    low = np.minimum(np.where(low < 0, 0, low), value)
    high = np.maximum(np.where(high < 0, len(order) - 1, high), value)
    return Bounds(value, low, high)


def facility(frame: pd.DataFrame) -> Factor:
    """Return the factor of bridge, signal, marking or none."""
    rows = levels("crossing", "facility")
    return of_levels(facilities(frame), values_of(rows), sources(frame, "facility"))


def treatment(frame: pd.DataFrame) -> Factor:
    """Return the product of the treatments that are there; those not known may be there."""
    rows = levels("crossing", "treatment")
    parts = [np.ones(len(frame)) for _ in Bounds._fields]
    source = np.zeros(len(frame), dtype=np.int64)
    for name, row in rows.items():
        there, known = treated(frame, name)
        for part, where in zip(parts, there, strict=True):
            part[where] *= row["value"]
        source = np.maximum(source, known)
    least = constant("treatment_least")
    return Factor(Bounds(*(np.maximum(part, least) for part in parts)), no_level(frame), source)


def treated(frame: pd.DataFrame, name: str) -> tuple[Bounds[np.bool_], Ints]:
    """Say where a treatment is there: as assumed, at best and for sure; and the source of it."""
    said = codes(frame[name], NO_YES)
    source = np.where(said < 0, UNKNOWN, sources(frame, name))
    there, fixed = said == _YES, observed(source)
    return Bounds(there, there | ~fixed, there & fixed), source


def multiple_threat(places: Ints, lanes: Floats, oneway: Flags) -> Flags:
    """Say where a car may stop and hide the child from the next lane of the same direction.

    Parameters
    ----------
    places
        Facility, as a place among its levels.
    lanes
        Lanes crossed in this stage; of an odd number one direction has the greater half.
    oneway
        Whether they all go one way.
    """
    order = list(levels("crossing", "facility"))
    signalised = np.isin(places, [order.index(name) for name in CONTROLLED])
    one_direction = np.ceil(np.where(oneway, lanes, lanes / 2.0))
    threat: Flags = ~signalised & (one_direction >= constant("threat_lanes"))
    return threat


def _stage(scene: Scene, rows: Ints) -> Factor:
    """Return the width of the crossing's widest stage over two lanes, with the multiple threat."""
    frame = scene.crossings
    lanes = numbers(frame, "lanes", unknown="unknown_lanes")
    group = np.unique(frame["group"].to_numpy(), return_inverse=True)[1]
    stages = frame["stages"].to_numpy(dtype=np.float64)[rows]
    street = frame["street"].to_numpy(dtype=np.int64)[rows]
    oneway = scene.streets["oneway"].to_numpy(dtype=bool)[street]
    built = facilities(frame.take(rows))
    parts = []
    for width, count, place in zip(_widths(frame, lanes), lanes, built, strict=True):
        widest = np.zeros(len(frame))
        np.maximum.at(widest, group, width)
        threat = multiple_threat(place.astype(np.int64), count[rows], oneway)
        share = widest[group][rows] / constant("stage_width") / stages
        parts.append(share * np.where(threat, constant("threat"), 1.0))
    crossed = frame.take(rows)
    return Factor(Bounds(*parts), no_level(crossed), sources(crossed, "lanes"))


def _widths(frame: pd.DataFrame, lanes: Bounds[np.float64]) -> Bounds[np.float64]:
    """Return the metres crossed in each stage, from the lanes where no width is known."""
    given = numbers(frame, "width_m")
    lane = constant("lane_width")
    value, low, high = (
        np.where(np.isnan(width), count * lane, width)
        for width, count in zip(given, lanes, strict=True)
    )
    return Bounds(np.clip(value, low, high), low, high)


def _sight(frame: pd.DataFrame) -> Factor:
    """Return the worse of too short a sight and parked cars."""
    rows = levels("crossing", "sight")
    far = word_factor(frame, "sight_met", rows=rows, words=("not_met", "met"))
    parked = word_factor(frame, "parked", rows=rows, words=("met", "parked"))
    return at_least(far, parked)
