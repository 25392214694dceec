"""What does a check answer, and in which words?

An answer is ``pass``, ``fail``, ``unknown`` or ``n.a.``; what is not known never becomes a pass.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from geo.text import printable
from geo.words import language, texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analyses.gates.rules import GateRule
    from geo.arrays import Flags
    from geo.words import Lang


Verdict = Literal["pass", "fail", "unknown", "n.a."]
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Answer:
    """The answer to one check.

    Attributes
    ----------
    verdict
        See the module.
    why
        Sentence of ``data/words/audit.toml``, of the test or common to all; left out = the verdict.
    value
        What was measured, NaN = nothing.
    limit
        What it was tested against, where that is not the rule's limit.
    layer
        Layer that the evidence lies in; left out = the first of the rule.
    xy
        Where to look; None = the gate.
    slots
        Values for the sentence.
    remarks
        More sentences.
    """

    verdict: Verdict
    why: str = ""
    value: float = math.nan
    limit: float = math.nan
    layer: str = ""
    xy: tuple[float, float] | None = None
    slots: Mapping[str, object] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def no_layer(name: str) -> Answer:
    """Answer that a layer was not given."""
    return Answer("unknown", "no_layer", layer=name)


def all_hold(good: Flags, bad: Flags) -> Verdict:
    """Return whether all hold: one that does not is enough to fail, one unknown not to pass.

    Examples
    --------
    >>> import numpy as np
    >>> all_hold(np.array([True, False]), np.array([False, True]))
    'fail'
    >>> all_hold(np.array([True, False]), np.array([False, False]))
    'unknown'
    """
    if bad.any():
        return "fail"
    return "pass" if good.all() else "unknown"


def evidence(answer: Answer, rule: GateRule, *, lang: Lang) -> str:
    """Return the sentences of an answer; values of strangers are made fit for one line."""
    layers, layer = texts("audit/layer"), answer.layer or rule.layers[0]
    values: dict[str, Any] = {
        "value": answer.value,
        "limit": rule.limit if math.isnan(answer.limit) else answer.limit,
        "metres": rule.metres,
        "layer": layers[layer][lang] if layer in layers else layer,
        **answer.slots,
    }
    classes, gate_rules = texts("tables/values/road_class"), texts("audit/gate_rule")
    for slot, said in (("class", classes), ("street", classes), ("gate_rule", gate_rules)):
        if values.get(slot) in said:
            values[slot] = said[values[slot]][lang]
    sentences = {**texts("audit/common"), **texts(f"audit/test/{rule.test}")}
    found = (sentences[key] for key in (_key(answer), *answer.remarks))
    return language(lang).sentence.join(_filled(text[lang], values) for text in found)


def _key(answer: Answer) -> str:
    """Return the name of an answer's own sentence."""
    return answer.why or {"n.a.": "none"}.get(answer.verdict, answer.verdict)


def _filled(text: str, values: Mapping[str, Any]) -> str:
    return _SLOT.sub(lambda m: _shown(values.get(m[1], m[0])), text)


def _shown(value: object) -> str:
    """Return a value for a sentence; numbers with two decimals at most."""
    return f"{round(value, 2):.10g}" if isinstance(value, float) else printable(value)
