"""Which child gets a place where, when as many as possible shall have one and ways be short?

A transport problem over the pairs within reach, solved in turns that never undo each other: place
most children of the first priority, then of the next; then keep to preferences (own community,
siblings); then walk the fewest metres.  Numbers of children stay fractional inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyses.places.access import Reach
    from geo.arrays import Floats, Ints


_DUST = 1e-7
"""Children; below the tolerance of the solver (HiGHS: 1e-7) a number is nobody."""


@dataclass(frozen=True, eq=False)
class ShortGroup:
    """Demand points that are jointly short: all they can reach is full, with them alone.

    The proof (Hall; the least cut of the flow): these `points` reach only these `facilities`, whose
    places are fewer than the children.
    """

    points: Ints
    facilities: Ints
    children: float
    places: float

    @property
    def short(self) -> float:
        """Return how many places are missing here, whoever goes where."""
        return self.children - self.places


@dataclass(frozen=True, eq=False)
class Assignment:
    """Who goes where.

    Attributes
    ----------
    children
        Of each pair of the reach.
    unplaced
        Children of each demand point without a place (also those who reach nothing).
    filled
        Children at each facility.
    metres
        Walked by all placed children together.
    one_more_places
        For each facility: one more place gives a child a place that has none (bool).
    one_more_saves_m
        For each facility: metres that one more place would save all together, 0 if none.
    short_groups
        The proof of what is missing, the largest first; their sum is the children who reach
        something and have no place.
    """

    children: Floats
    unplaced: Floats
    filled: Floats
    metres: float
    one_more_places: NDArray[np.bool_]
    one_more_saves_m: Floats
    short_groups: tuple[ShortGroup, ...]


def assign(
    reach: Reach, *, priority: Ints | None = None, preference: Ints | None = None
) -> Assignment:
    """Place most children, then walk least.

    Parameters
    ----------
    reach
        Pairs within reach; the weights are not used.
    priority
        Per demand point: lower numbers are placed first (e.g. children with siblings as points of
        their own).  However it is set, as many children are placed altogether.
    preference
        Per pair: of equally many placed, lower numbers are taken first (e.g. 0 in the own
        community, 1 elsewhere).

    Returns
    -------
    Assignment
        An optimum; where several are equal, the one that the solver (dual simplex) ends at.
    """
    children = _flows(reach, priority, preference)
    placed, filled = reach.per_point(children), reach.per_facility(children)
    unplaced = reach.children - placed
    unplaced[unplaced < _DUST] = 0.0
    points, facilities = _stuck(reach, children, unplaced)
    return Assignment(
        children=children,
        unplaced=unplaced,
        filled=filled,
        metres=float(children @ reach.distance_m),
        one_more_places=facilities,
        one_more_saves_m=np.where(facilities, 0.0, _savings(reach, children, filled)),
        short_groups=_groups(reach, points, facilities),
    )


def _flows(reach: Reach, priority: Ints | None, preference: Ints | None) -> Floats:
    """Solve one linear programme after the other, each keeping what the earlier reached."""
    pairs = len(reach.point)
    if pairs == 0:
        return np.zeros(0)
    columns = np.arange(pairs)
    ones = np.ones(pairs)
    rows = [
        sparse.csr_array((ones, (reach.point, columns)), shape=(len(reach.children), pairs)),
        sparse.csr_array((ones, (reach.facility, columns)), shape=(len(reach.places), pairs)),
    ]
    limits = [reach.children, reach.places]
    levels = np.zeros(len(reach.children)) if priority is None else np.asarray(priority)
    goals = [-(levels[reach.point] <= level).astype(float) for level in np.unique(levels)]
    if preference is not None:
        goals.append(np.asarray(preference, dtype=float))
    flow = ones
    for goal in [*goals, reach.distance_m]:
        found = linprog(goal, A_ub=sparse.vstack(rows), b_ub=np.concatenate(limits))
        flow = np.asarray(found.x, dtype=float)
        rows.append(sparse.csr_array(goal[None, :]))
        limits.append(np.array([found.fun]))
    return np.where(flow < _DUST, 0.0, flow)


def _stuck(
    reach: Reach, children: Floats, unplaced: Floats
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the points and facilities that a child without a place could push against.

    From an unplaced child to every facility in reach, from there to everyone who has a place
    there, and on; none of these facilities has a free place, or the child would have got it.
    """
    linked = np.bincount(reach.point, minlength=len(unplaced)) > 0
    points = (unplaced > 0) & linked
    facilities = np.zeros(len(reach.places), dtype=bool)
    used = children > 0
    while True:
        fresh = np.zeros_like(facilities)
        fresh[reach.facility[points[reach.point]]] = True
        if (fresh == facilities).all():
            return points, facilities
        facilities = fresh
        points = points.copy()
        points[reach.point[used & facilities[reach.facility]]] = True


def _groups(
    reach: Reach, points: NDArray[np.bool_], facilities: NDArray[np.bool_]
) -> tuple[ShortGroup, ...]:
    """Split what is stuck into groups that share no facility."""
    inside = points[reach.point] & facilities[reach.facility]
    size = len(reach.children)
    links = sparse.coo_array(
        (np.ones(inside.sum()), (reach.point[inside], size + reach.facility[inside])),
        shape=(size + len(reach.places),) * 2,
    )
    _, label = sparse.csgraph.connected_components(links, directed=False)
    groups = []
    for number in np.unique(label[:size][points]):
        here = np.flatnonzero(points & (label[:size] == number))
        there = np.flatnonzero(facilities & (label[size:] == number))
        total = float(reach.children[here].sum()), float(reach.places[there].sum())
        groups.append(ShortGroup(here, there, *total))
    return tuple(sorted(groups, key=lambda group: (-group.short, group.points[0])))


def _savings(reach: Reach, children: Floats, filled: Floats) -> Floats:
    """Return the metres that one more place at each facility would save.

    Someone moves in and frees a place, into which someone else may move, and so on; at an optimum
    no chain can pay for ever, so repeating "best move into here, plus what the freed place is
    worth" ends after at most as many rounds as there are facilities.
    """
    used = children > 0
    worth = np.zeros(len(reach.places))
    for _ in range(len(worth)):
        leave = np.full(len(reach.children), -np.inf)
        np.maximum.at(leave, reach.point[used], (reach.distance_m + worth[reach.facility])[used])
        move = leave[reach.point] - reach.distance_m
        fresh = np.zeros_like(worth)
        np.maximum.at(fresh, reach.facility, move)
        if (fresh <= worth + _DUST).all():
            break
        worth = np.maximum(worth, fresh)
    free = filled < reach.places - _DUST
    return np.where(free, 0.0, worth)
