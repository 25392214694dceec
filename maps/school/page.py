"""How does one school's page become one HTML file to print on A4, both sides?

Texts of the data pass through the template escaped; the picture and the signs are SVG of
`maps.school.svg`, which escapes on its own. The page holds no script, and its policy allows none.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from geo.words import language
from maps.page import policy
from maps.school.text import content

if TYPE_CHECKING:
    from jinja2 import Template

    from geo.words import Lang
    from maps.school.sheet import SchoolSheet


def school_html(sheet: SchoolSheet, *, lang: Lang = "zh") -> str:
    """Return the page of one school.

    Parameters
    ----------
    sheet
        From `maps.school.sheet.sheets`.
    lang
        Language of the page.

    Returns
    -------
    str
        HTML that asks for nothing and runs nothing. Same input, same text.

    Examples
    --------
    >>> import yimi
    >>> from maps.school import sheets
    >>> sheet = sheets(yimi.run(yimi.demo).result.shown)[0]
    >>> html = school_html(sheet, lang="en")
    >>> sheet.name in html, "<script" in html
    (True, False)
    """
    page = content(sheet, lang=lang)
    return page_of("school.html.j2").render(
        html_lang=language(lang).html,
        policy=policy(page_style(), ()),
        style=Markup(page_style()),  # noqa: S704  (a file of the package)
        page=page,
        words=page["words"],
        semicolon=language(lang).semicolon,
    )


@cache
def page_style() -> str:
    """Return the style of printed pages."""
    text = (resources.files("maps") / "static" / "school.css").read_text("utf-8")
    return text.replace("\r\n", "\n")


@cache
def page_of(template: str) -> Template:
    """Return a template of a page, one that escapes what it is given.

    Examples
    --------
    >>> page_of("school.html.j2").name
    'school.html.j2'
    """
    environment = Environment(
        loader=PackageLoader("maps", "static"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template)
