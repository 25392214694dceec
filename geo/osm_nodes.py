"""Which nodes of an OSM XML file have no id or no place of this world?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

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
