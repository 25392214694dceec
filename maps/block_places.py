"""What of the tables about places does a map show beside the shapes?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyses.result import Shown
from geo.bundled import load_toml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from analyses.result import Role

_ROLES: tuple[Role, ...] = ("place_gap", "school_places")


def with_places(
    shown: Sequence[Shown], tables: Mapping[str, pd.DataFrame] | None
) -> tuple[Shown, ...]:
    """Return what may be shown and the tables of who lacks a place and how full each school is.

    Parameters
    ----------
    shown
        ``Result.shown``.
    tables
        ``Result.tables``; without ``place_gap`` and ``school_places`` nothing is added.
    """
    words = load_toml("words/map.toml")
    return (
        *shown,
        *(
            Shown(role, tables[role], words["zh"]["layer"][role], words["en"]["layer"][role])
            for role in _ROLES
            if tables and role in tables
        ),
    )
