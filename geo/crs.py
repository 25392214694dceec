"""Which coordinate system is meant, which one is good for measuring, and how to get there?

The only module that knows coordinate systems.  Longitude comes before latitude, east before north,
everywhere (pyproj's ``always_xy``), whatever a register says about axes.  CGCS2000 and WGS 84 count
as equal: they differ by less than a metre here and PROJ does not shift between them.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyproj
from pyproj.exceptions import CRSError

from geo import datum
from geo.bundled import load_toml
from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import ArrayLike

    from geo.arrays import Floats


Kind = Literal["geographic", "projected", "gcj02", "bd09", "local"]

WGS84 = "EPSG:4326"
_OWN_KINDS: dict[str, Kind] = {"GCJ-02": "gcj02", "BD-09": "bd09", "local": "local"}
_MARKS = re.compile(r"[\s_\-–—/\\:.,()\[\]]+")
_EPSG = re.compile(r"(?:epsg|urn:ogc:def:crs:epsg)?[:\s]*(?:[\d.]*:)?\s*(\d{4,6})")
_HTTP_EPSG = re.compile(
    r"https?://www\.opengis\.net/(?:def/crs/epsg/[\d.]+/|gml/srs/epsg\.xml#)(\d+)"
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SIX_DEGREES = re.compile(r"6\s*(?:degree|度)|gausskrugerzone")
_ZONES = (25, 45)
_UTM_ZONES = range(43, 54)
_SIX_DEGREE_ZONES = range(13, 24)
_WIDEST_REACH = 4.0


@dataclass(frozen=True)
class Declared:
    """A coordinate system as somebody has declared it.

    Attributes
    ----------
    name
        What to show: ``EPSG:4548``, ``GCJ-02``, ``BD-09``, ``local``, or the name in the WKT.
    kind
        ``geographic`` (degrees), ``projected``, ``gcj02``, ``bd09`` or ``local``.
    definition
        What pyproj reads: ``EPSG:4548`` or a WKT; for ``GCJ-02`` and ``BD-09`` the name again.

    Examples
    --------
    >>> parse_crs("CGCS2000 117")
    Declared(name='EPSG:4548', kind='projected', definition='EPSG:4548')
    """

    name: str
    kind: Kind
    definition: str

    @property
    def metric(self) -> bool:
        """Whether its coordinates are lengths and no degrees."""
        return self.kind in ("projected", "local")


@dataclass(frozen=True)
class Likely:
    """A coordinate system that metres without a declaration may be in.

    Attributes
    ----------
    crs
        E.g. ``EPSG:4548``.
    swapped
        Whether the first coordinate is the northing (survey order).
    lon, lat, km
        Where the middle of the points would be; from the known place, NaN where none is known.

    Examples
    --------
    >>> likely = likely_crs([4_310_000.0], [501_000.0], near=(117.0, 38.9))[0]
    >>> likely.crs, likely.swapped
    ('EPSG:4548', True)
    """

    crs: str
    swapped: bool
    lon: float
    lat: float
    km: float


def metric_crs(bounds_lonlat: Sequence[float]) -> str:
    """Return the CRS in metres to measure in: ``EPSG:xxxx``.

    In China the CGCS2000 three-degree zone without prefix whose central meridian is nearest to the
    middle (EPSG:4534 to 4554), elsewhere the UTM zone of the middle.

    Parameters
    ----------
    bounds_lonlat
        West, south, east, north in degrees.

    Raises
    ------
    InputRefused
        ``COORD_RANGE`` where these are no degrees.

    Examples
    --------
    >>> metric_crs((116.9, 38.9, 117.1, 39.0)), metric_crs((5.0, 52.0, 5.2, 52.2))
    ('EPSG:4548', 'EPSG:32631')
    """
    west, south, east, north = (float(v) for v in bounds_lonlat)
    lon, lat = (west + east) / 2, (south + north) / 2
    if not (abs(lon) <= 180 and abs(lat) <= 90):  # noqa: PLR2004 - the globe
        raise InputRefused(Finding("COORD_RANGE", "", value=f"{lon:.6g}, {lat:.6g}"))
    if in_country(lon, lat):
        zones = _rules("zones")
        meridian = min(max(3 * round(lon / 3), zones["first_meridian"]), zones["last_meridian"])
        return f"EPSG:{zones['plain_epsg_of_first'] + (meridian - zones['first_meridian']) // 3}"
    zone = min(int((lon + 180) // 6) + 1, 60)
    return f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"


def in_country(lon: float, lat: float) -> bool:
    """Say whether a place lies in the generous outline in which CGCS2000 zones are chosen.

    Examples
    --------
    >>> in_country(117.0, 39.0), in_country(2.3, 48.9)
    (True, False)
    """
    corners = np.asarray(_rules("country")["outline_lonlat"], float)
    (x0, y0), (x1, y1) = corners.T, np.roll(corners, -1, axis=0).T
    crosses = (y0 > lat) != (y1 > lat)
    x_there = x0 + (lat - y0) * (x1 - x0) / np.where(y1 == y0, 1, y1 - y0)
    return bool(np.count_nonzero(crosses & (lon < x_there)) % 2)


def parse_crs(text: str, *, file: str = "") -> Declared:
    """Return the coordinate system that a text names.

    Understood: EPSG codes in any usual spelling, WKT, the register's names, Chinese and English
    names of the map services (高德, 百度, AMap, Baidu), CGCS2000 with a three-degree zone or its
    meridian (``CGCS2000 39带``, ``CGCS2000 CM 117E``, ``国家2000 117``), WGS84 and ``local``.

    Parameters
    ----------
    file
        Name of the input or study to be shown in a refusal.

    Raises
    ------
    InputRefused
        ``CONFIG_CRS`` with the reason: the name is unknown (the nearest known ones are shown), or
        the datum (Xian 1980, Beijing 1954) has no public transformation.

    Examples
    --------
    >>> parse_crs("高德").name, parse_crs("国家2000 117").name, parse_crs("epsg 4326").name
    ('GCJ-02', 'EPSG:4548', 'EPSG:4326')
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    name = _known_name(plain) or _epsg_code(plain) or _zone_code(plain)
    if name is not None and name in _OWN_KINDS:
        return Declared(name, _OWN_KINDS[name], name)
    try:
        return _declared(name or plain)
    except CRSError as error:
        known = [*_rules("names"), *(code for code, _ in _candidates())]
        near = difflib.get_close_matches(plain, known, n=3, cutoff=0.3) or ["EPSG:4548", *known[:3]]
        detail = {"near": tuple(near)}
        finding = Finding("CRS_UNKNOWN", file, value=text, detail=detail)
        raise InputRefused(Finding("CONFIG_CRS", file, value=text), finding) from error


