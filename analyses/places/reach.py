"""Which children can reach which places of a stage?

A stage (``data/rules/places.toml``) is an age group and the kind of facility that it attends.  Its
distances are those of the study's own rules in metres, each for the settlements of its scope.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyses.coverage import near_pairs, nearest_facility
from analyses.facilities import facility_types
from analyses.places.access import Reach
from analyses.rules import (
    children_of,
    children_of_profile,
    facilities_for,
    in_scope,
    parts_of,
    profiles,
    within,
)
from geo.arrays import MM_PER_M
from geo.bundled import load_toml
from geo.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import geopandas as gpd

    from analyses.city import City
    from analyses.coverage import Near
    from analyses.rules import Profile, Rule
    from geo.arrays import Flags, Floats, Ints


SafePairs = Callable[[str, float], pd.DataFrame]
"""Of an age profile and a radius in metres: ``facility_id, point`` of the pairs with a safe way."""


@dataclass(frozen=True)
class Stage:
    """A row of ``data/rules/places.toml`` with the study's rules for it.

    Examples
    --------
    >>> import yimi
    >>> stages = stages_of([yimi.rule("幼儿园", metres=300)])
    >>> [(stage.id, stage.rules[0].metres) for stage in stages]
    [('kindergarten', 300)]
    """

    id: str
    title: Text
    rules: tuple[Rule, ...]


@dataclass(frozen=True, eq=False)
class StageReach:
    """The children of a stage and the facilities that they can reach.

    Children who differ in what they may walk alone (grades 1 to 3, grades 4 to 6) stand in rows of
    their own: a row of `reach.children` is a demand point and an age profile.

    Attributes
    ----------
    stage
        The stage.
    reach
        Pairs within the radius; `places` holds 0 where they are not known.
    point
        Demand point of each row of children.
    safe
        Per pair: a way that this age may walk alone.
    rows
        Row of each facility of the reach in the study's facilities.
    places
        Of each facility for this stage, NaN where not known.
    limit_m
        Per demand point, NaN where no rule of the stage applies.
    out_of_scope
        Per demand point: children of the stage to whom no rule applies.
    nearest_m
        Per demand point: the way to the nearest facility, whatever its length.
    """

    stage: Stage
    reach: Reach
    point: Ints
    safe: Flags
    rows: Ints
    places: Floats
    limit_m: Floats
    out_of_scope: Floats
    nearest_m: Floats

    @property
    def by_places(self) -> Reach:
        """Return the reach with a row of children for each demand point of the study."""
        point = self.point[self.reach.point]
        once = np.unique(point * len(self.rows) + self.reach.facility, return_index=True)[1]
        return replace(
            self.reach,
            point=point[once],
            facility=self.reach.facility[once],
            distance_m=self.reach.distance_m[once],
            weight=self.reach.weight[once],
            children=self.by_point(self.reach.children),
        )

    def by_point(self, of_rows: Floats) -> Floats:
        """Return the sum of a number of the rows of children for each demand point."""
        return np.bincount(self.point, of_rows, len(self.limit_m)).astype(float)


def stages_of(rules: Sequence[Rule]) -> tuple[Stage, ...]:
    """Return the stages for which the study has a rule in metres.

    Examples
    --------
    >>> import yimi
    >>> [stage.id for stage in stages_of([yimi.rule("小学", metres=500)])]
    ['primary_school']
    >>> stages_of([yimi.rule("公园", metres=500)])
    ()
    """
    found = []
    for row in load_toml("rules/places.toml")["stage"]:
        mine = tuple(r for r in rules if row["kind"] in r.kinds and r.metres is not None)
        if mine:
            found.append(Stage(row["kind"], Text.of(row), mine))
    return tuple(found)


def places_for(stage_id: str, facilities: pd.DataFrame) -> Floats:
    """Return the places that facilities have for a stage, NaN where not known.

    Those of a school of several stages (nine years, say) are spread evenly over its years.

    Examples
    --------
    >>> import pandas as pd
    >>> kinds = ["primary_school", "kindergarten"]
    >>> schools = pd.DataFrame({"kind": kinds, "capacity": [900.0, 180.0]})
    >>> places_for("primary_school", schools).tolist()
    [900.0, 0.0]
    """
    types = facility_types()
    ages = types[stage_id].ages
    shares = {kind: _share(ages, types[kind].ages) for kind in facilities["kind"].unique()}
    capacity = (
        facilities["capacity"].to_numpy(dtype=np.float64, na_value=np.nan)
        if "capacity" in facilities
        else np.full(len(facilities), np.nan)
    )
    share = facilities["kind"].map(shares).to_numpy(dtype=np.float64)
    return np.asarray(capacity * share, dtype=np.float64)


def stage_reach(city: City, stage: Stage, *, safe_pairs: SafePairs | None = None) -> StageReach:
    """Find the pairs of a stage within the radius, from door to gate.

    Parameters
    ----------
    city
        Facilities and demand; an unknown number of children counts as 0.
    stage
        From `stages_of`.
    safe_pairs
        From `analyses.places.safe_pairs.safe_pairs_of`; None: nothing is known of the ways.
    """
    facilities, demand = city.facilities, city.demand
    limit_m, fitting = _limits(stage, facilities, demand)
    part = parts_of(stage.rules[0])[0]
    everybody = np.nan_to_num(children_of(part, demand))
    applies = ~np.isnan(limit_m)
    near = near_pairs(
        city,
        fitting,
        np.flatnonzero(applies & (everybody > 0)),
        limit_mm=round(float(np.nanmax(limit_m)) * MM_PER_M) if applies.any() else 0,
    )
    inside = _inside(near, limit_m[near.target])
    pairs = pd.DataFrame(
        {
            "point": near.target[inside],
            "facility": np.searchsorted(fitting, near.facility[inside]),
            "distance_m": near.walk_m[inside],
        }
    )
    named = pd.DataFrame(
        {
            "facility_id": facilities["facility_id"].to_numpy()[fitting][pairs["facility"]],
            "point": pairs["point"],
            "limit_m": limit_m[pairs["point"]],
        }
    )
    ages = _ages(stage, demand, named, everybody=everybody, safe_pairs=safe_pairs)
    rows = [
        _rows_of(pairs, children=np.where(applies, children, 0.0), safe=safe)
        for children, safe in ages
    ]
    first = np.cumsum([0, *(len(point) for point, _, _ in rows)])
    joined = pd.concat(
        [p.assign(row=p["row"] + n) for (_, _, p), n in zip(rows, first[:-1], strict=True)]
    )
    known = places_for(stage.id, facilities.iloc[fitting])
    return StageReach(
        stage=stage,
        reach=Reach(
            point=joined["row"].to_numpy(dtype=np.int64),
            facility=joined["facility"].to_numpy(dtype=np.int64),
            distance_m=joined["distance_m"].to_numpy(dtype=np.float64),
            weight=np.ones(len(joined)),
            children=np.concatenate([children for _, children, _ in rows]),
            places=np.nan_to_num(known),
        ),
        point=np.concatenate([point for point, _, _ in rows]),
        safe=joined["safe"].to_numpy(dtype=bool),
        rows=fitting,
        places=known,
        limit_m=limit_m,
        out_of_scope=np.where(applies, 0.0, everybody),
        nearest_m=nearest_facility(city, fitting).walk_m,
    )


def _share(ages: tuple[int, int] | None, own: tuple[int, int] | None) -> float:
    """Return the share of a facility's years that a stage has."""
    if ages is None or own is None:
        return 1.0
    return max(min(ages[1], own[1]) - max(ages[0], own[0]), 0) / (own[1] - own[0])


