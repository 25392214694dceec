"""What do children meet on their way: railways, arterial roads, open water?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from analyses.gates.checks.answer import Answer, all_hold, no_layer
from analyses.gates.checks.ground import point_xy
from analyses.gates.rules import number, words

if TYPE_CHECKING:
    from analyses.gates.checks.answer import Verdict
    from analyses.gates.checks.site import Site
    from analyses.gates.rules import GateRule
    from geo.arrays import Flags, Objects


_LEVEL_CROSSINGS = ("level_crossing", "crossing")


def level_crossing(site: Site, rule: GateRule) -> Answer:
    """Look for railways crossed at grade: mapped as such, or where the lines meet."""
    del rule
    ground = site.ground
    network, remarks = ground.scene.network, site.zone_remark
    edges, lines = site.way_lines
    nodes = np.unique(network.edge_nodes[edges].astype(np.int64))
    found = np.intersect1d(nodes, ground.tagged_nodes("railway", *_LEVEL_CROSSINGS))
    if not site.walked:
        found = np.intersect1d(found, site.nodes(ground.zone.limit_m)[0])
    if len(found):
        x, y = network.node_xy[found[0]]
        return Answer("fail", value=float(len(found)), xy=(float(x), float(y)), remarks=remarks)
    if "railway" not in ground.scene.layers:
        return no_layer("railway")
    level = lines[~ground.off_ground[edges]]
    at, row = ground.tree("railway").query(level, predicate="intersects")
    if len(at):
        spot = shapely.intersection(level[at[0]], ground.shapes("railway")[row[0]])
        return Answer("fail", value=float(len(np.unique(at))), xy=point_xy(spot), remarks=remarks)
    return Answer("pass" if ground.complete("railway") else "unknown", remarks=remarks)


def arterial_crossing(site: Site, rule: GateRule) -> Answer:
    """Ask for a signal, a bridge or an underpass where children cross an arterial road."""
    del rule
    ground = site.ground
    row = site.way_crossings
    row = row[np.isin(ground.crossing("road_class")[row].astype(str), words("arterial_classes"))]
    if not len(row):
        verdict: Verdict = "pass" if site.walked else "unknown"  # the zone is not the whole way
        return Answer(verdict, "no_arterial", remarks=site.zone_remark)
    safe, may_be = site.facility_in(row, "adequate_facilities")
    observed = ground.observed("crossing", "facility")[row]
    bad = observed & ~safe & ~may_be
    worst = int(row[np.argmax(bad) if bad.any() else np.argmin(safe)])
    name = ground.crossing("street_name")[worst]
    slots = {
        "bad": int(bad.sum()),
        "all": len(row),
        "street": name if isinstance(name, str) and name else ground.crossing("road_class")[worst],
    }
    found = all_hold(safe, bad)
    return Answer(
        "unknown" if found == "pass" and not site.walked else found,
        value=float(bad.sum()),
        xy=site.crossing_xy(worst),
        slots=slots,
        remarks=site.zone_remark,
    )


def open_water(site: Site, rule: GateRule) -> Answer:
    """Look for open water beside the ways without a fence between; bridges do not count."""
    ground = site.ground
    if "water" not in ground.scene.layers:
        return no_layer("water")
    edges, lines = site.way_lines
    lines = lines[~ground.off_ground[edges]]
    around = ground.tree("water").query(
        site.campus, predicate="dwithin", distance=number("water_map")
    )
    slots: dict[str, object] = {"around": len(around), "map": number("water_map")}
    at, row = ground.tree("water").query(lines, predicate="dwithin", distance=rule.limit)
    legs = np.asarray(shapely.shortest_line(lines[at], ground.shapes("water")[row]), dtype=object)
    metres = shapely.length(legs)
    guarded = _guarded(site, legs)
    slots |= {"guarded": int(guarded.sum()), "bad": len(np.unique(row[~guarded]))}
    if not guarded.all():
        nearest = int(np.argmin(np.where(guarded, np.inf, metres)))
        x, y = shapely.get_coordinates(shapely.get_point(legs[nearest], -1))[0]
        spot = (float(x), float(y))
        value = float(metres[nearest])
        return Answer("fail", value=value, xy=spot, slots=slots, remarks=site.zone_remark)
    verdict: Verdict = "pass" if ground.complete("water") else "unknown"
    return Answer(verdict, slots=slots, remarks=site.zone_remark)


def _guarded(site: Site, legs: Objects) -> Flags:
    """Return which shortest lines from a way to water are cut by a fence, wall or rail."""
    ground = site.ground
    guarded = np.zeros(len(legs), dtype=bool)
    if "barriers" in ground.scene.layers and len(legs):
        leg, row = ground.tree("barriers").query(legs, predicate="intersects")
        fence = ground.is_kind("barriers", "barrier", *words("fences"))[row]
        guarded[leg[fence]] = True
    return guarded
