"""What was meant by a line of TOML that is not TOML, and how would it be written?

Settings are edited in Chinese editors: quotes, signs and digits come in full width, paths with
backslashes, texts without quotes.  Each slip of ``data/toml_slips.toml`` is tried on the line, and
what makes it TOML is the answer.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from geo.bundled import load_toml
from geo.words import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from geo.words import Text

_QUOTED = re.compile(r'("(?:[^"\\]|\\.)*"|\'[^\']*\')')
_VALUE = re.compile(r"^(\s*[^=\s]+\s*=\s*)(.+?)(\s*(?:#.*)?)$")
_HEADER = re.compile(r"^\s*(\[\[?)\s*([\w.-]+)\s*\]")
_PATH_TEXT = re.compile(r'"([^"]*\\[^"]*)"')


def mended(line: str) -> tuple[str, tuple[str, ...]] | None:
    r"""Return a line as it should be and the slips in it, None where no mending makes it TOML.

    Examples
    --------
    >>> mended("snap_max_m\N{FULLWIDTH EQUALS SIGN}200")
    ('snap_max_m=200', ('signs',))
    >>> mended(r'path = "D:\new\homes.csv"')
    ('path = "D:/new/homes.csv"', ('backslash',))
    >>> mended("path = schools.csv")
    ('path = "schools.csv"', ('unquoted',))
    """
    slips: list[str] = []
    for slip, mend in _mends():
        if _is_toml(line):
            break
        other = mend(line)
        if other != line:
            line, slips = other, [*slips, slip]
    return (line.rstrip(), tuple(slips)) if slips and _is_toml(line) else None


def mixed_brackets(lines: Sequence[str]) -> tuple[int, str] | None:
    """Return the number and header of a section in single brackets that elsewhere has double ones.

    >>> mixed_brackets(["[facilities]", 'path = "a.csv"', "[[facilities]]"])
    (1, '[[facilities]]')
    """
    headers = [(n, found) for n, line in enumerate(lines, 1) if (found := _HEADER.match(line))]
    double = {found[2] for _, found in headers if found[1] == "[["}
    single = ((n, f"[[{f[2]}]]") for n, f in headers if f[1] == "[" and f[2] in double)
    return next(single, None)


def reason(message: str) -> Text | str:
    """Return what the parser says in words, the parser's own text where there are none."""
    known = (
        row["word"] for row in load_toml("toml_slips.toml")["reason"] if row["begin"] in message
    )
    word = next(known, None)
    return message if word is None else text(f"messages/toml_reason/{word}")


def _mends() -> Iterator[tuple[str, Callable[[str], str]]]:
    """Yield each slip with what mends it, in the order in which they are tried."""
    signs = load_toml("toml_slips.toml")["signs"]
    quotes = str.maketrans(signs["quotes"])
    other = str.maketrans(signs["other"])
    yield "quotes", lambda line: line.translate(quotes)
    yield "signs", lambda line: _outside(line, lambda part: part.translate(other))
    yield "boolean", lambda line: _outside(line, _boolean)
    yield "backslash", lambda line: _PATH_TEXT.sub(lambda m: m[0].replace("\\", "/"), line)
    yield "unquoted", _quoted


def _outside(line: str, mend: Callable[[str], str]) -> str:
    """Mend what stands outside of quotes."""
    parts = _QUOTED.split(line)
    return "".join(part if n % 2 else mend(part) for n, part in enumerate(parts))


def _boolean(part: str) -> str:
    words = load_toml("toml_slips.toml")["boolean"]
    pattern = re.compile(rf"(?<=[=\[,\s])({'|'.join(words)})(?=[\],\s]|$)", re.IGNORECASE)
    return pattern.sub(lambda m: words[m[0].lower()], part)


def _quoted(line: str) -> str:
    """Put quotes around the value of a key."""
    if not (found := _VALUE.match(line)) or any(c in found[2] for c in '"[]{}'):
        return line
    value = found[2].strip("'").replace("\\", "/")
    return f'{found[1]}"{value}"{found[3]}'


def _is_toml(line: str) -> bool:
    try:
        tomllib.loads(line)
    except (tomllib.TOMLDecodeError, RecursionError):
        return False
    return True
