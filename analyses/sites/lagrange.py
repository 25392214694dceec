"""How cheap can a choice of sites be at best?  Bounds from both sides that shrink the programme.

Lagrangian relaxation of "each demand point is served once" gives lower bounds from sorting and
summing alone (Cornuéjols, Fisher and Nemhauser 1977); a greedy start, the relaxation's own choices
and exchanges of one site for another (Teitz and Bart 1968) give the upper one.  What would push
the lower bound above the upper one is no part of an optimum and is dropped, so the programme that
HiGHS has to prove is small, and the proof stays exact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from geo.arrays import Flags, Floats, Ints


_STEPS = 6000
_PATIENCE = (20, 20, 200)
_STARTS = 20
_SHRINK = 0.7
_LEAST = 1e-3
_MEMORY = 0.95
_FLOOR = 0.05
_MOST_EXCHANGES = 500
_MOST_CELLS = 5_000_000
_CLOSE = 1e-12


@dataclass(frozen=True, eq=False)
class Offers:
    """What it costs to serve a demand point from a site, sorted by demand, cost and site.

    Attributes
    ----------
    site, demand, cost
        The offers; every cost is below the demand point's `outside`.
    outside
        For each demand point: cost of none of the offers (an existing site, or no place), inf
        where one of them must be taken.
    sites
        How many sites there are.
    """

    site: Ints
    demand: Ints
    cost: Floats
    outside: Floats
    sites: int

    def only(self, keep: Flags) -> Offers:
        """Return some of the offers."""
        kept = (self.site[keep], self.demand[keep], self.cost[keep])
        return Offers(*kept, self.outside, self.sites)


@dataclass(frozen=True, eq=False)
class Bounds:
    """A choice with its cost, the lower bound, and what the relaxation says of each offer."""

    chosen: Ints
    upper: float
    lower: float
    price: Floats
    value: Floats


@dataclass(frozen=True, eq=False)
class Left:
    """What may still be part of an optimum: offers, sites that are in all optima, and in some."""

    offers: Offers
    needed: Ints
    possible: Ints


def total_cost(offers: Offers, chosen: Ints) -> float:
    """Return the cost of serving all from the chosen sites, inf where somebody is left."""
    return float(_served(offers, chosen, offers.outside).first.sum())


def bounds_of(offers: Offers, count: int) -> tuple[Bounds, Left]:
    """Bound the cheapest choice of at most `count` sites from both sides, and say what is left.

    A second, more patient search goes on with what the first one leaves.
    """
    # A finite stand-in for "must be served": one left over costs more than all others together.
    ceiling = np.zeros(len(offers.outside))
    np.maximum.at(ceiling, offers.demand, offers.cost)
    dear = ceiling.sum() + 1.0
    outside = np.where(np.isinf(offers.outside), dear, offers.outside)
    chosen = _exchanged(offers, _greedy(offers, count, outside), outside)
    served = _served(offers, chosen, outside)
    price = np.clip((served.first + served.second) / 2, 0.0, outside)
    bounds = Bounds(chosen, float(served.first.sum()), -np.inf, price, np.zeros(offers.sites))
    every = np.arange(offers.sites)
    left = Left(replace(offers, outside=outside), every[:0], every)
    for patience in _PATIENCE:
        bounds = _descend(left.offers, count, bounds, patience=patience)
        bounds = _improved(left.offers, count, bounds)
        left = _reduced(left.offers, bounds, count)
    return bounds, replace(left, offers=replace(left.offers, outside=offers.outside))


def _reduced(offers: Offers, bounds: Bounds, count: int) -> Left:
    """Drop what would push the lower bound above the upper one: it is no part of an optimum."""
    most = bounds.upper + _CLOSE * abs(bounds.upper)
    order = np.argsort(bounds.value, kind="stable")
    taken = np.zeros(offers.sites, dtype=bool)
    taken[order[:count]] = True
    last = bounds.value[order[count - 1]]
    following = bounds.value[order[count]] if count < offers.sites else 0.0
    entering = np.where(taken, 0.0, bounds.value - last)
    possible = bounds.lower + entering <= most
    needed = taken & (bounds.lower + following - bounds.value > most)
    dearer = np.maximum(offers.cost - bounds.price[offers.demand], 0.0)
    keep = bounds.lower + entering[offers.site] + dearer <= most
    # An offer dearer than that of a site which is chosen anyway is never taken.
    limit = np.full(len(offers.outside), np.inf)
    sure = needed[offers.site]
    np.minimum.at(limit, offers.demand[sure], offers.cost[sure])
    keep &= possible[offers.site] & (offers.cost <= limit[offers.demand])
    return Left(offers.only(keep), np.flatnonzero(needed), np.flatnonzero(possible))


@dataclass(frozen=True, eq=False)
class _Served:
    """Cheapest and second cheapest cost of each demand point, and the place of the cheapest."""

    first: Floats
    second: Floats
    place: Ints


def _served(offers: Offers, chosen: Ints, outside: Floats) -> _Served:
    rank = np.full(offers.sites, -1)
    rank[chosen] = np.arange(len(chosen))
    near = np.flatnonzero(rank[offers.site] >= 0)
    demand = offers.demand[near]
    begin = np.ones(len(near), dtype=bool)
    begin[1:] = demand[1:] != demand[:-1]
    first, second = outside.copy(), outside.copy()
    place = np.full(len(outside), -1, dtype=np.int64)
    first[demand[begin]] = offers.cost[near[begin]]
    place[demand[begin]] = rank[offers.site[near[begin]]]
    after = np.flatnonzero(begin) + 1
    after = after[after < len(near)]
    after = after[~begin[after]]
    second[demand[after]] = offers.cost[near[after]]
    return _Served(first, second, place)


def _greedy(offers: Offers, count: int, outside: Floats) -> Ints:
    """Choose so many sites, always adding the one that saves most."""
    now = outside.copy()
    chosen = np.zeros(offers.sites, dtype=bool)
    by_site = np.argsort(offers.site, kind="stable")
    start = np.searchsorted(offers.site[by_site], np.arange(offers.sites + 1))
    for _ in range(count):
        saved = np.maximum(now[offers.demand] - offers.cost, 0.0)
        gain = _sums(offers.site, saved, offers.sites)
        gain[chosen] = -1.0
        best = int(np.argmax(gain))
        chosen[best] = True
        own = by_site[start[best] : start[best + 1]]
        now[offers.demand[own]] = np.minimum(now[offers.demand[own]], offers.cost[own])
    return np.flatnonzero(chosen)


def _improved(offers: Offers, count: int, bounds: Bounds) -> Bounds:
    """Exchange sites from several starts among those that the relaxation likes; keep the best."""
    order = np.argsort(bounds.value, kind="stable")
    pool = order[: min(2 * count, len(order))]
    draw = np.random.default_rng(0)  # the same starts in every run
    starts = [bounds.chosen, order[:count]]
    starts += [draw.choice(pool, count, replace=False) for _ in range(_STARTS)]
    for start in starts:
        chosen = _exchanged(offers, np.sort(start), offers.outside)
        upper = float(_served(offers, chosen, offers.outside).first.sum())
        if upper < bounds.upper:
            bounds = replace(bounds, chosen=chosen, upper=upper)
    return bounds


def _exchanged(offers: Offers, chosen: Ints, outside: Floats) -> Ints:
    """Exchange one site for another as long as that saves anything, the best exchange first."""
    count = len(chosen)
    if count * offers.sites > _MOST_CELLS or count in (0, offers.sites):
        return chosen
    chosen = chosen.copy()
    for _ in range(_MOST_EXCHANGES):
        served = _served(offers, chosen, outside)
        saved = _savings(offers, served, count)
        saved[chosen] = -np.inf
        best = int(np.argmax(saved))
        site, place = divmod(best, count)
        if saved[site, place] <= _CLOSE * served.first.sum():
            break
        chosen[place] = site
    return np.sort(chosen)


def _savings(offers: Offers, served: _Served, count: int) -> Floats:
    """Return what is saved by opening a site (row) and closing a chosen one (column)."""
    demand, cost = offers.demand, offers.cost
    first, second = served.first[demand], served.second[demand]
    gain = _sums(offers.site, np.maximum(first - cost, 0.0), offers.sites)
    has = served.place >= 0
    loss = _sums(served.place[has], (served.second - served.first)[has], count)
    near = (cost < second) & (served.place[demand] >= 0)
    cell = offers.site[near] * count + served.place[demand[near]]
    both = _sums(cell, (second - np.maximum(cost, first))[near], offers.sites * count)
    saved: Floats = gain[:, None] - loss[None, :] + both.reshape(offers.sites, count)
    return saved


def _descend(offers: Offers, count: int, start: Bounds, *, patience: int) -> Bounds:
    """Raise the lower bound by subgradient steps; keep the best choice met on the way.

    Demand points whose costs are far apart take longer steps.
    """
    cheapest, spread = _spread(offers, start.chosen)
    best, price = start, np.maximum(start.price, cheapest)
    direction = np.zeros(len(spread))
    factor, waited = 1.0, 0
    for _ in range(_STEPS):
        lower, value, taken = _relaxed(offers, price, count)
        waited += 1
        if lower > best.lower:
            # Gains too small to matter do not prolong the search.
            waited = 0 if lower > best.lower + _LEAST * (best.upper - best.lower) else waited
            cost_now = float(_served(offers, taken, offers.outside).first.sum())
            if cost_now < best.upper:
                best = replace(best, chosen=np.sort(taken), upper=cost_now)
            best = replace(best, lower=lower, price=price, value=value)
        if waited > patience:
            factor, waited, price = factor * _SHRINK, 0, best.price
        if factor < _LEAST or best.upper - best.lower <= _CLOSE * abs(best.upper):
            break
        saved = price[offers.demand] > offers.cost
        is_taken = np.zeros(offers.sites, dtype=bool)
        is_taken[taken] = True
        times = np.bincount(offers.demand[saved & is_taken[offers.site]], minlength=len(spread))
        direction = (1.0 - times) + _MEMORY * direction
        length = float(direction**2 @ spread)
        if length == 0:
            break
        step = factor * (best.upper - lower) / length
        price = np.clip(price + step * spread * direction, cheapest, offers.outside)
    return best


def _relaxed(offers: Offers, price: Floats, count: int) -> tuple[float, Floats, Ints]:
    """Return the lower bound at these prices, each site's value (<= 0), and the sites taken."""
    saved = np.maximum(price[offers.demand] - offers.cost, 0.0)
    value = -_sums(offers.site, saved, offers.sites)
    taken = np.argsort(value, kind="stable")[:count]
    return float(price.sum() + value[taken].sum()), value, taken


def _spread(offers: Offers, chosen: Ints) -> tuple[Floats, Floats]:
    """Return each demand point's cheapest cost and, about 1, how far its costs are apart.

    The geometric mean of two spreads: of all its offers, and of the chosen sites' second one.
    """
    cheapest, dearest = offers.outside.copy(), np.zeros(len(offers.outside))
    np.minimum.at(cheapest, offers.demand, offers.cost)
    np.maximum.at(dearest, offers.demand, offers.cost)
    whole = np.maximum(np.minimum(offers.outside, 2 * dearest) - cheapest, 0.0)
    near = np.maximum(_served(offers, chosen, offers.outside).second - cheapest, 0.0)
    spread = np.sqrt(near * whole)
    mean = float(spread.mean()) if len(spread) else 0.0
    return cheapest, spread / mean + _FLOOR if mean > 0 else np.ones(len(spread))


def _sums(of: Ints, weight: Floats, count: int) -> Floats:
    """Add up the weights of each of `count` things (of no weights, too)."""
    return np.bincount(of, weights=weight, minlength=count).astype(np.float64)
