"""Is this an OSM file, is it whole, and can reading it do harm?

Everything that osmium cannot be asked to check is checked here before osmium sees the file: that
the content fits the name, that XML declares no entities, that nothing unpacks to many times its
size, and that nodes have ids and places of this world. osmium's own complaints become findings.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import re
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import osmium
import osmium.io
import osmium.osm

from geo.bundled import load_toml
from geo.findings import EnvironmentFault, Finding, InputRefused, YimiError
from geo.osm.editing import (
    DELETED,
    LOCATED,
    clean_nodes,
    with_nodes_of_ways,
    without_deleted,
    without_places_of_members,
)
from geo.text import printable
from geo.userfiles import existing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO


def is_osm(path: str | Path) -> bool:
    """Say whether a path is called like an OSM file.

    Examples
    --------
    >>> is_osm("streets.osm.pbf"), is_osm("Map.OSM"), is_osm("streets.gpkg")
    (True, True, False)
    """
    return str(path).lower().endswith((*_FORMATS, *_OTHERS))


_CHUNK = 1 << 20
_FALSE = (b'"false"', b"'false'")
_LOOK = 4096  # bytes from the first vertex on, in which it shows whether they have places
_PBF_FEATURES = 8  # optional features of a PBF's header that are looked at
_FORMATS = {  # ending: osmium's name of the format, how the content begins
    ".osm.pbf": ("pbf", b"\x00\x00"),
    ".pbf": ("pbf", b"\x00\x00"),
    ".osm.gz": ("osm.gz", b"\x1f\x8b"),
    ".osm.bz2": ("osm.bz2", b"BZh"),
    ".osm": ("osm", b""),
}
_OTHERS = {  # ending of OSM files that hold no map of one day: code
    ".osc": "OSM_CHANGE",
    ".osc.gz": "OSM_CHANGE",
    ".osc.bz2": "OSM_CHANGE",
    ".osh": "OSM_HISTORY",
    ".osh.gz": "OSM_HISTORY",
    ".osh.bz2": "OSM_HISTORY",
    ".osm.json": "OSM_JSON",
}
_STARTS = {  # of files that are often renamed, and how to call them
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"PK": "ZIP",
    b"SQLite": "SQLite / GeoPackage",
    b"<": "XML / HTML",
    b"\xef\xbb\xbf<": "XML / HTML",
    b"{": "JSON",
    b"[": "JSON",
}
_COMPLAINTS = (  # part of osmium's message, code
    ("entities are not supported", "XML_ENTITY"),
    ("no element found", "TRUNCATED"),
    ("unclosed", "TRUNCATED"),
    ("partial character", "TRUNCATED"),
    ("unexpected EOF", "TRUNCATED"),
    ("top-level element", "FORMAT_MISMATCH"),
    ("osmChange", "OSM_CHANGE"),
)
_HEAD = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_ROOT = re.compile(rb"<osm[\s>/]")
_REMARK = re.compile(rb"<remark>(.*?)</remark>", re.DOTALL)
_GOOD_NODE = re.compile(
    rb"""<node\ id=["'](\d{1,18})["'][^<>]*?
    \ lat=["']-?(?:[0-8]?\d(?:\.\d*)?|90(?:\.0*)?)["'][^<>]*?
    \ lon=["']-?(?:1[0-7]\d(?:\.\d*)?|\d\d?(?:\.\d*)?|180(?:\.0*)?)["']""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class OsmFile:
    """An OSM file that may be given to osmium.

    Attributes
    ----------
    name
        Name of the file, without its folder.
    source
        What osmium reads; nodes come before ways.
    findings
        ``NODE_INVALID`` of each node set aside.
    nodes_rejected
        How many nodes that are.
    remark
        What the server that made the file said went wrong, or None.
    """

    name: str
    source: osmium.io.File | osmium.io.FileBuffer
    findings: tuple[Finding, ...] = ()
    nodes_rejected: int = 0
    remark: str | None = None


@dataclass(frozen=True)
class _Scan:
    """What a look at all of an XML file gave."""

    nodes_in_doubt: bool
    ways_first: bool
    edited: bool
    located: bool
    remark: str | None


def open_osm(path: Path) -> OsmFile:
    """Check an OSM file before it is read.

    Parameters
    ----------
    path
        ``.osm``, ``.osm.gz``, ``.osm.bz2`` or ``.osm.pbf``. A PBF is taken to have its nodes
        before its ways, as all tools write it.

    Raises
    ------
    InputRefused
        ``FILE_NOT_FOUND, EMPTY, FORMAT_NOT_ALLOWED, FORMAT_MISMATCH, XML_ENTITY, ARCHIVE_BOMB,
        TRUNCATED, CORRUPT, NODE_INVALID``.
    """
    path = existing(Path(path), name=Path(path).name)
    name = path.name
    kind, start = _format_of(name)
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(16)
        if not head:
            raise InputRefused(Finding("EMPTY", name))
        if kind != "pbf" and head.lstrip().startswith(b"{"):
            raise InputRefused(Finding("OSM_JSON", name))
        found = next((what for text, what in _STARTS.items() if head.startswith(text)), None)
        if found is not None and not head.startswith(start):
            raise InputRefused(Finding("FORMAT_MISMATCH", name, detail={"found": found}))
        file.seek(0)
        if kind == "pbf":
            _check_blobs(file, size, name=name)
            return _of_pbf(path)
    scan = _scan(_unpacked(path, kind), name=name)
    if scan.nodes_in_doubt or scan.ways_first or scan.edited or scan.located:
        return _repaired(path, kind, scan)
    return OsmFile(name, osmium.io.File(str(path.absolute()), kind), remark=scan.remark)


@contextlib.contextmanager
def osmium_reads(name: str) -> Iterator[None]:
    """Turn osmium's errors about a file into findings."""
    try:
        yield
    except YimiError:
        raise
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        text = str(error)
        if "No space left" in text:
            raise EnvironmentFault(Finding("DISK_FULL", name)) from error
        code = next((code for part, code in _COMPLAINTS if part in text), "CORRUPT")
        detail = {"reason": printable(text), "found": "XML"}
        raise InputRefused(Finding(code, name, detail=detail)) from error


def _of_pbf(path: Path) -> OsmFile:
    """Look into the header of a PBF: is it a map of one day, and where are the places?"""
    whole = osmium.io.File(str(path.absolute()), "pbf")
    with osmium_reads(path.name):
        header = osmium.io.Reader(whole, osmium.osm.NOTHING).header()
        if header.has_multiple_object_versions or path.name.lower().endswith(".osh.pbf"):
            raise InputRefused(Finding("OSM_HISTORY", path.name))
        features = [header.get(f"pbf_optional_feature_{i}") for i in range(_PBF_FEATURES)]
        if "LocationsOnWays" in features:
            return OsmFile(path.name, with_nodes_of_ways(whole))
    return OsmFile(path.name, whole)


def _format_of(name: str) -> tuple[str, bytes]:
    for ending, code in _OTHERS.items():
        if name.lower().endswith(ending):
            raise InputRefused(Finding(code, name))
    for ending, kind in _FORMATS.items():
        if name.lower().endswith(ending):
            return kind
    raise InputRefused(Finding("FORMAT_NOT_ALLOWED", name, detail={"found": Path(name).suffix}))


def _limits() -> dict[str, Any]:
    limits: dict[str, Any] = load_toml("rules/streets.toml")["file"]
    return limits


def _unpacked(path: Path, kind: str) -> Iterator[bytes]:
    """Yield the XML of a file bit by bit; stop when it grows beyond all measure."""
    limit = _limits()
    openers: dict[str, Callable[..., Any]] = {"osm.gz": gzip.open, "osm.bz2": bz2.open}
    packed = max(path.stat().st_size, 1)
    most = min(
        limit["max_unpacked_bytes"], max(limit["ratio_from_bytes"], packed * limit["max_ratio"])
    )
    total = 0
    try:
        with openers.get(kind, open)(path, "rb") as file:
            while chunk := file.read(_CHUNK):
                total += len(chunk)
                if total > most:
                    found = f"> {total / 1e6:.0f} MB"
                    raise InputRefused(Finding("ARCHIVE_BOMB", path.name, detail={"found": found}))
                yield chunk
    except EOFError as error:
        raise InputRefused(Finding("TRUNCATED", path.name)) from error
    except (zlib.error, gzip.BadGzipFile) as error:
        raise InputRefused(_corrupt(path.name, str(error))) from error
    except OSError as error:
        if kind != "osm.bz2" or error.errno is not None:
            raise
        raise InputRefused(_corrupt(path.name, str(error))) from error


def _scan(chunks: Iterator[bytes], *, name: str) -> _Scan:
    """Look through XML once: entities, order, remarks, and whether all nodes look right."""
    ids = [np.empty(0, np.int64)]
    in_doubt = ways_first = way_seen = edited = located = versions = False
    remark = None
    rest = b""
    for number, chunk in enumerate(chunks):
        text = rest + chunk
        if number == 0:
            _check_head(text, name=name)
        cut = max(text.rfind(b"<"), 0)
        whole, rest = text[:cut], text[cut:]
        if len(rest) > _limits()["max_element_bytes"] + _CHUNK:
            raise InputRefused(_corrupt(name, "an element without end"))
        nodes = _GOOD_NODE.findall(whole)
        in_doubt |= len(nodes) != whole.count(b"<node")
        ids.append(np.array(nodes, dtype="S18").astype(np.int64))
        last_node, first_way = whole.rfind(b"<node "), whole.find(b"<way ")
        ways_first |= last_node >= 0 and (way_seen or 0 <= first_way < last_node)
        way_seen |= first_way >= 0
        remark = _REMARK.search(text) or remark
        versions |= b" visible=" in whole
        marked = b"delete" in whole or any(false in whole for false in _FALSE)
        edited |= marked and DELETED.search(whole) is not None
        located |= LOCATED.search(whole, first := whole.find(b"<nd "), first + _LOOK) is not None
    sorted_ids = np.sort(np.concatenate(ids))
    again = bool((np.diff(sorted_ids, prepend=0) == 0).any())
    if again and versions:
        raise InputRefused(Finding("OSM_HISTORY", name))
    in_doubt |= again
    said = None if remark is None else remark[1].decode("utf-8", "replace").strip()
    return _Scan(in_doubt, ways_first, edited, located, said)


def _check_head(text: bytes, *, name: str) -> None:
    """Refuse what is no OSM XML, and entity declarations, which can only stand here."""
    head = _HEAD.match(text[: _limits()["max_head_bytes"]])
    start = text[head.end() if head else 0 :][:16]
    if start.startswith(b"<!") and not start.upper().startswith(b"<!DOCTYPE HTML"):
        raise InputRefused(Finding("XML_ENTITY", name))
    if start.startswith(b"<osmChange"):
        raise InputRefused(Finding("OSM_CHANGE", name))
    if not _ROOT.match(start):
        found = printable(start.decode("utf-8", "replace"))
        raise InputRefused(Finding("FORMAT_MISMATCH", name, detail={"found": found}))


def _repaired(path: Path, kind: str, scan: _Scan) -> OsmFile:
    """Read an XML file into memory, set bad nodes aside, and put nodes before ways."""
    most = _limits()["max_cleaned_bytes"]
    text = b"" if path.stat().st_size > most else b"".join(_unpacked(path, kind))
    if not text or len(text) > most:
        if scan.edited or scan.located:
            raise InputRefused(Finding("OSM_EDITED", path.name))
        return OsmFile(path.name, osmium.io.File(str(path.absolute()), kind), remark=scan.remark)
    text = without_deleted(text)
    text = without_places_of_members(text) if scan.located else text
    text, findings, rejected = clean_nodes(text, name=path.name)
    source = osmium.io.FileBuffer(text, "osm")
    with osmium_reads(path.name):
        if scan.ways_first:
            source = _sorted_copy(text)
        if scan.located:
            source = with_nodes_of_ways(source)
    return OsmFile(path.name, source, findings, rejected, scan.remark)


def _sorted_copy(text: bytes) -> osmium.io.FileBuffer:
    merge = osmium.MergeInputReader()
    merge.add_buffer(text, "osm")
    with tempfile.TemporaryDirectory(prefix="yimi-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder, "sorted.osm.pbf")
        with osmium.SimpleWriter(str(copy)) as writer:
            merge.apply(writer, simplify=False)
        return osmium.io.FileBuffer(copy.read_bytes(), "pbf")


def _corrupt(name: str, reason: str) -> Finding:
    return Finding("CORRUPT", name, detail={"reason": printable(reason)})


def _check_blobs(file: BinaryIO, size: int, *, name: str) -> None:
    """Walk over the blobs of a PBF: lengths that fit, an OSM header first, no bomb."""
    limit = _limits()
    position = unpacked = 0
    first = True
    while position < size:
        file.seek(position)
        length = int.from_bytes(file.read(4), "big")
        if not 0 < length <= limit["pbf_max_header_bytes"]:
            raise InputRefused(_corrupt(name, f"header of a blob: {length} bytes"))
        header = _fields(file.read(length), name=name)
        blob = header.get(3, -1)
        if (first and header.get(1) != b"OSMHeader") or not isinstance(blob, int):
            raise InputRefused(_corrupt(name, "no OSM header"))
        if not 0 <= blob <= limit["pbf_max_blob_bytes"]:
            raise InputRefused(_corrupt(name, f"blob: {blob} bytes"))
        raw = _fields(file.read(32), name=name).get(2, blob)
        unpacked += raw if isinstance(raw, int) else 0
        position += 4 + length + blob
        first = False
    if position != size:
        raise InputRefused(Finding("TRUNCATED", name))
    if unpacked > max(limit["ratio_from_bytes"], size * limit["max_ratio"]):
        raise InputRefused(
            Finding("ARCHIVE_BOMB", name, detail={"found": f"{unpacked / 1e6:.0f} MB"})
        )


def _fields(message: bytes, *, name: str) -> dict[int, int | bytes]:
    """Return the fields of a small protobuf message; stops where the text is cut off."""
    fields: dict[int, int | bytes] = {}
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        value, at = _varint(message, at)
        if tag & 7 == 0:
            fields[tag >> 3] = value
        elif tag & 7 == 2:  # noqa: PLR2004  (wire type 2: text of a given length)
            fields[tag >> 3] = message[at : at + value]
            at += value
        else:
            raise InputRefused(_corrupt(name, f"field type {tag & 7}"))
    return fields


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message):
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:  # noqa: PLR2004  (the highest bit says that more follows)
            break
    return value, at
