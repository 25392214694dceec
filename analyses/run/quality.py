"""How good are the data, and what does each weakness do to the headline numbers?

A weakness concerns some children.  If all of them were covered, or none, the share of children
covered would lie between two bounds: that interval is what the weakness does to the number.  A gate
that nobody has seen concerns only children whose way is so near the limit that it could matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyses.facilities import kinds_serving
from analyses.result import Status
from analyses.rules import children_of, in_scope, parts_of
from analyses.run.completeness import missing_effects
from geo.arrays import MM_PER_M
from geo.bundled import load_toml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from analyses.rules import Rule
    from geo.arrays import Flags
    from geo.walk import Snapped, WalkNetwork


_KNOWN = ("floor_area", "by_dwellings", "given", "raster", "raster_homes")
"""Ways to spread children over homes that assume nothing about a home's size."""
_QUANTILES = {"median_m": 0.5, "p95_m": 0.95, "max_m": 1.0}


def street_tags(network: WalkNetwork) -> pd.DataFrame:
    """Return for each tag that safety needs the share of street metres that have it.

    Returns
    -------
    pandas.DataFrame
        ``tag, length_m, known_share, known_share_main``: all streets, and main roads alone (the
        classes of ``data/rules/quality.toml``).
    """
    rules = load_toml("rules/quality.toml")
    metres = network.edge_length_mm / MM_PER_M
    highway = network.edges["highway"].astype(object)
    main = highway.isin(rules["main_roads"]).to_numpy(dtype=bool)
    rows = []
    for tag, keys in rules["street_tags"].items():
        known = np.zeros(len(metres), dtype=bool)
        for key in keys:
            if key in network.edges:
                known |= network.edges[key].notna().to_numpy(dtype=bool)
        rows.append((tag, metres.sum(), _share(known, metres), _share(known[main], metres[main])))
    columns = ["tag", "length_m", "known_share", "known_share_main"]
    return pd.DataFrame(rows, columns=columns)


def facility_sources(facilities: gpd.GeoDataFrame, entrances: gpd.GeoDataFrame) -> pd.DataFrame:
    """Count facilities by kind and source, and what is known of them.

    Returns
    -------
    pandas.DataFrame
        ``kind, source, facilities, merged`` (records taken in), ``with_places`` (capacity known),
        ``as_area`` (ground drawn), ``gate_known`` (given or mapped gate).
    """
    known_rules = load_toml("rules/quality.toml")["known_entrances"]
    gated = entrances.loc[entrances["rule"].isin(known_rules), "facility_id"]
    merged = facilities.get("merged", pd.Series("", index=facilities.index)).fillna("")
    facts = pd.DataFrame(
        {
            "kind": facilities["kind"],
            "source": facilities["source"],
            "facilities": 1,
            "merged": [len(str(ids).split(";")) if ids else 0 for ids in merged],
            "with_places": facilities["capacity"].notna().astype(int),
            "as_area": (facilities.geom_type != "Point").astype(int),
            "gate_known": facilities["facility_id"].isin(gated).astype(int),
        }
    )
    return facts.groupby(["kind", "source"], sort=True).sum().reset_index()


def access_legs(homes: Snapped) -> pd.DataFrame:
    """Return how far homes lie from the streets, and how many are not joined to one.

    ``homes, not_joined, walled`` (of these, behind walls), ``median_m, p95_m, max_m``.
    """
    access = homes.access_m
    off = {"not_joined": int((homes.edge < 0).sum()), "walled": int(homes.walled.sum())}
    facts = {"homes": len(access), **off}
    known = access[np.isfinite(access)]
    distances = {n: float(np.quantile(known, q)) if len(known) else np.nan
                 for n, q in _QUANTILES.items()}  # fmt: skip
    return pd.DataFrame([{**facts, **distances}])


