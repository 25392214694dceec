"""What does the XML of a workbook say that its cell values do not, and is it safe to unpack?

A workbook is a zip of XML parts.  All parts are unpacked into nothing once, within limits, before
a reader sees the file: parts that inflate beyond all measure, entities, and a cell in the farthest
corner (which makes a reader set aside memory for 17 thousand million cells) are refused.
"""

from __future__ import annotations

import re
import string
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING
from xml.etree import ElementTree as ET

from geo.bundled import load_toml
from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_CHUNK = 1 << 20
_TAIL = 64
_DTD = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_XML = (".xml", ".rels", ".vml")
_LETTERS = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{1,3})[0-9]")
_DIGITS = re.compile(rb"\br\s*=\s*[\"'][A-Za-z]{0,3}([0-9]{1,10})[\"']")
_HINTS = re.compile(rb"<(?:\w+:)?f[\s>/]|hidden\s*=|\bt\s*=\s*[\"']e[\"']")
# What the standard library raises for zips and XML that are not what they say.
_BROKEN = (
    zipfile.BadZipFile,
    ET.ParseError,
    KeyError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    struct.error,
)
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}sheet"
_LETTER = string.ascii_letters
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


@dataclass(frozen=True)
class Peek:
    """What a sheet's XML says besides its values (rows and columns counted from 0).

    Attributes
    ----------
    unsolved
        Cells with a formula and no stored result.
    hidden
        Hidden rows.
    errors
        Cells that hold an error, with its text (``#N/A``); readers give them as empty.
    """

    unsolved: frozenset[tuple[int, int]] = frozenset()
    hidden: frozenset[int] = frozenset()
    errors: Mapping[tuple[int, int], str] = field(default_factory=dict)


def inspect(path: Path, *, name: str) -> dict[str, str]:
    """Unpack all parts into nothing, within limits; return sheet name -> part.

    The sizes that a zip declares may lie, so the bytes themselves are counted.
    """
    limits = load_toml("rules/limits.toml")["workbook"]
    total = 0
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            if len(infos) > limits["max_parts"]:
                raise _bomb(name, f"{len(infos)} parts")
            for info in infos:
                _check_declared(info, limits, name=name)
                total = _check_part(archive, info, limits, name=name, before=total)
            return _parts(archive)
    except InputRefused:
        raise
    except (EOFError, zlib.error) as error:
        raise InputRefused(Finding("TRUNCATED", name)) from error
    except _BROKEN as error:
        if "not a zip file" in str(error):
            raise InputRefused(Finding("TRUNCATED", name)) from error
        raise InputRefused(Finding("CORRUPT", name, detail={"reason": "ZIP"})) from error


def _check_part(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    limits: Mapping[str, int],
    *,
    name: str,
    before: int,
) -> int:
    """Unpack one part into nothing and test it; return the bytes unpacked so far."""
    columns: set[bytes] = set()
    rows, total = 0, before
    is_sheet = info.filename.startswith("xl/worksheets/")
    for chunk in _chunks(archive, info):
        total += len(chunk) - _TAIL
        if total > limits["max_unpacked_bytes"]:
            raise _bomb(name, f"> {total / 1e6:.0f} MB")
        plain = chunk.replace(b"\0", b"") if b"\0" in chunk else chunk
        if info.filename.lower().endswith(_XML) and _DTD.search(plain):
            raise InputRefused(Finding("XML_ENTITY", name))
        if is_sheet:
            columns.update(_LETTERS.findall(plain))
            rows = max(rows, int(max(_DIGITS.findall(plain), key=_size, default=b"0")))
    width = max((column_of(c.decode(), 0) for c in columns), default=0) + 1
    if rows * width > limits["max_cells"]:
        raise InputRefused(Finding("TOO_LARGE", name, detail={"found": f"{rows} x {width}"}))
    return total


def _size(digits: bytes) -> tuple[int, bytes]:
    return len(digits), digits


