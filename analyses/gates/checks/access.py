"""Is the gate known, is it in a safe place, and is its forecourt safe?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import shapely

from analyses.gates.checks.answer import Answer
from analyses.gates.rules import number
from geo.arrays import MM_PER_M

if TYPE_CHECKING:
    from analyses.gates.checks.answer import Verdict
    from analyses.gates.checks.site import Site
    from analyses.gates.rules import GateRule

_NATIONAL_OR_PROVINCIAL = re.compile(r"(^|;)\s*[GS]\s?\d", re.ASCII)


def gate_known(site: Site, rule: GateRule) -> Answer:
    """Tell a gate that was given or mapped, which is known, from that follows from an outline."""
    del rule
    origin = site.ground.gate_rules[site.gates[0]]
    return Answer("pass" if site.gates_known else "unknown", slots={"gate_rule": origin})


def gate_count(site: Site, rule: GateRule) -> Answer:
    """Ask for two gates or more; a map may lack one, a given list does not."""
    count = float(len(site.gates))
    if not site.gates or not site.gates_known:
        return Answer("unknown", "gates_assumed", value=count)
    if rule.meets(count):
        return Answer("pass", value=count)
    given = all(site.ground.gate_rules[gate] == "gate" for gate in site.gates)
    return Answer("fail" if given else "unknown", value=count)


def survey_only(site: Site, rule: GateRule) -> Answer:
    """Leave to a survey what no map shows."""
    del site, rule
    return Answer("unknown")


def far_from_junction(site: Site, rule: GateRule) -> Answer:
    """Ask that the nearest junction with a main road be far enough along the streets."""
    ground = site.ground
    node, metres = site.nodes(ground.zone.limit_m)
    junction = (ground.arms("road_classes")[node] > 2) & (ground.arms("main_classes")[node] > 0)  # noqa: PLR2004
    if not junction.any():
        return Answer("pass", "no_junction", slots={"zone": ground.zone.limit_m})
    nearest = int(np.argmax(junction))
    value = float(metres[nearest])
    x, y = ground.scene.network.node_xy[node[nearest]]
    why = "inside" if value <= number("inside_junction") else ""
    verdict: Verdict = "pass" if rule.meets(value) else "fail"
    return Answer(verdict, why, value=value, xy=(float(x), float(y)))


def not_on_arterial(site: Site, rule: GateRule) -> Answer:
    """Ask that the gate's access meet no arterial, national or provincial road."""
    del rule
    ground = site.ground
    near_m = ground.zone.near_mm[site.roads] / MM_PER_M
    if not len(near_m) or near_m.min() > number("road_near"):
        return Answer("pass", "no_road", slots={"near": number("road_near")})
    edge = int(ground.zone.edge[site.roads[np.argmin(near_m)]])
    reference = ground.tag("ref")[edge]
    numbered = isinstance(reference, str) and bool(_NATIONAL_OR_PROVINCIAL.search(reference))
    arterial = numbered or bool(ground.of_class("arterial_classes")[edge])
    slots = {"street": site.street_name(edge), "class": ground.street("road_class")[edge]}
    return Answer("fail" if arterial else "pass", xy=site.spot(edge), slots=slots)


def set_back(site: Site, rule: GateRule) -> Answer:
    """Measure from the gate to the edge of the carriageway: its distance less half the width."""
    ground = site.ground
    if not len(site.roads):
        return Answer("n.a.", "no_roads")
    distance = shapely.distance(ground.zone.lines[site.roads], shapely.points(*site.xy))
    nearest = int(np.argmin(distance))
    edge = int(ground.zone.edge[site.roads[nearest]])
    slots = {"street": site.street_name(edge), "distance": float(distance[nearest])}
    if not ground.observed("street", "width_m")[edge]:
        return Answer("unknown", xy=site.spot(edge), slots=slots)
    value = float(distance[nearest] - ground.street("width_m")[edge] / 2)
    slots["width"] = float(ground.street("width_m")[edge])
    return Answer("pass" if rule.meets(value) else "fail", value=round(value, 3), slots=slots)


def bollards(site: Site, rule: GateRule) -> Answer:
    """Look for bollards in front of the gate; that none is mapped says nothing."""
    del rule
    ground, within_m = site.ground, number("bollard_near")
    gate = shapely.points(*site.xy)
    xy = ground.scene.network.node_xy[ground.tagged_nodes("barrier", "bollard")]
    found = [*np.hypot(*(xy - site.xy).T).tolist()]
    if "barriers" in ground.scene.layers:
        near = ground.tree("barriers").query(gate, predicate="dwithin", distance=within_m)
        near = near[ground.is_kind("barriers", "barrier", "bollard")[near]]
        found += shapely.distance(ground.shapes("barriers")[near], gate).tolist()
    value = min(found, default=np.inf)
    if value <= within_m:
        return Answer("pass", value=float(value))
    return Answer("unknown", slots={"within": within_m})
