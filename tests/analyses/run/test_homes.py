"""Homes of a study, from its files to the children at each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from analyses.run.inputs import read_inputs
from analyses.study import load_study

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from analyses.run.inputs import Inputs

CRS = "EPSG:4548"
X, Y = 500_000.0, 4_310_000.0
SETTINGS = """
[study]
name = "Town"
crs = "EPSG:4548"
[streets]
path = "streets.geojson"
[[facilities]]
path = "schools.geojson"
kind = "primary_school"
[communities]
path = "communities.geojson"
[buildings]
path = "homes.geojson"
"""
Box = tuple[float, float, float, float]


def inputs(folder: Path, homes: Sequence[Box], **columns: Any) -> Inputs:
    """Read a town of one street, one community of 120 children of 6 to 11, and these homes."""
    ways = [[(X + 200.0 * i, Y), (X + 200 * i + 200, Y)] for i in range(5)]
    files = {
        "streets": ({"highway": "residential"}, [shapely.LineString(way) for way in ways]),
        "schools": ({"name": "Lime Primary"}, [shapely.Point(X + 500, Y + 5)]),
        "communities": (
            {"code": "120118001001", "name": "Willow", "6-11岁": 120},
            [shapely.box(X - 100, Y - 500, X + 1100, Y + 500)],
        ),
        "homes": (columns, [shapely.box(X + a, Y + b, X + c, Y + d) for a, b, c, d in homes]),
    }
    for name, (data, shapes) in files.items():
        rows = {key: value if isinstance(value, list) else [value] * len(shapes)
                for key, value in data.items()}  # fmt: skip
        frame = gpd.GeoDataFrame(rows, geometry=shapes, crs=CRS)
        frame.to_file(folder / f"{name}.geojson", driver="GeoJSON")
    (folder / "study.toml").write_text(SETTINGS, encoding="utf-8")
    return read_inputs(load_study(folder))


def test_a_kind_in_a_column_is_no_number_of_storeys(tmp_path: Path) -> None:
    boxes: list[Box] = [(0, 9, 10, 19), (100, 9, 110, 19), (200, 9, 210, 19), (300, 9, 310, 19)]
    kinds = ["residential", "residential", "garage", "kiosk"]
    got = inputs(tmp_path, boxes, building=kinds)
    assert got.demand["age_6_11"].tolist() == pytest.approx([60.0, 60.0])
    assert [a.rows_rejected for a in got.accounts if a.name == "homes.geojson"] == [0]
    assert any("2 of another kind" in note["en"] for note in got.notes)


def test_storeys_as_people_write_them_share_out_children(tmp_path: Path) -> None:
    boxes: list[Box] = [(100.0 * i, 9, 100.0 * i + 10, 19) for i in range(5)]
    cells = ["2;3", "3F", "地上3层", "0", "1.5"]
    got = inputs(tmp_path, boxes, 层数=cells)
    # 2.5, 3, 3 and 1.5 storeys; 0 says nothing, so it has the mean of its neighbours: 2.5.
    assert got.demand["age_6_11"].tolist() == pytest.approx(
        [120 * n / 12.5 for n in (2.5, 3, 3, 2.5, 1.5)]
    )
    assert not any(account.rows_rejected for account in got.accounts)


@pytest.mark.parametrize("seed", range(8))
def test_splitting_a_home_into_halves_moves_no_child(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes_m = rng.uniform(4, 60, (12, 2)).round(2).tolist()
    boxes: list[Box] = [(80.0 * i, 9, 80 * i + w, 9 + d) for i, (w, d) in enumerate(sizes_m)]
    storeys = [None if rng.random() < 0.5 else int(rng.integers(1, 19)) for _ in boxes]
    (tmp_path / "whole").mkdir()
    whole = inputs(tmp_path / "whole", boxes, storeys=storeys).demand
    at = int(rng.integers(12))
    west, south, east, north = boxes[at]
    middle = (south + north) / 2
    halves: list[Box] = [(west, south, east, middle), (west, middle, east, north)]
    pieces = [*boxes[:at], *halves, *boxes[at + 1 :]]
    (tmp_path / "parts").mkdir()
    counted = [*storeys[:at], storeys[at], *storeys[at:]]
    parts = inputs(tmp_path / "parts", pieces, storeys=counted).demand
    children = parts["age_6_11"].to_numpy()
    together = np.add.reduceat(children, [i if i <= at else i + 1 for i in range(12)])
    assert together == pytest.approx(whole["age_6_11"].to_numpy(), rel=1e-6)
