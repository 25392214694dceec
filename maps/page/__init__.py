"""What does the interactive page hold?"""

from maps.page.beside import with_after, with_places
from maps.page.page import page_html, policy
from maps.page.places_page import places_html
from maps.page.placing_page import placing_html
from maps.page.quality_page import quality_html
from maps.page.vocabulary import in_words, is_fixed, told

__all__ = [
    "in_words",
    "is_fixed",
    "page_html",
    "places_html",
    "placing_html",
    "policy",
    "quality_html",
    "told",
    "with_after",
    "with_places",
]