def check_metric(crs: str, *, file: str = "", near: tuple[float, float] | None = None) -> Declared:
    """Return a CRS if lengths and areas may be measured in it.

    Parameters
    ----------
    near
        Longitude and latitude of the area: there the scale is tested.

    Raises
    ------
    InputRefused
        ``CONFIG_CRS`` for degrees, for feet, for the Mercator of web maps (a radius of 500 m drawn
        in EPSG:3857 is 388 m on the ground at 39 N), and for a zone that is too far from `near`.

    Examples
    --------
    >>> check_metric("EPSG:4548").name
    'EPSG:4548'
    """
    declared = parse_crs(crs, file=file)
    general = Finding("CONFIG_CRS", file, value=crs)
    if declared.kind != "projected" or not _in_metres(declared.definition):
        raise InputRefused(general, Finding("CRS_NOT_METRIC", file, value=crs))
    short = _scale_error(declared.definition, near)
    if short is not None:
        raise InputRefused(general, Finding("CRS_SCALE", file, value=crs, detail=short))
    return declared


def to_wgs84(x: ArrayLike, y: ArrayLike, crs: str | Declared) -> tuple[Floats, Floats]:
    """Return longitude and latitude (EPSG:4326) of coordinates in `crs`, as arrays.

    What lies outside the domain of a projection comes back as ``inf``.

    Raises
    ------
    InputRefused
        ``CONFIG_CRS`` for an unknown or refused CRS and for ``local`` (nobody knows where it is).

    Examples
    --------
    >>> lon, lat = to_wgs84([500_000.0], [4_310_000.0], "EPSG:4548")
    >>> lon.round(6).tolist(), lat.round(2).tolist()
    ([117.0], [38.92])
    """
    declared = crs if isinstance(crs, Declared) else parse_crs(crs)
    xs, ys = np.asarray(x, np.float64), np.asarray(y, np.float64)
    undo = {"gcj02": datum.gcj02_to_wgs84, "bd09": datum.bd09_to_wgs84}.get(declared.kind)
    if undo is not None:
        return undo(xs, ys)
    if declared.kind == "local":
        general = Finding("CONFIG_CRS", "", value=declared.name)
        raise InputRefused(general, Finding("CRS_LOCAL", "", value=declared.name))
    if declared.name in (WGS84, "EPSG:4490"):
        return xs.copy(), ys.copy()
    lon, lat = _transformer(declared.definition, WGS84).transform(xs, ys)
    return np.asarray(lon, np.float64), np.asarray(lat, np.float64)


