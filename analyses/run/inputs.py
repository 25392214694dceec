"""Which layers does a study bring, checked, projected and accounted for?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from analyses.facilities import (
    facilities_from_layer,
    facilities_from_osm,
    gate_findings,
    inferred,
    kind_words,
    kinds_of_sheet,
    list_before_osm,
    mapped_entrances,
    merge_facilities,
    osm_findings,
    osm_wanted,
    required_kind,
    without_kinds,
)
from analyses.links import obstacles_osm_wanted
from analyses.marks import Marks, marks_of
from analyses.marks import reading as mark_reading
from analyses.run.children import demand_of
from analyses.run.communities import read_communities
from analyses.run.facility_tables import facilities_with_table
from analyses.run.homes import home_notes, homes_of_study
from analyses.run.roads import Roads, roads_of
from analyses.run.safety_inputs import SafetyInputs, safety_inputs
from analyses.streets import hazards_osm_wanted, walls_of, walls_osm_wanted
from analyses.streets import osm_wanted as safety_wanted
from geo.bundled import load_toml
from geo.crs import metric_crs, project
from geo.datum import detect_datum
from geo.findings import Finding, InputRefused, refuse_if_any
from geo.osm import features_from_osm, is_osm, streets_from_frame, streets_from_osm
from geo.output import sha256
from geo.read import ReadOptions, read_layer
from geo.walk import polylines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from analyses.study import FacilitiesInput, LayerInput, Study
    from geo.osm import Streets
    from geo.read import Layer
    from geo.walk import WalkNetwork, Walls
    from geo.words import Text

_WGS84 = "EPSG:4326"
_REASONS = 5
_BACKGROUND: tuple[str, ...] = ("water", "green", "railway")


@dataclass(frozen=True)
class Account:
    """What became of the rows of one input: ``rows_in == rows_used + rows_rejected``."""

    name: str
    rows_in: int
    rows_used: int
    rows_rejected: int
    crs_read: str
    sha256: str


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
    walls
        What no way from a door to its street crosses.
    background
        Role of `analyses.result` -> shapes for the basemap.
    safety
        See `analyses.run.safety_inputs`.
    marks
        What children and parents marked (`analyses.marks.mark_layers`), or None.
    accounts, rejects
        Rows in, used and rejected of each file; the rejected rows themselves by file.
    findings, notes
        Remarks; sentences that every output must carry.
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
    walls: Walls
    background: Mapping[str, gpd.GeoDataFrame]
    safety: SafetyInputs
    marks: Marks | None
    accounts: tuple[Account, ...]
    rejects: Mapping[str, pd.DataFrame]
    findings: tuple[Finding, ...]
    notes: tuple[Text, ...]
    unit: str

    def accounts_table(self) -> pd.DataFrame:
        """Return the accounts as a table, a row a file."""
        return pd.DataFrame([vars(a) for a in self.accounts]).drop(columns="sha256")


class _Books:
    """Keeps the account of every file that is read, and what was said about it."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.accounts: list[Account] = []
        self.rejects: dict[str, pd.DataFrame] = {}
        self.findings: list[Finding] = []
        self.roads: gpd.GeoDataFrame | None = None
        """The road layer, where the streets are no OSM file."""
        self.bounds: tuple[float, float, float, float] | None = None
        """West, south, east, north of the streets, once they are read."""

    def read(
        self,
        section: LayerInput,
        options: ReadOptions = ReadOptions(),  # noqa: B008 - frozen
    ) -> Layer:
        """Read a layer of the study through the one door and enter it."""
        path = self.study.file(section.path)
        layer = read_layer(
            section.path,
            layer=section.layer,
            crs=section.crs,
            columns=section.columns,
            options=replace(options_of(self.study, section, options), area=self.bounds),
        )
        counts = (layer.rows_in, len(layer.frame), len(layer.rejected))
        self.accounts.append(Account(layer.name, *counts, layer.crs_read, sha256(path)))
        if len(layer.rejected):
            self.rejects[layer.name] = layer.rejected
        self.findings += layer.findings
        refuse_if_any(layer.findings)
        if layer.rows_in and layer.frame.empty:
            reasons = [f for f in layer.findings if f.outcome == "quarantine"]
            unused = Finding("NOTHING_USED", layer.name, detail={"rows": layer.rows_in})
            raise InputRefused(unused, *reasons[:_REASONS])
        return layer

    def forget(self, layer: Layer) -> None:
        """Take a layer out of the books again, because it is read anew."""
        del self.accounts[-1]
        self.rejects.pop(layer.name, None)
        self.findings = [f for f in self.findings if f not in layer.findings]

    def enter(self, section: LayerInput, rows: int, what: str) -> None:
        """Enter what was taken from an OSM file."""
        digest = sha256(self.study.file(section.path))
        name = f"{section.path}#{what}"
        self.accounts.append(Account(name, rows, rows, 0, _WGS84, digest))


