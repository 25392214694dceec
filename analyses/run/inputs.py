"""Which layers does a study bring, checked, projected and accounted for?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from analyses.facilities import (
    gate_findings,
    mapped_entrances,
    osm_wanted,
)
from analyses.links import obstacles_osm_wanted
from analyses.marks import Marks, marks_of
from analyses.marks import reading as mark_reading
from analyses.run.books import Account, Books, datum_checked
from analyses.run.children import demand_of
from analyses.run.communities import read_communities
from analyses.run.facility_inputs import facility_inputs
from analyses.run.homes import home_notes, homes_of_study
from analyses.run.roads import Roads, roads_of
from analyses.run.safety_inputs import SafetyInputs, safety_inputs
from analyses.run.surroundings import Surroundings, surroundings_of
from analyses.streets import hazards_osm_wanted, walls_osm_wanted
from analyses.streets import osm_wanted as safety_wanted
from geo.bundled import load_toml
from geo.crs import metric_crs, project
from geo.osm import features_from_osm, is_osm, streets_from_frame, streets_from_osm
from geo.output import sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd

    from analyses.run.addresses import ToPlace
    from analyses.study import Study
    from geo.findings import Finding
    from geo.osm import Streets
    from geo.walk import WalkNetwork
    from geo.words import Text

_WGS84 = "EPSG:4326"
_BACKGROUND: tuple[str, ...] = ("water", "green", "railway")


@dataclass(frozen=True)
class Inputs:
    """The layers of a study, all in one metric CRS (columns: see the modules that made them).

    Attributes
    ----------
    crs
        The metric CRS.
    network
        Streets to walk on.
    roads
        The same, with how they came to meet.
    facilities, communities, demand
        See `analyses.facilities.reading`, `communities_of`, `analyses.run.children`.
    gates, mapped_entrances
        Points with ``facility_id``; points of OSM.  None where there are none.
    surroundings
        Walls, private ways and compounds, see `analyses.run.surroundings`.
    background
        Role of `analyses.result` -> shapes for the basemap.
    safety
        See `analyses.run.safety_inputs`.
    marks
        What children and parents marked (`analyses.marks.mark_layers`), or None.
    to_place
        Lists of which rows had no coordinates, see `analyses.run.addresses`.
    accounts, rejects
        Rows in, used and rejected of each file; the rejected rows themselves by file.
    findings, notes
        Remarks; sentences that every output must carry.
    complete
        How complete facilities and homes are, see `analyses.run.completeness`.
    unit
        What is counted: ``children``, or ``homes`` where children are not known.
    """

    crs: str
    network: WalkNetwork
    roads: Roads
    facilities: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    demand: gpd.GeoDataFrame
    gates: gpd.GeoDataFrame | None
    mapped_entrances: gpd.GeoDataFrame | None
    surroundings: Surroundings
    background: Mapping[str, gpd.GeoDataFrame]
    safety: SafetyInputs
    marks: Marks | None
    to_place: tuple[ToPlace, ...]
    accounts: tuple[Account, ...]
    rejects: Mapping[str, pd.DataFrame]
    findings: tuple[Finding, ...]
    notes: tuple[Text, ...]
    unit: str
    complete: pd.DataFrame

    def accounts_table(self) -> pd.DataFrame:
        """Return the accounts as a table, a row a file."""
        return pd.DataFrame([vars(a) for a in self.accounts]).drop(columns="sha256")


def read_inputs(study: Study, *, progress: Callable[[str], None] = lambda _: None) -> Inputs:
    """Read, check and project all layers of a study.

    Raises
    ------
    InputRefused
        An input cannot be used, or must be confirmed first; the findings say which and why.
    """
    books = Books(study)
    progress("streets")
    streets = _streets(study, books)
    west, south = map(float, streets.lonlat.min(axis=0))
    east, north = map(float, streets.lonlat.max(axis=0))
    books.bounds = (west, south, east, north)
    crs = metric_crs(books.bounds) if study.study.crs == "auto" else study.study.crs
    drawn = not is_osm(study.streets.path)
    roads = roads_of(streets, crs=crs, name=study.streets.path, drawn=drawn)
    network = roads.network
    books.findings += network.findings
    progress("layers")
    osm = _osm_features(study, books, crs=crs)
    listed = facility_inputs(
        study,
        books,
        streets,
        osm=osm,
        crs=crs,
    )
    facilities = listed.facilities
    communities = read_communities(study, books.read, network)
    books.findings += communities.findings
    homes = homes_of_study(study, books, osm=osm.get("buildings"), facilities=facilities, crs=crs)
    gates = None
    if study.gates is not None:
        gates = project(books.read(study.gates).frame, crs)
        books.findings += gate_findings(facilities, gates)
    safe = safety_inputs(study, books.read, osm=osm, crs=crs)
    books.findings += safe.findings
    marks = _marks(study, books, streets, crs=crs)
    around = surroundings_of(
        study, books, streets, network=network, osm=osm, safe=safe, gates=gates, homes=homes
    )
    progress("demand")
    people = demand_of(
        study,
        books.read,
        communities=communities.frame,
        buildings=None if homes is None else homes.buildings,
        network=network,
        headers=communities.headers,
    )
    books.findings += people.findings
    books.accounts += [Account(f"{p.name}#raster", 1, 1, 0, "", sha256(p)) for p in people.rasters]
    return Inputs(
        crs=crs,
        network=network,
        roads=roads,
        facilities=facilities,
        communities=communities.frame,
        demand=people.points,
        gates=gates,
        surroundings=around,
        mapped_entrances=mapped_entrances(osm["mapped"]) if "mapped" in osm else None,
        background={role: osm[role] for role in _BACKGROUND if role in osm},
        safety=safe,
        marks=marks,
        to_place=listed.to_place,
        accounts=tuple(books.accounts),
        rejects=books.rejects,
        findings=tuple(books.findings),
        notes=(*home_notes(homes), *people.notes),
        unit=people.unit,
        complete=pd.concat(books.complete, ignore_index=True),
    )


def _marks(study: Study, books: Books, streets: Streets, *, crs: str) -> Marks | None:
    """Read what was marked; the datum of phones' places is judged beside the streets."""
    layers: dict[str, gpd.GeoDataFrame] = {}
    for section in study.marks:
        layer = books.read(section, mark_reading())
        if section.crs is None:
            layer = datum_checked(
                books, layer, section=section, streets=streets, options=mark_reading()
            )
        layers[section.path] = project(layer.frame, crs)
    if not layers:
        return None
    marks = marks_of(layers)
    books.findings += marks.findings
    return marks


