"""Are there signals where they are asked for, and are they green long enough for a child?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from analyses.gates.checks.answer import Answer, all_hold
from analyses.gates.rules import number
from analyses.risk import crossing_time_s
from analyses.rules import profiles_of_kind

if TYPE_CHECKING:
    from analyses.gates.checks.site import Site
    from analyses.gates.rules import GateRule
    from geo.arrays import Flags, Ints


def crossing_signals(site: Site, rule: GateRule) -> Answer:
    """Ask for signals where zebras cross two lanes per direction; over one lane that is advice."""
    ground = site.ground
    row, _ = site.crossings(rule.metres)
    certain, possible = site.facilities(row)
    row, certain = row[certain | possible], certain[certain | possible]
    facility = ground.crossing("facility")[row]
    row, certain = row[facility != "grade_separated"], certain[facility != "grade_separated"]
    if not len(row):
        return Answer("unknown", "no_crossing")
    asked, spared = _asks_signal(site, row)
    signal, may_be = site.facility_in(row, "signal_facilities")
    plain = certain & ~signal & ~may_be
    bad, good = asked & plain, spared | (asked & signal)
    remarks = ("advice_one_lane",) if (spared & plain).any() else ()
    slots = {"bad": int(bad.sum()), "all": len(row), "advised": int((spared & plain).sum())}
    if spared.all():
        return Answer("n.a.", slots=slots, remarks=remarks)
    worst = int(np.argmax(bad)) if bad.any() else int(np.argmin(good))
    return Answer(
        all_hold(good, bad),
        value=float(bad.sum()),
        xy=site.crossing_xy(int(row[worst])),
        slots=slots,
        remarks=remarks,
    )


def _asks_signal(site: Site, row: Ints) -> tuple[Flags, Flags]:
    """Return which crossings must have a signal by their lanes, and which need not.

    In town lanes count per direction, on a highway both directions together; where neither is
    known only what holds either way is certain.
    """
    ground, lanes_from = site.ground, number("lanes_each_way")
    street = ground.crossing("street")[row]
    ways = np.where(ground.street("oneway")[street].astype(bool), 1, 2)
    place = ground.street("settlement")[street]
    most, least = (
        np.where(place == "rural", 1, ways),
        np.where(place == "urban", ways, 1),
    )
    seen = ground.observed("crossing", "lanes")[row]
    low, high = (ground.crossing(f"lanes_{end}")[row] for end in ("low", "high"))
    return seen & (low / most >= lanes_from), seen & (high / least < lanes_from)


def junction_signals(site: Site, rule: GateRule) -> Answer:
    """Ask for signals at the junctions of the larger roads of the zone."""
    ground = site.ground
    node, _ = site.nodes(rule.metres)
    node = node[ground.arms("junction_classes")[node] > 2]  # noqa: PLR2004 - three arms
    if not len(node):
        return Answer("n.a.")
    good, bad = _signals_at(site, node, limit_m=rule.metres)
    worst = int(np.argmax(bad)) if bad.any() else int(np.argmin(good))
    x, y = ground.scene.network.node_xy[node[worst]]
    return Answer(
        all_hold(good, bad),
        value=float((~good).sum()),
        xy=(float(x), float(y)),
        slots={"good": int(good.sum()), "bad": int(bad.sum()), "all": len(node)},
    )


def _signals_at(site: Site, node: Ints, *, limit_m: float) -> tuple[Flags, Flags]:
    """Return which junctions have a signal nearby or at a crossing, and which have none.

    A junction has none where all its crossings were observed to be without.
    """
    ground = site.ground
    row, _ = site.crossings(limit_m)
    certain, _ = site.facility_in(row, "signal_facilities")
    plain = ground.observed("crossing", "facility")[row] & ~certain
    at = ground.crossing("node")[row]
    signal = ground.near_signal[node] | np.isin(node, at[certain])
    without = np.isin(node, at[plain]) & ~np.isin(node, at[~plain])
    return signal, without & ~signal


def green_time(site: Site, rule: GateRule) -> Answer:
    """Ask whether green lasts as long as the youngest pupils need to set off and cross."""
    ground = site.ground
    row, _ = site.crossings(rule.metres)
    row = row[site.facility_in(row, "signal_facilities")[0]]
    if not len(row):
        return Answer("unknown", "no_signal")
    speeds = [profile.speed_m_s for profile in profiles_of_kind(site.kind)]
    if not speeds:
        return Answer("unknown", "no_ages")
    green = ground.crossing("green_s")[row].astype(float)
    low, high = (
        crossing_time_s(ground.crossing(f"width_m_{end}")[row], speed_m_s=min(speeds))
        for end in ("low", "high")
    )
    seen = ground.observed("crossing", "width_m")[row] & np.isfinite(green)
    bad, good = seen & (green < np.round(low, 3)), seen & (green >= np.round(high, 3))
    worst = int(np.argmax(bad)) if bad.any() else int(np.argmin(good))
    return Answer(
        all_hold(good, bad),
        value=float(green[worst]),
        limit=float(low[worst]) if seen[worst] else math.nan,
        xy=site.crossing_xy(int(row[worst])),
        slots={
            "bad": int(bad.sum()),
            "all": len(row),
            "speed": min(speeds),
            "need": float(high[worst]) if np.isfinite(high[worst]) else "?",
        },
    )
