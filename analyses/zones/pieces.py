"""Does a zone hold together, and which other blocks would have to join it where it does not?

A zone is in one piece when each of its blocks is reached from the school's own block by steps
between blocks of the zone that touch.  Where several schools lie in one block, that block holds
the zones of all of them together.  What stands apart is cut off from a plan by separators
(Fischetti and others 2017; Validi, Buchanan and Lykhovyd 2022): a block may only be of a zone if
one of the blocks that part it from the school's own block is of the zone as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scipy import sparse

    from geo.arrays import Flags, Ints


@dataclass(frozen=True, eq=False)
class Pairs:
    """Which block may go to which school, and how blocks touch: p pairs of b blocks, s schools.

    Attributes
    ----------
    block, school
        (p,) of each pair.
    touching
        (b, b) 1 where blocks share a border.
    home
        (s,) block in which each school lies.
    """

    block: Ints
    school: Ints
    touching: sparse.csr_array
    home: Ints

    def take(self, rows: Ints | Flags) -> Pairs:
        """Return some of the pairs."""
        return Pairs(self.block[rows], self.school[rows], self.touching, self.home)

    def shared_home(self) -> Flags:
        """Say (s,) of which schools the block is that of another school too."""
        return np.asarray(np.bincount(self.home)[self.home] > 1, dtype=bool)


@dataclass(frozen=True)
class Separator:
    """A block (row of its pair) that is of a zone only if one of other pairs is."""

    pair: int
    one_of: tuple[int, ...]


def reachable(pairs: Pairs) -> Flags:
    """Say (p,) which pairs can be in one piece with the school at all."""
    return _joined(pairs, np.ones(len(pairs.block), dtype=bool))


def apart(pairs: Pairs, chosen: Flags) -> Flags:
    """Say (p,) which chosen pairs no chain of chosen ones joins to the school.

    Examples
    --------
    Three blocks in a row, the school in the first one, which does not reach past a gap:

    >>> from scipy import sparse
    >>> row = sparse.csr_array(np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]))
    >>> pairs = Pairs(np.arange(3), np.zeros(3, dtype=int), row, np.array([0]))
    >>> apart(pairs, np.array([True, False, True])).tolist()
    [False, False, True]
    """
    return np.asarray(chosen & ~_joined(pairs, chosen), dtype=bool)


def separators(pairs: Pairs, chosen: Flags) -> Iterator[Separator]:
    """Yield what joins each chosen pair that stands apart: as few other pairs as part it.

    Examples
    --------
    >>> from scipy import sparse
    >>> row = sparse.csr_array(np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]))
    >>> pairs = Pairs(np.arange(3), np.zeros(3, dtype=int), row, np.array([0]))
    >>> list(separators(pairs, np.array([True, False, True])))
    [Separator(pair=2, one_of=(1,))]
    """
    lonely = apart(pairs, chosen)
    for school in np.unique(pairs.school[lonely]).tolist():
        rows = np.flatnonzero(pairs.school == school)
        number = dict(zip(pairs.block[rows].tolist(), rows.tolist(), strict=True))
        blocks = set(pairs.block[rows[lonely[rows]]].tolist())
        roots = _roots(pairs, school, number)
        while blocks:
            piece = _flood(pairs.touching, {blocks.pop()}, blocks)
            blocks -= piece
            beside = _beside(pairs.touching, piece) & number.keys() - piece
            near = _flood(pairs.touching, roots - beside, number.keys() - beside - piece)
            wall = {b for b in beside if b in roots or _beside(pairs.touching, {b}) & near}
            one_of = tuple(sorted(number[b] for b in wall))
            yield from (Separator(number[b], one_of) for b in sorted(piece))


def _joined(pairs: Pairs, chosen: Flags) -> Flags:
    """Say which pairs chosen ones join to their school."""
    joined = np.zeros(len(chosen), dtype=bool)
    for school in np.unique(pairs.school).tolist():
        rows = np.flatnonzero((pairs.school == school) & chosen)
        number = dict(zip(pairs.block[rows].tolist(), rows.tolist(), strict=True))
        zone = _flood(pairs.touching, _roots(pairs, school, number), number.keys())
        joined[[number[b] for b in zone]] = True
    return joined


def _roots(pairs: Pairs, school: int, number: dict[int, int]) -> set[int]:
    """Return the blocks from which a zone grows: the school's, and those beside a shared one."""
    home = int(pairs.home[school])
    beside = _beside(pairs.touching, {home}) if pairs.shared_home()[school] else set()
    return ({home} | beside) & number.keys()


def _flood(touching: sparse.csr_array, start: set[int], over: Iterable[int]) -> set[int]:
    """Return the start and all that steps over some blocks reach from it."""
    free, reached, border = set(over) - start, set(start), set(start)
    while border:
        border = _beside(touching, border) & free
        free -= border
        reached |= border
    return reached


def _beside(touching: sparse.csr_array, blocks: set[int]) -> set[int]:
    """Return the blocks that touch some."""
    start, other = touching.indptr, touching.indices
    return {int(o) for b in blocks for o in other[start[b] : start[b + 1]]}
