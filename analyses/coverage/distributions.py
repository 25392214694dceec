"""How are ways and places spread over the children: which share has how much?

The curves that charts are drawn from, as tables: a reader finds every point of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyses.coverage.equity import lorenz
from analyses.rules.limits import children_of, in_scope, parts_of, within
from analyses.rules.rules import one_test_each
from geo.walk.network import MM_PER_M

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from analyses.rules.rules import Rule

    Floats = NDArray[np.float64]

_STEPS_PER_LIMIT, _LIMITS = 20, 3
"""How finely, and to how many times its limit, a curve of distances is drawn."""
_LORENZ_STEPS = 50
_DISTANCE_COLUMNS = ("rule_id", "times_limit", "walk_m", "children", "share")
_LORENZ_COLUMNS = ("stage", "share_children", "share_places")


def walk_distances(
    points: pd.DataFrame,
    demand: pd.DataFrame,
    rules: Sequence[Rule],
    *,
    walking_speed_m_s: float | None = None,
) -> pd.DataFrame:
    """Return which share of the children has the nearest facility within each distance.

    Parameters
    ----------
    points
        Table ``points`` of `analyses.coverage.coverage.coverage`.
    demand
        The demand points that it was made from (same rows): ``settlement`` and the age groups.
    rules
        Rules in metres or minutes, those with both split; others are left out.
    walking_speed_m_s
        As in `analyses.coverage.coverage.coverage`.

    Returns
    -------
    pandas.DataFrame
        ``rule_id, times_limit`` (1 = at the limit)``, walk_m`` (door to door; NaN where ages walk
        at different speeds and so have different limits)``, children, share``.  At 1 the share is
        that of table ``total``.  A rule that concerns nobody has no rows.
    """
    settlement = demand["settlement"].to_numpy(dtype=object)
    rows: list[tuple[str, float, float, float, float]] = []
    for rule in one_test_each(rules):
        if f"walk_m:{rule.id}" not in points or "containment" in rule.tests:
            continue
        walk_m = points[f"walk_m:{rule.id}"].to_numpy(dtype=np.float64)
        parts = [
            (np.where(in_scope(rule, settlement), np.nan_to_num(children_of(p, demand)), 0.0), p)
            for p in parts_of(rule, walking_speed=walking_speed_m_s)
        ]
        total = float(sum(children.sum() for children, _ in parts))
        limits_mm = {part.limit_mm for _, part in parts}
        for step in range(_STEPS_PER_LIMIT * _LIMITS + 1 if total > 0 else 0):
            times = step / _STEPS_PER_LIMIT
            reached = sum(float(c[within(walk_m, p.limit_mm * times)].sum()) for c, p in parts)
            metres = min(limits_mm) * times / MM_PER_M if len(limits_mm) == 1 else np.nan
            rows.append((rule.id, times, metres, reached, reached / total))
    return pd.DataFrame(rows, columns=list(_DISTANCE_COLUMNS))


def lorenz_table(stage: str, availability: Floats, children: Floats) -> pd.DataFrame:
    """Return the Lorenz curve of places per child of a stage, at even steps of the children.

    Parameters
    ----------
    stage
        Id of the stage.
    availability
        Places per child at each demand point, NaN where not known.
    children
        Children of the stage there.

    Returns
    -------
    pandas.DataFrame
        ``stage, share_children`` (the worst off first)``, share_places``, both from 0 to 1; no
        rows where there are no places at all.
    """
    if not np.nansum(availability * children) > 0:
        return pd.DataFrame({name: [] for name in _LORENZ_COLUMNS})
    people, places = lorenz(availability, children)
    even = np.linspace(0.0, 1.0, _LORENZ_STEPS + 1)
    return pd.DataFrame(
        {"stage": stage, "share_children": even, "share_places": np.interp(even, people, places)}
    )[list(_LORENZ_COLUMNS)]
