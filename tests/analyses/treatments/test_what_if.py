"""What edits change: attributes, new paths and gates, comparisons and the best choice."""

from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import scene as make_scene
from worlds import CRS, network_of, place, to_lonlat

from analyses.treatments.before_after import (
    alone,
    compare_hazards,
    compare_schools,
    value_of_crossings,
)
from analyses.treatments.best import best_treatments
from analyses.treatments.catalogue import treated, treatments
from analyses.treatments.what_if import (
    Edit,
    apply_edits,
    edited_gates,
    edited_network,
    edited_scene,
    read_edits,
    without_effect,
)
from geo.findings import InputRefused


def lonlat(*points):
    xy = place(points)
    return tuple(zip(*to_lonlat().transform(xy[:, 0], xy[:, 1]), strict=True))


def two_stretches():
    streets = [{"speed_kmh": 50, "name": "静海大道"}, {"speed_kmh": 20}]
    return make_scene(streets, [{"street": 0, "facility": "unmarked"}, {"street": 1}])


def edits_file(folder, text: str) -> str:
    (folder / "edits.toml").write_text(text, encoding="utf-8")
    return "edits.toml"


def test_treatment_changes_one_crossing_and_says_so():
    world = two_stretches()
    after = apply_edits(world, [Edit(kind="treatment", treatment="zebra", crossing_id="c0")])
    assert after.crossings["facility"].tolist() == ["marked", "marked"]
    assert after.crossings["facility_source"].tolist() == ["official", "tag"]
    assert world.crossings["facility"].tolist() == ["unmarked", "marked"]


def test_better_stays():
    world = make_scene([{}], [{"facility": "signal"}])
    after = treated(world, treatments()["zebra"], crossings=np.array([0]))
    assert after.crossings["facility"].tolist() == ["signal"]
    assert after.crossings["facility_source"].tolist() == ["tag"]


def test_stages_are_treated_together():
    world = make_scene([{}, {}], [{"facility": "unmarked", "group": 3}] * 2)
    after = apply_edits(world, [Edit(kind="treatment", treatment="signal", crossing_id="c1")])
    assert after.crossings["facility"].tolist() == ["signal", "signal"]


def test_speed_is_set_and_speed_limit_only_lowers():
    world = two_stretches()
    after = apply_edits(world, [Edit(kind="speed", street_id="w1", speed_kmh=40)])
    assert after.streets["speed_kmh"].tolist() == [50, 40]
    assert after.crossings["speed_kmh"].tolist() == [50, 40]  # of the crossings of the street too
    both = [Edit(kind="treatment", treatment="speed_30", street_id=f"w{i}") for i in (0, 1)]
    slowed = apply_edits(world, both).streets
    assert slowed["speed_kmh"].tolist() == slowed["speed_kmh_high"].tolist() == [30, 20]


def test_street_by_name_and_guard():
    world = two_stretches()
    named = Edit(kind="treatment", treatment="railing", street="静海大道")
    after = apply_edits(world, [named, Edit(kind="guard", crossing_id="c1")])
    assert after.streets["buffer"].tolist() == ["rail", "none"]
    assert after.crossings["guard"].tolist() == ["no", "yes"]


def test_unknown_target_is_refused_with_the_nearest():
    with pytest.raises(InputRefused) as refused:
        apply_edits(two_stretches(), [Edit(kind="guard", name="岗", crossing_id="c9")])
    found = refused.value.findings[0]
    assert (found.code, found.value, found.detail["near"]) == ("EDIT_TARGET", "c9", "c1")


def test_edit_without_effect_is_said():
    done = Edit(kind="treatment", treatment="zebra", crossing_id="c1")
    assert [f.code for f in without_effect(two_stretches(), [done])] == ["EDIT_NO_EFFECT"]


def test_file_of_edits(tmp_path):
    name = edits_file(
        tmp_path,
        '[[edit]]\nkind = "speed"\nname = "慢行"\nstreet = "静海大道"\nspeed_kmh = 30.0\n'
        '[[edit]]\nkind = "bridge"\nline = [[117.0, 39.0], [117.001, 39.0]]\ncost = 5.0\n',
    )
    first, second = read_edits(name, tmp_path)
    assert (first.name, first.speed_kmh, first.drawn, first.price) == ("慢行", 30.0, False, 1.0)
    assert (second.drawn, second.price) == (True, 5.0)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('kind = "speed"\nstreet_id = "w0"', "EDIT_NEEDS"),
        ('kind = "guard"\ncrossing_id = "c0"\nspeed_kmh = 30.0', "EDIT_NEEDS"),
        ('kind = "treatment"\ntreatment = "zebar"\ncrossing_id = "c0"', "EDIT_TARGET"),
        ('kind = "fly"', "CONFIG_CHOICE"),
        ('kind = "speed"\nspeed_kmh = 300.0\nstreet = "x"', "CONFIG_RANGE"),
        ('kind = "guard"\ncrossing = "c0"', "CONFIG_UNKNOWN_KEY"),
    ],
)
def test_slips_in_the_file_are_refused(tmp_path, text, code):
    with pytest.raises(InputRefused) as refused:
        read_edits(edits_file(tmp_path, f"[[edit]]\n{text}\n"), tmp_path)
    assert [f.code for f in refused.value.findings] == [code]


