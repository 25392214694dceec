"""What is known of streets and crossings, and where does it come from?"""

from analyses.streets.classes import settlement_of_edges
from analyses.streets.official import (
    canonical,
    hazards_osm_wanted,
    layer_names,
    layers_from_osm,
    number_of,
    osm_wanted,
    unread,
)
from analyses.streets.readings import SOURCES
from analyses.streets.scene import Scene, coverage_of_attributes, street_scene
from analyses.streets.walls import compounds_of, joinable, walls_of, walls_osm_wanted

__all__ = [
    "SOURCES",
    "Scene",
    "canonical",
    "compounds_of",
    "coverage_of_attributes",
    "hazards_osm_wanted",
    "joinable",
    "layer_names",
    "layers_from_osm",
    "number_of",
    "osm_wanted",
    "settlement_of_edges",
    "street_scene",
    "unread",
    "walls_of",
    "walls_osm_wanted",
]
