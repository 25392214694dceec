"""Which school zones would a study have: contiguous, within the places, changing least (学区)?

A block is what one community has on one side of the listed roads; every block goes to one school.
Today's zones are the official catchments, or else each block's nearest school.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from analyses.coverage import area_codes
from analyses.facilities import kinds_serving
from analyses.places import places_for, touching_areas
from analyses.routes import official_schools
from analyses.rules import children_of, parts_of
from analyses.schema import spread
from analyses.zones.plan import Blocks, zones
from geo.bundled import load_toml
from geo.findings import Finding, InputRefused
from geo.words import in_columns, texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyses.city import City
    from analyses.places import Stage
    from analyses.zones.plan import Zones
    from analyses.zones.ways import Ways
    from geo.arrays import Flags, Floats, Ints


_FILE = "study.toml"
_FAR_M = 1e6


@dataclass(frozen=True, eq=False)
class ZonePlan:
    """Zones of all stages: tables by name, communities to be drawn, remarks."""

    tables: dict[str, pd.DataFrame]
    shown: gpd.GeoDataFrame | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, eq=False)
class _Case:
    """A stage's schools and blocks: area and part of each, whose places are assumed."""

    stage: Stage
    schools: gpd.GeoDataFrame
    blocks: Blocks
    area: Ints
    part: Ints
    must_cross: Flags
    assumed: Flags


def school_zones(
    city: City,
    stages: Sequence[Stage],
    ways: Ways,
    *,
    official: gpd.GeoDataFrame | None = None,
    seconds: float = 30.0,
) -> ZonePlan:
    """Plan the zones of each stage that has them.

    Parameters
    ----------
    city
        Facilities, demand points and communities.
    stages
        From `analyses.places.reach.stages_of`.
    ways
        From `analyses.zones.ways.zone_ways`, of all facilities.
    official
        Today's catchments, see `analyses.routes.catchments`; None: the nearest school.
    seconds
        How long to look for each stage.

    Returns
    -------
    ZonePlan
        ``school_zones``: a row for each block with children: ``stage, area_id, name, town, part``
        (where listed roads divide a community)``, children, from_school, facility_id, school,
        way_before_m, way_after_m, change`` (stays | moves)``, why_…, must_cross`` (no
        school on its side)``, apart`` (not in one piece with its zone).  ``zone_schools``: ``stage,
        facility_id, name, places, assumed`` (not known: room for today's zone)``, children, over,
        blocks, gap``.

    Examples
    --------
    >>> import numpy as np, yimi
    >>> from analyses.places import stages_of
    >>> from analyses.zones.ways import zone_ways
    >>> city = yimi.load(yimi.demo).city
    >>> schools = np.flatnonzero(city.facilities["kind"].isin(zoned_kinds()))
    >>> stages = stages_of([yimi.rule("小学", metres=500)])
    >>> plan = school_zones(city, stages, zone_ways(city, schools, sides=False))
    >>> set(plan.tables["school_zones"]["change"]) <= {"stays", "moves"}
    True
    """
    rows: list[pd.DataFrame] = []
    sums: list[pd.DataFrame] = []
    findings: list[Finding] = []
    wanted = load_toml("rules/zones.toml")["stages"]["zoned"]
    for stage in (s for s in stages if s.id in wanted):
        case = _case(city, stage, ways, official=official)
        if case is None:
            continue
        try:
            plan = zones(case.blocks, seconds=seconds, strict=False)
        except InputRefused as refusal:
            detail = {"code": refusal.findings[0].code, "stage": stage.title}
            findings.append(Finding("ZONES_NOT_PLANNED", _FILE, detail=detail))
            continue
        rows.append(_block_rows(case, plan, city.communities))
        sums.append(_school_rows(case, plan))
        findings += _findings(case, plan)
    if not rows:
        return ZonePlan({}, None, tuple(findings))
    table = pd.concat(rows, ignore_index=True)
    tables = {"school_zones": table, "zone_schools": pd.concat(sums, ignore_index=True)}
    return ZonePlan(tables, _drawn(table, city.communities), tuple(findings))


def zoned_kinds() -> frozenset[str]:
    """Return the kinds of facilities that serve a stage with zones.

    Examples
    --------
    >>> "primary_school" in zoned_kinds(), "park" in zoned_kinds()
    (True, False)
    """
    wanted = load_toml("rules/zones.toml")["stages"]["zoned"]
    return frozenset().union(*(kinds_serving(stage) for stage in wanted))


