"""Children come to communities from tables as offices keep them, through the run's own reading."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyses.run.check import check_inputs
from analyses.run.inputs import Inputs, read_inputs
from analyses.study import load_study
from geo.findings import InputRefused

if TYPE_CHECKING:
    from pathlib import Path

CRS = "EPSG:4548"
AGES = ["age_0_2", "age_3_5", "age_6_11", "age_12_14", "age_15_17"]
STUDY = """
[study]
name = "示例区"
crs = "EPSG:4548"
[streets]
path = "streets.geojson"
[[facilities]]
path = "schools.geojson"
{facilities}
[communities]
path = "communities.geojson"
{communities}
[buildings]
path = "homes.geojson"
[children]
{children}
"""
NAMES = ["柳林社区", "竹河村", "东街村"]
TOWNS = ["东镇", "东镇", "西镇"]
CODES = ["120118001001", "120118001201", "120118002201"]


def _write(frame: gpd.GeoDataFrame, path: Path) -> None:
    frame.to_crs(4326).to_file(path, driver="GeoJSON")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A street of 1,200 m through three communities; 1, 3 and 2 homes of 100 m² and one storey."""
    x0, y0 = 500_000.0, 4_200_000.0
    street = shapely.linestrings([[x0, y0], [x0 + 600, y0], [x0 + 1200, y0]])
    _write(gpd.GeoDataFrame({"highway": ["residential"]}, geometry=[street], crs=CRS),
           tmp_path / "streets.geojson")  # fmt: skip
    zones = [shapely.box(x0 + 400 * n, y0 - 200, x0 + 400 * n + 400, y0 + 200) for n in range(3)]
    columns = {"区划代码": CODES, "名称": NAMES, "所属乡镇": TOWNS}
    _write(gpd.GeoDataFrame(columns, geometry=zones, crs=CRS), tmp_path / "communities.geojson")
    spots = [100, 500, 550, 600, 900, 1000]
    homes = [shapely.box(x0 + x, y0 + 20, x0 + x + 10, y0 + 30) for x in spots]
    _write(gpd.GeoDataFrame({"层数": [1] * 6}, geometry=homes, crs=CRS), tmp_path / "homes.geojson")
    school = {"编号": ["S1"], "名称": ["柳林镇第一小学"], "类型": ["小学"], "学位": [100]}
    _write(gpd.GeoDataFrame(school, geometry=[shapely.Point(x0 + 300, y0 + 5)], crs=CRS),
           tmp_path / "schools.geojson")  # fmt: skip
    return tmp_path


def read(folder: Path, table: dict[str, list[Any]], children: str = "", **sections: str) -> Inputs:
    """Read the study with a table of children, which is a CSV."""
    pd.DataFrame(table).to_csv(folder / "table.csv", index=False)
    text = STUDY.format(
        children='path = "table.csv"\n' + children,
        facilities=sections.get("facilities", ""),
        communities=sections.get("communities", ""),
    )
    (folder / "study.toml").write_text(text, "utf-8")
    return read_inputs(load_study(folder))


def by_community(inputs: Inputs, group: str = "age_3_5") -> list[float]:
    """Return the children of a group in each of the three communities."""
    sums = inputs.demand.groupby("area_id")[group].sum(min_count=1)
    return sums.reindex(CODES).round(9).tolist()


def codes(inputs: Inputs) -> set[str]:
    return {finding.code for finding in inputs.findings}


def test_rows_find_their_communities_by_code_or_name(folder: Path) -> None:
    rows = {"社区（村）名称": ["柳林居委会", "竹河村委会", "東街村"], "3-5岁": [10, 20, 30]}
    assert by_community(read(folder, rows)) == [10, 20, 30]
    lost_zero = {"区划代码": ["120118002201", "120118001001", "120118001201"], "3-5岁": [3, 1, 2]}
    assert by_community(read(folder, lost_zero)) == [1, 2, 3]


