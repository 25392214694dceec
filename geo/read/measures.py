"""What do the number columns say: capacity, enrolment, areas, storeys, children by age?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geo.bundled import load_toml
from geo.findings import Finding, InputRefused, enumerated
from geo.read.cells import How, as_texts, numbers
from geo.read.columns import header_unit
from geo.read.flags import Flag, positions

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from geo.read.columns import Column, Mapped


def read_measures(
    cells: pd.DataFrame,
    mapped: Mapped,
    canonical: Mapping[str, Column],
    *,
    decimal_comma: bool = False,
) -> tuple[dict[str, NDArray[np.float64]], list[Flag]]:
    """Read every number column into its canonical unit.

    Returns
    -------
    tuple
        Canonical name -> values (NaN = unknown), and the flags ``NUMBER_TEXT`` (a note where the
        reading is exact, else the row is set aside), ``NUMBER_UNKNOWN`` and ``NUMBER_RANGE``.
    """
    values: dict[str, NDArray[np.float64]] = {}
    flags: list[Flag] = []
    for name, header in mapped.header.items():
        column = canonical.get(name)
        if column is None or column.type != "number":
            continue
        found, said = _measure(
            cells[header],
            column,
            mapped.factor.get(name, 1.0),
            decimal_comma=decimal_comma,
        )
        values[name] = found
        flags += said
    return values, flags


def check_units(mapped: Mapped, canonical: Mapping[str, Column], *, file: str) -> None:
    """Refuse a header of a number column that names a unit which cannot be converted.

    Raises
    ------
    InputRefused
        ``UNIT_UNKNOWN``.
    """
    for name, header in mapped.header.items():
        column, unit = canonical.get(name), header_unit(header)
        if column is None or column.unit is None or not unit:
            continue
        factors = _factors(column.unit)
        if unit not in factors and unit in load_toml("columns.toml")["foreign"]["units"]:
            detail = {"unit": unit, "known": tuple(factors)}
            raise InputRefused(Finding("UNIT_UNKNOWN", file, column=header, detail=detail))


def _factors(unit: str) -> Mapping[str, float]:
    factors: Mapping[str, float] = load_toml("columns.toml")["unit"].get(unit, {})
    return factors


def _measure(
    cells: pd.Series[str], column: Column, factor: float, *, decimal_comma: bool
) -> tuple[NDArray[np.float64], list[Flag]]:
    """Read one number column."""
    if cells.dtype.kind in "iuf":
        values = cells.to_numpy(np.float64) * factor
        how = np.where(np.isnan(values), How.MISSING, How.PLAIN).astype(np.int8)
        how[np.isinf(values)] = How.NONFINITE
    else:
        units = _factors(column.unit or "")
        # A unit in the cell stands for itself, else the header's unit holds.
        texts = as_texts(cells)
        values, how = numbers(texts, {}, decimal_comma=decimal_comma)
        values *= factor
        rest = np.flatnonzero(how == How.UNREADABLE)
        if len(rest):
            again, how_again = numbers([texts[i] for i in rest], units, decimal_comma=decimal_comma)
            values[rest], how[rest] = again, how_again
    return _judged(values, how, column, header=str(cells.name), cells=cells)


def _judged(
    values: NDArray[np.float64],
    how: NDArray[np.int8],
    column: Column,
    *,
    header: str,
    cells: pd.Series[str],
) -> tuple[NDArray[np.float64], list[Flag]]:
    """Flag what cannot be right; such values become unknown."""
    odd = np.isin(how, (How.BOOLEAN, How.NONFINITE))
    finite = np.isfinite(values)
    low = -np.inf if column.minimum is None else column.minimum
    high = np.inf if column.maximum is None else column.maximum
    odd |= finite & ~((values >= low) & (values <= high))
    if column.whole:
        odd |= finite & (values != np.round(values))
    bounds = f"{low:g}–{high:g}" + (", 0 1 2 …" if column.whole else "")
    if column.spares_row:
        lost = positions(odd | (how == How.UNREADABLE))
        flags = [
            _lost_cells(lost, cells, header=header),
            Flag("NUMBER_TEXT", positions((how == How.TEXT) & ~odd), header, "note"),
            Flag("NUMBER_UNKNOWN", positions(how == How.UNKNOWN), header),
        ]
        return np.where(odd, np.nan, values), flags
    flags = [
        Flag("NUMBER_TEXT", positions(how == How.UNREADABLE), header, "quarantine"),
        Flag("NUMBER_TEXT", positions((how == How.TEXT) & ~odd), header, "note"),
        Flag("NUMBER_UNKNOWN", positions(how == How.UNKNOWN), header),
        Flag("NUMBER_RANGE", positions(odd), header, "quarantine", {"expected": bounds}),
    ]
    return np.where(odd, np.nan, values), flags


def _lost_cells(rows: NDArray[np.int64], cells: pd.Series[str], *, header: str) -> Flag:
    """Name the cells that became unknown: about how many, from one number to another, below 0."""
    most: int = load_toml("rules/limits.toml")["findings"]["per_code"]
    texts = as_texts(cells)
    told = [f"{cells.index[i]}: {texts[i]}" for i in rows[:most].tolist()]
    shown = enumerated(told) + ("…" if len(rows) > most else "")
    return Flag("NUMBER_CELL", rows, header, "note", {"cells": shown})
