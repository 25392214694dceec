"""Where do the rows of a layer lie, and can that be true?

A fault in a few rows sets these rows aside; the same fault in (nearly) all rows is the file's, and
stops it with the one setting that applies the fix.  Nothing is swapped or shifted unasked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.bundled import load_toml
from geo.crs import likely_crs
from geo.findings import Finding, InputRefused, enumerated
from geo.read.cells import How, coordinates, one_column
from geo.read.flags import Flag, Remark, positions
from geo.words import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from geo.arrays import Floats
    from geo.findings import Outcome
    from geo.read.columns import Mapped
    from geo.words import Text

    Area = shapely.Geometry | tuple[float, float, float, float]

_LON_MAX, _LAT_MAX = 180.0, 90.0
_EARTH_M = 6_371_008.8  # mean radius (IUGG), good enough to tell near from far
_DEGREE_M = 111_320.0
_CGCS2000 = ("EPSG:449", "EPSG:45")  # its zones: EPSG:4491 to 4554
_TURNED = " + swap_xy = true"
_FEW = 4
_ZERO = 1e-6
_SURVEY_MIN = 1000.0  # metres of a map grid are larger, degrees never are
_NORTHING = (1_500_000.0, 6_500_000.0)
_HOW_CODES = {
    How.MISSING: "COORD_MISSING",
    How.UNREADABLE: "COORD_TEXT",
    How.NONFINITE: "COORD_NONFINITE",
    How.DMS: "COORD_DMS",
    How.FULLWIDTH: "FULLWIDTH",
    How.COMMA: "DECIMAL_COMMA",
}


@dataclass(frozen=True)
class Places:
    """The positions of all rows, as far as they can be read.

    Attributes
    ----------
    x, y
        As the file has them (degrees or metres), NaN where there is none.
    flags
        What was repaired or is wrong.
    headers
        The headers of x and y (twice the same for a one-column coordinate).
    decimal_comma
        Whether the file writes numbers with a decimal comma.
    near
        Longitude and latitude of a place that is known, to tell likely zones apart.
    """

    x: Floats
    y: Floats
    flags: tuple[Flag, ...]
    headers: tuple[str, str]
    decimal_comma: bool = False
    near: tuple[float, float] | None = None


def read_places(
    cells: pd.DataFrame, mapped: Mapped, *, file: str, own: Mapping[str, str]
) -> Places:
    """Read the coordinate columns of a table.

    Raises
    ------
    InputRefused
        ``COORD_COLUMN`` (confirm) where both coordinates stand in one column and the study has
        not named it (``columns = {lonlat = "..."}``).
    """
    if mapped.placed == ("lonlat",):
        header = mapped.header["lonlat"]
        texts = cells[header].tolist()
        pairs = [one_column(text) if text else None for text in texts]
        if "lonlat" not in own:
            sample = next((str(text) for text in texts if text), "")
            detail = {"header": header, "count": sum(pair is not None for pair in pairs)}
            raise InputRefused(
                Finding("COORD_COLUMN", file, column=header, value=sample, detail=detail)
            )
        halves = [
            [pair[i] if pair else text for pair, text in zip(pairs, texts, strict=True)]
            for i in (0, 1)
        ]
        headers = (header, header)
    else:
        headers = (mapped.header[mapped.placed[0]], mapped.header[mapped.placed[1]])
        halves = [cells[header].tolist() for header in headers]
    x, how_x = coordinates(halves[0])
    y, how_y = coordinates(halves[1])
    comma = 2 * int((how_x == How.COMMA).sum()) > int(np.isfinite(x).sum())
    flags = _reading_flags(how_x, how_y, headers)
    bad = ~(np.isfinite(x) & np.isfinite(y))
    return Places(np.where(bad, np.nan, x), np.where(bad, np.nan, y), flags, headers, comma)


def judge(
    places: Places,
    *,
    crs: str | None,
    metric: bool,
    file: str,
) -> list[Flag]:
    """Test positions before they are converted: null island, metres, swapped axes, range.

    Parameters
    ----------
    crs
        The declared CRS or datum, or None.
    metric
        Whether that CRS counts in metres.

    Raises
    ------
    InputRefused
        ``CRS_MISSING``, ``CRS_MISMATCH`` or ``SWAPPED_XY``, each to be confirmed.
    """
    x, y = places.x, places.y
    located = np.isfinite(x) & np.isfinite(y)
    null = located & (np.abs(x) < _ZERO) & (np.abs(y) < _ZERO)
    flags = [_flag("NULL_ISLAND", null, places)]
    located &= ~null
    if not located.any():
        return flags
    grid = located & (np.abs(x) > _SURVEY_MIN) & (np.abs(y) > _SURVEY_MIN)
    grid &= np.maximum(np.abs(x), np.abs(y)) < _limits()["projected_max"]
    if metric:
        return flags + _judge_metres(places, located, file=file, crs=crs)
    if _most(grid, located):
        raise InputRefused(_metres_for_degrees(places, grid, file=file, crs=crs))
    swapped = located & _looks_swapped(x, y)
    if _most(swapped, located):
        raise InputRefused(_swapped(places, swapped, file=file, of=int(located.sum())))
    flags.append(_flag("SWAPPED_XY", swapped, places, becomes="quarantine"))
    beyond = located & ~swapped & ((np.abs(x) > _LON_MAX) | (np.abs(y) > _LAT_MAX))
    return [*flags, _flag("COORD_RANGE", beyond, places)]


def judge_area(
    lon: Floats,
    lat: Floats,
    *,
    area: Area | None,
    rows: NDArray[np.int64],
    file: str,
    header: str | None = None,
) -> list[Flag]:
    """Test positions (EPSG:4326): outside the study area, or far from the layer's bulk.

    Parameters
    ----------
    area
        Study area in EPSG:4326 (a geometry or west, south, east, north), or None.
    rows
        Positions of the rows that are still in use.

    Raises
    ------
    InputRefused
        ``OUTSIDE_AREA`` where (nearly) all rows lie outside the study area.
    """
    if len(rows) == 0:
        return []
    if area is None:
        away = _from_bulk(lon[rows], lat[rows])
    else:
        away = _from_area(lon[rows], lat[rows], area)
        if _most(away > 0, np.ones(len(rows), bool)):
            raise InputRefused(_all_outside(lon[rows], lat[rows], area, file=file))
    out = away > 0
    km = [f"{d / 1000:.0f}" for d in away[out]]
    told = [f"{a:.6f}, {b:.6f}" for a, b in zip(lon[rows][out], lat[rows][out], strict=True)]
    each = {"km": km}
    return [Flag("OUTSIDE_AREA", rows[out], header, "quarantine", {}, each, told)]


def distance_m(a: tuple[Any, Any], b: tuple[Any, Any]) -> Floats:
    """Return great-circle distances in metres between lon/lat pairs (haversine formula)."""
    lon_a, lat_a, lon_b, lat_b = (np.radians(v) for v in (*a, *b))
    half = np.sin((lat_b - lat_a) / 2) ** 2
    half = half + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
    metres: Floats = 2 * _EARTH_M * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return metres


def _limits() -> dict[str, Any]:
    limits: dict[str, Any] = load_toml("rules/limits.toml")["places"]
    return limits


def _most(some: NDArray[np.bool_], of: NDArray[np.bool_]) -> bool:
    """Say whether a fault is the file's and not the rows'."""
    share: float = _limits()["whole_file_share"]
    return bool(some.sum() > 0 and some.sum() >= share * of.sum())


def _flag(
    code: str, mask: NDArray[np.bool_], places: Places, *, becomes: Outcome | None = None
) -> Flag:
    """Flag rows, with both coordinates as their value."""
    rows = positions(mask)
    value = [f"{places.x[i]:.10g}, {places.y[i]:.10g}" for i in rows]
    return Flag(code, rows, enumerated(dict.fromkeys(places.headers)), becomes, value=value)


def _reading_flags(
    how_x: NDArray[np.int8], how_y: NDArray[np.int8], headers: tuple[str, str]
) -> tuple[Flag, ...]:
    """Return the remarks on how coordinates were read, a column at a time."""
    flags = []
    for how, header in ((how_x, headers[0]), (how_y, headers[1])):
        for what, code in _HOW_CODES.items():
            flags.append(Flag(code, positions(how == what), header))
    return tuple(flag for flag in flags if len(flag.rows))


def _judge_metres(
    places: Places,
    located: NDArray[np.bool_],
    *,
    file: str,
    crs: str | None,
) -> list[Flag]:
    """Test positions that are declared to be metres."""
    x, y = places.x, places.y
    degrees = located & (np.abs(x) <= _LON_MAX) & (np.abs(y) <= _LON_MAX)
    if _most(degrees, located):
        raise InputRefused(_mismatch(places, degrees, file=file, crs=crs, likely=("EPSG:4326",)))
    survey = located & (x > _NORTHING[0]) & (x < _NORTHING[1])
    survey &= ((y > _SURVEY_MIN) & (y < _NORTHING[0])) | (y > _NORTHING[1])
    if _most(survey, located):
        raise InputRefused(_swapped(places, survey, file=file, of=int(located.sum())))
    beyond = located & (np.maximum(np.abs(x), np.abs(y)) >= _limits()["projected_max"])
    return [
        _flag("COORD_RANGE", degrees | beyond, places),
        _flag("SWAPPED_XY", survey & ~beyond, places, becomes="quarantine"),
    ]


def _looks_swapped(x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Say which pairs lie in the country, or on the globe, only the other way round."""
    west, south, east, north = _limits()["country_lonlat"]
    here = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    there = (y >= west) & (y <= east) & (x >= south) & (x <= north)
    impossible = (np.abs(y) > _LAT_MAX) & (np.abs(y) <= _LON_MAX) & (np.abs(x) <= _LAT_MAX)
    swapped: NDArray[np.bool_] = (there & ~here) | (impossible & there)
    return swapped


