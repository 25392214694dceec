"""A rule of one place never tests another: a street of a kilometre, studied in several places.

Ten children live 350 m from the kindergarten at its end, thirty at 900 m.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely
from worlds import CRS, place

from analyses.run.order import run_study
from analyses.study.settings import load_study
from geo.findings import InputRefused

if TYPE_CHECKING:
    from pathlib import Path

    from analyses.run.order import Run

STUDY = """
[study]
name = "Street"
{region}
[streets]
path = "streets.gpkg"
snap_max_m = 200
[[facilities]]
path = "kindergarten.gpkg"
kind = "kindergarten"
[communities]
path = "communities.gpkg"
[children]
method = "points"
path = "homes.gpkg"
[routes]
on = false
[standards]
{standards}
"""
BARCELONA = """
[[rule]]
id = "BCN"
zh = "巴塞罗那"
en = "Barcelona"
subject = "kindergarten"
kinds = ["kindergarten"]
ages = [3, 6]
tests = ["distance"]
metres = 400
strength = "must"
wording = "ha de ser"
scope = "all"
region = "ES-CT"
standard = "Ordenança"
edition = "2024"
clause = "1"
status = "current"
verified = "signed"
clause_verified = "signed"
"""
OWN = 'files = ["own.toml"]'


def study(folder: Path, region: str = "", *, own: str = BARCELONA, **asked: str) -> Run:
    """Run the study of the street; ``code`` is the division code of its community."""
    shapes = {
        "streets": shapely.LineString(place([(0, 0), (1000, 0)])),
        "kindergarten": shapely.Point(place([(0, 0)])[0]),
        "communities": shapely.box(*place([(-50, -50)])[0], *place([(1050, 50)])[0]),
    }
    columns: dict[str, dict[str, Any]] = {
        "streets": {"highway": "residential"},
        "kindergarten": {"id": "K", "name": "K"},
        "communities": {"area_code": asked.pop("code", "A"), "name": "A", "ur_code": "112"},
    }
    for name, shape in shapes.items():
        frame = gpd.GeoDataFrame({k: [v] for k, v in columns[name].items()}, geometry=[shape])
        frame.set_crs(CRS).to_file(folder / f"{name}.gpkg")
    homes = shapely.points(place([(350, 0), (900, 0)]))
    gpd.GeoDataFrame({"age_3_5": [10, 30]}, geometry=homes, crs=CRS).to_file(folder / "homes.gpkg")
    (folder / "own.toml").write_text(own, encoding="utf-8")
    where = f"region = {region}" if region else ""
    text = STUDY.format(region=where, standards=asked.get("standards", OWN))
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return run_study(load_study(folder))


def shares(run: Run) -> dict[str, float]:
    total = run.result.tables["total"]
    return dict(zip(total["rule_id"], total["share_walk"], strict=True))


def codes(run: Run) -> set[str]:
    return {f.code for f in run.findings if f.column == "region"}


@pytest.mark.parametrize("region", ['"ES-CT"', '["ES-CT", "ES-B"]'])
def test_a_standard_of_barcelona_is_a_row_and_is_obeyed_there(tmp_path, region):
    run = study(tmp_path, region)
    assert shares(run) == {"BCN": 10 / 40}  # the Chinese defaults hold elsewhere
    assert codes(run) == {"RULES_ELSEWHERE"}


@pytest.mark.parametrize(("region", "code"), [('"CN"', "RULE_ELSEWHERE"), ("", "RULE_WHERE")])
def test_it_tests_no_other_place_and_says_why(tmp_path, region, code):
    run = study(tmp_path, region)
    assert "BCN" not in shares(run)
    found = next(f for f in run.findings if f.code == code)
    assert (found.value, "ES-CT" in found.why("zh"), "ES-CT" in found.why("en")) == (
        "BCN", True, True,
    )  # fmt: skip
    limits = run.result.tables["rules"].set_index("rule_id").loc["BCN", ["limit_zh", "limit_en"]]
    assert "仅供参照" in limits["limit_zh"]
    assert "for reference" in limits["limit_en"]


def test_where_no_rule_holds_nothing_is_tested_and_the_refusal_says_why(tmp_path):
    with pytest.raises(InputRefused) as refused:
        study(tmp_path, '"ES-MD"')
    assert [f.code for f in refused.value.findings] == [
        "RULES_NONE", "RULE_ELSEWHERE", "RULES_ELSEWHERE",
    ]  # fmt: skip


def test_without_its_region_a_study_gets_the_chinese_rules_with_a_note(tmp_path):
    run = study(tmp_path, standards="")
    assert shares(run)["KG"] == 0.0  # 300 m
    assert codes(run) == {"REGION_ASSUMED"}
    note = next(f for f in run.findings if f.code == "REGION_ASSUMED")
    assert ("中国（CN）" in note.why("zh"), "China (CN)" in note.why("en")) == (True, True)


@pytest.mark.parametrize(
    ("code", "region", "tested"),
    [
        ("120118100201", "", True),  # the communities say where it is
        ("130921100201", "", False),
        ("A", '"120118"', True),
        ("A", '"CN-TJ"', True),
        ("A", '"CN"', False),  # somewhere in China is not Tianjin
        ("120118100201", '"CN-13"', False),  # the study's own word counts
        ("A", "", False),  # Tianjin needs the user's word
    ],
)
def test_a_rule_of_tianjin_tests_tianjin_alone(tmp_path, code, region, tested):
    own = BARCELONA.replace("BCN", "TJ").replace("ES-CT", "CN-12")
    run = study(tmp_path, region, own=own, code=code)
    assert shares(run).get("TJ") == (10 / 40 if tested else None)


@pytest.mark.parametrize("written", ["Tianjin", "天津", "CN-12", "120000"])
def test_a_scope_that_names_a_region_as_files_did_is_obeyed(tmp_path, written):
    own = BARCELONA.replace('scope = "all"\nregion = "ES-CT"', f'scope = "{written}"')
    assert shares(study(tmp_path, '"CN-12"', own=own))["BCN"] == 10 / 40
    assert "BCN" not in shares(study(tmp_path, '"CN-13"', own=own))


def test_a_rule_of_no_region_holds_everywhere(tmp_path):
    own = BARCELONA.replace('region = "ES-CT"', "")
    assert [shares(study(tmp_path, r, own=own))["BCN"] for r in ('"FR-75"', "")] == [0.25, 0.25]


def test_england_is_named_and_stays_a_reference_in_china(tmp_path):
    run = study(tmp_path, '"CN-12"', standards='use = ["ENG", "KG"]')
    assert set(shares(run)) == {"KG"}
    said = next(f.why("en") for f in run.findings if f.code == "RULE_ELSEWHERE")
    assert "England (GB-ENG)" in said
    assert "Tianjin (CN-12)" in said


@pytest.mark.parametrize(
    ("region", "own", "line"),
    [('"Tianjin"', BARCELONA, 4), ('"CN-12"', BARCELONA.replace("ES-CT", "Catalonia"), None)],
)
def test_what_is_no_code_of_a_region_is_refused(tmp_path, region, own, line):
    with pytest.raises(InputRefused) as refused:
        study(tmp_path, region, own=own)
    found = refused.value.findings[0]
    assert (found.code, found.row) == ("REGION_CODE", line)
