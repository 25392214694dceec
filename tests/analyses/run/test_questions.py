"""What questions to a city leave behind."""

from __future__ import annotations

import gc
import weakref
from types import SimpleNamespace
from typing import Any

import pytest

from analyses.run import questions


class Town:
    """A stand-in: only its life counts."""


def test_answers_do_not_keep_a_city_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    def safety(city: Any, *_: Any, **__: Any) -> Any:
        return SimpleNamespace(routes=SimpleNamespace(city=city))

    monkeypatch.setattr(questions, "safety", safety)
    monkeypatch.setattr(questions, "_walked", lambda city: (city, ()))
    monkeypatch.setattr(questions, "rules_for", lambda *_: ())
    city: Any = Town()
    seen = weakref.ref(city)
    assert questions._ways(city) is questions._ways(city)
    del city
    gc.collect()
    assert seen() is None
