"""Can children get out of cars and buses on the safe side?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from analyses.gates.checks.answer import Answer, no_layer
from analyses.gates.rules import number, words

if TYPE_CHECKING:
    from analyses.gates.checks.answer import Verdict
    from analyses.gates.checks.site import Site
    from analyses.gates.rules import GateRule


def drop_off(site: Site, rule: GateRule) -> Answer:
    """Look for a place to drop off or park near the gate and not on an arterial road."""
    ground = site.ground
    if "parking" not in ground.scene.layers:
        return no_layer("parking")
    wanted = ground.is_kind("parking", "kind", *words("drop_off_kinds"))
    row, metres = site.near(ground.on_foot("parking", limit_m=rule.limit))
    row, metres = row[wanted[row]], metres[wanted[row]]
    if len(row):
        edge = ground.foot_edge("parking")[row]
        off_road = ~ground.of_class("arterial_classes")[edge]
        row, metres = row[off_road], metres[off_road]
    if len(row):
        xy = ground.layer_xy("parking", row[0])
        return Answer("pass", value=float(metres[0]), xy=xy)
    told = wanted.any() and ground.complete("parking")
    return Answer("fail" if told else "unknown", "" if told else "no_subject")


def bus_stop(site: Site, rule: GateRule) -> Answer:
    """Ask whether a larger road has to be crossed from the nearest stop, and if so where.

    A larger road is crossed if it lies between the stop and the gate in a straight line.
    """
    ground = site.ground
    if "bus_stops" not in ground.scene.layers:
        return no_layer("bus_stops")
    row, metres = site.near(ground.on_foot("bus_stops", limit_m=rule.limit))
    if not len(row):
        return Answer("n.a." if ground.complete("bus_stops") else "unknown", "no_stop")
    xy = ground.layer_xy("bus_stops", row[0])
    value = float(metres[0])
    sight = shapely.LineString([xy, site.xy])
    between = ground.scene.network.tree.query(sight, predicate="intersects")
    if not ground.of_class("junction_classes")[between].any():
        return Answer("pass", "same_side", value=value, xy=xy)
    crossing, _ = site.crossings(rule.metres)
    certain, possible = site.facilities(crossing)
    spots = ground.crossing_points[crossing]
    gap = shapely.distance(spots, shapely.Point(xy))
    near = gap <= number("stop_to_crossing")
    verdict: Verdict = (
        "pass" if (near & certain).any() else "unknown" if (near & possible).any() else "fail"
    )
    slots = {"gap": float(np.min(gap[certain | possible], initial=np.inf))}
    return Answer(verdict, value=value, xy=xy, slots=slots)
