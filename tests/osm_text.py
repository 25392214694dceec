"""Tiny OSM files written by hand, for tests."""

from __future__ import annotations

import bz2
import gzip
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

import osmium

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

Tags = dict[str, str]


def node(number: int, lon: float, lat: float, **tags: str) -> str:
    """Return a node; `tags` may use ``__`` for a colon."""
    return f'<node id="{number}" lat="{lat!r}" lon="{lon!r}">{_tags(tags)}</node>\n'


def way(number: int, refs: Iterable[int], tags: Mapping[str, str] | None = None) -> str:
    """Return a way; without tags it is a residential street."""
    nodes = "".join(f'<nd ref="{ref}"/>' for ref in refs)
    return f'<way id="{number}">{nodes}{_tags(tags or {"highway": "residential"})}</way>\n'


def relation(number: int, members: Iterable[tuple[int, str]], **tags: str) -> str:
    """Return a relation of ways."""
    ways = "".join(f'<member type="way" ref="{ref}" role="{role}"/>' for ref, role in members)
    return f'<relation id="{number}">{ways}{_tags(tags)}</relation>\n'


def document(*parts: str) -> str:
    """Return a whole OSM XML file."""
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">\n'
    return head + "".join(parts) + "</osm>\n"


def row_of_nodes(count: int, *, first: int = 1, lat: float = 38.95) -> str:
    """Return nodes 1, 2, 3... at 116.90, 116.91, 116.92... degrees east."""
    return "".join(node(first + i, round(116.9 + i / 100, 7), lat) for i in range(count))


def write(path: Path, text: str) -> Path:
    """Write XML in the format that the name asks for."""
    data = text.encode()
    if path.name.endswith(".gz"):
        data = gzip.compress(data, mtime=0)
    elif path.name.endswith(".bz2"):
        data = bz2.compress(data)
    elif path.name.endswith(".pbf"):
        with osmium.SimpleWriter(str(path)) as writer:
            osmium.apply(osmium.io.FileBuffer(data, "osm"), writer)
        return path
    path.write_bytes(data)
    return path


def _tags(tags: Mapping[str, str]) -> str:
    return "".join(
        f"<tag k={quoteattr(k.replace('__', ':'))} v={quoteattr(v, {chr(10): '&#10;'})}/>"
        for k, v in tags.items()
    )
