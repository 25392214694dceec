"""How many children of each age has each community: by its columns, a table, totals of towns?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from analyses.rules import age_groups
from analyses.run.ages import with_age_groups
from analyses.run.tables import TableJoin, read_joined
from geo.bundled import load_toml
from geo.findings import Finding, InputRefused, enumerated
from geo.people import demand_in_zones, spread_totals, zone_of
from geo.words import texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from analyses.run.ages import Counted
    from analyses.run.tables import JoinedTable
    from analyses.study import LayerInput, Study
    from geo.arrays import Floats
    from geo.read import Layer, ReadOptions
    from geo.walk import WalkNetwork
    from geo.words import Text

_SHARED_BY = ("children_total", "population", "dwellings")


def children_of_communities(
    study: Study,
    read: Callable[[LayerInput, ReadOptions], Layer],
    *,
    communities: gpd.GeoDataFrame,
    headers: Mapping[str, str],
    buildings: gpd.GeoDataFrame | None,
    network: WalkNetwork,
) -> Counted:
    """Return the communities with a column for each age group that is known somewhere.

    Counts come from the table of ``children.path`` where there is one, else from the communities'
    own columns.  Rows of the table that are totals of a town, or of the whole, go to those
    communities in it that have no number of their own.

    Parameters
    ----------
    study
        Its ``[children]`` names the table and the age structure.
    read
        Reads a layer of the study.
    communities
        See `analyses.run.communities.communities_of`; metric CRS.
    headers
        Column of the communities -> header of their file.
    buildings, network
        Homes, or else streets, by which totals of towns are shared out.

    Raises
    ------
    InputRefused
        ``ZONES_TWICE`` where communities with children lie upon one another.
    """
    section = study.children
    file = study.communities.path if study.communities else "communities"
    own = with_age_groups(communities, file=file, structure=section.structure, headers=headers)
    if section.path is None or study.communities is None:
        _refuse_twice(own, file=file)
        return own
    to = table_join(study, communities)
    table = read_joined(read, section, to)
    both = gpd.GeoDataFrame(pd.concat([table.rows, table.areas]))
    counted = with_age_groups(
        both, file=section.path, structure=section.structure, headers=table.headers
    )
    groups = list(age_groups())
    found = counted.frame.reindex(columns=groups).to_numpy(np.float64, na_value=np.nan)
    values = np.full((len(communities), len(groups)), np.nan)
    values[table.rows.index.to_numpy(np.int64)] = found[: len(table.rows)]
    findings = [*table.findings, *counted.findings]
    notes = list(counted.notes)
    if len(table.areas):
        weight, way = _weights(study, own, table, buildings=buildings, network=network)
        totals = found[len(table.rows) :]
        spread = spread_totals(values, totals, members=table.members, weight=weight)
        values = spread.counts
        findings += _apart(table, spread.contradicting, file=section.path)
        if spread.filled:
            shared = texts("coverage/demand")["totals_shared"]
            notes.append(shared.format(count=spread.filled, way=way))
    if np.isfinite(values).all():
        findings = [f for f in findings if f.code not in ("AGES_NOT_SPLIT", "AGES_UNREAD")]
    known = {g: values[:, n] for n, g in enumerate(groups) if np.isfinite(values[:, n]).any()}
    bare = communities.drop(columns=[g for g in groups if g in communities])
    whole = replace(own, frame=bare.assign(**known), findings=tuple(findings), notes=tuple(notes))
    _refuse_twice(whole, file=file)
    return whole


def table_join(study: Study, communities: gpd.GeoDataFrame, *, areas: bool = True) -> TableJoin:
    """Return the communities as a table is joined to them."""
    layer = study.communities.path if study.communities else "communities"
    zones = pd.DataFrame(communities[["area_id", "name", "town"]])
    return TableJoin(zones, layer, district=study.study.name, areas=areas)


def _weights(
    study: Study,
    own: Counted,
    table: JoinedTable,
    *,
    buildings: gpd.GeoDataFrame | None,
    network: WalkNetwork,
) -> tuple[Floats, Text]:
    """Return by what totals are shared out among the communities, and its name.

    The first that is known of all communities: their children, people, dwellings; else their homes.
    """
    ways = texts("coverage/share_by")
    communities = own.frame
    if own.groups:
        children = communities[own.groups].sum(axis=1, skipna=False)
        communities = communities.assign(children_total=children)
    for column in _SHARED_BY:
        nothing = pd.Series(np.nan, communities.index)
        weight = communities.get(column, nothing).astype(float)
        if column in table.rows:
            weight = table.rows[column].astype(float).reindex(weight.index).fillna(weight)
        if weight.notna().all():
            return np.asarray(weight, dtype=np.float64), ways[column]
    whole = gpd.GeoDataFrame(
        {"area_id": ["all"], "homes": [1.0]},
        geometry=[shapely.union_all(communities.geometry.to_numpy())],
        crs=communities.crs,
    )
    points = demand_in_zones(
        whole,
        value_columns=["homes"],
        buildings=buildings,
        lines=gpd.GeoDataFrame(geometry=network.tree.geometries, crs=network.crs),
        spacing_m=study.children.spacing_m,
    ).points
    zone, _ = zone_of(points.geometry.to_numpy(), communities)
    inside = zone >= 0
    homes = points["homes"].to_numpy(np.float64)[inside]
    weight = np.zeros(len(communities))
    np.add.at(weight, zone[inside], homes)
    has_homes = buildings is not None and len(buildings) > 0
    return weight, ways["homes" if has_homes else "streets"]


def _refuse_twice(counted: Counted, *, file: str) -> None:
    """Refuse communities with children that lie upon one another: their children count twice."""
    frame = counted.frame
    some = frame[counted.groups].sum(axis=1) > 0 if counted.groups else pd.Series(dtype=bool)
    peopled = frame[some.reindex(frame.index, fill_value=False)]
    shapes = peopled.geometry.to_numpy()
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    first, second = first[first < second], second[first < second]
    common = shapely.area(shapely.intersection(shapes[first], shapes[second]))
    smaller = np.minimum(shapely.area(shapes[first]), shapely.area(shapes[second]))
    limits = load_toml("rules/demand.toml")
    twice = np.flatnonzero(common > limits["zones_twice"]["value"] * smaller)
    if len(twice):
        most: int = limits["zones_named"]["value"]
        names = peopled["name"].astype(str).to_numpy()
        shown = enumerated(f"{names[first[i]]} / {names[second[i]]}" for i in twice[:most])
        detail = {"count": len(twice), "pairs": shown + ("…" if len(twice) > most else "")}
        raise InputRefused(Finding("ZONES_TWICE", file, detail=detail))


def _apart(table: JoinedTable, areas: tuple[int, ...], *, file: str) -> list[Finding]:
    """Name the totals that are not the sums of their communities."""
    if not areas:
        return []
    rows = table.areas.iloc[list(areas)]
    detail = {"count": len(rows), "areas": enumerated(rows.index)}
    return [Finding("CHILDREN_TOTALS_APART", file, detail=detail)]
