"""A slip in study.toml is told with its line and the right key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analyses.study.settings import load_study
from geo.findings import InputRefused
from geo.read.options import ReadOptions
from geo.read.readers import read_layer

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """[study]
name = "示例"
crs = "EPSG:4548"

[streets]
path = "streets.osm"
snap_max_m = 200

[[facilities]]
path = "a.csv"
kind = "小学"
radius_m = 500
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("streets.osm", "a.csv", "b.csv"):
        (tmp_path / name).write_text("x")
    return tmp_path


def slip(folder: Path, old: str, new: str) -> tuple[str, int | None, str]:
    """Return code, line and English text of the one finding after a replacement."""
    (folder / "study.toml").write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(InputRefused) as caught:
        load_study(folder)
    (finding,) = caught.value.findings
    return finding.code, finding.row, finding.text("en")


def test_a_good_study_is_read_and_names_its_files(folder: Path) -> None:
    (folder / "study.toml").write_text(GOOD, encoding="utf-8-sig")
    study = load_study(folder / "study.toml")
    assert study.facilities[0].radius_m == 500
    assert study.streets.snap_max_m == 200
    assert study.file("a.csv") == folder.resolve() / "a.csv"
    assert study.publish.k == 10


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("radius_m", "raduis_m", "CONFIG_UNKNOWN_KEY", 12),
        ("[streets]", "[street]", "CONFIG_MISSING", None),
        ("500", '"500"', "CONFIG_TYPE", 12),
        ("500", '"500米"', "CONFIG_TYPE", 12),
        ("500", "true", "CONFIG_TYPE", 12),
        ("500", "-500", "CONFIG_RANGE", 12),
        ("500", "nan", "CONFIG_RANGE", 12),
        ("500", "inf", "CONFIG_RANGE", 12),
        ("snap_max_m = 200", "snap_max_m = 0", "CONFIG_RANGE", 7),
        ("EPSG:4548", "EPSG:999999", "CONFIG_CRS", 3),
        ("EPSG:4548", "EPSG:4326", "CONFIG_CRS", 3),
        ('"a.csv"', '"aa.csv"', "FILE_NOT_FOUND", 10),
        ('"a.csv"', '"http://example.org/a.csv"', "PATH_NOT_ALLOWED", 10),
        ('"a.csv"', '"/vsicurl/x.csv"', "PATH_NOT_ALLOWED", 10),
        ('"a.csv"', '"../../../etc/passwd"', "PATH_OUTSIDE", 10),
        ("radius_m = 500", "radius_m = 500\n[publish]\nk = 1", "CONFIG_RANGE", 14),
        ("radius_m = 500", "radius_m = 500\n[walking]\nspeed_m_s = 100.0", "CONFIG_RANGE", 14),
        ("radius_m = 500", "radius_m = 500\nradius_m = 300", "TOML_SYNTAX", 13),
        ("crs =", "crs", "TOML_SYNTAX", 3),
        (
            "radius_m = 500",
            'radius_m = 500\n[[facilities]]\npath = "b.csv"\nkind = "小学"\nradius_m = 1000',
            "CONFIG_CONFLICT",
            16,
        ),
    ],
)  # fmt: skip
def test_a_slip_names_code_and_line(
    folder: Path, old: str, new: str, code: str, line: int | None
) -> None:
    found = [(f.code, f.row) for f in slips(folder, old, new)]
    assert (code, line) in found


def slips(folder: Path, old: str, new: str) -> list[object]:
    (folder / "study.toml").write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(InputRefused) as caught:
        load_study(folder)
    return list(caught.value.findings)


def test_an_unknown_key_names_the_right_one(folder: Path) -> None:
    _, _, text = slip(folder, "radius_m", "raduis_m")
    assert 'Did you mean "radius_m"?' in text


def test_a_missing_file_names_the_nearest(folder: Path) -> None:
    _, _, text = slip(folder, '"a.csv"', '"a.cvs"')
    assert '"a.csv"' in text
    assert str(folder) in text


def test_a_study_in_gbk_is_asked_for_in_utf8(folder: Path) -> None:
    (folder / "study.toml").write_bytes(GOOD.encode("gbk"))
    with pytest.raises(InputRefused, match="UTF-8"):
        load_study(folder)


@pytest.mark.parametrize("text", ["", "# nothing\n"])
def test_an_empty_study_says_how_to_begin(folder: Path, text: str) -> None:
    (folder / "study.toml").write_text(text)
    with pytest.raises(InputRefused, match="yimi init"):
        load_study(folder)


def test_a_study_may_bring_its_own_headers(folder: Path) -> None:
    (folder / "headers.toml").write_text('[column.name]\nsynonyms = ["校园雅称"]\n', "utf-8")
    (folder / "study.toml").write_text(
        GOOD.replace('name = "示例"', 'name = "示例"\nheaders = "headers.toml"'), encoding="utf-8"
    )
    (folder / "a.csv").write_text("校园雅称,经度,纬度\n甲,117.0,38.0\n", encoding="utf-8")
    study = load_study(folder)
    layer = read_layer("a.csv", options=ReadOptions(base=folder, own_columns=study.headers))
    assert layer.frame["name"].tolist() == ["甲"]
