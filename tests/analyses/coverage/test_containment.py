"""One in every village and community, wherever it stands; special units are no communities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import worlds
from towns import cover, facilities_at, homes_at, squares

from analyses.coverage.containment import containment
from analyses.result import Status
from analyses.rules.catalogue import standards

if TYPE_CHECKING:
    from analyses.result import Result

STREET = worlds.network_of([[(0, 0), (2000, 0)]])
A, B, PARK = "120118100001", "120118100201", "120118400498"  # 居委会, 村委会, special unit
AREAS = squares([A, B, PARK], side_m=500.0)
CHOME = standards()["CHOME"]


def homes_of(*points: tuple[float, float]) -> Result:
    """Cover one home in each community by 儿童之家 at the points."""
    people = homes_at([(100, 0), (600, 0), (1100, 0)], children=[1, 2, 4], area_id=[A, B, PARK])
    places = facilities_at(points, kind="children_home")
    return cover(STREET, places, people, communities=AREAS, rules=[CHOME])


def test_a_facility_covers_the_community_in_which_it_lies() -> None:
    table = containment(
        AREAS, facilities_at([(100, 300), (120, 10), (1100, 0)], kind="children_home")
    )
    assert table["facilities"].tolist() == [2, 0, 1]
    assert table["covered"].tolist() == [True, False, None]
    assert table["facility_ids"].tolist() == ["F0 F1", "", "F2"]
    assert table["special"].tolist() == [False, False, True]


def test_a_known_code_goes_before_the_place() -> None:
    places = facilities_at([(100, 0), (110, 0), (120, 0)], area_id=[B, "120118999999", None])
    table = containment(AREAS, places)
    assert table["facilities"].tolist() == [2, 1, 0]
    assert table["by_code"].tolist() == [0, 1, 0]


def test_a_border_belongs_to_the_least_code_whatever_the_order() -> None:
    border = facilities_at([(450, 0)])
    assert containment(AREAS, border)["facilities"].tolist() == [1, 0, 0]
    assert containment(AREAS[::-1], border)["facilities"].tolist() == [0, 0, 1]


def test_share_of_communities_and_of_children() -> None:
    got = homes_of((100, 400))
    number = next(i for i in got.indicators if i.id == "coverage.CHOME.communities")
    assert (number.numerator, number.denominator) == (1, 2)
    row = got.tables["total"].iloc[0]
    assert (row["children"], row["children_out_of_scope"]) == (5 * 3.0, 5 * 4.0)
    assert row[["share_straight", "share_network", "share_walk"]].tolist() == [1 / 3] * 3
    status = got.tables["points"]["status:CHOME"].tolist()
    assert status == [Status.COVERED, Status.UNCOVERED, Status.NOT_APPLICABLE]


def test_distance_decides_nothing_but_is_told() -> None:
    got = homes_of((440, 400))  # 10 m from the border to B, in A
    assert got.tables["points"]["walk_m:CHOME"].tolist() == [400 + 340, 400 + 160, 400 + 660]


def test_special_units_are_listed() -> None:
    got = homes_of((100, 0))
    found = next(f for f in got.findings if f.code == "SPECIAL_UNITS")
    assert dict(found.detail) == {"count": 1, "names": PARK}
    assert any(PARK in note["zh"] for note in got.notes)


def test_a_community_without_known_children_is_a_gap_too() -> None:
    people = homes_at([(100, 0)], area_id=[A])
    places = facilities_at([(100, 0)], kind="children_home")
    gaps = cover(STREET, places, people, communities=AREAS, rules=[CHOME]).tables["gaps"]
    assert gaps[["area_id", "children", "verdict_zh"]].to_numpy().tolist() == [[B, 0.0, "未达目标"]]


def test_nobody_has_one() -> None:
    got = homes_of()
    assert got.tables["containment"]["facilities"].sum() == 0
    assert got.tables["gaps"]["area_id"].tolist() == [B, A]
    assert "KIND_NO_FACILITY" in {f.code for f in got.findings}
