"""How do the pages of schools become a PDF that any printer takes?

Typst lays out ``static/school.typ``. What stands on the pages is handed over as data (JSON) and
never becomes markup. The file holds no date, no path and no name of the machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from maps.paper import plain, typeset
from maps.school.text import content

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geo.words import Lang
    from maps.school.sheet import SchoolSheet


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

    Examples
    --------
    >>> import pathlib, tempfile, yimi
    >>> from maps.school import sheets
    >>> pages = sheets(yimi.run(yimi.demo).result.shown)[:1]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     school_pdf(pages, pathlib.Path(folder, "a.pdf"))
    ...     pathlib.Path(folder, "a.pdf").read_bytes()[:5]
    b'%PDF-'
    """
    pages = [plain(content(sheet, lang=lang)) for sheet in sheets]
    made = typeset("school.typ", pages, lang=lang, file=path.name, font_folders=font_folders)
    path.write_bytes(made)
