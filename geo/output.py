"""How does a run become one consistent folder, or nothing at all?

A run is written aside, every file is synced to disk, hashed into ``manifest.json``, and only then
swapped in.  A kill, a full disk or a second run at the same time leaves the old folder as it was.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geo.findings import EnvironmentFault, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MANIFEST = "manifest.json"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextlib.contextmanager
def run_folder(out: Path) -> Iterator[Path]:
    """Give a folder to write into; when the block ends well it becomes `out`.

    Raises
    ------
    EnvironmentFault
        ``OUT_IN_USE`` (another run writes there), ``OUT_NOT_OURS`` (the folder holds other
        things than an earlier run), ``DISK_FULL`` or ``NOT_WRITABLE``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     with run_folder(Path(parent, "out")) as folder:
    ...         write_json(folder / "a.json", {"children": 30})
    ...         write_manifest(folder, {})
    ...     print(sorted(file.name for file in Path(parent, "out").iterdir()))
    ['a.json', 'manifest.json']
    """
    out = Path(out).absolute()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with _lock(out):
            _recover(out)
            _refuse_foreign(out)
            fresh = Path(tempfile.mkdtemp(prefix=f".{out.name[:40]}.new-", dir=out.parent))
            try:
                yield fresh
                _check_and_sync(fresh)
                _swap(fresh, out)
            finally:
                shutil.rmtree(fresh, ignore_errors=True)
    except EnvironmentFault:
        raise
    except OSError as error:
        if error.errno in _FULL:
            raise EnvironmentFault(Finding("DISK_FULL", out.name)) from error
        if isinstance(error, PermissionError) or error.errno == errno.EROFS:
            raise EnvironmentFault(Finding("NOT_WRITABLE", out.name)) from error
        raise


def write_manifest(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write ``manifest.json``: the facts of the run and the hash of every output file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_json(Path(folder, "a.json"), {"children": 30})
    ...     write_manifest(Path(folder), {"seed": 1})
    ...     print(list(json.loads(Path(folder, "manifest.json").read_text("utf-8"))["outputs"]))
    ['a.json']
    """
    outputs = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": sha256(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }
    write_json(folder / MANIFEST, {**facts, "outputs": outputs})


def write_json(path: Path, value: object) -> None:
    """Write JSON for people: UTF-8, indented, keys in the order given.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "a.json")
    ...     write_json(file, {"children": 30})
    ...     print(file.read_text("utf-8").strip())
    {
     "children": 30
    }
    """
    text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file as text.

    Examples
    --------
    >>> from geo.bundled import DEMO
    >>> len(sha256(DEMO / "study.toml"))
    64
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_and_sync(folder: Path) -> None:
    """Never trust a writer's return: no file may be empty, all must be on disk."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        if path.stat().st_size == 0:
            raise EnvironmentFault(Finding("DISK_FULL", path.name))
        with path.open("rb+") as file:
            os.fsync(file.fileno())


def _swap(fresh: Path, out: Path) -> None:
    """Put `fresh` in the place of `out`; `_recover` undoes a swap that was cut in two."""
    old = _aside(out)
    if out.exists():
        out.rename(old)
    fresh.rename(out)
    out.chmod(0o755)
    shutil.rmtree(old, ignore_errors=True)


def _recover(out: Path) -> None:
    """Clean up after a run that was killed: bring back the old folder, sweep the unfinished."""
    old = _aside(out)
    if old.exists():
        if out.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(out)
    for unfinished in out.parent.glob(f".{out.name[:40]}.new-*"):
        shutil.rmtree(unfinished, ignore_errors=True)


def _aside(out: Path) -> Path:
    return out.with_name(f".{out.name[:40]}.old")


def _refuse_foreign(out: Path) -> None:
    """Replace only folders that an earlier run wrote (or that are empty)."""
    if out.is_file() or (out.is_dir() and any(out.iterdir()) and not (out / MANIFEST).is_file()):
        raise EnvironmentFault(Finding("OUT_NOT_OURS", out.name))


@contextlib.contextmanager
def _lock(out: Path) -> Iterator[None]:
    """Hold the lock beside `out`; the system releases it when the process dies."""
    path = out.with_name(f".{out.name[:40]}.lock")
    with path.open("a+b") as file:
        try:
            _lock_file(file.fileno())
        except OSError:
            raise EnvironmentFault(Finding("OUT_IN_USE", out.name)) from None
        yield
    path.unlink(missing_ok=True)


def _lock_file(descriptor: int) -> None:
    """Lock without waiting, on Windows and elsewhere."""
    if os.name == "nt":
        import msvcrt  # noqa: PLC0415  (exists only there)

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        import fcntl  # noqa: PLC0415  (exists only there)

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
