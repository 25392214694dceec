"""Has every village and community one of its own, wherever in it that stands?

No distance is tested: a facility belongs to the community whose code it carries or, without a
known code, to the one in which it lies.  Special units (industrial parks and the like, village part
4xx of the code) are no communities: they are listed and leave the denominator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from analyses.coverage.outcomes import MEASURES, Outcome, status_of
from analyses.rules import children_of, in_scope, special_unit
from geo.people import zone_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from analyses.coverage.near import Nearest
    from analyses.coverage.outcomes import Task
    from analyses.rules import Part
    from geo.arrays import Floats, Ints


def containment(communities: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame) -> pd.DataFrame:
    """Count the facilities of each community.

    Parameters
    ----------
    communities
        Polygons, metric CRS: ``area_id`` (12-digit code as text where there is one), ``name``,
        ``town``, ``settlement``.
    facilities
        Facilities of the kind, same CRS: ``facility_id`` and, if there is one, ``area_id``, the
        code of the community that each belongs to.

    Returns
    -------
    pandas.DataFrame
        Aligned with the communities: ``area_id, name, town, settlement``, ``special`` (a unit that
        is no community), ``facilities`` (number), ``by_code`` (of these, joined by their code),
        ``facility_ids`` (sorted, separated by spaces) and ``covered`` (None for special units).
    """
    home, by_code = homes(communities, facilities)
    inside = home >= 0
    count = np.bincount(home[inside], minlength=len(communities))
    ids = pd.Series(facilities["facility_id"].astype(str).to_numpy()[inside])
    joined = ids.groupby(home[inside]).agg(lambda own: " ".join(sorted(own)))
    special = communities["area_id"].map(special_unit).to_numpy(dtype=bool)
    covered = (count > 0).astype(object)
    covered[special] = None
    return pd.DataFrame(
        {
            **{c: communities[c].to_numpy() for c in ("area_id", "name", "town", "settlement")},
            "special": special,
            "facilities": count,
            "by_code": np.bincount(home[by_code], minlength=len(communities)),
            "facility_ids": joined.reindex(range(len(communities)), fill_value="").to_numpy(),
            "covered": covered,
        },
        index=communities.index,
    )


def homes(
    communities: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame
) -> tuple[Ints, NDArray[np.bool_]]:
    """Return the row of each facility's community (-1: none), and which were joined by code.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> squares = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
    >>> communities = gpd.GeoDataFrame({"area_id": ["a", "b"]}, geometry=squares, crs=4548)
    >>> parks = gpd.GeoDataFrame(geometry=shapely.points([(1.5, 0.5), (9, 9)]), crs=4548)
    >>> homes(communities, parks)[0].tolist()
    [1, -1]
    """
    inner = np.asarray(shapely.point_on_surface(np.asarray(facilities.geometry.array)))
    home, _ = zone_of(inner, communities)
    by_code = np.zeros(len(facilities), dtype=bool)
    if "area_id" in facilities:
        row_of = pd.Series(np.arange(len(communities)), index=communities["area_id"].astype(str))
        row = facilities["area_id"].astype(str).map(row_of).to_numpy(dtype=np.float64)
        by_code = np.isfinite(row)
        home[by_code] = row[by_code].astype(np.int64)
    return home, by_code


def containment_outcome(
    task: Task,
    table: pd.DataFrame,
    demand: gpd.GeoDataFrame,
    *,
    parts: Sequence[Part],
    nearest: Nearest,
) -> Outcome:
    """Say how the demand points stand towards a rule of containment.

    A child is covered if its community has a facility, so the three measures are one; children
    of special units, and outside all communities, are out of scope.
    """
    applying = table[~table["special"].to_numpy(dtype=bool)]
    applying = applying[in_scope(task.rule, applying["settlement"].to_numpy(dtype=object))]
    having = applying.loc[applying["facilities"] > 0, "area_id"]
    area = demand["area_id"]
    applies = area.isin(applying["area_id"]).to_numpy(dtype=bool)
    has = area.isin(having).to_numpy(dtype=bool) & applies
    children: Floats = np.sum([children_of(part, demand) for part in parts], axis=0)
    covered: Floats = children * has
    number = area.map(table.set_index("area_id")["facilities"]).fillna(0).to_numpy(dtype=np.int64)
    return Outcome(
        rule=task.rule,
        in_scope=applies,
        children=children,
        covered=dict.fromkeys(MEASURES, covered),
        reached=dict.fromkeys(MEASURES, has),
        status=status_of(dict.fromkeys(MEASURES, has), applies),
        depth=np.where(applies, number, 0),
        nearest=nearest,
        use=pd.DataFrame({"facility": [], "within": [], "only": []}),
        task=task,
    )