def options_of(study: Study, section: LayerInput, options: ReadOptions) -> ReadOptions:
    """Return the options of a layer with what the study says about its files."""
    return replace(
        options,
        base=study.folder,
        own_columns=options.own_columns or study.headers,
        swap_xy=section.swap_xy,
        allow_pii=study.study.allow_pii,
    )


def read_inputs(study: Study, *, progress: Callable[[str], None] = lambda _: None) -> Inputs:
    """Read, check and project all layers of a study.

    Raises
    ------
    InputRefused
        An input cannot be used, or must be confirmed first; the findings say which and why.
    """
    books = _Books(study)
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
    facilities = _facilities(study, books, streets, osm=osm, crs=crs)
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
        walls=_walls(
            study, books, safe, osm=osm, given=(gates, homes and homes.buildings), crs=crs
        ),
        mapped_entrances=mapped_entrances(osm["mapped"]) if "mapped" in osm else None,
        background={role: osm[role] for role in _BACKGROUND if role in osm},
        safety=safe,
        marks=marks,
        accounts=tuple(books.accounts),
        rejects=books.rejects,
        findings=tuple(books.findings),
        notes=(*home_notes(homes), *people.notes),
        unit=people.unit,
    )


def _walls(
    study: Study,
    books: _Books,
    safe: SafetyInputs,
    *,
    osm: Mapping[str, gpd.GeoDataFrame],
    given: tuple[gpd.GeoDataFrame | None, gpd.GeoDataFrame | None],
    crs: str,
) -> Walls:
    """Put together what no way to a door crosses, from all layers; `given`: gates, homes."""
    gates, homes = given
    own_file = study.buildings is not None and not is_osm(study.buildings.path)
    nothing = gpd.GeoDataFrame({"layer": [], "tags": []}, geometry=[], crs=crs)
    return walls_of(
        osm.get("obstacles", nothing),
        safe.official,
        gates=gates,
        roads=None if books.roads is None else project(books.roads, crs),
        buildings=homes if own_file else None,
    )


def _marks(study: Study, books: _Books, streets: Streets, *, crs: str) -> Marks | None:
    """Read what was marked; the datum of phones' places is judged beside the streets."""
    layers: dict[str, gpd.GeoDataFrame] = {}
    for section in study.marks:
        layer = books.read(section, mark_reading())
        if section.crs is None:
            layer = _datum_checked(
                books, layer, section=section, streets=streets, options=mark_reading()
            )
        layers[section.path] = project(layer.frame, crs)
    if not layers:
        return None
    marks = marks_of(layers)
    books.findings += marks.findings
    return marks


def _streets(study: Study, books: _Books) -> Streets:
    """Read the streets from an OSM file or a road layer."""
    section = study.streets
    if is_osm(section.path):
        streets = streets_from_osm(study.file(section.path))
        books.enter(section, len(streets.ways), "streets")
    else:
        books.roads = books.read(section).frame
        streets = streets_from_frame(books.roads, name=section.path)
    books.findings += streets.findings
    return streets


