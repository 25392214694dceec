"""Places in tables: who lacks one and why, which communities together, which schools are full."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from analyses.coverage import OUTSIDE, area_codes
from analyses.facilities import kinds_serving
from analyses.places.cohorts import first_shortage, outlook
from analyses.places.gap import CAUSES
from analyses.places.reach import places_for
from analyses.result import Indicator
from analyses.rules import age_groups
from geo.bundled import load_toml
from geo.findings import enumerated
from geo.words import text, texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from analyses.places.gap import StageGap
    from analyses.places.reach import Stage, StageReach
    from geo.arrays import Ints


def areas_of(communities: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return ``area_id, name, town`` of the communities and a last row for all outside them."""
    outside = text("coverage/place/outside")["zh"]
    areas = pd.DataFrame(communities[["area_id", "name", "town"]]).reset_index(drop=True)
    areas.loc[len(areas)] = [OUTSIDE, outside, ""]
    return areas


def gap_table(
    found: StageReach,
    gaps: tuple[StageGap, StageGap],
    demand: pd.DataFrame,
    *,
    areas: pd.DataFrame,
) -> pd.DataFrame:
    """Return for each community, and in a last row for all, the children by cause.

    Parameters
    ----------
    found
        From `analyses.places.reach.stage_reach`.
    gaps
        With unlimited places where they are not known (what is missing for certain), and with none.
    demand
        The demand points.
    areas
        From `areas_of`.

    Returns
    -------
    pandas.DataFrame
        ``stage, area_id, name, town, children, distance, safety, capacity_low, placed`` (the four
        add up to the children)``, share_placed``; ``capacity_high`` and ``share_placed_low`` if the
        places that are not known were none; ``out_of_scope`` (children to whom no rule applies).
        The row of all has no ``area_id``.
    """
    low, high = gaps
    code = area_codes(demand, areas.iloc[:-1])
    numbers = {name: found.by_point(low.causes[name].to_numpy()) for name in CAUSES}
    numbers["capacity_low"] = numbers.pop("capacity")
    numbers["capacity_high"] = found.by_point(high.causes["capacity"].to_numpy())
    numbers["out_of_scope"] = found.out_of_scope
    table = pd.DataFrame(
        {name: np.bincount(code, value, len(areas)) for name, value in numbers.items()}
    )
    total = table.sum().to_frame().T
    table = pd.concat([areas[["area_id", "name", "town"]], table], axis=1)
    table = table[(table["area_id"] != OUTSIDE) | (table[list(numbers)].sum(axis=1) > 0)]
    table = pd.concat([table, total], ignore_index=True)
    table.insert(0, "stage", found.stage.id)
    four = ["distance", "safety", "capacity_low", "placed"]
    table.insert(4, "children", table[four].sum(axis=1))
    some = table["children"].where(table["children"] > 0)
    table["share_placed"] = table["placed"] / some
    without = table[["distance", "safety", "capacity_high"]].sum(axis=1)
    table["share_placed_low"] = 1.0 - without / some
    head = ["stage", "area_id", "name", "town", "children"]
    shares = ["share_placed", "share_placed_low"]
    return table[[*head, *four, "capacity_high", *shares, "out_of_scope"]]


def group_table(
    found: StageReach,
    gap: StageGap,
    demand: pd.DataFrame,
    *,
    areas: pd.DataFrame,
    facilities: pd.DataFrame,
) -> pd.DataFrame:
    """Return which communities are jointly short of places, whoever goes where: the proof.

    Returns
    -------
    pandas.DataFrame
        ``stage, group, communities, facilities`` (names)``, children`` (who reach only these
        facilities)``, places, short``; the largest first.
    """
    code = area_codes(demand, areas.iloc[:-1])
    names, schools = areas["name"].to_numpy(), facilities["name"].to_numpy()[found.rows]
    rows = [
        {
            "stage": found.stage.id,
            "group": number,
            "communities": listed(names[np.unique(code[found.point[group.points]])]),
            "facilities": listed(schools[group.facilities]),
            "children": group.children,
            "places": group.places,
            "short": group.short,
        }
        for number, group in enumerate(gap.groups, start=1)
    ]
    columns = ["stage", "group", "communities", "facilities", "children", "places", "short"]
    return pd.DataFrame(rows, columns=columns)


