"""What does the page of a school show?"""

from maps.school.district_page import district_html
from maps.school.page import page_of, school_html
from maps.school.pdf import school_pdf
from maps.school.picture import grade_of
from maps.school.sheet import About, SchoolSheet, page_name, rows_of, sheets
from maps.school.svg import path as svg_path
from maps.school.svg import shape_data
from maps.school.svg import text as svg_text

__all__ = [
    "About",
    "SchoolSheet",
    "district_html",
    "grade_of",
    "page_name",
    "page_of",
    "rows_of",
    "school_html",
    "school_pdf",
    "shape_data",
    "sheets",
    "svg_path",
    "svg_text",
]
