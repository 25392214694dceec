"""How far it is from homes behind walls, by arithmetic, through the files of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from walled_towns import STREET, square, town, walk_m

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from walled_towns import Place, Way

NEAR = [(-900.0, 0.0), (0.0, 0.0), (900.0, 0.0)]
FAR = [(-900.0, -150.0), (900.0, -150.0)]
STREETS: list[Way] = [
    (NEAR, STREET), (FAR, STREET),
    ([NEAR[0], FAR[0]], STREET), ([NEAR[2], FAR[1]], STREET),
]  # fmt: skip
BETWEEN = [(-899.0, -20.0), (0.0, -20.0), (899.0, -20.0)]
HOME, SCHOOL = (0.0, -45.0), (0.0, 20.0)
# From the home down to the far street 105 m, 900 along it, 150 up, 900 back, 20 to the school.
OVER, ROUND = 45 + 20, 105 + 900 + 150 + 900 + 20


def way_of(
    folder: Path, tags: Mapping[str, str], *, nodes: Sequence[tuple[Place, dict[str, str]]] = ()
) -> float:
    made = town(
        folder, ways=[*STREETS, (BETWEEN, tags)], homes=[HOME], schools=[SCHOOL], nodes=nodes
    )
    return float(walk_m(made)[0])


@pytest.mark.parametrize(
    "tags",
    [
        {"barrier": "wall"}, {"barrier": "fence"}, {"barrier": "hedge"},
        {"barrier": "retaining_wall"}, {"barrier": "city_wall"}, {"waterway": "river"},
        {"waterway": "canal"}, {"waterway": "river", "layer": "-1"}, {"railway": "rail"},
        {"railway": "light_rail"}, {"highway": "motorway"},
        {"highway": "trunk", "motorroad": "yes"},
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_crossed_is_gone_round(tmp_path: Path, tags: Mapping[str, str]) -> None:
    assert way_of(tmp_path, tags) == pytest.approx(ROUND, abs=1)


@pytest.mark.parametrize(
    "tags",
    [
        {"barrier": "guard_rail"}, {"barrier": "kerb"}, {"barrier": "wall", "layer": "-1"},
        {"waterway": "river", "tunnel": "culvert"}, {"waterway": "ditch"},
        {"railway": "rail", "tunnel": "yes"}, {"railway": "disused"}, {"railway": "tram"},
        {"railway": "rail", "disused": "yes"}, {"railway": "subway", "layer": "-2"},
        {"railway": "rail", "bridge": "viaduct"}, {"highway": "motorway", "bridge": "yes"},
        {"highway": "construction", "construction": "motorway"},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_wall_is_crossed(tmp_path: Path, tags: Mapping[str, str]) -> None:
    assert way_of(tmp_path, tags) == pytest.approx(OVER, abs=1)


@pytest.mark.parametrize(
    ("tags", "metres"),
    [
        ({"barrier": "gate"}, OVER), ({"barrier": "gate", "access": "private"}, OVER),
        ({"barrier": "gate", "locked": "yes"}, ROUND), ({"barrier": "gate", "access": "no"}, ROUND),
        ({"entrance": "yes"}, OVER), ({"natural": "tree"}, ROUND),
    ],
    ids=str,
)  # fmt: skip
def test_a_gate_on_no_way_opens_a_wall(tmp_path: Path, tags: dict[str, str], metres: float) -> None:
    assert way_of(tmp_path, {"barrier": "wall"}, nodes=[((0.0, -20.0), tags)]) == pytest.approx(
        metres, abs=1
    )


def test_a_wall_between_two_gaps_is_left_by_the_gap(tmp_path: Path) -> None:
    walls: list[Way] = [([(-899.0, -20.0), (-2.0, -20.0)], {"barrier": "wall"}),
                        ([(2.0, -20.0), (899.0, -20.0)], {"barrier": "wall"})]  # fmt: skip
    made = town(tmp_path, ways=[*STREETS, *walls], homes=[HOME], schools=[SCHOOL])
    assert walk_m(made)[0] == pytest.approx(OVER, abs=1)


@pytest.mark.parametrize(
    "tags", [{"bridge": "yes"}, {"tunnel": "yes"}, {"layer": "1"}, {"layer": "-1"}], ids=str
)
def test_nobody_steps_on_to_a_bridge_or_into_a_tunnel(tmp_path: Path, tags: dict[str, str]) -> None:
    near = [(NEAR, {"highway": "trunk", **tags})]
    made = town(tmp_path, ways=[*near, *STREETS[1:]], homes=[HOME], schools=[(0.0, -160.0)])
    assert walk_m(made)[0] == pytest.approx(105 + 10, abs=1)


def test_a_passage_through_a_building_is_on_the_ground(tmp_path: Path) -> None:
    near = [(NEAR, {"highway": "residential", "tunnel": "building_passage"})]
    made = town(tmp_path, ways=[*near, *STREETS[1:]], homes=[HOME], schools=[SCHOOL])
    assert walk_m(made)[0] == pytest.approx(OVER, abs=1)


RING = square((0.0, -75.0), 100.0)
GATE = (0.0, -125.0)
PRIVATE: Way = ([(0.0, -40.0), GATE, (0.0, -150.0)], {"highway": "service", "access": "private"})


def test_residents_walk_their_private_way_to_the_gate_and_strangers_do_not(tmp_path: Path) -> None:
    """Inside: 10 m to the way, 85 m along it to (0, -150); the school there is 10 m on."""
    far = [(-900.0, -150.0), (0.0, -150.0), (900.0, -150.0)]
    wall: Way = ([*RING[:2], *RING[2:]], {"barrier": "wall"})
    # A stranger outside, 10 m from the wall, has the street y = 0 at 15 m and goes round.
    made = town(
        tmp_path,
        ways=[STREETS[0], (far, STREET), *STREETS[2:], PRIVATE, wall],
        homes=[(10.0, -65.0), (0.0, -15.0)],
        schools=[(0.0, -160.0)],
    )
    assert walk_m(made) == pytest.approx([10 + 85 + 10, 15 + 900 + 150 + 900 + 10], abs=1)


def test_a_given_compound_is_walled_and_left_by_its_given_gate(tmp_path: Path) -> None:
    """Home (20, -45); the gate (0, -125) is 4 m wide and passed 0.25 m from its post, x = 1.75.

    On y = -150 the leg has gone 18.25 x 105 / 80 m aside, as far as x = -3.95; the school is at 0.
    """
    layers = {"ways": STREETS, "homes": [(20.0, -45.0)], "schools": [(0.0, -160.0)]}
    shut = town(tmp_path / "shut", **layers, compounds=[RING])
    assert shut.on_streets.demand.walled.tolist() == [True]
    made = town(tmp_path / "open", **layers, compounds=[RING], gates=[(GATE, "")])
    aside = 18.25 * 105 / 80
    assert walk_m(made)[0] == pytest.approx(np.hypot(aside, 105) + (aside - 20) + 10, abs=0.1)
