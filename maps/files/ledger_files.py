"""How do the hazard ledger and the survey form become files that an office works in?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from analyses.hazards import statuses, survey_form, totals, vocabularies
from analyses.treatments import bodies
from geo.bundled import load_toml
from maps.files.geopackage import write_geopackage
from maps.files.workbook import write_csv, write_workbook

if TYPE_CHECKING:
    from pathlib import Path

    from geo.findings import Lang

_IN_ONE_LANGUAGE = ("place", "description", "evidence")


def write_ledger(
    folder: Path,
    ledger: gpd.GeoDataFrame,
    *,
    name: str = "ledger",
    lang: Lang = "zh",
) -> tuple[Path, ...]:
    """Write the ledger as XLSX, CSV and GeoPackage.

    Parameters
    ----------
    folder
        Existing folder; ``<name>.xlsx``, ``<name>.csv`` and ``<name>.gpkg`` must not exist in it.
    ledger
        Of `analyses.hazards.rows.ledger` or `analyses.hazards.merging.merge`.
    name
        Name of the files.
    lang
        Language of headers and words; `analyses.hazards.merging.read_ledger` reads both.

    Returns
    -------
    tuple of Path
        The files written.
    """
    table = ledger_table(ledger, lang)
    paths = tuple(folder / f"{name}.{kind}" for kind in ("xlsx", "csv", "gpkg"))
    titles = _words()["title"]
    sheets = {titles["hazards"][lang]: table, titles["totals"][lang]: totals_table(ledger, lang)}
    write_workbook(paths[0], sheets, notes=_notes(lang), lang=lang)
    write_csv(paths[1], table, lang=lang)
    points = gpd.GeoDataFrame(table, geometry=ledger.geometry.to_numpy(), crs=ledger.crs)
    if len(points):
        write_geopackage(paths[2], (), tables={"hazards": points}, lang=lang)
    return tuple(path for path in paths if path.exists())


def write_survey(
    folder: Path,
    tasks: pd.DataFrame,
    *,
    crs: str,
    name: str = "survey_form",
    lang: Lang = "zh",
) -> tuple[Path, ...]:
    """Write the survey form as XLSX and CSV: filled in, it is read back as the layer ``survey``.

    Parameters
    ----------
    folder
        Existing folder.
    tasks
        Of `analyses.hazards.form.survey`.
    crs
        CRS of their places.
    """
    words = _words()
    headers = {column: words["survey"][column][lang] for column in words["survey"]}
    form = survey_form(tasks, lang, crs=crs).rename(columns=headers)
    paths = (folder / f"{name}.xlsx", folder / f"{name}.csv")
    notes = [(words["title"]["survey"][lang], words["note"]["survey"][lang])]
    sheets = {words["title"]["survey_form"][lang]: form}
    write_workbook(paths[0], sheets, notes=notes, lang=lang)
    write_csv(paths[1], form, lang=lang)
    return paths


def ledger_table(ledger: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return the ledger as people read it: one language, headers and vocabularies in words.

    What an office has written itself (a body, a treatment, columns) stands as it was written.
    """
    words = _words()["column"]
    rows = pd.DataFrame(ledger.drop(columns="geometry", errors="ignore")).copy()
    for name in _IN_ONE_LANGUAGE:
        rows[name] = rows[f"{name}_{lang}"]
        rows = rows.drop(columns=[f"{name}_zh", f"{name}_en"])
    for name, known in vocabularies().items():
        if name in rows:
            rows[name] = [known[c][lang] if c in known else c for c in rows[name]]
    rows["grade"] = rows["grade"].where(rows["grade"].notna(), _words()["grade"]["none"][lang])
    order = [n for n in words if n in rows]
    order += [n for n in rows if n not in words]
    return rows[order].rename(columns={n: str(words[n][lang]) for n in words})


def totals_table(ledger: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return what was found and fixed by body and month, in words."""
    words = _words()["totals"]
    known = {key: str(row[lang]) for key, row in bodies().items()}
    table = totals(ledger)
    table["body"] = [known.get(body, body) for body in table["body"]]
    return table.rename(columns={n: str(words[n][lang]) for n in words})


def _notes(lang: Lang) -> list[tuple[str, str]]:
    """Return what stands on the first sheet."""
    words = _words()
    between = words["text"]["between"][lang]
    own = [c[lang] for c in words["column"].values() if c.get("officers", False)]
    chain = [str(row[lang]) for row in statuses().values()]
    notes = words["note"]
    return [
        (words["title"]["hazards"][lang], notes["computed"][lang]),
        (notes["officers"][lang], between.join(own)),
        (notes["status"][lang], between.join(chain)),
        (words["column"]["risk"][lang], notes["risk"][lang]),
        (words["column"]["x"][lang], notes["datum"][lang]),
    ]


def _words() -> dict[str, Any]:
    return load_toml("words/ledger.toml")
