"""Which missing links and shared yards would bring children within reach?"""

from analyses.links.missing_links import LinkOptions, links_for
from analyses.links.near import near_places
from analyses.links.obstacles import names_of, obstacles_of, obstacles_osm_wanted, unseen
from analyses.links.shared_yards import co_use

__all__ = [
    "LinkOptions",
    "co_use",
    "links_for",
    "names_of",
    "near_places",
    "obstacles_of",
    "obstacles_osm_wanted",
    "unseen",
]
