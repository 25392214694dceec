"""What can be said about a file besides where it is?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from geo.arrays import Flags
    from geo.read.flags import Flag
    from geo.read.geometry import Family
    from geo.read.positions import Area
    from geo.read.raw import Kinds, Located, Sheet


Datum = Literal["declared", "auto", "WGS84", "GCJ-02", "BD-09"]


def _silent(_: str) -> None:
    """Tell nobody how far the reading is."""


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """What can be said about a file besides where it is, and rarely must be.

    Attributes
    ----------
    kinds
        Accepted word -> kind id; None leaves the kind column as it is.
    own_columns
        TOML file of the same shape as ``data/columns.toml`` with further synonyms.
    datum
        ``declared``, or the datum of degrees: ``WGS84``, ``GCJ-02``, ``BD-09``.  ``auto`` reads as
        declared: which datum it is can only be said beside the streets (`geo.datum`).
    area
        Study area (EPSG:4326): a geometry or (west, south, east, north).
    swap_xy
        The two coordinates are written the other way round (confirmed by the user).
    allow_pii
        Keep personal columns.
    base
        Study folder: files may lie in it, below it or beside it, nowhere else.
    required
        Canonical columns that must be there and filled.
    wanted
        What a vector layer may hold: ``point``, ``line``, ``polygon`` or several of them.  None:
        lines alone, or points and polygons together, whichever it has more of.
    located
        Whether every row needs a place; False for tables that are joined by a code.
    personal
        Headers that hold personal data in a layer of this sort, besides those that always do.
    meanings
        Told the headers, returns further ones as `columns` does (which win), for exports whose
        headers follow a pattern.
    kind_rule
        Told the texts of all rows, returns the kind of each (a word of `kinds`) and how it is
        known; a column of kinds is then no longer needed.
    join
        For a table whose rows are joined to another layer: told the rows in use (canonical
        columns), returns a `Flag` for those that do not join.  The table needs no place, and one
        that it has is left aside.
    place_rule
        Told which rows have no coordinates, returns where they are, as far as it finds them; a
        table then needs no columns of coordinates.
    progress
        Told the stage when it begins: ``open``, ``places``, ``values``, ``copies``.

    Examples
    --------
    Of the 20 schools only the 13 primary ones:

    >>> import yimi
    >>> options = yimi.ReadOptions(kinds={"小学": "primary_school"})
    >>> layer = yimi.read(yimi.demo / "schools.csv", options=options)
    >>> len(layer.frame), set(layer.rejected["code"])
    (13, {'TYPE_UNKNOWN'})
    """

    kinds: Mapping[str, str] | None = None
    own_columns: Path | None = None
    datum: Datum = "declared"
    area: Area | None = None
    swap_xy: bool = False
    allow_pii: bool = False
    base: Path | None = None
    required: Sequence[str] = ()
    wanted: Family | Collection[Family] | None = None
    located: bool = True
    personal: Sequence[str] = ()
    meanings: Callable[[Sequence[str]], Mapping[str, str]] | None = None
    kind_rule: Callable[[Sheet], Kinds] | None = None
    join: Callable[[pd.DataFrame], Sequence[Flag]] | None = None
    place_rule: Callable[[Sheet, Flags], Located] | None = None
    progress: Callable[[str], None] = _silent


@dataclass(frozen=True, kw_only=True)
class ReadRequest(ReadOptions):
    """All that is said about one file; `geo.read.readers.read_layer` explains each.

    Examples
    --------
    >>> ReadRequest(wanted="line", datum="GCJ-02").families, ReadRequest(datum="GCJ-02").declared
    (('line',), 'GCJ-02')
    """

    kind: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    crs: str | None = None
    layer: str | None = None

    @property
    def families(self) -> tuple[Family, ...] | None:
        """Return what a vector layer may hold."""
        if self.wanted is None:
            return None
        return (self.wanted,) if isinstance(self.wanted, str) else tuple(self.wanted)

    @property
    def declared(self) -> str | None:
        """Return the CRS or datum that is declared."""
        chosen = self.crs is None and self.datum not in ("declared", "auto")
        return self.datum if chosen else self.crs
