"""Why is the recommended way not the shortest one, in one or two sentences?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geo.bundled import load_toml
from geo.words import Text, languages, text, texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyses.routes.analysis import Routes
    from analyses.streets import Scene
    from geo.words import Lang


def explained(scene: Scene, routes: Routes, *, rows: Sequence[int]) -> pd.DataFrame:
    """Say in words what the recommended way costs and avoids, or why there is none.

    Parameters
    ----------
    scene
        The streets that the ways were searched on.
    routes
        From `analyses.routes.analysis`.
    rows
        Rows of ``routes.pupils``.

    Returns
    -------
    pandas.DataFrame
        A column for each language; the index is `rows`.  Street names are data: they must be
        escaped where they are shown.
    """
    pupils = routes.pupils.loc[list(rows)]
    rows_of = [[_text(scene, pupil, lang) for lang in languages()] for pupil in _records(pupils)]
    return pd.DataFrame(rows_of, columns=list(languages()), index=pupils.index, dtype=object)


def crossing_text(scene: Scene, crossing: int, lang: Lang) -> str:
    """Name a crossing: its street, the lanes and the facility."""
    facilities = texts("routes/facility")
    row = scene.crossings.iloc[crossing]
    facility = row["facility"] if row["facility"] in facilities else "unknown"
    name, lanes = row["street_name"], row["lanes"]
    lanes_text = text("routes/crossing/lanes")[lang]
    return _filled(
        text("routes/crossing/text")[lang],
        street=_street(name, lang),
        lanes="" if np.isnan(lanes) else _filled(lanes_text, lanes=f"{lanes:g}"),
        facility=facilities[facility][lang],
    )


def _street(name: object, lang: Lang) -> str:
    if not isinstance(name, str):
        return text("routes/crossing/no_name")[lang]
    return _filled(text("routes/crossing/street")[lang], street=name)


def barrier_text(barrier: str, lang: Lang) -> str:
    """Name a barrier of ``Routes.pupils``."""
    return Text.of(load_toml("rules/routes.toml")["severance"][barrier])[lang]


def _records(pupils: pd.DataFrame) -> list[dict[str, Any]]:
    return pupils.to_dict("records")  # type: ignore[return-value]


def _text(scene: Scene, pupil: dict[str, Any], lang: Lang) -> str:
    """Return the sentences on one pupil row."""
    if pupil["reason"] is not None:
        return texts("routes/reason")[pupil["reason"]][lang]
    sentences = [_difference(scene, pupil, lang)]
    if not pupil["alone"]:
        sentences.append(text("routes/remark/not_alone")[lang])
    if pupil["severed"]:
        barrier = barrier_text(pupil["barrier"], lang)
        sentences.append(_filled(text("routes/remark/severed")[lang], barrier=barrier))
    return text("routes/remark/joined")[lang].join(sentences)


def _difference(scene: Scene, pupil: dict[str, Any], lang: Lang) -> str:
    """Say how much longer the recommended way is, and what it avoids."""
    metres = f"{pupil['safest_m'] - pupil['shortest_m']:.0f}"
    if pupil["safest_m"] == pupil["shortest_m"]:
        return text("routes/difference/none")[lang]
    if pupil["avoided"] < 0:
        return _filled(text("routes/difference/street")[lang], metres=metres)
    crossing = crossing_text(scene, pupil["avoided"], lang)
    one, several = text("routes/difference/crossing"), text("routes/difference/crossings")
    said = several if pupil["avoided_count"] > 1 else one
    count = str(pupil["avoided_count"])
    return _filled(said[lang], metres=metres, crossing=crossing, count=count)


def _filled(template: str, **values: str) -> str:
    """Put values into the named slots; what is put in is not looked at again."""
    parts = template.split("{")
    filled = [parts[0]]
    for part in parts[1:]:
        slot, _, rest = part.partition("}")
        filled.append(values[slot] + rest)
    return "".join(filled)
