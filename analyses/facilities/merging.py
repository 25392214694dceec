"""Which records stand for one facility: node and area of a school, official list and OSM?

Rules (thresholds in ``data/rules/facilities.toml``), for two records of one kind, or of one family
where one of the two does not tell its level:

1. the same name (`analyses.facilities.names`) within ``same_name_m``; of institutions, the same
   full name within ``same_full_name_m``, and a record named as a gate within ``gate_m``;
2. a point inside an area, unless the names carry different numbers or campuses, or the area holds
   several such points;
3. two areas, not of different names, that share ``overlap_share`` of the smaller one.

The record of the earlier source stays, with its id, name and capacity, and takes from the other
what it lacks: the shape, the level, the name.  Each merge is a finding; capacities are never added.
Records of one name farther apart, and campuses of one school, stay two, and each is named.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from analyses.facilities.names import NO_NAME, Name, compared, numbers, same_name
from analyses.facilities.types import facility_types, kind_of, near_kind
from geo.bundled import load_toml
from geo.crs import check_metric
from geo.findings import Finding, InputRefused
from geo.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

_AREAS = (3, 6)
_ONE = ("name", "inside")
_REMARKS = ("apart", "campus", "nearby")
_CODES = {
    "name": "FACILITY_MERGED",
    "inside": "FACILITY_INSIDE",
    "apart": "FACILITY_APART",
    "campus": "FACILITY_CAMPUS",
    "nearby": "FACILITY_NEARBY",
}


@dataclass(frozen=True)
class _Pair:
    """Two records that may be one: positions, distance, why, and whether their names differ."""

    first: int
    second: int
    distance_m: float
    why: str
    """``name``, ``inside``; what is only remarked on: ``apart``, ``campus``, ``nearby``."""
    differ: bool


def merge_facilities(
    frames: Sequence[gpd.GeoDataFrame],
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Join facilities of several sources, each place once.

    Parameters
    ----------
    frames
        Frames of `analyses.facilities.reading`, all in one CRS in metres; the surest source first
        (the official list before OSM).

    Returns
    -------
    tuple
        The facilities, ids unique, in the order of the sources, with the column `merged` (ids of
        the records taken in, joined by ``;``) and `area_m2` of polygons filled in; and the
        findings: unknown kinds set aside, repeated ids, merges, near pairs, levels not told.
        ``rows in == rows out + merged + set aside``.

    Raises
    ------
    InputRefused
        ``CRS_NOT_METRIC`` or ``CRS_DIFFERENT``.

    Examples
    --------
    A school of the official list and of OSM, 20 m apart, is one:

    >>> import geopandas as gpd, shapely
    >>> from analyses.facilities.reading import facilities_from_layer
    >>> def layer(x):
    ...     point = shapely.Point(500_000 + x, 4_310_000)
    ...     return gpd.GeoDataFrame({"name": ["示例小学"]}, geometry=[point], crs=4548)
    >>> frames = [facilities_from_layer(layer(x), kind="小学", source=str(x)) for x in (0, 20)]
    >>> merged, findings = merge_facilities(frames)
    >>> len(merged), [finding.code for finding in findings]
    (1, ['FACILITY_MERGED'])
    """
    joined = _joined(frames)
    if joined.empty:
        return joined, ()
    unknown = joined["kind"] == ""
    findings = [_unknown_kind(row) for row in _rows(joined[unknown])]
    joined = joined[~unknown].reset_index(drop=True)
    joined, repeated = _unique_ids(joined)
    findings += repeated
    order = _surest_first(joined)
    ordered = joined.iloc[order].reset_index(drop=True)
    kept, merges = _merged(ordered)
    findings += merges
    result = kept.iloc[np.argsort(order[kept.index.to_numpy()])].reset_index(drop=True)
    return result.drop(columns="rank"), (*findings, *_vague(result))


