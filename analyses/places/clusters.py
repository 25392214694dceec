"""Do communities with little lie beside each other, and where (Moran's I, local and bivariate)?

Neighbours share a border or a corner; a community that touches none has the nearest one.  Weights
are row-standardised.  P-values come from random permutations with a fixed seed (Anselin 1995):
``(1 + as extreme ones) / (1 + permutations)``, one-sided towards the side observed.  Sums that are
equal but for rounding count as equally extreme; the order of the rows changes no local p-value.
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

    from geo.arrays import Floats, Ints


_QUADRANTS = np.array(["low-low", "low-high", "high-low", "high-high"], dtype=object)
_SEED = 20260601
_ROUNDING = 1e-9
"""Standard deviations; sums nearer to each other than this are equal."""
_GAP_SHARE = 1e-3
"""Of an area's mean width: borders nearer to each other than this were meant to be one."""


@dataclass(frozen=True)
class Moran:
    """Moran's I, what it would be by chance, and how likely so extreme a value is by chance."""

    value: float
    expected: float
    p_value: float


def neighbours(areas: gpd.GeoDataFrame) -> sparse.csr_array:
    """Return row-standardised weights between areas that touch, but for slips of the drawing.

    Parameters
    ----------
    areas
        Polygons in a metric CRS.
    """
    shapes = areas.geometry.to_numpy()
    one, other = touching_areas(areas)
    alone = np.setdiff1d(np.arange(len(shapes)), one)
    if len(alone) and len(shapes) > 1:
        tree = shapely.STRtree(shapes)
        found = [_nearest(tree, shapes, int(row)) for row in alone]
        one, other = np.concatenate([one, alone]), np.concatenate([other, found])
    links = sparse.csr_array((np.ones(len(one)), (one, other)), shape=(len(shapes),) * 2)
    count = np.maximum(links.sum(axis=1), 1.0)
    return sparse.csr_array(sparse.diags_array(1.0 / count) @ links)


def touching_areas(areas: gpd.GeoDataFrame) -> tuple[Ints, Ints]:
    """Return the pairs of areas that touch, each in both orders; slips of the drawing are no gap.

    Examples
    --------
    The second square begins 10 cm after the first one, the third one 50 m further on:

    >>> import geopandas as gpd
    >>> squares = [shapely.box(x, 0, x + 500, 500) for x in (0, 500.1, 1050.1)]
    >>> one, other = touching_areas(gpd.GeoDataFrame(geometry=squares, crs="EPSG:4548"))
    >>> one.tolist(), other.tolist()
    ([0, 1], [1, 0])
    """
    shapes = areas.geometry.to_numpy()
    slip_m = _GAP_SHARE * np.sqrt(shapely.area(shapes)).mean() if len(shapes) else 0.0
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=slip_m)
    apart = one != other
    return one[apart].astype(np.int64), other[apart].astype(np.int64)


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
    quadrant = _QUADRANTS[2 * (here > _ROUNDING).astype(int) + (lag > _ROUNDING)]
    order = np.argsort(there, kind="stable")
    draw = np.random.default_rng(_SEED).random((trials, len(here) - 1))
    picked = {k: draw.argpartition(k - 1, axis=1)[:, :k] for k in np.unique(size[size > 0])}
    p_value = np.full(len(here), np.nan)
    for row in np.flatnonzero(size):
        # (trials, neighbours) values of other areas, which lie in the order of their values
        others = there[order[order != row]]
        chance = others[picked[size[row]]].mean(axis=1)
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
    slack = _ROUNDING * np.maximum(1.0, np.abs(observed))
    above = (chance >= observed - slack).sum(axis=0)
    below = (chance <= observed + slack).sum(axis=0)
    extreme: Floats = (np.minimum(above, below) + 1.0) / (len(chance) + 1.0)
    return extreme