def _osm_features(study: Study, books: _Books, *, crs: str) -> dict[str, gpd.GeoDataFrame]:
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


def _facilities(
    study: Study,
    books: _Books,
    streets: Streets,
    *,
    osm: Mapping[str, gpd.GeoDataFrame],
    crs: str,
) -> gpd.GeoDataFrame:
    """Read the facilities of every section and make one record of each place."""
    frames = []
    for section in sorted(study.facilities, key=lambda s: is_osm(s.path)):
        kind = None if section.kind is None else required_kind(section.kind)
        if is_osm(section.path):
            features = osm.get("facilities")
            if features is None or section.path != study.streets.path:
                found = features_from_osm(study.file(section.path), osm_wanted())
                features = project(found, crs)
            frame = facilities_from_osm(features)
            books.findings += inferred(frame, file=section.path)
            books.findings += osm_findings(features, file=section.path)
            frame = frame if kind is None else frame[frame["kind"] == kind]
            books.enter(section, len(frame), "facilities")
        else:
            frame = _facility_layer(books, streets, section=section, crs=crs)
        unwanted = {required_kind(word) for word in section.without}
        frame, left_out = without_kinds(frame, unwanted, file=section.path)
        books.findings += left_out
        frames.append(frame)
    facilities, findings = merge_facilities(frames)
    books.findings += findings
    replace = {required_kind(word) for section in study.facilities for word in section.replace}
    facilities, pairs = list_before_osm(facilities, replace)
    books.findings += pairs
    refuse_if_any(findings)
    for section in (section for section in study.facilities if section.table is not None):
        facilities, said = facilities_with_table(books.read, section, facilities)
        books.findings += said
    if facilities.empty:
        reasons = [f for f in books.findings if f.outcome == "quarantine"]
        raise InputRefused(Finding("FACILITIES_NONE", "study.toml"), *reasons[:3])
    return facilities


def facility_reading(section: FacilitiesInput) -> ReadOptions:
    """Return how a file of facilities is read.

    The study's own word stands above the file's; then unknown words of its column do not matter.
    """
    if section.kind is not None:
        return ReadOptions(kind_rule=partial(kinds_of_sheet, given=required_kind(section.kind)))
    return ReadOptions(kinds=kind_words(), required=("kind",), kind_rule=kinds_of_sheet)


def _facility_layer(
    books: _Books, streets: Streets, *, section: FacilitiesInput, crs: str
) -> gpd.GeoDataFrame:
    """Read one file of facilities; its datum is judged beside the streets."""
    kind = None if section.kind is None else required_kind(section.kind)
    options = facility_reading(section)
    layer = books.read(section, options)
    if section.crs is None:
        layer = _datum_checked(books, layer, section=section, streets=streets, options=options)
    frame = facilities_from_layer(layer.frame, kind=kind, source=section.path)
    return project(frame, crs)


def _datum_checked(
    books: _Books,
    layer: Layer,
    *,
    section: LayerInput,
    streets: Streets,
    options: ReadOptions,
) -> Layer:
    """Ask whether an undeclared layer lies where GCJ-02 or BD-09 would put it."""
    points = layer.frame.geometry[layer.frame.geom_type == "Point"]
    lonlat = shapely.get_coordinates(points.to_numpy())
    lines = polylines(streets.lonlat[streets.way_vertices], streets.way_start)
    suspect = detect_datum(lonlat, lines).finding(file=layer.name)
    if suspect is None:
        return layer
    if books.study.study.datum != "auto":
        raise InputRefused(suspect)
    books.forget(layer)
    books.findings.append(replace(suspect, code="DATUM_APPLIED"))
    declared = section.model_copy(update={"crs": suspect.detail["datum"]})
    return books.read(declared, options)
