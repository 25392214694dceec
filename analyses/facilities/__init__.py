"""What kinds of facilities are there, which are given, and where are they entered?"""

from analyses.facilities.addresses import Gazetteer, house_numbers, locate
from analyses.facilities.doors import entrances, gate_findings, mapped_entrances
from analyses.facilities.kinds import kinds_of_sheet
from analyses.facilities.merging import merge_facilities
from analyses.facilities.names import name_key
from analyses.facilities.reading import (
    OSM_SOURCE,
    facilities_from_layer,
    facilities_from_osm,
    inferred,
    osm_findings,
)
from analyses.facilities.sources import list_before_osm, without_kinds
from analyses.facilities.types import (
    Id,
    facility_types,
    kind_of,
    kind_words,
    kinds_serving,
    osm_wanted,
    overture_kind,
    required_kind,
    unknown_kind,
)

__all__ = [
    "OSM_SOURCE",
    "Gazetteer",
    "Id",
    "entrances",
    "facilities_from_layer",
    "facilities_from_osm",
    "facility_types",
    "gate_findings",
    "house_numbers",
    "inferred",
    "kind_of",
    "kind_words",
    "kinds_of_sheet",
    "kinds_serving",
    "list_before_osm",
    "locate",
    "mapped_entrances",
    "merge_facilities",
    "name_key",
    "osm_findings",
    "osm_wanted",
    "overture_kind",
    "required_kind",
    "unknown_kind",
    "without_kinds",
]
