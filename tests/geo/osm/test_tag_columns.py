from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geo.osm.tags import carries, numbers, texts, words

VALUES = ["yes", None, "No;yes", "maybe", "no"]


@pytest.fixture(params=["object", "category"])
def table(request: pytest.FixtureRequest) -> pd.DataFrame:
    return pd.DataFrame({"lit": pd.Series(VALUES, dtype=request.param)})


def test_values_are_read_once_each(table: pd.DataFrame) -> None:
    asked: list[str] = []
    read = numbers(table, "lit", lambda t: asked.append(t) or float(len(t)))  # type: ignore[func-returns-value]
    np.testing.assert_array_equal(read, [3, np.nan, 6, 5, 2])
    assert sorted(asked) == sorted({v for v in VALUES if v})


def test_of_a_list_the_first_word_with_a_meaning_counts(table: pd.DataFrame) -> None:
    read = words(table, "lit", {"yes": 1, "no": 0})
    np.testing.assert_array_equal(read, [1, np.nan, 0, np.nan, 0])


def test_a_tag_is_carried_with_any_or_with_some_values(table: pd.DataFrame) -> None:
    assert carries(table, "lit").tolist() == [True, False, True, True, True]
    assert carries(table, "lit", ["yes"]).tolist() == [True, False, True, False, False]


def test_a_tag_that_nothing_carries(table: pd.DataFrame) -> None:
    assert np.isnan(numbers(table, "width", float)).all()
    assert not carries(table, "width").any()
    assert texts(table, "width").tolist() == [None] * 5


def test_texts_are_texts_or_none(table: pd.DataFrame) -> None:
    assert texts(table, "lit").tolist() == VALUES
