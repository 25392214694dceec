"""Which new gate, footpath or footbridge brings most children within reach of a facility?

A link is a straight line between two places of the streets that are near each other and far apart
on foot.  A child gains by it if the way from the facility to the link's far end, the link and the
way on to the child's home are within the radius where no way was before.  A shortest way uses a
link once and in one direction; no child can gain in both, so the gains of both directions add up
to what a search over the streets with the link would find.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from analyses.links.near import (
    Links,
    Nearby,
    longest_m,
    near_places,
    number,
    possible,
    reaching,
    without_short_ways,
)
from analyses.links.obstacles import FOOTBRIDGE, FOOTPATH, GATE, NEVER, met, names_of
from analyses.rules import children_of, facilities_for, in_scope, parts_of, within
from analyses.schema import spread
from geo.arrays import MM_PER_M
from geo.walk import Closure, add_paths, closed, nearest_of_nodes, pairs_within, snap, walk_m
from geo.words import in_columns, texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    import shapely
    from numpy.typing import NDArray

    from analyses.city import City
    from analyses.rules import Rule
    from geo.arrays import Flags, Floats, Ints
    from geo.walk import Snapped, WalkNetwork

    Blocked = Mapping[str, gpd.GeoDataFrame]

COLUMNS = (
    "rank", "kind", "from_node", "to_node", "length_m", "children", "share", "walk_saved_m",
    "crosses", "reason_*",
)  # fmt: skip
_EASE = (FOOTPATH, GATE, FOOTBRIDGE)
_CHUNK = 1000
_CLOSED = "closed_to_children"


@dataclass(frozen=True, eq=False)
class _Case:
    """Streets, facilities and homes; a home with a shorter radius has so much longer a leg."""

    network: WalkNetwork
    banned: Flags
    doors: Snapped
    homes: Snapped
    children: Floats
    limit_mm: int
    near: Nearby | None = None

    @property
    def limit_m(self) -> float:
        return self.limit_mm / MM_PER_M


class _Open(NamedTuple):
    """What can be walked, and whom no way within the limit serves."""

    closure: Closure
    doors: Snapped
    homes: Snapped
    children: Floats
    before_m: Floats

    @property
    def network(self) -> WalkNetwork:
        return self.closure.network


class _Ranked(NamedTuple):
    """Links with what they are and whom they bring near, the best first."""

    links: Links
    kind: NDArray[np.object_]
    crosses: NDArray[np.object_]
    gain: Floats


@dataclass(frozen=True, eq=False, kw_only=True)
class LinkOptions:
    """How links are looked for.

    Attributes
    ----------
    blocked
        What may stand in between, from `analyses.links.obstacles.obstacles_of`.
    banned
        (m,) edges that these children may not use: the links then lead onto a way that they may.
    near
        From `near_places` for the same streets and `banned`, if already known.
    most
        Greatest number of rows; default ``most`` of ``data/rules/links.toml``.
    together
        Make a plan instead: each row is the best link given those before it.

    Examples
    --------
    >>> LinkOptions(blocked={}, most=3).most
    3
    """

    blocked: Blocked
    banned: Flags | None = None
    near: Nearby | None = None
    most: int | None = None
    together: bool = False


def missing_links(
    city: City, rows: Ints, *, radius_m: Floats, children: Floats, options: LinkOptions
) -> gpd.GeoDataFrame:
    """Find the links that bring most children within the radius.

    Parameters
    ----------
    city
        Facilities and demand points.
    rows
        The facilities concerned.
    radius_m, children
        (k, n) for k groups of children and n demand points: the service radius, tested from door
        to gate, and how many they are; NaN counts as none.
    options
        Obstacles, and how many links.

    Returns
    -------
    geopandas.GeoDataFrame
        LineStrings, the best first: ``rank``; ``kind`` (gate | footpath | footbridge);
        ``from_node, to_node`` (id of the street node nearest along the street to each end; the
        children come from the side of `from`, with few exceptions); ``length_m``; ``children``
        who come within the radius; ``share`` of all children (0-1); ``walk_saved_m`` (mean of
        those who could walk there before, NaN if none could); ``crosses`` (obstacles, separated
        by ``;``); ``reason_…``.  Without `together` each row stands for itself: the
        children of two rows may be the same.
    """
    snapped = city.on_streets
    longest_m = float(radius_m.max(initial=0.0))
    everybody = snapped.demand.take(np.tile(np.arange(len(city.demand)), len(radius_m)))
    banned = options.banned
    case = _Case(
        network=city.streets,
        banned=np.zeros(len(city.streets.edges), dtype=bool) if banned is None else banned,
        doors=snapped.entrances_of(rows)[0],
        homes=replace(everybody, access_m=everybody.access_m + (longest_m - radius_m.ravel())),
        children=np.nan_to_num(children.ravel()),
        limit_mm=round(longest_m * MM_PER_M),
        near=options.near,
    )
    most = int(number("most")) if options.most is None else options.most
    if options.together:
        return _plan(case, options.blocked, most=most)
    return _table(case, options.blocked, most=most)


def links_for(
    city: City, rule: Rule, options: LinkOptions, *, walking_speed: float | None = None
) -> gpd.GeoDataFrame:
    """Find the missing links for a rule in metres or minutes: its facilities, children and limit.

    Parameters
    ----------
    city
        Facilities and demand points.
    rule
        A rule with one test, of distance or time.
    options
        Obstacles, and how many links.
    walking_speed
        One speed in m/s for all ages, instead of ``data/rules/walking.toml``.

    Returns
    -------
    geopandas.GeoDataFrame
        That of `missing_links` with the first column ``rule_id``.

    Examples
    --------
    >>> import yimi
    >>> city = yimi.load(yimi.demo).city
    >>> links = links_for(city, yimi.rule("幼儿园", metres=300), LinkOptions(blocked={}, most=2))
    >>> len(links) <= 2, bool((links["children"] > 0).all())
    (True, True)
    """
    parts = parts_of(rule, walking_speed=walking_speed)
    applies = in_scope(rule, city.demand["settlement"].to_numpy(dtype=object))
    limit_m = np.array([part.limit_mm / MM_PER_M for part in parts])
    found = missing_links(
        city,
        np.array(facilities_for(rule, city.facilities).rows, dtype=np.int64),
        radius_m=np.repeat(limit_m[:, None], len(applies), axis=1),
        children=np.array([np.where(applies, children_of(p, city.demand), 0.0) for p in parts]),
        options=options,
    )
    found.insert(0, "rule_id", rule.id)
    return found


def _plan(case: _Case, blocked: Blocked, *, most: int) -> gpd.GeoDataFrame:
    """Take the best link, build it, and look again."""
    rows = [_table(case, blocked, most=0)]
    while len(rows) <= most:
        best = _table(case, blocked, most=1)
        if best.empty:
            break
        rows.append(best)
        case = _with_link(case, best.geometry.to_numpy()[0])
    plan = pd.concat(rows[1:] or rows, ignore_index=True)
    return gpd.GeoDataFrame(plan.assign(rank=np.arange(len(plan)) + 1), crs=case.network.crs)


def _table(case: _Case, blocked: Blocked, *, most: int) -> gpd.GeoDataFrame:
    """Rank the links and say what each brings."""
    known = _opened(case)
    if most and len(known.children) and (known.doors.edge >= 0).any():
        best = _ranked(case, known, blocked, most=most)
    else:
        best = _none(case.network)
    hits = pd.concat([_gained(case, known, best.links, turned=side) for side in (False, True)])
    weight = pd.Series(known.children[hits["home"]], index=hits.index)
    rows = np.arange(len(best.links))
    children = weight.groupby(hits["row"]).sum().reindex(rows, fill_value=0.0).to_numpy()
    reachable = np.isfinite(known.before_m[hits["home"]])
    saved = (weight * (known.before_m[hits["home"]] - hits["way_mm"] / MM_PER_M))[reachable]
    walkers = weight[reachable].groupby(hits["row"][reachable]).sum()
    saved_m = saved.groupby(hits["row"][reachable]).sum() / walkers
    length_m = best.links.length_mm / MM_PER_M
    total = case.children.sum()
    data = {
        "rank": rows + 1,
        "kind": best.kind,
        "from_node": _node_ids(case.network, best.links.start),
        "to_node": _node_ids(case.network, best.links.end),
        "length_m": length_m,
        "children": children,
        "share": children / total if total else children,
        "walk_saved_m": saved_m.reindex(rows).to_numpy(dtype=np.float64),
        "crosses": best.crosses,
        **in_columns(
            "reason", lambda lang: _reasons(best, np.asarray(children, dtype=np.float64), lang)
        ),
    }
    lines = best.links.lines() if len(rows) else np.zeros(0, dtype=object)
    return gpd.GeoDataFrame(
        data, columns=list(spread(COLUMNS)), geometry=lines, crs=case.network.crs
    )


def _opened(case: _Case) -> _Open:
    """Close what may not be used, and find the homes that no facility is in reach of."""
    closure = closed(case.network, case.banned)
    before_m = walk_m(closure, case.doors, case.homes, limit_m=math.inf)
    there = (case.children > 0) & (case.homes.edge >= 0)
    lacking = np.flatnonzero(there & ~within(before_m, case.limit_mm))
    homes = closure.open_ends(case.homes).take(lacking)
    doors = closure.open_ends(case.doors)
    return _Open(closure, doors, homes, case.children[lacking], before_m[lacking])


def _ranked(case: _Case, known: _Open, blocked: Blocked, *, most: int) -> _Ranked:
    """Find possible links, keep those that may be built, and rank them by whom they bring near."""
    links = _within_limit(case, known)
    links = without_short_ways(known.network, links, detour_min=number("detour_min"))
    if not len(links):
        return _none(case.network)
    across = met(links.lines(), case.network, blocked)
    longest = np.where(across.kind == FOOTBRIDGE, number("bridge_max"), number("link_max"))
    fits = (across.kind != NEVER) & (links.length_mm <= longest * MM_PER_M)
    links, kind, crosses = links.only(fits), across.kind[fits], across.crosses[fits]
    ease = np.array([_EASE.index(k) for k in kind], dtype=np.int64)
    best = _best_of_start(links, ease, _budget_mm(case, known, links, turned=False))
    links, kind, crosses, ease = links.only(best), kind[best], crosses[best], ease[best]
    gain = _gain(case, known, links, turned=False) + _gain(case, known, links, turned=True)
    chosen = _apart(links, gain, ease, most=most)
    return _Ranked(links.only(chosen), kind[chosen], crosses[chosen], gain[chosen])


def _within_limit(case: _Case, known: _Open) -> Links:
    """Return links by which at least the nearest home without a facility would gain one."""
    network, limit_m = known.network, case.limit_m
    near = case.near or near_places(case.network, case.banned)
    home_m = reaching(network, known.homes, near.starts, limit_m=limit_m)
    at_node = nearest_of_nodes(network, known.doors, limit_m=limit_m, source_legs=True).distance_m
    edge_m = at_node[network.edge_nodes.astype(np.int64)].min(axis=1)
    edge_m[known.doors.edge[known.doors.edge >= 0]] = 0.0
    # Nearly all pairs are too far apart, whatever the link between them.
    least_m = home_m[near.start] + edge_m[near.edge] + near.gap_m
    hopeful = np.flatnonzero(least_m <= limit_m + 1.0 / MM_PER_M)
    links = possible(near, hopeful, least_m=number("link_min"), most_m=longest_m())
    home_m = reaching(network, known.homes, links.start, limit_m=limit_m)
    left_mm = _budget_mm(case, known, links, turned=False)
    return links.only(within(home_m - left_mm / MM_PER_M, 0))


def _budget_mm(case: _Case, known: _Open, links: Links, *, turned: bool) -> Ints:
    """Return what is left of the limit after the link for the way home, negative where nothing."""
    far = links.start if turned else links.end
    far_m = reaching(known.network, known.doors, far, limit_m=case.limit_m)
    far_mm = np.where(np.isfinite(far_m), np.rint(far_m * MM_PER_M), case.limit_mm + 1)
    return case.limit_mm - far_mm.astype(np.int64) - links.length_mm


def _best_of_start(links: Links, ease: Ints, left_mm: Ints) -> Ints:
    """Return, of the links of one kind from one place, the one with the shortest way on."""
    keys = np.column_stack([links.start.edge, links.start.offset_mm, ease, -left_mm])
    order = np.lexsort((links.end.offset_mm, links.end.edge, *keys.T[::-1]))
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(keys[order][:, :3], axis=0) != 0).any(axis=1)
    return order[first]


def _gain(case: _Case, known: _Open, links: Links, *, turned: bool) -> Floats:
    """Return the children whom each link brings near in one direction."""
    near = links.end if turned else links.start
    left_mm = _budget_mm(case, known, links, turned=turned)
    gain = np.zeros(len(links))
    order = np.argsort(left_mm, kind="stable")  # searches of one chunk are about equally long
    for chunk in np.array_split(order, len(order) // _CHUNK + 1):
        hits = _homes_within(known, near.take(chunk), left_mm[chunk])
        weight = known.children[hits["home"]]
        gain[chunk] = np.bincount(hits["row"], weights=weight, minlength=len(chunk))
    return gain


def _gained(case: _Case, known: _Open, links: Links, *, turned: bool) -> pd.DataFrame:
    """Return who gains by each link in one direction: ``row, home, way_mm`` (the new way)."""
    near = links.end if turned else links.start
    left_mm = _budget_mm(case, known, links, turned=turned)
    hits = _homes_within(known, near, left_mm)
    return hits.assign(way_mm=hits["way_mm"] + (case.limit_mm - left_mm)[hits["row"]])


def _homes_within(known: _Open, places: Snapped, left_mm: Ints) -> pd.DataFrame:
    """List the homes within what is left from each place: ``row, home, way_mm``."""
    rows = np.flatnonzero(left_mm >= 0)
    pairs = pairs_within(
        known.network,
        places.take(rows),
        rows,
        known.homes,
        limit_m=float(left_mm.max(initial=0)) / MM_PER_M,
        legs=True,
    )
    way_mm = np.rint(pairs.distance_m * MM_PER_M).astype(np.int64)
    fits = way_mm <= left_mm[pairs.group]
    data = {"row": pairs.group[fits], "home": pairs.target[fits], "way_mm": way_mm[fits]}
    return pd.DataFrame(data)


def _apart(links: Links, gain: Floats, ease: Ints, *, most: int) -> Ints:
    """Return the best links; none near a better one: more children, easier, shorter."""
    from scipy.spatial import KDTree  # noqa: PLC0415  (loads the whole of scipy.spatial)

    middle = (links.start.xy + links.end.xy) / 2
    worth = np.rint(gain * MM_PER_M)
    order = np.lexsort((*middle.T, links.length_mm, ease, -worth))
    order = order[worth[order] > 0]
    free = np.ones(len(links), dtype=bool)
    tree = KDTree(middle) if len(links) else None
    chosen: list[int] = []
    for row in order.tolist():
        if len(chosen) == most or tree is None:
            break
        if free[row]:
            chosen.append(row)
            free[tree.query_ball_point(middle[row], number("apart"))] = False
    return np.array(chosen, dtype=np.int64)


def _with_link(case: _Case, line: shapely.LineString) -> _Case:
    """Return the case with the link built; homes and doors stay joined where they were."""
    edges = case.network.edges.assign(**{_CLOSED: np.where(case.banned, "yes", "no")})
    network = add_paths(
        replace(case.network, edges=edges),
        [line],
        [{"highway": "footway", _CLOSED: "no"}],
        join_max_m=number("relocated_max"),
    )
    banned = (network.edges[_CLOSED] == "yes").to_numpy(dtype=bool)
    doors, homes = (_relocated(network, places) for places in (case.doors, case.homes))
    return replace(case, network=network, banned=banned, doors=doors, homes=homes, near=None)


def _relocated(network: WalkNetwork, places: Snapped) -> Snapped:
    """Find places again after streets were parted."""
    found = snap(network, places.xy, max_m=number("relocated_max"))
    return replace(found, access_m=places.access_m)


def _node_ids(network: WalkNetwork, places: Snapped) -> Ints:
    """Return the id of the node nearest along its edge to each place."""
    last = places.offset_mm * 2 > network.edge_length_mm[places.edge]
    return network.node_id[network.edge_nodes[places.edge, last.astype(np.int64)]]


def _reasons(best: _Ranked, children: Floats, lang: str) -> list[str]:
    """Say what is to be built and whom it serves."""
    return [
        texts("links/reason")[kind][lang].format(
            crosses=names_of(crosses, lang),
            length=f"{length / MM_PER_M:.0f}",
            children=f"{count:.0f}",
        )
        for kind, crosses, length, count in zip(
            best.kind, best.crosses, best.links.length_mm.tolist(), children.tolist(), strict=True
        )
    ]


def _none(network: WalkNetwork) -> _Ranked:
    """Return no link."""
    nowhere = snap(network, np.empty((0, 2)), max_m=0.0)
    nothing = np.empty(0, dtype=object)
    links = Links(nowhere, nowhere, np.empty(0, dtype=np.int64))
    return _Ranked(links, nothing, nothing, np.empty(0))
