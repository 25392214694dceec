"""Do the points of a layer lie where its datum says, seen from the streets?

Points of a Chinese map service that are taken for WGS 84 lie half a kilometre (GCJ-02) or more than
a kilometre (BD-09) away from their true place.  On a map that looks fine; but facilities stand
*beside* streets, neither on the carriageway nor far from it, and shifted points stand anywhere.

So the layer is placed three times: as it is, with GCJ-02 undone, and with BD-09 undone.  Each time
the distances to the nearest street are compared with two expectations: those of facilities, and
those of the same points moved about at random (which say how dense the streets are).  The datum
with the clearly best likelihood ratio is the suspect.  In a dense net with few points no datum is
clearly best, and then nothing is said: an alarm that is wrong costs more than one that is missing.

A point on the carriageway itself (bus stops are drawn so) is where it belongs and says no more; the
copies of one spot are one proof.  All numbers are in ``data/rules/datum.toml``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.bundled import load_toml
from geo.datum.conversions import bd09_to_wgs84, gcj02_to_wgs84
from geo.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from geo.arrays import Floats


AS_IS = "WGS84"
_METRES_PER_DEGREE = 111_320.0
_FINE_M, _FAR_M = 0.5, 400.0


@dataclass(frozen=True)
class Hypothesis:
    """One datum, tried.

    Attributes
    ----------
    datum
        ``WGS84`` (as it is), ``GCJ-02`` or ``BD-09``.
    median_m
        Median distance to the nearest street of the points compared.
    likelihood
        Natural logarithm of how much better the distances fit facilities than random places, over
        the points compared with the datum as it is.
    """

    datum: str
    median_m: float
    likelihood: float


@dataclass(frozen=True)
class DatumEvidence:
    """What the streets say about the datum of a layer.

    Attributes
    ----------
    hypotheses
        As it is, GCJ-02, BD-09, in this order; empty where there are too few points or streets.
    points
        Points compared.
    suspect
        ``GCJ-02`` or ``BD-09`` where one of them is clearly better than as it is, else None.
    """

    hypotheses: tuple[Hypothesis, ...]
    points: int
    suspect: str | None

    def finding(self, *, file: str) -> Finding | None:
        """Return ``DATUM_SUSPECT`` with the evidence in metres, or None."""
        if self.suspect is None:
            return None
        by_name = {h.datum: h for h in self.hypotheses}
        gain = by_name[self.suspect].likelihood - by_name[AS_IS].likelihood
        detail = {
            "datum": self.suspect,
            "points": self.points,
            "as_is_m": f"{by_name[AS_IS].median_m:.0f}",
            "gcj_m": f"{by_name['GCJ-02'].median_m:.0f}",
            "bd_m": f"{by_name['BD-09'].median_m:.0f}",
            "times": f"{min(np.exp(min(gain, 20.0)), 1e6):.0f}",
        }
        return Finding("DATUM_SUSPECT", file, detail=detail)


def detect_datum(points_lonlat: Floats, streets: NDArray[np.object_]) -> DatumEvidence:
    """Say whether points labelled WGS 84 are GCJ-02 or BD-09 instead.

    Parameters
    ----------
    points_lonlat
        (n, 2) longitude and latitude as declared; rows that are not finite are left out.
    streets
        Shapely lines, longitude and latitude (EPSG:4326).

    Returns
    -------
    DatumEvidence
        Undecided (``suspect`` None) unless one shifted datum is clearly the best.

    Examples
    --------
    Points that were read off a map service, beside streets in WGS 84:

    >>> import geopandas as gpd, yimi
    >>> from geo.datum import wgs84_to_gcj02
    >>> streets = yimi.load(yimi.demo).city.streets
    >>> drawn = gpd.GeoSeries(streets.tree.geometries, crs=streets.crs)
    >>> lines = drawn.to_crs(4326).to_numpy()
    >>> schools = yimi.read(yimi.demo / "places.csv").frame.geometry
    >>> shifted = np.column_stack(wgs84_to_gcj02(schools.x, schools.y))
    >>> detect_datum(shifted, lines).suspect
    'GCJ-02'
    """
    rules = load_toml("rules/datum.toml")
    points = np.asarray(points_lonlat, np.float64).reshape(-1, 2)
    points = points[np.isfinite(points).all(axis=1)]
    points = _sample(_spots(points, rules["one_spot_m"]), rules["most_points"])
    lines = streets[~(shapely.is_missing(streets) | shapely.is_empty(streets))]
    if len(points) < rules["least_points"] or len(lines) == 0:
        return DatumEvidence((), 0, None)
    net = _Net(lines)
    placed = {
        name: net.scaled(x, y)
        for name, (x, y) in {
            AS_IS: (points[:, 0], points[:, 1]),
            "GCJ-02": gcj02_to_wgs84(points[:, 0], points[:, 1]),
            "BD-09": bd09_to_wgs84(points[:, 0], points[:, 1]),
        }.items()
    }
    return _judge(net, placed, rules)


class _Net:
    """The streets in metres around their middle, ready to be asked for the nearest one."""

    def __init__(self, lines: NDArray[np.object_]) -> None:
        west, south, east, north = shapely.total_bounds(lines)
        # Plane of the parallel in the middle: within 0.5 % over a district, and only the order
        # of distances of some tens of metres matters.
        cosine = np.cos(np.radians((south + north) / 2))
        self.factor = _METRES_PER_DEGREE * np.array([cosine, 1.0])
        factor = self.factor
        flat = shapely.transform(lines, lambda xy: xy * factor)
        self.tree = shapely.STRtree(flat)
        self.low, self.high = np.array([west, south]) * factor, np.array([east, north]) * factor

    def scaled(self, lon: Floats, lat: Floats) -> Floats:
        """Return places in metres, (n, 2)."""
        xy: Floats = np.column_stack([lon, lat]) * self.factor
        return xy

    def inside(self, xy: Floats) -> NDArray[np.bool_]:
        """Say which places lie in the extent of the streets."""
        return np.asarray(((xy >= self.low) & (xy <= self.high)).all(axis=1), bool)

    def distance(self, xy: Floats) -> Floats:
        """Return the distance to the nearest street in metres."""
        points = shapely.points(xy)
        _, metres = self.tree.query_nearest(points, return_distance=True, all_matches=False)
        return np.asarray(metres, np.float64)


def _spots(points: Floats, size_m: float) -> Floats:
    """Return the first point of each spot, in the order of the file."""
    cell = np.floor(points * _METRES_PER_DEGREE / size_m).astype(np.int64)
    _, first = np.unique(cell, axis=0, return_index=True)
    return points[np.sort(first)]


def _sample(points: Floats, most: int) -> Floats:
    """Return at most `most` points, regularly spaced in the order of the file."""
    if len(points) <= most:
        return points
    return points[np.linspace(0, len(points) - 1, most).astype(np.int64)]


def _judge(net: _Net, placed: Mapping[str, Floats], rules: Mapping[str, Any]) -> DatumEvidence:
    """Compare each shifted datum with the declared one, on the points that both can place."""
    metres = {name: net.distance(xy) for name, xy in placed.items()}
    share = max(float((d <= rules["whole_within_m"]).mean()) for d in metres.values())
    whole = share >= rules["whole_share"]
    usable = {
        name: np.ones(len(xy), bool) if whole else net.inside(xy) for name, xy in placed.items()
    }
    on_line = metres[AS_IS] <= rules["on_line_m"]
    beside = ~on_line | (on_line.mean() < rules["on_line_share"])
    common = np.logical_and.reduce([*usable.values(), beside])
    if common.sum() < rules["least_points"]:
        return DatumEvidence((), int(common.sum()), None)
    random = _random_shares(net, placed, whole=whole, rules=rules)
    facility = _facility_shares(rules)
    tried = tuple(
        Hypothesis(
            name,
            float(np.median(metres[name][common])),
            _likelihood(metres[name][common], facility=facility, random=random, rules=rules),
        )
        for name in placed
    )
    near = float(np.median(metres[AS_IS])) <= rules["on_street_m"]
    return DatumEvidence(tried, int(common.sum()), None if near else _suspect(tried, rules))


def _suspect(tried: Sequence[Hypothesis], rules: Mapping[str, Any]) -> str | None:
    """Return the datum that is clearly the best, if it is not the declared one."""
    as_is = tried[0].likelihood
    best, second = sorted(tried[1:], key=lambda h: -h.likelihood)
    clear = best.likelihood - as_is >= rules["suspect_from"]
    return (
        best.datum
        if clear and best.likelihood - second.likelihood >= rules["second_from"]
        else None
    )


def _counts(metres: Floats, rules: Mapping[str, Any]) -> Floats:
    """Return the number of distances in each class."""
    limits = np.array(rules["class_limits_m"], np.float64)
    classes = np.searchsorted(limits, metres, side="right")
    return np.bincount(classes, minlength=len(limits) + 1).astype(np.float64)


def _facility_shares(rules: Mapping[str, Any]) -> Floats:
    """Return the share of facilities in each class of distance, (guesses, classes)."""
    metres = np.arange(_FINE_M / 2, _FAR_M, _FINE_M)
    limits = np.array(rules["class_limits_m"], np.float64)
    classes = np.searchsorted(limits, metres, side="right")
    guesses = []
    for nearest in rules["nearest_m"]:
        for farthest in rules["farthest_m"]:
            rise = 1 / (1 + np.exp(-(metres - nearest) / rules["nearest_soft_m"]))
            fall = 1 / (1 + np.exp((metres - farthest) / (rules["farthest_soft_share"] * farthest)))
            shares = np.bincount(classes, rise * fall, len(limits) + 1)
            guesses.append(shares / shares.sum())
    return np.array(guesses)


def _random_shares(
    net: _Net, placed: Mapping[str, Floats], *, whole: bool, rules: Mapping[str, Any]
) -> Floats:
    """Return the share in each class for the layer moved about: places without any purpose."""
    counts = np.ones(len(rules["class_limits_m"]) + 1)
    for turn, xy in enumerate(placed.values()):
        for ring, metres in enumerate(rules["moved_m"]):
            # Every ring and datum starts at another angle, so that no direction of the net is
            # preferred.
            first = 0.4 * ring + 0.13 * turn
            angles = first + 2 * np.pi * np.arange(rules["directions"]) / rules["directions"]
            moves = metres * np.column_stack([np.cos(angles), np.sin(angles)])
            moved = (xy[None, :, :] + moves[:, None, :]).reshape(-1, 2)
            kept = moved if whole else moved[net.inside(moved)]
            counts += _counts(net.distance(kept), rules)
    shares: Floats = counts / counts.sum()
    return shares


def _likelihood(
    metres: Floats, *, facility: Floats, random: Floats, rules: Mapping[str, Any]
) -> float:
    """Return the logarithm of the likelihood ratio, averaged over all guesses and shares."""
    counts = _counts(metres, rules)
    usual = np.array(rules["usual_shares"])[:, None, None]
    ratios = np.log((usual * facility[None] + (1 - usual) * random) / random)
    each = (ratios * counts).sum(axis=2).ravel()
    best = each.max()
    return float(best + np.log(np.exp(each - best).mean()))
