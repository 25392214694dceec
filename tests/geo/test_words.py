"""A text is asked for by a key that is written out, and the key is there in every language."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from analyses.gates.checks import TESTS
from geo.findings import catalogue
from geo.words import Text, language, listed, sections, text, texts

CHECKOUT = Path(__file__).parents[2]
FILES = sorted(path.stem for path in (CHECKOUT / "data/words/en").glob("*.toml"))
KEY = re.compile(rf"({'|'.join(FILES)})(/[\w.*]+)+")
FAMILIES = {
    "audit/test/*": set(TESTS),
    "findings/*": set(catalogue()),
    "map/*": set(sections("map")),
    "messages/setting/*": set(texts("messages/setting")),
    "messages/toml_reason/*": set(texts("messages/toml_reason")),
    "messages/toml_slip/*": set(texts("messages/toml_slip")),
    "publish/check/*": set(sections("publish/check")),
    "report/brief/*": set(texts("report/brief")),
    "report/picture/*": set(texts("report/picture")),
    "report/sheet/*": set(texts("report/sheet")),
    "tables/values/*": set(sections("tables/values")),
}
"""Keys that a code completes, and the codes."""


def asked() -> list[tuple[str, str]]:
    """Return every key of a text in the code: file, key (* for what varies)."""
    keys = []
    for folder in ("geo", "analyses", "maps", "yimi_cli.py"):
        root = CHECKOUT / folder
        for path in [root] if root.is_file() else sorted(root.rglob("*.py")):
            tree = ast.parse(path.read_text("utf-8"))
            found = {*map(_key, ast.walk(tree)), *_within_sections(tree)}
            keys += [(path.name, key) for key in sorted(found - {""})]
    return keys


def _key(node: ast.AST) -> str:
    """Return the key that a literal is, or nothing."""
    if isinstance(node, ast.JoinedStr):
        key = "".join(p.value if isinstance(p, ast.Constant) else "*" for p in node.values)
    else:
        key = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
    return key if KEY.fullmatch(key) and not key.endswith(".toml") else ""


def _within_sections(tree: ast.AST) -> Iterator[str]:
    """Yield the keys that are taken by name from a section: ``page = texts("a/b"); page["c"]``."""
    for scope in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)):
        named = {}
        for node in (n for n in ast.walk(scope) if isinstance(n, ast.Assign)):
            left, right = node.targets[0], node.value
            pairs = zip(left.elts, right.elts, strict=False) if isinstance(
                left, ast.Tuple) and isinstance(right, ast.Tuple) else [(left, right)]  # fmt: skip
            named |= {a.id: _section(b) for a, b in pairs if isinstance(a, ast.Name)}
        for node in (n for n in ast.walk(scope) if isinstance(n, ast.Subscript)):
            value = node.value
            key = named.get(value.id, "") if isinstance(value, ast.Name) else _section(value)
            if key and isinstance(node.slice, ast.Constant):
                yield f"{key}/{node.slice.value}"


def _section(node: ast.AST) -> str:
    is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    return _key(node.args[0]) if is_call and node.func.id in ("texts", "texts_in") else ""


ASKED = asked()


def test_the_code_asks_for_texts() -> None:
    assert len(ASKED) > 250


@pytest.mark.parametrize(("file", "key"), [a for a in ASKED if "*" not in a[1]])
def test_a_key_that_is_written_out_is_there(file: str, key: str) -> None:
    above, _, last = key.rpartition("/")
    assert last in texts(above) or texts(key) or sections(key), file


def test_a_key_is_completed_in_the_families_alone() -> None:
    whole = {re.sub(r"[*].*", "*", key) for _, key in ASKED if "*" in key}
    assert whole == set(FAMILIES)


@pytest.mark.parametrize(
    ("family", "code"), [(f, c) for f, all_ in FAMILIES.items() for c in sorted(all_)]
)
def test_a_family_has_every_code(family: str, code: str) -> None:
    above, key = family.removesuffix("/*"), family.replace("*", code)
    assert code in texts(above) or texts(key)


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


def names_in_use() -> tuple[set[str], tuple[str, ...], tuple[str, ...]]:
    """Return the names in code and in data beside the words, and the parts that codes complete."""
    folders = ("geo", "analyses", "maps", "data")
    kinds = (".py", ".js", ".j2", ".typ", ".toml")
    paths = [p for folder in folders for p in (CHECKOUT / folder).rglob("*.*")
             if p.suffix in kinds and "words" not in p.parts]  # fmt: skip
    source = "\n".join(path.read_text("utf-8") for path in [*paths, CHECKOUT / "yimi_cli.py"])
    parts = re.findall(r"\w+_(?=\$?\{)|(?<=\})_\w+", source)
    begins = tuple({part for part in parts if part.endswith("_")})
    return set(re.findall(r"\w+", source)), begins, tuple(set(parts) - {*begins})


def keys(table: Mapping[str, Any], above: str) -> Iterator[str]:
    for name, inner in table.items():
        if isinstance(inner, dict):
            yield from keys(inner, f"{above}/{name}")
        else:
            yield f"{above}/{name}"


def test_every_key_is_read() -> None:
    used, begins, ends = names_in_use()
    whole = (
        "findings/", "language/", "ledger/bearing/", "messages/geometry/", "rules/wording/",
        "tables/values/",
    )  # fmt: skip
    files = {file: CHECKOUT / f"data/words/en/{file}.toml" for file in FILES}
    tables = {file: tomllib.loads(path.read_text("utf-8")) for file, path in files.items()}
    every = [key for file, table in tables.items() for key in keys(table, file)]
    unread = [key for key in every for name in [key.rpartition("/")[2]]
              if not key.startswith(whole) and name not in used
              and not name.startswith(begins) and not name.endswith(ends)]  # fmt: skip
    assert unread == []
