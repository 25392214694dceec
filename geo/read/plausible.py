"""Can the coordinates of a layer, all rows together, be degrees of true places?

A fault of the column shows in all rows: the decimal point is lost, degrees carry minutes and
seconds behind the point, two decimals are left, every row has one spot, a cell was filled down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geo.bundled import load_toml
from geo.findings import Finding, InputRefused, enumerated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geo.arrays import Floats
    from geo.read.positions import Places

_EXACT = 1e-9
_MINUTES = 60


def judge_columns(places: Places, *, file: str, degrees: bool) -> tuple[Finding, ...]:
    """Test the coordinate columns as a whole.

    Parameters
    ----------
    degrees
        Whether they should hold degrees: not where metres are declared, or the headers say x and y.

    Returns
    -------
    tuple of Finding
        ``COORD_COARSE``, ``COORD_ONE_SPOT``, ``COORD_SERIES``: remarks.

    Raises
    ------
    InputRefused
        ``COORD_SCALE`` (degrees without their decimal point), ``COORD_PACKED`` (minutes and
        seconds behind the point), each with the likely remedy.
    """
    located = np.isfinite(places.x) & np.isfinite(places.y)
    x, y = places.x[located], places.y[located]
    if len(x) == 0:
        return ()
    column = enumerated(dict.fromkeys(places.headers))
    if degrees and (meant := without_point(x, y)) is not None:
        scale = int(10 ** np.rint(np.log10(x / meant[0])).max())
        sample = f"{x[0]:.10g}, {y[0]:.10g}"
        right = f"{meant[0][0]:.10g}, {meant[1][0]:.10g}"
        detail = {"count": len(x), "scale": f"{scale:,}", "right": right}
        raise InputRefused(Finding("COORD_SCALE", file, None, column, sample, detail))
    if degrees and packed_minutes(x, y):
        detail = {"count": len(x), "right": f"{_unpacked(x[:1])[0]:.6f}, {_unpacked(y[:1])[0]:.6f}"}
        sample = f"{x[0]:.4f}, {y[0]:.4f}"
        raise InputRefused(Finding("COORD_PACKED", file, None, column, sample, detail))
    return tuple(_remarks(x, y, file=file, column=column, degrees=degrees))


def without_point(x: Floats, y: Floats) -> tuple[Floats, Floats] | None:
    """Return the degrees of one district that whole numbers are without their point, else None.

    Trailing zeros may be lost as well, so each value has its own power of ten.

    Examples
    --------
    >>> without_point(np.array([116920300.0, 11693.0]), np.array([38931200.0, 389401.0]))
    (array([116.9203, 116.93  ]), array([38.9312, 38.9401]))
    >>> without_point(np.array([493089.0]), np.array([4310869.0])) is None
    True
    """
    if (np.abs(x) < _rules()["largest_degrees"]).any() or not (_whole(x) and _whole(y)):
        return None
    west, south, east, north = _rules()["degrees"]
    lon, lat = _into(x, west, east), _into(y, south, north)
    if not (np.isfinite(lon) & np.isfinite(lat)).all():
        return None
    district = max(np.ptp(lon), np.ptp(lat)) <= _rules()["district_deg"]
    return (lon, lat) if district else None


def _into(values: Floats, low: float, high: float) -> Floats:
    """Return values divided by the power of ten that brings them between two bounds, else NaN."""
    tried = values[:, None] / 10.0 ** np.arange(1, 1 + _rules()["most_digits"])
    inside = (tried >= low) & (tried <= high)
    first = np.take_along_axis(tried, inside.argmax(axis=1)[:, None], axis=1)[:, 0]
    return np.where(inside.any(axis=1), first, np.nan)


def packed_minutes(x: Floats, y: Floats) -> bool:
    """Say whether all rows look like degrees, then minutes and seconds: 116.5512 for 116 55 12.

    Four decimals by chance look so in one row of eight; it takes a dozen different rows to be sure.
    """
    pairs = np.unique(np.column_stack([x, y]), axis=0)
    if len(pairs) < _rules()["packed_rows"]:
        return False
    behind = np.abs(pairs) % 1 * 1e4
    whole = np.rint(behind)
    if not whole.any() or np.abs(pairs).max() > _rules()["largest_degrees"]:
        return False
    if np.abs(behind - whole).max() > 1e-4:  # noqa: PLR2004 - digits beyond the seconds
        return False
    return bool((whole // 100 < _MINUTES).all() and (whole % 100 < _MINUTES).all())


def _unpacked(value: Floats) -> Floats:
    """Return decimal degrees of degrees with minutes and seconds behind the point."""
    behind = np.rint(np.abs(value) % 1 * 1e4)
    size = np.floor(np.abs(value)) + behind // 100 / 60 + behind % 100 / 3600
    degrees: Floats = np.sign(value) * size
    return degrees


def _remarks(x: Floats, y: Floats, *, file: str, column: str, degrees: bool) -> Iterator[Finding]:
    pairs, count = np.unique(np.column_stack([x, y]), axis=0, return_counts=True)
    most = int(count.max())
    if most >= _rules()["one_spot_rows"] and most >= _rules()["one_spot_share"] * len(x):
        at = pairs[count.argmax()]
        detail = {"count": most, "of": len(x)}
        yield Finding("COORD_ONE_SPOT", file, None, column, f"{at[0]:.10g}, {at[1]:.10g}", detail)
    elif len(pairs) >= _rules()["series_rows"] and _even_steps(x) and _even_steps(y):
        step = f"{x[1] - x[0]:.6g}, {y[1] - y[0]:.6g}"
        yield Finding("COORD_SERIES", file, None, column, step, {"count": len(x)})
    decimals = _rules()["coarse_decimals"]
    enough = degrees and len(x) >= _rules()["coarse_rows"]
    if enough and _rounded(x, decimals) and _rounded(y, decimals):
        detail = {"decimals": decimals, "metres": _rules()["coarse_m"], "count": len(x)}
        yield Finding("COORD_COARSE", file, None, column, f"{x[0]:g}, {y[0]:g}", detail)


def _even_steps(values: Floats) -> bool:
    """Say whether a column rises by one and the same step from row to row."""
    steps = np.diff(values)
    return bool(np.abs(steps - steps[0]).max() < _EXACT and steps[0] != 0)


def _whole(values: Floats) -> bool:
    return bool((values == np.rint(values)).all())


def _rounded(values: Floats, decimals: int) -> bool:
    return bool(np.abs(values - values.round(decimals)).max() < _EXACT)


def _rules() -> dict[str, Any]:
    rules: dict[str, Any] = load_toml("rules/limits.toml")["columns"]
    return rules
