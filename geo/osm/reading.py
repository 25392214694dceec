"""Which streets does an OSM file hold?

osmium does the reading and the filtering: one pass leaves the highways with their places and the
tagged nodes as plain text, which NumPy takes apart. Nothing is done once per vertex in Python.
"""

from __future__ import annotations

import ctypes
import dataclasses
import io
import re
import shutil
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import osmium
import osmium.filter
import osmium.index
import osmium.io
import osmium.osm
import pandas as pd

from geo.bundled import load_toml
from geo.findings import EnvironmentFault, Finding
from geo.osm.features import features_from_osm
from geo.osm.file import open_osm, osmium_reads
from geo.osm.squares import ground_tags, with_ways_across, without_grounds
from geo.osm.streets import RawWays, Streets, Tagged, coded, select_walkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.osm.file import OsmFile

__all__ = ["features_from_osm", "streets_from_osm"]

_TEXT_FORMAT = "opl,add_metadata=false,locations_on_ways=true"
_ESCAPED = re.compile(r"%([0-9a-f]{1,6})%")
_SURROGATES = range(0xD800, 0xE000)
_TO_CSV = bytes.maketrans(b"Nxy,", b"\n,,\n")


def streets_from_osm(path: Path) -> Streets:
    """Read the ways of an OSM file that people may walk on.

    Parameters
    ----------
    path
        ``.osm``, ``.osm.gz``, ``.osm.bz2`` or ``.osm.pbf``; clipped extracts are welcome.

    Returns
    -------
    Streets
        Findings may be ``NODE_INVALID, WAY_INCOMPLETE, EDGE_ZERO, TAG_UNPARSED, OSM_REMARK``.

    Raises
    ------
    InputRefused
        What `geo.osm.file.open_osm` refuses, and ``NETWORK_EMPTY``, which quotes what the
        Overpass server said when it stopped early.
    EnvironmentFault
        ``DISK_FULL`` if there is no room for the extracted streets.

    Examples
    --------
    >>> from geo.bundled import DEMO
    >>> streets = streets_from_osm(DEMO / "streets.osm.pbf")
    >>> "residential" in set(streets.ways["highway"]), "motorway" in set(streets.ways["highway"])
    (True, False)
    """
    file = open_osm(Path(path))
    with osmium_reads(file.name):
        raw, nodes = _parse(_streets_as_text(file, Path(path).stat().st_size))
    raw, grounds = without_grounds(raw)
    streets = select_walkable(
        raw, name=file.name, nodes=nodes, findings=file.findings, remark=file.remark
    )
    streets = with_ways_across(streets, grounds)
    return dataclasses.replace(streets, nodes_rejected=file.nodes_rejected)


def _streets_as_text(file: OsmFile, size: int) -> bytes:
    """Let osmium write highways and tagged nodes in its line format (OPL)."""
    rule = load_toml("rules/streets.toml")
    keys = {"highway", *(kind["key"] for kind in rule["ground"]["kinds"])}
    highways = osmium.filter.KeyFilter(*sorted(keys))
    highways.enable_for(osmium.osm.WAY)
    tagged = osmium.filter.KeyFilter(*rule["node"]["tags"])
    tagged.enable_for(osmium.osm.NODE)
    places = osmium.NodeLocationsForWays(osmium.index.create_map("flex_mem"))
    places.ignore_errors()
    source = osmium.io.Reader(file.source, osmium.osm.NODE | osmium.osm.WAY)
    with tempfile.TemporaryDirectory(prefix="yimi-", ignore_cleanup_errors=True) as folder:
        limit = rule["file"]
        room = max(limit["scratch_least_bytes"], size * limit["scratch_times"])
        if shutil.disk_usage(folder).free < room:
            raise EnvironmentFault(Finding("DISK_FULL", file.name))
        target = Path(folder, "streets.opl")
        writer = osmium.SimpleWriter(osmium.io.File(str(target), _TEXT_FORMAT))
        try:
            osmium.apply(source, places, highways, tagged, writer)
        finally:
            _close(writer)
        return target.read_bytes()


def _close(writer: osmium.SimpleWriter) -> None:
    """Finish the text; a writer that failed is kept for ever.

    Its destructor would try to write once more, fail, and end the whole process.
    """
    try:
        writer.close()
    except (RuntimeError, osmium.InvalidLocationError):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(writer))
        raise


def _parse(text: bytes) -> tuple[RawWays, Tagged]:
    """Take osmium's lines apart: first ``n7 Tkey=value,... x116.9 y38.9``, then all ways.

    Those read ``w1 Tkey=value,... Nn7x116.9y38.9,n8xy``; blanks inside values are escaped.
    """
    rule = load_toml("rules/streets.toml")
    first_way = 0 if text.startswith(b"w") else text.find(b"\nw") + 1 or len(text)
    nodes, ways = text[:first_way].split(), _streets_and_grounds(text[first_way:].split())
    vertices = ways[2::3]
    table = b"".join(vertices).translate(_TO_CSV, delete=b"n")
    names, types = ["id", "lon", "lat"], {"id": np.int64, "lon": np.float64, "lat": np.float64}
    if table:
        vertex = pd.read_csv(io.BytesIO(table), header=None, names=names, dtype=types)
    else:
        vertex = pd.DataFrame({name: np.empty(0, types[name]) for name in names})
    raw = RawWays(
        ways=_tagged(ways[0::3], ways[1::3], [*rule["way"]["tags"], *ground_tags()]),
        size=np.array([v.count(b"n") for v in vertices], dtype=np.int64),
        vertex=vertex["id"].to_numpy(),
        lonlat=np.rint(np.column_stack([vertex["lon"], vertex["lat"]]) * 1e7) / 1e7,
    )
    return raw, _tagged(nodes[0::4], nodes[1::4], rule["node"]["tags"])


def _streets_and_grounds(ways: Sequence[bytes]) -> Sequence[bytes]:
    """Leave out ways that are neither: school grounds have an ``amenity``, too."""
    kinds = load_toml("rules/streets.toml")["ground"]["kinds"]
    marks = [f"{kind['key']}={value}".encode() for kind in kinds for value in kind["values"]]
    keep = [b"highway=" in text or any(mark in text for mark in marks) for text in ways[1::3]]
    if all(keep):
        return ways
    return [ways[3 * row + part] for row, kept in enumerate(keep) if kept for part in range(3)]


def _tagged(numbers: Sequence[bytes], texts: Sequence[bytes], wanted: Sequence[str]) -> Tagged:
    """Return the wanted tags of ``Tkey=value,...``; each distinct pair is decoded once."""
    rows: defaultdict[bytes, list[int]] = defaultdict(list)
    for row, text in enumerate(texts):
        for pair in text[1:].split(b","):
            rows[pair].append(row)
    known = {tag.encode() for tag in wanted}
    pairs = {}
    for pair, at in rows.items():
        key, _, value = pair.partition(b"=")
        if key in known:
            pairs[key.decode(), _plain(value.decode())] = at
    number = np.array([int(text[1:]) for text in numbers], dtype=np.int64)
    return coded(number, wanted, pairs)


def _plain(text: str) -> str:
    """Undo the escapes of the line format: ``%4e2d%`` is 中."""
    return _ESCAPED.sub(_character, text) if "%" in text else text


def _character(escape: re.Match[str]) -> str:
    code = int(escape[1], 16)
    return "\N{REPLACEMENT CHARACTER}" if code in _SURROGATES else chr(code)
