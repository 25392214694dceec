"""The house keeps its own rules: words in both languages, quick help, no stray paths."""

from __future__ import annotations

import ast
import importlib
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nonempty import each

from geo.bundled import ROOT
from geo.findings import Finding, catalogue
from geo.words import languages, texts

CHECKOUT = Path(__file__).parents[1]
SLOT = re.compile(r"\{(\w+)\}")


def slots(table: dict[str, Any], path: str = "") -> dict[str, set[str]]:
    """Return the named slots of all texts of a nested table by their paths."""
    found: dict[str, set[str]] = {}
    for key, value in table.items():
        here = f"{path}/{key}"
        found |= (
            slots(value, here) if isinstance(value, dict) else {here: set(SLOT.findall(str(value)))}
        )
    return found


def files_of(lang: str) -> set[str]:
    return {p.name for p in (ROOT / "words" / lang).glob("*.toml")}


@pytest.mark.parametrize("lang", languages())
@pytest.mark.parametrize("file", sorted(set().union(*map(files_of, languages()))))
def test_every_text_stands_in_every_language_with_the_same_slots(file: str, lang: str) -> None:
    trees = [(ROOT / "words" / code / file).read_bytes() for code in (lang, languages()[0])]
    here, first = (slots(tomllib.loads(tree.decode())) for tree in trees)
    assert here == first


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_every_finding_says_why_and_how_to_fix_it_in_every_language(code: str) -> None:
    assert catalogue()[code] in ("note", "quarantine", "confirm", "refuse")
    assert set(texts(f"findings/{code}")) == {"why", "fix"}
    assert all(set(text) == set(languages()) for text in texts(f"findings/{code}").values())


def test_codes_used_in_the_code_are_in_the_catalogue() -> None:
    sources = [p for d in ("geo", "analyses", "maps") for p in (CHECKOUT / d).rglob("*.py")]
    used = {
        c for p in sources for c in re.findall(r'Finding\(\s*"([A-Z_]+)"', p.read_text("utf-8"))
    }
    assert used <= set(catalogue())


def test_a_finding_says_place_code_reason_and_fix() -> None:
    text = Finding("FILE_NOT_FOUND", "a.csv", 3, "名称", "x", {"near": "b", "where": "c"}).text(
        "en"
    )
    assert text.startswith('[FILE_NOT_FOUND] a.csv, row 3, column "名称", value "x": ')
    assert "Fix: " in text


def test_a_value_cannot_reach_the_terminal_with_control_characters() -> None:
    assert "\x1b" not in Finding("PATH_OUTSIDE", "a\x1b[31m", value="\u202eevil").text("zh")


def loaded(code: str) -> set[str]:
    """Return the packages that a fresh Python has loaded after some code."""
    code = f"import sys; {code}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True,
                          text=True, check=True)  # fmt: skip
    return set(done.stdout.split())


def test_help_and_import_load_nothing_heavy() -> None:
    heavy = {"geopandas", "pandas", "numba", "numpy", "shapely", "pyproj", "folium", "rich"}
    assert not heavy & loaded("import yimi_cli")
    assert not (heavy | {"typer"}) & loaded("import yimi; dir(yimi)")


def test_help_costs_little_more_than_python_itself() -> None:
    """`yimi --help` is to take 0.12 s of processor time: about as much as `import asyncio, ssl`."""
    help_s = min(_seconds("yimi_cli.py", "--help") for _ in range(3))
    bare_s = min(_seconds("-c", "import asyncio, ssl, unittest.mock") for _ in range(3))
    assert help_s < 3 * bare_s + 0.05


def _seconds(*words: str) -> float:
    before = _child_seconds()
    subprocess.run([sys.executable, *words], cwd=CHECKOUT, capture_output=True, check=True)
    return _child_seconds() - before


def _child_seconds() -> float:
    """Return the processor time of ended children: other work on the machine does not count."""
    used = os.times()
    return used.children_user + used.children_system


def test_no_file_names_a_place_of_one_machine() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split("\n")
    odd = re.compile(r"/home/\w+|/work/|/tmp/\w|C:\\\\Users\\\\\w")
    files = [CHECKOUT / f for f in tracked if f.endswith((".py", ".toml", ".md", ".lock", ".js"))]
    assert [p.name for p in files if p.is_file() and p.name != "test_house.py"
            and odd.search(p.read_text("utf-8"))] == []  # fmt: skip


