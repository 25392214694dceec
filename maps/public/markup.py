"""How does a page of the public edition become HTML that runs nothing and asks nobody?

Every text passes through the template escaped; pictures are SVG of `maps.school.svg`.  There is no
script, and the page's policy allows none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from posixpath import relpath
from typing import TYPE_CHECKING

from markupsafe import Markup

from geo.words import language, languages, texts_in
from maps.page import policy
from maps.school import page_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.words import Lang

_NAVIGATION = ("index", "district", "map", "compliance")


@dataclass(frozen=True)
class Cell:
    """A text of a table or list; `href` is seen from the folder of the language."""

    text: str
    number: bool = False
    href: str = ""


@dataclass(frozen=True)
class Section:
    """A part of a page: texts, a picture, a list and a table, each if there is one."""

    title: str
    texts: Sequence[str] = ()
    picture: Markup | None = None
    items: Sequence[Cell] = ()
    head: Sequence[Cell] = ()
    rows: Sequence[Sequence[Cell]] = ()


@dataclass(frozen=True)
class Page:
    """A page; `path` is seen from the folder of the language."""

    path: str
    title: str
    lead: Sequence[str] = ()
    sections: Sequence[Section] = ()


@dataclass(frozen=True)
class Site:
    """What stands on every page.

    Attributes
    ----------
    name
        Of the study.
    lang
        Language of the pages.
    main
        Language of the pages that lie in the folder itself; the others lie in a folder of theirs.
    warnings
        Statements at the top: sketch or map number, synthetic data.
    footer
        Source, date, maker, contact.
    """

    name: str
    lang: Lang
    main: Lang
    warnings: Sequence[str] = ()
    footer: Sequence[str] = field(default=())


def folder_of(lang: Lang, main: Lang) -> str:
    """Return where the pages of a language lie."""
    return "" if lang == main else f"{lang}/"


def public_html(page: Page, site: Site) -> str:
    """Return a page of the public edition.

    Parameters
    ----------
    page
        What it says.
    site
        What all pages say.

    Returns
    -------
    str
        HTML. Same input, same text.
    """
    words = texts_in("publish/page", site.lang)
    others = [other for other in languages() if other != site.lang]
    here = folder_of(site.lang, site.main) + page.path

    def link(path: str, lang: Lang = site.lang) -> str:
        return relpath(folder_of(lang, site.main) + path, here.rpartition("/")[0] or ".")

    def linked(cells: Sequence[Cell]) -> list[Cell]:
        return [Cell(c.text, c.number, link(c.href) if c.href else "") for c in cells]

    sections = [
        Section(s.title, s.texts, s.picture, linked(s.items), s.head, [linked(r) for r in s.rows])
        for s in page.sections
    ]
    return page_of("public_page.html.j2").render(
        html_lang=language(site.lang).html,
        policy=policy(page_style(), ()),
        style=Markup(page_style()),  # noqa: S704  (a file of the package)
        words=words,
        page=Page(page.path, page.title, page.lead, sections),
        site={
            "name": site.name,
            "warnings": site.warnings,
            "footer": site.footer,
            "others": [
                {"href": link(page.path, other), "lang": language(other).html,
                 "text": language(other).name}
                for other in others
            ],
            "links": [
                {"href": link(f"{name}.html"), "text": words[name],
                 "here": page.path == f"{name}.html"}
                for name in _NAVIGATION
            ],
        },
    )  # fmt: skip


@cache
def page_style() -> str:
    """Return the style of the public pages."""
    text = (resources.files("maps") / "static" / "public_page.css").read_text("utf-8")
    return text.replace("\r\n", "\n")