def _streets(study: Study, books: Books) -> Streets:
    """Read the streets from an OSM file or a road layer."""
    section = study.streets
    if is_osm(section.path):
        streets = streets_from_osm(study.file(section.path))
        books.enter(section, len(streets.ways) - streets.ways_across, "streets")
    else:
        books.roads = books.read(section).frame
        streets = streets_from_frame(books.roads, name=section.path)
    books.findings += streets.findings
    return streets


def _osm_features(study: Study, books: Books, *, crs: str) -> dict[str, gpd.GeoDataFrame]:
    """Read, in one pass, everything else that is wanted from the streets' OSM file."""
    section = study.streets
    if not is_osm(section.path):
        return {}
    rules = load_toml("rules/background.toml")
    wanted: dict[str, Any] = {**rules["background"], **rules["gates"]}
    if study.buildings is not None and study.buildings.path == section.path:
        wanted["buildings"] = rules["buildings"]["all"]
    names = set(wanted)
    about_safety = safety_wanted()
    between = {**obstacles_osm_wanted(), **hazards_osm_wanted(), **walls_osm_wanted()}
    wanted |= {**about_safety, **between}
    if any(f.path == section.path for f in study.facilities):
        wanted |= osm_wanted()
    features = project(features_from_osm(study.file(section.path), wanted), crs)
    layers = {name: features[features["layer"] == name] for name in sorted(names)}
    layers = {name: rows for name, rows in layers.items() if len(rows)}
    layers["safety"] = features[features["layer"].isin(list(about_safety))]
    layers["obstacles"] = features[features["layer"].isin(list(between))]
    others = [*names, *about_safety, *between]
    layers["facilities"] = features[~features["layer"].isin(others)]
    if "buildings" in layers:
        books.enter(section, len(layers["buildings"]), "buildings")
    return layers
