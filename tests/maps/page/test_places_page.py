"""The page of places and sites: what it shows, in plain words, no data as markup."""

from __future__ import annotations

import pandas as pd
import pytest
from nonempty import each

from analyses.schema import column
from analyses.schema import tables as declared
from geo.bundled import load_toml
from maps.outputs import _renamed, for_people
from maps.page.places_page import places_html


def page(tables: dict[str, pd.DataFrame], lang: str = "zh") -> str:
    shown = {n: for_people(_renamed(declared()[n], t), lang) for n, t in tables.items()}  # type: ignore[arg-type]
    return places_html(shown, name="试", synthetic=False, lang=lang)  # type: ignore[arg-type]


def site(name: str) -> pd.DataFrame:
    return pd.DataFrame(
        {"stage": ["kindergarten"], "rule_id": ["KG"], "rank": [1], "candidate_id": ["a"],
         "name": [name], "children": [12.0], "covered": [30.0], "share": [0.25], "gap": [0.0],
         "communities": ["甲"]}
    )  # fmt: skip


def test_a_site_is_told_in_both_languages() -> None:
    assert "幼儿园（3–5岁）" in page({"sites": site("东街地块")})
    assert "kindergarten (3 to 5)" in page({"sites": site("东街地块")}, "en")
    assert "25.0%" in page({"sites": site("东街地块")})


def test_a_name_is_never_markup() -> None:
    assert "<script>" not in page({"sites": site("<script>alert(1)</script>")})


def test_only_the_total_of_the_gap_is_shown_and_nothing_without_tables() -> None:
    gap = pd.DataFrame(
        {"stage": "kindergarten", "area_id": ["A", None], "children": [7.0, 4321.0],
         "distance": [7.0, 21.0], "safety": 0.0, "capacity_low": 0.0, "placed": [0.0, 4300.0],
         "share_placed": [0.0, 0.995]}
    )  # fmt: skip
    assert page({"place_gap": gap}).count("<tr>") == 2  # the header and the total
    assert not page({})


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_column_of_the_page_has_words(lang: str) -> None:
    for part in each(load_toml("places_page.toml")["part"]):
        for name in each(part["columns"]):
            assert column(name) or column(f"{name}_{lang}"), name
