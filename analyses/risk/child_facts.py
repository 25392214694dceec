"""How long does a child need to cross, how far must it see, and how bad is a crash at a speed?

The formulas take numbers or arrays.  Their constants, with sources, are in
``data/rules/child_facts.toml``; distances in metres, times in seconds, speeds of vehicles in km/h
and of children in metres a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from geo.bundled import load_toml

if TYPE_CHECKING:
    from numpy.typing import NDArray

Number = TypeVar("Number", float, "NDArray[np.float64]")

_KMH_PER_M_S = 3.6
_S_PER_HOUR = 3600.0
_HARDLY_ANY = 1e-3


def constant(name: str) -> float:
    """Return a number of ``data/rules/child_facts.toml``."""
    return float(load_toml("rules/child_facts.toml")[name]["value"])


def fatality(speed_kmh: Number) -> Number:
    """Return the share (0-1) of struck pedestrians who die at an impact speed.

    A logistic curve fitted to the meta-analysis of Hussain et al. 2019; off by a point at most.

    Examples
    --------
    >>> [f"{fatality(v):.2f}" for v in (30.0, 37.0, 59.0, 80.0)]
    ['0.05', '0.10', '0.51', '0.90']
    """
    odds: Any = np.exp(constant("fatality_slope") * speed_kmh - constant("fatality_intercept"))
    return cast("Number", odds / (1.0 + odds))


def severity(speed_kmh: Number) -> Number:
    """Return how many times deadlier a speed is than 30 km/h.

    Ratios agree between studies (5.8 or 5.6 at 50 km/h) where absolute risks do not.

    Examples
    --------
    >>> [f"{severity(v):.1f}" for v in (20.0, 30.0, 40.0, 50.0, 80.0)]
    ['0.4', '1.0', '2.6', '5.8', '17.9']
    """
    return fatality(speed_kmh) / fatality(constant("reference_speed"))


def crossing_time_s(width_m: Number, *, speed_m_s: float, start_s: float | None = None) -> Number:
    """Return the seconds that a child needs to cross.

    Parameters
    ----------
    width_m
        Carriageway crossed in one go: both halves of a dual carriageway unless there is a refuge.
    speed_m_s
        Walking speed of the child.
    start_s
        Time before setting off; default ``start_up``.

    Examples
    --------
    >>> crossing_time_s(7.0, speed_m_s=1.0), crossing_time_s(7.0, speed_m_s=1.0, start_s=1.0)
    (10.0, 8.0)
    """
    return width_m / speed_m_s + (constant("start_up") if start_s is None else start_s)


def stopping_m(
    speed_kmh: Number, *, reaction_s: float | None = None, deceleration_m_s2: float | None = None
) -> Number:
    """Return the metres in which a driver stops.

    Parameters
    ----------
    speed_kmh
        Speed when the driver sees the child.
    reaction_s, deceleration_m_s2
        Default ``reaction`` and ``deceleration``.

    Examples
    --------
    >>> [round(stopping_m(v)) for v in (30.0, 40.0, 50.0, 60.0)]
    [20, 30, 42, 56]
    >>> round(stopping_m(50.0, reaction_s=2.5, deceleration_m_s2=3.4))
    63
    """
    reaction = constant("reaction") if reaction_s is None else reaction_s
    braking = constant("deceleration") if deceleration_m_s2 is None else deceleration_m_s2
    speed_m_s = speed_kmh / _KMH_PER_M_S
    return speed_m_s * reaction + speed_m_s**2 / (2.0 * braking)


def clear_length_m(stopping_distance_m: Number, *, parking_width_m: float | None = None) -> Number:
    """Return the length beside a crossing that must be free of parked cars.

    By similar triangles: the child stands behind the row of parked cars, the driver passes it.

    Parameters
    ----------
    stopping_distance_m
        From `stopping_m`.
    parking_width_m
        Default ``parking_width``.

    Examples
    --------
    >>> [round(clear_length_m(stopping_m(v))) for v in (30.0, 50.0)]
    [12, 25]
    """
    width = constant("parking_width") if parking_width_m is None else parking_width_m
    of_child = width + constant("child_set_back")
    return stopping_distance_m * (of_child / (of_child + constant("driver_offset")))
