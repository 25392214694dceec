"""What does the page "how good are the data" show?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from geo.words import language, text, texts
from maps.files import header

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Template

    from geo.words import Lang


class Cell(NamedTuple):
    """A cell of a table: its text, and whether it is a number."""

    text: str
    number: bool


def quality_html(
    tables: Mapping[str, pd.DataFrame], *, name: str, synthetic: bool, lang: Lang = "zh"
) -> str:
    """Return one self-contained page with the tables of the self-audit.

    Parameters
    ----------
    tables
        Part (a title of ``data/words/quality.toml``) -> rows for people.
    name
        Name of the study.
    synthetic
        Whether the page says that its data are made up.
    lang
        Language.

    Examples
    --------
    >>> import yimi
    >>> streets = yimi.run(yimi.demo).result.tables["quality_streets"]
    >>> html = quality_html({"streets": streets}, name="Example county", synthetic=True, lang="en")
    >>> "Example county" in html
    True
    """
    titles = texts("quality")
    return template().render(
        html_lang=language(lang).html,
        heading=f"{text('quality/title')[lang]} · {name}",
        synthetic=text("quality/synthetic")[lang] if synthetic else "",
        intro=text("quality/intro")[lang],
        parts=parts_of({part: (titles[part], table) for part, table in tables.items()}, lang),
    )


def template() -> Template:
    """Return the template of a page of tables; it escapes whatever it is given."""
    environment = Environment(
        loader=PackageLoader("maps", "static"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("quality.html.j2")


def parts_of(
    tables: Mapping[str, tuple[Mapping[str, str], pd.DataFrame]], lang: Lang
) -> list[dict[str, Any]]:
    """Return titles, headers and cells for the template; tables without rows are left out."""
    return [
        {
            "title": title[lang],
            "header": [Cell(header(str(c), lang), _is_number(table[c])) for c in table],
            "rows": _rows(table),
        }
        for title, table in tables.values()
        if len(table)
    ]


def _rows(table: pd.DataFrame) -> list[list[Cell]]:
    columns = [
        [Cell(_text(v, str(c)), _is_number(table[c])) for v in table[c].tolist()] for c in table
    ]
    return [list(row) for row in zip(*columns, strict=True)]


def _is_number(column: pd.Series[Any]) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column))


def _text(value: object, column: str) -> str:
    """Write a value for people; what is not known is a dash."""
    if not isinstance(value, (int, float, np.number)) or isinstance(value, bool):
        return "—" if value is None or value is pd.NA else str(value)
    if np.isnan(value):
        return "—"
    if column.startswith("year"):
        return f"{value:.0f}"
    return f"{value:.1%}" if "share" in column else f"{value:,.0f}"
