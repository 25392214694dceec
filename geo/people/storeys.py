"""How many storeys has a building: as its tag or cell says, or as the homes around it suggest?

What is not plainly a number of storeys is unknown, which is never 0 and never a guess.  Patterns,
units and distances lie in ``data/rules/buildings.toml``.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from geo.bundled import load_toml

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geo.arrays import Floats, Ints, Objects

_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_SUM = re.compile(rf"({_NUMBER})\+({_NUMBER})")
_LIST = re.compile(rf"{_NUMBER}(?:[;,/~-]{_NUMBER})*")
_TEN = 10
_PATTERNS = ("below", "above", "words", "half", "over", "between")


def storeys_of(cells: Sequence[object]) -> Floats:
    """Return the storeys above ground that cells or tags speak of, NaN where none is told.

    A list or range (``2;3``) is a building of parts, or a building of which more is not known: its
    mean.  Cells without a number, and 0, say nothing.

    Examples
    --------
    >>> storeys_of(["3", "3F", "2;3", "6+1", 4.0, "0", "residential", None]).tolist()
    [3.0, 3.0, 2.5, 7.0, 4.0, nan, nan, nan]
    """
    return _each(cells, _storeys)


def storeys_of_heights(cells: Sequence[object]) -> Floats:
    """Return the storeys that heights in metres (or with a unit) make room for.

    Examples
    --------
    >>> storeys_of_heights(["9", "17.5 m", "30ft", 2, "0", "high"]).tolist()
    [3.0, 6.0, 3.0, 1.0, nan, nan]
    """
    return _each(cells, _of_height)


def storeys_like_nearby(shapes: Objects, storeys: Floats) -> Floats:
    """Return the storeys of all buildings, those unknown as the mean of like homes nearby.

    Parameters
    ----------
    shapes
        Polygons in metres; points have no size and are like any.
    storeys
        NaN = unknown.

    Returns
    -------
    numpy.ndarray
        NaN throughout where none is known.  Means go by floor area: the floor of the known homes
        over their ground.  Buildings that touch and have the same storeys are one, so that a
        building drawn in pieces counts as it does in one.
    """
    known = np.isfinite(storeys)
    if known.all() or not known.any():
        return storeys
    block = blocks_of(shapes, pd.factorize(storeys, use_na_sentinel=False)[0])
    blocks = _blocks(shapes, storeys, block)
    found = storeys.copy()
    found[~known] = _of_blocks(blocks)[block[~known]]
    return found


def blocks_of(shapes: Objects, alike: Ints) -> Ints:
    """Return a number for each building, the same for those that touch and are alike."""
    from scipy.sparse import coo_array  # noqa: PLC0415 - slow to import
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    gap_m = load_toml("rules/buildings.toml")["like"]["touching_m"]
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=gap_m)
    same = alike[one] == alike[other]
    pairs = (np.ones(int(same.sum()), dtype=np.int8), (one[same], other[same]))
    graph = coo_array(pairs, shape=(len(shapes), len(shapes)))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def ground_m2(shapes: Objects, block: Ints) -> Floats:
    """Return the ground that each block covers; what is drawn twice counts once."""
    area: Floats = np.bincount(block, weights=shapely.area(shapes)).astype(np.float64)
    several = np.flatnonzero((np.bincount(block) > 1) & (area > 0))
    chosen = np.flatnonzero(np.isin(block, several))
    chosen = chosen[np.argsort(block[chosen], kind="stable")]
    if len(chosen):
        together: Any = shapely.geometrycollections(
            shapes[chosen], indices=np.searchsorted(several, block[chosen])
        )
        area[several] = shapely.area(shapely.union_all(together[:, None], axis=1))
    return area


def _blocks(shapes: Objects, storeys: Floats, block: Ints) -> pd.DataFrame:
    """Return ``x, y, ground_m2, floor_m2`` of each block; floor NaN where storeys are unknown."""
    footprint_m2 = shapely.area(shapes)
    # Points stand for a building of 1 m2: their storeys count, their size says nothing.
    weight = np.where(footprint_m2 > 0, footprint_m2, 1.0)
    middle = shapely.get_coordinates(shapely.centroid(shapes))
    total = np.bincount(block, weights=weight)
    ground = ground_m2(shapes, block)
    return pd.DataFrame(
        {
            "x": np.bincount(block, weights=weight * middle[:, 0]) / total,
            "y": np.bincount(block, weights=weight * middle[:, 1]) / total,
            "ground_m2": np.where(ground > 0, ground, np.bincount(block)),
            "floor_m2": np.bincount(block, weights=weight * storeys),
            "sized": ground > 0,
        }
    )


def _of_blocks(blocks: pd.DataFrame) -> Floats:
    """Return each block's storeys: its own, else those of like blocks, near before far."""
    rule = load_toml("rules/buildings.toml")["like"]
    storeys = np.array(blocks["floor_m2"] / blocks["ground_m2"], dtype=np.float64)
    # In an order of their own, so that the order of the rows decides nothing.
    known = blocks[np.isfinite(storeys)].sort_values(["x", "y", "ground_m2", "floor_m2"])
    for radius_m, times in rule["steps"]:
        left = np.flatnonzero(~np.isfinite(storeys))
        if len(left):
            storeys[left] = _mean_near(
                blocks.iloc[left], known, radius_m=radius_m, times=times, most=rule["nearest"]
            )
    return storeys


