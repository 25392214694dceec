"""How do WGS 84, GCJ-02 and BD-09 turn into each other, on arrays?

Chinese map services publish shifted positions: GCJ-02 (高德, 腾讯) lies 100 to 700 m off, BD-09
(百度) about a kilometre more.  GCJ-02 has no published definition.  The formula used here is one
that has been public since 2010 through ports of the leaked ``wgtochina_lb`` routine (the constants
are those of the Krasovsky 1940 ellipsoid); BD-09 is Baidu's own shift on top of GCJ-02, published
through ports of its JavaScript API.  Both agree with the services to a few metres, not better: the
services add noise of their own.  The inverse has no closed form and is found as a fixed point.

Outside the box 72.004-137.8347 E, 0.8293-55.8271 N, which belongs to the public formula, all
functions are the identity.  The box also holds neighbouring countries: nothing there should be
converted, and nobody but the caller can know.

All functions take longitude and latitude in degrees (numbers or arrays of one shape) and return two
new float64 arrays; NaN stays NaN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from geo.arrays import Floats

    Pair = tuple[Floats, Floats]

_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
_AXIS_M, _ECCENTRICITY2 = 6_378_245.0, 0.00669342162296594323  # Krasovsky 1940
_BAIDU_PI = np.pi * 3000 / 180
_BAIDU_LON, _BAIDU_LAT = 0.0065, 0.006
# Each step shrinks the error by 400 (GCJ-02) or 1000 (BD-09): 700 m become less than 1e-8 m.
_STEPS = 5
# What an inverse may be off at the very edge of the box (degrees).
_SLACK = 1e-9
_CHUNK = 1 << 15  # points at a time: intermediate arrays then stay in the processor's cache


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Shift WGS 84 (or CGCS2000) to GCJ-02.

    Examples
    --------
    In Jinghai the map services shift places by about 600 m:

    >>> lon, lat = wgs84_to_gcj02(116.97, 38.94)
    >>> round(float(lon), 4), round(float(lat), 4)
    (116.976, 38.9408)
    """
    return _in_chunks(_gcj_from_wgs, lon, lat)


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Undo the shift of GCJ-02; a round trip comes back to less than a micrometre.

    Examples
    --------
    >>> lon, lat = gcj02_to_wgs84(*wgs84_to_gcj02(117.0, 39.0))
    >>> round(float(lon), 9), round(float(lat), 9)
    (117.0, 39.0)
    """
    return _in_chunks(_wgs_from_gcj, lon, lat)


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Shift GCJ-02 to BD-09."""
    return _in_chunks(_bd_from_gcj, lon, lat)


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Undo Baidu's own shift."""
    return _in_chunks(_gcj_from_bd, lon, lat)


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Shift WGS 84 (or CGCS2000) to BD-09."""
    return _in_chunks(_bd_from_wgs, lon, lat)


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Undo both shifts of BD-09.

    Examples
    --------
    >>> lon, lat = bd09_to_wgs84(*wgs84_to_bd09(117.0, 39.0))
    >>> round(float(lon), 9), round(float(lat), 9)
    (117.0, 39.0)
    """
    return _in_chunks(_wgs_from_bd, lon, lat)


