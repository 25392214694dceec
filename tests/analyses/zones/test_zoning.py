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
    # block 1 may only go to the second school, 2 and 3 only to the first, from which 1 parts them
    assert found.school.tolist() == [0, 1, 0, 0]
    assert found.apart.tolist() == [2, 3]


def test_a_zone_may_lead_through_a_block_that_is_farther_on_foot():
    # villages A, B, C: C's bridge makes it nearer than B, which goes round; together they touch
    blocks = replace(row((10, 10, 10), (30, 0), (0, 0, 0)), home=np.array([0, 2]))
    blocks.way_m[:] = np.array([[10.0, 2130, 410], [np.inf] * 3]).T
    found = zones(blocks)
    assert found.school.tolist() == [0, 0, 0]
    assert found.moved == 0


@pytest.mark.parametrize("seed", range(12))
def test_of_all_plans_in_one_piece_the_shortest_is_returned(seed):
    blocks = grid(seed)
    best = (np.inf, np.inf)
    for plan in product((0, 1), repeat=9):
        school = np.array(plan)
        load = [blocks.children[school == s].sum() for s in (0, 1)]
        if (load > blocks.places).any() or not all(one_piece(blocks, school, s) for s in (0, 1)):
            continue
        metres = (blocks.children * blocks.way_m[np.arange(9), school]).sum()
        best = min(best, (blocks.children[school != blocks.today].sum(), metres))
    found = zones(blocks)
    metres = (blocks.children * blocks.way_m[np.arange(9), found.school]).sum()
    assert (found.moved, metres) == pytest.approx(best)


def grid(seed):
    """Nine blocks, three by three, with ways that obey no grid and zones of chance today."""
    rng = np.random.default_rng(seed)
    at = np.stack(np.divmod(np.arange(9), 3))
    beside = np.abs(at[:, :, None] - at[:, None]).sum(axis=0) == 1
    children = rng.integers(3, 12, 9).astype(float)
    return Blocks(
        children, rng.integers(50, 900, (9, 2)).astype(float), np.zeros((9, 2), dtype=bool),
        sparse.csr_array(beside.astype(float)), np.array([0, 8]),
        np.full(2, np.ceil(children.sum() * 0.65)), rng.integers(0, 2, 9),
    )  # fmt: skip


def one_piece(blocks, school, s):
    """By brute force: powers of the steps lead from the school's own block to all of its zone."""
    zone = np.flatnonzero(school == s)
    step = blocks.touching.toarray()[np.ix_(zone, zone)] + np.eye(len(zone))
    reached = np.linalg.matrix_power(step, 9)[zone == blocks.home[s]]
    return not len(zone) or bool((reached.sum(axis=0) > 0).all())


def test_a_plan_that_is_not_strict_keeps_those_above_the_places_few():
    found = zones(row(places=(20, 15)), strict=False)
    assert found.over.sum() == 40 - 35
