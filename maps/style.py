"""Which colour, sign, class and word does a thing have on every map?"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from analyses.schema import roles
from geo.bundled import load_toml
from geo.words import Text, languages, sections, texts_in

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@cache
def palette() -> dict[str, Any]:
    """Return ``data/palette.toml``: colours, signs and classes (do not change it: cached).

    Rows with a text have it in every language.

    Examples
    --------
    >>> "motorway" in palette()["street"][0]["highway"]
    True
    """
    return {name: _in_all(part) for name, part in load_toml("palette.toml").items()}


def _in_all(part: Any) -> Any:  # noqa: ANN401 - a row, a list of rows or a colour
    if isinstance(part, list):
        return [_in_all(row) for row in part]
    return {**Text.of(part).in_all(), **part} if isinstance(part, dict) and "en" in part else part


def words() -> dict[str, dict[str, dict[str, str]]]:
    """Return the texts of the map page: language -> section -> key -> text.

    Examples
    --------
    >>> sorted(words())
    ['en', 'zh']
    """
    parts = sections("map")
    return {lang: {part: texts_in(f"map/{part}", lang) for part in parts} for lang in languages()}


def street_classes(highway: pd.Series) -> NDArray[np.int64]:
    """Return the drawing class of streets.

    Parameters
    ----------
    highway
        OSM tag ``highway`` of each street; None and unlisted values fall into the last class.

    Returns
    -------
    numpy.ndarray
        Position in ``palette()["street"]``.

    Examples
    --------
    >>> import pandas as pd
    >>> primary, nothing = street_classes(pd.Series(["primary", None])).tolist()
    >>> nothing == len(palette()["street"]) - 1, primary < nothing
    (True, True)
    """
    classes = palette()["street"]
    found = np.full(len(highway), len(classes) - 1, dtype=np.int64)
    for position, row in enumerate(classes):
        found[highway.isin(row["highway"]).to_numpy()] = position
    return found


def safe_colour(text: object) -> str:
    """Return a colour of a stranger's table, or the palette's grey where it is no ``#rrggbb``.

    Examples
    --------
    >>> safe_colour("#D55E00"), safe_colour("red;background:url(x)")
    ('#d55e00', '#5b6770')
    """
    colour = str(text).strip()
    if _COLOUR.fullmatch(colour):
        return colour.lower()
    fallback: str = palette()["plain"]["facilities"]
    return fallback


def role_colour(role: str) -> str:
    """Return the colour of a role: its own, or the entry of the palette that it names.

    Examples
    --------
    >>> role_colour("hazard"), role_colour("service")
    ('#b3261e', '#009e73')
    """
    colour = roles()[role].colour or "facilities"
    found: str = palette()["plain"].get(colour, colour)
    return found


def class_of(risk: object, of: str) -> int:
    """Return the class of a risk: its position in ``palette()["risk"]``, -1 where it is not known.

    Parameters
    ----------
    risk
        Points; None and NaN are not known.
    of
        ``crossing`` (points) or ``street`` (points per 100 m).

    Examples
    --------
    >>> [class_of(risk, "crossing") for risk in (4.9, 5.0, 1000, None)]
    [0, 1, 3, -1]
    """
    if not isinstance(risk, (int, float, np.number)) or np.isnan(risk):
        return -1
    return sum(bool(risk >= row[of]) for row in palette()["risk"][1:])


def risk_classes() -> list[dict[str, Any]]:
    """Return the classes of risk; the last, at position -1 too, is of what is not known.

    Examples
    --------
    >>> len(risk_classes()) > 2, "colour" in risk_classes()[-1]
    (True, True)
    """
    return [*palette()["risk"], palette()["unsure"]]
