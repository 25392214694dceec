"""How do the children walk to school, what threatens them on the way, and what should be done?

The order of the answers: what is known of the streets, the risk of each edge, the ways of all
children, the audit of each gate, the ledger of hazards, and what to look at first.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyses.gates import audit_summary, gate_audit, zones
from analyses.hazards import Evidence, ledger, merge, survey, totals, walked_edges
from analyses.result import Result, Shown
from analyses.risk import along_table, crossing_table, dangers, edge_risk
from analyses.routes import RouteOptions, safe_coverage, safe_routes, walking_alone
from analyses.rules import profiles
from analyses.run import ways_tables as tables_of
from analyses.streets import coverage_of_attributes
from analyses.treatments import (
    adequate,
    alone,
    best_treatments,
    compare_hazards,
    compare_schools,
    treated,
    treatments,
    value_of_crossings,
)
from geo.bundled import load_toml

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import geopandas as gpd

    from analyses.city import City
    from analyses.risk import Danger
    from analyses.routes import Routes
    from analyses.rules import Profile, Rule
    from analyses.streets import Scene
    from analyses.treatments import Evaluate


@dataclass(frozen=True, eq=False)
class Safety:
    """The answers for one scene; `after` compares two of them.

    Attributes
    ----------
    result
        Tables and what may be shown.
    routes
        The ways.
    hazards
        The ledger.
    """

    result: Result
    routes: Routes
    hazards: gpd.GeoDataFrame


@dataclass(frozen=True, eq=False, kw_only=True)
class SafetyOptions:
    """What may be set about the answers.

    Attributes
    ----------
    routes
        Detour cap and official catchments.
    study_date
        Of the data; None leaves due dates as horizons.
    previous
        The ledger as the offices edited it, or None.
    best
        Work out the best so many crossings to make adequate, together; None: do not.
    """

    routes: RouteOptions = field(default_factory=RouteOptions)
    study_date: dt.date | None = None
    previous: pd.DataFrame | None = None
    best: int | None = None


def evaluate_of(city: City, routes: Routes) -> Evaluate:
    """Return how children walk in another scene: each to the school that it has in `routes`.

    Where the streets are those of `city` and only what is known of them differs, nothing but
    ``alone`` is worked out anew; everything else is as it was.
    """

    def evaluate(scene: Scene, *, schools: Sequence[str] | None = None) -> pd.DataFrame:
        rows = routes.sent.rows
        asked = np.ones(len(rows), bool) if schools is None else rows["school_id"].isin(schools)
        rows = rows[np.asarray(asked)]
        tried = city.changed(scene=scene)
        if scene.sides is not city.scene.sides:
            sent = replace(routes.sent, rows=rows.reset_index(drop=True))
            options = RouteOptions(detour_cap=routes.detour_cap)
            return safe_routes(tried, dangers(scene), options, sent=sent).pupils
        alone = walking_alone(tried, rows, detour_cap=routes.detour_cap)
        return routes.pupils.loc[rows.index].assign(alone=alone)

    return evaluate


def safety(
    city: City, known: Sequence[Danger], options: SafetyOptions, *, rules: Sequence[Rule] = ()
) -> Safety:
    """Answer all questions about the ways to school.

    Parameters
    ----------
    city
        Its facilities are the schools, from `analyses.routes.school_city`.
    known
        What its streets are to each age, from `analyses.risk.dangers`.
    options
        What may be set.
    rules
        Rules of coverage in metres; those for schools are also tested by ways that children may
        walk alone.

    Returns
    -------
    Safety
        Tables ``schools, school_routes, crossings, stretches, audit, ledger_totals, survey,
        attributes, safe_coverage`` (columns in ``data/words/tables.toml``).
    """
    scene, schools, gates = city.scene, city.facilities, city.entrances
    routes = safe_routes(city, known, options.routes)
    youngest = _reference_age()
    crossings = crossing_table(scene, youngest)
    stretches = along_table(scene, youngest)
    walked = walked_edges(routes.use, choice="shortest")
    ways = {str(k): v.to_numpy() for k, v in walked.groupby("school_id", observed=True)["edge"]}
    audit = gate_audit(scene, schools, gates, routes=ways)
    evidence = Evidence(
        audit=audit,
        crossings=crossings,
        streets=stretches,
        use=routes.use,
        pupils=routes.pupils,
    )
    hazards = ledger(schools, scene, evidence, study_date=options.study_date)
    found = routes.findings
    if options.previous is not None:
        merged = merge(hazards, options.previous)
        hazards, found = merged.ledger, (*found, *merged.findings)
    summary = tables_of.school_table(
        schools, gates, routes.pupils, audit=audit_summary(audit), hazards=hazards
    )
    tables = {
        "schools": summary.drop(columns="geometry"),
        "school_routes": tables_of.school_routes(routes.pupils),
        "crossing_value": _crossing_value(city, known, routes, age=youngest),
        "crossings": tables_of.crossing_rows(scene, crossings, walked),
        "stretches": tables_of.stretch_rows(scene, stretches, walked),
        "audit": audit,
        "ledger_totals": totals(hazards),
        "survey": survey(
            scene, risk=partial(edge_risk, profile=youngest), walked=walked, audit=audit
        ),
        "attributes": coverage_of_attributes(scene),
        "safe_coverage": _safe_coverage(city, known, rules),
    }
    if options.best is not None:
        tables["best_crossings"] = _best_crossings(
            city, routes, value=tables["crossing_value"], count=options.best
        )
    frames: dict[str, pd.DataFrame] = {
        "school": summary,
        "route": tables_of.route_lines(scene, routes),
        "crossing": tables["crossings"],
        "exposure": tables["stretches"],
        "hazard": hazards,
        "audit": tables["audit"],
        "zone": zones(scene, gates, schools),
    }
    shown = tuple(Shown(role, rows) for role, rows in frames.items())
    indicators = tables_of.indicators_of(summary, routes.pupils)
    return Safety(
        Result("safety", tables, indicators, found, shown, tables_of.safety_notes()),
        routes=routes,
        hazards=hazards,
    )


def compared(before: Safety, after: Safety) -> dict[str, pd.DataFrame]:
    """Return what a trial changes: tables ``whatif_schools`` and ``whatif_hazards``."""
    return {
        "whatif_schools": compare_schools(before.routes.pupils, after.routes.pupils),
        "whatif_hazards": compare_hazards(before.hazards, after.hazards),
    }


def _reference_age() -> Profile:
    """Return the youngest children who walk on their own: the ledger is graded for them."""
    return next(age for age in profiles() if not age.accompanied)


def _crossing_value(
    city: City, known: Sequence[Danger], routes: Routes, *, age: Profile
) -> pd.DataFrame:
    """Return the crossings that would let most children walk alone if they were made adequate.

    Only the most used of those that the age may not use alone are tried.
    """
    most = int(load_toml("rules/treatments.toml")["what_if"]["crossings_tried"]["value"])
    scene = city.scene
    shut = next(one.forbidden for one in known if one.profile.id == age.id)
    used = routes.edge_children_shortest[age.id] * (shut & (scene.sides.crossing >= 0))
    edges = np.argsort(-used, kind="stable")[:most]
    rows = scene.sides.crossing[edges[used[edges] > 0]]
    return value_of_crossings(
        scene,
        city.facilities,
        candidates=list(dict.fromkeys(scene.crossings["crossing_id"].iloc[rows])),
        pupils=routes.pupils,
        evaluate=evaluate_of(city, routes),
        reach_m=max(one.walk_max_m for one in profiles()),
    )


def _best_crossings(city: City, routes: Routes, *, value: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return the crossings that do most together, with the bound that no other choice can beat."""
    scene = city.scene
    rules = load_toml("rules/treatments.toml")["what_if"]
    tried = value[value["children"] > 0].head(int(rules["best_of"]["value"]))
    rows = [np.flatnonzero(scene.crossings["crossing_id"] == id_) for id_ in tried["crossing_id"]]
    evaluate, mend = evaluate_of(city, routes), treatments()[adequate()]
    now = alone(routes.pupils)

    def gain(chosen: tuple[int, ...]) -> float:
        places = np.concatenate([rows[n] for n in chosen]) if chosen else np.zeros(0, dtype=int)
        return alone(evaluate(treated(scene, mend, crossings=places))) - now

    best = best_treatments([mend.cost] * len(tried), gain, count=count)
    chosen = tried.iloc[list(best.chosen)].drop(columns="rank")
    return chosen.assign(gained=best.gain, bound=best.bound, proved=best.proved)


def _safe_coverage(city: City, known: Sequence[Danger], rules: Sequence[Rule]) -> pd.DataFrame:
    """Return for each rule of schools the children within reach, and by safe ways."""
    on_their_own = [one for one in known if not one.profile.accompanied]
    parts = []
    for rule in rules:
        ages = [one for one in on_their_own if set(one.profile.kinds) & set(rule.kinds)]
        if rule.metres is None or not ages:
            continue
        kinds = {kind for one in ages for kind in one.profile.kinds}
        rows = np.flatnonzero(city.facilities["kind"].isin(kinds))
        table = safe_coverage(city, rows, ages, radius_m=rule.metres)
        parts.append(tables_of.coverage_by_town(table, city.demand, rule=rule))
    if not parts:
        return pd.DataFrame(columns=tables_of.SAFE_COVERAGE)
    return pd.concat(parts, ignore_index=True)
