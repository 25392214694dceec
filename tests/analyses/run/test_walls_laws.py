"""Laws of access on towns drawn at random, through the files of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from walled_towns import STREET, town, walk_m

if TYPE_CHECKING:
    from pathlib import Path

    from walled_towns import Place, Way

    from analyses.city import City

_SOME, _MANY = 8, 200
_SEEDS = [*range(_SOME), *(pytest.param(n, marks=pytest.mark.slow) for n in range(_SOME, _MANY))]


class Town:
    """A grid of streets with walls, homes and schools; what is left out is drawn from a seed."""

    def __init__(self, seed: int) -> None:
        draw = np.random.default_rng(seed)
        self.draw, self.size = draw, 4
        at = [(120.0 * i, 120.0 * k) for k in range(self.size) for i in range(self.size)]
        pairs = [(n, n + 1) for n in range(len(at)) if (n + 1) % self.size]
        pairs += [(n, n + self.size) for n in range(len(at) - self.size)]
        self.streets: list[Way] = [([at[a], at[b]], STREET) for a, b in pairs]
        self.at = at
        self.homes = self.places(12)
        self.schools = self.places(2)
        ends = [(a, self.beside(a)) for a in self.places(10)]
        self.walls: list[Way] = [([a, b], {"barrier": "wall"}) for a, b in ends]

    def places(self, count: int) -> list[Place]:
        xy = self.draw.uniform(5, 115, (count, 2)) + 120 * self.draw.integers(0, 3, (count, 2))
        return [(round(float(x), 2), round(float(y), 2)) for x, y in xy]

    def beside(self, place: Place) -> Place:
        dx, dy = self.draw.uniform(-60, 60, 2).round(2)
        return place[0] + float(dx), place[1] + float(dy)

    def read(self, folder: Path, **changes: list[Way] | list[Place]) -> City:
        layers = {"streets": self.streets, "homes": self.homes, "schools": self.schools, **changes}
        ways = [*layers.pop("streets"), *self.walls]
        return town(folder, ways=ways, **layers)


def stays(before: City, after: City) -> np.ndarray:
    """Say which homes join where they joined, if all doors do."""
    old, new = before.on_streets, after.on_streets
    assert np.allclose(old.entrances.xy, new.entrances.xy, atol=0.01, equal_nan=True)
    return np.asarray((np.abs(old.demand.xy - new.demand.xy) < 0.01).all(axis=1))


@pytest.mark.parametrize("seed", _SEEDS)
def test_no_leg_crosses_a_wall(tmp_path: Path, seed: int) -> None:
    city = Town(seed).read(tmp_path)
    homes = city.on_streets.demand
    joined = homes.edge >= 0
    assert city.walls is not None
    assert joined.any()
    assert city.walls.free(city.demand_xy[joined], homes.xy[joined], soft=False).all()


@pytest.mark.parametrize("seed", _SEEDS)
def test_one_more_school_takes_nobody_s_school_away(tmp_path: Path, seed: int) -> None:
    made = Town(seed)
    before = walk_m(made.read(tmp_path / "a"))
    after = walk_m(made.read(tmp_path / "b", schools=[*made.schools, *made.places(1)]))
    assert (after <= before + 0.01).all()


@pytest.mark.parametrize("seed", _SEEDS)
def test_a_path_between_two_streets_makes_no_way_longer(tmp_path: Path, seed: int) -> None:
    """Of homes and schools that still join where they joined."""
    made = Town(seed)
    first = made.read(tmp_path / "a")
    a, b = made.draw.choice(len(made.at), 2, replace=False).tolist()
    path: Way = ([made.at[a], made.at[b]], {"highway": "footway", "bridge": "yes", "layer": "1"})
    second = made.read(tmp_path / "b", streets=[*made.streets, path])
    assert stays(first, second).all()  # nobody steps on to a bridge
    assert (walk_m(second) <= walk_m(first) + 0.01).all()
    # ... and taking it away again makes none shorter
    assert (walk_m(first) >= walk_m(second) - 0.01).all()


@pytest.mark.parametrize("seed", _SEEDS)
def test_cutting_streets_changes_nothing(tmp_path: Path, seed: int) -> None:
    made = Town(seed)
    cut: list[Way] = []
    for (start, end), tags in made.streets:
        share = float(made.draw.uniform(0.2, 0.8))
        middle = tuple(np.round(np.array(start) + share * (np.array(end) - np.array(start)), 3))
        cut += [([start, middle], tags), ([middle, end], tags)]
    before, after = (walk_m(made.read(tmp_path / n, streets=s)) for n, s in
                     (("a", made.streets), ("b", cut)))  # fmt: skip
    assert np.allclose(before, after, atol=0.02)


@pytest.mark.parametrize("seed", _SEEDS)
def test_one_more_gate_in_a_wall_joins_no_fewer(tmp_path: Path, seed: int) -> None:
    made = Town(seed)
    (start, end), tags = made.walls[0]
    middle = tuple(np.round((np.array(start) + np.array(end)) / 2, 3))
    first = made.read(tmp_path / "a")
    made.walls[0] = ([start, middle, end], tags)
    second = town(tmp_path / "b", ways=[*made.streets, *made.walls], homes=made.homes,
                  schools=made.schools, nodes=[(middle, {"barrier": "gate"})])  # fmt: skip
    legs = first.on_streets.demand.access_m, second.on_streets.demand.access_m
    assert (legs[1] <= legs[0] + 0.01).all()