def group_areas(
    found: StageReach, gap: StageGap, demand: pd.DataFrame, *, communities: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return the communities of the short groups to be drawn: ``stage, group, area_id, short``."""
    code = area_codes(demand, communities)
    shapes = communities[["area_id", "name", "geometry"]]
    parts = [shapes.iloc[:0].assign(stage="", group=0, short=0.0)]
    for number, group in enumerate(gap.groups, start=1):
        rows = np.unique(code[found.point[group.points]])
        own = shapes.iloc[rows[rows < len(communities)]]
        parts.append(own.assign(stage=found.stage.id, group=number, short=group.short))
    return pd.concat(parts, ignore_index=True)


def school_table(found: StageReach, gap: StageGap, facilities: pd.DataFrame) -> pd.DataFrame:
    """Return for each facility of a stage its places and what one more would do.

    Returns
    -------
    pandas.DataFrame
        ``facility_id, name, stage, places`` (NaN: not known)``, assigned, fill, spare,
        one_more_places`` (a child gets a place who has none)``, one_more_saves_m``.
    """
    own = facilities.iloc[found.rows]
    places = found.places
    some = np.where(places > 0, places, np.nan)
    return pd.DataFrame(
        {
            "facility_id": own["facility_id"].to_numpy(),
            "name": own["name"].to_numpy(),
            "stage": found.stage.id,
            "places": places,
            "assigned": gap.filled,
            "fill": gap.filled / some,
            "spare": np.maximum(places - gap.filled, 0.0),
            "one_more_places": gap.one_more_places,
            "one_more_saves_m": gap.one_more_saves_m,
        }
    )


def assignment_table(
    found: StageReach,
    gap: StageGap,
    demand: pd.DataFrame,
    *,
    areas: pd.DataFrame,
    facilities: pd.DataFrame,
) -> pd.DataFrame:
    """Return who goes where: most children placed, then the fewest metres.

    Returns
    -------
    pandas.DataFrame
        ``stage, area_id, name, facility_id, school, children, moved`` (of whom not to the nearest
        facility in reach)``, assigned_m`` (their mean way).
    """
    reach, used = found.reach, gap.flows > 0
    code = area_codes(demand, areas.iloc[:-1])[found.point[reach.point[used]]]
    nearest_m = np.full(len(reach.children), np.inf)
    np.minimum.at(nearest_m, reach.point, reach.distance_m)
    way_m, children = reach.distance_m[used], gap.flows[used]
    rows = pd.DataFrame(
        {
            "area": code,
            "facility": reach.facility[used],
            "children": children,
            "moved": np.where(way_m > nearest_m[reach.point[used]], children, 0.0),
            "metres": children * way_m,
        }
    )
    sums = rows.groupby(["area", "facility"], as_index=False).sum()
    own = facilities.iloc[found.rows[sums["facility"]]]
    return pd.DataFrame(
        {
            "stage": found.stage.id,
            "area_id": areas["area_id"].to_numpy()[sums["area"]],
            "name": areas["name"].to_numpy()[sums["area"]],
            "facility_id": own["facility_id"].to_numpy(),
            "school": own["name"].to_numpy(),
            "children": sums["children"],
            "moved": sums["moved"],
            "assigned_m": sums["metres"] / sums["children"],
        }
    )


def own_first(
    found: StageReach,
    demand: pd.DataFrame,
    *,
    communities: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
) -> Ints:
    """Return 0 for pairs of a child and a facility of one community, else 1."""
    home = area_codes(demand, communities)[found.point[found.reach.point]]
    place = areas_at(facilities, communities)[found.rows[found.reach.facility]]
    return np.where(home == place, 0, 1).astype(np.int64)


def ahead_tables(
    stages: Sequence[Stage],
    facilities: gpd.GeoDataFrame,
    demand: pd.DataFrame,
    *,
    communities: gpd.GeoDataFrame,
    first_year: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return places and children of each town in the coming years, and when they run short.

    Parameters
    ----------
    stages
        From `analyses.places.reach.stages_of`.
    facilities, demand, communities
        See `analyses.coverage.analysis`; a facility belongs to the town of the community that it
        lies in.
    first_year
        The year of the counts.

    Returns
    -------
    tuple
        `analyses.places.cohorts.outlook` and `analyses.places.cohorts.first_shortage` with
        ``stage`` and ``town`` in front.
    """
    groups = [group for group in age_groups() if group in demand]
    town = demand["town"].fillna("").astype(str)
    children = demand[groups].fillna(0.0).groupby(town.to_numpy()).sum()
    children = children.rename_axis("area_id").reset_index()
    town_of = _towns(facilities, communities)
    years, first = [], []
    for stage in stages:
        given = pd.DataFrame({"area_id": town_of, "places": places_for(stage.id, facilities)})
        serves = facilities["kind"].isin(kinds_serving(stage.id)).to_numpy()
        known = given[serves & given["places"].notna().to_numpy()]
        coming = outlook(children, known, stage=stage.id, first_year=first_year)
        years.append(_by_town(stage, coming))
        first.append(_by_town(stage, first_shortage(coming)))
    return pd.concat(years, ignore_index=True), pd.concat(first, ignore_index=True)


def indicators_of(stage: Stage, total: pd.Series) -> Iterator[Indicator]:
    """Yield the share of the children with a place, and those without by cause."""
    children = float(total["children"])
    if not children > 0:
        return
    titles = texts("places/indicator")
    for cause in ("placed", "distance", "safety", "capacity"):
        number = float(total["capacity_low" if cause == "capacity" else cause])
        yield Indicator(
            id=f"places.{stage.id}.{cause}",
            title=titles[cause].format(stage=stage.title),
            value=number / children,
            unit="share",
            numerator=number,
            denominator=children,
        )


def _by_town(stage: Stage, table: pd.DataFrame) -> pd.DataFrame:
    named = table.rename(columns={"area_id": "town"})
    named.insert(0, "stage", stage.id)
    return named


def listed(names: Sequence[object] | NDArray[np.object_]) -> str:
    """Return names as one text, the first ones where there are many."""
    most = load_toml("rules/places.toml")["names"]["most"]
    texts = [str(name) for name in names]
    more = load_toml("rules/places.toml")["names"]["more"] if len(texts) > most else ""
    return enumerated(texts[:most]) + more.format(count=len(texts) - most)


def areas_at(facilities: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> Ints:
    """Return the row of the community that each facility lies in, -1 outside all of them."""
    inner = shapely.point_on_surface(np.asarray(facilities.geometry.array))
    shapes = np.asarray(communities.geometry.array)
    point, area = shapely.STRtree(shapes).query(inner, predicate="intersects")
    row = np.full(len(facilities), -1, dtype=np.int64)
    first, where = np.unique(point, return_index=True)
    row[first] = area[where]
    return row


def _towns(facilities: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> list[str]:
    """Return the town of the community that each facility lies in, "" outside all of them."""
    names = [*communities["town"].fillna("").astype(str), ""]
    return [names[row] for row in areas_at(facilities, communities).tolist()]
