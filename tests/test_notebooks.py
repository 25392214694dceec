"""Every notebook runs from top to bottom."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]


@pytest.mark.parametrize("notebook", sorted((CHECKOUT / "notebooks").glob("*.ipynb")), ids=str)
def test_a_notebook_runs_and_is_kept_without_outputs(notebook: Path) -> None:
    assert '"outputs": []' in notebook.read_text("utf-8")
    options = ["-q", "-p", "no:cacheprovider", "--nbmake", "-W", "default"]
    where = ["--rootdir", str(CHECKOUT / "notebooks"), str(notebook)]
    command = [sys.executable, "-m", "pytest", *options, *where]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
