"""Who lives within the service radius of each kind of facility, and who does not?"""

from analyses.coverage.analysis import coverage
from analyses.coverage.containment import homes
from analyses.coverage.gaps import OUTSIDE, area_codes
from analyses.coverage.snapped import Near, Places, near_pairs, nearest_facility, place_all, taken

__all__ = [
    "OUTSIDE",
    "Near",
    "Places",
    "area_codes",
    "coverage",
    "homes",
    "near_pairs",
    "nearest_facility",
    "place_all",
    "taken",
]
