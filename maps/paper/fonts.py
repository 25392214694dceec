"""Which installed font has Chinese, and what can be written in it?

The list stands in ``data/palette.toml``: free fonts first, then those of Windows and macOS.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from geo.text import one_line
from maps.style import palette

if TYPE_CHECKING:
    from collections.abc import Iterable

LATIN_PRINT = "Libertinus Serif"
"""Comes with Typst."""
LATIN_PICTURE = "DejaVu Sans"
"""Comes with Matplotlib."""
_CHINESE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
_NO_GLYPH = "?"


def has_chinese(text: str) -> bool:
    """Say whether a text needs a Chinese font.

    Examples
    --------
    >>> has_chinese("school 一"), has_chinese("école")
    (True, False)
    """
    return bool(_CHINESE.search(text))


def chinese_font(installed: Iterable[str]) -> str | None:
    """Return the first font of the list that is installed, None if there is none."""
    known = set(installed)
    fonts: list[str] = palette()["print"]["fonts"]
    return next((name for name in fonts if name in known), None)


def picture_font() -> str | None:
    """Return the Chinese font of pictures (Matplotlib's), None if none is installed."""
    from matplotlib.font_manager import fontManager  # noqa: PLC0415  (reads all fonts once)

    return chinese_font(fontManager.get_font_names())


def drawable(text: object, family: str) -> str:
    """Return a text of the data as a picture can write it: one line, "?" where a glyph is missing.

    Parameters
    ----------
    text
        Anything; control characters, marks of direction and the like become one sign.
    family
        The picture's font.
    """
    from matplotlib.font_manager import findfont, get_font  # noqa: PLC0415

    font = get_font(findfont(family))
    return "".join(c if font.get_char_index(ord(c)) else _NO_GLYPH for c in one_line(text))
