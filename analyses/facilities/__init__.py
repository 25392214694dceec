"""What kinds of facilities are there, which are given, and where are they entered?"""

from analyses.facilities.doors import entrances, gate_findings, mapped_entrances
from analyses.facilities.merging import merge_facilities
from analyses.facilities.reading import facilities_from_layer, facilities_from_osm, osm_findings
from analyses.facilities.types import (
    Id,
    facility_types,
    kind_of,
    kind_words,
    kinds_serving,
    osm_wanted,
    required_kind,
    unknown_kind,
)

__all__ = [
    "Id",
    "entrances",
    "facilities_from_layer",
    "facilities_from_osm",
    "facility_types",
    "gate_findings",
    "kind_of",
    "kind_words",
    "kinds_serving",
    "mapped_entrances",
    "merge_facilities",
    "osm_findings",
    "osm_wanted",
    "required_kind",
    "unknown_kind",
]
