"""The hazard ledger: ids, grades, ranks, and what survives the next run."""

import datetime as dt
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from nonempty import each
from scenes import scene as make_scene
from shapely.geometry import Point
from worlds import CRS, place

from analyses.gates.audit import COLUMNS as AUDIT_COLUMNS
from analyses.gates.rules import audit_rules
from analyses.hazards.ledger_rows import (
    COLUMNS,
    Evidence,
    cell,
    hazard_id,
    is_hazard_id,
    ledger,
    statuses,
)
from analyses.hazards.merging import checked_ledger, merge, totals
from analyses.risk.edges import along_table, crossing_table
from analyses.rules.walkers import profiles
from analyses.schema import spread
from analyses.treatments.catalogue import bodies, horizons, treated, treatments
from geo.bundled import load_toml
from geo.findings import InputRefused
from geo.sides.model import EdgeKind
from geo.words import texts

PROFILE = next(p for p in profiles() if p.id == "grades_1_3")
BARE = {"sidewalk_left": "no", "sidewalk_right": "no", "speed_kmh": 50, "name": "静文路"}
ARTERIAL = {"speed_kmh": 50, "lanes": 4, "width_m": 14, "traffic_day": 20_000, "name": "静海大道"}
UNMARKED = {"street": 1, "facility": "unmarked"}
NO_AUDIT = pd.DataFrame(columns=list(spread(AUDIT_COLUMNS)))


def schools(*ids: str) -> gpd.GeoDataFrame:
    spots = gpd.points_from_xy(*place([(0.0, 50.0)] * len(ids)).T)
    return gpd.GeoDataFrame(
        {"facility_id": ids, "name": [f"{i}小学" for i in ids], "kind": "primary_school"},
        geometry=spots,
        crs=CRS,
    )


def used(scene, *, school="S1", children=30.0, kinds=(EdgeKind.CROSSING,)) -> pd.DataFrame:
    edges = np.flatnonzero(np.isin(scene.sides.kind, kinds))
    rows = {"school_id": school, "profile": "grades_1_3", "choice": "shortest", "edge": edges}
    return pd.DataFrame(rows | {"children": children})


def pupils(*, severed=0.0, barrier=None, sure=True) -> pd.DataFrame:
    rows = [("S1", 100.0 - severed, False, False, None), ("S1", severed, True, sure, barrier)]
    columns = ["school_id", "children", "severed", "severed_sure", "barrier"]
    return pd.DataFrame(rows, columns=columns)


def made(scene, use, *, audit=NO_AUDIT, people=None, **options) -> gpd.GeoDataFrame:
    evidence = Evidence(
        audit=audit,
        crossings=crossing_table(scene, PROFILE),
        streets=along_table(scene, PROFILE),
        use=use,
        pupils=pupils() if people is None else people,
    )
    return ledger(options.pop("schools", schools("S1")), scene, evidence, **options)


def one_crossing(**options) -> gpd.GeoDataFrame:
    world = make_scene([{}, ARTERIAL], [UNMARKED])
    return made(world, used(world), **options)


def failing(check: str, *, x=0.0, verdict="fail") -> pd.DataFrame:
    where = place([(x, 0.0)])[0]
    row = {"school_id": "S1", "gate_id": "S1#0", "check": check, "verdict": verdict}
    row |= {"evidence_zh": "证据", "evidence_en": "evidence", "x": where[0], "y": where[1]}
    rule = audit_rules().set_index("check").loc[check]
    row |= {
        "title_zh": rule["title_zh"],
        "title_en": rule["title_en"],
        "assumed": False,
        "children": 80.0,
    }
    row |= rule[["clause", "strength", "verified", "treatment"]].to_dict()
    return pd.DataFrame([row])


def test_dangerous_crossing_is_a_hazard_with_all_columns():
    row = one_crossing().iloc[0]
    assert tuple(one_crossing().columns) == (*spread(COLUMNS), "geometry")
    # 10 x 1 (unmarked) x 2 (14 m / 7 m) x 1.5 (two lanes each way) x severity(50) x traffic
    assert row["risk"] > 100
    assert (row["rule"], row["grade"], row["treatment"], row["body"]) == (
        "crossing", "A", "signal", "police",
    )  # fmt: skip
    assert (row["data_state"], row["children"], row["status"]) == ("observed", 30.0, "to_check")
    assert "静海大道" in row["description_zh"]
    assert row["x"] == pytest.approx(117.0, abs=0.02)


