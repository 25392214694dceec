"""Which school does each child walk to?

Where official catchments are given, they decide.  Elsewhere children go to the nearest school of
their stage that has places left: each asks at the nearest one first, a school that has too few
places keeps the nearest children, and the others ask at their next one.  The outcome does not
depend on the order of asking.  Nobody is lost: who has no school has a reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from analyses.rules import children_of_profile
from geo.arrays import components
from geo.findings import Finding
from geo.walk import pairs_within

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from analyses.city import City, SnappedCity
    from analyses.rules import Profile
    from geo.arrays import Flags, Floats, Ints


def official_schools(
    schools: gpd.GeoDataFrame, demand: gpd.GeoDataFrame, official: gpd.GeoDataFrame | None
) -> tuple[tuple[Ints, Ints], tuple[Finding, ...]]:
    """Return the demand points inside official catchments, and the school of each.

    Parameters
    ----------
    schools
        ``facility_id, name``.
    demand
        Points.
    official
        Polygons with ``facility_id`` or ``name`` of the school; a point may lie in several.

    Returns
    -------
    tuple
        Rows of the demand and of the schools, pair by pair; a finding for each polygon that
        belongs to no school.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> schools = gpd.GeoDataFrame({"facility_id": ["s"], "name": ["示例小学"]})
    >>> homes = gpd.GeoDataFrame(geometry=shapely.points([(5, 5), (50, 50)]), crs=4548)
    >>> square = [shapely.box(0, 0, 9, 9)]
    >>> zone = gpd.GeoDataFrame({"name": ["示例小学"]}, geometry=square, crs=4548)
    >>> (points, rows), findings = official_schools(schools, homes, zone)
    >>> points.tolist(), rows.tolist(), findings
    ([0], [0], ())
    """
    nothing = np.zeros(0, dtype=np.int64)
    if official is None or not len(official):
        return (nothing, nothing), ()
    school = _school_of_area(schools, official)
    findings = tuple(
        Finding(
            "CATCHMENT_NO_SCHOOL", "catchments", row=int(row) + 2, value=_label(official, int(row))
        )
        for row in np.flatnonzero(school < 0)
    )
    tree = shapely.STRtree(np.asarray(official.geometry.array, dtype=object))
    point, area = tree.query(np.asarray(demand.geometry.array), predicate="intersects")
    known = school[area] >= 0
    return (point[known].astype(np.int64), school[area[known]]), findings


def _school_of_area(schools: gpd.GeoDataFrame, official: gpd.GeoDataFrame) -> Ints:
    """Return the row of the school of each area: by its id, else by a name that only one has."""
    found = np.full(len(official), -1, dtype=np.int64)
    for column in ("name", "facility_id"):
        if column in official and column in schools:
            names = schools[column].reset_index(drop=True).drop_duplicates(keep=False).dropna()
            row_of = pd.Series(names.index, index=names)
            rows = official[column].map(row_of).fillna(-1).to_numpy(dtype=np.int64)
            found = np.where(rows >= 0, rows, found)
    return found


def _label(official: gpd.GeoDataFrame, row: int) -> str:
    """Return what a catchment calls its school."""
    columns = [c for c in ("facility_id", "name") if c in official]
    return " ".join(str(official[c].iloc[row]) for c in columns)


NOT_SNAPPED, NO_SCHOOL, NO_WAY, TOO_FAR, NO_PLACES = (
    "not_snapped",
    "no_school",
    "no_way",
    "too_far",
    "no_places",
)
_COLUMNS = (
    "profile", "school", "school_id", "point", "children", "distance_m", "basis", "reason",
)  # fmt: skip
_SLACK = 1e-9  # children: sums of fractions


@dataclass(frozen=True, eq=False)
class Catchments:
    """The children of each profile and demand point, and where they go.

    Attributes
    ----------
    rows
        ``profile``, ``school`` (row, -1 = none), ``school_id`` (None), ``point`` (row of the
        demand), ``children`` (of the point who go there), ``distance_m`` (home to gate with both
        legs, inf where they cannot), ``basis`` (official | nearest), ``reason`` (None, or why they
        do not walk there: not_snapped | no_school | no_way | too_far | no_places).  Sorted by
        school, profile and point, those without a school last.
    findings
        Official catchments that belong to no school.
    """

    rows: pd.DataFrame
    findings: tuple[Finding, ...]


class _Case(NamedTuple):
    """What is to be decided: a *wish* is the children of one profile at one point.

    Wishes are in the order of profiles and points; ``serves`` says for each profile which
    schools are for that age.
    """

    snapped: SnappedCity
    serves: Flags
    places: Floats
    profile: Ints
    point: Ints
    children: Floats


class _Choices(NamedTuple):
    """Schools that a wish may go to, sorted by wish, distance and school."""

    wish: Ints
    school: Ints
    distance_m: Floats


def catchments(
    city: City,
    snapped: SnappedCity,
    *,
    profiles: Sequence[Profile],
    official: gpd.GeoDataFrame | None = None,
) -> Catchments:
    """Send the children of each demand point to a school.

    Parameters
    ----------
    city
        Its facilities are schools; a ``capacity`` that is NaN is without limit, unknown numbers of
        children are none.
    snapped
        Its homes and gates on the streets that children walk on.
    profiles
        Ages to send; each knows the kinds of its schools and how far it walks.
    official
        Polygons of catchments, ``facility_id`` or ``name`` of the school; where several hold, the
        nearest school does.  Their children have a place by law: they fill the school first.

    Notes
    -----
    Deferred acceptance (Gale and Shapley 1962) with divisible points.
    """
    schools, demand = city.facilities, city.demand
    case = _case(city, snapped, profiles)
    offered = _offered(case, [profile.walk_max_m for profile in profiles])
    drawn, findings = official_schools(schools, demand, official)
    lawful = _lawful(case, *drawn)
    by_law = _nearest_each(_only(offered, np.isin(_key(offered), _key(lawful))))
    bound = np.zeros(len(case.point), dtype=bool)
    bound[lawful.wish] = True
    free = _only(offered, ~bound[offered.wish])
    held, left = _fill(case, free, _room(case, by_law))
    left[bound] = 0.0
    stranded = _only(lawful, ~np.isin(lawful.wish, by_law.wish))
    parts = [
        _table(case, by_law, basis="official"),
        _table(case, _nearest_each(stranded), basis="official"),
        _table(case, free, basis="nearest", children=held),
        _table(case, _nowhere(len(left)), basis="nearest", children=left),
    ]
    table = pd.concat(parts, ignore_index=True)
    reason = _reasons(case, table, offers=np.isin(np.arange(len(left)), free.wish))
    ids = np.array([*schools["facility_id"], None], dtype=object)
    texts = {
        "profile": np.array([p.id for p in profiles], dtype=object)[case.profile[table["wish"]]],
        "school_id": ids[table["school"]],
        "reason": reason,
    }
    named = table.assign(point=case.point[table["wish"]], **_texts(texts, table.index))
    order = np.lexsort((table["wish"], table["school"] % len(ids)))  # no school comes last
    return Catchments(named[list(_COLUMNS)].iloc[order].reset_index(drop=True), findings)


def _case(city: City, snapped: SnappedCity, profiles: Sequence[Profile]) -> _Case:
    """Say who asks where."""
    schools, demand = city.facilities, city.demand
    children = np.zeros((len(profiles), len(demand)))
    serves = np.zeros((len(profiles), len(schools)), dtype=bool)
    for number, profile in enumerate(profiles):
        children[number] = children_of_profile(profile, demand)
        serves[number] = schools["kind"].isin(list(profile.kinds))
    asking, point = np.nonzero(children > 0)
    places = np.full(len(schools), np.nan)
    if "capacity" in schools:
        places = schools["capacity"].to_numpy(dtype=np.float64, na_value=np.nan)
    return _Case(snapped, serves, places, asking, point, children[asking, point])


def _gates_for(case: _Case, profile: int) -> Ints:
    """Return the gates of the schools for an age."""
    serves = np.append(case.serves[profile], False)  # the last one is for gates of no school
    return np.flatnonzero(serves[case.snapped.facility])


def _offered(case: _Case, walk_max_m: Sequence[float]) -> _Choices:
    """Return all schools that each wish can walk to."""
    snapped = case.snapped
    wish, school, distance_m = [], [], []
    for profile, limit_m in enumerate(walk_max_m):
        gates = _gates_for(case, profile)
        asking = np.flatnonzero(case.profile == profile)
        pairs = pairs_within(
            snapped.network,
            snapped.entrances.take(gates),
            snapped.facility[gates],
            snapped.demand.take(case.point[asking]),
            limit_m=limit_m,
            legs=True,
        )
        wish.append(asking[pairs.target])
        school.append(pairs.group)
        distance_m.append(pairs.distance_m)
    found = _Choices(np.concatenate(wish), np.concatenate(school), np.concatenate(distance_m))
    return _only(found, np.lexsort((found.school, found.distance_m, found.wish)))


def _lawful(case: _Case, point: Ints, school: Ints) -> _Choices:
    """Return the official schools of each wish, without distances."""
    pairs = pd.DataFrame({"point": point, "school": school}).drop_duplicates()
    wishes = pd.DataFrame({"point": case.point, "wish": np.arange(len(case.point))})
    both = wishes.merge(pairs, on="point").sort_values(["wish", "school"])
    wish, school = both["wish"].to_numpy(), both["school"].to_numpy()
    fits = case.serves[case.profile[wish], school]
    return _Choices(wish[fits], school[fits], np.full(int(fits.sum()), np.inf))


def _nowhere(count: int) -> _Choices:
    """Return no school for each wish."""
    return _Choices(np.arange(count), np.full(count, -1), np.full(count, np.inf))


def _key(choices: _Choices) -> Ints:
    """Return one number for each pair of wish and school."""
    return (choices.wish << 32) | choices.school


def _only(choices: _Choices, rows: Flags | Ints) -> _Choices:
    """Return some of the choices."""
    return _Choices(choices.wish[rows], choices.school[rows], choices.distance_m[rows])


def _nearest_each(choices: _Choices) -> _Choices:
    """Return the first choice of each wish."""
    return _only(choices, np.unique(choices.wish, return_index=True)[1])


def _room(case: _Case, by_law: _Choices) -> Floats:
    """Return the places left at each school, inf where not known."""
    taken = np.bincount(
        by_law.school, weights=case.children[by_law.wish], minlength=len(case.places)
    )
    left = np.maximum(case.places - taken, 0.0)
    left[np.isnan(left)] = np.inf
    return left


def _fill(case: _Case, choices: _Choices, room: Floats) -> tuple[Floats, Floats]:
    """Return the children held at each choice, and those of each wish left without a place."""
    wish, school, distance_m = choices
    first = np.unique(wish, return_index=True)[1]
    last = np.zeros(len(wish), dtype=bool)
    last[np.append(first, len(wish))[1:] - 1] = True
    held = np.zeros(len(wish))
    held[first] = case.children[wish[first]]
    left = case.children.copy()
    left[wish] = 0.0
    by_rank = np.lexsort((wish, distance_m, school))
    while True:
        load = np.bincount(school, weights=held, minlength=len(room))
        rows = by_rank[((load > room + _SLACK)[school] & (held > 0))[by_rank]]
        if not len(rows):
            return held, left
        asked = held[rows]
        held[rows] = np.clip(room[school[rows]] - _before(asked, school[rows]), 0.0, asked)
        excess = asked - held[rows]
        ends = last[rows]
        held[rows[~ends] + 1] += excess[~ends]
        np.add.at(left, wish[rows[ends]], excess[ends])


def _before(amount: Floats, group: Ints) -> Floats:
    """Return for each row the sum of the rows before it in its group; groups lie together."""
    total = np.concatenate([[0.0], np.cumsum(amount)[:-1]])
    first = np.unique(group, return_index=True)[1]
    size = np.diff(np.append(first, len(group)))
    before: Floats = total - np.repeat(total[first], size)
    return before


def _table(
    case: _Case, choices: _Choices, *, basis: str, children: Floats | None = None
) -> pd.DataFrame:
    """Return the choices that children make: all children of the wish, or so many."""
    children = case.children[choices.wish] if children is None else children
    columns = {**choices._asdict(), "children": children, "basis": basis}
    return pd.DataFrame(columns)[children > 0]


def _reasons(case: _Case, table: pd.DataFrame, *, offers: Flags) -> NDArray[np.object_]:
    """Say why children do not walk to a school, None where they do.

    `offers` says which wishes had a school within walking distance.
    """
    wish = table["wish"].to_numpy(dtype=np.int64)
    school = table["school"].to_numpy(dtype=np.int64)
    walks = np.isfinite(table["distance_m"].to_numpy(dtype=np.float64))
    conditions = {
        None: walks,
        NOT_SNAPPED: case.snapped.demand.edge[case.point[wish]] < 0,
        NO_SCHOOL: np.sum(case.serves, axis=1)[case.profile[wish]] == 0,
        NO_PLACES: (school < 0) & offers[wish],
        TOO_FAR: _connected(case, wish, school, rows=np.flatnonzero(~walks)),
    }
    which = np.select(list(conditions.values()), np.arange(len(conditions)), len(conditions))
    return np.array([*conditions, NO_WAY], dtype=object)[which]


def _connected(case: _Case, wish: Ints, school: Ints, *, rows: Ints) -> Flags:
    """Say for some rows whether any way leads to the school, or to one of the stage."""
    snapped = case.snapped
    first, second = snapped.network.edge_nodes.T.astype(np.int64)
    part = components(first, second, count=len(snapped.network.node_xy))
    of_home = np.where(snapped.demand.edge >= 0, part[first[snapped.demand.edge]], -1)
    of_gate = np.where(snapped.entrances.edge >= 0, part[first[snapped.entrances.edge]], -2)
    found = np.zeros(len(wish), dtype=bool)
    gates_for = [_gates_for(case, profile) for profile in range(len(case.serves))]
    for row in rows:
        gates = gates_for[case.profile[wish[row]]]
        if school[row] >= 0:
            gates = snapped.entrance_rows(int(school[row]))
        found[row] = of_home[case.point[wish[row]]] in of_gate[gates]
    return found


def _texts(
    columns: Mapping[str, NDArray[np.object_]], index: pd.Index[Any]
) -> dict[str, pd.Series[Any]]:
    """Return columns of texts in which None stays None."""
    return {name: pd.Series(c, index=index, dtype=object) for name, c in columns.items()}
