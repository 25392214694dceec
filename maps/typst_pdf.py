"""How do the pages of schools become a PDF that any printer takes?

Typst lays out ``static/school.typ``. What stands on the pages is handed over as data (JSON) and
never becomes markup. The file holds no date, no path and no name of the machine.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, cast

from geo.findings import EnvironmentFault, Finding
from maps.school_text import content
from maps.style import palette

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geo.findings import Lang
    from maps.school_sheet import SchoolSheet

_CHINESE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LATIN = "Libertinus Serif"


def school_pdf(
    sheets: Sequence[SchoolSheet],
    path: Path,
    *,
    lang: Lang = "zh",
    font_folders: Sequence[Path] = (),
) -> None:
    """Write the pages of schools into one PDF, A4, each school on a sheet of its own.

    Parameters
    ----------
    sheets
        One school or more.
    path
        File to write. The same sheets and the same fonts give the same bytes.
    lang
        Language of the pages.
    font_folders
        Where to look for fonts besides the system's folders.

    Raises
    ------
    EnvironmentFault
        ``NO_CHINESE_FONT``: there is Chinese on the pages and no font for it is installed.
    """
    import typst  # noqa: PLC0415  (only those who print need it)

    pages = [_plain(content(sheet, lang=lang)) for sheet in sheets]
    data = json.dumps(pages, ensure_ascii=False, sort_keys=True)
    fonts = typst.Fonts(font_paths=[str(folder) for folder in font_folders])
    family = _family(set(fonts.families()), chinese=bool(_CHINESE.search(data)), file=path.name)
    compiler = typst.Compiler(
        _template(), font_paths=fonts, sys_inputs={"pages": data, "font": family, "lang": lang}
    )
    path.write_bytes(cast("bytes", compiler.compile(format="pdf")))


def _family(installed: set[str], *, chinese: bool, file: str) -> str:
    """Return the font of the pages: the first of the palette that is installed."""
    found = next((name for name in palette()["print"]["fonts"] if name in installed), None)
    if found is None and chinese:
        raise EnvironmentFault(Finding("NO_CHINESE_FONT", file))
    return found or _LATIN


def _plain(value: Any) -> Any:  # noqa: ANN401  (nested content)
    """Return content as JSON knows it: marked up texts as plain ones."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, str) else value


@cache
def _template() -> bytes:
    return (resources.files("maps") / "static" / "school.typ").read_bytes()
