"""Which buildings are homes, and how much of the people of a place does each carry?

What a building is follows, in this order, from its kind (``building=``, a column of types), from
other uses tagged on it, from its name and from its size; the words and limits lie in
``data/rules/buildings.toml``.  A home that nothing speaks against counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.bundled import load_toml
from geo.findings import Finding, enumerated
from geo.people.storeys import (
    blocks_of,
    ground_m2,
    storeys_like_nearby,
    storeys_of,
    storeys_of_heights,
)
from geo.people.zones import numbers
from geo.read import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from geo.arrays import Flags, Floats, Objects

REASONS = ("kind", "use", "ground", "name", "small", "large")
"""Why a building is no home."""
_KEPT = ("dwellings", "residential_m2", "floor_area_m2")
_QUOTED = 3


@dataclass(frozen=True, eq=False)
class Homes:
    """The buildings of a layer where people live.

    Attributes
    ----------
    buildings
        The homes: ``storeys`` (NaN = unknown), ``dwellings, residential_m2, floor_area_m2`` if the
        layer has them, geometry; RangeIndex, in the order of the layer.
    others
        How many buildings are no homes, by reason (`REASONS`).
    findings
        Remarks.

    Examples
    --------
    A house and a garage:

    >>> import geopandas as gpd, shapely
    >>> shapes = [shapely.box(0, 0, 10, 10), shapely.box(20, 0, 25, 5)]
    >>> kinds = {"building": ["house", "garage"]}
    >>> homes = homes_of(gpd.GeoDataFrame(kinds, geometry=shapes, crs=4548))
    >>> isinstance(homes, Homes), len(homes.buildings), homes.others["kind"]
    (True, 1, 1)
    """

    buildings: gpd.GeoDataFrame
    others: dict[str, int]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, eq=False)
class Weights:
    """What each home carries (m2 of floor, or of ground), and how that was found.

    ``method`` is ``floor_area`` (footprint and storeys known), ``storeys_nearby`` (those of like
    homes nearby), ``footprint`` (no storeys known anywhere), ``by_dwellings`` (a point with a
    number of dwellings) or ``equal_building`` (a point of which nothing is known).
    """

    weight: Floats
    method: NDArray[np.str_]
    homes: Floats
    """Dwellings that stand for each where none are given: the mean building has one."""


def homes_of(
    buildings: gpd.GeoDataFrame,
    *,
    grounds: gpd.GeoDataFrame | None = None,
    name: str = "buildings",
) -> Homes:
    """Tell homes from other buildings and read how many storeys they have.

    Parameters
    ----------
    buildings
        Polygons or points in metres; tags and columns as the file has them.
    grounds
        Polygons of places such as schools: a building on one that does not say what it is is no
        home.
    name
        Name of the layer for the findings.

    Examples
    --------
    >>> shapes = [shapely.box(20 * i, 0, 20 * i + 10, 10) for i in range(3)]
    >>> kinds = ["residential", "garage", "yes"]
    >>> layer = gpd.GeoDataFrame({"building": kinds, "levels": ["2;3", "1", None]},
    ...                          geometry=shapes, crs="EPSG:4548")
    >>> homes = homes_of(layer)
    >>> homes.buildings["storeys"].tolist(), homes.others["kind"]
    ([2.5, nan], 1)
    """
    rules = load_toml("rules/buildings.toml")
    storeys, unread = _storeys(buildings, rules["storeys"])
    reason = _reasons(buildings, storeys, grounds=grounds)
    home = reason == ""
    kept = {column: numbers(buildings, column)[home] for column in _KEPT if column in buildings}
    frame = gpd.GeoDataFrame(
        {"storeys": storeys[home], **kept},
        geometry=np.asarray(buildings.geometry.array)[home],
        crs=buildings.crs,
    )
    others = {each: int((reason == each).sum()) for each in REASONS}
    findings = []
    if not home.all():
        detail = {**others, "count": int((~home).sum()), "of": len(buildings), **_limits()}
        findings.append(Finding("BUILDINGS_NO_HOMES", name, detail=detail))
    if unread:
        shown = enumerated(unread[:_QUOTED]) + ("…" if len(unread) > _QUOTED else "")
        detail = {"count": len(unread), "values": shown}
        findings.append(Finding("STOREYS_UNREAD", name, detail=detail))
    return Homes(frame, others, tuple(findings))


def weights_of(homes: gpd.GeoDataFrame) -> Weights:
    """Weigh homes by their floor area, as far as it is known or can be inferred.

    Unknown storeys are those of like homes nearby (`storeys_like_nearby`); where none are known at
    all the footprint counts.  A point with ``dwellings`` counts 90 m2 for each of them; of other
    points every one has the mean footprint.  A home drawn in pieces weighs what it weighs in one.

    Examples
    --------
    Two storeys of 100 m2 and one of 50 m2:

    >>> import geopandas as gpd, shapely
    >>> shapes = [shapely.box(0, 0, 10, 10), shapely.box(20, 0, 25, 10)]
    >>> homes = gpd.GeoDataFrame({"storeys": [2.0, 1.0]}, geometry=shapes, crs=4548)
    >>> weights_of(homes).weight.tolist()
    [200.0, 50.0]
    """
    shapes = np.asarray(homes.geometry.array)
    footprint_m2, floor_m2 = shapely.area(shapes), numbers(homes, "floor_area_m2")
    storeys, dwellings = numbers(homes, "storeys"), numbers(homes, "dwellings")
    storeys = np.where(storeys > 0, storeys, np.nan)
    block = blocks_of(shapes, pd.factorize(storeys, use_na_sentinel=False)[0])
    sized = footprint_m2 > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        of_floor = np.where(sized & (floor_m2 > 0), floor_m2 / footprint_m2, np.nan)
    known = np.where(np.isfinite(of_floor), of_floor, storeys)
    near = storeys_like_nearby(shapes, known)
    some = bool(np.isfinite(near).any())
    mean_m2 = footprint_m2[sized].sum() / max(len(np.unique(block[sized])), 1) if sized.any() else 1
    weight = np.where(sized, footprint_m2, mean_m2) * (near if some else 1.0)
    method = np.where(np.isfinite(known), "floor_area", "storeys_nearby" if some else "footprint")
    method = np.where(~sized & ~np.isfinite(known), "equal_building", method)
    by_flats = ~sized & (dwellings > 0)
    per_m2 = load_toml("rules/buildings.toml")["dwelling"]["floor_m2"]["value"]
    weight = np.where(by_flats, np.nan_to_num(dwellings) * per_m2, weight)
    method = np.where(by_flats, "by_dwellings", method)
    blocks = len(np.unique(block))
    return Weights(weight, method, weight / weight.sum() * blocks if len(weight) else weight)


def _reasons(
    buildings: gpd.GeoDataFrame, storeys: Floats, *, grounds: gpd.GeoDataFrame | None
) -> NDArray[np.str_]:
    """Return why each building is no home; empty for homes."""
    rules = load_toml("rules/buildings.toml")
    home, other = _by_kind(buildings, rules["kind"])
    reason = np.where(other, "kind", "").astype("<U8")
    open_ = ~home & ~other
    for column in _columns(buildings, rules["use"]["columns"]):
        used = buildings[column].notna() & ~buildings[column].isin(rules["use"]["no"])
        reason[open_ & used.to_numpy(dtype=bool)] = "use"
    reason[open_ & (reason == "") & _on(buildings, grounds)] = "ground"
    names = buildings["name"] if "name" in buildings else pd.Series(None, buildings.index)
    at_home = _says(names, rules["name"]["homes_text"])
    reason[open_ & (reason == "") & ~at_home & _says(names, rules["name"]["others_text"])] = "name"
    open_ &= (reason == "") & ~at_home
    small, large = _sizes(buildings, storeys)
    reason[open_ & small] = "small"
    reason[open_ & large] = "large"
    return reason


def _by_kind(buildings: gpd.GeoDataFrame, rules: dict[str, Any]) -> tuple[Flags, Flags]:
    """Say which buildings are homes and which are not, by the first column that decides."""
    home = np.zeros(len(buildings), dtype=bool)
    other = home.copy()
    sets = {key: {plain(word) for word in rules[key]} for key in ("homes", "others", "unsure")}
    for column in _columns(buildings, rules["columns"]):
        codes, values = pd.factorize(buildings[column].astype(object))
        verdict = np.array([*(_verdict(str(v), sets, rules) for v in values), 0])[codes]
        left = ~home & ~other
        home |= left & (verdict > 0)
        other |= left & (verdict < 0)
    return home, other


def _verdict(value: str, sets: dict[str, set[str]], rules: dict[str, Any]) -> int:
    """Return 1 for a word of homes, -1 for one of other buildings, 0 where it does not say."""
    word = plain(value)
    if word in sets["homes"] or word in sets["others"] or word in sets["unsure"]:
        return (word in sets["homes"]) - (word in sets["others"])
    no_home = re.search(rules["never_text"], value) is not None
    if not no_home and re.search(rules["homes_text"], value):
        return 1
    return -1 if no_home or re.search(rules["others_text"], value) else 0


def _sizes(buildings: gpd.GeoDataFrame, storeys: Floats) -> tuple[Flags, Flags]:
    """Say which buildings are smaller than any home, and which so large and low as no home is."""
    limits = {key: rule["value"] for key, rule in load_toml("rules/buildings.toml")["size"].items()}
    shapes = np.asarray(buildings.geometry.array)
    area_m2 = shapely.area(shapes)
    large = (area_m2 > limits["most_m2"]) & ~(storeys > limits["most_storeys"])
    small = (area_m2 > 0) & (area_m2 < limits["least_m2"])
    if small.any():
        # A home may be drawn in pieces: what touches a small piece and is alike belongs to it.
        block = blocks_of(shapes, pd.factorize(storeys, use_na_sentinel=False)[0])
        small &= ground_m2(shapes, block)[block] < limits["least_m2"]
    return small, large


def _storeys(buildings: gpd.GeoDataFrame, rules: dict[str, Any]) -> tuple[Floats, list[str]]:
    """Return storeys by the columns that tell them, else by heights, and cells that say nothing."""
    storeys = np.full(len(buildings), np.nan)
    unread: list[str] = []
    readers: list[tuple[Sequence[str], Callable[[Sequence[object]], Floats]]] = [
        (rules["columns"], storeys_of),
        (rules["height_columns"], storeys_of_heights),
    ]
    for columns, read in readers:
        for column in _columns(buildings, columns):
            cells = buildings[column].astype(object)
            found = read(cells.tolist())
            storeys = np.where(np.isfinite(storeys), storeys, found)
            lost = cells.notna().to_numpy() & ~np.isfinite(storeys)
            unread += [str(cell) for cell in cells[lost]]
    return storeys, sorted(set(unread))


def _columns(frame: gpd.GeoDataFrame, wanted: Sequence[str]) -> list[str]:
    """Return the columns of a frame that are called as wanted, in the order of the wanted."""
    called: dict[str, str] = {}
    for column in frame.columns:
        if column != frame.geometry.name:
            called.setdefault(plain(str(column)), str(column))
    return [called[plain(word)] for word in wanted if plain(word) in called]


def _on(buildings: gpd.GeoDataFrame, grounds: gpd.GeoDataFrame | None) -> Flags:
    """Say which buildings stand on one of the grounds."""
    on = np.zeros(len(buildings), dtype=bool)
    if grounds is not None and len(grounds):
        areas: Objects = grounds.geometry[grounds.geom_type != "Point"].to_numpy()
        on[buildings.sindex.query(areas, predicate="intersects")[1]] = True
    return on


def _says(names: pd.Series[Any], pattern: str) -> Flags:
    """Say in which names a pattern is found."""
    found = [re.search(pattern, name) is not None if isinstance(name, str) else False
             for name in names]  # fmt: skip
    return np.array(found, dtype=bool)


def _limits() -> dict[str, str]:
    size = load_toml("rules/buildings.toml")["size"]
    return {
        "least_m2": f"{size['least_m2']['value']:g}",
        "most_m2": f"{size['most_m2']['value']:,g}",
    }