def test_rows_that_do_not_fit_or_fit_twice_stand_in_the_rejects(folder: Path) -> None:
    names = ["柳林社区", "柳林社区居委会", "竹河村", "东街新村"]
    found = read(folder, {"名称": names, "3-5岁": [1, 2, 3, 4]})
    rejects = found.rejects["table.csv"]
    assert rejects["code"].tolist() == ["JOIN_DOUBLE", "JOIN_DOUBLE", "JOIN_UNMATCHED"]
    assert "东街村" in rejects["why"].iloc[2]
    assert by_community(found)[1] == 3
    assert np.nansum(by_community(found)) == 3
    empty = next(f for f in found.findings if f.code == "JOIN_ZONES")
    assert "东街村 (东街新村)" in str(empty.detail["zones"])


def test_a_table_of_which_no_row_fits_refuses_the_run(folder: Path) -> None:
    with pytest.raises(InputRefused) as refused:
        read(folder, {"名称": ["甲村", "乙村"], "3-5岁": [1, 2]})
    assert [f.code for f in refused.value.findings] == ["NOTHING_USED"] + 2 * ["JOIN_UNMATCHED"]


def test_totals_of_towns_go_to_communities_by_their_homes(folder: Path) -> None:
    # East: 1 and 3 homes of 40 children; west: 2 homes, alone.
    found = read(folder, {"所属乡镇": ["东镇", "西镇"], "3-5岁": [40, 7]})
    assert by_community(found) == [10, 30, 7]
    whole = read(folder, {"名称": ["示例区"], "3-5岁": [60]})
    assert by_community(whole) == [10, 30, 20]


def test_a_town_gives_what_its_known_communities_leave(folder: Path) -> None:
    found = read(folder, {"名称": ["东镇合计", "柳林社区", "东街村"], "3-5岁": [40, 4, 5]})
    assert by_community(found) == [4, 36, 5]


def test_a_total_of_children_is_split_by_the_structure(folder: Path) -> None:
    # Each of 18 years weighs the same: 3 of 18 are 3 to 5.
    shares = 'structure = { "0-17岁" = 0.18 }'
    names = {"名称": NAMES}
    assert by_community(read(folder, {**names, "儿童数": [18, 36, 54]}, shares)) == [3, 6, 9]
    people = read(folder, {**names, "常住人口": [100, 200, 300]}, shares)
    assert by_community(people) == [3, 6, 9]


def test_a_total_without_a_structure_is_named(folder: Path) -> None:
    found = read(folder, {"名称": NAMES, "未成年人数": [18, 36, 54]})
    named = next(f for f in found.findings if f.code == "AGES_NOT_SPLIT")
    assert "未成年人数" in named.text("zh")
    assert found.unit == "homes"


@pytest.mark.parametrize("cell", ["约300", "—", "20-30", "20～30", "不足10", "-5", ""])
def test_a_cell_that_is_no_number_costs_itself_alone(folder: Path, cell: str) -> None:
    found = read(folder, {"名称": NAMES, "3-5岁": [1, 2, 3], "6-11岁": ["10", cell, "30"]})
    assert by_community(found) == [1, 2, 3]
    primary = by_community(found, "age_6_11")
    assert [primary[0], primary[2], np.isnan(primary[1])] == [10, 30, True]


def test_children_counted_in_ten_thousands_are_asked_about(folder: Path) -> None:
    with pytest.raises(InputRefused) as refused:
        read(folder, {"名称": NAMES, "3-5岁": [0.0109, 0.02, 0.0301]})
    assert [f.code for f in refused.value.findings] == ["CHILDREN_TEN_THOUSANDS"]
    said = read(folder, {"名称": NAMES, "3-5岁（万人）": [0.0109, 0.02, 0.0301]})
    assert by_community(said) == [109, 200, 301]


