"""Which datum do degrees have: WGS 84, GCJ-02, BD-09, and which one do the streets give away?"""

from geo.datum.conversions import bd09_to_wgs84, gcj02_to_wgs84, wgs84_to_gcj02
from geo.datum.evidence import detect_datum

__all__ = [
    "bd09_to_wgs84",
    "detect_datum",
    "gcj02_to_wgs84",
    "wgs84_to_gcj02",
]
