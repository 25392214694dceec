"""Which rules does a study ask for?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyses.facilities import required_kind
from analyses.rules import by_kind, load_rules, named_rule, one_test_each, own_rule, standards
from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from analyses.rules import Rule
    from analyses.study import Study


def standards_of(study: Study) -> tuple[Rule, ...]:
    """Return the rules that a study asks for, with one test each.

    Named rules, else the default ones with all rules of the study's own files.  A facility's own
    ``radius_m`` replaces the default distance rules of its kind and joins named ones.

    Raises
    ------
    InputRefused
        ``RULE_UNKNOWN``, ``KIND_UNKNOWN``, or whatever is wrong with a file of rules.
    """
    known = load_rules([study.file(name) for name in study.standards.files])
    if study.standards.use:
        chosen = [named_rule(rule_id, known) for rule_id in dict.fromkeys(study.standards.use)]
    else:
        files = {rule.file for rule in standards().values()}
        chosen = [r for r in known.values() if r.default or r.file not in files]
    own = _own_radii(study)
    kinds = {rule.kinds[0] for rule in own}
    if not study.standards.use:
        chosen = [r for r in chosen if "distance" not in r.tests or not kinds & set(r.kinds)]
    return one_test_each(by_kind([*chosen, *own]))


def _own_radii(study: Study) -> list[Rule]:
    """Return a rule for each kind that has its own radius in the study."""
    own: dict[str, Rule] = {}
    for section in study.facilities:
        if section.radius_m is None:
            continue
        if section.kind is None:
            detail = {"key": "facilities.kind"}
            raise InputRefused(Finding("CONFIG_MISSING", "study.toml", detail=detail))
        kind = required_kind(section.kind)
        own[kind] = own_rule(kind, metres=section.radius_m)
    return list(own.values())