def likely_crs(
    x: ArrayLike, y: ArrayLike, *, near: tuple[float, float] | None = None
) -> list[Likely]:
    """Say in which coordinate systems undeclared metres make sense, the likeliest first.

    Tried are the CGCS2000 three-degree zones without and with prefix, the six-degree ones with it,
    the UTM zones of the country
    and EPSG:3857, each in map order and in survey order (northing first).

    Parameters
    ----------
    x, y
        First and second coordinate.
    near
        A place that is known (middle of the streets or of the study area).  Without one, an
        easting without prefix fits every zone whose meridian crosses the country there; the order
        is then by distance from ``[country] usual_lonlat``, and ``km`` is NaN: show several.

    Returns
    -------
    list of Likely
        Nearest first (zones of CGCS2000 before UTM where both are about as near); with `near` only
        those within ``[country] near_km``.

    Examples
    --------
    Metres without a CRS beside a town at 117 E: the zone whose meridian runs there.

    >>> likely = likely_crs([501_000.0], [4_310_000.0], near=(117.0, 38.9))[0]
    >>> likely.crs, likely.swapped, round(likely.lon, 2)
    ('EPSG:4548', False, 117.01)
    """
    xs, ys = np.asarray(x, np.float64), np.asarray(y, np.float64)
    good = np.isfinite(xs) & np.isfinite(ys)
    if not good.any():
        return []
    east, north = float(np.median(xs[good])), float(np.median(ys[good]))
    country = _rules("country")
    place: tuple[float, float] = near or tuple(country["usual_lonlat"])
    found = [
        *_tried(east, north, near=place, swapped=False),
        *_tried(north, east, near=place, swapped=True),
    ]
    found.sort(key=lambda c: round(c.km / country["same_km"]))
    if near is None:
        return [replace(c, km=float("nan")) for c in found]
    return [c for c in found if c.km <= country["near_km"]]


def project(frame: gpd.GeoDataFrame, crs: str) -> gpd.GeoDataFrame:
    """Return a copy of a frame in `crs`: the one place where frames are projected.

    Raises
    ------
    InputRefused
        ``CRS_MISSING`` where the frame has no CRS, ``CRS_OUTSIDE`` where a coordinate has no place
        in `crs` (swapped axes, or a projection of another part of the world).

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> frame = gpd.GeoDataFrame(geometry=[shapely.Point(117, 39)], crs="EPSG:4326")
    >>> project(frame, "EPSG:4548").geometry.iloc[0].x, frame.crs == "EPSG:4326"
    (500000.0, True)
    """
    if frame.crs is None:
        raise InputRefused(Finding("CRS_MISSING", ""))
    projected: gpd.GeoDataFrame = frame.to_crs(crs)
    bounds = projected.geometry.bounds.to_numpy()
    bad = np.isinf(bounds).any(axis=1)
    if bad.any():
        detail = {"crs": crs, "count": int(bad.sum())}
        raise InputRefused(Finding("CRS_OUTSIDE", "", detail=detail))
    return projected


def _rules(section: str) -> dict[str, Any]:
    rules: dict[str, Any] = load_toml("rules/crs.toml")[section]
    return rules


def _known_name(text: str) -> str | None:
    """Return the name of our own list that a text spells, or None."""
    bare = _MARKS.sub("", text.lower())
    return next((name for name, own in _rules("names").items() if bare in own), None)


def _epsg_code(text: str) -> str | None:
    lower = text.lower()
    match = _HTTP_EPSG.fullmatch(lower) or _EPSG.fullmatch(lower)
    return f"EPSG:{match[1]}" if match else None


def _zone_code(text: str) -> str | None:
    """Return the EPSG code of ``CGCS2000 / 3-degree ... 39`` or ``... 117E``."""
    zones = _rules("zones")
    bare = _MARKS.sub("", text.lower())
    word = next((w for w in zones["cgcs2000_words"] if w in bare), None)
    if word is None or _SIX_DEGREES.search(bare):
        return None
    rest = re.sub(r"\b3\s*[-_]?\s*(?:degrees?|deg|°|度)|三度|2000", " ", text.lower())
    numbers = [float(n) for n in _NUMBER.findall(rest)]
    if len(numbers) != 1:
        return None
    (number,) = numbers
    meridian, last = zones["first_meridian"], zones["last_meridian"]
    if _ZONES[0] <= number <= _ZONES[1] and number == int(number):
        return f"EPSG:{zones['prefixed_epsg_of_first'] + int(number) - zones['first_zone']}"
    if meridian <= number <= last and number % 3 == 0:
        return f"EPSG:{zones['plain_epsg_of_first'] + int(number - meridian) // 3}"
    return None


