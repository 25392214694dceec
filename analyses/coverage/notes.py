"""What must be said along with the numbers of coverage: indicators, findings and remarks?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from analyses.coverage.gaps import NAMES
from analyses.coverage.near import UNREACHABLE
from analyses.coverage.outcomes import MEASURES
from analyses.result import Indicator
from analyses.rules import age_groups, age_shares
from geo.arrays import MM_PER_M
from geo.bundled import load_toml
from geo.findings import Finding, enumerated
from geo.words import text, texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from analyses.city import City
    from analyses.coverage.outcomes import Outcome
    from geo.words import Text

_METHODS = (
    "storeys_nearby",
    "footprint",
    "by_dwellings",
    "equal_building",
    "street",
    "zone_point",
    "raster_homes",
    "raster",
)
_NAMED = 10


def indicators_of(
    outcomes: Sequence[Outcome], total: pd.DataFrame, contained: Mapping[str, pd.DataFrame]
) -> tuple[Indicator, ...]:
    """Return the shares of the whole study, those without a denominator left out."""
    found = []
    rows = total.set_index("rule_id").to_dict("index")
    for outcome in outcomes:
        rule = outcome.rule
        if rule.id in contained:
            found.append(_contained(outcome, contained[rule.id]))
        for what, begin in NAMES.items():
            whole = float(rows[rule.id][what])
            for measure in MEASURES if whole > 0 and rule.id not in contained else ():
                covered = float(rows[rule.id][f"{begin}covered_{measure}"])
                found.append(_share(outcome, measure, what, covered=covered, whole=whole))
    return tuple(found)


def coverage_findings(city: City, outcomes: Sequence[Outcome]) -> Iterator[Finding]:
    """Yield what a planner should check in the data."""
    yield from _facility_findings(city)
    children = _children(city.demand)
    walled = city.on_streets.demand.walled
    if walled.any():
        yield Finding("DEMAND_WALLED", "demand", detail=_amount(walled, children))
    off = (city.on_streets.demand.edge < 0) & ~walled
    if off.any():
        detail = _amount(off, children) | {"most": f"{city.snap_max_m:g}"}
        yield Finding("DEMAND_NOT_SNAPPED", "demand", detail=detail)
    unknown = _unknown_settlement(city.demand)
    if unknown.any() and any(o.rule.scope == "urban" for o in outcomes):
        yield Finding("SETTLEMENT_UNKNOWN", "demand", detail=_amount(unknown, children))
    for outcome in outcomes:
        yield from _rule_findings(outcome)
        yield from _undecided(city, outcome)


def coverage_notes(
    city: City, outcomes: Sequence[Outcome], contained: Mapping[str, pd.DataFrame]
) -> Iterator[Text]:
    """Yield the remarks that every output must carry."""
    rules = [outcome.rule for outcome in outcomes]
    yield _note("measures")
    yield _note("snapping", metres=f"{city.snap_max_m:g}")
    speeds = sorted({p.speed_m_s for o in outcomes for p in o.task.parts if o.rule.minutes})
    if speeds:
        yield _note("speeds", speeds=enumerated(f"{speed:g} m/s" for speed in speeds))
    if contained:
        yield _note("contained")
    unchecked = [rule.id for rule in rules if not rule.checked]
    if unchecked:
        yield _note("unchecked", rules=enumerated(unchecked))
    cut = [r.id for r in rules if any(0 < s < 1 for s in age_shares(r.ages).values())]
    if cut:
        yield _note("partial_ages", rules=enumerated(cut))
    yield from _demand_notes(city.demand)
    yield from _entrance_notes(city.entrances)
    units = {u for t in contained.values() for u in t.loc[t["special"].astype(bool), "name"]}
    if units:
        yield _note("special_units", count=len(units), names=_list(sorted(units)))


def special_findings(contained: Mapping[str, pd.DataFrame]) -> Iterator[Finding]:
    """Yield the special units that are no communities, once for each rule of containment."""
    for table in contained.values():
        names = table.loc[table["special"].astype(bool), "name"].astype(str).tolist()
        if names:
            detail = {"count": len(names), "names": _list(names)}
            yield Finding("SPECIAL_UNITS", "communities", detail=detail)


def _facility_findings(city: City) -> Iterator[Finding]:
    """Yield the facilities that the network does not reach, the first ones by name."""
    most = load_toml("rules/limits.toml")["findings"]["per_code"]
    entrances, of = city.on_streets.entrances_of(np.arange(len(city.facilities)))
    distance_m = np.full(len(city.facilities), np.inf)
    np.minimum.at(distance_m, of, entrances.access_m)
    joined = np.bincount(of[entrances.edge >= 0], minlength=len(distance_m)) > 0
    walled = np.bincount(of[entrances.walled], minlength=len(distance_m)) > 0
    for row in np.flatnonzero(~joined)[:most].tolist():
        has_entrance = bool((of == row).any())
        code = "FACILITY_NOT_SNAPPED" if has_entrance else "FACILITY_NO_ENTRANCE"
        code = "FACILITY_WALLED" if walled[row] else code
        detail = {"distance": f"{distance_m[row]:.0f}", "most": f"{city.snap_max_m:g}"}
        identity = str(city.facilities["facility_id"].iloc[row])
        yield Finding(
            code,
            "facilities",
            value=identity,
            detail=detail if code == "FACILITY_NOT_SNAPPED" else {},
        )


def _rule_findings(outcome: Outcome) -> Iterator[Finding]:
    """Yield what keeps one rule from being tested well."""
    rule: dict[str, object] = {"rule": outcome.rule.id}
    if not outcome.task.rows:
        yield Finding("KIND_NO_FACILITY", "facilities", detail=rule)
    if outcome.task.area_unknown:
        detail = rule | {"count": outcome.task.area_unknown}
        yield Finding("SITE_AREA_UNKNOWN", "facilities", detail=detail)
    cut_off = outcome.in_scope & (outcome.nearest.reason == UNREACHABLE)
    if cut_off.any():
        detail = rule | _amount(cut_off, outcome.children)
        yield Finding("DEMAND_UNREACHABLE", "demand", detail=detail)
    unknown = outcome.in_scope & np.isnan(outcome.children)
    if unknown.any():
        detail = rule | {"count": int(unknown.sum())}
        yield Finding("RULE_CHILDREN_UNKNOWN", "demand", detail=detail)
    elif not outcome.children[outcome.in_scope].sum() > 0:
        yield Finding("RULE_NOBODY", "demand", detail=rule)


def _undecided(city: City, outcome: Outcome) -> Iterator[Finding]:
    """Yield how many children may be covered by facilities that decide nothing."""
    rows = list(outcome.task.undecided)
    if not rows:
        return
    facilities = city.facilities.iloc[rows]
    limit_m = max((part.limit_mm for part in outcome.task.parts), default=0) / MM_PER_M
    about = shapely.buffer(facilities.geometry.to_numpy(), limit_m + facilities["doubt_m"])
    may_be = np.zeros(len(city.demand), dtype=bool)
    may_be[shapely.STRtree(city.demand.geometry.to_numpy()).query(about, "intersects")[1]] = True
    open_ = may_be & outcome.in_scope & ~outcome.reached["walk"]
    amount = _amount(open_, outcome.children)
    detail = {"rule": outcome.rule.id, "count": len(rows), "children": amount["children"]}
    yield Finding("FACILITY_UNDECIDED", "facilities", detail=detail)


def _demand_notes(demand: gpd.GeoDataFrame) -> Iterator[Text]:
    """Yield how children were placed, and what is not known of the demand points."""
    for method in _METHODS:
        of_method = demand[demand["method"] == method]
        if len(of_method):
            yield _note(method, points=len(of_method), zones=of_method["area_id"].nunique())
    unknown = _unknown_settlement(demand)
    if unknown.any():
        yield _note("settlement", **_amount(unknown, _children(demand)))
    missing = int(demand["dwellings"].isna().sum())
    if missing:
        yield _note("dwellings", points=missing)
    missing = int(demand["residential_m2"].isna().sum())
    if missing < len(demand):
        yield _note("residential", points=missing)


def _entrance_notes(entrances: gpd.GeoDataFrame) -> Iterator[Text]:
    """Yield how many facilities have entrances that nobody has given or mapped."""
    count = entrances.groupby("rule")["facility_id"].nunique()
    assumed = {rule: int(count.get(rule, 0)) for rule in ("virtual", "boundary", "point")}
    if any(assumed.values()):
        yield _note("entrances", **assumed)


def _contained(outcome: Outcome, table: pd.DataFrame) -> Indicator:
    """Return the share of communities that have a facility of their own."""
    counted = table[table["covered"].notna()]
    having = int(counted["covered"].astype(bool).sum())
    return Indicator(
        id=f"coverage.{outcome.rule.id}.communities",
        title=text("coverage/indicator/contained").format(
            rule=outcome.rule.title, what=text("coverage/what/communities")
        ),
        value=having / len(counted) if len(counted) else float("nan"),
        unit="1",
        numerator=having,
        denominator=len(counted),
        rule_id=outcome.rule.id,
    )


def _share(outcome: Outcome, measure: str, what: str, *, covered: float, whole: float) -> Indicator:
    """Return a share of children, dwellings or area."""
    return Indicator(
        id=f"coverage.{outcome.rule.id}.{measure}.{what}",
        title=text("coverage/indicator/name").format(
            rule=outcome.rule.title,
            what=texts("coverage/what")[what],
            measure=texts("coverage/measure")[measure],
        ),
        value=covered / whole,
        unit="1",
        numerator=covered,
        denominator=whole,
        rule_id=outcome.rule.id,
    )


def _note(key: str, **slots: object) -> Text:
    return texts("coverage/note")[key].format(**slots)


def _amount(chosen: NDArray[np.bool_], children: NDArray[np.float64]) -> dict[str, object]:
    """Return how many points and children are concerned."""
    count = int(chosen.sum())
    total = float(np.nansum(children[chosen]))
    return {"count": count, "points": count, "children": f"{total:,.0f}"}


def _children(demand: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return the children of all ages at each demand point, as far as known."""
    groups = [group for group in age_groups() if group in demand]
    children: NDArray[np.float64] = demand[groups].sum(axis=1).to_numpy(dtype=np.float64)
    return children


def _unknown_settlement(demand: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    unknown: NDArray[np.bool_] = demand["settlement"].eq("unknown").to_numpy(dtype=bool)
    return unknown


def _list(names: Sequence[str]) -> str:
    return enumerated(names[:_NAMED]) + ("…" if len(names) > _NAMED else "")
