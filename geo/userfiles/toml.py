"""Which file is meant by a path in the settings, and what do its tables say?"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from geo.findings import Finding, InputRefused
from geo.userfiles.slips import mended, mixed_brackets, reason
from geo.words import text as words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pydantic_core import ErrorDetails

Row = TypeVar("Row")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_CODES = {
    "extra_forbidden": "CONFIG_UNKNOWN_KEY",
    "unexpected_keyword_argument": "CONFIG_UNKNOWN_KEY",
    "missing": "CONFIG_MISSING",
    "missing_keyword_only_argument": "CONFIG_MISSING",
    "missing_argument": "CONFIG_MISSING",
    "literal_error": "CONFIG_CHOICE",
    "greater_than": "CONFIG_RANGE",
    "greater_than_equal": "CONFIG_RANGE",
    "less_than_equal": "CONFIG_RANGE",
    "finite_number": "CONFIG_RANGE",
    "string_too_short": "CONFIG_RANGE",
    "string_pattern_mismatch": "CONFIG_RANGE",
    "too_short": "CONFIG_RANGE",
}
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)|\(at end of document\)")


def is_address(text: str) -> bool:
    """Say whether a path is an address or opens more than a file: a URL, ``/vsizip/``, ``GPKG:x``.

    A drive of Windows is a place of this machine.

    >>> is_address("https://x/y.csv"), is_address("/vsizip/a.zip"), is_address("C:/a.csv")
    (True, True, False)
    """
    return text.replace("\\", "/").startswith("/vsi") or bool(_ADDRESS.match(text)) or "\0" in text


def inside(folder: Path, text: str, *, folders: bool = False) -> Path:
    """Return the existing file (or, if asked for, folder) that `text` names, relative to `folder`.

    Files may lie in the folder, below it, or in a folder beside it; nowhere else.

    Raises
    ------
    InputRefused
        ``PATH_NOT_ALLOWED`` (an address or a virtual path of GDAL), ``PATH_OUTSIDE``, or
        ``FILE_NOT_FOUND`` with the nearest name.

    Examples
    --------
    >>> from geo.bundled import DEMO
    >>> inside(DEMO, "schools.csv").name
    'schools.csv'
    >>> try:
    ...     inside(DEMO, "../../../../../etc/hostname")
    ... except InputRefused as refused:
    ...     print(refused.findings[0].code)
    PATH_OUTSIDE
    """
    written = text.replace("\\", "/")
    if is_address(written):
        raise InputRefused(Finding("PATH_NOT_ALLOWED", text, value=text))
    root = folder.resolve()
    path = (root / written).resolve()
    if not path.is_relative_to(root.parent):
        raise InputRefused(Finding("PATH_OUTSIDE", text, value=text))
    return path if folders and path.is_dir() else existing(path, name=text)


def existing(path: Path, *, name: str) -> Path:
    """Return `path` if it is a file, else refuse with the nearest name of its folder.

    Raises
    ------
    InputRefused
        ``FILE_NOT_FOUND``.

    Examples
    --------
    >>> from geo.bundled import DEMO
    >>> try:
    ...     existing(DEMO / "school.csv", name="school.csv")
    ... except InputRefused as refused:
    ...     print(refused.findings[0].detail["near"])
    schools.csv
    """
    if path.is_file():
        return path
    siblings = sorted(p.name for p in path.parent.iterdir()) if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, siblings, n=1, cutoff=0.4)
    detail = {"near": near[0] if near else "-", "where": str(path)}
    raise InputRefused(Finding("FILE_NOT_FOUND", name, value=name, detail=detail))


def read_rows(
    path: Path,
    table: str,
    row_type: type[Row],
    *,
    prepare: Callable[[dict[str, Any]], dict[str, Any]] = lambda cells: cells,
) -> tuple[Row, ...]:
    """Read the ``[[table]]`` rows of a TOML file.

    Parameters
    ----------
    path
        UTF-8 file; a BOM is allowed.
    table
        Name of the array of tables; the file may hold nothing else.
    row_type
        Frozen dataclass; fields without a default are required.
    prepare
        Called with each row as it was written, before it is checked: what it returns counts.

    Returns
    -------
    tuple
        The rows in the order of the file.

    Raises
    ------
    InputRefused
        ``FILE_NOT_FOUND``, ``ENCODING``, ``TOML_SYNTAX`` or a ``CONFIG_*`` finding for each slip.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Phase:
    ...     year: int
    ...     new_sites: int
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "phases.toml")
    ...     size = file.write_text("phase = [{year = 2027, new_sites = 2}]", "utf-8")
    ...     read_rows(file, "phase", Phase)[0].new_sites
    2
    """
    text = read_text(path, name=path.name)
    content = parsed(text, name=path.name)
    others = [key for key in content if key != table]
    if others:
        detail = {"key": others[0], "near": f"[[{table}]]"}
        raise InputRefused(Finding("CONFIG_UNKNOWN_KEY", path.name, None, others[0], None, detail))
    raw = content.get(table)
    if not isinstance(raw, list) or not raw:
        raise InputRefused(Finding("CONFIG_MISSING", path.name, detail={"key": f"[[{table}]]"}))
    starts = [n for n, line in enumerate(text.splitlines(), 1) if line.strip() == f"[[{table}]]"]
    slips: list[Finding] = []
    rows: list[Row] = []
    for number, cells in enumerate(raw):
        start = starts[number] if number < len(starts) else 1
        try:
            rows.append(checked_row(prepare(cells) if isinstance(cells, dict) else cells, row_type))
        except ValidationError as error:
            known = [field.name for field in fields(row_type)]  # type: ignore[arg-type]
            slips += [
                _slip(e, known, file=path.name, row=_line(text, e["loc"], start=start))
                for e in error.errors(include_url=False)
            ]
    if slips:
        raise InputRefused(*slips)
    return tuple(rows)


def checked_row(cells: object, row_type: type[Row]) -> Row:
    """Return one row as its dataclass.

    JSON is taken as the way in because its strict mode still reads a list as a tuple.

    Raises
    ------
    pydantic.ValidationError
        For every slip.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Row:
    ...     name: str
    ...     share: float
    >>> checked_row({"name": "a", "share": 0.5}, Row).share
    0.5
    """
    return TypeAdapter(row_type).validate_json(json.dumps(cells, default=str), strict=True)


def _slip(error: ErrorDetails, known: Sequence[str], *, file: str, row: int) -> Finding:
    """Translate one of pydantic's errors."""
    key = str(error["loc"][0]) if error["loc"] else ""
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    code = _CODES.get(error["type"], "CONFIG_TYPE")
    detail = {
        "key": key,
        "near": near[0] if near else ", ".join(known),
        "expected": ", ".join(_expected(error)),
    }
    value = None if code == "CONFIG_MISSING" else str(error["input"])
    return Finding(code, file, row, key, value, detail)


