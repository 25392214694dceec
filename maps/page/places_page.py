"""What does the page "places and sites" show: who lacks a place, and where to build?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geo.bundled import load_toml
from geo.words import language, text, texts
from maps.page.quality_page import parts_of, template

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from geo.words import Lang


def places_html(
    tables: Mapping[str, pd.DataFrame], *, name: str, synthetic: bool, lang: Lang = "zh"
) -> str:
    """Return one self-contained page of the answers about places, sites, links and zones.

    Parameters
    ----------
    tables
        Table name -> rows for people, as in the workbook; those that are missing are left out.
    name
        Name of the study.
    synthetic
        Whether the page says that its data are made up.
    lang
        Language.

    Returns
    -------
    str
        HTML, or "" where there is nothing to tell.

    Examples
    --------
    >>> places_html({}, name="Example county", synthetic=True)
    ''
    """
    titles = texts("places_page/part")
    parts = {
        part["table"]: (titles[part["table"]], _shown(tables[part["table"]], part, lang))
        for part in load_toml("places_page.toml")["part"]
        if part["table"] in tables
    }
    told = parts_of(parts, lang)
    if not told:
        return ""
    return template().render(
        html_lang=language(lang).html,
        heading=f"{text('places_page/title')[lang]} · {name}",
        synthetic=text("places_page/synthetic")[lang] if synthetic else "",
        intro=text("places_page/intro")[lang],
        parts=told,
    )


def _shown(table: pd.DataFrame, part: Mapping[str, Any], lang: Lang) -> pd.DataFrame:
    """Return the rows and columns that the page shows of a table."""
    rows = table
    if part.get("total"):
        rows = rows[rows["area_id"].isna()]
    if part.get("only_moves"):
        moves = text("tables/values/change/moves")[lang]
        rows = rows[rows["change"] == moves]
    if largest := part.get("largest"):
        rows = rows.sort_values(largest, ascending=False, kind="stable")
    wanted = {name: name if name in rows else f"{name}_{lang}" for name in part["columns"]}
    return rows[list(wanted.values())].head(part["most"])
