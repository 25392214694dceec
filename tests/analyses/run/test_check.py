"""What `run` would refuse or doubt, `check` says first."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from analyses.run import check_inputs
from geo.bundled import DEMO
from geo.datum import wgs84_to_gcj02
from geo.findings import InputRefused
from yimi import load


@pytest.fixture
def shifted(tmp_path: Path) -> Path:
    """The demo whose schools are in GCJ-02, which nothing says."""
    folder = tmp_path / "study"
    shutil.copytree(DEMO, folder)
    text = (folder / "study.toml").read_text("utf-8")
    (folder / "study.toml").write_text(text.replace('crs = "EPSG:4326"', ""), "utf-8")
    schools = pd.read_csv(folder / "schools.csv", dtype={"编号": str})
    schools["经度"], schools["纬度"] = wgs84_to_gcj02(schools["经度"], schools["纬度"])
    schools.to_csv(folder / "schools.csv", index=False, encoding="utf-8-sig")
    return folder


def test_what_a_run_refuses_check_refuses_with_the_same_code(shifted: Path) -> None:
    with pytest.raises(InputRefused) as refused:
        load(shifted).inputs  # noqa: B018 - reads the layers
    checks = check_inputs(shifted, None)
    assert checks.exit_code == 2
    assert {f.code for f in refused.value.findings} <= {f.code for f in checks.findings}


def test_check_says_all_that_a_run_of_the_demo_says_about_its_inputs() -> None:
    said = {(f.code, f.file, f.row) for f in check_inputs(DEMO, None).findings}
    assert {(f.code, f.file, f.row) for f in load(DEMO).inputs.findings} <= said
