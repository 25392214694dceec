"""How do the tables of a result become a workbook and CSV files that an office opens?"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analyses.rules import age_groups
from analyses.schema import column, language_of, tables
from geo.text import formula_safe
from geo.words import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from geo.words import Lang

_CREATED = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""Fixed, so that the same tables give the same bytes."""
_NOT_IN_SHEET_NAMES = str.maketrans("[]:*?/\\'", "()- ----")
_LONGEST_CELL = 32_767
_MOST_ROWS = 1_048_575
_WIDEST_COLUMN = 44
_NARROWEST_COLUMN = 6
_DECIMALS = 6
"""Of numbers in CSV: below a millimetre, and no dust of floating point."""
_FIRST_WIDE = "\u2e80"
"""From here on Unicode holds the characters of China, Japan and Korea."""


def header(column_name: str, lang: Lang) -> str:
    """Return the title of a column; one that nobody declared stands for itself.

    Examples
    --------
    >>> header("walk_m", "en"), header("nobody_declared_me", "en")
    ('To the nearest, door to door (m)', 'nobody_declared_me')
    """
    declared = column(column_name)
    if declared is None and column_name in age_groups():
        return age_groups()[column_name].title[lang]
    return declared.title[lang] if declared else column_name


def title(table: str, lang: Lang) -> str:
    """Return the title of a table, e.g. for a sheet."""
    return tables()[table].title[lang] if table in tables() else table


def in_one_language(table: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return a table without the words of other languages, and without codes that have words.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"why_zh": ["远"], "why_en": ["far"], "children": [3]})
    >>> in_one_language(table, "en").columns.tolist()
    ['why_en', 'children']
    """
    written = {str(c): language_of(str(c)) for c in table}
    unwanted = {c for c, own in written.items() if own not in (None, lang)}
    unwanted |= {c.removesuffix(f"_{lang}") for c, own in written.items() if own == lang}
    return table.drop(columns=[c for c in table if c in unwanted])


def write_workbook(
    path: Path,
    sheets: Mapping[str, pd.DataFrame],
    *,
    notes: Sequence[tuple[str, str]],
    lang: Lang = "zh",
) -> None:
    """Write one XLSX: a sheet of notes first, then a sheet for each table.

    Parameters
    ----------
    path
        File to write.
    sheets
        Table name (see ``data/schema/tables.toml``) -> rows; text stays text: no cell of the data
        becomes a formula or a link.
    notes
        Rows of the notes sheet: what, value.
    lang
        Language of the headers.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from pathlib import Path
    >>> from python_calamine import CalamineWorkbook
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "a.xlsx")
    ...     write_workbook(file, {"mine": pd.DataFrame({"children": [3]})}, notes=[], lang="en")
    ...     CalamineWorkbook.from_path(file).sheet_names
    ['Notes', 'mine']
    """
    import xlsxwriter  # noqa: PLC0415  (only a run needs it)

    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"created": _CREATED})
        formats = _formats(book)
        _write_notes(
            book.add_worksheet(text("tables/notes/title")[lang]),
            notes,
            formats,
        )
        for name, table in sheets.items():
            _write_sheet(book.add_worksheet(_sheet_name(name, lang)), table, formats, lang=lang)


def _sheet_name(table: str, lang: Lang) -> str:
    """Return a table's name without the signs that Excel does not take, at most 31 long."""
    return title(table, lang).translate(_NOT_IN_SHEET_NAMES)[:31]


def write_csv(path: Path, table: pd.DataFrame, *, lang: Lang = "zh") -> None:
    """Write one CSV for Excel: UTF-8 with a mark, no cell that Excel would run as a formula.

    A text that Excel would run gets a single quote before it (`geo.text.formula_safe`).

    Examples
    --------
    What Excel would run as a formula stays text:

    >>> import tempfile
    >>> import pandas as pd
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "a.csv")
    ...     write_csv(file, pd.DataFrame({"name": ["=1+1"]}), lang="en")
    ...     file.read_text("utf-8-sig").split()
    ['Name', "'=1+1"]
    """
    safe = table.copy()
    for name in safe.columns:
        if safe[name].dtype == object or isinstance(safe[name].dtype, pd.StringDtype):
            safe[name] = safe[name].map(_not_a_formula)
        elif pd.api.types.is_float_dtype(safe[name]):
            safe[name] = safe[name].round(_DECIMALS)
    safe.columns = pd.Index([header(str(c), lang) for c in safe.columns])
    safe.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def _not_a_formula(value: object) -> object:
    return formula_safe(value) if isinstance(value, str) else value


