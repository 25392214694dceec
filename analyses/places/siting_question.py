"""Which siting problem does a rule of a study pose?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyses.coverage import area_codes, near_pairs
from analyses.places.reach import places_for
from analyses.rules import children_of, in_scope, parts_of, within
from analyses.sites import reach_from_pairs, siting_problem
from geo.arrays import MM_PER_M
from geo.bundled import load_toml
from geo.walk import Pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from analyses.city import City
    from analyses.coverage import Near
    from analyses.places.reach import Stage
    from analyses.rules import Rule
    from analyses.sites import Problem
    from geo.arrays import Floats, Ints


@dataclass(frozen=True, eq=False)
class Question:
    """A siting problem of a study.

    Attributes
    ----------
    stage, rule
        Which children, and which radius.
    candidates
        Those that fail nothing; site ``existing + k`` of the problem is row k.
    existing
        Number of facilities that are there.
    problem
        Without places; demand points of a community in one cell that have the same sites within the
        radius are one.
    places
        Of each site, inf where not known; None where no candidate has any.
    area
        Per demand point of the problem: row of `analyses.places.tables.areas_of`.
    limit_m
        How far ways were looked for.
    """

    stage: Stage
    rule: Rule
    candidates: gpd.GeoDataFrame
    existing: int
    problem: Problem
    places: Floats | None
    area: Ints
    limit_m: float

    @property
    def radius_m(self) -> float:
        """Return the service radius in metres."""
        return self.rule.metres or 0.0

    def names(self, sites: Sequence[int]) -> list[str]:
        """Return the names of new sites."""
        return [str(self.candidates["name"].iloc[site - self.existing]) for site in sites]


def question_of(stage: Stage, rule: Rule, *, city: City, areas: pd.DataFrame) -> Question | None:
    """Put a rule's problem together; None where it concerns nobody.

    Parameters
    ----------
    stage, rule
        A rule in metres.
    city
        Its facilities are those that are there, then the candidates (``candidate``: bool).
    areas
        From `analyses.places.tables.areas_of`.
    """
    sites, demand = city.facilities, city.demand
    applies = in_scope(rule, demand["settlement"].to_numpy(dtype=object))
    children = np.where(applies, np.nan_to_num(children_of(parts_of(rule)[0], demand)), 0.0)
    rows = np.flatnonzero(children > 0)
    if not len(rows):
        return None
    numbers = load_toml("rules/places.toml")["sites"]
    radius_m = rule.metres or 0.0
    limit_m = radius_m * numbers["reach_factor"]
    every = np.arange(len(sites), dtype=np.int64)
    near = near_pairs(city, every, rows, limit_mm=round(limit_m * MM_PER_M))
    xy = city.demand_xy // numbers["cell_m"]
    area = area_codes(demand, areas.iloc[:-1])
    pairs, group = _grouped(
        near, rows, np.column_stack([area.astype(np.float64), xy]), radius_m=radius_m
    )
    count = int(group.max()) + 1
    first = np.unique(group, return_index=True)[1]
    new = sites[sites["candidate"]].reset_index(drop=True)
    existing = len(sites) - len(new)
    problem = siting_problem(
        reach_from_pairs(pairs, sites=len(sites), demands=count),
        np.bincount(group, children[rows], count),
        existing=range(existing),
        cost=_costs(sites),
        unreached_sites=True,
    )
    return Question(
        stage, rule, new, existing, problem, _places(sites, stage), area[rows][first], limit_m
    )


def _grouped(near: Near, rows: Ints, cell: Floats, *, radius_m: float) -> tuple[Pairs, Ints]:
    """Join demand points of one cell with the same sites within the radius.

    Coverage stays exact; longer ways are the mean of those joined.

    Returns
    -------
    tuple
        Pairs of site and group, and the group of each of `rows`.
    """
    # As in coverage: a way is never shorter than the straight line.
    way = np.maximum(near.walk_m, near.straight_m)
    reached = np.isfinite(way)
    site, point, way = near.facility[reached], near.target[reached], way[reached]
    covers = within(way, radius_m * MM_PER_M)
    order = np.lexsort((site[covers], point[covers]))
    own, by = site[covers][order], point[covers][order]
    start = np.searchsorted(by, np.arange(len(cell) + 1))
    known: dict[tuple[bytes, bytes], int] = {}
    group = np.array(
        [
            known.setdefault(
                (cell[row].tobytes(), own[start[row] : start[row + 1]].tobytes()), len(known)
            )
            for row in rows.tolist()
        ],
        dtype=np.int64,
    )
    of_point = np.full(len(cell), -1, dtype=np.int64)
    of_point[rows] = group
    key = site * len(known) + of_point[point]
    pairs, pair, count = np.unique(key, return_inverse=True, return_counts=True)
    mean = np.bincount(pair, way, len(pairs)) / count
    return Pairs(pairs // len(known), pairs % len(known), mean), group


def _costs(sites: gpd.GeoDataFrame) -> Floats | None:
    new = sites["candidate"].to_numpy(dtype=bool)
    if "cost" not in sites or sites.loc[new, "cost"].isna().all():
        return None
    return np.where(new, pd.to_numeric(sites["cost"], errors="coerce").to_numpy(), 0.0)


def _places(sites: gpd.GeoDataFrame, stage: Stage) -> Floats | None:
    """Return the places of all sites for the stage; None where no candidate's are known."""
    places = places_for(stage.id, sites)
    if np.isnan(places[sites["candidate"].to_numpy(dtype=bool)]).all():
        return None
    return np.where(np.isnan(places), np.inf, places)
