"""Which features does a GeoJSON hold?

Read with Python's own parser and not with GDAL: GDAL drops null features without a word, takes the
last of two equal keys, and follows a link to a coordinate system.
"""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from geo.bundled import load_toml
from geo.findings import Finding, InputRefused
from geo.read.features import build_all, raw_table
from geo.read.flags import Flag, positions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.read.raw import RawTable

_GEOMETRIES = (
    "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon",
    "GeometryCollection",
)  # fmt: skip
_WGS84 = "EPSG:4326"
_CHUNK = 1 << 20
_QUOTE, _BACKSLASH = ord('"'), ord("\\")
_LONE = re.compile("[\ud800-\udfff]")
_CUT_OFF = re.compile(r"Unterminated string|Expecting|Invalid \\escape|Invalid \\u")


Json: TypeAlias = "dict[str, Json] | list[Json] | str | float | bool | None"
"""What a file of JSON may hold at any place."""


class _TwiceDict(dict[str, Json]):
    """An object in which a key was written twice; ``twice`` names it."""

    twice = ""


@dataclass(frozen=True)
class _Read:
    """The features of a document and what its head says."""

    features: list[Json]
    crs: str
    findings: tuple[Finding, ...]


def read_geojson(data: bytes, *, name: str) -> RawTable:
    """Read a FeatureCollection, a single Feature or a bare geometry.

    Returns
    -------
    RawTable
        ``crs`` is EPSG:4326, as the format says, or what an old ``crs`` member names.

    Raises
    ------
    InputRefused
        ``EMPTY, JSON_SYNTAX, JSON_SHAPE, JSON_DEPTH, TRUNCATED, FORMAT_MISMATCH``.
    """
    text, guessed = _decode(data, name=name)
    check_depth(text.encode("utf-8", "surrogatepass") if guessed else data, name=name)
    document = _parse(text, name=name)
    read = _features(document, name=name)
    cells, flags = _rows(read.features)
    members = [f.get("geometry") if isinstance(f, dict) else None for f in read.features]
    geometry, faults = build_all(members)
    findings = (*guessed, *read.findings)
    return raw_table(
        name, cells, geometry, crs=read.crs, flags=[*flags, *faults], findings=findings
    )


def check_depth(data: bytes, *, name: str) -> None:
    """Refuse a document that is nested too deeply, without parsing it.

    Raises
    ------
    InputRefused
        ``JSON_DEPTH``.
    """
    limit: int = load_toml("rules/limits.toml")["vector"]["json_max_depth"]
    # Escaped signs inside strings are blanked out first, so that quotes simply alternate.
    plain = data.replace(b"\\\\", b"  ").replace(b'\\"', b"  ") if b"\\" in data else data
    depth, inside = 0, 0
    for start in range(0, len(plain), _CHUNK):
        part = np.frombuffer(plain, np.uint8, min(_CHUNK, len(plain) - start), start)
        quotes = part == _QUOTE
        in_text = (np.cumsum(quotes) + inside) % 2 == 1
        inside = (inside + int(quotes.sum())) % 2
        opens = (part == ord("[")) | (part == ord("{"))
        closes = (part == ord("]")) | (part == ord("}"))
        steps = np.cumsum(np.where(in_text, 0, opens.astype(np.int32) - closes))
        if depth + int(steps.max(initial=0)) > limit:
            raise InputRefused(Finding("JSON_DEPTH", name, detail={"limit": limit}))
        depth += int(steps[-1])


def _decode(data: bytes, *, name: str) -> tuple[str, tuple[Finding, ...]]:
    """Decode as UTF-8, else as UTF-16 with a mark, else as GB18030, each strictly."""
    if not data.strip(b" \t\r\n\0\xef\xbb\xbf"):
        raise InputRefused(Finding("EMPTY", name))
    codecs_tried = ["utf-8-sig", "gb18030"]
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        codecs_tried = ["utf-16"]
    for codec in codecs_tried:
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if codec == "utf-8-sig":
            return text, ()
        detail = {"encoding": codec.upper()}
        return text, (Finding("ENCODING_GUESSED", name, detail=detail),)
    raise InputRefused(Finding("CORRUPT", name, detail={"reason": "UTF-8? GB18030?"}))


def _parse(text: str, *, name: str) -> Json:
    """Parse, and say where it fails: at the very end the file is cut off."""
    first = text.lstrip()[:1]
    if first not in ("{", "["):
        found = "XML / HTML" if first == "<" else "?"
        raise InputRefused(Finding("FORMAT_MISMATCH", name, detail={"found": found}))
    try:
        document: Json = json.loads(text, object_pairs_hook=_pairs)
    except json.JSONDecodeError as error:
        if error.pos >= len(text.rstrip()) or _ends_inside(text, error):
            raise InputRefused(Finding("TRUNCATED", name)) from error
        detail = {"line": error.lineno, "position": error.colno, "reason": error.msg}
        raise InputRefused(Finding("JSON_SYNTAX", name, detail=detail)) from error
    except ValueError as error:  # a whole number of thousands of digits
        detail = {"line": "?", "position": "?", "reason": "number"}
        raise InputRefused(Finding("JSON_SYNTAX", name, detail=detail)) from error
    if "\\u" in text and _LONE.search(json.dumps(document, ensure_ascii=False)):
        return _without_lone(document)
    return document


