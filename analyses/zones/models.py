"""Which kindergarten goes with which model kindergarten: balanced, and near (1+N)?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyses.facilities import kinds_serving
from analyses.zones.plan import pair_with_models
from geo.bundled import load_toml
from geo.findings import Finding, InputRefused
from geo.walk import pairs_within

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from analyses.city import City
    from geo.arrays import Ints


def model_pairs(city: City, models: Sequence[str]) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Pair every other kindergarten with a model; see `analyses.zones.plan.pair_with_models`.

    Parameters
    ----------
    city
        Streets and facilities.
    models
        Ids, or names that only one kindergarten has.

    Returns
    -------
    tuple
        ``model_id, model, facility_id, name, way_m`` (between their gates), near ones first; a
        finding for each model that is not known, and where no balanced pairing has a way.

    Examples
    --------
    >>> import yimi
    >>> pairs, findings = model_pairs(yimi.load(yimi.demo).city, ["K001"])
    >>> set(pairs["model_id"]), "K001" in set(pairs["facility_id"])
    ({'K001'}, False)
    """
    numbers = load_toml("rules/zones.toml")["pairing"]
    facilities = city.facilities
    rows = np.flatnonzero(facilities["kind"].isin(kinds_serving(numbers["kind"])).to_numpy())
    own = facilities.iloc[rows].reset_index(drop=True)
    found = [_row_of(own, text) for text in models]
    findings = [
        Finding("PAIRING_MODELS", "study.toml", detail={"name": text})
        for text, row in zip(models, found, strict=True)
        if row < 0
    ]
    chosen = np.unique([row for row in found if row >= 0]).astype(np.int64)
    others = np.setdiff1d(np.arange(len(own)), chosen)
    columns = ["model_id", "model", "facility_id", "name", "way_m"]
    if not len(chosen) or not len(others):
        return pd.DataFrame(columns=columns), tuple(findings)
    way_m = _ways(city, rows[others], rows[chosen], reach_m=float(numbers["reach"]))
    try:
        model = pair_with_models(way_m)
    except InputRefused as refusal:
        said = refusal.findings[0]
        findings.append(Finding("PAIRING_NOT_DONE", "study.toml", value=said.value))
        return pd.DataFrame(columns=columns), tuple(findings)
    of, to = own.iloc[others], own.iloc[chosen[model]]
    table = pd.DataFrame(
        {
            "model_id": to["facility_id"].to_numpy(),
            "model": to["name"].to_numpy(),
            "facility_id": of["facility_id"].to_numpy(),
            "name": of["name"].to_numpy(),
            "way_m": way_m[np.arange(len(others)), model],
        }
    )
    return table.sort_values(["model_id", "way_m"], kind="stable", ignore_index=True), tuple(
        findings
    )


def _row_of(own: gpd.GeoDataFrame, text: str) -> int:
    """Return the row that has an id, else the only one that has a name, else -1."""
    for column in ("facility_id", "name"):
        rows = np.flatnonzero((own[column].astype(str) == text).to_numpy())
        if len(rows) == 1:
            return int(rows[0])
    return -1


def _ways(city: City, rows: Ints, models: Ints, *, reach_m: float) -> NDArray[np.float64]:
    """Return the way of each kindergarten (row) to each model (column), gate to gate."""
    starts, model = city.on_streets.entrances_of(models)
    ends, other = city.on_streets.entrances_of(rows)
    pairs = pairs_within(city.streets, starts, model, ends, limit_m=reach_m, legs=True)
    way_m = np.full((len(rows), len(models)), np.inf)
    row = pd.Index(rows).get_indexer(pd.Index(other[pairs.target]))
    column = pd.Index(models).get_indexer(pd.Index(pairs.group))
    np.minimum.at(way_m, (row, column), pairs.distance_m)
    return way_m
