"""Tables, columns and roles are declared once; a slip in a declaration is told with its place."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analyses.result import Shown
from analyses.schema import columns, roles, schema, tables
from geo.words import Text
from maps.page.datablock import page_columns
from maps.style import palette, role_colour

LANGUAGES = {"zh", "en"}


@pytest.fixture
def declare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that reads the declarations with some more of them."""
    (tmp_path / "schema").mkdir()
    monkeypatch.setenv("YIMI_DATA", str(tmp_path))

    def read(text: str) -> None:
        (tmp_path / "schema" / "own.toml").write_text(text, "utf-8")
        schema.__wrapped__()

    return read


def test_everything_has_a_title_in_every_language() -> None:
    for one in (*columns().values(), *tables().values(), *roles().values()):
        assert set(one.title) == LANGUAGES, one.name


def test_layers_of_the_geopackage_are_called_otherwise_than_tables_with_other_rows() -> None:
    layers = [one.layer for one in roles().values() if one.layer]
    assert len(set(layers)) == len(layers)
    assert set(layers) & set(tables()) == {"gaps", "rules"}  # whose rows are the table's


@pytest.mark.parametrize("name", list(roles()))
def test_a_role_has_a_colour_and_its_columns_a_place(name: str) -> None:
    one = roles()[name]
    assert role_colour(name).startswith("#")
    assert one.classes is None or one.classes.palette in palette()
    assert set(one.made) <= set(one.page)
    assert set(one.public or ()) <= {*one.page, *one.files}
    assert all(step is None or step > 0 for step in page_columns(name).values())


def test_a_misspelt_role_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r'no role "hazzard" .* hazard'):
        Shown("hazzard", pd.DataFrame())


def test_a_role_brings_its_title_unless_another_is_given() -> None:
    assert Shown("hazard", pd.DataFrame()).title["en"] == "Hazards"
    assert Shown("hazard", pd.DataFrame(), Text(en="Other")).title["zh"] == "Other"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[table.own]\ntitle = { zh = "甲" }\nrows = { zh = "一行" }\ncolumns = ["nowhere"]',
         r"\[table.own\]: no \[column\] called nowhere"),
        ('[table.own]\nrows = { zh = "一行" }\ncolumns = []', r"own.toml: \[table.own\] title"),
        ('[column.new]\ntitle = { zh = "甲" }\ntype = "texts"', r"own.toml: \[column.new\] type"),
        ('[column.rank]\ntitle = { zh = "甲" }\ntype = "text"', r"\[column.rank\] stands twice"),
        ('[colum.own]\ntype = "text"', r"own.toml: unknown part \[colum\]"),
    ],
)  # fmt: skip
def test_a_slip_is_told_with_its_file_and_key(declare, text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        declare(text)
