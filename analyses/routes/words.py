"""Why is the recommended way not the shortest one, in one or two sentences?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geo.bundled import load_toml
from geo.words import texts, tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyses.routes.analysis import Routes
    from analyses.streets import Scene

LANGUAGES = ("zh", "en")


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
        ``zh, en``; the index is `rows`.  Street names are data: they must be escaped where they
        are shown.
    """
    pupils = routes.pupils.loc[list(rows)]
    texts = [[_text(scene, pupil, lang) for lang in LANGUAGES] for pupil in _records(pupils)]
    return pd.DataFrame(texts, columns=list(LANGUAGES), index=pupils.index, dtype=object)


def crossing_text(scene: Scene, crossing: int, lang: str) -> str:
    """Name a crossing: its street, the lanes and the facility."""
    words = tree("routes")
    row = scene.crossings.iloc[crossing]
    facility = row["facility"] if row["facility"] in words["facility"] else "unknown"
    name, lanes = row["street_name"], row["lanes"]
    parts = words["crossing"]
    street = parts["street"][lang].replace("{street}", str(name))
    return _filled(
        parts["text"][lang],
        street=parts["no_name"][lang] if pd.isna(name) else street,
        lanes="" if np.isnan(lanes) else parts["lanes"][lang].replace("{lanes}", f"{lanes:g}"),
        facility=words["facility"][facility][lang],
    )


def barrier_text(barrier: str, lang: str) -> str:
    """Name a barrier of ``Routes.pupils``."""
    text: str = load_toml("rules/routes.toml")["severance"][barrier][lang]
    return text


def _records(pupils: pd.DataFrame) -> list[dict[str, Any]]:
    return pupils.to_dict("records")  # type: ignore[return-value]


def _text(scene: Scene, pupil: dict[str, Any], lang: str) -> str:
    """Return the sentences on one pupil row."""
    words = tree("routes")
    if pupil["reason"] is not None:
        return str(words["reason"][pupil["reason"]][lang])
    sentences = [_difference(scene, pupil, lang)]
    if not pupil["alone"]:
        sentences.append(words["remark"]["not_alone"][lang])
    if pupil["severed"]:
        barrier = barrier_text(pupil["barrier"], lang)
        sentences.append(_filled(words["remark"]["severed"][lang], barrier=barrier))
    return str(words["remark"]["joined"][lang]).join(sentences)


def _difference(scene: Scene, pupil: dict[str, Any], lang: str) -> str:
    """Say how much longer the recommended way is, and what it avoids."""
    words = texts("routes/difference")
    metres = f"{pupil['safest_m'] - pupil['shortest_m']:.0f}"
    if pupil["safest_m"] == pupil["shortest_m"]:
        return str(words["none"][lang])
    if pupil["avoided"] < 0:
        return _filled(words["street"][lang], metres=metres)
    crossing = crossing_text(scene, pupil["avoided"], lang)
    several = "crossings" if pupil["avoided_count"] > 1 else "crossing"
    count = str(pupil["avoided_count"])
    return _filled(words[several][lang], metres=metres, crossing=crossing, count=count)


def _filled(template: str, **values: str) -> str:
    """Put values into the named slots; what is put in is not looked at again."""
    parts = template.split("{")
    filled = [parts[0]]
    for part in parts[1:]:
        slot, _, rest = part.partition("}")
        filled.append(values[slot] + rest)
    return "".join(filled)
