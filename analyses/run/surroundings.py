"""What stands around the homes and doors of a study: walls, compounds and their private ways?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import geopandas as gpd

from analyses.streets import compounds_of, walls_of
from geo.crs import project
from geo.osm import is_osm
from geo.walk import build_network

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analyses.run.safety_inputs import SafetyInputs
    from analyses.study import LayerInput, Study
    from geo.osm import Streets
    from geo.people import Homes
    from geo.read import Layer
    from geo.walk import WalkNetwork, Walls


class Books(Protocol):
    """Reads the files of a study and keeps account of them."""

    roads: gpd.GeoDataFrame | None
    """The road layer, where the streets are no OSM file."""

    def read(self, section: LayerInput, /) -> Layer:
        """Read a layer."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What says how a home or a door is left, see `analyses.city.City`."""

    walls: Walls
    inner: WalkNetwork | None
    compounds: gpd.GeoDataFrame


def surroundings_of(
    study: Study,
    books: Books,
    streets: Streets,
    *,
    network: WalkNetwork,
    osm: Mapping[str, gpd.GeoDataFrame],
    safe: SafetyInputs,
    gates: gpd.GeoDataFrame | None,
    homes: Homes | None,
) -> Surroundings:
    """Put together what no way to a door crosses, from all layers of a study."""
    crs = network.crs
    nothing = gpd.GeoDataFrame({"layer": [], "tags": []}, geometry=[], crs=crs)
    features = osm.get("obstacles", nothing)
    layer = None
    if study.compounds is not None:
        layer = project(books.read(study.compounds).frame, crs)
    own_file = study.buildings is not None and not is_osm(study.buildings.path)
    walls = walls_of(
        features,
        safe.official,
        gates=gates,
        roads=None if books.roads is None else project(books.roads, crs),
        buildings=homes.buildings if homes is not None and own_file else None,
        compounds=layer,
        network=network,
    )
    inner = None
    if streets.inner is not None:
        name = study.streets.path
        inner = build_network(streets.inner, crs=crs, island_max_length_m=0.0, name=name)
    return Surroundings(walls, inner, compounds_of(features, layer))