def _in_chunks(convert: Callable[[Floats, Floats], Pair], lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Apply a conversion piece by piece, and give both arrays the shape of the input."""
    lons, lats = np.broadcast_arrays(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
    flat_lon, flat_lat = lons.ravel(), lats.ravel()
    out_lon, out_lat = np.empty(flat_lon.shape), np.empty(flat_lat.shape)
    for start in range(0, flat_lon.size, _CHUNK):
        part = slice(start, start + _CHUNK)
        out_lon[part], out_lat[part] = convert(flat_lon[part], flat_lat[part])
    return out_lon.reshape(lons.shape), out_lat.reshape(lats.shape)


def _inside(lon: Floats, lat: Floats, slack: float = 0.0) -> NDArray[np.bool_]:
    """Say where the public formula applies at all."""
    within = (lon >= _WEST - slack) & (lon <= _EAST + slack)
    return within & (lat >= _SOUTH - slack) & (lat <= _NORTH + slack)


def _gcj_from_wgs(lon: Floats, lat: Floats) -> Pair:
    return _choose(_inside(lon, lat), _shifted(lon, lat), (lon, lat))


def _wgs_from_gcj(lon: Floats, lat: Floats) -> Pair:
    found = _fixed_point(_shifted, lon, lat)
    return _choose(_inside(*found, _SLACK), found, (lon, lat))


def _bd_from_gcj(lon: Floats, lat: Floats) -> Pair:
    return _choose(_inside(lon, lat), _baidu(lon, lat), (lon, lat))


def _gcj_from_bd(lon: Floats, lat: Floats) -> Pair:
    found = _fixed_point(_baidu, lon, lat)
    return _choose(_inside(*found, _SLACK), found, (lon, lat))


def _bd_from_wgs(lon: Floats, lat: Floats) -> Pair:
    return _choose(_inside(lon, lat), _baidu(*_shifted(lon, lat)), (lon, lat))


def _wgs_from_bd(lon: Floats, lat: Floats) -> Pair:
    found = _fixed_point(_shifted, *_fixed_point(_baidu, lon, lat))
    return _choose(_inside(*found, _SLACK), found, (lon, lat))


def _choose(inside: NDArray[np.bool_], there: Pair, here: Pair) -> Pair:
    return np.where(inside, there[0], here[0]), np.where(inside, there[1], here[1])


def _fixed_point(forward: Callable[[Floats, Floats], Pair], lon: Floats, lat: Floats) -> Pair:
    """Return the place that `forward` takes to (lon, lat)."""
    x, y = lon, lat
    for _ in range(_STEPS):
        there_lon, there_lat = forward(x, y)
        x, y = x + (lon - there_lon), y + (lat - there_lat)
    return x, y


def _shifted(lon: Floats, lat: Floats) -> Pair:
    """Return GCJ-02 of WGS 84 by the public formula, everywhere."""
    x, y = lon - 105.0, lat - 35.0
    root, product = np.sqrt(np.abs(x)), x * y
    # sin 3a = 3 sin a - 4 sin^3 a saves the sines of 6 pi x, pi x and pi y.
    short = _short_waves(np.sin(2 * np.pi * x))
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * product + 0.2 * root + short
    north += _long_waves(y, 160.0, 320.0)
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * product + 0.1 * root + short
    east += _long_waves(x, 150.0, 300.0)
    radians = np.radians(lat)
    flat = 1 - _ECCENTRICITY2 * np.sin(radians) ** 2
    metres_north = _AXIS_M * (1 - _ECCENTRICITY2) / (flat * np.sqrt(flat))
    metres_east = _AXIS_M / np.sqrt(flat) * np.cos(radians)
    return lon + np.degrees(east / metres_east), lat + np.degrees(north / metres_north)


def _short_waves(sine: Floats) -> Floats:
    """Return the waves of a third of a degree and of one degree, in metres."""
    waves: Floats = (20 * (3 - 4 * sine * sine) * sine + 20 * sine) * (2 / 3)
    return waves


def _long_waves(degrees: Floats, medium: float, long: float) -> Floats:
    """Return the waves of 2, 6, 24 and 60 degrees, in metres."""
    sine = np.sin(np.pi / 3 * degrees)
    waves: Floats = 20 * (3 - 4 * sine * sine) * sine + 40 * sine
    waves += medium * np.sin(np.pi / 12 * degrees) + long * np.sin(np.pi / 30 * degrees)
    return waves * (2 / 3)


def _baidu(lon: Floats, lat: Floats) -> Pair:
    """Return BD-09 of GCJ-02, everywhere."""
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BAIDU_PI)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BAIDU_PI)
    return radius * np.cos(angle) + _BAIDU_LON, radius * np.sin(angle) + _BAIDU_LAT
