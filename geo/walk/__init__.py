"""How far is it on foot: the network and exact searches on it?"""

from geo.walk.access import join
from geo.walk.bends import sharp_bends
from geo.walk.beside import runs_beside
from geo.walk.bicriteria import RISK_UNITS, Ways, fronts, limits_mm, risk_units, ways
from geo.walk.closures import Closure, closed, walk_m
from geo.walk.cutting import cut
from geo.walk.distances import Pairs, nearest, nearest_of_nodes, pairs_within, reached_edges
from geo.walk.edit_network import add_paths
from geo.walk.inner_ways import WaysOut, ways_out, with_ways_out
from geo.walk.interchange import from_networkx, to_networkx
from geo.walk.joining import Joined, join_lines
from geo.walk.nearby import Around, around
from geo.walk.network import EdgeParts, WalkNetwork, assemble, build_network, millimetres, polylines
from geo.walk.opening import streets
from geo.walk.snapping import Snapped, at_nodes, snap
from geo.walk.walls import Walls, open_walls

__all__ = [
    "RISK_UNITS",
    "Around",
    "Closure",
    "EdgeParts",
    "Joined",
    "Pairs",
    "Snapped",
    "WalkNetwork",
    "Walls",
    "Ways",
    "WaysOut",
    "add_paths",
    "around",
    "assemble",
    "at_nodes",
    "build_network",
    "closed",
    "cut",
    "from_networkx",
    "fronts",
    "join",
    "join_lines",
    "limits_mm",
    "millimetres",
    "nearest",
    "nearest_of_nodes",
    "open_walls",
    "pairs_within",
    "polylines",
    "reached_edges",
    "risk_units",
    "runs_beside",
    "sharp_bends",
    "snap",
    "streets",
    "to_networkx",
    "walk_m",
    "ways",
    "ways_out",
    "with_ways_out",
]
