"""How is a rule said: its limit, its strength, who has read it, and the verdict on a gap?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analyses.facilities import facility_types
from geo.words import texts, tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from analyses.rules.catalogue import Rule, Test
    from geo.words import Lang

_WORDS = "rules"
_NEVER_A_BREACH = ("draft", "replaced", "foreign")


def rule_text(rule: Rule, lang: Lang) -> str:
    """Return the limit in words, e.g. ``300 m（服务半径，不宜大于）``."""
    words = tree(_WORDS)
    and_ = words["text"]["and"][lang]
    return str(and_.join(_limit_text(rule, test, lang) for test in rule.tests))


def verified_text(rule: Rule, lang: Lang) -> str:
    """Return who has read it; starts with 待核 until somebody has, in print."""
    text: str = tree(_WORDS)["verified"][rule.state][lang]
    return text


def strength_text(rule: Rule, lang: Lang) -> str:
    """Return how strongly it is worded, e.g. ``不宜（建议）``."""
    text: str = tree(_WORDS)["strength"][rule.strength][lang]
    return text


def verdict_text(rule: Rule, passed: bool | None, lang: Lang) -> str:  # noqa: FBT001
    """Return the verdict in words; only a gap against a must of a text in force is 不符合.

    Parameters
    ----------
    rule
        The rule that was tested.
    passed
        None where it is unknown.
    lang
        ``zh`` or ``en``.
    """
    words = tree(_WORDS)
    if passed is None or passed:
        return str(words["verdict"]["unknown" if passed is None else "pass"][lang])
    strength = "guidance" if rule.status in _NEVER_A_BREACH else rule.strength
    return str(words["strength_gap"][strength][lang])


def rule_table(rules: Sequence[Rule]) -> pd.DataFrame:
    """Return the rows of role ``rule`` (see `analyses.result`): codes, and words beside them."""
    rows = [
        {
            "rule_id": r.id,
            "kind": r.kinds[0] if r.kinds else r.subject,
            "zh": r.zh,
            "en": r.en,
            "limit_zh": rule_text(r, "zh"),
            "limit_en": rule_text(r, "en"),
            "standard": r.standard,
            "clause": r.clause,
            "edition": r.edition,
            "status": r.status,
            "strength": r.strength,
            "strength_zh": strength_text(r, "zh"),
            "strength_en": strength_text(r, "en"),
            "scope": r.scope,
            "verified": r.state,
            "verified_zh": verified_text(r, "zh"),
            "verified_en": verified_text(r, "en"),
            "note_zh": r.note_zh,
            "note_en": r.note_en,
        }
        for r in rules
    ]
    return pd.DataFrame(rows)


def kind_table(kinds: Iterable[str]) -> pd.DataFrame:
    """Return the rows of role ``kind`` in the order of the data file: zh, en, colour, icon."""
    wanted = set(kinds)
    types = [t for t in facility_types().values() if t.id in wanted]
    columns = {"kind": "id", "zh": "zh", "en": "en", "colour": "colour", "icon": "icon"}
    return pd.DataFrame({name: [getattr(t, a) for t in types] for name, a in columns.items()})


def _limit_text(rule: Rule, test: Test, lang: Lang) -> str:
    """Say one test's limit."""
    words = tree(_WORDS)
    text = words["text"]
    wordings = texts("rules/wording")
    wording = wordings[rule.wording][lang] if rule.wording in wordings else rule.wording
    if test == "reference":
        what = text["joint"][lang].join(_reference_parts(rule, lang))
        return str(text[test][lang].format(size=what, words=wording))
    what, number, low = _measured(rule, test, lang)
    span = "" if low is None else text["span"][lang].format(low=f"{low:g}", high=f"{number:g}")
    parts = (what, span, _area_text(rule, lang), wording)
    joined = text["joint"][lang].join(part for part in parts if part)
    return str(text[test][lang].format(number=f"{number:g}", words=joined))


def _measured(rule: Rule, test: Test, lang: Lang) -> tuple[str, float, float | None]:
    """Return what is measured, the limit, and the lower end of its span if there is one."""
    words = tree(_WORDS)
    if test == "distance":
        return words["measure"][rule.measure][lang], rule.metres or 0.0, rule.metres_low
    if test == "time":
        return words["time_measure"][rule.time_measure][lang], rule.minutes or 0.0, rule.minutes_low
    return "", 0.0, None


def _reference_parts(rule: Rule, lang: Lang) -> list[str]:
    """Return the numbers of a rule that is only shown."""
    metres = None if rule.measure == "none" else rule.metres
    numbers = [(rule.metres_low, metres, "m"), (rule.minutes_low, rule.minutes, "min")]
    parts = [
        f"{high:g} {unit}" if low is None else f"{low:g}–{high:g} {unit}"
        for low, high, unit in numbers
        if high is not None
    ]
    size = rule.size_zh if lang == "zh" else rule.size_en
    return [*parts, *([size] if size else [])]


def _area_text(rule: Rule, lang: Lang) -> str:
    """Say which site area a facility must have."""
    if rule.min_area_m2 is None:
        return ""
    text = tree(_WORDS)["text"]
    low = f"{rule.min_area_m2:,.0f}"
    if rule.max_area_m2 is None or rule.larger_counts:
        return str(text["area"][lang].format(low=low))
    return str(text["area_span"][lang].format(low=low, high=f"{rule.max_area_m2:,.0f}"))
