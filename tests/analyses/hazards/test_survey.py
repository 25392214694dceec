"""The survey pack: what is asked first, and the answers come back."""

import numpy as np
import pandas as pd
import pytest
from scenes import scene as make_scene
from worlds import CRS

from analyses.hazards.survey_rows import COLUMNS, FORM, survey, survey_form
from analyses.risk.edges import edge_risk
from analyses.rules.walkers import profiles
from geo.words import texts

PROFILE = next(p for p in profiles() if p.id == "grades_1_3")


def tasks(world, children, *, audit=None) -> pd.DataFrame:
    edges = np.flatnonzero(world.sides.crossing >= 0)
    by_row = dict(enumerate(children))
    walked = pd.DataFrame({"school_id": "S1", "edge": edges})
    walked["children"] = [float(by_row[row]) for row in world.sides.crossing[edges]]
    return survey(world, risk=lambda s: edge_risk(s, PROFILE), walked=walked, audit=audit)


def test_known_scene_asks_nothing():
    assert tasks(make_scene([{}], [{}]), [50]).empty


def test_width_is_what_one_answer_removes():
    world = make_scene([{}], [{"speed_kmh": (30, 20, 50)}])
    risk = edge_risk(world, PROFILE)
    edge = np.flatnonzero(world.sides.crossing == 0)
    row = tasks(world, [50]).iloc[0]
    assert (row["attribute"], row["assumed"], row["rank"]) == ("speed_kmh", "30", 1)
    # nothing else is open: whatever the answer, the interval closes
    assert row["width"] == pytest.approx((risk.high - risk.low)[edge][0])
    assert row["worth"] == pytest.approx(50 * row["width"])


def test_children_decide_between_equal_unknowns():
    crossings = [{"refuge": None, "street": 0}, {"refuge": None, "street": 1}]
    rows = tasks(make_scene([{}, {}], crossings), [5, 60])
    assert rows["object_id"].tolist() == ["c1", "c0"]
    assert (rows["width"] > 0).all()


def test_what_nobody_uses_is_not_asked():
    crossings = [{"refuge": None, "street": 0}, {"refuge": None, "street": 1}]
    assert tasks(make_scene([{}, {}], crossings), [0, 9])["object_id"].tolist() == ["c1"]


def test_streets_are_asked_on_the_side_that_is_walked():
    world = make_scene([{"sidewalk_left": None}])
    edges = np.flatnonzero(world.sides.street == 0)
    left = edges[world.sides.side[edges] < 0]
    for edge, asked in ((left, ["sidewalk_left"]), (edges[world.sides.side[edges] > 0], [])):
        walked = pd.DataFrame({"school_id": "S1", "edge": edge, "children": 9.0})
        rows = survey(world, risk=lambda s: edge_risk(s, PROFILE), walked=walked)
        assert rows["attribute"].tolist() == asked


def test_open_checks_of_gates_come_last():
    audit = pd.DataFrame(
        [("S1", "S1#0", "G13", "unknown", 300.0), ("S1", "S1#0", "G14", "pass", 300.0)],
        columns=["school_id", "gate_id", "check", "verdict", "children"],
    ).assign(x=500_000.0, y=4_310_000.0)
    rows = tasks(make_scene([{}], [{"refuge": None}]), [5], audit=audit)
    assert rows["attribute"].tolist() == ["refuge", "G13"]
    assert tuple(rows.columns) == COLUMNS


def test_form_has_a_page_for_each_school():
    rows = tasks(make_scene([{}], [{"refuge": None}]), [5])
    many = pd.concat([rows.assign(school_id=s, rank=r) for r, s in enumerate("AB" * 30, 1)])
    form = survey_form(many, "zh", crs=CRS)
    assert form["school_id"].tolist() == ["A"] * 25 + ["B"] * 25
    assert form["rank"].tolist()[:2] == [1, 3]


def test_path_is_not_asked():
    world = make_scene([{"sided": False, "speed_kmh": (30, 20, 50)}])
    walked = pd.DataFrame({"school_id": "S1", "edge": [0], "children": [9.0]})
    assert survey(world, risk=lambda s: edge_risk(s, PROFILE), walked=walked).empty


def test_form_names_the_check_of_a_gate_and_has_no_long_numbers():
    audit = pd.DataFrame(
        [("S1", "S1#0", "G13", "unknown", 300.25)],
        columns=["school_id", "gate_id", "check", "verdict", "children"],
    ).assign(x=500_000.0, y=4_310_000.0)
    form = survey_form(tasks(make_scene([{}], [{}]), [5], audit=audit), "zh", crs=CRS)
    assert form["question"].tolist() == ["G13 门前网状线、停止线与预告标识"]
    assert form["children"].tolist() == [300.2]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_form_asks_in_words_and_leaves_the_value_empty(lang):
    rows = tasks(make_scene([{}], [{"refuge": None, "lanes": (2, 1, 4)}]), [5])
    form = survey_form(rows, lang, crs=CRS)
    asked = texts("ledger/attribute")
    assert tuple(form.columns) == FORM
    assert form["value"].isna().all()
    assert set(form["question"]) == {asked[a][lang] for a in rows["attribute"]}
    assert form["lon"].between(116, 118).all()
