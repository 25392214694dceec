"""Zones: a row of blocks worked out by hand, brute force, and the refusals."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy import sparse

from analyses.zones.plan import Blocks, pair_with_models, zones
from geo.findings import InputRefused


def row(children=(10, 10, 10, 10), places=(20, 20), today=(0, 0, 1, 1)):
    """Blocks side by side, 100 m each; a school in the first and one in the last."""
    count = len(children)
    place = np.arange(count) * 100.0
    home = np.array([0, count - 1])
    touching = sparse.diags_array([np.ones(count - 1)] * 2, offsets=[-1, 1], shape=(count, count))
    way = np.abs(place[:, None] - place[home]) + 50
    return Blocks(
        np.array(children, float), way, np.zeros(way.shape, dtype=bool),
        touching.tocsr(), home, np.array(places, float), np.array(today),
    )  # fmt: skip


def test_a_plan_that_fits_is_not_changed():
    assert zones(row()).moves.empty


def test_a_full_school_gives_its_farthest_block_away():
    found = zones(row(today=(0, 0, 0, 1)))
    assert found.school.tolist() == [0, 0, 1, 1]
    assert found.moves["why"].tolist() == ["places"]
    assert found.moved == 10


def test_no_child_crosses_a_listed_road():
    blocks = row(places=(40, 40))
    blocks.crosses[1, 0] = True
    found = zones(blocks)
    assert found.school.tolist() == [0, 1, 1, 1]
    assert found.moves["why"].tolist() == ["crossing"]


def test_a_zone_is_in_one_piece():
    # today the second block goes to the far school, past blocks of the other
    found = zones(row(today=(0, 1, 0, 1)))
    assert found.school.tolist() == [0, 0, 1, 1]


def test_the_fewest_are_moved_of_all_plans_that_hold_together():
    rng = np.random.default_rng(3)
    blocks = row(rng.integers(5, 15, 6), (35, 45), rng.integers(0, 2, 6))
    plans = [np.array([0] * cut + [1] * (6 - cut)) for cut in range(1, 6)]
    fits = [
        p for p in plans if all(blocks.children[p == s].sum() <= blocks.places[s] for s in (0, 1))
    ]
    least = min(blocks.children[p != blocks.today].sum() for p in fits)
    assert zones(blocks).moved == least


def test_too_few_places_says_how_many():
    with pytest.raises(InputRefused, match="ZONES_PLACES") as refused:
        zones(row(places=(20, 5)))
    assert refused.value.findings[0].value == "15"


def test_blocks_without_a_school_and_plans_that_cannot_be():
    cut = row()
    cut.crosses[2] = True
    with pytest.raises(InputRefused, match="ZONES_NO_SCHOOL"):
        zones(cut)
    with pytest.raises(InputRefused, match="ZONES_INFEASIBLE"):
        zones(replace(row(), children=np.array([15.0, 15, 15, 15]), places=np.array([25.0, 35])))


def test_pairing_is_balanced_and_the_shortest_of_all():
    way = np.random.default_rng(5).integers(10, 900, (5, 2)).astype(float)
    balanced = [p for p in product((0, 1), repeat=5) if sorted([p.count(0), p.count(1)]) == [2, 3]]
    least = min(way[np.arange(5), list(p)].sum() for p in balanced)
    assert way[np.arange(5), pair_with_models(way)].sum() == least


def test_where_no_plan_holds_together_the_fewest_children_stand_apart():
    # both schools in the first block: all of the others can only be reached through it
    blocks = replace(row(places=(100, 100)), home=np.array([0, 0]))
    blocks.crosses[[1, 2, 3], [0, 1, 1]] = True
    with pytest.raises(InputRefused, match="ZONES_INFEASIBLE"):
        zones(blocks)
    found = zones(blocks, strict=False)
    # block 1 may only go to the second school, 2 and 3 only to the first: with the home block at
    # the second one, only block 2 touches no nearer block of its zone
    assert found.school.tolist() == [1, 1, 0, 0]
    assert found.apart.tolist() == [2]


def test_a_plan_that_is_not_strict_keeps_those_above_the_places_few():
    found = zones(row(places=(20, 15)), strict=False)
    assert found.over.sum() == 40 - 35
