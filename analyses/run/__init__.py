"""What does a run do, from the settings to results?"""

from analyses.run.addresses import ToPlace
from analyses.run.asked_rules import standards_of
from analyses.run.check import check_inputs, reports
from analyses.run.new_study import init_study, public_files
from analyses.run.opening import communities, demand, facilities, load, run
from analyses.run.order import Run, run_study
from analyses.run.public import osm_file_in
from analyses.run.questions import (
    audit,
    coverage,
    hazards,
    places,
    routes,
    rule,
    sites,
    standards,
    what_if,
    zones,
)
from analyses.run.ways_tables import safety_notes

__all__ = [
    "Run",
    "ToPlace",
    "audit",
    "check_inputs",
    "communities",
    "coverage",
    "demand",
    "facilities",
    "hazards",
    "init_study",
    "load",
    "osm_file_in",
    "places",
    "public_files",
    "reports",
    "routes",
    "rule",
    "run",
    "run_study",
    "safety_notes",
    "sites",
    "standards",
    "standards_of",
    "what_if",
    "zones",
]
