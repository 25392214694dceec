"""How does an OSM file that an editor or a server saved become one that osmium reads rightly?

JOSM marks what was deleted, and like other tools gives new objects negative ids; osmium knows
neither.  Some servers
and tools write the places of nodes into the ways, and no nodes.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import osmium
import osmium.io

from geo.bundled import load_toml
from geo.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

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

_GONE = rb"""\s(?:action\s*=\s*["']delete["']|visible\s*=\s*["']false["'])"""
DELETED = re.compile(rb"<(?:node|way|relation)(?=\s)[^<>]*?" + _GONE)
_DELETED_WHOLE = re.compile(
    rb"<(node|way|relation)(?=\s)[^<>]*?" + _GONE + rb"[^<>]*?(?:(?<=/)>|>.*?</\1\s*>)", re.DOTALL
)
_EDITED = re.compile(rb"""<osm\s[^<>]*generator\s*=\s*["']JOSM|\s(?:action|visible)\s*=\s*["']""")
_NEW_ID = re.compile(rb"""(<(?:node|way|relation)\s[^<>]*?\bid\s*=\s*["'])-(\d{1,14})(?=["'])""")
_NEW_REF = re.compile(rb"""(<(?:nd|member)\s[^<>]*?\bref\s*=\s*["'])-(\d{1,14})(?=["'])""")
_NEW_IDS_FROM = 10**17  # far above those of OSM
LOCATED = re.compile(rb"<nd\s[^<>]*?\blat\s*=")
_MEMBER = re.compile(rb"(<member\s[^<>]*[^/<>])>\s*(?:<nd\b[^<>]*>\s*)+</member\s*>")
_ON_WAY = re.compile(rb"n(-?\d+)x(-?[\d.]+)y(-?[\d.]+)")
_TEXT_FORMAT = "opl,add_metadata=false,locations_on_ways=true"


def without_deleted(text: bytes) -> bytes:
    """Take out what an editor marked as deleted, and give new objects ids that can be read."""
    text = _DELETED_WHOLE.sub(b"", text)
    if not _EDITED.search(text):
        return text

    def positive(match: re.Match[bytes]) -> bytes:
        return match[1] + b"%d" % (_NEW_IDS_FROM + int(match[2]))

    return _NEW_REF.sub(positive, _NEW_ID.sub(positive, text))


def without_places_of_members(text: bytes) -> bytes:
    """Take the places out of members of relations: osmium allows none."""
    return _MEMBER.sub(rb"\1/>", text)


def with_nodes_of_ways(source: osmium.io.File | osmium.io.FileBuffer) -> osmium.io.FileBuffer:
    """Write nodes of a file that has their places in its ways; nodes that it has stay."""
    with tempfile.TemporaryDirectory(prefix="yimi-", ignore_cleanup_errors=True) as folder:
        target = Path(folder, "all.opl")
        with osmium.SimpleWriter(osmium.io.File(str(target), _TEXT_FORMAT)) as writer:
            osmium.apply(osmium.io.Reader(source), writer)
        lines = target.read_bytes().splitlines()
    nodes = [line for line in lines if line.startswith(b"n")]
    others = [line for line in lines if not line.startswith(b"n")]
    known = {line[1 : line.index(b" ")] for line in nodes}
    on_ways = b" ".join(line[line.rindex(b" N") :] for line in others if line.startswith(b"w"))
    places = {number: (x, y) for number, x, y in _ON_WAY.findall(on_ways)}
    made = [b"n%b x%b y%b" % (n, *xy) for n, xy in places.items() if n not in known]
    return osmium.io.FileBuffer(b"\n".join([*nodes, *made, *others, b""]), "opl")


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
