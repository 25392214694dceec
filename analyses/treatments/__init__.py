"""What can be done about a hazard, and what would it change?"""

from analyses.treatments.before_after import (
    Evaluate,
    alone,
    compare_hazards,
    compare_schools,
    value_of_crossings,
)
from analyses.treatments.best import best_treatments
from analyses.treatments.catalogue import adequate, bodies, horizons, treated, treatments
from analyses.treatments.what_if import Edit, edited_gates, edited_scene, read_edits, without_effect

__all__ = [
    "Edit",
    "Evaluate",
    "adequate",
    "alone",
    "best_treatments",
    "bodies",
    "compare_hazards",
    "compare_schools",
    "edited_gates",
    "edited_scene",
    "horizons",
    "read_edits",
    "treated",
    "treatments",
    "value_of_crossings",
    "without_effect",
]