def _mean_near(
    wanted: pd.DataFrame, known: pd.DataFrame, *, radius_m: float, times: float, most: int
) -> Floats:
    """Return floor over ground of the known blocks within reach of each wanted one."""
    from scipy.spatial import KDTree  # noqa: PLC0415 - slow to import

    any_size = times >= load_toml("rules/buildings.toml")["like"]["steps"][-1][1]
    known = known if any_size else known[known["sized"]]
    if known.empty:
        return np.full(len(wanted), np.nan)

    def place(blocks: pd.DataFrame) -> Floats:
        # A size `times` as large is as far off as the radius: (x, y, size), all in metres.
        size = 0.0 if any_size else np.log2(blocks["ground_m2"]) / np.log2(times) * radius_m
        return np.column_stack([blocks["x"], blocks["y"], np.broadcast_to(size, len(blocks))])

    reach = KDTree(place(known)).query(
        place(wanted), k=min(most, len(known)), p=np.inf, distance_upper_bound=radius_m * (1 + 1e-9)
    )
    # One column a neighbour: (wanted, k); those beyond reach are numbered len(known).
    at = np.asarray(reach[1]).reshape(len(wanted), -1)
    floor = np.append(known["floor_m2"].to_numpy(), 0.0)[at].sum(axis=1)
    ground = np.append(known["ground_m2"].to_numpy(), 0.0)[at].sum(axis=1)
    mean = np.where(ground > 0, floor / np.where(ground > 0, ground, 1.0), np.nan)
    return mean if any_size else np.where(wanted["sized"], mean, np.nan)


def _each(cells: Sequence[object], read: Callable[[str], float | None]) -> Floats:
    """Read every distinct cell once."""
    codes, values = pd.factorize(np.array(list(cells), dtype=object))
    table = [read(_plain(value)) for value in values]
    return np.array([*(np.nan if n is None else n for n in table), np.nan])[codes]


def _plain(cell: object) -> str:
    return unicodedata.normalize("NFKC", str(cell)).strip().lower().removesuffix(".0")


def _storeys(text: str) -> float | None:
    """Return the storeys above ground that a text speaks of."""
    pattern = _patterns()
    text = pattern["below"].sub(" ", pattern["above"].sub("", text)).strip(" ;,/+")
    text = _in_figures(pattern["over"].sub("", text)).replace(" ", "")
    text = pattern["between"].sub("-", text)
    half = 0.5 if pattern["half"].search(text) else 0.0
    text = pattern["half"].sub("", text)
    with_unit = pattern["counted"].findall(text)
    bare = pattern["words"].sub("", text) if len(with_unit) != 1 else with_unit[0]
    found = _SUM.fullmatch(bare)
    if found:
        return _within(float(found[1]) + float(found[2]), _rules()["most"])
    if not _LIST.fullmatch(bare):
        return None
    parts = [float(part) for part in re.findall(_NUMBER, bare)]
    return _within(sum(parts) / len(parts) + half, _rules()["most"])


def _of_height(text: str) -> float | None:
    rule = _rules()
    found = re.fullmatch(rf"({_NUMBER})\s*(\D*)", text)
    if found is None or found[2] not in rule["height_units"]:
        return None
    height_m = _within(float(found[1]) * rule["height_units"][found[2]], rule["most_height_m"])
    return None if height_m is None else max(1.0, round(height_m / rule["height_m"]))


def _in_figures(text: str) -> str:
    """Write numerals up to 99 in figures."""
    numerals: dict[str, int] = _rules()["numerals"]

    def figure(found: re.Match[str]) -> str:
        total, last = 0, 0
        for sign in found[0]:
            value = numerals[sign]
            total, last = (total + (last or 1) * value, 0) if value == _TEN else (total, value)
        return str(total + last)

    return re.sub(f"[{''.join(numerals)}]+", figure, text)


def _within(value: float, most: float) -> float | None:
    return value if 0 < value <= most else None


def _rules() -> dict[str, Any]:
    rules: dict[str, Any] = load_toml("rules/buildings.toml")["storeys"]
    return rules


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    rules = _rules()
    patterns = {key: re.compile(rules[key]) for key in _PATTERNS}
    counted = rf"({_NUMBER}(?:[;,/~+-]{_NUMBER})*)(?:{rules['words']})"
    return {**patterns, "counted": re.compile(counted)}
