"""How does a file of any supported kind become a checked layer?  The one door for all inputs.

>>> from geo.bundled import DEMO
>>> layer = read_layer(DEMO / "schools.csv")
>>> layer.rows_in == len(layer.frame) + len(layer.rejected)
True
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from geo.bundled import load_toml
from geo.findings import Finding, InputRefused
from geo.read import columns as cols
from geo.read.rows import ReadRequest, check_rows
from geo.read.tables import read_text
from geo.userfiles import existing, inside, is_address

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from geo.read.columns import Column
    from geo.read.geometry import Family
    from geo.read.positions import Area
    from geo.read.raw import Layer, RawTable

TEXT = frozenset({".csv", ".tsv", ".txt", ".tab"})
WORKBOOK = frozenset({".xlsx", ".xlsm", ".xls"})
Datum = Literal["declared", "auto", "WGS84", "GCJ-02", "BD-09"]


def read_layer(  # noqa: PLR0913 - the door: one keyword for each setting of a layer
    path: str | Path,
    *,
    kinds: Mapping[str, str] | None = None,
    columns: Mapping[str, str] | None = None,
    own_columns: Path | None = None,
    crs: str | None = None,
    datum: Datum = "declared",
    layer: str | None = None,
    area: Area | None = None,
    swap_xy: bool = False,
    allow_pii: bool = False,
    base: Path | None = None,
    required: Sequence[str] = (),
    wanted: Family | Collection[Family] | None = None,
    located: bool = True,
    personal: Sequence[str] = (),
    meanings: Callable[[Sequence[str]], Mapping[str, str]] | None = None,
    progress: Callable[[str], None] | None = None,
) -> Layer:
    """Read a file, check every row, and return what may be used and what may not.

    Parameters
    ----------
    path
        Text (``.csv .tsv .txt``), workbook (``.xlsx .xlsm .xls``) or vector file.
    kinds
        Accepted word -> kind id; None leaves the kind column as it is.
    columns
        The study's own headers: canonical name -> header, e.g. ``{"name": "校名"}``.
    own_columns
        TOML file of the same shape as ``data/columns.toml`` with further synonyms.
    crs
        Declared CRS (``EPSG:4548``, ``CGCS2000 117``, ``GCJ-02``, ``BD-09``); wins over the file's.
        None: the file's own; for tables with longitude and latitude WGS 84.
    datum
        ``declared``, or the datum of degrees: ``WGS84``, ``GCJ-02``, ``BD-09``.  ``auto`` reads as
        declared: which datum it is can only be said beside the streets (`geo.datum`).
    layer
        Layer or sheet where the file has several.
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
    progress
        Told the stage when it begins: ``open``, ``places``, ``values``, ``copies``.

    Returns
    -------
    Layer
        ``frame`` in EPSG:4326 with canonical columns, index = row number as the user sees it.

    Raises
    ------
    InputRefused
        Whatever stops the file: nothing of it is used.
    """
    name = str(path)
    file = _anywhere(name) if base is None else inside(base, name)
    request = ReadRequest(
        kinds=kinds,
        columns=dict(columns or {}),
        crs=datum if datum not in ("declared", "auto") and crs is None else crs,
        layer=layer,
        area=area,
        swap_xy=swap_xy,
        allow_pii=allow_pii,
        required=tuple(required),
        wanted=(wanted,) if isinstance(wanted, str) else None if wanted is None else tuple(wanted),
        located=located,
        personal=tuple(personal),
        meanings=meanings,
    )
    if progress is not None:
        request = replace(request, progress=progress)
    request.progress("open")
    canonical = cols.columns(own_columns)
    try:
        return check_rows(
            open_raw(file, canonical, request, name=short_name(name)), canonical, request
        )
    except InputRefused as refused:
        raise InputRefused(*(_named(f, short_name(name)) for f in refused.findings)) from None


def open_raw(
    file: Path, canonical: Mapping[str, Column], request: ReadRequest, *, name: str
) -> RawTable:
    """Open a file by its extension and content, without judging its values."""
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
