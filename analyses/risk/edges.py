"""How risky is each piece of a child's way to school, how surely, and what is not for it alone?

Points add up along a way: `edge_risk` gives them for every edge of the streets with sides, as
assumed and with the bounds over everything that is not known.  `along_table` and `crossing_table`
show them factor by factor and in words.  The model is ``data/rules/risk.toml``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from analyses.risk.along import ALONG, SIDEWALK, along_factors, along_known, walked_along
from analyses.risk.crossing import (
    CONTROLLED,
    CROSSING,
    crossing_factors,
    crossing_known,
    facilities,
    treated,
)
from analyses.risk.factors import Bounds, constant, levels, numbers, observed, product
from analyses.risk.stress import crossing_stress, segment_stress
from analyses.risk.words import along_words, crossing_words
from geo.bundled import load_toml
from geo.sides import EdgeKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from analyses.risk.along import WalkedEdges
    from analyses.risk.factors import Factor
    from analyses.rules import Profile
    from analyses.streets import Scene
    from geo.arrays import Flags, Floats, Ints


Bound = Literal["value", "low", "high"]
GRADES = ("C", "B", "A")
_MM_PER_100_M = 100_000.0


@dataclass(frozen=True, eq=False)
class Risk:
    """The risk of each edge of ``scene.sides.walk``, in points.

    Attributes
    ----------
    value, low, high
        As assumed, and the least and greatest over everything admissible.
    known
        Whether what decides it is observed: speed and sidewalk along a street; speed, lanes and
        facility at a crossing.  Paths away from traffic and links are known.

    Examples
    --------
    >>> import yimi
    >>> from analyses.risk import dangers
    >>> risk = dangers(yimi.load(yimi.demo).city.scene)[0].risk
    >>> bool((risk.low <= risk.value).all()), bool((risk.value <= risk.high).all())
    (True, True)
    """

    value: Floats
    low: Floats
    high: Floats
    known: Flags


def edge_risk(scene: Scene, profile: Profile) -> Risk:
    """Return the points of every edge: along by length, crossings each, links nothing.

    Parameters
    ----------
    scene
        The streets and what is known of them.
    profile
        Whose risk.

    Examples
    --------
    >>> import yimi
    >>> from analyses.rules import profiles
    >>> scene = yimi.load(yimi.demo).city.scene
    >>> risk = edge_risk(scene, profiles()[0])
    >>> len(risk.value) == len(scene.sides.walk.edges), bool((risk.value >= 0).all())
    (True, True)
    """
    sides = scene.sides
    edges = len(sides.kind)
    value, low, high = (np.zeros(edges) for _ in range(3))
    known = np.ones(edges, dtype=bool)
    places = walked_along(scene)
    along = _along_points(along_factors(scene, places, profile))
    length = sides.walk.edge_length_mm[places.edges] / _MM_PER_100_M
    known[places.edges] = along_known(places)
    crossed = np.flatnonzero(sides.crossing >= 0)
    rows = sides.crossing[crossed]
    factors = crossing_factors(scene, np.arange(len(scene.crossings)))
    points = _crossing_points(factors)
    known[crossed] = crossing_known(scene.crossings)[rows]
    for total, per_100_m, each in zip((value, low, high), along, points, strict=True):
        total[places.edges] = per_100_m * length
        total[crossed] = each[rows]
    return Risk(value, low, high, known)


def known_share(scene: Scene, risk: Risk, *, edges: Ints | None = None) -> tuple[float, float]:
    """Return the share known along (by length) and of crossings (by number); NaN without any.

    Parameters
    ----------
    risk
        From `edge_risk`.
    edges
        Walk edges, e.g. of one way; default all.
    """
    sides = scene.sides
    edges = np.arange(len(sides.kind)) if edges is None else edges
    kind, known = sides.kind[edges], risk.known[edges]
    along = np.isin(kind, (EdgeKind.SIDE, EdgeKind.PATH))
    across = np.isin(kind, (EdgeKind.CROSSING, EdgeKind.INFORMAL))
    length = sides.walk.edge_length_mm[edges].astype(np.float64)
    return _share(known[along], length[along]), _share(known[across], np.ones(across.sum()))


def forbidden(scene: Scene, profile: Profile, *, bound: Bound = "value") -> Flags:
    """Say which edges a child of this age may not use alone; with an adult, which nobody may.

    A prohibited crossing is for nobody.  Without an adult the limits of ``child_profiles.toml``
    count: crossings without a signal, bridge or guard by speed and lanes (of all stages
    together), walking in the carriageway by speed and traffic.

    Parameters
    ----------
    scene, profile
        As for `edge_risk`.
    bound
        ``value``: by what is assumed (a sidewalk of which nothing is known is no reason);
        ``low``: what is forbidden for sure; ``high``: what may be forbidden.

    Returns
    -------
    ndarray
        (m,) bool for the edges of ``scene.sides.walk``.

    Examples
    --------
    >>> import yimi
    >>> from analyses.rules import profiles
    >>> scene, profile = yimi.load(yimi.demo).city.scene, profiles()[0]
    >>> sure, maybe = (forbidden(scene, profile, bound=bound) for bound in ("low", "high"))
    >>> bool((sure <= maybe).all())
    True
    """
    sides = scene.sides
    shut = np.zeros(len(sides.kind), dtype=bool)
    crossed = np.flatnonzero(sides.crossing >= 0)
    shut[crossed] = _crossings_shut(scene, profile, bound)[sides.crossing[crossed]]
    places = walked_along(scene)
    shut[places.edges] = _along_shut(places, profile, bound)
    return shut


def grade(low: Floats, high: Floats, *, model: Literal["along", "crossing"]) -> NDArray[np.object_]:
    """Return A, B or C where the whole interval lies in one grade, else None: to be looked at.

    Parameters
    ----------
    low, high
        Points per crossing, or per 100 m along.
    model
        Which limits of ``risk.toml``; a limit belongs to the better grade.

    Examples
    --------
    >>> grade(np.array([5.0, 20.0, 20.0]), np.array([20.0, 20.1, np.inf]), model="crossing")
    array(['C', None, None], dtype=object)
    """
    limits = load_toml("rules/risk.toml")[f"grade_{model}"]["up_to"]
    first, last = np.searchsorted(limits, low), np.searchsorted(limits, high)
    names = np.array(GRADES, dtype=object)[first]
    names[first != last] = None
    return names


def along_table(scene: Scene, profile: Profile, *, rows: Ints | None = None) -> pd.DataFrame:
    """Return the risk along, factor by factor.

    Parameters
    ----------
    rows
        Walk edges; those that are no side and no path are left out.  Default all.

    Returns
    -------
    DataFrame
        Index: the walk edge.  ``street, side``; for each factor of `risk_along.ALONG` and for
        ``risk`` (points per 100 m) and ``plts`` three columns ``…``, ``…_low``, ``…_high``;
        ``known, forbidden`` (bool), ``grade`` (A | B | C | None = 待核查), ``why_…``.

    Examples
    --------
    >>> import yimi
    >>> from analyses.rules import profiles
    >>> table = along_table(yimi.load(yimi.demo).city.scene, profiles()[0], rows=None)
    >>> bool((table["risk_low"] <= table["risk_high"]).all()), set(table["side"]) <= {-1, 0, 1}
    (True, True)
    """
    places = walked_along(scene, rows)
    factors = along_factors(scene, places, profile)
    why = along_words(places, factors)
    return _table(
        places.edges,
        first={
            "street": scene.sides.street[places.edges],
            "side": scene.sides.side[places.edges],
        },
        bounds={
            **{name: factors[name].bounds for name in ALONG},
            "risk": _along_points(factors),
            "plts": segment_stress(places),
        },
        last={
            "known": along_known(places),
            "forbidden": _along_shut(places, profile, "value"),
            **why,
        },
        model="along",
    )


def crossing_table(scene: Scene, profile: Profile, *, rows: Ints | None = None) -> pd.DataFrame:
    """Return the risk at crossings, factor by factor.

    Parameters
    ----------
    rows
        Rows of ``scene.crossings``; default all.

    Returns
    -------
    DataFrame
        Index: the row of ``scene.crossings``.  As `along_table`, with ``street`` crossed and
        ``group``; ``risk`` is in points, the stages of one crossing add up to it.

    Examples
    --------
    >>> import yimi
    >>> from analyses.rules import profiles
    >>> scene = yimi.load(yimi.demo).city.scene
    >>> len(crossing_table(scene, profiles()[0])) == len(scene.crossings)
    True
    """
    rows = np.arange(len(scene.crossings)) if rows is None else rows
    frame = scene.crossings.drop(columns="geometry").take(rows).reset_index(drop=True)
    factors = crossing_factors(scene, rows)
    why = crossing_words(frame, factors)
    return _table(
        rows,
        first={"street": frame["street"].to_numpy(), "group": frame["group"].to_numpy()},
        bounds={
            **{name: factors[name].bounds for name in CROSSING},
            "risk": _crossing_points(factors),
            "plts": crossing_stress(frame),
        },
        last={
            "known": crossing_known(frame),
            "forbidden": _crossings_shut(scene, profile, "value")[rows],
            **why,
        },
        model="crossing",
    )


def _along_points(factors: Mapping[str, Factor]) -> Bounds[np.float64]:
    return product(factors.values(), base=constant("along_base"))


def _crossing_points(factors: Mapping[str, Factor]) -> Bounds[np.float64]:
    return product(factors.values(), base=constant("crossing_base"))


def _table(
    index: Ints,
    *,
    first: Mapping[str, NDArray[Any]],
    bounds: Mapping[str, Bounds[np.float64]],
    last: Mapping[str, NDArray[Any]],
    model: Literal["along", "crossing"],
) -> pd.DataFrame:
    """Put the columns of a table together; `bounds` has one of ``risk``, which is graded."""
    columns = dict(first)
    for name, part in bounds.items():
        columns |= {name: part.value, f"{name}_low": part.low, f"{name}_high": part.high}
    risk = bounds["risk"]
    graded = pd.Series(grade(risk.low, risk.high, model=model), index=index, dtype=object)
    return pd.DataFrame(columns, index=index).assign(grade=graded, **last)


def _share(known: Flags, weight: Floats) -> float:
    total = float(weight.sum())
    return float(weight[known].sum()) / total if total > 0 else float("nan")


def _crossings_shut(scene: Scene, profile: Profile, bound: Bound) -> Flags:
    """Say which rows of ``scene.crossings`` are not for this age alone."""
    frame = scene.crossings
    order = list(levels("crossing", "facility"))
    built = getattr(facilities(frame), bound)
    shut: Flags = (built == order.index("forbidden")) | frame["forbidden"].to_numpy(dtype=bool)
    limit = profile.crossing
    if limit is None:
        return shut
    helped = np.isin(built, [order.index(name) for name in CONTROLLED])
    for name in ("guard", "hybrid"):
        helped |= getattr(treated(frame, name)[0], bound)
    speed = getattr(numbers(frame, "speed_kmh", unknown="unknown_speed"), bound)
    lanes = getattr(numbers(frame, "lanes", unknown="unknown_lanes"), bound)
    group = np.unique(frame["group"].to_numpy(), return_inverse=True)[1]
    together = np.bincount(group, weights=lanes)[group] if len(group) else lanes
    hard: Flags = (speed > limit.speed_over_kmh) | (together >= limit.lanes_from)
    return shut | (~helped & hard)


def _along_shut(places: WalkedEdges, profile: Profile, bound: Bound) -> Flags:
    """Say where this age may not walk in the carriageway alone."""
    limit = profile.carriageway
    if limit is None:
        return np.zeros(len(places.edges), dtype=bool)
    without = np.isin(places.sidewalk, (SIDEWALK.index("no"), SIDEWALK.index("shared")))
    if bound == "low":
        without &= observed(places.source)
    if bound == "high":
        without |= ~observed(places.source)
    speed = getattr(numbers(places.streets, "speed_kmh", unknown="unknown_speed"), bound)
    traffic = getattr(numbers(places.streets, "traffic_day", unknown="unknown_traffic"), bound)
    busy = traffic > limit.hour_over * constant("days_hours")
    hard: Flags = (speed > limit.speed_over_kmh) | busy
    return without & ~places.away & hard
