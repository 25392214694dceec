"""Marks of children: read from anything, each once, counted by people, beside the model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from nonempty import each
from scenes import scene as make_scene
from worlds import CRS, place

from analyses.hazards.survey_rows import COLUMNS as SURVEY
from analyses.hazards.survey_rows import survey_form
from analyses.marks.analysis import participation
from analyses.marks.mark_layers import NOBODY, kinds, marks_of, meanings, reading
from analyses.marks.model import Model
from analyses.publish.marks import public_marks
from geo.bundled import load_toml
from geo.read.cells import one_column
from geo.read.readers import read_layer

if TYPE_CHECKING:
    from pathlib import Path

    from analyses.marks.mark_layers import Marks
    from analyses.result import Result
    from geo.read.raw import Layer

RULES = load_toml("rules/participation.toml")
KOBO = """\
"start";"walk/feeling";"walk/place";"walk/_place_latitude";"walk/_place_longitude";"walk/姓名";\
"walk/班级";"deviceid";"_id";"_uuid";"_submission_time";"_submitted_by"
"t";"afraid";"38.01 117.02 0 5";38.01;117.02;"王小明";"三(2)班";"d1";1;"u-1";"2026-05-03T08:00";"x"
"t";"害怕";"38.02 117.03 0 5";38.02;117.03;"李小红";"三(2)班";"d2";2;"u-2";"2026-05-03T09:00";"x"
"""


def read(tmp_path: Path, text: str | bytes, name: str = "marks.csv", **more: Any) -> Layer:
    data = text if isinstance(text, bytes) else text.encode("utf-8")
    (tmp_path / name).write_bytes(data)
    return read_layer(tmp_path / name, options=reading(), **more)


def marks(rows: list[tuple[Any, ...]], columns: str = "person kind x y time") -> Marks:
    """Marks at places of a world: person, kind, x, y, time."""
    table = pd.DataFrame(rows, columns=columns.split()[: len(rows[0])])
    points = shapely.points(place(table[["x", "y"]].to_numpy()))
    return marks_of({"marks.csv": gpd.GeoDataFrame(table, geometry=points, crs=CRS)})


def people(kind: str, xs: list[float], y: float = 0.0) -> list[tuple[Any, ...]]:
    return [(f"p{n}", kind, x, y) for n, x in enumerate(xs)]


def towns(width_m: float = 2000.0, count: int = 2) -> gpd.GeoDataFrame:
    """Communities side by side from x = 0, each `width_m` wide."""
    at = place([(0.0, 0.0)])[0]
    boxes = [
        shapely.box(at[0] + n * width_m, at[1] - 500, at[0] + (n + 1) * width_m, at[1] + 500)
        for n in range(count)
    ]
    names = [f"社区{n}" for n in range(count)]
    rows = {"area_id": names, "name": names, "town": "镇"}
    return gpd.GeoDataFrame(rows, geometry=boxes, crs=CRS)


def model(*, rule: str = "stretch", thing: str = "w3", grade: str | None = "A") -> Model:
    """A road of 2 km, stretches w0 to w3 of 500 m, and a crossing c0 at x = 500."""
    scene = make_scene([{"length_m": 500.0}] * 4, [{"street": 0, "end": 1}])
    hazards = pd.DataFrame({"rule": [rule], "object_id": [thing], "grade": [grade]})
    return Model(scene, hazards, pd.DataFrame(columns=list(SURVEY)))


def agreement(found: Result) -> dict[str, str | None]:
    table = found.tables["marks"]
    return dict(zip(table["object_id"], table["agreement"], strict=True))


# ---- reading -------------------------------------------------------------------------------------


def test_an_export_of_kobo_is_read_without_a_setting(tmp_path: Path) -> None:
    layer = read(tmp_path, KOBO)
    assert (layer.rows_in, len(layer.frame), len(layer.rejected)) == (2, 2, 0)
    assert layer.frame["kind"].tolist() == ["afraid", "afraid"]
    assert layer.frame["id"].tolist() == ["u-1", "u-2"]
    assert layer.frame["person"].tolist() == ["d1", "d2"]
    assert layer.frame.geometry.x.tolist() == [117.02, 117.03]


def test_a_geopoint_in_one_column_is_latitude_first(tmp_path: Path) -> None:
    assert one_column("38.01 117.02 3.5 4.0") == ("117.02", "38.01")
    text = '_uuid,_submission_time,kind,location\nu1,2026-05-03,like,"38.01 117.02 0 0"\n'
    point = read(tmp_path, text).frame.geometry.iloc[0]
    assert (point.x, point.y) == (117.02, 38.01)


def test_two_numbers_in_one_column_are_asked_about_as_ever(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="COORD_COLUMN"):
        read(tmp_path, 'kind,location,person\nlike,"117.02,38.01",a\n')


def test_meanings_of_headers_without_a_group_are_left_to_the_reader() -> None:
    assert meanings(["标记", "经度", "纬度"]) == {}
    assert meanings(["a/b/mark", "x"]) == {"kind": "a/b/mark"}


def test_an_office_table_in_gb18030_with_gcj_places(tmp_path: Path) -> None:
    text = (
        "代号,感受,经度,纬度,备注\n甲,过不了马路,117.02,38.01,车太快\n乙,想要公园,117.03,38.02,\n"
    )
    layer = read(tmp_path, text.encode("gb18030"), crs="GCJ-02")
    assert layer.crs_read == "GCJ-02"
    assert layer.frame["kind"].tolist() == ["cannot_cross", "want_play"]
    assert layer.frame["person"].tolist() == ["甲", "乙"]
    shift = np.hypot(*(layer.frame.geometry.iloc[0].x - 117.02, 38.01 - layer.frame.geometry.y[2]))
    assert 0.001 < shift < 0.01  # 100 m to 1 km


def test_geojson_is_read_and_lines_are_no_marks(tmp_path: Path) -> None:
    shapes = [("Point", [117.02, 38.01]), ("LineString", [[117.0, 38.0], [117.1, 38.0]])]
    features = [
        {"type": "Feature", "properties": {"mark": "好玩", "person": "p"},
         "geometry": {"type": kind, "coordinates": at}}
        for kind, at in shapes
    ]  # fmt: skip
    text = json.dumps({"type": "FeatureCollection", "features": features})
    layer = read(tmp_path, text, "marks.geojson")
    assert (layer.rows_in, len(layer.frame), len(layer.rejected)) == (2, 1, 1)
    assert layer.frame["kind"].tolist() == ["like"]


def test_bad_rows_are_kept_aside_and_counted(tmp_path: Path) -> None:
    rows = ["afraid,117.02,38.01,a", "大声,117.02,38.01,b", "like,,38.01,c", "like,0,0,d"]
    layer = read(tmp_path, "\n".join(["kind,lon,lat,person", *rows]))
    assert (layer.rows_in, len(layer.frame), len(layer.rejected)) == (4, 1, 3)
    assert sorted(layer.rejected["code"]) == ["COORD_MISSING", "NULL_ISLAND", "TYPE_UNKNOWN"]


def test_personal_columns_are_named_and_dropped(tmp_path: Path) -> None:
    rows = ["王小明,三班,13800000001,afraid,117.02,38.01", "李,四班,13800000002,大声,117,38"]
    layer = read(tmp_path, "\n".join(["名字,班级,手机,kind,lon,lat", *rows]))
    told = {f.column for f in layer.findings if f.code == "PII_COLUMN"}
    assert told == {"名字", "班级", "手机"}
    kept = layer.frame.to_csv() + layer.rejected.to_csv() + "".join(map(str, layer.findings))
    assert not any(word in kept for word in ("王小明", "三班", "四班", "1380000000"))


def test_every_word_of_a_kind_means_one_kind() -> None:
    words = [(w.casefold(), k) for k, row in kinds().items()
             for w in {k, row["zh"], row["en"], *row["words"]}]  # fmt: skip
    assert len(dict(words)) == len(words)
    assert {"like", "afraid", "cannot_cross", "want"} <= set(kinds())


def test_numbers_of_the_rules_have_sources() -> None:
    for part in ("again", "place", "beside"):
        values = [v for v in RULES[part].values() if isinstance(v, dict)]
        assert values
        assert all(v["value"] > 0 and v["source"] for v in values)


# ---- each mark once ------------------------------------------------------------------------------


def test_the_same_submission_in_two_files_is_one_mark() -> None:
    table = pd.DataFrame({"id": ["u1", "u2"], "kind": "like", "person": ["a", "b"]})
    points = shapely.points(place([(0, 0), (900, 0)]))
    frame = gpd.GeoDataFrame(table, geometry=points, crs=CRS)
    found = marks_of({"a.csv": frame, "b.csv": frame.iloc[:1]})
    assert found.accounts[["marks_in", "same_id", "marks"]].to_numpy().tolist() == [
        [2, 0, 2], [1, 1, 0],
    ]  # fmt: skip
    # The same number of two tables at two places is chance.
    moved = frame.set_geometry(frame.translate(500, 0))
    assert len(marks_of({"a.csv": frame, "b.csv": moved}).rows) == 4


def test_one_person_marks_a_place_once_a_day() -> None:
    day = "2026-05-03 08:00"
    rows = [
        ("a", "afraid", 0, 0, day),
        ("a", "afraid", 29, 0, "2026-05-04 07:00"),  # 29 m and 23 h away: again
        ("a", "afraid", 31, 0, day),  # 31 m away
        ("a", "like", 0, 0, day),  # another kind
        ("b", "afraid", 0, 0, day),  # another person
        ("a", "afraid", 0, 0, "2026-05-05 08:00"),  # 48 h later
        ("a", "afraid", 0, 5, None),  # no time: the place decides
    ]
    found = marks(rows)
    assert (len(found.rows), found.accounts["again"].item()) == (5, 2)
    assert found.accounts["people"].item() == 2
    assert [f.code for f in found.findings] == ["MARKS_MERGED"]


def test_marks_of_nobody_are_marks_but_no_people() -> None:
    found = marks([(None, "afraid", 0, 0)] * 3)
    assert found.rows["person"].tolist() == [NOBODY] * 3
    assert found.accounts[["marks", "people", "nobody"]].iloc[0].tolist() == [3, 0, 3]
    assert [f.code for f in found.findings] == ["MARKS_NOBODY"]
    assert participation(found, towns(), None).tables["marks"]["people"].tolist() == [0]


def test_nothing_of_a_person_is_kept() -> None:
    found = marks([("王小明-138", "like", 0, 0, "2026-05-03")])
    assert found.rows.columns.tolist() == ["mark", "person", "geometry"]
    assert "王小明" not in found.rows.to_csv()


# ---- beside the model ----------------------------------------------------------------------------


def test_people_are_counted_once_at_a_crossing() -> None:
    found = participation(marks(people("afraid", [490, 500, 510, 519])), towns(), model())
    row = found.tables["marks"].iloc[0]
    assert (row["place_kind"], row["object_id"], row["marks"], row["people"]) == (
        "crossing", "c0", 4, 4,
    )  # fmt: skip
    # 31 m apart: two marks, one person
    twice = [("a", "afraid", 484.0, 0.0), ("a", "afraid", 515.0, 0.0)]
    row = participation(marks(twice), towns(), model()).tables["marks"].iloc[0]
    assert (row["marks"], row["people"]) == (2, 1)


def test_a_crossing_within_20_m_else_the_street_within_25_m_else_a_square() -> None:
    rows = [("a", "afraid", 519, 0), ("b", "afraid", 800, 24), ("c", "afraid", 800, 26),
            ("d", "like", 500, 0)]  # fmt: skip
    table = participation(marks(rows), towns(), model()).tables["marks"]
    shown = table[table["people"] > 0].set_index("place_kind")["object_id"]
    assert shown["crossing"] == "c0"
    assert shown["street"] == "w1"
    # 500 800 / 250 = 2003.2 and 4 310 026 / 250 = 17240.1; 500 500 / 250 = 2002
    assert set(shown["cell"]) == {"2003/17240", "2002/17240"}


@pytest.mark.parametrize(("x", "said"), [(1461.0, "agree"), (1459.0, "felt_only")])
def test_a_hazard_within_40_m_agrees(x: float, said: str) -> None:
    # w3 runs from x = 1500 to 2000: 39 m and 41 m away.
    found = participation(marks([("a", "afraid", x, 0.0)]), towns(), model())
    table = found.tables["marks"]
    assert table["agreement"][table["people"] > 0].item() == said
    assert found.indicators[0].value == float(said == "agree")


def test_a_mark_on_the_street_itself_carries_the_grade() -> None:
    table = participation(marks([("a", "afraid", 1800.0, 20.0)]), towns(), model()).tables["marks"]
    assert table[["object_id", "agreement", "grade"]].to_numpy().tolist() == [["w3", "agree", "A"]]


def test_a_hazard_without_a_mark_is_told_where_somebody_was_asked() -> None:
    near = [("a", "like", 1700.0, 300.0)]  # 300 m from w3: somebody was asked here
    row = participation(marks(near), towns(), model()).tables["marks"].iloc[1]
    assert (row["agreement"], row["object_id"], row["people"]) == ("missed", "w3", 0)
    assert "没有人标记" in row["agreement_zh"]
    assert "no mark" in row["agreement_en"]
    far = [("a", "like", 900.0, 300.0)]  # 671 m away: nobody asked
    assert set(agreement(participation(marks(far), towns(), model())).values()) == {None}


@pytest.mark.parametrize(("grade", "told"), [("A", True), ("B", True), ("C", False), (None, False)])
def test_only_grave_hazards_are_said_to_lack_a_mark(grade: str | None, told: bool) -> None:  # noqa: FBT001
    found = participation(marks([("a", "like", 1700.0, 0.0)]), towns(), model(grade=grade))
    assert ("missed" in agreement(found).values()) is told


def test_a_place_that_is_felt_only_becomes_a_task_of_the_survey() -> None:
    found = participation(marks(people("afraid", [500.0] * 3)), towns(), model())
    tasks = found.tables["survey"]
    row = tasks.iloc[0]
    assert (row["rank"], row["object_id"], row["attribute"], row["children"]) == (
        1,
        "c0",
        "felt",
        3.0,
    )
    for lang, text in (("zh", "3 人标为危险"), ("en", "marked as dangerous by 3")):
        form = survey_form(tasks, lang, crs=CRS)
        assert text in form["why"].item()


def test_likes_and_wishes_are_not_compared() -> None:
    rows = [("a", "like", 1600.0, 0.0), ("b", "want_crossing", 1600.0, 0.0)]
    table = participation(marks(rows), towns(), model(grade="C")).tables["marks"]
    assert table["agreement"].isna().all()
    assert set(table["place_kind"]) == {"cell"}


def test_without_a_model_marks_are_counted_all_the_same() -> None:
    found = participation(marks(people("afraid", [500.0] * 3)), towns(), None)
    assert found.tables["marks"][["people", "area"]].iloc[0].tolist() == [3, "社区0"]
    assert "survey" not in found.tables


def test_no_single_place_of_a_mark_is_shown() -> None:
    rows = [("a", "afraid", 503.0, 1.0), ("b", "like", 61.0, 77.0), ("c", "afraid", 731.0, 9.0)]
    shown = participation(marks(rows), towns(), model()).shown[0].rows
    at = {tuple(xy) for xy in shapely.get_coordinates(shown.geometry)}
    assert at.isdisjoint({tuple(xy) for xy in place([(r[2], r[3]) for r in rows])})


# ---- what everybody may know ---------------------------------------------------------------------


def test_groups_of_k_people_rounded_to_five() -> None:
    # 13 people in the first community, 9 in the second: below k, they go together.
    rows = [(f"p{n}", "afraid", 100.0, 0.0) for n in range(13)]
    rows += [(f"q{n}", "like", 2100.0, 0.0) for n in range(9)]
    found = public_marks(marks(rows), towns(), k=10)
    assert found["name"].unique().tolist() == ["社区0、社区1"]
    told = found.set_index("mark")["people"]
    assert told["afraid"] == 15  # 13
    assert pd.isna(told["like"])  # 9: fewer than 10, as if nobody
    assert pd.isna(told["cannot_cross"])


def test_two_communities_with_k_people_each_stay_apart() -> None:
    rows = [(f"p{n}", "afraid", 100.0, 0.0) for n in range(12)]
    rows += [(f"q{n}", "afraid", 2100.0, 0.0) for n in range(10)]
    found = public_marks(marks(rows), towns(), k=10)
    told = found[found["mark"] == "afraid"].set_index("name")["people"]
    assert told.to_dict() == {"社区0": 10, "社区1": 10}


def test_one_person_with_many_marks_is_no_group() -> None:
    rows = [("a", "afraid", 40.0 * n, 0.0) for n in range(30)]
    assert len(marks(rows).rows) == 30
    assert public_marks(marks(rows), towns(), k=10).empty
    nobody = [(None, "afraid", 40.0 * n, 0.0) for n in range(30)]
    assert public_marks(marks(nobody), towns(), k=10).empty


def test_the_public_table_holds_no_mark_and_no_text(tmp_path: Path) -> None:
    rows = [f"{kind},117.{n:03d},38.0,p{n},CANARY" for n in range(20, 40) for kind in ("afraid",)]
    layer = read(tmp_path, "\n".join(["kind,lon,lat,person,备注", *rows]))
    found = marks_of({"m": layer.frame.to_crs(CRS)})
    around = towns().set_geometry(gpd.GeoSeries([found.rows.union_all().buffer(99)] * 2, crs=CRS))
    told = public_marks(found, around, k=10)
    assert len(told)
    assert "CANARY" not in told.to_csv()
    assert set(told.columns) == {
        "area_id", "name", "town", "mark", "mark_zh", "mark_en", "people", "geometry",
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_told_is_k_people_and_a_multiple_of_five(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = [
        (f"p{rng.integers(40)}", str(rng.choice(list(kinds()))), float(x), 0.0)
        for x in rng.uniform(0, 10_000, 1200)
    ]
    around = towns(1000.0, 10)
    found = marks(rows)
    told = public_marks(found, around, k=10)
    for _, row in each(told.dropna(subset="people").iterrows()):
        inside = found.rows[
            found.rows.within(row["geometry"]) & (found.rows["mark"] == row["mark"])
        ]
        true = inside["person"].nunique()
        assert true >= 10
        assert row["people"] % 5 == 0
        assert abs(row["people"] - true) <= 2.5
