from __future__ import annotations

import pytest

from geo.osm.tags import (
    NUMBERS,
    conditional_speeds_kmh,
    lanes,
    lanes_range,
    sidewalk_sides,
    speed_kmh,
    turn_lanes,
    width_m,
)


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
        ("CN:30", 30.0),
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
    ("text", "count"), [("2", 2.0), ("\uff12", 2.0), ("1.5", 1.5), (" 4 ", 4.0), ("2;3", 3.0)]
)
def test_lanes_are_read(text: str, count: float) -> None:
    assert lanes(text) == count


@pytest.mark.parametrize("text", [None, "", "2;x", "2;", "2|1", "0", "99", "two", "-2", "2 lanes"])
def test_unclear_lanes_are_unknown(text: str | None) -> None:
    assert lanes(text) is None


@pytest.mark.parametrize(
    ("text", "least", "most"), [("2;3", 2.0, 3.0), ("3; 2", 2.0, 3.0), ("4;2;3", 2.0, 4.0)]
)
def test_a_list_of_lanes_is_a_range_and_counts_as_its_largest(
    text: str, least: float, most: float
) -> None:
    assert lanes_range(text) == (least, most)
    assert lanes(text) == most


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("30 @ (Mo-Fr 07:00-08:30)", (30.0,)),
        ("30 @ (Mo-Fr 07:00-08:30; Sa 08:00-12:00); 40 @ wet", (30.0, 40.0)),
        ("20 mph @ (07:00-09:00)", (20 * 1.609344,)),
        ("fast @ wet", ()),
        ("30", ()),
        (None, ()),
        (";)@(" * 50_000, ()),
    ],
)
def test_conditional_limits_are_read(text: str | None, limits: tuple[float, ...]) -> None:
    assert conditional_speeds_kmh(text) == pytest.approx(limits)


@pytest.mark.parametrize(
    ("text", "count"), [("left|through|through;right", 3.0), ("through", 1.0), ("", None)]
)
def test_turn_lanes_are_counted(text: str, count: float | None) -> None:
    assert turn_lanes(text) == count


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("both", ("yes", "yes")),
        ("left", ("yes", "no")),
        ("right", ("no", "yes")),
        ("none", ("no", "no")),
        ("separate", ("separate", "separate")),
        ("maybe", (None, None)),
        (None, (None, None)),
    ],
)
def test_a_sidewalk_tag_speaks_of_both_sides(text: str | None, sides: tuple[str | None]) -> None:
    assert sidewalk_sides(text) == sides


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
