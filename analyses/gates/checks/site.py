"""What does one gate, or one school with all its gates, look like to a check?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from analyses.gates.checks.ground import point_xy
from geo.arrays import MM_PER_M

if TYPE_CHECKING:
    from analyses.gates.checks.ground import Ground, Hits
    from geo.arrays import Flags, Floats, Ints, Objects


@dataclass(frozen=True, eq=False)
class Site:
    """One gate of a school, or the school as a whole with all its gates.

    Attributes
    ----------
    ground
        Everything around all gates.
    school
        Row of the school.
    gates
        Rows of the gates that are looked at.
    """

    ground: Ground
    school: int
    gates: tuple[int, ...]

    @cached_property
    def school_id(self) -> str:
        """Id of the school."""
        return self.ground.school_ids[self.school]

    @cached_property
    def kind(self) -> str:
        """Kind of the school."""
        return self.ground.kinds[self.school]

    @cached_property
    def campus(self) -> shapely.Geometry:
        """The campus, or the point that stands for it."""
        shape: shapely.Geometry = self.ground.campuses[self.school]
        return shape

    @cached_property
    def xy(self) -> tuple[float, float]:
        """The gate, or a point of the campus when all gates are looked at."""
        if len(self.gates) == 1:
            x, y = self.ground.gate_xy[self.gates[0]]
            return float(x), float(y)
        return point_xy(self.campus)

    @cached_property
    def gates_known(self) -> bool:
        """Whether no gate is assumed."""
        return bool(self.ground.known_gate[list(self.gates)].all())

    @cached_property
    def snapped(self) -> bool:
        """Whether any gate has a street."""
        return bool((self.ground.snapped.edge[list(self.gates)] >= 0).any())

    @cached_property
    def parts(self) -> Ints:
        """Rows of ``ground.zone`` of these gates."""
        rows = [self.ground.zone.of(gate) for gate in self.gates]
        return np.concatenate(rows) if rows else np.empty(0, dtype=np.int64)

    @cached_property
    def roads(self) -> Ints:
        """Those of `parts` that are roads."""
        return self.parts[self.ground.road[self.ground.zone.edge[self.parts]]]

    @cached_property
    def streets(self) -> Ints:
        """Drawn edges of the zone that are roads, each once."""
        return np.unique(self.ground.zone.edge[self.roads])

    @cached_property
    def walked(self) -> bool:
        """Whether it is known which ways the children walk."""
        return self.ground.routes is not None and self.school_id in self.ground.routes

    @cached_property
    def _used(self) -> Ints:
        """Edges of the sides that the children use."""
        routes = self.ground.routes
        return np.empty(0, np.int64) if routes is None else np.asarray(routes[self.school_id])

    @cached_property
    def way_edges(self) -> Ints:
        """Drawn edges that the children walk along; where unknown, all of the zone."""
        if not self.walked:
            return np.unique(self.ground.zone.edge[self.parts])
        sides = self.ground.scene.sides
        along = self._used[sides.crossing[self._used] < 0]
        street = np.unique(sides.street[along])
        return street[street >= 0]

    @cached_property
    def way_lines(self) -> tuple[Ints, Objects]:
        """The edges of `way_edges` and their lines, in a zone only the parts that lie in it."""
        if self.walked:
            return self.way_edges, self.ground.scene.network.tree.geometries[self.way_edges]
        return self.ground.zone.edge[self.parts], self.ground.zone.lines[self.parts]

    @cached_property
    def way_crossings(self) -> Ints:
        """Crossings that the children use; where unknown, all of the zone."""
        if not self.walked:
            return self.crossings(self.ground.zone.limit_m)[0]
        row = np.unique(self.ground.scene.sides.crossing[self._used])
        return row[row >= 0]

    @property
    def zone_remark(self) -> tuple[str, ...]:
        """Say that only the zone was looked at, where the ways are not known."""
        return () if self.walked else ("zone_only",)

    def near(self, hits: Hits) -> tuple[Ints, Floats]:
        """Return what is near any of the gates, each once with its shortest way, nearest first."""
        found = [hits.of(gate) for gate in self.gates]
        if not found:
            return np.empty(0, dtype=np.int64), np.empty(0)
        item, metres = (np.concatenate(column) for column in zip(*found, strict=True))
        order = np.lexsort((item, metres))
        _, first = np.unique(item[order], return_index=True)
        order = order[np.sort(first)]
        return item[order], metres[order]

    def crossings(self, limit_m: float) -> tuple[Ints, Floats]:
        """Return the crossings of roads within a way of the gates, nearest first.

        What children cross anywhere (informal) is no crossing.
        """
        row, metres = self.near(self.ground.crossing_hits)
        wanted = (metres <= limit_m) & (self.ground.crossing("where")[row] != "informal")
        return row[wanted], metres[wanted]

    def facilities(self, row: Ints) -> tuple[Flags, Flags]:
        """Return which crossings are marked (or better) for certain, and which may be."""
        return self.facility_in(row, "marked_facilities")

    def facility_in(self, row: Ints, name: str) -> tuple[Flags, Flags]:
        """Return which crossings have a facility of a list for certain, and which may have one."""
        certain, possible = self.ground.facility_in(name)
        return certain[row], possible[row]

    def crossing_xy(self, row: int) -> tuple[float, float]:
        """Return where a crossing lies."""
        return point_xy(self.ground.crossing_points[row])

    def nodes(self, limit_m: float) -> tuple[Ints, Floats]:
        """Return the nodes within a way of the gates (at most the zone's), nearest first."""
        pairs = self.ground.zone.nodes
        rows = np.concatenate(
            [np.arange(*np.searchsorted(pairs.group, (g, g + 1))) for g in self.gates]
        )
        rows = rows[pairs.distance_m[rows] <= limit_m]
        rows = rows[np.argsort(pairs.distance_m[rows], kind="stable")]
        return pairs.target[rows], pairs.distance_m[rows]

    def metres_of(self, edges: Ints) -> float:
        """Return how many metres of some edges lie in the zone."""
        zone, rows = self.ground.zone, self.parts
        wanted = rows[np.isin(zone.edge[rows], edges)]
        return float((zone.to_mm[wanted] - zone.from_mm[wanted]).sum()) / MM_PER_M

    def spot(self, edge: int) -> tuple[float, float]:
        """Return the middle of what lies in the zone (else of all) of an edge."""
        zone, rows = self.ground.zone, self.parts
        rows = rows[zone.edge[rows] == edge]
        line = zone.lines[rows[0]] if len(rows) else self.ground.scene.network.tree.geometries[edge]
        return point_xy(shapely.line_interpolate_point(line, 0.5, normalized=True))

    def street_name(self, edge: int) -> str:
        """Return the name of a street, the id of its class where it has none."""
        name = self.ground.street("name")[edge]
        named = isinstance(name, str) and name
        return str(name if named else self.ground.street("road_class")[edge])
