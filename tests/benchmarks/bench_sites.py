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
from typing import TYPE_CHECKING

import numpy as np

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

QUESTIONS = ("lscp", "mclp", "p_median", "p_center")
NEEDS: dict[str, tuple[str, ...]] = {
    "ours": (), "spopt": ("spopt",), "spopt-highs": ("spopt", "highspy"),
}  # fmt: skip
ENGINES = tuple(NEEDS)
SIZES = ("200x20", "1000x100", "5000x500")
REACH_M, RADIUS_M, FAR_M = 6_000.0, 1_000.0, 1e5
SIDE_M, SPREAD_M, TOWNS, DETOUR = 900.0, 1_200.0, 40, 1.3


def instance(size: str) -> tuple[Floats, Floats, int]:
    """Return distances (inf beyond reach), children, and how many sites to choose."""
    demands, sites = (int(number) for number in size.split("x"))
    draw = np.random.default_rng(11)
    side = SIDE_M * np.sqrt(sites)
    towns = draw.uniform(0, side, (TOWNS, 2))
    weight = draw.pareto(1.5, TOWNS) + 0.3

    def places(count: int) -> Floats:
        town = towns[draw.choice(TOWNS, count, p=weight / weight.sum())]
        inside = town + draw.normal(0, SPREAD_M, (count, 2))
        spread = draw.uniform(0, side, (count, 2))
        return np.where(draw.random((count, 1)) < 0.7, inside, spread)

    options, homes = places(sites), places(3 * demands)
    metres = DETOUR * np.hypot(*(homes[:, None] - options[None]).transpose(2, 0, 1))
    metres = np.rint(metres * 10) / 10
    metres = metres[metres.min(axis=1) <= RADIUS_M][:demands]
    children = draw.integers(1, 60, len(metres)).astype(np.float64)
    return np.where(metres <= REACH_M, metres, np.inf), children, max(sites // 8, 3)


def ours(question: str, size: str, limit_s: float) -> tuple[float, float, float]:
    """Return objective, seconds and gap."""
    from analyses.sites import center, cover, highs, median, problem
    from geo.walk.distances import Pairs

    metres, children, count = instance(size)
    demand, site = np.nonzero(np.isfinite(metres))
    pairs = Pairs(site, demand, metres[demand, site])
    start = time.perf_counter()
    reach = problem.reach_from_pairs(pairs, sites=metres.shape[1], demands=metres.shape[0])
    task = problem.siting_problem(reach, children, unreached_sites=True)
    means, effort = problem.Means(count), highs.Effort(time_limit_s=limit_s)
    ask = {
        "lscp": lambda: cover.lscp(task, radius_m=RADIUS_M, effort=effort),
        "mclp": lambda: cover.mclp(task, means, radius_m=RADIUS_M, effort=effort),
        "p_median": lambda: median.p_median(task, means, unreached_m=FAR_M, effort=effort),
        "p_center": lambda: center.p_center(task, means, effort=effort),
    }
    answer = ask[question]()
    return answer.objective, time.perf_counter() - start, answer.gap


def spopt(question: str, size: str, engine: str) -> tuple[float, float, float]:
    """Return objective, seconds and gap (0: it stops at the optimum)."""
    import pulp
    from spopt import locate

    metres, children, count = instance(size)
    full = np.where(np.isfinite(metres), metres, FAR_M)
    solver = pulp.HiGHS(msg=False, gapRel=0.0) if engine == "spopt-highs" else pulp.PULP_CBC_CMD(
        msg=False, gapRel=0.0
    )  # fmt: skip
    start = time.perf_counter()
    model = {
        "lscp": lambda: locate.LSCP.from_cost_matrix(full, RADIUS_M),
        "mclp": lambda: locate.MCLP.from_cost_matrix(full, children, RADIUS_M, count),
        "p_median": lambda: locate.PMedian.from_cost_matrix(full, children, count),
        "p_center": lambda: locate.PCenter.from_cost_matrix(full, count),
    }[question]()
    model.solve(solver)
    seconds = time.perf_counter() - start
    value = float(model.problem.objective.value())
    return (value / children.sum() if question == "p_median" else value), seconds, 0.0


def ask(engine: str, question: str, size: str, *, limit_s: float) -> tuple[float, ...] | None:
    """Ask an engine in a process of its own; None: stopped at the limit."""
    job = [sys.executable, __file__, "--job", engine, question, size, str(limit_s)]
    try:
        done = subprocess.run(
            job, capture_output=True, text=True, check=True, timeout=limit_s * 1.5 + 30
        )
    except subprocess.TimeoutExpired:
        return None
    return tuple(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", default=SIZES)
    parser.add_argument("--questions", nargs="+", default=QUESTIONS, choices=QUESTIONS)
    parser.add_argument("--engines", nargs="+", default=ENGINES, choices=ENGINES)
    parser.add_argument("--limit-s", type=float, default=300.0)
    parser.add_argument("--job", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        engine, question, size, limit = options.job
        run = ours(question, size, float(limit)) if engine == "ours" else spopt(
            question, size, engine
        )  # fmt: skip
        print(json.dumps(run))
        return
    engines = [e for e in options.engines if all(map(importlib.util.find_spec, NEEDS[e]))]
    print(f"{'size':10} {'question':9} {'engine':12} {'objective':>14} {'seconds':>9} {'ratio':>8}")
    for size in options.sizes:
        for question in options.questions:
            compare(question, size, engines, limit_s=options.limit_s)


def compare(question: str, size: str, engines: list[str], *, limit_s: float) -> None:
    """Print one line for each engine; the ratio is to the first one's seconds."""
    first: tuple[float, ...] | None = None
    for engine in engines:
        found = ask(engine, question, size, limit_s=limit_s)
        first = first or found
        head = f"{size:10} {question:9} {engine:12}"
        if found is None:
            ratio = f"> {limit_s / first[1]:.0f}" if first else "-"
            print(f"{head} {'stopped':>14} {'-':>9} {ratio:>8}", flush=True)
            continue
        value, seconds, gap = found
        ratio = seconds / first[1] if first else 1.0
        apart = first is not None and abs(value - first[0]) > 1e-6 * abs(value)
        notes = (f" gap {gap:.2%}" if gap else "") + (" differs" if apart else "")
        print(f"{head} {value:14.4f} {seconds:9.2f} {ratio:8.1f}{notes}", flush=True)


if __name__ == "__main__":
    main()
