"""Where do the children live: homes, zones, rasters?"""

from geo.people.demand import demand_along_streets, demand_from_points, demand_in_zones
from geo.people.homes import Homes, homes_of, weights_of
from geo.people.rasters import Raster, demand_from_raster, demand_from_rasters
from geo.people.zones import Demand, combined, zone_of

__all__ = [
    "Demand",
    "Homes",
    "Raster",
    "combined",
    "demand_along_streets",
    "demand_from_points",
    "demand_from_raster",
    "demand_from_rasters",
    "demand_in_zones",
    "homes_of",
    "weights_of",
    "zone_of",
]