def _swapped(places: Places, rows: NDArray[np.bool_], *, file: str, of: int) -> Finding:
    first, second = places.headers
    i = int(np.flatnonzero(rows)[0])
    detail = {
        "x": first,
        "y": second,
        "count": int(rows.sum()),
        "of": of,
        "x_value": f"{places.x[i]:.10g}",
        "y_value": f"{places.y[i]:.10g}",
    }
    value = f"{places.x[i]:.10g}, {places.y[i]:.10g}"
    column = enumerated(dict.fromkeys(places.headers))
    return Remark("SWAPPED_XY", file, column=column, value=value, detail=detail, becomes="confirm")


def _metres_for_degrees(
    places: Places, rows: NDArray[np.bool_], *, file: str, crs: str | None
) -> Finding:
    """Return the finding that coordinates are metres, with the likely CRS."""
    return _mismatch(places, rows, file=file, crs=crs, likely=likely_names(places, rows))


def likely_names(places: Places, rows: NDArray[np.bool_]) -> tuple[Text | str, ...]:
    """Return the coordinate systems in which undeclared coordinates make sense."""
    x, y = places.x[rows], places.y[rows]
    if len(x) == 0:
        return ("-",)
    if np.abs(x).max() <= _LON_MAX and np.abs(y).max() <= _LAT_MAX:
        return ("EPSG:4326", "EPSG:4490")
    found = likely_crs(x, y, near=places.near)
    found = sorted(found, key=lambda one: not one.crs.startswith(_CGCS2000))
    if not found:
        return (text("messages/likely_crs/local_grid"),)
    names = dict.fromkeys(one.crs + (_TURNED if one.swapped else "") for one in found)
    first, *more = names
    short = more if len(names) <= _FEW else [name.removeprefix("EPSG:") for name in more]
    return (first, *short, *_also(found[0].crs))


