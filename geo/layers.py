"""What does a layer look like once it has been read and checked?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

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
    """

    name: str
    frame: gpd.GeoDataFrame
    rejected: pd.DataFrame
    rows_in: int
    findings: tuple[Finding, ...] = field(default=())
    crs_read: str = "EPSG:4326"
