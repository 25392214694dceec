"""Geometries of a layer: repaired with a word, or set aside with a reason."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from geo.read.features import geometry_array
from geo.read.flags import Flag
from geo.read.geometry import check_geometry

SQUARE = "POLYGON ((0 0, 2 0, 2 2, 0 2, 0 0))"


def checked(*texts: str | None, **options: object) -> tuple[NDArray[np.object_], dict[str, Flag]]:
    shapes = geometry_array([None if t is None else shapely.from_wkt(t) for t in texts])
    fixed, flags = check_geometry(shapes, metric=True, **options)  # type: ignore[arg-type]
    return fixed, {flag.code: flag for flag in flags}


def rows(flags: dict[str, Flag]) -> dict[str, list[int]]:
    return {code: flag.rows.tolist() for code, flag in flags.items()}


def test_a_good_layer_passes_without_a_word() -> None:
    fixed, flags = checked(
        SQUARE, "POINT (1 1)", "MULTIPOLYGON (((5 5, 6 5, 6 6, 5 5)), ((8 8, 9 8, 9 9, 8 8)))"
    )
    assert flags == {}
    assert [g.area for g in fixed] == [4, 0, 1]


@pytest.mark.parametrize(
    ("text", "before", "after", "area"),
    [
        ("POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))", "0.0", "2.0", 2),  # bowtie: two triangles of 1
        ("POLYGON ((0 0, 2 0, 2 2, 0 2, 0 0), (5 5, 6 5, 6 6, 5 6, 5 5))", "3.0", "4.0", 4),
        ("POLYGON ((0 0, 2 0, 2 1, 2 3, 2 1, 0 1, 0 0))", "2.0", "2.0", 2),  # spike
        ("MULTIPOLYGON (((0 0, 2 0, 2 2, 0 2, 0 0)), ((1 1, 3 1, 3 3, 1 3, 1 1)))",
         "8.0", "7.0", 7),
    ],
)  # fmt: skip
def test_repairs_tell_the_area(text: str, before: str, after: str, area: float) -> None:
    fixed, flags = checked(text)
    flag = flags["GEOM_REPAIRED"]
    assert flag.outcome == "note"
    assert (flag.each["before"], flag.each["after"]) == ([before], [after])
    assert fixed[0].is_valid
    assert fixed[0].area == pytest.approx(area)


def test_areas_in_degrees_are_told_in_square_metres() -> None:
    bowtie = shapely.from_wkt("POLYGON ((117 60, 117.01 60.01, 117.01 60, 117 60.01, 117 60))")
    _, flags = check_geometry(geometry_array([bowtie]))
    # two triangles of 0.01 x 0.005 / 2 square degrees; a degree is 111,320 m, half at 60 north
    assert float(str(flags[0].each["after"][0])) == pytest.approx(
        0.00005 * 111_320**2 / 2, rel=1e-3
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "GEOM_EMPTY"), ("POINT EMPTY", "GEOM_EMPTY"), ("POLYGON EMPTY", "GEOM_EMPTY"),
        ("GEOMETRYCOLLECTION EMPTY", "GEOM_EMPTY"), ("POINT (NaN 1)", "COORD_NONFINITE"),
        ("POLYGON ((0 0, 1 0, 1 Infinity, 0 0))", "COORD_NONFINITE"),
        ("POLYGON ((1 1, 1 1, 1 1, 1 1))", "GEOM_INVALID"),
        ("POLYGON ((0 0, 1 0, 2 0, 0 0))", "GEOM_INVALID"),
        ("LINESTRING (0 0, 1 1)", "GEOM_TYPE"), ("MULTIPOINT (0 0, 1 1)", "GEOM_PARTS"),
        ("GEOMETRYCOLLECTION (POINT (0 0), LINESTRING (0 0, 1 1))", "GEOM_TYPE"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_set_aside(text: str | None, code: str) -> None:
    fixed, flags = checked(SQUARE, text)
    assert rows(flags) == {code: [1]}
    assert flags[code].outcome == "quarantine"
    assert fixed[1] is None
    assert fixed[0].area == 4


def test_a_layer_of_lines_takes_lines_only() -> None:
    line = "LINESTRING (0 0, 1 1)"
    fixed, flags = checked(
        line, "MULTILINESTRING ((2 0, 3 3))", "POINT (0 0)", "LINESTRING (4 4, 4 4)"
    )
    assert rows(flags) == {"GEOM_TYPE": [2], "GEOM_INVALID": [3]}
    assert fixed[1].geom_type == "LineString"


def test_wanted_is_what_is_asked_for() -> None:
    fixed, flags = checked(SQUARE, "POINT (1 1)", wanted=("polygon",))
    assert rows(flags) == {"GEOM_TYPE": [1]}
    assert flags["GEOM_TYPE"].each == {"found": ["Point"], "wanted": ["polygon"]}
    assert fixed[0] is not None


def test_heights_and_measures_are_dropped_with_a_note() -> None:
    fixed, flags = checked("POINT Z (1 2 3)", "POINT M (1 2 3)", "POINT (5 6)")
    assert rows(flags) == {"GEOM_Z_DROPPED": [0, 1]}
    assert [g.wkt for g in fixed] == ["POINT (1 2)", "POINT (1 2)", "POINT (5 6)"]


def test_a_single_part_is_taken_out() -> None:
    fixed, flags = checked("MULTIPOINT (1 2)", f"GEOMETRYCOLLECTION ({SQUARE})")
    assert flags == {}
    assert [g.geom_type for g in fixed] == ["Point", "Polygon"]


def test_the_same_outline_twice_is_noted_and_kept() -> None:
    fixed, flags = checked(SQUARE, "POINT (0 0)", SQUARE, "POINT (0 0)")
    assert rows(flags) == {"GEOM_TWICE": [2]}
    assert not shapely.is_missing(fixed).any()


def test_the_input_is_not_changed_and_an_empty_layer_is_fine() -> None:
    bowtie = shapely.from_wkt("POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))")
    shapes = geometry_array([bowtie])
    check_geometry(shapes)
    assert shapes[0] is bowtie
    fixed, flags = check_geometry(geometry_array([]))
    assert (len(fixed), flags) == (0, ())


def test_repairs_beyond_the_limit_are_one_flag() -> None:
    shapes = [shapely.Polygon([(i, 0), (i + 2, 2), (i + 2, 0), (i, 2)]) for i in range(150)]
    _, flags = check_geometry(geometry_array(shapes))
    repaired = [flag for flag in flags if flag.code == "GEOM_REPAIRED"]
    assert [len(flag.rows) for flag in repaired] == [1] * 100 + [50]


CORNERS = st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5)), min_size=3, max_size=9)


@given(st.lists(CORNERS, min_size=1, max_size=4))
def test_every_row_is_valid_or_set_aside(rings: list[list[tuple[int, int]]]) -> None:
    fixed, flags = check_geometry(geometry_array([shapely.Polygon(ring) for ring in rings]))
    aside = {row for flag in flags if flag.outcome == "quarantine" for row in flag.rows.tolist()}
    assert {row for row, shape in enumerate(fixed) if shape is None} == aside
    assert all(shape is None or (shape.is_valid and shape.area > 0) for shape in fixed)


@given(CORNERS)
def test_a_repair_never_covers_more_than_the_hull(ring: list[tuple[int, int]]) -> None:
    shape = shapely.Polygon(ring)
    fixed, _ = check_geometry(geometry_array([shape]))
    assert shapely.area(fixed[0]) <= shape.convex_hull.area + 1e-9 or fixed[0] is None
