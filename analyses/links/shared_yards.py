"""Which existing school yards, halls and rooms, opened at weekends, would close a gap without land?

Which kinds of place may serve as which stands in ``data/rules/links.toml``.  The places that serve
the kind today are fixed; of the others those are chosen that serve most children besides
(maximum cover, `analyses.sites.cover.mclp`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analyses.coverage import homes
from analyses.rules import children_of, facilities_for, in_scope, parts_of, special_unit
from analyses.sites import Means, mclp, reach_from_pairs, siting_problem
from geo.arrays import MM_PER_M
from geo.bundled import load_toml
from geo.walk import Pairs, pairs_within

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from analyses.city import City
    from analyses.rules import Part, Rule
    from analyses.sites import Answer, Problem
    from geo.arrays import Floats, Ints


COLUMNS = (
    "rule_id", "rank", "facility_id", "name", "kind", "area_known", "children", "share_before",
    "share_after", "gap",
)  # fmt: skip


def co_use(
    city: City,
    rules: Sequence[Rule],
    *,
    walking_speed: float | None = None,
    most: int | None = None,
) -> pd.DataFrame:
    """Choose, for each rule, the existing places that would serve most children if opened.

    Parameters
    ----------
    city
        Facilities and demand points; its communities serve the rules of containment.
    rules
        Rules with one test; those whose kinds have no host in the rules are passed over.
    walking_speed
        One speed in m/s for all ages, instead of ``data/rules/walking.toml``.
    most
        Greatest number of places a rule; default ``co_use.most`` of ``data/rules/links.toml``.

    Returns
    -------
    pandas.DataFrame
        ``rule_id``; ``rank`` (most children first, given those before); ``facility_id, name,
        kind`` of the host; ``area_known`` (False: its land must be looked at, for the rule asks
        for a size and that of the host is not known); ``children`` gained; ``share_before,
        share_after`` of the children in the rule's scope, cumulative; ``gap`` of the choice (0: no
        choice of as many serves more).

    Examples
    --------
    >>> import yimi
    >>> yards = co_use(yimi.load(yimi.demo).city, [yimi.rule("park", metres=300)], most=2)
    >>> bool((yards["share_after"] >= yards["share_before"]).all()), int(yards["rank"].max()) <= 2
    (True, True)
    """
    wanted = int(load_toml("rules/links.toml")["co_use"]["most"]) if most is None else most
    facilities = city.facilities
    found: list[dict[str, Any]] = []
    for rule in rules:
        hosts = hosts_of(rule, facilities)
        if not len(hosts) or not rule.computable:
            continue
        own = np.array(facilities_for(rule, facilities).rows, dtype=np.int64)
        parts = parts_of(rule, walking_speed=walking_speed)
        if "containment" in rule.tests:
            pairs, children = _contained(city, rule)
        else:
            pairs, children = _within_reach(city, rule, parts)
        rows = _chosen(pairs, children, (own, hosts), wanted=min(wanted, len(hosts)))
        found += [_described(rule, facilities, row) for row in rows]
    return pd.DataFrame(found, columns=list(COLUMNS))


def hosts_of(rule: Rule, facilities: gpd.GeoDataFrame) -> Ints:
    """Return the rows of the facilities that may serve a rule's kinds, and do not yet.

    A host of unknown area stays: unlike a park its land is there and can be looked at.
    """
    table = load_toml("rules/links.toml")["host"]
    kinds = tuple(dict.fromkeys(h for r in table if r["kind"] in rule.kinds for h in r["hosts"]))
    if not kinds:
        return np.zeros(0, dtype=np.int64)
    wanted = replace(rule, kinds=kinds, unknown_area="counted", larger_counts=True)
    rows = facilities_for(wanted, facilities).rows
    return np.setdiff1d(rows, facilities_for(rule, facilities).rows).astype(np.int64)


def _within_reach(city: City, rule: Rule, parts: Sequence[Part]) -> tuple[Pairs, Floats]:
    """Return who is in reach of each facility, and the children: a row for each part and point."""
    snapped, demand = city.on_streets, city.demand
    count = len(demand)
    applies = in_scope(rule, demand["settlement"].to_numpy(dtype=object))
    on_foot = [
        pairs_within(
            snapped.network,
            snapped.entrances,
            snapped.facility,
            snapped.demand,
            limit_m=part.limit_mm / MM_PER_M,
            legs=True,
        )
        for part in parts
    ]
    pairs = Pairs(
        np.concatenate([p.group for p in on_foot]),
        np.concatenate([p.target + number * count for number, p in enumerate(on_foot)]),
        np.concatenate([p.distance_m for p in on_foot]),
    )
    return pairs, np.concatenate([np.where(applies, children_of(p, demand), 0) for p in parts])


def _contained(city: City, rule: Rule) -> tuple[Pairs, Floats]:
    """Return which demand points share a community with each facility, and the children."""
    communities, demand = city.communities, city.demand
    home, _ = homes(communities, city.facilities)
    area = pd.Series(np.arange(len(communities)), index=communities["area_id"])
    at = demand["area_id"].map(area).fillna(-1).to_numpy(dtype=np.int64)
    left = pd.DataFrame({"area": home, "facility": np.arange(len(home))})
    right = pd.DataFrame({"area": at, "point": np.arange(len(at))})
    both = left[left["area"] >= 0].merge(right, on="area")
    pairs = Pairs(
        both["facility"].to_numpy(dtype=np.int64),
        both["point"].to_numpy(dtype=np.int64),
        np.zeros(len(both)),
    )
    applies = in_scope(rule, demand["settlement"].to_numpy(dtype=object)) & (at >= 0)
    applies &= ~demand["area_id"].astype(str).map(special_unit).to_numpy(dtype=bool)
    children: Floats = np.sum([children_of(part, demand) for part in parts_of(rule)], axis=0)
    return pairs, np.where(applies, children, 0.0)


def _chosen(
    pairs: Pairs, children: Floats, sites: tuple[Ints, Ints], *, wanted: int
) -> list[dict[str, Any]]:
    """Choose among the hosts; `sites`: rows of the places that serve already, and of the hosts."""
    own, hosts = sites
    children = np.nan_to_num(children)
    if not children.any() or not wanted:
        return []
    rows = np.concatenate([own, hosts])
    known = np.isin(pairs.group, rows)
    site = pd.Index(rows).get_indexer(pd.Index(pairs.group[known])).astype(np.int64)
    problem = siting_problem(
        reach_from_pairs(
            Pairs(site, pairs.target[known], pairs.distance_m[known]),
            sites=len(rows),
            demands=len(children),
        ),
        children,
        existing=np.arange(len(own)).tolist(),
        unreached_sites=True,
    )
    answer = mclp(problem, Means(new_sites=wanted))
    return _in_order(problem, answer, rows)


def _in_order(problem: Problem, answer: Answer, rows: Ints) -> list[dict[str, Any]]:
    """Rank the chosen places: each time the one that serves most of those still without."""
    reach, total = problem.reach, float(problem.children.sum())
    open_ = np.ones(reach.demands, dtype=bool)
    open_[reach.demand[problem.existing[reach.site]]] = False
    ranked: list[dict[str, Any]] = []
    left = list(answer.new_sites)
    covered = float(problem.children[~open_].sum())
    while left:
        weight = np.where(open_, problem.children, 0.0)[reach.demand]
        gain = np.bincount(reach.site, weights=weight, minlength=reach.sites)[left]
        best = int(np.argmax(gain))
        if not gain[best] > 0:
            break
        site, gained = left.pop(best), float(gain[best])
        open_[reach.demand[reach.site == site]] = False
        ranked.append(
            {
                "rank": len(ranked) + 1,
                "row": int(rows[site]),
                "children": gained,
                "share_before": covered / total,
                "share_after": (covered + gained) / total,
                "gap": answer.gap,
            }
        )
        covered += gained
    return ranked


def _described(rule: Rule, facilities: gpd.GeoDataFrame, chosen: dict[str, Any]) -> dict[str, Any]:
    """Name a chosen place and say whether its land is known to suffice."""
    place = facilities.iloc[[chosen.pop("row")]]
    strict = replace(rule, kinds=(place["kind"].iloc[0],), unknown_area="left_out")
    sized = facilities_for(replace(strict, larger_counts=True), place)
    about = {name: place[name].iloc[0] for name in ("facility_id", "name", "kind")}
    return {"rule_id": rule.id, **chosen, **about, "area_known": not sized.area_unknown}
