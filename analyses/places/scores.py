"""How good is a community's access to places, how evenly spread, and where does it cluster?"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyses.coverage import area_codes
from analyses.places.access import (
    balanced_catchment,
    cumulative,
    floating_catchment,
    gravity,
    spatial_availability,
    three_steps,
)
from analyses.places.clusters import local_moran, moran, neighbours
from analyses.places.crowding import rational_choice
from analyses.places.decay import decay
from analyses.places.equity import concentration_index, gini, palma, shortfall, theil
from analyses.rules import in_scope
from geo.bundled import load_toml
from geo.words import texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from analyses.places.access import Reach
    from analyses.places.reach import StageReach
    from geo.arrays import Floats


_RULES, _WORDS = "rules/places.toml", "places"
AVAILABILITY = "availability"
_CLUSTER_COLUMNS = (
    "stage", "area_id", "name", "town", "value", "local_i", "quadrant", "p_value",
)  # fmt: skip
_DIGITS = 12
"""Digits of a measure: what is beyond is rounding."""


def scores(found: StageReach, area: NDArray[np.int64]) -> dict[str, Floats]:
    """Return each score at each demand point; NaN without children of the stage in scope.

    Parameters
    ----------
    found
        From `analyses.places.reach.stage_reach`; facilities of unknown places count as having none.
    area
        Number of each demand point's community.

    Returns
    -------
    dict
        ``cumulative, gravity`` (places)``, two_step, two_step_gaussian, three_step, balanced,
        availability`` (places per child) and ``raam_cost`` (1 = average crowding, or the whole
        radius to walk; inf without a place in reach, NaN where no facility's places are known).
    """
    flat = found.by_places
    fading = replace(flat, weight=_gaussian(flat, found.limit_m))
    children = flat.children
    per_child = np.divide(
        spatial_availability(fading), children, out=np.zeros(len(children)), where=children > 0
    )
    values = {
        "cumulative": cumulative(flat),
        "gravity": gravity(fading),
        "two_step": floating_catchment(flat),
        "two_step_gaussian": floating_catchment(fading),
        "three_step": three_steps(fading),
        "balanced": balanced_catchment(fading),
        AVAILABILITY: per_child,
        "raam_cost": _raam(flat, found.limit_m, area),
    }
    return {name: np.where(children > 0, value, np.nan) for name, value in values.items()}


def score_table(
    found: StageReach, values: Mapping[str, Floats], *, demand: pd.DataFrame, areas: pd.DataFrame
) -> pd.DataFrame:
    """Return the children's mean of each score by community, and a last row of the whole study.

    The mean cost is that of the children who have any place in reach.

    Parameters
    ----------
    found
        From `analyses.places.reach.stage_reach`.
    values
        From `scores`.
    demand
        The demand points.
    areas
        Communities, the last row of which stands for what lies outside all of them.
    """
    code = area_codes(demand, areas.iloc[:-1])
    children = found.by_point(found.reach.children)
    table = pd.DataFrame({"stage": found.stage.id, **areas[["area_id", "name", "town"]]})
    table["children"] = np.bincount(code, children, len(areas))
    whole: dict[str, object] = {"stage": found.stage.id, "children": children.sum()}
    for name, value in values.items():
        known = np.isfinite(value)
        people = np.where(known, children, 0.0)
        good = np.where(known, value, 0.0) * people
        with np.errstate(invalid="ignore"):
            table[name] = np.bincount(code, good, len(areas)) / np.bincount(
                code, people, len(areas)
            )
            whole[name] = good.sum() / people.sum()
    table = table[table["children"] > 0]
    return pd.concat([table, pd.DataFrame([whole])], ignore_index=True)


def equity_table(
    found: StageReach,
    availability: Floats,
    demand: pd.DataFrame,
    *,
    communities: pd.DataFrame,
) -> pd.DataFrame:
    """Return how evenly places and ways are spread over the children of a stage.

    Parameters
    ----------
    found
        From `analyses.places.reach.stage_reach`.
    availability
        Places per child at each demand point.
    demand
        ``area_id, town, settlement``.
    communities
        ``area_id`` and, if there is one, a column that ranks them (``data/rules/places.toml``).

    Returns
    -------
    pandas.DataFrame
        ``stage, rule_id`` (of a distance)``, measure, title_…, value, note_…`` (how to
        read it).
    """
    children = found.by_point(found.reach.children)
    rows = list(_spread(availability, children, demand=demand, communities=communities))
    settlement = demand["settlement"].to_numpy(dtype=object)
    for rule in found.stage.rules:
        here = in_scope(rule, settlement) & (children > 0)
        if here.any() and rule.metres is not None:
            short = shortfall(found.nearest_m[here], children[here], standard_m=rule.metres)
            rows += [(name, number, rule.id) for name, number in asdict(short).items()]
    return _worded(found.stage.id, [(*row, np.nan) for row in rows])


def cluster_tables(
    table: pd.DataFrame, need: pd.Series, communities: gpd.GeoDataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return where access clusters, and whether it does at all.

    Parameters
    ----------
    table
        From `score_table`.
    need
        Children without a place by ``area_id``.
    communities
        Polygons with ``area_id``.

    Returns
    -------
    tuple
        By community ``stage, area_id, name, town, value`` (places per child)``, local_i, quadrant,
        p_value``; and rows of `equity_table` with the global Moran's I of access and of need with
        the access around it.  Both empty where there are too few communities or all are alike.
    """
    rules = load_toml(_RULES)["clusters"]
    own = table[table["area_id"].isin(communities["area_id"]) & table[AVAILABILITY].notna()]
    value = own[AVAILABILITY].to_numpy(dtype=np.float64)
    if len(own) < rules["least_communities"] or not value.std() > 0:
        return pd.DataFrame(columns=_CLUSTER_COLUMNS), pd.DataFrame()
    shapes = communities.set_index("area_id").loc[own["area_id"]].reset_index()
    weights = neighbours(shapes)
    many = len(own) >= rules["many_communities"]
    trials = rules["permutations_many" if many else "permutations"]
    local = local_moran(value, weights, trials=trials)
    places = own[["stage", "area_id", "name", "town"]].reset_index(drop=True)
    lacking = own["area_id"].map(need).fillna(0.0).to_numpy(dtype=np.float64)
    rows = []
    for name, pair in (("moran", (value, None)), ("moran_need", (lacking, value))):
        whole = moran(pair[0], weights, pair[1], trials=rules["permutations"])
        rows.append((name, whole.value, None, whole.p_value))
    stage = str(own["stage"].iloc[0])
    return pd.concat([places.assign(value=value), local], axis=1), _worded(stage, rows)


def _gaussian(reach: Reach, limit_m: Floats) -> Floats:
    """Return the weight of each pair by the radius that holds at its demand point."""
    weight = np.zeros(len(reach.point))
    of_pair = limit_m[reach.point]
    for scale_m in np.unique(of_pair):
        here = of_pair == scale_m
        weight[here] = decay(reach.distance_m[here], "gaussian", scale_m=float(scale_m))
    return weight


def _raam(reach: Reach, limit_m: Floats, area: NDArray[np.int64]) -> Floats:
    """Return the cost at the equilibrium, ways as shares of the radius.

    Demand points of a community that reach the same facilities are one, with their mean ways.
    """
    if not reach.places[reach.facility].sum() > 0:
        return np.full(len(reach.children), np.nan)
    group = _alike(reach, area)
    people = np.bincount(group, reach.children)
    key = group[reach.point] * len(reach.places) + reach.facility
    pairs, pair = np.unique(key, return_inverse=True)
    weight = np.maximum(reach.children[reach.point], np.finfo(float).tiny)
    way = np.bincount(pair, weight * reach.distance_m / limit_m[reach.point])
    fewer = replace(
        reach,
        point=pairs // len(reach.places),
        facility=pairs % len(reach.places),
        distance_m=way / np.bincount(pair, weight),
        weight=np.ones(len(pairs)),
        children=people.astype(np.float64),
    )
    tolerance = load_toml(_RULES)["scores"]["raam_tolerance"]
    cost: Floats = rational_choice(fewer, tau_m=1.0, tolerance=tolerance).cost[group]
    return cost


def _alike(reach: Reach, area: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a number for each demand point: the same community and the same facilities."""
    order = np.lexsort((reach.facility, reach.point))
    start = np.searchsorted(reach.point[order], np.arange(len(reach.children) + 1))
    facility = reach.facility[order]
    known: dict[tuple[int, bytes], int] = {}
    keys = (
        (int(area[row]), facility[start[row] : start[row + 1]].tobytes())
        for row in range(len(reach.children))
    )
    return np.array([known.setdefault(key, len(known)) for key in keys], dtype=np.int64)


def _spread(
    availability: Floats, children: Floats, *, demand: pd.DataFrame, communities: pd.DataFrame
) -> Iterator[tuple[str, float, str | None]]:
    """Yield the measures of places per child; none where there are no places at all."""
    if not np.nansum(availability * children) > 0:
        return
    yield "gini", gini(availability, children), None
    yield "palma", palma(availability, children), None
    for name, column in (("town", "town"), ("settlement", "settlement")):
        parts = theil(availability, children, demand[column].fillna("").to_numpy())
        if name == "town":
            yield "theil", parts.total, None
        yield f"theil_between_{name}", parts.between, None
        yield f"theil_within_{name}", parts.within, None
    for column in load_toml(_RULES)["equity"]["rank_columns"]:
        if column in communities:
            by_area = communities.set_index("area_id")[column]
            rank = demand["area_id"].map(by_area).to_numpy(dtype=np.float64)
            known = ~np.isnan(rank)
            good = np.where(known, availability, np.nan)
            if np.nansum(good * children) > 0:
                yield "concentration", concentration_index(good, children, rank), None
            return


def _worded(stage: str, rows: Sequence[tuple[str, float, str | None, float]]) -> pd.DataFrame:
    """Return the rows (measure, value, rule, p-value) with their names and how to read them."""
    names, notes = texts("places/measure"), texts("places/measure_note")
    return pd.DataFrame(
        [
            {
                "stage": stage,
                "rule_id": rule_id,
                "measure": name,
                **names[name].columns("title"),
                "value": round(value, _DIGITS) + 0.0,  # no -0
                "p_value": p_value,
                **notes[name].columns("note"),
            }
            for name, value, rule_id, p_value in rows
        ]
    )
