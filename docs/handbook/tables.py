"""Which tables does a run write, with which columns, and what may be shown?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyses.schema import columns, roles, tables
from handbook.markdown import anchored, table, words

if TYPE_CHECKING:
    from geo.words import Lang


def tables_part(lang: Lang) -> str:
    """Return the tables, by their names in ``csv/`` and their titles in ``tables.xlsx``."""
    rows = ((anchored(t.name, "table-"), t.title[lang], t.rows[lang]) for t in tables().values())
    return table(words("table title what", lang), rows)


def columns_part(lang: Lang) -> str:
    """Return the columns of all tables, by name, with their headers and units."""
    rows = (
        (anchored(c.name, "column-"), c.title[lang], c.type, c.unit)
        for c in sorted(columns().values(), key=lambda c: c.name)
    )
    return table(words("column header type unit", lang), rows)


def roles_part(lang: Lang) -> str:
    """Return the roles: what a map, the GeoPackage and other writers may show."""
    rows = (
        (anchored(r.name, "role-"), r.title[lang], r.geometry or "-", r.rows[lang])
        for r in roles().values()
    )
    return table(words("role title geometry what", lang), rows)