def _joined(frames: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return all frames in one, with `rank` of the source."""
    if not frames:
        columns = ["facility_id", "name", "kind", "source", "capacity", "area_m2", "merged"]
        return gpd.GeoDataFrame({c: [] for c in columns}, geometry=[])
    for frame in frames:
        check_metric(str(frame.crs), file="facilities")
        if frame.crs != frames[0].crs:
            detail = {"zones": str(frames[0].crs), "other": str(frame.crs)}
            raise InputRefused(Finding("CRS_DIFFERENT", "facilities", detail=detail))
    parts = [f.assign(rank=n, merged="") for n, f in enumerate(frames) if len(f)]
    if not parts:
        return frames[0].assign(merged="")
    joined: gpd.GeoDataFrame = pd.concat(parts, ignore_index=True)
    return joined


def _unique_ids(joined: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Give a repeated id an ending, the same whatever the order of the rows of its file."""
    repeated = joined["facility_id"].duplicated(keep=False)
    if not repeated.any():
        return joined, []
    bounds = shapely.bounds(joined.geometry.to_numpy())
    sort_by = joined.assign(x=bounds[:, 0], y=bounds[:, 1])[repeated]
    ids = joined["facility_id"].to_list()
    taken = set(ids)
    findings = []
    for own, group in sort_by.sort_values(["rank", "name", "x", "y"]).groupby("facility_id"):
        for position in group.index[1:]:
            number = 2
            while f"{own}~{number}" in taken:
                number += 1
            ids[position] = f"{own}~{number}"
            taken.add(ids[position])
            row = joined.loc[position]
            detail = {"id": own, "new": ids[position]}
            findings.append(_finding("FACILITY_ID_REPEATED", row, detail))
    return joined.assign(facility_id=ids), findings


def _surest_first(joined: gpd.GeoDataFrame) -> NDArray[np.intp]:
    """Return positions by source, areas before points, gates last, large before small, then id."""
    area = shapely.area(joined.geometry.to_numpy())
    gate = np.array([compared(name).gate for name in joined["name"]], dtype=bool)
    rank = joined["rank"].to_numpy()
    return np.lexsort((joined["facility_id"].to_numpy(dtype=str), -area, gate, rank))


def _merged(rows: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Merge records; those kept stay in order and keep their index."""
    by_second: dict[int, list[_Pair]] = {}
    for pair in _pairs(rows):
        by_second.setdefault(pair.second, []).append(pair)
    crowded = _crowded(rows, by_second)
    root = np.arange(len(rows))
    kinds = rows["kind"].to_list()
    findings = []
    for second in sorted(by_second):
        choices = [
            pair
            for pair in by_second[second]
            if pair.why in _ONE and not (pair.differ and crowded & {pair.first, second})
            and _compatible(rows, kinds, (int(root[pair.first]), second))
        ]  # fmt: skip
        if choices:
            best = min(choices, key=lambda p: (p.why != "name", p.distance_m, p.first))
            kept = int(root[best.first])
            root[second] = kept
            kinds[kept] = _surer_kind(kinds[kept], kinds[second])
            findings.append(_pair_finding(_CODES[best.why], rows, best, kept=kept))
            findings += _other_places(rows, best, kept=kept)
        else:
            findings += _remarks(rows, by_second[second], root)
    return _taken_in(rows.assign(kind=kinds), root), findings


def _pairs(rows: gpd.GeoDataFrame) -> Iterator[_Pair]:
    """Yield pairs of records of one family that may be one, and why, each pair once."""
    rule = load_toml("rules/facilities.toml")
    geometry = rows.geometry.to_numpy()
    names = [NO_NAME if kind_of(name) else compared(name) for name in rows["name"]]  # 篮球场
    many = rows["kind"].isin(rule["many_of_one_name"]["kinds"]).to_numpy()
    first, second = _candidates(rows, names, many)
    distance = shapely.distance(geometry[first], geometry[second])
    common = _common_share(geometry, first, second)
    is_area = np.isin(shapely.get_type_id(geometry), _AREAS)
    for at in np.lexsort((first, second)):
        a, b = int(first[at]), int(second[at])
        one = same_name(names[a], names[b])
        differ = bool(names[a].base and names[b].base) and not one
        why = ""
        if one and distance[at] <= _one_name_m(names[a], names[b], many=bool(many[a])):
            why = "name"
        elif is_area[a] and is_area[b]:
            why = "inside" if not differ and common[at] >= rule["overlap_share"]["value"] else ""
        elif is_area[a] != is_area[b] and distance[at] == 0 and _may_hold(names[a], names[b]):
            why = "inside"
        touching = not (is_area[a] and is_area[b]) or common[at] > 0  # else neighbours, two
        if not why and names[a].base == names[b].base != "" and not many[a]:
            why = "apart" if one else "campus"
        elif not why and differ and touching and distance[at] <= rule["nearby_m"]["value"]:
            why = "nearby"
        if why:
            yield _Pair(a, b, float(distance[at]), why, differ)


def _candidates(
    rows: gpd.GeoDataFrame, names: Sequence[Name], many: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return pairs (first < second) of one family, near each other or of one base."""
    rule = load_toml("rules/facilities.toml")
    types = facility_types()
    family = pd.factorize(np.array([types[k].family or k for k in rows["kind"]], dtype=object))[0]
    base = pd.Series([n.base for n in names])
    named = pd.factorize(pd.MultiIndex.from_arrays([family, base]))[0]
    repeated = pd.Series(named).duplicated(keep=False).to_numpy() & (base != "").to_numpy() & ~many
    reach = max(rule["same_name_m"]["value"], rule["nearby_m"]["value"])
    near = _within(rows, np.arange(len(rows)), reach)
    near = near[:, family[near[0]] == family[near[1]]]
    far = _within(rows, np.flatnonzero(repeated), rule["campus_m"]["value"])
    far = far[:, named[far[0]] == named[far[1]]]
    first, second = np.unique(np.concatenate([near, far], axis=1), axis=1)
    return first, second


def _within(rows: gpd.GeoDataFrame, at: NDArray[np.intp], reach_m: float) -> NDArray[np.intp]:
    """Return the pairs of rows (2 x n, the earlier first) that lie within a distance."""
    geometry = rows.geometry.to_numpy()[at]
    pairs = shapely.STRtree(geometry).query(geometry, predicate="dwithin", distance=reach_m)
    return at[pairs[:, pairs[0] < pairs[1]]]


def _one_name_m(a: Name, b: Name, *, many: bool) -> float:
    """Return how far apart two records of one name may lie to be one place."""
    rule = load_toml("rules/facilities.toml")
    full = a.base == b.base and not many
    limit = "same_full_name_m" if full else "same_name_m"
    if full and (a.gate or b.gate):
        limit = "gate_m"
    return float(rule[limit]["value"])


def _common_share(
    geometry: NDArray[Any], first: NDArray[np.intp], second: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return which share of the smaller area of each pair is common; 0 where one is no area."""
    area = shapely.area(geometry)
    smaller = np.minimum(area[first], area[second])
    share = np.zeros(len(first))
    both = np.flatnonzero(smaller > 0)
    common = shapely.area(shapely.intersection(geometry[first[both]], geometry[second[both]]))
    share[both] = common / smaller[both]
    return share


def _may_hold(a: Name, b: Name) -> bool:
    """Say whether two names do not carry different numbers or campuses (一小 and 二小 do)."""
    of_a, of_b = numbers(a.base), numbers(b.base)
    one_school = not of_a or not of_b or of_a == of_b
    return one_school and (not a.campus or not b.campus or a.campus == b.campus)


def _crowded(rows: gpd.GeoDataFrame, pairs: Mapping[int, Sequence[_Pair]]) -> set[int]:
    """Return areas with several points of one source inside that are named otherwise."""
    ranks = rows["rank"].to_numpy()
    is_area = np.isin(shapely.get_type_id(rows.geometry.to_numpy()), _AREAS)
    inside: dict[tuple[int, int], int] = {}
    for pair in (pair for found in pairs.values() for pair in found):
        if pair.why == "inside" and pair.differ:
            swapped = not is_area[pair.first]
            area, point = (pair.second, pair.first) if swapped else (pair.first, pair.second)
            place = (area, int(ranks[point]))
            inside[place] = inside.get(place, 0) + 1
    return {area for (area, _), count in inside.items() if count > 1}


def _compatible(rows: gpd.GeoDataFrame, kinds: Sequence[str], pair: tuple[int, int]) -> bool:
    """Say whether two records may be one place by their kinds."""
    first, second = pair
    types = facility_types()
    a, b = types[kinds[first]], types[kinds[second]]
    if a.id == b.id or a.vague or b.vague:
        return True
    other_source = bool(rows["rank"].iloc[first] != rows["rank"].iloc[second])
    return other_source and (a.id in b.serves or b.id in a.serves)


def _surer_kind(kept: str, other: str) -> str:
    """Return the kind that tells the level."""
    types = facility_types()
    return other if types[kept].vague and not types[other].vague else kept


def _remarks(
    rows: gpd.GeoDataFrame, pairs: Sequence[_Pair], root: NDArray[np.intp]
) -> list[Finding]:
    """Remark on the nearest record that may be the same place, for each reason."""
    types = facility_types()
    kinds = [types[kind] for kind in rows["kind"]]
    findings = []
    for why in _REMARKS:
        of_one_kind = [
            p
            for p in pairs
            if (p.why == why or (why == "nearby" and p.differ and p.why == "inside"))
            and (kinds[p.first] == kinds[p.second] or kinds[p.first].vague or kinds[p.second].vague)
        ]
        if of_one_kind:
            nearest = min(of_one_kind, key=lambda p: (p.distance_m, p.first))
            kept = int(root[nearest.first])
            findings.append(_pair_finding(_CODES[why], rows, nearest, kept=kept))
    return findings


def _other_places(rows: gpd.GeoDataFrame, pair: _Pair, *, kept: int) -> list[Finding]:
    """Remark on two numbers of places for one facility: the surer one counts."""
    own, other = rows["capacity"].iloc[kept], rows["capacity"].iloc[pair.second]
    if np.isnan(own) or np.isnan(other) or own == other:
        return []
    finding = _pair_finding("FACILITY_PLACES_DIFFER", rows, pair, kept=kept)
    detail = {**finding.detail, "own": f"{own:g}", "others": f"{other:g}"}
    return [replace(finding, detail=detail)]


def _taken_in(rows: gpd.GeoDataFrame, root: NDArray[np.intp]) -> gpd.GeoDataFrame:
    """Give those that stay what they lack, and drop the others."""
    geometry = rows.geometry.to_numpy().copy()
    columns = {c: rows[c].to_list() for c in ("name", "capacity", "area_m2", "merged")}
    ids = rows["facility_id"].to_list()
    ranks = rows["rank"].to_numpy()
    gate = np.array([compared(name).gate for name in columns["name"]], dtype=bool)
    at_gates: dict[int, list[Any]] = {}
    for other in np.flatnonzero(root != np.arange(len(rows))):
        kept = int(root[other])
        if gate[other] and geometry[other].geom_type == "Point":
            own = [geometry[kept]] if gate[kept] else []
            at_gates.setdefault(kept, own).append(geometry[other])
        same_source = bool(ranks[kept] == ranks[other])
        geometry[kept] = _shape(geometry[kept], geometry[other], same_source=same_source)
        columns["name"][kept] = columns["name"][kept] or columns["name"][other]
        for number in ("capacity", "area_m2"):
            if np.isnan(columns[number][kept]):
                columns[number][kept] = columns[number][other]
        columns["merged"][kept] = ";".join(filter(None, (columns["merged"][kept], ids[other])))
    for kept, points in at_gates.items():  # a point is entered by its gates, an area has its own
        if geometry[kept].geom_type == "Point":
            geometry[kept] = shapely.union_all(points)
    drawn = np.isin(shapely.get_type_id(geometry), _AREAS)
    area = np.asarray(columns["area_m2"], dtype=np.float64)
    columns["area_m2"] = list(np.where(np.isnan(area) & drawn, shapely.area(geometry), area))
    filled = rows.assign(**columns).set_geometry(
        gpd.GeoSeries(geometry, index=rows.index, crs=rows.crs)
    )
    return filled[root == np.arange(len(rows))]


def _shape(kept: BaseGeometry, other: BaseGeometry, *, same_source: bool) -> shapely.Geometry:
    """Return the shape of a merged facility: an area before a point, parts of one source joined."""
    areas = ("Polygon", "MultiPolygon")
    if other.geom_type not in areas:
        return kept
    if kept.geom_type not in areas:
        return other
    return shapely.union(kept, other) if same_source else kept


def _vague(rows: gpd.GeoDataFrame) -> Iterator[Finding]:
    """Remark on facilities whose level is not told."""
    types = facility_types()
    for kind, count in rows["kind"].value_counts().sort_index().items():
        of_kind = types[str(kind)]
        if not of_kind.vague:
            continue
        served = [types[k] for k in of_kind.serves]
        code = "KIND_VAGUE_COUNTED" if served else "KIND_VAGUE_LEFT_OUT"
        detail = {
            "count": int(count),
            "kind": of_kind.title,
            "served": listed(t.title for t in served),
        }
        yield Finding(code, "facilities", detail=detail)


def _unknown_kind(row: pd.Series) -> Finding:
    word = row.get("kind_word", "")
    return _finding("TYPE_UNKNOWN", row, {"near": near_kind(word)}, column="kind", value=word)


def _pair_finding(code: str, rows: gpd.GeoDataFrame, pair: _Pair, *, kept: int) -> Finding:
    detail = {
        "other": _label(rows.iloc[pair.second]),
        "kept": _label(rows.iloc[kept]),
        "distance_m": f"{pair.distance_m:.0f}",
    }
    return _finding(code, rows.iloc[pair.second], detail)


def _label(row: pd.Series) -> str:
    """Return name and id, as a person would look it up."""
    return f"{row['name']} [{row['facility_id']}]" if row["name"] else f"[{row['facility_id']}]"


def _finding(code: str, row: pd.Series, detail: Mapping[str, object], **place: str) -> Finding:
    number = int(row.get("row", -1))
    return Finding(
        code,
        str(row["source"]),
        number if number >= 0 else None,
        place.get("column"),
        place.get("value"),
        detail,
    )


def _rows(frame: gpd.GeoDataFrame) -> Iterator[pd.Series]:
    return (row for _, row in frame.iterrows())
