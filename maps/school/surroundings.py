"""What lies around each school, cut out of the whole study once?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from analyses.result import Shown
    from geo.arrays import Objects

    Rows = Mapping[str, NDArray[Any]]

ASPECT = 1.24
"""Width of a picture for each unit of its height."""
_HALF_M = (150.0, 330.0)
"""Least and greatest half height of a picture: all of a zone of 150 m, no more than a quarter."""
_MARGIN_M = 25.0
_AROUND: tuple[str, ...] = (
    "street", "water", "green", "railway", "building", "exposure", "crossing", "facility",
)  # fmt: skip
_OWN: dict[str, str] = {
    "zone": "school_id", "route": "school_id", "hazard": "school_id", "entrance": "facility_id",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Place:
    """What a school's picture shows.

    Attributes
    ----------
    box
        West, south, east, north in metres of the study's CRS.
    layers
        Role -> columns of its rows in the box (``geometry`` among them, cut at the box); roles
        without rows are left out.
    """

    box: tuple[float, float, float, float]
    layers: Mapping[str, Rows]


def places(shown: Sequence[Shown]) -> dict[str, Place]:
    """Return what lies around each school of the role ``school``.

    Parameters
    ----------
    shown
        Frames of one metric CRS; any role but ``school`` may be missing.

    Returns
    -------
    dict
        Id of the school -> its surroundings, in the order of the schools.
    """
    roles = _columns(shown)
    schools = roles["school"]
    ids = [str(i) for i in schools["school_id"]]
    own = {role: _of_school(roles[role], key, ids) for role, key in _OWN.items() if role in roles}
    boxes = _boxes(schools["geometry"], [own[r] for r in ("zone", "entrance") if r in own], roles)
    frames: Any = shapely.box(*boxes.T)
    near = {role: _near(roles[role]["geometry"], frames) for role in _AROUND if role in roles}
    found = {}
    for place, (id_, box) in enumerate(zip(ids, boxes, strict=True)):
        rows: dict[str, NDArray[np.int64]] = {role: taken[place] for role, taken in near.items()}
        rows |= {role: taken[place] for role, (taken, _) in own.items()}
        # Gates are numbered in their order: none of them may be left out.
        cut = {
            role: _cut(roles[role], taken, None if role == "entrance" else box)
            for role, taken in rows.items()
        }
        west, south, east, north = box.tolist()
        kept = {role: columns for role, columns in cut.items() if len(columns["geometry"])}
        found[id_] = Place((west, south, east, north), kept)
    return found


def _columns(shown: Sequence[Shown]) -> dict[str, dict[str, NDArray[Any]]]:
    """Return the columns of each role: plain arrays are quickly taken from."""
    frames: dict[str, list[pd.DataFrame]] = {}
    for item in shown:
        if len(item.rows) and "geometry" in item.rows:
            frames.setdefault(item.role, []).append(pd.DataFrame(item.rows))
    return {
        role: {str(name): column.to_numpy() for name, column in pd.concat(parts).items()}
        for role, parts in frames.items()
    }


def _of_school(rows: Rows, key: str, ids: list[str]) -> tuple[list[NDArray[np.int64]], Objects]:
    """Return the rows that belong to each school, and the role's shapes."""
    of_school = pd.Index(ids).get_indexer(pd.Index(rows[key].astype(str)))
    order = np.argsort(of_school, kind="stable")
    start = np.searchsorted(of_school[order], np.arange(len(ids) + 1))
    taken = [order[a:b] for a, b in pairwise(start)]
    return taken, rows["geometry"]


def _near(shapes: Objects, frames: Objects) -> list[NDArray[np.int64]]:
    """Return the rows that reach into each frame, in their order."""
    frame, row = shapely.STRtree(shapes).query(frames)
    order = np.lexsort((row, frame))
    start = np.searchsorted(frame[order], np.arange(len(frames) + 1))
    return [row[order[a:b]] for a, b in pairwise(start)]


def _boxes(
    schools: Objects,
    shaping: Sequence[tuple[list[NDArray[np.int64]], Objects]],
    roles: Mapping[str, Rows],
) -> NDArray[np.float64]:
    """Return the box of each picture: around the school's zones and gates, of one aspect."""
    box = shapely.bounds(schools)
    campus = _campus_bounds(roles)
    ids = roles["school"]["school_id"]
    for place, id_ in enumerate(ids):
        shapes = [shapely.bounds(every[rows[place]]) for rows, every in shaping]
        every = np.vstack([box[place], *shapes, *campus.get(str(id_), ())])
        box[place] = *np.nanmin(every[:, :2], axis=0), *np.nanmax(every[:, 2:], axis=0)
    middle = (box[:, :2] + box[:, 2:]) / 2
    wide, high = (box[:, 2:] - box[:, :2]).T / 2 + _MARGIN_M
    half = np.clip(np.maximum(high, wide / ASPECT), *_HALF_M)
    reach = np.column_stack([half * ASPECT, half])
    return np.hstack([middle - reach, middle + reach]).round(1)


def _campus_bounds(roles: Mapping[str, Rows]) -> dict[str, list[NDArray[np.float64]]]:
    if "facility" not in roles:
        return {}
    bounds = shapely.bounds(roles["facility"]["geometry"])
    return {
        str(id_): [bound]
        for id_, bound in zip(roles["facility"]["facility_id"], bounds, strict=True)
    }


def _cut(rows: Rows, taken: NDArray[np.int64], box: NDArray[np.float64] | None) -> Rows:
    """Return some rows, cut at the box if there is one; what lies outside is left out."""
    shapes = shapely.force_2d(rows["geometry"][taken])
    if box is not None:
        shapes = shapely.clip_by_rect(shapes, *box)
    inside = ~(shapely.is_empty(shapes) | shapely.is_missing(shapes))
    kept = taken[inside]
    return {**{n: c[kept] for n, c in rows.items()}, "geometry": shapes[inside]}
