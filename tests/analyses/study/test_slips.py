"""Slips in settings as they are made in offices: the message shows the line as it should be."""

from pathlib import Path

import pytest

from analyses.study import load_study
from geo.findings import InputRefused

GOOD = """[study]
name = "Town"

[streets]
path = "streets.osm"

[[facilities]]
path = "schools.csv"
"""


def refusal(folder: Path, old: str, new: str) -> InputRefused:
    assert old in GOOD
    (folder / "streets.osm").write_text("<osm/>")
    (folder / "schools.csv").write_text("name")
    (folder / "study.toml").write_text(GOOD.replace(old, new), "utf-8")
    with pytest.raises(InputRefused) as refused:
        load_study(folder)
    return refused.value


@pytest.mark.parametrize(
    ("old", "new", "right"),
    [
        ('"schools.csv"', "“schools.csv”", 'path = "schools.csv"'),
        ('"schools.csv"', "schools.csv", 'path = "schools.csv"'),
        ('"schools.csv"', '"D:\\new\\a.csv"', 'path = "D:/new/a.csv"'),
        ("name =", "name ＝", 'name = "Town"'),
        ("name =", "name\u00a0=", 'name = "Town"'),
        ('name = "Town"', "synthetic = True", "synthetic = true"),
        ('path = "streets.osm"', "snap_max_m = ２００", "snap_max_m = 200"),
        ("[streets]", "【streets】", "[streets]"),
    ],
)
def test_a_slip_of_an_editor_shows_the_line_as_it_should_be(
    tmp_path: Path, old: str, new: str, right: str
) -> None:
    refused = refusal(tmp_path, old, new)
    assert [f.code for f in refused.findings] == ["TOML_SYNTAX"]
    assert refused.text("zh").endswith(right)
    assert refused.text("en").endswith(right)


@pytest.mark.parametrize(
    ("old", "new", "code", "word"),
    [
        ("[[facilities]]", "[facilities]", "CONFIG_BRACKETS", "[[facilities]]"),
        ("[streets]", "[[streets]]", "CONFIG_BRACKETS", "[streets]"),
        (
            "[[facilities]]",
            '[facilities]\npath = "a"\n[[facilities]]',
            "TOML_SYNTAX",
            "[[facilities]]",
        ),
        ('"schools.csv"', '""', "CONFIG_EMPTY", "empty"),
        ("[streets]", 'date = "2026年13月"\n[streets]', "CONFIG_DATE", "2026年13月"),
        ('"schools.csv"', '"schools.csv"\nlayer = "Sheet1"', "CONFIG_NO_EFFECT", "layer"),
        ('"schools.csv"', '"schools.csv"\ncolumns = { nmae = "n" }', "CONFIG_UNKNOWN_KEY", "name"),
        (
            "[streets]",
            "[[sites.phases]]\nyear = 2027\n[streets]",
            "CONFIG_NO_EFFECT",
            "[sites] path",
        ),
        ('"Town"', '"Town"\nname = "Town"', "TOML_SYNTAX", "twice"),
        ('"Town"', "[" * 5000 + "]" * 5000, "TOML_SYNTAX", "deep"),
    ],
)
def test_what_means_nothing_or_has_no_effect_is_refused_in_words(
    tmp_path: Path, old: str, new: str, code: str, word: str
) -> None:
    refused = refusal(tmp_path, old, new)
    assert [f.code for f in refused.findings] == [code]
    assert word in refused.text("en")
    assert "  " not in refused.text("zh")


@pytest.mark.parametrize("date", ["2026-06-01", "2026年6月1日", "2026/6", "20260601", "2026", ""])
def test_dates_as_offices_write_them_are_read(tmp_path: Path, date: str) -> None:
    refused = refusal(tmp_path, 'name = "Town"', f'name = "Town"\ndate = "{date}"\nnope = 1')
    assert [f.code for f in refused.findings] == ["CONFIG_UNKNOWN_KEY"]
