"""Our siting beside spopt (pulp): same distances, same question, seconds from distances to answer.

    python tests/benchmarks/bench_sites.py
    python tests/benchmarks/bench_sites.py --sizes 5000x500 --questions lscp mclp --limit-s 600

Places lie in and between towns; a pair farther apart than the reach is none of ours and costs FAR
metres in spopt's full matrix, so both have the same optimum as long as everybody has a site.  Every
answer is found in a process of its own, one after the other; wall seconds from the distances in
memory to the answer, without imports.  An engine that is stopped at the limit has no ratio, only a
lower bound of it.  spopt's default solver is CBC; `spopt-highs` is pulp with HiGHS.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

QUESTIONS = ("lscp", "mclp", "p_median", "p_center")
ENGINES = ("ours", "spopt", "spopt-highs")
SIZES = ("200x20", "1000x100", "5000x500")
REACH_M, RADIUS_M, FAR_M = 6_000.0, 1_000.0, 1e5
SIDE_M, SPREAD_M, TOWNS, DETOUR = 20_000.0, 1_200.0, 40, 1.3


def instance(demands: int, sites: int) -> tuple[Floats, Floats, int]:
    """Return distances (inf beyond reach), children, and how many sites to choose."""
    draw = np.random.default_rng(11)
    towns = draw.uniform(0, SIDE_M, (TOWNS, 2))
    weight = draw.pareto(1.5, TOWNS) + 0.3

    def places(count: int) -> Floats:
        town = towns[draw.choice(TOWNS, count, p=weight / weight.sum())]
        inside = town + draw.normal(0, SPREAD_M, (count, 2))
        spread = draw.uniform(0, SIDE_M, (count, 2))
        return np.where(draw.random((count, 1)) < 0.7, inside, spread)

    homes, options = places(demands), places(sites)
    metres = DETOUR * np.hypot(*(homes[:, None] - options[None]).transpose(2, 0, 1))
    metres = np.rint(metres * 10) / 10
    children = draw.integers(1, 60, demands).astype(np.float64)
    near = np.where(metres <= REACH_M, metres, np.inf)
    able = np.isfinite(near).any(axis=1)
    return near[able], children[able], max(sites // 8, 2)


def ours(question: str, metres: Floats, children: Floats, count: int) -> float:
    from analyses.sites import center, cover, median, problem

    row, column = np.nonzero(np.isfinite(metres))
    pairs = (row, column, metres[row, column])
    start = time.perf_counter()
    shape = {"sites": metres.shape[1], "demands": metres.shape[0]}
    reach = problem.reach_of(pairs[1], pairs[0], pairs[2], **shape)
    task = problem.siting_problem(reach, children, unreached_sites=True)
    means = problem.Means(count)
    answer = {
        "lscp": lambda: cover.lscp(task, radius_m=RADIUS_M),
        "mclp": lambda: cover.mclp(task, means, radius_m=RADIUS_M),
        "p_median": lambda: median.p_median(task, means, unreached_m=FAR_M),
        "p_center": lambda: center.p_center(task, means),
    }[question]()
    print(json.dumps([answer.objective, time.perf_counter() - start, answer.gap]))
    return answer.objective