def effects(
    points: pd.DataFrame,
    demand: gpd.GeoDataFrame,
    rules: Sequence[Rule],
    *,
    entrances: gpd.GeoDataFrame,
    homes: Snapped,
    complete: pd.DataFrame | None = None,
    apart: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return for each rule and weakness the interval of the share of children covered.

    Parameters
    ----------
    points
        Table ``points`` of `analyses.coverage.analysis.coverage`.
    demand
        The demand points that it was made from (same rows).
    rules
        Rules in metres or minutes; others are left out.
    entrances
        Of the facilities.
    homes
        The demand points on the streets (same rows).
    complete
        How complete layers are, see `analyses.run.completeness`; None where nothing is known.
    apart
        Like `points`, where crossings of unknown level do not meet; None where all are known.

    Returns
    -------
    pandas.DataFrame
        ``rule_id, weakness`` (see ``data/words/quality.toml``), ``children`` concerned, ``share``
        as published, ``share_low, share_high``; only weaknesses that concern somebody.
    """
    assumed = _facilities_by_entrance(entrances)
    rows = []
    for rule in rules:
        if f"status:{rule.id}" not in points or "containment" in rule.tests:
            continue
        applies = in_scope(rule, demand["settlement"].to_numpy(dtype=object))
        counts = np.sum([children_of(part, demand) for part in parts_of(rule)], axis=0)
        children = np.where(applies, np.nan_to_num(counts), 0.0)
        covered = points[f"status:{rule.id}"].to_numpy() == Status.COVERED
        nearest = points[f"nearest:{rule.id}"].astype(object)
        close = _near_the_limit(rule, points[f"walk_m:{rule.id}"].to_numpy(dtype=np.float64))
        masks = {
            "not_joined": (homes.edge < 0) & ~homes.walled,
            "walled": homes.walled,
            "settlement_unknown": (demand["settlement"] == "unknown").to_numpy(dtype=bool),
            "weight_assumed": ~demand["method"].isin(list(_KNOWN)).to_numpy(),
            **{n: close & nearest.isin(ids).to_numpy(dtype=bool) for n, ids in assumed.items()},
        }
        if apart is not None:
            masks["levels_unknown"] = (apart[f"status:{rule.id}"] == Status.COVERED) != covered
        for weakness, mask in masks.items():
            concerned = float(children[mask].sum())
            if concerned > 0:
                shares = (covered, covered & ~mask, covered | mask)
                rows.append((rule.id, weakness, concerned, *(_share(s, children) for s in shares)))
        if complete is not None:
            rows += _missing(
                rule, complete, share=_share(covered, children), children=children.sum()
            )
    columns = ["rule_id", "weakness", "children", "share", "share_low", "share_high"]
    return pd.DataFrame(rows, columns=columns)


def _missing(
    rule: Rule, complete: pd.DataFrame, *, share: float, children: float
) -> list[tuple[str, str, float, float, float, float]]:
    """Return what facilities and homes that no source has do to the share of one rule."""
    serving = complete["kind"].isin(set().union(*map(kinds_serving, rule.kinds)))
    bounds = {
        "facilities": complete[(complete["layer"] == "facilities") & serving],
        "buildings": complete[complete["layer"] == "buildings"],
    }
    known = {
        layer: (float(found["complete_low"].min()), float(found["complete_high"].max()))
        for layer, found in bounds.items()
        if len(found) and np.isfinite(share)
    }
    return [
        (rule.id, weakness, children * (high - low), share, low, high)
        for weakness, (low, high) in missing_effects(share, known).items()
        if high > low
    ]


def _near_the_limit(rule: Rule, walk_m: NDArray[np.float64]) -> Flags:
    """Say where a gate a campus away (``gate_margin_m``) could change whether a home is covered."""
    margin_m = load_toml("rules/quality.toml")["gate_margin_m"]["value"]
    limit_m = parts_of(rule)[0].limit_mm / MM_PER_M
    near: Flags = np.abs(np.nan_to_num(walk_m, nan=np.inf) - limit_m) <= margin_m
    return near


def _facilities_by_entrance(entrances: gpd.GeoDataFrame) -> Mapping[str, pd.Series[str]]:
    """Return the ids of facilities whose entrances nobody gave, by the rule that was used."""
    weak = {"boundary": "entrance_at_street", "virtual": "entrance_assumed", "point": "one_point"}
    return {
        weakness: entrances.loc[entrances["rule"] == rule, "facility_id"]
        for rule, weakness in weak.items()
    }


def _share(flags: Flags, weights: NDArray[np.float64]) -> float:
    total = float(weights.sum())
    return float(weights[flags].sum()) / total if total > 0 else float("nan")
