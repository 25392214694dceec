"""How does Typst set a page, from data that never become markup?"""

from __future__ import annotations

import contextlib
import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal, cast

from geo.findings import EnvironmentFault, Finding
from geo.words import language
from maps.paper.fonts import LATIN_PRINT, chinese_font, has_chinese

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geo.words import Lang


def typeset(
    template: str,
    data: object,
    *,
    lang: Lang,
    file: str,
    font_folders: Sequence[Path] = (),
    accessible: bool = False,
) -> bytes:
    """Return a PDF of a template of ``static/`` with its data; it runs nothing and reads no file.

    Parameters
    ----------
    template
        Name of the file.
    data
        What JSON knows; the template reads it from ``sys.inputs.pages``.
    lang
        Language of the text.
    file
        Name of the PDF, for the error.
    font_folders
        Where to look for fonts besides the system's folders.
    accessible
        Keep to PDF/UA-1: tagged, with a title, and a description of every picture.  A text with a
        character that no installed font has (an emoji in a name) breaks that rule, but not the run:
        the file is then tagged all the same and shows a box there.

    Raises
    ------
    EnvironmentFault
        See `print_font`.

    Examples
    --------
    A missing template is not looked for elsewhere:

    >>> try:
    ...     typeset("../../etc/hostname", {}, lang="en", file="a.pdf")
    ... except Exception as error:
    ...     print(type(error).__name__)
    FileNotFoundError
    """
    import typst  # noqa: PLC0415  (only those who print need it)

    told = json.dumps(data, ensure_ascii=False, sort_keys=True)
    fonts = typst.Fonts(font_paths=[str(folder) for folder in font_folders])
    family = print_font(fonts.families(), told, file=file)
    tag, _, region = language(lang).html.partition("-")
    inputs = {"pages": told, "font": family, "lang": tag, "region": region.lower()}

    def compiled(*standards: Literal["ua-1"]) -> bytes:
        compiler = typst.Compiler(_template(template), font_paths=fonts, sys_inputs=inputs)
        return cast("bytes", compiler.compile(format="pdf", pdf_standards=[*standards]))

    if accessible:
        with contextlib.suppress(typst.TypstError):
            return compiled("ua-1")
    return compiled()


def print_font(installed: Sequence[str], text: str, *, file: str) -> str:
    """Return the font of printed pages: a Chinese one, or Typst's own where it is not needed.

    Raises
    ------
    EnvironmentFault
        ``NO_CHINESE_FONT``: the text has Chinese and no font for it is installed.
    """
    found = chinese_font(installed)
    if found is None and has_chinese(text):
        raise EnvironmentFault(Finding("NO_CHINESE_FONT", file))
    return found or LATIN_PRINT


def plain(value: object) -> object:
    """Return content as JSON knows it: marked up texts as plain ones.

    Examples
    --------
    >>> from markupsafe import Markup
    >>> plain({"name": Markup("<b>a</b>"), "children": [30]})
    {'name': '<b>a</b>', 'children': [30]}
    """
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return str(value) if isinstance(value, str) else value


@cache
def _template(name: str) -> bytes:
    return (resources.files("maps") / "static" / name).read_bytes()
