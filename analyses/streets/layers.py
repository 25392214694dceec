"""What do official layers and surveys say of the streets?

A point belongs to the nearest street or to one of its name, a line to the street that it runs
along, an area to the streets whose middle lies in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from analyses.streets.classes import rules
from analyses.streets.official import survey_values
from analyses.streets.readings import YES_NO, Reading, filled, nothing, read_as
from analyses.streets.tags import BUFFER, SIDEWALK, Sidewalks
from analyses.streets.tags import rules as tag_rules
from geo.arrays import MM_PER_M
from geo.walk import runs_beside

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import geopandas as gpd

    from geo.arrays import Flags, Floats, Ints, Objects
    from geo.walk import WalkNetwork


_LINE, _AREA = 1, 2


@dataclass(frozen=True, eq=False)
class Place:
    """The streets that a layer is laid on.

    Attributes
    ----------
    network
        The streets as drawn.
    sided
        (m,) roads; only they have speeds, lanes and sides.
    name
        (m,) name or None.
    street_id
        (m,) what a survey calls them.
    layers
        Layer -> rows (`analyses.streets.official.canonical`).
    """

    network: WalkNetwork
    sided: Flags
    name: Objects
    street_id: pd.Index[Any]
    layers: Mapping[str, gpd.GeoDataFrame]

    @property
    def length_m(self) -> Floats:
        """Length of each street."""
        return self.network.edge_length_mm / MM_PER_M


def surveyed(place: Place, attribute: str, words: Sequence[str] = ()) -> Reading:
    """Return what was found on the spot."""
    values = survey_values(place.layers, place.street_id, attribute, words=words)
    return read_as("survey", values)


def limits(place: Place) -> Reading:
    """Return the speed limits of the layer ``speed_limits``."""
    return _numbers(place, "speed_limits", {"speed_kmh": 1.0})


def traffic(place: Place) -> Reading:
    """Return the vehicles a day of the layer ``traffic_counts``."""
    per_hour = float(rules()["hour_to_day"]["factor"])
    return _numbers(place, "traffic_counts", {"vehicles_day": 1.0, "vehicles_hour": per_hour})


def drawn_sidewalks(place: Place, sidewalk: Flags, *, roads: Flags) -> Sidewalks:
    """Find sidewalks that are drawn as ways of their own beside a road (source: tag)."""
    code = float(SIDEWALK.index("separate"))
    lines = np.asarray(place.network.tree.geometries[sidewalk], dtype=object)
    sides = _along(place, lines, within_m=rules()["near"]["sidewalk_m"], edges=roads)
    return Sidewalks(*(read_as("tag", np.where(side, code, np.nan)) for side in sides))


def kerb_parking(place: Place, half_width_m: Floats) -> Reading:
    """Say where cars stand along a kerb (layer ``parking``): one side is enough."""
    frame = place.layers.get("parking")
    rows = None if frame is None else frame[frame["kind"] == "kerb"]

    def parked(own: gpd.GeoDataFrame) -> Floats:
        left, right = _at_edge(place, own, half_width_m)
        return np.where(left | right, float(YES_NO.index("yes")), np.nan)

    return _by_source(place, rows, parked)


def buffers(place: Place, half_width_m: Floats) -> Reading:
    """Find rails and trees at both edges of the carriageway, rails first.

    Layers ``barriers`` and ``trees``.  A fence or wall counts for nothing: most of them stand
    behind the sidewalk, around the ground beside it.
    """
    barriers = place.layers.get("barriers")
    stop_cars = tag_rules()["buffer"]["rail_barriers"]
    rails = None if barriers is None else barriers[barriers["barrier"].isin(stop_cars)]

    def between(code: int) -> Callable[[gpd.GeoDataFrame], Floats]:
        def found(own: gpd.GeoDataFrame) -> Floats:
            left, right = _at_edge(place, own, half_width_m)
            return np.where(left & right, float(code), np.nan)

        return found

    rail = _by_source(place, rails, between(BUFFER.index("rail")))
    trees = _by_source(place, place.layers.get("trees"), between(BUFFER.index("trees")))
    return filled(rail, trees)


def lamps(place: Place) -> Reading:
    """Say which streets are lit by lamps of the layer ``street_lights``."""
    near, count = rules()["near"], len(place.sided)

    def lit(own: gpd.GeoDataFrame) -> Floats:
        points = np.asarray(shapely.centroid(own.geometry.to_numpy()), dtype=object)
        number = np.bincount(_within(place, points, near["lamp_m"])["edge"], minlength=count)
        enough = (number > 0) & (number * near["lamp_reach_m"] >= place.length_m)
        return np.where(enough, float(YES_NO.index("yes")), np.nan)

    return _by_source(place, place.layers.get("street_lights"), lit)


def _by_source(
    place: Place, rows: gpd.GeoDataFrame | None, read: Callable[[gpd.GeoDataFrame], Floats]
) -> Reading:
    """Read a layer source by source: what an office says comes before what is mapped."""
    result = nothing(len(place.sided))
    if rows is not None:
        for source in sorted(rows["source"].unique()):  # official, survey, tag
            result = filled(result, read_as(source, read(rows[rows["source"] == source])))
    return result


def _numbers(place: Place, layer: str, columns: Mapping[str, float]) -> Reading:
    """Lay the numbers of an official layer on the streets.

    Where several rows belong to a street the highest number counts, and the bounds span them.
    """
    frame, count = place.layers.get(layer), len(place.sided)
    if frame is None or frame.empty:
        return nothing(count)
    number = np.full(len(frame), np.nan)
    for column, factor in columns.items():
        own = frame[column].to_numpy(dtype=np.float64) * factor
        number = np.where(np.isnan(number), own, number)
    usable = ~np.isnan(number) & ~frame.geometry.isna().to_numpy()
    edge, row = _streets_of(place, frame[usable])
    number = number[usable][row]
    high, low = np.full(count, -np.inf), np.full(count, np.inf)
    np.maximum.at(high, edge, number)
    np.minimum.at(low, edge, number)
    high, low = (np.where(np.isinf(bound), np.nan, bound) for bound in (high, low))
    return read_as("official", high, low=low)


def _streets_of(place: Place, frame: gpd.GeoDataFrame) -> tuple[Ints, Ints]:
    """Return pairs of a street and a row of the layer that belongs to it."""
    shapes = frame.geometry.to_numpy()
    size = shapely.get_dimensions(shapes)
    points, lines, areas = (np.flatnonzero(size == d) for d in (0, _LINE, _AREA))
    pairs = []
    edge, at = _of_points(place, shapes[points], frame["name"].to_numpy(dtype=object)[points])
    pairs.append((edge, points[at]))
    edge, at = _of_lines(place, shapes[lines])
    pairs.append((edge, lines[at]))
    middle = shapely.line_interpolate_point(place.network.tree.geometries, 0.5, normalized=True)
    at, edge = shapely.STRtree(middle).query(shapes[areas], predicate="intersects")
    on_road = place.sided[edge]
    pairs.append((edge[on_road], areas[at[on_road]]))
    return np.concatenate([e for e, _ in pairs]), np.concatenate([r for _, r in pairs])


def _of_points(place: Place, points: Objects, names: Objects) -> tuple[Ints, Ints]:
    """Give each point the nearest street of its name, else the nearest one at all."""
    near = rules()["near"]
    found = _within(place, points, max(near["point_m"], near["named_m"]))
    own_name = names[found["point"]]
    other = pd.isna(own_name) | (own_name != place.name[found["edge"]])
    limit_m = np.where(other, near["point_m"], near["named_m"])
    kept = found.assign(other=other)[found["away_m"] <= limit_m]
    kept = kept.sort_values(["point", "other", "away_m", "edge"], kind="stable")
    kept = kept.drop_duplicates("point")
    return kept["edge"].to_numpy(), kept["point"].to_numpy()


def _of_lines(place: Place, lines: Objects) -> tuple[Ints, Ints]:
    """Return the streets that each line runs along for the most part of their length."""
    near = rules()["near"]
    found = runs_beside(
        place.network,
        lines,
        edges=place.sided,
        within_m=near["line_m"],
        turn_max_deg=near["turn_max_deg"],
    )
    total = found.groupby(["edge", "shape"], as_index=False)["length_m"].sum()
    edge = total["edge"].to_numpy(dtype=np.int64)
    most = total["length_m"].to_numpy() >= near["share"] * place.length_m[edge]
    return edge[most], total["shape"].to_numpy(dtype=np.int64)[most]


def _within(place: Place, points: Objects, within_m: float) -> pd.DataFrame:
    """Return the roads near each point: ``point``, ``edge``, ``away_m``."""
    point, edge = place.network.tree.query(points, predicate="dwithin", distance=within_m)
    on_road = place.sided[edge]
    point, edge = point[on_road], edge[on_road]
    away_m = shapely.distance(points[point], place.network.tree.geometries[edge])
    return pd.DataFrame({"point": point, "edge": edge, "away_m": away_m})


def _at_edge(place: Place, rows: gpd.GeoDataFrame, half_width_m: Floats) -> tuple[Flags, Flags]:
    """Say of the left and the right whether shapes run along the edge of the carriageway."""
    within_m = np.nan_to_num(half_width_m) + rules()["near"]["edge_m"]
    return _along(place, rows.geometry.to_numpy(), within_m=within_m, edges=place.sided)


def _along(
    place: Place, shapes: Objects, *, within_m: float | Floats, edges: Flags
) -> tuple[Flags, Flags]:
    """Say of the left and the right of each street whether shapes run along most of it."""
    near, count = rules()["near"], len(edges)
    if not shapes.size:
        return np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    found = runs_beside(
        place.network, shapes, edges=edges, within_m=within_m, turn_max_deg=near["turn_max_deg"]
    )
    sides = []
    for side in (-1, 1):
        here = found[found["side"] == side]
        length = np.bincount(here["edge"], weights=here["length_m"], minlength=count)
        sides.append((length >= near["share"] * place.length_m) & (length > 0))
    return sides[0], sides[1]
