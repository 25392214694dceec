"""What is printed: the brief, charts, maps on paper?"""

from maps.paper.brief_parts import Picture
from maps.paper.brief_sections import Material, brief
from maps.paper.charts import distances, lorenz, overview, towns
from maps.paper.figure import MM_PER_INCH, drawing, lacks_font, png, svg
from maps.paper.imprint import imprint_of
from maps.paper.maps import Drawn, Scene, paper_maps
from maps.paper.paper import Paper
from maps.paper.pdf import atlas_pdf, brief_pdf
from maps.paper.typesetting import plain, typeset
from maps.paper.word import brief_docx

__all__ = [
    "MM_PER_INCH",
    "Drawn",
    "Material",
    "Paper",
    "Picture",
    "Scene",
    "atlas_pdf",
    "brief",
    "brief_docx",
    "brief_pdf",
    "distances",
    "drawing",
    "imprint_of",
    "lacks_font",
    "lorenz",
    "overview",
    "paper_maps",
    "plain",
    "png",
    "svg",
    "towns",
    "typeset",
]
