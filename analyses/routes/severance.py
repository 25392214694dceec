"""What cuts children off from their school: an arterial, a railway, water?

A child is cut off when every way within the detour cap crosses one of them at a place without an
adequate crossing.  The lists of what is adequate stand in ``data/rules/routes.toml``.  An edge
over a railway or water is closed where it crosses, not as a whole: who lives on the near side
may still walk away from it.

What helps across an arterial is often not known.  Then children are surely cut off only if they
would be with the best that may be there, and may be cut off if they are with the worst; a guard
that nobody told of is taken as absent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from analyses.rules import within
from geo.arrays import MM_PER_M
from geo.bundled import load_toml
from geo.findings import Finding
from geo.osm import has_tag
from geo.sides import EdgeKind
from geo.walk import Closure, closed, walk_m

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from analyses.streets import Scene
    from geo.arrays import Flags, Floats, Ints
    from geo.walk import Snapped, WalkNetwork


ARTERIAL, RAILWAY, WATER, SEVERAL = "arterial", "railway", "water", "several"
_AREA = 2


@dataclass(frozen=True, eq=False)
class Barriers:
    """The walking network without inadequate crossings.

    Attributes
    ----------
    each
        For each kind of barrier (arterial | railway | water) that is known: without its crossings.
    together
        Without the crossings of any of them.
    sure, possible
        As `together`, with the best and with the worst that may help across arterials.
    findings
        Layers that were not given: whether they cut children off is unknown.
    """

    each: Mapping[str, Closure]
    together: Closure
    sure: Closure
    possible: Closure
    findings: tuple[Finding, ...]


def barriers(scene: Scene) -> Barriers:
    """Find where the barriers are crossed without an adequate facility.

    Parameters
    ----------
    scene
        Streets, crossings, and the layers ``railway`` and ``water`` (lines or areas; where they
        have columns ``bridge`` or ``tunnel``, parts above or below the ground are no barrier).
    """
    rules = load_toml("rules/routes.toml")["severance"]
    walk = scene.sides.walk
    over = {
        built: closed(walk, _over_arterials(scene, rules[ARTERIAL], built))
        for built in ("facility", "facility_low", "facility_high")
    }
    each = {ARTERIAL: over["facility"]}
    findings: tuple[Finding, ...] = ()
    for kind in (RAILWAY, WATER):
        layer = rules[kind]["layer"]
        if layer in scene.layers:
            frame = scene.layers[layer]
            level = ~has_tag(frame, rules[kind]["passes"], no=rules["tags"]["tag_no"])
            shapes = np.asarray(frame.geometry.array, dtype=object)[level]
            each[kind] = _over_layer(scene, shapes, rules[kind], tags=rules["tags"])
        else:
            findings += (Finding("SEVERANCE_UNKNOWN", "layers", detail={"layer": layer}),)
    together, sure, possible = (_together(walk, {**each, ARTERIAL: one}) for one in over.values())
    return Barriers(each, together, sure, possible, findings)


def severed(
    found: Barriers, gates: Snapped, homes: Snapped, *, limit_m: Floats
) -> tuple[Flags, NDArray[np.object_]]:
    """Say which homes are cut off from the gates, and by what.

    Parameters
    ----------
    found
        From `barriers`.
    gates, homes
        Places on the walking network; every home has some way to a gate within its limit.
    limit_m
        Greatest length of each home's way with both legs (``<=``).

    Returns
    -------
    tuple
        Flags, and the barrier that alone cuts off (the first of arterial, railway, water), or
        ``several`` where only all of them together do, or None.
    """
    barrier = np.full(len(homes), None, dtype=object)
    cut = _beyond(found.together, gates, homes, limit_m=limit_m)
    if cut.any():
        barrier[cut] = SEVERAL
        for kind in (WATER, RAILWAY, ARTERIAL):
            if kind in found.each:
                barrier[cut & _beyond(found.each[kind], gates, homes, limit_m=limit_m)] = kind
    return cut, barrier


def severed_bounds(
    found: Barriers, gates: Snapped, homes: Snapped, *, cut: Flags, limit_m: Floats
) -> tuple[Flags, Flags]:
    """Say which homes are cut off for sure, and which may be; `cut` is from `severed`."""
    sure, possible = cut.copy(), cut.copy()
    for flags, closure, asked in ((sure, found.sure, cut), (possible, found.possible, ~cut)):
        rows = np.flatnonzero(asked)
        if len(rows):
            flags[rows] = _beyond(closure, gates, homes.take(rows), limit_m=limit_m[rows])
    return sure, possible


def _beyond(closure: Closure, gates: Snapped, homes: Snapped, *, limit_m: Floats) -> Flags:
    """Say which homes have no way within their limit when some edges are closed."""
    if not closure.closed.any():
        return np.zeros(len(homes), dtype=bool)
    return ~reached(closure, gates, homes, limit_m=limit_m)


def reached(closure: Closure, gates: Snapped, homes: Snapped, *, limit_m: Floats) -> Flags:
    """Say which homes have a way within their own limit when some edges are closed."""
    longest = float(limit_m.max(initial=0.0))
    beyond_m = walk_m(closure, gates, homes, limit_m=longest) - limit_m
    return within(np.maximum(beyond_m, 0.0), 0)


def _over_arterials(scene: Scene, rule: Mapping[str, Any], built: str) -> Flags:
    """Return the edges that cross an arterial where no adequate facility is, by a column of it."""
    crossings = scene.crossings
    arterial = crossings["road_class"].isin(rule["road_class"])
    adequate = crossings[built].isin(rule["adequate"]) | crossings["guard"].isin(rule["guard"])
    barred = (arterial & ~adequate).to_numpy(dtype=bool)
    return np.append(barred, False)[scene.sides.crossing]


def _over_layer(
    scene: Scene, shapes: NDArray[np.object_], rule: Mapping[str, Any], *, tags: Mapping[str, Any]
) -> Closure:
    """Close both sides of the streets, and the paths, where they cross shapes at their level."""
    network, sides = scene.network, scene.sides
    edge, low, high = _met(network.tree.geometries, shapes)
    passes = has_tag(network.edges, rule["passes"], no=tags["tag_no"])
    passes |= scene.streets["road_class"].isin(rule["passes_class"]).to_numpy(dtype=bool)
    guarded = _guarded(network, rule["guarded"])
    length_m = network.edge_length_mm[edge] / MM_PER_M
    first, last = network.edge_nodes[edge].T.astype(np.int64)
    watched = guarded[first] & (low * length_m <= tags["node_near_m"])
    watched |= guarded[last] & ((1.0 - high) * length_m <= tags["node_near_m"])
    barred = edge[~passes[edge] & ~watched]
    along = np.isin(sides.kind, (EdgeKind.SIDE, EdgeKind.PATH)) & np.isin(sides.street, barred)
    rows = np.flatnonzero(along)
    crossing, low, high = _met(sides.walk.tree.geometries[rows], shapes)
    shut = np.zeros(len(along), dtype=bool)
    shut[rows[crossing]] = True
    from_share, to_share = np.zeros(len(along)), np.ones(len(along))
    from_share[rows[crossing]], to_share[rows[crossing]] = low, high
    return closed(sides.walk, shut, from_share=from_share, to_share=to_share)


def _guarded(network: WalkNetwork, wanted: Mapping[str, list[str]]) -> Flags:
    """Say which nodes have one of the tags that are wanted."""
    found = np.zeros(len(network.node_xy), dtype=bool)
    for tag, values in wanted.items():
        if tag in network.node_tags:
            nodes = network.node_tags.index[network.node_tags[tag].isin(values)]
            found[nodes.to_numpy(dtype=np.int64)] = True
    return found


def _met(lines: NDArray[np.object_], shapes: NDArray[np.object_]) -> tuple[Ints, Floats, Floats]:
    """Return the lines that cross shapes, and the first and last place (shares) where they do.

    Running along a line is no crossing of it, touching an area's rim is none of the area.
    """
    number, shape = shapely.STRtree(shapes).query(lines, predicate="intersects")
    common = shapely.intersection(lines[number], shapes[shape])
    inside = shapely.length(common) > 0
    crosses = inside == (shapely.get_dimensions(shapes[shape]) == _AREA)
    xy, pair = shapely.get_coordinates(common[crosses], return_index=True)
    on = number[crosses][pair]
    share = shapely.line_locate_point(lines[on], shapely.points(xy), normalized=True)
    met = pd.DataFrame({"line": on, "share": share}).groupby("line")["share"].agg(["min", "max"])
    return (
        met.index.to_numpy(dtype=np.int64),
        met["min"].to_numpy(dtype=np.float64),
        met["max"].to_numpy(dtype=np.float64),
    )


def _together(network: WalkNetwork, each: Mapping[str, Closure]) -> Closure:
    """Close whatever one of the closures closes: from the first to the last place."""
    any_of = np.any([c.closed for c in each.values()], axis=0)
    low = np.min([np.where(c.closed, c.from_share, 1.0) for c in each.values()], axis=0)
    high = np.max([np.where(c.closed, c.to_share, 0.0) for c in each.values()], axis=0)
    return closed(network, any_of, from_share=low, to_share=high)
