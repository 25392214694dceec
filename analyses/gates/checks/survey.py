"""What did somebody who went there find?  A survey overrides every other answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyses.gates.checks.answer import Answer
from analyses.gates.rules import words
from analyses.streets import number_of

if TYPE_CHECKING:
    from analyses.gates.checks.answer import Verdict
    from analyses.gates.checks.site import Site
    from analyses.gates.rules import GateRule

_WORDS: tuple[tuple[str, Verdict], ...] = (
    ("survey_pass", "pass"),
    ("survey_fail", "fail"),
    ("survey_not_applicable", "n.a."),
)


def surveyed(site: Site, rule: GateRule, gate_id: str | None) -> Answer | None:
    """Return what the survey says of a check, None where it says nothing.

    A row names the gate or the school and the check; its value is a verdict, or a number where the
    check has a limit.
    """
    survey = site.ground.survey
    of_gate = survey.get((gate_id, rule.id)) if gate_id else None
    cell = of_gate or survey.get((site.school_id, rule.id))
    if cell is None:
        return None
    for name, verdict in _WORDS:
        if cell.lower() in words(name):
            return Answer(verdict, "survey", layer="survey", slots={"cell": cell})
    value = number_of(cell)
    if value is None or rule.sense == "none" or np.isnan(rule.limit):
        return Answer("unknown", "survey_unread", layer="survey", slots={"cell": cell})
    verdict = "pass" if rule.meets(value) else "fail"
    return Answer(verdict, "survey", value=value, layer="survey", slots={"cell": cell})
