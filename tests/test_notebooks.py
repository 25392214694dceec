"""Every notebook runs from top to bottom, with the public names alone, and keeps small outputs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).parents[1]
NOTEBOOKS = sorted((CHECKOUT / "notebooks").glob("*.ipynb"))
SMALL = 40_000


def code(notebook: Path) -> list[dict[str, Any]]:
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(notebook: Path) -> None:
    options = ["-q", "-p", "no:cacheprovider", "--nbmake", "-W", "default"]
    where = ["--rootdir", str(CHECKOUT / "notebooks"), str(notebook)]
    command = [sys.executable, "-m", "pytest", *options, *where]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_uses_the_public_names_alone(notebook: Path) -> None:
    source = "\n".join("".join(cell["source"]) for cell in code(notebook))
    assert not re.findall(r"^(?:from|import) (?:geo|analyses|maps)\b.*", source, re.MULTILINE)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_with_its_outputs_and_they_are_small(notebook: Path) -> None:
    text = notebook.read_text("utf-8")
    assert any(cell["outputs"] for cell in code(notebook))
    assert len(text) < SMALL
    assert not re.findall(r"/(?:home|root|tmp|work)/|0x[0-9a-f]{6,}", text)
