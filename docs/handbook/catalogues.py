"""What do the catalogues hold: findings, facility types, headers, limits, official layers?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyses.facilities import facility_types
from geo.bundled import load_toml
from geo.findings import catalogue
from geo.words import texts
from handbook.markdown import anchored, table, words

if TYPE_CHECKING:
    from geo.words import Lang


def findings_part(lang: Lang) -> str:
    """Return every finding: code, outcome, why, fix."""
    rows = (
        (anchored(code), f"`{outcome}`", said["why"][lang], said["fix"][lang])
        for code, outcome in sorted(catalogue().items())
        for said in [texts(f"findings/{code}")]
    )
    return table(words("code outcome why fix", lang), (_safe(row) for row in rows))


def facility_types_part(lang: Lang) -> str:
    """Return the types of facilities and the words that name them."""
    rows = (
        (anchored(t.id), t.icon, t.title[lang], "、".join(t.words), ", ".join(t.amap))
        for t in facility_types().values()
    )
    return table(words("id sign name also amap", lang), rows)


def headers_part(lang: Lang) -> str:
    """Return the columns that tables may have, and the headers that name them."""
    rows = (
        (anchored(name), "、".join(str(w) for w in column["synonyms"]))
        for name, column in load_toml("columns.toml")["column"].items()
    )
    return table(words("column headers", lang), rows)


def limits_part(lang: Lang) -> str:
    """Return the limits that guard against files that hurt."""
    rows = (
        (f"`{section}.{key}`", _number(value))
        for section, limits in load_toml("rules/limits.toml").items()
        for key, value in limits.items()
    )
    return table(words("limit_name value", lang), rows)


def safety_layers_part(lang: Lang) -> str:
    """Return the official layers that ``[[safety]]`` may name, with their columns."""
    rows = (
        (anchored(kind, "layer-"), ", ".join(f"`{c}`" for c in layer.get("column", ())))
        for kind, layer in load_toml("rules/safety_layers.toml")["layer"].items()
    )
    return table(words("kind column", lang), rows)


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, (int, float)) else str(value)


def _safe(row: tuple[str, ...]) -> tuple[str, ...]:
    """Keep texts from being read as HTML or as Markdown's emphasis."""
    code, outcome, *texts = row
    return code, outcome, *(t.replace("<", "&lt;").replace("*", "\\*") for t in texts)
