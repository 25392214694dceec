"""Where are the project's own data files, in a checkout and in an installed wheel?

``YIMI_DATA`` may name further folders (separated as in ``PATH``) with files of their own, for an
analysis that lives outside the project: what they hold is added, never put in place of something.
"""

from __future__ import annotations

import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parent
ROOT = next(p for p in (_PACKAGE / "_data", _PACKAGE.parent / "data") if p.is_dir())
DEMO = ROOT / "demo"


@cache
def load_toml(relative: str) -> dict[str, Any]:
    """Return a bundled TOML file as a dictionary (do not change it: it is cached).

    Parameters
    ----------
    relative
        Path below ``data/``, with forward slashes, e.g. ``"columns.toml"``.

    Examples
    --------
    >>> load_toml("findings.toml")["EMPTY"]
    'refuse'
    """
    return parse_toml(ROOT / relative)


def parse_toml(path: Path) -> dict[str, Any]:
    """Return a TOML file as a dictionary.

    Examples
    --------
    >>> parse_toml(DEMO / "study.toml")["study"]["crs"]
    'auto'
    """
    with path.open("rb") as file:
        return tomllib.load(file)


def data_files(folder: str) -> list[Path]:
    """Return the TOML files of a folder of ``data/`` by name, then those of ``YIMI_DATA``.

    Examples
    --------
    >>> [path.name for path in data_files("schema")][:3]
    ['columns.toml', 'roles.toml', 'tables.toml']
    """
    return [path for root in roots() for path in sorted((root / folder).glob("*.toml"))]


def roots() -> list[Path]:
    """Return the project's ``data/`` and the folders of ``YIMI_DATA``.

    Examples
    --------
    >>> (roots()[0] / "facility_types.toml").is_file()
    True
    """
    own = os.environ.get("YIMI_DATA", "").split(os.pathsep)
    return [ROOT, *(Path(root) for root in own if root)]
