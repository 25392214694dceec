"""How do children walk to school?"""

from analyses.routes.alone import walking_alone
from analyses.routes.analysis import Routes, safe_routes
from analyses.routes.catchments import Catchments, official_schools
from analyses.routes.coverage import safe_coverage
from analyses.routes.setting import Setting, schools_of
from analyses.routes.snapped import Placed, place, some

__all__ = [
    "Catchments",
    "Placed",
    "Routes",
    "Setting",
    "official_schools",
    "place",
    "safe_coverage",
    "safe_routes",
    "schools_of",
    "some",
    "walking_alone",
]
