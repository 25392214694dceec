"""Which rules are tested, for whom, where do they come from; which ages and walking speeds?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyses.rules import (
    age_groups,
    rule_text,
    standards,
    strength_text,
    verified_text,
    walking_speeds,
)
from handbook.markdown import anchored, table, words

if TYPE_CHECKING:
    from geo.words import Lang


def rules_part(lang: Lang) -> str:
    """Return every rule with its source; ``★`` marks the default ones."""
    rows = (
        (
            f"{anchored(r.id)}{' ★' if r.default else ''}",
            r.title[lang],
            rule_text(r, lang),
            f"`{', '.join((r.scope, *r.region))}`",
            f"{r.standard} {r.clause}",
            strength_text(r, lang),
            f"{verified_text(r, lang)} {r.note[lang]}".strip(),
        )
        for r in standards().values()
    )
    return table(words("id rule limit scope source strength verified", lang), rows)


def ages_part(lang: Lang) -> str:
    """Return the age groups of children."""
    rows = ((f"`{g.id}`", g.title[lang]) for g in age_groups().values())
    return table(words("id ages", lang), rows)


def speeds_part(lang: Lang) -> str:
    """Return the walking speeds by age, with source."""
    rows = (
        (f"{s.ages[0]}–{s.ages[1]}", f"{s.speed_m_s:g}", s.source, f"`{s.verified}`")
        for s in walking_speeds()
    )
    return table(words("ages speed source verified", lang), rows)
