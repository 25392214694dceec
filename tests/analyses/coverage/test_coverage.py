"""Coverage equals arithmetic in small worlds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
import worlds
from towns import cover, doors_of, facilities_at, facilities_of, homes_at, share, squares

from analyses.result import Status
from analyses.rules.catalogue import own_rule, standards
from geo.findings import InputRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyses.result import Result

STREET = worlds.network_of([[(0, 0), (1000, 0)], [(1000, 0), (3000, 0)]])
CORNERS = [(100.0 * i, 100.0 * j) for i in range(11) for j in range(11)]


def shares(result: Result) -> list[float]:
    return [share(result, m) for m in ("straight", "network", "walk")]


def point_of(result: Result, column: str, rule: str = "OWN-kindergarten") -> list[Any]:
    return list(result.tables["points"][f"{column}:{rule}"])


# Worlds


def test_grid() -> None:
    got = cover(worlds.grid(11, 11, 100.0), facilities_at([(500, 500)]), homes_at(CORNERS),
                rules=[own_rule("kindergarten", metres=300)])  # fmt: skip
    assert shares(got) == pytest.approx([29 / 121, 25 / 121, 25 / 121])
    # a disc of radius 3 holds 29 lattice points, a diamond 1 + 4 (1 + 2 + 3) = 25


def test_ring() -> None:
    spots = [(100.0 * i, 0.0) for i in range(11)] + [(1000.0, 100.0 * i) for i in range(1, 11)]
    spots += [(y, x) for x, y in spots[1:-1]]
    got = cover(worlds.ring(1000.0), facilities_at([(0, 0)]), homes_at(spots),
                rules=[own_rule("kindergarten", metres=1500)])  # fmt: skip
    assert len(spots) == 40
    assert shares(got) == pytest.approx([40 / 40, 31 / 40, 31 / 40])  # diagonal 1414; 15 each way


def test_star() -> None:
    homes = homes_at([(0, 0), (300, 0), (0, 200), (-100, 0)])
    got = cover(worlds.star([300.0, 200.0, 100.0]), facilities_at([(300, 0)]), homes,
                rules=[own_rule("kindergarten", metres=400)])  # fmt: skip
    assert point_of(got, "walk_m") == [300.0, 0.0, 500.0, 400.0]
    assert shares(got) == [1.0, 0.75, 0.75]  # as the crow flies (0, 200) is 361 m away


def test_comb_is_near_and_far() -> None:
    got = cover(worlds.comb(2, 50.0, 200.0), facilities_at([(0, 200)]), homes_at([(50, 200)]),
                rules=[own_rule("kindergarten", metres=300)])  # fmt: skip
    assert point_of(got, "walk_m") == [200 + 50 + 200]
    assert point_of(got, "status") == [Status.STRAIGHT_ONLY]


def test_two_towns_and_a_bridge() -> None:
    towns = worlds.two_towns(3, 100.0, 1000.0)
    west = [(100.0 * i, 100.0 * j) for i in range(3) for j in range(3)]
    homes = homes_at([*west, *[(x + 1200, y) for x, y in west]])
    got = cover(towns, facilities_at([(200, 0)]), homes,
                rules=[own_rule("kindergarten", metres=1100)])  # fmt: skip
    # East of the bridge: 1000 to its end, 100 m more: (1200, 0), (1300, 0), (1200, 100).
    assert share(got) == pytest.approx((9 + 3) / 18)


# Measures


@pytest.mark.parametrize(
    ("metres", "status"),
    [
        (480, Status.COVERED),
        (479.999, Status.WITHOUT_LEGS),
        (408, Status.WITHOUT_LEGS),
        (407, Status.UNCOVERED),  # the way on the street, 400 m, is shorter than the straight line
        (390, Status.UNCOVERED),
    ],
)
def test_access_legs_count_in_the_third_measure(metres: float, status: Status) -> None:
    got = cover(STREET, facilities_at([(0, 0)]), homes_at([(400, 80)]),
                rules=[own_rule("kindergarten", metres=metres)])  # fmt: skip
    assert point_of(got, "walk_m") == [480.0]
    assert math.hypot(400, 80) == pytest.approx(407.92, abs=0.01)
    assert point_of(got, "status") == [status]


@pytest.mark.parametrize(("x", "covered"), [(500.0, 1.0), (500.0004, 1.0), (500.001, 0.0)])
def test_the_limit_itself_is_covered(x: float, covered: float) -> None:
    got = cover(STREET, facilities_at([(0, 0)]), homes_at([(x, 0)]))
    assert shares(got) == [covered] * 3


def test_both_ends_have_a_leg() -> None:
    got = cover(STREET, facilities_at([(0, 30)]), homes_at([(400, 40)]))
    assert point_of(got, "walk_m") == [30 + 400 + 40]


def test_an_area_counts_from_its_boundary_and_its_gates() -> None:
    park = shapely.box(*(worlds.place([(600, -50), (900, 50)]).ravel()))
    area = facilities_of([park], kind="kindergarten")
    gate = doors_of(facilities_at([(600, 0)]))
    got = cover(STREET, area, homes_at([(100, 0)]), entrances=gate)
    assert shares(got) == [1.0] * 3
    assert point_of(got, "walk_m") == [500.0]


def test_the_nearest_gate_counts() -> None:
    doors = doors_of(facilities_at([(0, 0), (900, 0)])).assign(facility_id="F0")
    got = cover(STREET, facilities_at([(450, 10)]), homes_at([(1000, 0)]), entrances=doors,
                rules=[own_rule("kindergarten", metres=600)])  # fmt: skip
    assert point_of(got, "walk_m") == [100.0]


def test_depth_and_nearest() -> None:
    homes = homes_at([(0, 0), (500, 0), (900, 0), (2900, 0)])
    got = cover(STREET, facilities_at([(100, 0), (600, 0)]), homes)
    assert point_of(got, "depth") == [1, 2, 1, 0]
    assert point_of(got, "nearest") == ["F0", "F1", "F1", "F1"]
    use = got.tables["facilities"]
    assert use["children_within"].tolist() == [2.0, 2.0]
    assert use["children_nearest"].tolist() == [1.0, 2.0]
    assert use["children_only"].tolist() == [1.0, 1.0]
    assert not use["redundant"].any()


def test_why_there_is_no_nearest() -> None:
    islands = worlds.network_of([[(0, 0), (100, 0)], [(500, 0), (600, 0)]])
    homes = homes_at([(50, 0), (550, 0), (50, 90)])
    rules = [own_rule("kindergarten", metres=500), own_rule("library", metres=500)]
    got = cover(islands, facilities_at([(0, 0)]), homes, rules=rules, snap_max_m=50)
    assert point_of(got, "reason") == ["", "unreachable", "demand_not_snapped"]
    assert point_of(got, "walk_m")[1:] == [math.inf, math.inf]
    assert point_of(got, "reason", "OWN-library") == ["no_facility"] * 3
    assert point_of(got, "status") == [Status.COVERED, Status.UNCOVERED, Status.STRAIGHT_ONLY]
    far = cover(islands, facilities_at([(0, 99)]), homes, snap_max_m=50)
    assert point_of(far, "reason") == ["facility_not_snapped"] * 3


# Rules


@pytest.mark.parametrize(("x", "covered"), [(264.0, 1.0), (264.001, 0.0)])
def test_minutes_are_walked_at_the_childs_speed(x: float, covered: float) -> None:
    rule = own_rule("kindergarten", minutes=5)  # 300 s at 0.88 m/s
    got = cover(STREET, facilities_at([(0, 0)]), homes_at([(x, 0)]), rules=[rule])
    assert share(got) == covered
    assert point_of(got, "walk_s") == [pytest.approx(x / 0.88)]


def test_each_age_walks_at_its_own_speed() -> None:
    rule = own_rule("park", minutes=5)  # 264 m to 6 years, 300 m to 12, 360 m to 18
    got = cover(STREET, facilities_at([(0, 0)], kind="park"), homes_at([(310, 0)]), rules=[rule])
    assert share(got) == 2 / 5  # of five groups only those of 12-14 and 15-17
    assert point_of(got, "status", "OWN-park") == [Status.UNCOVERED]  # the slowest child


def test_one_speed_for_all_ages() -> None:
    rule = own_rule("park", minutes=5)
    got = cover(STREET, facilities_at([(0, 0)], kind="park"), homes_at([(310, 0)]), rules=[rule],
                walking_speed_m_s=1.05)  # fmt: skip
    assert share(got) == 1.0  # 315 m


def test_a_rule_in_metres_never_knows_speed() -> None:
    worlds_ = [
        cover(STREET, facilities_at([(0, 0)]), homes_at([(499, 0)]), walking_speed_m_s=v)
        for v in (0.2, 2.0)
    ]
    assert [share(w) for w in worlds_] == [1.0, 1.0]
    assert "walk_s:OWN-kindergarten" not in worlds_[0].tables["points"]


def test_urban_rules_spare_villages_and_mark_what_is_not_known() -> None:
    homes = homes_at([(0, 0), (10, 0), (20, 0)], settlement=["urban", "rural", "unknown"])
    schools = facilities_at([(0, 0)], kind="primary_school")
    rules = [standards()["PRI"], standards()["PRI-RURAL"]]
    got = cover(STREET, schools, homes, rules=rules)
    covered, spared = Status.COVERED, Status.NOT_APPLICABLE
    assert point_of(got, "status", "PRI") == [covered, spared, covered]
    assert point_of(got, "status", "PRI-RURAL.m") == [spared, covered, spared]
    total = got.tables["total"].set_index("rule_id")
    assert total.loc["PRI", ["children", "children_out_of_scope"]].tolist() == [2.0, 1.0]
    assert "SETTLEMENT_UNKNOWN" in {f.code for f in got.findings}


def test_only_the_ages_of_the_rule_count() -> None:
    homes = homes_at([(0, 0)]).assign(age_0_2=100.0, age_3_5=7.0, age_6_11=100.0)
    got = cover(STREET, facilities_at([(0, 0)]), homes)  # kindergarten: 3 to 6 years
    assert got.tables["total"]["children"].tolist() == [7.0]


def test_a_site_must_be_large_enough_and_unknown_is_not_large() -> None:
    gardens = facilities_at(
        [(0, 0), (10, 0), (20, 0)], kind="park", area_m2=[3000.0, 5000.0, np.nan]
    )
    got = cover(STREET, gardens, homes_at([(0, 0)]), rules=[standards()["GREEN-G1"]])
    assert got.tables["facilities"]["facility_id"].tolist() == ["F1"]  # 0.4 to 1 ha
    assert ("SITE_AREA_UNKNOWN", 1) in {(f.code, f.detail.get("count")) for f in got.findings}


def test_rules_for_reference_are_shown_but_not_tested() -> None:
    rules = [own_rule("kindergarten", metres=500), standards()["CIR5"]]
    got = cover(STREET, facilities_at([(0, 0)]), homes_at([(0, 0)]), rules=rules)
    assert got.tables["rules"]["rule_id"].tolist() == ["OWN-kindergarten", "CIR5"]
    assert got.tables["total"]["rule_id"].tolist() == ["OWN-kindergarten"]


# Shares


def test_shares_are_of_children_not_of_rows() -> None:
    homes = homes_at([(0, 0), (900, 0)], children=[9, 1], residential_m2=[100.0, 300.0])
    row = cover(STREET, facilities_at([(0, 0)]), homes).tables["total"].iloc[0]
    assert row["share_walk"] == 0.9
    assert row["share_dwellings_walk"] == 0.5
    assert row["share_residential_walk"] == 0.25


def test_communities_add_up_to_the_total() -> None:
    rng = np.random.default_rng(5)
    homes = homes_at(rng.uniform(0, 1000, (300, 2)).tolist(), children=rng.uniform(0, 9, 300))
    homes["area_id"] = rng.choice(["A", "B", "C", None], 300)
    homes["town"] = homes["area_id"].map({"A": "S", "B": "S", "C": "N"})
    got = cover(worlds.grid(11, 11, 100.0), facilities_at([(500, 500), (0, 0)]), homes,
                communities=squares(["A", "B", "C", "D"]))  # fmt: skip
    tables = got.tables
    counted = [
        c for c in tables["total"] if c.startswith(("children", "covered", "dwell", "resid"))
    ]
    for part in ("by_area", "by_town"):
        sums = tables[part][counted].sum()
        assert np.abs(sums - tables["total"][counted].iloc[0]).max() < 1e-9
    assert tables["by_area"]["area_id"].tolist() == ["A", "B", "C", "D", "outside"]
    assert np.isnan(tables["by_area"]["share_walk"].iloc[3])  # nobody lives in D
    assert tables["by_town"]["town"].tolist() == ["", "N", "S"]


def test_unknown_children_are_not_none() -> None:
    homes = homes_at([(0, 0), (900, 0)], children=[np.nan, 4], area_id=["A", "B"])
    got = cover(STREET, facilities_at([(0, 0)]), homes, communities=squares(["A", "B"]))
    assert np.isnan(got.tables["by_area"]["children"].iloc[0])
    assert got.tables["total"]["children"].tolist() == [4.0]
    assert share(got) == 0.0
    assert "RULE_CHILDREN_UNKNOWN" in {f.code for f in got.findings}


def test_nobody_in_scope_gives_no_share() -> None:
    homes = homes_at([(0, 0)], settlement="rural")
    schools = facilities_at([(0, 0)], kind="primary_school")
    got = cover(STREET, schools, homes, rules=[standards()["PRI"]])
    assert np.isnan(share(got))
    assert not [i for i in got.indicators if i.id.endswith("children")]
    assert "RULE_NOBODY" in {f.code for f in got.findings}


# What goes out


def test_reached_streets_end_at_the_limit() -> None:
    got = cover(STREET, facilities_at([(500, 0)]), homes_at([(0, 0)]),
                rules=[own_rule("kindergarten", metres=300)])  # fmt: skip
    service = next(s for s in got.shown if s.role == "service")
    assert service.rows.geometry.length.sum() == pytest.approx(600.0)
    assert set(service.rows["rule_id"]) == {"OWN-kindergarten"}


def test_every_role_has_its_columns_and_every_indicator_its_rule() -> None:
    got = cover(STREET, facilities_at([(0, 0)]), homes_at([(0, 0), (900, 0)]))
    rows = {s.role: s.rows for s in got.shown}
    assert list(rows) == ["area", "area_value", "service", "facility", "entrance", "demand",
                          "gap", "rule", "kind"]  # fmt: skip
    assert rows["area"]["children"].tolist() == [10.0]  # two homes, five groups
    number = next(i for i in got.indicators if i.id == "coverage.OWN-kindergarten.walk.children")
    assert (number.value, number.numerator, number.denominator) == (0.5, 1.0, 2.0)
    assert number.rule_id == "OWN-kindergarten"


def test_assumptions_are_said_in_both_languages() -> None:
    homes = homes_at(
        [(0, 0), (9, 0)], method=["equal_building", "zone_point"], settlement="unknown"
    )
    rules = [standards()["KG"], own_rule("kindergarten", minutes=5)]
    notes = cover(STREET, facilities_at([(0, 0)]), homes, rules=rules).notes
    zh, en = ("\n".join(note[lang] for note in notes) for lang in ("zh", "en"))
    assert all(word in zh for word in ("每处", "城乡属性未知", "待核", "0.88 m/s", "设施点本身"))
    assert all(word in en for word in ("equally", "urban", "in print", "0.88 m/s", "own point"))
    assert "{" not in zh + en


def test_facilities_off_the_network_are_named_and_still_count_straight() -> None:
    got = cover(STREET, facilities_at([(0, 90)]), homes_at([(0, 0)]), snap_max_m=50)
    assert shares(got) == [1.0, 0.0, 0.0]
    found = {f.code: f for f in got.findings}
    assert found["FACILITY_NOT_SNAPPED"].value == "F0"
    assert found["FACILITY_NOT_SNAPPED"].detail == {"distance": "90", "most": "50"}
    bare = doors_of(facilities_at([]))
    got = cover(STREET, facilities_at([(0, 0)]), homes_at([(0, 0)]), entrances=bare)
    assert "FACILITY_NO_ENTRANCE" in {f.code for f in got.findings}


def test_the_callers_frames_stay_as_they_were() -> None:
    schools, homes, areas = facilities_at([(0, 0)]), homes_at([(0, 0)]), squares(["A"])
    before = [frame.copy() for frame in (schools, homes, areas)]
    cover(STREET, schools, homes, communities=areas)
    assert all(a.equals(b) for a, b in zip((schools, homes, areas), before, strict=True))


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"rules": [standards()["CIR5"]]}, "RULES_NONE"),
        ({"communities": squares(["A", "A"])}, "ZONE_ID_DOUBLE"),
        ({"communities": squares(["A"]).drop(columns="town")}, "CITY_COLUMNS"),
        ({"communities": squares(["A"]).to_crs("EPSG:4326")}, "CRS_DIFFERENT"),
    ],
)
def test_frames_that_do_not_fit_are_refused(options: dict[str, Any], code: str) -> None:
    with pytest.raises(InputRefused, match=code):
        cover(STREET, facilities_at([(0, 0)]), homes_at([(0, 0)]), **options)


def test_two_facilities_with_one_id_are_refused() -> None:
    twins: Sequence[tuple[float, float]] = [(0, 0), (9, 0)]
    with pytest.raises(InputRefused, match="FACILITY_ID_DOUBLE"):
        cover(STREET, facilities_at(twins).assign(facility_id="F0"), homes_at([(0, 0)]))
