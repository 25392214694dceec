"""Of which streets, facilities, children and communities is a question asked?

A `City` checks once that its layers fit together, and puts homes and entrances on the streets
once.  What is changed makes another city, which takes over whatever the change cannot touch.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from analyses.facilities import entrances
from analyses.streets import Scene, joinable, settlement_of_edges, street_scene
from geo.bundled import load_toml
from geo.findings import Finding, InputRefused
from geo.sides import snap_to_sides
from geo.walk import join, ways_out, with_ways_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from geo.arrays import Floats, Ints
    from geo.walk import Snapped, WalkNetwork, Walls, WaysOut

_COLUMNS = {
    "facilities": ("facility_id", "name", "kind"),
    "entrances": ("facility_id", "rule"),
    "demand": ("area_id", "town", "settlement", "dwellings", "residential_m2", "method"),
    "communities": ("area_id", "name", "town", "settlement"),
}
_ACCESS = ("walls", "inner", "compounds")
"""What else says where a home meets its street."""
_UNIQUE = {
    "facilities": ("facility_id", "FACILITY_ID_DOUBLE"),
    "communities": ("area_id", "ZONE_ID_DOUBLE"),
}


def _usual_snap_m() -> float:
    """Return how far a place may lie from a street where nobody says so."""
    usual: float = load_toml("study_defaults.toml")["streets"]["snap_max_m"]["default"]
    return usual


@dataclass(frozen=True, eq=False)
class SnappedCity:
    """Demand points and entrances of a city, snapped to one network.

    Attributes
    ----------
    network
        The streets as drawn, or with both sides.
    demand
        Aligned with the demand points.
    entrances, facility
        Aligned with the entrances: where each is, and the row of its facility (-1: of none here).

    Examples
    --------
    >>> import yimi
    >>> snapped = yimi.load(yimi.demo).city.on_streets
    >>> entrances, facility = snapped.entrances_of([5])
    >>> set(facility.tolist()), bool((entrances.access_m >= 0).all())
    ({5}, True)
    """

    network: WalkNetwork
    demand: Snapped
    entrances: Snapped
    facility: Ints

    def entrances_of(self, facilities: Ints) -> tuple[Snapped, Ints]:
        """Return the entrances of some facilities (rows), and the row of each one's facility."""
        rows = self.entrance_rows(facilities)
        return self.entrances.take(rows), self.facility[rows]

    def entrance_rows(self, facilities: Ints | int) -> Ints:
        """Return the rows of the entrances of some facilities (rows), or of one."""
        return np.flatnonzero(np.isin(self.facility, facilities))


