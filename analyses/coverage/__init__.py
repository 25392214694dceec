"""Who lives within the service radius of each kind of facility, and who does not?"""

from analyses.coverage.analysis import coverage
from analyses.coverage.containment import homes
from analyses.coverage.gaps import OUTSIDE, area_codes
from analyses.coverage.near import Near, near_pairs, nearest_facility
from analyses.coverage.reaching import reach

__all__ = [
    "OUTSIDE",
    "Near",
    "area_codes",
    "coverage",
    "homes",
    "near_pairs",
    "nearest_facility",
    "reach",
]
