"""What of a result travels into a page, and in which form?

Only the columns listed here do, whatever else a frame holds.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from maps.page import codec
from maps.page.pinyin import pinyin_of
from maps.page.vocabulary import profile_words, told
from maps.style import palette, safe_colour, street_classes, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from analyses.result import Role, Shown

_TEXT = None
_CHILDREN, _SHARE, _METRES = 0.01, 1e-4, 1.0
_RISK: dict[str, float | None] = {"risk": 0.01, "risk_low": 0.01, "risk_high": 0.01}
_WALKED: dict[str, float | None] = {
    "children": 0.1, **_RISK, "known_share": _SHARE, "plts": 1.0, "why_zh": _TEXT, "why_en": _TEXT,
}  # fmt: skip


def _both(*names: str) -> dict[str, float | None]:
    return {f"{name}_{lang}": _TEXT for name in names for lang in ("zh", "en")}


COLUMNS: dict[Role, dict[str, float | None]] = {
    "area": {
        "area_id": _TEXT, "name": _TEXT, "town": _TEXT, "settlement": _TEXT, "children": _CHILDREN,
        "pinyin": _TEXT,
    },
    "area_value": {
        "area_id": _TEXT, "rule_id": _TEXT, "children": _CHILDREN, "covered_straight": _CHILDREN,
        "covered_network": _CHILDREN, "covered_walk": _CHILDREN, "share_straight": _SHARE,
        "share_network": _SHARE, "share_walk": _SHARE,
    },
    "facility": {
        "facility_id": _TEXT, "name": _TEXT, "kind": _TEXT, "source": _TEXT, "capacity": 1.0,
        "pinyin": _TEXT,
    },
    "entrance": {"facility_id": _TEXT, "rule": _TEXT},
    "demand": {"children": _CHILDREN},
    "gap": {
        "rank": 1.0, "area_id": _TEXT, "area_name": _TEXT, "town": _TEXT, "rule_id": _TEXT,
        "kind": _TEXT, "children": _CHILDREN, "share": _SHARE, "walk_m": _METRES,
    },
    "rule": dict.fromkeys(
        ("rule_id", "kind", "zh", "en", "limit_zh", "limit_en", "standard", "clause", "strength",
         "strength_zh", "strength_en", "scope", "verified", "verified_zh", "verified_en"),
    ),
    "kind": dict.fromkeys(("kind", "zh", "en", "colour", "icon")),
    "school": {
        "school_id": _TEXT, "name": _TEXT, "kind": _TEXT, "children": 1.0, "children_alone": 1.0,
        "children_severed": 1.0, "share_alone": _SHARE, "detour_median": _SHARE, **_RISK,
        "known_share": _SHARE, "pinyin": _TEXT,
    },
    "route": {"school_id": _TEXT, "profile": _TEXT, "choice": _TEXT, "children": 0.1},
    "crossing": {
        "street_name": _TEXT, "facility": _TEXT, "facility_source": _TEXT, **_WALKED,
    },
    "exposure": {"name": _TEXT, **_WALKED},
    "hazard": {
        "school_id": _TEXT, "place": _TEXT, "grade": _TEXT, "children": 0.1, **_RISK,
        "rank_exposure": 1.0, "clause": _TEXT, "verified": _TEXT, "outcome": _TEXT,
        **_both("place", "description", "evidence", "treatment", "body", "due", "status"),
    },
    "audit": {
        "school_id": _TEXT, "gate_id": _TEXT, "check": _TEXT, "zh": _TEXT, "en": _TEXT,
        "verdict": _TEXT, "clause": _TEXT, "edition": _TEXT, "strength": _TEXT, "verified": _TEXT,
        "verified_en": _TEXT, **_both("evidence", "treatment"),
    },
    "zone": {"school_id": _TEXT},
    "site": {
        "candidate_id": _TEXT, "name": _TEXT, "kind": _TEXT, "verdict": _TEXT, "rank": 1.0,
        "children": _CHILDREN, "share": _SHARE, "rule_id": _TEXT, "communities": _TEXT,
        "pinyin": _TEXT, **_both("why"),
    },
    "mark": {
        "place_kind": _TEXT, "place": _TEXT, "area": _TEXT, "marks": 1.0, "people": 1.0,
        "grade": _TEXT, "agreement": _TEXT, **_both("mark", "agreement"),
    },
    "short_group": {
        "area_id": _TEXT, "name": _TEXT, "stage": _TEXT, "group": 1.0, "short": _CHILDREN,
    },
    "link": {
        "rule_id": _TEXT, "rank": 1.0, "kind": _TEXT, "length_m": _METRES, "children": _CHILDREN,
        "share": _SHARE, "walk_saved_m": _METRES, **_both("reason"),
    },
    "co_use": {
        "rule_id": _TEXT, "rank": 1.0, "facility_id": _TEXT, "name": _TEXT, "kind": _TEXT,
        "children": _CHILDREN, "share_before": _SHARE, "share_after": _SHARE, "area_known": 1.0,
    },
    "place_gap": {
        "stage": _TEXT, "area_id": _TEXT, **dict.fromkeys(
            ("children", "distance", "safety", "capacity_low", "capacity_high", "placed",
             "out_of_scope"), _CHILDREN), "share_placed": _SHARE,
    },
    "school_places": {
        "facility_id": _TEXT, "stage": _TEXT, "places": 1.0, "assigned": _CHILDREN,
        "fill": _SHARE, "spare": _CHILDREN,
    },
    "school_zone": {
        "area_id": _TEXT, "name": _TEXT, "stage": _TEXT, "facility_id": _TEXT, "school": _TEXT,
        "from_school": _TEXT, "children": _CHILDREN, "change": _TEXT, **_both("why"),
    },
}  # fmt: skip
"""Columns that a page gets, each with the step that its numbers are rounded to (None: text).

