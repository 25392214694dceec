"""Which ways of a file may people walk on, and what was left out?

Streets come from OSM files (`geo.osm.reading`) or road layers (`geo.osm.road_layers`); both are
judged here by the rule in ``data/rules/streets.toml``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.bundled import load_toml
from geo.findings import Finding, InputRefused
from geo.osm import tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from geo.arrays import Flags, Floats, Ints


_EARTH_RADIUS_M = 6_371_008.8
_LISTED_VALUES = 12
_ENDS = 2  # a line has two
_REASON_CHARS = 16
_NO_NAMES = pd.CategoricalDtype(pd.Index([], dtype=object))


@dataclass(frozen=True)
class Streets:
    """Ways that people may walk on, as read: vertices, ways and what was left out.

    Attributes
    ----------
    lonlat
        (k, 2) every vertex used by a kept way, EPSG:4326.
    vertex_id
        (k,) OSM node id, or a running number for road layers.
    vertex_tags
        Only tagged vertices: index = position in `lonlat`, columns = tags kept (categories of
        str; NaN where a vertex lacks the tag).
    way_start
        (n + 1,) offsets into `way_vertices`.
    way_vertices
        Positions in `lonlat`, way after way.
    ways
        n rows: ``way_id`` (int64) and one column per way tag kept (categories of str; NaN where
        a way lacks the tag). A way whose middle is missing has one row per complete run.
    dropped
        ``reason``, ``ways`` (int), ``length_m`` (float): what was left out.
    findings
        Remarks about the input.
    nodes_rejected
        Nodes of the file that were set aside (``NODE_INVALID``).
    inner
        Private ways (``access=private``) that those who live there walk; None where there are
        none.  They are counted in `dropped`: nobody else walks them.
    ways_across
        Rows at the end of `ways` that no file holds: straight ways across squares.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from geo.osm import streets_from_frame
    >>> lines = [shapely.LineString([(117, 39), (117.01, 39), (117.01, 39.01)])]
    >>> streets = streets_from_frame(gpd.GeoDataFrame(geometry=lines, crs=4326), name="roads")
    >>> isinstance(streets, Streets), streets.lonlat.shape, streets.way_start.tolist()
    (True, (3, 2), [0, 3])
    """

    lonlat: Floats
    vertex_id: Ints
    vertex_tags: pd.DataFrame
    way_start: Ints
    way_vertices: NDArray[np.int32]
    ways: pd.DataFrame
    dropped: pd.DataFrame
    findings: tuple[Finding, ...]
    nodes_rejected: int = 0
    inner: Streets | None = None
    ways_across: int = 0


@dataclass(frozen=True)
class Tagged:
    """Things with tags, as a reader found them.

    Attributes
    ----------
    id
        (n,) OSM id, or the row number of a layer.
    codes
        Tag -> (n,) position of the value in `names`, -1 where the tag is absent.
    names
        Tag -> its values, sorted.
    """

    id: Ints
    codes: Mapping[str, NDArray[np.int32]]
    names: Mapping[str, list[str]]


@dataclass(frozen=True)
class RawWays:
    """Ways as a reader found them, walkable or not.

    Attributes
    ----------
    ways
        Ids and tags of n ways.
    size
        (n,) vertices of each way.
    vertex
        (sum of size,) id of each vertex, way after way.
    lonlat
        (sum of size, 2) its place; NaN where the file lacks it.
    """

    ways: Tagged
    size: Ints
    vertex: Ints
    lonlat: Floats


def select_walkable(
    raw: RawWays,
    *,
    name: str,
    nodes: Tagged | None = None,
    findings: Sequence[Finding] = (),
    dropped: Mapping[str, tuple[int, float]] | None = None,
    remark: str | None = None,
) -> Streets:
    """Keep the ways that people may walk on, and account for the others.

    Parameters
    ----------
    raw
        All ways of the file.
    name
        How messages call the file.
    nodes
        Tagged nodes of the file; those on kept ways become ``vertex_tags``.
    findings, dropped
        What the reader remarked and left out already (reason -> ways, metres).
    remark
        What the server that made the file said went wrong.

    Raises
    ------
    InputRefused
        ``NETWORK_EMPTY``, ``WAYS_LOST``.
    """
    way = np.repeat(np.arange(len(raw.size)), raw.size)
    reason = _why_not(raw.ways)
    inner = _inner(raw, nodes, way, private=reason == "private")
    walkable = reason == ""
    at, run, doubled = _complete_runs(raw, way, walkable[way])
    missing = np.bincount(way, weights=np.isnan(raw.lonlat[:, 0]), minlength=len(raw.size)) > 0
    torn = walkable & (missing | (raw.size < _ENDS))
    lost = walkable & ~np.isin(np.arange(len(raw.size)), way[at])
    reason[lost] = np.where(torn[lost], "incomplete", "zero_length")
    if not at.size:
        column = None if remark is None else "remark"
        empty = Finding("NETWORK_EMPTY", name, column=column, value=remark)
        raise InputRefused(empty, *findings)
    most = load_toml("rules/streets.toml")["file"]["most_ways_lost"] * np.count_nonzero(walkable)
    if np.count_nonzero(missing & lost) > most:
        detail = {"of": int(walkable.sum()), "lost": int((missing & lost).sum())}
        raise InputRefused(Finding("WAYS_LOST", name, detail=detail), *findings)
    said = list(findings)
    if remark is not None:
        said.append(Finding("OSM_REMARK", name, column="remark", value=remark))
    if torn.any():
        detail = {"ways": int(torn.sum()), "lost": int((torn & lost).sum())}
        said.append(Finding("WAY_INCOMPLETE", name, detail=detail))
    if doubled:
        said.append(Finding("EDGE_ZERO", name, detail={"count": doubled}))
    size = np.bincount(run)
    kept = take(raw.ways, way[at[np.cumsum(size) - 1]])
    left_out = _left_out(reason, _length_m(raw, way, of=reason != ""), dropped or {})
    streets = _numbered(raw, nodes, at, ways=(kept, size), dropped=left_out)
    return replace(streets, findings=(*said, *_unread_numbers(kept, name=name)), inner=inner)


def _inner(raw: RawWays, nodes: Tagged | None, way: Ints, *, private: Flags) -> Streets | None:
    """Return the private ways on which people live."""
    rule = load_toml("rules/streets.toml")["inner"]
    wanted = private & one_of(raw.ways, "access", rule["access"])
    wanted &= one_of(raw.ways, "highway", rule["highway"])
    at, run, _ = _complete_runs(raw, way, wanted[way])
    if not at.size:
        return None
    size = np.bincount(run)
    kept = take(raw.ways, way[at[np.cumsum(size) - 1]])
    nothing = _left_out(np.full(len(raw.size), "", dtype=str), np.zeros(len(raw.size)), {})
    return _numbered(raw, nodes, at, ways=(kept, size), dropped=nothing)


def _numbered(
    raw: RawWays,
    nodes: Tagged | None,
    at: Ints,
    *,
    ways: tuple[Tagged, Ints],
    dropped: pd.DataFrame,
) -> Streets:
    """Return some ways with their vertices numbered; `ways`: tags, and how many vertices each."""
    kept, size = ways
    vertex_id, first, position = np.unique(raw.vertex[at], return_index=True, return_inverse=True)
    return Streets(
        lonlat=raw.lonlat[at[first]],
        vertex_id=vertex_id,
        vertex_tags=_vertex_tags(nodes, vertex_id),
        way_start=np.concatenate([[0], np.cumsum(size)]),
        way_vertices=position.astype(np.int32),
        ways=pd.DataFrame({"way_id": kept.id, **_columns(kept)}, copy=False),
        dropped=dropped,
        findings=(),
    )


def coded(
    number: Ints, wanted: Sequence[str], pairs: Mapping[tuple[str, str], Sequence[int]]
) -> Tagged:
    """Put the tags of things into columns.

    Parameters
    ----------
    number
        Id of each thing.
    wanted
        Tags that become columns.
    pairs
        (tag, value) -> the things (their positions in `number`) that carry it.
    """
    nobody = np.full(len(number), -1, dtype=np.int32)
    codes: dict[str, NDArray[np.int32]] = dict.fromkeys(wanted, nobody)
    names: dict[str, list[str]] = {tag: [] for tag in wanted}
    for tag, value in sorted(pairs):
        if codes[tag] is nobody:
            codes[tag] = nobody.copy()
        codes[tag][pairs[tag, value]] = len(names[tag])
        names[tag].append(value)
    return Tagged(number, codes, names)


def _why_not(ways: Tagged) -> NDArray[np.str_]:
    """Return for each way why nobody may walk on it, or an empty text."""
    rule = load_toml("rules/streets.toml")["walkable"]
    motorway = one_of(ways, "highway", rule["motorway"])
    others = one_of(ways, "highway", rule["only_with_foot"])
    untyped = ways.codes["highway"] < 0
    street = one_of(ways, "highway", rule["street"]) | motorway | others | untyped
    closed = [one_of(ways, tag, rule["out_of_use_yes"]) for tag in rule["out_of_use"]]
    climbing = [one_of(ways, tag, values) for tag, values in rule["impassable"].items()]
    tests = {
        "not_street": ~street | np.any(closed, axis=0),
        "impassable": np.any(climbing, axis=0),
        "": one_of(ways, "foot", rule["foot_yes"]),
        "no_foot": one_of(ways, "foot", rule["foot_no"]),
        "motorway": motorway | one_of(ways, "motorroad", rule["motorroad_yes"]),
        "private": one_of(ways, "access", rule["access_no"]),
        "not_walkable": others,
    }
    return np.select(list(tests.values()), list(tests), default="").astype(f"<U{_REASON_CHARS}")


def one_of(things: Tagged, tag: str, wanted: Sequence[str]) -> Flags:
    """Say which things carry a tag with one of some values."""
    hit = [name in wanted for name in things.names[tag]]
    return np.array([*hit, False])[things.codes[tag]]  # the last one answers for code -1


def _complete_runs(raw: RawWays, way: Ints, keep: Flags) -> tuple[Ints, Ints, int]:
    """Cut ways where vertices are missing and leave out a vertex that follows itself.

    Returns the positions of the vertices that stay, the number of the run of each (0, 1, ...),
    and how many vertices were doubled.
    """
    at = np.flatnonzero(keep & ~np.isnan(raw.lonlat[:, 0]))
    begins = (np.diff(at, prepend=-2) != 1) | (np.diff(way[at], prepend=-1) != 0)
    run = np.cumsum(begins) - 1
    again = ~begins & (np.diff(raw.vertex[at], prepend=0) == 0)
    at, run = at[~again], run[~again]
    long = np.bincount(run, minlength=1) >= _ENDS
    stays = long[run]
    return at[stays], (np.cumsum(long) - 1)[run[stays]], int(again.sum())


def _length_m(raw: RawWays, way: Ints, *, of: Flags) -> Floats:
    """Return the length on the sphere of some ways (of others 0); missing parts count nothing."""
    way, lonlat = way[of[way]], raw.lonlat[of[way]]
    lon, lat = np.radians(lonlat.T)
    half = np.sin(np.diff(lat) / 2) ** 2
    half += np.cos(lat[:-1]) * np.cos(lat[1:]) * np.sin(np.diff(lon) / 2) ** 2
    step = 2 * _EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    step = np.where(way[:-1] == way[1:], np.nan_to_num(step), 0.0)
    return np.bincount(way[:-1], weights=step, minlength=len(raw.size)).astype(np.float64)


def _left_out(
    reason: NDArray[np.str_], length_m: Floats, dropped: Mapping[str, tuple[int, float]]
) -> pd.DataFrame:
    """Return the table of what was left out, in the order of the rules' reasons."""
    rows = []
    for name in load_toml("rules/streets.toml")["reasons"]:
        ways, metres = dropped.get(name, (0, 0.0))
        of_reason = reason == name
        ways += int(of_reason.sum())
        if ways:
            rows.append((name, ways, metres + float(length_m[of_reason].sum())))
    reasons, ways_of, metres_of = zip(*rows, strict=True) if rows else ((), (), ())
    return pd.DataFrame(
        {
            "reason": pd.Series(reasons, dtype="str"),
            "ways": np.array(ways_of, dtype=np.int64),
            "length_m": np.array(metres_of, dtype=np.float64),
        }
    )


