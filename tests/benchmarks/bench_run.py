"""How long do the whole jobs take: `yimi run` of the x10 demo, `yimi check` of a million rows?

    python tests/benchmarks/bench_run.py [--size 10] [--rows 1000000]

Each job is a process of its own; wall seconds, CPU seconds and the greatest resident memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
sys.path[:0] = [str(CHECKOUT), str(CHECKOUT / "tests")]


def timed(*words: object) -> tuple[dict[str, float], str]:
    """Run yimi and return what it took, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    command = [sys.executable, str(CHECKOUT / "yimi_cli.py"), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode > 1:
        sys.exit(done.stderr)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": wall, "cpu_s": cpu, "max_mb": after.ru_maxrss / 1024}, done.stdout


def show(job: str, took: dict[str, float]) -> None:
    print(
        f"{job:34} {took['wall_s']:7.1f} s wall {took['cpu_s']:7.1f} s CPU {took['max_mb']:7.0f} MB"
    )


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--size", type=int, default=10)
    options.add_argument("--rows", type=int, default=1_000_000)
    chosen = options.parse_args()
    from town.write import write_demo

    with tempfile.TemporaryDirectory() as aside:
        folder = Path(aside)
        table = folder / "million.csv"
        with table.open("w", encoding="utf-8") as file:
            file.write("编号,名称,类型,经度,纬度,学位数\n")
            for n in range(chosen.rows):
                place = f"{116.5 + n % 1000 / 2000:.6f},{38.5 + n // 1000 / 2000:.6f}"
                file.write(f"F{n:07d},示例小学-{n},小学,{place},{n % 900}\n")
        took, _ = timed("check", table, "--out", folder / "checked", "--quiet")
        show(f"check of {chosen.rows:,} rows", took)
        write_demo(folder / "demo", size=chosen.size)
        took, printed = timed("run", folder / "demo", "--json")
        show(f"run of the x{chosen.size} demo", took)
        for part, seconds in json.loads(printed)["seconds"].items():
            print(f"    {part:30} {seconds:7.1f} s")


if __name__ == "__main__":
    main()
