"""A run's folder is whole or not there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from geo.findings import EnvironmentFault
from geo.output import run_folder, write_manifest


def write(out: Path, text: str) -> None:
    with run_folder(out) as folder:
        (folder / "a.txt").write_text(text)
        write_manifest(folder, {})


def test_a_second_run_replaces_the_first(tmp_path: Path) -> None:
    write(tmp_path / "out", "one")
    write(tmp_path / "out", "two")
    assert (tmp_path / "out/a.txt").read_text() == "two"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_run_that_fails_leaves_the_old_folder(tmp_path: Path) -> None:
    write(tmp_path / "out", "one")
    with pytest.raises(ValueError, match="stop"), run_folder(tmp_path / "out") as folder:
        (folder / "a.txt").write_text("half")
        raise ValueError("stop")
    assert (tmp_path / "out/a.txt").read_text() == "one"


def test_the_manifest_holds_the_hash_of_each_file(tmp_path: Path) -> None:
    write(tmp_path / "out", "one")
    outputs = json.loads((tmp_path / "out/manifest.json").read_text())["outputs"]
    sha256_of_one = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
    assert outputs == {"a.txt": {"bytes": 3, "sha256": sha256_of_one}}


def test_a_folder_of_other_things_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    with pytest.raises(EnvironmentFault, match="OUT_NOT_OURS"):
        write(tmp_path, "one")
    assert (tmp_path / "letters.txt").read_text() == "mine"


def test_two_runs_at_a_time_are_refused(tmp_path: Path) -> None:
    with run_folder(tmp_path / "out") as folder:
        (folder / "a.txt").write_text("one")
        with pytest.raises(EnvironmentFault, match="OUT_IN_USE"):
            write(tmp_path / "out", "two")


def test_an_empty_file_is_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="DISK_FULL"), run_folder(tmp_path / "o") as folder:
        (folder / "a.gpkg").touch()
    assert not (tmp_path / "o").exists()


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_a_killed_run_leaves_the_old_folder_and_the_next_one_cleans_up(tmp_path: Path) -> None:
    write(tmp_path / "out", "one")
    code = (
        "import os, signal, sys; from pathlib import Path; from geo.output import run_folder\n"
        "with run_folder(Path(sys.argv[1])) as f:\n"
        "    (f / 'a.txt').write_text('half'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    root = Path(__file__).parents[2]
    killed = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "out")], cwd=root, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert (tmp_path / "out/a.txt").read_text() == "one"
    write(tmp_path / "out", "two")
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
