"""Does each school gate meet the clauses, which does it not, and what is not known?

The checks lie in ``data/rules/gate_audit.toml``, their tests in `analyses.gates.checks`, the
sentences in ``data/words/audit.toml``.  Answers have three values: what is not known, or only
assumed, never passes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from analyses.gates.checks import TESTS
from analyses.gates.checks.answer import Answer, evidence
from analyses.gates.checks.ground import Ground, gate_ids
from analyses.gates.checks.site import Site
from analyses.gates.checks.survey import surveyed
from analyses.gates.rules import audit_rules, number, rules_with
from analyses.schema import spread
from geo.crs import check_metric
from geo.findings import Finding, InputRefused
from geo.walk import snap
from geo.words import in_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from analyses.gates.rules import GateRule
    from analyses.streets import Scene

__all__ = ["audit_rules", "audit_summary", "gate_audit", "gate_ids", "zones"]

COLUMNS = (
    "school_id", "gate_id", "check", "verdict", "value", "limit", "unit", "evidence_*", "layer",
    "x", "y", "children", "assumed", "title_*", "clause", "edition", "strength", "verified",
    "treatment",
)  # fmt: skip
VERDICTS = ("pass", "fail", "unknown", "n.a.")
_COUNTS = ("passed", "failed", "unknown", "not_applicable")


def gate_audit(
    scene: Scene,
    schools: gpd.GeoDataFrame,
    gates: gpd.GeoDataFrame,
    *,
    routes: Mapping[str, NDArray[np.int64]] | None = None,
    values: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Audit the gates of all schools check by check.

    Parameters
    ----------
    scene
        Streets, crossings and layers.
    schools
        ``facility_id, kind``; a point or the campus as an area, in the scene's CRS.
    gates
        From `analyses.facilities.doors`: ``facility_id, rule``; points in the same CRS.  Of the
        points along a boundary (``virtual``) the one nearest to a street stands for the unknown
        gate.
    routes
        School id -> edges of ``scene.sides.walk`` on its children's ways.  Checks of the ways of a
        school that is not there look at the zones of its gates and say so.
    values
        Check id -> limit, for checks whose distance the district sets.

    Returns
    -------
    pandas.DataFrame
        One row per gate and check, and one per school (``gate_id`` None) for checks of the whole
        school; a school without a gate has one row for every check.  ``school_id, gate_id, check,
        verdict`` (pass | fail | unknown | n.a.)``, value, limit, unit`` (NaN = nothing measured)``,
        evidence_…, layer`` (where the evidence lies)``, x, y`` (where to look)``,
        children`` (NaN: filled by who knows the routes)``, assumed`` (rests on an assumed
        gate)``, title_…, clause, edition, strength, verified, treatment``.

    Raises
    ------
    InputRefused
        ``CRS_NOT_METRIC``, ``CRS_DIFFERENT``, or ``CONFIG_UNKNOWN_KEY`` for a limit that is not
        the district's to set.

    Examples
    --------
    >>> import yimi
    >>> from analyses.routes import school_city
    >>> city = school_city(yimi.load(yimi.demo).city)
    >>> one = city.facilities.iloc[:1]
    >>> audit = gate_audit(city.scene, one, city.entrances)
    >>> set(audit["school_id"]) == set(one["facility_id"])
    True
    >>> set(audit["verdict"]) <= {"pass", "fail", "unknown", "n.a."}
    True
    """
    rules = rules_with(values)
    ground = _ground(scene, schools, gates, routes=routes)
    ids = ground.gates["gate_id"].tolist()
    told = {str(row["check"]): row for row in audit_rules().to_dict("records")}
    rows = [
        _row(site, rule, gate_id, told=told[rule.id])
        for school in range(len(schools))
        for site, rule, gate_id in _questions(ground, school, rules, ids=ids)
    ]
    return pd.DataFrame(rows, columns=list(spread(COLUMNS)))


def audit_summary(audit: pd.DataFrame) -> pd.DataFrame:
    """Count the verdicts of each school.

    Parameters
    ----------
    audit
        From `gate_audit`.

    Returns
    -------
    pandas.DataFrame
        ``school_id, passed, failed, unknown, not_applicable``, in the order of the audit.

    Examples
    --------
    >>> import pandas as pd
    >>> verdicts = ["pass", "unknown", "unknown"]
    >>> checks = ["G01", "G02", "G03"]
    >>> audit = pd.DataFrame({"school_id": "s", "check": checks, "verdict": verdicts})
    >>> audit_summary(audit)[["passed", "failed", "unknown"]].to_numpy().tolist()
    [[1, 0, 2]]
    """
    verdict = pd.Categorical(audit["verdict"], categories=list(VERDICTS))
    counts = pd.crosstab(audit["school_id"], verdict, dropna=False)
    counts = counts.reindex(index=audit["school_id"].unique(), columns=list(VERDICTS), fill_value=0)
    return counts.set_axis(list(_COUNTS), axis=1).rename_axis("school_id").reset_index()


