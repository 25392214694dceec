"""What lies around each gate?  Worked out once for all gates, read by every check.

All ways are along the drawn streets; the zone of a gate is what lies within 150 m of the place
where the gate meets the street.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
import shapely

from analyses.gates.rules import number, words
from analyses.streets import SOURCES
from geo.arrays import MM_PER_M
from geo.walk import Around, Snapped, around, pairs_within, snap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from analyses.streets import Scene
    from geo.arrays import Flags, Floats, Ints, Objects


Made = TypeVar("Made")
KNOWN_GATES = ("gate", "mapped")
"""Rules of `analyses.facilities.doors` by which a gate is known; the others assume one."""
OBSERVED = SOURCES[:3]


class Hits(NamedTuple):
    """Things near gates: those of gate ``g`` are ``item[start[g]:start[g + 1]]``."""

    start: Ints
    item: Ints
    metres: Floats

    def of(self, gate: int) -> tuple[Ints, Floats]:
        """Return the things near one gate and how far they are."""
        rows = slice(self.start[gate], self.start[gate + 1])
        return self.item[rows], self.metres[rows]


def gate_ids(gates: gpd.GeoDataFrame) -> list[str]:
    """Return the id of each gate: the facility's id, ``#`` and the number of the gate from 1.

    Examples
    --------
    >>> import pandas as pd
    >>> gate_ids(pd.DataFrame({"facility_id": ["s", "t", "s"]}))
    ['s#1', 't#1', 's#2']
    """
    running = gates.groupby("facility_id", sort=False).cumcount() + 1
    return [f"{f}#{k}" for f, k in zip(gates["facility_id"], running, strict=True)]


def point_xy(shape: object) -> tuple[float, float]:
    """Return the coordinates of a point, or of a point on another shape."""
    x, y = shapely.get_coordinates(shapely.point_on_surface(np.array([shape], dtype=object)))[0]
    return float(x), float(y)


@dataclass(frozen=True, eq=False)
class Ground:
    """The scene, the schools and their gates, and what is near which gate.

    Attributes
    ----------
    scene
        Streets, crossings and layers.
    schools, gates
        In the scene's CRS; a gate belongs to the school with its `facility_id`.
    routes
        School id -> edges of ``scene.sides.walk`` that its children use, or None.
    """

    scene: Scene
    schools: gpd.GeoDataFrame
    gates: gpd.GeoDataFrame
    routes: Mapping[str, Ints] | None = None
    _memo: dict[Any, Any] = field(default_factory=dict)

    @cached_property
    def gate_xy(self) -> Floats:
        """Where the gates are."""
        return np.asarray(shapely.get_coordinates(self.gates.geometry.to_numpy()))

    @cached_property
    def _gates_of(self) -> dict[str, tuple[int, ...]]:
        """Rows of the gates of each school that has any."""
        rows = self.gates.groupby("facility_id", sort=False).indices
        return {str(school): tuple(int(row) for row in found) for school, found in rows.items()}

    def gates_of(self, school: int) -> tuple[int, ...]:
        """Return the rows of the gates of a school (a row of the schools)."""
        return self._gates_of.get(self.school_ids[school], ())

    @cached_property
    def school_ids(self) -> list[str]:
        """Ids of the schools."""
        return [str(cell) for cell in self.schools["facility_id"]]

    @cached_property
    def kinds(self) -> list[str]:
        """Kinds of the schools."""
        return [str(cell) for cell in self.schools["kind"]]

    @cached_property
    def campuses(self) -> Objects:
        """The schools' areas, or the points that stand for them."""
        return np.asarray(self.schools.geometry.to_numpy(), dtype=object)

    @cached_property
    def gate_rules(self) -> list[str]:
        """By which rule each gate was found."""
        return [str(cell) for cell in self.gates["rule"]]

    @cached_property
    def crossing_points(self) -> Objects:
        """Where the crossings lie."""
        return np.asarray(self.scene.crossings.geometry.to_numpy(), dtype=object)

    @cached_property
    def known_gate(self) -> Flags:
        """Whether each gate is known and not assumed."""
        known: Flags = self.gates["rule"].isin(KNOWN_GATES).to_numpy(dtype=bool)
        return known

    @cached_property
    def snapped(self) -> Snapped:
        """Where the gates meet the streets."""
        return snap(self.scene.network, self.gate_xy, max_m=number("snap"))

    @cached_property
    def zone(self) -> Around:
        """The audited zone of each gate."""
        return around(self.scene.network, self.snapped, limit_m=number("zone"))

    @cached_property
    def apron(self) -> Around:
        """What lies right in front of each gate."""
        return around(self.scene.network, self.snapped, limit_m=number("apron"))

    @cached_property
    def road(self) -> Flags:
        """Whether each drawn edge is a road whose state counts in a zone."""
        return self.of_class("road_classes")

    @cached_property
    def crossing_hits(self) -> Hits:
        """Crossings within the way in which they are looked for."""
        crossings = self.scene.crossings
        edge = crossings["street"].to_numpy(dtype=np.int64)
        points = self.crossing_points
        lines = self.scene.network.tree.geometries[edge]
        along = np.rint(shapely.line_locate_point(lines, points) * MM_PER_M)
        places = Snapped(
            edge=edge,
            offset_mm=np.minimum(along, self.scene.network.edge_length_mm[edge]).astype(np.int64),
            access_m=np.zeros(len(edge)),
            xy=shapely.get_coordinates(points),
        )
        return self._hits(places, limit_m=number("crossing_search"), legs=False)

    def street(self, column: str) -> NDArray[Any]:
        """Return a column of the streets as an array."""
        return self._once(("street", column), lambda: _array(self.scene.streets, column))

    def crossing(self, column: str) -> NDArray[Any]:
        """Return a column of the crossings as an array."""
        return self._once(("crossing", column), lambda: _array(self.scene.crossings, column))

    def observed(self, table: str, column: str) -> Flags:
        """Return for which streets or crossings (`table`) a value was observed."""
        source = self.street if table == "street" else self.crossing
        return self._once(
            ("observed", table, column), lambda: np.isin(source(f"{column}_source"), OBSERVED)
        )

    def facility_in(self, name: str) -> tuple[Flags, Flags]:
        """Return which crossings certainly have a facility of a list, and which may have one."""
        return self._once(("facility", name), lambda: self._facility_in(name))

    def _facility_in(self, name: str) -> tuple[Flags, Flags]:
        columns = ("facility", "facility_low", "facility_high")
        wanted = [np.isin(self.crossing(column).astype(str), words(name)) for column in columns]
        certain: Flags = np.all(wanted, axis=0) & self.observed("crossing", "facility")
        return certain, np.any(wanted, axis=0) & ~certain

    def tag(self, key: str) -> Objects:
        """Return an OSM tag of the drawn edges, None where there is none."""
        edges = self.scene.network.edges
        empty = np.full(len(edges), None, dtype=object)
        return self._once(
            ("tag", key), lambda: edges[key].to_numpy(dtype=object) if key in edges else empty
        )

    @cached_property
    def off_ground(self) -> Flags:
        """Whether each drawn edge is on a bridge or in a tunnel."""
        tags = [self.tag(key).astype(str) for key in ("bridge", "tunnel")]
        off: Flags = np.any([~np.isin(tag, ("None", "nan", "no")) for tag in tags], axis=0)
        return off

    @cached_property
    def near_signal(self) -> Flags:
        """Whether a signal is mapped at or near each node."""
        xy = self.scene.network.node_xy
        signals = shapely.points(xy[self.tagged_nodes("highway", "traffic_signals")])
        near = np.zeros(len(xy), dtype=bool)
        within_m = number("signal_near")
        nodes = np.asarray(shapely.points(xy), dtype=object)
        _, node = shapely.STRtree(nodes).query(signals, predicate="dwithin", distance=within_m)
        near[node] = True
        return near

    def tagged_nodes(self, key: str, *values: str) -> Ints:
        """Return the nodes whose tag has one of some values."""
        tags = self.scene.network.node_tags
        if key not in tags:
            return np.empty(0, dtype=np.int64)
        nodes: Ints = tags.index.to_numpy(dtype=np.int64)[tags[key].isin(values).to_numpy()]
        return nodes

    def of_class(self, name: str) -> Flags:
        """Return which drawn edges are of the classes that a list of the rules names."""
        return self._once(
            ("class", name), lambda: np.isin(self.street("road_class").astype(str), words(name))
        )

    def arms(self, name: str) -> Ints:
        """Return how many streets of the classes of a list meet at each node."""
        nodes = self.scene.network.edge_nodes
        count = len(self.scene.network.node_xy)
        return self._once(
            ("arms", name),
            lambda: np.bincount(
                nodes[self.of_class(name)].ravel().astype(np.int64), minlength=count
            ),
        )

    def shapes(self, layer: str) -> Objects:
        """Return the geometries of a layer that was given."""
        return self._once(("shapes", layer), lambda: _array(self.scene.layers[layer], "geometry"))

    def layer_xy(self, layer: str, row: int) -> tuple[float, float]:
        """Return a point on what a row of a layer shows."""
        return point_xy(self.shapes(layer)[row])

    def tree(self, layer: str) -> shapely.STRtree:
        """Return the spatial index of a layer that was given."""
        return self._once(("tree", layer), lambda: shapely.STRtree(self.shapes(layer)))

    def is_kind(self, layer: str, column: str, *kinds: str) -> Flags:
        """Return which rows of a layer are of some kinds; none where it has no such column."""
        frame = self.scene.layers[layer]
        if column not in frame:
            return np.zeros(len(frame), dtype=bool)
        return self._once(
            ("kind", layer, column, kinds), lambda: frame[column].isin(kinds).to_numpy(dtype=bool)
        )

    def tree_of(self, layer: str, column: str, *kinds: str) -> shapely.STRtree:
        """Return the spatial index of those rows of a layer that are of some kinds."""
        return self._once(
            ("tree", layer, column, kinds),
            lambda: shapely.STRtree(self.shapes(layer)[self.is_kind(layer, column, *kinds)]),
        )

    @cached_property
    def beside_fences(self) -> shapely.STRtree:
        """Where one walks behind a fence: strips on both sides of it, none beyond its ends."""
        fences = self.tree_of("barriers", "barrier", *words("fences")).geometries
        return shapely.STRtree(shapely.buffer(fences, number("fence_near"), cap_style="flat"))

    def complete(self, layer: str) -> bool:
        """Return whether a layer shows all there is, so that what it lacks is absent.

        An office's list does; of what is mapped only some layers do.
        """
        frame = self.scene.layers[layer]
        return self._once(
            ("complete", layer),
            lambda: (
                "source" not in frame
                or not (frame["source"] == "tag").all()
                or layer in words("drawn_wholly")
            ),
        )

    def beside_zone(self, layer: str, *, within_m: float) -> Hits:
        """Return which rows of a layer lie beside the roads of each zone."""
        return self._once(("beside", layer, within_m), lambda: self._beside(layer, within_m))

    def on_foot(self, layer: str, *, limit_m: float) -> Hits:
        """Return which rows of a layer can be reached on foot from each gate, door to door."""
        return self._once(("foot", layer, limit_m), lambda: self._on_foot(layer, limit_m))

    @cached_property
    def survey(self) -> dict[tuple[str, str], str]:
        """What the survey says: (id of gate or school, check) -> value; the newest row holds."""
        frame = self.scene.layers.get("survey")
        if frame is None:
            return {}
        if "date" in frame:
            frame = frame.sort_values("date", kind="stable", na_position="first")
        cells = frame[["object_id", "attribute", "value"]].dropna().astype(str)
        rows = cells.itertuples(index=False)
        return {(o.strip(), a.strip().upper()): v.strip() for o, a, v in rows}

    def _beside(self, layer: str, within_m: float) -> Hits:
        zone = self.zone
        part = np.flatnonzero(self.road[zone.edge])
        found, row = self.tree(layer).query(
            zone.lines[part], predicate="dwithin", distance=within_m
        )
        pairs = np.unique(np.column_stack([zone.place[part[found]], row]), axis=0).reshape(-1, 2)
        start = np.searchsorted(pairs[:, 0], np.arange(len(self.gates) + 1))
        return Hits(start, pairs[:, 1], np.zeros(len(pairs)))

    def foot_edge(self, layer: str) -> Ints:
        """Return the drawn edge at which each row of a layer meets the streets, -1 = none."""
        return self._places(layer).edge

    def _places(self, layer: str) -> Snapped:
        """Return where the rows of a layer meet the streets."""
        return self._once(("places", layer), lambda: self._snapped(layer))

    def _snapped(self, layer: str) -> Snapped:
        points = shapely.get_coordinates(shapely.point_on_surface(self.shapes(layer)))
        return snap(self.scene.network, points, max_m=number("snap"))

    def _on_foot(self, layer: str, limit_m: float) -> Hits:
        return self._hits(self._places(layer), limit_m=limit_m, legs=True)

    def _hits(self, places: Snapped, *, limit_m: float, legs: bool) -> Hits:
        groups = np.arange(len(self.gates))
        network = self.scene.network
        pairs = pairs_within(network, self.snapped, groups, places, limit_m=limit_m, legs=legs)
        start = np.searchsorted(pairs.group, np.arange(len(self.gates) + 1))
        return Hits(start, pairs.target, pairs.distance_m)

    def _once(self, key: tuple[object, ...], make: Callable[[], Made]) -> Made:
        """Return what was made for a key, made at the first call."""
        if key not in self._memo:
            self._memo[key] = make()
        made: Made = self._memo[key]
        return made


def _array(frame: pd.DataFrame, column: str) -> NDArray[Any]:
    """Return a column as an array: numbers and flags as they are, all else as objects."""
    cells = frame[column]
    plain = cells.dtype.kind in "bif"
    return cells.to_numpy() if plain else cells.to_numpy(dtype=object)
