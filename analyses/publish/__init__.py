"""What may be told of children in public, and what would a stranger work out from it?"""

from analyses.publish.checks import Check, edition_checks, gate, public_part, refuse_failed
from analyses.publish.edition import Edition, public_edition
from analyses.publish.ledger import Release, read_ledger, write_ledger
from analyses.publish.rounding import rounding_base

__all__ = [
    "Check",
    "Edition",
    "Release",
    "edition_checks",
    "gate",
    "public_edition",
    "public_part",
    "read_ledger",
    "refuse_failed",
    "rounding_base",
    "write_ledger",
]
