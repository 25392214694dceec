"""Which coordinate system do the study, the file and its headers declare, and do they agree?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from geo.crs import Declared, parse_crs
from geo.findings import Finding, InputRefused
from geo.read.columns import header_datum

if TYPE_CHECKING:
    from geo.read.columns import Mapped
    from geo.read.options import ReadRequest
    from geo.read.raw import RawTable


def declared_crs(raw: RawTable, request: ReadRequest) -> Declared | None:
    """Return the CRS that the study or the file declares."""
    text = request.declared or raw.crs
    if text is None:
        return None
    return parse_crs(text, file=raw.name)


def overridden(
    raw: RawTable, declared: Declared | None, request: ReadRequest
) -> tuple[Finding, ...]:
    """Note that the study's CRS is used in place of the file's."""
    if declared is None or request.declared is None or raw.crs is None:
        return ()
    own = parse_crs(raw.crs, file=raw.name)
    if own == declared:
        return ()
    detail = {"file_crs": own.name, "crs": declared.name}
    return (Finding("CRS_OVERRIDE", raw.name, detail=detail),)


def datum_of_header(
    raw: RawTable, mapped: Mapped, request: ReadRequest
) -> tuple[ReadRequest, tuple[Finding, ...]]:
    """Take the datum that the headers of the coordinates name (``gcj02_lng``), else none.

    Raises
    ------
    InputRefused
        ``DATUM_CONTRADICTED`` where the study declares another one.
    """
    placed = [mapped.header[name] for name in mapped.placed if name in mapped.header]
    named = {datum: h for h in placed if (datum := header_datum(h)) is not None}
    if len(named) != 1 or raw.geometry is not None:
        return request, ()
    ((datum, header),) = named.items()
    if request.declared is None:
        detail = {"header": header, "datum": datum}
        finding = Finding("DATUM_FROM_HEADER", raw.name, column=header, detail=detail)
        return replace(request, crs=datum), (finding,)
    crs = parse_crs(request.declared, file=raw.name).name
    if crs == datum:
        return request, ()
    detail = {"header": header, "datum": datum, "crs": crs}
    raise InputRefused(Finding("DATUM_CONTRADICTED", raw.name, None, header, None, detail))
