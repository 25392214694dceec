"""What may everybody know of the marks of children and parents?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from analyses.marks import NOBODY, in_communities, kinds
from analyses.publish.merging import merged
from analyses.publish.rounding import told
from analyses.schema import spread
from geo.findings import enumerated
from geo.words import Text

if TYPE_CHECKING:
    from analyses.marks import Marks


def public_marks(marks: Marks, communities: gpd.GeoDataFrame, *, k: int) -> gpd.GeoDataFrame:
    """Return what everybody may know of the marks.

    Communities are put together until at least `k` known people marked something in each group.
    One table of one partition and no sums: there is nothing that could be subtracted.

    Parameters
    ----------
    marks, communities
        As for `participation`.
    k
        The smallest group.

    Returns
    -------
    GeoDataFrame
        A row for each group of communities and kind of mark: ``area_id`` (a running number)``,
        name, town, mark, mark_…, people`` (rounded; NA = fewer than `k`, zero included).
        Groups with fewer than `k` people altogether are left out.
    """
    inside = in_communities(marks.rows[marks.rows["person"] != NOBODY], communities)
    people = inside.groupby("area")["person"].nunique().reindex(range(len(communities)))
    counts = np.asarray(people.fillna(0.0), dtype=np.float64)[:, None]
    group = merged(communities, counts, least=k, empty_passes=np.array([False]))
    rows: list[dict[str, Any]] = []
    for first in sorted(set(group.tolist())):
        own = communities[group == first]
        mine = inside[np.isin(group[inside["area"]], first)]
        if mine["person"].nunique() < k:
            continue
        shape = {
            "area_id": f"M{first:04d}",
            "name": _together(own["name"]),
            "town": _together(own["town"]),
            "geometry": own.geometry.union_all(),
        }
        by_kind = mine.groupby("mark")["person"].nunique()
        rows += [
            {**shape, **_words(kind), "people": told(float(by_kind.get(kind, 0)), k=k)}
            for kind in kinds()
        ]
    columns = ["area_id", "name", "town", "mark", *spread(("mark_*",)), "people", "geometry"]
    table = pd.DataFrame(rows, columns=columns).astype({"people": "Int64"})
    numbers = {old: f"M{n:03d}" for n, old in enumerate(dict.fromkeys(table["area_id"]), 1)}
    table["area_id"] = table["area_id"].map(numbers)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=communities.crs)


def _words(kind: str) -> dict[str, str]:
    return {"mark": kind, **Text.of(kinds()[kind]).columns("mark")}


def _together(names: pd.Series[Any]) -> str:
    return enumerated(dict.fromkeys(str(name) for name in names if name is not None))
