"""A text is asked for by a key that is written out, and the key is there in every language."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from geo import words
from geo.findings import catalogue
from geo.words import Text, language, listed, sections, text, texts

CHECKOUT = Path(__file__).parents[2]
DOORS = {"text", "texts", "texts_in", "sections"}
FAMILIES = {
    "findings/*": set(catalogue()),
    "map/*": set(sections("map")),
    "publish/check/*": set(sections("publish/check")),
}
"""Keys that a code completes, and the codes."""


def asked() -> list[tuple[str, str, str]]:
    """Return every call of a door to texts in the code: file, door, key (* for what varies)."""
    calls = []
    for folder in ("geo", "analyses", "maps", "yimi_cli.py"):
        root = CHECKOUT / folder
        for path in [root] if root.is_file() else sorted(root.rglob("*.py")):
            source = path.read_text("utf-8")
            if "from geo.words import" in source:
                calls += [(path.name, door, key) for door, key in _calls(ast.parse(source))]
    return calls


def _calls(tree: ast.AST) -> list[tuple[str, str]]:
    imported = {a.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
                and node.module == "geo.words" for a in node.names}  # fmt: skip
    return [(node.func.id, _key(node.args[0])) for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            and node.func.id in DOORS & imported]  # fmt: skip


def _key(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(p.value if isinstance(p, ast.Constant) else "*" for p in node.values)
    return node.value if isinstance(node, ast.Constant) else "*"


ASKED = asked()


def test_the_code_asks_for_texts() -> None:
    assert len(ASKED) > 50


@pytest.mark.parametrize(("file", "door", "key"), [a for a in ASKED if "*" not in a[2]])
def test_a_key_that_is_written_out_is_there(file: str, door: str, key: str) -> None:
    found = getattr(words, door)(key, "zh") if door == "texts_in" else getattr(words, door)(key)
    assert found or door == "text", file


def test_a_key_is_completed_in_the_families_alone() -> None:
    assert {key for _, _, key in ASKED if "*" in key} == set(FAMILIES)


@pytest.mark.parametrize(
    ("family", "code"), [(f, c) for f, all_ in FAMILIES.items() for c in sorted(all_)]
)
def test_a_family_has_every_code(family: str, code: str) -> None:
    assert texts(family.replace("*", code))


def test_a_misspelt_key_is_refused() -> None:
    with pytest.raises(KeyError, match="coverage/place/outsde"):
        text("coverage/place/outsde")


def test_a_text_falls_back_and_fills_in_by_language() -> None:
    kind = Text(zh="学校", en="school")
    assert kind["fr"] == "school"
    assert Text(zh="{k}旁", en="by the {k}").format(k=kind) == Text(zh="学校旁", en="by the school")
    assert Text(en="{a}").format(a="{b}", b="x")["en"] == "{b}"
    assert listed([kind, kind]) == Text(zh="学校、学校", en="school, school")
    assert (language("zh").colon, language("en").colon) == ("：", ": ")


def test_a_further_language_is_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "words/xx"
    folder.mkdir(parents=True)
    shutil.copy(CHECKOUT / "data/words/en/language.toml", folder)
    (folder / "coverage.toml").write_text('[place]\noutside = "DEHORS"\n', "utf-8")
    code = (
        "from geo.words import languages, text; from geo.findings import Finding;"
        "print(languages(), text('coverage/place/outside')['xx'], Finding('EMPTY', 'a').why('xx'))"
    )
    env = {"YIMI_DATA": str(tmp_path), "PYTHONPATH": str(CHECKOUT), "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    english = texts("findings/EMPTY")["why"]["en"].format(file="a")
    assert done.stdout.strip() == f"('zh', 'en', 'xx') DEHORS {english}"