def _formats(book: Workbook) -> dict[str, Format]:
    """Return the cell formats."""
    head = {"bold": True, "bg_color": "#DCE6F1", "bottom": 1, "text_wrap": True, "valign": "top"}
    return {
        "header": book.add_format(head),
        "share": book.add_format({"num_format": "0.0%"}),
        "m": book.add_format({"num_format": "0"}),
        "count": book.add_format({"num_format": "#,##0"}),
        "number": book.add_format({"num_format": "#,##0.0##"}),
        "text": book.add_format({}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        "bold": book.add_format({"bold": True, "valign": "top"}),
    }


def _write_notes(
    sheet: Worksheet, notes: Sequence[tuple[str, str]], formats: Mapping[str, Format]
) -> None:
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 110)
    for row, (what, value) in enumerate(notes):
        sheet.write_string(row, 0, what[:_LONGEST_CELL], formats["bold"])
        sheet.write_string(row, 1, value[:_LONGEST_CELL], formats["wrap"])


def _write_sheet(
    sheet: Worksheet,
    table: pd.DataFrame,
    formats: Mapping[str, Format],
    *,
    lang: Lang,
) -> None:
    """Write a table column by column, with frozen header and filter."""
    table = table.head(_MOST_ROWS)
    for number, name in enumerate(table.columns):
        style = formats[_style(str(name), table[name])]
        words = header(str(name), lang)
        sheet.write_string(0, number, words, formats["header"])
        values = table[name].tolist()
        for row, value in enumerate(values, 1):
            _write_cell(sheet, (row, number), value, style=style)
        sheet.set_column(number, number, _width(words, values))
    sheet.freeze_panes(1, min(2, max(len(table.columns) - 1, 0)))
    if len(table.columns):
        sheet.autofilter(0, 0, len(table), len(table.columns) - 1)


def _write_cell(sheet: Worksheet, place: tuple[int, int], value: object, *, style: Format) -> None:
    """Write a typed cell; what is unknown stays empty, infinity is written as a word."""
    if isinstance(value, str):
        sheet.write_string(*place, value[:_LONGEST_CELL], style)
    elif isinstance(value, (bool, np.bool_)):
        sheet.write_boolean(*place, bool(value), style)
    elif isinstance(value, (int, float, np.integer, np.floating)):
        if np.isfinite(value):
            sheet.write_number(*place, float(value), style)
        elif np.isinf(value):
            sheet.write_string(*place, "∞", style)
    elif value is not None and value is not pd.NA:
        sheet.write_string(*place, str(value)[:_LONGEST_CELL], style)


def _style(name: str, values: pd.Series[Any]) -> str:
    """Return the format of a column: that of its unit, where somebody declared it."""
    if not pd.api.types.is_numeric_dtype(values):
        return "text"
    declared = column(name)
    if declared is None or declared.type in ("whole", "flag"):
        return "count"
    return {"share": "share", "m": "m", "s": "m", "": "number", "points": "number"}.get(
        declared.unit, "count"
    )


def _width(words: str, values: Sequence[object]) -> float:
    """Return a column width that shows the header and the first rows (a 汉字 is two wide)."""
    texts = [words, *(str(v) for v in values[:200] if isinstance(v, str))]
    widest = max(sum(2 if c >= _FIRST_WIDE else 1 for c in text[:80]) for text in texts)
    return float(min(max(widest + 2, _NARROWEST_COLUMN), _WIDEST_COLUMN))
