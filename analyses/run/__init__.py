"""What does a run do, from the settings to results?"""

from analyses.run.asked_rules import standards_of
from analyses.run.check import check_inputs, reports
from analyses.run.new_study import init_study
from analyses.run.order import ANALYSES, Run, run_study
from analyses.run.registry import Analysis, Context
from analyses.run.ways_tables import safety_notes

__all__ = [
    "ANALYSES",
    "Analysis",
    "Context",
    "Run",
    "check_inputs",
    "init_study",
    "reports",
    "run_study",
    "safety_notes",
    "standards_of",
]
