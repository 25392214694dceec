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

from geo.bundled import load_toml
from geo.findings import EnvironmentFault, Finding, InputRefused, YimiError
from geo.text import printable
from geo.userfiles import existing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import BinaryIO

_ATTRIBUTE = rb"""\s+([\w:.-]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')"""
_ELEMENT = re.compile(
    rb"<node(?=[\s/>])((?:" + _ATTRIBUTE + rb")*)\s*"
    rb"(?:/>|>[^<]*(?:</?tag[^<>]*>[^<]*)*</node\s*>)"
)
_PAIRS = re.compile(_ATTRIBUTE)
_WHOLE = re.compile(rb"-?\d{1,30}")
_DECIMAL = re.compile(rb"-?(?:\d{1,10}(?:\.\d*)?|\.\d{1,30})(?:[eE]-?\d{1,2})?")
_LARGEST_ID = 2**63 - 1
_BOUNDS = {b"lat": 90.0, b"lon": 180.0}


def is_osm(path: str | Path) -> bool:
    """Say whether a path is called like an OSM file.

    Examples
    --------
    >>> is_osm("streets.osm.pbf"), is_osm("Map.OSM"), is_osm("streets.gpkg")
    (True, True, False)
    """
    return str(path).lower().endswith((".osm", ".pbf", ".osm.gz", ".osm.bz2"))


def clean_nodes(text: bytes, *, name: str) -> tuple[bytes, tuple[Finding, ...], int]:
    """Take nodes out whose id is no positive 64-bit number or repeats, or that lie nowhere.

    Of several nodes with one id the first stays.

    Returns
    -------
    tuple
        The XML without them, ``NODE_INVALID`` findings (row: line of the file; as many as
        ``data/rules/limits.toml`` names one by one), and how many nodes were taken out.
    """
    seen: set[int] = set()
    bad: list[tuple[int, int, str, bytes]] = []
    for element in _ELEMENT.finditer(text):
        attributes = {k: a or b for k, a, b in _PAIRS.findall(element[1] or b"")}
        fault = _fault(attributes, seen)
        if fault is None:
            seen.add(int(attributes[b"id"]))
        else:
            bad.append((element.start(), element.end(), *fault))
    most = load_toml("rules/limits.toml")["findings"]["per_code"]
    findings = []
    line, counted = 1, 0
    for start, _, column, value in bad[:most]:
        line, counted = line + text.count(b"\n", counted, start), start
        detail = {"total": len(bad)}
        shown = value.decode("utf-8", "replace")
        findings.append(Finding("NODE_INVALID", name, line, column, shown, detail))
    return _without(text, [(start, end) for start, end, *_ in bad]), tuple(findings), len(bad)


def _fault(attributes: Mapping[bytes, bytes], seen: set[int]) -> tuple[str, bytes] | None:
    """Return the attribute that is wrong and its value, or None."""
    number = attributes.get(b"id", b"")
    if not _WHOLE.fullmatch(number) or not 0 < int(number) <= _LARGEST_ID or int(number) in seen:
        return "id", number
    for key, most in _BOUNDS.items():
        value = attributes.get(key, b"")
        if not _DECIMAL.fullmatch(value) or abs(float(value)) > most:
            return key.decode(), value
    return None


def _without(text: bytes, spans: list[tuple[int, int]]) -> bytes:
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    return b"".join(text[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True))


_CHUNK = 1 << 20
_FORMATS = {  # ending: osmium's name of the format, how the content begins
    ".osm.pbf": ("pbf", b"\x00\x00"),
    ".pbf": ("pbf", b"\x00\x00"),
    ".osm.gz": ("osm.gz", b"\x1f\x8b"),
    ".osm.bz2": ("osm.bz2", b"BZh"),
    ".osm": ("osm", b""),
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
    ("osmChange", "FORMAT_MISMATCH"),
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
        found = next((what for text, what in _STARTS.items() if head.startswith(text)), None)
        if found is not None and not head.startswith(start):
            raise InputRefused(Finding("FORMAT_MISMATCH", name, detail={"found": found}))
        file.seek(0)
        if kind == "pbf":
            _check_blobs(file, size, name=name)
            return OsmFile(name, osmium.io.File(str(path.absolute()), kind))
    scan = _scan(_unpacked(path, kind), name=name)
    if scan.nodes_in_doubt or scan.ways_first:
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


def _format_of(name: str) -> tuple[str, bytes]:
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
    in_doubt = ways_first = way_seen = False
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
    sorted_ids = np.sort(np.concatenate(ids))
    in_doubt |= bool((np.diff(sorted_ids, prepend=0) == 0).any())
    said = None if remark is None else remark[1].decode("utf-8", "replace").strip()
    return _Scan(in_doubt, ways_first, said)


def _check_head(text: bytes, *, name: str) -> None:
    """Refuse what is no OSM XML, and entity declarations, which can only stand here."""
    head = _HEAD.match(text[: _limits()["max_head_bytes"]])
    start = text[head.end() if head else 0 :][:16]
    if start.startswith(b"<!") and not start.upper().startswith(b"<!DOCTYPE HTML"):
        raise InputRefused(Finding("XML_ENTITY", name))
    if not _ROOT.match(start):
        found = printable(start.decode("utf-8", "replace"))
        raise InputRefused(Finding("FORMAT_MISMATCH", name, detail={"found": found}))


def _repaired(path: Path, kind: str, scan: _Scan) -> OsmFile:
    """Read an XML file into memory, set bad nodes aside, and put nodes before ways."""
    if path.stat().st_size > _limits()["max_cleaned_bytes"]:
        return OsmFile(path.name, osmium.io.File(str(path.absolute()), kind), remark=scan.remark)
    text = b"".join(_unpacked(path, kind))
    if len(text) > _limits()["max_cleaned_bytes"]:
        return OsmFile(path.name, osmium.io.File(str(path.absolute()), kind), remark=scan.remark)
    text, findings, rejected = clean_nodes(text, name=path.name)
    source = osmium.io.FileBuffer(text, "osm")
    if scan.ways_first:
        with osmium_reads(path.name):
            source = _sorted_copy(text)
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
