"""How do children walk to school?"""

from analyses.routes.alone import walking_alone
from analyses.routes.analysis import Routes, safe_routes
from analyses.routes.catchments import official_schools
from analyses.routes.coverage import safe_coverage
from analyses.routes.options import RouteOptions, school_city

__all__ = [
    "RouteOptions",
    "Routes",
    "official_schools",
    "safe_coverage",
    "safe_routes",
    "school_city",
    "walking_alone",
]
