"""How is a table written in Markdown, and how does one link to a row of it?"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geo.userfiles import parsed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geo.words import Lang

_WORDS = Path(__file__).with_name("words.toml")


def table(headers: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    r"""Return a Markdown table, an empty line before and after it.

    Examples
    --------
    >>> print(table(["id", "what"], [["a", "one|two"]]).strip())
    | id | what |
    |---|---|
    | a | one\|two |
    """
    heads = list(headers)
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for row in rows:
        cells = (str(cell).replace("|", "\\|").replace("\n", " ") for cell in row)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(["", *lines, ""])


def anchored(name: str, prefix: str = "") -> str:
    """Return a name as code with an anchor of its own: ``page.html#prefix-name``.

    Examples
    --------
    >>> anchored("study.name", "setting-")
    '[`study.name`]{#setting-study.name}'
    """
    return f"[`{name}`]{{#{prefix}{slug(name)}}}"


def slug(name: str) -> str:
    """Return a name as it may stand in an address."""
    return re.sub(r"[^\w.-]+", "-", name.replace("*", "any")).strip("-")


def word(key: str, lang: Lang) -> str:
    """Return a word of the generated pages themselves, e.g. the header of a column."""
    text: str = _words()[key][lang]
    return text


def words(keys: str, lang: Lang) -> list[str]:
    """Return several words; `keys` are separated by blanks."""
    return [word(key, lang) for key in keys.split()]


@cache
def _words() -> dict[str, Any]:
    return parsed(_WORDS.read_text("utf-8"), name=_WORDS.name)
