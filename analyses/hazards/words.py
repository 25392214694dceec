"""How is a hazard described, and what is the evidence for it, in every language?

What is assumed says so, in every sentence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analyses.streets import SOURCES
from geo.words import text, texts, texts_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from geo.words import Lang, Text

OBSERVED_SOURCES = SOURCES[:3]


def crossing_text(facts: pd.DataFrame, grades: Iterable[str | None], lang: Lang) -> list[str]:
    """Return where crossings are and what they are like; without a grade they may be dangerous."""
    graded, ungraded = text("ledger/text/crossing")[lang], text("ledger/text/crossing_open")[lang]
    kinds = texts_in("ledger/facility", lang)
    return [
        (graded if grade else ungraded).format(
            street=_street(street, lang), facility=facility, lanes=lanes, speed=speed
        )
        for grade, street, facility, lanes, speed in zip(
            grades,
            facts["street_name"],
            _with_assumption(
                facts, "facility", map(kinds.__getitem__, facts["facility"]), lang=lang
            ),
            _measured(facts, "lanes", text("ledger/text/lanes"), lang=lang),
            _measured(facts, "speed_kmh", text("ledger/text/speed"), lang=lang),
            strict=True,
        )
    ]


def stretch_text(facts: pd.DataFrame, lang: Lang) -> list[str]:
    """Return where children walk in the carriageway."""
    template = text("ledger/text/stretch")[lang]
    return [
        template.format(street=_street(name, lang), speed=speed)
        for name, speed in zip(
            facts["name"],
            _measured(facts, "speed_kmh", text("ledger/text/speed"), lang=lang),
            strict=True,
        )
    ]


def severed_text(table: pd.DataFrame, lang: Lang) -> list[str]:
    """Return whom a barrier cuts off: ``object_id, children, sure`` (how many for certain)."""
    barrier, other = texts_in("ledger/barrier", lang), text("ledger/barrier/other")[lang]
    return [
        _severed_text(children, sure)[lang].format(
            children=f"{children:.0f}", sure=f"{sure:.0f}", barrier=barrier.get(kind, other)
        )
        for kind, children, sure in table[["object_id", "children", "sure"]].itertuples(index=False)
    ]


def _severed_text(children: float, sure: float) -> Text:
    """Return the sentence that holds: for all of them, for some, or for none for certain."""
    if sure >= children:
        return text("ledger/text/severed")
    part, open_ = text("ledger/text/severed_part"), text("ledger/text/severed_open")
    return part if round(sure) else open_


def evidence(facts: pd.DataFrame, attributes: Sequence[str], lang: Lang) -> list[str]:
    """Return what decides the risk: value, bounds and source of each."""
    certain, bounded = text("ledger/text/source")[lang], text("ledger/text/bounded")[lang]
    attribute, sources = texts("ledger/attribute"), texts_in("ledger/source", lang)
    columns = [
        [
            (certain if low == high or pd.isna(low) else bounded).format(
                attribute=attribute[name][lang],
                value=_value(name, value, lang),
                source=sources[source],
                low=_value(name, low, lang),
                high=_value(name, high, lang),
            )
            for value, source, low, high in _bounded(facts, name)
        ]
        for name in attributes
    ]
    between = text("ledger/text/between")[lang]
    return [between.join(parts) for parts in zip(*columns, strict=True)]


def _bounded(facts: pd.DataFrame, name: str) -> Iterator[tuple[Any, str, Any, Any]]:
    """Yield value, source and bounds of an attribute, the value itself where it has no bounds."""
    bounds = [f"{name}_low", f"{name}_high"]
    ends = facts[bounds] if bounds[0] in facts else pd.DataFrame(dict.fromkeys(bounds, facts[name]))
    value = facts[[name, f"{name}_source"]].itertuples(index=False, name=None)
    for (known, source), (low, high) in zip(
        value, ends.itertuples(index=False, name=None), strict=True
    ):
        yield known, source, low, high


def _with_assumption(
    facts: pd.DataFrame, name: str, texts: Iterable[str], *, lang: Lang
) -> Iterator[str]:
    """Yield the texts about an attribute, marked where it is not observed."""
    assumed = text("ledger/text/assumed")[lang]
    for said, source in zip(texts, facts[f"{name}_source"], strict=True):
        yield said if source in OBSERVED_SOURCES else assumed.format(said=said)


def _measured(facts: pd.DataFrame, name: str, shape: Text, *, lang: Lang) -> Iterator[str]:
    """Yield a number of each row with its unit, marked where it is not observed."""
    numbers = facts[name].to_numpy(dtype=np.float64)
    said = (shape[lang].format(number=_number(number, lang)) for number in numbers)
    return _with_assumption(facts, name, said, lang=lang)


def _value(name: str, value: object, lang: Lang) -> str:
    if isinstance(value, float):
        return _number(value, lang)
    if value is None:
        return text("ledger/text/unknown")[lang]
    return texts("ledger/facility")[str(value)][lang] if name == "facility" else str(value)


def _number(value: float, lang: Lang) -> str:
    return f"{value:g}" if np.isfinite(value) else text("ledger/text/unknown")[lang]


def _street(name: object, lang: Lang) -> str:
    return name if isinstance(name, str) and name else text("ledger/text/unnamed")[lang]


def titles(rows: pd.DataFrame, lang: Lang) -> list[str]:
    """Return which check is not met, and whether that rests on an assumed gate."""
    sure, open_ = text("ledger/text/verdict")[lang], text("ledger/text/verdict_assumed")[lang]
    return [
        (open_ if assumed else sure).format(check=name)
        for name, assumed in zip(rows[f"title_{lang}"], rows["assumed"], strict=True)
    ]