def test_no_module_is_longer_than_450_lines() -> None:
    modules = [p for d in ("geo", "analyses", "maps") for p in (CHECKOUT / d).rglob("*.py")]
    lines = {str(p): len(p.read_text("utf-8").splitlines()) for p in each(modules)}
    assert {name: count for name, count in lines.items() if count > 450} == {}


def test_locks_pin_hashes_and_name_no_index() -> None:
    for lock in each(CHECKOUT.glob("requirements*.lock")):
        text = lock.read_text("utf-8")
        assert "--hash=sha256:" in text
        assert not re.search(r"https?://|file:", text)


def _sure(things: ast.expr, constants: set[str]) -> bool:
    """Say whether a loop has something to walk over: `each(...)`, or what is written out."""
    match things:
        case ast.Tuple(elts=elts) | ast.List(elts=elts) | ast.Set(elts=elts):
            return bool(elts)
        case ast.Call(func=ast.Name(id="range"), args=[ast.Constant(value=int() as count)]):
            return count > 0
        case ast.Call(func=ast.Name(id="each")):
            return True
        case ast.Call(func=ast.Name(id="enumerate" | "zip") | ast.Attribute(attr="product")):
            return all(_sure(thing, constants) for thing in things.args)
        case ast.Name(id=name):
            return name in constants
        case _:
            return False


def unsure_asserts(node: ast.AST, constants: set[str], *, unsure: bool = False) -> Iterator[int]:
    """Give the lines of asserts below an `if`, or in a loop that may have nothing to walk over."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Assert) and unsure:
            yield child.lineno
        below = unsure
        if isinstance(child, ast.If | ast.While | ast.Match | ast.ExceptHandler):
            below = True
        elif isinstance(child, ast.For):
            below = unsure or not _sure(child.iter, constants)
        elif isinstance(child, ast.FunctionDef):
            below = False
        yield from unsure_asserts(child, constants, unsure=below)


def test_no_assertion_hides_behind_an_if_or_in_a_loop_that_may_be_empty() -> None:
    hidden = []
    for path in each((CHECKOUT / "tests").rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        constants = {
            name.id
            for line in tree.body if isinstance(line, ast.Assign)
            for name in line.targets if isinstance(name, ast.Name)
            if _sure(line.value, set())
        }  # fmt: skip
        hidden += [f"{path.name}:{row}" for row in unsure_asserts(tree, constants)]
    assert hidden == []


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("if a:\n assert b", [2]),
        ("for a in b:\n assert a", [2]),
        ("for a in each(b):\n assert a", []),
        ("for a in ():\n assert a", [2]),
        ("for a in (1, 2):\n if a:\n  assert b", [3]),
    ],
)
def test_a_hidden_assertion_is_seen(code: str, lines: list[int]) -> None:
    assert list(unsure_asserts(ast.parse(code), set())) == lines


REFERENCE = re.compile(r"`((?:geo|analyses|maps)(?:\.\w+)+)`")


def exists(name: str) -> bool:
    """Say whether a dotted name is a module, or something inside one."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            fields = getattr(thing, "__annotations__", {})
            if not hasattr(thing, part):
                return part in fields
            thing = getattr(thing, part)
        return True
    return False


def test_what_a_text_refers_to_exists() -> None:
    sources = [
        p for d in ("geo", "analyses", "maps", "tests") for p in (CHECKOUT / d).rglob("*.py")
    ]
    names = {n for p in sources for n in REFERENCE.findall(p.read_text("utf-8"))}
    assert len(names) > 50
    assert [name for name in sorted(names) if not exists(name)] == []


DIALECT = {"asked", "every", "found", "given", "known", "own", "said", "some", "taken", "told"}
NOT_YET = {"found", "taken", "told"}  # one or two each


def test_names_of_functions_and_classes_say_the_thing() -> None:
    sources = [p for d in ("geo", "analyses", "maps") for p in (CHECKOUT / d).rglob("*.py")]
    nodes = [node for p in sources for node in ast.walk(ast.parse(p.read_text("utf-8")))]
    names = {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    assert {n for n in names if n.strip("_").lower() in DIALECT} <= NOT_YET