def _columns(things: Tagged) -> dict[str, pd.Categorical]:
    """Return the tags as categories; tags that nothing carries share one column."""
    nobody = pd.Categorical.from_codes(
        np.full(len(things.id), -1, np.int8), dtype=_NO_NAMES, validate=False
    )
    columns = dict.fromkeys(things.codes, nobody)
    for tag, names in things.names.items():
        if names:
            dtype = pd.CategoricalDtype(pd.Index(names, dtype=object))
            columns[tag] = pd.Categorical.from_codes(things.codes[tag], dtype=dtype, validate=False)
    return columns


def _vertex_tags(nodes: Tagged | None, vertex_id: Ints) -> pd.DataFrame:
    """Return the tags of those nodes that are vertices, by position."""
    if nodes is None:
        nodes = coded(np.empty(0, np.int64), load_toml("rules/streets.toml")["node"]["tags"], {})
    place = np.minimum(np.searchsorted(vertex_id, nodes.id), len(vertex_id) - 1)
    used = np.flatnonzero(vertex_id[place] == nodes.id)
    used = used[np.argsort(place[used], kind="stable")]
    columns = _columns(take(nodes, used))
    return pd.DataFrame(columns, index=pd.Index(place[used], dtype=np.int64), copy=False)


def _unread_numbers(ways: Tagged, *, name: str) -> Iterable[Finding]:
    """List the values of maxspeed, lanes and widths that are no numbers: they are unknown."""
    for tag, read in tags.NUMBERS.items():
        counts = np.bincount(ways.codes[tag] + 1, minlength=len(ways.names[tag]) + 1)[1:]
        values = {
            value: int(count)
            for value, count in zip(ways.names[tag], counts, strict=True)
            if count and read(value) is None
        }
        if values:
            some = [f"{value!r}" for value in list(values)[:_LISTED_VALUES]]
            text = ", ".join(some) + (" …" if len(values) > len(some) else "")
            detail = {"ways": sum(values.values()), "values": text}
            yield Finding("TAG_UNPARSED", name, column=tag, detail=detail)


def take(things: Tagged, rows: Ints) -> Tagged:
    """Return some things."""
    codes = {tag: column[rows] for tag, column in things.codes.items()}
    return Tagged(things.id[rows], codes, things.names)
