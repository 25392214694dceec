"""What of a result travels into a page, and in which form?

Only the columns that ``data/schema/roles.toml`` lists as ``page`` do, whatever else a frame holds.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from analyses.schema import columns, roles, spread
from geo.words import language, languages
from maps.page import codec
from maps.page.pinyin import pinyin_of
from maps.page.vocabulary import profile_words, told
from maps.style import palette, role_colour, safe_colour, street_classes, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from pyproj import CRS

    from analyses.result import Shown
    from analyses.schema import Role

_STEP = {"text": None, "number": 0.01, "whole": 1.0, "flag": 1.0}
_METRES = 1.0
_BACKGROUND = ("water", "green", "railway", "building")
_LABELLED = ("area",)
"""Areas whose names are written: they have a place, too."""
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
        titles.setdefault(item.role, item.title.in_all())
    header = {
        "about": dict(about),
        "words": words(),
        "languages": {
            one: {"name": language(one).name, "tag": language(one).html} for one in languages()
        },
        "palette": palette(),
        "rules": rules,
        "titles": titles,
        "roles": {role: _facts(one) for role, one in roles().items() if role in frames},
        "profiles": profile_words() if "route" in frames else {},
        "layers": layers,
    }
    return codec.pack(header, out)


def _by_role(shown: Sequence[Shown]) -> dict[str, pd.DataFrame]:
    """Return one frame a role, in a fixed order; frames without rows are left out."""
    found: dict[str, list[pd.DataFrame]] = {}
    for item in shown:
        if len(item.rows):
            found.setdefault(item.role, []).append(item.rows)
    return {
        role: pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
        for role, frames in sorted(found.items())
    }


def _rule_ids(frames: Mapping[str, pd.DataFrame]) -> list[str]:
    """Return the ids of all rules: those of the rule table first, in its order."""
    named = [frames[r]["rule_id"] for r in roles() if r in frames and "rule_id" in frames[r]]
    names = frames["demand"].columns if "demand" in frames else ()
    of_demand = [c.removeprefix("status:") for c in names if str(c).startswith("status:")]
    ids = [*(str(i) for series in named for i in series.dropna().unique()), *of_demand]
    return list(dict.fromkeys(ids))


def _layer(
    out: bytearray,
    role: str,
    frames: Mapping[str, pd.DataFrame],
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
    if "pinyin" in roles()[role].page and "name" in rows:
        rows = rows.assign(pinyin=pinyin_of(rows["name"]))
    layer: codec.Spec = {"n": len(rows), "columns": _columns(out, role, rows)}
    geometry = roles()[role].geometry
    if geometry in ("point", "any") or role in _LABELLED:
        layer["point"] = codec.points(out, _lonlat(rows, crs))
    if geometry in ("line", "polygon"):
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


def _facts(role: Role) -> dict[str, Any]:
    """Return what the page's scripts need to know of a role."""
    facts: dict[str, Any] = {"id": role.id, "asked": role.asked, "plain": None}
    if role.plain:
        facts["plain"] = {
            "geometry": role.geometry, "colour": role_colour(role.name), "label": role.label,
            "value": role.value, "columns": [_column_facts(name) for name in role.page],
        }  # fmt: skip
    return facts


def _column_facts(name: str) -> dict[str, Any]:
    declared = columns()[name]
    facts = {"type": declared.type, "unit": declared.unit, "title": declared.title.in_all()}
    return {"id": name.removesuffix("_*"), "each": name.endswith("_*"), **facts}


def page_columns(role: str) -> dict[str, float | None]:
    """Return the columns of a role that a page gets, each with what its numbers are rounded to.

    Texts have None.  A number may come twice: ``<name>_after`` is its value after treatment.
    """
    one = roles()[role]
    steps: dict[str, float | None] = {}
    for name in one.page:
        declared = columns()[name]
        step = one.steps.get(name, declared.step or _STEP[declared.type])
        steps |= dict.fromkeys(spread((name,)), step)
    after = {f"{name}_after": step for name, step in steps.items() if step is not None}
    return {**steps, **after}


def _columns(out: bytearray, role: str, rows: pd.DataFrame) -> list[list[Any]]:
    """Return the page's columns that the frame has, as pairs of name and place."""
    found: list[list[Any]] = []
    for name, step in page_columns(role).items():
        if name not in rows:
            continue
        values = rows[name].map(safe_colour) if name == "colour" else rows[name]
        spec = codec.text(out, values) if step is None else codec.number(
            out, pd.to_numeric(values, errors="coerce"), step=step
        )  # fmt: skip
        found.append([name, spec])
    return found


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
    out: bytearray, frames: Mapping[str, pd.DataFrame], *, rules: list[str], crs: str
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


def _crs(rows: pd.DataFrame) -> CRS | None:
    """Return the CRS that a frame names itself."""
    return rows.crs if isinstance(rows, gpd.GeoDataFrame) else None


@cache
def _to_lonlat(crs: CRS | str) -> codec.ToLonLat:
    """Return the function that turns (n, 2) coordinates into longitude and latitude."""
    transform = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform
    return lambda xy: np.column_stack(transform(xy[:, 0], xy[:, 1]))
