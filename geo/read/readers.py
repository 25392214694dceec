"""How does a file of any supported kind become a checked layer?  The one door for all inputs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from geo.bundled import load_toml
from geo.findings import Finding, InputRefused
from geo.read import columns as cols
from geo.read.options import ReadOptions, ReadRequest
from geo.read.rows import check_rows
from geo.read.tables import read_text
from geo.userfiles import existing, inside, is_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from geo.read.columns import Column
    from geo.read.raw import Layer, RawTable

TEXT = frozenset({".csv", ".tsv", ".txt", ".tab"})
WORKBOOK = frozenset({".xlsx", ".xlsm", ".xls"})


def read_layer(
    path: str | Path,
    *,
    kind: str | None = None,
    layer: str | None = None,
    crs: str | None = None,
    columns: Mapping[str, str] | None = None,
    options: ReadOptions | None = None,
) -> Layer:
    """Read a file, check every row, and return what may be used and what may not.

    Parameters
    ----------
    path
        Text (``.csv .tsv .txt``), workbook (``.xlsx .xlsm .xls``) or vector file.
    kind
        Kind of the rows that name none, as it is to stand in the column ``kind``.
    layer
        Layer or sheet where the file has several.
    crs
        Declared CRS (``EPSG:4548``, ``CGCS2000 117``, ``GCJ-02``, ``BD-09``); wins over the file's.
        None: the file's own; for tables with longitude and latitude WGS 84.
    columns
        The study's own headers: canonical name -> header, e.g. ``{"name": "校名"}``.
    options
        Whatever else can be said about a file.

    Returns
    -------
    Layer
        ``frame`` in EPSG:4326 with canonical columns, index = row number as the user sees it.

    Raises
    ------
    InputRefused
        Whatever stops the file: nothing of it is used.

    Examples
    --------
    >>> import yimi
    >>> schools = yimi.read(yimi.demo / "schools.csv")
    >>> schools.rows_in, len(schools.frame), len(schools.rejected)
    (20, 20, 0)
    >>> sorted(set(schools.frame["kind"]))
    ['九年一贯制学校', '初中', '小学']
    """
    name = str(path)
    own = vars(options or ReadOptions())
    request = ReadRequest(**own, kind=kind, layer=layer, crs=crs, columns=dict(columns or {}))
    file = _anywhere(name) if request.base is None else inside(request.base, name)
    request.progress("open")
    canonical = cols.columns(request.own_columns)
    try:
        return check_rows(
            open_raw(file, canonical, request, name=short_name(name)), canonical, request
        )
    except InputRefused as refused:
        raise InputRefused(*(_named(f, short_name(name)) for f in refused.findings)) from None


def cells_of(
    file: Path, request: ReadRequest, *, name: str, own_columns: Path | None = None
) -> pd.DataFrame:
    """Return the rows of a file as they stand there, index = row number as the user sees it.

    Examples
    --------
    >>> from geo.bundled import DEMO
    >>> len(cells_of(DEMO / "schools.csv", ReadRequest(), name="schools.csv"))
    20
    """
    return open_raw(file, cols.columns(own_columns), request, name=name).cells


def open_raw(
    file: Path, canonical: Mapping[str, Column], request: ReadRequest, *, name: str
) -> RawTable:
    """Open a file by its extension and content, without judging its values.

    Examples
    --------
    Cells stay as they were written:

    >>> from geo.bundled import DEMO
    >>> raw = open_raw(DEMO / "schools.csv", cols.columns(), ReadRequest(), name="schools.csv")
    >>> raw.rows_in, raw.cells["学位数"].iloc[0]
    (20, '900')
    """
    suffix = file.suffix.lower()
    size = file.stat().st_size
    limit: int = load_toml("rules/limits.toml")["file"]["max_bytes"]
    if size == 0:
        raise InputRefused(Finding("EMPTY", name))
    if size > limit:
        raise InputRefused(Finding("TOO_LARGE", name, detail={"found": f"{size / 1e9:.1f} GB"}))
    if suffix in TEXT:
        return read_text(file.read_bytes(), name=name, canonical=canonical, own=request.columns)
    if suffix in WORKBOOK:
        from geo.read.workbooks import read_workbook  # noqa: PLC0415 - calamine only where needed

        return read_workbook(
            file, name=name, canonical=canonical, own=request.columns, sheet=request.layer
        )
    from geo.read.vectors import read_vector  # noqa: PLC0415 - pyogrio only where needed

    return read_vector(file, layer=request.layer, name=name)


def _anywhere(name: str) -> Path:
    """Return a file that is named without a study folder: any of this machine, no address."""
    if is_address(name):
        raise InputRefused(Finding("PATH_NOT_ALLOWED", name, value=name))
    return existing(Path(name), name=short_name(name))


def short_name(name: str) -> str:
    """Return a path as it may be shown: relative as written, else the file's name alone."""
    path = Path(name)
    return path.name if path.is_absolute() else name


def _named(finding: Finding, name: str) -> Finding:
    """Put the file's name into a finding that was made without it."""
    return finding if finding.file else replace(finding, file=name)
