from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.read.cells import How, coordinate, coordinates, key, keys, number, one_column, visible

PERSONS = {"人": 1.0, "万人": 10_000.0}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,200", 1200),
        ("1，200", 1200),
        ("1 200", 1200),
        ("+5", 5),
        ("3 人", 3),
        ("1.2万人", 12_000),
    ],
)
def test_exact_numbers(text, value):
    assert number(text, PERSONS) == (value, How.TEXT)


@pytest.mark.parametrize("text", ["约40", "1.5千", "三百", "12-15", "1,20", "1__0", "0x10", "12头"])
def test_what_is_no_exact_number_is_unreadable(text):
    value, how = number(text, PERSONS)
    assert math.isnan(value)
    assert how == How.UNREADABLE


def test_a_decimal_comma_is_no_thousands_mark():
    assert number("1,5", {}, decimal_comma=True) == (1.5, How.TEXT)
    assert number("1.200,5", {}, decimal_comma=True) == (1200.5, How.TEXT)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("116°30′", 116.5),
        ("116°30'36\"", 116.51),
        ("116度30分36秒", 116.51),
        ("西经116°30′", -116.5),
        ("38°30′S", -38.5),
        ("116 30 36", 116.51),
        ("116:30:36", 116.51),
    ],
)
def test_angles(text, value):
    found, how = coordinate(text)
    assert how == How.DMS
    assert found == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("text", ["116°60′", "116°30′60″", "E116E", "116-30-36", "°", "abc"])
def test_what_is_no_angle(text):
    assert coordinate(text)[1] == How.UNREADABLE


def test_one_column_splits_at_any_mark():
    assert one_column("116.9,38.9") == one_column("（116.9， 38.9）") == ("116.9", "38.9")
    assert one_column("116.9") is None


@given(st.floats(-180, 180))
def test_plain_coordinates_are_read_exactly(value):
    text = f"{value:.9f}"
    assert coordinate(text) == (float(text), How.PLAIN)


@given(st.lists(st.one_of(st.none(), st.text(max_size=8)), max_size=20))
def test_a_column_reads_as_its_cells(texts):
    values, how = coordinates(texts)
    single = [coordinate(t) if t else (math.nan, How.MISSING) for t in texts]
    assert np.array_equal(values, np.array([v for v, _ in single], float), equal_nan=True)
    assert how.tolist() == [int(h) for _, h in single]


@given(st.lists(st.text(max_size=8), max_size=20))
def test_keys_are_the_keys_of_each(texts):
    assert keys(texts) == [key(text) for text in texts]


@given(st.text(max_size=20))
def test_visible_text_stays_so(text):
    assert visible(visible(text)) == visible(text)