def _expected(error: ErrorDetails) -> Iterator[str]:
    """Say what was wanted: the bounds or the choices if there are any, else the type."""
    signs = {"gt": ">", "ge": ">=", "le": "<="}
    context = error.get("ctx", {})
    found = [f"{signs[k]} {v:g}" for k, v in context.items() if k in signs]
    yield from found or [str(context.get("expected", error["type"].replace("_", " ")))]


def _line(text: str, place: Sequence[int | str], *, start: int) -> int:
    """Return the line of a key below the line where its row starts, or that line."""
    lines = text.splitlines()
    key = re.compile(rf"^\s*\"?{re.escape(str(place[0]))}\"?\s*=") if place else None
    for number in range(start, len(lines)):
        if lines[number].lstrip().startswith("[["):
            break
        if key and key.match(lines[number]):
            return number + 1
    return start


def read_text(path: Path, *, name: str) -> str:
    """Return the text of a TOML file, which must be UTF-8 (a byte order mark is fine).

    Raises
    ------
    InputRefused
        ``FILE_NOT_FOUND`` with the TOML files that are there, or ``ENCODING``.

    Examples
    --------
    >>> from geo.bundled import DEMO
    >>> "[streets]" in read_text(DEMO / "study.toml", name="study.toml")
    True
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
        ``TOML_SYNTAX`` with line, character, reason, and the line as it should be.

    Examples
    --------
    >>> parsed("walking.speed_m_s = 1.2", name="study.toml")
    {'walking': {'speed_m_s': 1.2}}
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputRefused(_syntax(text, str(error), name=name)) from None
    except RecursionError:
        detail = {
            "reason": reason("nested"),
            "position": "1",
            "remedy": words("messages/toml_remedy/look"),
        }
        raise InputRefused(Finding("TOML_SYNTAX", name, detail=detail)) from None


def _syntax(text: str, message: str, *, name: str) -> Finding:
    """Return what is wrong with a text that is not TOML, and the line as it should be."""
    place = _PLACE.search(message)
    lines = text.splitlines()
    row = int(place[1]) if place and place[1] else len(lines)
    right = mended(lines[row - 1]) if row <= len(lines) else None
    if right is None and (section := mixed_brackets(lines)):
        row, right = section[0], (section[1], ("brackets",))
    position = place[2] if place and place[2] else "1"
    cause: object = reason(_PLACE.sub("", message).strip())
    remedy, value = words("messages/toml_remedy/look"), None
    if right is not None:
        cause = tuple(words(f"messages/toml_slip/{slip}") for slip in right[1])
        remedy = words("messages/toml_remedy/line").format(right=right[0].strip())
        value = lines[row - 1].strip()
    detail = {"reason": cause, "position": position, "remedy": remedy}
    return Finding("TOML_SYNTAX", name, row, value=value, detail=detail)
