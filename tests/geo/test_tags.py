from __future__ import annotations

import pytest

from geo.tags import NUMBERS, lanes, speed_kmh, width_m


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50.0),
        (" 50 ", 50.0),
        ("\uff15\uff10", 50.0),  # full-width digits
        ("50 km/h", 50.0),
        ("60公里/小时", 60.0),
        ("20 mph", 20 * 1.609344),
        ("CN:urban", 50.0),
        ("CN:rural", 70.0),
        ("CN:zone30", 30.0),
        ("CN:zone:20", 20.0),
        ("walk", 10.0),
        ("27.5", 27.5),
    ],
)
def test_a_speed_limit_is_read(text: str, kmh: float) -> None:
    assert speed_kmh(text) == pytest.approx(kmh)


@pytest.mark.parametrize(
    "text",
    [None, "", "none", "signals", "30;50", "30-50", "0", "-30", "500", "fast", "50 m", "XX:urban"],
)
def test_an_unclear_speed_limit_is_unknown_and_never_zero(text: str | None) -> None:
    assert speed_kmh(text) is None


@pytest.mark.parametrize(
    ("text", "count"), [("2", 2.0), ("\uff12", 2.0), ("1.5", 1.5), (" 4 ", 4.0)]
)
def test_lanes_are_read(text: str, count: float) -> None:
    assert lanes(text) == count


@pytest.mark.parametrize("text", [None, "", "2;3", "2|1", "0", "99", "two", "-2", "2 lanes"])
def test_unclear_lanes_are_unknown(text: str | None) -> None:
    assert lanes(text) is None


@pytest.mark.parametrize(
    ("text", "metres"),
    [
        ("3", 3.0),
        ("3.5 m", 3.5),
        ("3,5", 3.5),
        ("3米", 3.0),
        ("350 cm", 3.5),
        ("12 ft", 12 * 0.3048),
        ("12'", 12 * 0.3048),
        ("12'6\"", 12.5 * 0.3048),
    ],
)
def test_a_width_is_read(text: str, metres: float) -> None:
    assert width_m(text) == pytest.approx(metres)


@pytest.mark.parametrize("text", [None, "", "2-3", "~3", "wide", "0", "0.1", "999", "3 lanes"])
def test_an_unclear_width_is_unknown(text: str | None) -> None:
    assert width_m(text) is None


@pytest.mark.parametrize("read", NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize("text", ["9" * 5000, "1e5", "nan", "inf", "\x00", "५०", "5²", "1_000"])
def test_odd_texts_are_unknown(read: object, text: str) -> None:
    assert callable(read)
    assert read(text) is None
