"""Who may walk to school alone when something on the streets is made better?

The streets themselves stay as they are, so nobody's shortest way changes; only which edges an age
may not use alone.  One bounded search a school and age answers it, without risks and fronts.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from analyses.risk import forbidden
from analyses.routes.severance import reached
from analyses.rules import profiles
from geo.arrays import MM_PER_M
from geo.walk import closed, limits_mm

if TYPE_CHECKING:
    import pandas as pd

    from analyses.city import City
    from geo.arrays import Flags, Ints


def walking_alone(city: City, rows: pd.DataFrame, *, detour_cap: float) -> Flags:
    """Say for each row whether its children have a way within the cap that is for them alone.

    Parameters
    ----------
    city
        Its scene is what is known of the streets, or would be after a treatment.
    rows
        Some rows of `analyses.routes.catchments.Catchments`, any index.
    detour_cap
        As in `analyses.routes.analysis.safe_routes`.

    Returns
    -------
    numpy.ndarray
        Aligned with `rows`; False where there is no way at all.

    Examples
    --------
    >>> import yimi
    >>> from analyses.risk import dangers
    >>> from analyses.routes import RouteOptions, safe_routes, school_city
    >>> city = school_city(yimi.load(yimi.demo).city)
    >>> ways = safe_routes(city, dangers(city.scene), RouteOptions())
    >>> alone = walking_alone(city, ways.sent.rows, detour_cap=ways.detour_cap)
    >>> alone.dtype, 0 < int(alone.sum()) < len(alone)
    (dtype('bool'), True)
    """
    snapped = city.on_sides
    shut = {age.id: closed(snapped.network, forbidden(city.scene, age)) for age in profiles()}
    point = rows["point"].to_numpy(dtype=np.int64)
    shortest_mm = np.rint(rows["distance_m"].to_numpy() * MM_PER_M)
    walking = rows["reason"].isna().to_numpy()
    found = np.zeros(len(rows), dtype=bool)
    groups = rows.reset_index(drop=True)[walking].groupby(["school", "profile"], sort=False)

    def search(task: tuple[tuple[int, str], Ints]) -> tuple[Ints, Flags]:
        (school, profile), own = task
        gates = snapped.entrances.take(snapped.entrance_rows(int(school)))
        limit = limits_mm(shortest_mm[own].astype(np.int64), detour_cap=detour_cap)
        homes = snapped.demand.take(point[own])
        return own, reached(shut[profile], gates, homes, limit_m=limit / MM_PER_M)

    tasks = [(key, own.index.to_numpy()) for key, own in groups]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for own, alone in pool.map(search, tasks):
            found[own] = alone
    return found
