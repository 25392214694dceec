"""How does a result look in a notebook, in a picture and in a file of its own?"""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from maps.files import write_geopackage, write_workbook
from maps.style import palette

if TYPE_CHECKING:
    import folium
    from matplotlib.axes import Axes

    from analyses.result import Result, Shown
    from geo.words import Lang

_ROWS = 5


def explore(result: Result, *, lang: Lang = "zh") -> folium.Map:
    """Return the result as an interactive map for a notebook; ``save`` writes a page of its own."""
    from maps.page.folium_map import folium_map  # noqa: PLC0415 - folium only where it is wanted

    return folium_map(result.shown, notes=result.notes, lang=lang)


def plot(result: Result, role: str | None = None, *, ax: Axes | None = None) -> Axes:
    """Draw one layer of the result with matplotlib: the first that has shapes, or `role`."""
    layers = [item for item in result.shown if isinstance(item.rows, gpd.GeoDataFrame)]
    chosen = next((item for item in layers if role in (None, item.role)), None)
    if chosen is None:
        roles = ", ".join(dict.fromkeys(item.role for item in layers)) or "-"
        raise ValueError(f"{result.name} has no layer {role!r} with shapes; it has: {roles}")
    colour: str = palette()["plain"]["service"]
    drawn: Axes = chosen.rows.plot(ax=ax, color=colour, markersize=4)
    drawn.set_title(chosen.title["en"])
    drawn.set_aspect("equal")
    drawn.set_axis_off()
    return drawn


def to_excel(result: Result, path: str | Path, *, lang: Lang = "zh") -> Path:
    """Write the result's tables as one workbook, a sheet a table, the notes first."""
    file = Path(path)
    notes = [(note[lang], "") for note in result.notes]
    plain = {name: _without_shapes(table) for name, table in result.tables.items()}
    write_workbook(file, plain, notes=notes, lang=lang)
    return file


def to_gpkg(result: Result, path: str | Path, *, lang: Lang = "zh") -> Path:
    """Write the result's layers, with styles for QGIS, and its tables as one GeoPackage."""
    file = Path(path)
    file.unlink(missing_ok=True)
    plain = {name: _without_shapes(table) for name, table in result.tables.items()}
    write_geopackage(file, result.shown, tables=plain, lang=lang)
    return file


def as_html(result: Result) -> str:
    """Return what a notebook shows of a result: its tables, the first few rows of the first."""
    sizes = "".join(
        f"<li><code>{html.escape(name)}</code>: {len(table):,} × {len(table.columns)}</li>"
        for name, table in result.tables.items()
    )
    first = next(iter(result.tables.values()), pd.DataFrame())
    head = _without_shapes(first).head(_ROWS).to_html(escape=True, index=False)
    layers = ", ".join(dict.fromkeys(html.escape(_label(item)) for item in result.shown))
    title = f"<b>{html.escape(result.name)}</b>"
    return f"<div>{title}<ul>{sizes}</ul>{head}<p>{layers}</p></div>"


def _label(item: Shown) -> str:
    return f"{item.role} ({len(item.rows):,})"


def _without_shapes(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(table.drop(columns="geometry", errors="ignore"))
