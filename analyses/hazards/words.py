"""How is a hazard described, and what is the evidence for it, in Chinese and English?

What is assumed says so, in every sentence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analyses.streets import SOURCES
from geo.words import tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from geo.words import Lang

OBSERVED_SOURCES = SOURCES[:3]


def crossing_text(facts: pd.DataFrame, grades: Iterable[str | None], lang: Lang) -> list[str]:
    """Return where crossings are and what they are like; without a grade they may be dangerous."""
    words = _words()
    return [
        words["text"]["crossing" if grade else "crossing_open"][lang].format(
            street=_street(row.street_name, lang),
            facility=_with_assumption(
                row, "facility", words["facility"][row.facility][lang], lang=lang
            ),
            lanes=_with_assumption(row, "lanes", _measured("lanes", row.lanes, lang), lang=lang),
            speed=_with_assumption(
                row, "speed_kmh", _measured("speed", row.speed_kmh, lang), lang=lang
            ),
        )
        for row, grade in zip(facts.itertuples(index=False), grades, strict=True)
    ]


def stretch_text(facts: pd.DataFrame, lang: Lang) -> list[str]:
    """Return where children walk in the carriageway."""
    template = _words()["text"]["stretch"][lang]
    return [
        template.format(
            street=_street(row.name, lang),
            speed=_with_assumption(
                row, "speed_kmh", _measured("speed", row.speed_kmh, lang), lang=lang
            ),
        )
        for row in facts.itertuples(index=False)
    ]


def severed_text(table: pd.DataFrame, lang: Lang) -> list[str]:
    """Return whom a barrier cuts off: ``object_id, children, sure`` (how many for certain)."""
    words = _words()
    barrier = words["barrier"]
    return [
        words["text"][_severed_key(children, sure)][lang].format(
            children=f"{children:.0f}",
            sure=f"{sure:.0f}",
            barrier=barrier.get(kind, barrier["other"])[lang],
        )
        for kind, children, sure in table[["object_id", "children", "sure"]].itertuples(index=False)
    ]


def _severed_key(children: float, sure: float) -> str:
    """Return which sentence holds: for all of them, for some, or for none for certain."""
    if sure >= children:
        return "severed"
    return "severed_part" if round(sure) else "severed_open"


def evidence(facts: pd.DataFrame, attributes: Sequence[str], lang: Lang) -> list[str]:
    """Return what decides the risk: value, bounds and source of each."""
    words = _words()
    columns = [
        [
            words["text"]["source" if low == high or pd.isna(low) else "bounded"][lang].format(
                attribute=words["attribute"][name][lang],
                value=_value(name, value, lang),
                source=words["source"][source][lang],
                low=_value(name, low, lang),
                high=_value(name, high, lang),
            )
            for value, source, low, high in _bounded(facts, name)
        ]
        for name in attributes
    ]
    return [words["text"]["between"][lang].join(parts) for parts in zip(*columns, strict=True)]


def _bounded(facts: pd.DataFrame, name: str) -> Iterator[tuple[Any, str, Any, Any]]:
    """Yield value, source and bounds of an attribute, the value itself where it has no bounds."""
    bounds = [f"{name}_low", f"{name}_high"]
    ends = facts[bounds] if bounds[0] in facts else pd.DataFrame(dict.fromkeys(bounds, facts[name]))
    value = facts[[name, f"{name}_source"]].itertuples(index=False, name=None)
    for (known, source), (low, high) in zip(
        value, ends.itertuples(index=False, name=None), strict=True
    ):
        yield known, source, low, high


def _with_assumption(row: Any, name: str, said: str, *, lang: Lang) -> str:  # noqa: ANN401 - a named tuple
    """Return what is said of an attribute, marked where it is not observed."""
    if getattr(row, f"{name}_source") in OBSERVED_SOURCES:
        return said
    return str(_words()["text"]["assumed"][lang].format(said=said))


def _measured(name: str, value: Any, lang: Lang) -> str:  # noqa: ANN401 - a cell of a frame
    return str(_words()["text"][name][lang].format(number=_number(value, lang)))


def _value(name: str, value: object, lang: Lang) -> str:
    if isinstance(value, float):
        return _number(value, lang)
    if value is None:
        return str(_words()["text"]["unknown"][lang])
    return str(_words()["facility"][value][lang]) if name == "facility" else str(value)


def _number(value: float, lang: Lang) -> str:
    return f"{value:g}" if np.isfinite(value) else str(_words()["text"]["unknown"][lang])


def _street(name: object, lang: Lang) -> str:
    return name if isinstance(name, str) and name else str(_words()["text"]["unnamed"][lang])


def titles(rows: pd.DataFrame, lang: Lang) -> list[str]:
    """Return which check is not met, and whether that rests on an assumed gate."""
    text = _words()["text"]
    return [
        text["verdict_assumed" if assumed else "verdict"][lang].format(check=name)
        for name, assumed in zip(rows[f"title_{lang}"], rows["assumed"], strict=True)
    ]


def _words() -> dict[str, Any]:
    return tree("ledger")
