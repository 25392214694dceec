"""Where are the project's own data files, in a checkout and in an installed wheel?"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parent
ROOT = next(p for p in (_PACKAGE / "_data", _PACKAGE.parent / "data") if p.is_dir())


@cache
def load_toml(relative: str) -> dict[str, Any]:
    """Return a bundled TOML file as a dictionary (do not change it: it is cached).

    Parameters
    ----------
    relative
        Path below ``data/``, with forward slashes, e.g. ``"words/findings.toml"``.
    """
    with (ROOT / relative).open("rb") as file:
        return tomllib.load(file)
