"""What a machine compares is a code: words of a language live in ``data``, not in the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).parents[1]
CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
READING = (
    "patterns that read what people write in their tables: dates, degrees, brackets, encodings"
)
HELP = "help of the command line, in both languages before one is chosen"
LISTED = {
    "analyses/hazards/merging.py": READING,
    "analyses/streets/official.py": READING,
    "geo/crs.py": READING,
    "geo/read/cells.py": READING,
    "geo/read/columns.py": READING,
    "geo/read/encodings.py": READING,
    "geo/read/personal.py": READING,
    "geo/read/tables.py": READING,
    "maps/paper/paper.py": "signs that never begin a line",
    "yimi.py": HELP,
    "yimi_cli.py": HELP,
}
FILES = sorted(
    path.relative_to(CHECKOUT).as_posix()
    for path in (*(p for d in ("geo", "analyses", "maps") for p in (CHECKOUT / d).rglob("*.py")),
                 *CHECKOUT.glob("*.py"))
)  # fmt: skip
SCRIPTS = sorted((CHECKOUT / "maps/static").glob("*.js"))


def literals(source: str) -> Iterator[str]:
    """Yield the texts of a module that are no docstrings."""
    tree = ast.parse(source)
    said = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def test_the_search_finds_a_word_and_no_docstring() -> None:
    source = '"""说明"""\nSTATE = "推定"  # 注\nTEXT = f"{STATE}（{1}）"\n'
    assert [t for t in literals(source) if CHINESE.search(t)] == ["推定", "（", "）"]


@pytest.mark.parametrize("file", FILES)
def test_no_word_of_a_language_stands_in_the_code(file: str) -> None:
    found = {t for t in literals((CHECKOUT / file).read_text("utf-8")) if CHINESE.search(t)}
    assert not found or file in LISTED, found


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.name)
def test_no_script_compares_with_a_word(script: Path) -> None:
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", script.read_text("utf-8"), flags=re.DOTALL)
    assert not CHINESE.findall(code)


def test_no_code_of_the_data_files_is_a_word() -> None:
    names = "strength|scope|region|unit|status|verified|sense"
    coded = re.compile(rf'^(?:{names}) = "([^"]*)"', re.MULTILINE)
    texts = [p.read_text("utf-8") for d in ("standards", "rules")
             for p in (CHECKOUT / "data" / d).glob("*.toml")]  # fmt: skip
    values = {value for text in texts for value in coded.findall(text)}
    assert "must" in values
    assert not [value for value in values if CHINESE.search(value)]
