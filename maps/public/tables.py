"""What can be downloaded from a public edition, as CSV, XLSX and GeoPackage?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from geo.words import texts, texts_in
from maps.files import in_one_language, write_csv, write_geopackage, write_workbook
from maps.page import told
from maps.public.pages import kind_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from analyses.publish import Edition
    from geo.words import Lang

_LAYERS = ("area", "area_value", "facility", "rule", "kind")
_RENAMED = {"share_low": "percent_low", "share_high": "percent_high"}


def downloads() -> dict[str, str]:
    """Return the files: path within the folder of a language -> key of its name."""
    tables = ("coverage", "units", "schools", "checks", "hazards", "facilities", "rules")
    found = {f"data/{name}.csv": name for name in tables}
    return {**found, "data/tables.xlsx": "tables", "data/layers.gpkg": "layers"}


def write_downloads(
    folder: Path, edition: Edition, *, notes: Sequence[tuple[str, str]], lang: Lang
) -> None:
    """Write all files of `downloads`.

    Parameters
    ----------
    folder
        Folder of the language.
    edition
        From `analyses.publish.edition.public_edition`.
    notes
        First sheet of the workbook: statements, sources, how to read it.
    lang
        Language of headers and words.
    """
    (folder / "data").mkdir()
    tables = {name: _in_words(table, lang) for name, table in _tables(edition, lang).items()}
    for name, table in tables.items():
        write_csv(folder / "data" / f"{name}.csv", table, lang=lang)
    names = texts("publish/file")
    sheets = {str(names[name][lang]): table for name, table in tables.items()}
    write_workbook(folder / "data" / "tables.xlsx", sheets, notes=notes, lang=lang)
    raw = _tables(edition, lang)
    write_geopackage(
        folder / "data" / "layers.gpkg",
        [s for s in edition.shown if s.role in _LAYERS],
        tables={name: raw[name] for name in ("coverage", "units", "schools", "checks", "hazards")},
        lang=lang,
    )


def _tables(edition: Edition, lang: Lang) -> dict[str, pd.DataFrame]:
    shown = {s.role: s.rows for s in edition.shown}
    plain = {
        "coverage": edition.shares.rename(columns=_RENAMED),
        "units": edition.units,
        "schools": edition.schools,
        "checks": told(edition.audit).rename(columns={f"title_{lang}": "check_name"}),
        "hazards": told(edition.hazards).rename(columns={"children": "children_from"}),
        "facilities": shown.get("facility", pd.DataFrame()),
        "rules": shown.get("rule", pd.DataFrame()).rename(columns={f"title_{lang}": "name"}),
    }
    return {name: _one_language(table, lang) for name, table in plain.items()}


def _one_language(table: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return a table without shapes and without the words of the other language."""
    frame = pd.DataFrame(table.drop(columns="geometry", errors="ignore"))
    return in_one_language(frame, lang).rename(columns=lambda c: str(c).removesuffix(f"_{lang}"))


def _in_words(table: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return a table with headers and values for people."""
    values = texts_in("publish/value", lang)
    said = {c: table[c].map(values).fillna(table[c]) for c in ("level", "verdict") if c in table}
    if "kind" in table:
        said["kind"] = table["kind"].map(lambda kind: kind_text(kind, lang))
    return table.assign(**said).rename(columns=texts_in("publish/column", lang))
