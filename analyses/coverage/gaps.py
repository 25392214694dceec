"""Where are the children whom no facility covers: most children first?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from analyses.coverage.outcomes import MEASURES, known_sum
from analyses.rules import S_PER_MIN, in_scope, strength_text, verdict_text, verified_text
from analyses.schema import spread
from geo.words import in_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import geopandas as gpd

    from analyses.coverage.outcomes import Measure, Outcome
    from geo.arrays import Floats, Ints


OUTSIDE = "outside"
NAMES = {"children": "", "dwellings": "dwellings_", "residential_m2": "residential_"}
"""What is counted -> how its columns begin: ``covered_walk``, ``dwellings_covered_walk`` ..."""


def by_area(
    outcomes: Sequence[Outcome],
    demand: pd.DataFrame,
    communities: gpd.GeoDataFrame,
    *,
    outside: str,
) -> pd.DataFrame:
    """Return a row for each community and rule, and one for what lies outside all of them.

    Parameters
    ----------
    outcomes
        From `analyses.coverage.outcomes.outcomes`, aligned with `demand`.
    demand
        Demand points: ``area_id, dwellings, residential_m2``.
    communities
        ``area_id, name, town, settlement``.
    outside
        Name of the row for demand outside all communities (``area_id`` "outside"), which is there
        only where there is any.

    Returns
    -------
    pandas.DataFrame
        ``rule_id, kind, area_id, name, town, settlement, demand_points`` (in the rule's scope),
        ``children`` (of the rule's ages, in scope), ``children_out_of_scope``, ``covered_straight,
        covered_network, covered_walk`` (children), ``share_*`` (0-1, NaN where nobody is
        concerned), and the same with ``dwellings_`` and ``residential_`` in front.
    """
    labels = communities[["area_id", "name", "town", "settlement"]].reset_index(drop=True)
    code = area_codes(demand, communities)
    labels = pd.DataFrame(labels)
    if (code == len(labels)).any():
        labels.loc[len(labels)] = [OUTSIDE, outside, "", "unknown"]
    return _by(outcomes, demand, code=code, labels=labels, strict=True)


def by_town(outcomes: Sequence[Outcome], demand: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each town (by the points' ``town``, "" where they have none) and rule."""
    town = demand["town"].fillna("").astype(str)
    code, names = pd.factorize(town, sort=True)
    labels = pd.DataFrame({"town": names})
    return _by(outcomes, demand, code=code.astype(np.int64), labels=labels, strict=False)


def total(outcomes: Sequence[Outcome], demand: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each rule: the whole study, with the median child's way to the nearest.

    ``median_walk_m`` and, for rules in minutes, ``median_walk_s`` at the slowest child's speed; inf
    where most children have no way.
    """
    code = np.zeros(len(demand), dtype=np.int64)
    table = _by(outcomes, demand, code=code, labels=pd.DataFrame(index=[0]), strict=False)
    table["median_walk_m"] = [
        weighted_median(o.nearest.walk_m, np.where(o.in_scope, o.children, 0.0)) for o in outcomes
    ]
    speeds = [o.task.parts[0].speed_m_s if o.task.parts else np.nan for o in outcomes]
    table["median_walk_s"] = table["median_walk_m"] / np.array(speeds)
    return table


def facility_table(
    outcomes: Sequence[Outcome], entrances: Ints, facilities: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return what each facility does for each rule that it may meet; `entrances` on the streets.

    Returns
    -------
    pandas.DataFrame
        ``rule_id, facility_id, name, kind, capacity``, ``entrances`` (number on the streets),
        ``children_within`` its limit, ``children_nearest`` (of these, it is the nearest) and
        ``children_only`` (of these, no other covers them); ``redundant``: without it no child would
        lose cover.  NaN (None) where the rule is one of containment or the children are not known.
    """
    return pd.concat([_use(o, facilities, entrances) for o in outcomes], ignore_index=True)


def area_codes(demand: pd.DataFrame, communities: pd.DataFrame) -> Ints:
    """Return the row of each demand point's community; the number of communities: outside.

    Examples
    --------
    >>> import pandas as pd
    >>> communities = pd.DataFrame({"area_id": ["a", "b"]})
    >>> area_codes(pd.DataFrame({"area_id": ["b", None, "a"]}), communities).tolist()
    [1, 2, 0]
    """
    row_of = pd.Series(np.arange(len(communities)), index=communities["area_id"])
    return demand["area_id"].map(row_of).fillna(len(communities)).to_numpy(dtype=np.int64)


def weighted_median(value: Floats, weight: Floats) -> float:
    """Return the value that half of the weight does not exceed; NaN without weight.

    Examples
    --------
    >>> weighted_median(np.array([1.0, 2.0, 9.0]), np.array([1.0, 1.0, 3.0]))
    9.0
    """
    known = np.nan_to_num(weight)
    order = np.argsort(value, kind="stable")
    until = np.cumsum(known[order])
    if not len(until) or not until[-1] > 0:
        return float("nan")
    return float(value[order][np.searchsorted(until, until[-1] / 2)])


def _by(
    outcomes: Iterable[Outcome],
    demand: pd.DataFrame,
    *,
    code: Ints,
    labels: pd.DataFrame,
    strict: bool,
) -> pd.DataFrame:
    """Sum up what is covered by code; `strict`: one unknown makes a sum of children unknown."""
    weights = {
        name: demand[name].to_numpy(dtype=np.float64) for name in ("dwellings", "residential_m2")
    }
    parts = []
    for outcome in outcomes:
        sums = _sums(outcome, weights, code=code, count=len(labels), strict=strict)
        head = {"rule_id": outcome.rule.id, "kind": outcome.rule.kinds[0]}
        own = {str(column): labels[column] for column in labels}
        parts.append(pd.DataFrame({**head, **own, **sums}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["rule_id"])


def _sums(
    outcome: Outcome, weights: Mapping[str, Floats], *, code: Ints, count: int, strict: bool
) -> dict[str, Floats]:
    """Return all columns of one rule."""
    applies = outcome.in_scope

    def summed(value: Floats, *, exact: bool) -> Floats:
        unknown = np.bincount(code, weights=np.isnan(value), minlength=count) > 0
        return np.where(exact & unknown, np.nan, known_sum(value, code, count=count))

    def covered(part: Mapping[Measure, Floats], whole: str) -> dict[str, Floats]:
        """Return what is covered, as far as known, and its share; NaN where the whole is."""
        begin, unknown = NAMES[whole], np.isnan(sums[whole])
        known = {m: np.where(applies, np.nan_to_num(part[m]), 0.0) for m in MEASURES}
        counts: dict[str, Floats] = {
            f"{begin}covered_{m}": np.where(
                unknown, np.nan, np.bincount(code, weights=known[m], minlength=count)
            )
            for m in MEASURES
        }
        return counts | _shares({**counts, whole: sums[whole]}, whole, begin)

    sums: dict[str, Floats] = {
        "demand_points": summed(applies.astype(np.float64), exact=strict),
        "children": summed(np.where(applies, outcome.children, 0.0), exact=strict),
        "children_out_of_scope": summed(np.where(applies, 0.0, outcome.children), exact=strict),
    }
    sums |= covered(outcome.covered, "children")
    for name, weight in weights.items():
        # Dwellings and areas are extra knowledge: where some are missing the known ones count.
        sums[name] = summed(np.where(applies, weight, 0.0), exact=False)
        sums |= covered({m: weight * outcome.reached[m] for m in MEASURES}, name)
    return sums


def _shares(sums: Mapping[str, Floats], whole: str, begin: str) -> dict[str, Floats]:
    """Return the share covered by each measure, NaN where nothing is concerned."""
    of = np.where(sums[whole] > 0, sums[whole], np.nan)
    return {f"share_{begin}{m}": sums[f"{begin}covered_{m}"] / of for m in MEASURES}


def _use(outcome: Outcome, facilities: gpd.GeoDataFrame, doors: Ints) -> pd.DataFrame:
    rows = np.array(outcome.task.rows, dtype=np.int64)
    own = facilities.iloc[rows]
    columns = [c for c in ("facility_id", "name", "kind", "capacity") if c in own]
    table = pd.DataFrame(own[columns]).reset_index(drop=True)
    table.insert(0, "rule_id", outcome.rule.id)
    table["entrances"] = doors[rows]
    contained = "containment" in outcome.rule.tests
    use = outcome.use.set_index("facility").reindex(rows, fill_value=np.nan if contained else 0.0)
    table["children_within"] = use["within"].to_numpy(dtype=np.float64)
    covered = (outcome.depth > 0) & outcome.in_scope & (outcome.nearest.facility >= 0)
    nearest = known_sum(
        outcome.children[covered], outcome.nearest.facility[covered], count=len(facilities)
    )
    table["children_nearest"] = np.nan if contained else nearest[rows]
    table["children_only"] = use["only"].to_numpy(dtype=np.float64)
    known = table["children_only"].notna()
    redundant = table["children_only"] == 0
    table["redundant"] = redundant if known.all() else redundant.astype(object).where(known, None)
    return table


_COLUMNS = (
    "rank", "area_id", "area_name", "town", "rule_id", "kind", "children", "share", "walk_m",
    "walk_max_m", "walk_s", "limit_m", "limit_s", "unreachable", "verdict_*",
    "standard", "clause", "strength", "strength_*", "verified", "verified_*", "x", "y",
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
        From `analyses.coverage.gaps.by_area`.
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
            own += _without_children(
                outcome, contained[outcome.rule.id], communities, told=told, code=code
            )
        rows += own
    table = pd.DataFrame(rows, columns=[c for c in spread(_COLUMNS) if c not in ("rank", "share")])
    share = areas.set_index(["area_id", "rule_id"])["share_walk"]
    keys = pd.MultiIndex.from_frame(table[["area_id", "rule_id"]])
    table["share"] = share.reindex(keys).to_numpy()
    table = table.sort_values(
        ["children", "area_id", "rule_id"], ascending=[False, True, True], kind="stable"
    )
    table["rank"] = np.arange(1, len(table) + 1)
    return table[list(spread(_COLUMNS))].reset_index(drop=True)


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
        **in_columns("verdict", lambda lang: verdict_text(rule, passed, lang)),
        "standard": rule.standard,
        "clause": rule.clause,
        "strength": rule.strength,
        **in_columns("strength", lambda lang: strength_text(rule, lang)),
        "verified": rule.state,
        **in_columns("verified", lambda lang: verified_text(rule, lang)),
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
    outcome: Outcome,
    table: pd.DataFrame,
    communities: gpd.GeoDataFrame,
    *,
    told: set[str],
    code: Ints,
) -> Iterable[dict[str, object]]:
    """Yield communities that have no facility of their own and no child that is known of."""
    lacking = (table["facilities"] == 0) & ~table["special"].astype(bool)
    applies = in_scope(outcome.rule, table["settlement"].to_numpy(dtype=object))
    inner = shapely.get_coordinates(
        shapely.point_on_surface(np.asarray(communities.geometry.array))
    )
    about, places = _about(outcome), _places(communities, "")
    unknown = set(code[np.isnan(outcome.children)].tolist())
    for row in np.flatnonzero(lacking.to_numpy(dtype=bool) & applies).tolist():
        place = places[row]
        if place["area_id"] in told:
            continue
        nowhere = dict.fromkeys(("walk_m", "walk_max_m", "walk_s"), np.nan)
        nobody = dict.fromkeys(("children", "unreachable"), np.nan if row in unknown else 0.0)
        x, y = inner[row].tolist()
        yield {**about, **place, **nowhere, **nobody, "x": x, "y": y}