def _ends_inside(text: str, error: json.JSONDecodeError) -> bool:
    """Say whether the parser ran into the end of the text while in a string or a number."""
    if error.msg.startswith("Unterminated string"):
        return True
    rest = text[error.pos :].strip()
    return len(rest) < len("Infinity") and "\n" not in rest and _is_begun(rest)


def _is_begun(rest: str) -> bool:
    """Say whether a word of JSON was cut off: tru, nul, fals, -, NaN."""
    words = ("true", "false", "null", "NaN", "Infinity", "-Infinity")
    return any(word.startswith(rest) and word != rest for word in words)


def _pairs(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    twice = _TwiceDict(found)
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            twice.twice = key
            break
        seen.add(key)
    return twice


def _without_lone(value: Json) -> Json:
    """Replace halves of characters, which no file can hold (depth is bounded by then)."""
    if isinstance(value, str):
        return _whole(value)
    if isinstance(value, list):
        return [_without_lone(v) for v in value]
    if isinstance(value, dict):
        clean = type(value)({_whole(k): _without_lone(v) for k, v in value.items()})
        if isinstance(clean, _TwiceDict) and isinstance(value, _TwiceDict):
            clean.twice = value.twice
        return clean
    return value


def _whole(text: str) -> str:
    return _LONE.sub("\N{REPLACEMENT CHARACTER}", text)


def _features(document: Json, *, name: str) -> _Read:
    """Return the features of a document."""
    if not isinstance(document, dict):
        raise InputRefused(Finding("JSON_SHAPE", name, detail={"found": type(document).__name__}))
    kind = document.get("type")
    crs, findings = _crs(document.get("crs"), name=name)
    if kind == "FeatureCollection":
        features = document.get("features")
        if not isinstance(features, list):
            found = f"features: {json.dumps(features)[:20]}"
            raise InputRefused(Finding("JSON_SHAPE", name, detail={"found": found}))
        if not features:
            raise InputRefused(Finding("EMPTY", name))
        return _Read(features, crs, findings)
    if kind == "Feature":
        return _Read([document], crs, findings)
    if kind in _GEOMETRIES:
        feature: Json = {"type": "Feature", "properties": {}, "geometry": document}
        return _Read([feature], crs, findings)
    if "elements" in document:  # as an Overpass server answers
        raise InputRefused(Finding("OSM_JSON", name))
    found = f"type: {kind}" if isinstance(kind, str) else "no type"
    raise InputRefused(Finding("JSON_SHAPE", name, detail={"found": found}))


def _crs(member: Json, *, name: str) -> tuple[str, tuple[Finding, ...]]:
    """Return the CRS of an old ``crs`` member; a link is not followed."""
    if not isinstance(member, dict):
        return _WGS84, ()
    properties = member.get("properties")
    told = properties if isinstance(properties, dict) else {}
    if member.get("type") == "link":
        href = told.get("href")
        value = href if isinstance(href, str) else None
        return _WGS84, (Finding("CRS_LINK", name, column="crs", value=value),)
    named = told.get("name", told.get("code"))
    if isinstance(named, int):
        return f"EPSG:{named}", ()
    return (named, ()) if isinstance(named, str) and named.strip() else (_WGS84, ())


def _rows(features: Sequence[Json]) -> tuple[pd.DataFrame, list[Flag]]:
    """Return the attributes of all features, row 1 the first, and what is wrong with them."""
    no_feature = [not isinstance(f, dict) for f in features]
    properties = [f.get("properties") if isinstance(f, dict) else None for f in features]
    bare = [not isinstance(p, dict) for p in properties]
    columns: dict[str, None] = {}
    rows: list[dict[str, Json]] = []
    for feature, row in zip(features, properties, strict=True):
        rows.append(_row(feature, row))
        columns.update(dict.fromkeys(rows[-1]))
    index = pd.RangeIndex(1, len(rows) + 1)
    data = {c: pd.Series([r.get(c) for r in rows], index=index, dtype=object) for c in columns}
    cells = pd.DataFrame(data, index=index, columns=pd.Index(list(columns), dtype=object))
    flags = [Flag("FEATURE_EMPTY", positions(no_feature), "feature")]
    if columns:
        # A layer without any attributes (an outline) is fine; single features without are not.
        lacking = np.array(bare) & ~np.array(no_feature)
        flags.append(
            Flag("FIELD_MISSING", positions(lacking), "properties", detail={"name": "properties"})
        )
    twice = [_twice(f) for f in features]
    rows_twice = positions([t is not None for t in twice])
    each = {"name": [twice[i] or "" for i in rows_twice]}
    return cells, [*flags, Flag("JSON_KEY_TWICE", rows_twice, "properties", each=each)]


def _row(feature: Json, properties: Json) -> dict[str, Json]:
    """Return the attributes of one feature, nested ones as JSON, and its own id."""
    if not isinstance(feature, dict) or not isinstance(properties, dict):
        return {}
    row: dict[str, Json] = {
        key: json.dumps(v, ensure_ascii=False) if isinstance(v, (dict, list)) else v
        for key, v in properties.items()
    }
    own = feature.get("id")
    if "id" not in row and isinstance(own, (str, int)):
        row["id"] = own
    return row


def _twice(feature: Json) -> str | None:
    """Return the key that stands twice in a feature, its properties or its geometry."""
    if not isinstance(feature, dict):
        return None
    for part in (feature, feature.get("properties"), feature.get("geometry")):
        if isinstance(part, _TwiceDict):
            return part.twice
    return None
