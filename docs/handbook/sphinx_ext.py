"""What does the build add to Sphinx: generated parts, pages of public names, search in Chinese?"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.search import SearchLanguage

from handbook.library import api_pages
from handbook.parts import filled

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from geo.words import Lang

_TEXTS: dict[str, dict[str, str]] = {
    "zh": {"title": "yimi 一米", "other": "English", "folder": "en", "note": "", "toc": "本页目录"},
    "en": {
        "title": "yimi 一米",
        "other": "中文",
        "folder": "zh",
        "note": "",
        "toc": "On this page",
    },
}


class HanPairs(SearchLanguage):
    """Search in Chinese without a dictionary: a word is found by its pairs of characters."""

    lang = "zh"
    language_name = "Chinese"
    _runs = re.compile(r"[\u4e00-\u9fff]+|[A-Za-z0-9_]+")
    js_splitter_code = """
    function splitQuery(query) {
      return (query.match(/[\\u4e00-\\u9fff]+|[A-Za-z0-9_]+/g) || []).flatMap((run) =>
        /[\\u4e00-\\u9fff]/.test(run) && run.length > 2
          ? [...run].slice(1).map((letter, i) => run[i] + letter) : [run]);
    }
    """
    js_stemmer_code = "class Stemmer { stemWord(word) { return word; } }"

    def split(self, input: str) -> list[str]:  # noqa: A002 - the name of the class above
        """Return the pairs of neighbouring characters, and whole words of letters."""
        return [word for run in self._runs.findall(input) for word in _pairs(run)]

    def word_filter(self, word: str) -> bool:
        """Keep all that is longer than one character."""
        return len(word) > 1

    def stem(self, word: str) -> str:
        """Leave a word as it is."""
        return word.lower()


def _pairs(run: str) -> list[str]:
    return [run] if run.isascii() else [run[i : i + 2] for i in range(max(1, len(run) - 1))]


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the parts (Sphinx calls this)."""
    app.add_search_language(HanPairs)
    app.connect("builder-inited", _write_api)
    app.connect("source-read", _fill)
    app.connect("html-page-context", _context)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def language_of(app: Sphinx) -> Lang:
    """Return the language of the pages that are built."""
    return "zh" if str(app.config.language).startswith("zh") else "en"


def _write_api(app: Sphinx) -> None:
    if language_of(app) == "zh":
        return
    folder = Path(app.srcdir) / "api"
    folder.mkdir(exist_ok=True)
    pages = api_pages()
    for old in set(folder.iterdir()) - {folder / name for name in pages}:
        old.unlink()
    for name, text in pages.items():
        if not (folder / name).is_file() or (folder / name).read_text("utf-8") != text:
            (folder / name).write_text(text, encoding="utf-8", newline="\n")


def _fill(app: Sphinx, docname: str, source: list[str]) -> None:  # noqa: ARG001 - Sphinx's own
    source[0] = filled(source[0], language_of(app))


def _context(  # noqa: PLR0917 - as Sphinx calls it
    app: Sphinx,
    pagename: str,
    templatename: str,  # noqa: ARG001
    context: dict[str, Any],
    doctree: object,  # noqa: ARG001
) -> None:
    """Say where the same page stands in the other language; there is no API page in Chinese."""
    texts = _TEXTS[language_of(app)]
    up = "../" * (pagename.count("/") + 1)
    page = "api" if pagename.startswith("api/") else pagename
    if page in ("search", "genindex", "py-modindex"):
        page = "index"
    context["other_language"] = {
        "title": texts["other"],
        "lang": "zh-CN" if texts["folder"] == "zh" else "en",
        "address": f"{up}{texts['folder']}/{page}.html",
    }
