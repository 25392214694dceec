"""How do the children walk to school, what threatens them on the way, and what should be done?

The order of the answers: what is known of the streets, the risk of each edge, the ways of all
children, the audit of each gate, the ledger of hazards, and what to look at first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyses.gates import audit_summary, gate_audit, zones
from analyses.hazards import ledger, merge, survey, totals, walked_edges
from analyses.result import Result, Shown
from analyses.risk import along_table, crossing_table, edge_risk, forbidden
from analyses.routes import place, safe_coverage, safe_routes, walking_alone
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
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from analyses.routes import Catchments, Placed, Routes, Setting
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


def routes_of(scene: Scene, setting: Setting, *, sent: Catchments | None = None) -> Routes:
    """Find the ways of all ages in a scene; `sent` keeps every child at the school it has."""
    ages = profiles()
    return safe_routes(
        scene,
        setting.schools,
        setting.gates,
        setting.demand,
        profiles=ages,
        risks={age.id: edge_risk(scene, age) for age in ages},
        forbidden={age.id: forbidden(scene, age) for age in ages},
        forbidden_bounds={
            age.id: (forbidden(scene, age, bound="low"), forbidden(scene, age, bound="high"))
            for age in ages
        },
        snap_max_m=setting.snap_max_m,
        detour_cap=setting.detour_cap,
        catchments=setting.catchments,
        sent=sent,
    )


def evaluate_of(known: Scene, setting: Setting, routes: Routes) -> Evaluate:
    """Return how children walk in another scene: each to the school that it has in `routes`.

    Where the streets are those of `known` and only what is known of them differs, nothing but
    ``alone`` is worked out anew; everything else is as it was.
    """
    placed = _placed(known, setting)

    def evaluate(scene: Scene, *, schools: Sequence[str] | None = None) -> pd.DataFrame:
        rows = routes.sent.rows
        asked = np.ones(len(rows), bool) if schools is None else rows["school_id"].isin(schools)
        rows = rows[np.asarray(asked)]
        if scene.sides is not known.sides:
            sent = replace(routes.sent, rows=rows.reset_index(drop=True))
            return routes_of(scene, setting, sent=sent).pupils
        alone = walking_alone(scene, placed, rows, detour_cap=routes.detour_cap)
        return routes.pupils.loc[rows.index].assign(alone=alone)

    return evaluate


def _placed(scene: Scene, setting: Setting) -> Placed:
    """Put gates and homes on the streets."""
    return place(
        scene.sides, setting.schools, setting.gates, setting.demand, snap_max_m=setting.snap_max_m
    )


def safety(scene: Scene, setting: Setting, *, rules: Sequence[Rule] = ()) -> Safety:
    """Answer all questions about the ways to school.

    Parameters
    ----------
    scene
        From `analyses.streets.scene.street_scene`.
    setting
        Schools, gates, children.
    rules
        Rules of coverage in metres; those for schools are also tested by ways that children may
        walk alone.

    Returns
    -------
    Safety
        Tables ``schools, school_routes, crossings, stretches, audit, ledger_totals, survey,
        attributes, safe_coverage`` (columns in ``data/schema/tables.toml``).
    """
    routes = routes_of(scene, setting)
    youngest = _reference_age()
    crossings = crossing_table(scene, youngest)
    stretches = along_table(scene, youngest)
    walked = walked_edges(routes.use, choice="shortest")
    ways = {str(k): v.to_numpy() for k, v in walked.groupby("school_id", observed=True)["edge"]}
    audit = gate_audit(scene, setting.schools, setting.gates, routes=ways)
    hazards = ledger(
        setting.schools,
        scene,
        audit=audit,
        crossings=crossings,
        streets=stretches,
        use=routes.use,
        pupils=routes.pupils,
        study_date=setting.study_date,
    )
    found = routes.findings
    if setting.previous is not None:
        merged = merge(hazards, setting.previous)
        hazards, found = merged.ledger, (*found, *merged.findings)
    summary = tables_of.school_table(
        setting.schools, setting.gates, routes.pupils, audit=audit_summary(audit), hazards=hazards
    )
    tables = {
        "schools": summary.drop(columns="geometry"),
        "school_routes": tables_of.school_routes(routes.pupils),
        "crossing_value": _crossing_value(scene, setting, routes, age=youngest),
        "crossings": tables_of.crossing_rows(scene, crossings, walked),
        "stretches": tables_of.stretch_rows(scene, stretches, walked),
        "audit": audit.rename(columns={"title_zh": "zh", "title_en": "en"}),
        "ledger_totals": totals(hazards),
        "survey": survey(
            scene, risk=partial(edge_risk, profile=youngest), walked=walked, audit=audit
        ),
        "attributes": coverage_of_attributes(scene),
        "safe_coverage": _safe_coverage(scene, setting, rules),
    }
    if setting.best is not None:
        tables["best_crossings"] = _best_crossings(
            scene, setting, routes, value=tables["crossing_value"]
        )
    frames: dict[str, pd.DataFrame] = {
        "school": summary,
        "route": tables_of.route_lines(scene, routes),
        "crossing": tables["crossings"],
        "exposure": tables["stretches"],
        "hazard": hazards,
        "audit": tables["audit"],
        "zone": zones(scene, setting.gates, setting.schools),
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
    scene: Scene, setting: Setting, routes: Routes, *, age: Profile
) -> pd.DataFrame:
    """Return the crossings that would let most children walk alone if they were made adequate.

    Only the most used of those that the age may not use alone are tried.
    """
    most = int(load_toml("rules/treatments.toml")["what_if"]["crossings_tried"]["value"])
    shut = forbidden(scene, age)
    used = routes.edge_children_shortest[age.id] * (shut & (scene.sides.crossing >= 0))
    edges = np.argsort(-used, kind="stable")[:most]
    rows = scene.sides.crossing[edges[used[edges] > 0]]
    return value_of_crossings(
        scene,
        setting.schools,
        candidates=list(dict.fromkeys(scene.crossings["crossing_id"].iloc[rows])),
        pupils=routes.pupils,
        evaluate=evaluate_of(scene, setting, routes),
        reach_m=max(one.walk_max_m for one in profiles()),
    )


def _best_crossings(
    scene: Scene, setting: Setting, routes: Routes, *, value: pd.DataFrame
) -> pd.DataFrame:
    """Return the crossings that do most together, with the bound that no other choice can beat."""
    rules = load_toml("rules/treatments.toml")["what_if"]
    tried = value[value["children"] > 0].head(int(rules["best_of"]["value"]))
    rows = [np.flatnonzero(scene.crossings["crossing_id"] == id_) for id_ in tried["crossing_id"]]
    evaluate, mend = evaluate_of(scene, setting, routes), treatments()[adequate()]
    now = alone(routes.pupils)

    def gain(chosen: tuple[int, ...]) -> float:
        places = np.concatenate([rows[n] for n in chosen]) if chosen else np.zeros(0, dtype=int)
        return alone(evaluate(treated(scene, mend, crossings=places))) - now

    best = best_treatments([mend.cost] * len(tried), gain, count=setting.best)
    chosen = tried.iloc[list(best.chosen)].drop(columns="rank")
    return chosen.assign(gained=best.gain, bound=best.bound, proved=best.proved)


def _safe_coverage(scene: Scene, setting: Setting, rules: Sequence[Rule]) -> pd.DataFrame:
    """Return for each rule of schools the children within reach, and by safe ways."""
    placed = _placed(scene, setting)
    on_their_own = [age for age in profiles() if not age.accompanied]
    shut: Mapping[str, np.ndarray] = {age.id: forbidden(scene, age) for age in on_their_own}
    parts = []
    for rule in rules:
        ages = [age for age in on_their_own if set(age.kinds) & set(rule.kinds)]
        if rule.metres is None or not ages:
            continue
        rows = np.flatnonzero(setting.schools["kind"].isin({k for a in ages for k in a.kinds}))
        table = safe_coverage(
            placed,
            setting.demand,
            rows=rows,
            profiles=ages,
            forbidden=shut,
            radius_m=rule.metres,
        )
        parts.append(tables_of.coverage_by_town(table, setting.demand, rule=rule))
    if not parts:
        return pd.DataFrame(columns=tables_of.SAFE_COVERAGE)
    return pd.concat(parts, ignore_index=True)
