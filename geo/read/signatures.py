"""What is a file by its first bytes, whatever its name says?"""

from __future__ import annotations

import re

_BINARY = (
    (b"PK\x03\x04", "ZIP"),
    (b"PK\x05\x06", "ZIP"),
    (b"\x1f\x8b", "gzip"),
    (b"SQLite format 3", "SQLite / GeoPackage"),
    (b"PAR1", "Parquet"),
    (b"fgb\x03", "FlatGeobuf"),
    (b"\x00\x00\x27\x0a", "Shapefile"),
    (b"%PDF", "PDF"),
    (b"\xd0\xcf\x11\xe0", "XLS"),
    (b"\x89PNG", "PNG"),
)
_HTML = re.compile(rb"\s*(<!doctype\s+html|<html|<head|<body|<table|<meta)", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml|\s*<(kml|osm|gml|OGRVRT)", re.IGNORECASE)
_JSON = re.compile(rb'\s*[\[{]\s*["\[{]')
_BOM = b"\xef\xbb\xbf"


def format_of(start: bytes) -> str | None:
    r"""Name a format whose first bytes are its own, or a page saved in place of a file.

    >>> format_of(b"PK\x03\x04..."), format_of(b" <html>"), format_of(b"name,lon")
    ('ZIP', 'HTML', None)
    """
    plain = start.removeprefix(_BOM)
    binary = next((name for signature, name in _BINARY if plain.startswith(signature)), None)
    return binary or ("HTML" if _HTML.match(plain) else None)


def markup_of(start: bytes) -> str | None:
    """Name a format of text that is no table: XML or JSON.

    >>> markup_of(b"<?xml?>"), markup_of(b'[{"a": 1}]'), markup_of(b"[north],3")
    ('XML', 'JSON', None)
    """
    plain = start.removeprefix(_BOM)
    return "XML" if _XML.match(plain) else "JSON" if _JSON.match(plain) else None
