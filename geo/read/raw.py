"""What does a file look like after it has been opened, before its values are judged?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import numpy as np

    from geo.findings import Finding


@dataclass(frozen=True)
class Layer:
    """A checked layer: the rows that may be used, and what became of the others.

    ``rows_in == len(frame) + len(rejected)`` always holds.

    Attributes
    ----------
    name
        File name as the user wrote it (with ``#layer`` where the file has several).
    frame
        Rows used, EPSG:4326 (CGCS2000 counts as equal), index = row number as the user sees it.
        Canonical columns (``geo.read.columns``) carry their canonical name; all others keep theirs.
    rejected
        Rows not used: the original cells untouched, then ``code, column, value, why, fix``.
    rows_in
        Rows of the file.
    findings
        All remarks, in the order of the rows.
    crs_read
        The CRS or datum that was declared, found or confirmed, e.g. ``EPSG:4548`` or ``GCJ-02``.
    headers
        Canonical column -> the file's own header.

    Examples
    --------
    >>> import yimi
    >>> layer = yimi.read(yimi.demo / "gates.csv")
    >>> layer.rows_in == len(layer.frame) + len(layer.rejected)
    True
    >>> layer.crs_read, int(layer.frame.index[0])
    ('EPSG:4326', 2)
    """

    name: str
    frame: gpd.GeoDataFrame
    rejected: pd.DataFrame
    rows_in: int
    findings: tuple[Finding, ...] = field(default=())
    crs_read: str = "EPSG:4326"
    headers: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Return the account of rows, the columns and the codes of the findings."""
        codes = ", ".join(dict.fromkeys(finding.code for finding in self.findings)) or "-"
        return (
            f"Layer {self.name}: {self.rows_in:,} rows in, {len(self.frame):,} used, "
            f"{len(self.rejected):,} rejected, read as {self.crs_read}\n"
            f"  columns: {', '.join(map(str, self.frame.columns))}\n  findings: {codes}"
        )


# Column of the rejects with a row as it stands in the file, where it fits no columns.
RAW_LINE = "raw_line"


@dataclass(frozen=True)
class RawTable:
    """The rows of one file as they were found, whatever its format.

    ``rows_in == len(cells) + len(rejected)`` always holds.

    Attributes
    ----------
    name
        File name as the user wrote it (with ``#layer`` where the file has several).
    cells
        Original cells: text or None for text tables and workbooks, native values for vectors.
        Columns are the original headers, the index is the row number as the user sees it.
    geometry
        Shapely geometries aligned with ``cells`` for vector formats, None for tables.
    crs
        Declared CRS, e.g. ``EPSG:4548``, or None where the file declares none.
    rows_in
        Rows of the file (a header, title rows above it and blank rows are no rows).
    rejected
        Rows that could not be used: original cells, then ``code, column, value, why, fix``
        (made by `geo.read.flags.rejects_of`).
    findings
        Remarks of the reader, in the order of the rows.
    blank_main
        Why the file is no layer of places: a main column may be one that has no header.
    """

    name: str
    cells: pd.DataFrame
    geometry: np.ndarray | None
    crs: str | None
    rows_in: int
    rejected: pd.DataFrame = field(default_factory=pd.DataFrame)
    findings: tuple[Finding, ...] = ()
    blank_main: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """What a rule about kinds is told of a table: its name, headers and texts.

    Attributes
    ----------
    name
        File name as the user wrote it.
    headers, texts
        Canonical column -> original header; -> the cells of all rows.
    rows
        Number of rows.

    Examples
    --------
    >>> sheet = Sheet("schools.xlsx", {"name": "校名"}, {"name": ["示例小学"]}, rows=1)
    >>> len(sheet.texts["name"]) == sheet.rows
    True
    """

    name: str
    headers: Mapping[str, str]
    texts: Mapping[str, list[str | None]]
    rows: int


@dataclass(frozen=True)
class Kinds:
    """The kind of each row of a table, as a rule of the caller finds it.

    Attributes
    ----------
    words
        Kind or word of each row, None where nothing tells it.
    how
        A code of how it was found.
    findings
        What is to be told.
    ownership
        Whether the column taken for kinds holds who runs the places.

    Examples
    --------
    >>> kinds = Kinds(words=["park", None], how=["row", "none"])
    >>> len(kinds.words) == len(kinds.how), kinds.ownership
    (True, False)
    """

    words: list[str | None]
    how: list[str]
    findings: tuple[Finding, ...] = ()
    ownership: bool = False


@dataclass(frozen=True)
class Located:
    """Where rows without coordinates are, as a rule of the caller finds it; aligned with the rows.

    Attributes
    ----------
    geometry
        Geometries in EPSG:4326, None where nothing was found or the row has coordinates.
    how
        A code of how each was found, "" where it was not.
    doubt_m
        About how far the true place may be, metres; 0 for rows with coordinates.
    near
        What comes near a row that was not found, to be told.
    findings
        What is to be told.

    Examples
    --------
    >>> import numpy as np
    >>> nowhere = Located(np.array([None]), [""], np.array([np.nan]), ["示例小学"])
    >>> len(nowhere.how) == len(nowhere.geometry) == len(nowhere.near)
    True
    """

    geometry: np.ndarray
    how: list[str]
    doubt_m: np.ndarray
    near: list[str]
    findings: tuple[Finding, ...] = ()
