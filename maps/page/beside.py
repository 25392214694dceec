"""What was found once before and once after a trial: both values beside each other in one row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analyses.result import Shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd


_ROLES: tuple[str, ...] = ("place_gap", "school_places")


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

    Examples
    --------
    >>> import yimi
    >>> result = yimi.run(yimi.demo).result
    >>> roles = {item.role for item in with_places(result.shown, result.tables)}
    >>> {"place_gap", "school_places"} <= roles
    True
    """
    return (
        *shown,
        *(Shown(role, tables[role]) for role in _ROLES if tables and role in tables),
    )


_COLUMNS = {
    "school": ("whatif_schools", "school_id", {
        "alone_after": "children_alone_after", "severed_after": "children_severed_after",
        "safest_risk_after": "risk_after",
    }),
    "hazard": ("whatif_hazards", "id", {
        "children_after": "children_after", "risk_after": "risk_after", "outcome": "outcome",
    }),
}  # fmt: skip
"""Role -> table, its key, and its columns with their names beside the role's."""


def with_after(
    shown: Sequence[Shown], tables: Mapping[str, pd.DataFrame] | None
) -> tuple[Shown, ...]:
    """Return what may be shown with the values after treatment as columns ``…_after``.

    Parameters
    ----------
    shown
        ``Result.shown``, as it is now.
    tables
        ``Result.tables``; without ``whatif_schools`` and ``whatif_hazards`` nothing changes.

    Examples
    --------
    Without a trial nothing changes:

    >>> import yimi
    >>> shown = yimi.run(yimi.demo).result.shown
    >>> with_after(shown, None) == tuple(shown)
    True
    """
    return tuple(_joined(item, tables or {}) for item in shown)


def _joined(item: Shown, tables: Mapping[str, pd.DataFrame]) -> Shown:
    table, key, names = _COLUMNS.get(item.role, ("", "", {}))
    if table not in tables or key not in item.rows:
        return item
    after = tables[table].drop_duplicates(key).set_index(key)
    columns = {new: item.rows[key].map(after[old]) for old, new in names.items() if old in after}
    return replace(item, rows=item.rows.assign(**columns))
