"""How is a rule said: its limit, its strength, who has read it, and the verdict on a gap?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from analyses.facilities import facility_types
from analyses.schema import spread
from geo.words import in_columns, text, texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from analyses.rules.catalogue import Rule, Test
    from geo.words import Lang

_NEVER_A_BREACH = ("draft", "replaced", "foreign")


def rule_text(rule: Rule, lang: Lang) -> str:
    """Return the limit in words, e.g. ``300 m（服务半径，不宜大于）``.

    Examples
    --------
    >>> from analyses.rules.catalogue import own_rule
    >>> rule_text(own_rule("park", metres=300), "en")
    '300 m (service radius, set by the user)'
    """
    return text("rules/text/and")[lang].join(_limit_text(rule, test, lang) for test in rule.tests)


def verified_text(rule: Rule, lang: Lang) -> str:
    """Return who has read it; starts with 待核 until somebody has, in print.

    Examples
    --------
    >>> from analyses.rules.catalogue import standards
    >>> verified_text(standards()["KG"], "en")
    'to be checked'
    """
    return texts("rules/verified")[rule.state][lang]


def strength_text(rule: Rule, lang: Lang) -> str:
    """Return how strongly it is worded, e.g. ``不宜（建议）``.

    Examples
    --------
    >>> from analyses.rules.catalogue import standards
    >>> strength_text(standards()["KG"], "en")
    'should not'
    """
    return texts("rules/strength")[rule.strength][lang]


def verdict_text(rule: Rule, passed: bool | None, lang: Lang) -> str:  # noqa: FBT001
    """Return the verdict in words; only a gap against a must of a text in force is 不符合.

    Parameters
    ----------
    rule
        The rule that was tested.
    passed
        None where it is unknown.
    lang
        Language.

    Examples
    --------
    >>> from analyses.rules.catalogue import standards
    >>> verdict_text(standards()["KG"], passed=None, lang="en")
    'unknown'
    """
    if passed is None:
        return text("rules/verdict/unknown")[lang]
    if passed:
        return text("rules/verdict/pass")[lang]
    strength = "guidance" if rule.status in _NEVER_A_BREACH else rule.strength
    return texts("rules/strength_gap")[strength][lang]


def rule_table(rules: Sequence[Rule]) -> pd.DataFrame:
    """Return the rows of role ``rule`` (see `analyses.result`): codes, and words beside them.

    Examples
    --------
    >>> from analyses.rules.catalogue import standards
    >>> rule_table([standards()["KG"]])[["rule_id", "strength"]].to_numpy().tolist()
    [['KG', 'should_not']]
    """
    rows = [_row_of(rule) for rule in rules]
    return pd.DataFrame(rows)


def _row_of(r: Rule) -> dict[str, Any]:
    """Return one row of `rule_table`."""
    return {
        "rule_id": r.id,
        "kind": r.kinds[0] if r.kinds else r.subject,
        **r.title.columns("title"),
        **in_columns("limit", lambda lang: rule_text(r, lang)),
        "standard": r.standard,
        "clause": r.clause,
        "edition": r.edition,
        "status": r.status,
        "strength": r.strength,
        **texts("rules/strength")[r.strength].columns("strength"),
        "scope": r.scope,
        "verified": r.state,
        **texts("rules/verified")[r.state].columns("verified"),
        **r.note.columns("note"),
    }


def kind_table(kinds: Iterable[str]) -> pd.DataFrame:
    """Return the rows of role ``kind`` in the order of the data file: title, colour, icon.

    Examples
    --------
    >>> kind_table(["park"])[["kind", "title_zh", "title_en"]].to_numpy().tolist()
    [['park', '公园', 'Park']]
    """
    wanted = set(kinds)
    types = [t for t in facility_types().values() if t.id in wanted]
    rows = [
        {"kind": t.id, **t.title.columns("title"), "colour": t.colour, "icon": t.icon}
        for t in types
    ]
    return pd.DataFrame(rows, columns=["kind", *spread(("title_*",)), "colour", "icon"])


def _limit_text(rule: Rule, test: Test, lang: Lang) -> str:
    """Say one test's limit."""
    wordings, joint = texts("rules/wording"), text("rules/text/joint")[lang]
    wording = wordings[rule.wording][lang] if rule.wording in wordings else rule.wording
    if test == "reference":
        what = joint.join(_reference_parts(rule, lang))
        return text("rules/text/reference")[lang].format(size=what, words=wording)
    what, number, low = _measured(rule, test, lang)
    shape = text("rules/text/span")[lang]
    span = "" if low is None else shape.format(low=f"{low:g}", high=f"{number:g}")
    parts = (what, span, _area_text(rule, lang), wording)
    joined = joint.join(part for part in parts if part)
    return texts("rules/text")[test][lang].format(number=f"{number:g}", words=joined)


def _measured(rule: Rule, test: Test, lang: Lang) -> tuple[str, float, float | None]:
    """Return what is measured, the limit, and the lower end of its span if there is one."""
    if test == "distance":
        return texts("rules/measure")[rule.measure][lang], rule.metres or 0.0, rule.metres_low
    if test == "time":
        what = texts("rules/time_measure")[rule.time_measure][lang]
        return what, rule.minutes or 0.0, rule.minutes_low
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
    size = rule.size[lang]
    return [*parts, *([size] if size else [])]


def _area_text(rule: Rule, lang: Lang) -> str:
    """Say which site area a facility must have."""
    if rule.min_area_m2 is None:
        return ""
    low = f"{rule.min_area_m2:,.0f}"
    if rule.max_area_m2 is None or rule.larger_counts:
        return text("rules/text/area")[lang].format(low=low)
    high = f"{rule.max_area_m2:,.0f}"
    return text("rules/text/area_span")[lang].format(low=low, high=high)
