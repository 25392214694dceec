"""How are lines handed to a compiled kernel, and which of them are near to each door?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from geo.arrays import Floats, Ints


class Pieces(NamedTuple):
    """Lines and, for each door, which of them are near.

    Those of line ``i`` have the vertices ``first[i]`` to ``first[i + 1]``; door ``d`` is near to
    the lines ``line[start[d]:start[d + 1]]``.
    """

    xy: Floats
    first: Ints
    start: Ints
    line: Ints