@dataclass(frozen=True, eq=False)
class City:
    """What all analyses look at: streets, facilities, children and communities in one metric CRS.

    The frames that are given are never changed, and must not be changed afterwards.

    Parameters
    ----------
    streets
        The walking network; all frames are in its CRS.
    facilities
        Points or polygons: ``facility_id`` (unique text), ``name``, ``kind``; ``area_m2``,
        ``capacity``, ``source`` and ``area_id`` (code of its community) if there are.
    demand
        Points, RangeIndex: ``area_id`` (None: outside all communities), ``town``, ``settlement``
        (urban | rural | unknown), a column for each age group (children, NaN = unknown),
        ``dwellings``, ``residential_m2``, ``method``; see `geo.people.demand`.
    communities
        Polygons: ``area_id`` (unique text), ``name``, ``town``, ``settlement``.
    entrances
        Points: ``facility_id``, ``rule``; those of other facilities are passed over.  Found by
        `analyses.facilities.entrances` where they are not given.
    layers
        Official and mapped layers about safety by name, see `analyses.streets.Scene`.
    walls
        What no way from a door to its street crosses, see `analyses.streets.walls_of`; None:
        nothing is known of it.
    inner
        Private ways, which only those who live by them walk; no part of `streets`.
    compounds
        Areas of housing: private ways in one of them are walked by its residents only.
    snap_max_m
        Homes and entrances farther than this from every street are not joined to it; default:
        ``data/study_defaults.toml``.
    tried_scene
        What would be known of the streets after a trial of measures; None: what `streets` and
        `layers` tell.
    before
        The city of which this one is a change, see `changed`.

    Raises
    ------
    InputRefused
        All that is wrong at once: ``CITY_COLUMNS`` (with the function that makes them),
        ``CRS_DIFFERENT``, ``FACILITY_ID_DOUBLE``, ``ZONE_ID_DOUBLE``.

    Examples
    --------
    >>> import yimi
    >>> city = yimi.load(yimi.demo).city
    >>> city.crs, len(city.communities), len(city.facilities)
    ('EPSG:4548', 60, 230)
    """

    streets: WalkNetwork
    facilities: gpd.GeoDataFrame
    demand: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    _: KW_ONLY
    entrances: gpd.GeoDataFrame = None  # pyright: ignore[reportAssignmentType] - then found
    layers: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    walls: Walls | None = None
    inner: WalkNetwork | None = None
    compounds: gpd.GeoDataFrame | None = None
    snap_max_m: float = field(default_factory=_usual_snap_m)
    tried_scene: Scene | None = None
    before: City | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Check the layers and find the entrances."""
        slips = tuple(self._slips())
        if slips:
            raise InputRefused(*slips)
        if self.entrances is None:
            object.__setattr__(self, "entrances", entrances(self.facilities, self.streets))

    def __repr__(self) -> str:
        """Return what the city holds, in one line."""
        sizes = ", ".join(f"{len(getattr(self, name))} {name}" for name in _COLUMNS)
        return f"City({len(self.streets.edges)} street edges, {sizes}, {self.crs})"

    @property
    def crs(self) -> str:
        """Return the metric CRS of all layers."""
        return self.streets.crs

    @cached_property
    def demand_xy(self) -> Floats:
        """Return the (n, 2) metres of the demand points."""
        return _xy(self.demand)

    @cached_property
    def scene(self) -> Scene:
        """Return what is known of the streets, their sides and crossings."""
        if self.tried_scene is not None:
            return self.tried_scene
        if (before := self._before("streets", "communities", "layers")) is not None:
            return before.scene
        return self.scene_of(self.streets)

    @cached_property
    def on_streets(self) -> SnappedCity:
        """Return homes and entrances on the streets as drawn."""
        before = self._before("streets", "snap_max_m", *_ACCESS)
        other = None if before is None else before.on_streets
        edges = joinable(self.streets)

        def placed(xy: Floats) -> Snapped:
            return join(self.streets, xy, max_m=self.snap_max_m, walls=self.walls, edges=edges)

        return self._snapped(self.streets, placed, other)

    @cached_property
    def on_sides(self) -> SnappedCity:
        """Return homes and entrances on the streets with both sides, each on its own side."""
        sides = self.scene.sides
        before = self._before("snap_max_m", *_ACCESS)
        other = None if before is None or before.scene.sides is not sides else before.on_sides
        streets = joinable(self.scene.network)

        def placed(xy: Floats) -> Snapped:
            return snap_to_sides(
                sides, xy, max_m=self.snap_max_m, walls=self.walls, streets=streets
            )

        return self._snapped(sides.walk, placed, other)

    @cached_property
    def _ways_out(self) -> WaysOut | None:
        """How homes leave the private ways that they stand by; None where there are none."""
        if self.inner is None:
            return None
        if (before := self._before("streets", "demand", "snap_max_m", *_ACCESS)) is not None:
            return before._ways_out  # noqa: SLF001 - of a city like this one
        areas = None if self.compounds is None else np.asarray(self.compounds.geometry.array)
        return ways_out(
            self.inner,
            self.streets,
            self.demand_xy,
            max_m=self.snap_max_m,
            walls=self.walls,
            compounds=areas,
        )

    def scene_of(self, streets: WalkNetwork) -> Scene:
        """Return what would be known of other streets in its place, e.g. with new paths."""
        settlement = settlement_of_edges(streets, self.communities)
        return street_scene(streets, settlement=settlement, layers=self.layers)

    def changed(
        self,
        *,
        facilities: gpd.GeoDataFrame | None = None,
        entrances: gpd.GeoDataFrame | None = None,
        demand: gpd.GeoDataFrame | None = None,
        scene: Scene | None = None,
    ) -> City:
        """Return the city with other layers; what they cannot touch is not worked out again.

        Parameters
        ----------
        facilities
            Instead of those that are there.  Without `entrances` the known ones are kept of those
            with the same id and place, and found of the others.
        entrances, demand
            Instead of those that are there.
        scene
            What is known of its streets, instead of the streets that are there.
        """
        new: dict[str, Any] = {"facilities": facilities, "entrances": entrances, "demand": demand}
        new = {name: layer for name, layer in new.items() if layer is not None}
        if facilities is not None and entrances is None:
            new["entrances"] = self._entrances_of(facilities)
        if scene is not None:
            new |= {"streets": scene.network, "tried_scene": scene}
        return replace(self, before=self, **new)

    def _before(self, *names: str) -> City | None:
        """Return the city before the change if it is the same in some respects."""
        before = self.before
        if before is None or any(getattr(before, n) is not getattr(self, n) for n in names):
            return None
        return before

    def _snapped(
        self, network: WalkNetwork, placed: Callable[[Floats], Snapped], other: SnappedCity | None
    ) -> SnappedCity:
        """Snap homes and entrances, or take them from the city before the change."""
        before = self.before
        demand, doors = (
            getattr(other, name)
            if other is not None and getattr(before, name) is getattr(self, name)
            else (self._homes(placed) if name == "demand" else placed(_xy(self.entrances)))
            for name in ("demand", "entrances")
        )
        row_of = pd.Series(np.arange(len(self.facilities)), index=self.facilities["facility_id"])
        rows = self.entrances["facility_id"].map(row_of).fillna(-1)
        return SnappedCity(network, demand, doors, rows.to_numpy(dtype=np.int64))

    def _homes(self, placed: Callable[[Floats], Snapped]) -> Snapped:
        """Join the homes, some of them by their private ways."""
        homes, out = placed(self.demand_xy), self._ways_out
        return homes if out is None else with_ways_out(homes, out, placed(out.exit_xy))

    def _entrances_of(self, facilities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Return the known entrances of facilities that stay, then those found of the others."""
        was = self.facilities.set_index("facility_id").geometry.reindex(facilities["facility_id"])
        stays = shapely.equals_exact(was.to_numpy(), facilities.geometry.to_numpy())
        ids = facilities.loc[stays, "facility_id"]
        known = self.entrances[self.entrances["facility_id"].isin(ids)]
        others = facilities[~stays]
        if others.empty:
            return known.reset_index(drop=True)
        new = entrances(others.reset_index(drop=True), self.streets)
        both = pd.concat([known[["facility_id", "rule", "geometry"]], new], ignore_index=True)
        return gpd.GeoDataFrame(both, geometry="geometry", crs=self.crs)

    def _slips(self) -> Iterator[Finding]:
        """Yield what keeps the layers from fitting together."""
        frames = {name: getattr(self, name) for name in _COLUMNS}
        for name, frame in frames.items():
            if frame is None:
                continue
            missing = [c for c in (*_COLUMNS[name], "geometry") if c not in frame]
            if missing:
                detail = {"columns": ", ".join(missing), "door": f"yimi.{name}"}
                yield Finding("CITY_COLUMNS", name, detail=detail)
            elif frame.crs != self.crs:
                detail = {"zones": self.crs, "other": str(frame.crs)}
                yield Finding("CRS_DIFFERENT", name, detail=detail)
        for name, (column, code) in _UNIQUE.items():
            ids = frames[name].get(column, pd.Series(dtype=object))
            if ids.duplicated().any():
                yield Finding(code, name, value=str(ids[ids.duplicated()].iloc[0]))


def _xy(frame: gpd.GeoDataFrame) -> Floats:
    """Return the (n, 2) metres of points."""
    return shapely.get_coordinates(np.asarray(frame.geometry.array, dtype=object))
