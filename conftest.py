"""Examples in docstrings that run the demo study share one run: it takes ten seconds."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

import analyses.run
from geo.bundled import DEMO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@cache
def _of_demo(run: Callable[..., object]) -> object:
    return run(DEMO)


@pytest.fixture(autouse=True)
def _one_run_of_the_demo(request: pytest.FixtureRequest) -> Iterator[None]:
    if not isinstance(request.node, pytest.DoctestItem):
        yield
        return
    run = analyses.run.run
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            analyses.run,
            "run",
            lambda study: _of_demo(run) if study in (DEMO, str(DEMO)) else run(study),
        )
        yield