A number may come twice: ``<name>_after`` is its value after treatment.
"""
_PLACED: tuple[Role, ...] = (
    "area", "facility", "entrance", "demand", "school", "crossing", "hazard", "site", "co_use",
    "mark",
)  # fmt: skip
_BACKGROUND: tuple[Role, ...] = ("water", "green", "railway", "building")
_SHAPED: tuple[Role, ...] = (
    "area", "exposure", "zone", "short_group", "link", "school_zone",
)  # fmt: skip
_RULED: tuple[Role, ...] = ("rule", "area_value", "service", "gap", "site", "link", "co_use")
_RULES_A_COLUMN = 24
_HILBERT_LEVEL = 15


def data_block(shown: Sequence[Shown], *, crs: str, about: Mapping[str, Any]) -> str:
    """Return everything that a map shows as one text of the base64 alphabet.

    The same input gives the same text.

    Parameters
    ----------
    shown
        What an analysis offers; frames of one role are laid one after the other.
    crs
        CRS of frames that do not name theirs, and of the gap list's x and y.
    about
        Title, notes and the like, as the page's script expects them.
    """
    frames = _by_role(shown)
    rules = _rule_ids(frames)
    out = bytearray()
    layers: dict[str, codec.Spec] = {}
    for role in frames:
        if role == "route":
            layers[role] = _routes(out, frames[role], crs)
        elif role not in ("street", "service"):
            layers[role] = _layer(out, role, frames, rules=rules, crs=crs)
    if "street" in frames or "service" in frames:
        layers["line"] = _lines(out, frames, rules=rules, crs=crs)
    titles: dict[str, Any] = {}
    for item in shown:
        titles.setdefault(item.role, {"zh": item.zh, "en": item.en})
    header = {
        "about": dict(about),
        "words": words(),
        "palette": palette(),
        "rules": rules,
        "titles": titles,
        "profiles": profile_words() if "route" in frames else {},
        "layers": layers,
    }
    return codec.pack(header, out)


def _by_role(shown: Sequence[Shown]) -> dict[Role, pd.DataFrame]:
    """Return one frame a role, in a fixed order; frames without rows are left out."""
    found: dict[Role, list[pd.DataFrame]] = {}
    for item in shown:
        if len(item.rows):
            found.setdefault(item.role, []).append(item.rows)
    return {
        role: pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
        for role, frames in sorted(found.items())
    }


def _rule_ids(frames: Mapping[Role, pd.DataFrame]) -> list[str]:
    """Return the ids of all rules: those of the rule table first, in its order."""
    named = [frames[r]["rule_id"] for r in _RULED if r in frames and "rule_id" in frames[r]]
    columns = frames["demand"].columns if "demand" in frames else ()
    of_demand = [c.removeprefix("status:") for c in columns if str(c).startswith("status:")]
    ids = [*(str(i) for series in named for i in series.dropna().unique()), *of_demand]
    return list(dict.fromkeys(ids))


def _layer(
    out: bytearray,
    role: Role,
    frames: Mapping[Role, pd.DataFrame],
    *,
    rules: list[str],
    crs: str,
) -> codec.Spec:
    """Return what the page needs to know of one role."""
    rows = frames[role]
    if role in _BACKGROUND:
        return {"n": len(rows), **_background(out, rows, crs)}
    if role in ("demand", "crossing", "exposure"):
        rows = _along_a_curve(rows)
    if role in ("hazard", "audit"):
        rows = told(rows)
    if "pinyin" in COLUMNS[role] and "name" in rows:
        rows = rows.assign(pinyin=pinyin_of(rows["name"]))
    layer: codec.Spec = {"n": len(rows), "columns": _columns(out, role, rows)}
    if role in _PLACED:
        layer["point"] = codec.points(out, _lonlat(rows, crs))
    if role in _SHAPED:
        layer["shape"] = _paths(out, rows, crs)
    if role == "facility":
        sites = shapely.get_dimensions(rows.geometry.to_numpy()) == 2  # noqa: PLR2004  (areas)
        layer["site"] = {
            "row": codec.number(out, np.flatnonzero(sites)),
            "shape": _paths(out, rows[sites], crs),
        }
    if role == "demand":
        layer["rules"] = [_demand_rule(out, rows, rule) for rule in rules]
    if role == "gap":
        xy = rows[["x", "y"]].to_numpy(dtype=np.float64)
        layer["point"] = codec.points(out, _to_lonlat(crs)(xy))
    return layer


def _columns(out: bytearray, role: Role, rows: pd.DataFrame) -> list[list[Any]]:
    """Return the columns of the role's list that the frame has, as pairs of name and place."""
    columns: list[list[Any]] = []
    wanted = COLUMNS[role]
    after = {f"{name}_after": step for name, step in wanted.items() if step is not _TEXT}
    for name, step in {**wanted, **after}.items():
        if name not in rows:
            continue
        values = rows[name].map(safe_colour) if name == "colour" else rows[name]
        spec = codec.text(out, values) if step is None else codec.number(
            out, pd.to_numeric(values, errors="coerce"), step=step
        )  # fmt: skip
        columns.append([name, spec])
    return columns


