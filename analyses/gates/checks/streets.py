"""Can children walk along the streets of the zone: sidewalks, fences, light, lorries?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from analyses.gates.checks.answer import Answer, all_hold, no_layer
from analyses.gates.rules import number, words

if TYPE_CHECKING:
    from analyses.gates.checks.answer import Verdict
    from analyses.gates.checks.site import Site
    from analyses.gates.rules import GateRule
    from geo.arrays import Flags, Ints


def sidewalks(site: Site, rule: GateRule) -> Answer:
    """Ask for a sidewalk on both sides of all roads of the zone."""
    del rule
    has, lacks = zip(*(_sidewalk(site, site.streets, side) for side in _SIDES), strict=True)
    return _along(site, good=np.all(has, axis=0), bad=np.any(lacks, axis=0))


def lighting(site: Site, rule: GateRule) -> Answer:
    """Ask for light on all roads of the zone."""
    del rule
    ground, edges = site.ground, site.streets
    seen, lit = ground.observed("street", "lit")[edges], ground.street("lit")[edges]
    return _along(site, good=seen & (lit == "yes"), bad=seen & (lit == "no"))


def _along(site: Site, *, good: Flags, bad: Flags) -> Answer:
    """Answer for all roads of the zone with the metres that lack something or are not known."""
    edges = site.streets
    if not len(edges):
        return Answer("n.a.", "no_roads")
    verdict = all_hold(good, bad)
    told = {"pass": good, "fail": bad, "unknown": ~good}[verdict]
    worst = int(edges[np.argmax(told)])
    slots = {
        "bad": round(site.metres_of(edges[bad])),
        "open": round(site.metres_of(edges[~good & ~bad])),
        "all": round(site.metres_of(edges)),
        "street": site.street_name(worst),
    }
    value = float(np.nan if verdict == "unknown" else site.metres_of(edges[bad]))
    return Answer(verdict, value=value, xy=site.spot(worst), slots=slots)


_SIDES = ("left", "right")


def _sidewalk(site: Site, edges: Ints, side: str) -> tuple[Flags, Flags]:
    """Return which edges certainly have a sidewalk on a side, and which certainly lack one."""
    column = f"sidewalk_{side}"
    seen = site.ground.observed("street", column)[edges]
    word = site.ground.street(column)[edges].astype(str)
    return seen & np.isin(word, words("sidewalk_words")), seen & (word == "no")


def fenced_walkway(site: Site, rule: GateRule) -> Answer:
    """Look for fences along the road on both sides of the gate."""
    ground, apron = site.ground, site.ground.apron
    if "barriers" not in ground.scene.layers:
        return no_layer("barriers")
    rows = apron.of(site.gates[0])
    rows = rows[ground.road[apron.edge[rows]]]
    if not len(rows):
        return Answer("n.a.", "no_roads")
    walk = shapely.union_all(apron.lines[rows])
    strips = ground.beside_fences
    fence = shapely.union_all(strips.geometries[strips.query(walk, predicate="intersects")])
    fenced = float(shapely.length(shapely.intersection(walk, fence)))
    share = fenced / float(shapely.length(walk))
    verdict: Verdict = "pass" if share >= number("fence_share") else "unknown"
    slots = {"share": 100.0 * share, "side": rule.limit}
    return Answer(verdict, value=fenced / 2, slots=slots)


def lorries_and_works(site: Site, rule: GateRule) -> Answer:
    """Look for lorry routes in the zone and for building sites beside its roads."""
    del rule
    ground, edges = site.ground, site.streets
    if not len(edges):
        return Answer("n.a.", "no_roads")
    lorries = ground.tag("hgv")[edges].astype(str)
    open_, closed = (np.isin(lorries, words(name)) for name in ("open_hgv", "closed_hgv"))
    if open_.any():
        edge = int(edges[np.argmax(open_)])
        slots = {"street": site.street_name(edge)}
        return Answer("fail", "lorries", xy=site.spot(edge), slots=slots)
    if "construction" not in ground.scene.layers:
        return no_layer("construction")
    row, _ = site.near(ground.beside_zone("construction", within_m=number("device_near")))
    if len(row):
        xy = ground.layer_xy("construction", row[0])
        return Answer("fail", "works", value=float(len(row)), layer="construction", xy=xy)
    certain = closed.all() and ground.complete("construction")
    return Answer("pass" if certain else "unknown", slots={"open": int((~closed).sum())})


def narrow_road(site: Site, rule: GateRule) -> Answer:
    """Look for roads on the ways that are narrow and have no sidewalk on either side."""
    ground = site.ground
    edges = site.way_edges[ground.street("sided")[site.way_edges].astype(bool)]
    if not len(edges):
        return Answer("n.a.", remarks=site.zone_remark)
    has, lacks = zip(*(_sidewalk(site, edges, side) for side in _SIDES), strict=True)
    seen = ground.observed("street", "width_m")[edges]
    low, high = (ground.street(f"width_m_{end}")[edges] for end in ("low", "high"))
    good = np.any(has, axis=0) | (seen & (low >= rule.limit))
    bad = np.all(lacks, axis=0) & seen & (high < rule.limit)
    verdict = all_hold(good, bad)
    worst = int(edges[np.argmax(bad) if bad.any() else np.argmin(good)])
    return Answer(
        verdict,
        value=float(ground.street("width_m")[worst]) if verdict == "fail" else np.nan,
        xy=site.spot(worst),
        slots={"bad": int(bad.sum()), "all": len(edges), "street": site.street_name(worst)},
        remarks=site.zone_remark,
    )