def _case(
    city: City, stage: Stage, ways: Ways, *, official: gpd.GeoDataFrame | None
) -> _Case | None:
    """Make the blocks of a stage; None without a school or a child."""
    facilities, demand, communities = city.facilities, city.demand, city.communities
    serving = np.flatnonzero(facilities["kind"].isin(kinds_serving(stage.id)).to_numpy())
    children = np.nan_to_num(children_of(parts_of(stage.rules[0])[0], demand))
    area = area_codes(demand, communities)
    points = np.flatnonzero((children > 0) & (area < len(communities)))
    if not len(serving) or not len(points):
        return None
    pairs, block = _blocks(area[points], ways.island[points], children[points])
    size = children[points]
    way_m, reached = ways.mean(points, block, weight=size, facilities=serving)
    cut_off = np.asarray(~reached.any(axis=1), dtype=bool)
    across_m = ways.mean_across(points, block, weight=size, facilities=serving)
    must_cross = np.asarray(cut_off & np.isfinite(across_m).any(axis=1), dtype=bool)
    way_m = np.where(cut_off[:, None], across_m, way_m)
    schools = facilities.iloc[serving].reset_index(drop=True)
    at = demand.iloc[points].reset_index(drop=True)
    way_m = _with_straight(way_m, schools, at, block=block)
    today = _today(schools, at, block, official=official, weight=size, way_m=way_m)
    every = np.arange(len(pairs))
    keep = way_m <= load_toml("rules/zones.toml")["farthest"][stage.id]
    keep[every, np.argmin(way_m, axis=1)] = keep[every, today] = True
    weight = np.bincount(block, size, len(pairs)).astype(np.float64)
    places = places_for(stage.id, schools)
    # Of a school of unknown places it is assumed that it has room for today's zone.
    load = np.bincount(today, weight, len(schools))
    blocks = Blocks(
        children=weight,
        way_m=way_m,
        crosses=(~reached & ~cut_off[:, None]) | ~keep,
        touching=_touching(communities, pairs[:, 0]),
        home=np.argmin(np.where(reached, way_m, way_m + _FAR_M), axis=0),
        places=np.where(np.isnan(places), load, places),
        today=today,
    )
    part = _numbered(pairs[:, 0])
    return _Case(
        stage,
        schools,
        blocks,
        pairs[:, 0],
        part,
        must_cross,
        np.asarray(np.isnan(places), dtype=bool),
    )


def _blocks(area: Ints, island: Ints, weight: Floats) -> tuple[Ints, Ints]:
    """Return area and island of each block, and the block of each point.

    A point on no street belongs to the block of its community with most children.
    """
    rows = pd.DataFrame({"area": area, "island": island, "weight": weight})
    on = rows[rows["island"] >= 0].groupby(["area", "island"])["weight"].sum().reset_index()
    main = on.sort_values("weight", kind="stable").drop_duplicates("area", keep="last")
    main_of = rows["area"].map(main.set_index("area")["island"]).fillna(-1).astype(np.int64)
    island = np.where(island >= 0, island, main_of.to_numpy())
    pairs, block = np.unique(np.column_stack([area, island]), axis=0, return_inverse=True)
    return pairs, block.ravel()


def _with_straight(
    way_m: Floats, schools: gpd.GeoDataFrame, points: gpd.GeoDataFrame, *, block: Ints
) -> Floats:
    """Fill the rows of blocks with no way to any school with straight distances."""
    lost = np.flatnonzero(~np.isfinite(way_m).any(axis=1))
    xy = shapely.get_coordinates(np.asarray(points.geometry.array))
    count = np.bincount(block, minlength=len(way_m))
    middle = np.column_stack([np.bincount(block, part) / count for part in xy.T])
    at = shapely.get_coordinates(shapely.centroid(np.asarray(schools.geometry.array)))
    filled = way_m.copy()
    filled[lost] = np.hypot(*(middle[lost, None] - at[None]).transpose(2, 0, 1))
    return filled


def _today(
    schools: gpd.GeoDataFrame,
    points: gpd.GeoDataFrame,
    block: Ints,
    *,
    official: gpd.GeoDataFrame | None,
    weight: Floats,
    way_m: Floats,
) -> Ints:
    """Return the school of most children of each block today, else the nearest one."""
    (point, school), _ = official_schools(schools, points, official)
    votes = sparse.coo_array(
        (weight[point], (block[point], school)), shape=(len(way_m), len(schools))
    ).toarray()
    first = np.where(votes.any(axis=1), votes.argmax(axis=1), np.argmin(way_m, axis=1))
    return np.asarray(first, dtype=np.int64)


