"""Which names does ``import yimi`` offer, and what is each for?

In English the first line of the name's own docstring says it, in Chinese ``names.toml``.
"""

from __future__ import annotations

import inspect
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import yimi
from handbook.markdown import table, words

if TYPE_CHECKING:
    from geo.words import Lang

_ZH = Path(__file__).with_name("names.toml")
_KINDS = {"class": "autoclass", "function": "autofunction", "data": "autodata"}


def names_part(lang: Lang) -> str:
    """Return the public names with what each is for; the pages behind them are in English."""
    said = summaries(lang)
    rows = ((_link(name, lang), said[name]) for name in dir(yimi))
    return table(words("name what", lang), rows)


def _link(name: str, lang: Lang) -> str:
    if lang == "en":
        return f"[`yimi.{name}`](api/{name}.rst)"
    return f'<a href="../en/api/{name}.html"><code>yimi.{name}</code></a>'


def summaries(lang: Lang) -> dict[str, str]:
    """Return what each public name is for, in one line."""
    if lang == "zh":
        return dict(tomllib.loads(_ZH.read_text("utf-8")))
    return {name: _summary(name) for name in dir(yimi)}


def api_pages() -> dict[str, str]:
    """Return file name -> reStructuredText of the page of every public name."""
    return {f"{name}.rst": _page(name) for name in dir(yimi)}


def _page(name: str) -> str:
    kind = _kind(name)
    title = f"yimi.{name}"
    members = "\n   :members:" if kind == "class" else ""
    return f"{title}\n{'=' * len(title)}\n\n.. {_KINDS[kind]}:: yimi.{name}{members}\n"


def _kind(name: str) -> str:
    found = getattr(yimi, name)
    return "class" if inspect.isclass(found) else "function" if callable(found) else "data"


def _summary(name: str) -> str:
    text = inspect.getdoc(getattr(yimi, name)) or ""
    return text.partition("\n\n")[0].replace("\n", " ").replace("``", "`")
