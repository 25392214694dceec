"""How does one walk across a square: straight over it, not round it?

Areas that are walked on (streets with ``area=yes``, squares, car parks on the ground) get straight
ways between the places where streets reach them, as far as these see one another; where a corner
stands in between, the way leads over that corner.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from geo.bundled import load_toml
from geo.osm.streets import RawWays, Tagged, one_of, take

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from geo.arrays import Flags, Floats, Ints
    from geo.osm.streets import Streets

_NO_NAMES = pd.CategoricalDtype(pd.Index([], dtype=object))
_ENDS = 2  # a way has two
_RING = 4  # vertices of the smallest closed line


class Ground(NamedTuple):
    """An area that is walked on.

    Attributes
    ----------
    way_id
        Its OSM id.
    vertex, lonlat
        (k,), (k, 2) its ring, closed: ids and places of the vertices.
    tags
        Tags of the ways across.
    row
        Row of the ring among the streets; -1 where it is no street.
    """

    way_id: int
    vertex: Ints
    lonlat: Floats
    tags: Mapping[str, str]
    row: int


class _Across(NamedTuple):
    """Ways across one ground: (w, 2) rows of `vertex`, the vertices that they use."""

    pairs: Ints
    vertex: Ints
    lonlat: Floats


def with_ways_across(streets: Streets, grounds: Sequence[Ground]) -> Streets:
    """Add straight ways across the squares among the streets, and across other grounds.

    Returns
    -------
    Streets
        The same with further rows of `ways`, two vertices each, that have the area's ``way_id``.
    """
    every = [*_squares_among(streets), *grounds]
    if not every:
        return streets
    met = _met(streets)
    at = streets.lonlat[met]
    uses = np.bincount(streets.way_vertices, minlength=len(streets.lonlat))
    added = []
    for ground in every:
        low, high = ground.lonlat.min(axis=0), ground.lonlat.max(axis=0)
        near = met[((at > low) & (at < high)).all(axis=1)]
        across = _across(streets, ground, near=near, uses=uses)
        if len(across.pairs):
            added.append((ground, across))
    return _with_rows(streets, added) if added else streets


def ground_tags() -> list[str]:
    """Return the tags by which grounds are known that are no streets."""
    kinds = load_toml("rules/streets.toml")["ground"]["kinds"]
    keys = [key for kind in kinds for key in (kind["key"], *kind.get("without", ()))]
    known = load_toml("rules/streets.toml")["way"]["tags"]
    return [key for key in dict.fromkeys(keys) if key not in known]


def without_grounds(raw: RawWays) -> tuple[RawWays, list[Ground]]:
    """Part ways that are streets from closed ways that are grounds."""
    street = raw.ways.codes["highway"] >= 0
    way = np.repeat(np.arange(len(raw.size)), raw.size)
    kept = Tagged(
        raw.ways.id, {t: c for t, c in raw.ways.codes.items() if t not in ground_tags()},
        {t: n for t, n in raw.ways.names.items() if t not in ground_tags()},
    )  # fmt: skip
    if street.all():
        return replace(raw, ways=kept), []
    grounds = list(_grounds(raw, ~street))
    at = street[way]
    streets = RawWays(
        take(kept, np.flatnonzero(street)), raw.size[street], raw.vertex[at], raw.lonlat[at]
    )
    return streets, grounds


def _grounds(raw: RawWays, rows: Flags) -> Iterator[Ground]:
    """Return the closed ones of some ways that may be walked across."""
    start = np.concatenate([[0], np.cumsum(raw.size)])
    for kind in load_toml("rules/streets.toml")["ground"]["kinds"]:
        fits = rows & one_of(raw.ways, kind["key"], kind["values"])
        for tag, values in kind.get("without", {}).items():
            fits &= ~one_of(raw.ways, tag, values)
        for row in np.flatnonzero(fits).tolist():
            at = slice(start[row], start[row + 1])
            vertex, lonlat = raw.vertex[at], raw.lonlat[at]
            if len(vertex) >= _RING and vertex[0] == vertex[-1] and np.isfinite(lonlat).all():
                yield Ground(int(raw.ways.id[row]), vertex, lonlat, kind["tags"], -1)


def _squares_among(streets: Streets) -> Iterator[Ground]:
    """Return closed streets that are areas."""
    rule = load_toml("rules/streets.toml")["ground"]
    if "area" not in streets.ways:
        return
    first, last = streets.way_start[:-1], streets.way_start[1:] - 1
    closed = streets.way_vertices[first] == streets.way_vertices[last]
    closed &= last - first + 1 >= _RING
    for row in np.flatnonzero(closed & streets.ways["area"].isin(rule["yes"]).to_numpy()).tolist():
        at = streets.way_vertices[first[row] : last[row] + 1]
        way_id = int(streets.ways["way_id"].iloc[row])
        yield Ground(way_id, streets.vertex_id[at], streets.lonlat[at], {}, row)


def _met(streets: Streets) -> Ints:
    """Return the vertices at which ways end or meet."""
    uses = np.bincount(streets.way_vertices, minlength=len(streets.lonlat))
    uses[streets.way_vertices[streets.way_start[:-1]]] += 1
    uses[streets.way_vertices[streets.way_start[1:] - 1]] += 1
    return np.flatnonzero(uses > 1)


def _across(streets: Streets, ground: Ground, *, near: Ints, uses: Ints) -> _Across:
    """Return the straight ways between the places where streets reach a ground.

    ``near`` are those at which streets meet or end, perhaps within it.
    """
    rule = load_toml("rules/streets.toml")["ground"]
    ring_id, ring = ground.vertex[:-1], ground.lonlat[:-1]
    place = np.minimum(np.searchsorted(streets.vertex_id, ring_id), len(streets.vertex_id) - 1)
    own = (1 + (np.arange(len(ring)) == 0)) * (ground.row >= 0)  # a ring ends where it begins
    reached = (streets.vertex_id[place] == ring_id) & (uses[place] > own)
    shape = shapely.Polygon(ground.lonlat)
    if np.count_nonzero(reached) + len(near) < _ENDS or not shape.is_valid:
        return _Across(np.empty((0, _ENDS), np.int64), ring_id[:0], ring[:0])
    gates = _spread(np.flatnonzero(reached), rule["gates"])
    near = near[~np.isin(near, place)]
    inside = near[shapely.contains_xy(shape, streets.lonlat[near])]
    inner = _spread(inside, rule["gates"] - len(gates))
    vertex = np.concatenate([ring_id[gates], streets.vertex_id[inner]])
    lonlat = np.concatenate([ring[gates], streets.lonlat[inner]])
    inward = np.flatnonzero(_inward(ring))
    seen = _seen(shape, lonlat) if len(inward) else np.triu(np.ones((len(vertex),) * 2, bool), 1)
    if np.count_nonzero(seen) < len(vertex) * (len(vertex) - 1) / 2:
        corners = _spread(np.setdiff1d(inward, gates), rule["corners"])
        vertex = np.concatenate([vertex, ring_id[corners]])
        lonlat = np.concatenate([lonlat, ring[corners]])
        seen = _seen(shape, lonlat)
    pairs = np.column_stack(np.nonzero(_without_detours(seen, lonlat, rule["detour"])))
    return _Across(pairs.astype(np.int64), vertex, lonlat)


def _seen(shape: shapely.Polygon, lonlat: Floats) -> Flags:
    """Say which places see one another across a ground: (n, n), each pair once."""
    one, other = np.nonzero(np.triu(np.ones((len(lonlat),) * 2, dtype=bool), 1))
    shapely.prepare(shape)
    lines = shapely.linestrings(np.stack([lonlat[one], lonlat[other]], axis=1))
    seen = np.zeros((len(lonlat), len(lonlat)), dtype=bool)
    seen[one, other] = shapely.covers(shape, lines)
    return seen


def _without_detours(seen: Flags, lonlat: Floats, detour: float) -> Flags:
    """Leave out pairs between which a third place is hardly out of the way."""
    xy = lonlat * [np.cos(np.radians(lonlat[:, 1].mean())), 1.0] if len(lonlat) else lonlat
    away = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    step = np.where(seen | seen.T, away, np.inf)
    through = (step[:, :, None] + step[None, :, :]).min(axis=1, initial=np.inf)  # (n, via, n)
    direct: Flags = seen & (through > detour * away)
    return direct


def _spread(rows: Ints, most: int) -> Ints:
    """Return at most so many rows, evenly spread."""
    if len(rows) <= most:
        return rows
    return rows[np.unique(np.linspace(0, len(rows) - 1, most).astype(np.int64))]


def _inward(ring: Floats) -> Flags:
    """Say at which vertices of a ring (not closed) its area has a corner that one walks round."""
    before, after = ring - np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0) - ring
    turn = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    x, y = (ring - ring[0]).T
    twice_area = np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)
    inward: Flags = turn * twice_area < 0
    return inward


def _with_rows(streets: Streets, added: Sequence[tuple[Ground, _Across]]) -> Streets:
    """Add ways to streets, and the vertices that they are the first to use."""
    ids = np.concatenate([across.vertex[across.pairs.ravel()] for _, across in added])
    lonlat = np.concatenate([across.lonlat[across.pairs.ravel()] for _, across in added])
    new, first = np.unique(ids, return_index=True)
    fresh = ~np.isin(new, streets.vertex_id)
    vertex_id = np.concatenate([streets.vertex_id, new[fresh]])
    order = np.argsort(vertex_id, kind="stable")
    vertices = order[np.searchsorted(vertex_id, ids, sorter=order)]
    number = np.repeat(np.arange(len(added)), [len(across.pairs) for _, across in added])
    start = streets.way_start[-1] + 2 * np.arange(1, len(number) + 1)
    return replace(
        streets,
        lonlat=np.concatenate([streets.lonlat, lonlat[first[fresh]]]),
        vertex_id=vertex_id,
        way_start=np.concatenate([streets.way_start, start]),
        way_vertices=np.concatenate([streets.way_vertices, vertices.astype(np.int32)]),
        ways=_with_ways(streets.ways, [ground for ground, _ in added], number),
        ways_across=len(number),
    )


def _with_ways(ways: pd.DataFrame, grounds: Sequence[Ground], number: Ints) -> pd.DataFrame:
    """Add the tags of ways across: those of the ring that is a street, or the ground's own."""
    row = np.array([ground.row for ground in grounds])[number]
    way_id = np.array([ground.way_id for ground in grounds])[number]
    nobody = pd.Categorical.from_codes(
        np.full(len(ways) + len(number), -1, np.int8), dtype=_NO_NAMES, validate=False
    )
    columns: dict[str, object] = {"way_id": np.concatenate([ways["way_id"].to_numpy(), way_id])}
    for name in ways.columns.drop("way_id"):
        values = ways[name].array
        own = [ground.tags.get(name) for ground in grounds]
        if not len(values.categories) and not any(own):
            columns[name] = nobody
            continue
        missing = sorted({tag for tag in own if tag is not None} - set(values.categories))
        names = [*values.categories, *missing] if any(own) else []
        code_of = np.array([-1 if tag is None else names.index(tag) for tag in own])
        codes = np.where(row >= 0, values.codes[row], code_of[number])
        whole = np.concatenate([values.codes, codes]).astype(np.int32)
        dtype = pd.CategoricalDtype(pd.Index(names, dtype=object)) if missing else values.dtype
        columns[name] = pd.Categorical.from_codes(whole, dtype=dtype, validate=False)
    return pd.DataFrame(columns, copy=False)
