"""Columns of coordinates that are wrong as a whole: told once, with the likely remedy."""

from pathlib import Path

import pytest

from geo.findings import InputRefused
from geo.read import ReadOptions, read_layer

PLACES = [(116.9203 + 0.0107 * n, 38.9312 + 0.0089 * (n * n % 7)) for n in range(12)]


def layer(folder: Path, rows: list[str], header: str = "名称,经度,纬度", crs: str | None = None):
    file = folder / "layer.csv"
    file.write_text("\n".join([header, *(f"点{n},{row}" for n, row in enumerate(rows))]), "utf-8")
    return read_layer("layer.csv", crs=crs, options=ReadOptions(base=folder))


def refused(folder: Path, rows: list[str], **said: str) -> InputRefused:
    with pytest.raises(InputRefused) as error:
        layer(folder, rows, **said)
    return error.value


@pytest.mark.parametrize(("power", "scale"), [(6, "1,000,000"), (7, "10,000,000"), (4, "10,000")])
def test_degrees_without_their_point_are_told_as_a_fault_of_the_column(tmp_path, power, scale):
    rows = [f"{round(x * 10**power)},{round(y * 10**power)}" for x, y in PLACES]
    error = refused(tmp_path, rows)
    assert [f.code for f in error.findings] == ["COORD_SCALE"]
    assert scale in error.text("en")
    assert "116.9203, 38.9312" in error.text("en")


def test_digits_lost_with_their_zeros_are_degrees_too(tmp_path):
    rows = [f"{x:.4f},{y:.4f}".replace(".", "").replace("0,", ",") for x, y in PLACES]
    assert [f.code for f in refused(tmp_path, rows).findings] == ["COORD_SCALE"]


def test_minutes_and_seconds_behind_the_point_are_not_decimals(tmp_path):
    # 116.5512 is meant as 116 degrees 55' 12" = 116 + 55/60 + 12/3600 = 116.92
    rows = [f"116.55{n + 12},38.56{2 * n:02d}" for n in range(12)]
    error = refused(tmp_path, rows)
    assert [f.code for f in error.findings] == ["COORD_PACKED"]
    assert "116.920000, 38.933333" in error.text("en")


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (["116.9203,38.9312"] * 7 + ["116.93,38.94017"] * 5, "COORD_ONE_SPOT"),
        ([f"{116.9203 + n / 1e4:.4f},{38.9312 + n / 1e4:.4f}" for n in range(9)], "COORD_SERIES"),
        ([f"{x:.2f},{y:.2f}" for x, y in PLACES], "COORD_COARSE"),
    ],
)
def test_columns_that_carry_too_little_are_told(tmp_path, rows, code):
    assert code in {f.code for f in layer(tmp_path, rows).findings}


def test_true_places_are_told_nothing(tmp_path):
    said = {f.code for f in layer(tmp_path, [f"{x:.4f},{y:.4f}" for x, y in PLACES]).findings}
    assert not said & {"COORD_ONE_SPOT", "COORD_SERIES", "COORD_COARSE", "COORD_PACKED"}


@pytest.mark.parametrize(
    ("header", "datum"),
    [("名称,gcj02_lng,gcj02_lat", "GCJ-02"), ("名称,百度经度,百度纬度", "BD-09")],
)
def test_a_header_that_names_the_datum_is_obeyed_or_asked_about(tmp_path, header, datum):
    rows = [f"{x:.6f},{y:.6f}" for x, y in PLACES]
    found = layer(tmp_path, rows, header)
    declared = layer(tmp_path, rows, crs=datum)
    assert found.frame.geometry.geom_equals(declared.frame.geometry).all()
    assert "DATUM_FROM_HEADER" in {f.code for f in found.findings}
    error = refused(tmp_path, rows, header=header, crs="EPSG:4326")
    assert [f.code for f in error.findings] == ["DATUM_CONTRADICTED"]


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (183089.2, 210869.2, "independent"),
        (39493089.2, 4310871.2, "Xian 80"),
        (20493089.2, 4310869.2, "EPSG:4498"),
        (13015600.0, 4692000.0, "Baidu Mercator"),
    ],
)
def test_metres_without_a_system_are_told_what_they_may_be(tmp_path, x, y, words):
    rows = [f"{x + 31 * n:.1f},{y + 17 * n * n:.1f}" for n in range(6)]
    assert words in refused(tmp_path, rows, header="名称,X,Y").text("en")


def test_east_and_north_may_be_called_by_their_survey_names(tmp_path):
    rows = [f"{4310869.2 + n},{493089.2 + n * n}" for n in range(6)]
    found = layer(tmp_path, rows, "名称,纵坐标,横坐标", "EPSG:4548")
    assert found.frame.geometry.x.between(116.9, 117).all()
