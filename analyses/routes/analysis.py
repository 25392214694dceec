"""Which way should each child walk to school, who walks where, and who cannot walk alone?

Every home of every catchment gets the whole front between the shortest way and the safest one
within the detour cap (exact, see `geo.walk.bicriteria`).  Children are then counted on the streets
and crossings that their ways use.  Lengths run from the door to the gate, both access legs counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from analyses.routes.catchments import NOT_SNAPPED
from analyses.routes.catchments import catchments as catchments_of
from analyses.routes.measured import CHOICES, new_along, sums
from analyses.routes.search import Walkers, Work, search_all
from analyses.routes.severance import barriers
from geo.bundled import load_toml
from geo.findings import Finding, InputRefused
from geo.walk import closed, risk_units

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from analyses.city import City
    from analyses.risk import Danger
    from analyses.routes.catchments import Catchments
    from analyses.routes.options import RouteOptions
    from analyses.routes.search import SchoolRoutes
    from analyses.streets import Scene
    from geo.arrays import Floats


_Number = TypeVar("_Number", np.int64, np.float64)
_SUMS = ("safest_low", "safest_high", "known_share")
_FLAGS = (
    "alone", "alone_sure", "alone_possible", "severed", "severed_sure", "severed_possible",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Routes:
    """Ways to school.

    Attributes
    ----------
    pupils
        One row per school, profile and demand point (RangeIndex): ``school_id`` (None = none),
        ``profile``, ``point`` (row of the demand), ``children``, ``basis`` (official | nearest),
        ``gate`` (row of the gates at the recommended way's end, -1 = none), ``shortest_m`` and
        ``safest_m`` (inf = no way), ``shortest_risk, safest_risk, safest_low, safest_high``
        (points), ``known_share`` (of the recommended way's length, 0-1), ``detour`` (safest /
        shortest), ``crossings`` (of the recommended way; the stages of one crossing count once),
        ``alone`` (there is a way within the cap without a forbidden edge), ``severed`` and
        ``barrier`` (see `analyses.routes.severance.severed`); both also ``_sure`` (whatever the
        unknown turns out to be) and ``_possible``; ``avoided`` (row of the riskiest crossing of the
        shortest way that the recommended one does not use, -1), ``avoided_count``, ``reason``
        (None, or why there is no way, see `analyses.routes.catchments`).
    front
        All ways that no other way dominates: ``school_id, profile, point, length_m, risk``.
    use
        ``school_id, profile, choice`` (shortest | safest)``, edge`` (of the walking network)``,
        children``.
    edge_children, edge_children_shortest
        Profile -> children on each edge of the walking network, on recommended and shortest ways.
    detour_cap
        The cap that was used.
    findings
        What was left out or is not known.
    sent
        Which child goes where.

    Examples
    --------
    >>> import yimi
    >>> from analyses.risk import dangers
    >>> from analyses.routes.options import RouteOptions, school_city
    >>> city = school_city(yimi.load(yimi.demo).city)
    >>> pupils = safe_routes(city, dangers(city.scene), RouteOptions()).pupils
    >>> on_way = pupils[pupils["detour"].notna()]
    >>> bool((on_way["safest_m"] >= on_way["shortest_m"] - 0.001).all())
    True
    """

    pupils: pd.DataFrame
    front: pd.DataFrame
    use: pd.DataFrame
    edge_children: Mapping[str, Floats]
    edge_children_shortest: Mapping[str, Floats]
    detour_cap: float
    findings: tuple[Finding, ...]
    sent: Catchments


def safe_routes(
    city: City,
    dangers: Sequence[Danger],
    options: RouteOptions,
    *,
    sent: Catchments | None = None,
) -> Routes:
    """Find the ways of all children.

    Parameters
    ----------
    city
        Its facilities are the schools (`analyses.routes.school_city`), its ways those of both
        sides of its streets.
    dangers
        The ages to send, and what the streets are to them.
    options
        Detour cap and official catchments.
    sent
        Which child goes where, of an earlier call with the same frames (or some of its rows):
        nobody is sent anew.

    Raises
    ------
    InputRefused
        `CONFIG_RANGE` when the detour cap is below 1.

    Examples
    --------
    No recommended way is longer than the cap or has more risk than the shortest:

    >>> import numpy as np, yimi
    >>> from analyses.risk import dangers
    >>> from analyses.routes.options import RouteOptions, school_city
    >>> city = school_city(yimi.load(yimi.demo).city)
    >>> ways = safe_routes(city, dangers(city.scene), RouteOptions(detour_cap=1.2)).pupils
    >>> ways = ways[np.isfinite(ways["shortest_m"])]
    >>> bool((ways["detour"] <= 1.2 + 1e-6).all())
    True
    >>> bool((ways["safest_risk"] <= ways["shortest_risk"] + 1e-9).all())
    True
    """
    rules = load_toml("rules/routes.toml")
    cap = rules["detour_cap"]["value"] if options.detour_cap is None else options.detour_cap
    if cap < 1:
        detail = {"key": "detour_cap", "expected": ">= 1"}
        raise InputRefused(Finding("CONFIG_RANGE", "study.toml", value=f"{cap:g}", detail=detail))
    scene, snapped = city.scene, city.on_sides
    profiles = [danger.profile for danger in dangers]
    if sent is None:
        sent = catchments_of(city, snapped, profiles=profiles, official=options.catchments)
    work = Work(
        snapped=snapped,
        barriers=barriers(scene),
        walkers={danger.profile.id: _walkers(scene, danger) for danger in dangers},
        detour_cap=cap,
        labels_max=rules["labels_max"]["value"],
    )
    found = search_all(work, sent.rows)
    pupils = _pupils(sent.rows, found)
    use = _use(pupils, found)
    count = len(scene.sides.kind)
    ids = [p.id for p in profiles]
    return Routes(
        pupils=pupils,
        front=_front(pupils, found),
        use=use,
        edge_children=_on_edges(use, "safest", ids, count=count),
        edge_children_shortest=_on_edges(use, "shortest", ids, count=count),
        detour_cap=cap,
        findings=(
            *sent.findings,
            *_remarks(city, sent.rows, found),
            *work.barriers.findings,
        ),
        sent=sent,
    )


def _walkers(scene: Scene, danger: Danger) -> Walkers:
    """Return what the searches of a profile read: shut as assumed, and for sure and perhaps."""
    walk = scene.sides.walk
    return Walkers(
        risk=risk_units(danger.risk.value),
        alone=closed(walk, danger.forbidden),
        alone_sure=closed(walk, danger.forbidden_high),
        alone_possible=closed(walk, danger.forbidden_low),
        along=new_along(scene.sides, danger.risk),
    )


def _pupils(rows: pd.DataFrame, found: Sequence[SchoolRoutes]) -> pd.DataFrame:
    """Return the rows with what was found for those that have a way."""
    count = len(rows)
    columns: dict[str, Any] = {
        "gate": np.full(count, -1, dtype=np.int64),
        "shortest_m": np.full(count, np.inf),
        "safest_m": np.full(count, np.inf),
        **{name: np.full(count, np.nan) for name in ("shortest_risk", "safest_risk", *_SUMS)},
        "detour": np.full(count, np.nan),
        "crossings": np.zeros(count, dtype=np.int64),
        **{name: np.zeros(count, dtype=bool) for name in _FLAGS},
        "barrier": np.full(count, None, dtype=object),
        "avoided": np.full(count, -1, dtype=np.int64),
        "avoided_count": np.zeros(count, dtype=np.int64),
    }
    for one in found:
        for name, values in _columns(one).items():
            columns[name][one.rows] = values
    columns["barrier"] = pd.Series(columns["barrier"], dtype=object)  # None stays None
    given = ["school_id", "profile", "point", "children", "basis"]
    return rows[given].assign(**columns, reason=rows["reason"])


def _columns(one: SchoolRoutes) -> dict[str, NDArray[np.generic]]:
    """Return the columns of `Routes.pupils` for one school and profile."""
    first, last = one.front_start[:-1], one.front_start[1:] - 1
    shortest_m, safest_m = one.front_m[first], one.front_m[last]
    detour = np.divide(safest_m, shortest_m, out=np.ones(len(first)), where=shortest_m > 0)
    measured = one.measured
    return {
        "gate": one.gate,
        "shortest_m": shortest_m,
        "safest_m": safest_m,
        "shortest_risk": one.front_risk[first],
        "safest_risk": one.front_risk[last],
        "safest_low": measured.low,
        "safest_high": measured.high,
        "known_share": measured.known_share,
        "detour": detour,
        "crossings": measured.crossings,
        **{name: getattr(one, name) for name in _FLAGS},
        "barrier": one.barrier,
        "avoided": measured.avoided,
        "avoided_count": measured.avoided_count,
    }


def _front(pupils: pd.DataFrame, found: Sequence[SchoolRoutes]) -> pd.DataFrame:
    """Return the fronts of all pupils, one below the other."""
    rows = _joined([np.repeat(one.rows, np.diff(one.front_start)) for one in found], np.int64)
    names = pupils[["school_id", "profile"]].astype("category")
    front = names.assign(point=pupils["point"]).take(rows).reset_index(drop=True)
    length_m = _joined([one.front_m for one in found], np.float64)
    return front.assign(length_m=length_m, risk=_joined([o.front_risk for o in found], np.float64))


def _use(pupils: pd.DataFrame, found: Sequence[SchoolRoutes]) -> pd.DataFrame:
    """Return the children on the edges by school, profile and choice."""
    parts = [(one.rows[0], choice, one.measured.use[choice]) for one in found for choice in CHOICES]
    size = np.array([len(use.edge) for _, _, use in parts], dtype=np.int64)
    row = np.repeat(np.array([row for row, _, _ in parts], dtype=np.int64), size)
    names = pupils[["school_id", "profile"]].astype("category").take(row).reset_index(drop=True)
    number = np.array([CHOICES.index(choice) for _, choice, _ in parts], dtype=np.int64)
    return names.assign(
        choice=pd.Categorical(np.array(CHOICES, dtype=object)[np.repeat(number, size)], CHOICES),
        edge=_joined([use.edge for _, _, use in parts], np.int64),
        children=_joined([use.children for _, _, use in parts], np.float64),
    )


def _joined(arrays: Sequence[NDArray[_Number]], kind: type[_Number]) -> NDArray[_Number]:
    """Return arrays one after the other, also when there are none."""
    return np.concatenate([np.zeros(0, dtype=kind), *arrays])


def _on_edges(
    use: pd.DataFrame, choice: str, ids: Iterable[str], *, count: int
) -> dict[str, Floats]:
    """Return the children of each profile on each edge."""
    chosen = use[use["choice"] == choice]
    found = {}
    for name in ids:
        rows = chosen[chosen["profile"] == name]
        edge, children = rows["edge"].to_numpy(), rows["children"].to_numpy()
        found[name] = sums(edge, children, count=count)
    return found


def _remarks(city: City, rows: pd.DataFrame, found: Sequence[SchoolRoutes]) -> Iterable[Finding]:
    """Say what is not on the streets, and where a search was cut short."""
    snapped = city.on_sides
    off = rows[rows["reason"] == NOT_SNAPPED]
    gates = int(((snapped.entrances.edge < 0) & (snapped.facility >= 0)).sum())
    if len(off) or gates:
        detail = {
            "homes": off["point"].nunique(),
            "children": round(float(off["children"].sum())),
            "gates": gates,
            "max_m": f"{city.snap_max_m:g}",
        }
        yield Finding("ROUTES_NOT_SNAPPED", "demand", detail=detail)
    cut = {rows["school"].iloc[one.rows[0]] for one in found if one.truncated}
    if cut:
        yield Finding("ROUTES_TRUNCATED", "streets", detail={"count": len(cut)})
