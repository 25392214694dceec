"""Which files may an input name, and where is the one that was meant?"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from pathlib import Path

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+:")


def inside(folder: Path, text: str) -> Path:
    """Return the existing file that `text` names, relative to `folder`.

    Files may lie in the folder, below it, or in a folder beside it; nowhere else.

    Raises
    ------
    InputRefused
        ``PATH_NOT_ALLOWED`` (an address or a virtual path of GDAL), ``PATH_OUTSIDE``, or
        ``FILE_NOT_FOUND`` with the nearest name.
    """
    written = text.replace("\\", "/")
    if written.startswith("/vsi") or _SCHEME.match(written) or "\0" in written:
        raise InputRefused(Finding("PATH_NOT_ALLOWED", text, value=text))
    root = folder.resolve()
    path = (root / written).resolve()
    if not path.is_relative_to(root.parent):
        raise InputRefused(Finding("PATH_OUTSIDE", text, value=text))
    return existing(path, name=text)


def existing(path: Path, *, name: str) -> Path:
    """Return `path` if it is a file, else refuse with the nearest name of its folder.

    Raises
    ------
    InputRefused
        ``FILE_NOT_FOUND``.
    """
    if path.is_file():
        return path
    siblings = sorted(p.name for p in path.parent.iterdir()) if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, siblings, n=1, cutoff=0.4)
    detail = {"near": near[0] if near else "-", "where": str(path)}
    raise InputRefused(Finding("FILE_NOT_FOUND", name, value=name, detail=detail))