def test_new_path_is_tied_to_the_streets():
    network = network_of([[(0, 0), (100, 0)], [(0, 60), (100, 60)]])
    after = edited_network(network, [Edit(kind="footpath", line=lonlat((50, 5), (50, 60)))])
    assert len(after.edge_nodes) == 2 + 2 + 1
    assert sorted(after.edge_length_mm.tolist()) == pytest.approx(
        [50_000] * 4 + [60_000],
        abs=2,  # degrees hold a millimetre or two
    )
    assert after.edges["highway"].tolist().count("footway") == 1
    assert after.components["edges"].tolist() == [5]
    assert len(network.edge_nodes) == 2


def test_path_far_from_streets_is_refused():
    network = network_of([[(0, 0), (100, 0)]])
    with pytest.raises(InputRefused) as refused:
        edited_network(network, [Edit(kind="bridge", name="桥", line=lonlat((0, 5), (0, 80)))])
    assert refused.value.findings[0].code == "PATH_NOT_JOINED"


def test_new_gate_is_a_known_one():
    gates = gpd.GeoDataFrame(
        {"facility_id": ["S1"], "rule": ["point"]},
        geometry=gpd.points_from_xy(*place([(0, 0)]).T),
        crs=CRS,
    )
    after = edited_gates(gates, [Edit(kind="gate", school_id="S1", point=lonlat((40, 0))[0])])
    assert after["rule"].tolist() == ["point", "gate"]
    assert after.geometry.distance(after.geometry[0]).tolist() == pytest.approx([0, 40], abs=0.01)


def test_parted_street_is_still_found_by_its_id():
    world = make_scene([{"speed_kmh": 50, "length_m": 300.0}])

    def build(network):
        streets = world.streets.iloc[[0] * len(network.edge_nodes)].reset_index(drop=True)
        named = streets.assign(street_id=[f"new{i}" for i in range(len(streets))])
        return type(world)(network, world.sides, named, world.crossings, {})

    path = Edit(kind="footpath", line=lonlat((100, 10), (150, 20), (200, 10)))
    slow = Edit(kind="treatment", treatment="speed_30", street_id="w0")
    after = edited_scene(world, [path, slow], build=build)
    footway = after.network.edges["highway"].eq("footway")
    assert after.streets["speed_kmh"].tolist() == np.where(footway, 50, 30).tolist()