def zones(scene: Scene, gates: gpd.GeoDataFrame, schools: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return what is audited around each gate, for drawing.

    Returns
    -------
    geopandas.GeoDataFrame
        Polygons ``school_id, gate_id, assumed``: the streets within 150 m along the streets, in
        the width of a street.  A gate without a street has no zone.

    Examples
    --------
    >>> import yimi
    >>> from analyses.routes import school_city
    >>> city = school_city(yimi.load(yimi.demo).city)
    >>> around = zones(city.scene, city.entrances, city.facilities)
    >>> set(around["school_id"]) <= set(city.facilities["facility_id"])
    True
    """
    ground = _ground(scene, schools, gates, routes=None)
    zone = ground.zone
    lines: Any = shapely.multilinestrings(zone.lines, indices=_numbered(zone.place))
    owner = np.unique(zone.place)
    columns = {
        "school_id": ground.gates["facility_id"].to_numpy()[owner],
        "gate_id": ground.gates["gate_id"].to_numpy(dtype=object)[owner],
        "assumed": ~ground.known_gate[owner],
    }
    shapes = shapely.buffer(lines, number("zone_drawing"))
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=gates.crs)


def _numbered(place: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return places renumbered from 0 without gaps."""
    return np.unique(place, return_inverse=True)[1].astype(np.int64)


def _ground(
    scene: Scene,
    schools: gpd.GeoDataFrame,
    gates: gpd.GeoDataFrame,
    *,
    routes: Mapping[str, NDArray[np.int64]] | None,
) -> Ground:
    """Check the frames and take those gates that belong to a school."""
    check_metric(scene.network.crs, file="scene")
    for name, frame in (("schools", schools), ("gates", gates)):
        if frame.crs != scene.network.crs:
            detail = {"zones": str(scene.network.crs), "other": str(frame.crs)}
            raise InputRefused(Finding("CRS_DIFFERENT", name, detail=detail))
    named = gates.assign(gate_id=gate_ids(gates))
    own = named[gates["facility_id"].isin(schools["facility_id"])].reset_index(drop=True)
    return Ground(scene, schools, _without_copies(own, scene), routes)


def _without_copies(gates: gpd.GeoDataFrame, scene: Scene) -> gpd.GeoDataFrame:
    """Keep of a school's points along its boundary only the one nearest to a street.

    They stand for one gate that nobody knows; the others would be the same hazard again.
    """
    xy = shapely.get_coordinates(gates.geometry.to_numpy())
    virtual = gates["rule"].eq("virtual").to_numpy(dtype=bool)
    gap_m = np.where(virtual, snap(scene.network, xy, max_m=number("snap")).access_m, 0.0)
    order = np.argsort(gap_m, kind="stable")
    again = gates["facility_id"].iloc[order].duplicated().to_numpy(dtype=bool)
    drop = np.zeros(len(gates), dtype=bool)
    drop[order] = again
    return gates[~(drop & virtual)].reset_index(drop=True)


def _questions(
    ground: Ground, school: int, rules: tuple[GateRule, ...], *, ids: list[str]
) -> Iterator[tuple[Site, GateRule, str | None]]:
    """Yield what is asked of a school: first of each gate, then of the whole."""
    gates = ground.gates_of(school)
    whole = Site(ground, school, gates)
    for gate in gates:
        site = Site(ground, school, (gate,))
        yield from ((site, rule, ids[gate]) for rule in rules if rule.scope == "gate")
    wanted = rules if not gates else [rule for rule in rules if rule.scope == "school"]
    yield from ((whole, rule, None) for rule in wanted)


def _row(
    site: Site, rule: GateRule, gate_id: str | None, *, told: Mapping[Any, Any]
) -> dict[str, Any]:
    """Return one row of the audit."""
    answer = _answer(site, rule, gate_id)
    x, y = answer.xy or site.xy
    joined = ("clause", "edition", "strength", "verified", "treatment")
    return {
        "school_id": site.school_id,
        "gate_id": gate_id,
        "check": rule.id,
        "verdict": answer.verdict,
        "value": answer.value,
        "limit": rule.limit if np.isnan(answer.limit) else answer.limit,
        "unit": rule.unit,
        **in_columns("evidence", lambda lang: evidence(answer, rule, lang=lang)),
        "layer": answer.layer or rule.layers[0],
        "x": x,
        "y": y,
        "children": np.nan,
        "assumed": "assumed_gate" in answer.remarks,
        **rule.title.columns("title"),
        **{name: told[name] for name in joined},
    }


def _answer(site: Site, rule: GateRule, gate_id: str | None) -> Answer:
    """Answer one check; say what the answer rests on."""
    if not rule.applies_to(site.kind):
        return Answer("n.a.", "other_kind")
    found = surveyed(site, rule, gate_id)
    if found is None:
        found = _unanswerable(site, rule) or TESTS[rule.test](site, rule)
        if _rests_on_assumption(site, rule):
            found = _with_assumed_gate(found)
    remarks = list(found.remarks)
    if found.verdict == "fail" and rule.advice:
        remarks.append("advice")
    if found.verdict in {"pass", "fail"} and rule.parameter:
        remarks.append("district_value")
    return replace(found, remarks=tuple(remarks))


def _unanswerable(site: Site, rule: GateRule) -> Answer | None:
    """Answer where there is no gate or no street to measure from."""
    if rule.measured_from not in {"gate", "ways"} or (rule.measured_from == "ways" and site.walked):
        if site.gates or rule.scope == "school":
            return None
        return Answer("unknown", "no_gate", layer="gates")
    if not site.gates:
        return Answer("unknown", "no_gate", layer="gates")
    return None if site.snapped else Answer("unknown", "no_street", layer="streets")


def _rests_on_assumption(site: Site, rule: GateRule) -> bool:
    """Return whether an answer depends on where an assumed gate lies."""
    from_gate = rule.measured_from == "gate" or (rule.measured_from == "ways" and not site.walked)
    return from_gate and bool(site.gates) and not site.gates_known


def _with_assumed_gate(answer: Answer) -> Answer:
    """Say that the gate is assumed; what would pass is not known then, what fails is to be seen."""
    remarks = (*answer.remarks, "assumed_gate")
    if answer.verdict != "pass":
        return replace(answer, remarks=remarks)
    why = answer.why or answer.verdict
    return replace(answer, verdict="unknown", why=why, remarks=remarks)