def _check_declared(info: zipfile.ZipInfo, limits: Mapping[str, int], *, name: str) -> None:
    """Refuse a part by what it declares, before a byte of it is unpacked."""
    packed = max(info.compress_size, 1)
    large = info.file_size > limits["ratio_from_bytes"]
    if info.file_size > limits["max_part_bytes"] or (
        large and info.file_size > limits["max_ratio"] * packed
    ):
        raise _bomb(name, f"{info.file_size / 1e6:.0f} MB / {packed / 1e6:.1f} MB")


def _chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """Give a part piece by piece, each with the end of the one before it."""
    tail = b" " * _TAIL
    with archive.open(info) as part:
        while chunk := part.read(_CHUNK):
            yield tail + chunk
            tail = (tail + chunk)[-_TAIL:]


def _bomb(name: str, found: str) -> InputRefused:
    return InputRefused(Finding("ARCHIVE_BOMB", name, detail={"found": found}))


def _parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return sheet name -> its part (the XML has been tested: it declares no entities)."""
    book = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
    links = ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    target = {link.get("Id"): link.get("Target", "") for link in links}
    found = {}
    for sheet in book.iter(_SHEET):
        part = target.get(sheet.get(_LINK), "")
        part = part.lstrip("/") if part.startswith("/") else f"xl/{part}"
        found[sheet.get("name", "")] = part
    return found


def peek(path: Path, part: str | None, *, name: str) -> Peek:
    """Look for unsolved formulas, hidden rows and errors, if the sheet's XML has any at all.

    Raises
    ------
    InputRefused
        ``CORRUPT`` where the XML is broken.
    """
    with zipfile.ZipFile(path) as archive:
        if part not in archive.namelist():
            return Peek()
        info = archive.getinfo(part)
        if not any(_HINTS.search(chunk) for chunk in _chunks(archive, info)):
            return Peek()
        try:
            with archive.open(info) as file:
                return _parse(file)
        except ET.ParseError as error:
            raise InputRefused(Finding("CORRUPT", name, detail={"reason": "XML"})) from error


def _parse(file: IO[bytes]) -> Peek:
    """Walk through a sheet's XML, forgetting every row once it has been seen."""
    unsolved: set[tuple[int, int]] = set()
    hidden: set[int] = set()
    errors: dict[tuple[int, int], str] = {}
    row, column = -1, -1
    for event, element in ET.iterparse(file, events=("start", "end")):  # noqa: S314 - no DTD
        tag = element.tag.rpartition("}")[2]
        if event == "start" and tag == "row":
            row, column = _number(element.get("r", ""), row + 2) - 1, -1
            if element.get("hidden") in ("1", "true"):
                hidden.add(row)
        elif event == "end" and tag == "c":
            place = element.get("r", "")
            column = column_of(place, column + 1)
            row = _number(place.lstrip(_LETTER), row + 1) - 1
            formula, value = _cell(element)
            if formula and not value:
                unsolved.add((row, column))
            if element.get("t") == "e":
                errors[row, column] = value
        elif event == "end" and tag == "row":
            element.clear()
    return Peek(frozenset(unsolved), frozenset(hidden), errors)


def _cell(element: ET.Element) -> tuple[bool, str]:
    """Return whether a cell has a formula, and its stored value."""
    formula, value = False, ""
    for part in element.iter():
        tag = part.tag.rpartition("}")[2]
        formula |= tag == "f"
        if tag in ("v", "t"):
            value += part.text or ""
    return formula, value.strip()


def _number(digits: str, otherwise: int) -> int:
    return int(digits) if digits.isascii() and digits.isdigit() else otherwise


def column_of(place: str, otherwise: int) -> int:
    """Return the column (from 0) of a place such as ``AB12``."""
    letters = place.rstrip("0123456789")
    if not letters.isascii() or not letters.isalpha():
        return otherwise
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
