"""Which file of an archive is meant, and can unpacking it do harm?

Archives are never handed to GDAL: they are looked through and unpacked here, into a folder of the
caller, under names of our own.  Before a byte is written the list of entries is judged: their
number, sizes and ratios, paths that lead out of the folder, links, archives inside the archive.
While writing, the bytes are counted, because the list may lie.
"""

from __future__ import annotations

import errno
import gzip
import re
import stat
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from geo.bundled import load_toml
from geo.findings import Finding, InputRefused, YimiError
from geo.read.encodings import UTF8, best_codec, decoded

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import Protocol

    class _Source(Protocol):
        """Whatever bytes can be read from."""

        def read(self, size: int, /) -> bytes: ...


ARCHIVES = frozenset({".zip", ".kmz", ".gz"})
_NESTED = frozenset({".zip", ".kmz", ".gz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".tgz"})
_CHUNK = 1 << 20
_UTF8_NAME, _ENCRYPTED = 0x800, 0x1
_DRIVE = re.compile(r"[A-Za-z]:")
_UNPRINTED = re.compile(r"[\x00-\x1f\x7f]")
_END = b"PK\x05\x06"
_END_BYTES = 22 + 65_535
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OverflowError)


@dataclass(frozen=True)
class Member:
    """A file that was unpacked.

    Attributes
    ----------
    path
        Where it lies now, under a name of ours; parts of one Shapefile lie side by side.
    name
        Its path in the archive, as people read it.
    """

    path: Path
    name: str


@dataclass(frozen=True)
class Unpacked:
    """What came out of an archive, with remarks."""

    members: tuple[Member, ...]
    findings: tuple[Finding, ...] = ()


def unpack(path: Path, into: Path, *, name: str) -> Unpacked:
    """Unpack a ``.zip``, ``.kmz`` or ``.gz`` into an empty folder.

    Parameters
    ----------
    into
        Existing folder that the caller removes.
    name
        Name of the archive as the user wrote it.

    Raises
    ------
    InputRefused
        ``FORMAT_MISMATCH, TRUNCATED, CORRUPT, ARCHIVE_BOMB, ARCHIVE_PATH, ARCHIVE_LINK,
        ARCHIVE_LOCKED``; then nothing stays in the folder but what was written before the lie.
    """
    try:
        if path.suffix.lower() == ".gz":
            return _gunzip(path, into, name=name)
        return _unzip(path, into, name=name)
    except YimiError:  # a ValueError as well
        raise
    except (*_UNREADABLE, gzip.BadGzipFile) as error:
        detail = {"reason": str(error)}
        raise InputRefused(Finding("CORRUPT", name, detail=detail)) from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # zipfile followed a position before the file's beginning
            raise
        raise InputRefused(Finding("CORRUPT", name, detail={"reason": "offset"})) from error
    except (NotImplementedError, RuntimeError) as error:
        raise InputRefused(Finding("ARCHIVE_LOCKED", name)) from error


def choose(
    members: Sequence[Member], suffixes: Collection[str], *, name: str, layer: str | None
) -> tuple[Member, str | None]:
    """Return the one data file of an archive, and the layer to look for in it.

    Parameters
    ----------
    suffixes
        Extensions of data files, lower case, with the dot.
    layer
        Name that the study gives; it may name the file (with or without its extension and folder),
        else it names a layer inside the only file.

    Raises
    ------
    InputRefused
        ``EMPTY`` where there is no data file, ``LAYER_AMBIGUOUS``, ``LAYER_UNKNOWN``.
    """
    data = [m for m in members if PurePosixPath(m.name).suffix.lower() in suffixes]
    if not data:
        raise InputRefused(Finding("EMPTY", name))
    if layer is not None:
        named = [m for m in data if layer in _names(m)]
        if len(named) == 1:
            return named[0], None
    if len(data) == 1:
        return data[0], layer
    layers = tuple(m.name for m in data)
    if layer is None:
        raise InputRefused(Finding("LAYER_AMBIGUOUS", name, detail={"layers": layers}))
    detail = {"layer": layer, "layers": layers}
    raise InputRefused(Finding("LAYER_UNKNOWN", name, detail=detail))


def _names(member: Member) -> tuple[str, str, str]:
    path = PurePosixPath(member.name)
    return member.name, path.name, path.stem


def _limits() -> dict[str, Any]:
    limits: dict[str, Any] = load_toml("rules/limits.toml")["archive"]
    return limits


def _gunzip(path: Path, into: Path, *, name: str) -> Unpacked:
    inner = PurePosixPath(path.name).stem
    if PurePosixPath(inner).suffix.lower() in _NESTED:
        raise InputRefused(Finding("ARCHIVE_BOMB", name, value=inner, detail={"found": inner}))
    with path.open("rb") as file:
        if file.read(2) != b"\x1f\x8b":
            raise InputRefused(Finding("FORMAT_MISMATCH", name, detail={"found": "?"}))
    target = into / f"0000{PurePosixPath(inner).suffix.lower()}"
    most = _most_bytes(path.stat().st_size)
    try:
        with gzip.open(path) as source:
            _copy(source, target, most=most, name=name)
    except EOFError as error:
        raise InputRefused(Finding("TRUNCATED", name)) from error
    return Unpacked((Member(target, inner),))


def _unzip(path: Path, into: Path, *, name: str) -> Unpacked:
    _check_head(path, name=name)
    with zipfile.ZipFile(path) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        names, guessed = _readable(entries)
        for entry, readable in zip(entries, names, strict=True):
            _check_entry(entry, readable, name=name)
        kept = [
            (entry, readable)
            for entry, readable in zip(entries, names, strict=True)
            if not _is_litter(readable)
        ]
        _check_sizes([entry for entry, _ in kept], name=name)
        members = _extract(archive, kept, into, name=name)
    detail = {"encoding": "GB18030"}
    findings = (Finding("ENCODING_GUESSED", name, detail=detail),) if guessed else ()
    return Unpacked(members, findings)


def _check_head(path: Path, *, name: str) -> None:
    """Refuse what is no zip, and a zip with too many entries before its list is read."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(2) != b"PK":
            raise InputRefused(Finding("FORMAT_MISMATCH", name, detail={"found": "?"}))
        file.seek(max(0, size - _END_BYTES))
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0:
        raise InputRefused(Finding("TRUNCATED", name))
    count = int.from_bytes(tail[at + 10 : at + 12], "little")
    if count > _limits()["max_members"]:
        raise InputRefused(Finding("ARCHIVE_BOMB", name, detail={"found": f"{count} files"}))


def _readable(entries: Sequence[zipfile.ZipInfo]) -> tuple[list[str], bool]:
    """Return the entries' names as people read them, and whether an encoding was guessed."""
    raw = [_raw_name(entry) for entry in entries]
    foreign = {(data, False) for data in raw if isinstance(data, bytes)}
    codec = best_codec(foreign) if foreign else UTF8
    names = [
        entry.filename
        if data is None
        else decoded(data, codec, cut=False) or data.decode(codec, "replace")
        for data, entry in zip(raw, entries, strict=True)
    ]
    return [unicodedata.normalize("NFC", name) for name in names], codec != UTF8


def _raw_name(entry: zipfile.ZipInfo) -> bytes | None:
    """Return the bytes of a name that has no mark of its encoding, None where it is clear."""
    if entry.flag_bits & _UTF8_NAME or entry.filename.isascii():
        return None
    try:
        return entry.filename.encode("cp437")
    except UnicodeEncodeError:
        return None


def _check_entry(entry: zipfile.ZipInfo, readable: str, *, name: str) -> None:
    """Refuse an entry whose name or kind is hostile."""
    for text in (entry.orig_filename, readable):
        parts = re.split(r"[/\\]", text)
        if text.startswith(("/", "\\")) or _DRIVE.match(text) or ".." in parts:
            raise InputRefused(_about("ARCHIVE_PATH", readable, name))
        if _UNPRINTED.search(text) or len(text) > _limits()["name_max_chars"]:
            raise InputRefused(_about("ARCHIVE_PATH", readable, name))
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise InputRefused(_about("ARCHIVE_LINK", readable, name))
    if entry.flag_bits & _ENCRYPTED:
        raise InputRefused(_about("ARCHIVE_LOCKED", readable, name))
    if PurePosixPath(readable).suffix.lower() in _NESTED:
        raise InputRefused(Finding("ARCHIVE_BOMB", name, detail={"found": f"zip > {readable}"}))


def _about(code: str, member: str, name: str) -> Finding:
    return Finding(code, name, value=member, detail={"member": member})


def _is_litter(readable: str) -> bool:
    """Say whether an entry is what a Mac or Windows adds on its own."""
    parts = PurePosixPath(readable.replace("\\", "/")).parts
    return "__MACOSX" in parts or parts[-1:] == (".DS_Store",) or parts[-1:] == ("Thumbs.db",)


def _check_sizes(entries: Sequence[zipfile.ZipInfo], *, name: str) -> None:
    """Refuse entries that would unpack to far more than they are."""
    limits = _limits()
    total = sum(entry.file_size for entry in entries)
    steep = any(
        entry.file_size > limits["ratio_from_bytes"]
        and entry.file_size > limits["max_ratio"] * max(entry.compress_size, 1)
        for entry in entries
    )
    if steep or total > limits["max_unpacked_bytes"] or len(entries) > limits["max_members"]:
        found = f"{total / 1e6:.0f} MB, {len(entries)} files"
        raise InputRefused(Finding("ARCHIVE_BOMB", name, detail={"found": found}))


def _extract(
    archive: zipfile.ZipFile,
    kept: Sequence[tuple[zipfile.ZipInfo, str]],
    into: Path,
    *,
    name: str,
) -> tuple[Member, ...]:
    """Write the entries; those that differ only in their extension share our running number."""
    stems: dict[str, int] = {}
    left: int = _limits()["max_unpacked_bytes"]
    members = []
    for entry, readable in kept:
        inside = PurePosixPath(readable.replace("\\", "/"))
        suffix = inside.suffix.lower()
        number = stems.setdefault(str(inside.with_suffix("")).lower(), len(stems))
        safe = suffix if re.fullmatch(r"\.[a-z0-9]{1,12}", suffix) else ""
        target = into / f"{number:04d}{safe}"
        if target.exists():
            raise InputRefused(_about("ARCHIVE_PATH", readable, name))
        with archive.open(entry) as source:
            most = min(left, _most_bytes(entry.compress_size))
            left -= _copy(source, target, most=most, name=name)
        members.append(Member(target, str(inside)))
    return tuple(members)


def _most_bytes(packed: int) -> int:
    """Return how many bytes something packed may become."""
    limits = _limits()
    steep = max(limits["ratio_from_bytes"], limits["max_ratio"] * packed)
    return int(min(steep, limits["max_unpacked_bytes"]))


def _copy(source: _Source, target: Path, *, most: int, name: str) -> int:
    """Write a stream, counting; refuse as soon as it is longer than it may be."""
    written = 0
    with target.open("xb") as file:
        while chunk := source.read(_CHUNK):
            written += len(chunk)
            if written > most:
                found = f"> {most / 1e6:.0f} MB"
                raise InputRefused(Finding("ARCHIVE_BOMB", name, detail={"found": found}))
            file.write(chunk)
    return written
