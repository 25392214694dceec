"""Which facilities does a study have: from OSM, from lists, from lists of addresses?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import shapely

from analyses.facilities import (
    facilities_from_layer,
    facilities_from_osm,
    inferred,
    kind_words,
    kinds_of_sheet,
    list_before_osm,
    locate,
    merge_facilities,
    osm_findings,
    osm_wanted,
    required_kind,
    without_kinds,
)
from analyses.run.addresses import ToPlace, gazetteer_of, geocoder_of
from analyses.run.books import datum_checked, options_of
from analyses.run.communities import communities_of
from analyses.run.completeness import facilities_complete
from analyses.run.facility_tables import facilities_with_table
from geo.crs import project
from geo.findings import Finding, InputRefused, refuse_if_any
from geo.osm import features_from_osm, is_osm
from geo.read import Located, ReadOptions, ReadRequest, cells_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from analyses.run.books import Books
    from analyses.study import FacilitiesInput, Study
    from geo.arrays import Flags
    from geo.osm import Streets
    from geo.read import Layer, Sheet

_UNPLACED = "ADDRESS_NOT_PLACED"


@dataclass(frozen=True)
class FacilityInputs:
    """The facilities of a study, and the lists of which rows had no coordinates."""

    facilities: gpd.GeoDataFrame
    to_place: tuple[ToPlace, ...]


def facility_inputs(
    study: Study,
    books: Books,
    streets: Streets,
    *,
    osm: Mapping[str, gpd.GeoDataFrame],
    crs: str,
) -> FacilityInputs:
    """Read the facilities of every section and make one record of each place.

    Parameters
    ----------
    osm
        Features of the streets' OSM file by layer.
    crs
        Metric CRS of the study.
    """
    sections = sorted(study.facilities, key=lambda s: is_osm(s.path))
    frames: dict[int, gpd.GeoDataFrame] = {}
    without: list[int] = []
    for at, section in enumerate(sections):
        frame = _facility_section(study, books, streets, section=section, osm=osm, crs=crs)
        if frame is None:
            without.append(at)
        else:
            frames[at] = frame
    to_place = []
    if without:
        geocoder = None if books.bounds is None else geocoder_of(study, books.bounds)
        gazetteer = gazetteer_of(
            study,
            streets,
            facilities=list(frames.values()),
            communities=_areas(study, books, crs=crs),
            crs=crs,
            geocoder=geocoder,
        )
        for at in without:
            options = facility_reading(sections[at])
            rule = partial(locate, gazetteer=gazetteer)
            layer = books.read(sections[at], replace(options, place_rule=rule))
            frames[at] = _wanted(books, _of_layer(layer, sections[at], crs), sections[at])
            to_place.append(_to_place(study, sections[at], layer))
        books.findings += geocoder.findings() if geocoder else ()
    listed = [frames[at] for at in sorted(frames)]
    facilities, findings = merge_facilities(listed)
    books.findings += findings
    books.complete.append(facilities_complete(facilities, listed))
    complete = {required_kind(word) for section in sections for word in section.replace}
    facilities, pairs = list_before_osm(facilities, complete)
    books.findings += pairs
    refuse_if_any(findings)
    for section in (section for section in study.facilities if section.table is not None):
        facilities, said = facilities_with_table(books.read, section, facilities)
        books.findings += said
    if facilities.empty:
        reasons = [f for f in books.findings if f.outcome == "quarantine"]
        raise InputRefused(Finding("FACILITIES_NONE", "study.toml"), *reasons[:3])
    return FacilityInputs(facilities, tuple(to_place))


def _areas(study: Study, books: Books, *, crs: str) -> gpd.GeoDataFrame | None:
    """Return the communities for looking up addresses; they enter the books when they are used."""
    if study.communities is None:
        return None
    layer = books.read(study.communities)
    books.forget(layer)
    return communities_of(project(layer.frame, crs))


def _nowhere(sheet: Sheet, missing: Flags) -> Located:
    """Place no row: a first reading, to see whether a list has rows without coordinates."""
    nothing = np.full(sheet.rows, None, dtype=object)
    return Located(nothing, [""] * len(missing), np.zeros(sheet.rows), [""] * sheet.rows)


def _to_place(study: Study, section: FacilitiesInput, layer: Layer) -> ToPlace:
    """Return the rows of a list as they stand in the file, with where each was placed."""
    options = options_of(study, section, facility_reading(section))
    request = ReadRequest(**{**vars(options), "columns": section.columns, "layer": section.layer})
    file = study.file(section.path)
    cells = cells_of(file, request, name=section.path, own_columns=study.headers)
    kept = {*layer.headers.values(), *map(str, layer.frame.columns)}  # personal columns are not
    cells = cells[[header for header in cells.columns if header in kept]]
    frame = layer.frame.reindex(cells.index)
    middle = shapely.point_on_surface(frame.geometry.to_numpy())
    how = frame["place_from"].fillna("").astype(str)
    doubt_m = frame["doubt_m"].fillna(0.0).to_numpy()
    lon, lat = shapely.get_x(middle), shapely.get_y(middle)
    return ToPlace(section.path, cells, layer.headers, lon, lat, tuple(how), doubt_m)


def _of_layer(layer: Layer, section: FacilitiesInput, crs: str) -> gpd.GeoDataFrame:
    kind = None if section.kind is None else required_kind(section.kind)
    return project(facilities_from_layer(layer.frame, kind=kind, source=section.path), crs)


def _facility_section(
    study: Study,
    books: Books,
    streets: Streets,
    *,
    section: FacilitiesInput,
    osm: Mapping[str, gpd.GeoDataFrame],
    crs: str,
) -> gpd.GeoDataFrame | None:
    """Read one section of facilities; None where rows of it have no coordinates."""
    if not is_osm(section.path):
        frame = _facility_layer(books, streets, section=section, crs=crs)
        return None if frame is None else _wanted(books, frame, section)
    kind = None if section.kind is None else required_kind(section.kind)
    features = osm.get("facilities")
    if features is None or section.path != study.streets.path:
        found = features_from_osm(study.file(section.path), osm_wanted())
        features = project(found, crs)
    frame = facilities_from_osm(features)
    books.findings += inferred(frame, file=section.path)
    books.findings += osm_findings(features, file=section.path)
    frame = frame if kind is None else frame[frame["kind"] == kind]
    books.enter(section, len(frame), "facilities")
    return _wanted(books, frame, section)


def _wanted(books: Books, frame: gpd.GeoDataFrame, section: FacilitiesInput) -> gpd.GeoDataFrame:
    unwanted = {required_kind(word) for word in section.without}
    frame, left_out = without_kinds(frame, unwanted, file=section.path)
    books.findings += left_out
    return frame


def facility_reading(section: FacilitiesInput) -> ReadOptions:
    """Return how a file of facilities is read.

    The study's own word stands above the file's; then unknown words of its column do not matter.
    """
    if section.kind is not None:
        return ReadOptions(kind_rule=partial(kinds_of_sheet, given=required_kind(section.kind)))
    return ReadOptions(kinds=kind_words(), required=("kind",), kind_rule=kinds_of_sheet)


def _facility_layer(
    books: Books, streets: Streets, *, section: FacilitiesInput, crs: str
) -> gpd.GeoDataFrame | None:
    """Read one file of facilities; its datum is judged beside the streets.

    None where rows of it have no coordinates: it is taken out of the books and read anew later.
    """
    options = replace(facility_reading(section), place_rule=_nowhere)
    layer = books.read(section, options)
    if any(finding.code == _UNPLACED for finding in layer.findings):
        books.forget(layer)
        return None
    if section.crs is None:
        layer = datum_checked(books, layer, section=section, streets=streets, options=options)
    return _of_layer(layer, section, crs)
