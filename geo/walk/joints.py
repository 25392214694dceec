"""What was joined to make streets of the lines of a road layer: a point for each joint."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.arrays import MM_PER_M
from geo.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.arrays import Floats, Ints
    from geo.walk.gaps import Gaps
    from geo.walk.pieces import Crossings, Pieces, Touches, Twins


class Joints(NamedTuple):
    """Joints of one kind: (j, 2) places in mm, metres, (j, 2) rows of the lines."""

    xy: Ints | Floats
    metres: Floats
    lines: Ints


def of_crossings(pieces: Pieces, crossed: Crossings) -> Joints:
    """Return a joint for each crossing."""
    return Joints(crossed.xy, np.zeros(len(crossed.xy)), pieces.line[crossed.piece])


def of_touches(pieces: Pieces, touched: Touches) -> Joints:
    """Return a joint for each place that lies on another line."""
    both = np.column_stack([pieces.line[touched.of], pieces.line[touched.piece]])
    return Joints(pieces.xy[touched.place], touched.away_m, both)


def of_gaps(pieces: Pieces, *gaps: Gaps) -> Joints:
    """Return a joint for each end of a line beside another one."""
    place = np.concatenate([some.place for some in gaps])
    metres = np.concatenate([some.gap_m for some in gaps])
    return Joints(pieces.xy[place], metres, np.concatenate([some.lines for some in gaps]))


def of_twins(pieces: Pieces, twins: Twins) -> Joints:
    """Return a joint for each two lines that were drawn over one another, at their first piece."""
    both = np.column_stack([twins.line, twins.stays])
    pair, first, of = np.unique(both, axis=0, return_index=True, return_inverse=True)
    at = pieces.xy[twins.ends]
    length_mm = np.hypot(*(at[:, 1] - at[:, 0]).T)
    metres = np.bincount(of.ravel(), weights=length_mm, minlength=len(pair)) / MM_PER_M
    return Joints(at[first].mean(axis=1), metres, pair)


def frame_of(parts: Mapping[str, Joints], way_id: Ints, *, crs: str) -> gpd.GeoDataFrame:
    """Return all joints as points: ``joint, length_m, way_id, other_way_id``."""
    some = list(parts.values())
    ways = way_id[np.concatenate([one.lines for one in some])]
    columns = {
        "joint": pd.Series(np.repeat(list(parts), [len(one.xy) for one in some]), dtype="str"),
        "length_m": np.concatenate([one.metres for one in some]),
        "way_id": ways[:, 0],
        "other_way_id": ways[:, 1],
    }
    places = shapely.points(np.concatenate([one.xy for one in some]) / MM_PER_M)
    return gpd.GeoDataFrame(columns, geometry=places, crs=crs)


def joining_findings(
    joints: gpd.GeoDataFrame, tolerance_m: float, *, name: str
) -> tuple[Finding, ...]:
    """Say how many lines were joined, and of how many crossings nobody knows."""
    count = joints["joint"].value_counts()
    number = {kind: int(count.get(kind, 0)) for kind in _KINDS}
    detail = {
        **number,
        "tolerance_m": f"{tolerance_m:g}",
        "twin_m": round(joints.loc[joints["joint"] == "twin", "length_m"].sum()),
    }
    findings = [Finding("ROADS_JOINED", name, detail=detail)] if any(number.values()) else []
    if number["unsure"]:
        findings.append(Finding("ROADS_LEVELS", name, detail=detail))
    return tuple(findings)


_KINDS = ("crossing", "unsure", "over", "touch", "gap", "twin", "near")
