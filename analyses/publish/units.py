"""Of which areas does a public edition tell: district, towns, communities put together?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyses.publish.merging import merged
from analyses.publish.release import SEPARATOR, Counts, Unit, chains_of
from analyses.publish.rounding import least_to_split
from analyses.result import Status
from analyses.rules import age_groups, age_shares, in_scope, one_test_each
from analyses.run import standards_of
from geo.findings import enumerated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from analyses.run import Run

DISTRICT = "district"


def counts_of(run: Run) -> Counts:
    """Return the true counts of a run for each community and rule (unknown counts are none).

    Rules that cut an age group in two are left out: whom they concern is a guess.
    """
    communities = run.inputs.communities
    areas = pd.Index(communities["area_id"].astype(str))
    groups = _groups(run, areas)
    rules = run.result.tables["rules"]
    kinds = dict(zip(rules["rule_id"].astype(str), rules["kind"].astype(str), strict=True))
    concerns = _concerns(run, groups)
    table = run.result.tables["by_area"]
    covered = (
        table[table["rule_id"].isin(list(concerns)) & table["area_id"].isin(areas)]
        .pivot_table(index="area_id", columns="rule_id", values="covered_walk", aggfunc="sum")
        .reindex(index=areas, columns=list(concerns))
        .fillna(0.0)
        .clip(lower=0.0)
    )
    points = run.result.tables["points"]
    met = pd.DataFrame(
        {r: (points[f"status:{r}"] == Status.COVERED).astype(float) for r in concerns}
    )
    return Counts(
        groups=groups,
        concerns=concerns,
        covered=covered,
        kinds=kinds,
        chains=chains_of(concerns, pd.concat([met, covered], ignore_index=True), kinds),
        settlement=pd.Series(communities["settlement"].astype(str).to_numpy(), index=areas),
    )


def _groups(run: Run, areas: pd.Index) -> pd.DataFrame:
    """Return the children of each area by age group and settlement; groups without any left out."""
    demand = run.inputs.demand
    ages = [g for g in age_groups() if g in demand]
    found: dict[str, pd.Series] = {}
    for settlement, rows in demand.groupby(demand["settlement"].astype(str), sort=True):
        sums = rows[ages].fillna(0.0).groupby(rows["area_id"].astype(str)).sum().reindex(areas)
        found |= {f"{age}{SEPARATOR}{settlement}": sums[age].fillna(0.0) for age in ages}
    groups = pd.DataFrame(found, index=areas)
    return groups.loc[:, groups.sum() > 0]


def _concerns(run: Run, groups: pd.DataFrame) -> dict[str, frozenset[str]]:
    """Return which groups each rule concerns, of the rules that take age groups as a whole."""
    tested = set(run.result.tables["by_area"]["rule_id"])
    found = {}
    for rule in one_test_each(standards_of(run.study, run.inputs.communities)[0]):
        shares = age_shares(rule.ages)
        if rule.id not in tested or any(share < 1 for share in shares.values()):
            continue
        halves = [str(g).rpartition(SEPARATOR) for g in groups]
        settlements = np.array([settlement for *_, settlement in halves], dtype=object)
        applies = in_scope(rule, settlements)
        mine = [
            f"{age}{SEPARATOR}{settlement}"
            for (age, _, settlement), fits in zip(halves, applies, strict=True)
            if fits and age in shares
        ]
        if mine:
            found[rule.id] = frozenset(mine)
    return found


def grouped(
    run: Run, counts: Counts, *, k: int, before: Sequence[Mapping[str, str]] = ()
) -> gpd.GeoDataFrame:
    """Put communities together until each group may be told of.

    Parameters
    ----------
    run
        The run.
    counts
        From `counts_of`.
    k
        The smallest group.
    before
        Groupings of earlier releases, the last one last: one of the same communities that still
        has enough children everywhere is kept, so that the public sees the same areas.

    Returns
    -------
    GeoDataFrame
        The communities, in their order: ``area_id, name, town, settlement, group, public_town``.
    """
    areas = run.inputs.communities[["area_id", "name", "town", "settlement", "geometry"]].copy()
    areas["area_id"] = areas["area_id"].astype(str)
    areas["public_town"] = _towns(areas, counts, k=k)
    columns = np.column_stack([counts.children, counts.groups]).astype(np.float64)
    by_town = areas.assign(town=areas["public_town"])
    positions = merged(
        by_town, columns, least=least_to_split(k), empty_passes=np.arange(columns.shape[1]) > 0
    )
    fresh = areas["area_id"].to_numpy()[positions]
    areas["group"] = _kept(areas, counts, fresh, before=before, k=k)
    return areas


def _towns(areas: gpd.GeoDataFrame, counts: Counts, *, k: int) -> list[str]:
    """Return the name of the town of each area; towns with too few children go together."""
    names = areas["town"].fillna("").astype(str)
    children = counts.children.groupby(names.to_numpy()).sum()
    if (children >= least_to_split(k)).all():
        return [str(name) for name in names]
    shapes = areas[["geometry"]].assign(name=names).dissolve("name")
    children = children.reindex(shapes.index)
    towns = shapes.reset_index(names="area_id").assign(town="")
    group = merged(
        towns,
        children.to_numpy(np.float64)[:, None],
        least=least_to_split(k),
        empty_passes=np.array([False]),
    )
    together: dict[int, list[str]] = {}
    for name, first in zip(shapes.index, group, strict=True):
        together.setdefault(int(first), []).append(str(name))
    called = {n: enumerated(filter(None, sorted(ns))) for ns in together.values() for n in ns}
    return [called[name] for name in names]


def _kept(
    areas: gpd.GeoDataFrame,
    counts: Counts,
    fresh: np.ndarray,
    *,
    before: Sequence[Mapping[str, str]],
    k: int,
) -> list[str]:
    """Return the last grouping that was published if it still holds, else the fresh one."""
    ids = areas["area_id"].tolist()
    for grouping in reversed(before):
        if set(grouping) == set(ids):
            group = [grouping[i] for i in ids]
            if counts.children.groupby(group).sum().min() >= k:
                return group
    return [str(g) for g in fresh]


def units_of(areas: gpd.GeoDataFrame, *, district: str) -> tuple[Unit, ...]:
    """Return the district, its towns and the groups; where two have the same areas, both."""
    everyone = frozenset(areas["area_id"])
    units = [Unit(DISTRICT, "district", district, "", everyone)]
    for town, rows in areas.groupby("public_town", sort=True):
        units.append(Unit(f"T{len(units):03d}", "town", str(town), str(town), _ids(rows)))
    towns = len(units)
    for _, rows in areas.groupby("group", sort=True):
        name = enumerated(rows["name"].fillna(rows["area_id"]).astype(str))
        town = enumerated(sorted(set(rows["public_town"])))
        units.append(Unit(f"A{len(units) - towns + 1:03d}", "area", name, town, _ids(rows)))
    return tuple(units)


def _ids(rows: pd.DataFrame) -> frozenset[str]:
    return frozenset(rows["area_id"])
