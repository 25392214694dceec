"""The benchmarks run, and all engines that are installed give the same answers."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from benchmarks import bench_search, graphs
from benchmarks.engines import ENGINES

SCRIPT = Path(bench_search.__file__)


@pytest.mark.parametrize("name", ["tiny", "rural"])
@pytest.mark.parametrize("limit_m", [300.0, math.inf])
def test_ours_networkx_and_scipy_agree(name: str, limit_m: float) -> None:
    network = graphs.make(name)
    assert network is not None
    nodes = bench_search.layers(len(network.node_xy))[0][:40]
    ours, networkx, scipy = (
        ENGINES[engine](network)(nodes, limit_m) for engine in ("ours", "networkx", "scipy")
    )
    np.testing.assert_array_equal(ours, scipy)
    np.testing.assert_allclose(networkx, scipy, atol=1e-6)


def test_the_script_runs_each_engine_in_its_own_process() -> None:
    options = "--rounds 1 --graphs tiny --limits-m 300 --engines ours scipy"
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *options.split()], capture_output=True, text=True, check=True
    )
    assert done.stdout.count("scipy") == 1
    assert "apart" not in done.stdout
    assert "differs" not in done.stdout