def _touching(communities: gpd.GeoDataFrame, area: Ints) -> sparse.csr_array:
    """Return 1 where the communities of two blocks are the same or share a border."""
    size = len(communities)
    same, (one, other) = np.arange(size), touching_areas(communities)
    row, column = np.concatenate([same, one]), np.concatenate([same, other])
    beside = sparse.csr_array((np.ones(len(row)), (row, column)), shape=(size, size))
    picked = sparse.csr_array(
        (np.ones(len(area)), (np.arange(len(area)), area)), shape=(len(area), size)
    )
    linked = sparse.csr_array(picked @ beside @ picked.T)
    linked.setdiag(0)
    linked.eliminate_zeros()
    return linked


def _numbered(area: Ints) -> Ints:
    """Return 1, 2 … for the blocks of each community that has several, 0 where it is one."""
    of = pd.Series(area).groupby(area)
    number, size = of.cumcount().to_numpy() + 1, of.transform("size").to_numpy()
    return np.asarray(np.where(size > 1, number, 0), dtype=np.int64)


def _block_rows(case: _Case, plan: Zones, communities: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return a row for each block: where it goes, from where, and why."""
    blocks, schools = case.blocks, case.schools
    every = np.arange(len(blocks.children))
    names = schools["name"].to_numpy(dtype=object)
    why = pd.Series("stays", index=every)
    why.loc[plan.moves["block"].to_numpy()] = plan.moves["why"].to_numpy()
    words = texts("places/zone_why")
    of_area = communities[["area_id", "name", "town"]].iloc[case.area].reset_index(drop=True)
    moved = (plan.school != blocks.today).astype(bool)
    facts = {
        "stage": case.stage.id,
        **{name: of_area[name].to_numpy() for name in of_area},
        "part": case.part,
        "children": blocks.children,
        "from_school": names[blocks.today],
        "facility_id": schools["facility_id"].to_numpy()[plan.school],
        "school": names[plan.school],
        "way_before_m": blocks.way_m[every, blocks.today],
        "way_after_m": blocks.way_m[every, plan.school],
        "change": np.where(moved, "moves", "stays"),
        **in_columns("why", lambda lang: [words[w][lang] for w in why]),
        "must_cross": case.must_cross,
        "apart": np.isin(every, plan.apart),
    }
    return pd.DataFrame(facts)


def _school_rows(case: _Case, plan: Zones) -> pd.DataFrame:
    """Return a row for each school: its places and the children of its zone."""
    size = len(case.schools)
    places = case.blocks.places
    return pd.DataFrame(
        {
            "stage": case.stage.id,
            "facility_id": case.schools["facility_id"].to_numpy(),
            "name": case.schools["name"].to_numpy(),
            "places": places,
            "assumed": case.assumed,
            "children": np.bincount(plan.school, case.blocks.children, size),
            "over": plan.over,
            "blocks": np.bincount(plan.school, minlength=size),
            "gap": plan.gap,
        }
    )


def _findings(case: _Case, plan: Zones) -> list[Finding]:
    """Return what a plan could not keep to."""
    found = []
    words = {"stage": case.stage.title}
    if (over := float(plan.over.sum())) >= 1:
        detail = {"schools": int((plan.over > 0).sum()), "children": round(over), **words}
        found.append(Finding("ZONES_OVER", _FILE, detail=detail))
    if (cut := float(case.blocks.children[case.must_cross].sum())) >= 1:
        detail = {"children": round(cut), **words}
        found.append(Finding("ZONES_MUST_CROSS", _FILE, detail=detail))
    return found


def _drawn(table: pd.DataFrame, communities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return each community with the school of most of its children, once for each stage."""
    largest = table.sort_values("children", ascending=False, kind="stable")
    largest = largest.drop_duplicates(["stage", "area_id"]).sort_index()
    total = table.groupby(["stage", "area_id"])["children"].sum().rename("all").reset_index()
    rows = largest.merge(total, on=["stage", "area_id"]).assign(children=lambda t: t["all"])
    columns = spread(("area_id", "name", "stage", "facility_id", "school", "from_school",
                      "children", "change", "why_*"))  # fmt: skip
    shapes = communities.set_index("area_id").geometry
    return gpd.GeoDataFrame(
        rows[list(columns)], geometry=shapes.loc[rows["area_id"]].to_numpy(), crs=communities.crs
    )
