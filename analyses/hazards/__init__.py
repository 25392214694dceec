"""Which hazards lie on the ways, what is known of them, and what was done?"""

from analyses.hazards.evidence import walked_edges
from analyses.hazards.ledger_rows import Evidence, ledger, statuses, vocabularies
from analyses.hazards.merging import merge, read_ledger, totals
from analyses.hazards.survey_rows import COLUMNS, FELT, survey, survey_form

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
