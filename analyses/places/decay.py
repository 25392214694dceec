"""How much does a place count the farther away it is?  Decay functions by name.

All take metres and a scale in metres, give 1 at no distance (at the door) and never rise.  Beyond
the reach of an analysis no pair exists at all, so no function needs a limit of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyses.rules import within
from geo.arrays import MM_PER_M
from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo.arrays import Floats


_HALF = 0.5
_E_HALF = float(np.exp(-_HALF))


def _binary(distance_m: Floats, scale_m: float) -> Floats:
    return within(distance_m, scale_m * MM_PER_M).astype(float)


def _linear(distance_m: Floats, scale_m: float) -> Floats:
    return np.clip(1.0 - distance_m / scale_m, 0.0, None)


def _exponential(distance_m: Floats, scale_m: float) -> Floats:
    return np.asarray(np.exp(-distance_m / scale_m))


def _power(distance_m: Floats, scale_m: float) -> Floats:
    return np.asarray((1.0 + distance_m / scale_m) ** -2.0)


def _logistic(distance_m: Floats, scale_m: float) -> Floats:
    """One half at the scale, a tenth of it wide; set to 1 at the door."""
    width = scale_m / 10.0
    top = 1.0 + np.exp(-scale_m / width)
    return np.asarray(top / (1.0 + np.exp((distance_m - scale_m) / width)))


def _gaussian(distance_m: Floats, scale_m: float) -> Floats:
    """Gauss' curve brought down to 0 at the scale (Dai 2010)."""
    raw = (np.exp(-_HALF * (distance_m / scale_m) ** 2) - _E_HALF) / (1.0 - _E_HALF)
    return np.where(within(distance_m, scale_m * MM_PER_M), np.clip(raw, 0.0, None), 0.0)


DECAYS: dict[str, Callable[[Floats, float], Floats]] = {
    "binary": _binary,
    "linear": _linear,
    "exponential": _exponential,
    "power": _power,
    "logistic": _logistic,
    "gaussian": _gaussian,
}
"""Name -> function of (metres, scale in metres)."""


def decay(distance_m: Floats, name: str, *, scale_m: float) -> Floats:
    """Return the weight of each distance.

    Raises
    ------
    InputRefused
        ``DECAY_UNKNOWN``.

    Examples
    --------
    >>> decay(np.array([0.0, 250.0, 500.0, 501.0]), "linear", scale_m=500).round(3).tolist()
    [1.0, 0.5, 0.0, 0.0]
    """
    if name not in DECAYS:
        detail = {"known": ", ".join(DECAYS)}
        raise InputRefused(Finding("DECAY_UNKNOWN", "decay", value=name, detail=detail))
    return DECAYS[name](np.asarray(distance_m, dtype=float), scale_m)
