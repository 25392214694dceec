"""Where do the children live, and how many of each age: homes, zones, rasters, tables?"""

from geo.people.ages import Ages, ages_of, in_ten_thousands, structure_of
from geo.people.demand import demand_along_streets, demand_from_points, demand_in_zones
from geo.people.homes import Homes, homes_of, weights_of
from geo.people.joining import Joined, join_table, name_parts, nearest
from geo.people.rasters import Raster, demand_from_raster, demand_from_rasters
from geo.people.totals import spread_totals
from geo.people.zones import Demand, combined, zone_of

__all__ = [
    "Ages",
    "Demand",
    "Homes",
    "Joined",
    "Raster",
    "ages_of",
    "combined",
    "demand_along_streets",
    "demand_from_points",
    "demand_from_raster",
    "demand_from_rasters",
    "demand_in_zones",
    "homes_of",
    "in_ten_thousands",
    "join_table",
    "name_parts",
    "nearest",
    "spread_totals",
    "structure_of",
    "weights_of",
    "zone_of",
]