def test_unknown_attribute_leaves_the_grade_open():
    street = {**ARTERIAL, "speed_kmh": (50, 20, 80)}
    world = make_scene([{}, street], [{**UNMARKED, "facility": ("unmarked", "signal", "unmarked")}])
    row = made(world, used(world)).iloc[0]
    assert row["grade"] is None
    assert row["data_state"] == "assumed"
    assert row["risk_low"] < row["risk"] <= row["risk_high"]


@pytest.mark.parametrize(("children", "rows"), [(0.9, 0), (1.0, 1)])
def test_hazard_needs_children(children, rows):
    world = make_scene([{}, ARTERIAL], [UNMARKED])
    assert len(made(world, used(world, children=children))) == rows


def test_harmless_crossing_is_no_hazard():
    world = make_scene([{}, {"traffic_day": 500}], [{"street": 1, "facility": "signal"}])
    assert made(world, used(world)).empty


def test_stages_of_one_crossing_are_one_hazard():
    stages = [{**UNMARKED, "group": 7, "end": 0}, {**UNMARKED, "group": 7, "end": 1}]
    world = make_scene([{}, ARTERIAL], stages)
    both, single = made(world, used(world)), one_crossing()
    assert len(both) == 1
    assert both["risk"][0] == pytest.approx(2 * single["risk"][0])
    assert both["children"][0] == 30.0


def test_stretch_counts_only_the_side_without_a_sidewalk():
    street = {**BARE, "sidewalk_left": "yes", "length_m": 200.0, "traffic_day": 3000}
    world = make_scene([street])
    rows = made(world, used(world, kinds=(EdgeKind.SIDE,)))
    table = along_table(world, PROFILE)
    bare = table.loc[table["side"] == 1, "risk"].to_numpy()[0]
    assert rows["rule"].tolist() == ["stretch"]
    assert rows["children"].tolist() == [30.0]  # the right side alone, not 60
    assert rows["risk"][0] == pytest.approx(bare * 2)  # points per 100 m, 200 m


def test_stretch_of_which_no_sidewalk_is_known_is_a_survey_task():
    world = make_scene([{**BARE, "sidewalk_left": None, "sidewalk_right": None}])
    assert made(world, used(world, kinds=(EdgeKind.SIDE,))).empty


def test_failed_check_is_a_hazard_and_unknown_is_not():
    world = make_scene()
    found = made(world, used(world), audit=failing("G14"))
    assert found[["rule", "children", "treatment"]].to_numpy().tolist() == [
        ["G14", 80.0, "bollards"]
    ]
    assert np.isnan(found["risk"][0])
    assert made(world, used(world), audit=failing("G14", verdict="unknown")).empty
    assert made(world, used(world), audit=failing("G24")).empty  # severance has its own rows


def test_severed_children_are_counted_by_barrier():
    world = make_scene()
    row = made(world, used(world), people=pupils(severed=12.0, barrier="railway")).iloc[0]
    assert (row["rule"], row["children"], row["grade"], row["treatment"]) == (
        "severed", 12.0, "A", "bridge",
    )  # fmt: skip
    assert row.geometry == Point(*place([(0.0, 50.0)])[0])  # at the school, never at the homes


def test_who_may_be_cut_off_leaves_the_grade_open():
    world = make_scene()
    people = pupils(severed=12.0, barrier="arterial", sure=False)
    row = made(world, used(world), people=people).iloc[0]
    assert (row["grade"], row["data_state"], row["children"]) == (None, "assumed", 12.0)
    assert "没有已查明的合适过街设施" in row["description_zh"]


def test_who_is_cut_off_for_certain_is_told_apart():
    world, rows = make_scene(), [(12.0, True), (8.0, False)]
    people = pd.DataFrame(
        [("S1", n, True, sure, "arterial") for n, sure in rows],
        columns=["school_id", "children", "severed", "severed_sure", "barrier"],
    )
    row = made(world, used(world), people=people).iloc[0]
    assert (row["grade"], row["data_state"], row["children"]) == ("A", "assumed", 20.0)
    assert "没有已查明的合适过街设施" in row["description_zh"]
    assert "其中12名" in row["description_zh"]


