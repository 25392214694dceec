"""How do the hazard ledger and the survey form become files that an office works in?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from analyses.hazards import statuses, survey_form, totals, vocabularies
from analyses.schema import spread
from analyses.treatments import bodies
from geo.bundled import load_toml
from geo.words import Text, text, texts_in
from maps.files.geopackage import write_geopackage
from maps.files.workbook import write_csv, write_workbook

if TYPE_CHECKING:
    from pathlib import Path

    from geo.words import Lang

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
        Of `analyses.hazards.ledger_rows.ledger` or `analyses.hazards.merging.merge`.
    name
        Name of the files.
    lang
        Language of headers and words; `analyses.hazards.merging.read_ledger` reads both.

    Returns
    -------
    tuple of Path
        The files written.

    Examples
    --------
    >>> import tempfile, yimi
    >>> from pathlib import Path
    >>> run = yimi.run(yimi.demo)
    >>> ledger = next(item.rows for item in run.result.shown if item.role == "hazard")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [file.name for file in write_ledger(Path(folder), ledger.head(3), lang="en")]
    ['ledger.xlsx', 'ledger.csv', 'ledger.gpkg']
    """
    table = ledger_table(ledger, lang)
    paths = tuple(folder / f"{name}.{kind}" for kind in ("xlsx", "csv", "gpkg"))
    titles = texts_in("ledger/title", lang)
    sheets = {titles["hazards"]: table, titles["totals"]: totals_table(ledger, lang)}
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
        Of `analyses.hazards.survey_rows.survey`.
    crs
        CRS of their places.

    Examples
    --------
    >>> import tempfile, yimi
    >>> from pathlib import Path
    >>> run = yimi.run(yimi.demo)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = write_survey(Path(folder), run.result.tables["survey"], crs=run.inputs.crs)
    ...     [file.name for file in files]
    ['survey_form.xlsx', 'survey_form.csv']
    """
    form = survey_form(tasks, lang, crs=crs).rename(columns=texts_in("ledger/survey", lang))
    paths = (folder / f"{name}.xlsx", folder / f"{name}.csv")
    notes = [(text("ledger/title/survey")[lang], text("ledger/note/survey")[lang])]
    sheets = {text("ledger/title/survey_form")[lang]: form}
    write_workbook(paths[0], sheets, notes=notes, lang=lang)
    write_csv(paths[1], form, lang=lang)
    return paths


def ledger_table(ledger: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return the ledger as people read it: one language, headers and vocabularies in words.

    What an office has written itself (a body, a treatment, columns) stands as it was written.

    Examples
    --------
    >>> import yimi
    >>> run = yimi.run(yimi.demo)
    >>> ledger = next(item.rows for item in run.result.shown if item.role == "hazard")
    >>> table = ledger_table(ledger.head(3), "en")
    >>> len(table), "Status" in table.columns
    (3, True)
    """
    words = texts_in("ledger/column", lang)
    rows = pd.DataFrame(ledger.drop(columns="geometry", errors="ignore")).copy()
    for name in _IN_ONE_LANGUAGE:
        rows[name] = rows[f"{name}_{lang}"]
        rows = rows.drop(columns=list(spread((f"{name}_*",))))
    for name, known in vocabularies().items():
        if name in rows:
            rows[name] = [known[c][lang] if c in known else c for c in rows[name]]
    rows["grade"] = rows["grade"].where(rows["grade"].notna(), text("ledger/grade/none")[lang])
    order = [n for n in words if n in rows]
    order += [str(n) for n in rows if n not in words]
    return rows[order].rename(columns=words)


def totals_table(ledger: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return what was found and fixed by body and month, in words."""
    words = texts_in("ledger/totals", lang)
    known = {key: Text.of(row)[lang] for key, row in bodies().items()}
    table = totals(ledger)
    table["body"] = [known.get(body, body) for body in table["body"]]
    return table.rename(columns=words)


def _notes(lang: Lang) -> list[tuple[str, str]]:
    """Return what stands on the first sheet."""
    headers, notes = texts_in("ledger/column", lang), texts_in("ledger/note", lang)
    columns = load_toml("ledger.toml")["column"]
    own = [headers[name] for name, facts in columns.items() if facts.get("officers", False)]
    chain = texts_in("ledger/status", lang)
    between = text("ledger/text/between")[lang]
    return [
        (text("ledger/title/hazards")[lang], notes["computed"]),
        (notes["officers"], between.join(own)),
        (notes["status"], between.join(chain[status] for status in statuses())),
        (headers["risk"], notes["risk"]),
        (headers["x"], notes["datum"]),
    ]