def _demand_rule(out: bytearray, rows: pd.DataFrame, rule: str) -> codec.Spec | None:
    """Return status, walking distance and nearest facility of the points under one rule."""
    if f"status:{rule}" not in rows:
        return None
    spec = {"status": codec.number(out, rows[f"status:{rule}"])}
    if f"walk_m:{rule}" in rows:
        spec["walk_m"] = codec.number(out, rows[f"walk_m:{rule}"], step=_METRES)
    if f"nearest:{rule}" in rows:
        spec["nearest"] = codec.text(out, rows[f"nearest:{rule}"])
    return spec


def _lines(
    out: bytearray, frames: Mapping[Role, pd.DataFrame], *, rules: list[str], crs: str
) -> codec.Spec:
    """Return streets and reached streets in one layer.

    A street that ten rules reach is stored once, with a bit for each rule.
    """
    shapes, classes, reached = [], [], []
    frame = next(frames[r] for r in ("street", "service") if r in frames)
    if "street" in frames:
        parts, row = _parts(frames["street"])
        highway = frames["street"].get(
            "highway", pd.Series(index=frames["street"].index, dtype=object)
        )
        shapes.append(parts)
        classes.append(street_classes(highway)[row] + 1)
        reached.append(np.full(len(parts), -1))
    if "service" in frames:
        parts, row = _parts(frames["service"])
        of_rule = frames["service"]["rule_id"].astype(str).map({r: n for n, r in enumerate(rules)})
        shapes.append(parts)
        classes.append(np.zeros(len(parts), dtype=np.int64))
        reached.append(of_rule.to_numpy()[row])
    every, kind, rule = (np.concatenate(lists) for lists in (shapes, classes, reached))
    same, _ = pd.factorize(shapely.to_wkb(every))
    first = np.unique(same, return_index=True)[1]
    is_street = kind > 0
    street = np.zeros(len(first), dtype=np.int64)
    street[same[is_street]] = kind[is_street]
    bits = []
    for start in range(0, len(rules), _RULES_A_COLUMN):
        mask = np.zeros(len(first), dtype=np.int64)
        mine = (rule >= start) & (rule < start + _RULES_A_COLUMN)
        np.bitwise_or.at(mask, same[mine], 1 << (rule[mine] - start))
        bits.append(mask)
    order = _curve_order(every[first])
    unique = gpd.GeoDataFrame(geometry=every[first][order], crs=_crs(frame))
    return {
        "n": len(unique),
        "street": codec.number(out, street[order]),
        "reached": [codec.number(out, mask[order]) for mask in bits],
        "shape": _paths(out, unique, crs),
    }


