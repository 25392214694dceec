"""Which rooms has the house, what does each answer, and who stands on whom?

Rooms and arrows are the imports as they are; the order of rooms that import-linter holds comes
from ``pyproject.toml``.  A room's question is the first line of its module, in
Chinese in ``rooms.toml``.
"""

from __future__ import annotations

import importlib
import tomllib
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import grimp
import networkx as nx

from handbook.house_picture import drawn
from handbook.markdown import table, words

if TYPE_CHECKING:
    from geo.words import Lang

STOREYS = ("maps", "analyses", "geo")
_HERE = Path(__file__).parent
_PROJECT = _HERE.parents[1] / "pyproject.toml"


@dataclass(frozen=True)
class House:
    """The rooms of each storey by floors, from above, and the arrows that others do not imply."""

    floors: dict[str, tuple[tuple[str, ...], ...]]
    arrows: frozenset[tuple[str, str]]
    between: dict[tuple[str, str], int]


@cache
def house() -> House:
    """Return the house as its imports have it.

    Raises
    ------
    networkx.NetworkXUnfeasible
        Where rooms import each other in a circle.
    """
    graph = grimp.build_graph(*STOREYS, include_external_packages=False)
    floors, arrows = {}, set()
    for storey in STOREYS:
        rooms: nx.DiGraph[str] = nx.DiGraph()
        rooms.add_nodes_from(graph.find_children(storey))
        rooms.add_edges_from(
            (above, below)
            for above in rooms.nodes
            for below in rooms.nodes
            if above != below
            and graph.direct_import_exists(importer=above, imported=below, as_packages=True)
        )
        arrows |= set(nx.transitive_reduction(rooms).edges)
        floors[storey] = _floors(rooms, _order(storey))
    between = {
        (above, below): _imports(graph, above, below)
        for above in STOREYS
        for below in STOREYS[STOREYS.index(above) + 1 :]
    }
    return House(floors, frozenset(arrows), between)


def questions(lang: Lang) -> dict[str, str]:
    """Return the question that each room answers."""
    rooms = [r for floors in house().floors.values() for floor in floors for r in floor]
    if lang == "en":
        return {room: _first_line(room) for room in rooms}
    zh = tomllib.loads((_HERE / "rooms.toml").read_text("utf-8"))
    return {room: zh[storey][name] for room in rooms for storey, _, name in [room.partition(".")]}


def house_part(lang: Lang) -> str:
    """Return the drawn house, as SVG inside a page."""
    return f"```{{raw}} html\n{drawn(house(), questions(lang), lang)}\n```\n"


def rooms_part(lang: Lang) -> str:
    """Return the rooms from the top floor down, with their questions and their faces."""
    asked = questions(lang)
    rows = (
        (f"`{room}`", asked[room], _face(room))
        for floors in house().floors.values()
        for floor in floors
        for room in floor
    )
    return table(words("room question face", lang), rows)


def _imports(graph: grimp.ImportGraph, above: str, below: str) -> int:
    return sum(
        found.startswith(f"{below}.")
        for module in graph.find_descendants(above)
        for found in graph.find_modules_directly_imported_by(module)
    )


def _order(storey: str) -> list[tuple[str, str]]:
    """Return the order that import-linter holds, as pairs: above, below."""
    contracts = tomllib.loads(_PROJECT.read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers: list[str] = next(
        (
            c["layers"]
            for c in contracts
            if c["type"] == "layers" and f"{storey}." in c["layers"][0]
        ),
        [],
    )
    floors = [[room.strip() for room in layer.split("|")] for layer in layers]
    return [(a, b) for above, below in pairwise(floors)
            for a in above for b in below]  # fmt: skip


def _floors(rooms: nx.DiGraph[str], order: list[tuple[str, str]]) -> tuple[tuple[str, ...], ...]:
    """Put each room as high as the longest way down from it, so that every arrow points down."""
    ordered: nx.DiGraph[str] = nx.DiGraph([*rooms.edges, *order])
    ordered.add_nodes_from(rooms.nodes)
    return tuple(tuple(sorted(g)) for g in reversed(list(nx.topological_generations(
        ordered.reverse(copy=True)))))  # fmt: skip


def _first_line(room: str) -> str:
    text = importlib.import_module(room).__doc__ or ""
    return text.strip().partition("\n\n")[0].replace("\n", " ").replace("``", "`")


def _face(room: str) -> str:
    names = getattr(importlib.import_module(room), "__all__", ())
    return ", ".join(f"`{name}`" for name in names)
