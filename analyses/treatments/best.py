"""Which treatments together do the most for a number of places or a budget?

What treatments do together is not the sum of what each does: two crossings on one way open it only
when both are made safe.  So few candidates are tried in every combination; with more the search is
greedy, and the bound says how much better any choice could be at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import fsum
from typing import TYPE_CHECKING

from geo.bundled import load_toml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Chosen = tuple[int, ...]

_DECIMALS = 9


@dataclass(frozen=True)
class Best:
    """The best treatments that were found.

    Attributes
    ----------
    chosen
        Positions of the candidates, ascending.
    gain
        What they do together.
    cost
        What they cost together.
    bound
        No choice within the budget does more than this; equal to `gain` where it was proved.
    proved
        Whether every choice was tried (or the bound is reached).
    tried
        How many choices were evaluated.
    """

    chosen: tuple[int, ...]
    gain: float
    cost: float
    bound: float
    proved: bool
    tried: int

    @property
    def gap(self) -> float:
        """How much more the best choice could do at most, as a share of the bound."""
        return 0.0 if self.bound <= 0 else (self.bound - self.gain) / self.bound


def best_treatments(
    costs: Sequence[float],
    gain: Callable[[Chosen], float],
    *,
    budget: float | None = None,
    count: int | None = None,
    exact_max_sets: int | None = None,
) -> Best:
    """Choose the treatments that gain the most.

    Parameters
    ----------
    costs
        Cost of each candidate, not negative.
    gain
        What a choice (positions, ascending) gains, e.g. children who can walk on their own.  More
        treatments must never gain less (none raises a risk); nothing else is asked of it.
    budget
        Greatest total cost (`<=`), or None.
    count
        Greatest number of treatments, or None.
    exact_max_sets
        Up to so many choices each one is tried (default: ``data/rules/treatments.toml``).

    Returns
    -------
    Best
        Of choices that gain the same the cheapest, then the one with the smaller positions.

    Notes
    -----
    The bound of the greedy search is the gain of all candidates that can be afforded at all: it
    holds because more treatments never gain less.  A bound for submodular gains would be lower and
    wrong, since the gain is not submodular.

    Examples
    --------
    For 10 the second and third, which gain 3 + 4; the first alone would gain 5:

    >>> worth = (5.0, 3.0, 4.0)
    >>> best = best_treatments([9, 4, 6], lambda chosen: sum(worth[i] for i in chosen), budget=10)
    >>> best.chosen
    (1, 2)
    """
    most = len(costs) if count is None else count
    limit = float("inf") if budget is None else budget
    value = _Remembered(gain)
    usable = tuple(i for i, cost in enumerate(costs) if cost <= limit) if most > 0 else ()
    choices = _affordable(usable, costs, limit=limit, most=most)
    few = exact_max_sets or int(_rules()["exact_max_sets"]["value"])
    listed = _up_to(choices, few)
    if listed is not None:
        chosen = max(listed, key=lambda c: _merit(c, costs, value))
        bound = value(chosen)
    else:
        chosen = _greedy(usable, costs, value, limit=limit, most=most)
        bound = value(usable)
    return Best(
        chosen,
        gain=value(chosen),
        cost=_cost(chosen, costs),
        bound=bound,
        proved=value(chosen) >= bound,
        tried=value.tried,
    )


class _Remembered:
    """A gain that is computed once for each choice."""

    def __init__(self, gain: Callable[[Chosen], float]) -> None:
        self._gain = gain
        self._known: dict[Chosen, float] = {(): 0.0}

    def __call__(self, chosen: Chosen) -> float:
        if chosen not in self._known:
            self._known[chosen] = self._gain(chosen)
        return self._known[chosen]

    @property
    def tried(self) -> int:
        """Return how many choices were evaluated."""
        return len(self._known) - 1


def _affordable(
    usable: Chosen, costs: Sequence[float], *, limit: float, most: int
) -> Iterator[Chosen]:
    """Yield the choices within the budget, the empty one first."""
    cheapest = sorted(usable, key=lambda i: (costs[i], i))

    def grown(chosen: Chosen, start: int) -> Iterator[Chosen]:
        yield tuple(sorted(chosen))
        for place in range(start, len(cheapest)):
            more = (*chosen, cheapest[place])
            if len(more) > most or _cost(more, costs) > limit:
                return  # all that follow cost as much or more
            yield from grown(more, place + 1)

    return grown((), 0)


def _up_to(choices: Iterator[Chosen], few: int) -> list[Chosen] | None:
    """Return the choices if there are no more than so many."""
    listed = []
    for chosen in choices:
        listed.append(chosen)
        if len(listed) > few:
            return None
    return listed


def _greedy(
    usable: Chosen, costs: Sequence[float], value: _Remembered, *, limit: float, most: int
) -> Chosen:
    """Add the treatment with the most gain for its cost; where no single one helps, a pair."""
    chosen: Chosen = ()
    while True:
        for size in (1, 2):
            steps = [
                tuple(sorted((*chosen, *more)))
                for more in combinations([i for i in usable if i not in chosen], size)
            ]
            fits = [s for s in steps if len(s) <= most and _cost(s, costs) <= limit]
            better = [s for s in fits if value(s) > value(chosen)]
            if better:
                break
        else:
            return chosen
        here = chosen
        chosen = max(better, key=lambda s: (_rate(s, here, costs, value=value), [-i for i in s]))


def _rate(step: Chosen, here: Chosen, costs: Sequence[float], *, value: _Remembered) -> float:
    """Return the gain of a step for its cost; what costs nothing comes first."""
    price = _cost(step, costs) - _cost(here, costs)
    return (value(step) - value(here)) / price if price > 0 else float("inf")


def _merit(
    chosen: Chosen, costs: Sequence[float], value: _Remembered
) -> tuple[float, float, list[int]]:
    return value(chosen), -_cost(chosen, costs), [-i for i in chosen]


def _cost(chosen: Chosen, costs: Sequence[float]) -> float:
    """Return the total cost without the dust of adding: 0.1 and 0.2 are within 0.3."""
    return round(fsum(costs[i] for i in chosen), _DECIMALS)


def _rules() -> dict[str, dict[str, float]]:
    rules: dict[str, dict[str, float]] = load_toml("rules/treatments.toml")["what_if"]
    return rules
