"""Do communities with little lie beside each other, and where (Moran's I, local and bivariate)?

Neighbours share a border or a corner; a community that touches none has the nearest one.  Weights
are row-standardised.  P-values come from random permutations with a fixed seed (Anselin 1995):
``(1 + as extreme ones) / (1 + permutations)``, one-sided towards the side observed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy import sparse

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import ArrayLike, NDArray

    from geo.arrays import Floats


_QUADRANTS = np.array(["low-low", "low-high", "high-low", "high-high"], dtype=object)
_SEED = 20260601


@dataclass(frozen=True)
class Moran:
    """Moran's I, what it would be by chance, and how likely so extreme a value is by chance."""

    value: float
    expected: float
    p_value: float


def neighbours(areas: gpd.GeoDataFrame) -> sparse.csr_array:
    """Return row-standardised weights between areas that touch.

    Parameters
    ----------
    areas
        Polygons in a metric CRS.
    """
    shapes = areas.geometry.to_numpy()
    tree = shapely.STRtree(shapes)
    one, other = tree.query(shapes, predicate="intersects")
    one, other = one[one != other], other[one != other]
    alone = np.setdiff1d(np.arange(len(shapes)), one)
    if len(alone) and len(shapes) > 1:
        found = [_nearest(tree, shapes, int(row)) for row in alone]
        one, other = np.concatenate([one, alone]), np.concatenate([other, found])
    links = sparse.csr_array((np.ones(len(one)), (one, other)), shape=(len(shapes),) * 2)
    count = np.maximum(links.sum(axis=1), 1.0)
    return sparse.csr_array(sparse.diags_array(1.0 / count) @ links)


def moran(
    value: ArrayLike,
    weights: sparse.csr_array,
    other: ArrayLike | None = None,
    *,
    trials: int = 999,
) -> Moran:
    """Return Moran's I of a value, or of a value (need) with another at the neighbours (access)."""
    here = _standard(value)
    there = here if other is None else _standard(other)
    observed = _global(here, weights, there)
    random = np.random.default_rng(_SEED)
    chance = np.array([_global(here, weights, random.permutation(there)) for _ in range(trials)])
    expected = -1.0 / (len(here) - 1) if other is None else float(chance.mean())
    return Moran(observed, expected, _p_value(chance[:, None], np.array([observed]))[0])


def local_moran(
    value: ArrayLike,
    weights: sparse.csr_array,
    other: ArrayLike | None = None,
    *,
    trials: int = 999,
) -> pd.DataFrame:
    """Return for each area its local I, its quadrant and its p-value (conditional permutations).

    Returns
    -------
    DataFrame
        ``local_i, quadrant`` (e.g. ``low-low``: low here, low around)``, p_value``, aligned with
        the areas; an area without neighbours has NaN and no quadrant.
    """
    here = _standard(value)
    there = here if other is None else _standard(other)
    lag = weights @ there
    size = np.diff(weights.indptr)
    quadrant = _QUADRANTS[2 * (here > 0).astype(int) + (lag > 0)]
    random = np.random.default_rng(_SEED)
    p_value = np.full(len(here), np.nan)
    for row in np.flatnonzero(size):
        others = np.delete(there, row)
        picked = random.random((trials, len(others))).argpartition(size[row] - 1, axis=1)
        chance = others[picked[:, : size[row]]].mean(axis=1)
        p_value[row] = _p_value(here[row] * chance[:, None], here[row : row + 1] * lag[row])[0]
    bare = size == 0
    return pd.DataFrame(
        {
            "local_i": pd.Series(here * lag).mask(bare),
            "quadrant": pd.Series(quadrant).mask(bare, None),
            "p_value": p_value,
        }
    )


def _nearest(tree: shapely.STRtree, shapes: NDArray[np.object_], row: int) -> int:
    """Return the nearest other shape of one that touches none."""
    distance = shapely.distance(tree.geometries, shapes[row])
    distance[row] = np.inf
    return int(np.argmin(distance))


def _standard(value: ArrayLike) -> Floats:
    """Return z-scores (standard deviation of the whole); a constant gives zeros."""
    array = np.asarray(value, dtype=float)
    deviation = array.std()
    return (array - array.mean()) / deviation if deviation > 0 else np.zeros_like(array)


def _global(here: Floats, weights: sparse.csr_array, there: Floats) -> float:
    total = weights.sum()
    return float(here @ (weights @ there) * len(here) / total / (here @ here or 1.0))


def _p_value(chance: Floats, observed: Floats) -> Floats:
    """Return the one-sided p-values of columns of permuted values."""
    above = (chance >= observed).sum(axis=0)
    below = (chance <= observed).sum(axis=0)
    extreme: Floats = (np.minimum(above, below) + 1.0) / (len(chance) + 1.0)
    return extreme
