"""Missing links, shared yards and what stands between two streets: arithmetic in small worlds."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import worlds
from shapely.geometry import LineString, box
from shapely.geometry.base import BaseGeometry
from towns import city, facilities_at, homes_at

from analyses.links.missing_links import LinkOptions, links_for
from analyses.links.obstacles import names_of, unseen
from analyses.links.shared_yards import co_use
from analyses.rules.catalogue import own_rule

# Two streets 40 m apart that meet only at their eastern ends, 1 km away.
HAIRPIN = worlds.network_of([[(0, 0), (1000, 0)], [(1000, 0), (1000, 40)], [(1000, 40), (0, 40)]])
SCHOOL = facilities_at([(100, 40)])
HOMES = homes_at([(100, 0), (350, 0)], children=[7, 5])
RULE = own_rule("kindergarten", metres=300)


def links(**blocked: BaseGeometry) -> gpd.GeoDataFrame:
    layers = {
        name: gpd.GeoDataFrame(geometry=[shape], crs=worlds.CRS).translate(*worlds.ORIGIN)
        for name, shape in blocked.items()
    }
    frames = {name: gpd.GeoDataFrame(geometry=shape) for name, shape in layers.items()}
    return links_for(city(HAIRPIN, SCHOOL, HOMES), RULE, LinkOptions(blocked=frames))


def test_a_path_between_two_streets_serves_those_whose_way_it_shortens() -> None:
    best = links().iloc[0]
    # from (350, 0) it is 250 m along the street and 40 m across, from (100, 0) at least 40 m
    assert best["children"] == 7 + 5
    assert best["kind"] == "footpath"
    assert best["length_m"] == 40
    assert best["share"] == 1.0


def test_the_way_saved_is_that_around_the_far_end() -> None:
    best = links().iloc[0]
    middle = best.geometry.centroid.x - worlds.ORIGIN[0]
    before = (900 + 40 + 900) * 7 + (650 + 40 + 900) * 5
    after = (2 * abs(middle - 100) + 40) * 7 + (250 + 40) * 5
    assert best["walk_saved_m"] == pytest.approx((before - after) / 12)


@pytest.mark.parametrize(
    ("name", "shape", "kind"),
    [
        ("wall", LineString([(-9, 20), (900, 20)]), "gate"),
        ("water", box(-9, 10, 900, 30), "footbridge"),
        ("railway", LineString([(-9, 20), (900, 20)]), "footbridge"),
    ],
)
def test_what_stands_between_says_what_is_to_be_built(
    name: str, shape: BaseGeometry, kind: str
) -> None:
    best = links(**{name: shape}).iloc[0]
    assert (best["kind"], best["crosses"]) == (kind, name)
    assert names_of(name, "zh") in best["reason_zh"]


def test_no_link_leads_through_a_building() -> None:
    assert links(building=box(-9, 10, 990, 30)).empty


def test_of_two_obstacles_the_harder_counts() -> None:
    wall, canal = LineString([(-9, 35), (900, 35)]), box(-9, 10, 900, 30)
    assert links(wall=wall, water=canal).iloc[0]["kind"] == "footbridge"


def test_what_is_not_known_is_said() -> None:
    assert {finding.code for finding in unseen({})} == {"LINKS_UNSEEN"}


def test_a_plan_builds_the_second_link_only_for_those_still_without() -> None:
    homes = homes_at([(100, 0), (900, 0)], children=[7, 5])
    options = LinkOptions(blocked={}, together=True)
    plan = links_for(city(HAIRPIN, SCHOOL, homes), RULE, options)
    # (900, 0) is 800 m and more from the school by any link, so only the first one helps
    assert plan["children"].tolist() == [7]


def test_the_yard_that_serves_most_of_those_without_a_park_is_opened_first() -> None:
    street = worlds.network_of([[(0, 0), (1000, 0)], [(1000, 0), (3000, 0)]])
    park = facilities_at([(0, 0)], kind="park")
    yards = facilities_at([(600, 0), (1500, 0)], kind="primary_school")
    yards["facility_id"] = yards["name"] = ["Y0", "Y1"]
    both = gpd.GeoDataFrame(np.concatenate([park, yards]), columns=park.columns, crs=worlds.CRS)
    homes = homes_at([(100, 0), (500, 0), (1450, 0), (2900, 0)], children=[3, 2, 4, 1])
    town = city(street, both.set_geometry("geometry"), homes)
    found = co_use(town, [own_rule("park", metres=200)])
    assert found["facility_id"].tolist() == ["Y1", "Y0"]
    assert found["share_before"].tolist() == pytest.approx([3 / 10, 7 / 10])
    assert found["share_after"].tolist() == pytest.approx([7 / 10, 9 / 10])


def test_a_kind_without_hosts_is_passed_over() -> None:
    assert co_use(city(HAIRPIN, SCHOOL, HOMES), [RULE]).empty
