"""Which hazards lie on the ways, what is known of them, and what was done?"""

from analyses.hazards.finding import walked_edges
from analyses.hazards.form import COLUMNS, FELT, survey, survey_form
from analyses.hazards.merging import merge, read_ledger, totals
from analyses.hazards.rows import Evidence, ledger, statuses, vocabularies

__all__ = [
    "COLUMNS",
    "FELT",
    "Evidence",
    "ledger",
    "merge",
    "read_ledger",
    "statuses",
    "survey",
    "survey_form",
    "totals",
    "vocabularies",
    "walked_edges",
]
