"""Where are the children whom no facility covers: most children first?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from analyses.coverage.shares import OUTSIDE, area_codes, weighted_median
from analyses.rules.limits import S_PER_MIN, in_scope
from analyses.rules.words import strength_text, verdict_text, verified_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from analyses.coverage.outcomes import Outcome

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_COLUMNS = (
    "rank", "area_id", "area_name", "town", "rule_id", "kind", "children", "share", "walk_m",
    "walk_max_m", "walk_s", "limit_m", "limit_s", "unreachable", "verdict_zh", "verdict_en",
    "standard", "clause", "strength", "strength_en", "verified", "verified_en", "x", "y",
)  # fmt: skip


def gaps(
    outcomes: Sequence[Outcome],
    demand: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    *,
    areas: pd.DataFrame,
    contained: Mapping[str, pd.DataFrame],
    outside: str,
) -> pd.DataFrame:
    """Rank the communities with children who are not covered, for each rule.

    Parameters
    ----------
    outcomes
        From `analyses.coverage.outcomes.outcomes`, aligned with `demand`.
    demand
        Demand points, metric CRS: ``area_id``.
    communities
        Polygons, metric CRS: ``area_id, name, town``.
    areas
        From `analyses.coverage.shares.by_area`.
    contained
        Rule id -> table of `analyses.coverage.containment`: a community without a facility of its
        own is a gap also where no child is known of.
    outside
        Name for what lies outside all communities.

    Returns
    -------
    pandas.DataFrame
        Sorted by children not covered from door to gate, then community, then rule: ``rank``,
        ``children`` (not covered), ``share`` (covered, 0-1), ``walk_m`` and ``walk_max_m`` (median
        child's and longest way of those not covered; inf where there is no way), ``walk_s`` (for
        rules in minutes the median as time at the slowest child's speed), ``limit_m`` or
        ``limit_s``, ``unreachable`` (children without any way), the verdict in words that the
        rule's strength allows, the rule's source, and ``x, y`` (m) amid the children concerned.
    """
    places = _places(communities, outside)
    code = area_codes(demand, communities)
    xy = shapely.get_coordinates(np.asarray(demand.geometry.array))
    rows = []
    for outcome in outcomes:
        own = list(_of_rule(outcome, places, code=code, xy=xy))
        if outcome.rule.id in contained:
            told = {str(row["area_id"]) for row in own}
            own += _without_children(outcome, contained[outcome.rule.id], communities, told=told)
        rows += own
    table = pd.DataFrame(rows, columns=[c for c in _COLUMNS if c not in ("rank", "share")])
    share = areas.set_index(["area_id", "rule_id"])["share_walk"]
    keys = pd.MultiIndex.from_frame(table[["area_id", "rule_id"]])
    table["share"] = share.reindex(keys).to_numpy()
    table = table.sort_values(
        ["children", "area_id", "rule_id"], ascending=[False, True, True], kind="stable"
    )
    table["rank"] = np.arange(1, len(table) + 1)
    return table[list(_COLUMNS)].reset_index(drop=True)


def _of_rule(
    outcome: Outcome, places: Sequence[dict[str, object]], *, code: Ints, xy: Floats
) -> Iterable[dict[str, object]]:
    """Yield the gaps of one rule, a row for each community; `code` is its row in `places`."""
    missing = np.where(outcome.in_scope, outcome.children - outcome.covered["walk"], 0.0)
    missing = np.nan_to_num(missing)
    some = np.flatnonzero(missing > 0)
    if not len(some):
        return
    some = some[np.argsort(code[some], kind="stable")]
    areas, start = np.unique(code[some], return_index=True)
    weight = np.add.reduceat(missing[some], start)
    middle = np.add.reduceat(xy[some] * missing[some, None], start) / weight[:, None]
    about = _about(outcome)
    groups = np.split(some, start[1:])
    for area, points, (x, y) in zip(areas.tolist(), groups, middle.tolist(), strict=True):
        ways = _distances(outcome, points, missing[points])
        yield {**about, **places[area], **ways, "x": x, "y": y}


def _about(outcome: Outcome) -> dict[str, object]:
    """Return what a gap says of its rule."""
    rule = outcome.rule
    passed = False
    return {
        "rule_id": rule.id,
        "kind": rule.kinds[0],
        "limit_m": np.nan if rule.metres is None else rule.metres,
        "limit_s": np.nan if rule.minutes is None else rule.minutes * S_PER_MIN,
        "verdict_zh": verdict_text(rule, passed, "zh"),
        "verdict_en": verdict_text(rule, passed, "en"),
        "standard": rule.standard,
        "clause": rule.clause,
        "strength": rule.strength,
        "strength_en": strength_text(rule, "en"),
        "verified": verified_text(rule, "zh"),
        "verified_en": verified_text(rule, "en"),
    }


def _places(communities: gpd.GeoDataFrame, outside: str) -> list[dict[str, object]]:
    """Return what a gap says of its place: each community, then what lies outside all of them."""
    labels = communities[["area_id", "name", "town"]].rename(columns={"name": "area_name"})
    inside = [{str(k): v for k, v in row.items()} for row in labels.to_dict("records")]
    return [*inside, {"area_id": OUTSIDE, "area_name": outside, "town": ""}]


def _distances(outcome: Outcome, points: Ints, missing: Floats) -> dict[str, object]:
    """Return number and ways of the children who are not covered."""
    walk_m = outcome.nearest.walk_m[points]
    median_m = weighted_median(walk_m, missing)
    slowest = outcome.task.parts[0].speed_m_s if outcome.task.parts else np.nan
    return {
        "children": float(missing.sum()),
        "walk_m": median_m,
        "walk_max_m": float(walk_m.max()),
        "walk_s": median_m / slowest,
        "unreachable": float(missing[np.isinf(walk_m)].sum()),
    }


def _without_children(
    outcome: Outcome, table: pd.DataFrame, communities: gpd.GeoDataFrame, *, told: set[str]
) -> Iterable[dict[str, object]]:
    """Yield communities that have no facility of their own and no child that is known of."""
    lacking = (table["facilities"] == 0) & ~table["special"].astype(bool)
    applies = in_scope(outcome.rule, table["settlement"].to_numpy(dtype=object))
    inner = shapely.get_coordinates(
        shapely.point_on_surface(np.asarray(communities.geometry.array))
    )
    about, places = _about(outcome), _places(communities, "")
    for row in np.flatnonzero(lacking.to_numpy(dtype=bool) & applies).tolist():
        place = places[row]
        if place["area_id"] in told:
            continue
        nowhere = dict.fromkeys(("walk_m", "walk_max_m", "walk_s"), np.nan)
        x, y = inner[row].tolist()
        yield {**about, **place, **nowhere, "children": 0.0, "unreachable": 0.0, "x": x, "y": y}
