"""Of which areas does a public edition tell: the district, its towns, and communities put together?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from analyses.people import age_groups
from analyses.privacy.merging import merged
from analyses.privacy.release import Counts, Unit, chains_of
from analyses.privacy.rounding import least_to_split
from analyses.result import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analyses.run import Run

DISTRICT = "district"


def counts_of(run: Run) -> Counts:
    """Return the true counts of a run for each community and rule (unknown counts are none)."""
    table = run.result.tables["by_area"]
    areas = run.inputs.communities["area_id"].astype(str)
    inside = table[table["area_id"].isin(areas)]
    wide = {
        name: inside.pivot_table(index="area_id", columns="rule_id", values=name, aggfunc="sum")
        .reindex(areas)
        .fillna(0.0)
        .clip(lower=0.0)
        for name in ("children", "covered_walk")
    }
    concerned, covered = wide["children"], wide["covered_walk"]
    rules = run.result.tables["rules"]
    kinds = dict(zip(rules["rule_id"].astype(str), rules["kind"].astype(str), strict=True))
    points = run.result.tables["points"]
    everyone = points.groupby("area_id")["children"].sum().reindex(areas).fillna(0.0)
    met = pd.DataFrame(
        {r: (points[f"status:{r}"] == Status.COVERED).astype(float) for r in concerned}
    )
    finest = pd.concat([met, covered], ignore_index=True)
    return Counts(everyone, concerned, covered, kinds, chains_of(concerned, finest, kinds))


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
    columns, empty_passes = _counted(run, counts)
    by_town = areas.assign(town=areas["public_town"])
    positions = merged(by_town, columns, least=least_to_split(k), empty_passes=empty_passes)
    fresh = areas["area_id"].to_numpy()[positions]
    areas["group"] = _kept(areas, counts, fresh, before=before, k=k)
    return areas


def _towns(areas: gpd.GeoDataFrame, counts: Counts, *, k: int) -> list[str]:
    """Return the name of the town of each area; towns with too few children go together."""
    names = areas["town"].fillna("").astype(str)
    shapes = areas[["geometry"]].assign(name=names).dissolve("name")
    children = counts.children.groupby(names.to_numpy()).sum().reindex(shapes.index)
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
    called = {n: "、".join(filter(None, sorted(ns))) for ns in together.values() for n in ns}
    return [called[name] for name in names]


def _counted(run: Run, counts: Counts) -> tuple[np.ndarray, np.ndarray]:
    """Return all, by age group and by rule: what every group must have enough of."""
    groups = [g for g in age_groups() if g in run.inputs.demand]
    by_age = run.inputs.demand.groupby("area_id")[groups].sum()
    ages = by_age.reindex(counts.children.index).fillna(0.0).to_numpy(np.float64)
    rules = counts.concerned.to_numpy(np.float64)
    columns = np.column_stack([counts.children.to_numpy(np.float64), ages, rules])
    empty_passes = np.arange(columns.shape[1]) > len(groups)
    return columns, empty_passes


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
        name = "、".join(rows["name"].fillna(rows["area_id"]).astype(str))
        town = "、".join(sorted(set(rows["public_town"])))
        units.append(Unit(f"A{len(units) - towns + 1:03d}", "area", name, town, _ids(rows)))
    return tuple(units)


def _ids(rows: pd.DataFrame) -> frozenset[str]:
    return frozenset(rows["area_id"])
