"""Candidates of a study: what is chosen, what is refused and in which words."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
import worlds
from towns import city, facilities_at, homes_at

from analyses.places.analysis import places
from analyses.places.siting import Sites, SitingOptions, siting
from analyses.rules.catalogue import own_rule
from analyses.run.safety_inputs import candidates_of
from analyses.sites.phases import Phase
from analyses.sites.problem import Means
from geo.findings import InputRefused

STREET = worlds.network_of([[(0, 0), (1500, 0)], [(1500, 0), (3000, 0)]])
HOMES = homes_at([(0, 0), (1000, 0), (2000, 0), (2900, 0)], children=[4, 3, 2, 1])
THERE = facilities_at([(0, 0)], capacity=[9.0])
RULE = own_rule("kindergarten", metres=300)


def parcels(**columns: Any) -> gpd.GeoDataFrame:
    """Return candidates near the second and the third home, and one near nobody."""
    points = shapely.points(worlds.place([(1000, 0), (2000, 0), (1500, 0)]))
    data = {"candidate_id": list("abc"), "name": list("abc"), **columns}
    return gpd.GeoDataFrame(data, geometry=points, crs=worlds.CRS)


def asked(frame: gpd.GeoDataFrame, means: Means | None = None, **options: Any) -> Sites:
    town = city(STREET, THERE, HOMES, snap_max_m=100.0)
    return siting(town, [RULE], SitingOptions(candidates=frame, means=means, **options))


def test_each_site_adds_its_own_children_the_larger_first() -> None:
    table = asked(parcels(), Means(2)).tables["sites"]
    assert table["candidate_id"].tolist() == ["a", "b"]
    assert table["children"].tolist() == [3, 2]
    assert table["share"].tolist() == pytest.approx([7 / 10, 9 / 10])


def test_the_map_shows_every_candidate_with_its_verdict() -> None:
    shown = asked(parcels(), Means(1)).shown.set_index("candidate_id")
    assert shown["verdict"].to_dict() == {"a": "chosen", "b": "possible", "c": "possible"}
    assert shown.loc["a", "rank"] == 1
    assert (shown["why_zh"] != "").all()  # the land and what is around are not known


def test_a_candidate_near_nobody_is_named() -> None:
    findings = asked(parcels(), Means(1)).findings
    alone = [f for f in findings if f.code == "SITES_CANDIDATE_ALONE"]
    assert [f.detail["names"] for f in alone] == ["c"]


def test_the_own_choice_stands_beside_the_best_of_as_many() -> None:
    table = asked(parcels(chosen=[False, True, False]), Means(1)).tables["sites_regret"]
    covered = table.set_index("aim").loc["covered"]
    assert covered["own"] == 4 + 2
    assert covered["best"] == 4 + 3
    assert covered["gives_up"] == 1


def test_phases_build_what_helps_most_first() -> None:
    steps = [Phase(2027, Means(1)), Phase(2029, Means(1))]
    table = asked(parcels(), Means(2), phases=steps).tables["sites_phases"]
    assert table[["year", "names"]].to_numpy().tolist() == [[2027, "a"], [2029, "b"]]


def test_a_budget_keeps_out_what_costs_more() -> None:
    table = asked(parcels(cost=[50.0, 10.0, 10.0]), Means(budget=20.0)).tables["sites"]
    assert table["candidate_id"].tolist() == ["b"]


@pytest.mark.parametrize(
    ("frame", "means", "code"),
    [
        (parcels().iloc[:0], None, "SITES_NONE"),
        (parcels(), Means(4), "SITES_TOO_MANY"),
        (parcels(capacity=[5.0, -1.0, 5.0]), None, "SITES_CAPACITY"),
        (parcels(capacity=[5.0, np.nan, 5.0]), None, "SITES_CAPACITY"),
        (parcels(cost=[1.0, -1.0, 1.0]), None, "SITES_COST"),
        (parcels(), Means(budget=9.0), "SITES_COST_UNKNOWN"),
        (parcels(candidate_id="a"), None, "SITES_ID_DOUBLE"),
        (parcels().drop(columns="name"), None, "SITES_COLUMNS"),
        (parcels().to_crs("EPSG:4326"), None, "SITES_CRS"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_in_words(
    frame: gpd.GeoDataFrame, means: Means | None, code: str
) -> None:
    with pytest.raises(InputRefused) as refusal:
        asked(frame, means)
    assert refusal.value.findings[0].code == code
    assert "{" not in refusal.value.text("zh") + refusal.value.text("en")


def test_a_candidate_outside_the_communities_fails() -> None:
    far = parcels().set_geometry(parcels().translate(0, -500), crs=worlds.CRS)
    found = asked(far, Means(1))
    assert [finding.code for finding in found.findings] == ["SITES_ALL_FAIL"]


def test_a_word_that_is_no_kind_is_refused_and_own_choices_are_read() -> None:
    frame = parcels(id=[7, 8, 9], kind=["幼儿园", "", None], chosen=["是", "", None])
    read = candidates_of(frame.drop(columns="candidate_id"))
    assert read["candidate_id"].tolist() == ["7", "8", "9"]
    assert read["kind"].fillna("any").tolist() == ["kindergarten", "any", "any"]
    assert read["chosen"].tolist() == [True, False, False]
    with pytest.raises(InputRefused, match="SITES_KIND"):
        candidates_of(parcels(kind="幼园儿"))


def test_places_assigns_everyone_and_says_who_is_moved() -> None:
    two = facilities_at([(0, 0), (200, 0)], capacity=[4.0, 9.0])
    homes = homes_at([(50, 0)], children=6)
    found = places(city(STREET, two, homes), [RULE])
    table = found.tables["assignments"].set_index("facility_id")
    assert table["children"].to_dict() == {"F0": 4, "F1": 2}  # F0 is nearer and has 4 places
    assert table["moved"].to_dict() == {"F0": 0, "F1": 2}
    assert found.tables["school_places"]["fill"].tolist() == pytest.approx([1.0, 2 / 9])


def test_infinite_places_send_everyone_to_the_nearest() -> None:
    two = facilities_at([(0, 0), (200, 0)], capacity=[np.nan, np.nan])
    homes = homes_at([(50, 0), (150, 0), (180, 0)], children=[1, 2, 3])
    found = places(city(STREET, two, homes), [RULE])
    assert found.tables["assignments"].set_index("facility_id")["children"].to_dict() == {
        "F0": 1, "F1": 2 + 3,
    }  # fmt: skip
    assert (found.tables["assignments"]["moved"] == 0).all()
