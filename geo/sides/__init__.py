"""Which side of the street: both sides, and every crossing an edge of its own?"""

from geo.sides.build import expand, snap_to_sides
from geo.sides.model import EdgeKind, Sides

__all__ = [
    "EdgeKind",
    "Sides",
    "expand",
    "snap_to_sides",
]
