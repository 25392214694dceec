"""What does a straight link between two streets cross, and what would have to be built there?

Buildings and raised streets stop a link.  Water, railways and busy streets ask for a footbridge, a
wall or the boundary of closed grounds for a gate.  The lists stand in ``data/rules/links.toml``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from geo.bundled import load_toml
from geo.findings import Finding
from geo.osm import has_tag
from geo.words import Text, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from geo.arrays import Flags, Objects
    from geo.walk import WalkNetwork
    from geo.words import Lang


NEVER, FOOTBRIDGE, GATE, FOOTPATH = "never", "footbridge", "gate", "footpath"
STREET, OVERHEAD = "street", "overhead"
_RANK = (FOOTPATH, GATE, FOOTBRIDGE, NEVER)
_AREA = 2
_TOUCH_M = 0.05


@dataclass(frozen=True, eq=False)
class Met:
    """What lines meet.

    Attributes
    ----------
    kind
        Of each line: footpath | gate | footbridge | never.
    crosses
        Of each line: ids of the obstacles, separated by ``;``.
    """

    kind: Objects
    crosses: Objects


def obstacles_osm_wanted() -> dict[str, Any]:
    """Return what to take from the streets' OSM file, for `features_from_osm`.

    Examples
    --------
    >>> all(isinstance(filters, list) for filters in obstacles_osm_wanted().values())
    True
    """
    rows = load_toml("rules/links.toml")["obstacle"]
    return {name: row["osm"] for name, row in rows.items() if "osm" in row}


def obstacles_of(
    layers: Mapping[str, gpd.GeoDataFrame],
    facilities: gpd.GeoDataFrame,
    *,
    features: gpd.GeoDataFrame | None = None,
) -> dict[str, gpd.GeoDataFrame]:
    """Put together what may stand between two streets.

    Parameters
    ----------
    layers
        ``water``, ``railway`` and ``barriers`` of `analyses.streets.official`, those that there
        are.
    facilities
        ``kind`` and shapes; the areas of closed kinds are grounds.
    features
        What `obstacles_osm_wanted` found (column ``layer``), in the CRS of the layers.

    Returns
    -------
    dict
        Obstacle of ``data/rules/links.toml`` -> its shapes.  One that is not known is left out.

    Examples
    --------
    >>> import yimi
    >>> city = yimi.load(yimi.demo).city
    >>> {"railway", "water"} <= set(obstacles_of(city.layers, city.facilities))
    True
    """
    rules = load_toml("rules/links.toml")
    found: dict[str, gpd.GeoDataFrame] = {}
    for name, row in rules["obstacle"].items():
        if row.get("layer") in layers:
            found[name] = _on_the_ground(layers[row["layer"]], row, no=rules["tags"]["no"])
        elif "kinds" in row:
            is_area = shapely.get_dimensions(np.asarray(facilities.geometry.array)) == _AREA
            found[name] = facilities[is_area & facilities["kind"].isin(row["kinds"])]
        elif "osm" in row and features is not None:
            found[name] = features[features["layer"] == name]
    return found


def unseen(blocked: Mapping[str, gpd.GeoDataFrame]) -> tuple[Finding, ...]:
    """Say which obstacles are not known.

    Examples
    --------
    >>> len(unseen({})), {finding.code for finding in unseen({})}
    (6, {'LINKS_UNSEEN'})
    """
    rows = load_toml("rules/links.toml")["obstacle"]
    missing = [row for name, row in rows.items() if name not in {*blocked, STREET, OVERHEAD}]
    return tuple(
        Finding("LINKS_UNSEEN", "links", detail={"layer": Text.of(row)}) for row in missing
    )


def levels(network: WalkNetwork) -> NDArray[np.int64]:
    """Return each edge's level: 1 above the ground (bridges), -1 below it (tunnels), else 0."""
    no = load_toml("rules/links.toml")["tags"]["no"]
    layer = np.zeros(len(network.edges))
    if "layer" in network.edges:
        texts = network.edges["layer"].astype(object)
        layer = pd.to_numeric(texts, errors="coerce").fillna(0.0).to_numpy(dtype=np.float64)
    above = has_tag(network.edges, ["bridge"], no=no) | (layer > 0)
    below = has_tag(network.edges, ["tunnel"], no=no) | (layer < 0)
    return np.where(above, 1, np.where(below, -1, 0))


