"""How do the layers become Shapefiles that old programs in China read: GBK, short names, a list?

The format takes names of 10 bytes and texts of 254; what was cut or could not be said in GBK is
counted.  ``names.csv`` tells what each short name stands for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pyogrio

from geo.findings import Finding
from maps.files.workbook import header, write_csv

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd

    from geo.words import Lang

_ENCODING = "GBK"
_NAME_BYTES, _TEXT_BYTES = 10, 254
_DATE = "2000-01-01"
"""Fixed, so that the same layers give the same bytes."""


def write_shapefiles(
    folder: Path, layers: Mapping[str, gpd.GeoDataFrame], *, lang: Lang
) -> list[Finding]:
    """Write each layer as a Shapefile in GBK with its ``.cpg``, and ``names.csv``.

    Parameters
    ----------
    folder
        Existing folder.
    layers
        Name -> rows, from `maps.files.exports.export_layers`; of one kind of shape each.
    lang
        Language of the words in ``names.csv``.

    Returns
    -------
    list of Finding
        How many texts lost characters or their end.
    """
    rows, changed = [], 0
    for name, frame in layers.items():
        columns = [str(c) for c in frame.columns if c != frame.geometry.name]
        short = short_names(columns)
        table = frame.rename(columns=short)
        for column in short.values():
            if not pd.api.types.is_numeric_dtype(table[column]):
                fitted = table[column].map(_fitted, na_action="ignore")
                changed += int((fitted.notna() & (fitted != table[column])).sum())
                table[column] = fitted
        pyogrio.write_dataframe(
            table, folder / f"{name}.shp", driver="ESRI Shapefile", encoding=_ENCODING,
            layer_options={"DBF_DATE_LAST_UPDATE": _DATE},
        )  # fmt: skip
        rows += [(name, short[c], c, header(c, lang)) for c in columns]
    names = pd.DataFrame(rows, columns=["layer", "field", "column", "meaning"])
    write_csv(folder / "names.csv", names, lang=lang)
    if changed:
        return [Finding("SHAPEFILE_CHANGED", "exports/shapefile", detail={"count": changed})]
    return []


def short_names(columns: Sequence[str]) -> dict[str, str]:
    """Return an own name of at most 10 ASCII characters for each column.

    Examples
    --------
    >>> list(short_names(["children", "share_walk_a", "share_walk_b", "名称"]).values())
    ['children', 'share_walk', 'share_wa_2', 'field']
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for column in columns:
        plain = "".join(c if c.isascii() and c.isalnum() else "_" for c in column).strip("_")
        name, number = (plain or "field")[:_NAME_BYTES], 1
        while name.lower() in taken:
            number += 1
            ending = f"_{number}"
            name = (plain or "field")[: _NAME_BYTES - len(ending)] + ending
        taken.add(name.lower())
        found[column] = name
    return found


def _fitted(value: object) -> str:
    """Return a text in the characters of GBK, cut between characters at 254 bytes."""
    said = str(value).encode(_ENCODING, "replace")[:_TEXT_BYTES]
    return said.decode(_ENCODING, "ignore")
