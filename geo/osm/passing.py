"""On which level does a way lie, where two of them pass each other?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geo.bundled import load_toml
from geo.osm.tags import numbers, texts

if TYPE_CHECKING:
    import pandas as pd

    from geo.arrays import Flags, Ints, Objects


def levels(ways: pd.DataFrame) -> tuple[Ints, bool]:
    """Return the level of each way, and whether the ways say anything of levels at all.

    The ground is 0.  ``layer`` tells the level; else a bridge is above, a tunnel below, and so
    is what its name calls so (``data/rules/joining.toml``).

    Examples
    --------
    >>> import pandas as pd
    >>> levels(pd.DataFrame({"bridge": ["yes", "no", None], "layer": ["2", None, None]}))
    (array([2, 0, 0]), True)
    >>> levels(pd.DataFrame({"name": ["East Road", "North Flyover"]}))
    (array([0, 1]), False)
    """
    rule = load_toml("rules/joining.toml")["level"]
    layer = numbers(ways, "layer", _whole)
    bridge, tunnel = texts(ways, "bridge"), texts(ways, "tunnel")
    above = _says(bridge, no=rule["no"]) | _named(ways, rule["above"])
    below = _says(tunnel, no=[*rule["no"], *rule["at_ground"]]) | _named(ways, rule["below"])
    shape = above.astype(np.int64) - below.astype(np.int64)
    given = np.nan_to_num(layer).astype(np.int64)
    known = bool((~np.isnan(layer)).any() or (bridge != None).any() or (tunnel != None).any())  # noqa: E711
    return np.where(given == 0, shape, given), known


def _whole(text: str) -> float | None:
    try:
        return float(round(float(text)))
    except (ValueError, OverflowError):
        return None


def _says(values: Objects, *, no: list[str]) -> Flags:
    """Say which values are there and say no "no"."""
    return np.array([v is not None and str(v).casefold() not in no for v in values], dtype=bool)


def _named(ways: pd.DataFrame, words: list[str]) -> Flags:
    names = texts(ways, "name")
    return np.array(
        [n is not None and any(word in str(n).casefold() for word in words) for n in names],
        dtype=bool,
    )
