"""Which zones around schools hold together and fit the places?"""

from analyses.zones.analysis import school_zones, zoned_kinds
from analyses.zones.models import model_pairs
from analyses.zones.ways import zone_ways

__all__ = [
    "model_pairs",
    "school_zones",
    "zone_ways",
    "zoned_kinds",
]
