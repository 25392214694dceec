"""What do risk, ages, checks and treatments of the ways to school rest on?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from analyses.gates import audit_rules
from analyses.rules import profiles
from analyses.treatments import bodies, treatments
from geo.bundled import load_toml
from handbook.markdown import anchored, table, words

if TYPE_CHECKING:
    from geo.words import Lang


def bands_part(lang: Lang) -> str:
    """Return who walks to school: age bands, speeds, how far they walk at most."""
    sources = {
        row["id"]: row["source"] for row in load_toml("rules/child_profiles.toml")["profile"]
    }
    rows = (
        (f"`{p.id}`", p.title[lang], f"{p.speed_m_s:g}", f"{p.walk_max_m:g}", sources[p.id])
        for p in profiles()
    )
    return table(words("id name speed walk_at_most source", lang), rows)


def factors_part(lang: Lang) -> str:
    """Return the factors of the risk model."""
    rows = (
        (
            f"`{row['model']}`", f"`{row['factor']}`", str(row["level"]), f"{row['value']:g}",
            row[lang], row["source"], f"`{row['status']}`",
        )
        for row in load_toml("rules/risk.toml")["level"]
    )  # fmt: skip
    return table(words("model factor level value condition source status", lang), rows)


def street_defaults_part(lang: Lang) -> str:
    """Return what is assumed of a street that nobody has measured."""
    rows = (
        (f"`{road}`", f"`{what}`", str(value))
        for road, values in load_toml("rules/street_defaults.toml")["default"].items()
        for what, value in values.items()
    )
    return table(words("road what value", lang), rows)


def audit_part(lang: Lang) -> str:
    """Return the checks of the gate audit with their limits and clauses."""
    rows = (
        (
            anchored(row["check"], "check-"), row[f"title_{lang}"], _limit(row), row["clause"],
            row["strength"], row["verified"], row["source"],
        )
        for row in audit_rules().to_dict("records")
    )  # fmt: skip
    return table(words("check name limit clause strength verified source", lang), rows)


def treatments_part(lang: Lang) -> str:
    """Return the treatments with the body in charge."""
    rows = (
        (anchored(t.id, "treatment-"), t.title[lang], bodies()[t.body][lang], str(t.cost_class))
        for t in treatments().values()
    )
    return table(words("treatment name body cost", lang), rows)


def _limit(row: dict[Any, Any]) -> str:
    return "" if math.isnan(row["limit"] or math.nan) else f"{row['limit']:g} {row['unit']}"
