"""Where do the children live: homes, zones, rasters?"""

from geo.people.demand import demand_along_streets, demand_from_points, demand_in_zones
from geo.people.rasters import demand_from_raster
from geo.people.zones import Demand, combined, zone_of

__all__ = [
    "Demand",
    "combined",
    "demand_along_streets",
    "demand_from_points",
    "demand_from_raster",
    "demand_in_zones",
    "zone_of",
]
