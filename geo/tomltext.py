"""What does a TOML file of a user say, and where is it wrong?"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from pathlib import Path

_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)|\(at end of document\)")


def read_text(path: Path, *, name: str) -> str:
    """Return the text of a TOML file, which must be UTF-8 (a byte order mark is fine).

    Raises
    ------
    InputRefused
        ``FILE_NOT_FOUND`` with the TOML files that are there, or ``ENCODING``.
    """
    if not path.is_file():
        near = sorted(p.name for p in path.parent.glob("*.toml")) if path.parent.is_dir() else []
        detail = {"near": ", ".join(near) or "-", "where": path.parent.name or "."}
        raise InputRefused(Finding("FILE_NOT_FOUND", name, detail=detail))
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputRefused(Finding("ENCODING", name)) from None


def parsed(text: str, *, name: str) -> dict[str, Any]:
    """Return the tables of a TOML text.

    Raises
    ------
    InputRefused
        ``TOML_SYNTAX`` with line, character and reason.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        row = int(place[1]) if place and place[1] else text.count("\n") + 1
        position = place[2] if place and place[2] else "1"
        detail = {"reason": _PLACE.sub("", str(error)).strip(), "position": position}
        raise InputRefused(Finding("TOML_SYNTAX", name, row, detail=detail)) from None
