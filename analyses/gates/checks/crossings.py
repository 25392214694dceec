"""Can the road be crossed near the gate, and can a child see and be seen there?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from analyses.gates.checks.answer import Answer, all_hold, no_layer
from analyses.risk import clear_length_m, stopping_m
from analyses.rules import standards
from geo.arrays import MM_PER_M
from geo.osm import width_m

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyses.gates.checks.site import Site
    from analyses.gates.rules import GateRule
    from geo.arrays import Flags, Ints


_NEAR_RULE, _FAR_RULE = "XING-SCH", "XING-SCH-80"


def crossing_near(site: Site, rule: GateRule) -> Answer:
    """Look for a zebra, signal, bridge or underpass near the gate along the streets."""
    if not len(site.roads):
        return Answer("n.a.", "no_roads")
    row, metres = site.crossings(rule.metres)
    certain, possible = site.facilities(row)
    value = min(metres[certain].min(initial=math.inf), _bridge_m(site))
    slots = _urban_limits()
    if rule.meets(value):
        return Answer("pass", value=value, slots=slots, remarks=_urban_remarks(value))
    maybe = metres[possible].min(initial=math.inf)
    if rule.meets(maybe):
        return Answer("unknown", "maybe", value=float(maybe))
    if math.isfinite(value):
        remarks = _urban_remarks(value)
        return Answer(
            "fail", value=value, xy=_nearest(site, row, certain), slots=slots, remarks=remarks
        )
    drawn = site.ground.crossing("mapped")[row] | site.ground.observed("crossing", "facility")[row]
    return _none_certain(float(maybe)) if drawn.any() else Answer("unknown")


def _none_certain(maybe_m: float) -> Answer:
    """Answer where junctions are recorded: nothing within the limit, perhaps something beyond."""
    if math.isfinite(maybe_m):
        return Answer("fail", "far_maybe", value=maybe_m)
    return Answer("fail", "far")


def _bridge_m(site: Site) -> float:
    """Return the way to the nearest footbridge or underpass of the zone, inf = none."""
    zone = site.ground.zone
    edge = zone.edge[site.parts]
    near_m = zone.near_mm[site.parts[bridges(site, edge)]] / MM_PER_M
    return float(near_m.min(initial=math.inf))


def bridges(site: Site, edge: Ints) -> Flags:
    """Return which drawn edges are paths on a bridge or in an underpass."""
    ground = site.ground
    lifted: Flags = ground.off_ground[edge] & (ground.street("road_class")[edge] == "path")
    return lifted


def _nearest(site: Site, row: Ints, certain: Flags) -> tuple[float, float] | None:
    """Return where the nearest certain crossing lies."""
    if not certain.any():
        return None
    return site.crossing_xy(int(row[np.argmax(certain)]))


def _urban_limits() -> dict[str, float]:
    """Return the two distances of the standard on urban walking."""
    near, far = standards()[_NEAR_RULE].metres, standards()[_FAR_RULE].metres
    return {"urban_near": float(near or math.nan), "urban_far": float(far or math.nan)}


def _urban_remarks(value: float) -> tuple[str, ...]:
    """Say how a distance stands towards the standard on urban walking."""
    limits = _urban_limits()
    if round(value, 3) <= limits["urban_near"]:
        return ("urban_near",)
    return ("urban_between",) if round(value, 3) <= limits["urban_far"] else ("urban_far",)


def zebra_width(site: Site, rule: GateRule) -> Answer:
    """Ask whether the zebra nearest to the gate is wide enough."""
    row, _ = site.crossings(rule.metres)
    certain, _ = site.facilities(row)
    if not certain.any():
        return Answer("unknown", "no_crossing")
    nearest = int(row[np.argmax(certain)])
    xy = _nearest(site, row, certain)
    if site.ground.crossing("facility")[nearest] == "grade_separated":
        return Answer("n.a.", xy=xy)
    path = int(site.ground.crossing("path")[nearest])
    written = site.ground.tag("width")[path] if path >= 0 else None
    value = width_m(written) if isinstance(written, str) else None
    if value is None:
        return Answer("unknown", xy=xy)
    return Answer("pass" if rule.meets(value) else "fail", value=value, xy=xy)


def sight_parking(site: Site, rule: GateRule) -> Answer:
    """Look for cars parked at the kerb so near to a crossing that they hide a child.

    What was observed at the crossing decides; else kerb parking within the clear length of an
    observed speed.
    """
    row, _ = site.crossings(rule.metres)
    row = row[site.facilities(row)[0]]
    row = row[site.ground.crossing("facility")[row] != "grade_separated"]
    if not len(row):
        return Answer("unknown", "no_crossing")
    parked = site.ground.crossing("parked")[row]
    seen = site.ground.observed("crossing", "parked")[row]
    bad, good = seen & (parked == "yes"), seen & (parked == "no")
    need, gap = _clear_m(site, row), _parking_m(site, row)
    if gap is not None:
        told = ~seen & np.isfinite(need)
        bad |= told & (gap < need)
        good |= told & (gap >= need) & site.ground.complete("parking")
    verdict = all_hold(good, bad)
    if verdict == "unknown" and gap is None:
        return no_layer("parking")
    worst = int(np.argmax(bad)) if bad.any() else int(np.argmin(good))
    return Answer(
        verdict,
        value=math.nan if gap is None or not np.isfinite(gap[worst]) else float(gap[worst]),
        limit=float(need[worst]),
        xy=site.crossing_xy(int(row[worst])),
        slots={"bad": int(bad.sum()), "all": len(row)},
    )


def _clear_m(site: Site, row: Ints) -> NDArray[np.float64]:
    """Return the length beside each crossing that must be free, NaN where speed is assumed."""
    speed = site.ground.crossing("speed_kmh_high")[row]
    need = clear_length_m(stopping_m(speed))
    return np.where(site.ground.observed("crossing", "speed_kmh")[row], need, np.nan)


def _parking_m(site: Site, row: Ints) -> NDArray[np.float64] | None:
    """Return the straight distance from each crossing to kerb parking, None without a layer."""
    ground = site.ground
    if "parking" not in ground.scene.layers:
        return None
    kerb = ground.tree_of("parking", "kind", "kerb")
    distance = np.full(len(row), np.inf)
    if len(kerb):
        points = ground.crossing_points[row]
        (at, _), metres = kerb.query_nearest(points, return_distance=True, all_matches=False)
        distance[at] = metres
    return distance


def bridge_usable(site: Site, rule: GateRule) -> Answer:
    """Ask whether footbridges and underpasses are lit and can be used without steps."""
    ground = site.ground
    edges = np.unique(ground.zone.edge[site.parts])
    raised = edges[bridges(site, edges)]
    row, _ = site.crossings(rule.metres)
    crossed = ground.crossing("facility")[row] == "grade_separated"
    if not len(raised):
        return Answer("unknown", "not_drawn") if crossed.any() else Answer("n.a.")
    steps = _steps_at(site, raised)
    whole = np.union1d(raised, steps)
    lit = ground.street("lit")[whole]
    seen = ground.observed("street", "lit")[whole]
    ramp = ground.tag("ramp")[steps].astype(str)
    no_ramp = bool((ramp == "no").any())
    bad = np.append(seen & (lit == "no"), no_ramp)
    ramped = not len(steps) or bool(np.isin(ramp, ("yes", "separate")).any() and not no_ramp)
    good = np.append(seen & (lit == "yes"), ramped)
    return Answer(all_hold(good, bad), xy=site.spot(int(raised[0])), slots={"steps": len(steps)})


def _steps_at(site: Site, raised: Ints) -> Ints:
    """Return the steps at either end of some edges, and those that are steps themselves."""
    network = site.ground.scene.network
    nodes = np.unique(network.edge_nodes[raised].astype(np.int64))
    arcs = [network.arc_edge[network.indptr[n] : network.indptr[n + 1]] for n in nodes]
    around = np.unique(np.concatenate(arcs)).astype(np.int64)
    steps: Ints = around[site.ground.street("highway")[around] == "steps"]
    return steps