@cache
def _declared(definition: str) -> Declared:
    """Return what pyproj makes of a definition; refuse the datums without transformation."""
    crs = pyproj.CRS.from_user_input(definition)
    code = crs.to_epsg(min_confidence=20)
    name = f"EPSG:{code}" if code else crs.name
    base = crs.geodetic_crs
    datum_name = base.datum.name if base is not None and base.datum is not None else ""
    if any(old in datum_name.replace("_", " ") for old in _rules("refused")["datums"]):
        detail = {"datum": datum_name}
        raise InputRefused(
            Finding("CONFIG_CRS", "", value=definition[:60]),
            Finding("CRS_DATUM_SECRET", "", value=name, detail=detail),
        )
    if not (crs.is_geographic or crs.is_projected or crs.is_bound or crs.is_compound):
        raise CRSError(definition)
    kind: Kind = "geographic" if crs.is_geographic else "projected"
    return Declared(name, kind, name if code else crs.to_wkt())


def _in_metres(definition: str) -> bool:
    crs = pyproj.CRS.from_user_input(definition)
    return all(abs(a.unit_conversion_factor - 1) < 1e-9 for a in crs.axis_info[:2])  # noqa: PLR2004


def _scale_error(definition: str, near: tuple[float, float] | None) -> dict[str, object] | None:
    """Return why the scale of a CRS is bad, or None where it is good enough."""
    crs = pyproj.CRS.from_user_input(definition)
    rules = _rules("metric")
    operation = crs.coordinate_operation
    mercator = operation is not None and operation.method_name in rules["mercator_methods"]
    if near is None and not mercator:
        return None
    lon, lat = near or (0.0, float(rules["typical_latitude"]))
    scale = _meridional_scale(definition, lon, lat)
    if abs(scale - 1) <= rules["max_scale_error"]:
        return None
    return {
        "short_m": f"{500 / scale:.0f}",
        "percent": f"{abs(1 / scale - 1) * 100:.1f}",
        "lat": f"{lat:.0f}",
        "better": metric_crs((lon, lat, lon, lat)) if near else "EPSG:4548",
    }


def _meridional_scale(definition: str, lon: float, lat: float) -> float:
    """Return metres on the map for one metre on the ground, going north."""
    step = 0.01
    back = _transformer(WGS84, definition)
    (x0, x1), (y0, y1) = back.transform([lon, lon], [lat - step, lat + step])
    ground = pyproj.Geod(ellps="WGS84").inv(lon, lat - step, lon, lat + step)[2]
    return float(np.hypot(x1 - x0, y1 - y0) / ground)


@cache
def _transformer(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def _tried(east: float, north: float, *, near: tuple[float, float], swapped: bool) -> list[Likely]:
    """Return the systems in which one easting and northing fall into the country and the zone."""
    found = []
    for code, meridian in _candidates():
        lon, lat = (float(v) for v in _transformer(code, WGS84).transform(east, north))
        known = np.isfinite(lon) and np.isfinite(lat) and lat >= _rules("country")["southmost_lat"]
        if not (known and in_country(lon, lat)):
            continue
        # Zones are 3 (CGCS2000) or 6 degrees (UTM) wide, and data reach over into the next one.
        if meridian is None or abs(lon - meridian) <= _WIDEST_REACH:
            km = pyproj.Geod(ellps="WGS84").inv(lon, lat, *near)[2] / 1000
            found.append(Likely(code, swapped, lon, lat, float(km)))
    return found


@cache
def _candidates() -> tuple[tuple[str, int | None], ...]:
    """Return the systems that are tried, each with its central meridian."""
    zones = _rules("zones")
    meridians = range(zones["first_meridian"], zones["last_meridian"] + 1, 3)
    return (
        *((f"EPSG:{zones['prefixed_epsg_of_first'] + i}", m) for i, m in enumerate(meridians)),
        *((f"EPSG:{zones['plain_epsg_of_first'] + i}", m) for i, m in enumerate(meridians)),
        *((f"EPSG:{zones['six_degree_epsg_less_zone'] + z}", 6 * z - 3) for z in _SIX_DEGREE_ZONES),
        *((f"EPSG:{32600 + zone}", 6 * zone - 183) for zone in _UTM_ZONES),
        ("EPSG:3857", None),
    )
