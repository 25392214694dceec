"""The compiled searches are found again, and run where nothing can be kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numba
import numpy as np

from geo.walk import search

if TYPE_CHECKING:
    import pytest

CHECKOUT = Path(__file__).parents[3]


def test_machine_code_is_kept_on_disk() -> None:
    kernels = [search.spread, search.from_all, search.beside, search.read, search.reach]
    assert all(hasattr(kernel, "stats") and kernel._cache.cache_path for kernel in kernels)


def test_where_nothing_can_be_kept_it_is_compiled_anyway(monkeypatch: pytest.MonkeyPatch) -> None:
    real = numba.njit

    def njit(**options: bool) -> object:
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return real(**options)

    monkeypatch.setattr(numba, "njit", njit)
    half = search.compiled(lambda number: number // np.uint64(2))
    assert half(np.uint64(2**63)) == 2**62


def test_the_compiler_is_loaded_by_the_first_search_only() -> None:
    modules = "geo.walk.distances, geo.walk.snapping, geo.walk.network"
    code = f"import sys, {modules}; print('numba' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
