"""How does a brief become a PDF that reads aloud, prints, and is the same each time?

Typst lays out ``static/brief.typ``: tagged (PDF/UA-1), with a description of each picture.  All
texts are data and never become markup; the file holds no clock, path or name of the machine.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from geo.text import one_line
from maps.paper.brief_parts import Picture, Table, Text
from maps.paper.typesetting import typeset

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from maps.paper.brief_parts import Block, Brief
    from maps.paper.imprint import Imprint

_WIDTH_MM, _HEIGHT_MM = 170.0, 232.0
"""Room for a picture on an A4 page of the brief."""


def brief_pdf(brief: Brief, *, file: str = "brief.pdf", font_folders: Sequence[Path] = ()) -> bytes:
    """Return a brief as PDF, A4.

    Parameters
    ----------
    brief
        From `maps.paper.brief_sections.brief`.
    file
        Name of the file, for the error.
    font_folders
        Where to look for fonts besides the system's folders.

    Raises
    ------
    EnvironmentFault
        ``NO_CHINESE_FONT``: see `maps.paper.typeset`.

    Examples
    --------
    >>> import yimi
    >>> from maps.paper import Material, brief, imprint_of
    >>> study = yimi.load(yimi.demo).settings
    >>> imprint = imprint_of(study, crs="EPSG:4548", lang="en")
    >>> brief_pdf(brief(Material(imprint), {}))[:5]
    b'%PDF-'
    """
    about = brief.imprint
    data = {
        "title": brief.title,
        "name": about.name,
        "date": about.lines[0],
        "mark": about.mark,
        "map_number": about.map_number,
        "sections": [
            {"title": s.title, "blocks": [_block(b) for b in s.blocks]} for s in brief.sections
        ],
    }
    return typeset("brief.typ", data, lang=about.lang, file=file, font_folders=font_folders,
                   accessible=True)  # fmt: skip


def atlas_pdf(
    drawings: Sequence[tuple[str, str, float, float]],
    imprint: Imprint,
    *,
    file: str = "atlas.pdf",
    font_folders: Sequence[Path] = (),
) -> bytes:
    """Return maps as one PDF, each on a page of its own size.

    Parameters
    ----------
    drawings
        Title, SVG, width and height in millimetres of each.
    imprint
        For the title of the file.

    Examples
    --------
    >>> import dataclasses, yimi
    >>> from maps.paper.imprint import imprint_of
    >>> study = yimi.load(yimi.demo).settings
    >>> imprint = imprint_of(study, crs="EPSG:4548", lang="en")
    >>> square = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"></svg>'
    >>> atlas_pdf([("Square", square, 90.0, 90.0)], imprint)[:5]
    b'%PDF-'
    """
    pages = [{"title": t, "svg": s, "width": w, "height": h} for t, s, w, h in drawings]
    data = {"name": imprint.name, "pages": pages}
    return typeset("atlas.typ", data, lang=imprint.lang, file=file, font_folders=font_folders,
                   accessible=True)  # fmt: skip


def _block(block: Block) -> dict[str, Any]:
    if isinstance(block, Text):
        return {"kind": block.style, "said": one_line(block.said)}
    if isinstance(block, Table):
        return {
            "kind": "table",
            "title": one_line(block.title),
            "head": [one_line(cell) for cell in block.head],
            "rows": [[one_line(cell) for cell in row] for row in block.rows],
            "numeric": list(block.numeric),
            "widths": list(block.widths),
        }
    scale = min(1.0, _WIDTH_MM / block.width, _HEIGHT_MM / block.height)
    return {
        "kind": "picture",
        "title": one_line(block.title),
        "alt": one_line(block.alt),
        "width": block.width * scale,
        "svg": _framed(block),
    }


def _framed(picture: Picture) -> str:
    """Return a PNG inside an SVG: Typst takes no binary data, and reads no file."""
    data = base64.b64encode(picture.png).decode("ascii")
    w, h = picture.width, picture.height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}mm" height="{h}mm"'
        f' viewBox="0 0 {w} {h}"><image width="{w}" height="{h}"'
        f' href="data:image/png;base64,{data}"/></svg>'
    )
