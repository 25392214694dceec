"""yimi 一米: spatial analysis for child-friendly cities.  The names that one imports.

Each is loaded from its room when it is first used; ``help(yimi.coverage)`` says what it takes and
gives.  The commands are `yimi_cli`.

>>> import yimi
>>> set(dir(yimi)) == set(yimi.__all__)
True
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import analyses
import geo
import maps

if TYPE_CHECKING:
    from analyses.coverage import coverage as coverage
    from analyses.coverage import reach as reach
    from analyses.facilities import entrances as entrances
    from analyses.rules import standards as standards
    from analyses.run import run_study as run_study
    from analyses.study import load_study as load_study
    from geo.crs import metric_crs as metric_crs
    from geo.osm import streets_from_osm as streets_from_osm
    from geo.read import read_layer as read_layer
    from geo.walk import build_network as build_network
    from geo.walk import from_networkx as from_networkx
    from geo.walk import streets as streets
    from geo.walk import to_networkx as to_networkx
    from maps.outputs import write_outputs as write_outputs
    from maps.page.folium_map import folium_map as folium_map
else:
    _HOME = {
        "build_network": "geo.walk:build_network",
        "coverage": "analyses.coverage:coverage",
        "entrances": "analyses.facilities:entrances",
        "folium_map": "maps.page.folium_map:folium_map",
        "load_study": "analyses.study:load_study",
        "metric_crs": "geo.crs:metric_crs",
        "reach": "analyses.coverage:reach",
        "streets": "geo.walk:streets",
        "to_networkx": "geo.walk:to_networkx",
        "from_networkx": "geo.walk:from_networkx",
        "read_layer": "geo.read:read_layer",
        "run_study": "analyses.run:run_study",
        "standards": "analyses.rules:standards",
        "streets_from_osm": "geo.osm:streets_from_osm",
        "write_outputs": "maps.outputs:write_outputs",
    }
    __all__ = list(_HOME)

    def __getattr__(name: str) -> object:
        """Import a name when it is first used."""
        if name not in _HOME:
            raise AttributeError(f"module 'yimi' has no attribute {name!r}")
        room, _, own = _HOME[name].partition(":")
        return getattr(importlib.import_module(room), own)

    def __dir__() -> list[str]:
        """Return the names to complete."""
        return __all__


for _package in (geo, analyses, maps):
    if Path(str(_package.__file__)).parents[1] != Path(__file__).parent:
        raise ImportError(
            f"{_package.__file__} is not part of yimi: another installed package is also called"
            f" '{_package.__name__}'. Install yimi into an environment of its own."
        )
if __name__ == "__main__":
    from yimi_cli import main

    main()
