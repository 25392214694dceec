"""The command line as a planner uses it: exit codes, files, words in both languages."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from nonempty import each

from geo.bundled import ROOT

CHECKOUT = Path(__file__).parents[1]


def yimi(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, str(CHECKOUT / "yimi_cli.py"), *map(str, words)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=200,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the output of `yimi demo`."""
    out = tmp_path_factory.mktemp("demo") / "out"
    done = yimi("demo", "--out", out, "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return out


def test_the_demo_writes_one_complete_folder(demo: Path) -> None:
    names = {p.relative_to(demo).as_posix() for p in demo.rglob("*") if p.is_file()}
    manifest = json.loads((demo / "manifest.json").read_text("utf-8"))
    assert set(manifest["outputs"]) | {"manifest.json"} == names
    wanted = {"map.html", "quality.html", "tables.xlsx", "results.gpkg", "summary.json"}
    assert wanted | {"findings.csv", "csv/total.csv", "csv/gaps.csv"} <= names


def test_every_row_of_the_demo_is_accounted_for(demo: Path) -> None:
    rows = json.loads((demo / "summary.json").read_text("utf-8"))["rows"]
    assert all(r["in"] == r["used"] + r["rejected"] for r in rows)
    schools = next(r for r in rows if r["input"] == "schools.csv")
    assert schools == {"input": "schools.csv", "in": 20, "used": 20, "rejected": 0}


def test_the_demo_says_on_every_table_that_it_is_synthetic(demo: Path) -> None:
    assert json.loads((demo / "summary.json").read_text("utf-8"))["synthetic"] is True
    for table in each((demo / "csv").glob("*.csv")):
        assert "Synthetic" in table.read_text("utf-8-sig").splitlines()[0]


def test_two_runs_give_the_same_bytes(demo: Path, tmp_path: Path) -> None:
    done = yimi("demo", "--out", tmp_path / "out", "--lang", "en", "--quiet",
                PYTHONHASHSEED="7", TZ="America/New_York", NUMBA_NUM_THREADS="1")  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, second = ((d / "manifest.json").read_text("utf-8") for d in (demo, tmp_path / "out"))
    assert first == second


def test_the_output_names_no_place_of_this_machine(demo: Path) -> None:
    files = (p for p in demo.rglob("*") if p.suffix in {".json", ".csv", ".html"})
    for path in each(files):
        assert str(demo.parent) not in path.read_text("utf-8-sig")
        assert str(CHECKOUT) not in path.read_text("utf-8-sig")


def test_a_missing_file_is_named_with_the_nearest_in_both_languages(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "demo", tmp_path / "demo")
    (tmp_path / "demo/schools.csv").rename(tmp_path / "demo/school.csv")
    for lang, words in (("zh", "处理办法"), ("en", "Fix: ")):
        done = yimi("run", tmp_path / "demo", "--lang", lang)
        assert done.returncode == 2
        assert "FILE_NOT_FOUND" in done.stderr
        assert "school.csv" in done.stderr
        assert words in done.stderr


def test_a_row_without_a_place_is_kept_aside_and_the_exit_code_says_so(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "demo", tmp_path / "demo")
    schools = tmp_path / "demo/schools.csv"
    lines = schools.read_text("utf-8-sig").splitlines()
    header, first = lines[0].split(","), lines[1].split(",")
    first[header.index("经度")], first[header.index("名称")] = "", "别处小学"
    schools.write_text("\n".join([lines[0], ",".join(first), *lines[2:]]), encoding="utf-8-sig")
    done = yimi("run", tmp_path / "demo", "--json")
    assert done.returncode == 1
    row = next(r for r in json.loads(done.stdout)["rows"] if r["input"] == "schools.csv")
    assert (row["in"], row["used"], row["rejected"]) == (20, 19, 1)
    assert "ADDRESS_NOT_PLACED" in (tmp_path / "demo/out/rejects/01.csv").read_text("utf-8-sig")


def test_settings_nested_beyond_all_measure_are_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text("a = " + "[" * 5000 + "]" * 5000)
    done = yimi("check", tmp_path)
    assert done.returncode == 2
    assert "TOML_SYNTAX" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_check_of_a_file_writes_report_and_rejects(tmp_path: Path) -> None:
    table = "编号,名称,类型,经度,纬度\n1,甲,小学,117.0,38.0\n2,乙,小学,,38.0\n"
    (tmp_path / "a.csv").write_text(table, encoding="gb18030")
    done = yimi("check", tmp_path / "a.csv", "--out", tmp_path / "out")
    report = json.loads((tmp_path / "out/report.json").read_text("utf-8"))
    assert done.returncode == 1
    assert (report["rows_in"], report["rows_used"], report["rows_rejected"]) == (2, 1, 1)
    assert "乙" in (tmp_path / "out/rejects.csv").read_text("utf-8-sig")


def test_check_of_the_demo_study_is_clean() -> None:
    done = yimi("check", ROOT / "demo", "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 0
    assert report["outcome"] == "accept"
    assert report["rows_in"] == report["rows_used"]


def test_init_from_an_osm_file_makes_a_study_that_runs(tmp_path: Path) -> None:
    done = yimi("init", tmp_path / "mine", "--osm", ROOT / "demo/streets.osm.pbf", "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "mine/facilities.geojson").is_file()
    done = yimi("run", tmp_path / "mine", "--json")
    assert done.returncode in (0, 1), done.stderr
    summary = json.loads(done.stdout)
    assert any("住宅按建筑面积计" in note for note in summary["notes"])


def test_init_does_not_write_into_a_folder_in_use(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    done = yimi("init", tmp_path, "--osm", ROOT / "demo/streets.osm.pbf")
    assert done.returncode == 3
    assert "OUT_NOT_OURS" in done.stderr


def test_our_own_bug_is_one_line_and_exit_code_4() -> None:
    code = (
        "import sys, geo.read.check, yimi_cli\n"
        "def broken(*_, **__): raise RuntimeError('secret')\n"
        "import analyses.run; analyses.run.check_inputs = broken\n"
        "sys.argv = ['yimi', 'check', 'x.csv']; yimi_cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True,
                          text=True, encoding="utf-8", check=False)  # fmt: skip
    assert done.returncode == 4
    assert "RuntimeError" in done.stderr
    assert "Traceback" not in done.stderr
