"""Compiled code on disk is that of the sources as they stand."""

from __future__ import annotations

from typing import Any

import pytest

from geo.walk import kernels, labels, search, sight


@pytest.mark.parametrize("module", [labels, search, sight])
def test_machine_code_is_kept_under_a_hash_of_all_kernels(module: Any) -> None:
    found = [one for one in vars(module).values() if hasattr(one, "py_func")]
    assert found
    names = {one._cache._cache_file._index_name for one in found}
    assert {kernels.edition() in name for name in names} == {True}
