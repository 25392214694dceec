"""Is traffic slow in the zone, is it told to be, and is that enforced?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from analyses.gates.checks.answer import Answer, all_hold, no_layer
from analyses.gates.rules import number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyses.gates.checks.answer import Verdict
    from analyses.gates.checks.site import Site
    from analyses.gates.rules import GateRule


def speed_limit(site: Site, rule: GateRule) -> Answer:
    """Ask for an observed limit that is low enough on all roads of the zone."""
    ground, edges = site.ground, site.streets
    if not len(edges):
        return Answer("n.a.", "no_roads")
    observed = ground.observed("street", "speed_kmh")[edges]
    low, high = (ground.street(f"speed_kmh_{end}")[edges] for end in ("low", "high"))
    bad = observed & (low > rule.limit)
    verdict = all_hold(observed & (high <= rule.limit), bad)
    fastest = np.where(observed, high, -np.inf)
    unknown = int(np.argmin(observed))
    worst = unknown if verdict == "unknown" else int(np.argmax(np.where(bad, low, fastest)))
    edge = int(edges[worst])
    return Answer(
        verdict,
        value=float(ground.street("speed_kmh")[edge]) if observed[worst] else np.nan,
        xy=site.spot(edge),
        slots={
            "street": site.street_name(edge),
            "bad": int(bad.sum()),
            "open": int((~observed).sum()),
            "all": len(edges),
            "assumed": _assumed(ground.street("speed_kmh")[edges[~observed]]),
        },
    )


def _assumed(speeds: NDArray[np.float64]) -> str:
    """Return the assumed limits in one word: ``40–60``, ``?`` where nothing is assumed."""
    known = speeds[np.isfinite(speeds)]
    if not len(known):
        return "?"
    low, high = known.min(), known.max()
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"


def zone_signs(site: Site, rule: GateRule) -> Answer:
    """Look for a sign of the 30 km/h zone wherever a road leaves the zone."""
    del rule
    ground = site.ground
    if "signs" not in ground.scene.layers:
        return no_layer("signs")
    ends = _zone_ends(site)
    if not len(ends):
        return Answer("n.a.")
    signs = ground.tree_of("signs", "sign", "zone_30")
    if not len(signs):
        return Answer("unknown", "no_subject")
    points = shapely.points(ends)
    found, _ = signs.query(points, predicate="dwithin", distance=number("sign_near"))
    signed = np.zeros(len(ends), dtype=bool)
    signed[found] = True
    verdict: Verdict = "pass" if signed.all() else "fail" if ground.complete("signs") else "unknown"
    x, y = ends[int(np.argmin(signed))]
    slots = {"signed": int(signed.sum()), "all": len(ends)}
    return Answer(verdict, value=float(signed.sum()), xy=(float(x), float(y)), slots=slots)


def _zone_ends(site: Site) -> NDArray[np.float64]:
    """Return where roads leave the zone: ends of parts that are no ends of their street."""
    zone, rows = site.ground.zone, site.roads
    length = site.ground.scene.network.edge_length_mm[zone.edge[rows]]
    opens, closes = rows[zone.from_mm[rows] > 0], rows[zone.to_mm[rows] < length]
    begin = shapely.get_coordinates(shapely.get_point(zone.lines[opens], 0))
    end = shapely.get_coordinates(shapely.get_point(zone.lines[closes], -1))
    return np.unique(np.concatenate([begin, end]), axis=0)


def children_sign(site: Site, rule: GateRule) -> Answer:
    """Look for a warning sign for children beside the roads of the zone."""
    del rule
    ground = site.ground
    if "signs" not in ground.scene.layers:
        return no_layer("signs")
    if not len(site.roads):
        return Answer("n.a.", "no_roads")
    wanted = ground.is_kind("signs", "sign", "children")
    row, _ = site.near(ground.beside_zone("signs", within_m=number("sign_near")))
    row = row[wanted[row]]
    if len(row):
        return Answer("pass", value=float(len(row)), xy=ground.layer_xy("signs", row[0]))
    told = wanted.any() and ground.complete("signs")
    return Answer("fail" if told else "unknown", "" if told else "no_subject", value=0.0)


def calming(site: Site, rule: GateRule) -> Answer:
    """Look for humps, tables or the like on the roads of the zone."""
    del rule
    ground, edges = site.ground, site.streets
    if not len(edges):
        return Answer("n.a.", "no_roads")
    observed = ground.observed("street", "calming")[edges]
    calmed = observed & (ground.street("calming")[edges] == "yes")
    if calmed.any():
        return Answer("pass", value=float(calmed.sum()), xy=site.spot(int(edges[calmed][0])))
    slots = {"open": int((~observed).sum()), "all": len(edges)}
    return Answer("fail" if observed.all() else "unknown", value=0.0, slots=slots)


def enforcement(site: Site, rule: GateRule) -> Answer:
    """Look for cameras and for speed cameras beside the roads of the zone."""
    del rule
    ground = site.ground
    if "cameras" not in ground.scene.layers:
        return no_layer("cameras")
    if not len(site.roads):
        return Answer("n.a.", "no_roads")
    row, _ = site.near(ground.beside_zone("cameras", within_m=number("device_near")))
    kinds = {name: ground.is_kind("cameras", "purpose", name) for name in ("video", "speed")}
    counts = {name: int(flags[row].sum()) for name, flags in kinds.items()}
    if all(counts.values()):
        return Answer("pass", value=float(sum(counts.values())), slots=counts)
    told = ground.complete("cameras")
    absent = any(told and not counts[name] and flags.any() for name, flags in kinds.items())
    return Answer("fail" if absent else "unknown", value=float(sum(counts.values())), slots=counts)
