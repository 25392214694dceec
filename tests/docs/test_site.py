"""The site builds without a warning and asks nobody; what the tutorials say to do works."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import geopandas as gpd
import handbook
import pandas as pd
import pytest
from handbook.settings import sections
from nonempty import each

import yimi

DOCS = Path(handbook.__file__).parents[1]
CHECKOUT = DOCS.parent
TUTORIALS = sorted(DOCS.glob("*/tutorials/*.md"))
LOADED = re.compile(r"""(?:src|href)=["'](?:https?:)?//[^"']+["']|url\((?:https?:)?//""")
LINK = re.compile(r"""<a\s[^>]*>|<link[^>]*rel=["'](?:canonical|license)["'][^>]*>""")
pytestmark = pytest.mark.slow


def blocks(tutorial: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", tutorial.read_text("utf-8"), re.DOTALL)


def commands(lang: str, *names: str) -> list[list[str]]:
    """Return the commands of tutorials in their order, as they are written."""
    files = [DOCS / lang / "tutorials" / f"{name}.md" for name in names]
    lines = [line for file in files for text in blocks(file, "sh") for line in text.splitlines()]
    return [shlex.split(line, comments=True) for line in lines]


def run(command: list[str], folder: Path) -> int:
    """Run a command of yimi in a folder, and return its exit code."""
    own = [sys.executable, "-m", "yimi", *command[1:]]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    return subprocess.run(own, cwd=folder, env=environment, check=False).returncode


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("docs") / "site"
    build = [sys.executable, "-m", "handbook", str(out)]
    paths = os.pathsep.join([str(CHECKOUT), str(DOCS)])
    done = subprocess.run(
        build, cwd=CHECKOUT, env={**os.environ, "PYTHONPATH": paths},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]  # -W: every warning is an error
    return out


@pytest.mark.timeout(1200)
def test_no_page_of_the_site_loads_anything_from_elsewhere(site: Path) -> None:
    loaded = {
        (page.name, found)
        for page in each(sorted(site.rglob("*.html")))
        for found in LOADED.findall(LINK.sub("", page.read_text("utf-8")))
    }
    styles = {
        (file.name, found)
        for file in each(sorted(site.rglob("*.css")))
        for found in LOADED.findall(file.read_text("utf-8"))
    }
    assert loaded | styles == set()


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_public_name_has_its_page_on_the_site(site: Path, lang: str) -> None:
    listed = (site / lang / "api.html").read_text("utf-8")
    assert [name for name in yimi.__all__ if f"api/{name}.html" not in listed] == []
    assert [n for n in yimi.__all__ if not (site / "en" / "api" / f"{n}.html").is_file()] == []


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_commands_of_planner_and_publisher_run_one_after_the_other(
    tmp_path: Path, lang: str
) -> None:
    init, *later = commands(lang, "planner", "publisher")
    assert [init[1], *(command[1] for command in later)] == ["init", "check", "run", "publish"]
    shutil.copy(yimi.demo / "streets.osm.pbf", tmp_path / init[init.index("--osm") + 1])
    init[init.index("--area") + 1] = "116.5,37.5,117.5,38.5"  # the demo's county
    assert run(init, tmp_path) == 0
    study = tmp_path / init[2]
    shutil.copytree(yimi.demo, study, dirs_exist_ok=True)  # the lists of the offices
    assert [run(command, tmp_path) for command in later] == [0, 0, 0]
    assert (study / "out" / "map.html").is_file()
    assert (tmp_path / later[-1][later[-1].index("--out") + 1] / "index.html").is_file()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_lines_of_the_data_scientist_run(
    tmp_path: Path, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    city = yimi.load(yimi.demo).city
    shutil.copy(yimi.demo / "streets.osm.pbf", tmp_path / "roads.osm.pbf")
    pd.read_csv(yimi.demo / "schools.csv").to_excel(tmp_path / "schools.xlsx", index=False)
    gpd.read_file(yimi.demo / "communities.geojson").to_file(tmp_path / "communities.gpkg")
    names = {"homes": city.demand, "schools": city.facilities, "G": yimi.to_networkx(city.streets)}
    for text in blocks(DOCS / lang / "tutorials" / "scientist.md", "python"):
        exec(compile(text, "scientist.md", "exec"), names)  # noqa: S102 - our own page
    near, own = names["near"], names["city"]
    assert len(near) == len(names["homes"])
    assert own.streets is names["streets"]
    assert {"coverage.xlsx", "coverage.gpkg"} <= {file.name for file in tmp_path.iterdir()}


@pytest.mark.parametrize("tutorial", TUTORIALS, ids=lambda p: f"{p.parts[-3]}-{p.stem}")
def test_every_setting_of_a_tutorial_is_one_that_there_is(tutorial: Path) -> None:
    known = {section.name: set(section.model.model_fields) for section in sections()}
    known["edit"] = {field.name for field in fields(yimi.Edit)}
    written = {
        (name, key)
        for text in blocks(tutorial, "toml")
        for name, rows in tomllib.loads(text).items()
        for row in (rows if isinstance(rows, list) else [rows])
        for key in row
    }
    assert {(name, key) for name, key in written if key not in known.get(name, ())} == set()
