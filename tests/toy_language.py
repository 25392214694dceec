"""A third language: a folder of files, all texts in English with a mark before them."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from geo.bundled import ROOT

CODE, MARK = "qaa", "¤"
"""Of a language that nobody speaks (ISO 639 keeps ``qaa`` free)."""


def write_language(data: Path) -> None:
    """Write the folder of the language below a folder of data, see ``YIMI_DATA``."""
    folder = data / "words" / CODE
    folder.mkdir(parents=True)
    for path in sorted({*(ROOT / "words/en").glob("*.toml")} - {ROOT / "words/en/language.toml"}):
        texts = tomllib.loads(path.read_text("utf-8"))
        (folder / path.name).write_text("\n".join(_table(_marked(texts))), "utf-8")
    english = (ROOT / "words/en/language.toml").read_text("utf-8")
    own = english.replace('name = "English"', f'name = "{MARK}ish"').replace(
        "order = 2", "order = 9"
    )
    (folder / "language.toml").write_text(own.replace('"en"', f'"{CODE}"'), "utf-8")
    rows = {text: MARK + text for text in sorted(set(_in_rows())) if text}
    (folder / "given.toml").write_text("\n".join(_table(rows)), "utf-8")


def _marked(texts: Mapping[str, Any]) -> dict[str, Any]:
    return {k: _marked(v) if isinstance(v, dict) else MARK + v for k, v in texts.items()}


def _table(table: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the lines of a TOML table, plain keys before tables."""
    for key, value in table.items():
        if not isinstance(value, dict):
            yield f"{json.dumps(key)} = {json.dumps(value)}"
    for key, value in table.items():
        if isinstance(value, dict):
            path = (*above, key)
            yield f"[{'.'.join(map(json.dumps, path))}]"
            yield from _table(value, path)


def _in_rows() -> Iterator[str]:
    """Yield the English texts that rows of data have beside their other facts."""
    for path in sorted(ROOT.rglob("*.toml")):
        if "words" not in path.parts and path.name != "study_template.toml":
            yield from _english(tomllib.loads(path.read_text("utf-8")))


def _english(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        yield from (
            v for k, v in part.items() if (k == "en" or k.endswith("_en")) and isinstance(v, str)
        )
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from _english(inner)


def english_sentences() -> set[str]:
    """Return all English texts of two words or more: no machine value is one of them."""
    words = (tomllib.loads(p.read_text("utf-8")) for p in (ROOT / "words/en").glob("*.toml"))
    every = {*_in_rows(), *(text for table in words for text in _leaves(table))}
    return {text.strip() for text in every if " " in text.strip()}


def _leaves(table: Mapping[str, Any]) -> Iterator[str]:
    for value in table.values():
        if isinstance(value, dict):
            yield from _leaves(value)
        elif isinstance(value, str):
            yield value