def test_a_check_that_rests_on_an_assumed_gate_says_so():
    world, audit = make_scene(), failing("G14")
    assert "推定" not in made(world, used(world), audit=audit)["description_zh"][0]
    found = made(world, used(world), audit=audit.assign(assumed=True))
    assert found["description_zh"][0].endswith("（校门位置为推定）")
    assert "assumed" in found["description_en"][0]


def test_what_is_assumed_of_a_crossing_says_so():
    street = {**ARTERIAL, "speed_kmh": (50, 20, 80)}
    world = make_scene([{}, street], [{**UNMARKED, "facility": ("unmarked", "signal", "unmarked")}])
    row = made(world, used(world)).iloc[0]
    assert row["description_zh"] == (
        "过静海大道处风险可能高：无人行横道（推定），4车道，50公里/时（推定）"
    )
    assert "限速（公里/时）：50（按道路等级推定，可能20至80）" in row["evidence_zh"]
    assert "推定" not in one_crossing().iloc[0]["description_zh"]


def test_ids_do_not_depend_on_order_or_on_other_rows():
    street = {**ARTERIAL, "length_m": 150.0}
    world = make_scene([{}, ARTERIAL, street], [UNMARKED, {"street": 2, "facility": "unmarked"}])
    use = used(world)
    rows = made(world, use)
    turned = made(world, use.iloc[::-1], schools=schools("S0", "S1"))
    assert rows["id"].tolist() == turned["id"].tolist()
    assert set(one_crossing()["id"]) < set(rows["id"])
    assert rows["id"].map(is_hazard_id).all()


def test_gate_hazard_is_known_by_its_place():
    world = make_scene()
    ids = [made(world, used(world), audit=failing("G14", x=x))["id"][0] for x in (0.0, 0.2, 60.0)]
    assert ids[0] == ids[1] != ids[2]
    assert cell(117.00004, 39.0) == cell(116.99996, 39.0) != cell(117.0001, 39.0)
    assert hazard_id("a", "b", "c") != hazard_id("a", "bc", "")


def test_ranks_by_exposure_and_by_single_place():
    quiet = {"street": 0, "facility": "unmarked"}
    world = make_scene([{"speed_kmh": 50}, ARTERIAL], [quiet, UNMARKED])
    use = used(world)
    crossing = world.sides.crossing[use["edge"]]
    use["children"] = np.where(crossing == 0, 1000.0, 2.0)
    rows = made(world, use, audit=failing("G14")).set_index("object_id")
    assert rows.loc["c0", "rank_exposure"] < rows.loc["c1", "rank_exposure"]
    assert rows.loc["c1", "rank_single"] < rows.loc["c0", "rank_single"]
    assert rows.set_index("rule").loc["G14", "rank_single"] == 3  # a clause has no points


def test_due_dates_need_a_date_of_the_study():
    assert one_crossing()["due"][0] == "short"
    dated = one_crossing(study_date=dt.date(2026, 3, 15))
    assert dated["due"][0] == "2028-03-31"  # 24 months
    assert dated["found_date"][0] == "2026-03-15"


def test_merge_keeps_what_offices_wrote():
    new = one_crossing()
    edited = pd.DataFrame(new.drop(columns="geometry"))
    edited[["status", "body", "note", "due"]] = ["under_way", "镇政府", "=1+1", "下学期"]
    edited["责任人"] = "王"
    edited["risk"] = edited["risk_before"] = 5.0
    row = merge(new, edited).ledger.iloc[0]
    assert row[["status", "body", "note", "due", "责任人"]].tolist() == [
        "under_way", "镇政府", "=1+1", "下学期", "王",
    ]  # fmt: skip
    assert (row["risk"], row["risk_before"]) == (new["risk"][0], 5.0)
    assert row["change"] == "kept"


def test_gone_hazard_waits_for_review_and_comes_back():
    old = one_crossing()
    worked = old.assign(status="under_way")
    none = old.iloc[:0]
    gone = merge(none, worked)
    assert gone.ledger[["status", "status_before", "change"]].to_numpy().tolist() == [
        ["to_review", "under_way", "gone"]
    ]
    assert [f.code for f in gone.findings] == ["LEDGER_GONE"]
    assert gone.ledger.geometry[0].distance(old.geometry[0]) < 0.05
    back = merge(old, gone.ledger)
    assert back.ledger[["status", "change"]].to_numpy().tolist() == [["under_way", "returned"]]
    assert [f.code for f in back.findings] == ["LEDGER_RETURNED"]


