"""Which communities does a study have, with what of their own and of a table joined to them?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from analyses.rules import settlement
from analyses.run.tabled_children import table_join
from analyses.run.tables import with_table
from geo.crs import project
from geo.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from analyses.study import Study
    from geo.read import Layer
    from geo.walk import WalkNetwork


@dataclass(frozen=True, eq=False)
class Communities:
    """The communities of a study, the headers of their columns, and what is said of them."""

    frame: gpd.GeoDataFrame
    headers: Mapping[str, str]
    findings: tuple[Finding, ...] = ()


def read_communities(study: Study, read: Callable[..., Layer], network: WalkNetwork) -> Communities:
    """Return the communities, or one area around all streets where there are none."""
    if study.communities is not None:
        layer = read(study.communities)
        frame = project(layer.frame, network.crs)
        if study.communities.table is None:
            return Communities(communities_of(frame), layer.headers)
        to = table_join(study, communities_of(frame), areas=False)
        taken = with_table(read, study.communities, frame, to=to)
        headers = {**layer.headers, **taken.headers}
        return Communities(communities_of(taken.frame), headers, taken.findings)
    around = shapely.convex_hull(shapely.multipoints(network.node_xy))
    shapes = np.array([shapely.buffer(around, study.streets.snap_max_m)], dtype=object)
    if study.area is not None:
        shapes = project(read(study.area).frame, network.crs).geometry.to_numpy()
    row = {"area_id": "all", "name": study.study.name, "town": None, "settlement": "unknown"}
    whole = gpd.GeoDataFrame([row], geometry=[shapely.union_all(shapes)], crs=network.crs)
    return Communities(whole, {}, (Finding("COMMUNITIES_NONE", "study.toml"),))


def communities_of(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give a checked layer of communities its standard columns.

    Parameters
    ----------
    frame
        Polygons, metric CRS, canonical columns; ``area_code`` (12 digits) is their id, else ``id``,
        else the row number.

    Returns
    -------
    GeoDataFrame
        RangeIndex; ``area_id, name, town, ur_code, settlement``, age columns as they were.
    """
    rows = pd.Series([f"row-{n}" for n in frame.index], index=frame.index)
    code = next((frame[c] for c in ("area_code", "id") if c in frame), rows)
    code = code.where(code.notna(), rows).astype(str)
    nothing = pd.Series(None, index=frame.index, dtype=object)
    ur_code = frame.get("ur_code", nothing)
    settlements = [settlement(c, u) for c, u in zip(code, ur_code, strict=True)]
    fixed = {
        "area_id": code,
        "name": frame.get("name", code),
        "town": frame.get("town", nothing),
        "ur_code": ur_code,
        "settlement": settlements,
    }
    return frame.assign(**fixed).reset_index(drop=True)