def _limits(
    stage: Stage, facilities: gpd.GeoDataFrame, demand: gpd.GeoDataFrame
) -> tuple[Floats, Ints]:
    """Return each point's radius (of several rules the longest) and the facilities."""
    settlement = demand["settlement"].to_numpy(dtype=object)
    limit_m = np.full(len(demand), np.nan)
    fitting = np.zeros(len(facilities), dtype=bool)
    for rule in stage.rules:
        here = in_scope(rule, settlement)
        limit_m[here] = np.fmax(limit_m[here], rule.metres or 0.0)
        fitting[list(facilities_for(rule, facilities).rows)] = True
    return limit_m, np.flatnonzero(fitting)


def _inside(near: Near, limit_m: Floats) -> Flags:
    """Say which pairs are within the radius that holds at their demand point."""
    inside = np.zeros(len(limit_m), dtype=bool)
    for radius_m in np.unique(limit_m).tolist():
        # As in coverage: a way is never shorter than the straight line.
        near_enough = within(np.maximum(near.straight_m, near.walk_m), radius_m * MM_PER_M)
        inside |= near_enough & (limit_m == radius_m)
    return inside


def _ages(
    stage: Stage,
    demand: gpd.GeoDataFrame,
    named: pd.DataFrame,
    *,
    everybody: Floats,
    safe_pairs: SafePairs | None,
) -> Iterator[tuple[Floats, Flags]]:
    """Yield the children of each age profile and which pairs are safe for them.

    `named`: ``facility_id, point, limit_m`` of each pair.
    """
    alone = [p for p in profiles() if stage.id in p.kinds and not p.accompanied]
    if safe_pairs is None or not alone:
        yield everybody, np.ones(len(named), dtype=bool)
        return
    for profile in alone:
        yield (
            np.nan_to_num(children_of_profile(profile, demand)),
            _safe_of(profile, named, safe_pairs),
        )


def _safe_of(profile: Profile, named: pd.DataFrame, safe_pairs: SafePairs) -> Flags:
    """Say which pairs an age may walk alone, each within the radius that holds there."""
    safe = np.zeros(len(named), dtype=bool)
    of_pair = named["limit_m"].to_numpy(dtype=np.float64)
    key = pd.MultiIndex.from_frame(named[["facility_id", "point"]])
    for radius_m in np.unique(of_pair):
        good = safe_pairs(profile.id, float(radius_m))[["facility_id", "point"]]
        here = of_pair == radius_m
        safe[here] = key[here].isin(pd.MultiIndex.from_frame(good))
    return safe


def _rows_of(
    pairs: pd.DataFrame, *, children: Floats, safe: Flags
) -> tuple[Ints, Floats, pd.DataFrame]:
    """Return the points with children, these, and their pairs (``row`` of the points)."""
    point = np.flatnonzero(children > 0)
    row = np.full(len(children), -1)
    row[point] = np.arange(len(point))
    own = pairs.assign(row=row[pairs["point"]], safe=safe)
    return point, children[point], own[own["row"] >= 0]
