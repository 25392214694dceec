"""What is sold or offered too near to the school?  Two geometries: straight, and on foot."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import shapely

from analyses.gates.checks.answer import Answer, no_layer

if TYPE_CHECKING:
    from analyses.gates.checks.site import Site
    from analyses.gates.rules import GateRule
    from geo.arrays import Floats, Ints


_POINT, _MULTIPOINT = 0, 4


def campus_perimeter(site: Site, rule: GateRule) -> Answer:
    """Look for such places within a straight distance of any point of the campus boundary.

    A campus that is only a point lies inside its boundary: what is too near to the point is too
    near, what is not stays unknown.
    """
    ground = site.ground
    if "pois" not in ground.scene.layers:
        return no_layer("pois")
    wanted = ground.is_kind("pois", "subject", *rule.subjects)
    row = ground.tree("pois").query(site.campus, predicate="dwithin", distance=rule.limit)
    row = np.sort(row[wanted[row]])
    if len(row):
        return _too_near(site, row, shapely.distance(ground.shapes("pois")[row], site.campus))
    if not wanted.any() or not ground.complete("pois"):
        return Answer("unknown", "no_subject")
    is_point = shapely.get_type_id(site.campus) in {_POINT, _MULTIPOINT}
    return Answer("unknown", "no_outline") if is_point else Answer("pass")


def gate_perimeter(site: Site, rule: GateRule) -> Answer:
    """Look for such places within a walk from the nearest gate."""
    ground = site.ground
    if "pois" not in ground.scene.layers:
        return no_layer("pois")
    wanted = ground.is_kind("pois", "subject", *rule.subjects)
    row, metres = site.near(ground.on_foot("pois", limit_m=rule.limit))
    row, metres = row[wanted[row]], metres[wanted[row]]
    if len(row):
        return _too_near(site, row, metres)
    complete = [ground.is_kind("pois", "subject", s).any() for s in rule.subjects]
    if not all(complete) or not ground.complete("pois"):
        return Answer("unknown", "no_subject")
    gates = shapely.multipoints(ground.gate_xy[list(site.gates)])
    row = ground.tree("pois").query(gates, predicate="dwithin", distance=rule.limit)
    off_street = wanted[row] & (ground.foot_edge("pois")[row] < 0)
    return Answer("unknown", "off_street") if off_street.any() else Answer("pass")


def _too_near(site: Site, row: Ints, metres: Floats) -> Answer:
    """Answer with the nearest of the places that are too near."""
    nearest = int(np.argmin(metres))
    xy = site.ground.layer_xy("pois", row[nearest])
    value = float(metres[nearest])
    return Answer(
        "fail", value=math.floor(value * 1000 + 0.5) / 1000, xy=xy, slots={"count": len(row)}
    )