def _routes(out: bytearray, ways: pd.DataFrame, crs: str) -> codec.Spec:
    """Return the ways to schools; a line that many ways use is stored once."""
    rows = gpd.GeoDataFrame(ways)
    known = rows[~rows.geometry.is_empty & rows.geometry.notna()]
    same, _ = pd.factorize(shapely.to_wkb(known.geometry.to_numpy()))
    first = np.unique(same, return_index=True)[1]
    order = _curve_order(known.geometry.to_numpy()[first])
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    sorted_rows = known.assign(of=place[same]).sort_values(
        ["school_id", "profile", "choice", "of"], kind="stable"
    )
    return {
        "n": len(sorted_rows),
        "columns": _columns(out, "route", sorted_rows),
        "of": codec.number(out, sorted_rows["of"]),
        "shape": _paths(out, known.iloc[first[order]], crs),
    }


def _background(out: bytearray, rows: pd.DataFrame, crs: str) -> codec.Spec:
    """Return areas and lines of a background layer apart."""
    frame = gpd.GeoDataFrame(geometry=rows.geometry, crs=_crs(rows)).explode(ignore_index=True)
    dimension = shapely.get_dimensions(frame.geometry.to_numpy())
    return {
        "area": _paths(out, frame[dimension == 2], crs),  # noqa: PLR2004  (areas)
        "line": _paths(out, frame[dimension == 1], crs),
    }


def _parts(rows: pd.DataFrame) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Return the single lines of a frame, and the row that each comes from."""
    parts, row = shapely.get_parts(shapely.force_2d(rows.geometry.to_numpy()), return_index=True)
    is_line = (shapely.get_dimensions(parts) == 1) & ~shapely.is_empty(parts)
    return parts[is_line], row[is_line]


def _along_a_curve(rows: pd.DataFrame) -> pd.DataFrame:
    """Return points in the order of a space-filling curve: neighbours differ little."""
    return rows.iloc[_curve_order(rows.geometry.to_numpy())]


def _curve_order(shapes: NDArray[np.object_]) -> NDArray[np.int64]:
    """Return positions along a Hilbert curve; equal places keep their order."""
    box = shapely.bounds(shapes)
    extent = np.nanmax(box, axis=0)[2:] - np.nanmin(box, axis=0)[:2]
    if not (extent > 0).all() or not np.isfinite(box).all():
        return np.arange(len(shapes))
    curve = gpd.GeoSeries(shapes).hilbert_distance(level=_HILBERT_LEVEL)
    return np.argsort(curve.to_numpy(), kind="stable")


def _paths(out: bytearray, rows: pd.DataFrame, crs: str) -> codec.Spec:
    shapes = shapely.force_2d(rows.geometry.to_numpy())
    return codec.paths(out, shapes, to_lonlat=_to_lonlat(_crs(rows) or crs))


def _lonlat(rows: pd.DataFrame, crs: str) -> NDArray[np.float64]:
    """Return one place a row: the point, or a point inside the area; NaN where there is none."""
    at = shapely.point_on_surface(rows.geometry.to_numpy())
    return _to_lonlat(_crs(rows) or crs)(np.column_stack([shapely.get_x(at), shapely.get_y(at)]))


def _crs(rows: pd.DataFrame) -> Any:  # noqa: ANN401  (pyproj.CRS or None)
    """Return the CRS that a frame names itself."""
    return rows.crs if isinstance(rows, gpd.GeoDataFrame) else None


@cache
def _to_lonlat(crs: Any) -> codec.ToLonLat:  # noqa: ANN401  (whatever pyproj takes)
    """Return the function that turns (n, 2) coordinates into longitude and latitude."""
    transform = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform
    return lambda xy: np.column_stack(transform(xy[:, 0], xy[:, 1]))