def people(rows) -> pd.DataFrame:
    columns = ["school_id", "children", "alone", "severed", "safest_risk"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(safest_low=1.0, safest_high=2.0, detour=1.1)


def test_schools_before_and_after():
    before = people([("S1", 10, True, False, 4.0), ("S1", 30, False, True, np.inf)])
    after = people([("S1", 10, True, False, 2.0), ("S1", 30, True, False, 6.0)])
    row = compare_schools(before, after).iloc[0]
    assert (row["alone_before"], row["alone_after"], row["gained"]) == (10, 40, 30)
    assert (row["severed_before"], row["severed_after"]) == (30, 0)
    assert (row["safest_risk_before"], row["safest_risk_after"]) == (4.0, (10 * 2 + 30 * 6) / 40)


def test_hazards_before_and_after():
    columns = ["id", "school_id", "rule", "object_id", "children", "risk"]
    before = pd.DataFrame(
        [("H1", "S", "crossing", "c", 5, 90.0), ("H2", "S", "G14", None, 9, np.nan)],
        columns=columns,
    )
    after = before.iloc[:1].assign(risk=9.0)
    table = compare_hazards(before, after)
    assert table["outcome"].tolist() == ["kept", "gone"]
    assert table.loc[0, ["risk_before", "risk_after"]].tolist() == [90.0, 9.0]
    assert np.isnan(table.loc[1, "children_after"])


def toy(scene, *, schools=None) -> pd.DataFrame:
    """Let school i need crossing i, and school 0 crossing 1 as well."""
    ok = scene.crossings["facility"].isin(["signal", "grade_separated"]).to_numpy()
    can = [ok[0] and ok[1], ok[1], ok[2]]
    rows = [(f"S{i}", 10.0 * (i + 1), bool(can[i]), False, 1.0) for i in range(3)]
    table = people(rows)
    return table if schools is None else table[table["school_id"].isin(schools)]


def three_crossings():
    return make_scene([{}], [{"facility": "unmarked"}] * 3)


def three_schools(gap_m: float) -> gpd.GeoDataFrame:
    spots = place([(100.0 + i * gap_m, 0.0) for i in range(3)])
    return gpd.GeoDataFrame(
        {"facility_id": ["S0", "S1", "S2"]}, geometry=gpd.points_from_xy(*spots.T), crs=CRS
    )


def test_value_of_a_crossing():
    world = three_crossings()
    calls = []

    def evaluate(scene, *, schools=None):
        calls.append(schools)
        return toy(scene, schools=schools)

    table = value_of_crossings(
        world, three_schools(1.0), candidates=["c0", "c1", "c2"], pupils=toy(world),
        evaluate=evaluate, reach_m=50.0,
    )  # fmt: skip
    assert table[["crossing_id", "children", "rank"]].to_numpy().tolist() == [
        ["c2", 30.0, 1], ["c1", 20.0, 2], ["c0", 0.0, 3],
    ]  # fmt: skip
    assert len(calls) == 3  # all share the schools
    none = value_of_crossings(
        world, three_schools(1.0), candidates=["c0"], pupils=toy(world), evaluate=evaluate,
        reach_m=-1.0,
    )  # fmt: skip
    assert (none["children"].tolist(), len(calls)) == ([0.0], 3)


def test_crossings_without_common_schools_are_evaluated_together():
    world = make_scene([{"length_m": 1000.0}], [{"end": e, "facility": "unmarked"} for e in (0, 1)])
    schools = three_schools(900.0).iloc[:2]
    calls = []

    def evaluate(scene, *, schools=None):
        calls.append(list(schools))
        ok = scene.crossings["facility"].eq("signal").tolist()
        rows = [(f"S{i}", 10.0, ok[i], False, 1.0) for i in range(2)]
        return people(rows)

    table = value_of_crossings(
        world, schools, candidates=["c0", "c1"], pupils=people([
            ("S0", 10.0, False, False, 1.0), ("S1", 10.0, False, False, 1.0)]),
        evaluate=evaluate, reach_m=200.0,
    )  # fmt: skip
    assert table["children"].tolist() == [10.0, 10.0]
    assert calls == [["S0", "S1"]]


def test_best_choice_sees_that_two_belong_together():
    world = three_crossings()
    edits = [Edit(kind="treatment", treatment="signal", crossing_id=f"c{i}") for i in range(3)]

    def gain(chosen):
        return alone(toy(apply_edits(world, [edits[i] for i in chosen]))) - alone(toy(world))

    best = best_treatments([1.0] * 3, gain, count=2)
    assert (best.chosen, best.gain, best.proved) == ((1, 2), 50.0, True)
    assert best_treatments([1.0] * 3, gain, budget=1.0).chosen == (2,)


def test_budget_has_no_dust():
    best = best_treatments([0.1, 0.2], lambda c: float(len(c)), budget=0.3)
    assert (best.chosen, best.cost) == ((0, 1), 0.3)


def test_nothing_gained_costs_nothing():
    best = best_treatments([1.0, 2.0], lambda _: 0.0, budget=3.0)
    assert (best.chosen, best.gain, best.bound, best.gap) == ((), 0.0, 0.0, 0.0)


@given(
    sets=st.lists(st.sets(st.integers(0, 5), min_size=1, max_size=3), min_size=1, max_size=6),
    costs=st.lists(st.integers(1, 4), min_size=6, max_size=6),
    budget=st.integers(0, 8),
)
@settings(max_examples=60, derandomize=True, deadline=None)
def test_exact_equals_brute_force_and_the_bound_holds(sets, costs, budget):
    """Gain: how many of the given sets are whole; as with ways that need several crossings."""

    def gain(chosen):
        return float(sum(need <= set(chosen) for need in sets))

    every = [c for n in range(7) for c in combinations(range(6), n)]
    most = max(gain(c) for c in every if sum(costs[i] for i in c) <= budget)
    exact = best_treatments(costs, gain, budget=budget)
    greedy = best_treatments(costs, gain, budget=budget, exact_max_sets=1)
    assert exact.gain == most == exact.bound
    assert greedy.gain <= most <= greedy.bound
    assert greedy.cost <= budget
