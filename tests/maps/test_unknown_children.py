"""Children of an age that nobody has counted are unknown in every file of a run, never 0."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import map_decode as decode
import openpyxl
import pandas as pd
import pytest

from analyses.run import run_study
from analyses.study import load_study
from geo.bundled import ROOT
from maps.outputs import write_outputs

COUNTED = ["儿童数", "覆盖儿童（直线）", "覆盖儿童（路网）", "覆盖儿童（门到门）"]


def communities(folder: Path) -> list[dict[str, float]]:
    rows = json.loads((folder / "communities.geojson").read_text("utf-8"))["features"]
    return [row["properties"] for row in rows]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's coverage where no community tells how many are 3 to 5 years old."""
    folder = tmp_path_factory.mktemp("unknown")
    study = shutil.copytree(ROOT / "demo", folder / "study")
    file = study / "communities.geojson"
    file.write_text(re.sub('"3-5岁":[0-9]+,', "", file.read_text("utf-8")), "utf-8")
    settings = (study / "study.toml").read_text("utf-8")
    settings = settings.replace("[sites] ", "[sites]\non = false\n").split("[zones]")[0]
    (study / "study.toml").write_text(settings + "\n[routes]\non = false\n", "utf-8")
    write_outputs(run_study(load_study(study)), folder / "out")
    return folder / "out"


@pytest.mark.parametrize("table", ["by_area", "by_town", "total"])
def test_the_tables_leave_them_empty(out: Path, table: str) -> None:
    rows = pd.read_csv(out / "csv" / f"{table}.csv", encoding="utf-8-sig").set_index("标准编号")
    concerned = rows.loc[["KG"]].query("需求点数 > 0")  # the rule is one of towns
    assert concerned[[name for name in COUNTED if name in rows]].isna().all(axis=None)
    known = rows.loc[["PRI"], ["儿童数", "不适用的儿童数"]].fillna(0).sum(axis=None)
    assert known == sum(row["6-11岁"] for row in communities(ROOT / "demo"))


def test_so_does_the_workbook(out: Path) -> None:
    sheet = openpyxl.load_workbook(out / "tables.xlsx")["总体"]
    head, *rows = sheet.iter_rows(values_only=True)
    children = {row[0]: row[head.index("儿童数")] for row in rows}
    assert children["KG"] is None
    assert children["PRI"] > 0


def test_a_facility_is_not_superfluous_because_nobody_was_counted(out: Path) -> None:
    rows = pd.read_csv(out / "csv" / "facilities.csv", encoding="utf-8-sig").set_index("标准编号")
    near = rows.loc["KG"].dropna(subset="去掉也不影响覆盖")
    assert len(near) < len(rows.loc["KG"])
    assert (near["范围内儿童"] == 0).all()  # those without a home in reach


def test_the_map_has_no_number_of_them(out: Path) -> None:
    html = (out / "map.html").read_text("utf-8")
    header, body = decode.unpack(re.findall(r'id="data">([^<]+)<', html)[0])
    columns = dict(header["layers"]["area_value"]["columns"])
    children = pd.Series(
        decode.number(columns["children"], body), decode.text(columns["rule_id"], body)
    )
    assert set(children["KG"].fillna(-1)) == {-1, 0}  # 0: villages, where the rule does not hold
    whole = [area is None for area in decode.text(columns["area_id"], body)]
    assert children[whole].isna()["KG"]
    assert children[whole]["PRI"] > 0


def test_the_summary_has_no_share_of_them(out: Path) -> None:
    told = json.loads((out / "summary.json").read_text("utf-8"))["indicators"]
    ids = {row["id"] for row in told}
    assert "coverage.PRI.walk.children" in ids
    assert "coverage.KG.walk.children" not in ids