def met(lines: Objects, network: WalkNetwork, blocked: Mapping[str, gpd.GeoDataFrame]) -> Met:
    """Say what each line meets, and what would have to be built.

    Parameters
    ----------
    lines
        LineStrings of two points, both on streets.
    network
        The streets.  A street below the ground is no obstacle, a raised one ends the link.
    blocked
        From `obstacles_of`.
    """
    rules = load_toml("rules/links.toml")["obstacle"]
    rank = np.zeros(len(lines), dtype=np.int64)
    names: list[tuple[str, Flags]] = []
    for name, row in rules.items():
        if name in blocked:
            shapes = np.asarray(blocked[name].geometry.array, dtype=object)
            names.append((name, _meets(lines, shapes, measured=row["measured"])))
    level = levels(network)
    inner = _shortened(lines)
    busy = (level == 0) & ~network.edges["highway"].isin(rules[STREET]["at_grade"]).to_numpy(bool)
    for name, edges in ((STREET, busy), (OVERHEAD, level > 0)):
        streets = network.tree.geometries[np.flatnonzero(edges)]
        names.append((name, _meets(inner, streets, measured="line")))
    for name, hit in names:
        np.maximum(rank, hit * _RANK.index(rules[name]["effect"]), out=rank)
    crosses = np.array([""] * len(lines), dtype=object)
    for name, hit in names:
        crosses[hit] = np.where(crosses[hit] == "", name, crosses[hit] + ";" + name)
    return Met(np.array(_RANK, dtype=object)[rank], crosses)


def names_of(crosses: str, lang: Lang) -> str:
    """Return the obstacles of `Met.crosses` in words.

    Examples
    --------
    >>> names_of("railway", "en"), names_of("railway", "zh")
    ('railway', '铁路')
    """
    rows = load_toml("rules/links.toml")["obstacle"]
    joined = text("links/list/joined")[lang]
    return joined.join(Text.of(rows[name])[lang] for name in crosses.split(";") if name)


def _meets(lines: Objects, shapes: Objects, *, measured: str) -> Flags:
    """Say which lines meet a shape: the inside of an area, or any part of a line."""
    if measured == "line":
        areas = shapely.get_dimensions(shapes) == _AREA
        shapes = np.where(areas, shapely.boundary(shapes), shapes)
    number, shape = shapely.STRtree(shapes).query(lines, predicate="intersects")
    inside = shapely.get_dimensions(shapes[shape]) == _AREA
    common = shapely.length(shapely.intersection(lines[number[inside]], shapes[shape[inside]]))
    hit = np.zeros(len(lines), dtype=bool)
    hit[number[~inside]] = True
    hit[number[inside][common > _TOUCH_M]] = True
    return hit


def _shortened(lines: Objects) -> Objects:
    """Take a little off both ends, so that the streets that a line starts on are not crossed."""
    ends = shapely.get_coordinates(lines).reshape(-1, 2, 2)
    step = ends[:, 1] - ends[:, 0]
    step *= (_TOUCH_M / np.maximum(np.hypot(*step.T), 2 * _TOUCH_M))[:, None]
    return np.asarray(
        shapely.linestrings(np.stack([ends[:, 0] + step, ends[:, 1] - step], axis=1)), dtype=object
    )


def _on_the_ground(
    frame: gpd.GeoDataFrame, row: Mapping[str, Any], *, no: Sequence[str]
) -> gpd.GeoDataFrame:
    """Return the rows that are wanted and are neither above nor below the ground."""
    keep = ~has_tag(frame, row.get("without", []), no=no)
    for column, values in row.get("only", {}).items():
        keep &= frame[column].isin(values).to_numpy(dtype=bool)
    keep &= shapely.get_dimensions(np.asarray(frame.geometry.array)) > 0
    return frame[keep]
