"""Which records stand for one facility: node and area of a school, official list and OSM?

Rules (thresholds in ``data/rules/facilities.toml``), for two records of one kind, or of one family
where one of the two does not tell its level:

1. the same name (written short or in full) within ``same_name_m``;
2. a point inside an area, unless the names carry different numbers or the area holds several
   such points;
3. two areas, not of different names, that share ``overlap_share`` of the smaller one.

The record of the earlier source stays, with its id, name and capacity, and takes from the other
what it lacks: the shape, the level, the name.  Each merge is a finding; capacities are never added.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from analyses.facilities.types import facility_types, kind_of, near_kind
from geo.bundled import load_toml
from geo.crs import check_metric
from geo.findings import Finding, InputRefused
from geo.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

_AREAS = (3, 6)
_NOT_LETTERS = re.compile(r"[\W_]+")
_SHORTEST_ENDING = 3  # 实验小, for 实验小学
_SHORTEST_PLACE = 2  # 静海; a single 东 or 新 tells two schools apart


@dataclass(frozen=True)
class _Pair:
    """Two records that may be one: positions, distance, why, and whether their names differ."""

    first: int
    second: int
    distance_m: float
    why: str
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


def name_key(name: str) -> str:
    """Return a facility's name as it is compared: short forms and full ones agree.

    Examples
    --------
    >>> name_key("固始县第一中学") == name_key("固始一中")
    True
    >>> name_key("实验小学（东校区）") == name_key("实验小学")
    False
    """
    text = _NOT_LETTERS.sub("", unicodedata.normalize("NFKC", name).casefold())
    words = load_toml("rules/facility_names.toml")
    text = re.sub(f"[{words['place_words']}]", "", text)
    for long, short in words["levels"].items():
        text = text.replace(long, short)
    return text


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
    """Return positions by source, areas before points, large before small, then id."""
    area = shapely.area(joined.geometry.to_numpy())
    return np.lexsort((joined["facility_id"].to_numpy(dtype=str), -area, joined["rank"]))


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
            if pair.why and not (pair.differ and crowded & {pair.first, second})
            and _compatible(rows, kinds, (int(root[pair.first]), second))
        ]  # fmt: skip
        if choices:
            best = min(choices, key=lambda p: (p.why != "name", p.distance_m, p.first))
            root[second] = root[best.first]
            kinds[root[second]] = _surer_kind(kinds[root[second]], kinds[second])
            code = "FACILITY_MERGED" if best.why == "name" else "FACILITY_INSIDE"
            findings.append(_pair_finding(code, rows, best, kept=int(root[second])))
        else:
            findings += _near(rows, by_second[second], root)
    return _taken_in(rows.assign(kind=kinds), root), findings


def _pairs(rows: gpd.GeoDataFrame) -> Iterator[_Pair]:
    """Yield pairs of records of one family that lie near each other, and why they may be one."""
    rule = load_toml("rules/facilities.toml")
    geometry = rows.geometry.to_numpy()
    reach = max(rule["same_name_m"]["value"], rule["nearby_m"]["value"])
    tree = shapely.STRtree(geometry)
    first, second = tree.query(geometry, predicate="dwithin", distance=reach)
    types = facility_types()
    family = np.unique([types[k].family or k for k in rows["kind"]], return_inverse=True)[1]
    wanted = (first < second) & (family[first] == family[second])
    first, second = first[wanted], second[wanted]
    distance = shapely.distance(geometry[first], geometry[second])
    common = _common_share(geometry, first, second)
    keys = ["" if kind_of(name) else name_key(name) for name in rows["name"]]  # 篮球场: no name
    is_area = np.isin(shapely.get_type_id(geometry), _AREAS)
    for at in np.lexsort((first, second)):
        a, b = int(first[at]), int(second[at])
        same = _same_name(keys[a], keys[b])
        differ = bool(keys[a] and keys[b]) and not same
        why = ""
        if same and distance[at] <= rule["same_name_m"]["value"]:
            why = "name"
        elif is_area[a] and is_area[b]:
            why = "inside" if not differ and common[at] >= rule["overlap_share"]["value"] else ""
            differ &= common[at] > 0  # neighbouring campuses are two
        elif is_area[a] != is_area[b] and distance[at] == 0 and _numbers_agree(keys[a], keys[b]):
            why = "inside"
        if why or (differ and distance[at] <= rule["nearby_m"]["value"]):
            yield _Pair(a, b, float(distance[at]), why, bool(differ))


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


def _same_name(a: str, b: str) -> bool:
    """Say whether two keys are one name, or one is the other with a place's name before it."""
    if not a or not b:
        return False
    short, long = sorted((a, b), key=len)
    return a == b or (
        len(short) >= _SHORTEST_ENDING
        and len(long) - len(short) >= _SHORTEST_PLACE
        and long.endswith(short)
        and _numbers(a) == _numbers(b)
    )


def _numbers_agree(a: str, b: str) -> bool:
    """Say whether two names do not carry different numbers (一小 and 二小 do)."""
    of_a, of_b = _numbers(a), _numbers(b)
    return not of_a or not of_b or of_a == of_b


def _numbers(name: str) -> list[str]:
    """Return the numerals of a name, Chinese or Arabic."""
    numerals = load_toml("rules/facility_names.toml")["numerals"]
    return re.findall(rf"[{numerals}]|\d+", name)


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


def _near(rows: gpd.GeoDataFrame, pairs: Sequence[_Pair], root: NDArray[np.intp]) -> list[Finding]:
    """Remark on records of one kind and different names that stand close."""
    kinds = rows["kind"].to_numpy()
    close = [p for p in pairs if p.differ and kinds[p.first] == kinds[p.second]]
    if not close:
        return []
    nearest = min(close, key=lambda p: (p.distance_m, p.first))
    return [_pair_finding("FACILITY_NEARBY", rows, nearest, kept=int(root[nearest.first]))]


def _taken_in(rows: gpd.GeoDataFrame, root: NDArray[np.intp]) -> gpd.GeoDataFrame:
    """Give those that stay what they lack, and drop the others."""
    geometry = rows.geometry.to_numpy().copy()
    columns = {c: rows[c].to_list() for c in ("name", "capacity", "area_m2", "merged")}
    ids = rows["facility_id"].to_list()
    ranks = rows["rank"].to_numpy()
    for other in np.flatnonzero(root != np.arange(len(rows))):
        kept = int(root[other])
        geometry[kept] = _shape(geometry[kept], geometry[other], ranks[kept] == ranks[other])
        columns["name"][kept] = columns["name"][kept] or columns["name"][other]
        for number in ("capacity", "area_m2"):
            if np.isnan(columns[number][kept]):
                columns[number][kept] = columns[number][other]
        columns["merged"][kept] = ";".join(filter(None, (columns["merged"][kept], ids[other])))
    drawn = np.isin(shapely.get_type_id(geometry), _AREAS)
    area = np.asarray(columns["area_m2"], dtype=np.float64)
    columns["area_m2"] = list(np.where(np.isnan(area) & drawn, shapely.area(geometry), area))
    filled = rows.assign(**columns).set_geometry(
        gpd.GeoSeries(geometry, index=rows.index, crs=rows.crs)
    )
    return filled[root == np.arange(len(rows))]


def _shape(kept: Any, other: Any, same_source: bool) -> Any:  # noqa: ANN401, FBT001
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
