"""Are the geometries of a layer what the layer needs, and can those that are not be repaired?

Only the shape is judged here, not the place (`geo.read.positions` does that).  A repair never takes
away a part without a word: the area before and after is told.  Polygons are made valid by structure
(rings first, then shells less holes); a buffer of width zero would throw half a bowtie away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely
from shapely.errors import GEOSException

from geo.bundled import load_toml
from geo.read.features import GEOMETRY, reason
from geo.read.flags import Flag, positions

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from geo.arrays import Flags, Objects


Family = Literal["point", "line", "polygon"]

_FAMILY: dict[int, Family] = {
    0: "point", 4: "point", 1: "line", 2: "line", 5: "line", 3: "polygon", 6: "polygon",
}  # fmt: skip
_POLYGON, _MULTI_POINT, _COLLECTION = 3, 4, 7
_METRES_PER_DEGREE = 111_320.0
_SINGLE_PARTS = {4: 0, 5: 1, 6: 3}


def check_geometry(
    geometry: Objects, *, wanted: Collection[Family] | None = None, metric: bool = False
) -> tuple[Objects, tuple[Flag, ...]]:
    """Repair what can be repaired, and say what is wrong with the rest.

    Parameters
    ----------
    geometry
        Shapely geometries or None, in the coordinates of the file.
    wanted
        What the layer may hold; None: lines alone, or points and polygons together, whichever the
        layer has more of.
    metric
        Whether the coordinates are metres (else degrees); only the areas told depend on it.

    Returns
    -------
    fixed
        New array, aligned with `geometry`: valid and in two dimensions; None for every row that a
        flag sets aside.
    flags
        ``GEOM_EMPTY, COORD_NONFINITE, GEOM_TYPE, GEOM_PARTS, GEOM_INVALID`` (set aside),
        ``GEOM_REPAIRED`` (one flag for each row up to a limit), ``GEOM_Z_DROPPED, GEOM_TWICE``
        (notes).
    """
    fixed = np.array(geometry, dtype=object)
    flags = [_aside(fixed, shapely.is_missing(fixed) | shapely.is_empty(fixed), "GEOM_EMPTY")]
    flags.append(_aside(fixed, _not_finite(fixed), "COORD_NONFINITE"))
    raised = positions(shapely.has_z(fixed) | shapely.has_m(fixed))
    fixed[raised] = shapely.force_2d(fixed[raised])
    fixed = _unwrapped(fixed)
    flags += _of_other_type(fixed, wanted)
    flags += _repaired(fixed, metric=metric)
    flags.append(_twice(fixed))
    flags.append(Flag("GEOM_Z_DROPPED", raised, GEOMETRY))
    return fixed, tuple(flag for flag in flags if len(flag.rows))


def _aside(
    fixed: Objects, bad: Flags, code: str, *, each: dict[str, Sequence[object]] | None = None
) -> Flag:
    """Set rows aside: their geometry becomes None."""
    rows = positions(bad)
    fixed[rows] = None
    return Flag(code, rows, GEOMETRY, each=each or {})


def _not_finite(fixed: Objects) -> Flags:
    """Say which geometries have a vertex that is no finite number."""
    xy, owner = shapely.get_coordinates(fixed, return_index=True)
    bad = np.zeros(len(fixed), bool)
    bad[owner[~np.isfinite(xy).all(axis=1)]] = True
    return bad


def _unwrapped(fixed: Objects) -> Objects:
    """Take single parts out of geometries with parts; empty parts of collections go."""
    types = shapely.get_type_id(fixed)
    alone = shapely.get_num_geometries(fixed) == 1
    for multi in (*_SINGLE_PARTS, _COLLECTION):
        rows = positions((types == multi) & alone)
        fixed[rows] = shapely.get_geometry(fixed[rows], 0)
    return fixed


def _families(fixed: Objects) -> Objects:
    """Return the family of each geometry, None for collections and where there is none."""
    types = shapely.get_type_id(fixed)
    return np.array([_FAMILY.get(int(t)) for t in types], dtype=object)


def _of_other_type(fixed: Objects, wanted: Collection[Family] | None) -> list[Flag]:
    """Set aside what the layer cannot use: other types, and features of many points."""
    families = _families(fixed)
    there = ~shapely.is_missing(fixed)
    if wanted is None:
        lines = int((families == "line").sum())
        only_lines = 2 * lines > int(there.sum())
        allowed: list[Family] = ["line"] if only_lines else ["point", "polygon"]
    else:
        allowed = list(wanted)
    other = there & ~np.isin(families, allowed)
    names = [str(shape.geom_type) for shape in fixed[other].tolist()]
    each: dict[str, Sequence[object]] = {
        "found": names,
        "wanted": [" / ".join(allowed)] * len(names),
    }
    flags = [_aside(fixed, other, "GEOM_TYPE", each=each)]
    many = shapely.get_type_id(fixed) == _MULTI_POINT
    parts = shapely.get_num_geometries(fixed[many]).tolist()
    return [*flags, _aside(fixed, many, "GEOM_PARTS", each={"parts": parts})]


def _repaired(fixed: Objects, *, metric: bool) -> list[Flag]:
    """Make polygons valid, and set aside what has no extent left."""
    types = shapely.get_type_id(fixed)
    polygon = np.isin(types, (3, 6))
    invalid = positions(polygon & ~shapely.is_valid(fixed))
    before = _area_m2(fixed[invalid], metric=metric)
    told = [reason(text) for text in shapely.is_valid_reason(fixed[invalid])]
    fixed[invalid] = _made_valid(fixed[invalid])
    after = _area_m2(fixed[invalid], metric=metric)
    said = list(zip(told, before.tolist(), after.tolist(), strict=True))
    flags = _tell_repairs(dict(zip(invalid.tolist(), said, strict=True)))
    flat = polygon & ~(shapely.area(fixed) > 0)
    flags.append(_aside(fixed, flat, "GEOM_INVALID", each=_why("collapsed", flat)))
    line = np.isin(types, (1, 2, 5))
    short = line & ~(shapely.length(fixed) > 0)
    return [*flags, _aside(fixed, short, "GEOM_INVALID", each=_why("no_length", short))]


def _why(key: str, bad: Flags) -> dict[str, Sequence[object]]:
    return {"reason": [reason(key)] * int(bad.sum())}


def _made_valid(invalid: Objects) -> Objects:
    """Return valid polygons: shells made valid, less their holes; None where nothing is left."""
    made = np.empty(len(invalid), object)
    for i, shape in enumerate(invalid):
        try:
            parts = [_less_holes(part) for part in shapely.get_parts(shape)]
            joined = shapely.union_all(parts)
        except GEOSException:  # coordinates beyond what GEOS can reckon with
            continue
        made[i] = joined if joined.area > 0 else None
    return made


def _less_holes(polygon: shapely.Polygon) -> shapely.Geometry:
    """Return the shell of an invalid polygon less its holes; a hole outside takes nothing away."""
    rings = [polygon.exterior, *polygon.interiors]
    shell, *holes = _areas(np.array([shapely.Polygon(ring) for ring in rings], dtype=object))
    return shapely.difference(shell, shapely.union_all(holes)) if holes else shell


def _areas(polygons: Objects) -> list[shapely.Geometry]:
    """Make polygons without holes valid, and keep nothing but areas."""
    made = shapely.make_valid(polygons, method="structure", keep_collapsed=False)
    areas: list[shapely.Geometry] = []
    for shape in made:
        parts = shapely.get_parts(shape)
        areas.append(shapely.union_all(parts[shapely.get_type_id(parts) == _POLYGON]))
    return areas


def _tell_repairs(said: dict[int, tuple[str, float, float]]) -> list[Flag]:
    """Return a flag for each repaired row up to the usual limit, and one for all others.

    Parameters
    ----------
    said
        Row -> reason, area before, area after.
    """
    limit: int = load_toml("rules/limits.toml")["findings"]["per_code"]
    rows = [row for row, (_, _, after) in said.items() if after > 0]
    groups = [*([row] for row in rows[:limit]), rows[limit:]]
    return [
        Flag(
            "GEOM_REPAIRED",
            np.array(group, np.int64),
            GEOMETRY,
            each={
                "reason": [said[row][0] for row in group],
                "before": [f"{said[row][1]:.1f}" for row in group],
                "after": [f"{said[row][2]:.1f}" for row in group],
            },
        )
        for group in groups
        if group
    ]


def _area_m2(shapes: Objects, *, metric: bool) -> NDArray[np.float64]:
    """Return areas in square metres; degrees are scaled at the latitude of each shape."""
    areas = np.nan_to_num(np.asarray(shapely.area(shapes), np.float64))
    if metric:
        return areas
    bounds = np.nan_to_num(shapely.bounds(shapes).reshape(-1, 4))
    latitude = np.clip((bounds[:, 1] + bounds[:, 3]) / 2, -90, 90)
    scaled: NDArray[np.float64] = areas * _METRES_PER_DEGREE**2 * np.cos(np.radians(latitude))
    return scaled


def _twice(fixed: Objects) -> Flag:
    """Note lines and polygons that are exactly those of an earlier row."""
    rows = positions(np.isin(shapely.get_type_id(fixed), (1, 2, 3, 5, 6)))
    seen: set[bytes] = set()
    again = []
    for row, shape in zip(rows.tolist(), shapely.to_wkb(fixed[rows]), strict=True):
        if shape in seen:
            again.append(row)
        seen.add(shape)
    return Flag("GEOM_TWICE", np.array(again, np.int64), GEOMETRY)
