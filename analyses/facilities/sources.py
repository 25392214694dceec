"""Does an official list stand in place of OSM's facilities, and which of the two may be one?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from analyses.facilities.types import facility_types
from geo.bundled import load_toml
from geo.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Collection

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

OSM = "OpenStreetMap"


def without_kinds(
    frame: gpd.GeoDataFrame, kinds: Collection[str], *, file: str
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Leave out the facilities of some kinds, and say how many.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> points = shapely.points([(0, 0), (9, 9)])
    >>> places = gpd.GeoDataFrame({"kind": ["park", "library"]}, geometry=points, crs=4548)
    >>> without_kinds(places, ["park"], file="a.csv")[0]["kind"].tolist()
    ['library']
    """
    out = frame["kind"].isin(list(kinds))
    findings = [
        Finding("FACILITIES_WITHOUT", file, detail={"count": int(n), "kind": _title(str(kind))})
        for kind, n in frame["kind"][out].value_counts().sort_index().items()
    ]
    return frame[~out], tuple(findings)


def list_before_osm(
    facilities: gpd.GeoDataFrame, replace: Collection[str] = ()
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Let lists stand in place of OSM, and say where the two may speak of one facility.

    Parameters
    ----------
    facilities
        Of `merge_facilities`: what OSM has of a list's facility is already merged into it.
    replace
        Kinds of which the lists are complete: OSM's own facilities of these are taken out.

    Returns
    -------
    tuple
        The facilities that count, and the findings: each one taken out, with the nearest of the
        list; else likely pairs, and how many facilities of a kind stand in OSM alone.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> rows = {"facility_id": ["S1", "osm:w1"], "name": ["A", "B"], "kind": "primary_school"}
    >>> rows["source"] = ["schools.csv", "OpenStreetMap"]
    >>> places = gpd.GeoDataFrame(rows, geometry=shapely.points([(0, 0), (900, 0)]), crs=4548)
    >>> kept, findings = list_before_osm(places, ["primary_school"])
    >>> kept["facility_id"].tolist()
    ['S1']
    """
    from_osm = (facilities["source"] == OSM).to_numpy()
    out = np.zeros(len(facilities), dtype=bool)
    findings: list[Finding] = []
    for kind in sorted(set(facilities["kind"][~from_osm])):
        of_kind = (facilities["kind"] == kind).to_numpy()
        listed, only_osm = np.flatnonzero(of_kind & ~from_osm), np.flatnonzero(of_kind & from_osm)
        if kind in replace:
            out[only_osm] = True
            findings += [_replaced(facilities, i, listed) for i in only_osm.tolist()]
        elif len(only_osm):
            findings += _likely_pairs(facilities, listed, only_osm)
            detail = {"kind": _title(kind), "listed": len(listed), "only_osm": len(only_osm)}
            file = str(facilities["source"].iloc[listed[0]])
            findings.append(Finding("FACILITIES_TWO_SOURCES", file, detail=detail))
    return facilities[~out].reset_index(drop=True), tuple(findings)


def _replaced(rows: gpd.GeoDataFrame, at: int, listed: NDArray[np.intp]) -> Finding:
    geometry = rows.geometry.to_numpy()
    distance = shapely.distance(geometry[listed], geometry[at])
    nearest = int(np.argmin(distance))
    near = f"{_label(rows.iloc[int(listed[nearest])])} ({distance[nearest]:.0f} m)"
    row = rows.iloc[at]
    detail = {"other": _label(row), "kind": _title(str(row["kind"])), "near": near}
    return Finding("FACILITY_REPLACED", OSM, detail=detail)


def _likely_pairs(
    rows: gpd.GeoDataFrame, listed: NDArray[np.intp], only_osm: NDArray[np.intp]
) -> list[Finding]:
    """Return the pairs that are each other's nearest, where the list's has nothing of OSM yet."""
    limit_m = load_toml("rules/facilities.toml")["likely_pair_m"]["value"]
    geometry = rows.geometry.to_numpy()
    alone = np.array([i for i in listed if "osm:" not in rows["merged"].iloc[i]], dtype=np.intp)
    if not len(alone):
        return []
    of_list = shapely.STRtree(geometry[alone])
    (i, j), metres = shapely.STRtree(geometry[only_osm]).query_nearest(
        geometry[alone], max_distance=limit_m, return_distance=True, all_matches=False
    )
    back = of_list.query_nearest(geometry[only_osm[j]], all_matches=False)[1]
    findings = []
    for at in np.flatnonzero(back == i).tolist():  # each the nearest of the other
        listed_row = rows.iloc[int(alone[i[at]])]
        detail = {
            "other": _label(rows.iloc[int(only_osm[j[at]])]),
            "kept": _label(listed_row),
            "distance_m": f"{metres[at]:.0f}",
        }
        source = str(listed_row["source"])
        findings.append(Finding("FACILITY_LIKELY_PAIR", source, detail=detail))
    return findings


def _label(row: pd.Series) -> str:
    return f"{row['name']} [{row['facility_id']}]" if row["name"] else f"[{row['facility_id']}]"


def _title(kind: str) -> object:
    return facility_types()[kind].title
