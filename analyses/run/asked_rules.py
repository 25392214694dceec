"""Which rules does a study ask for, and which of them hold where it is?

A rule of one place never tests another: what a study names from elsewhere is shown for reference,
default rules of elsewhere are left out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analyses.facilities import required_kind
from analyses.rules import by_kind, load_rules, named_rule, one_test_each, own_rule, standards
from analyses.study import common_region, lies_in, region_name
from geo.bundled import load_toml
from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from analyses.rules import Rule
    from analyses.study import Study
    from geo.words import Text

_FILE = "study.toml"


def standards_of(
    study: Study, communities: pd.DataFrame | None = None
) -> tuple[tuple[Rule, ...], tuple[Finding, ...]]:
    """Return the rules that a study asks for, with one test each, and what is to be said of them.

    Named rules, else the default ones with all rules of the study's own files.  A facility's own
    ``radius_m`` replaces the default distance rules of its kind and joins named ones.

    Parameters
    ----------
    study
        Settings; ``region`` says where it is.
    communities
        ``area_id``: where 12-digit division codes, they say where the study is if it does not.

    Returns
    -------
    tuple of Rule
        A rule of elsewhere that the study names has the test ``reference``: it is not worked out.
    tuple of Finding
        ``RULE_ELSEWHERE, RULE_WHERE, RULES_ELSEWHERE, REGION_ASSUMED``.

    Raises
    ------
    InputRefused
        ``RULE_UNKNOWN``, ``KIND_UNKNOWN``, ``RULES_NONE`` where none holds there, or whatever is
        wrong with a file of rules.

    Examples
    --------
    >>> import yimi
    >>> rules, findings = standards_of(yimi.load(yimi.demo).settings)
    >>> "KG" in {rule.id for rule in rules}
    True
    """
    known = load_rules([study.file(name) for name in study.standards.files])
    bundled = {rule.file for rule in standards().values()}
    own = _own_radii(study)
    if study.standards.use:
        chosen = [named_rule(rule_id, known) for rule_id in dict.fromkeys(study.standards.use)]
    else:
        kinds = {rule.kinds[0] for rule in own}
        asked = (r for r in known.values() if r.default or r.file not in bundled)
        chosen = [r for r in asked if "distance" not in r.tests or not kinds & set(r.kinds)]
    named = {r.id for r in chosen if study.standards.use or r.file not in bundled}
    where = study_region(study, communities)
    here, findings = _rules_here(chosen, where, named=named)
    rules = one_test_each(by_kind([*here, *own]))
    if findings and not any(rule.computable for rule in rules):
        raise InputRefused(Finding("RULES_NONE", _FILE), *findings)
    return rules, tuple(findings)


def study_region(study: Study, communities: pd.DataFrame | None = None) -> tuple[str, ...]:
    """Return the codes of where a study is: its own word, else its communities'; maybe none."""
    if study.study.region or communities is None or not len(communities):
        return tuple(study.study.region)
    shared = common_region(communities["area_id"])
    return () if shared is None else (shared,)


def _rules_here(
    rules: Sequence[Rule], where: Sequence[str], *, named: set[str]
) -> tuple[list[Rule], list[Finding]]:
    """Return the rules with those of elsewhere as references or left out, and why."""
    usual: str = load_toml("rules/regions.toml")["default"]
    assumed = where or (usual,)
    fits = {r.id: not r.region or _holds(r, assumed, exact=not where) for r in rules}
    kept = [
        r if fits[r.id] else replace(r, tests=("reference",))
        for r in rules
        if fits[r.id] or r.id in named
    ]
    findings = [
        Finding(
            "RULE_ELSEWHERE" if where else "RULE_WHERE",
            _FILE,
            column="region",
            value=r.id,
            detail={"place": _names(r.region), "region": _names(where), "code": r.region[0]},
        )
        for r in kept
        if not fits[r.id]
    ]
    dropped = [r for r in rules if not fits[r.id] and r.id not in named]
    if dropped:
        places = dict.fromkeys(code for r in dropped for code in r.region)
        detail = {"count": len(dropped), "place": _names(tuple(places)), "region": _names(where)}
        findings.append(Finding("RULES_ELSEWHERE", _FILE, column="region", detail=detail))
    counted = [r for r in kept if r.region and fits[r.id]]
    if counted and not where:
        detail = {"count": len(counted), "place": _names((usual,))}
        findings.append(Finding("REGION_ASSUMED", _FILE, column="region", detail=detail))
    return kept, findings


def _holds(rule: Rule, where: Sequence[str], *, exact: bool) -> bool:
    """Say whether a rule holds where the study is; `exact`: only a rule of that very region."""
    return any(
        code == place if exact else lies_in(place, code) for code in rule.region for place in where
    )


def _names(codes: Sequence[str]) -> tuple[Text, ...]:
    return tuple(region_name(code) for code in codes)


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
