"""A city checks once, snaps once, and a change works out only what it can touch."""

from __future__ import annotations

from typing import Any

import pytest
import worlds
from towns import city, doors_of, facilities_at, homes_at, squares

import analyses.city
from analyses.city import City
from geo.findings import InputRefused

STREET = worlds.network_of([[(0, 0), (1000, 0)]])
SCHOOLS, HOMES, AREAS = facilities_at([(0, 10), (900, 10)]), homes_at([(300, 20)]), squares(["A"])


@pytest.fixture
def snapped(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the number of points of each snapping from now on."""
    sizes: list[int] = []
    snap = analyses.city.join

    def counted(network: Any, xy: Any, **options: Any) -> Any:
        sizes.append(len(xy))
        return snap(network, xy, **options)

    monkeypatch.setattr(analyses.city, "join", counted)
    return sizes


def test_all_that_is_missing_is_named_in_one_refusal() -> None:
    with pytest.raises(InputRefused) as refusal:
        City(
            STREET,
            SCHOOLS.assign(facility_id="F").drop(columns="kind"),
            HOMES.drop(columns=["town", "method"]),
            AREAS.to_crs("EPSG:4326"),
        )
    text = refusal.value.text("en")
    for told in ("columns: kind.", "town, method", "yimi.facilities", "yimi.demand", "EPSG:4326"):
        assert told in text
    assert [f.code for f in refusal.value.findings] == [
        "CITY_COLUMNS", "CITY_COLUMNS", "CRS_DIFFERENT", "FACILITY_ID_DOUBLE",
    ]  # fmt: skip


def test_a_plain_table_lacks_its_geometry() -> None:
    with pytest.raises(InputRefused, match="columns: geometry"):
        city(STREET, SCHOOLS, HOMES.drop(columns="geometry"), entrances=doors_of(SCHOOLS))


def test_entrances_that_are_not_given_are_found() -> None:
    made = City(STREET, SCHOOLS, HOMES, AREAS)
    assert made.entrances["rule"].tolist() == ["point", "point"]
    assert made.on_streets.entrances.access_m.tolist() == [10, 10]


def test_frames_of_the_caller_stay_as_they_were() -> None:
    before = [frame.copy() for frame in (SCHOOLS, HOMES, AREAS)]
    made = City(STREET, SCHOOLS, HOMES, AREAS)
    assert len(made.on_streets.demand) == 1
    assert all(a.equals(b) for a, b in zip((SCHOOLS, HOMES, AREAS), before, strict=True))


def test_homes_and_entrances_are_snapped_once(snapped: list[int]) -> None:
    made = city(STREET, SCHOOLS, HOMES)
    assert snapped == []
    assert made.on_streets is made.on_streets
    assert snapped == [1, 2]


def test_other_facilities_leave_the_homes_where_they_are(snapped: list[int]) -> None:
    made = city(STREET, SCHOOLS, HOMES)
    more = facilities_at([(0, 10), (900, 10), (500, 10)])
    other = made.changed(facilities=more)
    assert other.on_streets.facility.tolist() == [0, 1, 2]  # the third one's entrance was found
    assert other.on_streets.demand is made.on_streets.demand
    assert snapped == [1, 2, 3]


def test_a_facility_that_moves_gets_an_entrance_at_its_new_place() -> None:
    moved = facilities_at([(0, 10), (500, 30)])
    other = city(STREET, SCHOOLS, HOMES).changed(facilities=moved)
    assert other.on_streets.entrances.access_m.tolist() == [10, 30]


def test_other_homes_leave_the_entrances_where_they_are(snapped: list[int]) -> None:
    made = city(STREET, SCHOOLS, HOMES)
    other = made.changed(demand=homes_at([(100, 0), (200, 0), (300, 0), (400, 0)]))
    assert len(other.on_streets.demand) == 4
    assert snapped == [1, 2, 4]


def test_an_entrance_of_no_facility_here_is_passed_over() -> None:
    made = city(STREET, SCHOOLS.iloc[:1], HOMES, entrances=doors_of(SCHOOLS))
    assert made.on_streets.facility.tolist() == [0, -1]
