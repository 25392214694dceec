"""What files leave the house: workbooks, layers, exports?"""

from maps.files.exports import write_exports
from maps.files.geopackage import write_geopackage
from maps.files.ledger_files import ledger_table, write_ledger, write_survey
from maps.files.workbook import header, in_one_language, write_csv, write_workbook

__all__ = [
    "header",
    "in_one_language",
    "ledger_table",
    "write_csv",
    "write_exports",
    "write_geopackage",
    "write_ledger",
    "write_survey",
    "write_workbook",
]
