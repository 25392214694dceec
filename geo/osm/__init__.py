"""What does OpenStreetMap hold: streets, features, tags?"""

from geo.osm import tags
from geo.osm.download import download_bbox, download_place
from geo.osm.features import Wanted, features_from_osm
from geo.osm.file import is_osm
from geo.osm.passing import levels
from geo.osm.reading import streets_from_osm
from geo.osm.road_layers import streets_from_frame
from geo.osm.streets import Streets
from geo.osm.tags import carries, has_tag, numbers, speed_kmh, texts, width_m, words

__all__ = [
    "Streets",
    "Wanted",
    "carries",
    "download_bbox",
    "download_place",
    "features_from_osm",
    "has_tag",
    "is_osm",
    "levels",
    "numbers",
    "speed_kmh",
    "streets_from_frame",
    "streets_from_osm",
    "tags",
    "texts",
    "width_m",
    "words",
]
