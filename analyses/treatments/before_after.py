"""What do edits change for each school and each hazard, and which crossing opens most ways?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd
import shapely

from analyses.treatments.catalogue import adequate, treated, treatments

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from analyses.streets import Scene


_MEANS = ("safest_risk", "safest_low", "safest_high", "detour")


_DECIMALS = 6
"""Of children: below that is the dust of sums of fractions."""


class Evaluate(Protocol):
    """How children walk in a scene: `safe_routes`, with all but the scene filled in.

    Examples
    --------
    >>> def nobody(scene, *, schools=None):
    ...     return pd.DataFrame({"children": [], "alone": []})
    >>> import pandas as pd
    >>> evaluate: Evaluate = nobody
    >>> alone(evaluate(None))
    0.0
    """

    def __call__(self, scene: Scene, *, schools: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the ``pupils`` table of the schools (None: of all)."""
        ...


def compare_schools(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Compare two ``pupils`` tables school by school.

    Parameters
    ----------
    before, after
        ``school_id, children, alone, severed, safest_risk, safest_low, safest_high, detour`` of
        `analyses.routes.analysis`.

    Returns
    -------
    DataFrame
        One row a school, in the order of their ids: ``school_id``; ``…_before, …_after`` of
        ``children``, ``alone`` and ``severed`` (children), ``safest_risk, safest_low, safest_high,
        detour`` (means of the children who have a way, NaN where none has); ``gained`` (children
        who can walk on their own, more than before).

    Examples
    --------
    >>> import yimi
    >>> from analyses.risk import dangers
    >>> from analyses.routes import RouteOptions, safe_routes, school_city
    >>> city = school_city(yimi.load(yimi.demo).city)
    >>> pupils = safe_routes(city, dangers(city.scene), RouteOptions()).pupils
    >>> set(compare_schools(pupils, pupils)["gained"])
    {0.0}
    """
    then, now = _by_school(before), _by_school(after)
    both = then.add_suffix("_before").join(now.add_suffix("_after"), how="outer")
    for name in ("children", "alone", "severed"):
        for when in ("before", "after"):
            both[f"{name}_{when}"] = both[f"{name}_{when}"].fillna(0.0)
    both["gained"] = both["alone_after"] - both["alone_before"]
    return both.rename_axis("school_id").reset_index()


def compare_hazards(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Compare two ledgers hazard by hazard.

    Returns
    -------
    DataFrame
        ``id, school_id, rule, object_id``, ``children_before, children_after, risk_before,
        risk_after`` (NaN where the hazard is not in that ledger), ``outcome`` (kept | gone | new),
        in the order of the ids.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = {"id": ["a"], "school_id": ["s"], "rule": ["crossing"], "object_id": ["n1"]}
    >>> before = pd.DataFrame(rows | {"children": [30.0], "risk": [5.0]})
    >>> compare_hazards(before, before.iloc[:0])[["id", "outcome"]].values.tolist()
    [['a', 'gone']]
    """
    facts = ["school_id", "rule", "object_id"]
    now, then = after.set_index("id"), before.set_index("id")
    measures = ["children", "risk"]
    measured = now[measures].add_suffix("_after")
    both = then[measures].add_suffix("_before").join(measured, how="outer")
    both = both.join(pd.concat([then[facts], now.loc[~now.index.isin(then.index), facts]]))
    gone = ~both.index.isin(now.index)
    both["outcome"] = np.where(gone, "gone", np.where(both.index.isin(then.index), "kept", "new"))
    columns = [*facts, *(f"{m}_{when}" for m in measures for when in ("before", "after"))]
    return both.sort_index()[[*columns, "outcome"]].rename_axis("id").reset_index()


def alone(pupils: pd.DataFrame) -> float:
    """Return the children who can walk to school on their own.

    Examples
    --------
    >>> import pandas as pd
    >>> alone(pd.DataFrame({"children": [3.0, 5.0], "alone": [True, False]}))
    3.0
    """
    return float(pupils.loc[pupils["alone"].astype(bool), "children"].sum())


def value_of_crossings(
    scene: Scene,
    schools: gpd.GeoDataFrame,
    *,
    candidates: Sequence[str],
    pupils: pd.DataFrame,
    evaluate: Evaluate,
    reach_m: float,
) -> pd.DataFrame:
    """Say how many children could walk on their own if one crossing alone were made adequate.

    Parameters
    ----------
    scene
        The scene as it is.
    schools
        ``facility_id``; points or polygons in the scene's CRS.
    candidates
        ``crossing_id`` of crossings that some age may not use alone.
    pupils
        The table of `scene`.
    evaluate
        How children walk in a scene, for some schools only.
    reach_m
        No child walks farther than this to school.  A crossing can only matter to schools within
        this straight distance (a way is never shorter), so only those are evaluated, and crossings
        that share no school are evaluated together; the result is that of one by one.

    Returns
    -------
    DataFrame
        ``crossing_id, street_name, children`` (whose safe way it opens)``, schools`` (how many),
        ``rank``, the most children first, then by id.

    Examples
    --------
    >>> import yimi
    >>> value = yimi.routes(yimi.load(yimi.demo).city).tables["crossing_value"]
    >>> value["children"].is_monotonic_decreasing, value["crossing_id"].is_unique
    (True, True)
    """
    facts = (
        scene.crossings.drop_duplicates("crossing_id")
        .set_index("crossing_id")
        .loc[list(candidates)]
    )
    waiting = pupils[~pupils["alone"].astype(bool) & (pupils["children"] > 0)]
    some = schools[schools["facility_id"].isin(waiting["school_id"])]
    near = _near(facts.geometry.to_numpy(), some, reach_m=reach_m)
    gained: dict[str, pd.Series[float]] = {}
    now = _alone_by_school(pupils)
    for batch in _batches(near):
        after = _alone_by_school(_evaluated(scene, batch, near, evaluate=evaluate, facts=facts))
        for place in batch:
            own = sorted(near[place])
            more = after.reindex(own, fill_value=0.0) - now.reindex(own, fill_value=0.0)
            gained[str(facts.index[place])] = more.round(_DECIMALS)
    rows = [
        {
            "crossing_id": crossing_id,
            "street_name": street,
            "children": float(gained[crossing_id].sum()) if crossing_id in gained else 0.0,
            "schools": int((gained[crossing_id] > 0).sum()) if crossing_id in gained else 0,
        }
        for crossing_id, street in zip(candidates, facts["street_name"], strict=True)
    ]
    table = pd.DataFrame(rows, columns=["crossing_id", "street_name", "children", "schools"])
    table = table.sort_values(["children", "crossing_id"], ascending=[False, True], kind="stable")
    return table.assign(rank=np.arange(1, len(table) + 1)).reset_index(drop=True)


def _evaluated(
    scene: Scene,
    batch: list[int],
    near: list[frozenset[str]],
    *,
    evaluate: Evaluate,
    facts: pd.DataFrame,
) -> pd.DataFrame:
    """Make the crossings of a batch adequate and see how the children of their schools walk."""
    rows = np.flatnonzero(scene.crossings["crossing_id"].isin(facts.index[batch]))
    after = treated(scene, treatments()[adequate()], crossings=rows)
    return evaluate(after, schools=sorted(frozenset[str]().union(*(near[i] for i in batch))))


def _near(
    places: NDArray[np.object_], schools: gpd.GeoDataFrame, *, reach_m: float
) -> list[frozenset[str]]:
    """Return the schools within reach of each place."""
    found: list[set[str]] = [set() for _ in places]
    if len(schools) and len(places):
        tree = shapely.STRtree(schools.geometry.to_numpy())
        ids = schools["facility_id"].astype(str).tolist()
        for place, school in zip(*tree.query(places, "dwithin", reach_m).tolist(), strict=True):
            found[place].add(ids[school])
    return [frozenset(ids) for ids in found]


def _batches(near: list[frozenset[str]]) -> list[list[int]]:
    """Put places together that share no school; those without one are left out."""
    batches: list[tuple[set[str], list[int]]] = []
    for place, ids in enumerate(near):
        if not ids:
            continue
        fitting = next((b for b in batches if b[0].isdisjoint(ids)), None)
        if fitting is None:
            fitting = (set(), [])
            batches.append(fitting)
        fitting[0].update(ids)
        fitting[1].append(place)
    return [places for _, places in batches]


def _alone_by_school(pupils: pd.DataFrame) -> pd.Series[float]:
    can = pupils[pupils["alone"].astype(bool)]
    return can.groupby("school_id")["children"].sum()


def _by_school(pupils: pd.DataFrame) -> pd.DataFrame:
    """Add up a table of pupils by school; means are weighted by the children."""
    children = pupils["children"].to_numpy(dtype=np.float64)
    sums = pd.DataFrame({"school_id": pupils["school_id"], "children": children})
    for name in ("alone", "severed"):
        sums[name] = children * pupils[name].to_numpy(dtype=bool)
    for name in _MEANS:
        value = pupils[name].to_numpy(dtype=np.float64)
        known = np.isfinite(value)
        sums[name] = np.where(known, value, 0.0) * children
        sums[f"{name}:weight"] = known * children
    table = sums.groupby("school_id").sum()
    for name in _MEANS:
        table[name] = table[name] / table.pop(f"{name}:weight").replace(0.0, np.nan)
    return table
