"""Where are the rows of a table that have no coordinates, by a rule of the caller?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.read.flags import Flag, positions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geo.arrays import Flags, Floats, Objects
    from geo.read.raw import Located, Sheet

NO_COORDINATES = "COORD_MISSING"


def place_rows(
    sheet: Sheet,
    rule: Callable[[Sheet, Flags], Located],
    *,
    x: Floats,
    y: Floats,
    flags: Sequence[Flag],
) -> tuple[list[Flag], Located]:
    """Place the rows that have no coordinates, and set aside those that cannot be placed.

    Parameters
    ----------
    sheet
        Headers and texts of the canonical columns.
    rule
        Told which rows have no coordinates; where they are, or what comes near.
    x, y
        Coordinates as read, NaN where there are none.
    flags
        Flags of all rows; those that say that the coordinates are missing give way.
    """
    unread = [flag.rows for flag in flags if flag.code not in (NO_COORDINATES, "DUPLICATE")
              and flag.column is not None and flag.code.startswith("COORD")]  # fmt: skip
    missing = ~(np.isfinite(x) & np.isfinite(y))
    missing[np.concatenate([np.empty(0, np.int64), *unread])] = False  # written, but unreadable
    located = rule(sheet, missing)
    by_hand = sheet.texts.get("place_from", [None] * sheet.rows)
    how = [new or old or "" for new, old in zip(located.how, by_hand, strict=True)]
    located = replace(located, how=how)
    open_rows = positions(missing)
    kept = [
        replace(flag, rows=np.setdiff1d(flag.rows, open_rows)) if flag.code == NO_COORDINATES
        else flag
        for flag in flags
    ]  # fmt: skip
    lost = positions(missing & shapely.is_missing(located.geometry))
    column = sheet.headers.get("address") or sheet.headers.get("name")
    near = [located.near[i] or "-" for i in lost]
    kept.append(Flag("ADDRESS_NOT_PLACED", lost, column, None, {}, {
        "near": near, "name": [_name(sheet, i) for i in lost.tolist()],
    }))  # fmt: skip
    return [flag for flag in kept if len(flag.rows)], located


def with_placed(
    geometry: Objects, lon: Floats, lat: Floats, *, located: Located
) -> tuple[Objects, Floats, Floats]:
    """Return geometries and their middles with what was placed."""
    found = ~shapely.is_missing(located.geometry)
    shapes = geometry.copy()
    shapes[found] = located.geometry[found]
    middle = shapely.point_on_surface(located.geometry)
    return (
        shapes,
        np.where(found, shapely.get_x(middle), lon),
        np.where(found, shapely.get_y(middle), lat),
    )


def _name(sheet: Sheet, row: int) -> str:
    names = sheet.texts.get("name")
    return (names[row] if names else None) or "-"
