"""Is there, in any byte of what is to be published, a trace of this machine or of what must stay?

Files are looked into, not only at: members of ZIP and XLSX files, the data block of a map, tables
of a GeoPackage, packed streams of PDF, texts of PNG, outputs of notebooks.
"""

from __future__ import annotations

import base64
import contextlib
import getpass
import io
import json
import re
import socket
import sqlite3
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from geo.bundled import load_toml
from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BLOCK = re.compile(rb'<script type="application/octet-stream" id="data">([A-Za-z0-9+/=]+)<')
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_MACHINE = re.compile(
    rb"/(?:home|Users|root)/[^\s/<>\"'&]|[A-Za-z]:(?:\\\\?|/)Users(?:\\|/)|file:///", re.IGNORECASE
)
_SQLITE = b"SQLite format 3\0"
_PNG, _PNG_START = b"\x89PNG\r\n\x1a\n", 8
_DEEPEST = 4


def refuse_traces(folder: Path, needles: Iterable[str]) -> None:
    """Look into every file of a folder for texts that must not be published.

    Parameters
    ----------
    folder
        What is about to be published.
    needles
        From `traces_of`, or any texts.

    Raises
    ------
    InputRefused
        ``PUBLISH_TRACE``, a finding for each file.
    """
    # Our own files have plain names too: schools.csv is told, whatever the input was called.
    own = {path.name for path in folder.rglob("*")}
    wanted = _written(set(needles) - own)
    found = [
        Finding("PUBLISH_TRACE", path.relative_to(folder).as_posix())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and any(_holds(content, wanted) for content in contents(path))
    ]
    if found:
        raise InputRefused(*found)


def traces_of(study: Path, inputs: Iterable[str]) -> set[str]:
    """Return what names this machine, its user and the files of a study.

    Parameters
    ----------
    study
        Folder of the study.
    inputs
        Paths of its inputs as the study names them.

    Returns
    -------
    set
        Texts; a user or host whose name is a common word is found in paths only.
    """
    rules = load_toml("rules/publish.toml")["traces"]
    names = {socket.gethostname(), getpass.getuser(), Path.home().name}
    named = {
        n for n in names if len(n) >= rules["least_chars"] and n.lower() not in rules["common"]
    }
    folders = {Path.home(), Path.cwd(), study.resolve()}
    paths = {str(p) for p in folders if len(p.parts) > 1}
    files = {Path(text.replace("\\", "/")).name for text in inputs}
    return named | paths | {f for f in files if len(f) >= rules["least_chars"]}


def contents(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file, and those of everything that is packed in it."""
    yield from _unpacked(path.read_bytes(), _DEEPEST)


def _unpacked(data: bytes, deep: int) -> Iterator[bytes]:
    yield data
    if deep == 0:
        return
    for part in (*_members(data), *_blocks(data), *_streams(data), *_texts(data), *_outputs(data)):
        yield from _unpacked(part, deep - 1)
    if data.startswith(_SQLITE):
        yield _dump(data)


def _members(data: bytes) -> Iterator[bytes]:
    """Yield the members of a ZIP file and their names."""
    if not data.startswith(b"PK\x03\x04"):
        return
    with contextlib.suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(data)) as packed:
        for member in packed.infolist():
            yield member.filename.encode("utf-8", "replace") + b"\n" + member.comment
            yield packed.read(member)


def _blocks(data: bytes) -> Iterator[bytes]:
    """Yield the data blocks of maps."""
    for found in _BLOCK.finditer(data):
        with contextlib.suppress(zlib.error, ValueError):
            yield zlib.decompress(base64.b64decode(found[1]))


def _streams(data: bytes) -> Iterator[bytes]:
    """Yield the packed streams of a PDF."""
    if data.startswith(b"%PDF"):
        for found in _STREAM.finditer(data):
            with contextlib.suppress(zlib.error):
                yield zlib.decompress(found[1])


def _texts(data: bytes) -> Iterator[bytes]:
    """Yield the packed texts of a PNG."""
    if not data.startswith(_PNG):
        return
    at = _PNG_START
    while at + _PNG_START <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + length]
        if kind in (b"zTXt", b"iTXt"):
            for start in (n for n in range(len(body)) if body[n : n + 1] == b"\x78"):
                with contextlib.suppress(zlib.error):
                    yield zlib.decompress(body[start:])
        at += length + 12


def _outputs(data: bytes) -> Iterator[bytes]:
    """Yield the outputs of a notebook: texts as they are, pictures decoded."""
    if not (data.lstrip().startswith(b"{") and b'"cells"' in data):
        return
    with contextlib.suppress(ValueError, AttributeError):
        for text in _strings(json.loads(data)):
            yield text.encode("utf-8", "replace")
            with contextlib.suppress(ValueError):
                yield base64.b64decode(text, validate=True)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


def _dump(data: bytes) -> bytes:
    """Return all texts of an SQLite file: a long one may lie in pieces."""
    with contextlib.closing(sqlite3.connect(":memory:")) as base:
        base.deserialize(data)
        base.text_factory = lambda raw: raw.decode("utf-8", "replace")
        tables = [n for (n,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = []
        for table in tables:
            with contextlib.suppress(sqlite3.Error):
                quoted = table.replace('"', '""')
                rows += base.execute(f'SELECT * FROM "{quoted}"').fetchall()  # noqa: S608
    return "\n".join(str(v) for row in rows for v in row if isinstance(v, str)).encode("utf-8")


def _written(needles: Iterable[str]) -> tuple[bytes, ...]:
    """Return each text in the ways in which a file may hold it."""
    found: dict[bytes, None] = {}
    for needle in sorted(set(needles)):
        escaped = json.dumps(needle)[1:-1]
        for text in (needle, needle.replace("\\", "/"), escaped):
            found[text.encode("utf-8", "replace")] = None
        for encoding in ("utf-16-le", "gb18030"):
            found[needle.encode(encoding, "replace")] = None
    return tuple(found)


def _holds(content: bytes, needles: tuple[bytes, ...]) -> bool:
    return _MACHINE.search(content) is not None or any(needle in content for needle in needles)
