"""Is this XML whole and harmless?  Asked before anything else parses it.

Entities can blow a kilobyte up to gigabytes or pull in other files, so a document that declares any
is refused; nothing that people export with a GIS has them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.parsers import expat

from geo.bundled import load_toml
from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from collections.abc import Collection

_DECLARED = re.compile(rb"""^(\s*<\?xml[^>]{0,200}?encoding\s*=\s*["'])([A-Za-z0-9._-]+)(["'])""")
_CHINESE = frozenset({"gbk", "gb2312", "gb18030", "gb_2312-80", "cp936", "hz-gb-2312", "big5"})
_CUT_OFF = frozenset(
    {
        expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
        expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
    }
)
_STEP = 1 << 20


class _EntityError(Exception):
    """The document declares an entity or names a DTD."""


class _DepthError(Exception):
    """The document is nested too deeply."""


def utf8_xml(data: bytes, *, file: str) -> bytes:
    """Return an XML document in an encoding that every parser knows.

    Chinese encodings that are declared but unknown to the parsers become UTF-8.

    Raises
    ------
    InputRefused
        ``ENCODING_MIXED`` where the bytes are not what the document declares.

    Examples
    --------
    >>> data = "<?xml version='1.0' encoding='gbk'?><a>学</a>".encode("gbk")
    >>> utf8_xml(data, file="a.xml").decode()
    "<?xml version='1.0' encoding='UTF-8'?><a>学</a>"
    """
    match = _DECLARED.match(data[:1000])
    if match is None or match[2].decode("ascii").lower() not in _CHINESE:
        return data
    declared = match[2].decode("ascii").lower()
    codec = "big5" if declared == "big5" else "gb18030"
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        detail = {"reason": f"encoding={declared}"}
        raise InputRefused(Finding("CORRUPT", file, detail=detail)) from error
    head = match[1] + b"UTF-8" + match[3]
    return head + text[match.end() :].encode("utf-8")


def check_xml(data: bytes, *, file: str, roots: Collection[str]) -> None:
    """Parse a document without keeping anything of it.

    Parameters
    ----------
    roots
        Names that the outermost element may have (without namespace).

    Raises
    ------
    InputRefused
        ``XML_ENTITY``, ``FORMAT_MISMATCH`` (another root), ``TRUNCATED``, ``CORRUPT``.

    Examples
    --------
    >>> check_xml(b"<osm></osm>", file="a.osm", roots=["osm"])
    >>> try:
    ...     check_xml(b"<html></html>", file="a.osm", roots=["osm"])
    ... except InputRefused as refused:
    ...     print(refused.findings[0].code)
    FORMAT_MISMATCH
    """
    seen: list[str] = []
    parser = _parser(seen)
    try:
        for start in range(0, len(data), _STEP):
            parser.Parse(data[start : start + _STEP], False)  # noqa: FBT003 - expat's own
            _check_root(seen, roots, file=file)
        parser.Parse(b"", True)  # noqa: FBT003 - expat's own
    except _EntityError as error:
        raise InputRefused(Finding("XML_ENTITY", file)) from error
    except _DepthError as error:
        raise InputRefused(Finding("CORRUPT", file, detail={"reason": "nesting"})) from error
    except expat.ExpatError as error:
        _check_root(seen, roots, file=file)
        raise InputRefused(_broken(error, seen, file=file)) from error
    except LookupError as error:  # an encoding that Python does not know
        raise InputRefused(Finding("CORRUPT", file, detail={"reason": str(error)})) from error
    _check_root(seen, roots, file=file)


def _parser(seen: list[str]) -> expat.XMLParserType:
    """Return a parser that notes the root and stops at entities and at great depth."""
    parser = expat.ParserCreate()
    limit: int = load_toml("rules/limits.toml")["vector"]["xml_max_depth"]
    depth = 0

    def start(tag: str, _: object) -> None:
        nonlocal depth
        if not seen:
            seen.append(tag.rpartition(":")[2])
        depth += 1
        if depth > limit:
            raise _DepthError

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    def entity(*_: object) -> None:
        raise _EntityError

    def doctype(_name: str, system: str | None, public: str | None, _subset: int) -> None:
        if system or public:
            raise _EntityError

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.EntityDeclHandler = entity
    parser.StartDoctypeDeclHandler = doctype
    return parser


def _check_root(seen: list[str], roots: Collection[str], *, file: str) -> None:
    if seen and seen[0] not in roots:
        raise InputRefused(Finding("FORMAT_MISMATCH", file, detail={"found": f"<{seen[0]}>"}))


def _broken(error: expat.ExpatError, seen: list[str], *, file: str) -> Finding:
    if error.code in _CUT_OFF and seen:
        return Finding("TRUNCATED", file)
    reason = f"{expat.ErrorString(error.code)}, line {error.lineno}"
    code = "CORRUPT" if seen else "FORMAT_MISMATCH"
    return Finding(code, file, detail={"reason": reason, "found": "?"})
