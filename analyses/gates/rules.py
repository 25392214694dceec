"""Which checks does a school gate have to stand, and where does each of them come from?

Reads ``data/rules/gate_audit.toml`` (the checks) and ``data/rules/gate_numbers.toml`` (judgements
on how things on a map are told to belong together).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import pandas as pd
from pydantic import ConfigDict, Field

from analyses.facilities import facility_types
from geo.bundled import ROOT, load_toml
from geo.findings import Finding, InputRefused
from geo.userfiles import read_rows
from geo.words import Text, texts

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILE = "gate_audit.toml"
_ADVICE = ("should", "should_not", "may", "advised")


@dataclass(frozen=True, kw_only=True)
class GateRule:
    """One row of ``data/rules/gate_audit.toml``; the file's head explains the fields."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    id: Annotated[str, Field(pattern=r"^G\d{2}$")]
    zh: str
    en: str
    test: str
    scope: Literal["gate", "school"] = "gate"
    measured_from: Literal["gate", "campus", "ways", "none"] = "gate"
    geometry: Literal["network", "straight", "walk", "none"]
    metres: Annotated[float, Field(gt=0)] = math.nan
    limit: float = math.nan
    unit: str = ""
    sense: Literal["at_most", "at_least", "more_than", "none"] = "none"
    layers: tuple[str, ...]
    subjects: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    standard: str
    edition: str = ""
    clause: str = ""
    strength: Literal["must", "must_not", "should", "should_not", "may", "advised"]
    verified: Literal["text", "second_hand", "memory", "recheck", "judgement"]
    treatment: str
    parameter: bool = False
    source: str

    @property
    def title(self) -> Text:
        """Return what is checked."""
        return Text.of(vars(self))

    @property
    def advice(self) -> bool:
        """Whether what is not met is advice and no violation."""
        return self.strength in _ADVICE

    def applies_to(self, kind: str) -> bool:
        """Return whether schools of a kind have to stand this check."""
        served = facility_types()[kind].serves if kind in facility_types() else ()
        return not self.kinds or bool({kind, *served} & set(self.kinds))

    def meets(self, value: float) -> bool:
        """Return whether a number meets the limit; to the millimetre, so no dust decides."""
        rounded = round(value, 3)
        if self.sense == "more_than":
            return rounded > self.limit
        return rounded <= self.limit if self.sense == "at_most" else rounded >= self.limit


@cache
def gate_rules() -> Mapping[str, GateRule]:
    """Return all checks by id, in the order of the file.

    Examples
    --------
    >>> rule = gate_rules()["G02"]
    >>> rule.limit, rule.unit
    (30.0, 'km/h')
    """
    rows = read_rows(ROOT / "rules" / _FILE, "check", GateRule)
    return {row.id: row for row in rows}


def rules_with(values: Mapping[str, float] | None) -> tuple[GateRule, ...]:
    """Return the checks with a district's own limits.

    Parameters
    ----------
    values
        Check id -> limit, for checks that are a ``parameter``.

    Raises
    ------
    InputRefused
        ``CONFIG_UNKNOWN_KEY`` for a check that is none or whose limit is not the district's to set.
    """
    own = dict(values or {})
    free = [rule.id for rule in gate_rules().values() if rule.parameter]
    for key in own:
        if key not in free:
            detail = {"key": key, "near": ", ".join(free)}
            raise InputRefused(Finding("CONFIG_UNKNOWN_KEY", _FILE, column=key, detail=detail))
    return tuple(replace(r, limit=float(own.get(r.id, r.limit))) for r in gate_rules().values())


def number(name: str) -> float:
    """Return a number of ``data/rules/gate_numbers.toml``."""
    return float(load_toml("rules/gate_numbers.toml")[name]["value"])


def words(name: str) -> tuple[str, ...]:
    """Return a list of words of ``data/rules/gate_numbers.toml``."""
    return tuple(load_toml("rules/gate_numbers.toml")[name]["values"])


def audit_rules() -> pd.DataFrame:
    """Return the checks for the method page and for joining to the audit.

    Returns
    -------
    pandas.DataFrame
        ``check, title_…, limit, unit, metres, geometry, measured_from, clause``
        (standard and clause)``, edition, strength, verified`` (codes; their words under
        ``strength_…, verified_…``)``, treatment, source``.

    Examples
    --------
    >>> rules = audit_rules()
    >>> len(rules) == len(gate_rules()), rules["check"].is_unique
    (True, True)
    """
    return pd.DataFrame([_row_of(rule) for rule in gate_rules().values()])


def _row_of(rule: GateRule) -> dict[str, Any]:
    """Return one row of `audit_rules`."""
    return {
        "check": rule.id,
        **rule.title.columns("title"),
        "limit": rule.limit,
        "unit": rule.unit,
        "metres": rule.metres,
        "geometry": rule.geometry,
        "measured_from": rule.measured_from,
        "clause": f"{rule.standard} {rule.clause}".strip(),
        "edition": rule.edition,
        "strength": rule.strength,
        "verified": rule.verified,
        **texts("audit/strength")[rule.strength].columns("strength"),
        **texts("audit/verified")[rule.verified].columns("verified"),
        "treatment": rule.treatment,
        "source": rule.source,
    }
