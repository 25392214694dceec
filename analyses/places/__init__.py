"""Who has a place, who has none and why, and where would a new site help?"""

from analyses.places.analysis import places
from analyses.places.clusters import touching_areas
from analyses.places.equity import walk_distances
from analyses.places.reach import SafePairs, Stage, places_for, stages_of
from analyses.places.safe_pairs import safe_pairs_of
from analyses.places.siting import SitingOptions

__all__ = [
    "SafePairs",
    "SitingOptions",
    "Stage",
    "places",
    "places_for",
    "safe_pairs_of",
    "stages_of",
    "touching_areas",
    "walk_distances",
]
