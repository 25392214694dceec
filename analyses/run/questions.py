"""How is one question put to a `City`, as a notebook does and a run does for all at once?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyses.coverage import coverage as coverage_of
from analyses.facilities import kinds_serving, required_kind
from analyses.places import SitingOptions, safe_pairs_of, stages_of
from analyses.places import places as places_of
from analyses.result import Result, Shown
from analyses.risk import dangers
from analyses.routes import school_city
from analyses.rules import Rule, by_kind, default_rules, named_rule, one_test_each, own_rule
from analyses.rules import standards as standard_rules
from analyses.run.ways_to_school import Safety, SafetyOptions, compared, safety
from analyses.schema import spread
from analyses.sites import Means
from analyses.treatments import Edit, edited_gates, edited_scene
from analyses.zones import school_zones, zone_ways, zoned_kinds
from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import geopandas as gpd

    from analyses.city import City
    from analyses.risk import Danger

    Rules = str | Iterable[str | Rule]

_AUDIT = ("audit",)
_HAZARDS = ("ledger_totals", "survey", "crossings", "stretches")
_WAYS = "_ways_to_school"


@dataclass(frozen=True, eq=False, repr=False)
class RoutesResult(Result):
    """The ways to school of a city, and all that is told of the same ways by other questions."""

    city: City = field(kw_only=True)
    answers: Safety = field(kw_only=True)


def standards(kind: str | None = None) -> pd.DataFrame:
    """Return the bundled rules as a table, one row a rule.

    Parameters
    ----------
    kind
        Only those about a kind of facility: an id or a word (``幼儿园``, ``kindergarten``).

    Returns
    -------
    DataFrame
        Index ``rule_id``; ``title_…, kinds, metres, minutes, strength, standard, clause, edition,
        state`` (who has read it) and ``default``.

    Examples
    --------
    >>> standards("kindergarten").loc["KG", ["metres", "strength"]].to_list() == [300, "should_not"]
    True
    """
    wanted = None if kind is None else required_kind(kind)
    rules = [r for r in standard_rules().values() if wanted is None or wanted in r.kinds]
    columns = ("kinds", "metres", "minutes", "strength", "standard", "clause",
               "edition", "state", "default")  # fmt: skip
    rows = [
        {"rule_id": r.id, **r.title.columns("title"), **{c: getattr(r, c) for c in columns}}
        for r in rules
    ]
    return pd.DataFrame(rows, columns=["rule_id", *spread(("title_*",)), *columns]).set_index(
        "rule_id"
    )


def rule(kind: str, *, metres: float | None = None, minutes: float | None = None) -> Rule:
    """Return a rule of your own: every child of the kind's ages, wherever it lives.

    Examples
    --------
    >>> rule("公园", metres=500).metres
    500
    """
    return own_rule(required_kind(kind), metres=metres, minutes=minutes)


def coverage(
    city: City, rules: Rules = "default", *, walking_speed_m_s: float | None = None
) -> Result:
    """Share of children within reach of each kind of facility: straight, by street, door to door.

    Parameters
    ----------
    city
        Streets, facilities, children and communities.
    rules
        Ids of `standards`, own rules (`rule`), or ``"default"``: the default rules of those kinds
        that the city has.
    walking_speed_m_s
        One speed for all ages, for rules in minutes.

    Returns
    -------
    Result
        ``tables["total"]``: ``rule_id, children, covered_straight | network | walk, share_...``;
        ``by_town``, ``by_area``, ``gaps`` (most children first), ``points`` (one row a home).

    Raises
    ------
    InputRefused
        ``RULE_UNKNOWN`` with the nearest id, ``RULES_NONE``.

    Examples
    --------
    >>> import yimi
    >>> result = yimi.coverage(yimi.load(yimi.demo).city, ["KG", yimi.rule("公园", metres=500)])
    >>> result.tables["total"]["rule_id"].tolist()
    ['KG', 'OWN-park']
    """
    return coverage_of(city, rules_for(city, rules), walking_speed_m_s=walking_speed_m_s)


def routes(city: City) -> RoutesResult:
    """How the children walk to school: shortest and recommended ways, risk with an interval.

    Returns
    -------
    RoutesResult
        ``tables["school_routes"]``, ``schools``, ``crossing_value``, ``attributes``; layers
        ``school``, ``route``, ``exposure``, ``crossing``.

    Examples
    --------
    >>> import yimi
    >>> ways = yimi.routes(yimi.load(yimi.demo).city).tables["school_routes"]
    >>> bool((ways["safest_risk"] <= ways["shortest_risk"] + 1e-9).all())
    True
    """
    answers = _ways(city)
    left_out = {*_AUDIT, *_HAZARDS}
    tables = {n: t for n, t in answers.result.tables.items() if n not in left_out}
    part = _part(
        answers.result, "routes", tables, roles=("school", "route", "crossing", "exposure")
    )
    return RoutesResult(**vars(part), city=city, answers=answers)


def audit(city: City) -> Result:
    """Check every school gate: ``tables["audit"]``, pass, fail, unknown or not applicable.

    Examples
    --------
    >>> import yimi
    >>> audit = yimi.audit(yimi.load(yimi.demo).city).tables["audit"]
    >>> sorted(audit["verdict"].unique())
    ['fail', 'n.a.', 'pass', 'unknown']
    """
    whole = _ways(city).result
    tables = {name: whole.tables[name] for name in _AUDIT}
    return _part(whole, "audit", tables, roles=("audit", "zone"))


def hazards(city: City, routes: RoutesResult | None = None) -> Result:
    """List what threatens children on their ways, what is known of it and what would mend it.

    Parameters
    ----------
    routes
        From `routes`, of the same city; else they are worked out.

    Returns
    -------
    Result
        ``tables["hazards"]`` (the ledger), ``survey`` (what to look at first), ``ledger_totals``,
        ``crossings``, ``stretches``; layer ``hazard``.

    Raises
    ------
    InputRefused
        ``ROUTES_OTHER_CITY``: `routes` are those of another city.

    Examples
    --------
    >>> import yimi
    >>> city = yimi.load(yimi.demo).city
    >>> hazards = yimi.hazards(city, yimi.routes(city)).tables["hazards"]
    >>> set(hazards["grade"].dropna()) <= {"A", "B", "C"}
    True
    """
    if routes is not None and routes.city is not city:
        raise InputRefused(Finding("ROUTES_OTHER_CITY", "routes"))
    answer = _ways(city) if routes is None else routes.answers
    tables = {name: answer.result.tables[name] for name in _HAZARDS}
    ledger = pd.DataFrame(answer.hazards.drop(columns="geometry"))
    return _part(answer.result, "hazards", {"hazards": ledger, **tables}, roles=("hazard",))


def places(city: City, rules: Rules = "default") -> Result:
    """Say who has no school place and why: too far, too few, or no safe way.

    Returns
    -------
    Result
        ``tables["place_gap"]`` (the row without an area is the total) and those of access.

    Examples
    --------
    >>> import yimi
    >>> gap = yimi.places(yimi.load(yimi.demo).city).tables["place_gap"]
    >>> total = gap[gap["area_id"].isna()]
    >>> causes = total[["distance", "safety", "capacity_low", "placed"]].sum(axis=1)
    >>> bool((abs(causes - total["children"]) < 1e-6).all())
    True
    """
    return places_of(city, rules_for(city, rules), safe=safe_pairs_of(*_walked(city)))


def sites(
    city: City,
    candidates: gpd.GeoDataFrame,
    *,
    new_sites: int | None = None,
    budget: float | None = None,
    rules: Rules = "default",
) -> Result:
    """Say where new places would help most.

    Parameters
    ----------
    candidates
        Parcels in the city's CRS: ``candidate_id, name`` and, if known, ``area_m2, cost,
        capacity, kind``.
    new_sites, budget
        How many may be built, or for how much.

    Returns
    -------
    Result
        ``tables["sites"]``: the chosen ones by rank, with the optimality gap; ``sites_front``:
        what fairness, cost and distance give up for each other.

    Examples
    --------
    >>> import yimi
    >>> study = yimi.load(yimi.demo)
    >>> answer = yimi.sites(study.city, study.inputs.safety.candidates, new_sites=2)
    >>> int(answer.tables["sites"]["rank"].max())
    2
    """
    means = None if new_sites is None and budget is None else Means(new_sites, budget)
    asked = SitingOptions(candidates=candidates, hazards={}, means=means, phases=[])
    known = _walked(city)
    return places_of(city, rules_for(city, rules), safe=safe_pairs_of(*known), sites=asked)


def zones(
    city: City, catchments: gpd.GeoDataFrame | None = None, *, rules: Rules = "default"
) -> Result:
    """Plan school zones that hold together, within places, changing as little as can be.

    Returns
    -------
    Result
        ``tables["school_zones"]``: a row a community and stage, with its school now and then.

    Examples
    --------
    >>> import yimi
    >>> zones = yimi.zones(yimi.load(yimi.demo).city).tables["school_zones"]
    >>> set(zones["change"]) <= {"stays", "moves"}
    True
    """
    zoned = city.facilities["kind"].isin(zoned_kinds()).to_numpy()
    ways = zone_ways(city, np.flatnonzero(zoned), sides=True)
    plan = school_zones(city, stages_of(rules_for(city, rules)), ways, official=catchments)
    shown = () if plan.shown is None else (Shown("school_zone", plan.shown),)
    return Result("zones", plan.tables, findings=plan.findings, shown=shown)


def what_if(city: City, edits: Sequence[Edit]) -> Result:
    """Try measures out: what they would change for each school and hazard.

    Parameters
    ----------
    edits
        E.g. ``yimi.Edit(kind="treatment", crossing_id="n1:w2:1", treatment="signal")``.

    Returns
    -------
    Result
        ``tables["whatif_schools"]`` and ``whatif_hazards``, before and after.

    Examples
    --------
    >>> import yimi
    >>> city = yimi.load(yimi.demo).city
    >>> worst = yimi.routes(city).tables["crossing_value"]["crossing_id"].iloc[0]
    >>> signal = yimi.Edit(kind="treatment", crossing_id=worst, treatment="signal")
    >>> schools = yimi.what_if(city, [signal]).tables["whatif_schools"]
    >>> bool(schools["alone_after"].sum() > schools["alone_before"].sum())
    True
    """
    schools, before = school_city(city), _ways(city)
    scene = edited_scene(schools.scene, edits, build=schools.scene_of)
    gates = edited_gates(schools.entrances, edits)
    tried = schools.changed(scene=scene, entrances=gates)
    after = safety(tried, dangers(scene), SafetyOptions())
    return Result("what_if", compared(before, after), findings=after.result.findings)


def rules_for(city: City, rules: Rules) -> tuple[Rule, ...]:
    """Return the rules that are meant, one test each, in the order of the kinds."""
    if rules == "default":
        there = set(city.facilities["kind"])
        serve = {
            r.id: {k for kind in r.kinds for k in kinds_serving(kind)} for r in default_rules()
        }
        return one_test_each(r for r in by_kind(default_rules()) if serve[r.id] & there)
    given = [rules] if isinstance(rules, str) else rules
    known = standard_rules()
    return one_test_each(r if isinstance(r, Rule) else named_rule(r, known) for r in given)


def _ways(city: City) -> Safety:
    """Answer the ways to school of a city once, however many questions are asked about them."""
    # Kept by the city, as its cached properties are: the answers hold the city, so any table beside
    # it, weak keys or not, would keep both for ever.
    kept: dict[str, Safety] = vars(city)
    if _WAYS not in kept:
        schools, known = _walked(city)
        kept[_WAYS] = safety(schools, known, SafetyOptions(), rules=rules_for(city, "default"))
    return kept[_WAYS]


def _walked(city: City) -> tuple[City, tuple[Danger, ...]]:
    """Return the schools that are walked to, and what the streets are to each age."""
    schools = school_city(city)
    return schools, dangers(schools.scene)


def _part(
    whole: Result, name: str, tables: Mapping[str, pd.DataFrame], *, roles: Sequence[str]
) -> Result:
    shown = tuple(item for item in whole.shown if item.role in roles)
    return replace(whole, name=name, tables=dict(tables), shown=shown, indicators=())