def test_closed_hazard_stays_closed_and_is_flagged_when_it_is_there():
    old = one_crossing().assign(status="closed")
    assert merge(old.iloc[:0], old).ledger["status"].tolist() == ["closed"]
    still = merge(one_crossing(), old).ledger.iloc[0]
    assert (still["status"], still["change"]) == ("closed", "returned")
    assert still["risk_after"] == still["risk"]


def test_rows_of_the_office_stay_as_they_are():
    own = pd.DataFrame([{"id": "手工-1", "status": "confirmed", "school": "某校"}])
    row = merge(one_crossing().iloc[:0], own).ledger.iloc[0]
    assert row[["id", "status", "school", "change"]].tolist() == [
        "手工-1", "confirmed", "某校", "own",
    ]  # fmt: skip


def test_merging_twice_changes_nothing():
    new = one_crossing()
    once = merge(new, merge(new, new).ledger).ledger
    pd.testing.assert_frame_equal(once, merge(new, once).ledger)


@pytest.mark.parametrize(
    ("changes", "code", "column", "value"),
    [
        ({"id": ["H1", "H1"]}, "LEDGER_ID", "id", "H1"),
        ({"id": ["H1", None]}, "LEDGER_ID", "id", ""),
        ({"status": ["to_check", "好了"]}, "LEDGER_STATUS", "status", "好了"),
        ({"closed_date": [None, "三月"]}, "LEDGER_DATE", "closed_date", "三月"),
        ({"closed_date": ["2026-03", "2026-02-30"]}, "LEDGER_DATE", "closed_date", "2026-02-30"),
    ],
)
def test_slips_are_refused_with_row_column_and_value(changes, code, column, value):
    rows = {"id": ["H1", "H2"], "status": "to_check", **changes}
    with pytest.raises(InputRefused) as refused:
        checked_ledger(pd.DataFrame(rows, index=[2, 3]), file="台账.xlsx")
    found = refused.value.findings[0]
    assert (found.code, found.row, found.column, found.value) == (code, 3, column, value)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-03-01", "2026-03-01"),
        ("2026/3/1", "2026-03-01"),
        ("2026年3月1日", "2026-03-01"),
        ("2026年3月", "2026-03"),
        ("2026-03-01T00:00:00", "2026-03-01"),
    ],
)
def test_dates_as_offices_write_them(written, read):
    rows = pd.DataFrame({"id": ["H1"], "status": "reviewed", "review_date": [written]})
    assert checked_ledger(rows, file="x")["review_date"].tolist() == [read]


def test_totals_count_each_hazard_once():
    rows = pd.DataFrame(
        {
            "body": ["police", "police", None],
            "status": ["closed", "to_check", "reviewed"],
            "found_date": ["2026-03-01", "2026-03-20", None],
            "closed_date": ["2026-05", None, "2026-04-01"],
        }
    )
    assert totals(rows).to_numpy().tolist() == [
        ["", "", 1, 0],
        ["", "2026-04", 0, 1],
        ["police", "2026-03", 2, 0],
        ["police", "2026-05", 0, 1],
    ]


def test_rules_name_what_there_is():
    for row in each(treatments().values()):
        assert row.body in bodies()
        assert row.horizon in horizons()
        assert row.cost > 0
    rules = load_toml("rules/ledger.toml")
    named = [r["treatment"] for r in rules["crossing_treatment"]]
    named += [v for k, v in rules["treatment"].items() if k != "source"]
    assert set(named) <= set(treatments())
    assert set(texts("ledger/attribute")) >= set(load_toml("rules/survey.toml")["crossings"])
    assert next(iter(statuses())) == "to_check"


def test_no_treatment_raises_a_risk():
    facilities = ("unmarked", "signal", ("marked", "signal", "unmarked"))
    crossings = [{"street": n, "facility": f} for n, f in zip((0, 1, 0), facilities, strict=True)]
    world = make_scene([ARTERIAL | {"speed_kmh": (50, 20, 80), "lit": None}, {}], crossings)
    rows = np.arange(3)
    before = crossing_table(world, PROFILE)
    for row in each(treatments().values()):
        after = treated(world, row, streets=np.arange(2), crossings=rows)
        risks = crossing_table(after, PROFILE)
        for name in ("risk", "risk_low", "risk_high"):
            assert (risks[name] <= before[name] + 1e-9).all(), row.id
    assert replace(world).crossings["facility"].tolist() == ["unmarked", "signal", "marked"]