def _also(crs: str) -> Iterator[Text]:
    """Yield what is written like a system that fits and is another one."""
    if crs.startswith(_CGCS2000):
        yield text("messages/likely_crs/old_datums")
    if crs == "EPSG:3857":
        yield text("messages/likely_crs/baidu_mercator")


def _mismatch(
    places: Places,
    rows: NDArray[np.bool_],
    *,
    file: str,
    crs: str | None,
    likely: tuple[Text | str, ...],
) -> Finding:
    i = int(np.flatnonzero(rows)[0])
    value = f"{places.x[i]:.10g}, {places.y[i]:.10g}"
    column = enumerated(dict.fromkeys(places.headers))
    detail = {"count": int(rows.sum()), "likely": likely, "crs": crs or "-"}
    code = "CRS_MISSING" if crs is None else "CRS_MISMATCH"
    return Remark(code, file, column=column, value=value, detail=detail, becomes="confirm")


def _from_bulk(lon: Floats, lat: Floats) -> Floats:
    """Return how far each place lies from the layer's middle where it lies far off, else 0."""
    limits = _limits()
    away = distance_m((np.median(lon), np.median(lat)), (lon, lat))
    far = max(limits["bulk_min_m"], limits["bulk_factor"] * float(np.median(away)))
    return np.where(away > far, away, 0.0)


def _from_area(lon: Floats, lat: Floats, area: Area) -> Floats:
    """Return how far each place lies from the study area where it is beyond the margin, else 0."""
    margin = float(_limits()["area_margin_m"])
    west, south, east, north = _bounds(area)
    stretch = max(np.cos(np.radians((south + north) / 2)), 0.01)
    dy, dx = margin / _DEGREE_M, margin / _DEGREE_M / stretch
    out = (lon < west - dx) | (lon > east + dx) | (lat < south - dy) | (lat > north + dy)
    nearest = (np.clip(lon, west, east), np.clip(lat, south, north))
    return np.where(out, distance_m(nearest, (lon, lat)), 0.0)


def middle(area: Area) -> tuple[float, float]:
    """Return the middle of a study area (longitude, latitude)."""
    west, south, east, north = _bounds(area)
    return (west + east) / 2, (south + north) / 2


def _bounds(area: Area) -> tuple[float, float, float, float]:
    bounds = shapely.bounds(area) if isinstance(area, shapely.Geometry) else area
    west, south, east, north = (float(v) for v in bounds)
    return west, south, east, north


def _all_outside(lon: Floats, lat: Floats, area: Area, *, file: str) -> Finding:
    there = middle(area)
    here = (float(np.median(lon)), float(np.median(lat)))
    detail = {"count": len(lon), "km": f"{float(distance_m(there, here)) / 1000:.0f}"}
    value = f"{here[0]:.6f}, {here[1]:.6f}"
    return Remark("OUTSIDE_AREA", file, value=value, detail=detail, becomes="confirm")
