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
    from analyses.city import City as City
    from analyses.coverage import reach as reach
    from analyses.facilities import entrances as entrances
    from analyses.run import audit as audit
    from analyses.run import communities as communities
    from analyses.run import coverage as coverage
    from analyses.run import demand as demand
    from analyses.run import facilities as facilities
    from analyses.run import hazards as hazards
    from analyses.run import load as load
    from analyses.run import places as places
    from analyses.run import routes as routes
    from analyses.run import rule as rule
    from analyses.run import run as run
    from analyses.run import sites as sites
    from analyses.run import standards as standards
    from analyses.run import what_if as what_if
    from analyses.run import zones as zones
    from analyses.treatments import Edit as Edit
    from geo.read import ReadOptions as ReadOptions
    from geo.walk import from_networkx as from_networkx
    from geo.walk import streets as streets
    from geo.walk import to_networkx as to_networkx
else:
    _HOME = {
        "City": "analyses.city:City",
        "Edit": "analyses.treatments:Edit",
        "ReadOptions": "geo.read:ReadOptions",
        "audit": "analyses.run:audit",
        "communities": "analyses.run:communities",
        "coverage": "analyses.run:coverage",
        "demand": "analyses.run:demand",
        "demo": "geo.bundled:DEMO",
        "entrances": "analyses.facilities:entrances",
        "facilities": "analyses.run:facilities",
        "from_networkx": "geo.walk:from_networkx",
        "hazards": "analyses.run:hazards",
        "load": "analyses.run:load",
        "places": "analyses.run:places",
        "publish": "maps.public:write_site",
        "reach": "analyses.coverage:reach",
        "read": "geo.read:read_layer",
        "routes": "analyses.run:routes",
        "rule": "analyses.run:rule",
        "run": "analyses.run:run",
        "sites": "analyses.run:sites",
        "standards": "analyses.run:standards",
        "streets": "geo.walk:streets",
        "to_networkx": "geo.walk:to_networkx",
        "what_if": "analyses.run:what_if",
        "write": "maps.outputs:write_outputs",
        "zones": "analyses.run:zones",
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