def test_names_of_children_never_reach_the_rejects(folder: Path) -> None:
    rows = {"名称": ["王小明", "李小红"], "学号": ["1", "2"], "社区": ["柳林社区", "甲村"]}
    found = read(folder, {**rows, "3-5岁": [1, 2]})
    told = "".join(f.text("zh") for f in found.findings)
    assert "PII_POINTS" in codes(found)
    assert "小红" not in told + found.rejects["table.csv"].to_csv()


def test_a_table_gives_schools_their_places_by_id_or_name(folder: Path) -> None:
    pd.DataFrame({"学校名称": ["柳林镇第1小学"], "学位": [450]}).to_csv(folder / "places.csv")
    rows = {"名称": NAMES, "3-5岁": [1, 2, 3]}
    found = read(folder, rows, facilities='table = "places.csv"')
    assert found.facilities["capacity"].tolist() == [450]


def test_a_table_of_communities_gives_them_ages(folder: Path) -> None:
    rows = {"社区名称": NAMES, **{f"{year}岁": [year, 1, 2] for year in range(18)}}
    pd.DataFrame(rows).to_csv(folder / "people.csv", index=False)
    text = STUDY.format(children="", facilities="", communities='table = "people.csv"')
    (folder / "study.toml").write_text(text, "utf-8")
    found = read_inputs(load_study(folder))
    assert by_community(found) == [12, 3, 6]
    assert by_community(found, "age_15_17") == [48, 3, 6]


def test_a_polygon_of_the_whole_on_top_is_refused(folder: Path) -> None:
    zones = gpd.read_file(folder / "communities.geojson")
    whole = zones.iloc[:1].assign(名称="全部", 区划代码="120118999999")
    whole.geometry = [shapely.union_all(zones.geometry)]
    _write(pd.concat([zones, whole]), folder / "communities.geojson")
    with pytest.raises(InputRefused) as refused:
        read(folder, {"名称": [*NAMES, "全部"], "3-5岁": [1, 2, 3, 6]})
    assert [f.code for f in refused.value.findings] == ["ZONES_TWICE"]
    assert by_community(read(folder, {"名称": NAMES, "3-5岁": [1, 2, 3]})) == [1, 2, 3]


def test_check_takes_a_table_without_coordinates(folder: Path) -> None:
    read(folder, {"名称": NAMES, "3-6岁": [1, 2, 3]})
    assert check_inputs(folder / "table.csv", None).exit_code == 0
    checked = {file.file: file for file in check_inputs(folder, None).files}
    assert checked["table.csv"].rows_used == 3


@pytest.mark.parametrize("method", ["raster", "communities"])
def test_a_path_that_is_not_used_is_refused(folder: Path, method: str) -> None:
    read(folder, {"名称": NAMES, "3-5岁": [1, 2, 3]})
    text = (folder / "study.toml").read_text("utf-8")
    text = text.replace("[children]", f'[children]\nmethod = "{method}"')
    text = text.replace('[communities]\npath = "communities.geojson"', "")
    (folder / "study.toml").write_text(text, "utf-8")
    with pytest.raises(InputRefused) as refused:
        load_study(folder)
    assert "CONFIG_NO_EFFECT" in {f.code for f in refused.value.findings}


@settings(max_examples=15, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(
    counts=st.lists(
        st.lists(st.integers(0, 5000), min_size=3, max_size=3), min_size=18, max_size=18
    ),
    cuts=st.sets(st.integers(1, 17), max_size=6),
)
def test_whatever_the_bands_all_children_arrive(
    folder: Path, counts: list[list[int]], cuts: set[int]
) -> None:
    counts[4] = [1, 1, 1]
    edges = [0, *sorted(cuts), 18]
    bands = {
        f"{a}-{b}岁" if b - a > 1 else f"{a}岁": np.sum(counts[a:b], axis=0).tolist()
        for a, b in pairwise(edges)
    }
    found = read(folder, {"名称": NAMES, **bands})
    sums = found.demand.groupby("area_id")[AGES].sum().sum(axis=1).reindex(CODES)
    right = np.sum(counts, axis=0)
    assert np.abs(sums.to_numpy() - right).max() <= 1e-9 * right.max()
