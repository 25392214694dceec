"""All short and safe ways from a school: our exact search beside a sweep of weights with scipy.

    python tests/benchmarks/bench_routes.py
    python tests/benchmarks/bench_routes.py --side 60 --radius-m 400 800 --demo 0

Junctions some 60 m apart, streets missing here and there, risks drawn from a lognormal
distribution (few streets have most of the risk); a school in the middle, and homes at all junctions
within the radius along the streets.  Each home wants the safest way that is at most 1.3 times its
shortest one.  The sweep does what routers do: for each of 17 weights one tree of shortest ways by
``length + weight * risk``, and of its 17 ways a home takes the safest one within the cap.
Milliseconds are the best of some runs after the first (which compiles).  "worse" are the homes
whose way is riskier than the exact one; "gap" by how much.

Then everything that a run says of ways to school (street sides, risk, routes, exposure, audits,
ledger, survey) for the demo town so many times as large; 0 leaves it out.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from benchmarks.graphs import city
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.walk.bicriteria import fronts, limits_mm
from geo.walk.distances import nearest
from geo.walk.snapping import at_nodes

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from geo.walk.network import WalkNetwork

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

CAP = 1.3
KEPT = 0.85
WEIGHTS = np.concatenate([[0.0], np.geomspace(0.01, 1000.0, 16)])  # metres a point
RUNS = 5


def town(side: int) -> tuple[WalkNetwork, Ints]:
    """Return streets and the risks of the edges (thousandths of a point)."""
    network = city(side * side, kept=KEPT)
    rng = np.random.default_rng(4)
    return network, np.rint(1000 * rng.lognormal(0.0, 1.5, len(network.edge_length_mm))).astype(int)


def catchment(network: WalkNetwork, radius_m: float) -> tuple[int, Ints, Ints]:
    """Return the school's node, the nodes of the homes, and their shortest ways (mm)."""
    middle = (network.node_xy.min(axis=0) + network.node_xy.max(axis=0)) / 2
    school = int(np.argmin(np.hypot(*(network.node_xy - middle).T)))
    nodes = at_nodes(network, np.arange(len(network.node_xy)))
    found = nearest(network, at_nodes(network, np.array([school])), nodes, limit_m=radius_m)
    homes = np.flatnonzero(np.isfinite(found.distance_m) & (found.distance_m > 0))
    return school, homes, np.rint(found.distance_m[homes] * 1000).astype(np.int64)


def exact(network: WalkNetwork, risk: Ints, school: int, homes: Ints, shortest_mm: Ints) -> Ints:
    """Return the least risk of each home within the cap."""
    found = fronts(
        network,
        at_nodes(network, np.array([school])),
        at_nodes(network, homes),
        risk=risk,
        limit_mm=limits_mm(shortest_mm, detour_cap=CAP),
        labels_max=10**7,
    )
    return found.risk[found.start[1:] - 1]


def swept(network: WalkNetwork, risk: Ints, school: int, homes: Ints, shortest_mm: Ints) -> Ints:
    """Return the least risk that a way of the sweep has within the cap."""
    tail = np.repeat(np.arange(len(network.node_xy)), np.diff(network.indptr))
    length_mm = network.arc_length_mm.astype(np.float64)
    points = risk[network.arc_edge].astype(np.float64)
    size = (len(network.node_xy),) * 2
    best = np.full(len(homes), np.inf)
    by_arc = csr_array((np.arange(1, len(tail) + 1), (tail, network.neighbour)), shape=size)
    for weight in WEIGHTS:
        cost = csr_array((length_mm + weight * points, (tail, network.neighbour)), shape=size)
        far = CAP * shortest_mm.max() + weight * points.sum()
        _, before = dijkstra(cost, indices=school, limit=far, return_predecessors=True)
        length, risks = summed(by_arc, before, school, homes, (length_mm, points))
        within = length <= limits_mm(shortest_mm, detour_cap=CAP)
        best = np.where(within, np.minimum(best, risks), best)
    return best.astype(np.int64)


def summed(
    by_arc: csr_array, before: Ints, school: int, homes: Ints, amounts: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    """Return length and risk of the ways of a tree, all homes a step at a time."""
    here = homes.copy()
    total = [np.zeros(len(homes)) for _ in amounts]
    going = np.flatnonzero(here != school)
    while len(going):
        arc = np.asarray(by_arc[before[here[going]], here[going]]).ravel().astype(int) - 1
        for so_far, amount in zip(total, amounts, strict=True):
            so_far[going] += amount[arc]
        here[going] = before[here[going]]
        going = going[here[going] != school]
    return total[0], total[1]


def milliseconds(work: Callable[[], object]) -> float:
    """Return the best of some runs."""
    best = np.inf
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return 1000 * float(best)


def compare(side: int, radius_m: float) -> dict[str, float]:
    """Return times of both and how much worse the sweep is."""
    network, risk = town(side)
    task = (network, risk, *catchment(network, radius_m))
    ours, theirs = exact(*task), swept(*task)
    assert (ours <= theirs).all(), "the exact way is never riskier"
    gap = theirs / ours - 1
    return {
        "nodes": len(network.node_xy),
        "homes": len(ours),
        "exact_ms": milliseconds(lambda: exact(*task)),
        "sweep_ms": milliseconds(lambda: swept(*task)),
        "worse": float((gap > 0).mean()),
        "gap_p95": float(np.quantile(gap, 0.95)),
        "gap_max": float(gap.max()),
    }


def district(size: int) -> dict[str, float]:
    """Answer all questions about ways to school in a town so many times the demo's size."""
    from town.write import write_demo

    from analyses.risk import dangers
    from analyses.routes import school_city
    from analyses.run.inputs import read_inputs
    from analyses.run.order import city_of, safety_options
    from analyses.run.ways_to_school import safety
    from analyses.study.settings import load_study

    with tempfile.TemporaryDirectory() as folder:
        write_demo(Path(folder) / "demo", size=size)
        study = load_study(Path(folder) / "demo")
        inputs = read_inputs(study)
    city = school_city(city_of(study, inputs))
    wall, cpu = time.perf_counter(), time.process_time()
    found = safety(city, dangers(city.scene), safety_options(study, inputs))
    return {
        "schools": len(city.facilities),
        "children": float(found.routes.pupils["children"].sum()),
        "hazards": len(found.hazards),
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "max_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    """Print a row for each radius, and one for the whole district."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=150)
    parser.add_argument("--radius-m", type=float, nargs="+", default=[800.0, 2000.0, 4000.0])
    parser.add_argument("--demo", type=int, default=10)
    options = parser.parse_args()
    print("radius_m nodes homes exact_ms sweep_ms worse gap_p95 gap_max")
    for radius_m in options.radius_m:
        row = compare(options.side, radius_m)
        print(
            f"{radius_m:.0f} {row['nodes']:.0f} {row['homes']:.0f} {row['exact_ms']:.2f}"
            f" {row['sweep_ms']:.1f} {row['worse']:.1%} {row['gap_p95']:.1%} {row['gap_max']:.1%}"
        )
    if options.demo:
        took = district(options.demo)
        print("schools children hazards wall_s cpu_s max_mb")
        print(" ".join(f"{value:.0f}" for value in took.values()))


def test_the_exact_search_is_never_worse_and_takes_less_than_50_ms() -> None:
    row = compare(60, 800.0)
    assert row["worse"] > 0
    assert row["exact_ms"] < 50


if __name__ == "__main__":
    main()
